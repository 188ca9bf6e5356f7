"""Base classes for every page of the desk."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin, InlineModelAdmin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from factcheck.core.desk.formsets import ROWS, DeskFormSet
from factcheck.core.desk.widgets import (
    CommaSeparatedField,
    DeskDateTime,
    DeskSelect,
    DeskSelectMultiple,
    LineField,
    ProseField,
)


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
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", DeskSelectMultiple(db_field, self.admin_site, using=kwargs.get("using")))
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


class DeskModelAdmin(DeskFieldsMixin, admin.ModelAdmin[Any]):
    """A table of the desk. Rows can't be deleted: published pages or the history may refer to them."""

    list_per_page = 50
    show_full_result_count = False
    # Exceptions that saving may raise although the form was valid. The form is shown again with its text; nothing
    # is saved.
    refusals: tuple[type[Exception], ...] = (IntegrityError,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return super().get_search_results(request, queryset, search_term.replace("\0", ""))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list. A NUL in the query string, which no column can store, redirects to the unfiltered list."""
        if any("\0" in text for name, values in request.GET.lists() for text in [name, *values]):
            self.message_user(request, _("This filter has a value that cannot be. It was left out."), messages.WARNING)
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form. A refusal raised while saving is shown in the form, like any other error."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except self.refusals as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

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

    def explain(self, refusal: Exception, form: Any) -> None:
        """Add the message of `refusal` to the form's errors."""
        form.add_error(None, _("Somebody else stored the same at this moment. Look at what they did, then save again."))
