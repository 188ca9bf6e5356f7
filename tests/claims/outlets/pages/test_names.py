"""The pages of articles, claimants, topics and sources."""

import re

import pytest
from django.test import Client

from claims.choices import Stance
from claims.desk import names
from tests.claims.outlets.pages.pages import text_of
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    SourceFactory,
    TopicFactory,
    published,
    renamed,
    withdrawn,
)

pytestmark = pytest.mark.django_db


def test_an_article_shows_its_claims_in_reading_order(client: Client) -> None:
    article, other = SourceFactory(slug="the-article"), SourceFactory()
    for statement, places in {
        "Second.": [(article, 9), (article, 5)],
        "Third.": [(other, 1), (article, 7)],
        "First.": [(article, 2)],
        "Elsewhere.": [(other, 1)],
    }.items():
        claim = ClaimFactory(statement=statement, appearances=[])
        for source, position in places:
            AppearanceFactory(claim=claim, source=source, position=position, locator=f"paragraph {position}")
        published(claim)
    text = text_of(client, "/articles/the-article/")
    order = [text.index(f"“{statement}”") for statement in ("First.", "Second.", "Third.")]
    assert order == sorted(order)
    assert "Elsewhere." not in text
    assert text.count("“Second.”") == 1
    assert (
        text.index("paragraph 5")
        < text.index("“Second.”")
        < text.index("Also in paragraph")
        < text.index("paragraph 7")
    )
    assert "paragraph 1<" not in text


@pytest.mark.parametrize(
    ("words", "places", "line"),
    [
        ("paragraph", (2, 5, 9), "Also in paragraphs [5] and 9"),
        ("paragraph", (2, 5), "Also in paragraph [5]"),
        ("Párrafo", (2, 7, 8, 9), "Also in paragraphs 7, 8 and 9"),
        ("caption", (2, 5, 9), "Also in: [caption 5] and caption 9"),
    ],
)
def test_the_other_places_of_a_claim_lead_to_what_is_shown_there(
    client: Client, words: str, places: tuple[int, ...], line: str
) -> None:
    article = SourceFactory(slug="the-article")
    for statement, positions in (("First.", places), ("Fifth.", (5,))):
        claim = ClaimFactory(slug=statement[:-1].lower(), statement=statement, appearances=[])
        for position in positions:
            AppearanceFactory(claim=claim, source=article, position=position, locator=f"{words} {position}")
        published(claim)
    html = text_of(client, "/articles/the-article/")
    html = re.sub(r'<a href="#claim-fifth">([^<]*)</a>', r"[\1]", html)
    assert line in " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_an_article_is_summed_up_and_quoted_where_its_words_are_known(client: Client) -> None:
    article = SourceFactory(slug="the-article")
    for exact in ("a direct consequence of", ""):
        claim = ClaimFactory(appearances=[], notice="A draft.", summary="It isn't. The rest follows." + " More." * 30)
        AppearanceFactory(
            claim=claim, source=article, exact=exact, words_not_recorded=not exact, position=2, locator="paragraph 2"
        )
        published(claim)
    text = text_of(client, "/articles/the-article/")
    assert text.count("<blockquote") == 1
    assert "a direct consequence of" in text
    assert text.count(">paragraph 2<") == 1
    assert text.count("A draft.") == 1
    assert text.count("It isn&#x27;t. The rest follows.</p>") == 2


def test_names_are_listed_while_a_published_claim_shows_them(client: Client) -> None:
    claim = published(
        claimant=ClaimantFactory(slug="ana", name="Ana"), topics=[TopicFactory(slug="water", name="Water")]
    )
    assert "Ana" in text_of(client, "/claimants/")
    assert "Water" in text_of(client, "/topics/")
    assert claim.statement in text_of(client, "/claimants/ana/")
    assert claim.statement in text_of(client, "/topics/water/")
    withdrawn(claim)
    assert "Ana" not in text_of(client, "/claimants/")
    text_of(client, "/claimants/ana/", status=404)
    text_of(client, "/topics/water/", status=404)


def test_a_page_shows_one_name_while_a_change_of_it_is_on_its_way(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "AT_ONCE", 0)
    claimant = ClaimantFactory(slug="ana", name="Ana Before")
    claims = [published(claimant=claimant) for _ in range(4)]
    change = renamed(claimant, name="Ana Now")
    assert change is not None
    assert not names.write_some(change, most=2)
    lists = ["/", "/claims/", "/claims/?claimant=ana", "/claimants/", "/claimants/ana/"]
    shown = {}
    for page in [*lists, *(f"/claims/{claim.slug}/" for claim in claims)]:
        text = text_of(client, page)
        shown[page] = [name for name in ("Ana Before", "Ana Now") if name in text]
    assert {page: len(found) for page, found in shown.items()} == dict.fromkeys(shown, 1)
    assert [shown[f"/claims/{claim.slug}/"] for claim in claims] == [["Ana Now"]] * 2 + [["Ana Before"]] * 2


def test_a_source_shows_what_cites_it_and_how(client: Client) -> None:
    source = SourceFactory(slug="audit", interest="Audits itself.")
    claim = ClaimFactory(statement="Resting on it.", evidence=[])
    EvidenceFactory(claim=claim, source=source, stance=Stance.SUPPORTS, finding="It counts three.")
    published(claim)
    published(statement="Appearing in it.", appearances=[source])
    text = text_of(client, "/sources/audit/")
    for part in (
        "Audits itself.",
        "Resting on it.",
        "Supports",
        "It counts three.",
        "Appearing in it.",
        "news.example",
    ):
        assert part in text
    assert 'rel="nofollow noopener"' in text


@pytest.mark.parametrize("kind", ["articles", "claimants", "topics", "sources"])
def test_a_name_that_no_claim_shows_is_404(client: Client, kind: str) -> None:
    text_of(client, f"/{kind}/nothing/", status=404)


def test_what_an_article_says_somebody_said_is_apart_from_what_they_said(client: Client) -> None:
    outlet, secretary = ClaimantFactory(slug="outlet"), ClaimantFactory(slug="secretary", name="The secretary")
    claim = ClaimFactory.create(statement="Three in four were convicted.", claimant=outlet)
    claim.appearances.update(attributed_to=secretary)
    shown = published(claim)
    text = text_of(client, "/claimants/secretary/")
    assert text.index("What articles say they said") < text.index("Three in four were convicted.")
    assert "We count it as a claim of the article." in text
    assert "Claims we checked" not in text
    published(ClaimFactory(statement="Borders are closed.", claimant=secretary))
    text = text_of(client, "/claimants/secretary/")
    order = [text.index(part) for part in ("Borders are closed.", "What articles say they said", "Three in four")]
    assert order == sorted(order)
    assert "What articles say" not in text_of(client, "/claimants/outlet/")
    assert "Three in four" not in text_of(client, "/claims/?claimant=secretary")
    withdrawn(shown)
    assert "Three in four" not in text_of(client, "/claimants/secretary/")
