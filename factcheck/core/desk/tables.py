"""The lists of the desk as CSV files: the rows that the filters of the page choose, with the columns that it shows."""

from collections.abc import Iterable, Iterator
from html import unescape
from tempfile import TemporaryFile
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import PermissionDenied
from django.db import models
from django.dispatch import Signal
from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import capfirst

from factcheck.core.spreadsheet import lines

# A file has the first rows of the list.
MOST_ROWS = 100_000
_BATCH = 500

# Sent with the `request`, what the file is `about` and how many `rows` it has.
exported = Signal()


class TooManyFound(Exception):
    """The search of the list didn't find all rows with its words, so a file of it would have holes."""


def as_csv(page: Any, request: HttpRequest) -> FileResponse:
    """The list at this address as CSV. Raises PermissionDenied for people who may not see the list, and TooManyFound.

    The whole file is written first: a slow download must not keep a query open, nor end with half a file.
    """
    if not page.has_view_or_change_permission(request):
        raise PermissionDenied
    found = page.get_changelist_instance(request)
    if getattr(request, "search_is_cut", False):
        raise TooManyFound
    columns = [name for name in found.list_display if name != "action_checkbox"]
    header = [capfirst(str(label_for_field(name, page.model, model_admin=page))) for name in columns]
    count = 0

    def rows() -> Iterator[list[object]]:
        nonlocal count
        for row in _in_batches(page.rows_for_file(request, found.queryset)):
            count += 1
            yield [page.value_for_file(row, name) for name in columns]

    file = TemporaryFile()  # noqa: SIM115 — the response closes it
    for line in lines(header, rows()):
        file.write(line.encode())
    file.seek(0)
    exported.send(sender=None, request=request, about=f"list of {page.opts.verbose_name_plural}", rows=count)
    name = f"{page.opts.model_name}-{timezone.now():%Y-%m-%d}.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def _in_batches(rows: Any) -> Iterable[Any]:
    """The first rows, with what the list reads beside them, without all of them in memory."""
    return rows[:MOST_ROWS].iterator(chunk_size=_BATCH) if isinstance(rows, models.QuerySet) else rows


def text_of(row: Any, column: str, page: Any) -> object:
    """A cell of the list as text: a choice by its label, a date and a number as they are, and no markup."""
    field, _attribute, value = lookup_field(column, row, page)
    if field is not None and getattr(field, "choices", None):
        value = getattr(row, f"get_{field.name}_display")()
    if value is None or isinstance(value, bool | int):
        return value
    return unescape(strip_tags(value)) if hasattr(value, "__html__") else str(value)
