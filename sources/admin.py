"""The desk's tables of publishers, sources and snapshots."""

from copy import deepcopy
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from factcheck.accounts.models import User
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.filters import ValuesOfTheNewest
from factcheck.core.fields import dates
from factcheck.core.fields.addresses import canonical, host, lookup_key
from sources.choices import Protection
from sources.models import Publisher, Snapshot, Source


@admin.register(Publisher)
class PublisherAdmin(DeskModelAdmin):
    """Publishers."""

    list_display = ["name", "host", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", "address"]

    def rows_for_file(self, request: HttpRequest, rows: Any) -> Any:
        """The publishers without those that only protected sources have."""
        protected = Source.objects.exclude(protection=Protection.PUBLIC).values("publisher")
        public = Source.objects.filter(protection=Protection.PUBLIC).values("publisher")
        return rows.exclude(Q(pk__in=protected) & ~Q(pk__in=public))

    @admin.display(description=_("site"))
    def host(self, publisher: Publisher) -> str:
        return host(publisher.address)


class SourceForm(forms.ModelForm[Source]):
    """The form of a source. It asks before it stores a page that seems to be logged already."""

    not_stored: tuple[str, ...] = ("is_another_page",)

    is_another_page = forms.BooleanField(
        label=_("It is another page"),
        required=False,
        widget=forms.HiddenInput,
        help_text=_("Tick this if you opened both links and they show different pages."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "protection" in self.fields:
            self.fields["protection"].required = False
        if "address" in self.fields and not self.is_bound and (twin := self.instance.twins().first()):
            looks_like = format_html(gettext("Looks like the same page as {source}."), source=_link(twin))
            self.fields["address"].help_text = format_html("{} {}", self.fields["address"].help_text, looks_like)

    def clean_protection(self) -> str:
        """The protection. Left out, it stays as it is."""
        return self.cleaned_data["protection"] or str(self.instance.protection)

    def clean(self) -> dict[str, Any] | None:
        """Refuse an address that another source has, and one that looks the same until the editor insists."""
        cleaned = super().clean()
        address = self.cleaned_data.get("address", "")
        if address and "address" in self.changed_data:
            typed = Source(pk=self.instance.pk, canonical_address=canonical(address), lookup_key=lookup_key(address))
            if same := typed.twins().filter(canonical_address=typed.canonical_address).first():
                self._refuse(gettext("This page is already logged as {source}."), same)
            elif twin := typed.twins().first():
                self.fields["is_another_page"].widget = forms.CheckboxInput()
                if not self.cleaned_data.get("is_another_page"):
                    self._refuse(
                        gettext(
                            "This looks like the same page as {source}. If it is, use that source. "
                            "If it is another page, tick “It is another page” and save again."
                        ),
                        twin,
                    )
        return cleaned

    def _refuse(self, sentence: str, twin: Source) -> None:
        self.add_error("address", ValidationError(format_html(sentence, source=_link(twin))))


class PeopleField(forms.ModelMultipleChoiceField[User]):
    """A choice of people, shown by their signature and their user name."""

    def label_from_instance(self, obj: User) -> str:
        return obj.label


def _link(source: Source) -> str:
    return format_html('<a href="{}">{}</a>', reverse("admin:sources_source_change", args=[source.pk]), source)


@admin.register(Source)
class SourceAdmin(DeskModelAdmin):
    """Sources, found by title, publisher, author or address."""

    form = SourceForm
    list_display = ["title", "publisher", "kind", "when", "host", "has_copy", "protection_level"]
    list_filter = ["kind", "protection", "is_copy", "address_is_private", ("language", ValuesOfTheNewest)]
    search_fields = ["title", "publisher__name", "lookup_key", "slug"]
    search_help_text = _("Title, publisher or web address")
    autocomplete_fields = ["publisher"]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = [
        (None, {"fields": ["title", "publisher", "kind", "authors", ("published", "language"), "slug"]}),
        (
            _("Where it can be read"),
            {"fields": ["address", "address_is_private", "is_copy", "original_address", "archived_address"]},
        ),
        (_("About the source"), {"fields": ["summary", "interest", "note"]}),
        (_("Protection"), {"fields": ["protection", "described_as", "described_date", "people"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fieldsets, with the box to insist on another page for a person who may save."""
        fieldsets: Any = deepcopy(super().get_fieldsets(request, obj))
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            fieldsets[1][1]["fields"].insert(1, "is_another_page")
        return fieldsets

    def get_queryset(self, request: HttpRequest) -> Any:
        """The sources with their publishers, which every list and picker of sources shows."""
        return super().get_queryset(request).select_related("publisher")

    def rows_for_file(self, request: HttpRequest, rows: Any) -> Any:
        return rows.filter(protection=Protection.PUBLIC)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The sources that match the words. A web address finds every spelling of its page."""
        return super().get_search_results(request, queryset, lookup_key(search_term.strip()) or search_term)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What the history of the row says: also that the editor insisted on another page."""
        message: list[Any] = super().construct_change_message(request, form, formsets, add)
        if add and form.cleaned_data.get("is_another_page"):
            message.append({"changed": {"fields": [str(form.fields["is_another_page"].label)]}})
        return message

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The people who can be named: those who can sign in to the desk."""
        if db_field.name == "people":
            people = User.objects.filter(is_active=True, is_staff=True).order_by("first_name", "username")
            kwargs |= {"form_class": PeopleField, "queryset": people, "widget": forms.CheckboxSelectMultiple}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows. Whoever lets only named people see the source is one of them."""
        super().save_related(request, form, formsets, change)
        if form.instance.protection == Protection.NAMED:
            form.instance.people.add(request.user)

    @admin.display(description=_("protection"), ordering="protection")
    def protection_level(self, source: Source) -> str:
        return "" if source.is_public else str(Protection(source.protection).label.partition(":")[0])

    @admin.display(description=_("published"), ordering="published")
    def when(self, source: Source) -> str:
        return dates.in_words(source.published)

    @admin.display(description=_("site"), ordering="canonical_address")
    def host(self, source: Source) -> str:
        return host(source.address)

    @admin.display(description=_("archived"), boolean=True)
    def has_copy(self, source: Source) -> bool:
        return bool(source.archived_address)


@admin.register(Snapshot)
class SnapshotAdmin(DeskModelAdmin):
    """Our copies of sources. They can't be edited: a new copy is a new row."""

    list_display = ["source", "taken_at", "media_type", "size", "short_hash"]
    list_filter = [("media_type", ValuesOfTheNewest)]
    list_select_related = ["source__publisher"]
    search_fields = ["source__title", "source__slug", "sha256"]
    autocomplete_fields = ["source"]

    def rows_for_file(self, request: HttpRequest, rows: Any) -> Any:
        return rows.filter(source__protection=Protection.PUBLIC)

    @admin.display(description="SHA-256", ordering="sha256")
    def short_hash(self, snapshot: Snapshot) -> str:
        return f"{snapshot.sha256[:12]}…"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
