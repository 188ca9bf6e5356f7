"""Loading of fixtures: an invalid or hostile one is reported with line and record, and loads nothing."""

import json
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from claims.choices import State
from claims.desk import workflow
from claims.desk.rules import Refused
from claims.models import Claim, PublishedClaim, Rating, Topic
from claims.record.canonical import canonical
from factcheck.accounts.models import User
from tests import factories
from tests.claims import invariants
from tests.claims.formats.files import empty_the_database, exported

Records = list[dict[str, Any]]
TOPIC = {"model": "claims.topic", "fields": {"slug": "first", "name": "First"}}
PUBLISHER = {"model": "sources.publisher", "fields": {"slug": "paper", "name": "The paper"}}
SOURCE = {
    "model": "sources.source",
    "fields": {"slug": "story", "title": "A story", "publisher": ["paper"], "kind": "news-report"},
}
CLAIM = {
    "model": "claims.claim",
    "fields": {"slug": "bridges", "statement": "It spent 4 million on bridges."},
}


def refusal(file: Path) -> str:
    """The error of `loaddata` for a fixture that it refuses, as one line."""
    with pytest.raises(CommandError) as caught:
        call_command("loaddata", file, stdout=StringIO())
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("Nothing was loaded.")
    return text


def written(tmp_path: Path, *records: Any) -> Path:
    """A file of JSON Lines with these records."""
    file = tmp_path / "hostile.jsonl"
    file.write_text("".join(json.dumps(item) + "\n" for item in records))
    return file


def fields(item: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The record with some fields changed."""
    return {**item, "fields": {**item["fields"], **changed}}


INVALID_RECORDS = {
    "not an object": (7, "an object with"),
    "no fields": ({"model": "claims.topic"}, "an object with"),
    "fields are a list": ({"model": "claims.topic", "fields": []}, "“fields” isn't an object"),
    "unknown model": ({"model": "claims.verdict", "fields": {}}, "can't hold this model"),
    "a model that isn't a name": ({"model": ["claims"], "fields": {}}, "can't hold this model"),
    "a model of Django's own": ({"model": "sessions.session", "fields": {}}, "can't hold this model"),
    "rights": ({"model": "auth.permission", "fields": {}}, "can't hold this model"),
    "unknown field": (fields(CLAIM, verdict="true"), "no field “verdict”"),
    "a number as its name": ({"pk": 1, **CLAIM}, "leave out “pk”"),
    "no key": ({"model": "claims.topic", "fields": {"name": "x"}}, "slug: the record needs it"),
    "missing reference": (SOURCE, "there is no sources.publisher paper"),
    "a reference by number": (fields(SOURCE, publisher=1), "name the row by its key"),
    "a reference with too many parts": (fields(SOURCE, publisher=["paper", "x"]), "name the row by its key"),
    "missing rating": (fields(CLAIM, rating=["untrue"]), "there is no claims.rating untrue"),
    "a rating with NUL": (fields(CLAIM, rating=["a\0"]), "there is no claims.rating"),
    "a rating of half a character": (fields(CLAIM, rating=["\ud800"]), "there is no claims.rating"),
    "missing topic": (fields(CLAIM, topics=[["none"]]), "there is no claims.topic none"),
    "topics aren't a list": (fields(CLAIM, topics="none"), "topics: give a list"),
    "approved without a rating": (
        fields(CLAIM, state="approved", approved_by="Me"),
        "needs a rating, a summary",
    ),
    "version zero": (fields(CLAIM, version=0), "start at 1"),
    "version too large": (fields(CLAIM, version=10**12), "version"),
    "text instead of a number": (fields(CLAIM, version="two"), "wrong type"),
    "a flag instead of a number": (fields(CLAIM, version=True), "wrong type"),
    "an object instead of text": (fields(CLAIM, statement={"a": 1}), "wrong type"),
    "null": (fields(CLAIM, statement=None), "can't be null"),
    "text instead of a list": (fields(CLAIM, places="Denver"), "wrong type"),
    "numbers in a list": (fields(CLAIM, places=[1]), "wrong type"),
    "unknown state": (fields(CLAIM, state="done"), "isn't one of its values"),
    "not a date": (fields(CLAIM, claimed_on="2025-02-30"), "Write the date as"),
    "not a time": (fields(CLAIM, logged_at="yesterday"), "logged_at"),
    "a time without a zone": (fields(CLAIM, logged_at="2026-01-01T00:00:00"), "needs a zone"),
    "NUL": (fields(CLAIM, statement="a\0b"), "NUL character"),
    "NUL in a key": (fields(CLAIM, slug="a\0b"), "NUL character"),
    "half a character": (fields(CLAIM, statement="\ud800"), "statement: the text holds"),
    "half a character in a key": (fields(CLAIM, slug="\ud800"), "slug: the text holds"),
    "an empty statement": (fields(CLAIM, statement=""), "Write the claim."),
    "too long": (fields(CLAIM, slug="a" * 101), "at most 100 characters"),
    "no slug": (fields(CLAIM, slug="../admin"), "slug"),
    "a script for an address": (fields(PUBLISHER, address="javascript:alert(1)"), "web address"),
    "a superuser": (
        {"model": "accounts.user", "fields": {"username": "root", "password": "!", "is_superuser": True}},
        "can't make a superuser",
    ),
    "a password": (
        {"model": "accounts.user", "fields": {"username": "root", "password": "pbkdf2_sha256$1$a$b"}},
        "must be “!”",
    ),
    "no password at all": (
        {"model": "accounts.user", "fields": {"username": "root"}},
        "must be “!”",
    ),
    "rights of one's own": (
        {"model": "accounts.user", "fields": {"username": "a", "password": "!", "user_permissions": [["x"]]}},
        "only through groups",
    ),
    "an unknown role": (
        {"model": "accounts.user", "fields": {"username": "a", "password": "!", "groups": [["Owner"]]}},
        "no auth.group Owner",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("item", "reason"), INVALID_RECORDS.values(), ids=INVALID_RECORDS)
def test_an_invalid_record_is_reported_and_nothing_is_loaded(item: Any, reason: str, tmp_path: Path) -> None:
    said = refusal(written(tmp_path, TOPIC, item, fields(TOPIC, slug="last", name="Last")))
    assert reason in said
    assert "line 2, record 2" in said
    assert not Topic.objects.exists()
    assert not User.objects.exists()


SYNTAX = {
    "not JSON": (b'{"model": \n', "line 2"),
    "cut off": (b'{"model": "claims.topic", "fiel', "line 2"),
    "not UTF-8": b'{"model": "\xff"}',
    "nested too deeply": b"[" * 100_000,
    "not a number": b'{"model": NaN}',
    "a name twice": b'{"model": 1, "model": 2}',
    "two records on a line": b"{} {}",
}


@pytest.mark.django_db
@pytest.mark.parametrize("broken", SYNTAX.values(), ids=SYNTAX)
def test_an_invalid_line_is_reported(broken: Any, tmp_path: Path) -> None:
    file = tmp_path / "hostile.jsonl"
    file.write_bytes(json.dumps(TOPIC).encode() + b"\n" + (broken[0] if isinstance(broken, tuple) else broken))
    assert "line 2" in refusal(file)
    assert not Topic.objects.exists()


ARRAYS = {
    "not JSON": (b"[\n" + json.dumps(TOPIC).encode() + b",\n{\n 'a'}]", "line 4"),
    "not an array": (b'{"model": 1}', "in square brackets"),
    "empty": (b"", "in square brackets"),
    "cut off": (b"[\n" + json.dumps(TOPIC).encode(), "line 2"),
    "no comma": (b"[" + json.dumps(TOPIC).encode() + b" {}]", "comma"),
    "something after": (b"[] x", "there is text after"),
    "nested too deeply": (b"[\n\n" + b"[" * 100_000, "line 3"),
    "not UTF-8": (b"[\n\xff]", "line 2"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "reason"), ARRAYS.values(), ids=ARRAYS)
def test_an_invalid_array_is_reported_with_its_line(content: bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "hostile.json"
    file.write_bytes(content)
    assert reason in refusal(file)


@pytest.mark.django_db
def test_a_record_of_an_array_is_reported_with_the_line_where_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps([TOPIC, fields(CLAIM, state="done")], indent=1))
    assert "hostile.json, line 9, record 2 (claims.claim bridges): state:" in refusal(file)


@pytest.mark.django_db
def test_a_repeated_record_is_refused(tmp_path: Path) -> None:
    assert "line 1, record 1 already" in refusal(written(tmp_path, TOPIC, fields(TOPIC, name="Other")))


@pytest.mark.django_db
def test_of_many_records_the_one_that_the_database_refuses_is_named(tmp_path: Path) -> None:
    topics = [fields(TOPIC, slug=f"topic-{number}", name=f"Topic {number}") for number in range(30)]
    claims = [fields(CLAIM, slug=f"claim-{number}", topics=[[f"topic-{number}"]]) for number in range(30)]
    claims[20] = fields(claims[20], checkable=False)
    # A later record with a fault of another kind comes second.
    text = refusal(written(tmp_path, *topics, *claims, fields(TOPIC, slug="")))
    assert "line 51, record 51 (claims.claim claim-20): Say why this claim can't be checked" in text
    assert not Claim.objects.exists()
    assert not Topic.objects.filter(slug__startswith="topic-").exists()


@pytest.mark.django_db
def test_more_rows_of_an_empty_table_cost_no_more_queries(tmp_path: Path) -> None:
    def queries(count: int) -> int:
        Topic.objects.all().delete()
        topics = [fields(TOPIC, slug=f"topic-{count}-{n}", name=f"Topic {count} {n}") for n in range(count)]
        with CaptureQueriesContext(connection) as found:
            call_command("loaddata", written(tmp_path, *topics), stdout=StringIO())
        return len(found)

    assert queries(2) == queries(60)
    assert Topic.objects.count() == 60


@pytest.mark.django_db
def test_other_formats_and_missing_files_are_refused_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "hostile.xml"
    file.write_text("<django-objects/>")
    with pytest.raises(CommandError, match="json or jsonl"):
        call_command("loaddata", file)
    with pytest.raises(CommandError, match="No fixture named"):
        call_command("loaddata", tmp_path / "missing.json")


@pytest.mark.django_db
def test_an_account_that_exists_is_unchanged(tmp_path: Path) -> None:
    nora = factories.UserFactory.create(username="nora", first_name="Nora")
    nora.set_password("correct horse")
    nora.save()
    hostile = {
        "model": "accounts.user",
        "fields": {"username": "nora", "password": "!", "first_name": "X", "groups": [["Chief editor"]]},
    }
    call_command("loaddata", written(tmp_path, hostile), verbosity=0)
    nora.refresh_from_db()
    assert (nora.first_name, nora.check_password("correct horse"), nora.groups.count()) == ("Nora", True, 0)


# The record


def _record_of(slug: str, records: Records, model: str) -> dict[str, Any]:
    return next(item["fields"] for item in records if item["model"] == model and item["fields"].get("slug") == slug)


def _rewrite(change: Callable[[dict[str, Any]], None]) -> Callable[[Records], None]:
    def tamper(records: Records) -> None:
        revision = _record_of("bridges", records, "claims.revision")
        content = json.loads(revision["body"])
        change(content)
        revision["body"] = canonical(content)

    return tamper


def _set(model: str, **values: Any) -> Callable[[Records], None]:
    def tamper(records: Records) -> None:
        next(item["fields"] for item in records if item["model"] == model).update(values)

    return tamper


TAMPERED = {
    "another verdict for readers": (
        _set("claims.publishedclaim", rating="true"),
        "its public row has another rating than its newest version",
    ),
    "another summary": (_set("claims.publishedclaim", summary="Trust us."), "summary"),
    "another day": (
        _set("claims.publishedclaim", first_published_at="2020-01-01T00:00:00Z"),
        "first_published_at",
    ),
    "another name": (_set("claims.indexentry", name="Someone else"), "no published claim shows this name like this"),
    "another card": (_set("claims.indexentry", body={"slug": "x"}), "no published claim shows this name like this"),
    "another signature": (_set("claims.revision", signed_by="Nobody"), "its body differ"),
    "a body that is no JSON": (_set("claims.revision", body="{"), "isn't canonical JSON"),
    "a body that is a list": (_set("claims.revision", body="[]"), "isn't canonical JSON"),
    "a body that is deep": (_set("claims.revision", body="[" * 100_000), "isn't canonical JSON"),
    "a body with spaces": (_set("claims.revision", body='{"schema": 1}'), "isn't canonical JSON"),
    "a verdict changed in the body": (
        _rewrite(lambda content: content.update(summary="Trust us.")),
        "its text isn't what was approved",
    ),
    "a body without evidence": (_rewrite(lambda content: content.pop("evidence")), "isn't canonical JSON"),
    "a script in the body": (
        _rewrite(lambda content: content["evidence"][0]["source"].update(address="javascript:alert(1)")),
        "isn't canonical JSON",
    ),
    "a body of another claim": (
        _rewrite(lambda content: content.update(slug="other")),
        "its body differ",
    ),
    "a second revision first": (_set("claims.revision", number=2), "does not follow revision 0"),
    "a correction nobody announced": (
        _rewrite(lambda content: content["revision"].update(correction="minor")),
        "its body differ",
    ),
    "no row for readers": (
        lambda records: records.remove(next(item for item in records if item["model"] == "claims.publishedclaim")),
        "don't match",
    ),
    "withdrawn in one place": (_set("claims.claim", state="withdrawn"), "don't lead from state to state"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("tamper", "reason"), TAMPERED.values(), ids=TAMPERED)
def test_a_record_that_was_tampered_with_is_refused(
    tamper: Callable[[Records], None], reason: str, tmp_path: Path
) -> None:
    factories.published(slug="bridges")
    records = json.loads(exported())
    tamper(records)
    empty_the_database()
    said = refusal(written(tmp_path, *records))
    assert reason in said
    assert "line" in said
    assert not PublishedClaim.objects.exists()
    assert not Claim.objects.exists()


def _cut(content: dict[str, Any]) -> None:
    for name in content.keys() - {"schema", "slug", "revision"}:
        del content[name]


def _rewritten(number: int, change: Callable[[dict[str, Any]], None]) -> Callable[[Records], None]:
    def tamper(records: Records) -> None:
        revisions = [item["fields"] for item in records if item["model"] == "claims.revision"]
        revision = next(revision for revision in revisions if revision["number"] == number)
        content = json.loads(revision["body"])
        change(content)
        revision["body"] = canonical(content)

    return tamper


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_body_is_cut_only_where_readers_no_longer_see_it(number: int, tmp_path: Path) -> None:
    factories.corrected(factories.redacted(factories.corrected(factories.published(slug="bridges"))))
    records = json.loads(exported())
    _rewritten(number, _cut)(records)
    empty_the_database()
    file = written(tmp_path, *records)
    if number < 3:
        call_command("loaddata", file, verbosity=0)
        assert json.loads(exported()) == records
    else:
        assert "its body has no claim" in refusal(file)
        assert f"claims.revision bridges {number}" in refusal(file)


@pytest.mark.django_db
def test_a_redacted_body_is_cut_whole_or_not_at_all(tmp_path: Path) -> None:
    factories.redacted(factories.corrected(factories.published(slug="bridges")))
    records = json.loads(exported())
    _rewritten(1, lambda content: content.pop("evidence"))(records)
    empty_the_database()
    assert "isn't canonical JSON" in refusal(written(tmp_path, *records))


@pytest.mark.django_db
def test_a_withdrawal_shows_nothing_of_the_claim(tmp_path: Path) -> None:
    factories.withdrawn(factories.published(slug="bridges", summary="Still there."))
    records = json.loads(exported())
    first = json.loads(_record_of("bridges", records, "claims.revision")["body"])
    _rewritten(2, lambda content: content.update({**first, "revision": content["revision"]}))(records)
    empty_the_database()
    assert "bridges 2: its correction and its body differ" in refusal(written(tmp_path, *records))


def _without(model: str, **values: Any) -> Callable[[Records], None]:
    def tamper(records: Records) -> None:
        found = [item for item in records if item["model"] == model and values.items() <= item["fields"].items()]
        assert found
        for item in found:
            records.remove(item)

    return tamper


def _changed(model: str, where: dict[str, Any], **values: Any) -> Callable[[Records], None]:
    def tamper(records: Records) -> None:
        (found,) = [item for item in records if item["model"] == model and where.items() <= item["fields"].items()]
        found["fields"].update(values)

    return tamper


def _by_one_person(records: Records) -> None:
    """The person who submitted also approves."""
    events = {item["fields"]["kind"]: item["fields"] for item in records if item["model"] == "claims.claimevent"}
    events["claim.approved"]["actor"] = events["claim.submitted"]["actor"]


FORGED: dict[str, tuple[Callable[[Records], None], str]] = {
    "an event left out": (_without("claims.claimevent", kind="claim.submitted"), "one event for each version"),
    "a state nobody led to": (
        _changed("claims.claimevent", {"kind": "claim.submitted"}, from_state="researching"),
        "don't lead from state to state",
    ),
    "no approval": (_without("claims.approval"), "its text isn't what was approved"),
    "an approval of something else": (
        _changed("claims.approval", {"version": 3}, body="{}", digest="0" * 64),
        "its text isn't what was approved",
    ),
    "an approval that nobody gave": (
        _changed("claims.approval", {"version": 3}, version=4),
        "no event for the approval",
    ),
    "one pair of eyes": (_by_one_person, "was approved by a person who wrote in it"),
    "an act that made no version": (
        _changed("claims.claimevent", {"kind": "claim.published"}, kind="claim.corrected"),
        "one version for each public act",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("tamper", "reason"), FORGED.values(), ids=FORGED)
def test_a_history_that_nobody_can_have_made_is_refused(
    tamper: Callable[[Records], None], reason: str, tmp_path: Path
) -> None:
    factories.published(slug="bridges")
    records = json.loads(exported())
    tamper(records)
    empty_the_database()
    assert reason in refusal(written(tmp_path, *records))
    assert not Claim.objects.exists()


# Loading into a database that isn't empty


def loaded(tmp_path: Path, *records: Any, **options: Any) -> str:
    """The output of `loaddata`."""
    output = StringIO()
    call_command("loaddata", written(tmp_path, *records), stdout=output, **options)
    return output.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["logged", "in-review", "approved", "published", "withdrawn", "declined"])
def test_a_claim_without_a_history_is_logged_in_any_state_of_the_file(state: str, tmp_path: Path) -> None:
    editor = factories.UserFactory.create(role="Editor", username="nora")
    claimed = {"rating": ["true"], "summary": "S", "explanation": "E", "approved_by": "Me", "version": 7}
    said = loaded(tmp_path, fields(CLAIM, state=state, **claimed), by="nora")
    claim = Claim.objects.get()
    assert (claim.state, claim.version, claim.author) == (State.LOGGED, 1, editor)
    assert (claim.approved_by, claim.approver) == ("", None)
    event = claim.events.get()
    assert (event.kind, event.actor, event.from_state, event.to_state) == ("claim.logged", editor, "", "logged")
    assert "1 claims were logged" in said
    assert invariants.broken() == []
    with pytest.raises(Refused):
        workflow.approve(claim, by=editor, version=1)


@pytest.mark.django_db
def test_only_people_who_may_log_claims_can_log_them_from_a_file(tmp_path: Path) -> None:
    factories.UserFactory.create(role="Assessor", username="ann")
    for name in ("ann", "nobody"):
        with pytest.raises(CommandError, match="isn't an account that can log claims"):
            loaded(tmp_path, CLAIM, by=name)


@pytest.mark.django_db
def test_a_dry_run_says_the_same_and_keeps_nothing(tmp_path: Path) -> None:
    said = loaded(tmp_path, TOPIC, CLAIM, dry_run=True)
    assert not Claim.objects.exists()
    assert said.replace("Would load", "Loaded") == loaded(tmp_path, TOPIC, CLAIM)


@pytest.mark.django_db
def test_history_loads_only_where_nothing_was_published(tmp_path: Path) -> None:
    factories.published(slug="bridges")
    records = json.loads(exported())
    empty_the_database()
    factories.published(slug="other")
    records = [item for item in records if item["model"] != "accounts.user"]
    for item in records:
        item["fields"].update({name: None for name in ("author", "actor", "approver") if name in item["fields"]})
    before = exported()
    assert "history can be loaded only before anything is published" in refusal(written(tmp_path, *records))
    assert exported() == before
    said = loaded(tmp_path, *records, as_drafts=True)
    assert "rows of people and history were left out" in said
    assert (Claim.objects.get(slug="bridges").state, PublishedClaim.objects.count()) == (State.LOGGED, 1)
    assert invariants.broken() == []


@pytest.mark.django_db
def test_history_of_a_claim_that_existed_before_is_refused(tmp_path: Path) -> None:
    claim = factories.ClaimFactory.create()
    event = {"claim": [claim.slug], "version": 2, "kind": "claim.approved", "actor": None, "actor_name": "Me"}
    record = {"model": "claims.claimevent", "fields": {**event, "from_state": "logged", "to_state": "approved"}}
    assert "claim: it existed before" in refusal(written(tmp_path, record))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("here", "change", "named"),
    [
        (TOPIC, {"name": "Second"}, "name: it exists already"),
        (PUBLISHER, {"address": "https://other.example/"}, "address: it exists already"),
        (SOURCE, {"title": "Another story"}, "title: it exists already"),
        (CLAIM, {}, "a claim with this slug exists already"),
    ],
)
def test_a_file_that_changes_an_existing_name_is_refused(
    here: dict[str, Any], change: dict[str, Any], named: str, tmp_path: Path
) -> None:
    loaded(tmp_path, PUBLISHER, *([] if here is PUBLISHER else [here]))
    assert named in refusal(written(tmp_path, fields(here, **change)))
    if here is not CLAIM:
        assert "Loaded 0 rows. 1 rows existed already." in loaded(tmp_path, here)


@pytest.mark.django_db
def test_a_file_adds_no_affiliation_to_an_existing_claimant(tmp_path: Path) -> None:
    claimant = factories.ClaimantFactory.create()
    row = {"claimant": [claimant.slug], "name": "City council", "started": "2023", "ended": ""}
    assert "claimant: it existed before" in refusal(written(tmp_path, {"model": "claims.affiliation", "fields": row}))


@pytest.mark.django_db
def test_the_published_record_cannot_be_loaded_over(tmp_path: Path) -> None:
    factories.published(slug="bridges")
    records = json.loads(exported())
    _set("claims.revision", reason="Another story")(records)
    before = exported()
    assert "a claim with this slug exists already" in refusal(written(tmp_path, *records))
    assert exported() == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["claims.claim", "slug"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MODELS = ["claims.claim", "claims.topic", "claims.revision", "claims.publishedclaim", "claims.evidence"]
NAMES = [
    "slug",
    "statement",
    "claim",
    "topics",
    "places",
    "number",
    "body",
    "order",
    "source",
    "at",
    "version",
    "name",
]


class TestAnything(TestCase):
    folder: Path

    @settings(max_examples=150, deadline=None)
    @given(
        st.dictionaries(st.sampled_from(["model", "fields", "pk"]), json_values)
        | st.fixed_dictionaries(
            {
                "model": st.sampled_from(MODELS),
                "fields": st.dictionaries(st.sampled_from(NAMES), json_values, max_size=6),
            }
        )
    )
    def test_no_record_causes_a_traceback(self, item: Any) -> None:
        file = written(self.folder, item)
        with suppress(CommandError):
            call_command("loaddata", file, verbosity=0)

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path


@pytest.mark.django_db
def test_a_rating_of_a_new_site_gives_way_to_that_of_the_file_until_a_claim_has_it(tmp_path: Path) -> None:
    false, unverified = (Rating.objects.get(slug=slug) for slug in ("false", "unverified"))
    file = tmp_path / "ratings.json"

    def load(rating: Rating, **changes: Any) -> None:
        record = {"scale": ["truth"], "on_scale": rating.on_scale, "value": rating.value, "order": rating.order}
        words = {"slug": rating.slug, "label": "Old word", "definition": "What it meant."}
        file.write_text(json.dumps([{"model": "claims.rating", "fields": {**record, **words, **changes}}]))
        call_command("loaddata", file, verbosity=0)
        rating.refresh_from_db()

    load(false)
    assert (false.label, false.translations) == ("Old word", [])
    with pytest.raises(CommandError, match="exists already with another value"):
        load(false, label="Newer word")
    factories.ClaimFactory.create(rating=unverified)
    with pytest.raises(CommandError, match="exists already with another value"):
        load(unverified)
    unverified.refresh_from_db()
    assert unverified.label == "Unverified"


@pytest.mark.django_db
def test_a_full_fixture_brings_back_which_ratings_are_in_use_and_when_a_claim_is_due(tmp_path: Path) -> None:
    claim, rating = factories.ClaimFactory.create(), Rating.objects.get(slug="unverified")
    Claim.objects.filter(pk=claim.pk).update(due_on="2026-12-24", priority=1)
    Rating.objects.filter(pk=rating.pk).update(is_offered=False)
    file = tmp_path / "desk.json"
    call_command("export_fixture", output=file)
    empty_the_database()
    Rating.objects.update(is_offered=True)
    call_command("loaddata", file, verbosity=0)
    again = Claim.objects.get()
    assert (str(again.due_on), again.priority) == ("2026-12-24", 1)
    assert not Rating.objects.get(slug="unverified").is_offered
    assert Rating.objects.get(slug="true").is_offered
