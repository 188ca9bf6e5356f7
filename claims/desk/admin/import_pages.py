"""What the pages of an import share: the run that they are about, and their frame."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from claims.models import ImportRun
from factcheck.core.desk.admin import ReadOnlyAdmin
from factcheck.core.fields.keys import is_key


class ImportPages(ReadOnlyAdmin):
    """The run of a page, and its frame."""

    def run_of(self, request: HttpRequest, object_id: str, *, to_change: bool = True) -> ImportRun:
        """The run of a page. Raises Http404 if there is none, PermissionDenied if the person may not import."""
        may = self.has_add_permission(request) if to_change else self.has_view_permission(request)
        if not may:
            raise PermissionDenied
        key = unquote(object_id)
        run = ImportRun.objects.select_related("by", "undone_by").filter(pk=key).first() if is_key(key) else None
        if run is None:
            raise Http404(_("We couldn't find this import."))
        return run

    def page(
        self, request: HttpRequest, template: str, title: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        """A page of an import in the frame of the desk."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "media": self.media,
            **context,
        }
        return TemplateResponse(request, f"admin/claims/import/{template}.html", context, status=status)
