"""The pictures of explanations, for readers: bytes by their hash."""

from django.http import Http404, HttpRequest, HttpResponse

from claims.choices import PictureType
from claims.outlets.responses import counted, not_modified, public_page
from claims.record import pictures
from factcheck.core.web import caching
from factcheck.core.web.headers import INERT_POLICY, shareable

_TYPES = {one.ending: str(one) for one in PictureType}


@shareable
@counted
@public_page
def picture(request: HttpRequest, sha256: str, ending: str) -> HttpResponse:
    """A picture that a version shows which readers may see. Raises Http404 for all others; 410 if no longer."""
    tags = pictures.tags_of_readable(sha256, ending)
    tag = f'"{sha256}"'
    response = not_modified(request, tag)
    if response is None:
        try:
            content = pictures.bytes_of(sha256, ending)
        except OSError as error:
            raise Http404("The bytes of this picture aren't in this copy of the site.") from error
        response = HttpResponse(content, content_type=_TYPES[ending], headers={"ETag": tag})
    response.headers["Content-Security-Policy"] = INERT_POLICY
    caching.share(response, tags)
    return response
