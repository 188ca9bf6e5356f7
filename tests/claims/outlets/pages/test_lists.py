"""The list of claims: filters, facets, search, and the same list in every format."""

import json
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils.html import escape
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from claims.choices import ClaimKind, FacetKind
from claims.formats.files import FILES
from claims.models import PublishedClaim, Rating
from claims.record import imprint
from claims.search import counting, facets
from claims.search.filters import MOST_VALUES, ClaimFilterSet
from factcheck.core.web import pagination
from tests.claims.outlets.pages.pages import FILES_AND_FEEDS, assert_inert, text_of
from tests.factories import ClaimantFactory, SourceFactory, TopicFactory, published
from tests.once import once
from tests.properties import examples

pytestmark = pytest.mark.django_db

FILTERS = ["rating", "topic", "claimant", "article", "outlet", "kind", "language", "since", "until"]


def of_water_and_fire() -> None:
    published(statement="About water.", topics=[TopicFactory(slug="water", name="Clean water")])
    published(statement="About fire.")


water_and_fire = once(of_water_and_fire)
claim = once(published)
two_pages = once(lambda: [published() for _ in range(21)])


class TestList:
    @pytest.mark.usefixtures("water_and_fire")
    def test_filters_narrow_it(self, client: Client) -> None:
        text = text_of(client, "/claims/?topic=water")
        assert "About water." in text
        assert "About fire." not in text
        assert "1 claim<" in text

    def test_a_list_without_claims_says_so_and_shows_ways_on(self, client: Client) -> None:
        published(topics=[TopicFactory(slug="water")])
        text = text_of(client, "/claims/?year=1999")
        assert "No check has all of these." in text
        assert 'href="/claims/">Show all checks' in text
        assert 'href="/topics/water/"' in text
        assert 'role="alert"' not in text

    def test_a_search_without_claims_says_what_that_means(self, client: Client) -> None:
        published(topics=[TopicFactory(slug="water")])
        text = text_of(client, "/claims/?q=zeppelin&topic=water")
        assert "We have not published a check on this." in text
        assert "That does not make it true or false." in text
        assert 'href="?q=zeppelin"' in text
        assert 'href="/topics/water/"' in text

    @pytest.mark.usefixtures("two_pages")
    def test_an_unknown_parameter_changes_nothing(self, client: Client) -> None:
        plain = client.get("/claims/?rating=mostly-false")
        tagged = client.get("/claims/?utm_source=letter&rating=mostly-false&order=id&rating__in=x")
        assert tagged.content == plain.content
        assert 'href="?rating=mostly-false&amp;page=2"' in plain.content.decode()

    @pytest.mark.usefixtures("water_and_fire")
    @pytest.mark.parametrize(
        ("query", "reported"),
        [
            ("since=tomorrow", "From: <b><bdi>tomorrow"),
            ("until=2025-02-30", "To: <b><bdi>2025-02-30"),
            ("kind=rumour", "Kind of claim: <b><bdi>rumour</bdi></b></li>"),
            ("sort=rumour", "Order: <b><bdi>rumour</bdi></b></li>"),
            ("year=rumour", "Enter a whole number"),
            ("year=0", "greater than or equal to 1"),
            ("language=!!", "Language: "),
            ("claimant=a%00b", "Who said it: "),
            ("claimant=nobody", "Who said it: <b><bdi>nobody</bdi></b> – No check that we published has this."),
            ("rating=mostly-wrong", "Rating: <b><bdi>mostly-wrong"),
            ("rating=" + "x" * 101, "isn&#x27;t a valid name"),
            ("article=nothing", "Article: <b><bdi>nothing"),
            ("outlet=nothing", "Outlet: <b><bdi>nothing"),
            ("source=nothing", "Source: <b><bdi>nothing"),
            ("kind=%22%3E%3Cscript%3E", "Kind of claim: <b><bdi>&quot;&gt;&lt;script&gt;"),
        ],
    )
    def test_a_value_that_means_nothing_is_left_out_and_reported(
        self, client: Client, query: str, reported: str
    ) -> None:
        text = text_of(client, f"/claims/?topic=water&{query}")
        assert 'role="alert"' in text
        assert reported in text
        assert "About water." in text
        assert "About fire." not in text
        assert text_of(client, f"/claims/?{query}").count('<article class="card">') == 2

    @pytest.mark.usefixtures("water_and_fire")
    def test_of_several_values_those_with_a_meaning_count(self, client: Client) -> None:
        text = text_of(client, "/claims/?topic=nothing&topic=water&topic=a%20b")
        assert "About water." in text
        assert "About fire." not in text
        assert text.count("Topic: <b><bdi>") == 2

    def test_of_too_many_values_the_first_count(self, client: Client) -> None:
        topics = [TopicFactory(slug=f"t{number}") for number in range(MOST_VALUES + 1)]
        published(topics=topics)
        text = text_of(client, "/claims/?" + "&".join(f"topic={topic.slug}" for topic in topics))
        assert f"Topic: <b><bdi>t{MOST_VALUES}</bdi></b> – Choose at most {MOST_VALUES}." in text
        assert f"Remove</span> Topic: <b>{topics[0].name}</b>" in text

    def test_a_date_that_is_left_out_stays_in_its_field(self, client: Client) -> None:
        published()
        text = text_of(client, "/claims/?since=tomorrow&q=council")
        assert 'name="since" value="tomorrow"' in text
        assert 'aria-invalid="true"' in text
        assert "since=tomorrow" not in text.partition('id="results"')[2]

    @pytest.mark.usefixtures("water_and_fire")
    @pytest.mark.parametrize(
        ("query", "title"),
        [
            ("", "Checks – Factcheck"),
            ("rating=mostly-false&topic=water", "Mostly false, Clean water – Checks – Factcheck"),
            ("q=council&sort=newest", "“council” – Checks – Factcheck"),
            ("since=2020", "From: 2020 – Checks – Factcheck"),
            ("sort=rumour", "Checks – Factcheck"),
        ],
    )
    def test_its_title_says_what_it_is_narrowed_to(self, client: Client, query: str, title: str) -> None:
        assert f"<title>{title}</title>" in text_of(client, f"/claims/?{query}")

    def test_filters_come_before_the_results_with_a_way_past_them(self, client: Client) -> None:
        published(topics=[TopicFactory(slug="water")])
        text = text_of(client, "/claims/?topic=water&rating=mostly-false")
        assert text.index('href="#results"') < text.index('id="filters"') < text.index('id="results"')
        assert ">Filter (2)</summary>" in text

    def test_a_notice_of_all_claims_is_shown_once(self, client: Client) -> None:
        published(notice="A draft.")
        published(notice="A draft.")
        assert text_of(client, "/claims/").count("A draft.") == 1
        published()
        assert text_of(client, "/claims/").count("A draft.") == 2

    @pytest.mark.usefixtures("claim")
    @pytest.mark.parametrize("page", ["0", "-1", "2", "101", "x", "1.0", "%00", "1e3", "٣", "9" * 5000])
    def test_a_missing_page_is_404(self, client: Client, page: str) -> None:
        text_of(client, f"/claims/?page={page}", status=404)

    @pytest.mark.usefixtures("two_pages")
    def test_the_number_of_pages_is_limited(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pagination, "MAX_PAGES", 1)
        assert "21 claims. We show the first 20. Use filters to see others." in text_of(client, "/claims/")
        text_of(client, "/claims/?page=2", status=404)

    # Each example asks for every list, file and feed.
    @examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        pairs=st.lists(
            st.tuples(
                st.sampled_from(["q", "sort", "year", *FILTERS, "page"]) | st.text(max_size=20),
                st.text(max_size=50) | st.sampled_from(["2025", "2025-06", "0000", "9999-12-31", "en", "x" * 10_000]),
            ),
            max_size=8,
        )
    )
    def test_no_query_causes_a_server_error(self, client: Client, pairs: list[tuple[str, str]]) -> None:
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name.encode(errors="replace").decode(), []).append(value.encode(errors="replace").decode())
        for address in ("/claims/", "/corrections/", "/topics/", *FILES_AND_FEEDS):
            response = client.get(address, data)
            assert response.status_code in {200, 400, 404}
            assert response.getvalue() is not None  # a file is written while it is read
            if "html" in response.headers["Content-Type"]:
                assert_inert(response.content.decode())

    @examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(raw=st.binary(max_size=60))
    def test_no_bytes_in_an_address_cause_a_server_error(self, client: Client, raw: bytes) -> None:
        percent = "".join(f"%{byte:02X}" for byte in raw)
        for address in (
            f"/claims/?rating={percent}",
            f"/claims/?{percent}",
            f"/claims/{percent}/",
            f"/{percent}",
        ):
            assert client.get(address).status_code in {200, 301, 400, 404}


class TestSearch:
    def test_a_misspelled_word_is_corrected_and_reported(self, client: Client) -> None:
        published(statement="The zeppelin is large.")
        text = text_of(client, "/claims/?q=zepelin")
        assert "Showing results for <b>zeppelin</b>." in text
        assert '<a href="?q=%22zepelin%22">Search instead for zepelin</a>' in text
        assert "The <mark>zeppelin</mark> is large." in text

    def test_a_pasted_address_shows_its_article(self, client: Client) -> None:
        article = SourceFactory(slug="story", title="A story", address="https://paper.example/story")
        published(appearances=[article])
        text = text_of(client, "/claims/?q=https://www.paper.example/story?utm_source=x")
        assert 'We have checked claims from this page: <a href="/articles/story/">A story</a>' in text
        assert "We haven’t checked this page." in text_of(client, "/claims/?q=https://paper.example/other")

    def test_best_match_comes_first_unless_another_order_is_asked_for(self, client: Client) -> None:
        published(slug="best", statement="Zeppelin, zeppelin.", claimed_on="2020")
        published(slug="newest", statement="There is a zeppelin over the long bridge.", claimed_on="2010")
        assert slugs(client, "q=zeppelin") == ["best", "newest"]
        assert slugs(client, "q=zeppelin&sort=newest") == ["newest", "best"]
        assert slugs(client, "q=zeppelin&sort=newest-claim") == ["best", "newest"]
        assert slugs(client, "sort=relevance") == ["newest", "best"]

    @pytest.mark.usefixtures("claim")
    @pytest.mark.parametrize(
        "typed", ["", " ", "the", "🎉" * 2_000, "\0", "x" * 10_000, "' OR 1=1 --", '"-" -- ((', "%_"]
    )
    def test_whatever_is_typed_gets_a_page(self, client: Client, typed: str) -> None:
        text_of(client, f"/claims/?q={quote(typed)}")

    def test_what_was_typed_stays_text(self, client: Client) -> None:
        published(statement="The <b>zeppelin</b> is large.")
        hostile = 'zepelin "><script>alert(1)</script>'
        text = text_of(client, f"/claims/?q={quote(hostile)}")
        assert "&lt;b&gt;<mark>zeppelin</mark>&lt;/b&gt;" in text
        assert "&lt;script" in text
        assert_inert(text)

    def test_the_search_box_is_on_the_front_page(self, client: Client) -> None:
        assert 'role="search"' in text_of(client, "/")


class TestSearchForm:
    """Every search box is sent by POST, because a pasted text is longer than an address may be."""

    def landed(self, client: Client, **data: str | list[str]) -> str:
        """The address that a form with this data leads to."""
        response = Client(enforce_csrf_checks=True).post("/search/", data)
        assert response.status_code == 303
        return str(response.headers["Location"])

    def test_it_leads_to_the_list_with_its_filters(self, client: Client) -> None:
        assert self.landed(client, q="a bridge", rating=["true", "false"], other="x") == (
            "/claims/?q=a+bridge&rating=true&rating=false"
        )
        assert self.landed(client, q="  ") == "/claims/"
        assert client.get("/es/search/?q=puente").headers["Location"] == "/es/claims/?q=puente"

    @pytest.mark.parametrize("word", ["bridge ", "мост ", "桥", "\0", "%", "\n\r\t "])
    def test_whatever_is_pasted_fits_into_an_address(self, client: Client, word: str) -> None:
        published(statement="A bridge.")
        address = self.landed(client, q=word * 10_000)
        assert len(address) < 4_100
        assert client.get(address).status_code == 200

    def test_a_long_text_is_cut_between_words(self, client: Client) -> None:
        address = self.landed(client, q="zeppelin " * 1_000)
        assert address.startswith("/claims/?q=zeppelin+zeppelin")
        assert address.endswith("+zeppelin")

    def test_it_leads_nowhere_else(self, client: Client) -> None:
        assert self.landed(client, q="//evil.example") == "/claims/?q=%2F%2Fevil.example"


def with_every_facet() -> None:
    water, fire = TopicFactory(slug="water", name="Water"), TopicFactory(slug="fire", name="Fire")
    true, false = Rating.objects.get(slug="true"), Rating.objects.get(slug="false")
    shared: dict[str, Any] = {"claimant": ClaimantFactory(slug="ana", name="Ana"), "appearances": [SourceFactory()]}
    published(statement="One zeppelin.", topics=[water, fire], rating=true, claimed_on="2024-05", **shared)
    published(
        statement="Two zeppelins.", topics=[water], rating=false, claimed_on="2025", kind=ClaimKind.EVENT, **shared
    )
    published(statement="A bridge.", topics=[fire], rating=false, claimant=None, language="es")


facetted = once(with_every_facet)


@pytest.mark.usefixtures("facetted")
class TestFacets:
    @pytest.mark.parametrize(
        "query",
        [
            "",
            "rating=true",
            "rating=true&rating=false",
            "topic=water",
            "topic=water&rating=false",
            "claimant=ana",
            "kind=event&year=2025&language=en",
            "q=zeppelin",
            "q=zeppelin&rating=true&topic=fire",
            "since=2025",
            "q=nothing",
            "rating=nobody",
            "q=-zeppelin&language=es",
        ],
    )
    def test_each_value_leaves_as_many_claims_as_its_count_says(self, query: str) -> None:
        filters = chosen(query)
        counted = {
            (facet.kind, choice.value): choice.claims.claims
            for facet in sidebar_of(filters).facets
            for choice in facet.choices
        }
        assert counted or query == "q=nothing"
        for (kind, value), claims in counted.items():
            assert chosen(filters.query_with(**{kind: [value]})).qs.count() == claims, (kind, value)

    def test_every_value_that_leaves_a_claim_is_offered(self) -> None:
        sidebar = sidebar_of(chosen(""))
        offered = {facet.kind: {choice.value for choice in facet.choices} for facet in sidebar.facets}
        assert set(offered) == set(FacetKind)
        assert offered[FacetKind.RATING] == {"true", "false"}
        assert offered[FacetKind.YEAR] == {"2024", "2025"}
        assert offered[FacetKind.LANGUAGE] == {"en", "es"}
        assert offered[FacetKind.CLAIMANT] == {"ana"}

    def test_one_click_takes_a_value_and_the_next_drops_it(self) -> None:
        (rating,) = (facet for facet in sidebar_of(chosen("topic=water")).facets if facet.kind == "rating")
        true = rating.choices[0]
        assert (true.label, true.is_chosen, true.query) == ("True", False, "rating=true&topic=water")
        (rating,) = (facet for facet in sidebar_of(chosen(true.query)).facets if facet.kind == "rating")
        assert (rating.choices[0].is_chosen, rating.choices[0].query) == (True, "topic=water")

    def test_a_chip_takes_its_filter_away(self, client: Client) -> None:
        sidebar = sidebar_of(chosen("q=zeppelin&rating=true&rating=false&topic=water"))
        assert [(chip.value, chip.query) for chip in sidebar.chips] == [
            ("True", "q=zeppelin&rating=false&topic=water"),
            ("False", "q=zeppelin&rating=true&topic=water"),
            ("Water", "q=zeppelin&rating=true&rating=false"),
        ]
        assert 'href="?q=zeppelin&amp;rating=true"' in text_of(client, "/claims/?q=zeppelin&rating=true&topic=water")

    def test_only_the_most_frequent_values_are_shown_and_what_is_chosen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(facets, "MOST_VALUES", 1)
        for query in ("rating=true", "rating=true&language=en", "q=zeppelin&rating=true"):
            (rating,) = (facet for facet in sidebar_of(chosen(query)).facets if facet.kind == "rating")
            assert "true" in {choice.value for choice in rating.choices}
            assert len(rating.choices) <= 2
            assert rating.is_cut


def of_three_dates() -> None:
    water = TopicFactory(slug="water")
    for number, day in enumerate(["2024", "2020-05", "2025-06-01"]):
        published(
            statement=f"{'zeppelin ' * number} bridge",
            claimed_on=day,
            topics=[water] if number else [],
            rating=Rating.objects.get(slug="true" if number == 1 else "false"),
        )


dated = once(of_three_dates)


class TestFormats:
    @pytest.mark.usefixtures("dated")
    @pytest.mark.parametrize("query", ["", "q=zeppelin", "rating=true", "sort=newest-claim", "q=zeppelin&topic=water"])
    def test_every_form_is_the_same_list(self, client: Client, query: str) -> None:
        page = chosen(query).qs
        expected = [claim.slug for claim in page]
        assert expected
        assert slugs(client, query) == expected
        items = ET.fromstring(client.get(f"/claims.rss?{query}").content).findall("channel/item")  # noqa: S314 — ours
        assert [item.findtext("link") for item in items] == [imprint.claim_address(claim.slug) for claim in page]
        assert [item.findtext("guid") for item in items] == [imprint.claim_address(claim.slug) for claim in page]
        html = text_of(client, f"/claims/?{query}")
        places = [html.index(f'href="/claims/{slug}/"') for slug in expected]
        assert places == sorted(places)
        for ending in ("csv", "json", "ndjson", "xlsx", "parquet", "rss"):
            assert f"/claims.{ending}" in html.partition("</head>")[0]
        asked = escape(f"?{query}") if query else ""
        for name in FILES:
            assert f'href="/{name}{asked}"' in html.partition("</head>")[2]


def sidebar_of(filters: ClaimFilterSet) -> facets.Sidebar:
    return facets.sidebar_for(filters, counting.count(filters).values)


def chosen(query: str) -> ClaimFilterSet:
    filters = ClaimFilterSet(QueryDict(query), queryset=PublishedClaim.objects.all())
    assert not filters.errors
    return filters


def slugs(client: Client, query: str) -> list[str]:
    return [claim["slug"] for claim in json.loads(client.get(f"/claims.json?{query}").getvalue())["claims"]]
