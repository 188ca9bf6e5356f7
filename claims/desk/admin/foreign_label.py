"""Labels of other publishers: which wait for a decision, and the form that decides about them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.choices import ForeignMeaning, ImportState
from claims.desk.admin.foreign import PublisherFilter
from claims.desk.admin.listing import ClaimFilter
from claims.desk.admin.sent import person
from claims.desk.imports import labels
from claims.desk.imports.label_table import proposed
from claims.models import ForeignCheck, ForeignLabel, ImportRun
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import ReadOnlyAdmin
from factcheck.core.fields.keys import is_key
from factcheck.core.text import shortened

# Labels on one page. The next ones follow when these are decided.
AT_ONCE = 50
_SHORT = 160
_UNDECIDED = "none"


@dataclass
class Asked:
    """A label with what helps to decide: how many fact-checks have it, an example, and its numbers as given."""

    row: ForeignLabel
    count: int = 0
    example: str = ""
    numbers: str = ""
    is_reversed: bool = False
    proposal: str = ""
    fields: list[Any] = field(default_factory=list)


class MeaningFilter(ClaimFilter):
    title = gettext_lazy("class")
    parameter_name = "meaning"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(_UNDECIDED, _("Not decided")), *ForeignMeaning.choices]

    def narrow(self, queryset: Any, value: str) -> Any:
        return queryset.filter(meaning="" if value == _UNDECIDED else value)


class DecisionsForm(forms.Form):
    """A class for each of some labels. Each field may stay empty: then its label stays as it is."""

    def __init__(self, rows: Iterable[ForeignLabel], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in rows:
            self.fields[f"meaning-{row.pk}"] = forms.ChoiceField(
                label=_("Class of “%(label)s”") % {"label": row.label},
                choices=[("", _("Decide later")), *ForeignMeaning.choices],
                required=False,
                initial=row.meaning,
            )
            # The class that the person saw.
            self.fields[f"seen-{row.pk}"] = forms.CharField(
                widget=forms.HiddenInput, required=False, initial=row.meaning
            )


class PublisherOfLabelFilter(PublisherFilter):
    parameter_name = "publisher"


@admin.register(ForeignLabel)
class ForeignLabelAdmin(ReadOnlyAdmin):
    """Labels of other publishers, with who decided about each and when."""

    change_list_template = "admin/claims/foreign_label/list.html"
    list_display = ["quoted", "publisher", "decision", "table_version", "decided_by", "decided_at"]
    list_display_links = None
    list_filter = [MeaningFilter, PublisherOfLabelFilter]
    list_select_related = ["decided_by"]
    search_fields = ["label", "publisher"]
    ordering = ["publisher", "label"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.decide_view)
        return [path("decide/", view, name="claims_foreignlabel_decide"), *super().get_urls()]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """True if the person may decide about labels."""
        return request.user.has_perm("claims.change_foreignlabel")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with a link to the labels that wait."""
        waiting = ForeignLabel.objects.filter(meaning="").count() if self.has_decide_permission(request) else 0
        return super().changelist_view(request, {"waiting": waiting, **(extra_context or {})})

    @admin.display(description=gettext_lazy("label"))
    def quoted(self, row: ForeignLabel) -> str:
        return format_html("“{}”", row.label)

    @admin.display(description=gettext_lazy("class"))
    def decision(self, row: ForeignLabel) -> SafeString:
        address = f"{reverse('admin:claims_foreignlabel_decide')}?label={row.pk}"
        return format_html('<a href="{}">{}</a>', address, row.get_meaning_display() or _("Not decided"))

    def decide_view(self, request: HttpRequest) -> HttpResponse:
        """The labels that wait, or the one in the address, with a form that decides about them."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        rows = self._asked_for(request)
        form = DecisionsForm(rows, request.POST if request.method == "POST" else None)
        code = 200
        if request.method == "POST":
            unexpected.report(request, form.fields)
            if not form.is_valid():
                code = 400
            elif changed := self._decide(request, rows, form):
                code = 409
                for row in changed:
                    error = _("Somebody else chose “%(class)s” since you opened this page. Check it, then save again.")
                    form.add_error(f"meaning-{row.pk}", error % {"class": row.get_meaning_display()})
                sent = request.POST.copy()
                for row in changed:
                    sent[f"seen-{row.pk}"] = row.meaning
                form.data = sent
            else:
                return redirect("admin:claims_foreignlabel_changelist")
        asked = _with_examples(rows)
        for one in asked:
            one.fields = [form[f"meaning-{one.row.pk}"], form[f"seen-{one.row.pk}"]]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decide about labels"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "asked": asked,
            "turned": sorted({one.row.publisher for one in asked if one.is_reversed}),
            "left": max(0, ForeignLabel.objects.filter(meaning="").count() - len(asked)),
        }
        return TemplateResponse(request, "admin/claims/foreign_label/decide.html", context, status=code)

    @staticmethod
    def _asked_for(request: HttpRequest) -> list[ForeignLabel]:
        """The labels of the page. For a sent form those that it had, so that nothing typed is lost."""
        rows = ForeignLabel.objects.order_by("publisher", "label")
        if request.method == "POST":
            sent = (name.removeprefix("meaning-") for name in request.POST if name.startswith("meaning-"))
            return list(rows.filter(pk__in=[key for key in sent if is_key(key)][:AT_ONCE]))
        one = request.GET.get("label", "")
        return list(rows.filter(pk=one) if is_key(one) else rows.filter(meaning="")[:AT_ONCE])

    @transaction.atomic
    def _decide(self, request: HttpRequest, rows: list[ForeignLabel], form: DecisionsForm) -> list[ForeignLabel]:
        """Store the decisions, all or none. Returns the labels that somebody else decided meanwhile, if any."""
        pks = [row.pk for row in rows]
        now = list(ForeignLabel.objects.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True))
        chosen = {row: form.cleaned_data[f"meaning-{row.pk}"] for row in now}
        wanted = {row: meaning for row, meaning in chosen.items() if meaning and meaning != row.meaning}
        changed = [row for row in wanted if form.cleaned_data[f"seen-{row.pk}"] != row.meaning]
        if changed:
            return changed
        for row, meaning in wanted.items():
            is_proposed = meaning == proposed(row.label)
            labels.decide((row.publisher, row.label), meaning, by=person(request), is_proposed=is_proposed)
        sentence = ngettext("We saved %(count)d decision.", "We saved %(count)d decisions.", len(wanted))
        self.message_user(request, sentence % {"count": len(wanted)}, messages.SUCCESS)
        return []


def _with_examples(rows: list[ForeignLabel]) -> list[Asked]:
    """The labels with their counts and examples, from the fact-checks that we have and from imports that wait."""
    asked = {(row.publisher, row.label): Asked(row, proposal=_in_words(proposed(row.label))) for row in rows}
    stored = ForeignCheck.objects.filter(label__in=rows).values("label").annotate(count=Count("pk"), last=Max("pk"))
    by_label = {one["label"]: one for one in stored}
    examples = ForeignCheck.objects.in_bulk([one["last"] for one in by_label.values()])
    for one in asked.values():
        if found := by_label.get(one.row.pk):
            example = examples[found["last"]]
            numbers = labels.as_given({"value": example.value, "worst": example.worst, "best": example.best})
            one.count, one.example, one.numbers = found["count"], shortened(example.claim, _SHORT), numbers
    waiting = ImportRun.objects.filter(state=ImportState.NEEDS_LABELS).order_by("-pk")[:AT_ONCE]
    for counts in waiting.values_list("counts", flat=True):
        turned = {one["publisher"] for one in counts.get("reversed", [])}
        for label in counts.get("labels", []):
            if about := asked.get((label["publisher"], label["label"])):
                about.count += label["rows"]
                about.example = about.example or shortened(label.get("example", ""), _SHORT)
                about.numbers = about.numbers or label.get("numbers", "")
                about.is_reversed = about.is_reversed or label["publisher"] in turned
    return list(asked.values())


def _in_words(meaning: str) -> str:
    return str(ForeignMeaning(meaning).label) if meaning else ""
