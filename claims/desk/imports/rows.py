"""The rows of an import, whatever format they come from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True)
class Problem:
    """Why a row is refused or a value wasn't taken: the field, the reason, and what to do about it."""

    field: str
    reason: str
    remedy: str = ""
    # The same words for all problems of this sort, to count them: the reason without the value.
    sort: str = ""

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "reason": self.reason, "remedy": self.remedy}

    def __str__(self) -> str:
        return " ".join(filter(None, [f"{self.field}:" if self.field else "", self.reason, self.remedy]))


@dataclass(slots=True)
class Row:
    """One row: its number in the file from 1, its place in people's words ("line 12"), and its values by field.

    A row with `problems` is refused, and the others are imported. One with `is_twin` says the same as an earlier row of
    the file, so nothing is to be done. If an earlier row of the file has its reference, it
    gets `other_reference` in place of it, if there is one.
    """

    number: int
    where: str
    values: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    other_reference: str = ""
    is_twin: bool = False

    @property
    def reference(self) -> str:
        """The name of the row at its publisher. Empty if the row doesn't say it."""
        found = self.values.get("reference", "")
        return found if isinstance(found, str) else ""


def packed(rows: Iterable[Row]) -> str:
    """The rows as text, for `unpacked`. What only the check needs of a row is left out."""
    return orjson.dumps([[row.number, row.where, row.values, row.problems, row.is_twin] for row in rows]).decode()


def unpacked(text: str) -> list[Row]:
    """The rows that `packed` made a text of."""
    return [
        Row(number, where, values, tuple(Problem(**problem) for problem in problems), is_twin=is_twin)
        for number, where, values, problems, is_twin in orjson.loads(text)
    ]
