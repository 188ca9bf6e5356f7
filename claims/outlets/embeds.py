"""Embedded verdicts on other sites: the page inside the frame, and the oEmbed provider that returns the code."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.html import escape

from claims.choices import TELLS_NOTHING_NEW
from claims.formats import card as drawing
from claims.formats.embed import WIDTH, Card, embed_code, height_of
from claims.formats.headline import title
from claims.models import Revision
from claims.outlets.responses import counted, public_page
from claims.record import imprint
from claims.record.purging import tags_of
from claims.record.reading import MergedClaim, Withdrawn, content_of, history_of
from claims.schema import Content
from factcheck.core.text import for_xml
from factcheck.core.web import caching
from factcheck.core.web.headers import framable, readable

# The pages that show a claim, in any version.
_CLAIM_PAGES = {"claims:detail", "claims:revision", "claims:embed"}
_LARGEST = 100_000


@framable
@public_page
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """The current verdict as a card for a frame. 410 with the reason if it was withdrawn, 404 if there is none."""
    try:
        history = history_of(slug)
    except Http404:
        return render(request, "claims/embed.html", status=404)
    except MergedClaim:
        raise
    except Withdrawn as gone:
        return render(request, "claims/embed.html", {"slug": slug, "withdrawal": gone.withdrawal}, status=410)
    content = content_of(history[0])
    change = next((revision for revision in history if revision.act not in TELLS_NOTHING_NEW), None)
    context = {
        "slug": slug,
        "claim": content,
        "card": Card.of(content),
        "title": title(content),
        "change": change,
    }
    response = render(request, "claims/embed.html", context)
    caching.share(response, tags_of(content))
    return response


@readable
@counted
@public_page
def oembed(request: HttpRequest) -> HttpResponse:
    """The code that embeds the claim at the address `url` (oEmbed 1.0, oembed.com). It shows the current verdict."""
    write = _FORMATS.get(request.GET.get("format") or "json")
    if write is None:
        return _plain_text("This format isn't available. Use format=json or format=xml.", 501)
    try:
        most_width, most_height = (_pixels(request.GET.get(name)) for name in ("maxwidth", "maxheight"))
    except ValueError:
        return _plain_text("maxwidth and maxheight must be whole numbers of pixels, 1 or more.", 400)
    if not request.GET.get("url"):
        return _plain_text("url is missing. Give the address of a claim on this site.", 400)
    found = _claim_at(request.GET["url"])
    if found is None:
        return _plain_text("No published claim has this address.", 404)
    content, language = found
    with translation.override(language):
        heading = title(content)
    width = min(WIDTH, most_width)
    height = min(height_of(content, language=language, width=width), most_height)
    answer: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": settings.SITE_NAME,
        "provider_url": imprint.address("claims:home", language=language),
        "title": heading,
        "cache_age": caching.SECONDS_KEPT,
        "html": embed_code(content, language=language, width=width, height=height),
        "width": width,
        "height": height,
    }
    if most_width >= drawing.WIDTH and most_height >= drawing.HEIGHT:
        answer |= {
            "thumbnail_url": imprint.address("files:card", content["slug"]),
            "thumbnail_width": drawing.WIDTH,
            "thumbnail_height": drawing.HEIGHT,
        }
    return write(answer)


def _claim_at(address: str) -> tuple[Content, str] | None:
    """The newest version of the claim shown at an address of this site, and the language of that page."""
    try:
        site, requested = urlsplit(settings.SITE_URL), urlsplit(address)
    except ValueError:
        return None
    if (requested.scheme, requested.netloc.lower()) != (site.scheme, site.netloc.lower()):
        return None
    path = unquote(requested.path)
    # As the site itself redirects an address without its last slash.
    path = path if path.endswith("/") else f"{path}/"
    language = translation.get_language_from_path(path) or settings.LANGUAGE_CODE
    with translation.override(language), suppress(Resolver404, Http404, Withdrawn):
        place = resolve(path)
        if place.view_name in _CLAIM_PAGES:
            newest = _newest(place.kwargs["slug"])
            if 1 <= place.kwargs.get("number", 1) <= newest.number:
                return content_of(newest), language
    return None


def _newest(slug: str) -> Revision:
    """The newest version of a claim, or of the one that it was merged into."""
    try:
        return history_of(slug)[0]
    except MergedClaim as merged:
        return history_of(merged.into)[0]


def _pixels(text: str | None) -> int:
    """The number of pixels in `text`, or more than any limit if it's empty. Raises ValueError if it's invalid."""
    if not text:
        return _LARGEST
    if not (text.isascii() and text.isdigit() and len(text) < len(str(_LARGEST))) or int(text) < 1:
        raise ValueError(text)
    return int(text)


def _plain_text(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _json(answer: dict[str, Any]) -> HttpResponse:
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})


def _xml(answer: dict[str, Any]) -> HttpResponse:
    elements = "".join(f"<{name}>{escape(for_xml(str(value)))}</{name}>" for name, value in answer.items())
    document = f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<oembed>{elements}</oembed>\n'
    return HttpResponse(document, content_type="text/xml; charset=utf-8")


_FORMATS: dict[str, Callable[[dict[str, Any]], HttpResponse]] = {"json": _json, "xml": _xml}
