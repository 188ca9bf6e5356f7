"""A list of web addresses as an import: the pages are fetched by its check.

The check stores what they say, so what was checked is what is imported, even if a page changes meanwhile. No request of
a browser fetches: a command does, or `run_imports`.
"""

import tempfile
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

from claims.desk.imports import kinds
from claims.desk.imports.limits import LIMITS, MOST_PAGES
from claims.desk.imports.rows import Problem
from factcheck.core import http

_SECONDS, _REDIRECTS, _FOUND = 15.0, 5, 200


def addresses(file: IO[bytes]) -> list[str]:
    """The addresses of a text file with one a line. Empty lines and those that begin with # are left out.

    Raises Unreadable if there are none or too many, if it isn't a text, or if fetching is off. Leaves the file at its
    start.
    """
    if not settings.FETCH_ARTICLES:
        raise kinds.Unreadable(_("This site doesn't fetch pages (FETCH_ARTICLES). Save the pages and import those."))
    file.seek(0)
    data = file.read(LIMITS.page + 1)
    file.seek(0)
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise kinds.Unreadable(
            _("The list isn't a text in UTF-8. Save it as UTF-8, with a web address a line.")
        ) from None
    found = list(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))
    if not found:
        raise kinds.Unreadable(_("The list has no web address. Write one on each line."))
    if len(found) > MOST_PAGES or len(data) > LIMITS.page:
        raise kinds.Unreadable(_("The list has more than %(count)d web addresses. Split it.") % {"count": MOST_PAGES})
    return found


def lines(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    """What each page of a list says, as the kind `pages` wants it. Raises Unreadable."""
    for number, address in enumerate(addresses(file), 1):
        yield {"number": number, "where": address, "node": {"address": address, **_page(address)}}


def _page(address: str) -> dict[str, Any]:
    """What a page says: its ClaimReviews in `found`, or `problem`."""
    try:
        answer = http.send("GET", address, seconds=_SECONDS, max_bytes=LIMITS.page, redirects=_REDIRECTS)
        return _read(answer)
    except (http.Refused, http.NoAnswer, kinds.Unreadable) as error:
        remedy = _("Check the web address, or remove it from the list.")
        return {"problem": Problem("page", str(error), remedy).as_json()}


def _read(answer: http.Answer) -> dict[str, Any]:
    """Raises Unreadable."""
    if answer.status != _FOUND:
        raise kinds.Unreadable(_("The site answered with status %(status)d.") % {"status": answer.status})
    if answer.is_cut:
        raise kinds.Unreadable(kinds.refusal("page", {}))
    found: list[Any] = []
    with tempfile.TemporaryFile() as page:
        page.write(answer.body)
        page.flush()
        for line in kinds.lines(kinds.KINDS["html"], page, ""):
            if "problem" in line:
                return {"problem": kinds.problem_of(line).as_json()}
            found.append(line["node"])
    if not found:
        raise kinds.Unreadable(_("The page has no ClaimReview."))
    return {"found": found}
