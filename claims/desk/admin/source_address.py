"""Adds a source from its address while a claim is edited: the picker of a row offers it, and then chooses it."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from claims.desk.imports.offers import Offer, with_facts
from claims.desk.reading.bringing import NewSourceForm
from claims.models import Appearance, Evidence
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.widgets import label_of
from factcheck.core.fields.addresses import canonical, lookup_key
from sources.choices import SourceKind
from sources.models import Publisher, Source
from sources.references import Reference

_SECONDS = 15.0
_FIELDS = ["address", "is_another_page", "title", "kind", "published", "authors", "language"]


class AddressForm(NewSourceForm):
    """A new source at an address that the editor gave. The prefix keeps its fields apart from those of the page."""

    prefix = "new-source"
    field_order = ("title", "publisher_name", "is_new_publisher", "kind", "published", "authors", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].widget = forms.HiddenInput()


class AddedByAddress(DeskModelAdmin):
    """Offers an address as a new source in the pickers of a claim's rows."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.add_address_view)
        return [path("add-address/", view, name="sources_source_add_address"), *super().get_urls()]

    def picker_offers(self, request: HttpRequest, term: str, field: models.Field[Any, Any]) -> list[dict[str, str]]:
        """An offer to add the address that was typed, if no source has it."""
        is_of_a_row = field.model in (Appearance, Evidence)
        address = term.strip()
        if not (is_of_a_row and lookup_key(address) and self._may_add(request)) or self._at(request, address):
            return []
        form = f"{reverse('admin:sources_source_add_address')}?{urlencode({'address': address})}"
        offer = {"id": "new", "text": _("Add this web address as a source"), "form": form}
        waits = {"wait": _("Reading the page…"), "failed": _("This didn’t work. Close this with Esc and try again.")}
        return [offer | waits]

    def add_address_view(self, request: HttpRequest) -> HttpResponse:
        """A form for the source at an address, filled in with what its page says. Sent, it creates the source.

        A source that is there or was created is answered as JSON, with the key and the label that a picker needs. A GET
        leads to the page for a new source, which needs no script.
        """
        if not self._may_add(request):
            raise PermissionDenied
        address = request.GET.get("address", "").strip()
        if request.method != "POST":
            return HttpResponseRedirect(f"{reverse('admin:sources_source_add')}?{urlencode({'address': address})}")
        made = self.get_form(request, None, form=AddressForm, fields=_FIELDS)
        if "_create" not in request.POST:
            unexpected.report(request, [])
            if not lookup_key(address):
                return HttpResponseBadRequest(_("Enter a full web address that begins with https:// or http://."))
            source = self._at(request, address)
            return _chosen(source) if source else self._address_page(request, *_offered(request, made, address))
        form = made(request.POST)
        unexpected.report(request, [*map(form.add_prefix, form.fields), "_create"])
        if form.is_valid():
            try:
                with transaction.atomic():
                    source = form.store()
            except IntegrityError:
                form.add_error(None, _("Somebody else saved the same at the same time. Save again."))
            else:
                self.log_addition(request, source, _("Added by its web address."))
                return _chosen(source)
        return self._address_page(request, form, Offer("", None))

    def _may_add(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and request.user.has_perm("sources.add_publisher")

    def _at(self, request: HttpRequest, address: str) -> Source | None:
        """The source at this address, in any spelling that browsers read as the same. None if the desk has none."""
        source: Source | None = self.get_queryset(request).filter(canonical_address=canonical(address)).first()
        return source

    def _address_page(self, request: HttpRequest, form: Any, offer: Offer) -> HttpResponse:
        found = offer.found | {"publisher_name": offer.found.get("publisher", "")}
        context = {
            "form": form,
            "problems": offer.problems,
            "fields": [(field, found.get(field.name, "")) for field in form.visible_fields()],
            "publishers": Publisher.objects.seen_by(request.user).values_list("name", flat=True)[:500],
        }
        code = 400 if form.errors else 200
        return TemplateResponse(request, "admin/claims/article/add_address.html", context, status=code)


def _offered(request: HttpRequest, made: Any, address: str) -> tuple[Any, Offer]:
    """The form for an address. Nothing in it is stored before the editor sends it.

    The publisher is the one that we have for its site. Only if we don't, it's the one that the page names.
    """
    initial: dict[str, Any] = {"kind": SourceKind.NEWS_REPORT, "address": address}
    offer = Offer("", Reference(address=address))
    if settings.FETCH_ARTICLES:
        offer = with_facts(offer, Reference(address=address), seconds=_SECONDS)
    reference = offer.reference or Reference()
    known = list(Publisher.objects.seen_by(request.user).at(address)[:2])
    if len(known) == 1:
        offer.found.pop("publisher", None)
    initial |= {
        "title": reference.title,
        "publisher_name": known[0].name if len(known) == 1 else reference.publisher,
        "published": reference.published,
        "authors": list(reference.authors),
        **({"language": reference.language} if reference.language else {}),
    }
    return made(initial=initial), offer


def _chosen(source: Source) -> JsonResponse:
    return JsonResponse({"id": str(source.pk), "text": label_of(source)})
