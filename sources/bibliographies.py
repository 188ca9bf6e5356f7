"""Bibliographies and lists of web addresses that come in: each entry as a reference, or what is wrong with it.

They are hostile until shown otherwise, so `sources.parse` reads them in a process of its own. Here the entries get
their meaning. What an entry doesn't say, or says in a way that we can't use, is left empty for the editor.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from factcheck.core.fields.addresses import canonical, check_address, lookup_key
from factcheck.core.text import folded, one_line
from sources import parse
from sources.choices import SourceKind
from sources.extraction import parsed
from sources.models import Source
from sources.references import ARCHIVED, MONTHS, Reference, label

MAX_BYTES = 1_000_000

_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/](\d{1,2})?(?:[-/](\d{1,2})?)?)?(?:[T/].*)?")
_ARCHIVED = re.compile(rf"{re.escape(ARCHIVED)}\s*(https?://\S+)")
# What TeX sets as something else: a command, a dash, a quotation mark, a tie, or the braces of a group.
_TEX = re.compile(
    r"\\(?P<accent>[`'^\"~=.])\s*(?:\{(?P<braced>\\?[A-Za-z]?)\}|(?P<letter>\\?[A-Za-z]))"
    r"|\\(?P<mark>[uvHcdbkr])(?:\s*\{(?P<inner>\\?[A-Za-z]?)\}|\s+(?P<after>[A-Za-z]))"
    r"|\\(?P<name>[A-Za-z]+)(?:\{\}|\s+|(?![A-Za-z]))"
    r"|\\(?P<escaped>[^A-Za-z\s])"
    r"|(?P<other>---?|``|''|~|[{}]|\\\s)"
)
_ACCENTS = dict(
    zip(
        "`'^\"~=.uvHcdbkr",
        "\u0300\u0301\u0302\u0308\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0323\u0331\u0328\u030a",
        strict=True,
    )
)
_LETTERS = {
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "aa": "å",
    "AA": "Å",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "i": "ı",
    "j": "ȷ",
    "dh": "ð",
    "th": "þ",
    "dj": "đ",
    "textbackslash": "\\",
    "textbraceleft": "{",
    "textbraceright": "}",
    "textasciicircum": "^",
    "textasciitilde": "~",
    "textendash": "–",
    "textemdash": "—",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "ldots": "…",
    "dots": "…",
    "S": "§",
}
_OTHERS = {"---": "—", "--": "–", "``": "“", "''": "”", "~": " ", "{": "", "}": ""}

# What the types of the formats say of the kind of a source. Others say too little.
_CSL_KINDS = {
    "dataset": SourceKind.DATASET,
    **dict.fromkeys(("legislation", "bill", "regulation", "legal_case", "treaty"), SourceKind.LAW),
    **dict.fromkeys(
        ("report", "article-journal", "book", "chapter", "paper-conference", "thesis"), SourceKind.RESEARCH_REPORT
    ),
    **dict.fromkeys(("article-newspaper", "article-magazine"), SourceKind.NEWS_REPORT),
    "post": SourceKind.SOCIAL_POST,
    **dict.fromkeys(("motion_picture", "broadcast"), SourceKind.RECORDING),
    "personal_communication": SourceKind.LETTER,
}
_RIS_KINDS = {
    **dict.fromkeys(("DATA", "AGGR"), SourceKind.DATASET),
    **dict.fromkeys(("STAT", "BILL", "CASE", "LEGAL"), SourceKind.LAW),
    **dict.fromkeys(("RPRT", "JOUR", "BOOK", "CHAP", "CPAPER", "CONF", "THES"), SourceKind.RESEARCH_REPORT),
    **dict.fromkeys(("NEWS", "MGZN"), SourceKind.NEWS_REPORT),
    **dict.fromkeys(("VIDEO", "SOUND", "MPCT"), SourceKind.RECORDING),
    "PCOMM": SourceKind.LETTER,
}
_BIBTEX_KINDS = {
    "dataset": SourceKind.DATASET,
    **dict.fromkeys(("legislation", "jurisdiction", "legal"), SourceKind.LAW),
    **dict.fromkeys(
        ("techreport", "report", "article", "book", "incollection", "inproceedings", "phdthesis", "mastersthesis"),
        SourceKind.RESEARCH_REPORT,
    ),
    **dict.fromkeys(("video", "movie", "audio"), SourceKind.RECORDING),
    "letter": SourceKind.LETTER,
}
_KIND_OF_LABEL = {folded(label(kind)): kind for kind in SourceKind}
# The types of CSL-JSON whose container is a newspaper or a site, so their publisher.
_CONTAINED = ("article", "post", "webpage", "broadcast")


class Unreadable(Exception):
    """The list can't be read. The message says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """One entry of a list: where it begins, its reference if it has one, and what is wrong with it in sentences."""

    where: str
    reference: Reference | None
    problems: list[str] = field(default_factory=list)


def read(data: bytes) -> list[Entry]:
    """The entries of a list of sources: CSL-JSON, RIS, BibTeX, or one web address a line. Raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise Unreadable(_reason("big", []))
    if data.startswith((b"PK\x03\x04", b"%PDF-")) or (
        b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff"))
    ):
        raise Unreadable(_reason("type", []))
    answer = parsed(data, parse.BIBLIOGRAPHY)
    if code := answer.get("refused"):
        raise Unreadable(_reason(code, answer.get("at", [])))
    if not answer["entries"]:
        raise Unreadable(_reason("empty", []))
    meaning = {"csl": _of_csl, "ris": _of_ris, "bibtex": _of_bibtex, "addresses": _of_address}[answer["form"]]
    return [_entry(one, meaning, counts_lines=answer["form"] != "csl") for one in answer["entries"]]


def _entry(one: dict[str, Any], meaning: Callable[[dict[str, Any]], Reference], *, counts_lines: bool) -> Entry:
    numbered = {"number": one["where"]}
    where = _("Line %(number)s") % numbered if counts_lines else _("Entry %(number)s") % numbered
    if code := one.get("problem"):
        return Entry(where, None, [_problem(code)])
    try:
        reference = meaning(one)
    except ValidationError as error:
        return Entry(where, None, list(error.messages))
    except ValueError as error:  # half of a character
        return Entry(where, None, [str(error)])
    reference, problems = _checked(reference)
    if not (reference.title or reference.address):
        return Entry(where, None, [*problems, _("This entry has neither a title nor a web address. Add one of them.")])
    return Entry(where, reference, problems)


def _checked(reference: Reference) -> tuple[Reference, list[str]]:
    """The reference with what a source can have, and a sentence for all that was left out."""
    problems = []
    for name in ("title", "published", "language", "address", "archived_address"):
        value = getattr(reference, name)
        try:
            if value:
                Source._meta.get_field(name).clean(value, None)  # type: ignore[union-attr]
        except ValidationError as error:
            reference = replace(reference, **{name: ""})  # type: ignore[arg-type]
            problems.append(_left_out(name, value, error.messages))
    authors = []
    for author in reference.authors:
        try:
            authors += Source._meta.get_field("authors").clean([author], None)
        except ValidationError as error:
            problems.append(_left_out("authors", author, error.messages))
    return replace(reference, authors=tuple(authors)), problems


def _left_out(name: str, value: str, why: Iterable[str]) -> str:
    label = str(Source._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return _("We left out “%(value)s” (%(field)s). %(why)s") % {
        "value": value if len(value) <= 60 else f"{value[:60]}…",  # noqa: PLR2004
        "field": label,
        "why": " ".join(why),
    }


def logged(references: Iterable[Reference]) -> dict[Reference, Source]:
    """The sources that we have, by reference: with its address or DOI, or with the key and title of our own exports.

    Another spelling of an address is enough. Nobody finds a source that only named people may see.
    """
    keys: dict[Reference, set[str]] = {}
    for reference in references:
        addresses = filter(None, (reference.address, f"https://doi.org/{reference.doi}" if reference.doi else ""))
        keys[reference] = {key for address in addresses if (key := lookup_key(address))}
    wanted = set().union(*keys.values()) if keys else set()
    slugs = {reference.key for reference in keys if reference.key}
    sources = Source.objects.findable().select_related("publisher")
    rows = list(sources.filter(Q(lookup_key__in=wanted) | Q(slug__in=slugs)).order_by("pk")) if wanted | slugs else []
    by_key: dict[str, Source] = {}
    for row in reversed(rows):
        by_key[row.lookup_key] = row
    by_canonical = {row.canonical_address: row for row in rows if row.canonical_address}
    by_slug = {row.slug: row for row in rows}
    found = {}
    for reference, its_keys in keys.items():
        exact = by_canonical.get(canonical(reference.address)) if reference.address else None
        near = next((by_key[key] for key in sorted(its_keys) if key in by_key), None)
        own = by_slug.get(reference.key)
        if own and folded(own.title) != folded(reference.title):
            own = None
        if row := exact or near or (None if reference.address else own):
            found[reference] = row
    return found


def differences(reference: Reference, source: Source) -> list[str]:
    """The names of the fields in which a reference says something else than the source that we have."""
    own = {
        "title": source.title,
        "publisher": source.publisher.name if source.publisher else "",
        "authors": tuple(source.authors),
        "published": source.published,
    }
    return [
        str(Source._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        for name, value in own.items()
        if getattr(reference, name) and getattr(reference, name) != value
    ]


# Web addresses


def _of_address(one: dict[str, Any]) -> Reference:
    """Raises ValidationError if the line isn't a web address. Its scheme may be missing."""
    typed = one_line(one["address"]).strip("<>")
    if "://" not in typed and "." in typed.partition("/")[0]:
        typed = f"https://{typed}"
    check_address(typed)
    return Reference(address=typed)


# CSL-JSON


def _of_csl(one: dict[str, Any]) -> Reference:
    item = one["item"]
    kind = _text(item.get("type"))
    publisher, container = _text(item.get("publisher")), _text(item.get("container-title"))
    authors = item.get("author")
    return Reference(
        key=_text(item.get("id")),
        title=_text(item.get("title")),
        kind=_kind(_text(item.get("genre")), _CSL_KINDS.get(kind)),
        authors=tuple(filter(None, map(_csl_name, authors if isinstance(authors, list) else []))),
        publisher=(container or publisher) if kind.startswith(_CONTAINED) else (publisher or container),
        published=_csl_date(item.get("issued")),
        language=_language(_text(item.get("language"))),
        address=_text(item.get("URL")) or _doi_address(_text(item.get("DOI"))),
        archived_address=_archived(_text(item.get("note"))),
    )


def _text(value: Any) -> str:
    """The text on one line. A number counts as text, and anything else as none."""
    return one_line(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _csl_name(name: Any) -> str:
    if not isinstance(name, dict):
        return _text(name)
    parts = ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
    return _text(name.get("literal")) or " ".join(filter(None, (_text(name.get(part)) for part in parts)))


def _csl_date(issued: Any) -> str:
    if not isinstance(issued, dict):
        return _date(_text(issued))
    parts = issued.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0]:
        year, *rest = map(_text, parts[0][:3])
        return _date("-".join([f"0{year}" if len(year) == 3 else year, *rest]))  # noqa: PLR2004 — the year 999
    return _date(_text(issued.get("raw")) or _text(issued.get("literal")))


# RIS


def _of_ris(one: dict[str, Any]) -> Reference:
    tags: dict[str, list[str]] = {}
    last = ""
    for tag, value in one["tags"]:
        if tag:
            tags.setdefault(tag, []).append(value)
        elif last:
            tags[last][-1] = f"{tags[last][-1]} {value}".strip()
        last = tag or last

    def first(*names: str) -> str:
        return next((text for name in names for value in tags.get(name, []) if (text := one_line(value))), "")

    kind, container, publisher = first("TY"), first("T2", "JO", "JF", "JA"), first("PB")
    published = _date(first("DA")) or _date(first("PY", "Y1"))
    names = [name for tag in ("AU", "A1") for name in tags.get(tag, [])]
    return Reference(
        key=first("ID"),
        title=first("TI", "T1", "CT"),
        kind=_kind(first("M3"), _RIS_KINDS.get(kind)),
        authors=tuple(filter(None, map(_ris_name, names))),
        publisher=(container or publisher)
        if kind in ("NEWS", "MGZN", "JOUR", "ELEC", "BLOG")
        else publisher or container,
        published=published,
        language=_language(first("LA")),
        address=first("UR", "L1", "LK") or _doi_address(first("DO")),
        archived_address=next(filter(None, map(_archived, tags.get("N1", []))), ""),
    )


def _ris_name(name: str) -> str:
    name = one_line(name)
    return name.replace(",,", ",", 1) if ",," in name else _in_order(name)


def _in_order(name: str) -> str:
    """A name as it's spoken: Family, Given, Suffix in the order given, family, suffix."""
    family, given, *suffix = [*(part.strip() for part in name.split(",")), ""][: max(2, name.count(",") + 1)]
    return " ".join(filter(None, (given, family, *suffix)))


# BibTeX


def _of_bibtex(one: dict[str, Any]) -> Reference:
    raw = one["fields"]
    texts = {name: _from_tex(value) for name, value in raw.items()}

    def first(*names: str) -> str:
        return next((texts[name] for name in names if texts.get(name)), "")

    kind = _BIBTEX_KINDS.get(one["type"])
    return Reference(
        key=one_line(one["key"]),
        title=first("title"),
        kind=_kind(first("type"), kind),
        authors=tuple(filter(None, map(_bibtex_name, _bibtex_names(raw.get("author", ""))))),
        publisher=first(
            *("journal", "journaltitle", "institution", "school", "organization", "publisher", "howpublished")
        ),
        published=_date(first("date")) or _bibtex_date(texts),
        language=_language(first("language", "langid")),
        address=_tex_address(raw.get("url", "")) or _doi_address(_tex_address(raw.get("doi", ""))),
        archived_address=_archived(_tex_address(raw.get("note", ""), within=True)),
    )


def _bibtex_date(texts: dict[str, str]) -> str:
    month = texts.get("month", "").lower()[:3]
    number = str(MONTHS.index(month) + 1) if month in MONTHS else texts.get("month", "")
    return _date("-".join([texts.get("year", ""), number, texts.get("day", "")]).rstrip("-"))


def _bibtex_names(text: str) -> list[str]:
    """The names in the field, which "and" divides outside of braces."""
    names, depth, begin = [], 0, 0
    for found in re.finditer(r"[{}]|\sand\s", text):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0 and len(found[0]) > 1:
            names.append(text[begin : found.start()])
            begin = found.end()
    return [name.strip() for name in (*names, text[begin:])]


def _bibtex_name(name: str) -> str:
    """The name as it's spoken. One in braces is that of an organisation, and stays as it is."""
    return _from_tex(name) if _is_group(name) else _in_order(_from_tex(name))


def _is_group(text: str) -> bool:
    """True if one pair of braces holds the whole text."""
    depth = 0
    for place, character in enumerate(text, 1):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return place == len(text) > 1
    return False


def _from_tex(text: str) -> str:
    """The text as TeX would set it: accents, special characters and dashes decoded, braces left out."""
    return one_line(_TEX.sub(_set, text))


def _set(found: re.Match[str]) -> str:
    if other := found["other"]:
        return _OTHERS.get(other, " ")
    if name := found["name"]:
        return _LETTERS.get(name, "")
    if escaped := found["escaped"]:
        return " " if escaped == "\\" else escaped
    letter = next(filter(None, (found[group] for group in ("braced", "letter", "inner", "after"))), "").lstrip("\\")
    mark = _ACCENTS[found["accent"] or found["mark"]]
    return unicodedata.normalize("NFC", letter + mark) if letter else ""


def _tex_address(text: str, *, within: bool = False) -> str:
    """A web address as BibTeX has it: perhaps as the argument of a command, and with some characters escaped."""
    text = re.sub(r"\\(?:url|href|nolinkurl)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\([_%#&$~{}])", r"\1", text.replace(r"\textasciitilde{}", "~").replace(r"\textunderscore{}", "_"))
    return one_line(text if within else text.translate({ord("{"): None, ord("}"): None}))


# What the formats have in common


def _kind(words: str, otherwise: SourceKind | None) -> str:
    return str(_KIND_OF_LABEL.get(folded(words)) or otherwise or "")


def _date(text: str) -> str:
    """The day, the month or the year in a text that begins with the year. Empty if it doesn't."""
    found = _YEAR_FIRST.fullmatch(text.strip())
    if not found:
        return ""
    parts = [found[1]]
    for part in found.groups()[1:]:
        if not part:
            break
        parts.append(part.zfill(2))
    return "-".join(parts)


def _language(text: str) -> str:
    """The tag as we write it: the language in lower case. Text that isn't one stays as it is, to be reported."""
    tag, dash, rest = text.replace("_", "-").partition("-")
    return f"{tag.lower()}{dash}{rest}"


def _doi_address(text: str) -> str:
    found = _DOI.fullmatch(text)
    return f"https://doi.org/{found[1]}" if found else ""


def _archived(note: str) -> str:
    found = _ARCHIVED.search(note)
    return found[1] if found else ""


def _problem(code: str) -> str:
    """What is wrong with an entry, and what to do."""
    problems = {
        "item": _("This entry isn't an object. Export the list again."),
        "key": _("This entry has no key. Write one after the brace, then a comma."),
        "long": _("This entry is too long. Enter this source by hand."),
        "outside": _("This line belongs to no entry. Begin each entry with TY and end it with ER."),
        "unended": _("This entry doesn't end. Check its braces, quotation marks and last line."),
    }
    return problems[code]


def _reason(code: str, at: list[Any]) -> str:
    """Why a list wasn't read, and what to do."""
    if code == "json":
        return _("The JSON has a mistake in line %(line)s, column %(column)s. Export the list again.") % dict(
            zip(("line", "column"), at, strict=True)
        )
    reasons = {
        "big": _("The list is bigger than 1 MB. Split it."),
        "bomb": _("The list grows to far more than its size. Remove its macros, or export it as CSL-JSON."),
        "broken": _("We couldn't read this list. Export it again as CSL-JSON, RIS or BibTeX."),
        "costly": _("Reading this list takes too long. Split it."),
        "empty": _("The list is empty. Paste web addresses, or a list that your reference manager exported."),
        "encoding": _("We can't tell the encoding of this list. Save it as UTF-8."),
        "many": _("The list has more than 1,000 entries. Split it."),
        "number": _("The JSON has a number that JSON doesn't allow. Export the list again."),
        "repeated": _("The JSON has an entry with the same field twice. Export the list again."),
        "type": _("We read CSL-JSON, RIS, BibTeX and lists of web addresses. Export the list as one of these."),
    }
    return reasons[code]
