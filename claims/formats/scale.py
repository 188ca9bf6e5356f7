"""The place of a rating on its scale, as a row of steps from false to true."""

from dataclasses import dataclass

from claims.record.scale import on_scale
from claims.schema import Content

# A longer scale is drawn with this many steps.
MOST_STEPS = 10


@dataclass(frozen=True)
class Scale:
    """A row of steps, and the number of the rating's own, counted from 1 at the end that means false."""

    step: int
    steps: int

    @property
    def filled(self) -> list[bool]:
        """For each step in order, true if it's the rating's own."""
        return [number == self.step for number in range(1, self.steps + 1)]


def scale_of(rating: Content) -> Scale | None:
    """The scale of a rating, from its card. None if the rating is off the scale."""
    if not on_scale(rating):
        return None
    worst, best = rating["worst"], rating["best"]
    steps = min(best - worst + 1, MOST_STEPS)
    return Scale(1 + round((rating["value"] - worst) * (steps - 1) / (best - worst)), steps)
