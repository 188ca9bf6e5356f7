"""Has this been checked? The claims that may be what a text says, with the reasons: see docs/reference/matching.md."""

from claims.matching.answers import Answer, Draft, Match, Outcome, Reasons
from claims.matching.asking import ask, ask_all

__all__ = ["Answer", "Draft", "Match", "Outcome", "Reasons", "ask", "ask_all"]
