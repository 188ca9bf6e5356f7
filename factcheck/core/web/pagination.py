"""Pagination with a limit on the number of pages."""

from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404
from django.utils.functional import cached_property

PER_PAGE = 20
# The database reads and discards all rows before a page, so the number of pages is limited.
MAX_PAGES = 100
# The number of rows of a list that can be shown.
MOST_IN_PAGES = PER_PAGE * MAX_PAGES


class CappedPaginator(Paginator[Any]):
    """Counts and shows at most `MAX_PAGES` pages of a list of any length. Doesn't count if `known` gives the number."""

    object_list: QuerySet[Any]

    def __init__(self, objects: QuerySet[Any], per_page: int = PER_PAGE, known: int | None = None) -> None:
        super().__init__(objects, per_page)
        self.known = known

    @property
    def most(self) -> int:
        """The maximum number of rows that can be shown."""
        return self.per_page * MAX_PAGES

    @cached_property
    def _count_up_to_limit(self) -> int:
        if self.known is not None:
            return self.known
        return self.object_list.order_by()[: self.most + 1].count()

    @cached_property
    def count(self) -> int:
        """The number of rows that can be shown."""
        return min(self._count_up_to_limit, self.most)

    @property
    def is_capped(self) -> bool:
        """True if the list has more rows than can be shown."""
        return self._count_up_to_limit > self.most


def page_of(
    objects: QuerySet[Any], number: str | None, *, per_page: int = PER_PAGE, known: int | None = None
) -> Page[Any]:
    """The page of `objects` with this number, given as text from the query string. Without a number, the first page.

    `known` is the number of objects, which must be exact if it is less than can be shown. Without it they are counted.

    Raises Http404 if there is no such page.
    """
    number = number or "1"
    if not (number.isascii() and number.isdigit() and len(number) <= len(str(MAX_PAGES))):
        raise Http404("No such page.")
    try:
        return CappedPaginator(objects, per_page, known).page(int(number))
    except InvalidPage:
        raise Http404("No such page.") from None
