"""What an address of the API can be asked with: form fields, which check it, and what the schema says of them."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from claims.outlets.api import paging
from claims.outlets.api.shapes import Claim
from claims.search.filters import MOST_VALUES, DayField, NameField, NamesField
from factcheck.core.fields.keys import check_language

FIELDS = list(Claim().fields)


class FieldsField(forms.Field):
    """Names of fields of a claim, with commas between them."""

    def clean(self, value: Any) -> list[str]:
        names = [name for name in str(value or "").split(",") if name]
        unknown = [name for name in names if name not in FIELDS]
        if unknown:
            raise ValidationError(f"A claim has no field “{unknown[0][:100]}”. It has: {', '.join(FIELDS)}.")
        return names


class CursorField(forms.RegexField):
    """A place in a list, as an answer gave it."""

    def __init__(self, pattern: str) -> None:
        super().__init__(
            rf"\A(?:{pattern})\Z",
            required=False,
            strip=False,
            error_messages={"invalid": "This is no cursor of this list. Follow `next`, or leave the cursor out."},
        )
        self.pattern = pattern


class PageSizeField(forms.IntegerField):
    """How many rows a page has."""

    def __init__(self) -> None:
        super().__init__(required=False, min_value=1, max_value=paging.MOST)

    def clean(self, value: Any) -> int:
        return super().clean(value) or paging.PAGE


def paged(pattern: str) -> dict[str, forms.Field]:
    """The parameters of a list whose cursors look so."""
    return {"page_size": PageSizeField(), "cursor": CursorField(pattern)}


SELECTED: dict[str, forms.Field] = {"fields": FieldsField()}


def cleaned(fields: Mapping[str, forms.Field], data: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The value of each parameter, and what is wrong with those that cannot be meant."""
    values, errors = {}, {}
    for name, field in fields.items():
        try:
            values[name] = field.clean(data.get(name))
        except ValidationError as error:
            errors[name] = error.messages
    return values, errors


def schema_of(field: forms.Field) -> dict[str, Any]:
    """The values that a parameter takes, as JSON Schema."""
    text: dict[str, Any] = {"type": "string"}
    name = text | {"pattern": f"^{paging.SLUG}$"}
    found = text
    match field:
        case FieldsField():
            found = {"type": "array", "items": text | {"enum": FIELDS}, "minItems": 1}
        case NamesField():
            found = {"type": "array", "items": name, "maxItems": MOST_VALUES}
        case NameField():
            found = name
        case CursorField():
            found = text | {"pattern": f"^(?:{field.pattern})$"}
        case DayField():
            month = text | {"pattern": "^(?!0000)[0-9]{4}(-(0[1-9]|1[0-2]))?$"}
            found = {"anyOf": [text | {"format": "date"}, month]}
        case forms.IntegerField():
            found = {"type": "integer", "minimum": field.min_value, "maximum": field.max_value}
        case forms.ChoiceField():
            choices = cast("Iterable[tuple[str, str]]", field.choices)
            found = text | {"enum": [value for value, _label in choices if value]}
        case forms.CharField() if check_language in field.validators:
            pattern = check_language.regex.pattern  # type: ignore[union-attr]
            found = text | {"pattern": pattern.replace(r"\Z", "$"), "maxLength": field.max_length}
    return found
