"""Rules of acts: who may do them, and in which states. One table for the acts, the desk's buttons and the docs."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError

from claims.choices import LOCKED_STATES, State
from claims.models import Claim
from factcheck.accounts.models import User
from factcheck.core.fields.names import check_reading_order
from factcheck.core.text import clean


class Refused(Exception):
    """An act that can't be done now, by this person, or on this version. The text says why and what to do."""


class NotAllowed(Refused):
    """An act that this person's role or account doesn't allow."""

    def __init__(self, sentence: str = "Your role doesn't allow this. Ask a chief editor.") -> None:
        super().__init__(sentence)


class Conflict(Refused):
    """The claim was changed since this person read it, by somebody else or in another tab."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        super().__init__("This claim was changed since you opened it. Compare both texts, then save again.")


class Busy(Refused):
    """Another act held a lock for longer than the database's lock timeout."""

    def __init__(self) -> None:
        super().__init__("Somebody else is changing this right now. Nothing was saved; try again in a moment.")


@dataclass(frozen=True)
class Rule:
    """The permission that an act needs, and the states in which a claim can take it."""

    permission: str
    states: tuple[State, ...] = tuple(State)
    # The act signs something, or counts as one of the two people who check it. It needs a confirmed account.
    signs: bool = False

    def permits(self, by: User) -> bool:
        """True if the person's role allows the act. Inactive people have no permissions."""
        return by.has_perm(f"claims.{self.permission}")

    def check(self, by: User) -> None:
        """Raises NotAllowed if the person's role doesn't allow the act, or it signs and the account isn't confirmed."""
        if not self.permits(by):
            raise NotAllowed
        if self.signs and not by.is_confirmed:
            raise NotAllowed("Your account isn't confirmed yet. Ask another chief editor to confirm it first.")


RULES = {
    "log": Rule("add_claim"),
    "edit": Rule("change_claim", tuple(state for state in State if state not in LOCKED_STATES)),
    "restore": Rule("change_claim", tuple(state for state in State if state not in LOCKED_STATES)),
    "discard": Rule("change_claim", (State.RESEARCHING,)),
    "start": Rule("change_claim", (State.LOGGED, State.DECLINED, State.WITHDRAWN)),
    "submit": Rule("submit_claim", (State.LOGGED, State.RESEARCHING), signs=True),
    "approve": Rule("approve_claim", (State.IN_REVIEW,), signs=True),
    "publish": Rule("publish_claim", (State.APPROVED,), signs=True),
    "correct": Rule("publish_claim", (State.APPROVED,), signs=True),
    "publish-fix": Rule("publish_claim", (State.IN_REVIEW,), signs=True),
    "rerate": Rule("publish_claim", (State.APPROVED,), signs=True),
    "send-back": Rule("send_back_claim", LOCKED_STATES),
    "assign": Rule("assign_claim"),
    "plan": Rule("assign_claim"),
    "decline": Rule("decline_claim", (State.LOGGED, State.RESEARCHING, State.IN_REVIEW)),
    "withdraw": Rule("withdraw_claim", signs=True),
    "redact": Rule("redact_claim", signs=True),
    "rename": Rule("rename_in_record", signs=True),
    "merge": Rule("rename_in_record", signs=True),
    "page": Rule("add_pageproposal", signs=True),
}


def may_change(claim: Claim, by: User) -> bool:
    """True if the person may change the claim. Reporters may change those they logged or were assigned, editors all."""
    return by.has_perm("claims.change_any_claim") or by.pk in {claim.author_id, claim.assignee_id}


def check_may_change(claim: Claim, by: User) -> None:
    """Raises NotAllowed if the claim is another reporter's."""
    if not may_change(claim, by):
        raise NotAllowed("This claim is another reporter's. Ask an editor to assign it to you.")


def needed(reason: str, sentence: str) -> str:
    """The reason, cleaned. Raises Refused with `sentence` if it is empty."""
    reason = for_others(reason)
    if not reason:
        raise Refused(sentence)
    return reason


def for_others(reason: str) -> str:
    """The reason, cleaned. Raises Refused if people would read its letters in another order than they are in."""
    reason = cleaned(reason)
    try:
        check_reading_order(reason)
    except ValidationError as error:
        raise Refused(error.messages[0]) from error
    return reason


def cleaned(note: str) -> str:
    """The text in its normal form. Raises Refused for text that can't be stored."""
    try:
        return clean(note)
    except ValueError as error:
        raise Refused(str(error)) from error
