"""The claims beside a claim: its parts, the claims that it is a part of, and those that share something with it."""

from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from claims.models import PublishedClaim
from claims.record.wording import name_of
from claims.schema import Content

MOST = 4
# Candidates for each shared property: at most this many, the newest.
CANDIDATES = 20
# At most so many parts and wholes together. A claim has at most 20 parts.
_MOST_OWN = 40
# The score of each shared property. A topic counts least, because it can be as broad as "politics".
_ARTICLE, _CLAIMANT, _TOPIC = 3, 2, 1


@dataclass(frozen=True)
class Related:
    """A related claim, with the reasons why it is related, as text or HTML."""

    claim: PublishedClaim
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Beside:
    """The published claims to show beside a claim. `parts` has None in the place of a part that was withdrawn."""

    parts: list[PublishedClaim | None]
    wholes: list[PublishedClaim]
    related: list[Related]


def beside(content: Content) -> Beside:
    """The parts of the claim of this body, the claims that it is a part of, and related ones. Runs one query.

    Related are at most `MOST` others that share most with it. Of claims with the same score, the one first published
    last comes first.
    """
    articles = {item["source"]["slug"] for item in content["appearances"]}
    topics = {topic["slug"]: topic for topic in content["topics"]}
    claimant = content["claimant"]["slug"] if content["claimant"] else ""
    shared = {"slug": content["slug"], "articles": sorted(articles), "claimant": claimant, "topics": sorted(topics)}
    found = {claim.slug: claim for claim in PublishedClaim.objects.raw(_BEST, shared | {"parts": content["parts"]})}
    parts = [found.pop(slug, None) for slug in content["parts"]]
    wholes = [found.pop(slug) for slug, claim in list(found.items()) if content["slug"] in claim.parts]
    related = []
    for claim in found.values():
        reasons = []
        if articles.intersection(claim.articles):
            reasons.append(_("same article"))
        if claimant and claim.claimant == claimant:
            reasons.append(_("same person or outlet"))
        if same := [(name_of(topic).html(),) for slug, topic in topics.items() if slug in claim.topics]:
            reasons.append(format_html(_("same topic: {topic}"), topic=format_html_join(", ", "{}", same)))
        related.append(Related(claim, tuple(reasons)))
    return Beside(parts, wholes, related)


# The parts and the wholes, and the newest claims that share each property, each read from an index: conditions joined
# by OR would read the whole table. As SQL, because Django needs longer to write this query than PostgreSQL to answer
# it.
# The wholes are read without an order, because PostgreSQL would look for them from the newest claim on.
_NEWEST = f"ORDER BY first_published_at DESC, slug LIMIT {CANDIDATES}"
_BEST = f"""
    WITH own AS (
        (SELECT id FROM claims_publishedclaim WHERE slug = ANY(%(parts)s::varchar[]))
        UNION
        (SELECT id FROM claims_publishedclaim WHERE parts @> ARRAY[%(slug)s]::varchar[])
    ), candidate AS (
        TABLE own
        UNION
        (SELECT id FROM claims_publishedclaim WHERE articles && %(articles)s::varchar[] AND slug <> %(slug)s {_NEWEST})
        UNION
        (SELECT id FROM claims_publishedclaim
            WHERE claimant = %(claimant)s AND %(claimant)s <> '' AND slug <> %(slug)s {_NEWEST})
        UNION
        (SELECT id FROM claims_publishedclaim WHERE topics && %(topics)s::varchar[] AND slug <> %(slug)s {_NEWEST})
    )
    SELECT claim.* FROM candidate JOIN claims_publishedclaim AS claim USING (id)
    ORDER BY
        (id IN (TABLE own)) DESC,
        {_ARTICLE} * (articles && %(articles)s::varchar[])::int
        + {_CLAIMANT} * (claimant = %(claimant)s AND %(claimant)s <> '')::int
        + {_TOPIC} * cardinality(ARRAY(SELECT unnest(topics) INTERSECT SELECT unnest(%(topics)s::varchar[]))) DESC,
        first_published_at DESC, slug
    LIMIT {MOST} + least((SELECT count(*) FROM own), {_MOST_OWN})
"""  # noqa: S608 — only the numbers above are put in
