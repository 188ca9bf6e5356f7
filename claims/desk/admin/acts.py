"""What a person may do with a claim: the one table behind buttons, addresses and confirmation pages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from claims.choices import CorrectionKind
from claims.desk import approvals, readiness, workflow
from claims.desk.rules import RULES, NotAllowed, Refused, Rule, may_change
from claims.models import Claim, PublishedClaim, Revision
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind, User
from factcheck.core.desk.widgets import ProseField

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Versions are PostgreSQL integers.
VERSIONS = 2**31 - 1


def status(refusal: Refused) -> int:
    """The HTTP status that says what `refusal` says."""
    return 403 if isinstance(refusal, NotAllowed) else 409


def note_refusal(request: HttpRequest, refusal: Exception | None) -> None:
    """Write down a refusal by role on a page whose status isn't 403."""
    if isinstance(refusal, NotAllowed):
        security.note(SecurityKind.REFUSED, request=request, about=request.path, method=str(request.method))


class Standing:
    """Where a claim stands for one person; what it asks of the database, it asks once."""

    def __init__(self, claim: Claim, by: User) -> None:
        self.claim, self.by = claim, by

    @cached_property
    def shown(self) -> PublishedClaim | None:
        return PublishedClaim.objects.select_related("revision").filter(claim=self.claim).first()

    @cached_property
    def is_revised(self) -> bool:
        """Whether readers ever saw it."""
        return Revision.objects.filter(claim=self.claim).exists()

    @cached_property
    def has_readable_past(self) -> bool:
        return workflow.has_readable_past(self.claim)

    @cached_property
    def is_rerated(self) -> bool:
        """Whether readers see another rating than the desk has."""
        rating = self.claim.rating
        return self.shown is not None and rating is not None and rating.slug != self.shown.rating

    @cached_property
    def stops(self) -> list[str]:
        return readiness.blockers(self.claim)

    def may_change(self) -> bool:
        return may_change(self.claim, self.by)

    def may_sign(self) -> bool:
        return not settings.FOUR_EYES or approvals.may_sign(self.claim, self.by)


# What an act asks for


class ActForm(forms.Form):
    """Nothing but the version that the person saw."""

    required_css_class = "required"
    version = forms.IntegerField(
        min_value=1,
        max_value=VERSIONS,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            _("This page lost track of the claim's version. Open it again."),
        ),
    )

    @property
    def wishes(self) -> dict[str, Any]:
        """What the act is called with."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class Reason(ProseField):
    """A reason in a few lines."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=5000, widget=AdminTextareaWidget({"rows": 4}), **kwargs)


class PersonField(forms.ModelChoiceField[User]):
    """Somebody who can work on claims."""

    def label_from_instance(self, obj: User) -> str:
        return obj.signature


class AssignForm(ActForm):
    to = PersonField(label=_("Person"), queryset=User.objects.none(), required=False, empty_label=_("Nobody"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.with_perm("claims.change_claim", backend="django.contrib.auth.backends.ModelBackend")
        self.fields["to"].queryset = people.order_by("first_name", "last_name", "username")  # type: ignore[attr-defined]


class SendBackForm(ActForm):
    reason = Reason(label=_("What is to be mended"), help_text=_("For the desk. Readers do not see it."))


class DeclineForm(ActForm):
    reason = Reason(label=_("Why it is not checked"), help_text=_("For the desk. Readers do not see it."))


class PublicReasonForm(ActForm):
    reason = Reason(label=_("Reason"), help_text=_("Readers see it beside the claim, for ever."))


class CorrectionForm(PublicReasonForm):
    kind = forms.TypedChoiceField(
        label=_("How much changes"),
        coerce=CorrectionKind,
        choices=[(kind.value, kind.label) for kind in CorrectionKind if kind != CorrectionKind.VOID],
        widget=forms.RadioSelect,
    )
    field_order = ["kind", "reason"]


# The acts


@dataclass(frozen=True)
class DeskAct:
    """One act: its name in addresses, its button, when it is offered, what it does and what it asks for."""

    name: str
    label: "str | _StrPromise"
    done: "str | _StrPromise"
    does: "str | _StrPromise"
    run: Callable[..., Claim]
    when: Callable[[Standing], bool] = lambda _standing: True
    form: type[ActForm] = ActForm
    # Readers see the outcome, so the page shows what they will see.
    is_public: bool = False
    # It takes the claim further, or away.
    leads_on: bool = False
    takes_away: bool = False

    @property
    def rule(self) -> Rule:
        """Publishing again is publishing."""
        return RULES["publish" if self.name == "republish" else self.name]

    def is_permitted(self, by: User) -> bool:
        return self.rule.permits(by)

    def is_offered(self, standing: Standing) -> bool:
        """Whether the person may do it now."""
        return self.is_permitted(standing.by) and standing.claim.state in self.rule.states and self.when(standing)


ACTS = {
    act.name: act
    for act in [
        DeskAct(
            name="start",
            label=_("Start research"),
            done=_("Research has started."),
            does=_("The claim moves to researching. Readers see nothing of it."),
            run=workflow.start_research,
            when=Standing.may_change,
            leads_on=True,
        ),
        DeskAct(
            name="submit",
            label=_("Submit for review"),
            done=_("Submitted for review."),
            does=_("Its text stands still from here, until another person approves it or sends it back."),
            run=workflow.submit,
            when=lambda standing: standing.may_change() and not standing.stops,
            leads_on=True,
        ),
        DeskAct(
            name="approve",
            label=_("Approve"),
            done=_("Approved."),
            does=_("You sign the text as it stands, by name and in public. It can then be published."),
            run=workflow.approve,
            when=lambda standing: standing.may_sign() and not standing.stops,
            is_public=True,
            leads_on=True,
        ),
        DeskAct(
            name="publish",
            label=_("Publish"),
            done=_("Published. Readers see it now."),
            does=_("Readers see the claim from now on. What is published stays in the record for ever."),
            run=workflow.publish,
            when=lambda standing: not standing.is_revised,
            is_public=True,
            leads_on=True,
        ),
        DeskAct(
            name="republish",
            label=_("Publish again"),
            done=_("Published again. Readers see it now."),
            does=_("Readers see the claim again, with the reason why."),
            run=workflow.publish,
            when=lambda standing: standing.is_revised and standing.shown is None,
            form=PublicReasonForm,
            is_public=True,
            leads_on=True,
        ),
        DeskAct(
            name="correct",
            label=_("Correct"),
            done=_("Corrected. Readers see what changed and why."),
            does=_("Readers see the approved text from now on, with a correction that says what changed and why."),
            run=workflow.correct,
            when=lambda standing: standing.shown is not None and not standing.is_rerated,
            form=CorrectionForm,
            is_public=True,
            leads_on=True,
        ),
        DeskAct(
            name="rerate",
            label=_("Change the rating"),
            done=_("The rating was changed. Readers see both ratings and why."),
            does=_("Readers see the approved text and its new rating from now on, with the old one and why."),
            run=workflow.rerate,
            when=lambda standing: standing.is_rerated,
            form=CorrectionForm,
            is_public=True,
            leads_on=True,
        ),
        DeskAct(
            name="send-back",
            label=_("Send back"),
            done=_("Sent back to research."),
            does=_("The claim moves back to researching, and its text can be changed again."),
            run=workflow.send_back,
            form=SendBackForm,
        ),
        DeskAct(
            name="assign",
            label=_("Assign"),
            done=_("Assigned."),
            does=_("The person can change the claim and finds it among their own."),
            run=workflow.assign,
            form=AssignForm,
        ),
        DeskAct(
            name="decline",
            label=_("Decline"),
            done=_("Declined."),
            does=_("The claim will not be checked. It can be taken up again."),
            run=workflow.decline,
            when=lambda standing: not standing.is_revised,
            form=DeclineForm,
            takes_away=True,
        ),
        DeskAct(
            name="withdraw",
            label=_("Withdraw"),
            done=_("Withdrawn. Its address now gives the reason."),
            does=_("Readers no longer see the claim. Its address gives the reason, and its history stays."),
            run=workflow.withdraw,
            when=lambda standing: standing.shown is not None,
            form=PublicReasonForm,
            takes_away=True,
        ),
        DeskAct(
            name="redact",
            label=_("Redact earlier versions"),
            done=_("Redacted. Readers see the text of the newest version alone."),
            does=_(
                "Readers no longer see the text, the picture and the citation of any version before the newest. That "
                "each was there, who signed it, when and why stays, so do not repeat in the reason what is to go. "
                "The newest version stays as it is: what must go from it needs a correction first. "
                "This cannot be undone."
            ),
            run=workflow.redact,
            when=lambda standing: standing.has_readable_past,
            form=PublicReasonForm,
            takes_away=True,
        ),
    ]
}


def offered(standing: Standing) -> Iterable[DeskAct]:
    """The acts that this person may do now, the next step of the work first."""
    return [act for act in ACTS.values() if act.is_offered(standing)]
