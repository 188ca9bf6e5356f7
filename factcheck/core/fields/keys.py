"""Keys of rows: primary keys from addresses and forms, and natural keys for fixtures."""

from collections.abc import Iterable
from itertools import chain, count
from typing import Generic, TypeVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from factcheck.core.text import slug_from

M = TypeVar("M", bound=models.Model)

check_language = RegexValidator(
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", _("Write the language as a tag: en, es, pt-BR (BCP 47).")
)


def is_key(text: str) -> bool:
    """True if `text`, as received, can be a primary key: ASCII digits that fit a bigint."""
    return text.isascii() and text.isdecimal() and len(text) < len(str(2**63))


def own_slug(slug: str, name: str) -> str:
    """The slug if it says more than the name, else "". So of two rows with one name, at least one has it."""
    return "" if slug == slug_from(name).lower() else slug


def free_slug(model: type[models.Model], text: str, *, retired: Iterable[str] = ()) -> str:
    """A slug for this text that no row of the model has, and that isn't one of those `retired`.

    Without letters or digits in the text, it names the model.

    Another transaction may take the same slug: hold a lock, or expect an IntegrityError.
    """
    base = slug_from(text) or str(model._meta.model_name)
    taken = {*model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True), *retired}
    return next(slug for slug in chain([base], (f"{base}-{number}" for number in count(2))) if slug not in taken)


class KeyManager(models.Manager[M], Generic[M]):
    """A manager that finds rows by natural key, given its lookups in the order of the model's `natural_key`."""

    def __init__(self, *lookups: str) -> None:
        super().__init__()
        self.lookups = lookups

    def get_by_natural_key(self, *values: object) -> M:
        """The row with these values. Raises DoesNotExist, or ValueError if the number of values is wrong."""
        return self.get(**dict(zip(self.lookups, values, strict=True)))
