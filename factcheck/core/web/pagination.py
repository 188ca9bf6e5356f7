"""Lists in pages, with a bound on how far a reader can go."""

from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404
from django.utils.functional import cached_property

PER_PAGE = 20
# Every page before the one asked for is read and thrown away, so the last page that we show is bounded.
FARTHEST = 100


class CappedPaginator(Paginator[Any]):
    """Counts and shows at most `FARTHEST` pages, however long the list is."""

    object_list: QuerySet[Any]

    def __init__(self, objects: QuerySet[Any], per_page: int = PER_PAGE) -> None:
        super().__init__(objects, per_page)

    @property
    def most(self) -> int:
        """The number of rows on all pages that can be shown."""
        return self.per_page * FARTHEST

    @cached_property
    def _found(self) -> int:
        return self.object_list.order_by()[: self.most + 1].count()

    @cached_property
    def count(self) -> int:
        """The number of rows that can be reached."""
        return min(self._found, self.most)

    @property
    def is_capped(self) -> bool:
        """Whether the list is longer than what can be shown."""
        return self._found > self.most


def page_of(objects: QuerySet[Any], number: str | None, *, per_page: int = PER_PAGE) -> Page[Any]:
    """The page of `objects` that `number`, as it stands in an address, asks for; the first when it is empty.

    Raises Http404 when there is no such page.
    """
    number = number or "1"
    if not (number.isascii() and number.isdigit() and len(number) <= len(str(FARTHEST))):
        raise Http404("No such page.")
    try:
        return CappedPaginator(objects, per_page).page(int(number))
    except InvalidPage:
        raise Http404("No such page.") from None
