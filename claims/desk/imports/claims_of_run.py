"""The claims of one import on their way to readers: submitted together, read and approved by pages, published together.

Each claim takes the same acts as any other, one by one. What is done in the background is `ImportRun.task`, which
`queue` does: it goes on after the last claim that is stored, and a claim that is refused doesn't stop the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import ImportOutcome, ImportState, ImportTarget, ImportTask, State
from claims.desk import approvals, workflow
from claims.desk.imports import runs
from claims.desk.imports.limits import BATCH_OF_CLAIMS
from claims.desk.rules import RULES, Refused
from claims.models import Claim, ImportRun
from claims.models.querysets import ClaimQuerySet
from claims.record.canonical import written
from claims.record.differences import Change, between
from factcheck.accounts.models import User

# Claims on a page that somebody reads and approves.
ON_A_PAGE = 20
# Different reasons of refusals that a run counts.
_MOST_REASONS = 50
FROM: dict[ImportTask, tuple[State, ...]] = {task: RULES[task].states for task in ImportTask}
_ACTS: dict[ImportTask, Callable[..., Claim]] = {
    ImportTask.SUBMIT: workflow.submit,
    ImportTask.PUBLISH: workflow.publish,
}


@dataclass(frozen=True)
class ToRead:
    """A claim that waits for approval, with all that readers would see of it, and what identifies exactly that."""

    claim: Claim
    text: list[Change]
    digest: str


def claims_of(run: ImportRun) -> ClaimQuerySet:
    """The claims that the run logged or changed."""
    rows = run.rows.filter(outcome__in=[ImportOutcome.CREATED, ImportOutcome.UPDATED])
    found: ClaimQuerySet = Claim.objects.filter(pk__in=rows.values("claim")).order_by("pk")
    return found


def counted(run: ImportRun) -> dict[str, int]:
    """How many claims of the run are in each state. Empty if it imports something else, or didn't end."""
    if run.target != ImportTarget.CLAIMS or run.state != ImportState.APPLIED:
        return {}
    rows = claims_of(run).order_by().values("state").annotate(count=Count("pk"))
    return {row["state"]: row["count"] for row in rows}


def to_read(run: ImportRun, *, after: int = 0) -> list[ToRead]:
    """The next claims of the run that wait for approval, after the one with this id."""
    claims = claims_of(run).preload().filter(state=State.IN_REVIEW, pk__gt=after)[:ON_A_PAGE]
    return [_to_read(claim) for claim in claims]


def _to_read(claim: Claim) -> ToRead:
    body = approvals.body_to_approve(claim)
    blank = {"schema": body["schema"], "slug": claim.slug}
    return ToRead(claim, between(blank, body), approvals.digest_of(written(body)))


def approve(run: ImportRun, read: Mapping[int, tuple[int, str]], *, by: User) -> list[tuple[Claim, Refused | None]]:
    """Approve the claims that `by` read: by their ids, the version and the digest of the body that the page showed.

    Returns each claim with its refusal, if it was refused. One that changed since it was read is.
    """
    return [
        (claim, _refusal(partial(workflow.approve, digest=digest), claim, by=by, version=version))
        for claim in claims_of(run).filter(pk__in=read)
        for version, digest in [read[claim.pk]]
    ]


# In the background


def ask(run: ImportRun, task: ImportTask, *, by: User, is_mine: bool = False) -> None:
    """Ask for an act on all claims of the run that can take it. Raises Refused, also if another act isn't done yet.

    With `is_mine` this process does it at once, and the worker only if it's left undone.
    """
    RULES[task].check(by)
    if not sum(count for state, count in counted(run).items() if state in FROM[task]):
        raise runs.Refused(_("No claim of this import is ready for this."))
    counts = {**run.counts, task: {"done": 0, "refused": 0, "reasons": {}}}
    free = ImportRun.objects.filter(pk=run.pk, task="", state=ImportState.APPLIED)
    if not free.update(task=task, task_by=by, task_at=0, counts=counts, active_at=timezone.now() if is_mine else None):
        raise runs.Refused(_("Wait until the last step is done."))
    run.refresh_from_db()


def go_on(run: ImportRun) -> None:
    """Do the run's task to its end. Raises Overtaken if another process went on with it."""
    task = ImportTask(run.task)
    by = run.task_by
    assert by  # noqa: S101 — a constraint of the table
    said = run.counts[task]
    while claims := _next(run, task):
        before = run.task_at
        for claim in claims:
            reason = str(_refusal(_ACTS[task], claim, by=by, version=claim.version) or "")
            said["refused" if reason else "done"] += 1
            reasons = said["reasons"]
            if reason and (reason in reasons or len(reasons) < _MOST_REASONS):
                reasons[reason] = reasons.get(reason, 0) + 1
            run.task_at = claim.pk
        mine = ImportRun.objects.filter(pk=run.pk, task=task, task_at=before)
        if not mine.update(task_at=run.task_at, counts=run.counts, active_at=timezone.now()):
            raise runs.Overtaken
    ImportRun.objects.filter(pk=run.pk, task=task, task_at=run.task_at).update(task="")
    run.refresh_from_db()


def stop(run: ImportRun, reason: str) -> None:
    """End a task that can't go on. What it did stays."""
    said = run.counts.get(run.task, {})
    said["reasons"] = {**said.get("reasons", {}), reason: 1}
    ImportRun.objects.filter(pk=run.pk, task=run.task).update(task="", counts=run.counts)


def _next(run: ImportRun, task: ImportTask) -> list[Claim]:
    return list(claims_of(run).filter(state__in=FROM[task], pk__gt=run.task_at)[:BATCH_OF_CLAIMS])


def _refusal(act: Callable[..., Claim], claim: Claim, *, by: User, version: int) -> Refused | None:
    """Why the act on this claim was refused. None if it's done."""
    try:
        act(claim, by=by, version=version)
    except Refused as refusal:
        return refusal
    return None
