"""Sources as programs for bibliographies exchange them: CSL-JSON, RIS and BibTeX.

All three say the same of a source, so that what one of them exports, `sources.bibliographies` reads back unchanged.
The kind of a source is written twice: as the nearest type of the format, and in our own words, which are English in
every language because they are read back. CSL-JSON follows the Citation Style Language 1.0.2 (input data schema), RIS
the format of Reference Manager, BibTeX the manual of version 0.99d.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from factcheck.core.fields.addresses import canonical
from factcheck.core.text import one_line
from sources.choices import SourceKind

# The name before the address of an archived copy, in the notes of an entry.
ARCHIVED = "Archived copy:"

# For each kind: the type in CSL-JSON, in RIS and in BibTeX, and the field of BibTeX that names the publisher.
_TYPES = {
    SourceKind.PRIMARY_DOCUMENT: ("document", "GEN", "misc", "howpublished"),
    SourceKind.OFFICIAL_STATEMENT: ("document", "GEN", "misc", "howpublished"),
    SourceKind.DATASET: ("dataset", "DATA", "misc", "howpublished"),
    SourceKind.LAW: ("legislation", "STAT", "misc", "howpublished"),
    SourceKind.RESEARCH_REPORT: ("report", "RPRT", "techreport", "institution"),
    SourceKind.NEWS_REPORT: ("article-newspaper", "NEWS", "article", "journal"),
    SourceKind.SOCIAL_POST: ("post", "ELEC", "misc", "howpublished"),
    SourceKind.RECORDING: ("motion_picture", "VIDEO", "misc", "howpublished"),
    SourceKind.INTERVIEW: ("interview", "PCOMM", "misc", "howpublished"),
    SourceKind.LETTER: ("personal_communication", "PCOMM", "misc", "howpublished"),
    SourceKind.LEAK: ("document", "GEN", "misc", "howpublished"),
    SourceKind.OTHER: ("document", "GEN", "misc", "howpublished"),
}

# BibTeX counts braces before TeX reads backslashes, so an escaped brace would count too. A command is used instead.
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{character: f"\\{character}" for character in "#$%&_"},
}
_SPECIAL = re.compile("[" + re.escape("".join(_TEX)) + "]")
# What TeX sets as one dash or quotation mark.
_LIGATURE = re.compile(r"(?<=-)-|(?<=`)`|(?<=')'")
# BibTeX's names of the months, the same in every language.
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DOI = re.compile(r"https?://(?:dx\.)?doi\.org/(10\.\d{4,9}/\S+)")


@dataclass(frozen=True)
class Reference:
    """A source as a bibliography describes it. Each text is on one line, and empty where the bibliography says nothing.

    `kind` is a SourceKind or empty, `published` a day, a month or a year.
    """

    key: str = ""
    title: str = ""
    kind: str = ""
    authors: tuple[str, ...] = ()
    publisher: str = ""
    published: str = ""
    language: str = ""
    address: str = ""
    archived_address: str = ""

    @property
    def doi(self) -> str:
        """The DOI that the address leads to, if it's one of doi.org."""
        found = _DOI.fullmatch(self.address)
        return found[1] if found else ""

    @property
    def date_parts(self) -> list[int]:
        """The year, and the month and the day as far as they are known."""
        return [int(part) for part in self.published.split("-")] if self.published else []

    @property
    def note(self) -> str:
        """The note with the archived copy, if there is one."""
        return f"{ARCHIVED} {self.archived_address}" if self.archived_address else ""


@dataclass(frozen=True)
class Form:
    """A format of bibliographies."""

    name: str
    ending: str
    media_type: str
    write: Callable[[Iterable[Reference]], Iterator[str]]


def csl(references: Iterable[Reference]) -> Iterator[str]:
    """The references as CSL-JSON: a list of items."""
    before = "["
    for reference in references:
        yield f"{before}\n{json.dumps(_csl_item(reference), ensure_ascii=False, indent=2)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _csl_item(reference: Reference) -> dict[str, Any]:
    kind, *_others = _types(reference)
    item = {
        "id": reference.key,
        "type": kind,
        "genre": label(reference.kind),
        "title": reference.title,
        "author": [{"literal": name} for name in reference.authors],
        "publisher": reference.publisher,
        "container-title": reference.publisher if reference.kind == SourceKind.NEWS_REPORT else "",
        "issued": {"date-parts": [reference.date_parts]} if reference.published else {},
        "language": reference.language,
        "URL": reference.address,
        "DOI": reference.doi,
        "note": reference.note,
    }
    return {name: value for name, value in item.items() if value}


def ris(references: Iterable[Reference]) -> Iterator[str]:
    """The references as RIS, in UTF-8."""
    for reference in references:
        _csl_type, kind, *_others = _types(reference)
        year, month, day = [*reference.published.split("-"), "", ""][:3]
        lines = [
            ("TY", kind),
            ("ID", reference.key),
            ("TI", reference.title),
            *(("AU", _ris_name(name)) for name in reference.authors),
            ("PB", reference.publisher),
            ("T2", reference.publisher if reference.kind == SourceKind.NEWS_REPORT else ""),
            ("PY", year),
            ("DA", f"{year}/{month}/{day}/" if year else ""),
            ("LA", reference.language),
            ("M3", label(reference.kind)),
            ("UR", reference.address),
            ("DO", reference.doi),
            ("N1", reference.note),
        ]
        yield "".join(f"{tag}  - {text}\r\n" for tag, text in lines if text) + "ER  - \r\n"


def _ris_name(name: str) -> str:
    """The name of an author. If it has a comma, the first one is doubled, as EndNote does it for organisations."""
    return name.replace(",", ",,", 1)


def bibtex(references: Iterable[Reference]) -> Iterator[str]:
    """The references as BibTeX, in UTF-8."""
    for reference in references:
        _csl_type, _ris_type, kind, publisher = _types(reference)
        month = reference.date_parts[1:2]
        fields = [
            ("title", _braced(in_tex(reference.title), 2)),
            ("author", _braced(" and ".join(_braced(in_tex(name), 1) for name in reference.authors), 1)),
            (publisher, _braced(in_tex(reference.publisher), 1)),
            ("year", _braced(reference.published[:4], 1)),
            ("month", MONTHS[month[0] - 1] if month else ""),
            ("day", _braced(reference.published[8:], 1)),
            ("language", _braced(in_tex(reference.language), 1)),
            ("type", _braced(in_tex(label(reference.kind)), 1)),
            ("url", _braced(canonical(reference.address) if reference.address else "", 1)),
            ("doi", _braced(reference.doi, 1)),
            ("note", _braced(in_tex(reference.note), 1)),
        ]
        lines = "".join(f"  {name} = {value},\n" for name, value in fields if value)
        yield f"@{kind}{{{reference.key},\n{lines}}}\n"


def in_tex(text: str) -> str:
    """The text with everything escaped that TeX would read as a command, a dash or a quotation mark."""
    return _SPECIAL.sub(lambda match: _TEX[match[0]], _LIGATURE.sub(lambda match: f"\0{match[0]}", text)).replace(
        "\0", "{}"
    )


def _braced(text: str, times: int) -> str:
    return f"{'{' * times}{text}{'}' * times}" if text else ""


def label(kind: str) -> str:
    """A kind of source in English words. Empty for none."""
    with translation.override("en"):
        return str(SourceKind(kind).label) if kind else ""


def _types(reference: Reference) -> tuple[str, str, str, str]:
    return _TYPES[SourceKind(reference.kind or SourceKind.OTHER)]


def reference_of(source: dict[str, Any]) -> Reference:
    """The reference for a source in a published version."""
    return Reference(
        key=source["slug"],
        title=one_line(source["title"]),
        kind=source["kind"],
        authors=tuple(filter(None, map(one_line, source["authors"]))),
        publisher=one_line(source["publisher"]["name"]) if source["publisher"] else "",
        published=source["published"],
        language=source["language"],
        address=source["address"],
        archived_address=source["archived_address"],
    )


FORMS = {
    form.ending: form
    for form in [
        Form("BibTeX", "bib", "application/x-bibtex; charset=utf-8", bibtex),
        Form("RIS", "ris", "application/x-research-info-systems; charset=utf-8", ris),
        Form("CSL-JSON", "json", "application/vnd.citationstyles.csl+json", csl),
    ]
}
