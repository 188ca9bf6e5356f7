"""What an editor does with marked words: log a claim, add a place or evidence to one, find a lost place again."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from claims.desk import workflow
from claims.desk.reading.places import Span, Text
from claims.desk.rules import Refused
from claims.models import Appearance, Claim, Claimant, Evidence
from factcheck.accounts.models import User

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


def _edited(pk: int, *, version: int, by: User) -> Claim:
    """The claim after an edit by this person, its text unchanged. Raises Refused."""
    claim = Claim.objects.filter(pk=pk).first()
    if claim is None:
        raise Refused(_("We couldn't find this claim."))
    return workflow.edit(claim, by=by, version=version)
