"""The acts on a claim: one table for the buttons, addresses and confirmation pages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.desk import workflow
from claims.desk.admin.act_forms import (
    ActForm,
    AssignForm,
    CorrectionForm,
    DeclineForm,
    PlanForm,
    PublicReasonForm,
    RestoreForm,
    SendBackForm,
)
from claims.desk.admin.situation import Situation
from claims.desk.rules import RULES, NotAllowed, Rule, check_may_change
from claims.models import Claim
from factcheck.accounts.models import User

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# How many people are named beside an act that they can do and the reader can't.
NAMED = 5
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class DeskAct:
    """One act: its name in addresses, its button, its effect, when it is offered, and its form."""

    name: str
    label: "str | _StrPromise"
    done: "str | _StrPromise"
    effect: "str | _StrPromise"
    run: Callable[..., Claim]
    when: Callable[[Situation], bool] = lambda _situation: True
    form: type[ActForm] = ActForm
    # It changes the text, so a reporter can do it only on a claim of their own.
    is_of_writers: bool = False
    # Readers see the result, so the page of the act previews it.
    is_public: bool = False
    # Decide the button's style: the next step of the work, or an act that removes something.
    is_next_step: bool = False
    is_destructive: bool = False

    @property
    def rule(self) -> Rule:
        """The rule of the act. To republish needs the same as to publish."""
        return RULES["publish" if self.name == "republish" else self.name]

    def is_permitted(self, by: User) -> bool:
        return self.rule.permits(by)

    def is_offered(self, situation: Situation) -> bool:
        """True if the person can do the act now."""
        return (
            self.is_permitted(situation.by)
            and situation.claim.state in self.rule.states
            and (not self.is_of_writers or situation.may_change())
            and self.when(situation)
        )


ACTS = {
    act.name: act
    for act in [
        DeskAct(
            name="start",
            label=_("Start research"),
            done=_("Research has started."),
            effect=_("The claim moves to research. Readers don't see it."),
            run=workflow.start_research,
            is_of_writers=True,
            is_next_step=True,
        ),
        DeskAct(
            name="submit",
            label=_("Submit for review"),
            done=_("Submitted for review."),
            effect=_("Another person reviews it. Nobody can edit it until it is published or sent back."),
            run=workflow.submit,
            when=lambda situation: not situation.blockers,
            is_of_writers=True,
            is_next_step=True,
        ),
        DeskAct(
            name="approve",
            label=_("Approve"),
            done=_("Approved."),
            effect=_("Readers see your name as the reviewer of this text. It can then be published."),
            run=workflow.approve,
            when=lambda situation: situation.may_sign() and not situation.blockers,
            is_public=True,
            is_next_step=True,
        ),
        DeskAct(
            name="publish",
            label=_("Publish"),
            done=_("Published. Readers see it now."),
            effect=_("Readers see the claim from now on. A published version stays in the record permanently."),
            run=workflow.publish,
            when=lambda situation: not situation.is_revised,
            is_public=True,
            is_next_step=True,
        ),
        DeskAct(
            name="republish",
            label=_("Publish again"),
            done=_("Published again. Readers see it now."),
            effect=_("Readers see the claim again, with the reason."),
            run=workflow.publish,
            when=lambda situation: situation.is_revised and situation.shown is None,
            form=PublicReasonForm,
            is_public=True,
            is_next_step=True,
        ),
        DeskAct(
            name="correct",
            label=_("Correct"),
            done=_("Corrected. Readers see what changed and why."),
            effect=_("Readers see the approved text from now on, with a correction that says what changed and why."),
            run=workflow.correct,
            when=lambda situation: (
                situation.shown is not None and not situation.is_rerated and not situation.tells_the_same
            ),
            form=CorrectionForm,
            is_public=True,
            is_next_step=True,
        ),
        DeskAct(
            name="publish-fix",
            label=_("Approve and publish the correction"),
            done=_("Corrected. Readers see what changed and why."),
            effect=_(
                "Readers see your name as the reviewer. They see this text from now on, with a correction that says "
                "what changed and why."
            ),
            run=workflow.publish_fix,
            when=lambda situation: (
                situation.shown is not None
                and not situation.is_rerated
                and situation.may_sign()
                and not situation.blockers
            ),
            form=CorrectionForm,
            is_public=True,
            is_next_step=True,
        ),
        DeskAct(
            name="rerate",
            label=_("Change the rating"),
            done=_("The rating was changed. Readers see both ratings and the reason."),
            effect=_(
                "Readers see the approved text and its new rating from now on, with the old rating and the reason."
            ),
            run=workflow.rerate,
            when=lambda situation: situation.is_rerated,
            form=CorrectionForm,
            is_public=True,
            is_next_step=True,
        ),
        DeskAct(
            name="send-back",
            label=_("Send back"),
            done=_("Sent back to research."),
            effect=_("The claim moves back to research, and its text can be changed again."),
            run=workflow.send_back,
            form=SendBackForm,
        ),
        DeskAct(
            name="discard",
            label=_("Discard changes"),
            done=_("The changes were discarded. The claim is published as readers see it."),
            effect=_(
                "The claim goes back to the text that readers see, and is published again without an approval. The "
                "discarded text is kept, so you can restore it."
            ),
            run=workflow.discard,
            when=lambda situation: situation.shown is not None,
            is_of_writers=True,
            is_destructive=True,
        ),
        DeskAct(
            name="restore",
            label=_("Restore an earlier text"),
            done=_("Restored. The text that it replaced is kept, so you can restore that too."),
            effect=_(
                "An earlier text becomes the text at the desk. Readers see no change until the text is approved and "
                "published."
            ),
            run=workflow.restore,
            when=lambda situation: situation.has_earlier_text,
            form=RestoreForm,
            is_of_writers=True,
        ),
        DeskAct(
            name="assign",
            label=_("Assign"),
            done=_("Assigned."),
            effect=_("The person can change the claim and finds it under “Mine”."),
            run=workflow.assign,
            form=AssignForm,
        ),
        DeskAct(
            name="plan",
            label=_("Due date and priority"),
            done=_("The due date and the priority are set."),
            effect=_("Lists of work are sorted by them. Readers don't see them."),
            run=workflow.plan,
            form=PlanForm,
        ),
        DeskAct(
            name="decline",
            label=_("Decline"),
            done=_("Declined."),
            effect=_("The claim won't be checked. Research on it can start again later."),
            run=workflow.decline,
            when=lambda situation: not situation.is_revised,
            form=DeclineForm,
            is_destructive=True,
        ),
        DeskAct(
            name="withdraw",
            label=_("Withdraw"),
            done=_("Withdrawn. Its page now gives the reason."),
            effect=_("Readers no longer see the claim. Its page gives the reason and keeps its history."),
            run=workflow.withdraw,
            when=lambda situation: situation.shown is not None,
            form=PublicReasonForm,
            is_destructive=True,
        ),
        DeskAct(
            name="redact",
            label=_("Redact earlier versions"),
            done=_("Redacted. Readers see only the text of the newest version."),
            effect=_(
                "Readers no longer see the text, the picture and the citation of any version before the newest. They "
                "still see that each version existed, who published it, when and why, so don't repeat in the reason "
                "what you want to remove. The newest version doesn't change: to remove something from it, correct the "
                "claim "
                "first. You can't undo this."
            ),
            run=workflow.redact,
            when=lambda situation: situation.has_readable_past,
            form=PublicReasonForm,
            is_destructive=True,
        ),
    ]
}


def offered(situation: Situation) -> Iterable[DeskAct]:
    """The acts that this person can do now, the next step of the work first."""
    return [act for act in ACTS.values() if act.is_offered(situation)]


@dataclass(frozen=True)
class Barred:
    """An act that fits the claim's state and that this person can't do: why, and who can.

    `who` is None if nobody can, because of the claim and not of the person.
    """

    act: DeskAct
    why: str
    who: str | None


def barred(situation: Situation) -> list[Barred]:
    """The acts that the claim can take now, but not from this person, and a correction without a change."""
    found = [(act, why_not(act, situation)) for act in ACTS.values() if not act.is_offered(situation)]
    return [Barred(act, why, _who_can(act, situation)) for act, why in found if why]


def why_not(act: DeskAct, situation: Situation) -> str:
    """Why the person can't do an act that fits the claim now. Empty if it doesn't fit, or the claim isn't complete."""
    if situation.claim.state not in act.rule.states:
        return ""
    if act.name in {"submit", "approve"} and situation.blockers:
        return ""
    if act.name == "correct" and situation.tells_the_same:
        return workflow.NOTHING_DIFFERS
    fits = act.name == "approve" or act.when(situation)
    try:
        if fits:
            act.rule.check(situation.by)
            if act.is_of_writers:
                check_may_change(situation.claim, situation.by)
    except NotAllowed as refusal:
        return str(refusal)
    return situation.why_not_signed if fits and act.name == "approve" else ""


def _who_can(act: DeskAct, situation: Situation) -> str | None:
    """The names of those who can do the act, at most `NAMED`. None if nobody can do it to this text."""
    if act.name == "correct" and situation.tells_the_same:
        return None
    people = User.objects.with_perm(f"claims.{act.rule.permission}", backend=_BACKEND).exclude(pk=situation.by.pk)
    if act.rule.signs:
        people = people.exclude(confirmed_at=None)
    if act.name == "approve" and settings.FOUR_EYES:
        people = people.exclude(pk__in=[pk for pk in situation.writers if pk])
    if act.is_of_writers:
        people = people.filter(
            Q(pk__in=[situation.claim.author_id, situation.claim.assignee_id])
            | Q(pk__in=User.objects.with_perm("claims.change_any_claim", backend=_BACKEND).values("pk"))
        )
    names = [one.signature for one in people.order_by("first_name", "last_name", "username")[: NAMED + 1]]
    return ", ".join([*names[:NAMED], "…"] if len(names) > NAMED else names)
