"""The vectors by which matching compares wording. They can be made again at any time: `manage.py refresh_vectors`.

They are never exported. Those of the desk have a table of their own, so readers' pages can't read them by accident.
"""

from django.db import models
from django.db.models.functions import Length

from claims.models.claim import Claim
from claims.models.record import PublishedClaim

models.BinaryField.register_lookup(Length)


class Vector(models.Model):
    """The vector of one statement."""

    made_from = models.BinaryField(help_text="The SHA-256 of the model's version and the statement.")
    vector = models.BinaryField(help_text="A signed byte for each dimension.")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(name="%(class)s_has_all_dimensions", condition=models.Q(vector__length=384)),
        ]


class ClaimVector(Vector):
    """That of a published claim, as readers see it."""

    published = models.OneToOneField(PublishedClaim, on_delete=models.CASCADE, primary_key=True, related_name="vector")

    def __str__(self) -> str:
        return f"Vector of {self.published}"


class DraftVector(Vector):
    """That of a claim of the desk that readers don't see as it is."""

    claim = models.OneToOneField(Claim, on_delete=models.CASCADE, primary_key=True, related_name="vector")

    def __str__(self) -> str:
        return f"Vector of {self.claim}"
