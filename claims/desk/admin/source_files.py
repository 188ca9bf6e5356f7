"""The files of a source at the desk: a list with a form to add one, the files themselves, and deleting them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.web.headers import INERT_POLICY
from sources.extraction import MAX_BYTES
from sources.files import Unusable, checked, keep
from sources.models import Source, SourceFile

_VIEW, _ADD, _DELETE = (f"sources.{action}_sourcefile" for action in ("view", "add", "delete"))


class FileForm(forms.Form):
    """A file to keep."""

    required_css_class = "required"
    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=500,
        allow_empty_file=True,
        help_text=gettext_lazy("PDF, JPEG, PNG or WebP, at most 10 MB. Only the desk sees it."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp"}),
    )

    def clean_file(self) -> Any:
        """The file as we keep it. Raises ValidationError if we don't."""
        file = self.cleaned_data["file"]
        try:
            # One byte too many is enough to refuse it.
            return checked(file.read(MAX_BYTES + 1), file.name)
        except Unusable as error:
            raise forms.ValidationError(str(error)) from error


class SourceFiles(DeskModelAdmin):
    """Keeps files for sources. Only people who see the source reach them."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/files/", view(self.files_view), name="sources_source_files"),
            path("<path:object_id>/files/<int:file>/", view(self.file_view), name="sources_source_file"),
            path(
                "<path:object_id>/files/<int:file>/delete/",
                view(self.delete_file_view),
                name="sources_source_delete_file",
            ),
            *super().get_urls(),
        ]

    def _source(self, request: HttpRequest, object_id: str, right: str = _VIEW) -> Source:
        """The source. Raises Http404 if the person sees none, PermissionDenied if the role doesn't have the right."""
        if not request.user.has_perms([_VIEW, right]):
            raise PermissionDenied
        found: Source | None = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404(_("We couldn't find this source."))
        return found

    @staticmethod
    def _file(source: Source, key: int) -> SourceFile:
        found = source.files.filter(pk=key).first()
        if found is None:
            raise Http404(_("We couldn't find this file."))
        return found

    def files_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The files of a source. A file that was sent is checked and kept."""
        source = self._source(request, object_id, _ADD if request.method == "POST" else _VIEW)
        form = FileForm()
        if request.method == "POST":
            form = FileForm(request.POST, request.FILES)
            unexpected.report(request, form.fields)
            if form.is_valid():
                row, is_new = keep(source, form.cleaned_data["file"])
                if is_new:
                    self.log_change(request, source, _("Added the file with the hash %(hash)s.") % {"hash": row.sha256})
                    self.message_user(request, _("The file is here. Only the desk sees it."), messages.SUCCESS)
                else:
                    self.message_user(request, _("This file was here already."), messages.INFO)
                return HttpResponseRedirect(reverse("admin:sources_source_files", args=[source.pk]))
        context = {
            **self._context_of(request, source, _("Files")),
            "form": form,
            "files": source.files.all(),
            "may_add": request.user.has_perm(_ADD),
            "may_delete": request.user.has_perm(_DELETE),
        }
        code = 400 if form.errors else 200
        return TemplateResponse(request, "admin/claims/article/files.html", context, status=code)

    def file_view(self, request: HttpRequest, object_id: str, file: int) -> HttpResponseBase:
        """The file, to download. Whatever is in it, no browser runs it as a page of this site."""
        row = self._file(self._source(request, object_id), file)
        try:
            opened = row.file.open("rb")
        except OSError as error:
            raise Http404(_("This file is missing on the server. Ask the people who run it.")) from error
        response = FileResponse(opened, as_attachment=True, filename=row.name, content_type=row.media_type)
        response["Content-Security-Policy"] = INERT_POLICY
        response["Cache-Control"] = "private, no-store"
        return response

    def delete_file_view(self, request: HttpRequest, object_id: str, file: int) -> HttpResponse:
        """Ask, then delete the file for good."""
        source = self._source(request, object_id, _DELETE)
        row = self._file(source, file)
        if request.method == "POST":
            self.log_change(request, source, _("Deleted the file with the hash %(hash)s.") % {"hash": row.sha256})
            row.delete()
            self.message_user(request, _("The file is deleted."), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:sources_source_files", args=[source.pk]))
        context = {**self._context_of(request, source, _("Delete a file")), "file": row}
        return TemplateResponse(request, "admin/claims/article/delete_file.html", context)

    def _context_of(self, request: HttpRequest, source: Source, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "source": source}
