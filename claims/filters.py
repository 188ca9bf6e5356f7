"""What readers and programs may narrow a list by: one set for the page, the API, the feeds and the files."""

import datetime
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from claims.choices import Act, ClaimKind, CorrectionKind, EntryKind
from claims.models import Correction, IndexEntry, PublishedClaim
from factcheck.core import dates
from factcheck.core.keys import check_language

# So many names of a kind stand in the form. Any other slug is taken as well.
NAMES_OFFERED = 200
# So many ratings or topics can be asked for at once.
MOST_VALUES = 20
ANY = _("Any")
# What can be the slug of something, whether or not it is.
_check_slug = RegexValidator(
    r"^[-a-zA-Z0-9_]{1,100}\Z",
    _("This is not a name that can stand in an address. Choose one from the list."),
)

Choices = list[tuple[str, str]]


def _names(kind: EntryKind) -> Choices:
    """By name; ratings from the best to the worst, and those off the scale last."""
    entries = IndexEntry.objects.of(kind)
    if kind == EntryKind.RATING:
        entries = entries.order_by(F("body__value").desc(nulls_last=True), "sort_key", "slug")
    return list(entries.values_list("slug", "name")[:NAMES_OFFERED])


class _KeepsWhatIsChosen:
    """Lists the value that was asked for also when it is not among the names offered."""

    choices: Any

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> Any:
        offered = list(self.choices)
        slugs = {slug for slug, _name in offered}
        self.choices = [*offered, *((slug, slug) for slug in value if slug not in slugs)]
        return super().optgroups(name, value, attrs)  # type: ignore[misc]

    def use_required_attribute(self, initial: Any) -> bool:
        """No filter is required. Django's own answer would read the names once more to say so."""
        return False


class _NameSelect(_KeepsWhatIsChosen, forms.Select):
    pass


class _NameCheckboxes(_KeepsWhatIsChosen, forms.CheckboxSelectMultiple):
    pass


class NameField(forms.ChoiceField):
    """The slug of a name in the record's index. Choices are read only when the form is drawn."""

    widget = _NameSelect

    def __init__(self, *, names: EntryKind, **kwargs: Any) -> None:
        super().__init__(choices=lambda: [("", ANY), *_names(names)], **kwargs)

    def validate(self, value: str) -> None:
        if value:
            _check_slug(value)


class NamesField(forms.MultipleChoiceField):
    """Slugs of names in the record's index, any of which will do."""

    widget = _NameCheckboxes

    def __init__(self, *, names: EntryKind, **kwargs: Any) -> None:
        super().__init__(choices=partial(_names, names), **kwargs)

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(slug for slug in super().to_python(value) if slug))

    def validate(self, value: list[str]) -> None:
        if len(value) > MOST_VALUES:
            raise ValidationError(_("Choose at most %(most)s.") % {"most": MOST_VALUES})
        for slug in value:
            _check_slug(slug)


class DayField(forms.CharField):
    """A day, month or year; gives the day that `bound` finds in it."""

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


Narrow = Callable[[QuerySet[Any], str, Any], QuerySet[Any]]


def _by(method: str) -> Narrow:
    """Narrows through a method of the record's queryset."""
    return lambda queryset, _name, value: getattr(queryset, method)(value)


def _by_any(method: str) -> Narrow:
    return lambda queryset, _name, values: getattr(queryset, method)(*values)


class FilterSet(django_filters.FilterSet):
    """A filter set that can say itself again as an address."""

    @property
    def query(self) -> str:
        """The part of an address that asks for this list: the filters that are set, and nothing else."""
        return urlencode([(name, value) for name in self.filters for value in self._values(name) if value])

    def _values(self, name: str) -> Iterable[str]:
        values = self.data.getlist(name) if hasattr(self.data, "getlist") else [self.data.get(name)]
        return values if isinstance(self.filters[name], NamesFilter) else values[-1:]


class ClaimFilterSet(FilterSet):
    """Published claims by rating, topic, claimant, article, outlet, kind, language and days.

    Several ratings or topics mean any of them. Parameters that are not here are ignored.
    """

    rating = NamesFilter(names=EntryKind.RATING, label=_("Rating"), method=_by_any("rated"))
    topic = NamesFilter(names=EntryKind.TOPIC, label=_("Topic"), method=_by_any("on_topic"))
    claimant = NameFilter(names=EntryKind.CLAIMANT, label=_("Claimant"), method=_by("by_claimant"))
    article = NameFilter(names=EntryKind.ARTICLE, label=_("Article"), method=_by("in_article"))
    outlet = NameFilter(names=EntryKind.OUTLET, label=_("Outlet"), method=_by("from_outlet"))
    kind = django_filters.ChoiceFilter(choices=ClaimKind, label=_("Kind of claim"), empty_label=ANY)
    language = django_filters.CharFilter(
        label=_("Language"),
        max_length=20,
        validators=[check_language],
        help_text=_("As a tag: en, es, pt-BR."),
    )
    since = DayFilter(
        label=_("Made on or after"),
        bound=dates.earliest,
        max_length=10,
        help_text=_("2025-06-21, 2025-06 or 2025."),
        method=lambda queryset, _name, day: queryset.claimed_between(day, None),
    )
    until = DayFilter(
        label=_("Made on or before"),
        bound=dates.latest,
        max_length=10,
        help_text=_("2025-06-21, 2025-06 or 2025."),
        method=lambda queryset, _name, day: queryset.claimed_between(None, day),
    )

    class Meta:
        model = PublishedClaim
        fields: list[str] = []


# The rating changes among the corrections are told by the act, not by how much it corrects.
RATING_CHANGES = "rating"


def _of_kind(queryset: QuerySet[Correction], _name: str, value: str) -> QuerySet[Correction]:
    if value == RATING_CHANGES:
        return queryset.filter(revision__act=Act.RERATE)
    return queryset.filter(kind=value)


class CorrectionFilterSet(FilterSet):
    """Corrections by how much they change, or only those that change the rating."""

    kind = django_filters.ChoiceFilter(
        choices=[*CorrectionKind.choices, (RATING_CHANGES, _("Rating change"))],
        label=_("Kind of correction"),
        empty_label=ANY,
        method=_of_kind,
    )

    class Meta:
        model = Correction
        fields: list[str] = []
