"""All kinds of public addresses, and checks that hold for every page."""

from html.parser import HTMLParser
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from claims.choices import EntryKind, PageKind
from claims.formats.files import FILES, SOURCE_LISTS
from claims.models import Claim, IndexEntry, PageVersion, PublishedClaim, Revision
from claims.record.pictures import path_of
from claims.schema import read

LISTS = [
    "/",
    "/claims/",
    "/claims/?rating=false&topic=water&kind=statistic&since=2020",
    "/claims/?q=council+million",
    "/claims/?q=counsil+milion+%22spent%22+-xy&rating=false&sort=newest-claim",
    "/articles/",
    "/claimants/",
    "/topics/",
    "/corrections/",
    "/corrections/?kind=rating",
    "/corrections/?kind=nothing",
    "/claims/?since=tomorrow&sort=nothing",
    "/corrections/names/",
    "/check/",
]
# Lists as files and feeds.
FILES_AND_FEEDS = [
    *(f"/{name}" for name in FILES | SOURCE_LISTS),
    "/claims.json?q=council&rating=mostly-false",
    *(f"/{name}.{ending}" for name in ("claims", "corrections") for ending in ("rss", "atom", "feed.json")),
    "/claims.atom?q=council+million&rating=mostly-false",
    "/corrections.atom?kind=rating",
]
FEEDS = ["/feeds/claimreview.json", "/feeds/claimreview.json?since=2020-01-01", "/feeds/claimreview.ndjson"]
# Requests of clients of Google's Fact Check Tools API
SEARCHES = [
    "/v1alpha1/claims:search?query=council+milion&languageCode=en-US&maxAgeDays=30&pageSize=1",
    "/v1alpha1/claims:search?reviewPublisherSiteFilter=127.0.0.1&pageSize=2",
    "/$discovery/rest?version=v1alpha1",
    "/discovery/v1/apis/factchecktools/v1alpha1/rest",
]
TEXTS = [
    "/about/how-it-works/",
    "/about/ratings/",
    "/data/",
    "/data/dictionary/",
]
FIGURES = [
    "/statistics/",
    "/statistics/?rating=false&topic=water&kind=statistic&since=2020",
]
# The API, which is the same in every language.
API = [
    "/api/v1/",
    "/api/v1/claims/",
    "/api/v1/claims/?rating=false&topic=water&since=2020&fields=slug,rating&page_size=3",
    "/api/v1/claims/?q=council+million&page_size=1",
    "/api/v1/claims/?sort=newest-claim&page_size=1",
    "/api/v1/claims/?cursor=n.newest.9999999999999999.a",
    "/api/v1/articles/",
    "/api/v1/claimants/",
    "/api/v1/topics/",
    "/api/v1/sources/",
    "/api/v1/outlets/",
    "/api/v1/ratings/",
    "/api/v1/ratings/mostly-false/",
    "/api/v1/corrections/",
    "/api/v1/corrections/?kind=rating&page_size=1",
    "/api/v1/statistics/",
    "/api/v1/statistics/?topic=water",
    "/api/v1/match/?text=The+council+spent+millions+on+bridges&date=2026-01-02&language=en",
    "/api/v1/match/?text=https://paper.example/story",
    "/api/v1/schema.json",
]
# Addresses that return an error.
ERROR_ADDRESSES = [
    "/claims/nothing/",
    "/claims/nothing/revisions/1/",
    "/claims/nothing.jsonld",
    "/ratings/nothing.png",
    "/embed/claims/nothing/",
    "/claims/?page=999",
    "/feeds/claimreview.json?since=tomorrow",
    "/v1alpha1/claims:search",
    "/v1alpha1/claims:imageSearch",
    "/about/components/",  # only in debug mode
    "/about/funding/versions/99/",
    "/sitemap-claims-0.xml",
    "/sitemap-topics-9.xml",
    "/evidence.csv?since=tomorrow",
    "/data/archives/newest.zip",
    "/data/archives/nothing-2026-01-01.zip",
    "/api/v1/nothing/",
    "/api/v1/claims/nothing/",
    "/api/v1/claims/nothing/revisions/",
    "/api/v1/claims/?since=tomorrow",
    "/api/v1/claims/?colour=red",
    "/api/v1/topics/nothing/",
    "/api/v1/match/",
    "/api/v1/match/?text=bridge&date=2025-02-30",
    "/x",
]


MAPS = [
    "/robots.txt",
    "/.well-known/security.txt",
    "/sitemap.xml",
    "/sitemap-pages.xml",
    *(f"/sitemap-{name}-1.xml" for name in ("articles", "claimants", "topics", "sources")),
]


def claim_sitemaps() -> list[str]:
    """The parts of the sitemap that hold claims."""
    return [reverse("files:sitemap-claims", args=[part + 1]) for part, _changed in PublishedClaim.objects.parts()]


def claim_pages(claim: Claim) -> list[str]:
    """The page of a claim, and the pages of all its versions."""
    versions = Revision.objects.filter(claim=claim).values_list("number", flat=True)
    return [
        reverse("claims:detail", args=[claim.slug]),
        *(reverse("claims:revision", args=[claim.slug, number]) for number in sorted(versions)),
    ]


CLAIM_FILES = ["card.png", "cite.bib", "cite.json", "sources.bib", "sources.ris", "sources.json"]


def claim_files(claim: Claim) -> list[str]:
    """The pictures, citations and ClaimReview of a claim and of all its versions."""
    files = [f"{page}{file}" for page in claim_pages(claim) for file in CLAIM_FILES]
    return [*files, f"/claims/{claim.slug}.jsonld"]


def claim_api_addresses(claim: Claim) -> list[str]:
    """A claim and all its versions in the API."""
    versions = sorted(Revision.objects.filter(claim=claim).values_list("number", flat=True))
    return [
        reverse("api:claim", args=[claim.slug]),
        reverse("api:revisions", args=[claim.slug]),
        *(reverse("api:revision", args=[claim.slug, number]) for number in versions),
    ]


def all_api_addresses() -> list[str]:
    """All addresses of the API."""
    claims = Claim.objects.filter(revisions__isnull=False).distinct().order_by("slug")
    names = IndexEntry.objects.exclude(kind=EntryKind.RATING).order_by("kind", "slug")
    return [
        *API,
        *(reverse(f"api:{entry.kind}", args=[entry.slug]) for entry in names),
        *(address for claim in claims for address in claim_api_addresses(claim)),
    ]


def embed_addresses(claim: Claim) -> list[str]:
    """The embed of a claim in both languages, and oEmbed requests for its pages and for a claim that doesn't exist."""
    pages = [*claim_pages(claim), "/claims/draft-0/"]
    asked = [urlencode({"url": f"{settings.SITE_URL}{page}", "format": "xml"}) for page in pages]
    embed = reverse("claims:embed", args=[claim.slug])
    return [embed, f"/es{embed}", *(f"{reverse('files:oembed')}?{query}" for query in asked)]


def all_claim_files() -> list[str]:
    """The files and embeds of every claim that was ever published, and the pictures of ratings."""
    claims = Claim.objects.filter(revisions__isnull=False).distinct().order_by("slug")
    return [
        *rating_pictures(),
        *pictures(),
        *(address for claim in claims for address in [*claim_files(claim), *embed_addresses(claim)]),
    ]


def pictures() -> list[str]:
    """The pictures of all versions, those that readers may no longer have among them."""
    bodies = Revision.objects.with_pictures().values_list("body", flat=True)
    return sorted({path_of(picture) for body in bodies for picture in read(body)["pictures"]})


def rating_pictures() -> list[str]:
    """The pictures of the ratings that published claims show."""
    entries = IndexEntry.objects.filter(kind=EntryKind.RATING).order_by("slug")
    return [reverse("files:rating", args=[entry.slug]) for entry in entries]


def name_pages() -> list[str]:
    """The pages of articles, claimants, topics and sources."""
    entries = IndexEntry.objects.filter(Q(kind__in=["article", "claimant", "topic", "source"]))
    return [reverse(f"claims:{entry.kind}", args=[entry.slug]) for entry in entries.order_by("kind", "slug")]


def in_english() -> list[str]:
    """All pages for readers in English."""
    claims = Claim.objects.filter(revisions__isnull=False).distinct().order_by("slug")
    return [
        *LISTS,
        *FIGURES,
        *TEXTS,
        *newsroom_pages(),
        *name_pages(),
        *(address for claim in claims for address in claim_pages(claim)),
    ]


def newsroom_pages() -> list[str]:
    """The pages that the newsroom wrote, and their first versions."""
    kinds = PageVersion.objects.written()
    pages = [f"/about/{kind}/" if kind != PageKind.ABOUT else "/about/" for kind in kinds]
    return [*pages, *(f"/about/{kind}/versions/1/" for kind in kinds)]


def in_spanish() -> list[str]:
    """All pages for readers in Spanish, in the same order."""
    return [f"/es{address}" for address in in_english()]


def all_addresses() -> list[str]:
    """All public addresses except files of claims, and addresses that return an error."""
    errors = [*ERROR_ADDRESSES, *(f"/es{address}" for address in ERROR_ADDRESSES)]
    return [
        *in_english(),
        *in_spanish(),
        "/search/?q=council",
        "/robots.txt",
        "/.well-known/security.txt",
        *FILES_AND_FEEDS,
        *FEEDS,
        *SEARCHES,
        *MAPS,
        *claim_sitemaps(),
        "/api/",
        *all_api_addresses(),
        *errors,
    ]


def text_of(client: Client, address: str, *, status: int = 200) -> str:
    """The HTML of a page, which must have this status."""
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


class Inert(HTMLParser):
    """Fails on markup that could run code, change the style or link to a scheme other than http, https and mailto."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"style", "img", "iframe", "object", "embed", "base", "template"}, tag
        if tag == "script" and dict(attrs) == {"type": "application/ld+json"}:
            return  # data that browsers don't run
        if tag == "script":  # only our own static files
            assert [(name, (value or "")[:8]) for name, value in attrs] == [("src", "/static/"), ("defer", "")]
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name != "style", value
            if name in {"href", "action", "src"}:
                assert (value or "").startswith(("/", "#", "?", "http://", "https://", "mailto:")), value
            if name == "href" and (value or "").startswith("http") and tag == "a":
                assert dict(attrs)["rel"] == "nofollow noopener", value


def assert_inert(html: str) -> None:
    """Fail on markup that isn't inert: see `Inert`."""
    parser = Inert()
    parser.feed(html)
    parser.close()
