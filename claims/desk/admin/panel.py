"""The panel beside a claim's form: the state, what is missing, what readers would see, and the history."""

import json
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import Act
from claims.desk import approvals, readiness, workflow
from claims.desk.admin import acts
from claims.desk.admin.situation import Situation
from claims.desk.rules import Refused
from claims.formats import claimreview, consumers
from claims.models import Claim, ClaimEvent, Rating, Revision
from claims.record import differences
from claims.record.body import Signing, body_of
from claims.record.canonical import canonical
from claims.record.evidence import in_a_sentence
from claims.record.publications import Publication, from_history
from claims.schema import Content
from factcheck.accounts.models import User
from sources.models import Source, seen_by

# Only the newest of each are shown. The desk has tables with the whole history.
LINES = 30
OPEN_COMMENTS = 5


def content(claim: Claim, by: User, *, number: int = 1) -> Content:
    """The public body that the desk's text would give, with a placeholder if it has no rating yet."""
    signing = Signing(
        number=number,
        act=Act.PUBLISH,
        at=timezone.now(),
        signed_by=by.signature,
        checked_by=approvals.signatures_of_writers(claim.events.order_by("version")),
    )
    if claim.rating is not None:
        return body_of(claim, signing)
    claim.rating = Rating(slug="none", label=_("Not rated yet"), on_scale=False)
    try:
        return body_of(claim, signing)
    finally:
        claim.rating = None


def changes(situation: Situation) -> list[differences.Change]:
    """The differences between what readers see and the desk's text. Empty if readers don't see the claim."""
    if situation.shown is None:
        return []
    return differences.between(situation.shown.revision.content, content(situation.claim, situation.by))


def why_locked(situation: Situation) -> str:
    """Why the person can't change the text now, as a sentence. Empty if they can."""
    try:
        workflow.check_edit(situation.claim, by=situation.by)
    except Refused as refusal:
        return str(refusal)
    return ""


def consumer_view(claim: Claim, by: User) -> dict[str, Any]:
    """The desk's text in the forms that programs read, and the rules of consumers that it breaks."""
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


def articles(situation: Situation) -> list[Source]:
    """The articles in which the claim appears and whose text the person can read at the desk."""
    sources = [row.source_id for row in situation.claim.appearances.all()]
    with_text = Source.objects.filter(seen_by(situation.by), pk__in=sources, snapshots__text_row__isnull=False)
    return list(with_text.distinct().order_by("title"))


def context(claim: Claim, by: User) -> dict[str, Any]:
    """The variables of the panel's template."""
    situation = Situation(Claim.objects.preload().select_related("author", "assignee").get(pk=claim.pk), by)
    offered = acts.offered(situation)
    return {
        "situation": situation,
        "articles": articles(situation),
        "acts": offered,
        "may_restore": any(act.name == "restore" for act in offered),
        "barred": acts.barred(situation),
        "balance": in_a_sentence(item.counted_as for item in situation.claim.evidence.all()),
        "advice": readiness.advice(situation.claim),
        "changes": changes(situation),
        "why_locked": why_locked(situation),
        "comments": list(claim.comments.open().select_related("by").order_by("-at", "-pk")[:OPEN_COMMENTS]),
        "events": ClaimEvent.objects.filter(claim=claim).order_by("-version")[:LINES],
        "revisions": Revision.objects.filter(claim=claim).with_redaction().defer("body").order_by("-number")[:LINES],
    }
