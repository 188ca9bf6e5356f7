"""The claims of one import: a page on which a second person reads and approves them, and the acts on all of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from claims.choices import ImportTask, State
from claims.desk.admin.import_pages import ImportPages
from claims.desk.admin.refusals import by_reason, note_refusal
from claims.desk.admin.sent import person
from claims.desk.imports import claims_of_run
from claims.desk.rules import RULES
from claims.models import ImportRun
from factcheck.core.desk import unexpected
from factcheck.core.fields.keys import is_key

# Claims of a task that are done while the editor waits. More are left to `run_imports`.
_FEW = 20


class ClaimsOfImport(ImportPages):
    """The acts on the claims of an import, beside its other pages."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.read_view)
        return [path("<path:object_id>/read/", view, name="claims_importrun_read"), *super().get_urls()]

    def read_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Some claims that wait for approval, each with all that readers would see. Approve those that are ticked."""
        run = self.run_of(request, object_id, to_change=False)
        after = request.GET.get("after", "")
        counts = claims_of_run.counted(run)
        if not counts:
            raise Http404(_("This import has no claims to read."))
        if request.method == "POST":
            self._approve(request, run)
            return HttpResponseRedirect(request.get_full_path())
        read = claims_of_run.to_read(run, after=int(after) if is_key(after) else 0)
        context = {
            "run": run,
            "read": read,
            "last": read[-1].claim.pk if read else 0,
            "waiting": counts.get(State.IN_REVIEW, 0),
            "may_approve": RULES["approve"].permits(person(request)),
        }
        return self.page(request, "read", _("Read and approve"), context)

    def _approve(self, request: HttpRequest, run: ImportRun) -> None:
        """Approve what is ticked, and say what was done."""
        sent = request.POST.getlist("read")
        unexpected.report(request, ["read"])
        read = {}
        for one in sent:
            key, version, digest = [*one.split(":"), "", "", ""][:3]
            if is_key(key) and is_key(version) and digest:
                read[int(key)] = (int(version), digest)
        outcomes = claims_of_run.approve(run, read, by=person(request))
        for _claim, refusal in outcomes:
            note_refusal(request, refusal)
        refused = [(claim, str(refusal)) for claim, refusal in outcomes if refusal]
        if done := len(outcomes) - len(refused):
            sentence = ngettext("%(count)d claim is approved.", "%(count)d claims are approved.", done)
            self.message_user(request, sentence % {"count": done}, messages.SUCCESS)
        elif not sent:
            self.message_user(request, _("Tick the claims that you approve."), messages.WARNING)
        if refused:
            reasons = by_reason(refused, named=claims_of_run.ON_A_PAGE)
            warning = format_html("{}{}", _("These claims aren’t approved:"), reasons)
            self.message_user(request, warning, messages.WARNING)

    @staticmethod
    def begin(run: ImportRun, task: ImportTask, request: HttpRequest) -> None:
        """Do the act on the claims of the run: now if they are few, else by `run_imports`. Raises Refused."""
        are_few = claims_of_run.claims_of(run).count() <= _FEW
        claims_of_run.ask(run, task, by=person(request), is_mine=are_few)
        if are_few:
            claims_of_run.go_on(run)

    @staticmethod
    def context_of_claims(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
        """The variables for how far the claims of a run have come, and what can be done with them."""
        counts = claims_of_run.counted(run)
        ready = {task: sum(counts.get(state, 0) for state in states) for task, states in claims_of_run.FROM.items()}
        by = person(request)
        return {
            "of_claims": [(State(state).label, counts[state]) for state in State if state in counts],
            "to_submit": ready[ImportTask.SUBMIT] if RULES["submit"].permits(by) else 0,
            "to_read": counts.get(State.IN_REVIEW, 0),
            "to_publish": ready[ImportTask.PUBLISH] if RULES["publish"].permits(by) else 0,
            "tasks": [
                (task, run.counts[task], run.task == task, sorted(run.counts[task]["reasons"].items()))
                for task in ImportTask
                if task in run.counts
            ],
        }
