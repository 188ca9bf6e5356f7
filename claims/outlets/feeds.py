"""Feeds of claims and of corrections: the first items of a list, in each feed format."""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from claims.choices import EntryKind
from claims.formats.headline import title_from
from claims.models import IndexEntry, NameChange, PublishedClaim, Revision
from claims.outlets.responses import counted, invalid_filters_response, public_page
from claims.record import imprint
from claims.record.corrections import Corrected, newest_first, with_claims
from claims.record.statistics import rating_cards
from claims.record.wording import name_of
from claims.schema import Content
from claims.search.filters import ClaimFilterSet, CorrectionFilterSet, FilterSet
from factcheck.core.feeds import FORMATS, Feed, Item
from factcheck.core.web import languages

ITEMS_IN_A_FEED = 50


@counted
@public_page
def claims(request: HttpRequest, ending: str) -> HttpResponse:
    """The first claims of the list that the filters in the address select."""
    filters = ClaimFilterSet(request.GET, queryset=PublishedClaim.objects.all())
    if filters.errors:
        return invalid_filters_response(filters)
    items = _claim_items(filters.first(ITEMS_IN_A_FEED)[:ITEMS_IN_A_FEED])
    about = _("Fact-checks, each with the rating of the claim.")
    return _feed(ending, filters, items, route="list", title=_("Fact-checks"), description=about)


@counted
@public_page
def correction_list(request: HttpRequest, ending: str) -> HttpResponse:
    """The newest corrections, changed ratings and withdrawals that the filters in the address select.

    Without a filter, also the newest changes of what a name or a rating means.
    """
    filters = CorrectionFilterSet(request.GET, queryset=newest_first())
    if filters.errors:
        return invalid_filters_response(filters)
    ratings = rating_cards()
    items = [_correction_item(entry, ratings) for entry in with_claims(filters.qs[:ITEMS_IN_A_FEED])]
    if not filters.query:
        items += [_name_change_item(change) for change in NameChange.objects.changes_of_meaning()[:ITEMS_IN_A_FEED]]
        items = sorted(items, key=lambda item: item.published, reverse=True)[:ITEMS_IN_A_FEED]
    about = _("All corrections, changed ratings and withdrawals, newest first.")
    return _feed(ending, filters, items, route="correction-list", title=_("Corrections"), description=about)


def _feed(
    ending: str, filters: FilterSet, items: list[Item], *, route: str, title: str, description: str
) -> HttpResponse:
    query = f"?{filters.query}" if filters.query else ""
    form = FORMATS[ending]
    last_act = Revision.objects.last_act()
    feed = Feed(
        title=f"{settings.SITE_NAME}: {title}",
        description=description,
        page=imprint.address(f"claims:{route}") + query,
        address=imprint.address(f"files:{route}-{ending}") + query,
        language=settings.LANGUAGE_CODE,
        author=settings.SITE_NAME,
        home=imprint.address("claims:home"),
        rights=settings.DATA_LICENSE,
        items=items,
        changed=last_act[1] if last_act else None,
    )
    return HttpResponse(form.write(feed), content_type=f"{form.media_type}; charset=utf-8")


def _claim_items(claims: Iterable[PublishedClaim]) -> list[Item]:
    """An item for each claim as it is now. A new version updates its item, with the change first."""
    claims = list(claims)
    changes = Revision.objects.defer("body").select_related("correction")
    changed = {
        revision.slug: change_in_words(revision) for revision in changes.last_changes(claim.slug for claim in claims)
    }
    topics = {slug for claim in claims for slug in claim.topics}
    names = dict(IndexEntry.objects.filter(kind=EntryKind.TOPIC, slug__in=topics).values_list("slug", "body"))
    ratings = rating_cards()
    return [
        Item(
            address=imprint.claim_address(claim.slug),
            title=_verdict_title(claim, ratings),
            paragraphs=list(filter(None, [changed.get(claim.slug), claim.notice, claim.summary])),
            published=claim.first_published_at,
            updated=claim.revised_at,
            # A name is missing if the claim changed between the two queries.
            tags=[
                _label(claim, ratings),
                *(
                    name_of(names[slug], languages.home_of(claim.language)).text
                    for slug in claim.topics
                    if slug in names
                ),
            ],
        )
        for claim in claims
    ]


def _correction_item(entry: Corrected, ratings: Mapping[str, Content]) -> Item:
    """An item for a correction, titled with the current verdict, or without the claim if it was withdrawn."""
    correction, claim = entry.correction, entry.claim
    revision = correction.revision
    subject = _verdict_title(claim, ratings) if claim else _("A claim that we withdrew")
    return Item(
        address=imprint.version_address(revision.slug, revision.number),
        title=f"{revision.get_act_display()}: {subject}",
        paragraphs=list(filter(None, [change_in_words(revision), claim.notice if claim else ""])),
        published=correction.at,
        updated=correction.at,
        tags=[correction.get_kind_display()],
    )


def _name_change_item(change: NameChange) -> Item:
    """An item for a change of what a name means, with its words before and after."""
    at = change.decided_at
    assert at  # noqa: S101 — a change that was brought to readers has its time
    words = {"before": change.before, "after": change.after}
    # A rating that no claim has comes without words before, and goes without words after.
    before = [_("Before: %(before)s") % words] if change.has_words and change.before else []
    after = [_("After: %(after)s") % words] if change.has_words and change.after else []
    return Item(
        address=f"{imprint.address('claims:name-change-list')}#{change.public_key}",
        title=_("Changed name or rating: %(kind)s") % {"kind": change.get_kind_display()},
        paragraphs=[*before, *after, change.reason],
        published=at,
        updated=at,
        tags=[change.get_kind_display()],
    )


def _verdict_title(claim: PublishedClaim, ratings: Mapping[str, Content]) -> str:
    """The finding, or the rating followed by the claim, so that nobody reads a claim without its verdict."""
    return title_from(claim.headline, _label(claim, ratings), claim.statement)


def _label(claim: PublishedClaim, ratings: Mapping[str, Content]) -> str:
    """The label of the claim's rating in the language of the claim, because a feed is in that of no page."""
    # The card is missing if the claim changed between the two queries.
    return name_of(ratings.get(claim.rating, {"label": claim.rating_label}), languages.home_of(claim.language)).text


def change_in_words(revision: Revision) -> str:
    """The change that a version made, in words, such as "Rating changed: False → True. A figure was wrong."."""
    correction = getattr(revision, "correction", None)
    parts = [revision.reason]
    if correction and correction.rating_after and correction.rating_before != correction.rating_after:
        parts.insert(0, f"{correction.rating_before} → {correction.rating_after}.")
    return f"{revision.get_act_display()}: {' '.join(parts)}"
