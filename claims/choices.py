"""The vocabularies of claims. Rating scales aren't here: they are data, because newsrooms use different ones."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class State(models.TextChoices):
    """The state of the work on a claim. The verdict is its rating; what the public sees is the record."""

    LOGGED = "logged", _("To do")
    RESEARCHING = "researching", _("Researching")
    IN_REVIEW = "in-review", _("In review")  # the author says it's complete; another person reviews it
    APPROVED = "approved", _("Approved")  # approved by another person, not yet in the record
    PUBLISHED = "published", _("Published")
    CORRECTED = "corrected", _("Corrected")  # published, then changed in public
    WITHDRAWN = "withdrawn", _("Withdrawn")  # was published, isn't shown any more
    DECLINED = "declined", _("Declined")  # will not be checked


# The desk and the record agree: nothing was changed since the newest revision.
PUBLIC_STATES = (State.PUBLISHED, State.CORRECTED)
# Another person has approved the current text.
SIGNED_STATES = (State.APPROVED, *PUBLIC_STATES)
# The text can't be edited while it's in review, or after approval until it's published.
LOCKED_STATES = (State.IN_REVIEW, State.APPROVED)


class ClaimKind(models.TextChoices):
    """The sort of statement that a claim is. It decides what can be evidence for it."""

    STATISTIC = "statistic", _("Statistic")
    EVENT = "event", _("Event")
    QUOTE = "quote-attribution", _("Attributed quote")  # who said it, not whether it's true
    LAW_OR_POLICY = "legal-policy", _("Law or policy")
    CAUSE = "causal", _("Cause and effect")
    PREDICTION_OR_OPINION = "prediction-opinion", _("Prediction or opinion")
    OTHER = "other", _("Other")


class ClaimantKind(models.TextChoices):
    """The sort of claimant."""

    PERSON = "person", _("Person")
    PUBLICATION = "publication", _("Media outlet")
    GOVERNMENT = "government-agency", _("Government body")
    PARTY = "party", _("Political party")
    ADVOCACY = "advocacy-group", _("Advocacy group")
    THINK_TANK = "think-tank", _("Think tank")
    COMPANY = "company", _("Company")
    OTHER = "other", _("Other")


class Stance(models.TextChoices):
    """The position that evidence takes on a claim."""

    SUPPORTS = "supports", _("Supports")
    REFUTES = "refutes", _("Contradicts")
    MIXED = "mixed", _("Mixed")
    CONTEXT = "context", _("Background")  # relevant, but neither for nor against


# An origin is counted if evidence from it has one of these stances.
TAKES_A_SIDE = (Stance.SUPPORTS, Stance.REFUTES, Stance.MIXED)


class EventKind(models.TextChoices):
    """The kinds of event in the desk's history of a claim, one for each act."""

    LOGGED = "claim.logged", _("Logged")
    EDITED = "claim.edited", _("Edited")
    RESTORED = "claim.restored", _("Again as readers see it")
    ASSIGNED = "claim.assigned", _("Assigned")
    PLANNED = "claim.planned", _("Due date or priority changed")
    STARTED = "claim.started", _("Research started")
    SUBMITTED = "claim.submitted", _("Submitted for review")
    SENT_BACK = "claim.sent-back", _("Sent back")
    APPROVED = "claim.approved", _("Approved")
    PUBLISHED = "claim.published", _("Published")
    CORRECTED = "claim.corrected", _("Corrected")
    RERATED = "claim.rerated", _("Rating changed")
    RENAMED = "claim.renamed", _("A name in it was changed")
    WITHDRAWN = "claim.withdrawn", _("Withdrawn")
    REDACTED = "claim.redacted", _("Text of earlier versions removed")
    DECLINED = "claim.declined", _("Declined")
    NAME_CHANGED = "claim.name-changed", _("A name in it was changed at the desk")
    NAME_AGREED = "claim.name-agreed", _("A name in it was changed by two people")
    MERGED = "claim.merged", _("Merged with another claim")
    PARTED = "claim.parted", _("A merge with another claim was undone")
    REOPENED = "claim.reopened", _("Back in review: it differs from what was approved")
    LOADED = "claim.loaded", _("Loaded from a file")


class Priority(models.IntegerChoices):
    """How soon the work on a claim is wanted. The numbers sort lists."""

    HIGH = 1, _("High")
    NORMAL = 2, _("Normal")
    LOW = 3, _("Low")


class NoticeKind(models.TextChoices):
    """What a mail to a colleague is about."""

    SENT_BACK = "sent-back", _("Sent back")
    ASSIGNED = "assigned", _("Assigned")
    APPROVED = "approved", _("Approved")
    MENTIONED = "mentioned", _("Mentioned")


class MatchDecisionKind(models.TextChoices):
    """What an editor said of words in an article and a claim that they may repeat."""

    SAME = "same", _("The same claim")
    OTHER = "not-the-same", _("Not the same")
    UNDONE = "undone", _("Undone")


# What counts as writing: whoever did it since the last approval can't approve.
WRITES = (EventKind.LOGGED, EventKind.EDITED, EventKind.SUBMITTED, EventKind.MERGED, EventKind.PARTED)


class Act(models.TextChoices):
    """The act that made a revision."""

    PUBLISH = "publish", _("Published")
    CORRECT = "correct", _("Corrected")
    RERATE = "rerate", _("Rating changed")
    RENAME = "rename", _("Name changed")  # of a claimant, source, topic or rating that the claim shows
    WITHDRAW = "withdraw", _("Withdrawn")
    REPUBLISH = "republish", _("Published again")
    REDACT = "redact", _("Text of earlier versions removed")  # from public view; nothing else changed


# Versions made by these acts don't change what readers were told before. Versions made by all other acts do.
TELLS_NOTHING_NEW = (Act.PUBLISH, Act.RENAME, Act.REDACT)


class CorrectionKind(models.TextChoices):
    """The weight of a correction."""

    MINOR = "minor", _("Minor correction")  # spelling, a link, a date that doesn't matter to the verdict
    UPDATE = "update", _("Update")  # true when published; the facts have changed since
    SUBSTANTIAL = "substantial", _("Substantial correction")  # we were wrong about something that matters
    VOID = "void", _("Withdrawal")  # the whole check is withdrawn

    @property
    def meaning(self) -> "_StrPromise":
        """When to choose it, in a sentence."""
        return _MEANINGS[self.value]


_MEANINGS = {
    "minor": _("A typo, a link, or a date that doesn’t affect the rating."),
    "update": _("What we wrote was right at the time. The facts have changed since."),
    "substantial": _("We got something important wrong. If the rating changes, we show the old one and the new one."),
    "void": _("We remove the fact-check. Its page then says when, why and who decided."),
}


class WebhookEvent(models.TextChoices):
    """The events that webhooks report. The values never change, because receivers depend on them."""

    PUBLISHED = "claim.published", _("Published")
    CORRECTED = "claim.corrected", _("Corrected")
    RERATED = "claim.rerated", _("Rating changed")
    REVISED = "claim.revised", _("Name changed or text removed")  # nothing was wrong with the claim
    WITHDRAWN = "claim.withdrawn", _("Withdrawn")
    TEST = "webhook.test", _("Test message")


class DeliveryState(models.TextChoices):
    """The progress of one message to one subscriber."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    GIVEN_UP = "given-up", _("Given up")


class EntryKind(models.TextChoices):
    """The kinds of names in the index of the record."""

    RATING = "rating", _("Rating")
    CLAIMANT = "claimant", _("Claimant")
    TOPIC = "topic", _("Topic")
    ARTICLE = "article", _("Article")  # a source in which a claim appears
    OUTLET = "outlet", _("Outlet")  # the publisher of an article
    SOURCE = "source", _("Source")  # an article or a source linked as evidence


class NameKind(models.TextChoices):
    """What can be renamed or merged: the rows whose names and facts published claims show, and the claims."""

    CLAIMANT = "claimant", _("Person or outlet")
    TOPIC = "topic", _("Topic")
    RATING = "rating", _("Rating")
    SCALE = "scale", _("Rating scale")
    SOURCE = "source", _("Source")
    PUBLISHER = "publisher", _("Publisher")
    CLAIM = "claim", _("Claim")  # can only be merged: its text is changed by correcting it


class NameChangeState(models.TextChoices):
    """How far a change of a name that readers see has come."""

    PROPOSED = "proposed", _("Waiting for a second person")
    ACCEPTED = "accepted", _("Being published")  # the desk has it; some published claims still show the old
    DONE = "done", _("Done")
    DECLINED = "declined", _("Declined")
    UNDONE = "undone", _("Undone")  # a merge whose rows are two again


class PageKind(models.TextChoices):
    """The pages that a newsroom writes about itself. The value is the last part of the address."""

    ABOUT = "about", _("About us")
    METHODOLOGY = "methodology", _("How we check")
    CORRECTIONS = "corrections", _("Corrections policy")
    FUNDING = "funding", _("Who pays for this")
    STAFF = "staff", _("Who works here")
    CONTACT = "contact", _("Contact")


class ProposalState(models.TextChoices):
    """How far a proposed page has come."""

    PROPOSED = "proposed", _("Waiting for a second person")
    PUBLISHED = "published", _("Published")
    DECLINED = "declined", _("Declined")


class Likeness(models.TextChoices):
    """What two rows share that may be one thing."""

    NAME = "name", _("The same name, or letters that look alike")
    ADDRESS = "address", _("The same web page")
    SITE = "site", _("The same web site")
    WIKIDATA = "wikidata", _("The same entry in Wikidata")
    STATEMENT = "statement", _("Nearly the same words")


class FacetKind(models.TextChoices):
    """The properties that a list of claims is counted by. Each value is also the name of the filter for it."""

    RATING = "rating", _("Rating")
    TOPIC = "topic", _("Topic")
    CLAIMANT = "claimant", _("Claimed by")
    OUTLET = "outlet", _("Outlet")
    KIND = "kind", _("Kind of claim")
    YEAR = "year", _("Year of the claim")
    LANGUAGE = "language", _("Language")


class FigureKind(models.TextChoices):
    """What the database counts for the page with statistics. Only code reads the labels."""

    RATING = "rating", "Claims by the month of their first publication and by rating"
    TOPIC = "topic", "Claims by topic and rating"
    OUTLET = "outlet", "Claims by outlet and rating"
    DAYS = "days", "Claims by the days from the claim to the check"
    CORRECTED = "corrected", "Claims that were corrected"
    CORRECTION = "correction", "Corrections by month and kind"
    EVER = "ever", "Claims that were ever published"


class Order(models.TextChoices):
    """The orders of a list of claims."""

    RELEVANCE = "relevance", _("Best match")
    NEWEST_VERDICT = "newest", _("Recently checked")
    NEWEST_CLAIM = "newest-claim", _("Recently claimed")


class ImportTarget(models.TextChoices):
    """The rows that an import makes."""

    FOREIGN = "foreign", _("Fact-checks by others")
    CLAIMS = "claims", _("Claims")


class ImportState(models.TextChoices):
    """How far an import has come."""

    UPLOADED = "uploaded", _("Uploaded")
    TO_CHECK = "to-check", _("Being checked")  # all that the check needs is known; `run_imports` does it
    NEEDS_LABELS = "needs-labels", _("Needs decisions about labels")
    CHECKED = "checked", _("Checked")  # the dry run is done; somebody decides
    WAITING = "waiting", _("Waiting to be imported")
    APPLYING = "applying", _("Being imported")
    APPLIED = "applied", _("Imported")
    STOPPED = "stopped", _("Stopped")
    UNDONE = "undone", _("Undone")


class ImportTask(models.TextChoices):
    """What `run_imports` does with the claims of an import, after it."""

    SUBMIT = "submit", _("Submitting")
    PUBLISH = "publish", _("Publishing")


class ImportOutcome(models.TextChoices):
    """What an import did with a row."""

    CREATED = "created", _("Created")
    UPDATED = "updated", _("Updated")
    UNCHANGED = "unchanged", _("Unchanged")
    SUGGESTED = "suggested", _("Suggested")  # an editor decided otherwise, so the difference is only shown
    REFUSED = "refused", _("Refused")


class ForeignMeaning(models.TextChoices):
    """The class of another publisher's label: what it says of the claim, in words that all labels share."""

    TRUE = "true", _("True")
    MIXED = "mixed", _("Mixed")
    FALSE = "false", _("False")
    OTHER = "other", _("Other")  # it says something else, such as satire or no evidence
    DECLINED = "declined", _("Without a class")  # somebody decided not to give it one


class ForeignClass(models.TextChoices):
    """The classes that readers see: those of `ForeignMeaning`, without the one for labels that have none."""

    TRUE = "true", pgettext_lazy("of another publisher", "true")
    MIXED = "mixed", pgettext_lazy("of another publisher", "partly true, partly false")
    FALSE = "false", pgettext_lazy("of another publisher", "false")
    OTHER = "other", pgettext_lazy("of another publisher", "unproven, satire or something else")


class PictureType(models.TextChoices):
    """The media types of pictures that readers get."""

    JPEG = "image/jpeg", "JPEG"
    PNG = "image/png", "PNG"

    @property
    def ending(self) -> str:
        """What the name of such a file ends with."""
        return "jpg" if self is PictureType.JPEG else "png"
