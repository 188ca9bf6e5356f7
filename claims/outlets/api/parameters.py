"""The API's parameters: form fields that validate them, and their description as JSON Schema."""

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
    """Names of a claim's fields, separated by commas."""

    def clean(self, value: Any) -> list[str]:
        names = [name for name in str(value or "").split(",") if name]
        unknown = [name for name in names if name not in FIELDS]
        if unknown:
            raise ValidationError(f"A claim has no field “{unknown[0][:100]}”. Use only: {', '.join(FIELDS)}.")
        return names


class CursorField(forms.RegexField):
    """A cursor that an earlier response returned."""

    def __init__(self, pattern: str) -> None:
        super().__init__(
            rf"\A(?:{pattern})\Z",
            required=False,
            strip=False,
            error_messages={"invalid": "This isn't a cursor of this list. Follow `next`, or leave the cursor out."},
        )
        self.pattern = pattern


class PageSizeField(forms.IntegerField):
    """The number of rows on a page."""

    def __init__(self) -> None:
        super().__init__(required=False, min_value=1, max_value=paging.MAX_PAGE_SIZE)

    def clean(self, value: Any) -> int:
        return super().clean(value) or paging.DEFAULT_PAGE_SIZE


class TextField(forms.CharField):
    """A text to compare with the published claims."""

    # A character that isn't a space, and no null character.
    form = {"minLength": 1, "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"}

    def __init__(self) -> None:
        super().__init__(error_messages={"required": "Say which text to compare: `text=…`."})


class DateField(forms.DateField):
    """A day. One in the future is as good as none: no check is near it."""

    form = {"format": "date"}

    def __init__(self) -> None:
        super().__init__(
            required=False, input_formats=["%Y-%m-%d"], error_messages={"invalid": "Write the date as 2025-06-21."}
        )


def page_parameters(pattern: str) -> dict[str, forms.Field]:
    """The parameters of a list whose cursors match this pattern."""
    return {"page_size": PageSizeField(), "cursor": CursorField(pattern)}


FIELDS_PARAMETER: dict[str, forms.Field] = {"fields": FieldsField()}


def clean_parameters(
    fields: Mapping[str, forms.Field], data: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The value of each valid parameter, and the error messages of the others."""
    values, errors = {}, {}
    for name, field in fields.items():
        try:
            values[name] = field.clean(data.get(name))
        except ValidationError as error:
            errors[name] = error.messages
    return values, errors


def schema_of(field: forms.Field) -> dict[str, Any]:
    """The values that a parameter accepts, as JSON Schema."""
    text: dict[str, Any] = {"type": "string"}
    name = text | {"pattern": f"^{paging.SLUG}$"}
    schema = text
    match field:
        case FieldsField():
            schema = {"type": "array", "items": text | {"enum": FIELDS}, "minItems": 1}
        case NamesField():
            schema = {"type": "array", "items": name, "maxItems": MOST_VALUES}
        case NameField():
            schema = name
        case CursorField():
            schema = text | {"pattern": f"^(?:{field.pattern})$"}
        case DayField():
            month = text | {"pattern": "^(?!0000)[0-9]{4}(-(0[1-9]|1[0-2]))?$"}
            schema = {"anyOf": [text | {"format": "date"}, month]}
        case forms.IntegerField():
            schema = {"type": "integer", "minimum": field.min_value, "maximum": field.max_value}
        case forms.ChoiceField():
            choices = cast("Iterable[tuple[str, str]]", field.choices)
            schema = text | {"enum": [value for value, _label in choices if value]}
        case TextField() | DateField():
            schema = text | field.form
        case forms.CharField() if check_language in field.validators:
            pattern = check_language.regex.pattern  # type: ignore[union-attr]
            schema = text | {"pattern": pattern.replace(r"\Z", "$"), "maxLength": field.max_length}
    return schema
