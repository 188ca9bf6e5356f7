"""Filters and tags that show the values of the record on a page."""

import datetime
import json
from collections.abc import Sequence
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from claims.choices import Act, ClaimantKind, ClaimKind, CorrectionKind, ForeignClass, Stance
from claims.formats import marks
from claims.formats.scale import scale_of
from claims.models import PublishedClaim
from claims.record import body, pictures
from claims.record.wording import Words, meaning_of, name_of
from claims.schema import Content
from claims.search.query import Found
from factcheck.core import markdown as core_markdown
from factcheck.core import text as core_text
from factcheck.core.fields import addresses, dates
from factcheck.core.web import languages
from sources.choices import SourceKind

register = template.Library()
register.filter("short_answer", core_text.first_sentence)
register.filter("visible", core_text.with_marks_visible)

_IN_SCRIPT = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
# About two lines of a card.
_SHORT = 160
# Numbers of so many digits are mostly years, which have no separators.
_YEAR = 4
_CHOICES = {
    "act": Act,
    "claim": ClaimKind,
    "claimant": ClaimantKind,
    "correction": CorrectionKind,
    "foreign": ForeignClass,
    "source": SourceKind,
    "stance": Stance,
}


@register.filter
def label(value: str, vocabulary: str) -> str:
    """The label of a stored value. An old version may hold a value that no longer exists: then the value itself."""
    return str(dict(_CHOICES[vocabulary].choices).get(value, value))


@register.filter
def lang(tag: str) -> SafeString:
    """The attribute `lang` for a text with this tag (BCP 47). Empty if the page is in the language."""
    return format_html(' lang="{}"', tag) if tag and tag.lower() != get_language() else SafeString()


@register.simple_tag
def lang_of_names() -> SafeString:
    """The attribute for what the desk writes of a name: a role, a source's interest, the reason of a change."""
    return lang(settings.LANGUAGE_CODE)


@register.filter
def named(card: Content) -> SafeString:
    """The label of a rating or the name of a topic, in the language of the page if the record has it."""
    return name_of(card).html()


@register.filter
def named_plainly(card: Content) -> str:
    """The same as text alone, for an attribute or a title."""
    return name_of(card).text


@register.filter
def named_by(label: str, card: Content | None) -> SafeString:
    """A label that a correction has, in the language of the page if its rating's card is known and has it."""
    return (name_of(card) if card else Words(label, settings.LANGUAGE_CODE)).html()


@register.filter
def explained(card: Content) -> SafeString:
    """The definition of a rating or the description of a topic, in the language of the page if the record has it."""
    return meaning_of(card).html()


@register.filter
def markdown(text: str, name: str = "") -> SafeString:
    """The text as safe HTML. If a page has several texts, `name` keeps their footnotes apart."""
    return core_markdown.render(text, name)


@register.simple_tag(takes_context=True)
def explanation(context: template.Context, content: Content) -> SafeString:
    """The explanation of a body with its pictures. The desk gives its own addresses for them as `picture_address`."""
    address = context.get("picture_address") or pictures.path_of
    return core_markdown.render(content["explanation"], "explanation", pictures.shown(content, address))


@register.filter
def json_ld(node: dict[str, Any]) -> SafeString:
    """The object as JSON that is safe inside a script element: nothing in it can end the element (HTML, 4.12.1.3)."""
    return mark_safe(json.dumps(node, ensure_ascii=False).translate(_IN_SCRIPT))  # noqa: S308 — escaped here


@register.filter
def partial_date(text: str) -> str:
    """A date of the record in words, with the same precision."""
    return dates.in_words(text)


@register.filter
def moment(text: str) -> datetime.datetime | None:
    """A time of the record as a datetime."""
    return parse_datetime(text)


@register.filter
def made_on(claim: PublishedClaim) -> str:
    """The date of a claim in words: the day, month or year from its first to its last possible day. May be empty."""
    first, last = claim.claimed_from, claim.claimed_until
    if first is None or last is None:
        return ""
    day = first.isoformat()
    spans = (day[: len(form)] for form in ("2025", "2025-06", "2025-06-21"))
    return dates.in_words(
        next((span for span in spans if (dates.earliest(span), dates.latest(span)) == (first, last)), "")
    )


@register.filter
def readable_number(plain: str) -> str:
    """A number in plain digits, from five digits on with the separators of the page's language."""
    return formats.number_format(int(plain), force_grouping=True) if plain.isdigit() and len(plain) > _YEAR else plain


@register.filter
def one_line_answer(summary: str) -> str:
    """The answer on a card: the whole of a short one, otherwise its first sentence."""
    return core_text.in_brief(summary, _SHORT)


@register.filter
def shared_notice(cards: Sequence[Any]) -> str:
    """The notice that all of these cards have, to be shown once for two or more. Empty if they differ."""
    notices = {card.claim.notice for card in cards}
    return str(notices.pop()) if len(cards) > 1 and len(notices) == 1 else ""


@register.simple_tag(takes_context=True)
def marked(context: template.Context, text: str, language: str) -> SafeString:
    """The text with the search words of the page in `<mark>` elements."""
    return (context.get("found") or Found()).marked(text, language)


@register.inclusion_tag("claims/includes/other_language.html")
def other_language(tag: str) -> dict[str, Any]:
    """A line that names the language of the check (BCP 47). Nothing if it's the language of the page."""
    return {"is_other": languages.of_interface(tag) != get_language(), "language": languages.name(tag)}


@register.inclusion_tag("claims/includes/rating.html")
def rating(card: Content) -> dict[str, Any]:
    """A rating, with its mark and its label."""
    return {"label": name_of(card).html(), "tone": tone(card), **mark(card)}


@register.inclusion_tag("claims/includes/mark.html")
def mark(card: Content) -> dict[str, Any]:
    """Only the mark of a rating. Put the label beside it, or give it as an accessible name."""
    return {"parts": marks.MARKS[marks.mark_of(card)]}


@register.inclusion_tag("claims/includes/scale.html")
def rating_scale(card: Content) -> dict[str, Any]:
    """The place of a rating on its scale. Put the rating's label beside it."""
    return {"scale": scale_of(card), "tone": tone(card)}


@register.filter
def attributed(content: Content) -> list[Content]:
    """The claimants to whom an appearance of the claim attributes it, without the claim's own, each once."""
    own = (content["claimant"] or {}).get("slug", "")
    return list({card["slug"]: card for card in body.attributed(content) if card["slug"] != own}.values())


@register.filter
def tone(card: Content) -> str:
    """The last part of the CSS class with the colour of a rating."""
    return marks.tone_of(marks.mark_of(card))


@register.filter
def where_to_read(source: Content) -> str:
    """The address to which a source's title leads: the original, else where we read it, else the archived copy."""
    address: str = source["original_address"] or source["address"] or source["archived_address"]
    return address


@register.inclusion_tag("claims/includes/outside_link.html")
def outside_link(address: str, text: str) -> dict[str, str]:
    """A link to another site that shows its host. Only the text if the address isn't valid."""
    try:
        addresses.check_address(address)
    except ValidationError:
        address = ""
    return {"address": address, "text": text, "host": addresses.host(address)}
