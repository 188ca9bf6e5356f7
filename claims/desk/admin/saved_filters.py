"""Lists of claims that a person keeps under a name."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from claims.desk.admin.sent import person
from claims.models import SavedFilter
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.fields.keys import is_key
from factcheck.core.text import one_line

# How many lists a person can keep, and how long a name can be.
MOST, LONGEST = 30, 60
_LONGEST_QUERY = 1_000


class SavedFilters(DeskModelAdmin):
    """The page on which people keep and remove lists of their own."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("filters/", view(self.filters_view), name="claims_claim_filters"),
            *super().get_urls(),
        ]

    def filters_view(self, request: HttpRequest) -> HttpResponse:
        """The lists of this person. A sent form keeps one more, or removes one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        owner = person(request)
        sent = request.POST if request.method == "POST" else request.GET
        query = self.allowed(sent.get("query", ""))
        name, error = sent.get("name", ""), ""
        if request.method == "POST":
            unexpected.report(request, ["name", "query", "remove"])
            key = request.POST.get("remove", "")
            if key:
                SavedFilter.objects.filter(owner=owner, pk=key if is_key(key) else 0).delete()
                return HttpResponseRedirect(reverse("admin:claims_claim_filters"))
            error = self._keep(request, name, query)
            if not error:
                return HttpResponseRedirect(f"{reverse('admin:claims_claim_changelist')}?{query}")
        context = {
            **self.admin_site.each_context(request),
            "title": _("My lists"),
            "opts": self.opts,
            "media": self.media,
            "filters": SavedFilter.objects.filter(owner=owner),
            "query": query,
            "name": name,
            "error": error,
            "longest": LONGEST,
        }
        return TemplateResponse(request, "admin/claims/claim/filters.html", context, status=400 if error else 200)

    def allowed(self, query: str) -> str:
        """The filters, search words, view and order of a query string. All else is left out."""
        known = {*self._filter_names(), "q", "view", "o"}
        pairs = parse_qsl(query.lstrip("?").replace("\0", "")[:_LONGEST_QUERY], max_num_fields=None)
        return urlencode([(name, value) for name, value in pairs if name in known and value])[:_LONGEST_QUERY]

    def _filter_names(self) -> Iterable[str]:
        return (str(getattr(one, "parameter_name", "")) for one in self.list_filter)

    def _keep(self, request: HttpRequest, name: str, query: str) -> str:
        """Keep a list. Returns what is wrong, or nothing."""
        try:
            name = one_line(name)
        except ValueError as error:
            return str(error)
        if not name or len(name) > LONGEST:
            return _("Give the list a name of at most %(count)d characters.") % {"count": LONGEST}
        if not query:
            return _("This list has no filter. Choose filters in the list of claims, then keep it.")
        with transaction.atomic():
            own = SavedFilter.objects.filter(owner=person(request))
            if own.exclude(name=name).count() >= MOST:
                return _("You keep %(count)d lists already. Remove one first.") % {"count": MOST}
            SavedFilter.objects.update_or_create(owner=person(request), name=name, defaults={"query": query})
        self.message_user(request, _("The list is kept as “%(name)s”.") % {"name": name}, messages.SUCCESS)
        return ""
