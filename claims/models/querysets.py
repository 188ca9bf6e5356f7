"""Questions to the desk and to the record, as methods that compose. Dates and people come in as arguments."""

import datetime
from collections.abc import Iterable
from functools import reduce
from typing import TYPE_CHECKING, Any, Self

from django.db import connections, models
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery, Value

from claims.choices import PUBLIC_STATES, TELLS_NOTHING_NEW, Act, EntryKind, Order, State

if TYPE_CHECKING:
    from factcheck.accounts.models import User


class ClaimQuerySet(models.QuerySet[Any]):
    """Claims at the desk."""

    def assigned_to(self, user: "User") -> Self:
        return self.filter(assignee=user)

    def waiting_for_review(self) -> Self:
        return self.filter(state=State.IN_REVIEW)

    def changed_since_published(self) -> Self:
        """In the record, and the desk has something else than readers see."""
        return self.filter(published__isnull=False).exclude(state__in=PUBLIC_STATES)

    def preload(self) -> Self:
        """Everything that a claim's body shows, in a fixed number of queries."""
        return self.select_related("claimant", "rating__scale", "author", "approver", "assignee").prefetch_related(
            "topics",
            "claimant__affiliations",
            "appearances__source__publisher",
            "evidence__source__publisher",
        )


class RevisionQuerySet(models.QuerySet[Any]):
    """Published versions."""

    def of(self, slug: str) -> Self:
        """All versions of the claim with this slug, newest first."""
        return self.filter(slug=slug).order_by("-number")

    def with_redaction(self) -> Self:
        """Each version with `redacted_in`: the number of the later version that redacts it, or None.

        A version is redacted when a later one of its claim was made by the act *redact*. No row says so itself.
        """
        later = self.model._default_manager.filter(
            claim=OuterRef("claim"), number__gt=OuterRef("number"), act=Act.REDACT
        )
        return self.annotate(redacted_in=Subquery(later.order_by("number").values("number")[:1]))

    def readable(self) -> Self:
        """The versions whose bodies readers may have: of claims that are not withdrawn now, and not redacted."""
        newest = self.model._default_manager.filter(claim=OuterRef("claim")).order_by("-number").values("act")[:1]
        return self.with_redaction().alias(newest=Subquery(newest)).filter(~Q(newest=Act.WITHDRAW), redacted_in=None)

    def last_changes(self, slugs: Iterable[str]) -> Self:
        """For each of these claims the newest version that changed what readers had been told; none where none did."""
        changes = self.filter(slug__in=slugs).exclude(act__in=TELLS_NOTHING_NEW)
        return changes.order_by("slug", "-number").distinct("slug")

    def last_act(self) -> tuple[int, datetime.datetime] | None:
        """The newest revision: its number and time. It changes with every public act and with nothing else.

        Public acts run one after the other (`claims.desk.workflow` holds a lock). One index lookup.
        """
        last: tuple[int, datetime.datetime] | None = self.order_by("-pk").values_list("pk", "at").first()
        return last


class _Numbers(Value):
    """Whole numbers as one array. A field would look at each of ten thousand."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s::int8[]", [self.value]


# The published claims in parts, by the numbers of their rows: an index knows when each part was last changed.
ROWS_IN_A_PART = 2_500
MOST_PARTS = 40_000

ORDERS: dict[Order, list[Any]] = {
    Order.RELEVANCE: ["place", "-first_published_at", "slug"],
    Order.NEWEST_VERDICT: ["-first_published_at", "slug"],
    Order.NEWEST_CLAIM: [F("claimed_from").desc(nulls_last=True), "slug"],
}


class PublishedClaimQuerySet(models.QuerySet[Any]):
    """What readers may see. There is no method for visibility: a row is here, or readers may not see it."""

    def rated(self, *slugs: str) -> Self:
        """Claims with one of these ratings."""
        return self.filter(rating__in=slugs)

    def by_claimant(self, slug: str) -> Self:
        return self.filter(claimant=slug)

    def on_topic(self, *slugs: str) -> Self:
        """Claims on one of these topics."""
        return self.filter(topics__overlap=list(slugs))

    def in_article(self, slug: str) -> Self:
        return self.filter(articles__contains=[slug])

    def from_outlet(self, slug: str) -> Self:
        return self.filter(outlets__contains=[slug])

    def citing(self, slug: str) -> Self:
        """Claims that appear in this source or rest on it as evidence."""
        return self.filter(sources__contains=[slug])

    def claimed_in(self, year: int) -> Self:
        """Claims made in this year."""
        return self.filter(claimed_from__year=year)

    def in_language(self, tag: str) -> Self:
        """Claims in the language of a tag (BCP 47), of any region; when both name a script, in the same one."""
        language, *others = tag.split("-")
        script = next((part for part in others[:1] if len(part) == len("Latn")), "")
        other_script = "(?!-[a-z]{4}(-|$))"
        return self.filter(
            language__iregex=f"^{language}" + (f"(-{script}|{other_script})(-|$)" if script else "(-|$)")
        )

    def made_or_checked_since(self, day: datetime.date) -> Self:
        """Claims first published, or known to be made, on this day or later."""
        midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
        return self.filter(
            Q(first_published_at__gte=midnight) | Q(claimed_from__gte=day, claimed_from=F("claimed_until"))
        )

    def found(self, places: dict[int, int]) -> Self:
        """Claims that a search found, each with its `place`, from the best; equal ones share one."""
        if not places:
            return self.none().annotate(place=Value(0))
        # Arrays, looked up by halving: `__in` would write out thousands of numbers, and know no place.
        ids, in_order = _Numbers(sorted(places)), _Numbers([places[pk] for pk in sorted(places)])
        return self.filter(
            Func("pk", ids, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=models.BooleanField())
        ).annotate(
            place=Func(
                in_order,
                Func("pk", ids, function="width_bucket", output_field=models.IntegerField()),
                template="((%(expressions)s])",
                arg_joiner=")[",
                output_field=models.IntegerField(),
            )
        )

    def in_order(self, order: Order) -> Self:
        """The claims in an order that never leaves two of them equal."""
        return self.order_by(*ORDERS[order])

    def in_part(self, part: int) -> Self:
        """The claims of one part, counted from 0: at most `ROWS_IN_A_PART`, found without reading any other."""
        return self.filter(pk__gte=part * ROWS_IN_A_PART, pk__lt=(part + 1) * ROWS_IN_A_PART)

    def parts(self) -> list[tuple[int, datetime.datetime]]:
        """Each part that has a claim, with the newest change in it. Reads one line of an index for each."""
        table = self.model._meta.db_table
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                f"SELECT part, (SELECT max(revised_at) FROM {table} WHERE id / {ROWS_IN_A_PART} = part) "  # noqa: S608
                f"FROM generate_series(0, (SELECT least(max(id) / {ROWS_IN_A_PART}, {MOST_PARTS - 1}) FROM {table})) "
                "AS part ORDER BY part"
            )
            return [(part, changed) for part, changed in cursor.fetchall() if changed]

    def after(self, at: datetime.datetime, slug: str, *, place: int | None = None) -> Self:
        """The claims that come after this one by newest verdict; with its place among what was found, by relevance."""
        later = Q(first_published_at__lt=at) | Q(first_published_at=at, slug__gt=slug)
        if place is None:
            return self.filter(later, first_published_at__lte=at)  # said twice, so that the index leads there
        return self.filter(Q(place__gt=place) | Q(later, place=place))

    def claimed_between(self, start: datetime.date | None, end: datetime.date | None) -> Self:
        """Claims that may have been made in these days, ends included."""
        found = self
        if start:
            found = found.filter(claimed_until__gte=start)
        if end:
            found = found.filter(claimed_from__lte=end)
        return found


class IndexEntryQuerySet(models.QuerySet[Any]):
    """The record's index of names."""

    def of(self, kind: EntryKind) -> Self:
        """All entries of one kind, by name."""
        return self.filter(kind=kind).order_by("sort_key", "slug")

    def unshown(self, published: models.QuerySet[Any]) -> Self:
        """Entries that none of these published claims shows any longer."""
        slug = OuterRef("slug")
        shown: dict[EntryKind, dict[str, Any]] = {
            EntryKind.RATING: {"rating": slug},
            EntryKind.CLAIMANT: {"claimant": slug},
            EntryKind.TOPIC: {"topics__contains": [slug]},
            EntryKind.ARTICLE: {"articles__contains": [slug]},
            EntryKind.OUTLET: {"outlets__contains": [slug]},
            EntryKind.SOURCE: {"sources__contains": [slug]},
        }
        return self.filter(
            reduce(
                Q.__or__,
                (Q(kind=kind) & ~Q(Exists(published.filter(**condition))) for kind, condition in shown.items()),
            )
        )
