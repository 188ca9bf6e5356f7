"""Pictures and citations of a claim, for sharing."""

import hashlib
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation

from claims.choices import EntryKind
from claims.formats import card as drawing
from claims.formats.bibliography import sources_of
from claims.formats.citation import citation_of
from claims.models import Revision
from claims.outlets.responses import counted, public_page
from claims.record.reading import entry_or_404, history_of, version_in
from factcheck.core.web import languages
from factcheck.core.web.headers import shareable
from sources.references import FORMS

DAY = 24 * 60 * 60


@shareable
@counted
@public_page
def card(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """The picture of a version, or of the newest if no number is given."""
    found = _version(slug, number)
    return HttpResponse(_picture(found), content_type="image/png")


@shareable
@counted
@public_page
def rating(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture of a rating that a published claim shows. Raises Http404 for any other."""
    picture = drawing.draw_rating(entry_or_404(EntryKind.RATING, slug).body)
    return HttpResponse(picture, content_type="image/png")


@public_page
def bibtex(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """A version as BibTeX, or the newest if no number is given."""
    found = _version(slug, number)
    citation = citation_of(found.content)
    return _attachment(citation.bibtex(), f"{citation.key}.bib", "application/x-bibtex; charset=utf-8")


@public_page
def csl(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """A version as CSL-JSON, or the newest if no number is given."""
    found = _version(slug, number)
    citation = citation_of(found.content)
    return _attachment(citation.csl(), f"{citation.key}.json", "application/vnd.citationstyles.csl+json")


@public_page
def sources(request: HttpRequest, slug: str, ending: str, number: int | None = None) -> HttpResponse:
    """The sources of a version as a bibliography, or those of the newest if no number is given."""
    content, form = _version(slug, number).content, FORMS[ending]
    name = f"{content['slug']}-v{content['revision']['number']}-sources.{ending}"
    return _attachment("".join(form.write(sources_of([content]))), name, form.media_type)


def _version(slug: str, number: int | None) -> Revision:
    """The version with this number, or the newest. Raises Http404 if there is none, or if it has no verdict."""
    revision: Revision = Revision.objects.get(pk=version_in(history_of(slug, merged_too=number is not None), number).pk)
    if "rating" not in revision.content:
        raise Http404("This version has no verdict.")
    return revision


def _picture(revision: Revision) -> bytes:
    site, host = settings.SITE_NAME, urlsplit(settings.SITE_URL).netloc
    # The key covers everything that the picture is drawn from, so a cached picture is never outdated.
    # One address has one picture, so it's in the language of the check and not in that of the page that shows it.
    language = languages.home_of(revision.content["language"])
    parts = (revision.body, site, host, language, settings.TIME_ZONE, str(drawing.DESIGN))
    key = "card:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()
    picture: bytes | None = cache.get(key)
    if picture is None:
        with translation.override(language):
            picture = drawing.draw(revision.content, site=site, host=host)
        cache.set(key, picture, DAY)
    return picture


def _attachment(text: str, name: str, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=content_type, headers=headers)
