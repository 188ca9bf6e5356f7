"""The pages of imports: the list, the upload, the columns, the ratings, the report, and the acts on a run."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.choices import ImportOutcome, ImportState, ImportTarget, ImportTask
from claims.desk.admin.import_claims import ClaimsOfImport
from claims.desk.admin.import_forms import MOST_RATINGS, ColumnsForm, RatingsForm, UploadForm
from claims.desk.admin.refusals import note_refusal
from claims.desk.admin.sent import person
from claims.desk.imports import kinds, pages, queue, runs
from claims.desk.imports.columns import label_of, template_csv, template_xlsx
from claims.desk.imports.mapping import COLUMNS_OF, proposed, tables_of
from claims.desk.imports.sheets import Table
from claims.desk.imports.where import in_words
from claims.desk.rules import Refused as ActRefused
from claims.models import ImportedRow, ImportRun
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind
from factcheck.core.desk import unexpected
from factcheck.core.spreadsheet import lines

# Files and numbers of rows that a page checks and imports while the editor waits. Others wait for `run_imports`.
_SMALL_FILE, _FEW_ROWS = 20_000, 50
# Rows of the report on the page.
_SHOWN = 100
_CHANGEABLE = {ImportState.UPLOADED, ImportState.NEEDS_LABELS, ImportState.CHECKED}
_RUNNING = {ImportState.TO_CHECK, ImportState.WAITING, ImportState.APPLYING}


@admin.register(ImportRun)
class ImportRunAdmin(ClaimsOfImport):
    """Imports, the newest first. A run has one page, which offers its next step."""

    list_display = ["feed", "file_name", "target", "state", "outcome", "by", "begun_at"]
    list_display_links = ["feed", "file_name"]
    list_filter = ["state", "target", "begun_at"]
    list_select_related = ["by"]
    search_fields = ["feed", "file_name"]
    ordering = ["-pk"]
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("claims.add_importrun")

    @admin.display(description=gettext_lazy("rows"))
    def outcome(self, run: ImportRun) -> str:
        return counted(run)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("template.<slug:ending>", view(self.template_view), name="claims_importrun_template"),
            path("<path:object_id>/columns/", view(self.columns_view), name="claims_importrun_columns"),
            path("<path:object_id>/ratings/", view(self.ratings_view), name="claims_importrun_ratings"),
            path("<path:object_id>/report.csv", view(self.report_view), name="claims_importrun_report"),
            path("<path:object_id>/act/<slug:name>/", view(self.act_view), name="claims_importrun_act"),
            *super().get_urls(),
        ]

    # Upload

    def template_view(self, request: HttpRequest, ending: str) -> HttpResponse:
        """An empty table with an example, as CSV or XLSX."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        made = {
            "csv": (template_csv, "text/csv; charset=utf-8"),
            "xlsx": (template_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        }.get(ending)
        if made is None:
            raise Http404(_("We couldn't find this template."))
        make, media_type = made
        disposition = f'attachment; filename="claims-template.{ending}"'
        return HttpResponse(make(), content_type=media_type, headers={"Content-Disposition": disposition})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Upload a file or pasted rows. It's checked at once if it needs no decision and is small."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None) if request.method == "POST" else UploadForm()
        if request.method == "POST":
            unexpected.report(request, form.fields)
            if form.is_valid():
                try:
                    return self._go_on(request, self._start(request, form))
                except (kinds.Unreadable, runs.Refused) as refused:
                    form.add_error(None, str(refused))
        feeds = ImportRun.objects.order_by("feed").values_list("feed", flat=True).distinct()[:200]
        context = {"form": form, "feeds": feeds}
        return self.page(request, "upload", _("Import a file"), context, status=400 if form.errors else 200)

    def _start(self, request: HttpRequest, form: UploadForm) -> ImportRun:
        content, name = form.content()
        target, kind = form.target_and_kind
        if kinds.KINDS[kind].is_fetched:
            pages.addresses(content)
        run = runs.start(
            content,
            name,
            feed=form.cleaned_data["feed"].lower(),
            kind=kind,
            target=target,
            whole=form.cleaned_data["whole"],
            by=person(request),
        )
        if not run.file:
            content.seek(0)
            run.file.save(run.file_sha256, content, save=False)  # type: ignore[arg-type]
            run.save(update_fields=["file"])
        return run

    def _go_on(self, request: HttpRequest, run: ImportRun) -> HttpResponse:
        """The next step of a run: its columns if it's a spreadsheet, or its check."""
        if run.kind in COLUMNS_OF and not run.mapping.get("columns"):
            return HttpResponseRedirect(reverse("admin:claims_importrun_columns", args=[run.pk]))
        if run.state in _CHANGEABLE:
            self._check(run)
        if run.state == ImportState.NEEDS_LABELS and run.target == ImportTarget.CLAIMS:
            return HttpResponseRedirect(reverse("admin:claims_importrun_ratings", args=[run.pk]))
        return HttpResponseRedirect(reverse("admin:claims_importrun_change", args=[run.pk]))

    @staticmethod
    def _check(run: ImportRun) -> None:
        """Check a small file now, and leave others, and lists of pages, to `run_imports`. Raises Refused.

        A file that only waited for decisions about labels isn't read again.
        """
        if run.state == ImportState.NEEDS_LABELS and run.target == ImportTarget.FOREIGN and run.batches.exists():
            runs.ask_again(run)
        elif run.file_size <= _SMALL_FILE and not kinds.KINDS[run.kind].is_fetched:
            with _opened(run) as file:
                runs.check(run, file)
            run.refresh_from_db()
        else:
            queue.add(run)

    # Decisions

    def columns_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Which column each heading of a spreadsheet is."""
        run = self.run_of(request, object_id)
        if run.kind not in COLUMNS_OF or not run.file:
            raise Http404(_("This import has no columns to choose."))
        try:
            with run.file.open("rb") as file:
                tables = tables_of(run.kind, file, run.file_name)
        except (kinds.Unreadable, OSError) as error:
            runs.stop(run, str(error) if isinstance(error, kinds.Unreadable) else _("The file is missing."))
            return HttpResponseRedirect(reverse("admin:claims_importrun_change", args=[run.pk]))
        mapping = {**proposed(tables, run.feed, run.kind), **run.mapping}
        asked = request.POST.get("sheet") or request.GET.get("sheet") or mapping["sheet"]
        table = next((one for one in tables if one.sheet == asked), tables[0] if tables else Table())
        if table.sheet != mapping["sheet"]:
            mapping = {**mapping, **proposed([table], run.feed, run.kind)}
        is_sent = request.method == "POST"
        form = ColumnsForm(table, mapping, run.kind, request.POST if is_sent else None)
        refusal = ""
        if is_sent:
            unexpected.report(request, [*form.fields, "sheet"])
            if form.is_valid():
                chosen = {"columns": form.columns, "sheet": table.sheet, "dates": form.cleaned_data["dates"]}
                try:
                    self._decide(run, {**chosen, "ratings": mapping["ratings"]})
                    return self._go_on(request, run)
                except runs.Refused as refused:
                    refusal = str(refused)
        context = {"run": run, "form": form, "table": table, "tables": tables, "refusal": refusal}
        status = 409 if refusal else 400 if form.errors else 200
        return self.page(request, "columns", _("Choose the columns"), context, status=status)

    def ratings_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Which of our ratings each rating of the file is."""
        run = self.run_of(request, object_id)
        labels: dict[str, int] = run.counts.get("ratings", {})
        decided = run.mapping.get("ratings", {})
        is_sent = request.method == "POST"
        form = RatingsForm(labels, decided, request.POST if is_sent else None)
        refusal = ""
        if is_sent:
            unexpected.report(request, form.fields)
            if form.is_valid():
                try:
                    self._decide(run, {**run.mapping, "ratings": {**decided, **form.ratings}})
                    return self._go_on(request, run)
                except runs.Refused as refused:
                    refusal = str(refused)
        context = {"run": run, "form": form, "refusal": refusal, "too_many": len(labels) > MOST_RATINGS}
        status = 409 if refusal else 400 if form.errors else 200
        return self.page(request, "ratings", _("Decide about the ratings"), context, status=status)

    @staticmethod
    def _decide(run: ImportRun, mapping: dict[str, Any]) -> None:
        """Store a decision about a run that isn't imported yet. Raises Refused."""
        changed = ImportRun.objects.filter(pk=run.pk, state__in=_CHANGEABLE)
        if not changed.update(mapping=mapping, state=ImportState.UPLOADED):
            raise runs.Refused(_("This import is running or has ended, so its decisions can't change."))
        run.refresh_from_db()

    # The page of a run

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """How far the run has come, what was found, and its next step. It has no form."""
        if request.method == "POST":
            raise PermissionDenied
        return self._run_page(request, self.run_of(request, object_id, to_change=False))

    def _run_page(
        self, request: HttpRequest, run: ImportRun, *, refusal: Exception | None = None, status: int = 200
    ) -> HttpResponse:
        rows = run.rows.select_related("claim").order_by("number")
        # What somebody must correct comes first.
        shown = [
            *rows.filter(outcome=ImportOutcome.REFUSED)[:_SHOWN],
            *rows.exclude(outcome=ImportOutcome.REFUSED)[:_SHOWN],
        ]
        refused = run.counts.get(ImportOutcome.REFUSED, 0)
        context = {
            "run": run,
            "counts": [(label, run.counts.get(value, 0)) for value, label in ImportOutcome.choices],
            "rows": [_shown(row) for row in shown[:_SHOWN]],
            "more": max(0, rows.count() - _SHOWN),
            "refusal": refusal,
            "obstacles": getattr(refusal, "obstacles", [])[:_SHOWN],
            "is_running": run.state in _RUNNING,
            "may_import": self.has_add_permission(request),
            "may_apply": run.state == ImportState.CHECKED and bool(run.file) and not (run.whole and refused),
            "may_change": run.state in _CHANGEABLE and bool(run.file),
            "may_undo": run.state == ImportState.APPLIED,
            "has_columns": run.kind in COLUMNS_OF,
            **self.context_of_claims(request, run),
        }
        return self.page(request, "run", str(run), context, status=status)

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Check, import or undo a run, or act on its claims."""
        run = self.run_of(request, object_id)
        acts: dict[str, Callable[[], object]] = {
            "check": lambda: self._check(run),
            "apply": lambda: self._apply(run),
            "undo": lambda: runs.undo(run, by=person(request)),
            **{str(task): partial(self.begin, run, task, request) for task in ImportTask},
        }
        act = acts.get(name)
        if act is None:
            raise Http404(_("We couldn't find this action."))
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:claims_importrun_change", args=[run.pk]))
        try:
            act()
        except (runs.Refused, runs.Overtaken, ActRefused) as refused:
            note_refusal(request, refused)
            run.refresh_from_db()
            refusal = refused if str(refused) else runs.Refused(_("Somebody else works on this import right now."))
            return self._run_page(request, run, refusal=refusal, status=409)
        run.refresh_from_db()
        done = {
            ImportState.APPLIED: _("Imported. Nothing of it is published."),
            ImportState.UNDONE: _("The import is undone."),
        }.get(ImportState(run.state))
        if done and name not in ImportTask.values:
            self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:claims_importrun_change", args=[run.pk]))

    @staticmethod
    def _apply(run: ImportRun) -> None:
        """Import a few rows now, and leave more to `run_imports`. Raises Refused."""
        if run.counts.get("rows", 0) <= _FEW_ROWS and run.file_size <= _SMALL_FILE:
            runs.apply(run)
        else:
            queue.add(run)

    def report_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The rows of the report as CSV. No cell is a formula."""
        run = self.run_of(request, object_id, to_change=False)
        security.note(SecurityKind.EXPORT, request=request, about=f"report of import {run.pk}", rows=run.rows.count())
        header = ["row", "where", "outcome", "reference", "field", "reason", "remedy"]
        response = StreamingHttpResponse(lines(header, _reported(run)), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{run.pk}.csv"'
        return response


def _opened(run: ImportRun) -> Any:
    """The uploaded file. Raises Refused if there is none."""
    if not run.file:
        raise runs.Refused(_("A command started this import, so only a command can continue it."))
    try:
        return run.file.open("rb")
    except OSError:
        raise runs.Refused(_("The file is missing on the server. Upload it again.")) from None


def _reported(run: ImportRun) -> Iterator[list[object]]:
    for row in run.rows.order_by("number").iterator(chunk_size=1000):
        for problem in row.problems or [{"field": "", "reason": "", "remedy": ""}]:
            said = [problem["field"], problem["reason"], problem["remedy"]]
            yield [row.number, in_words(row.where), row.outcome, row.reference, *said]


def _shown(row: ImportedRow) -> dict[str, Any]:
    """A row of the report for the page."""
    changed = [f"{label_of(name)}: {value}"[:200] for name, value in (row.values or {}).items()]
    return {"row": row, "where": in_words(row.where), "changed": changed}


def counted(run: ImportRun) -> str:
    """The number of rows of each outcome in words, without those that are 0."""
    counts = [(run.counts.get(value, 0), str(label).lower()) for value, label in ImportOutcome.choices]
    total = run.counts.get("rows", 0)
    rows = ngettext("%(count)d row", "%(count)d rows", total) % {"count": total}
    said = ", ".join(f"{count} {label}" for count, label in counts if count)
    return f"{rows}: {said}" if said else rows if total else ""
