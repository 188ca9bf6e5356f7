"""Variables for every template."""

from django.conf import settings
from django.http import HttpRequest

# Set in `request.META` for pages of the static copy, which has no server for search, filters and sorting. No header
# that a client sends can have this name.
MIRROR = "factcheck.mirror"
# Also in `request.META`, if the view has read it: the newest version of any page of the newsroom, or 0.
NEWEST_PAGE = "factcheck.newest_page"


def site(request: HttpRequest) -> dict[str, str | bool]:
    """The site's name, its public address and `contact`, where readers write to (may be empty).

    `is_mirror` is true for pages of the static copy.
    """
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "contact": settings.CONTACT,
        "is_mirror": MIRROR in request.META,
    }
