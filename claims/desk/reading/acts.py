"""What an editor does with marked words: log a claim, add a place or evidence to one, find a lost place again.

And what they decide about words that may repeat a claim: the same, not the same, undone.
"""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from claims.choices import MatchDecisionKind
from claims.desk import workflow
from claims.desk.reading.places import Span, Text
from claims.desk.reading.reading import sentence_hash
from claims.desk.rules import Refused
from claims.models import Appearance, Claim, Claimant, Evidence, MatchDecision
from factcheck.accounts.models import User
from sources.models import Source

_LONGEST = 200


def describe(place: Appearance, text: Text, span: Span) -> Appearance:
    """The appearance with the words of this place: exact, before, after, where, and the order of reading."""
    quote = text.quote(span)
    place.exact, place.prefix, place.suffix = quote.exact, quote.prefix, quote.suffix
    place.words_not_recorded = False
    place.locator, place.position = text.locator(span)[:_LONGEST], text.paragraph_of(span.start)
    return place


@transaction.atomic
def log(claim: Claim, place: Appearance, *, author: Claimant | None, by: User) -> Claim:
    """Log a new claim with its first place. `author` is a new claimant, who made the claim. Raises Refused."""
    if author is not None:
        author.save(force_insert=True)
        claim.claimant = author
    claim = workflow.log(claim, by=by)
    place.claim, place.order = claim, 0
    place.save(force_insert=True)
    return claim


@transaction.atomic
def add(row: Appearance | Evidence, *, to: int, version: int, by: User) -> Claim:
    """Add a place or evidence as the last of a claim, which `by` read at `version`. Raises Refused."""
    claim = _edited(to, version=version, by=by)
    rows = type(row)._default_manager.filter(claim=claim)
    last = rows.aggregate(last=Max("order"))["last"]
    row.claim, row.order = claim, 0 if last is None else last + 1
    row.save(force_insert=True)
    return claim


@transaction.atomic
def place_again(place: Appearance, text: Text, span: Span, *, version: int, by: User) -> Claim:
    """Give a place of a claim other words, those at `span`. Raises Refused."""
    claim = _edited(place.claim_id, version=version, by=by)
    stored = Appearance.objects.filter(pk=place.pk, claim=claim).first()
    if stored is None:
        raise Refused(_("This place was removed meanwhile."))
    describe(stored, text, span).save()
    return claim


@transaction.atomic
def same(article: Source, text: Text, span: Span, *, to: int, by: User) -> Claim:
    """Say that these words are a claim that was logged before: they become a place of it. Raises Refused."""
    place = describe(Appearance(source=article, appeared_on=article.published), text, span)
    claim = add(place, to=to, version=_found(to).version, by=by)
    _decide(article, sentence_hash(text.words(span)), claim, MatchDecisionKind.SAME, by=by, place=place)
    return claim


def not_same(article: Source, words: str, *, claim: int, by: User) -> Claim:
    """Say that these words aren't this claim, so that the article no longer offers it for them. Raises Refused."""
    found = _found(claim)
    _decide(article, sentence_hash(words), found, MatchDecisionKind.OTHER, by=by)
    return found


@transaction.atomic
def undo(decision: MatchDecision, *, by: User) -> Claim:
    """Take a decision back. A place that it added is removed from the claim.

    Raises Refused if the decision no longer holds, or the place was changed since.
    """
    holding = MatchDecision.objects.in_force(decision.source)
    stored = next((one for one in holding if one.pk == decision.pk), None)
    if stored is None:
        raise Refused(_("This was undone already."))
    claim: Claim = stored.claim
    if stored.place is not None:
        claim = _edited(claim.pk, version=claim.version, by=by)
        if sentence_hash(stored.place.exact) != stored.sha256 or stored.place.claim_id != claim.pk:
            raise Refused(_("The place was changed since. Remove it in the form of the claim."))
        stored.place.delete()
        workflow.settle(claim, by=by)
    _decide(stored.source, stored.sha256, claim, MatchDecisionKind.UNDONE, by=by)
    return claim


def _decide(
    source: Source, sha256: str, claim: Claim, kind: MatchDecisionKind, *, by: User, place: Appearance | None = None
) -> None:
    MatchDecision.objects.create(source=source, sha256=sha256, claim=claim, kind=kind, place=place, by=by)


def _found(pk: int) -> Claim:
    claim: Claim | None = Claim.objects.filter(pk=pk).first()
    if claim is None:
        raise Refused(_("We couldn't find this claim."))
    return claim


def _edited(pk: int, *, version: int, by: User) -> Claim:
    """The claim after an edit by this person, its text unchanged. Raises Refused."""
    return workflow.edit(_found(pk), by=by, version=version)
