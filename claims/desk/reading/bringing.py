"""The pages that bring the text of an article in, to a source or as a new one, and that delete a text."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.desk.reading.views import ReadingDesk
from claims.desk.slugs import free_slug
from factcheck.core.desk import unexpected
from factcheck.core.desk.widgets import LineField
from factcheck.core.fields.addresses import canonical
from sources import texts
from sources.admin import SourceForm
from sources.choices import UNPUBLISHED_KINDS, SourceKind
from sources.extraction import MAX_BYTES, Extracted, Unreadable, from_address, from_extracted, from_file, from_pasted
from sources.models import Publisher, SnapshotText, Source

BRING = "sources.add_snapshottext"
_SALT = "claims.desk.reading.bringing"


def _check_address(address: str) -> None:
    """Raises ValidationError if this isn't a web address."""
    canonical(address)


class ContentForm(forms.Form):
    """Where the text comes from: pasted, a file, or an address. What is read stays in the form until it is stored."""

    address: Any = forms.CharField(
        label=gettext_lazy("Web address"),
        required=False,
        max_length=2000,
        validators=[_check_address],
        widget=forms.URLInput(attrs={"class": "vTextField"}),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("TXT, HTML, PDF or DOCX, at most 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".txt,.html,.htm,.pdf,.docx"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 16, "class": "vLargeTextField"}),
        help_text=gettext_lazy("Paste the text, or the HTML of the page. Leave a blank line between paragraphs."),
    )
    # What was read before, signed: its hash, its size and what it says of itself.
    brought = forms.CharField(required=False, widget=forms.HiddenInput)

    extracted: Extracted | None = None

    def read(self) -> None:
        """Set `extracted`, or add the error that says why not."""
        data = self.cleaned_data
        file, text, address = data.get("file"), data.get("text"), data.get("address", "")
        if self.errors.keys() & {"file", "text", "brought"}:
            return
        if file and text and not data.get("brought"):
            self.add_error("file", _("You gave a text and a file. Leave one of them out."))
            return
        field = "file" if file else "text" if text else "address"
        try:
            if file:
                self.extracted = from_file(file.read(), file.name)
            elif text:
                before = _opened(data.get("brought", ""))
                self.extracted = from_extracted(text, before) if before else from_pasted(text)
            elif address and "address" not in self.errors:
                self.extracted = from_address(address)
            else:
                self.add_error("text", _("Paste the text, choose a file, or give the web address."))
        except Unreadable as error:
            self.add_error(field, str(error))

    def clean_file(self) -> Any:
        """Raises ValidationError for a file that is too big to read."""
        file = self.cleaned_data["file"]
        if file and file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is bigger than 10 MB. Copy the text that you need and paste it."))
        return file


class NewSourceForm(SourceForm):
    """A new source, with its publisher by name."""

    publisher_name = LineField(
        label=gettext_lazy("Publisher"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"list": "publishers", "class": "vTextField"}),
    )
    is_new_publisher: Any = forms.BooleanField(label=gettext_lazy("It is a new publisher"), required=False)

    publisher: Publisher | None = None

    def clean_publisher_name(self) -> str:
        """The name of a publisher that we have, or of a new one if the editor says so."""
        name: str = self.cleaned_data["publisher_name"]
        if not name and self.data.get(self.add_prefix("kind")) in UNPUBLISHED_KINDS:
            return name
        if not name:
            raise forms.ValidationError(
                _("Write the publisher. Only an interview, a letter or a leaked document can do without one.")
            )
        self.publisher = Publisher.objects.filter(name__iexact=name).first()
        if self.publisher is None and not self.adds_publisher:
            raise forms.ValidationError(
                _("We don't have a publisher of this name. Check the name, or tick “It is a new publisher”.")
            )
        return name

    @property
    def adds_publisher(self) -> bool:
        """True if the editor says that a publisher that we don't have is a new one."""
        return bool(self.data.get(self.add_prefix("is_new_publisher")))

    def store(self, slug: str = "") -> Source:
        """Store the source, and its publisher if it's new. Raises IntegrityError if somebody stored the same."""
        source: Source = self.save(commit=False)
        publisher, name = self.publisher, self.cleaned_data["publisher_name"]
        if publisher is None and name:
            publisher = Publisher.objects.create(name=name, slug=free_slug(Publisher, name))
        source.publisher, source.slug = publisher, slug or free_slug(Source, source.title)
        source.save(force_insert=True)
        return source


class NewArticleForm(NewSourceForm, ContentForm):
    """A new source with its text. What the text says of itself fills empty fields, for the editor to check."""

    field_order = ("address", "is_another_page", "file", "text", "title", "publisher_name", "is_new_publisher")

    def take_found(self) -> dict[str, str]:
        """Fill empty fields with what was found. Returns where each was found, by field."""
        if self.extracted is None:
            return {}
        data: Any = self.data
        data = data.copy()
        taken = {}
        for one in self.extracted.found:
            if not data.get(one["field"], "").strip():
                data[one["field"]] = self.fields[one["field"]].prepare_value(one["value"])
                taken[one["field"]] = one["from"]
        data["text"] = self.extracted.text.replace("\n", "\n\n")
        data["brought"] = _sealed(self.extracted)
        self.data = data
        return taken


class BringingIn(ReadingDesk):
    """Brings texts in and deletes them."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("bring-in/", view(self.bring_article_view), name="sources_source_bring_in"),
            path("<path:object_id>/text/", view(self.bring_text_view), name="sources_source_text"),
            path(
                "<path:object_id>/text/<int:text>/delete/",
                view(self.delete_text_view),
                name="sources_source_delete_text",
            ),
            *super().get_urls(),
        ]

    def bring_text_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Bring the text of a source in, or a new version of it."""
        article = self.article(request, object_id)
        if not request.user.has_perm(BRING):
            raise PermissionDenied
        form = ContentForm(initial={"address": article.address})
        if request.method == "POST":
            form = ContentForm(request.POST, request.FILES)
            unexpected.report(request, form.fields)
            if form.is_valid():
                form.read()
            if form.extracted and form.is_valid():
                text, is_new = texts.bring_in(article, form.extracted)
                return self._brought(request, article, text, is_new=is_new)
        return self._content_page(request, form, article)

    def bring_article_view(self, request: HttpRequest) -> HttpResponse:
        """Bring an article in: a new source with its text."""
        if not (self.has_add_permission(request) and request.user.has_perms([BRING, "sources.add_publisher"])):
            raise PermissionDenied
        made: Any = self.get_form(
            request,
            None,
            form=NewArticleForm,
            fields=["address", "is_another_page", "title", "kind", "authors", "published", "language"],
        )
        if request.method != "POST":
            return self._content_page(request, made(initial={"kind": SourceKind.NEWS_REPORT}), None)
        form = made(request.POST, request.FILES)
        unexpected.report(request, form.fields)
        is_complete = form.is_valid()
        form.read()
        if form.extracted and not form.cleaned_data.get("brought"):
            taken = form.take_found()
            if taken or not is_complete:
                # A form with the filled fields, without complaints about those that are filled now.
                fresh = made(form.data)
                fresh.is_valid()
                return self._content_page(request, fresh, None, taken=taken)
        if form.extracted and form.is_valid():
            try:
                article, text = self._store(form)
            except IntegrityError:
                form.add_error(None, _("Somebody else saved the same at the same time. Save again."))
            else:
                self.log_addition(request, article, _("Brought in as an article."))
                return self._brought(request, article, text, is_new=True)
        return self._content_page(request, form, None)

    @staticmethod
    @transaction.atomic
    def _store(form: NewArticleForm) -> tuple[Source, SnapshotText]:
        article = form.store()
        assert form.extracted  # noqa: S101 — the caller checked it
        return article, texts.bring_in(article, form.extracted)[0]

    def _brought(self, request: HttpRequest, article: Source, text: SnapshotText, *, is_new: bool) -> HttpResponse:
        """The reading desk, with a message."""
        if is_new:
            self.log_change(request, article, _("Brought its text in."))
            self.message_user(request, _("The text is here. Only the desk sees it."), messages.SUCCESS)
        else:
            self.message_user(request, _("This text was here already."), messages.INFO)
        query = "" if texts.of(article)[0] == text else f"?text={text.pk}"
        return HttpResponseRedirect(reverse("admin:sources_source_read", args=[article.pk]) + query)

    def delete_text_view(self, request: HttpRequest, object_id: str, text: int) -> HttpResponse:
        """Ask, then delete one text. Its hash stays."""
        article = self.article(request, object_id)
        if not request.user.has_perm("sources.delete_snapshottext"):
            raise PermissionDenied
        found = next((one for one in texts.of(article) if one.pk == text), None)
        if found is None:
            raise Http404(_("We couldn't find this text."))
        if request.method == "POST":
            self.log_change(
                request, article, _("Deleted the text with the hash %(hash)s.") % {"hash": found.snapshot.sha256}
            )
            found.delete()
            self.message_user(request, _("The text is deleted. Its hash stays."), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:sources_source_change", args=[article.pk]))
        context = {**self._context(request, article, _("Delete a text")), "text": found}
        return TemplateResponse(request, "admin/claims/article/delete_text.html", context)

    def _content_page(
        self, request: HttpRequest, form: Any, article: Source | None, *, taken: dict[str, str] | None = None
    ) -> HttpResponse:
        title = _("Bring the text in") if article else _("Bring an article in")
        context = {
            **self._context(request, article, title),
            "form": form,
            "media": self.media + form.media,
            "taken": taken or {},
            "fields": [(field, (taken or {}).get(field.name, "")) for field in form.visible_fields()],
            "may_fetch": settings.FETCH_ARTICLES,
            "publishers": []
            if article
            else Publisher.objects.seen_by(request.user).values_list("name", flat=True)[:500],
        }
        code = 400 if form.errors and not taken else 200
        return TemplateResponse(request, "admin/claims/article/bring_in.html", context, status=code)

    def _context(self, request: HttpRequest, article: Source | None, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "article": article}


def _sealed(extracted: Extracted) -> str:
    content = [extracted.sha256, extracted.size, extracted.media_type, extracted.found]
    return signing.dumps(content, salt=_SALT, compress=True)


def _opened(sealed: str) -> list[Any] | None:
    """What was read before. None if nothing was, or the seal is broken."""
    try:
        content: list[Any] = signing.loads(sealed, salt=_SALT, max_age=86400)
    except signing.BadSignature:
        return None
    return content
