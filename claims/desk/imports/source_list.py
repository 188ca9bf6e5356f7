"""The page where an editor pastes a list of sources, checks what is offered for each, and creates some of them."""

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.desk.imports.limits import MOST_PAGES_FETCHED, MOST_SOURCES_OFFERED
from claims.desk.imports.offers import Offer, offers_for, opened, sealed
from claims.desk.reading.bringing import NewSourceForm
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.fields.keys import check_language
from sources.bibliographies import MAX_BYTES, Entry, Unreadable, differences, logged, read
from sources.choices import SourceKind
from sources.models import Publisher, Source
from sources.references import Reference

_FIELDS = ["address", "is_another_page", "title", "kind", "authors", "published", "language", "archived_address"]
_ADDS, _ALL, _NEXT = "adds_publishers", "_create_all", "_next"


class ListForm(forms.Form):
    """A list of sources, pasted or as a file, and what holds for those of which it doesn't say it."""

    text = forms.CharField(
        label=gettext_lazy("List"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField", "spellcheck": "false"}),
        help_text=gettext_lazy("Web addresses, one a line, or a list in BibTeX, RIS or CSL-JSON."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("TXT, BIB, RIS or JSON, at most 1 MB and 1,000 sources."),
        widget=forms.FileInput(attrs={"accept": ".txt,.bib,.ris,.json"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind, if the list doesn’t say it"),
        required=False,
        choices=[("", "---------"), *SourceKind.choices],
    )
    language = forms.CharField(
        label=gettext_lazy("Language, if neither the list nor the page says it"),
        required=False,
        max_length=20,
        validators=[check_language],
        help_text=gettext_lazy("As a tag: en, es, pt-BR."),
    )

    entries: list[Entry]

    def clean(self) -> dict[str, Any]:
        """Read the list. Raises ValidationError if there is none, or if it can't be read."""
        super().clean()
        self.entries = []
        file, text = self.cleaned_data.get("file"), self.cleaned_data.get("text", "").strip()
        if self.errors.keys() & {"text", "file"}:
            return self.cleaned_data
        if bool(file) == bool(text):
            refusal = (
                _("You gave a list and a file. Leave one of them out.")
                if file
                else _("Paste a list, or choose a file.")
            )
            self.add_error("text", refusal)
            return self.cleaned_data
        try:
            self.entries = read(file.read(MAX_BYTES + 1) if file else text.encode())
        except Unreadable as error:
            self.add_error("file" if file else "text", str(error))
        return self.cleaned_data


class OfferedForm(NewSourceForm):
    """A source that is offered, for the editor to correct and to choose."""

    # A box of the page says it for all rows.
    is_new_publisher: Any = None

    is_chosen = forms.BooleanField(label=gettext_lazy("Create this source"), required=False)

    field_order = ("is_chosen", "title", "publisher_name", "kind", "published", "authors", "language", "address")

    @property
    def adds_publisher(self) -> bool:
        return bool(self.data.get(_ADDS))


@dataclass
class Row:
    """A row of the page: an offer with its form, or with the source that we have."""

    offer: Offer
    form: Any = None
    source: Source | None = None
    differs: str = ""

    @property
    def fields(self) -> list[tuple[Any, str]]:
        """The fields of the form except the box, each with the place on the web page where its value was found."""
        found = {"publisher_name": "publisher"}
        return [
            (one, self.offer.found.get(found.get(one.name, one.name), ""))
            for one in self.form.visible_fields()
            if one.name != "is_chosen"
        ]


class SourceList(DeskModelAdmin):
    """Adds several sources at once, from a list."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.source_list_view)
        return [path("add-several/", view, name="sources_source_add_several"), *super().get_urls()]

    def source_list_view(self, request: HttpRequest) -> HttpResponse:
        """Read a list, offer what it and the pages say, create what was chosen, and go on with the rest."""
        if not (self.has_add_permission(request) and request.user.has_perm("sources.add_publisher")):
            raise PermissionDenied
        if request.method != "POST":
            return self._list_page(request, ListForm())
        if "offers" in request.POST:
            return self._create(request)
        form = ListForm(request.POST, request.FILES)
        unexpected.report(request, form.fields)
        if not form.is_valid():
            return self._list_page(request, form)
        given = {"kind": form.cleaned_data["kind"], "language": form.cleaned_data["language"]}
        return self._offer(request, form.entries, given)

    def _offer(self, request: HttpRequest, entries: list[Entry], given: dict[str, str]) -> HttpResponse:
        """The page with the first entries."""
        known = logged(entry.reference for entry in entries if entry.reference)
        offers, rest = offers_for(entries, known)
        made = self._form_class(request)
        rows = [
            _row(offer, known) or Row(offer, made(prefix=f"row-{number}", initial=_initial(offer, given)))
            for number, offer in enumerate(offers)
        ]
        return self._offers_page(request, rows, rest, given)

    def _form_class(self, request: HttpRequest) -> Any:
        return self.get_form(request, None, form=OfferedForm, fields=_FIELDS)

    def _create(self, request: HttpRequest) -> HttpResponse:
        """Create the chosen sources. Those that can't be created stay on the page with the reason."""
        given = {name: request.POST.get(name, "") for name in ("kind", "language")}
        try:
            offers, rest = opened(request.POST["offers"])
        except signing.BadSignature:
            form = ListForm({"text": ""})
            form.is_valid()
            form.add_error(None, _("The page was changed on its way to us. Paste the list again."))
            return self._list_page(request, form)
        made = self._form_class(request)
        names = [f"row-{number}-{name}" for number in range(len(offers)) for name in made.base_fields]
        unexpected.report(request, [*names, "offers", "kind", "language", _ADDS, "_create", _ALL, _NEXT])
        if _NEXT in request.POST:
            return self._offer(request, rest, given) if rest else HttpResponseRedirect(_changelist())
        known = logged(offer.reference for offer in offers if offer.reference and not offer.created)
        rows = []
        for number, offer in enumerate(offers):
            row = _row(offer, known)
            if row is None:
                form = made(request.POST, prefix=f"row-{number}")
                is_chosen = _ALL in request.POST or form["is_chosen"].value()
                # What isn't chosen keeps what was typed, and isn't checked.
                unchecked = {name: form[name].value() for name in form.fields}
                row = (
                    self._created(request, offer, form)
                    if is_chosen
                    else Row(offer, made(prefix=form.prefix, initial=unchecked))
                )
            rows.append(row)
        return self._after_creating(request, rows, rest, given, sum(not offer.created for offer in offers))

    def _created(self, request: HttpRequest, offer: Offer, form: Any) -> Row:
        """The row of a chosen source, created if its form is valid."""
        if form.is_valid():
            try:
                with transaction.atomic():
                    source = form.store(offer.slug)
            except IntegrityError:
                form.add_error(None, _("Somebody has just created this source. Look for it in the list of sources."))
            else:
                self.log_addition(request, source, _("Added from a list."))
                return Row(replace(offer, created=source.pk), source=source)
        return Row(offer, form)

    def _after_creating(
        self, request: HttpRequest, rows: list[Row], rest: list[Entry], given: dict[str, str], waited: int
    ) -> HttpResponse:
        """The page after creating: what is left of it, or the next entries, or the list of sources at the end."""
        created = waited - sum(not row.offer.created for row in rows)
        if created:
            message = ngettext("%(count)d source was created.", "%(count)d sources were created.", created)
            self.message_user(request, message % {"count": created}, messages.SUCCESS)
        if any(row.form and row.form.errors for row in rows):
            return self._offers_page(request, rows, rest, given, code=400)
        if created:
            return self._offer(request, rest, given) if rest else HttpResponseRedirect(_changelist())
        self.message_user(
            request, _("Nothing was created. Tick the sources that you want to create."), messages.WARNING
        )
        return self._offers_page(request, rows, rest, given)

    def _list_page(self, request: HttpRequest, form: ListForm) -> HttpResponse:
        context = {"form": form, "most": MOST_PAGES_FETCHED}
        return self._several_page(request, context, code=400 if form.errors else 200)

    def _offers_page(
        self, request: HttpRequest, rows: list[Row], rest: list[Entry], given: dict[str, str], *, code: int = 200
    ) -> HttpResponse:
        context = {
            "rows": rows,
            "offers": sealed((row.offer for row in rows), rest),
            "left": len(rest),
            _ADDS: _ADDS in request.POST,
            "given": given,
            "has_forms": any(row.form for row in rows),
            "most": MOST_SOURCES_OFFERED,
            "publishers": Publisher.objects.seen_by(request.user).values_list("name", flat=True)[:500],
        }
        return self._several_page(request, context, code=code)

    def _several_page(self, request: HttpRequest, context: dict[str, Any], *, code: int) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": _("Add several sources"),
            "opts": self.opts,
            "media": self.media,
            "may_fetch": settings.FETCH_ARTICLES,
        }
        return TemplateResponse(request, "admin/claims/article/add_several.html", context, status=code)


def _row(offer: Offer, known: dict[Any, Source]) -> Row | None:
    """The row of an offer that needs no form: a source that we have, or an entry that can't be read."""
    if offer.created:
        return Row(offer, source=Source.objects.filter(pk=offer.created).first())
    if offer.reference is None:
        return Row(offer)
    source = known.get(offer.reference)
    return Row(offer, source=source, differs=", ".join(differences(offer.reference, source))) if source else None


def _initial(offer: Offer, given: dict[str, str]) -> dict[str, Any]:
    """What the form of an offer is filled in with."""
    reference = offer.reference or Reference()
    return {
        "title": reference.title,
        "publisher_name": reference.publisher,
        "kind": reference.kind or given["kind"],
        "authors": list(reference.authors),
        "published": reference.published,
        "language": reference.language or given["language"],
        "address": reference.address,
        "archived_address": reference.archived_address,
    }


def _changelist() -> str:
    return reverse("admin:sources_source_changelist")
