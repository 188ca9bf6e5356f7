"""The counts behind the page with statistics. They follow from the record, and the database keeps them.

Triggers on the public rows, corrections and versions add and subtract, whatever writes these. So a figure of all claims
costs the same with a million of them. `claims.record.figure_counts` compares them with the record.
"""

from django.db import models

from claims.choices import FigureKind


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
