"""What stands beside a claim's form: what it still needs, what readers would get, what happened."""

import json
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import Act
from claims.desk import readiness, workflow
from claims.desk.admin import acts
from claims.desk.rules import Refused
from claims.formats import claimreview, consumers
from claims.models import Claim, ClaimEvent, Rating, Revision
from claims.record import differences
from claims.record.body import Signing, body_of
from claims.record.canonical import canonical
from claims.record.publications import Publication, from_history
from claims.schema import Content
from factcheck.accounts.models import User

# The newest of each; the whole history is a table of the desk.
LINES = 30


def content(claim: Claim, by: User, *, number: int = 1) -> Content:
    """The public state that the desk's text would make, with a stand-in for a rating not given yet."""
    signing = Signing(number=number, act=Act.PUBLISH, at=timezone.now(), signed_by=by.signature)
    if claim.rating is not None:
        return body_of(claim, signing)
    claim.rating = Rating(slug="none", label=_("Not rated yet"), on_scale=False)
    try:
        return body_of(claim, signing)
    finally:
        claim.rating = None


def changes(standing: acts.Standing) -> list[differences.Change]:
    """What differs between what readers see and the desk's text; nothing while readers see nothing."""
    if standing.shown is None:
        return []
    return differences.between(standing.shown.revision.content, content(standing.claim, standing.by))


def why_locked(standing: acts.Standing) -> str:
    """The sentence that says why the person cannot change the text now; empty when nothing is in the way."""
    try:
        workflow.check_edit(standing.claim, by=standing.by)
    except Refused as refusal:
        return str(refusal)
    return ""


def told(claim: Claim, by: User) -> dict[str, Any]:
    """What programs will be told of the desk's text, in the forms they read, and the rules that it breaks."""
    history = list(Revision.objects.of(claim.slug).defer("body").select_related("correction"))
    body = canonical(content(claim, by, number=len(history) + 1))
    publication = from_history(body, history) if history else Publication(body, timezone.now())
    review = claimreview.review(publication)
    forms = [
        (_("In the claim's page"), claimreview.serialise(review)),
        (_("In the feed"), claimreview.feed_item(review)),
    ]
    return {
        "review": review,
        "broken": consumers.findings(review),
        "forms": [(title, json.dumps(node, ensure_ascii=False, indent=2)) for title, node in forms],
    }


def context(claim: Claim, by: User) -> dict[str, Any]:
    """What the panel's template names."""
    standing = acts.Standing(Claim.objects.preload().get(pk=claim.pk), by)
    return {
        "standing": standing,
        "acts": acts.offered(standing),
        "advice": readiness.advice(standing.claim),
        "changes": changes(standing),
        "why_locked": why_locked(standing),
        "events": ClaimEvent.objects.filter(claim=claim).order_by("-version")[:LINES],
        "revisions": Revision.objects.filter(claim=claim).with_redaction().defer("body").order_by("-number")[:LINES],
    }
