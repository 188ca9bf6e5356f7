"""Export of fixtures: their content and bytes, and that loading them gives the same site."""

import difflib
import json
import re
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from claims.choices import NameKind
from claims.desk import workflow
from claims.desk.admin.exports import export_as_fixture
from claims.desk.merging import acts
from claims.desk.rules import Refused
from claims.models import Claim, NameChange, Rating, Topic
from factcheck.accounts.models import User
from factcheck.core.database import repeatable_read
from sources.models import Publisher, Source
from tests import factories
from tests.claims import invariants
from tests.claims.desk.merging.test_acts import merged
from tests.claims.formats.files import empty_the_database, exported
from tests.claims.outlets.pages.pages import claim_files, claim_pages
from tests.once import once

SECRETS = [
    "draft-word",
    "desk-note",
    "hidden.example",
    "colleague@",
    "nora-at-the-desk",
    "only-in-the-withdrawn",
    "only-in-the-redacted",
]


def everything_of_a_newsroom() -> None:
    """A bit of everything: published, corrected, renamed, withdrawn, redacted, edited since, and never published."""
    article = factories.SourceFactory.create(slug="the-article", title="An article", note="desk-note")
    private = factories.SourceFactory.create(
        slug="private", address="https://hidden.example/accuses", address_is_private=True, note="desk-note"
    )
    topic = factories.TopicFactory.create(slug="money", name="Money")
    claimant = factories.ClaimantFactory.create(slug="mayor", name="The mayor", note="desk-note")
    claimant.affiliations.create(name="A party", started="2019", ended="2021-05")
    author = factories.UserFactory.create(
        username="nora-at-the-desk", first_name="Nora", email="colleague@desk.example", role="Editor", password="secret"
    )

    def claim(slug: str, **kwargs: Any) -> Claim:
        given = {
            "claimant": claimant,
            "topics": [topic],
            "appearances": [article],
            "evidence": [private],
            "by": author,
        }
        made: Claim = factories.ClaimFactory.create(slug=slug, **(given | kwargs))
        return made

    factories.published(claim("plain", claimed_on="2025-06", missing="One\nTwo", places=["Denver", "Zürich"]))
    factories.corrected(factories.published(claim("amended")), summary="A better sum.")
    factories.withdrawn(factories.published(claim("gone", summary="only-in-the-withdrawn")))
    overshared = factories.published(claim("over-shared", summary="only-in-the-redacted"))
    factories.redacted(factories.corrected(overshared, summary="He lives there."))
    edited = factories.published(claim("edited-since"))
    edited.summary = "draft-word"
    workflow.edit(edited, by=author, version=edited.version)
    claim("never-published", statement="draft-word")
    factories.published(claim("elsewhere", appearances=None, claimant=None, topics=[], evidence=None))
    factories.renamed(topic, name="Public money")


_newsroom = once(everything_of_a_newsroom)

EXPORTS = [
    [],
    ["--published"],
    ["--article", "the-article"],
    ["--published", "--article", "the-article"],
]


@pytest.mark.usefixtures("_newsroom")
@pytest.mark.parametrize(("arguments", "form"), zip(EXPORTS, ["jsonl", "json", "json", "jsonl"], strict=True))
def test_a_loaded_export_is_exported_with_the_same_bytes(arguments: list[str], form: str, tmp_path: Path) -> None:
    file = tmp_path / f"export.{form}"
    call_command("export_fixture", *arguments, output=file)
    assert file.stat().st_size > 1000
    assert file.read_text() == exported(*arguments, "--format", form)

    empty_the_database()
    call_command("loaddata", file, verbosity=0)
    assert exported(*arguments, "--format", form) == file.read_text()

    with pytest.raises(CommandError, match="a claim with this slug exists already"):
        call_command("loaddata", file, verbosity=0)
    assert exported(*arguments, "--format", form) == file.read_text()


@pytest.mark.usefixtures("_newsroom")
def test_a_loaded_export_gives_the_same_public_pages(client: Client, tmp_path: Path) -> None:
    before = _crawl(client)
    assert len(before) > 25
    files = {arguments: tmp_path / f"export{arguments}.json" for arguments in ("", "--published")}
    for arguments, file in files.items():
        call_command("export_fixture", *arguments.split(), output=file)
    for arguments, file in files.items():
        empty_the_database()
        assert client.get("/claims/plain/").status_code == 404
        call_command("loaddata", file, verbosity=0)
        after = _crawl(client)
        assert after.keys() == before.keys(), arguments
        assert [path for path in after if after[path] != before[path]] == [], arguments


def _crawl(client: Client) -> dict[str, tuple[int, bytes]]:
    """Every public page that links lead to, and the pages of claims that readers no longer see.

    All in English: in Spanish they show the same rows.
    """
    pages: dict[str, tuple[int, bytes]] = {}
    found = [
        reverse("claims:home"),
        *(reverse("claims:detail", args=[slug]) for slug in ("gone", "never-published")),
    ]
    found += [reverse("claims:revision", args=[slug, 1]) for slug in ("gone", "over-shared")]
    while found:
        path = found.pop()
        if path in pages:
            continue
        response = client.get(path)
        pages[path] = response.status_code, response.getvalue()
        is_page = response.headers["Content-Type"].startswith("text/html")
        links = re.findall(r'href="(/[^"#]*)', pages[path][1].decode()) if is_page else []
        found += [link.replace("&amp;", "&") for link in links if not link.startswith(("/static/", "/admin/", "/es/"))]
    return pages


@pytest.mark.usefixtures("_newsroom")
def test_an_export_of_published_data_has_nothing_that_is_not_public() -> None:
    everything, published = exported(), exported("--published")
    for secret in SECRETS:
        assert secret in everything
        assert secret not in published
    models = {item["model"] for item in json.loads(published)}
    assert not models & {"accounts.user", "claims.claimevent", "sources.snapshot"}


@pytest.mark.usefixtures("_newsroom")
def test_unpublished_changes_do_not_change_an_export_of_published_data() -> None:
    before = exported("--published")
    factories.ClaimFactory.create(slug="another-draft")
    Claim.objects.filter(slug="plain").update(summary="draft-word", version=40)
    Source.objects.update(note="another desk-note", title="Not yet renamed")
    assert exported("--published") == before


@pytest.mark.usefixtures("_newsroom")
def test_accounts_are_exported_without_password_and_rights() -> None:
    User.objects.create_superuser("root", password="secret", last_login="2026-01-01T00:00Z")
    accounts = [item["fields"] for item in json.loads(exported()) if item["model"] == "accounts.user"]
    assert {account["password"] for account in accounts} == {"!"}
    nora = next(account for account in accounts if account["username"] == "nora-at-the-desk")
    assert nora["groups"] == [["Editor"]]
    assert not {"is_superuser", "user_permissions", "last_login"} & set().union(*accounts)
    assert "secret" not in exported()


@pytest.mark.usefixtures("_newsroom")
def test_a_withdrawn_claim_is_exported_without_its_text() -> None:
    published = json.loads(exported("--published"))
    rows = [
        item["fields"] for item in published if item["model"] == "claims.revision" and item["fields"]["slug"] == "gone"
    ]
    assert [row["act"] for row in rows] == ["publish", "withdraw"]
    assert [set(json.loads(row["body"])) for row in rows] == [{"schema", "slug", "revision"}] * 2
    claim = next(
        item["fields"] for item in published if item["model"] == "claims.claim" and item["fields"]["slug"] == "gone"
    )
    assert (claim["statement"], claim["state"]) == ("Withdrawn", "withdrawn")


@pytest.mark.usefixtures("_newsroom")
def test_a_redacted_version_is_exported_without_its_text() -> None:
    rows = [
        item["fields"]
        for item in json.loads(exported("--published"))
        if item["model"] == "claims.revision" and item["fields"]["slug"] == "over-shared"
    ]
    assert [row["act"] for row in rows] == ["publish", "correct", "redact", "rename"]
    assert ["summary" in json.loads(row["body"]) for row in rows] == [False, False, True, True]


@pytest.mark.usefixtures("_newsroom")
def test_a_withdrawn_claim_can_be_published_again_on_a_site_that_never_had_its_text(
    client: Client, tmp_path: Path
) -> None:
    file = tmp_path / "export.json"
    call_command("export_fixture", "--published", output=file)
    empty_the_database()
    call_command("loaddata", file, verbosity=0)
    gone = Claim.objects.get(slug="gone")
    gone.statement, gone.summary, gone.explanation = "It was so.", "Yes.", "See there."
    gone.rating = Rating.objects.get(slug="true")
    gone = workflow.edit(gone, by=factories.UserFactory.create(role="Editor"), version=gone.version)
    factories.AppearanceFactory.create(claim=gone)
    factories.EvidenceFactory.create(claim=gone)
    factories.EvidenceFactory.create(claim=gone)
    gone = factories.approved(gone)
    workflow.publish(gone, reason="It is right.", by=factories.UserFactory.create(role="Editor"), version=gone.version)
    statuses = [client.get(address).status_code for address in [*claim_pages(gone), *claim_files(gone)]]
    assert set(statuses) == {200, 404}
    file.write_text(exported())
    empty_the_database()
    call_command("loaddata", file, verbosity=0)
    assert exported() == file.read_text()


@pytest.mark.usefixtures("_newsroom")
def test_an_article_comes_with_its_claims_and_nothing_else() -> None:
    whole = {(item["model"], item["fields"].get("slug")) for item in json.loads(exported("--article", "the-article"))}
    claims = {slug for model, slug in whole if model == "claims.claim"}
    assert claims == {"plain", "amended", "gone", "over-shared", "edited-since", "never-published"}
    public = {
        (item["model"], item["fields"].get("slug"))
        for item in json.loads(exported("--published", "--article", "the-article"))
    }
    assert {slug for model, slug in public if model == "claims.claim"} == {
        *("plain", "amended", "over-shared", "edited-since"),
    }


@pytest.mark.usefixtures("_newsroom")
@pytest.mark.parametrize("arguments", [["--article", "nowhere"], ["--published", "--article", "nowhere"]])
def test_an_unknown_article_is_refused_with_a_sentence(arguments: list[str], tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    with pytest.raises(CommandError, match="“nowhere”"):
        call_command("export_fixture", *arguments, output=file)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_newsroom")
def test_one_edited_verdict_changes_a_few_lines() -> None:
    before = exported()
    claim = Claim.objects.get(slug="never-published")
    claim.summary = "Another short answer."
    workflow.edit(claim, by=User.objects.get(username="nora-at-the-desk"), version=claim.version)
    difference = [line for line in difflib.ndiff(before.splitlines(), exported().splitlines()) if line[0] in "+-"]
    edited = [line for line in difference if line.startswith("-")]
    assert len(edited) == 3, difference  # summary, version, time
    event = [line for line in difference if line.startswith("+")][3:]
    assert len(event) < 20, difference  # and one event


@pytest.mark.usefixtures("_newsroom")
def test_the_number_of_queries_does_not_grow_with_the_rows(django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        factories.published()
    for arguments in EXPORTS:
        with django_assert_max_num_queries(55):
            exported(*arguments)


def test_rows_are_in_byte_order_in_any_collation(db: None) -> None:
    for slug in ["b-a", "ba", "B", "a_b", "b-b"]:
        Publisher.objects.create(slug=slug, name=slug)
    slugs = [item["fields"]["slug"] for item in json.loads(exported()) if item["model"] == "sources.publisher"]
    assert slugs == sorted(slugs)
    assert len(slugs) == 5


@pytest.mark.django_db(transaction=True)
def test_an_export_reads_one_snapshot_of_the_database() -> None:
    def write() -> None:
        Topic.objects.create(slug="late", name="Late")
        connection.close()

    with repeatable_read():
        assert not Topic.objects.exists()
        writer = Thread(target=write)
        writer.start()
        writer.join()
        assert not Topic.objects.exists()
    assert Topic.objects.exists()


def test_a_missing_folder_is_reported(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Can't write"):
        call_command("export_fixture", output=tmp_path / "missing" / "export.json")


def _take_out(client: Client, role: str, slug: str) -> Any:
    client.force_login(factories.UserFactory.create(role=role))
    chosen = {"action": "export_as_fixture", "_selected_action": [Claim.objects.get(slug=slug).pk]}
    return client.post(reverse("admin:claims_claim_changelist"), chosen, follow=True)


@pytest.mark.usefixtures("_newsroom")
@pytest.mark.parametrize("role", ["Editor", "Chief editor"])
def test_editors_export_selected_claims_from_the_desk(client: Client, role: str) -> None:
    response = _take_out(client, role, "plain")
    records = json.loads(b"".join(response.streaming_content))
    assert [item["fields"]["slug"] for item in records if item["model"] == "claims.claim"] == ["plain"]
    assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.usefixtures("_newsroom")
@pytest.mark.parametrize("role", ["Reporter", "Assessor"])
def test_other_roles_cannot_export_claims(client: Client, rf: RequestFactory, role: str) -> None:
    response = _take_out(client, role, "plain")
    assert not response.streaming
    assert response.headers["Content-Type"].startswith("text/html")

    request = rf.post("/")
    request.user = factories.UserFactory.create(role=role)
    with pytest.raises(PermissionDenied):
        export_as_fixture(None, request, Claim.objects.all())


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [[], ["--published"]], ids=["everything", "published"])
def test_a_merge_is_exported_with_where_its_address_leads_and_cannot_be_undone_elsewhere(
    arguments: list[str], client: Client, tmp_path: Path
) -> None:
    gone, kept = factories.TopicFactory.create(), factories.TopicFactory.create()
    factories.published(topics=[gone])
    merged(NameKind.TOPIC, gone, kept)
    file = tmp_path / "all.json"
    call_command("export_fixture", *arguments, output=file)
    empty_the_database()
    call_command("loaddata", file, verbosity=0)

    assert client.get(f"/topics/{gone.slug}/")["Location"] == f"/topics/{kept.slug}/"
    assert invariants.broken() == []
    with pytest.raises(Refused, match="loaded from a file"):
        acts.undo(NameChange.objects.get(), reason="They are two.", by=factories.UserFactory.create(role="Editor"))
