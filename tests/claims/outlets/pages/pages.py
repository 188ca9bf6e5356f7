"""Every kind of page for readers, and what holds on each."""

from html.parser import HTMLParser
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from claims.choices import EntryKind
from claims.formats.files import FILES
from claims.models import Claim, IndexEntry, PublishedClaim, Revision

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
]
TWINS = [
    *(f"/{name}" for name in FILES),
    "/claims.json?q=council&rating=mostly-false",
    *(f"/{name}.{ending}" for name in ("claims", "corrections") for ending in ("rss", "atom", "feed.json")),
    "/claims.atom?q=council+million&rating=mostly-false",
    "/corrections.atom?kind=rating",
]
FEEDS = ["/feeds/claimreview.json", "/feeds/claimreview.json?since=2020-01-01", "/feeds/claimreview.ndjson"]
# What clients of Google's Fact Check Tools API ask for
SEARCHES = [
    "/v1alpha1/claims:search?query=council+milion&languageCode=en-US&maxAgeDays=30&pageSize=1",
    "/v1alpha1/claims:search?reviewPublisherSiteFilter=127.0.0.1&pageSize=2",
    "/$discovery/rest?version=v1alpha1",
    "/discovery/v1/apis/factchecktools/v1alpha1/rest",
]
TEXTS = [
    "/about/",
    "/about/methodology/",
    "/about/ratings/",
    "/about/corrections/",
    "/about/funding/",
    "/data/",
    "/data/dictionary/",
]
FIGURES = [
    "/statistics/",
    "/statistics/?rating=false&topic=water&kind=statistic&since=2020",
]
# What programs ask for; the same in every language.
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
    "/api/v1/schema.json",
]
NOTHING = [
    "/claims/nothing/",
    "/claims/nothing/revisions/1/",
    "/claims/nothing.jsonld",
    "/ratings/nothing.png",
    "/embed/claims/nothing/",
    "/claims/?page=999",
    "/claims/?since=tomorrow",
    "/statistics/?since=tomorrow",
    "/feeds/claimreview.json?since=tomorrow",
    "/v1alpha1/claims:search",
    "/v1alpha1/claims:imageSearch",
    "/about/components/",  # there for developers alone
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
    "/x",
]


MAPS = [
    "/robots.txt",
    "/.well-known/security.txt",
    "/sitemap.xml",
    "/sitemap-pages.xml",
    *(f"/sitemap-{name}-1.xml" for name in ("articles", "claimants", "topics", "sources")),
]


def maps_of_claims() -> list[str]:
    """The parts of the sitemap that hold claims."""
    return [reverse("files:sitemap-claims", args=[part + 1]) for part, _changed in PublishedClaim.objects.parts()]


def of_claim(claim: Claim) -> list[str]:
    """The claim's page and those of all its versions."""
    versions = Revision.objects.filter(claim=claim).values_list("number", flat=True)
    return [
        reverse("claims:detail", args=[claim.slug]),
        *(reverse("claims:revision", args=[claim.slug, number]) for number in sorted(versions)),
    ]


def files_of(claim: Claim) -> list[str]:
    """What can be taken along from the claim and from each of its versions."""
    files = [f"{page}{file}" for page in of_claim(claim) for file in ("card.png", "cite.bib", "cite.json")]
    return [*files, f"/claims/{claim.slug}.jsonld"]


def api_of(claim: Claim) -> list[str]:
    """The claim and all its versions, for programs."""
    versions = sorted(Revision.objects.filter(claim=claim).values_list("number", flat=True))
    return [
        reverse("api:claim", args=[claim.slug]),
        reverse("api:revisions", args=[claim.slug]),
        *(reverse("api:revision", args=[claim.slug, number]) for number in versions),
    ]


def whole_api() -> list[str]:
    """Everything that programs can come to."""
    claims = Claim.objects.filter(revisions__isnull=False).distinct().order_by("slug")
    names = IndexEntry.objects.exclude(kind=EntryKind.RATING).order_by("kind", "slug")
    return [
        *API,
        *(reverse(f"api:{entry.kind}", args=[entry.slug]) for entry in names),
        *(address for claim in claims for address in api_of(claim)),
    ]


def abroad(claim: Claim) -> list[str]:
    """What pages of other sites show of the claim, and ask about it."""
    pages = [*of_claim(claim), "/claims/draft-0/"]
    asked = [urlencode({"url": f"{settings.SITE_URL}{page}", "format": "xml"}) for page in pages]
    embed = reverse("claims:embed", args=[claim.slug])
    return [embed, f"/es{embed}", *(f"{reverse('files:oembed')}?{query}" for query in asked)]


def all_files() -> list[str]:
    """What every claim that ever was in the record has beside its pages, and every rating that readers see."""
    claims = Claim.objects.filter(revisions__isnull=False).distinct().order_by("slug")
    return [*of_ratings(), *(address for claim in claims for address in [*files_of(claim), *abroad(claim)])]


def of_ratings() -> list[str]:
    """The pictures of the ratings that readers see."""
    entries = IndexEntry.objects.filter(kind=EntryKind.RATING).order_by("slug")
    return [reverse("files:rating", args=[entry.slug]) for entry in entries]


def of_names() -> list[str]:
    """The pages of every name in the index that has one."""
    entries = IndexEntry.objects.filter(Q(kind__in=["article", "claimant", "topic", "source"]))
    return [reverse(f"claims:{entry.kind}", args=[entry.slug]) for entry in entries.order_by("kind", "slug")]


def in_english() -> list[str]:
    """Every page that a reader can come to in English."""
    claims = Claim.objects.filter(revisions__isnull=False).distinct().order_by("slug")
    return [
        *LISTS,
        *FIGURES,
        *TEXTS,
        *of_names(),
        *(address for claim in claims for address in of_claim(claim)),
    ]


def in_spanish() -> list[str]:
    """The same pages in Spanish, in the same order."""
    return [f"/es{address}" for address in in_english()]


def everything() -> list[str]:
    """Every address that a reader can come to, and some that lead nowhere."""
    nowhere = [*NOTHING, *(f"/es{address}" for address in NOTHING)]
    return [
        *in_english(),
        *in_spanish(),
        "/robots.txt",
        "/.well-known/security.txt",
        *TWINS,
        *FEEDS,
        *SEARCHES,
        *MAPS,
        *maps_of_claims(),
        "/api/",
        *whole_api(),
        *nowhere,
    ]


def text_of(client: Client, address: str, *, status: int = 200) -> str:
    """What the page says, with its tags."""
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


class Inert(HTMLParser):
    """Fails on markup that could run something, dress something up or send a reader to another scheme."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"style", "img", "iframe", "object", "embed", "base", "template"}, tag
        if tag == "script" and dict(attrs) == {"type": "application/ld+json"}:
            return  # data, which no browser runs
        if tag == "script":  # a file of ours, and nothing else
            assert [(name, (value or "")[:8]) for name, value in attrs] == [("src", "/static/"), ("defer", "")]
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name != "style", value
            if name in {"href", "action", "src"}:
                assert (value or "").startswith(("/", "#", "?", "http://", "https://")), value
            if name == "href" and (value or "").startswith("http") and tag == "a":
                assert dict(attrs)["rel"] == "nofollow noopener", value


def assert_inert(html: str) -> None:
    parser = Inert()
    parser.feed(html)
    parser.close()
