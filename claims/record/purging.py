"""The queue of purges: a row for each public act, written in its transaction, and the tags that answers carry.

`claims.outlets.purges` sends them. Without `CACHE_PURGE_URL` there is no cache to purge, and nothing is queued.
"""

from collections.abc import Iterable

from django.conf import settings

from claims.choices import Act, NameKind
from claims.models import Purge, Revision
from claims.record.body import cited, people, publishers
from claims.schema import Content
from factcheck.core.web.caching import RECORD, SITE

# Purged when a text was removed: a cache that keeps old answers for an outage must drop those too.
REMOVED = "removed"
_REMOVES = {Act.WITHDRAW, Act.REDACT}
# An act on more claims than this purges the whole site.
MOST_CLAIMS = 100


def claim_tag(slug: str) -> str:
    """The tag of answers that show this claim."""
    return f"claim-{slug}"


def name_tag(kind: NameKind, slug: str) -> str:
    """The tag of answers that show this name."""
    return f"{kind}-{slug}"


def tags_of(content: Content) -> set[str]:
    """The tags of an answer that shows this body and nothing else: of the claim and of each name in it."""
    sources = cited(content)
    named = {
        NameKind.RATING: [content["rating"]],
        NameKind.TOPIC: content["topics"],
        NameKind.CLAIMANT: people(content),
        NameKind.SOURCE: sources,
        NameKind.PUBLISHER: publishers(content),
    }
    names = {name_tag(kind, card["slug"]) for kind, cards in named.items() for card in cards}
    return {claim_tag(content["slug"]), *names}


def note(revisions: Iterable[Revision]) -> None:
    """Queue a purge of what these revisions change. Call it in the transaction that makes them.

    A revision for a new name purges no claim: `note_name` purges them all at once.
    """
    if not settings.CACHE_PURGE_URL:
        return
    made = list(revisions)
    acts = {Act(revision.act) for revision in made}
    slugs = {revision.slug for revision in made if revision.act != Act.RENAME}
    # The page of a part names the claim that it is a part of.
    slugs |= {part for one in made if one.slug in slugs for part in one.content.get("parts", ())}
    claims = {SITE} if len(slugs) > MOST_CLAIMS else set(map(claim_tag, slugs))
    _queue(RECORD, *claims, *([REMOVED] if acts & _REMOVES else []))


def note_name(kind: NameKind, *slugs: str) -> None:
    """Queue a purge of all answers with a name. Call it in the transaction that brings a new one to readers.

    `slugs` are those by which readers know it. A source has two once it was protected.
    """
    # The words of a scale are those of all its ratings.
    _queue(RECORD, *([SITE] if kind == NameKind.SCALE else [name_tag(kind, slug) for slug in slugs]))


def note_everything() -> None:
    """Queue a purge of all answers, for example for a new version of the software."""
    _queue(SITE, RECORD)


def _queue(*tags: str) -> None:
    if settings.CACHE_PURGE_URL:
        Purge.objects.create(tags=sorted(set(tags)))
