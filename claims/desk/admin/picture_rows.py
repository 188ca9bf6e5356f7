"""The pictures of a claim: rows in its form, each with an upload, and the pictures themselves for the desk."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.desk import pictures
from claims.desk.admin.rows import RowForm, RowInline
from claims.models import Picture, PictureFile
from claims.record.pictures import bytes_of
from claims.schema import Content
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.formsets import sent_rows
from factcheck.core.web.headers import INERT_POLICY
from sources.extraction import MAX_BYTES
from sources.files import Unusable

_ROWS, _UPLOAD, _FILE = "pictures", "upload", "file"


def address_at_desk(picture: Content) -> str:
    """The address of a picture of a body for the desk, where it isn't public yet."""
    return reverse("admin:claims_claim_picture", args=[picture["sha256"]])


class PictureInput(forms.FileInput):
    """An upload, below the picture that the row has now."""

    shown: PictureFile | None = None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        context = {"file": self.shown, "input": super().render(name, value, attrs, renderer)}
        return SafeString(render_to_string("admin/claims/claim/picture_input.html", context))


class PictureForm(RowForm):
    """A picture with its words. The upload was kept before: its row is in the hidden field."""

    not_stored: tuple[str, ...] = (_UPLOAD,)

    file = forms.ModelChoiceField(
        PictureFile.objects.all(), label=gettext_lazy("Picture"), required=False, widget=forms.HiddenInput
    )
    upload = forms.FileField(
        label=gettext_lazy("Upload"),
        required=False,
        max_length=500,
        allow_empty_file=True,
        help_text=gettext_lazy("JPEG, PNG or WebP, at most 10 MB. We remove what cameras write into it."),
        widget=PictureInput(attrs={"accept": ".jpg,.jpeg,.png,.webp"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if _FILE in self.fields and _UPLOAD in self.fields:
            field: Any = self.fields[_FILE]
            value = self[_FILE].value()
            known = self.instance.file if self.instance.pk and str(value) == str(self.instance.file_id) else None
            if known is None and value:
                try:
                    known = field.clean(value)
                except forms.ValidationError:
                    known = None
            widget: Any = self.fields[_UPLOAD].widget
            widget.shown = known

    def clean_upload(self) -> None:
        """Raises ValidationError for a file that we don't keep. One that we keep is in the hidden field already."""
        sent = self.cleaned_data[_UPLOAD]
        if sent:
            try:
                pictures.keep(sent.read(MAX_BYTES + 1))
            except Unusable as error:
                raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a row without a picture."""
        super().clean()
        if not self.cleaned_data.get(_FILE) and _UPLOAD not in self.errors:
            self.add_error(_UPLOAD, _("Choose a picture, or delete this row."))
        return self.cleaned_data


class PictureInline(RowInline):
    """Pictures in the explanation."""

    model = Picture
    form = PictureForm
    verbose_name = gettext_lazy("picture")
    verbose_name_plural = gettext_lazy("pictures in the explanation")
    autocomplete_fields = []
    fields = ["file", "upload", ("alt", "credit"), ("caption", "place")]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super(RowInline, self).get_queryset(request).select_related("file").order_by("order")


class ClaimPictures(DeskModelAdmin):
    """Keeps the uploads of a claim's form, and shows them to the desk."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.picture_view)
        return [path("pictures/<slug:sha256>/", view, name="claims_claim_picture"), *super().get_urls()]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Keep the uploads first, so that a form that comes back still has them."""
        if request.method == "POST" and request.FILES and request.user.has_perm("claims.add_picture"):
            self._keep_uploads(request)
        return super().changeform_view(request, *args, **kwargs)

    @staticmethod
    def _keep_uploads(request: HttpRequest) -> None:
        """Put the key of each upload that we keep into its row. The others stay, and their rows say what is wrong."""
        files: Any = request.FILES
        rows = {name.removesuffix(f"-{_UPLOAD}") for name in files if name.startswith(f"{_ROWS}-")}
        sent = request.POST.copy()
        for number in sent_rows(sent, _ROWS):
            row = f"{_ROWS}-{number}"
            if row in rows:
                file = files[f"{row}-{_UPLOAD}"]
                try:
                    kept = pictures.keep(file.read(MAX_BYTES + 1))
                except Unusable:
                    file.seek(0)
                    continue
                sent[f"{row}-{_FILE}"] = str(kept.pk)
                del files[f"{row}-{_UPLOAD}"]
        setattr(request, "POST", sent)  # noqa: B010 — a property of Django's requests that can be set

    def picture_view(self, request: HttpRequest, sha256: str) -> HttpResponseBase:
        """A picture, for whoever may see claims. Whatever its bytes are, no browser runs them as a page."""
        if not request.user.has_perm("claims.view_picture"):
            raise PermissionDenied
        file = PictureFile.objects.filter(sha256=sha256).first()
        if file is None:
            raise Http404(_("We couldn't find this picture."))
        try:
            content = bytes_of(file.sha256, file.ending)
        except OSError as error:
            raise Http404(_("This file is missing on the server. Ask the people who run it.")) from error
        return HttpResponse(
            content,
            content_type=file.media_type,
            headers={"Content-Security-Policy": INERT_POLICY, "Cache-Control": "private, no-store"},
        )
