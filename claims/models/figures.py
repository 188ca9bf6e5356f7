"""The counts behind the page with statistics, which follow from the record, and when such rows were made again.

The database keeps the counts. Triggers on the public rows, corrections and versions add and subtract, whatever writes
these. So a figure of all claims costs the same with a million of them. `claims.record.figure_counts` compares them with
the record.
"""

from django.db import models
from django.utils import timezone

from claims.choices import FigureKind


class RecordRefresh(models.Model):
    """What readers get was made again from the record, and differs. No act did it, so pages can't tell by the acts.

    Written in the transaction that makes it again.
    """

    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"


class FigureCount(models.Model):
    """The number of published claims, or of corrections of these, in one cell of a table of the statistics."""

    figure = models.CharField(max_length=20, choices=FigureKind)
    row = models.CharField(max_length=100, blank=True, help_text="A month, a slug, or a number of days.")
    column = models.CharField(max_length=100, blank=True, help_text="The slug of a rating, or a kind of correction.")
    claims = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["figure", "row", "column"], name="figure_counted_once")]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.figure, self.row, self.column]))
