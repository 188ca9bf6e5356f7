"""Types for the options of commands."""

from argparse import ArgumentTypeError
from collections.abc import Callable


def kept(fewest: int, most: int, things: str) -> Callable[[str], int]:
    """The type of an option that says how many of some things to keep: a number from `fewest` to `most`."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and fewest <= int(text[:10]) <= most):
            raise ArgumentTypeError(f"Keep {fewest} to {most:,} {things}.")
        return int(text)

    return number
