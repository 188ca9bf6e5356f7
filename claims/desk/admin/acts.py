"""The acts on a claim: one table for the buttons, addresses and confirmation pages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from claims.choices import PUBLIC_STATES, CorrectionKind, Priority
from claims.desk import approvals, readiness, restoring, workflow
from claims.desk.rules import RULES, NotAllowed, Refused, Rule, check_may_change, may_change
from claims.models import Claim, PublishedClaim, Revision
from claims.record.body import cited, unsigned
from claims.record.differences import Change, between
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind, User
from factcheck.core.desk.widgets import ProseField

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# The largest PostgreSQL integer.
VERSIONS = 2**31 - 1
# How many people are named beside an act that they can do and the reader can't.
NAMED = 5
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def status(refusal: Refused) -> int:
    """The HTTP status of a page that shows `refusal`."""
    return 403 if isinstance(refusal, NotAllowed) else 409


def note_refusal(request: HttpRequest, refusal: Exception | None) -> None:
    """Record a refusal by role as a security event. Call this on pages whose status isn't 403."""
    if isinstance(refusal, NotAllowed):
        security.note(SecurityKind.REFUSED, request=request, about=request.path, method=str(request.method))


class Situation:
    """What decides which acts one person can do on a claim now. Each query runs at most once."""

    def __init__(self, claim: Claim, by: User) -> None:
        self.claim, self.by = claim, by

    @cached_property
    def shown(self) -> PublishedClaim | None:
        return PublishedClaim.objects.select_related("revision").filter(claim=self.claim).first()

    @cached_property
    def is_revised(self) -> bool:
        """True if the claim was ever published."""
        return Revision.objects.filter(claim=self.claim).exists()

    @cached_property
    def has_readable_past(self) -> bool:
        return workflow.has_readable_past(self.claim)

    @cached_property
    def is_rerated(self) -> bool:
        """True if readers see another rating than the desk has."""
        rating = self.claim.rating
        return self.shown is not None and rating is not None and rating.slug != self.shown.rating

    @cached_property
    def blockers(self) -> list[str]:
        return readiness.blockers(self.claim)

    @property
    def may_fix(self) -> bool:
        """True if the person can change words of the published text."""
        return self.claim.state in PUBLIC_STATES and RULES["submit"].permits(self.by) and self.may_change()

    @cached_property
    def has_earlier_text(self) -> bool:
        """True if a text can be restored: one that readers may read, or one that an act replaced."""
        return self.has_readable_past or self.claim.replaced_texts.exists()

    @cached_property
    def tells_the_same(self) -> bool:
        """True if readers see the desk's text."""
        return self.shown is not None and restoring.is_same(self.claim, self.shown.revision.content)

    def may_change(self) -> bool:
        return may_change(self.claim, self.by)

    @cached_property
    def writers(self) -> set[int | None]:
        return approvals.writers_of(self.claim)

    @cached_property
    def why_not_signed(self) -> str:
        """Why the person can't be the second one for this claim. Empty if they can."""
        return approvals.why_not_after(self.writers, self.by)

    @cached_property
    def why_unseen(self) -> str:
        return approvals.why_unseen(self.claim, self.by)

    def may_sign(self) -> bool:
        if self.why_unseen:
            return False
        return not settings.FOUR_EYES or not self.why_not_signed


# The forms of acts


class ActForm(forms.Form):
    """The form of an act without fields. It sends only the version that the person saw."""

    required_css_class = "required"
    version = forms.IntegerField(
        min_value=1,
        max_value=VERSIONS,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            _("This page doesn't say which version of the claim you saw. Open it again."),
        ),
    )

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of the act, without the version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class Reason(ProseField):
    """A reason of several lines."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=5000, widget=AdminTextareaWidget({"rows": 4}), **kwargs)


class PersonField(forms.ModelChoiceField[User]):
    """A choice of a person, shown by their signature and their user name."""

    def label_from_instance(self, obj: User) -> str:
        return obj.label


class AssignForm(ActForm):
    to = PersonField(label=_("Person"), queryset=User.objects.none(), required=False, empty_label=_("Nobody"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.with_perm("claims.change_claim", backend=_BACKEND)
        self.fields["to"].queryset = people.order_by("first_name", "last_name", "username")  # type: ignore[attr-defined]


class SendBackForm(ActForm):
    reason = Reason(label=_("What needs fixing"), help_text=_("For the desk. Readers don't see it."))


class PlanForm(ActForm):
    due_on = forms.DateField(
        label=_("Due date"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        coerce=lambda value: Priority(int(value)),
        choices=Priority.choices,
        widget=forms.RadioSelect,
    )


class RestoreForm(ActForm):
    text = forms.CharField(
        max_length=50,
        widget=forms.HiddenInput,
        error_messages={"required": _("Choose one of the earlier texts of this claim, then restore it.")},
    )


class DeclineForm(ActForm):
    reason = Reason(label=_("Why it won't be checked"), help_text=_("For the desk. Readers don't see it."))


class PublicReasonForm(ActForm):
    reason = Reason(label=_("Reason"), help_text=_("Readers see it with the claim, permanently."))


# The kinds that a person chooses. To withdraw is an act of its own.
CORRECTIONS = tuple(kind for kind in CorrectionKind if kind != CorrectionKind.VOID)


class CorrectionForm(PublicReasonForm):
    kind = forms.TypedChoiceField(
        label=_("Kind of correction"),
        coerce=CorrectionKind,
        choices=[(kind.value, format_lazy("{}: {}", kind.label, kind.meaning)) for kind in CORRECTIONS],
        widget=forms.RadioSelect,
    )
    field_order = ["kind", "reason"]


# The acts


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


# What an act that replaces the text would change


@dataclass(frozen=True)
class Replacement:
    """The text that would replace the desk's: the choice of earlier ones, the chosen one, and what it changes.

    `why_unseen` says why the person may not see the chosen text. Empty if they may.
    """

    offered: list[restoring.Earlier]
    chosen: str
    changes: list[Change]
    why_unseen: str = ""


def replacement(act: DeskAct, situation: Situation, chosen: str) -> Replacement | None:
    """What discarding or restoring would change of the desk's text. None for other acts."""
    if act.name not in {"discard", "restore"}:
        return None
    now = restoring.text_of(situation.claim)
    if act.name == "discard":
        return Replacement([], "", between(now, situation.shown.revision.content) if situation.shown else [])
    offered = [one for one in restoring.earlier(situation.claim) if unsigned(one.content) != now]
    found = next((one for one in offered if one.name == chosen), None)
    if found is None:
        return Replacement(offered, "", [])
    why = approvals.why_unseen_text(situation.claim, {card["slug"] for card in cited(found.content)}, situation.by)
    return Replacement(offered, found.name, [] if why else between(now, found.content), why)
