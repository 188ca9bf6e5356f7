"""The page that compares a pasted text with what was checked. The text is in no address, log or table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from claims.matching import Answer, Match, Outcome
from claims.matching.pasted import MOST_SENTENCES, PastedForm, compare
from claims.outlets.pages.parts import Card, cards
from claims.outlets.responses import counted_if_posted
from factcheck.core.web import caching


@dataclass(frozen=True)
class Shown:
    """An answer as the page shows it: its text, and a card for each claim, with its match."""

    text: str
    outcome: Outcome
    matches: list[tuple[Match, Card]]


@counted_if_posted
# Changes nothing, so it needs no CSRF token.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("text")
def check(request: HttpRequest) -> HttpResponse:
    """A form for a text or a link, and below it the published claims that may be what it says, with the reasons.

    The form is sent by POST, so that no address holds the text. A text that can't be compared gets 400 and stays in it.
    """
    form = PastedForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "most_sentences": MOST_SENTENCES}
    if form.is_valid():
        compared = compare(form.cleaned_data["text"], date=form.cleaned_data["date"])
        first = compared.answers[0]
        answers = _shown(compared.answers)
        on_page = cards(first.on_page) if first.page else []
        context |= {"compared": compared, "answers": answers, "page_found": first.page, "on_page": on_page}
        context["cards"] = [*on_page, *(card for answer in answers for _, card in answer.matches)]
    response = render(request, "claims/check.html", context, status=400 if form.errors else 200)
    if request.method == "POST":
        patch_cache_control(response, no_store=True)
    else:
        caching.share(response)
    return response


def _shown(answers: Sequence[Answer]) -> list[Shown]:
    """The answers with their cards, whose names are read in one query."""
    claims = {match.claim.pk: match.claim for answer in answers for match in answer.matches if match.claim}
    by_claim = {card.claim.pk: card for card in cards(claims.values())} if claims else {}
    return [
        Shown(
            answer.text,
            answer.outcome,
            [(match, by_claim[match.claim.pk]) for match in answer.matches if match.claim],
        )
        for answer in answers
    ]
