"""A verdict on pages of other sites: the page in the frame, and the oEmbed provider that gives the frame's code."""

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
from claims.formats.embed import LONGEST, WIDTH, Card, iframe_code
from claims.outlets.answers import SECONDS_FRESH, public_page
from claims.record import imprint
from claims.record.reading import Withdrawn, content_of, history_of
from claims.schema import Content
from factcheck.core.text import for_xml, shortened
from factcheck.core.web.headers import framable, readable

# Pages at which a claim is read, in any of its versions.
_CLAIM_PAGES = {"claims:detail", "claims:revision", "claims:embed"}
_LARGEST = 100_000


@framable
@public_page
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """The verdict that stands, as a card for a frame; why there is none where it was withdrawn, or never was."""
    try:
        history = history_of(slug)
    except Http404:
        return render(request, "claims/embed.html", status=404)
    except Withdrawn as gone:
        return render(request, "claims/embed.html", {"slug": slug, "withdrawal": gone.withdrawal}, status=410)
    content = content_of(history[0])
    change = next((revision for revision in history if revision.act not in TELLS_NOTHING_NEW), None)
    context = {"slug": slug, "claim": content, "card": Card.of(content), "change": change}
    return render(request, "claims/embed.html", context)


@readable
@public_page
def oembed(request: HttpRequest) -> HttpResponse:
    """How to embed the claim at the address `url` (oEmbed 1.0, oembed.com): always the verdict that stands."""
    write = _FORMATS.get(request.GET.get("format") or "json")
    if write is None:
        return _told("This answers in the formats json and xml.", 501)
    try:
        most_width, most_height = (_pixels(request.GET.get(name)) for name in ("maxwidth", "maxheight"))
    except ValueError:
        return _told("maxwidth and maxheight are whole numbers of pixels, from 1.", 400)
    if not request.GET.get("url"):
        return _told("url is missing: the address of a claim on this site.", 400)
    found = _claim_at(request.GET["url"])
    if found is None:
        return _told("No claim that is published here has this address.", 404)
    content, language = found
    width = min(WIDTH, most_width)
    height = min(Card.of(content).height(width), most_height)
    answer: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": settings.SITE_NAME,
        "provider_url": imprint.address("claims:home", language=language),
        "title": f"{content['rating']['label']}: {shortened(content['statement'], LONGEST)}",
        "cache_age": SECONDS_FRESH,
        "html": iframe_code(content, language=language, width=width, height=height),
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
    """The newest version of the claim that is read at an address of ours, and the language it is read in."""
    try:
        site, asked = urlsplit(settings.SITE_URL), urlsplit(address)
    except ValueError:
        return None
    if (asked.scheme, asked.netloc.lower()) != (site.scheme, site.netloc.lower()):
        return None
    path = unquote(asked.path)
    language = translation.get_language_from_path(path) or settings.LANGUAGE_CODE
    with translation.override(language), suppress(Resolver404, Http404, Withdrawn):
        place = resolve(path)
        if place.view_name in _CLAIM_PAGES:
            newest = history_of(place.kwargs["slug"])[0]
            if 1 <= place.kwargs.get("number", 1) <= newest.number:
                return content_of(newest), language
    return None


def _pixels(text: str | None) -> int:
    """The number asked for. Raises ValueError for what is none."""
    if not text:
        return _LARGEST
    if not (text.isascii() and text.isdigit() and len(text) < len(str(_LARGEST))) or int(text) < 1:
        raise ValueError(text)
    return int(text)


def _told(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _json(answer: dict[str, Any]) -> HttpResponse:
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})


def _xml(answer: dict[str, Any]) -> HttpResponse:
    elements = "".join(f"<{name}>{escape(for_xml(str(value)))}</{name}>" for name, value in answer.items())
    document = f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<oembed>{elements}</oembed>\n'
    return HttpResponse(document, content_type="text/xml; charset=utf-8")


_FORMATS: dict[str, Callable[[dict[str, Any]], HttpResponse]] = {"json": _json, "xml": _xml}
