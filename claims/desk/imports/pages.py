"""A list of web addresses as an import: the pages are fetched once, and what they say is a file that is then imported.

So what was checked is what is imported, even if a page changes meanwhile. Only a command of the newsroom fetches.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import orjson
from django.conf import settings
from django.utils.translation import gettext as _

from claims.desk.imports import kinds
from claims.desk.imports.limits import LIMITS, MOST_PAGES
from claims.desk.imports.rows import Problem
from factcheck.core import http

_SECONDS, _REDIRECTS, _FOUND = 15.0, 5, 200


class Refused(Exception):
    """The list can't be used. The message says why and what to do."""


def addresses(file: IO[bytes]) -> list[str]:
    """The addresses of a text file with one a line. Empty lines and those that begin with # are left out.

    Raises Refused if there are none or too many, or if it isn't a text.
    """
    file.seek(0)
    data = file.read(LIMITS.page + 1)
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Refused(_("The list isn't a text in UTF-8. Save it as UTF-8, with a web address a line.")) from None
    found = list(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))
    if not found:
        raise Refused(_("The list has no web address. Write one on each line."))
    if len(found) > MOST_PAGES or len(data) > LIMITS.page:
        raise Refused(_("The list has more than %(count)d web addresses. Split it.") % {"count": MOST_PAGES})
    return found


@contextmanager
def fetched(listed: list[str], advance: Callable[[int], None]) -> Iterator[IO[bytes]]:
    """A file with what each page says, an object a line, for the kind `pages`. Raises Refused if fetching is off."""
    if not settings.FETCH_ARTICLES:
        raise Refused(_("This site doesn't fetch pages (FETCH_ARTICLES). Save the pages and import those."))
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        for address in listed:
            file.write(orjson.dumps({"address": address, **_page(address)}) + b"\n")
            advance(1)
        file.flush()
        yield file


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
