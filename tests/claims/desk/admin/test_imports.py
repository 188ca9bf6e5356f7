"""Editors import a spreadsheet at the desk: upload, columns, ratings, report, import, undo."""

import ipaddress
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.choices import ImportOutcome, ImportState, State
from claims.desk import workflow
from claims.desk.imports import labels, queue
from claims.models import Claim, ForeignCheck, ImportedRow, ImportRun
from tests.claims.desk.imports.sheets import cells
from tests.claims.desk.imports.test_runs import review
from tests.desk import ROLES, signed_in
from tests.factories import ImportRunFactory
from tests.receiver import listening

pytestmark = pytest.mark.django_db

IMPORTS = "/admin/claims/importrun/"
SHEET = "Nr,Claim,Ruling,Said on\n1,The bridge is long.,Lie,2021\n2,The river is wide.,Half true,2999\n"
COLUMNS = {"column-0": "reference", "column-1": "statement", "column-2": "rating", "column-3": "claimed_on"}


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def editor() -> Client:
    return signed_in("Editor")


def upload(client: Client, content: str | bytes = SHEET, **more: Any) -> Any:
    data = content.encode() if isinstance(content, str) else content
    sent = {"what": "claims:sheet", "feed": "archive", "file": SimpleUploadedFile("checks.csv", data), **more}
    return client.post(f"{IMPORTS}add/", {name: value for name, value in sent.items() if value is not None})


def checked(client: Client, content: str = SHEET) -> ImportRun:
    """The run of an uploaded sheet whose columns and ratings are chosen."""
    upload(client, content)
    run = ImportRun.objects.get()
    client.post(f"{IMPORTS}{run.pk}/columns/", {**COLUMNS, "dates": "dmy"})
    client.post(f"{IMPORTS}{run.pk}/ratings/", {"rating-0": "false"})
    run.refresh_from_db()
    return run


def test_an_editor_imports_a_sheet_step_by_step_and_undoes_it(editor: Any) -> None:
    answer = upload(editor)
    run = ImportRun.objects.get()
    assert answer.url == f"{IMPORTS}{run.pk}/columns/"
    assert "The bridge is long." in editor.get(answer.url).content.decode()

    answer = editor.post(answer.url, {**COLUMNS, "dates": ""})
    assert answer.url == f"{IMPORTS}{run.pk}/ratings/"
    assert "Lie" in editor.get(answer.url).content.decode()

    answer = editor.post(answer.url, {"rating-0": "false"})
    page = editor.get(answer.url).content.decode()
    assert "2999 is in the future." in page
    assert not Claim.objects.exists()

    editor.post(f"{IMPORTS}{run.pk}/act/apply/")
    claim = Claim.objects.get()
    assert (claim.state, claim.author_id) == (State.LOGGED, int(editor.session["_auth_user_id"]))
    assert claim.rating
    assert claim.rating.slug == "false"

    answer = editor.post(f"{IMPORTS}{run.pk}/act/undo/")
    claim.refresh_from_db()
    assert claim.state == State.DECLINED
    assert f"Undone by {claim.author}." in editor.get(answer.url).content.decode()


def test_pasted_rows_are_imported_like_a_file(editor: Client) -> None:
    answer = upload(editor, file=None, text=SHEET.replace(",", "\t"))
    assert "Tabs separate its cells." in editor.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"feed": "Our archive!"}, "valid “slug”"),
        ({"feed": ""}, "required"),
        ({"file": None}, "Choose a file, or paste the rows."),
        ({"what": "claims:published"}, "Select a valid choice"),
        ({"file": None, "text": SHEET, "feed": ""}, "The bridge is long."),
    ],
)
def test_a_bad_upload_is_refused_and_keeps_what_was_typed(editor: Client, sent: dict[str, Any], reason: str) -> None:
    answer = upload(editor, **sent)

    assert answer.status_code == 400
    assert reason in answer.content.decode()
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"column-0": ""}, "Choose the heading of each of these columns: Reference."),
        ({"column-2": "statement"}, "“Claim” is this column already."),
        ({"column-2": "state"}, "Select a valid choice"),
    ],
)
def test_columns_that_dont_fit_are_refused_and_stay_as_chosen(
    editor: Client, change: dict[str, str], reason: str
) -> None:
    answer = editor.post(upload(editor).url, {**COLUMNS, "dates": "dmy", **change})

    assert answer.status_code == 400
    assert reason in answer.content.decode()
    assert answer.context["form"]["column-3"].value() == "claimed_on"


def test_an_undecided_rating_is_refused_and_the_others_stay_as_chosen(editor: Client) -> None:
    upload(editor, SHEET.replace("2999", "2020"))
    run = ImportRun.objects.get()
    editor.post(f"{IMPORTS}{run.pk}/columns/", COLUMNS)
    answer = editor.post(f"{IMPORTS}{run.pk}/ratings/", {"rating-0": "false", "rating-1": ""})

    assert answer.status_code == 400
    assert answer.context["form"]["rating-0"].value() == "false"


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"PK\x03\x04 no zip", b'id;claim\n1;"open\n'])
def test_a_file_that_cant_be_read_stops_with_the_reason(editor: Client, data: bytes) -> None:
    answer = upload(editor, data)
    if answer.status_code == 302:
        answer = editor.get(answer.url, follow=True)
        assert ImportRun.objects.get().state == ImportState.STOPPED
        assert ImportRun.objects.get().reason in answer.content.decode().replace("&#x27;", "'")
    else:
        assert answer.status_code == 400


def test_the_report_is_downloaded_without_formulas(editor: Any) -> None:
    run = checked(editor, SHEET.replace("2,The", "=1+1,The"))
    report = b"".join(editor.get(f"{IMPORTS}{run.pk}/report.csv").streaming_content)

    rows = cells(report)
    assert rows[0] == ["row", "where", "outcome", "reference", "field", "reason", "remedy"]
    assert [row[1:5] for row in rows[2:]] == [["line 3", "refused", "'=1+1", "Date of the claim"]]


def test_the_next_file_of_a_feed_is_filled_in_as_the_last_one(editor: Any) -> None:
    run = checked(editor)
    editor.post(f"{IMPORTS}{run.pk}/act/apply/")
    answer = upload(editor, SHEET.replace("long", "short"))
    form = editor.get(answer.url).context["form"]

    assert {name: form[name].value() for name in COLUMNS} == COLUMNS
    answer = editor.post(answer.url, {**COLUMNS, "dates": ""})
    assert "/ratings/" not in answer.url
    assert ImportRun.objects.order_by("-pk")[0].counts["updated"] == 1


def test_a_large_file_waits_for_the_worker_and_the_page_says_so(editor: Any) -> None:
    padding = "x" * 90_000
    answer = upload(editor, f"{SHEET}3,{padding},Lie,2021\n4,{padding},Lie,2021\n5,{padding},Lie,2021\n")
    answer = editor.post(answer.url, {**COLUMNS, "dates": "dmy"})
    assert ImportRun.objects.get().state == ImportState.TO_CHECK
    assert "This runs in the background." in editor.get(answer.url).content.decode()

    assert queue.work(lambda _line: None)
    assert ImportRun.objects.get().state == ImportState.NEEDS_LABELS


def test_an_import_whose_claim_was_edited_isnt_undone_and_the_page_names_the_claim(editor: Client) -> None:
    run = checked(editor)
    editor.post(f"{IMPORTS}{run.pk}/act/apply/")
    claim = Claim.objects.get()
    assert claim.author
    workflow.edit(claim, by=claim.author, version=1)
    answer = editor.post(f"{IMPORTS}{run.pk}/act/undo/")

    assert answer.status_code == 409
    assert "was changed since." in answer.content.decode()
    assert Claim.objects.get().state == State.LOGGED


def test_an_act_that_isnt_the_next_step_is_refused(editor: Client) -> None:
    upload(editor)
    run = ImportRun.objects.get()

    assert editor.post(f"{IMPORTS}{run.pk}/act/apply/").status_code == 409
    assert editor.post(f"{IMPORTS}{run.pk}/act/undo/").status_code == 409
    for act in ("submit", "publish"):
        assert editor.post(f"{IMPORTS}{run.pk}/act/{act}/").status_code == 409
    assert editor.post(f"{IMPORTS}{run.pk}/act/sign/").status_code == 404
    assert editor.get(f"{IMPORTS}{run.pk}/act/apply/").status_code == 302
    assert not Claim.objects.exists()


def test_the_columns_of_an_import_that_is_done_cant_change(editor: Client) -> None:
    run = checked(editor)
    editor.post(f"{IMPORTS}{run.pk}/act/apply/")

    assert editor.post(f"{IMPORTS}{run.pk}/columns/", COLUMNS).status_code == 409
    assert ImportRun.objects.get().state == ImportState.APPLIED


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_only_editors_and_chief_editors_import(role: str) -> None:
    may = role in {"Editor", "Chief editor"}
    run = ImportRunFactory()
    client = signed_in(role) if role else Client()
    refused = 403 if role else 302
    pages = ["", "add/", "template.csv", "template.xlsx", f"{run.pk}/change/", f"{run.pk}/report.csv"]
    for page in pages:
        assert client.get(IMPORTS + page).status_code == (200 if may else refused), page
    for act in ("check", "apply", "undo"):
        assert client.post(f"{IMPORTS}{run.pk}/act/{act}/").status_code == (409 if may else refused)
    upload(client)
    assert ImportRun.objects.filter(feed="archive").exists() is may


def test_what_isnt_there_is_a_page_that_isnt_found(editor: Client) -> None:
    run = ImportRunFactory()
    for page in ["999/columns/", "x/change/", f"{run.pk}/columns/", "template.exe"]:
        assert editor.get(IMPORTS + page).status_code == 404


def test_the_page_of_a_run_needs_as_many_queries_for_many_rows_as_for_few(editor: Client) -> None:
    run = checked(editor)
    address = f"{IMPORTS}{run.pk}/change/"
    with CaptureQueriesContext(
        connection,
    ) as few:
        editor.get(address)
    problems = [{"field": "", "reason": "x", "remedy": ""}]
    rows = [
        ImportedRow(run=run, number=number, where="x", outcome=ImportOutcome.REFUSED, problems=problems)
        for number in range(10, 130)
    ]
    ImportedRow.objects.bulk_create(rows)
    with CaptureQueriesContext(connection) as many:
        page = editor.get(address).content.decode()

    assert len(many) == len(few)
    assert "more rows are in the CSV file." in page


def test_a_table_of_fact_checks_by_others_is_imported_with_its_columns_chosen(editor: Any) -> None:
    table = "Statement,Speaker,Verdict,Link,Notes\nThe bridge is long.,Ana,Lie,https://checks.example/1,x\n"
    answer = upload(editor, table, what="foreign:table", feed="checks")
    page = editor.get(answer.url).content.decode()
    assert "Choose the columns" in page
    assert '<option value="label" selected>Their rating</option>' in page

    answer = editor.post(answer.url, {"column-0": "claim", "column-1": "claimant", "column-2": "label"})
    assert "Choose the heading of each of these columns: Web address." in answer.content.decode()
    run = ImportRun.objects.get()
    chosen = {"column-0": "claim", "column-1": "claimant", "column-2": "label", "column-3": "address"}
    editor.post(f"{IMPORTS}{run.pk}/columns/", chosen)
    run.refresh_from_db()
    assert run.state == ImportState.NEEDS_LABELS
    assert '<option value="address" selected>' in editor.get(f"{IMPORTS}{run.pk}/columns/").content.decode()

    labels.decide(("checks.example", "Lie"), "false", by=None)
    for act in ("check", "apply"):
        editor.post(f"{IMPORTS}{run.pk}/act/{act}/")
    check = ForeignCheck.objects.get()
    assert (check.reference, check.claim, check.claimant) == (check.address, "The bridge is long.", "Ana")
    assert not Claim.objects.exists()


def test_the_columns_of_a_table_are_filled_in_from_the_last_one_of_the_feed(editor: Any) -> None:
    ImportRunFactory.create(feed="checks", kind="table", mapping={"columns": {"claim": "Notes", "address": "Link"}})
    answer = upload(
        editor, "Notes,Link\nThe bridge is long.,https://checks.example/1\n", what="foreign:table", feed="checks"
    )
    assert '<option value="claim" selected>' in editor.get(answer.url).content.decode()


def test_pasted_rows_of_a_table_have_tabs(editor: Any) -> None:
    rows = "Claim\tLink\tRating\nThe bridge is long.\thttps://checks.example/1\tLie\n"
    answer = upload(editor, file=None, text=rows, what="foreign:table")
    assert "The bridge is long." in editor.get(answer.url).content.decode()


def test_a_list_of_addresses_is_fetched_in_the_background_and_imported(editor: Any, settings: Any) -> None:
    labels.decide(("checks.example", "False"), "false", by=None)
    with listening() as site:
        settings.OUTGOING_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
        site.statuses = [200]
        site.body = f'<script type="application/ld+json">{json.dumps(review(1))}</script>'.encode()
        upload(editor, file=None, text=f"{site.address}\n", what="foreign:pages", feed="checks")
        run = ImportRun.objects.get()
        assert (run.state, site.received) == (ImportState.TO_CHECK, [])
        assert queue.work(lambda _line: None)
    answer = editor.post(f"{IMPORTS}{run.pk}/act/apply/", follow=True)
    assert "Imported." in answer.content.decode()
    assert ForeignCheck.objects.get().claim == "Claim 1"
    run.refresh_from_db()
    assert run.state == ImportState.APPLIED


def test_a_file_isnt_read_again_once_its_labels_are_decided(editor: Any) -> None:
    upload(editor, json.dumps([review(1)]), what="foreign:claimreview", feed="checks")
    run = ImportRun.objects.get()
    assert run.state == ImportState.NEEDS_LABELS
    run.file.delete()
    ImportRun.objects.update(file="gone")
    labels.decide(("checks.example", "False"), "false", by=None)
    for act in ("check", "apply"):
        editor.post(f"{IMPORTS}{run.pk}/act/{act}/")
    assert ForeignCheck.objects.count() == 1


def test_the_same_list_of_addresses_can_be_imported_again(editor: Any) -> None:
    upload(editor, "https://checks.example/1\n", what="foreign:pages")
    ImportRun.objects.update(state=ImportState.APPLIED, ended_at=timezone.now())
    upload(editor, "https://checks.example/1\n", what="foreign:pages")
    assert ImportRun.objects.count() == 2


@pytest.mark.parametrize(
    ("is_on", "text", "words"), [(False, "https://x.example/", "fetch"), (True, "#", "no web address")]
)
def test_a_list_that_cant_be_fetched_is_refused_on_the_page(
    editor: Any, settings: Any, is_on: bool, text: str, words: str
) -> None:
    settings.FETCH_ARTICLES = is_on
    answer = upload(editor, file=None, text=text, what="foreign:pages")
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not ImportRun.objects.exists()
