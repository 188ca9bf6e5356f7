"""What is taken along from a claim: its picture, and how to cite it."""

import hashlib
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language

from claims.choices import EntryKind
from claims.formats import card as drawing
from claims.formats.citation import citation_of
from claims.models import Revision
from claims.outlets.answers import public_page
from claims.record.reading import entry_or_404, history_of, version_in
from factcheck.core.web.headers import shareable

DAY = 24 * 60 * 60


@shareable
@public_page
def card(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """The picture of a version; of the newest when no number is given."""
    found = _version(slug, number)
    response = HttpResponse(_picture(found), content_type="image/png")
    if number is not None:
        # These bytes never change. A day is how long a picture lives on in caches once its version is taken from sight.
        patch_cache_control(response, public=True, max_age=DAY, immutable=True)
    return response


@shareable
@public_page
def rating(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture of a rating that readers see somewhere. Raises Http404 for any other."""
    picture = drawing.draw_rating(entry_or_404(EntryKind.RATING, slug).body)
    return HttpResponse(picture, content_type="image/png")


@public_page
def bibtex(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """A version as BibTeX; the newest when no number is given."""
    found = _version(slug, number)
    citation = citation_of(found.content)
    return _file(citation.bibtex(), f"{citation.key}.bib", "application/x-bibtex; charset=utf-8")


@public_page
def csl(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """A version as CSL-JSON; the newest when no number is given."""
    found = _version(slug, number)
    citation = citation_of(found.content)
    return _file(citation.csl(), f"{citation.key}.json", "application/vnd.citationstyles.csl+json")


def _version(slug: str, number: int | None) -> Revision:
    """The version asked for, or the newest. Raises Http404 when there is none, or it has no verdict."""
    revision: Revision = Revision.objects.get(pk=version_in(history_of(slug), number).pk)
    if "rating" not in revision.content:
        raise Http404("There is no such version.")
    return revision


def _picture(revision: Revision) -> bytes:
    site, host = settings.SITE_NAME, urlsplit(settings.SITE_URL).netloc
    # Everything that the picture is drawn from: whatever is found under this name is the right picture.
    parts = (revision.body, site, host, get_language() or "", str(drawing.DESIGN))
    key = "card:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()
    picture: bytes | None = cache.get(key)
    if picture is None:
        picture = drawing.draw(revision.content, site=site, host=host)
        cache.set(key, picture, DAY)
    return picture


def _file(text: str, name: str, kind: str) -> HttpResponse:
    return HttpResponse(text, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
