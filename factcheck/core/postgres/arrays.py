"""Long arrays as parameters of a statement."""

from collections.abc import Iterable


def written(numbers: Iterable[int]) -> str:
    """Whole numbers as one text that PostgreSQL casts to an array. psycopg would look at each for what to quote."""
    return f"{{{','.join(map(str, numbers))}}}"
