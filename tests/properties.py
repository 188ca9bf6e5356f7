"""How many examples a property is tried with."""

import os
from typing import Any

from hypothesis import settings

# `make quick` sets it: a tenth of the examples.
IS_QUICK = bool(os.environ.get("QUICK"))
# By hand, for a long run: so many times the examples.
LONG = int(os.environ.get("LONG") or 1)
IS_LONG = LONG > 1


def examples(most: int = 100, **options: Any) -> settings:
    """The settings of a property: up to `most` examples, however long one takes on a busy machine."""
    return settings(max_examples=max(5, most // 10) if IS_QUICK else most * LONG, deadline=None, **options)
