"""Citations of a verdict: as plain text, in APA style, as BibTeX and as CSL-JSON.

A citation names one version, because a later one may say something else. It never repeats a claim without its verdict.
"""

import datetime
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import dateformat
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from claims.formats.headline import rated
from claims.record import imprint
from claims.record.wording import name_of
from claims.schema import Content
from factcheck.core.fields import dates
from factcheck.core.text import one_line
from sources.references import MONTHS, in_tex


@dataclass(frozen=True)
class Citation:
    """A citation of one version. `site` is the publisher's name, `address` the permanent address of the version."""

    content: Content
    site: str
    address: str

    @cached_property
    def title(self) -> str:
        """The verdict and the claim on one line, without the claim's full stop, because citations add their own."""
        return rated(one_line(name_of(self.content["rating"]).text), one_line(self.content["statement"]))

    @property
    def number(self) -> int:
        """The number of the version."""
        return int(self.content["revision"]["number"])

    @property
    def key(self) -> str:
        """The citation's key in a bibliography: ASCII without spaces."""
        return f"{self.content['slug']}-v{self.number}"

    @cached_property
    def day(self) -> datetime.date:
        """The day the version was published, in the newsroom's time zone."""
        return dates.local_day(datetime.datetime.fromisoformat(self.content["revision"]["at"]))

    @property
    def _author(self) -> str:
        return one_line(self.site)

    @property
    def _kind(self) -> str:
        return _("Fact-check, version %(number)s") % {"number": self.number}

    @property
    def _notice(self) -> str:
        return one_line(self.content["notice"]).removesuffix(".")

    def plain(self) -> str:
        """The citation as sentences: `Factcheck. False: “…”. Fact-check, version 2, 23 November 2026. https://…`."""
        day = dates.in_words(self.day.isoformat())
        return _sentences(self._author, self.title, f"{self._kind}, {day}", self._notice, self.address)

    def apa(self) -> str:
        """The citation in APA style (7th edition, section 10.16: a group's web page)."""
        day = dateformat.format(self.day, pgettext("date in APA style", "Y, F j"))
        kind = _sentences(self._kind, self._notice)
        return _sentences(self._author, f"({day})", f"{self.title} [{kind}]", self.address)

    def bibtex(self) -> str:
        """The citation as a BibTeX entry in UTF-8. Text is escaped for TeX. The address is percent-encoded instead."""
        return (
            f"@misc{{{self.key},\n"
            f"  author = {{{{{in_tex(self._author)}}}}},\n"
            f"  title = {{{{{in_tex(self.title)}}}}},\n"
            f"  year = {{{self.day.year}}},\n"
            f"  month = {MONTHS[self.day.month - 1]},\n"
            f"  note = {{{in_tex(_sentences(self._kind, self._notice))}}},\n"
            f"  url = {{{iri_to_uri(self.address)}}},\n"
            "}\n"
        )

    def csl(self) -> str:
        """The citation as CSL-JSON: a list of one item (Citation Style Language 1.0.2, input data schema)."""
        item: dict[str, Any] = {
            "id": self.key,
            "type": "webpage",
            "title": self.title,
            "author": [{"literal": self._author}],
            "container-title": self._author,
            "genre": _("Fact-check"),
            "version": str(self.number),
            "issued": {"date-parts": [[self.day.year, self.day.month, self.day.day]]},
            "language": self.content["language"],
            "URL": self.address,
        }
        if self._notice:
            item["note"] = self._notice
        return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


def citation_of(content: Content) -> Citation:
    """The citation of a version, with its permanent address."""
    address = imprint.version_address(content["slug"], content["revision"]["number"])
    return Citation(content=content, site=settings.SITE_NAME, address=address)


def _sentences(*parts: str) -> str:
    return ". ".join(filter(None, parts))
