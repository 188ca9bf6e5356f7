"""A verdict on pages of other sites: the card, the code of the frame around it, and the oEmbed provider that gives it.

What is pasted elsewhere stays there for years. So the code holds the card's address and no word of the verdict: the
card alone says it, and the card is always the newest version's.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _

from claims import card as drawing
from claims import imprint
from claims.choices import TELLS_NOTHING_NEW, Act
from claims.models import Revision
from claims.record import Content
from claims.views.public import SECONDS_FRESH, history_of, public_page
from factcheck.core.headers import framable, readable
from factcheck.core.text import first_sentence, for_xml, one_line, shortened

# The card opens the claim in a window of its own, and can do nothing else.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_WIDTH, _TELEPHONE = 600, 320
_LONGEST = 280
# Pages at which a claim is read, in any of its versions.
_CLAIM_PAGES = {"claims:detail", "claims:revision", "claims:embed"}
_LARGEST = 100_000


@dataclass(frozen=True)
class Card:
    """What a card says of a version, each text short enough for a frame."""

    statement: str
    answer: str
    where: str
    notice: str

    @classmethod
    def of(cls, content: Content) -> "Card":
        """The card of a revision's body."""
        answer, _rest = first_sentence(one_line(content["summary"]))
        return cls(
            statement=shortened(content["statement"], _LONGEST),
            answer=shortened(answer, _LONGEST),
            where=drawing.claimed_in(content),
            notice=content["notice"],
        )

    def height(self, width: int) -> int:
        """About as many pixels as the card needs in a frame of this width, or on a telephone when that is narrower.

        So nobody has to scroll in it; what the card does not need lies above its foot.
        """
        narrow = min(width, _TELEPHONE) / _TELEPHONE
        # How many characters stand in a line of each text on a telephone, and how high the line is.
        texts = [(self.statement, 32, 23), (self.answer, 39, 23), (self.where, 22, 19), (self.notice, 42, 19)]
        return 230 + sum(ceil(len(text) / (fit * narrow)) * high for text, fit, high in texts)


@framable
@public_page
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """The verdict that stands, as a card for a frame; why there is none where it was withdrawn, or never was."""
    try:
        history = history_of(slug)
    except Http404:
        return render(request, "claims/embed.html", status=404)
    if history[0].act == Act.WITHDRAW:
        return render(request, "claims/embed.html", {"slug": slug, "withdrawal": history[0]}, status=410)
    content = Revision.objects.get(pk=history[0].pk).content
    change = next((revision for revision in history if revision.act not in TELLS_NOTHING_NEW), None)
    context = {"slug": slug, "claim": content, "card": Card.of(content), "change": change}
    return render(request, "claims/embed.html", context)


def code(content: Content, *, language: str, width: int = _WIDTH, height: int | None = None) -> str:
    """The HTML that shows a claim's card, in a language, on any page. It stays right whatever is corrected."""
    with translation.override(language):
        title = _("A claim, checked by %(site)s") % {"site": settings.SITE_NAME}
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" style="border:0;max-width:100%" loading="lazy" '
        'sandbox="{}"></iframe>',
        imprint.address("claims:embed", content["slug"], language=language),
        title,
        width,
        height or Card.of(content).height(width),
        _SANDBOX,
    )


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
    width = min(_WIDTH, most_width)
    height = min(Card.of(content).height(width), most_height)
    answer: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": settings.SITE_NAME,
        "provider_url": imprint.address("claims:home", language=language),
        "title": f"{content['rating']['label']}: {shortened(content['statement'], _LONGEST)}",
        "cache_age": SECONDS_FRESH,
        "html": code(content, language=language, width=width, height=height),
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
    with translation.override(language), suppress(Resolver404, Http404):
        place = resolve(path)
        if place.view_name in _CLAIM_PAGES:
            newest = history_of(place.kwargs["slug"])[0]
            if newest.act != Act.WITHDRAW and 1 <= place.kwargs.get("number", 1) <= newest.number:
                return Revision.objects.get(pk=newest.pk).content, language
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
