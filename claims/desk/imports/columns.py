"""The columns of a spreadsheet of claims: what each means, the template, and which heading is which column."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims import schema
from factcheck.core.text import folded

# Pieces of evidence that one row can have.
EVIDENCE = 10
# In the template, and the start of the reference of its example.
EXAMPLE = "EXAMPLE"
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Column:
    """One column: its name in the template, the words of its field, what to write, and headings that mean the same."""

    name: str
    label: str | Promise
    help: str | Promise
    headings: tuple[str, ...] = ()
    example: str = ""
    is_needed: bool = False


# Names are those of our own exports where they mean the same.
_CLAIM = [
    Column(
        "reference",
        gettext_lazy("Reference"),
        gettext_lazy("What identifies the row in every file of this feed: a number, or the web address of the check."),
        (
            "id",
            "record id",
            "claim id",
            "slug",
            "ref",
            "uid",
            "key",
            "nr",
            "no",
            "number",
            "numero",
            "identificador",
            "referencia",
        ),
        EXAMPLE,
        is_needed=True,
    ),
    Column(
        "statement",
        gettext_lazy("Claim"),
        gettext_lazy("One statement that can be checked."),
        ("claim", "claim text", "claim reviewed", "claimreviewed", "quote claim", "afirmacion", "verificacion"),
        "The claim in neutral words, as one sentence.",
        is_needed=True,
    ),
    Column(
        "claimant_name",
        gettext_lazy("Claimant"),
        gettext_lazy(
            "Who made the claim. A name that two claimants have must be the claimant's name in web addresses."
        ),
        (
            "claimant",
            "speaker",
            "claimed by",
            "said by",
            "who said it",
            "author of claim",
            "declarante",
            "quien lo dijo",
        ),
        "The person or organisation that made it",
    ),
    Column(
        "claimant_kind",
        gettext_lazy("Kind of claimant"),
        gettext_lazy("Only for a new claimant: Person, Political party, Company and so on."),
        ("claimant type", "speaker type"),
        "Person",
    ),
    Column(
        "claimed_on",
        gettext_lazy("Date of the claim"),
        gettext_lazy("2025-06-21, 2025-06 or 2025."),
        ("claim date", "date of claim", "date claimed", "claimed at", "said on", "date said", "date", "fecha"),
        "2025-06-21",
    ),
    Column("language", gettext_lazy("Language"), gettext_lazy("As a tag: en, es, pt-BR."), ("lang", "idioma"), "en"),
    Column(
        "topics",
        gettext_lazy("Topics"),
        gettext_lazy("Separated by semicolons."),
        ("topic", "tags", "tag", "categories", "category", "subjects", "subject", "temas", "tema"),
        "Health; Economy",
    ),
    Column(
        "article_address",
        gettext_lazy("Web address of the article"),
        gettext_lazy("The page on which the claim was made."),
        ("article url", "article link", "claim url", "appearance", "where it appeared", "link to claim"),
        "https://example.org/article",
    ),
    Column(
        "article_title",
        gettext_lazy("Title of the article"),
        gettext_lazy("Needed for a page that we don't have yet."),
        ("article", "article headline"),
        "The headline of the article",
    ),
    Column(
        "article_publisher",
        gettext_lazy("Publisher of the article"),
        gettext_lazy("Without it, the name of the site."),
        ("outlet", "newspaper", "medium", "medio"),
        "The newspaper",
    ),
    Column(
        "article_date",
        gettext_lazy("Date of the article"),
        gettext_lazy("2025-06-21, 2025-06 or 2025."),
        ("article published", "published on"),
        "2025-06-20",
    ),
    Column(
        "exact",
        gettext_lazy("Exact words"),
        gettext_lazy("A short quote from the article, copied exactly."),
        ("exact words", "quote", "quotation", "original quote", "cita"),
        "The words as the article has them",
    ),
    Column(
        "rating",
        gettext_lazy("Rating"),
        gettext_lazy("The verdict in any words. You decide which of our ratings each one is."),
        ("verdict", "rating label", "ruling", "conclusion", "result", "truth rating", "calificacion", "veredicto"),
        "Mostly false",
    ),
    Column(
        "headline",
        gettext_lazy("Headline"),
        gettext_lazy("What you found, in one short true sentence."),
        ("title", "heading", "titular", "titulo"),
        "What you found, in one short sentence",
    ),
    Column(
        "summary",
        gettext_lazy("Summary"),
        gettext_lazy("The short answer, in one or two sentences."),
        ("short answer", "conclusion summary", "standfirst", "resumen"),
        "The short answer.",
    ),
    Column(
        "explanation",
        gettext_lazy("Explanation"),
        gettext_lazy("Why this rating, in Markdown."),
        ("analysis", "full text", "body", "text", "reasoning", "details", "explicacion"),
        "Why this rating.",
    ),
    Column(
        "originally_published",
        gettext_lazy("Date of first publication"),
        gettext_lazy("When you published the check first, if it's from your archive."),
        ("first published at", "original date", "publication date", "date published", "review date", "published"),
        "2025-07-01",
    ),
    Column(
        "original_address",
        gettext_lazy("Web address of first publication"),
        gettext_lazy("Where you published the check first."),
        ("address", "original url", "permalink", "review url", "url", "link", "fact-check url"),
        "https://example.org/our-check",
    ),
]
_EVIDENCE = [
    Column(
        "address",
        gettext_lazy("web address"),
        gettext_lazy("Where the source can be read."),
        ("url", "link", ""),
        "https://example.org/report",
    ),
    Column(
        "title",
        gettext_lazy("title"),
        gettext_lazy("The title of the source."),
        ("name",),
        "The title of the report",
    ),
    Column(
        "publisher",
        gettext_lazy("publisher"),
        gettext_lazy("Without it, the name of the site."),
        (),
        "The ministry",
    ),
    Column("date", gettext_lazy("date"), gettext_lazy("2025-06-21, 2025-06 or 2025."), ("published",), "2025-05"),
    Column(
        "kind",
        gettext_lazy("kind of source"),
        gettext_lazy("Only for a new source: News report, Data set, Law and so on."),
        ("type",),
        "Primary document",
    ),
    Column(
        "stance",
        gettext_lazy("position"),
        gettext_lazy("Supports, Contradicts, Mixed or Background."),
        ("position",),
        "Contradicts",
    ),
    Column(
        "finding",
        gettext_lazy("what it says"),
        gettext_lazy("What the source says about the claim, in your words."),
        ("says", "summary"),
        "What the report says about the claim",
    ),
    Column(
        "origin",
        gettext_lazy("independent source"),
        gettext_lazy("Where the information comes from. Without it, the publisher."),
        (),
        "The ministry's own count",
    ),
]


def _of_evidence(number: int) -> list[Column]:
    names = [f"evidence {number}", f"source {number}", *(["evidence", "source"] if number == 1 else [])]
    return [
        Column(
            f"evidence_{number}_{one.name}",
            one.label,
            one.help,
            tuple(f"{name} {other}".strip() for name in names for other in (one.name, *one.headings)),
            one.example if number == 1 else "",
        )
        for one in _EVIDENCE
    ]


_ALL = [*_CLAIM, *(column for number in range(1, EVIDENCE + 1) for column in _of_evidence(number))]
COLUMNS = {one.name: one for one in _ALL}
# The columns in the template: those of the first three pieces of evidence show how the others are named.
_IN_TEMPLATE = [one for one in _ALL if not re.match(r"evidence_(?:[4-9]|\d\d)_", one.name)]


# The words of the record for what has no column here.
_OF_PARTS = (schema.SOURCE, schema.EVIDENCE, schema.APPEARANCE)
_LABELS = {one.name: one.label for what in _OF_PARTS for one in what.fields if one.label}
# The start of the values of one piece of evidence or one article. The first article has no number.
START = re.compile(r"(evidence|article)(?:_(\d+))?_")


def starts_in(values: Iterable[str], what: str) -> list[str]:
    """The starts of the names of these values, in order: `evidence_2`, or `article` for the first, as `what` says."""
    found = {match[0][:-1]: int(match[2] or 1) for name in values if (match := START.match(name)) and match[1] == what}
    return sorted(found, key=lambda start: found[start])


def label_of(name: str) -> str:
    """The words for a value of a row, such as "Evidence 2, title"."""
    match = START.match(name)
    part = name[match.end() :] if match else name
    is_evidence = match is not None and match[1] == "evidence"
    column = COLUMNS.get(name) or COLUMNS.get(f"evidence_1_{part}" if is_evidence else f"article_{part}")
    label = str(column.label if column else _LABELS.get(part, part))
    if not match or not match[2]:
        return label
    sentence = _("Evidence %(number)s, %(field)s") if is_evidence else _("Article %(number)s, %(field)s")
    return sentence % {"number": match[2], "field": label}


def _plain(heading: str) -> str:
    return _NOT_WORDS.sub(" ", folded(heading)).strip()


def recognised(
    headings: Sequence[str], before: Mapping[str, str] | None = None, columns: Mapping[str, Column] | None = None
) -> dict[str, str]:
    """The heading of each column that we recognise, by the column's name. `columns` are those of claims if not given.

    A heading that the feed's last import used for a column is that column again. Then our own names count, then other
    headings with the same meaning, in the order of the file.
    """
    columns = COLUMNS if columns is None else columns
    found = {name: heading for name, heading in (before or {}).items() if name in columns and heading in headings}
    plain = {heading: _plain(heading) for heading in headings}
    by_name = {_plain(name): name for name in columns}
    by_heading = {other: one.name for one in reversed(list(columns.values())) for other in one.headings}
    for table in (by_name, by_heading):
        for heading, words in plain.items():
            name = table.get(words)
            if name and name not in found and heading not in found.values():
                found[name] = heading
    return found


def template_csv() -> bytes:
    """An empty table with an example, as CSV. It begins with a byte order mark, so that Excel reads it as UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows(_template())
    return ("\ufeff" + out.getvalue()).encode("utf-8")


def template_xlsx() -> bytes:
    """An empty table with an example, as XLSX, with what to write in each column as a second sheet."""
    out = io.BytesIO()
    # Imported only when needed, because that takes 70 ms of the start of every process.
    written = import_module("xlsxwriter").Workbook
    with written(out, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}) as book:
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("Claims")
        # As text, so that no program turns 2025-06 into a day.
        sheet.set_column(0, len(_IN_TEMPLATE) - 1, 24, text)
        for place, cells in enumerate(_template()):
            sheet.write_row(place, 0, cells, bold if not place else text)
        sheet.freeze_panes(1, 0)
        about = book.add_worksheet("About the columns")
        about.set_column(0, 0, 24)
        about.set_column(1, 1, 100)
        for place, one in enumerate(_IN_TEMPLATE):
            about.write_row(place, 0, [one.name, str(one.help)])
    return out.getvalue()


def _template() -> list[list[str]]:
    return [[one.name for one in _IN_TEMPLATE], [one.example for one in _IN_TEMPLATE]]
