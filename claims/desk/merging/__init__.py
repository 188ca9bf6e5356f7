"""Make two rows one, or two again: the acts, their preview, and the rows that may be the same."""

from claims.desk.merging.preview import KINDS

__all__ = ["KINDS"]
