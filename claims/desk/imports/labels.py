"""The labels of an import: which it has, which need a decision, whose scales are reversed, and the decisions.

A label belongs to its publisher, by the host of the site. Somebody decides what it means, or that it has no meaning
for us, before a fact-check with it comes in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from claims.choices import ForeignMeaning, ImportState
from claims.desk.imports.label_table import VERSION, proposed
from claims.desk.imports.targets import Checked
from claims.models import ForeignLabel, ImportRun
from factcheck.accounts.models import User
from factcheck.core.text import shortened

# The longest example of a claim.
_EXAMPLE = 200
# The host of a publisher, and a label in its words.
Key = tuple[str, str]


class Invalid(Exception):
    """A list of decisions that can't be used. The message says why and what to do."""


@dataclass
class Found:
    """A label in a file: its rows, the first of them, and how high its numbers are on their scales, from 0 to 1."""

    where: str = ""
    # The claim and the numbers of the first row, as given.
    example: str = ""
    given: str = ""
    rows: int = 0
    # Rows with a number, the sum of their heights, and the rows whose best number is below the worst.
    numbers: int = 0
    heights: float = 0.0
    reversed: int = 0

    def add(self, values: Mapping[str, str]) -> None:
        """Count a row with this label."""
        self.rows += 1
        self.example = self.example or shortened(values.get("claim", ""), _EXAMPLE)
        self.given = self.given or as_given(values)
        with suppress(ValueError, ZeroDivisionError, KeyError):
            worst, best = float(values["worst"]), float(values["best"])
            low, high = sorted((worst, best))
            height = (float(values["value"]) - low) / (high - low)
            self.reversed += worst > best
            self.numbers += 1
            self.heights += height


def as_given(values: Mapping[str, str]) -> str:
    """The number of a rating and its scale, as the publisher gives them: "2 (worst 1, best 5)". May be empty."""
    if not values.get("value"):
        return ""
    if not (values.get("worst") and values.get("best")):
        return values["value"]
    return _("%(value)s (worst %(worst)s, best %(best)s)") % {n: values[n] for n in ("value", "worst", "best")}


def known() -> dict[Key, ForeignLabel]:
    """All labels that an import brought, decided or not."""
    return {(one.publisher, one.label): one for one in ForeignLabel.objects.all()}


def ask(found: Iterable[Key]) -> None:
    """Store the labels that are new, so that somebody can decide about them."""
    new = [ForeignLabel(publisher=site, label=label) for site, label in set(found) - known().keys()]
    ForeignLabel.objects.bulk_create(new, ignore_conflicts=True)


def as_json(found: Mapping[Key, Found]) -> list[dict[str, Any]]:
    """The labels of a file, as they are stored with the counts of a run."""
    return [
        {
            "publisher": site,
            "label": label,
            "where": one.where,
            "example": one.example,
            "numbers": one.given,
            "rows": one.rows,
            "height": one.heights / one.numbers if one.numbers else None,
            "reversed": one.reversed,
        }
        for (site, label), one in sorted(found.items())
    ]


def questions(found: list[dict[str, Any]]) -> Checked:
    """The state of a run with these labels: it waits if one of them has no decision. Has what is proposed for each."""
    decided = known()
    about = []
    for one in found:
        row = decided.get((one["publisher"], one["label"]))
        meaning = row.meaning if row else ""
        about.append({**one, "meaning": meaning, "proposed": meaning or proposed(one["label"])})
    counts = {"labels": about, "reversed": _reversed(about)}
    undecided = sum(not one["meaning"] for one in about)
    if not undecided:
        return Checked(counts=counts)
    reason = ngettext("%(count)d label needs a decision first.", "%(count)d labels need a decision first.", undecided)
    return Checked(ImportState.NEEDS_LABELS, counts, reason % {"count": undecided})


def again(run: ImportRun) -> Checked:
    """As `questions`, for a run that was checked."""
    return questions(run.counts.get("labels", []))


def undecided(run: ImportRun) -> list[dict[str, Any]]:
    """The labels of a run that need a decision, each with its rows and what is proposed."""
    return [one for one in run.counts.get("labels", []) if not one["meaning"]]


def _reversed(about: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The publishers whose numbers fall as claims get truer.

    Their best number is below their worst, or their labels for true claims have lower numbers than for false ones.
    """
    rows: Counter[str] = Counter()
    heights: dict[tuple[str, str], list[float]] = {}
    for one in about:
        rows[one["publisher"]] += one["reversed"]
        if one["height"] is not None:
            heights.setdefault((one["publisher"], one["proposed"]), []).append(one["height"])
    found = []
    for site in sorted(rows):
        true, false = heights.get((site, ForeignMeaning.TRUE), []), heights.get((site, ForeignMeaning.FALSE), [])
        by_labels = bool(true and false and sum(true) / len(true) < sum(false) / len(false))
        if rows[site] or by_labels:
            found.append({"publisher": site, "rows": rows[site], "by_labels": by_labels})
    return found


# Decisions


def settle(run: ImportRun, *, accept_proposed: bool, decline_rest: bool, by: User | None) -> None:
    """Decide about the labels of a run that have no decision: as proposed, or that they have no meaning for us."""
    for one in undecided(run):
        if accept_proposed and one["proposed"]:
            decide((one["publisher"], one["label"]), one["proposed"], by=by, is_proposed=True)
        elif decline_rest:
            decide((one["publisher"], one["label"]), ForeignMeaning.DECLINED, by=by)


def decide_all(rows: Iterable[Mapping[str, Any]], *, by: User | None) -> int:
    """Decide as a table says, with the columns publisher, label and meaning; returns how many. Raises Invalid."""
    decisions: list[tuple[Key, str]] = []
    for number, row in enumerate(rows, 2):
        site, label, meaning = (row.get(name) for name in ("publisher", "label", "meaning"))
        if site is None or label is None or meaning is None:
            raise Invalid(_("Line %(number)d needs publisher, label and meaning.") % {"number": number})
        if not meaning:
            continue
        if meaning not in ForeignMeaning.values:
            raise Invalid(
                _("Line %(number)d: the meaning must be one of %(meanings)s.")
                % {"number": number, "meanings": ", ".join(ForeignMeaning.values)}
            )
        decisions.append(((site.strip().lower().removeprefix("www."), label.strip()), meaning))
    for key, meaning in decisions:
        decide(key, meaning, by=by)
    return len(decisions)


def decide(key: Key, meaning: str, *, by: User | None, is_proposed: bool = False) -> None:
    """Store what a label means."""
    ForeignLabel.objects.update_or_create(
        publisher=key[0],
        label=key[1],
        defaults={
            "meaning": meaning,
            "table_version": VERSION if is_proposed else None,
            "decided_by": by,
            "decided_at": timezone.now(),
        },
    )
