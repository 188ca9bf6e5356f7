"""Fact-checks by others, from ClaimReview in any of its forms and from answers of Google's API, as rows.

Texts, labels and numbers are kept as they are given. Formats: schema.org/ClaimReview, Google's documentation of
fact-check markup, the feed of Data Commons, and Google's Fact Check Tools API (`claims:search`).
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from claims.desk.imports import dates
from claims.desk.imports.rows import Problem
from claims.formats.claimreview import as_list, first_object, text_of
from factcheck.core.fields.addresses import check_address, host

Values = dict[str, str]
# What a row of a fact-check has, in the order of the columns. `publisher_site` is the host that its label belongs to.
FIELDS = (
    *("reference", "claim", "claimant", "title", "publisher", "address", "publisher_address"),
    *("claimed_on", "reviewed_on", "language", "label", "value", "best", "worst"),
)
# The longest value of each field. The columns of `ForeignCheck` have the same lengths.
LONGEST = {
    "reference": 2000,
    "claim": 20_000,
    "claimant": 1000,
    "title": 2000,
    "publisher": 500,
    "language": 35,
    "label": 500,
    "value": 50,
    "best": 50,
    "worst": 50,
}
_DATES = ("claimed_on", "reviewed_on")
_ADDRESSES = ("address", "publisher_address")
_NEEDED = ("reference", "claim", "address")
_TYPE = "ClaimReview"
# An address of plain characters, which needs no closer look. Most are.
_PLAIN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?:[/?][A-Za-z0-9/._~=&?+-]{0,1000})?", re.ASCII
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,4}", re.ASCII | re.IGNORECASE)


# Finding them


def found_in(node: Any, order: str = "") -> Iterator[tuple[str, Values, tuple[Problem, ...]]]:
    """The fact-checks in an object: for each, its place in it, its values and its problems.

    An object without one has a single problem. Looks into lists, graphs, pages and items of feeds.
    """
    number = 0
    for values in _reviews(node):
        number += 1
        place = f"review {number}" if number > 1 else ""
        yield place, *cleaned(values, order)
    if not number:
        yield "", {}, (Problem("type", _("This isn't a ClaimReview."), _("Remove it from the file, or ignore this.")),)


def _reviews(node: Any) -> Iterator[Values]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        elif isinstance(one, dict):
            if _TYPE in as_list(one.get("@type")):
                yield of_claim_review(one)
            elif "claimReview" in one and "@type" not in one:
                for review in as_list(one["claimReview"]):
                    yield of_google(one, review if isinstance(review, dict) else {})
            else:
                waiting += [value for value in reversed(one.values()) if isinstance(value, dict | list)]


def of_claim_review(node: dict[str, Any]) -> Values:
    """The values of a ClaimReview, as they are given."""
    item = first_object(node.get("itemReviewed"))
    rating = first_object(node.get("reviewRating"))
    publisher = first_object(node.get("publisher")) or first_object(node.get("author"))
    address = _words(node.get("url"))
    return {
        "reference": address,
        "claim": _words(node.get("claimReviewed"), "text") or _words(item.get("text")),
        "claimant": _names(item.get("author")),
        "title": _words(node.get("headline")) or _words(node.get("name")),
        "publisher": _words(publisher.get("name")),
        "address": address,
        "publisher_address": _words(publisher.get("url")),
        "claimed_on": _words(item.get("datePublished")),
        "reviewed_on": _words(node.get("datePublished")),
        "language": _words(node.get("inLanguage")),
        "label": _words(rating.get("alternateName"), "name") or _words(rating.get("name")),
        "value": _number(rating.get("ratingValue")),
        "best": _number(rating.get("bestRating")),
        "worst": _number(rating.get("worstRating")),
    }


def of_google(claim: dict[str, Any], review: dict[str, Any]) -> Values:
    """The values of one review of a claim in an answer of `claims:search`, as they are given."""
    publisher = first_object(review.get("publisher"))
    site = _words(publisher.get("site"))
    address = _words(review.get("url"))
    return {
        "reference": address,
        "claim": _words(claim.get("text")),
        "claimant": _words(claim.get("claimant")),
        "title": _words(review.get("title")),
        "publisher": _words(publisher.get("name")) or site,
        "address": address,
        "publisher_address": f"https://{site}/" if site else "",
        "claimed_on": _words(claim.get("claimDate")),
        "reviewed_on": _words(review.get("reviewDate")),
        "language": _words(review.get("languageCode")),
        "label": _words(review.get("textualRating")),
    }


def other_reference(values: Values) -> str:
    """The reference of a fact-check if another one has the same page: its address with a digest of the claim."""
    if not values.get("claim"):
        return ""
    return f"{values['address']}#claim-{sha256(values['claim'].encode()).hexdigest()[:16]}"


def _words(value: Any, name: str = "") -> str:
    """The first text of a value. Of an object, this property, and otherwise its address."""
    first = next(iter(as_list(value)), "")
    if isinstance(first, dict) and name in first:
        return _words(first[name])
    return text_of(first).strip()


def _names(value: Any) -> str:
    """The names of people or organisations, whether they are texts, objects or a list of both."""
    return ", ".join(filter(None, [_words(one, "name") for one in as_list(value)]))


def _number(value: Any) -> str:
    """The number as it's given: 4, 4.0 and "4" stay apart."""
    first = next(iter(as_list(value)), "")
    return str(first) if isinstance(first, int) and not isinstance(first, bool) else _words(first)


# Cleaning them


def cleaned(given: Values, order: str = "", *, needs_label: bool = True) -> tuple[Values, tuple[Problem, ...]]:
    """The values as they are stored, and a problem for each that can't be. `order` is that of dates in numbers."""
    values = dict.fromkeys(FIELDS, "") | given
    problems = [
        Problem(field, _("It's missing."), _remedy(field))
        for field in (*_NEEDED, *(["label"] if needs_label else []))
        if not values[field]
    ]
    for field, longest in LONGEST.items():
        if len(values[field]) > longest:
            problems.append(
                Problem(
                    field,
                    _("It has %(length)d characters.") % {"length": len(values[field])},
                    _("Shorten it to %(longest)d.") % {"longest": longest},
                    _("It's too long."),
                )
            )
    for field in _DATES:
        try:
            values[field] = read_date(values[field], order)
        except dates.Ambiguous as error:
            problems.append(
                Problem(
                    field,
                    str(error),
                    _("Say which comes first in this feed, the day or the month."),
                    _("The order of day and month is unknown."),
                )
            )
        except dates.Unreadable as error:
            problems.append(
                Problem(
                    field,
                    str(error),
                    _("Write the date as 2025-06-21, 2025-06 or 2025."),
                    _("The date can't be read or is in the future."),
                )
            )
    for field in _ADDRESSES:
        if values[field] and (reason := refusal_of(values[field])):
            if field in _NEEDED:
                problems.append(Problem(field, reason, _("Correct the web address in the file.")))
            else:
                values[field] = ""
    if not _LANGUAGE.fullmatch(values["language"]):
        values["language"] = ""
    return values, tuple(problems)


def _remedy(field: str) -> str:
    if field == "label":
        return _("Give the words of the rating, as the publisher writes them.")
    return _("Add it to the file.")


@lru_cache(10_000)
def read_date(text: str, order: str) -> str:
    """As `dates.read`. A feed has the same days again and again."""
    return dates.read(text, order)


def refusal_of(address: str) -> str:
    """Why we can't link to this address. Empty if we can."""
    if _PLAIN.fullmatch(address):
        return ""
    with suppress(ValidationError):
        check_address(address)
        return ""
    return _("This isn't a web address that we can link to.")


@lru_cache(10_000)
def _host(address: str) -> str:
    return host(address)


def site_of(values: Values) -> str:
    """The host of the publisher, which its labels belong to."""
    address = values["publisher_address"] or values["address"]
    start, _slash, rest = address.partition("://")
    return _host(f"{start}://{rest.partition('/')[0]}")
