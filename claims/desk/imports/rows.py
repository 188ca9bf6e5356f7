"""The rows of an import, whatever format they come from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """Why a row is refused or a value wasn't taken: the field, the reason, and what to do about it."""

    field: str
    reason: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        return " ".join(filter(None, [f"{self.field}:" if self.field else "", self.reason, self.remedy]))


@dataclass(frozen=True)
class Row:
    """One row: its number in the file from 1, its place in people's words ("line 12"), and its values by field.

    A row with `problems` is refused, and the others are imported.
    """

    number: int
    where: str
    values: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, made: Mapping[str, Any]) -> "Row":
        """The row in an object that a reader's process wrote."""
        problems = tuple(Problem(**problem) for problem in made.get("problems", ()))
        return cls(made["number"], made["where"], made.get("values", {}), problems)

    @property
    def reference(self) -> str:
        """The name of the row at its publisher. Empty if the row doesn't say it."""
        found = self.values.get("reference", "")
        return found if isinstance(found, str) else ""
