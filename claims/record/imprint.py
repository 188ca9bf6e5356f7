"""The imprint: who publishes this site, under which licence and policies, and where each thing stands for ever.

Addresses here are complete, and in the site's own language whatever page they stand on: a feed, a citation and a
Spanish page name a claim by the same one.
"""

from functools import lru_cache

from django.conf import settings
from django.urls import get_script_prefix, reverse
from django.utils import translation

# What our policies are called by schema.org (Organization, NewsMediaOrganization), and the pages that hold them.
POLICIES = {
    "publishingPrinciples": "claims:about",
    "verificationFactCheckingPolicy": "claims:methodology",
    "correctionsPolicy": "claims:corrections-policy",
    "ownershipFundingInfo": "claims:funding",
}


def address(route: str, *args: str | int, language: str = "") -> str:
    """The complete address of a route, in the site's own language unless another is asked for."""
    return f"{settings.SITE_URL}{_path(language or settings.LANGUAGE_CODE, get_script_prefix(), route, args)}"


def claim_address(slug: str) -> str:
    """Where the newest version of a published claim stands."""
    return f"{address('claims:list')}{slug}/"


def version_address(slug: str, number: int) -> str:
    """Where one version of a claim stands for ever."""
    return f"{claim_address(slug)}revisions/{number}/"


@lru_cache(maxsize=1_000)
def _path(language: str, _prefix: str, route: str, args: tuple[str | int, ...]) -> str:
    """The path of a route: asking for those of each of 100,000 claims takes longer than writing the rest."""
    with translation.override(language):
        return reverse(route, args=args)


def policies() -> dict[str, str]:
    """Our policy pages, by what schema.org calls them."""
    return {name: address(route) for name, route in POLICIES.items()}


def attribution() -> str:
    """What whoever passes our data on is asked to name."""
    return f"{settings.SITE_NAME}, {settings.SITE_URL}/"
