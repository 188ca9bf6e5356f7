"""The views of the API. They read only the record, with the same filters and statistics as the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from django import forms
from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext
from rest_framework.request import Request
from rest_framework.response import Response

from claims.choices import Act, EntryKind, FacetKind
from claims.matching import Reasons, ask
from claims.models import Correction, IndexEntry, PublishedClaim, Rating, Revision
from claims.outlets.api import claim_lists, paging, shapes
from claims.outlets.api.base import ApiView, ImmediateResponse, problem_kind
from claims.outlets.api.paging import Keyset
from claims.outlets.api.parameters import FIELDS_PARAMETER, DateField, TextField, page_parameters
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
from factcheck.core.fields.keys import check_language
from factcheck.core.web.problems import problem


class Root(ApiView):
    """The addresses of the API."""

    name = "root"
    shape = shapes.Root

    def get(self, request: Request) -> Response:
        self.read_parameters()
        terms = {"license": settings.DATA_LICENSE, "attribution": imprint.attribution()}
        names = dict.fromkeys(shapes.Root().fields)
        return self.answer({name: terms.get(name) or imprint.address(f"api:{name}") for name in names})


class NotFound(ApiView):
    """404 for every other address, whatever the method."""

    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise Http404("Nothing exists at this URL.")


# Claims


class Claims(ApiView):
    """The published claims that match the filters, complete; without filters, all of them.

    Without `sort`, the newest verdict comes first. In a search, the best matches come first, in order of relevance.
    The other matches follow, newest verdict first.
    """

    name = "claims"
    shape = shapes.page_shape(shapes.Claim)
    extra_parameters = {**FIELDS_PARAMETER, **page_parameters(claim_lists.PATTERN)}
    filterset = ClaimFilterSet

    def get(self, request: Request) -> Response:
        parameters = self.read_parameters(PublishedClaim.objects.all())
        try:
            page = claim_lists.claim_page(
                parameters.filters, parameters.values["cursor"], parameters.values["page_size"]
            )
        except claim_lists.Outdated as outdated:
            raise ImmediateResponse(
                problem(410, str(outdated), kind=problem_kind("outdated"), title="List outdated")
            ) from outdated
        in_order = PublishedClaim.objects.found({pk: place for place, pk in enumerate(page.rows)}).order_by("place")
        return self.page(
            page, [_document(claim, parameters.values["fields"]) for claim in publications(in_order)], parameters
        )


class OneClaim(ApiView):
    """The newest version of a published claim."""

    name = "claim"
    shape = shapes.Claim
    extra_parameters = FIELDS_PARAMETER

    def get(self, request: Request, slug: str) -> Response:
        fields = self.read_parameters().values["fields"]
        return self.answer(*_newest_document(history_of(slug), fields))


class Versions(ApiView):
    """The versions of a published claim, newest first, without their bodies."""

    name = "revisions"
    shape = shapes.page_shape(shapes.Version)
    _order = Keyset("version", [paging.greatest_first("number")])
    extra_parameters = page_parameters(_order.pattern)

    def get(self, request: Request, slug: str) -> Response:
        parameters = self.read_parameters()
        history_of(slug, merged_too=True)
        versions = Revision.objects.of(slug).with_redaction().defer("body").select_related("correction")
        page = self._order.page(versions, parameters.values["cursor"], parameters.values["page_size"])
        return self.page(page, [_version_summary(revision) for revision in page.rows], parameters)


class OneVersion(ApiView):
    """One version of a published claim, as it was signed."""

    name = "revision"
    shape = shapes.Claim
    extra_parameters = FIELDS_PARAMETER

    def get(self, request: Request, slug: str, number: int) -> Response:
        fields = self.read_parameters().values["fields"]
        history = history_of(slug, merged_too=True)
        version = version_in(history, number)
        if version.act == Act.WITHDRAW:
            raise Withdrawn([version])
        until = [revision for revision in history if revision.number <= number]
        return self.answer(*_newest_document(until, fields))


def _newest_document(history: Sequence[Revision], fields: Sequence[str]) -> tuple[Any, Any]:
    """The newest of these versions as a document, and the time when it was published."""
    return _document(publication_of(history), fields), history[0].at


def _document(claim: Publication, fields: Sequence[str]) -> Any:
    """The document of a claim as signed, without parsing it, or only these fields of it."""
    if not fields:
        return orjson.Fragment(claim.document)
    # A version that was signed before a field existed has a blank value for it.
    document = orjson.loads(claim.document) | claim.content
    return {name: document[name] for name in fields}


def _version_summary(revision: Revision) -> Content:
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


# Matching


class MatchText(ApiView):
    """The published claims that may be what a text says, best first, with the reasons.

    No claim is a judgement on the text: read both. The text is part of the address, so don't send what is private.
    Without `language` the language of the text is told from its words.
    """

    name = "match"
    shape = shapes.Matches
    extra_parameters = {
        "text": TextField(),
        "date": DateField(),
        "language": forms.CharField(required=False, max_length=20, validators=[check_language]),
    }

    def get(self, request: Request) -> Response:
        asked = self.read_parameters().values
        found = ask(asked["text"], date=asked["date"], language=asked["language"])
        return self.answer(
            {
                "outcome": found.outcome,
                "matches": [
                    {
                        "outcome": match.outcome,
                        "claim": _in_short(match.claim),
                        "reasons": _reasons(match.reasons),
                    }
                    for match in found.matches
                    if match.claim
                ],
                "page": {
                    "kind": found.page.kind,
                    "slug": found.page.slug,
                    "name": found.page.name,
                    "page_address": imprint.address(f"claims:{found.page.kind}", found.page.slug),
                    "claims": [_in_short(claim) for claim in found.on_page],
                }
                if found.page
                else None,
            }
        )


def _reasons(why: Reasons) -> Content:
    shown = asdict(why) | {"covered": round(why.covered, 2), "similar_wording": why.is_similar}
    del shown["likeness"]
    return shown


def _in_short(claim: PublishedClaim) -> Content:
    return {
        "slug": claim.slug,
        "statement": claim.statement,
        "language": claim.language,
        "rating": claim.rating,
        "rating_label": claim.rating_label,
        "address": imprint.claim_address(claim.slug),
        "document_address": imprint.address("api:claim", claim.slug),
    }


# The names that published claims show

# The kinds of names that have a page for readers.
_KINDS_WITH_PAGES = {EntryKind.ARTICLE, EntryKind.CLAIMANT, EntryKind.TOPIC, EntryKind.SOURCE}


class Names(ApiView):
    """The names of one kind that published claims show, in order of their slug, which never changes."""

    kind = EntryKind.TOPIC
    _order = Keyset("slug", [paging.slug("slug")])
    extra_parameters = page_parameters(_order.pattern)

    def get(self, request: Request) -> Response:
        parameters = self.read_parameters()
        entries = IndexEntry.objects.filter(kind=self.kind)
        page = self._order.page(entries, parameters.values["cursor"], parameters.values["page_size"])
        return self.page(page, _listed(self.kind, {entry.slug: entry.body for entry in page.rows}), parameters)


class OneName(ApiView):
    """One name that published claims show."""

    kind = EntryKind.TOPIC

    def get(self, request: Request, slug: str) -> Response:
        self.read_parameters()
        return self.answer(_listed(self.kind, {slug: entry_or_404(self.kind, slug).body})[0])


class Ratings(ApiView):
    """All ratings, in order of their slug, with their current definitions. Includes ratings that no claim has."""

    name = "ratings"
    shape = shapes.page_shape(shapes.ListedRating)
    _order = Keyset("slug", [paging.slug("slug")])
    extra_parameters = page_parameters(_order.pattern)

    def get(self, request: Request) -> Response:
        parameters = self.read_parameters()
        ratings = Rating.objects.for_readers().select_related("scale")
        page = self._order.page(ratings, parameters.values["cursor"], parameters.values["page_size"])
        return self.page(
            page, _listed(EntryKind.RATING, {rating.slug: _rating_details(rating) for rating in page.rows}), parameters
        )


class OneRating(ApiView):
    """One rating, with its current definition."""

    name = "rating"
    shape = shapes.ListedRating

    def get(self, request: Request, slug: str) -> Response:
        self.read_parameters()
        rating = Rating.objects.for_readers().select_related("scale").filter(slug=slug).first()
        if rating is None:
            raise Http404("No rating has this slug.")
        return self.answer(_listed(EntryKind.RATING, {slug: _rating_details(rating)})[0])


def _rating_details(rating: Rating) -> Content:
    return {**rating_card(rating), "on_scale": rating.on_scale, "scale": rating.scale.slug}


def _listed(kind: EntryKind, cards: Mapping[str, Content]) -> list[Content]:
    """These cards by slug, with the address of their claims, and the number of claims if it's counted for this kind."""
    is_counted = kind in FacetKind.values
    counts = facets.claim_counts(FacetKind(kind), list(cards)) if is_counted else {}
    claims = imprint.address("api:claims")
    return [
        {
            **card,
            "claims_address": f"{claims}?{kind}={slug}",
            **({"published_claims": counts.get(slug, 0)} if is_counted else {}),
            **({"page_address": imprint.address(f"claims:{kind}", slug)} if kind in _KINDS_WITH_PAGES else {}),
        }
        for slug, card in cards.items()
    ]


# Corrections and statistics


class Corrections(ApiView):
    """Every correction, changed rating and withdrawal, newest first."""

    name = "corrections"
    shape = shapes.page_shape(shapes.Correction)
    _order = Keyset("at", [paging.newest_first("at"), paging.greatest_first("pk")])
    extra_parameters = page_parameters(_order.pattern)
    filterset = CorrectionFilterSet

    def get(self, request: Request) -> Response:
        parameters = self.read_parameters(Correction.objects.select_related("revision").defer("revision__body"))
        page = self._order.page(parameters.filters.qs, parameters.values["cursor"], parameters.values["page_size"])
        return self.page(page, [_correction_details(correction.revision) for correction in page.rows], parameters)


def _correction_details(revision: Revision) -> Content:
    return {
        "slug": revision.slug,
        **correction_summary(revision),
        "claim_address": imprint.claim_address(revision.slug),
        "version_address": imprint.version_address(revision.slug, revision.number),
    }


class Statistics(ApiView):
    """Statistics of the published claims that match the filters. Each figure comes with its total."""

    name = "statistics"
    shape = shapes.Statistics
    filterset = ClaimFilterSet

    def get(self, request: Request) -> Response:
        filters = self.read_parameters(PublishedClaim.objects.all()).filters
        return self.answer(_figures(statistics.figures_of(filters.qs, query=filters.query)))


def _figures(figures: statistics.Figures) -> Content:
    return {
        "selection_rule": gettext(
            "We choose which claims to check, so these numbers do not measure how truthful anyone is."
        ),
        "minimum_for_shares": statistics.MINIMUM_FOR_SHARES,
        "is_cut": figures.is_cut,
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
        "withdrawn": asdict(figures.withdrawn) if figures.withdrawn else None,
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
