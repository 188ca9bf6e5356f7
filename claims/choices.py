"""The vocabularies of claims. A rating scale is not here: it is data, because newsrooms differ."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where the work on a claim stands. Not what was found (the rating), nor what the public sees (the record)."""

    LOGGED = "logged", _("Logged")
    RESEARCHING = "researching", _("Researching")
    IN_REVIEW = "in-review", _("In review")  # complete in its author's eyes; another person reads it
    APPROVED = "approved", _("Approved")  # signed by another person, not yet in the record
    PUBLISHED = "published", _("Published")
    CORRECTED = "corrected", _("Corrected")  # published, and changed in public since
    WITHDRAWN = "withdrawn", _("Withdrawn")  # was published, is no longer shown
    DECLINED = "declined", _("Declined")  # will not be checked


# The desk and the record agree: nothing has been changed since the newest revision.
PUBLIC_STATES = (State.PUBLISHED, State.CORRECTED)
# Another person has signed what stands there.
SIGNED_STATES = (State.APPROVED, *PUBLIC_STATES)
# What is being signed, or is signed and waits, must not move under the signer's eyes.
LOCKED_STATES = (State.IN_REVIEW, State.APPROVED)


class ClaimKind(models.TextChoices):
    """What sort of statement a claim is; it decides what can be evidence for it."""

    STATISTIC = "statistic", _("Statistic")
    EVENT = "event", _("Event")
    QUOTE = "quote-attribution", _("Quote attribution")  # who said it, not whether it is so
    LAW_OR_POLICY = "legal-policy", _("Law or policy")
    CAUSE = "causal", _("Cause and effect")
    PREDICTION_OR_OPINION = "prediction-opinion", _("Prediction or opinion")
    OTHER = "other", _("Other")


class ClaimantKind(models.TextChoices):
    """What sort of speaker makes a claim."""

    PERSON = "person", _("Person")
    PUBLICATION = "publication", _("Publication")
    GOVERNMENT = "government-agency", _("Government body")
    PARTY = "party", _("Political party")
    ADVOCACY = "advocacy-group", _("Advocacy group")
    THINK_TANK = "think-tank", _("Think tank")
    COMPANY = "company", _("Company")
    OTHER = "other", _("Other")


class Stance(models.TextChoices):
    """What a source says to a claim."""

    SUPPORTS = "supports", _("Supports")
    REFUTES = "refutes", _("Refutes")
    MIXED = "mixed", _("Mixed")
    CONTEXT = "context", _("Context")  # bears on the claim and takes no side


# An origin counts as heard on the claim when evidence from it takes one of these stances.
TAKES_A_SIDE = (Stance.SUPPORTS, Stance.REFUTES, Stance.MIXED)


class EventKind(models.TextChoices):
    """What happened to a claim at the desk, one kind for each act."""

    LOGGED = "claim.logged", _("Logged")
    EDITED = "claim.edited", _("Edited")
    ASSIGNED = "claim.assigned", _("Assigned")
    STARTED = "claim.started", _("Research started")
    SUBMITTED = "claim.submitted", _("Submitted for review")
    SENT_BACK = "claim.sent-back", _("Sent back")
    APPROVED = "claim.approved", _("Approved")
    PUBLISHED = "claim.published", _("Published")
    CORRECTED = "claim.corrected", _("Corrected")
    RERATED = "claim.rerated", _("Rerated")
    RENAMED = "claim.renamed", _("A name it shows was changed")
    WITHDRAWN = "claim.withdrawn", _("Withdrawn")
    REDACTED = "claim.redacted", _("Earlier versions redacted")
    DECLINED = "claim.declined", _("Declined")
    NAME_CHANGED = "claim.name-changed", _("A name it shows was changed at the desk")
    NAME_AGREED = "claim.name-agreed", _("A name it shows was changed by two people")
    REOPENED = "claim.reopened", _("Back in review: it differs from what was approved")
    LOADED = "claim.loaded", _("Loaded from a file")


# What counts as writing: whoever did it since the last approval can't approve.
WRITES = (EventKind.LOGGED, EventKind.EDITED, EventKind.SUBMITTED)


class Act(models.TextChoices):
    """Why a revision was made."""

    PUBLISH = "publish", _("Published")
    CORRECT = "correct", _("Corrected")
    RERATE = "rerate", _("Rating changed")
    RENAME = "rename", _("Name changed")  # of a claimant, source, topic or rating that the claim shows
    WITHDRAW = "withdraw", _("Withdrawn")
    REPUBLISH = "republish", _("Published again")
    REDACT = "redact", _("Earlier versions redacted")  # their text left the public; nothing else changed


# A version made by any other act changes what readers had been told.
TELLS_NOTHING_NEW = (Act.PUBLISH, Act.RENAME, Act.REDACT)


class CorrectionKind(models.TextChoices):
    """How much a correction changes."""

    MINOR = "minor", _("Minor correction")  # spelling, a link, a date that bears on nothing
    UPDATE = "update", _("Update")  # true when published; the world has moved
    SUBSTANTIAL = "substantial", _("Substantial correction")  # we were wrong on something that matters
    VOID = "void", _("Withdrawal")  # the check should not stand at all


class WebhookEvent(models.TextChoices):
    """What a subscriber is told of by a request of ours. Receivers know these names, so they stay."""

    PUBLISHED = "claim.published", _("Published")
    CORRECTED = "claim.corrected", _("Corrected")
    RERATED = "claim.rerated", _("Rating changed")
    REVISED = "claim.revised", _("Name changed or redacted")  # nothing was wrong with the claim
    WITHDRAWN = "claim.withdrawn", _("Withdrawn")
    TEST = "webhook.test", _("Test message")


class DeliveryState(models.TextChoices):
    """How far one message to one subscriber has come."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    GIVEN_UP = "given-up", _("Given up")


class EntryKind(models.TextChoices):
    """What the index of the record lists."""

    RATING = "rating", _("Rating")
    CLAIMANT = "claimant", _("Claimant")
    TOPIC = "topic", _("Topic")
    ARTICLE = "article", _("Article")  # a source in which a claim appears
    OUTLET = "outlet", _("Outlet")  # the publisher of an article
    SOURCE = "source", _("Source")  # evidence or article


class NameKind(models.TextChoices):
    """What can be renamed: the rows whose names and facts published claims show."""

    CLAIMANT = "claimant", _("Claimant")
    TOPIC = "topic", _("Topic")
    RATING = "rating", _("Rating")
    SCALE = "scale", _("Rating scale")
    SOURCE = "source", _("Source")
    PUBLISHER = "publisher", _("Publisher")


class NameChangeState(models.TextChoices):
    """How far a change of a name that readers see has come."""

    PROPOSED = "proposed", _("Waiting for a second person")
    ACCEPTED = "accepted", _("Being brought to readers")  # the desk has it; some published claims still show the old
    DONE = "done", _("Done")
    DECLINED = "declined", _("Declined")


class FacetKind(models.TextChoices):
    """What a list of claims is counted by. Each value is the name of the filter that narrows by it."""

    RATING = "rating", _("Rating")
    TOPIC = "topic", _("Topic")
    CLAIMANT = "claimant", _("Claimant")
    OUTLET = "outlet", _("Outlet")
    KIND = "kind", _("Kind of claim")
    YEAR = "year", _("Year it was made")
    LANGUAGE = "language", _("Language")


class Order(models.TextChoices):
    """How a list of claims is sorted."""

    RELEVANCE = "relevance", _("Best match")
    NEWEST_VERDICT = "newest", _("Newest verdict")
    NEWEST_CLAIM = "newest-claim", _("Newest claim")
