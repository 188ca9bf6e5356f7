"""How many examples a property is tried with."""

import os
from typing import Any

from hypothesis import settings

# `make quick` sets it: a tenth of the examples.
IS_QUICK = bool(os.environ.get("QUICK"))


def examples(most: int = 100, **options: Any) -> settings:
    """The settings of a property: up to `most` examples, however long one takes on a busy machine."""
    return settings(max_examples=max(5, most // 10) if IS_QUICK else most, deadline=None, **options)
