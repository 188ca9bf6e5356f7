"""The imprint: the publisher, its policies, and the permanent addresses of claims and versions.

Addresses are absolute and in the site's own language, whatever the language of the page that shows them. So a feed, a
citation and a Spanish page give the same address for a claim.
"""

from collections.abc import Collection
from functools import lru_cache

from django.conf import settings
from django.urls import get_script_prefix, reverse
from django.utils import translation

from claims.choices import PageKind

# The routes of the pages that the newsroom writes.
PAGES = {
    PageKind.ABOUT: "claims:about",
    PageKind.METHODOLOGY: "claims:methodology",
    PageKind.CORRECTIONS: "claims:corrections-policy",
    PageKind.FUNDING: "claims:funding",
    PageKind.STAFF: "claims:staff",
    PageKind.CONTACT: "claims:contact",
}
# schema.org's names for them (Organization, NewsMediaOrganization).
POLICIES = {
    "publishingPrinciples": PageKind.ABOUT,
    "verificationFactCheckingPolicy": PageKind.METHODOLOGY,
    "correctionsPolicy": PageKind.CORRECTIONS,
    "ownershipFundingInfo": PageKind.FUNDING,
}


def address(route: str, *args: str | int, language: str = "") -> str:
    """The absolute address of a route, in the site's own language unless `language` is given."""
    return f"{settings.SITE_URL}{_path(language or settings.LANGUAGE_CODE, get_script_prefix(), route, args)}"


def claim_address(slug: str) -> str:
    """The permanent address of a claim. It shows the newest version."""
    return f"{address('claims:list')}{slug}/"


def version_address(slug: str, number: int) -> str:
    """The permanent address of one version of a claim."""
    return f"{claim_address(slug)}revisions/{number}/"


@lru_cache(maxsize=1_000)
def _path(language: str, _prefix: str, route: str, args: tuple[str | int, ...]) -> str:
    """The path of a route. Cached, because reversing routes for 100,000 claims takes longer than writing the rest."""
    with translation.override(language):
        return reverse(route, args=args)


def policies(written: Collection[str]) -> dict[str, str]:
    """The addresses of those policy pages that the newsroom has written, by schema.org's names."""
    return {name: address(PAGES[page]) for name, page in POLICIES.items() if page in written}


def attribution() -> str:
    """The attribution that we ask users of our data to give."""
    return f"{settings.SITE_NAME}, {settings.SITE_URL}/"
