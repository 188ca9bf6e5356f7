"""The pages that the newsroom wrote about itself, with all their versions."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from claims.choices import PageKind
from claims.models import PageVersion
from claims.outlets.responses import public_page
from claims.record import imprint
from factcheck.core import comparison


@public_page
def page(request: HttpRequest, kind: PageKind) -> HttpResponse:
    """The newest version of a page. 404 if the newsroom hasn't written it, or has removed it."""
    history = list(PageVersion.objects.of(kind))
    if not history or not any(history[0].words):
        raise Http404(_("Page not found."))
    return _response(request, history, history[0])


@public_page
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One version of a page, with its differences from the version before. 410 if its text was removed."""
    history = list(PageVersion.objects.of(slug)) if slug in PageKind.values else []
    shown = next((one for one in history if one.number == number), None)
    if shown is None:
        raise Http404(_("Page not found."))
    before = next((one for one in history if one.number == number - 1), None)
    # A comparison with a removed text would show it.
    is_readable = not shown.removed_in and not (before and before.removed_in)
    parts = comparison.of_texts(before.in_words if before else "", shown.in_words) if is_readable else []
    return _response(request, history, shown, parts=parts, status=410 if shown.removed_in else 200)


def _response(
    request: HttpRequest,
    history: list[PageVersion],
    shown: PageVersion,
    *,
    parts: list[comparison.Part] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "page": shown.page,
        "address": imprint.PAGES[PageKind(shown.page)],
        "shown": shown,
        "history": history,
        "parts": parts,
    }
    return render(request, "claims/about/newsroom.html", context, status=status)
