"""Sources that must be protected: no door shows more of them than their level allows.

Each protected source has a marker in every field. The pages of the desk come from the admin's registry, so a new page
is found by itself.
"""

import re
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any
from zipfile import BadZipFile, ZipFile

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse

from claims.choices import Stance, State
from claims.desk import names, record_check, workflow
from claims.desk.rules import NotAllowed, Refused
from claims.models import Appearance, Claim, Evidence, NameChange, PublishedClaim, Revision
from factcheck.accounts.models import SecurityEvent
from sources.choices import Protection, SourceKind
from sources.models import Snapshot, SnapshotText, Source
from tests.claims.outlets.pages.pages import all_addresses, all_claim_files
from tests.desk import filled_in, signed_in
from tests.factories import (
    AppearanceFactory,
    ClaimFactory,
    EvidenceFactory,
    PublisherFactory,
    SourceFactory,
    UserFactory,
    approved,
    published,
    renamed,
)

pytestmark = pytest.mark.django_db

# The word in every field of a protected source, and in what is quoted from it.
MARKER = "Quxmarker"
# The beginning of the marker, to search for: pages repeat the question.
BEGINNING = "Quxmar"
DESCRIPTION = "A person who works at the clinic"
HIDDEN = (Protection.DESK, Protection.NAMED)


def protected(level: Protection, **columns: Any) -> Source:
    """A source with the marker in every field that says what it is."""
    named = columns.pop("people", [])
    publisher = columns.pop("publisher", None) or PublisherFactory.create(
        name=f"{MARKER} clinic", slug=f"{MARKER.lower()}-clinic"
    )
    described = {"described_as": DESCRIPTION} if level == Protection.DESCRIBED else {}
    values = {
        "slug": f"{MARKER.lower()}-letter",
        "title": f"{MARKER} letter",
        "publisher": publisher,
        "kind": SourceKind.LETTER,
        "address": f"https://{MARKER}.example/letter",
        "archived_address": f"https://archive.example/{MARKER}",
        "authors": [f"{MARKER} Author"],
        "published": "2025-06-21",
        "interest": f"{MARKER} interest",
        "summary": f"{MARKER} summary",
        "note": f"{MARKER} note",
        "protection": level,
    }
    source = SourceFactory.create(**values | described | columns)
    source.people.set(named)
    snapshot = Snapshot.objects.create(source=source, size=3, sha256="a" * 64)
    SnapshotText.objects.create(snapshot=snapshot, text=f"{MARKER} words of the letter.")
    return source


def resting_on(source: Source) -> Claim:
    """A claim that appears in the source and has it as evidence, beside public ones."""
    claim = ClaimFactory.create()
    AppearanceFactory.create(
        claim=claim, source=source, exact=f"{MARKER} exact", prefix=f"{MARKER} before", suffix=f"{MARKER} after",
        locator=f"{MARKER} place", appeared_on="2025-06-20",
    )  # fmt: skip
    EvidenceFactory.create(
        claim=claim, source=source, stance=Stance.SUPPORTS, quote=f"{MARKER} quote", locator=f"{MARKER} page",
        origin=f"{MARKER} origin", finding="It gives the same figure.",
    )  # fmt: skip
    return claim


def published_on(source: Source) -> Claim:
    """A published claim that rests on the source, approved by a named person."""
    person = UserFactory.create(role="Editor")
    source.people.add(person)
    claim = approved(resting_on(source), approver=person)
    return workflow.publish(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def text_of(response: Any) -> str:
    """The whole answer as text, files in an archive included."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    try:
        with ZipFile(BytesIO(content)) as archive:
            content += b"".join(archive.read(name) for name in archive.namelist())
    except BadZipFile:
        pass
    return content.decode("utf-8", "replace") + str(response.headers)


def desk_addresses() -> Iterator[str]:
    """Every address of the desk: each page of the registry, for each row of its table."""
    yield reverse("admin:index")
    rows: dict[type[Model], list[Any]] = {
        model: list(model._default_manager.order_by("pk").values_list("pk", flat=True)[:20]) for model in _registered()
    }
    for model, one in admin.site._registry.items():
        for pattern in one.get_urls():
            if pattern.name:
                yield from _filled_in(pattern, rows[model])
    for app in {model._meta.app_label for model in _registered()}:
        yield reverse("admin:app_list", args=[app])
    for model, field in PICKERS:
        parts = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
        for term in ("", BEGINNING):
            yield (
                reverse("admin:autocomplete") + "?" + "&".join(f"{k}={v}" for k, v in (parts | {"term": term}).items())
            )


PICKERS = [(Appearance, "source"), (Evidence, "source"), (Snapshot, "source"), (Source, "publisher")]


def _registered() -> list[type[Model]]:
    return list(admin.site._registry)


def _filled_in(pattern: URLPattern, keys: list[Any]) -> Iterator[str]:
    """The addresses of a page: itself if it needs no argument, else one for each row. Acts get each act's name."""
    wanted = list(pattern.pattern.converters)
    for key in keys if wanted else [None]:
        for more in (["submit"], ["approve"], ["redact"], [1], ["mine"]) if len(wanted) > 1 else [[]]:
            arguments = [] if key is None else [key, *more]
            try:
                address = reverse(f"admin:{pattern.name}", args=arguments)
            except NoReverseMatch:
                continue
            yield address
            if not wanted:
                yield f"{address}?q={BEGINNING}"
                yield f"{address}?source={Source.objects.values_list('pk', flat=True).first()}"


def where_it_shows(client: Client, addresses: Iterator[str]) -> list[str]:
    """The addresses whose answer has the marker."""
    visited = dict.fromkeys(addresses)
    return [address for address in visited if re.search(MARKER, text_of(client.get(address)), re.IGNORECASE)]


class TestAtTheDesk:
    """Sources that only named people see."""

    @pytest.mark.slow
    def test_no_page_shows_it_to_a_person_who_is_not_named_whatever_their_rights(self) -> None:
        source = protected(Protection.NAMED)
        published_on(source)
        claim = resting_on(source)
        workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)
        client = signed_in("Chief editor", is_superuser=True)
        assert where_it_shows(client, desk_addresses()) == []

    def test_a_named_person_sees_it(self) -> None:
        client = signed_in("Editor")
        source = protected(Protection.NAMED, people=[client.session["_auth_user_id"]])
        shown = where_it_shows(client, iter([reverse("admin:sources_source_change", args=[source.pk])]))
        assert len(shown) == 1

    @pytest.mark.parametrize("level", [Protection.DESCRIBED, Protection.DESK])
    def test_the_whole_desk_sees_other_protected_sources(self, level: Protection) -> None:
        source = protected(level)
        assert f"{MARKER} note" in text_of(signed_in("Editor").get(f"/admin/sources/source/{source.pk}/change/"))

    def test_whoever_protects_a_source_for_named_people_is_one_of_them(self) -> None:
        source = protected(Protection.DESK)
        client = signed_in("Reporter")
        page = reverse("admin:sources_source_change", args=[source.pk])
        sent = filled_in(client, page) | {"protection": Protection.NAMED}
        assert client.post(page, sent).status_code == 302
        source.refresh_from_db()
        assert source.protection == Protection.NAMED
        assert [str(person.pk) for person in source.people.all()] == [client.session["_auth_user_id"]]
        assert client.get(page).status_code == 200

    def test_the_lines_about_what_was_done_lose_its_title(self) -> None:
        client = signed_in("Editor")
        page = reverse("admin:sources_source_add")
        typed = {"title": f"{MARKER} letter", "slug": f"{MARKER.lower()}", "kind": "letter", "language": "en"}
        client.post(page, typed)
        source = Source.objects.get()
        claim = ClaimFactory.create()
        page = reverse("admin:claims_claim_change", args=[claim.pk])
        sent = filled_in(client, page) | {"evidence-0-source": source.pk, "version": claim.version}
        client.post(page, sent)
        history = reverse("admin:claims_claim_history", args=[claim.pk])
        assert MARKER in text_of(client.get(history))
        source.protection = Protection.NAMED
        source.save()
        assert f"Protected source {source.alias}" in text_of(client.get(history))
        assert MARKER not in str(list(LogEntry.objects.values()))

    def test_its_address_is_logged_again_without_a_hint(self) -> None:
        source = protected(Protection.NAMED)
        client = signed_in("Reporter")
        typed = {"title": "Another", "slug": "another", "kind": "letter", "language": "en", "address": source.address}
        answer = client.post(reverse("admin:sources_source_add"), typed)
        assert answer.status_code == 302

    def test_a_person_who_is_not_named_cannot_choose_it_as_evidence(self) -> None:
        source = protected(Protection.NAMED)
        claim = ClaimFactory.create()
        client = signed_in("Editor")
        page = reverse("admin:claims_claim_change", args=[claim.pk])
        sent = filled_in(client, page) | {"evidence-0-source": source.pk, "version": claim.version}
        answer = client.post(page, sent)
        assert answer.status_code == 200
        assert "not one of the available choices" in text_of(answer)

    def test_a_person_who_is_not_named_edits_the_rest_of_a_claim_and_its_rows_stay(self) -> None:
        claim = resting_on(protected(Protection.NAMED))
        client = signed_in("Editor")
        page = reverse("admin:claims_claim_change", args=[claim.pk])
        sent = filled_in(client, page) | {"summary": "Another summary.", "version": claim.version}
        assert client.post(page, sent).status_code == 302
        claim.refresh_from_db()
        assert (claim.summary, claim.evidence.count(), claim.appearances.count()) == ("Another summary.", 2, 2)

    def test_an_export_from_the_desk_has_only_what_its_reader_may_see(self) -> None:
        named, client = signed_in("Editor"), signed_in("Editor")
        claim = resting_on(protected(Protection.NAMED, people=[named.session["_auth_user_id"]]))
        sent = {"action": "export_as_fixture", "_selected_action": [claim.pk]}
        exports = [text_of(one.post(reverse("admin:claims_claim_changelist"), sent)) for one in (named, client)]
        assert [MARKER in text for text in exports] == [True, False]
        assert "claims.evidence" in exports[1]


class TestForReaders:
    """What readers get of a claim that rests on a protected source."""

    @pytest.mark.slow
    def test_no_page_or_file_has_a_word_of_it(self, client: Client) -> None:
        named = protected(Protection.NAMED)
        published_on(named)
        assert MARKER.lower() not in told_by_an_export()
        of_desk, described = (
            protected(
                level,
                slug=f"{MARKER.lower()}-{level}",
                address=f"https://{MARKER}.example/{level}",
                publisher=named.publisher,
            )
            for level in (Protection.DESK, Protection.DESCRIBED)
        )
        published_on(of_desk)
        claim = resting_on(described)
        claim.evidence.update(quote="")
        claim.appearances.filter(source=described).update(exact="We were paid late.")
        published(claim)
        of_sources = [address for source in (named, of_desk, described) for address in claim_pages_of(source)]
        assert where_it_shows(client, iter([*all_addresses(), *all_claim_files(), *of_sources])) == []
        assert MARKER.lower() not in told_by_an_export("--published")
        assert list(record_check.faults()) == []

    def test_a_described_source_has_its_description_and_a_coarse_date(self) -> None:
        source = protected(Protection.DESCRIBED, described_date="2025")
        content = published(resting_on(source)).published.revision.content
        evidence, appearance = content["evidence"][-1], content["appearances"][-1]
        assert (evidence["source"]["title"], evidence["source"]["published"]) == (DESCRIPTION, "2025")
        assert evidence["source"]["is_protected"]
        assert (evidence["origin"], evidence["quote"], appearance["date"]) == (DESCRIPTION, f"{MARKER} quote", "2025")

    @pytest.mark.parametrize("level", HIDDEN)
    def test_a_hidden_source_is_left_out_and_not_counted(self, level: Protection) -> None:
        claim = published_on(protected(level))
        shown = PublishedClaim.objects.get(claim=claim)
        assert (len(shown.revision.content["evidence"]), shown.supports, shown.origins) == (1, 0, 1)

    def test_a_claim_whose_only_evidence_is_hidden_can_be_published(self, client: Client) -> None:
        claim = resting_on(protected(Protection.DESK))
        claim.evidence.exclude(source__protection=Protection.DESK).delete()
        editor = signed_in("Editor")
        page = text_of(editor.get(reverse("admin:claims_claim_change", args=[claim.pk])))
        assert "Readers don&#x27;t see 1 of 1 pieces of evidence" in page
        published(claim)
        assert client.get(f"/claims/{claim.slug}/").status_code == 200

    def test_a_description_that_shares_its_independent_source_is_refused(self) -> None:
        claim = resting_on(protected(Protection.DESCRIBED))
        claim.evidence.update(origin="One statement")
        with pytest.raises(Refused, match="count it twice"):
            workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


class TestAnApproval:
    """Nobody approves what they can't see."""

    def test_is_refused_for_a_person_who_is_not_named(self, settings: Any) -> None:
        named = UserFactory.create(role="Editor", first_name="Vera", last_name="Kos")
        claim = resting_on(protected(Protection.NAMED, people=[named]))
        claim = workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)
        for four_eyes in (True, False):
            settings.FOUR_EYES = four_eyes
            with pytest.raises(Refused, match=r"protected source that you can't see.*Vera Kos"):
                workflow.approve(claim, by=UserFactory.create(role="Chief editor"), version=claim.version)
        assert workflow.approve(claim, by=named, version=claim.version).approver == named


class TestChangingTheLevel:
    """More protection takes the source from readers; less needs a second person."""

    def test_more_protection_takes_a_published_source_from_readers(self, client: Client) -> None:
        source = protected(Protection.PUBLIC)
        claim = published(resting_on(source))
        change = renamed(source, protection=Protection.DESCRIBED, described_as=DESCRIPTION)
        assert change is not None
        claim.refresh_from_db()
        content = PublishedClaim.objects.get(claim=claim).revision.content
        assert content["evidence"][-1]["source"]["title"] == DESCRIPTION
        assert MARKER.lower() not in str(content["evidence"][-1]["source"]).lower()
        assert MARKER not in text_of(client.get("/corrections/")) + text_of(client.get("/corrections/names/"))
        assert list(record_check.faults()) == []
        page = text_of(signed_in("Editor").get(reverse("admin:claims_namechange_change", args=[change.pk])))
        assert f"Redact the earlier versions of {claim.slug}" in page

    @pytest.mark.parametrize("level", HIDDEN)
    def test_a_hidden_source_leaves_the_published_claims(self, level: Protection, client: Client) -> None:
        source = protected(Protection.PUBLIC)
        claim = published(resting_on(source))
        person = UserFactory.create(role="Editor")
        source.people.add(person)
        renamed(source, protection=level, second=person)
        assert len(PublishedClaim.objects.get(claim=claim).revision.content["evidence"]) == 1
        assert client.get(f"/sources/{source.slug}/").status_code == 404
        assert Revision.objects.filter(claim=claim).count() == 2
        assert list(record_check.faults()) == []

    def test_less_protection_needs_a_second_person_who_sees_the_source(self) -> None:
        one, other = (UserFactory.create(role="Editor") for _ in range(2))
        source = protected(Protection.NAMED, people=[one, other])
        source.protection = Protection.DESK
        change = names.save(source, source.save, by=one, reason="The person agreed.").change
        assert change is not None
        assert Source.objects.get().protection == Protection.NAMED
        for stranger in (one, UserFactory.create(role="Chief editor")):
            with pytest.raises((Refused, NotAllowed)):
                names.accept(change, by=stranger)
        names.accept(change, by=other)
        assert Source.objects.get().protection == Protection.DESK
        assert MARKER.lower() not in str(list(SecurityEvent.objects.values())).lower()

    def test_a_source_that_readers_never_saw_is_protected_more_by_one_person_at_once(self) -> None:
        source = protected(Protection.DESK)
        source.protection = Protection.NAMED
        claim = resting_on(source)
        assert names.save(source, source.save, by=UserFactory.create(role="Reporter")).change is None
        assert claim.events.filter(note__icontains=MARKER).count() == 0
        assert Source.objects.get(pk=source.pk).protection == Protection.NAMED

    def test_less_protection_brings_a_described_source_back_under_its_name(self) -> None:
        source = protected(Protection.DESCRIBED)
        claim = published(resting_on(source))
        renamed(source, protection=Protection.PUBLIC)
        card = PublishedClaim.objects.get(claim=claim).revision.content["evidence"][-1]["source"]
        assert (card["slug"], card["title"], card["is_protected"]) == (source.slug, source.title, False)
        claim.refresh_from_db()
        assert claim.state == State.RESEARCHING
        assert list(record_check.faults()) == []
        assert not NameChange.objects.brought_to_readers().exists()


def test_an_interview_needs_no_publisher_and_a_report_does() -> None:
    client = signed_in("Reporter")
    page = reverse("admin:sources_source_add")
    typed = {"title": "A talk", "slug": "a-talk", "language": "en"}
    refused = client.post(page, typed | {"kind": SourceKind.NEWS_REPORT})
    assert "Choose the publisher." in text_of(refused)
    assert client.post(page, typed | {"kind": SourceKind.INTERVIEW}).status_code == 302
    claim = published(resting_on(Source.objects.get()))
    for address in (f"/claims/{claim.slug}/", "/sources/a-talk/", "/articles/a-talk/", "/", "/articles/"):
        assert Client().get(address).status_code in (200, 301), address
    assert PublishedClaim.objects.get().revision.content["evidence"][-1]["source"]["publisher"] is None
    assert list(record_check.faults()) == []


def told_by_an_export(*options: str) -> str:
    out = StringIO()
    call_command("export_fixture", *options, stdout=out)
    return out.getvalue().lower()


def claim_pages_of(source: Source) -> Iterator[str]:
    """The pages that readers would look for."""
    for slug in source.record_slugs:
        yield f"/sources/{slug}/"
        yield f"/articles/{slug}/"
