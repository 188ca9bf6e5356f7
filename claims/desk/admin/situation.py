"""The situation of a claim and a person, which decides what the person can do on the claim."""

from django.conf import settings
from django.utils.functional import cached_property

from claims.choices import PUBLIC_STATES
from claims.desk import approvals, readiness, restoring, workflow
from claims.desk.rules import RULES, may_change
from claims.models import Claim, PublishedClaim, Revision
from factcheck.accounts.models import User


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
