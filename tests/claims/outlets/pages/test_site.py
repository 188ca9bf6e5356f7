"""The front page, the pages about the site, robots.txt, security.txt and error pages."""

import datetime
import re
from urllib.robotparser import RobotFileParser

import pytest
from django.conf import LazySettings
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from claims import urls
from claims.formats.files import FILES
from claims.formats.marks import MARKS
from claims.models import PublishedClaim, Rating
from claims.outlets import urls as data_urls
from claims.outlets.pages import site
from claims.search.filters import ClaimFilterSet
from factcheck.core.web import errors
from tests.claims.outlets.pages.pages import FIGURES, LISTS, TEXTS, assert_inert, claim_pages, name_pages, text_of
from tests.factories import TopicFactory, published

pytestmark = pytest.mark.django_db


def test_the_front_page_shows_the_newest_verdicts_and_the_topics(client: Client) -> None:
    for n in range(13):
        published(statement=f"Claim number {n:02}.", topics=[TopicFactory(name=f"Topic number {n}")])
    text = text_of(client, "/")
    assert "Claim number 12." in text
    assert "Claim number 00." not in text
    assert text.index("Claim number 12.") < text.index("Claim number 01.")
    assert "Topic number 0" in text


@pytest.mark.parametrize("address", TEXTS)
def test_each_text_page_has_a_heading_and_is_inert(client: Client, address: str) -> None:
    text = text_of(client, address)
    if address != "/robots.txt":
        assert "<h1>" in text
        assert_inert(text)


def test_every_rating_is_explained_with_a_mark_of_its_own(client: Client) -> None:
    text = text_of(client, "/about/ratings/")
    for rating in Rating.objects.all():
        assert f"{rating.label}</span>" in text
        assert rating.definition in text
    assert all(f"rating-{mark}" in text for mark in ("1", "2", "3", "4", "5", "off"))


def test_robots_txt_excludes_the_desk_and_names_the_sitemap(client: Client, settings: LazySettings) -> None:
    settings.SITE_URL = "https://check.example"
    response = client.get("/robots.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode()
    assert text.startswith("User-agent: *\nDisallow: /admin/\n")
    assert text.endswith("\n\nSitemap: https://check.example/sitemap.xml\n")


def test_robots_txt_excludes_filtered_files_but_not_whole_ones(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    robots = RobotFileParser()
    robots.parse(lines)
    for name in FILES:
        assert robots.can_fetch("*", f"/{name}")
        assert f"Disallow: /{name}?*" in lines
    assert not robots.can_fetch("*", "/admin/")


class TestSecurity:
    """security.txt (RFC 9116): where to report a vulnerability."""

    def fields(self, client: Client) -> dict[str, str]:
        response = client.get("/.well-known/security.txt")
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        lines = [line.partition(": ") for line in response.content.decode().splitlines()]
        found = {name: value for name, _colon, value in lines}
        assert len(found) == len(lines)
        return found

    def test_it_names_the_contact_of_the_settings(self, client: Client, settings: LazySettings) -> None:
        settings.SITE_URL, settings.SECURITY_CONTACT = "https://check.example", "mailto:security@check.example"
        found = self.fields(client)
        assert found.pop("Expires")
        assert found == {
            "Contact": "mailto:security@check.example",
            "Preferred-Languages": "en",
            "Canonical": "https://check.example/.well-known/security.txt",
        }

    def test_without_one_it_names_the_newsrooms_contact(self, client: Client, settings: LazySettings) -> None:
        settings.SECURITY_CONTACT, settings.CONTACT = "", "facts@check.example"
        assert self.fields(client)["Contact"] == "mailto:facts@check.example?subject=Security"

    def test_without_any_it_leads_to_the_front_page(self, client: Client, settings: LazySettings) -> None:
        settings.SITE_URL, settings.SECURITY_CONTACT, settings.CONTACT = "https://check.example", "", ""
        assert self.fields(client)["Contact"] == "https://check.example/"

    def test_it_is_valid_for_some_months_from_today(self, client: Client) -> None:
        left = datetime.datetime.fromisoformat(self.fields(client)["Expires"]) - timezone.now()
        assert datetime.timedelta(days=90) < left < datetime.timedelta(days=365)

    @given(st.dates(min_value=datetime.date(2000, 1, 1), max_value=datetime.date(9000, 1, 1)))
    def test_it_changes_once_a_month_and_never_comes_close_to_its_end(self, today: datetime.date) -> None:
        assert site.expiry(today) == site.expiry(today.replace(day=1)) == site.expiry(today.replace(day=28))
        left = datetime.datetime.fromisoformat(site.expiry(today)).date() - today
        assert 90 < left.days < 365


def test_an_error_repeats_nothing_of_the_address(client: Client) -> None:
    text = text_of(client, "/secret-word", status=404)
    assert "secret-word" not in text
    assert "<h1>Page not found</h1>" in text


def test_error_pages_need_neither_request_nor_database(settings: LazySettings, django_db_blocker: object) -> None:
    settings.SITE_NAME = "The Daily Check"
    request = RequestFactory().get("/<script>")
    with django_db_blocker.block():  # type: ignore[attr-defined]
        for response, status in [
            (errors.server_error(request), 500),
            (errors.bad_request(request, ValueError()), 400),
        ]:
            text = response.content.decode()
            assert response.status_code == status
            assert "The Daily Check" in text
            assert "&lt;script" not in text
            assert_inert(text)


def test_the_newest_check_with_a_finding_leads_the_front_page(client: Client) -> None:
    published(statement="An old claim.", headline="The older finding.", notice="A draft.")
    published(statement="A bad claim.", headline="The finding & no more.", notice="A draft.")
    published(statement="The newest claim.", notice="A draft.")
    text = text_of(client, "/")
    lead = text.partition('class="lead-card"')[2].partition("</article>")[0]
    assert "The finding &amp; no more.</a></h3>" in lead
    assert "“A bad claim.”" in lead
    assert text.count("“A bad claim.”") == 1
    assert "“The newest claim.”</a></h3>" in text
    assert text.count("A draft.") == 1


def test_every_kind_of_page_says_what_a_shared_link_shows(client: Client) -> None:
    claim = published(topics=[TopicFactory(slug="water", name='Clean "water" & more')])
    one_of_each = {path.split("/")[1]: path for path in name_pages()}.values()
    for path in [*LISTS, *FIGURES, *TEXTS, *claim_pages(claim), *one_of_each, "/api/"]:
        text = text_of(client, path)
        for name in ("title", "type", "image", "url"):
            assert len(re.findall(f'<meta property="og:{name}" content="[^"]+">', text)) == 1, (path, name)
    assert 'og:title" content="Clean &quot;water&quot; &amp; more"' in text_of(client, "/topics/water/")
    assert 'og:title" content="Mostly false, Clean' in text_of(client, "/claims/?rating=mostly-false&topic=water")


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("/claims/", 'claims/" aria-current="page">Checks'),
        ("/es/claims/", 'claims/" aria-current="page">'),
        ("/topics/water/", 'topics/" aria-current="true">Topics'),
        ("/about/how-it-works/", 'how-it-works/" aria-current="page">How it works'),
        ("/about/ratings/", 'how-it-works/" aria-current="true">How it works'),
    ],
)
def test_the_menu_marks_the_current_page(client: Client, address: str, marked: str) -> None:
    published(topics=[TopicFactory(slug="water")])
    header = text_of(client, address).partition("<header")[2].partition("</header>")[0]
    assert header.count("aria-current") == 1
    assert marked in header
    assert "aria-current" not in text_of(client, "/").partition("<header")[2].partition("</header>")[0]


@pytest.mark.parametrize(
    "address", ["/", "/claims/", "/topics/", "/about/how-it-works/", "/statistics/", "/api/", "/x"]
)
def test_every_page_has_one_search_box(client: Client, address: str) -> None:
    text = client.get(address).content.decode()
    assert text.count('role="search"') == 1
    assert "Search, or paste a link or a text" in text


def test_the_footer_says_where_to_write_to(client: Client, settings: LazySettings) -> None:
    footer = text_of(client, "/").partition("<footer")[2]
    assert "Contact us" not in footer
    settings.CONTACT = "desk@news.example"
    assert 'href="mailto:desk@news.example' in text_of(client, "/").partition("<footer")[2]
    asked = text_of(client, "/claims/?q=zeppelin")
    assert re.search(r'href="mailto:desk@news.example\?subject=[^"]*zeppelin"[^>]*>Ask us to check it', asked)


def test_a_page_weighs_less_than_a_picture(client: Client) -> None:
    for _ in range(20):
        published()
    assert all(len(client.get(address).content) < 60_000 for address in ("/", "/claims/"))


def test_every_address_and_filter_is_documented(settings: LazySettings) -> None:
    text = (settings.BASE_DIR / "docs/reference/addresses.md").read_text(encoding="utf-8")
    for pattern in [*urls.urlpatterns, *data_urls.urlpatterns]:
        route = str(pattern.pattern)
        for part, shown in {
            "<slug:slug>": "SLUG",
            "<int:number>": "N",
            "<path:rest>": "…",
            r"^pictures/(?P<sha256>[0-9a-f]{64})\.(?P<ending>jpg|png)\Z": "pictures/SHA256.jpg",
        }.items():
            route = route.replace(part, shown)
        assert f"`/{route}`" in text, route
    for name in ClaimFilterSet({}, queryset=PublishedClaim.objects.none()).filters:
        assert f"`{name}`" in text, name


class TestComponents:
    def test_they_are_shown_in_debug_mode_only(self, client: Client, settings: LazySettings) -> None:
        text_of(client, "/about/components/", status=404)
        settings.DEBUG = True
        text = text_of(client, "/about/components/")
        assert_inert(text)
        assert all(part.path in text for parts in MARKS.values() for part in parts)

    def test_every_token_of_colour_is_shown(self, client: Client, settings: LazySettings) -> None:
        settings.DEBUG = True
        css = (settings.BASE_DIR / "factcheck/static/factcheck/tokens.css").read_text(encoding="utf-8")
        text = text_of(client, "/about/components/")
        for name in re.findall(r"--([a-z0-9-]+): #", css):
            assert f'fill="var(--{name})"' in text


@pytest.mark.parametrize("address", ["/x", "/articles/", "/claimants/", "/topics/", "/corrections/", "/"])
def test_a_page_with_nothing_on_it_shows_a_way_on(client: Client, address: str) -> None:
    main = client.get(address).content.decode().partition("<main")[2].partition("</main>")[0]
    assert 'href="/' in main


def test_readers_styles_use_logical_properties_only(settings: LazySettings) -> None:
    sheets = [file for file in (settings.BASE_DIR / "factcheck/static/factcheck").glob("*.css") if file.stem != "desk"]
    assert len(sheets) >= 3
    physical = re.compile(
        r"(?:^|[{;\s])((?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)[a-z-]*"
        r"|left|right|top|bottom|(?:min-|max-)?(?:width|height)|float|clear)\s*:"
        r"|text-align:\s*(?:left|right)"
    )
    assert physical.search("a { margin-left: 1px }")
    found = [
        f"{sheet.name}: {match[0].strip()}"
        for sheet in sheets
        for match in physical.finditer(sheet.read_text(encoding="utf-8"))
        # Media queries have no logical properties.
        if not re.search(r"\((?:min|max)-(?:width|height)$", sheet.read_text(encoding="utf-8")[: match.end() - 1])
    ]
    assert found == []
