"""The pages of a claim and of its versions."""

import html
import re
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client

from claims.choices import Stance
from claims.desk import workflow
from claims.models import Claim, Rating
from factcheck.core.web.caching import SHARED
from tests.claims.outlets.pages.pages import all_addresses, all_claim_files, assert_inert, claim_pages, text_of
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    PublisherFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    withdrawn,
)

pytestmark = pytest.mark.django_db

HOSTILE = "</p><script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>{{ 70000|add:7007 }}{% now 'Y' %}"


def headings_of(text: str) -> list[str]:
    """The words of each heading, as a screen reader lists them."""
    found = re.findall(r"<h[1-6][^>]*>(.*?)</h[1-6]>", text, re.DOTALL)
    return [html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]*>", "", heading))).strip() for heading in found]


class TestVerdict:
    def test_it_comes_first_with_its_definition_and_notice(self, client: Client) -> None:
        claim = published(notice="Starter data, proposed rating.")
        text = text_of(client, f"/claims/{claim.slug}/").partition("<main")[2]
        order = [
            text.index(part) for part in ["Mostly false</span>", claim.summary, "the main point wrong", "Why</h2>"]
        ]
        assert order == sorted(order)
        for address in ("/", "/claims/", f"/claims/{claim.slug}/"):
            assert "Starter data, proposed rating." in text_of(client, address)

    def test_the_verdict_is_heard_in_the_headings_and_before_the_claim(self, client: Client) -> None:
        claim = published(statement="The town has no bridge.")
        for address in claim_pages(claim):
            headings = headings_of(text_of(client, address))
            assert headings[0] == "Mostly false: “The town has no bridge.”"
            assert "Our rating: Mostly false" in headings

    def test_the_finding_is_the_heading_and_the_title_with_the_claim_under_it(self, client: Client) -> None:
        claim = published(statement="The town has no bridge.", headline="The town has had a bridge since 1901.")
        for address in claim_pages(claim):
            text = text_of(client, address)
            assert headings_of(text)[0] == "The town has had a bridge since 1901."
            assert '<meta property="og:title" content="The town has had a bridge since 1901.">' in text
            heading, _tag, below = text.partition("</h1>")
            assert "Mostly false</span>" in heading.partition("<main")[2]
            assert "“The town has no bridge.”" in below

    def test_it_says_to_whom_the_article_attributes_the_claim_and_what_it_is_about(self, client: Client) -> None:
        claim = ClaimFactory(appearances=[], claimed_on="2025-06", about_on="2017-08-31")
        AppearanceFactory(claim=claim, attributed_to=ClaimantFactory(name="Ana"))
        text = text_of(client, f"/claims/{published(claim).slug}/")
        assert re.search(r'Attributed in the article to <a href="/claimants/[^"]+" dir="auto">Ana</a>', text)
        assert re.search(r"Said: [^\n]*June 2025", text)
        assert re.search(r"About: [^\n]*2017<", text)

    def test_the_place_on_the_scale_is_said_and_off_the_scale_there_is_none(self, client: Client) -> None:
        text = text_of(client, f"/claims/{published().slug}/")
        assert "Step 2 of 5 from false to true" in text
        assert [len(found) for found in re.findall(r'class="step( step-own)?"', text)] == [0, 9, 0, 0, 0]
        off = published(rating=Rating.objects.get(slug="unverified"))
        assert "Not rated on the scale" in text_of(client, f"/claims/{off.slug}/")

    def test_evidence_is_grouped_by_independent_source_strongest_first_and_counted(self, client: Client) -> None:
        claim = ClaimFactory(evidence=[])
        made = [
            ("A memoir", Stance.CONTEXT, False),
            ("A survey", Stance.SUPPORTS, False),
            ("The audit", Stance.REFUTES, True),
            ("the audit", Stance.REFUTES, False),
            ("The budget", Stance.REFUTES, False),
            ("The mayor", Stance.MIXED, False),
        ]
        for origin, stance, primary in made:
            EvidenceFactory(
                claim=claim,
                stance=stance,
                origin=origin,
                is_primary=primary,
                secondary_reason="" if primary else "A report.",
            )
        text = text_of(client, f"/claims/{published(claim).slug}/").partition('id="evidence"')[2]
        names = re.findall(r'class="origin-name" dir="auto">([^<]+)<', text)
        assert names == ["The audit", "The budget", "A survey", "The mayor", "A memoir"]
        said = "2 independent sources contradict the claim, 1 supports it, 1 does both. 1 more gives background."
        assert said in text
        shown, _summary, folded = text.partition("2 more sources</summary>")
        assert "A survey" in shown
        assert "The mayor" in folded
        for words in ("Against the claim", "For the claim", "Partly for, partly against", "Background"):
            assert words in text

    def test_a_remark_on_a_source_is_made_once(self, client: Client) -> None:
        source = SourceFactory(interest="Sells bridges.")
        claim = ClaimFactory(evidence=[])
        for origin in ("One", "one", "Other"):
            EvidenceFactory(claim=claim, source=source, origin=origin, is_primary=False, secondary_reason="A copy.")
        text = text_of(client, f"/claims/{published(claim).slug}/")
        assert text.count("Sells bridges.") == 1
        assert text.count("A copy.") == 2

    def test_it_shows_what_a_reader_needs_to_judge_a_source(self, client: Client) -> None:
        source = SourceFactory(
            title="The audit",
            interest="Audits itself.",
            archived_address="https://archive.example/1",
            published="2024-03",
        )
        claim = ClaimFactory(evidence=[])
        EvidenceFactory(
            claim=claim,
            source=source,
            quote="as written",
            locator="page 3",
            origin="The city's books",
            is_primary=False,
            secondary_reason="The books are closed.",
            note="Reports on itself.",
        )
        text = text_of(client, f"/claims/{published(claim).slug}/")
        # The title leads to the source itself, and a small link to our page about it.
        assert f'<a href="{source.address}" rel="nofollow noopener">The audit' in text
        assert f'<a href="/sources/{source.slug}/">All claims that use it</a>' in text
        for part in [
            *(
                "The audit",
                "Audits itself.",
                "as written",
                "page 3",
                "The city&#x27;s books",
                "Not the original because:",
            ),
            *(
                "The books are closed.",
                "Reports on itself.",
                source.publisher.name,
                "March 2024",
                "(archive.example)",
            ),
        ]:
            assert part in text, part

    def test_a_copy_on_another_site_says_so_and_its_title_leads_to_the_original(self, client: Client) -> None:
        found = SourceFactory(
            title="The report",
            address="https://copier.example/1",
            is_copy=True,
            original_address="https://paper.example/report",
        )
        lost = SourceFactory(title="The survey", address="https://copier.example/2", is_copy=True)
        claim = published(appearances=[found], evidence=[found, lost])
        copy = re.compile(r'<a href="https://copier\.example/(\d)"[^>]*>([^<]+) <')
        text = text_of(client, f"/claims/{claim.slug}/").partition('id="evidence"')[2]
        assert '<a href="https://paper.example/report" rel="nofollow noopener">The report' in text
        assert ("1", "Copy on another site") in copy.findall(text)
        assert ("2", "The survey") in copy.findall(text)
        assert re.search(r"\(copier\.example\)</span></a>\s*</span> · Copy on another site", text)
        for address in (f"/sources/{found.slug}/", f"/articles/{found.slug}/"):
            text = text_of(client, address)
            assert re.search(r'<a href="https://paper\.example/report"[^>]*>Read the original', text)
            assert ("1", "Copy on another site") in copy.findall(text)
        text = text_of(client, f"/sources/{lost.slug}/")
        assert copy.findall(text) == [("2", "Copy on another site")]
        assert "Read the original" not in text

    def test_a_private_address_is_withheld_everywhere_and_readers_are_told(self, client: Client) -> None:
        source = SourceFactory(
            title="A report",
            address="https://paper.example/he-did-it",
            archived_address="https://archive.example/he-did-it",
            address_is_private=True,
            is_copy=True,
            original_address="https://first.example/he-did-it",
        )
        claim = published(appearances=[source], evidence=[source])
        for address in all_addresses():
            assert b"he-did-it" not in client.get(address).getvalue(), address
        for address in (f"/claims/{claim.slug}/", f"/sources/{source.slug}/", f"/articles/{source.slug}/"):
            text = text_of(client, address)
            assert "A report" in text
            assert "We do not link to this source" in text

    def test_an_unknown_claimant_is_said_to_be_unknown(self, client: Client) -> None:
        claim = published(claimant=None)
        for address in ("/claims/", f"/claims/{claim.slug}/"):
            assert "We don’t know who said it" in text_of(client, address)

    def test_the_exact_words_are_shown_in_their_context_and_missing_ones_are_said(self, client: Client) -> None:
        claim = ClaimFactory(appearances=[])
        AppearanceFactory(claim=claim, exact="three bridges", prefix="they built", suffix="in a year", locator="page 9")
        AppearanceFactory(claim=claim, exact="", words_not_recorded=True, locator="page 10")
        text = text_of(client, f"/claims/{published(claim).slug}/")
        assert "…they built </span><mark>“three bridges”</mark><span" in text
        assert "page 9" in text
        assert "Exact words not recorded" in text.partition("page 10")[2]

    def test_marks_that_turn_the_direction_of_a_quote_are_visible(self, client: Client) -> None:
        claim = ClaimFactory(appearances=[], evidence=[])
        AppearanceFactory(claim=claim, exact="a\u202eevil", prefix="b\u2066", suffix="c\u2069")
        EvidenceFactory(claim=claim, quote="d\u202dx")
        text = text_of(client, f"/claims/{published(claim).slug}/")
        for shown in ("a‹U+202E›evil", "b‹U+2066›", "c‹U+2069›", "d‹U+202D›x"):
            assert shown in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)

    def test_text_in_another_language_says_so(self, client: Client) -> None:
        claim = published(statement="Se gastó un millón.", language="es")
        assert '<span class="statement" lang="es"' in text_of(client, f"/claims/{claim.slug}/")

    def test_the_explanation_is_markdown_without_markup_of_its_own(self, client: Client) -> None:
        claim = published(explanation=f"**bold** [out](https://a.example/) [bad](javascript:alert(1)) {HOSTILE}")
        text = text_of(client, f"/claims/{claim.slug}/")
        assert "<strong>bold</strong>" in text
        assert_inert(text)

    def test_it_says_that_one_person_approved_alone(self, client: Client, settings: LazySettings) -> None:
        settings.FOUR_EYES = False
        editor = UserFactory(role="Editor")
        claim = approved(ClaimFactory(by=editor), submitter=editor, approver=editor)
        workflow.publish(claim, by=editor, version=claim.version)
        text = text_of(client, f"/claims/{claim.slug}/")
        assert "Nobody else reviewed it before publication." in text
        assert "Reviewed by" not in text

    def test_it_says_who_reviewed_it(self, client: Client) -> None:
        claim = approved(ClaimFactory(), approver=UserFactory(role="Editor", first_name="Ada"))
        workflow.publish(claim, by=UserFactory(role="Editor", first_name="Ben"), version=claim.version)
        assert "Reviewed by Ada before publication." in text_of(client, f"/claims/{claim.slug}/")

    def test_text_of_all_fields_is_text_on_all_pages(self, client: Client) -> None:
        publisher = PublisherFactory(name=f"P{HOSTILE}")
        source = SourceFactory(
            title=HOSTILE,
            publisher=publisher,
            authors=[HOSTILE],
            interest=HOSTILE,
            archived_address="https://a.example/",
        )
        claim = ClaimFactory(
            statement=HOSTILE,
            claimant=ClaimantFactory(name=HOSTILE, role=HOSTILE),
            date_note=HOSTILE,
            places=[HOSTILE],
            selection_reason=HOSTILE,
            summary=HOSTILE,
            explanation=HOSTILE,
            method=HOSTILE,
            missing=HOSTILE,
            notice=HOSTILE,
            checkable=False,
            why_not_checkable=HOSTILE,
            rating=Rating.objects.get(slug="not-checkable"),
            topics=[TopicFactory(name=HOSTILE, description=HOSTILE)],
            appearances=[],
            evidence=[],
        )
        AppearanceFactory(claim=claim, source=source, exact=HOSTILE, prefix=HOSTILE, suffix=HOSTILE, locator=HOSTILE)
        EvidenceFactory(
            claim=claim, source=source, finding=HOSTILE, quote=HOSTILE, locator=HOSTILE, origin=HOSTILE,
            is_primary=False, secondary_reason=HOSTILE, note=HOSTILE,
        )  # fmt: skip
        corrected(published(claim), summary=HOSTILE * 2, reason=HOSTILE)
        withdrawn(published(statement=HOSTILE), reason=HOSTILE)
        redacted(corrected(published(statement=HOSTILE)), reason=HOSTILE)
        for address in all_addresses():
            response = client.get(address)
            text = response.getvalue().decode(errors="replace")  # some files are binary
            if "html" in response.headers["Content-Type"]:
                assert_inert(text)
            assert "77007" not in text, address


class TestSharing:
    def test_what_is_shared_carries_verdict_notice_and_picture(self, client: Client, settings: LazySettings) -> None:
        settings.SITE_URL = "https://check.example"
        claim = corrected(published(notice="Proposed, not yet reviewed."), summary="It was less. Much less.")
        for address, number in [("", 2), ("revisions/1/", 1), ("revisions/2/", 2)]:
            text = text_of(client, f"/claims/{claim.slug}/{address}")
            tags = dict(re.findall(r'<meta (?:property|name)="([a-z:_]+)" content="([^"]*)">', text))
            assert tags["og:title"] == f"Mostly false: “{claim.statement.removesuffix('.')}”"
            assert tags["og:description"].startswith("Mostly false: ")
            assert tags["og:description"].endswith(" Proposed, not yet reviewed.")
            assert tags["description"] == tags["og:description"]
            assert tags["og:image"] == f"https://check.example/claims/{claim.slug}/revisions/{number}/card.png"
            assert tags["og:image:alt"].startswith(f"Mostly false: “{claim.statement.removesuffix('.')}”")
            assert "Proposed" in tags["og:image:alt"]
            assert tags["twitter:card"] == "summary_large_image"
            assert client.get(tags["og:image"].removeprefix("https://check.example")).status_code == 200

    def test_it_says_how_to_link_and_cite_this_version(self, client: Client, settings: LazySettings) -> None:
        settings.SITE_URL, settings.SITE_NAME = "https://check.example", "The Daily Check"
        claim = corrected(published(), summary="Mended.")
        for address, number in [("", 2), ("revisions/1/", 1)]:
            text = text_of(client, f"/claims/{claim.slug}/{address}").partition('id="cite"')[2]
            stays = f"/claims/{claim.slug}/revisions/{number}/"
            assert f'href="{stays}" dir="ltr">https://check.example{stays}</a>' in text
            assert "The Daily Check. Mostly false: “" in text
            for file in ("cite.bib", "cite.json", "card.png"):
                assert f'href="{stays}{file}"' in text
                assert client.get(f"{stays}{file}").status_code == 200

    def test_the_short_answer_is_its_first_sentence(self, client: Client) -> None:
        claim = published(summary="It was 3.5 million, not five. The rest <came> later.")
        text = text_of(client, f"/claims/{claim.slug}/")
        assert "<strong>It was 3.5 million, not five.</strong> The rest &lt;came&gt; later." in text

    def test_it_can_be_passed_on_without_a_script(self, client: Client, settings: LazySettings) -> None:
        settings.SITE_URL = "https://check.example"
        claim = published(statement="Is 5 & 6 + 7 = 100 %?\n“Yes”")
        text = text_of(client, f"/claims/{claim.slug}/")
        said = "Mostly false: “Is 5 & 6 + 7 = 100 %? “Yes”” – why:"
        address = f"https://check.example/claims/{claim.slug}/"
        whatsapp, mail = (
            html.unescape(found) for found in re.findall(r'href="(https://wa.me[^"]+|mailto:[^"]+)"', text)
        )
        assert parse_qsl(urlsplit(whatsapp).query) == [("text", f"{said} {address}")]
        assert parse_qsl(urlsplit(mail).query) == [
            ("subject", "Mostly false: “Is 5 & 6 + 7 = 100 %? “Yes””"),
            ("body", f"{said} {address}"),
        ]
        assert urlsplit(mail).path == ""
        assert f'<a href="/claims/{claim.slug}/" dir="ltr">{address}</a>' in text
        assert f'href="/claims/{claim.slug}/card.png"' in text
        assert "<button" not in text.partition("<main")[2]

    def test_readers_can_write_to_us_about_this_version(self, client: Client, settings: LazySettings) -> None:
        claim = corrected(published())
        settings.CONTACT = ""
        assert "Tell us" not in text_of(client, f"/claims/{claim.slug}/")
        settings.CONTACT = "facts@desk.example"
        link = re.search(r'Something wrong\? <a href="([^"]+)">Tell us</a>', text_of(client, f"/claims/{claim.slug}/"))
        assert link
        parts = urlsplit(html.unescape(link[1]))
        assert (parts.scheme, parts.path) == ("mailto", "facts@desk.example")
        assert parse_qsl(parts.query) == [("subject", f"Error in “{claim.slug}”, version 2")]

    def test_the_definition_is_the_one_of_its_day(self, client: Client) -> None:
        claim = corrected(published(), summary="Corrected.")
        Rating.objects.filter(slug="mostly-false").update(definition="Another.")
        newest, old = (text_of(client, f"/claims/{claim.slug}/{page}") for page in ("", "revisions/1/"))
        for text in (newest, old):
            assert "gets the main point wrong" in text
            assert "Another." not in text
        assert "as we defined it on" in old
        assert "as we defined it on" not in newest

    def test_every_part_is_reached_from_the_top_and_headed_in_order(self, client: Client) -> None:
        topic = TopicFactory()
        published(topics=[topic])
        claim = corrected(published(topics=[topic], missing="The bill", method="By hand."), summary="Mended.")
        for address in claim_pages(claim):
            text = text_of(client, address)
            nav = text.partition('<nav class="jump"')[2].partition("</nav>")[0]
            targets = re.findall(r'href="#([a-z]+)"', nav)
            assert {"why", "evidence", "missing", "appearances", "history", "cite"} <= set(targets)
            places = [text.index(f' id="{target}"') for target in targets]
            assert places == sorted(places)
            levels = [int(level) for level in re.findall(r"<h([1-6])", text)]
            assert levels[0] == 1
            assert levels.count(1) == 1
            assert all(after <= before + 1 for before, after in pairwise(levels))

    def test_related_claims_say_what_they_share_and_their_notice(self, client: Client) -> None:
        topic = TopicFactory(name="Water")
        published(statement="A related claim.", notice="Proposed.", topics=[topic])
        claim = published(topics=[topic])
        text = text_of(client, f"/claims/{claim.slug}/").partition('id="related"')[2]
        for part in ("A related claim.", "same topic: Water", "Proposed.", "Mostly false</span>"):
            assert part in text
        assert 'id="related"' not in text_of(client, f"/claims/{published().slug}/")


class TestVersions:
    def test_every_version_stays_as_it_was_and_says_what_changed(self, client: Client) -> None:
        claim = published(summary="Ten payers.")
        first = text_of(client, f"/claims/{claim.slug}/revisions/1/")
        corrected(claim, summary="Three payers.", reason="We miscounted.")
        old = text_of(client, f"/claims/{claim.slug}/revisions/1/")
        new = text_of(client, f"/claims/{claim.slug}/revisions/2/")
        assert "Ten payers." in first
        assert "This is an old version" in old
        assert "Ten payers." in old
        assert "<del>Ten</del><ins>Three</ins>" in new
        assert "We miscounted." in new

    def test_an_old_version_leads_to_no_page_of_a_name_that_is_gone(self, client: Client) -> None:
        claim = published(claimant=ClaimantFactory(name="The first mayor"), topics=[TopicFactory(name="Bridges")])
        shown = text_of(client, f"/claims/{claim.slug}/").partition("<main")[2]
        for name in ("claimants", "topics", "articles", "sources"):
            assert f'href="/{name}/' in shown
        claim.topics.set([])
        claim.appearances.all().delete()
        claim.evidence.all().delete()
        AppearanceFactory(claim=claim)
        EvidenceFactory(claim=claim)
        corrected(claim, claimant=ClaimantFactory())
        old = text_of(client, f"/claims/{claim.slug}/revisions/1/")
        for name in ("The first mayor", "Bridges"):
            assert name in old
        main = old.partition("<main")[2]
        for link in set(re.findall(r'href="(/[^"#?]*)', main)):
            assert client.get(link, follow=True).status_code == 200, link

    def test_the_claim_says_at_its_top_that_it_was_corrected(self, client: Client) -> None:
        claim = corrected(published(), summary="Mended.", reason="We miscounted.")
        text = text_of(client, f"/claims/{claim.slug}/").partition("<main")[2]
        assert text.index("We miscounted.") < text.index("Mended.")
        assert "Substantial correction" in text

    def test_a_changed_rating_is_shown_with_both_ratings(self, client: Client) -> None:
        claim = corrected(published(), rating=Rating.objects.get(slug="false"))
        assert "Mostly false → False" in text_of(client, f"/claims/{claim.slug}/")

    @pytest.mark.parametrize("number", ["0", "3", "99999999999999999999", "9" * 5000, "-1", "x"])
    def test_a_missing_version_is_404(self, client: Client, number: str) -> None:
        claim = published()
        text_of(client, f"/claims/{claim.slug}/revisions/{number}/", status=404)


class TestWithdrawal:
    def test_a_withdrawn_claim_is_gone_with_its_reason_and_nothing_else(self, client: Client) -> None:
        claim = withdrawn(corrected(published(), summary="A second summary."), reason="The letter was forged.")
        for address in claim_pages(claim):
            text = text_of(client, address, status=410)
            assert "The letter was forged." in text
            assert " · by " in text
            assert claim.statement not in text
            assert "second summary" not in text
        for address in ("/", "/claims/", "/corrections/"):
            assert claim.statement not in text_of(client, address)

    def test_a_claim_published_again_shows_the_gap(self, client: Client) -> None:
        claim = withdrawn(published(summary="Ten payers."))
        claim.summary = "Ten payers, again."
        editor = UserFactory(role="Editor")
        claim = approved(workflow.edit(claim, by=editor, version=claim.version))
        workflow.publish(claim, by=editor, version=claim.version, reason="The letter is real.")
        assert "Ten payers, again." in text_of(client, f"/claims/{claim.slug}/")
        assert "We have withdrawn this fact-check" in text_of(client, f"/claims/{claim.slug}/revisions/2/")
        assert "The letter is real." in text_of(client, f"/claims/{claim.slug}/revisions/3/")


MARKED = ["statement", "summary", "explanation", "method", "missing", "notice", "date_note", "selection_reason"]


def corrected_claim() -> Claim:
    """A corrected claim. Its first version has "marker-word" in many fields, its second in none."""
    source = SourceFactory(title="marker-word", interest="marker-word")
    topic = TopicFactory(name="marker-word", description="marker-word")
    draft = ClaimFactory(topics=[topic], appearances=[], evidence=[], **dict.fromkeys(MARKED, "marker-word"))
    AppearanceFactory(claim=draft, source=source, exact="marker-word", locator="marker-word")
    EvidenceFactory(claim=draft, source=source, finding="marker-word", quote="marker-word", origin="marker-word")
    claim = published(draft)
    claim.topics.clear()
    claim.appearances.all().delete()
    claim.evidence.all().delete()
    AppearanceFactory(claim=claim)
    EvidenceFactory(claim=claim)
    return corrected(claim, reason="The address was wrong.", **dict.fromkeys(MARKED, "Mended."))


class TestRedaction:
    def test_the_text_of_earlier_versions_is_at_no_address(self, client: Client) -> None:
        claim = corrected_claim()

        def marked(addresses: list[str]) -> list[str]:
            return [address for address in addresses if b"marker-word" in client.get(address).getvalue()]

        first, second = (f"/claims/{claim.slug}/revisions/{number}/" for number in (1, 2))
        before = [first, second, f"/es{first}", f"/es{second}", f"{first}cite.bib", f"{first}cite.json"]
        assert marked(before) == before
        redacted(claim)
        everywhere = [*all_addresses(), *all_claim_files()]
        assert set(before) <= set(everywhere)
        assert marked(everywhere) == []

    @pytest.mark.parametrize("language", ["", "/es"])
    def test_a_redacted_version_says_why_and_leads_to_the_newest(self, client: Client, language: str) -> None:
        claim = redacted(corrected_claim(), reason="It named a <private> person.")
        claim = redacted(corrected(claim, summary="Mended again."), reason="It was too much still.")
        signed = [revision.signed_by for revision in claim.revisions.order_by("number")]
        for number, by, why in [
            (1, 3, "It named a &lt;private&gt; person."),
            (2, 3, "It named a &lt;private&gt; person."),
            (3, 5, "It was too much still."),
            (4, 5, "It was too much still."),
        ]:
            address = f"{language}/claims/{claim.slug}/revisions/{number}/"
            head = text_of(client, address, status=410).partition('"claim-head"')[2].partition("</header>")[0]
            assert f'<p class="corrected" dir="auto">{why}</p>' in head
            assert signed[by - 1] in head
            assert f'href="{language}/claims/{claim.slug}/"' in head
            assert "noindex" in text_of(client, address, status=410)

    def test_what_was_redacted_is_marked_by_a_word_and_leads_nowhere(self, client: Client) -> None:
        claim = redacted(corrected_claim())
        for address in claim_pages(claim):
            text = client.get(address).content.decode()
            lines = text.partition('<ol class="history"')[2].partition("</ol>")[0].split("<li>")[1:]
            assert ["Text removed" in line for line in lines] == [False, True, True]
            assert ["/revisions/" in line for line in lines] == [True, False, False]
            assert "The address was wrong." in lines[1]
        assert "revisions/2/" not in text_of(client, f"/claims/{claim.slug}/")
        assert "The address was wrong." in text_of(client, "/corrections/")

    def test_nothing_is_compared_with_a_redacted_version(self, client: Client) -> None:
        claim = redacted(corrected_claim())
        text = text_of(client, f"/claims/{claim.slug}/revisions/3/")
        assert "Nothing else changed." in text
        assert "Mended." in text
        assert "<del>" not in text
        assert "<ins>" not in text
        corrected(claim, summary="Mended again.")
        assert "<del>Mended.</del><ins>Mended again.</ins>" in text_of(client, f"/claims/{claim.slug}/revisions/4/")

    def test_the_claim_itself_stays_as_it_was(self, client: Client) -> None:
        claim = corrected_claim()

        def verdict_section() -> str:
            return text_of(client, f"/claims/{claim.slug}/").partition('id="verdict"')[2].partition('id="history"')[0]

        before = verdict_section()
        redacted(claim)
        assert verdict_section() == before
        assert "Text of earlier versions removed" in text_of(client, f"/claims/{claim.slug}/")

    def test_withdrawal_comes_first_and_redactions_outlast_it(self, client: Client) -> None:
        claim = withdrawn(redacted(corrected_claim()), reason="The letter was forged.")
        for address in claim_pages(claim):
            assert "We have withdrawn this fact-check" in text_of(client, address, status=410)
        editor = UserFactory(role="Editor")
        claim = approved(workflow.edit(claim, by=editor, version=claim.version))
        claim = workflow.publish(claim, by=editor, version=claim.version, reason="The letter is real.")
        statuses = [client.get(address).status_code for address in claim_pages(claim)]
        assert statuses == [200, 410, 410, 200, 200, 200]
        redacted(claim)
        statuses = [client.get(address).status_code for address in claim_pages(claim)]
        assert statuses == [200, 410, 410, 410, 410, 410, 200]


class TestResponses:
    def test_the_same_bytes_are_sent_once(self, client: Client) -> None:
        claim = published()
        address = f"/claims/{claim.slug}/"
        first = client.get(address)
        assert first.headers["Cache-Control"] == SHARED
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        # The page also shows related claims, which change at other times.
        assert "Last-Modified" not in first.headers
        corrected(claim, summary="Another.")
        assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_nothing_can_be_done_here(self, method: str) -> None:
        client = Client(enforce_csrf_checks=True)
        claim = published()
        for address in ("/", "/claims/", "/corrections/", f"/claims/{claim.slug}/", "/about/how-it-works/"):
            assert getattr(client, method)(address).status_code == 405

    def test_head_answers_like_get(self, client: Client) -> None:
        claim = published()
        for address in ("/", f"/claims/{claim.slug}/"):
            head = client.head(address)
            assert (head.status_code, head.content) == (200, b"")

    def test_links_name_the_site_and_not_what_a_client_says(self, client: Client, settings: LazySettings) -> None:
        settings.SITE_URL = "https://check.example"
        settings.ALLOWED_HOSTS = ["*"]
        claim = published()
        address = f"/claims/{claim.slug}/"
        response = client.get(f"{address}?utm=1", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        text = response.content.decode()
        assert f'<link rel="canonical" href="https://check.example{address}">' in text
        assert f'<meta property="og:url" content="https://check.example{address}">' in text
        assert "evil" not in text
