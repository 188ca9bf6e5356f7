"""A page that shows all components of the design system, for developers. In debug mode only."""

import datetime
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from claims.choices import ClaimantKind, ClaimKind, ForeignClass, Stance
from claims.formats import marks
from claims.formats.verdict import sharing_context, verdict_context
from claims.outlets.responses import public_page
from claims.schema import Content
from sources.choices import SourceKind

# Ratings on the scale by number, off the scale by slug. The last one has no mark of its own.
ON_SCALE = {5: "True", 4: "Mostly true", 3: "Half true", 2: "Mostly false", 1: "False"}
OFF_SCALE = {
    "unverified": "Unverified",
    "not-checkable": "Not checkable",
    "outdated": "Outdated",
    "satire": "Satire",
    "void": "Void",
    "of-our-own": "Any other word",
}


class _Form(forms.Form):
    """One field of each kind that the lists use."""

    name = forms.CharField(label="Text field", help_text="A hint about what to type.", required=False)
    choice = forms.ChoiceField(label="Choice", choices=[("", "Any"), ("one", "One of them")], required=False)
    several = forms.MultipleChoiceField(
        label="Several choices",
        choices=[("a", "First"), ("b", "Second")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    day = forms.DateField(label="Field with an error")


def _rating(slug: str, label: str, value: int | None = None) -> Content:
    card: Content = {"slug": slug, "label": label, "definition": f"When a claim is called “{label}”."}
    return card if value is None else card | {"value": value, "worst": 1, "best": marks.STEPS}


def _source(title: str, language: str, **changes: Any) -> Content:
    return {
        "slug": "a-source",
        "title": title,
        "publisher": {"slug": "a-publisher", "name": "The publisher", "address": ""},
        "kind": SourceKind.NEWS_REPORT,
        "address": "https://source.example/page",
        "archived_address": "https://archive.example/page",
        "address_is_private": False,
        "authors": ["An author"],
        "published": "2025-06",
        "language": language,
        "interest": "What the source can gain or lose.",
        "summary": "What the article says, in three sentences.",
        "is_copy": False,
        "original_address": "",
    } | changes


def _evidence(stance: Stance, source: Content, **changes: Any) -> Content:
    return {
        "source": source,
        "stance": stance,
        "finding": "What the source says about the claim, in our own words.",
        "quote": "The words of the source.",
        "locator": "page 3",
        "origin": "Where the information comes from",
        "primary": True,
        "secondary_reason": "",
        "note": "",
    } | changes


def _other(label: str, meaning: str, **changes: Any) -> Content:
    return {
        "publisher": "Another publisher",
        "address": "https://checks.example/1",
        "title": "The title of their fact-check",
        "claim": "The claim in their words",
        "label": label,
        "meaning": meaning,
        "reviewed_on": "",
        "value": "",
        "best": "",
        "worst": "",
    } | changes


def _body() -> Content:
    """A body that fills every part of the page. Its texts describe the fields they are in."""
    article = _source("An article under check", "en")
    private = _source("مصدر عنوانه محجوب", "ar", address="", archived_address="", address_is_private=True)
    return {
        "slug": "a-claim",
        "statement": "The claim: one checkable statement in our own neutral words.",
        "kind": ClaimKind.STATISTIC,
        "checkable": True,
        "why_not_checkable": "",
        "claimant": {
            "slug": "a-claimant",
            "name": "The claimant",
            "kind": ClaimantKind.PERSON,
            "role": "Their role",
            "wikidata": "",
            "affiliations": [],
        },
        "claimed_on": "2025-06",
        "date_note": "What is uncertain about the date.",
        "about_on": "2025-05-30",
        "places": ["A place"],
        "language": "en",
        "topics": [{"slug": "a-topic", "name": "A topic", "description": ""}],
        "selection_reason": "Why this claim was chosen.",
        "rating": _rating("mostly-false", "Mostly false", 2),
        "headline": "What we found, in one short true sentence.",
        "summary": "The short answer is the first sentence. Other important points follow.",
        "explanation": "Why it is so, **stressed**, with a [link](https://out.example/), a note[^1] and\n\n"
        "- a list.\n\n"
        "| A table | with | several | long headings | of its columns |\n|---|--:|--:|--:|--:|\n"
        "| A row | 1,000 | 2,000 | 3,000 | 4,000 |\n\n[^1]: What the note says.",
        "pictures": [],
        "method": "How it was checked.",
        "missing": ["What we couldn't find."],
        "notice": "What readers must know before they read this verdict.",
        "appearances": [
            {
                "source": article,
                "exact": "the words that make the claim",
                "prefix": "The words before",
                "suffix": "and the words after",
                "locator": "paragraph 3",
                "position": 3,
                "date": "2025-06-21",
                "attributed_to": {
                    "slug": "somebody-named",
                    "name": "Somebody the article names",
                    "kind": ClaimantKind.PERSON,
                    "role": "",
                    "wikidata": "",
                    "affiliations": [],
                },
            }
        ],
        "evidence": [
            _evidence(Stance.SUPPORTS, _source("Una fuente en español", "es"), quote="Las palabras de la fuente."),
            _evidence(Stance.REFUTES, private, quote="كلمات المصدر", primary=False, secondary_reason="Why."),
            _evidence(Stance.MIXED, article, note="A remark."),
            _evidence(Stance.CONTEXT, article),
        ],
        "others": [
            _other("False", ForeignClass.FALSE, reviewed_on="2025-07"),
            _other("", "", title=""),
        ],
        "original": {"published": "2019-05-02", "address": "https://archive.example/checks/1"},
        "revision": {
            "number": 2,
            "at": "2025-06-21T12:00:00.000000Z",
            "signed_by": "An editor",
            "checked_by": ["A checker"],
            "approved_by": "Another editor",
            "approved_alone": False,
        },
    }


def _card(body: Content, rating: Content, **changes: Any) -> SimpleNamespace:
    """The values that the template of a card needs, without a database row."""
    at = datetime.datetime(2025, 6, 21, 12, tzinfo=datetime.UTC)
    claim: dict[str, Any] = {
        **{name: body[name] for name in ("slug", "statement", "headline", "summary", "language", "notice")},
        "claimed_from": datetime.date(2025, 6, 1),
        "claimed_until": datetime.date(2025, 6, 30),
        "first_published_at": at,
        "is_corrected": False,
    }
    claimant = {"slug": "a-claimant", "name": "The claimant"}
    return SimpleNamespace(
        rating=rating,
        claimant=changes.pop("claimant", claimant),
        other_outlets=[{"name": "The outlet"}],
        claim=SimpleNamespace(**claim | changes),
    )


def _colour_names() -> list[str]:
    """The names of the colours in the stylesheet."""
    path = finders.find("factcheck/tokens.css")
    css = Path(path).read_text(encoding="utf-8") if isinstance(path, str) else ""
    return list(dict.fromkeys(re.findall(r"--([a-z0-9-]+): #", css)))


@public_page
def components(request: HttpRequest) -> HttpResponse:
    """The page with colours, type, marks and every include, with sample texts. Raises Http404 outside debug mode."""
    if not settings.DEBUG:
        raise Http404("This page is only shown in debug mode.")
    body = _body()
    on_scale = [_rating(f"step-{value}", label, value) for value, label in ON_SCALE.items()]
    off_scale = [_rating(slug, label) for slug, label in OFF_SCALE.items()]
    form = _Form({"day": "tomorrow", "several": ["a"]}, auto_id="sample_%s")
    context = {
        **verdict_context(body),
        **sharing_context(body),
        "page": "components",
        "tokens": _colour_names(),
        "ratings": [*on_scale, *off_scale],
        "cards": [
            _card(body, on_scale[3], is_corrected=True),
            _card(body, off_scale[0], statement="Una afirmación en español.", language="es", notice="", claimant=None),
            _card(body, on_scale[0], statement="ادعاء بالعربية.", language="ar", notice=""),
        ],
        "related": [(_card(body, on_scale[4]), ("same article", "same person or outlet"))],
        "form": form,
    }
    return render(request, "claims/about/components.html", context)
