"""Appearances and evidence: rows within the claim's form, numbered in the order that is typed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from claims.models import Appearance, Claim, Claimant, ClaimPart, Evidence
from claims.record.rows import origin_key
from factcheck.core.desk.admin import DeskStackedInline
from factcheck.core.desk.formsets import ROWS, DeskFormSet
from factcheck.core.desk.widgets import DeskSelect, label_of
from factcheck.core.fields.keys import is_key
from sources.models import Source, seen_by

# Rows without a place come last.
_LAST = 2**15 - 1


# The fields that choose another row, with the rows that they choose from.
KNOWN: dict[str, QuerySet[Any]] = {
    "source": Source.objects.select_related("publisher"),
    "part": Claim.objects.all(),
    "attributed_to": Claimant.objects.prefetch_related("affiliations"),
}


class KnownSelect(DeskSelect):
    """A choice whose label was read before, so that fifty of them need no query."""

    known: Mapping[str, str] = {}

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        empty = [] if self.is_required else [("", "")]
        chosen = [(pk, self.known[pk]) for pk in value if pk in self.known]
        return [
            (
                None,
                [
                    self.create_option(name, pk, label, bool(pk), index)
                    for index, (pk, label) in enumerate([*empty, *chosen])
                ],
                0,
            )
        ]


class RowForm(forms.ModelForm[Any]):
    """A row with its place in the list, from 1."""

    place = forms.IntegerField(
        label=_("row number"),
        required=False,
        min_value=1,
        max_value=ROWS,
        help_text=_("Its place in this list, from 1. Leave it empty for the last place."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["place"] = self.instance.order + 1


class RowFormSet(DeskFormSet):
    """The rows of a claim. Saving numbers them without gaps, in the order that the places give."""

    @cached_property
    def forms(self) -> list[Any]:
        """The rows. One query reads the labels of all their sources, and one those of all their people."""
        forms: list[Any] = super().forms
        for name in KNOWN.keys() & self.empty_form.fields.keys():
            named = {str(form[name].value() or "") for form in forms}
            rows = KNOWN[name].filter(pk__in=[key for key in named if is_key(key)])
            known = {str(row.pk): label_of(row) for row in rows}
            for form in forms:
                form.fields[name].widget.widget.known = known
        return forms

    def save(self, commit: bool = True) -> Any:
        for form in self.forms:
            if hasattr(form, "cleaned_data") and not form.instance.pk:
                form.instance.order = _LAST
        saved = super().save(commit)
        if commit and self.has_changed():
            self._number()
        return saved

    def _number(self) -> None:
        wanted = {form.instance.pk: self._sort_key(form) for form in self.forms}
        table = self.get_queryset().model.objects
        rows = list(table.filter(claim=self.instance).order_by("order", "pk"))
        rows.sort(key=lambda row: wanted.get(row.pk, (row.order + 1, 0)))
        moved = [(place, row) for place, row in enumerate(rows) if row.order != place]
        for place, row in moved:
            row.order = place
        table.bulk_update([row for _place, row in moved], ["order"])

    @staticmethod
    def _sort_key(form: Any) -> tuple[int, int]:
        """The sort key of a row. Moving up, it comes before the row at its new place; moving down, after it."""
        before = form.initial.get("place", _LAST)
        place = getattr(form, "cleaned_data", {}).get("place") or _LAST
        return place, (place > before) - (place < before)


class RowInline(DeskStackedInline):
    """Rows of a claim, one below the other."""

    form = RowForm
    formset = RowFormSet
    template = "admin/claims/claim/rows.html"
    extra = 1
    autocomplete_fields = ["source"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(seen_by(request.user, "source__"))
        return rows.select_related("source__publisher").order_by("order")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in KNOWN:
            kwargs["widget"] = KnownSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AppearanceInline(RowInline):
    """Places where the claim was made."""

    model = Appearance
    autocomplete_fields = ["source", "attributed_to"]
    verbose_name_plural = _("where it appears")
    fields = [
        ("source", "attributed_to", "appeared_on"),
        ("exact", "words_not_recorded"),
        ("prefix", "suffix"),
        ("locator", "position", "place"),
    ]


class EvidenceForm(RowForm):
    """A piece of evidence. The browser offers the independent sources that are known while one is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "origin" in self.fields:
            self.fields["origin"].widget.attrs["list"] = "known-origins"


class EvidenceFormSet(RowFormSet):
    """The evidence of a claim, with the independent sources that its rows may share."""

    @cached_property
    def known_origins(self) -> list[str]:
        """The independent sources of this evidence, and those that other claims name for the same documents."""
        rows = [form.instance for form in self.initial_forms]
        elsewhere = Evidence.objects.filter(source__in=[row.source_id for row in rows]).order_by("origin")
        names = [*(row.origin for row in rows), *elsewhere.values_list("origin", flat=True).distinct()[:ROWS]]
        known: dict[str, str] = {}
        for name in filter(None, names):
            known.setdefault(origin_key(name), name)
        return list(known.values())


class EvidenceInline(RowInline):
    """Evidence for and against the claim."""

    model = Evidence
    form = EvidenceForm
    formset = EvidenceFormSet
    fields = [
        ("source", "stance"),
        ("finding", "quote"),
        ("locator", "origin"),
        ("is_primary", "secondary_reason"),
        ("note", "place"),
    ]


class PartInline(RowInline):
    """Claims that are parts of the claim."""

    model = ClaimPart
    fk_name = "claim"
    autocomplete_fields = ["part"]
    verbose_name = _("part")
    verbose_name_plural = _("parts that are claims of their own")
    fields = [("part", "place")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super(RowInline, self).get_queryset(request).order_by("order")
