"""The words of a row in other languages than the site's own, in a JSON column.

The value is a list with one object for each language: its tag, a name on one line, and a longer text that may be empty.
For example, `{"language": "es", "label": "Falso", "definition": "No es cierta."}`.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, F, Func, Value
from django.db.models.lookups import Exact
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

from factcheck.core.fields.keys import check_language
from factcheck.core.text import PROSE_MAX_LENGTH, clean, one_line

Translations = list[dict[str, str]]


@deconstructible
class CheckTranslations:
    """Validates translations of the words `name` and `text`. A name has at most `longest` characters."""

    def __init__(self, name: str, text: str, longest: int) -> None:
        self.name, self.text, self.longest = name, text, longest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CheckTranslations) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, value: Any) -> None:
        """Raises ValidationError if the value isn't a list of translations in the form of the record."""
        if not isinstance(value, list) or not all(self._is_one(item) for item in value):
            names = {"name": self.name, "text": self.text}
            raise ValidationError(
                _("Write the translations as a list of objects, each with the texts language, %(name)s and %(text)s.")
                % names
            )
        languages = [item["language"] for item in value]
        for language in languages:
            check_language(language)
        if settings.LANGUAGE_CODE in languages or languages != sorted(set(languages)):
            raise ValidationError(
                _("Give each language once, in alphabetical order, and leave out the site’s own (%(language)s).")
                % {"language": settings.LANGUAGE_CODE}
            )
        for item in value:
            self._check_words(item)

    def _is_one(self, item: Any) -> bool:
        return (
            isinstance(item, dict)
            and item.keys() == {"language", self.name, self.text}
            and all(isinstance(text, str) for text in item.values())
        )

    def _check_words(self, item: dict[str, str]) -> None:
        name, text = item[self.name], item[self.text]
        if not name:
            raise ValidationError(_("Write the %(name)s in every language that has a translation.") % vars(self))
        if len(name) > self.longest or len(text) > PROSE_MAX_LENGTH:
            raise ValidationError(_("A translation is too long. Shorten it."))
        if name != one_line(name) or text != clean(text):
            raise ValidationError(_("A translation has spaces or characters that readers can’t see. Remove them."))


def is_list(column: str, *, name: str) -> CheckConstraint:
    """The constraint that the column has a list."""
    kind = Func(F(column), function="jsonb_typeof", output_field=models.TextField())
    return CheckConstraint(
        name=name,
        condition=Exact(kind, Value("array")),
        violation_error_message="Translations are a list.",
    )
