"""Natural keys: how fixtures name a row without its number."""

from typing import Generic, TypeVar

from django.core.validators import RegexValidator
from django.db import models

M = TypeVar("M", bound=models.Model)

check_language = RegexValidator(
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", "Write the language as a tag: en, es, pt-BR (BCP 47)."
)


class KeyManager(models.Manager[M], Generic[M]):
    """A manager that finds a row by the lookups it was made with, in the order of the model's `natural_key`."""

    def __init__(self, *lookups: str) -> None:
        super().__init__()
        self.lookups = lookups

    def get_by_natural_key(self, *values: object) -> M:
        """The one row with these values. Raises DoesNotExist, or ValueError for another number of values."""
        return self.get(**dict(zip(self.lookups, values, strict=True)))
