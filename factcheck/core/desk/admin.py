"""Base classes for every page of the desk."""

from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.exceptions import DisallowedModelAdminToField
from django.contrib.admin.options import BaseModelAdmin, IncorrectLookupParameters, InlineModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from factcheck.core.database import is_lock_failure
from factcheck.core.desk import tables, typed, unexpected
from factcheck.core.desk.conflict import Busy, Merge, OutdatedForm, as_read, is_current
from factcheck.core.desk.formsets import ROWS, DeskFormSet
from factcheck.core.desk.lists import DeskList
from factcheck.core.desk.problems import problems_of
from factcheck.core.desk.search import containing
from factcheck.core.desk.widgets import (
    CommaSeparatedField,
    DeskDateTime,
    DeskSelect,
    DeskSelectMultiple,
    LineField,
    ProseField,
    RowChoiceField,
    RowsChoiceField,
)
from factcheck.core.fields.keys import is_key
from factcheck.core.web.pagination import CappedPaginator


class DeskFieldsMixin(BaseModelAdmin[Any]):
    """Normalise text, edit lists in one input, and label autocomplete fields for screen readers."""

    formfield_overrides = {
        models.CharField: {"form_class": LineField},
        models.SlugField: {"widget": AdminTextInputWidget},
        models.TextField: {"form_class": ProseField, "widget": AdminTextareaWidget({"rows": 4})},
        models.DateTimeField: {"widget": DeskDateTime},
        ArrayField: {"form_class": CommaSeparatedField, "widget": AdminTextInputWidget},
    }

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", DeskSelect(db_field, self.admin_site, using=kwargs.get("using")))
        if hasattr(manager := db_field.related_model._default_manager, "seen_by"):
            kwargs.setdefault("queryset", manager.seen_by(request.user))
        kwargs.setdefault("form_class", RowChoiceField)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", DeskSelectMultiple(db_field, self.admin_site, using=kwargs.get("using")))
            kwargs.setdefault("form_class", RowsChoiceField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class DeskRowsMixin(DeskFieldsMixin, InlineModelAdmin[Any, Any]):
    """Related rows in a form, at most `ROWS` of one kind."""

    formset = DeskFormSet
    extra = 0
    max_num = ROWS

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        most = {"absolute_max": ROWS + 1, "validate_max": True}
        return super().get_formset(request, obj, **most, **kwargs)


class DeskInline(DeskRowsMixin, admin.TabularInline[Any, Any]):
    """Related rows in a form, shown as a table."""


class DeskStackedInline(DeskRowsMixin, admin.StackedInline[Any, Any]):
    """Related rows in a form, one below the other."""


class NotSavedError(Exception):
    """The form is only to be shown with the text that was sent."""

    def __str__(self) -> str:
        return _("This isn't saved yet. Check it, then save.")


class DeskModelAdmin(DeskFieldsMixin, admin.ModelAdmin[Any]):
    """A table of the desk. Rows can't be deleted: published pages or the history may refer to them.

    If not everybody may see all rows, the model's queryset has a method `seen_by`. No page shows others the rest.

    A form is saved onto the row that its reader saw. If somebody saved meanwhile, it comes back with both texts.
    """

    list_per_page = 50
    show_full_result_count = False
    # Exceptions that saving may raise although the form was valid. The form is shown again with its text; nothing
    # is saved.
    refusals: tuple[type[Exception], ...] = (IntegrityError, OutdatedForm, Busy)
    # Fields that the template of the form adds.
    template_fields: tuple[str, ...] = ("as_read",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """The rows that this person may see."""
        rows = super().get_queryset(request)
        return rows.seen_by(request.user) if hasattr(rows, "seen_by") else rows

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *_args: Any, **_kwargs: Any) -> Any:
        return CappedPaginator(queryset, per_page)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeskList]:
        return DeskList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list at this address. Raises IncorrectLookupParameters for values that it can't take."""
        try:
            return super().get_changelist_instance(request)
        except DisallowedModelAdminToField as error:
            raise IncorrectLookupParameters from error

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        fields = list(self.get_search_fields(request))
        return containing(queryset, fields, search_term.replace("\0", "")) if fields else queryset, False

    def picker_offers(self, request: HttpRequest, term: str, field: models.Field[Any, Any]) -> list[dict[str, str]]:
        """What the picker of a field offers besides the rows that it finds, each with the `form` that adds a row."""
        return []

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_csv"
        return [path("csv/", self.admin_site.admin_view(self.csv_view), name=name), *super().get_urls()]

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as a CSV file, with the filters of the address."""
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            return tables.as_csv(self, request)
        except IncorrectLookupParameters:
            self.message_user(request, _("This list doesn't have that filter. Choose another one."), messages.WARNING)
            return HttpResponseRedirect(page)
        except tables.TooManyFound:
            sentence = _("Too many rows have these words for a file. Add a word, or use filters and no search.")
            self.message_user(request, sentence, messages.WARNING)
            return HttpResponseRedirect(f"{page}?{request.GET.urlencode()}")

    def rows_for_file(self, request: HttpRequest, rows: Any) -> Any:
        """The rows of a list that a file may have. A file leaves the desk, so it has nothing of protected sources."""
        return rows

    def value_for_file(self, row: Any, column: str) -> object:
        """A cell of the file."""
        return tables.text_of(row, column, self)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list. If the value of a filter isn't valid, Django redirects here with `ERROR_FLAG`."""
        asked = request.GET.copy()
        was_wrong = asked.pop(ERROR_FLAG, None)
        request.GET = asked  # type: ignore[assignment]
        if request.method == "POST":
            sent = request.POST.copy()
            selected = sent.getlist(helpers.ACTION_CHECKBOX_NAME)
            sent.setlist(helpers.ACTION_CHECKBOX_NAME, [key for key in selected if is_key(key)])
            request.POST = sent  # type: ignore[assignment]
        elif was_wrong:
            self.message_user(
                request, _("This filter's value isn't valid, so the filter was ignored."), messages.WARNING
            )
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    # Saving

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form. A refusal raised while saving is shown in the form, like any other error."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        sent = request.POST.copy()
        sent.pop("_saveasnew", None)
        is_look = sent.pop(typed.LOOK, None) is not None
        request.POST = sent  # type: ignore[assignment]
        try:
            if not is_look:
                return self._save(request, object_id, form_url, extra_context)
            refusal: Exception = NotSavedError()
        except self.refusals as refused:
            refusal = refused
        request.refusal = refusal  # type: ignore[attr-defined]
        context = {"conflict": getattr(refusal, "merge", None), **(extra_context or {})}
        code = HTTPStatus.OK if isinstance(refusal, NotSavedError) else self.status(refusal)
        if context["conflict"]:
            request.POST = context["conflict"].data
        response = super().changeform_view(request, object_id, form_url, context)
        response.status_code = code
        return response

    def _save(self, request: HttpRequest, object_id: str | None, *arguments: Any) -> Any:
        """Save the form in one transaction, on the locked row. Raises one of `refusals`."""
        try:
            with transaction.atomic():
                if object_id is not None:
                    self._check_unchanged(request, object_id)
                return super().changeform_view(request, object_id, *arguments)
        except OperationalError as error:
            if is_lock_failure(error):
                raise Busy from error
            raise

    def _check_unchanged(self, request: HttpRequest, object_id: str) -> None:
        """Lock the row. Raises OutdatedForm if it isn't what the form's reader saw."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_change_permission(request, row):
            return  # Django answers that
        self.lock(row)
        row = self.get_object(request, unquote(object_id))
        self.check_saving(request, row)
        form = self.get_form(request, row, change=True)(instance=row)
        formsets = [
            formset(instance=row, queryset=inline.get_queryset(request))
            for formset, inline in self.get_formsets_with_inlines(request, row)
            if inline.has_change_permission(request, row)
        ]
        if not self.is_current(request, row, form, formsets):
            raise OutdatedForm(self.merge(request, row, form, formsets))

    def lock(self, row: Any) -> None:
        """Lock a row and, with it, the rows in its form until the transaction ends."""
        # Without the key: other rows may refer to this one meanwhile.
        self.model._default_manager.select_for_update(no_key=True).filter(pk=row.pk).first()

    def check_saving(self, request: HttpRequest, row: Any) -> None:
        """Raises one of `refusals` if the row can't take any change now."""

    def is_current(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any]) -> bool:
        """True if the form that was sent shows the row as it is stored."""
        return is_current(request.POST.get("as_read", ""), form, formsets)

    def merge(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any]) -> Merge:
        """The sent data on top of the stored data."""
        return Merge(request.POST, form, formsets)

    def status(self, refusal: Exception) -> int:
        """The HTTP status of a refusal."""
        return 409

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The row with this key, or None. Python would read 1_00 or +100 as 100, and a page has one address."""
        return super().get_object(request, object_id, from_field) if from_field or is_key(object_id) else None

    def row_to_view(self, request: HttpRequest, object_id: str, *, missing: str) -> Any:
        """The row of a page of our own. Raises Http404 with `missing`, or PermissionDenied for who may not see it."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404(missing)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The form, with fingerprints of what its reader sees."""
        row = context.get("original")
        if context.get("errors"):
            context["problems"] = problems_of(context["adminform"].form, context["inline_admin_formsets"])
        if request.method == "POST":
            context["as_read"] = request.POST.get("as_read", "")
        elif row and self.has_change_permission(request, row):
            formsets = [one.formset for one in context["inline_admin_formsets"] if one.has_change_permission]
            context["as_read"] = as_read(context["adminform"].form, formsets)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if not hasattr(request, "refusal"):
            return form
        explain = partial(self.explain, request.refusal)

        class RefusedForm(form):  # type: ignore[misc, valid-type]
            def clean(self) -> Any:
                cleaned = super().clean()
                explain(self)
                return cleaned

        return RefusedForm

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        """The rows of a form, as Django makes them. Here all names that a form can send are known."""
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        if request.method == "POST":
            form = self.get_form(request, obj if change else None, change=change)
            unexpected.report(request, [*form.base_fields, *self.template_fields], formsets)
        return formsets, inlines

    def explain(self, refusal: Exception, form: Any) -> None:
        """Add the message of `refusal` to the form's errors."""
        sentence = _("Somebody else saved the same at the same time. Look at what they did, then save again.")
        form.add_error(None, sentence if isinstance(refusal, IntegrityError) else str(refusal))


class ReadOnlyAdmin(DeskModelAdmin):
    """A table that only grows, and not here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
