"""The filters for lists of claims and corrections, shared by the pages, the API, the feeds and the files."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import urlencode

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from claims.choices import Act, ClaimKind, CorrectionKind, EntryKind, Order
from claims.models import Correction, IndexEntry, PublishedClaim
from claims.search import candidates
from claims.search import query as search
from claims.search.narrowest import Few, few
from claims.search.parsing import MOST_CHARACTERS
from factcheck.core.fields import dates
from factcheck.core.fields.keys import check_language
from factcheck.core.text import one_line

if TYPE_CHECKING:
    from claims.models.querysets import PublishedClaimQuerySet

# The largest number of ratings or topics in one request.
MOST_VALUES = 20
ANY = _("Any")
# Checks the form of a slug, not its existence.
_check_slug = RegexValidator(
    r"^[-a-zA-Z0-9_]{1,100}\Z",
    _("This isn't a valid name. Choose one from the list."),
)


class NameField(forms.CharField):
    """The slug of a name in the record's index."""

    default_validators = [_check_slug]


class NamesField(forms.MultipleChoiceField):
    """Slugs of names in the record's index. Claims with any of them match."""

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(slug for slug in super().to_python(value) if slug))

    def validate(self, value: list[str]) -> None:
        if len(value) > MOST_VALUES:
            raise ValidationError(_("Choose at most %(most)s.") % {"most": MOST_VALUES})
        for slug in value:
            _check_slug(slug)


class QueryField(forms.CharField):
    """A search query. Accepts any text and removes control characters."""

    def to_python(self, value: Any) -> str:
        return one_line(str(value or "").replace("\0", " "))[:MOST_CHARACTERS]


class YearField(forms.IntegerField):
    """A year from 1 to 9999."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=datetime.MAXYEAR, **kwargs)


class DayField(forms.CharField):
    """A day, month or year. The cleaned value is the day that `bound` returns for it."""

    def __init__(self, *, bound: Callable[[str], datetime.date], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bound = bound

    def clean(self, value: Any) -> datetime.date | None:
        text = super().clean(value)
        if not text:
            return None
        dates.check_partial_date(text)
        return self.bound(text)


class NameFilter(django_filters.Filter):
    field_class = NameField


class NamesFilter(django_filters.Filter):
    field_class = NamesField


class DayFilter(django_filters.Filter):
    field_class = DayField


class QueryFilter(django_filters.Filter):
    field_class = QueryField


class YearFilter(django_filters.Filter):
    field_class = YearField


Narrow = Callable[[QuerySet[Any], str, Any], QuerySet[Any]]


def _by(method: str) -> Narrow:
    """A filter function that calls a queryset method with the value."""
    return lambda queryset, _name, value: getattr(queryset, method)(value)


def _by_any(method: str) -> Narrow:
    """A filter function that calls a queryset method with all the values."""
    return lambda queryset, _name, values: getattr(queryset, method)(*values)


@dataclass(frozen=True)
class Ignored:
    """A value that a page ignores: the label of its filter, the value as given, and the reason, which may be empty."""

    label: str
    value: str
    reason: str


class FilterSet(django_filters.FilterSet):
    """A filter set that can be turned back into a query string."""

    # Only in a filter set that `forgiving` returns: what it leaves out, and the form with all that was given.
    ignored: list[Ignored]
    typed: forms.Form

    @classmethod
    def forgiving(cls, given: QueryDict, *, queryset: QuerySet[Any]) -> Self:
        """The filter set of a reader's address, valid whatever is in it.

        Readers come from links that other people wrote, so a page shows what it can. Programs get status 400 instead:
        see `invalid_filters_response`.
        """
        asked = cls(given, queryset=queryset)
        kept: dict[str, list[str]] = {}
        ignored = []
        for name, values in asked.said.items():
            kept[name] = []
            for value in values:
                try:
                    # With the ones before it, because their number is limited too.
                    asked._check(name, [*kept[name], value])
                except ValidationError as error:
                    # The sentence about a choice only repeats the value.
                    reasons = [one.messages[0] for one in error.error_list if one.code != "invalid_choice"]
                    ignored.append(Ignored(str(asked.filters[name].label), value, " ".join(reasons)))
                else:
                    kept[name].append(value)
        for name, value in asked._unused(kept):
            kept[name].remove(value)
            ignored.append(
                Ignored(str(asked.filters[name].label), value, str(_("No check that we published has this.")))
            )
        data = given.copy()
        for name, values in kept.items():
            data.setlist(name, values)
        valid = cls(data, queryset=queryset)
        valid.form.is_valid()  # cleans the data
        valid.ignored, valid.typed = ignored, asked.form
        return valid

    def _check(self, name: str, values: list[str]) -> None:
        """Raises ValidationError if the filter doesn't take these values."""
        field = self.form.fields[name]
        field.clean(values if isinstance(field, NamesField) else values[-1])

    def _unused(self, values: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
        """The filters with values that could exist, but that nothing in the list has."""
        return []

    @property
    def query(self) -> str:
        """The query string for this list, with only the filters that are set."""
        return urlencode([(name, value) for name, values in self.said.items() for value in values])

    def query_with(self, **changed: list[str]) -> str:
        """The query string with other values for some filters."""
        said = self.said | changed
        return urlencode([(name, value) for name in self.filters for value in said.get(name, [])])

    @cached_property
    def said(self) -> dict[str, list[str]]:
        """The filters that are set, each with its values as given in the request."""
        given = {name: [value for value in self._values(name) if value] for name in self.filters}
        return {name: values for name, values in given.items() if values}

    def _values(self, name: str) -> Iterable[str]:
        values = self.data.getlist(name) if hasattr(self.data, "getlist") else [self.data.get(name)]
        return values if isinstance(self.filters[name], NamesFilter) else values[-1:]


class ClaimFilterSet(FilterSet):
    """The filters and the order for lists of published claims.

    Claims match if they have any of several given ratings or topics. Unknown parameters are ignored.
    """

    q = QueryFilter(label=_("Search"), method="search_for")
    rating = NamesFilter(label=_("Rating"), method=_by_any("rated"))
    topic = NamesFilter(label=_("Topic"), method=_by_any("on_topic"))
    claimant = NameFilter(label=_("Who said it"), method=_by("by_claimant"))
    article = NameFilter(label=_("Article"), method=_by("in_article"))
    outlet = NameFilter(label=_("Outlet"), method=_by("from_outlet"))
    source = NameFilter(label=_("Source"), method=_by("citing"))
    kind = django_filters.ChoiceFilter(choices=ClaimKind, label=_("Kind of claim"), empty_label=ANY)
    language = django_filters.CharFilter(
        label=_("Language"),
        max_length=20,
        validators=[check_language],
        help_text=_("As a tag: en, es, pt-BR."),
    )
    year = YearFilter(label=_("Year of the claim"), method=_by("claimed_in"))
    since = DayFilter(
        label=_("From"),
        bound=dates.earliest,
        max_length=10,
        help_text=_("2025-06-21, 2025-06 or 2025."),
        method=lambda queryset, _name, day: queryset.claimed_between(day, None),
    )
    until = DayFilter(
        label=_("To"),
        bound=dates.latest,
        max_length=10,
        help_text=_("2025-06-21, 2025-06 or 2025."),
        method=lambda queryset, _name, day: queryset.claimed_between(None, day),
    )
    sort = django_filters.ChoiceFilter(
        choices=Order, label=_("Order"), empty_label="", method=lambda queryset, _name, _value: queryset
    )

    class Meta:
        model = PublishedClaim
        fields: list[str] = []

    def _unused(self, values: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
        """Names that no published claim has. Runs one query if names are given."""
        named = [(name, value) for name in values if name in EntryKind.values for value in values[name]]
        # A form strips its values.
        wanted = (Q(kind=name, slug=value.strip()) for name, value in named)
        entries = IndexEntry.objects.filter(reduce(Q.__or__, wanted)) if named else IndexEntry.objects.none()
        known = set(entries.values_list("kind", "slug"))
        return [(name, value) for name, value in named if (name, value.strip()) not in known]

    @cached_property
    def found(self) -> search.Found | None:
        """The result of the search. None without a search query.

        If too many claims have its words to compare them all, only those of the narrowest filter are compared, if they
        are few.
        """
        text = self.form.cleaned_data["q"]
        return search.find(text, lambda: self._few.keys if self._few else None) if text else None

    @property
    def searched_in(self) -> str:
        """The filter whose claims alone were compared with the search. Empty if it doesn't depend on a filter."""
        return self._few.name if self.found and self.found.is_among and self._few else ""

    @cached_property
    def _few(self) -> Few | None:
        return few({name: self.form.cleaned_data[name] for name in self.narrowing}, candidates.MOST_CANDIDATES)

    @property
    def orders(self) -> list[Order]:
        """The orders that this list can have."""
        return [order for order in Order if order != Order.RELEVANCE or self.found is not None]

    @property
    def order(self) -> Order:
        """The order that the request gives, or else the first that the list can have."""
        asked = self.form.cleaned_data["sort"]
        return Order(asked) if asked in self.orders else self.orders[0]

    def search_for(self, queryset: QuerySet[Any], _name: str, _text: str) -> QuerySet[Any]:
        """The claims that the search found."""
        return cast("PublishedClaimQuerySet", queryset).found(self.found.places) if self.found else queryset

    def narrowed(self, queryset: QuerySet[Any], *, without: str = "") -> QuerySet[Any]:
        """`queryset` with all filters applied, or all except `without`. Not ordered."""
        for name, value in self.form.cleaned_data.items():
            if name != without:
                queryset = self.filters[name].filter(queryset, value)
        return queryset

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return cast("PublishedClaimQuerySet", self.narrowed(queryset)).in_order(self.order)

    @property
    def narrowing(self) -> list[str]:
        """The names of the filters that narrow the list, the search among them, in the order of the form."""
        return [name for name in self.said if name != "sort" and self.form.cleaned_data.get(name)]

    def first(self, most: int, *, fitting: frozenset[int] | None = None) -> QuerySet[Any]:
        """The claims of the list in its order, of which at most the first `most` are shown.

        Of a search, only the best of the claims that it found are read, or those with the keys in `fitting`: the ones
        that fit the other filters, if they are known.
        """
        if self.found and fitting is not None:
            places = {pk: place for pk, place in self.found.places.items() if pk in fitting}
        elif self.found and self.narrowing == ["q"] and self.order == Order.RELEVANCE:
            places = self.found.best(most)
        else:
            return cast("QuerySet[Any]", self.qs)
        return cast("QuerySet[Any]", PublishedClaim.objects.found(places).in_order(self.order))


# Rating changes aren't a kind of correction: their act identifies them.
RATING_CHANGES = "rating"


def _of_kind(queryset: QuerySet[Correction], _name: str, value: str) -> QuerySet[Correction]:
    if value == RATING_CHANGES:
        return queryset.filter(revision__act=Act.RERATE)
    return queryset.filter(kind=value)


class CorrectionFilterSet(FilterSet):
    """The filter for corrections: one kind, or only changed ratings."""

    kind = django_filters.ChoiceFilter(
        choices=[*CorrectionKind.choices, (RATING_CHANGES, _("Rating change"))],
        label=_("Kind of correction"),
        empty_label=ANY,
        method=_of_kind,
    )

    class Meta:
        model = Correction
        fields: list[str] = []
