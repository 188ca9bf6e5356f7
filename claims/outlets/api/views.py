"""The addresses of the API. All read the record, through the filters and the figures that the pages read it through."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext
from rest_framework.request import Request
from rest_framework.response import Response

from claims.choices import Act, EntryKind, FacetKind
from claims.models import Correction, IndexEntry, PublishedClaim, Rating, Revision
from claims.outlets.api import paging, shapes, walks
from claims.outlets.api.paging import Keyset
from claims.outlets.api.parameters import SELECTED, paged
from claims.outlets.api.view import ApiView, Ended, problem_kind
from claims.record import imprint, statistics
from claims.record.body import rating_card
from claims.record.canonical import moment
from claims.record.corrections import correction_summary
from claims.record.publications import Publication, publications
from claims.record.reading import Withdrawn, entry_or_404, history_of, publication_of, version_in
from claims.record.statistics import Table
from claims.schema import Content
from claims.search import facets
from claims.search.filters import ClaimFilterSet, CorrectionFilterSet
from factcheck.core.web.problems import problem


class Root(ApiView):
    """The addresses of the API."""

    name = "root"
    shape = shapes.Root

    def get(self, request: Request) -> Response:
        self.asked()
        terms = {"license": settings.DATA_LICENSE, "attribution": imprint.attribution()}
        names = dict.fromkeys(shapes.Root().fields)
        return self.answer({name: terms.get(name) or imprint.address(f"api:{name}") for name in names})


class Nowhere(ApiView):
    """Every other address: there is nothing, whatever is asked for and how."""

    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise Http404("There is nothing at this address.")


# Claims


class Claims(ApiView):
    """Published claims, whole: all, or those that fit the filters.

    Without `sort` the newest verdict comes first. In a search it is the claim that fits best: the best ones come in
    that order, and the others after them, newest first.
    """

    name = "claims"
    shape = shapes.listed(shapes.Claim)
    takes = {**SELECTED, **paged(walks.PATTERN)}
    filterset = ClaimFilterSet

    def get(self, request: Request) -> Response:
        asked = self.asked(PublishedClaim.objects.all())
        try:
            page = walks.claims(asked.filters, asked.values["cursor"], asked.values["page_size"])
        except walks.Outdated as outdated:
            raise Ended(problem(410, str(outdated), kind=problem_kind("outdated"), title="List outdated")) from outdated
        in_order = PublishedClaim.objects.found({pk: place for place, pk in enumerate(page.rows)}).order_by("place")
        return self.page(page, [_shown(claim, asked.values["fields"]) for claim in publications(in_order)], asked)


class OneClaim(ApiView):
    """A published claim in its newest version."""

    name = "claim"
    shape = shapes.Claim
    takes = SELECTED

    def get(self, request: Request, slug: str) -> Response:
        fields = self.asked().values["fields"]
        return self.answer(*_document(history_of(slug), fields))


class Versions(ApiView):
    """The versions of a published claim, newest first, without their bodies."""

    name = "revisions"
    shape = shapes.listed(shapes.Version)
    _order = Keyset("version", [paging.greatest_first("number")])
    takes = paged(_order.pattern)

    def get(self, request: Request, slug: str) -> Response:
        asked = self.asked()
        history_of(slug)
        versions = Revision.objects.of(slug).with_redaction().defer("body").select_related("correction")
        page = self._order.page(versions, asked.values["cursor"], asked.values["page_size"])
        return self.page(page, [_version(revision) for revision in page.rows], asked)


class OneVersion(ApiView):
    """One version of a published claim as it was signed."""

    name = "revision"
    shape = shapes.Claim
    takes = SELECTED

    def get(self, request: Request, slug: str, number: int) -> Response:
        fields = self.asked().values["fields"]
        history = history_of(slug)
        version = version_in(history, number)
        if version.act == Act.WITHDRAW:
            raise Withdrawn([version])
        until = [revision for revision in history if revision.number <= number]
        return self.answer(*_document(until, fields))


def _document(history: Sequence[Revision], fields: Sequence[str]) -> tuple[Any, Any]:
    """The newest of these versions, from their bodies and corrections, and since when it stands."""
    return _shown(publication_of(history), fields), history[0].at


def _shown(claim: Publication, fields: Sequence[str]) -> Any:
    """The document as it was signed, without reading it, or these fields of it."""
    if not fields:
        return orjson.Fragment(claim.document)
    # A version that was signed before a field existed has it blank.
    document = orjson.loads(claim.document) | claim.content
    return {name: document[name] for name in fields}


def _version(revision: Revision) -> Content:
    return {
        "number": revision.number,
        "act": revision.act,
        "at": moment(revision.at),
        "signed_by": revision.signed_by,
        "reason": revision.reason,
        "correction": correction_summary(revision) if hasattr(revision, "correction") else None,
        "redacted_in": revision.redacted_in,
        "version_address": imprint.version_address(revision.slug, revision.number),
        "document_address": imprint.address("api:revision", revision.slug, revision.number),
    }


# The names in the record

# The kinds of name that have a page for readers.
_ON_PAGES = {EntryKind.ARTICLE, EntryKind.CLAIMANT, EntryKind.TOPIC, EntryKind.SOURCE}


class Names(ApiView):
    """The names of one kind that published claims show, by slug, which never changes."""

    kind = EntryKind.TOPIC
    _order = Keyset("slug", [paging.slug("slug")])
    takes = paged(_order.pattern)

    def get(self, request: Request) -> Response:
        asked = self.asked()
        entries = IndexEntry.objects.filter(kind=self.kind)
        page = self._order.page(entries, asked.values["cursor"], asked.values["page_size"])
        return self.page(page, _listed(self.kind, {entry.slug: entry.body for entry in page.rows}), asked)


class OneName(ApiView):
    """A name that published claims show."""

    kind = EntryKind.TOPIC

    def get(self, request: Request, slug: str) -> Response:
        self.asked()
        return self.answer(_listed(self.kind, {slug: entry_or_404(self.kind, slug).body})[0])


class Ratings(ApiView):
    """The ratings, by slug, with their definitions as they stand today: also those that no claim has."""

    name = "ratings"
    shape = shapes.listed(shapes.ListedRating)
    _order = Keyset("slug", [paging.slug("slug")])
    takes = paged(_order.pattern)

    def get(self, request: Request) -> Response:
        asked = self.asked()
        ratings = Rating.objects.select_related("scale")
        page = self._order.page(ratings, asked.values["cursor"], asked.values["page_size"])
        return self.page(page, _listed(EntryKind.RATING, {rating.slug: _rating(rating) for rating in page.rows}), asked)


class OneRating(ApiView):
    """A rating with its definition as it stands today."""

    name = "rating"
    shape = shapes.ListedRating

    def get(self, request: Request, slug: str) -> Response:
        self.asked()
        rating = Rating.objects.select_related("scale").filter(slug=slug).first()
        if rating is None:
            raise Http404("There is no such rating.")
        return self.answer(_listed(EntryKind.RATING, {slug: _rating(rating)})[0])


def _rating(rating: Rating) -> Content:
    return {**rating_card(rating), "on_scale": rating.on_scale, "scale": rating.scale.slug}


def _listed(kind: EntryKind, cards: Mapping[str, Content]) -> list[Content]:
    """The cards with these slugs, with where their claims are and, where the acts count them, how many."""
    is_counted = kind in FacetKind.values
    counts = facets.claim_counts(FacetKind(kind), list(cards)) if is_counted else {}
    claims = imprint.address("api:claims")
    return [
        {
            **card,
            "claims_address": f"{claims}?{kind}={slug}",
            **({"published_claims": counts.get(slug, 0)} if is_counted else {}),
            **({"page_address": imprint.address(f"claims:{kind}", slug)} if kind in _ON_PAGES else {}),
        }
        for slug, card in cards.items()
    ]


# What changed, and what is counted


class Corrections(ApiView):
    """Every correction, changed rating and withdrawal, newest first."""

    name = "corrections"
    shape = shapes.listed(shapes.Correction)
    _order = Keyset("at", [paging.newest_first("at"), paging.greatest_first("pk")])
    takes = paged(_order.pattern)
    filterset = CorrectionFilterSet

    def get(self, request: Request) -> Response:
        asked = self.asked(Correction.objects.select_related("revision").defer("revision__body"))
        page = self._order.page(asked.filters.qs, asked.values["cursor"], asked.values["page_size"])
        return self.page(page, [_correction(correction.revision) for correction in page.rows], asked)


def _correction(revision: Revision) -> Content:
    return {
        "slug": revision.slug,
        **correction_summary(revision),
        "claim_address": imprint.claim_address(revision.slug),
        "version_address": imprint.version_address(revision.slug, revision.number),
    }


class Statistics(ApiView):
    """What is counted of the published claims, or of those that fit the filters, each with what it is out of."""

    name = "statistics"
    shape = shapes.Statistics
    filterset = ClaimFilterSet

    def get(self, request: Request) -> Response:
        filters = self.asked(PublishedClaim.objects.all()).filters
        return self.answer(_counted(statistics.cached_figures(filters.qs, query=filters.query)))


def _counted(counted: statistics.CachedFigures) -> Content:
    figures = counted.figures
    return {
        "selection_rule": gettext(
            "We choose which claims to check, so these are no sample of what was said, and no score of who said it."
        ),
        "minimum_for_shares": statistics.MINIMUM_FOR_SHARES,
        "ratings": {
            "total": figures.ratings.total,
            "counts": [
                {"rating": found.card, "count": found.count, "share": found.share} for found in figures.ratings.counts
            ],
        },
        "over_time": _table(figures.over_time),
        "by_topic": _table(figures.by_topic),
        "by_outlet": _table(figures.by_outlet),
        "turn_round": asdict(figures.turn_round),
        "corrections": {
            "corrected": figures.corrections.corrected,
            "total": figures.corrections.total,
            "share": figures.corrections.share,
            "over_time": _table(figures.corrections.periods),
        },
        "withdrawn": asdict(counted.withdrawn) if counted.withdrawn else None,
    }


def _table(table: Table) -> Content:
    columns = [column if isinstance(column, str) else column["slug"] for column in table.columns]
    return {
        "columns": columns,
        "rows": [
            {
                "slug": row.slug,
                "name": row.name,
                "total": row.total,
                "counts": dict(zip(columns, row.counts, strict=True)),
            }
            for row in table.rows
        ],
        "is_cut": table.is_cut,
    }
