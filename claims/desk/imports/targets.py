"""The contract of what an import makes: fact-checks by others, or claims."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from claims.choices import ImportOutcome, ImportState
from claims.desk.imports.rows import Problem, Row
from claims.models import ImportedRow, ImportRun


@dataclass
class Tally:
    """The outcome of some rows: by the number of the row, if it isn't `otherwise`, with the problems of those refused.

    `kept` has the rows to store for the run. A target that stores them itself leaves it empty.
    """

    outcomes: dict[int, ImportOutcome] = field(default_factory=dict)
    problems: dict[int, tuple[Problem, ...]] = field(default_factory=dict)
    kept: list[ImportedRow] = field(default_factory=list)
    otherwise: ImportOutcome = ImportOutcome.CREATED


@dataclass
class Checked:
    """The end of a check: the state, what to add to the counts, and the reason if it isn't `CHECKED`."""

    state: ImportState = ImportState.CHECKED
    counts: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


def kept(run: ImportRun, row: Row, outcome: ImportOutcome, **more: Any) -> ImportedRow:
    """What a run keeps of a row."""
    reference, where = row.reference[:2000], row.where[:100]
    return ImportedRow(run=run, number=row.number, where=where, outcome=outcome, reference=reference, **more)


class Target(Protocol):
    """One pass of a run over its rows, or its undoing. The rows that it gets have no problems.

    It's given `batch` rows at once. With `reads_ahead` the next ones are read in a thread meanwhile.
    """

    batch: int
    reads_ahead: bool

    def __init__(self, run: ImportRun) -> None: ...

    def check(self, rows: Sequence[Row]) -> Tally:
        """What `apply` would do with these rows. Writes nothing."""

    def checked(self, *, dry_run: bool) -> Checked:
        """The end of the check. Asks what somebody must decide first: with `dry_run`, without writing the questions."""

    def apply(self, rows: Sequence[Row]) -> Tally:
        """Write these rows. It's called in a transaction and may be killed with it."""

    def obstacles(self) -> Iterator[Problem]:
        """What something else did to the rows of the run since, so that it can't be undone. The field has the row."""

    def undo(self) -> None:
        """Undo the run. It's called in a transaction, after `obstacles` found none."""
