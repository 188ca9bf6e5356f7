"""What every template may name."""

from django.conf import settings
from django.http import HttpRequest

# Stands in the environment of requests for a copy of the site, where search, filters and orders have nobody to answer
# them. No header that a reader sends can have this name.
MIRROR = "factcheck.mirror"


def site(request: HttpRequest) -> dict[str, str | bool]:
    """The site's name and public address, and whether the page is for a copy of the site."""
    return {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, "is_mirror": MIRROR in request.META}
