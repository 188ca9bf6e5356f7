"""Claims in every state, with what readers see of them, and every act of the workflow."""

from collections.abc import Callable
from functools import partial
from typing import Any

from claims.choices import CorrectionKind, Priority
from claims.desk import workflow
from claims.models import Claim, Rating
from tests.factories import ClaimFactory, UserFactory, approved, corrected, published, redacted, withdrawn


def log_by_reporter(**fields: Any) -> Claim:
    return ClaimFactory.create(by=UserFactory.create(role="Reporter"), **fields)


def edited(claim: Claim, **changes: Any) -> Claim:
    """A claim whose desk text differs from what readers see."""
    changes = changes or {"summary": f"{claim.summary} More is known now."}
    for name, value in changes.items():
        setattr(claim, name, value)
    return workflow.edit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def in_review(claim: Claim) -> Claim:
    return workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def researching() -> Claim:
    claim = log_by_reporter()
    return workflow.start_research(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def declined() -> Claim:
    claim = log_by_reporter()
    by = UserFactory.create(role="Editor")
    return workflow.decline(claim, reason="Nobody can know.", by=by, version=claim.version)


def other_rating() -> Rating:
    return Rating.objects.get(slug="unverified")


SITUATIONS: dict[str, Callable[[], Claim]] = {
    "logged": log_by_reporter,
    "incomplete": partial(log_by_reporter, summary=""),
    "researching": researching,
    "in review": lambda: in_review(log_by_reporter()),
    "approved": lambda: approved(log_by_reporter()),
    "declined": declined,
    "published": lambda: published(log_by_reporter()),
    "corrected": lambda: corrected(published(log_by_reporter())),
    "redacted": lambda: redacted(corrected(published(log_by_reporter()))),
    "researching, readers see two versions": lambda: edited(corrected(published(log_by_reporter()))),
    "researching, readers see it": lambda: edited(published(log_by_reporter())),
    "in review, readers see it": lambda: in_review(edited(published(log_by_reporter()))),
    "approved, readers see it": lambda: approved(edited(published(log_by_reporter()))),
    "approved with another rating": lambda: approved(edited(published(log_by_reporter()), rating=other_rating())),
    "withdrawn": lambda: withdrawn(published(log_by_reporter())),
    "approved after a withdrawal": lambda: approved(edited(withdrawn(published(log_by_reporter())))),
}

# The acts, as the table in docs/reference/roles.md names them.
ACTS: dict[str, Callable[..., Claim]] = {
    "edit": workflow.edit,
    "assign": partial(workflow.assign, to=None),
    "plan": partial(workflow.plan, due_on=None, priority=Priority.HIGH),
    "discard": workflow.discard,
    "restore": partial(workflow.restore, text="version-1"),
    "start": workflow.start_research,
    "submit": workflow.submit,
    "send-back": partial(workflow.send_back, reason="The sum is wrong."),
    "approve": workflow.approve,
    "decline": partial(workflow.decline, reason="Nobody can know."),
    "publish": workflow.publish,
    "republish": partial(workflow.publish, reason="It was right."),
    "correct": partial(workflow.correct, kind=CorrectionKind.MINOR, reason="A figure was wrong."),
    "publish-fix": partial(workflow.publish_fix, kind=CorrectionKind.MINOR, reason="A word was wrong."),
    "rerate": partial(workflow.rerate, kind=CorrectionKind.SUBSTANTIAL, reason="We were wrong."),
    "withdraw": partial(workflow.withdraw, reason="The source was forged."),
    "redact": partial(workflow.redact, reason="It named a private person."),
}
# A situation in which each act can be done.
WHEN = {
    **dict.fromkeys(["edit", "assign", "plan", "start", "submit", "decline"], "logged"),
    **dict.fromkeys(["send-back", "approve"], "in review"),
    "discard": "researching, readers see it",
    "restore": "corrected",
    "publish": "approved",
    "republish": "approved after a withdrawal",
    "correct": "approved, readers see it",
    "publish-fix": "in review, readers see it",
    "rerate": "approved with another rating",
    "withdraw": "published",
    "redact": "corrected",
}
