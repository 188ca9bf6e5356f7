"""Querysets of the desk and of the record. Their methods can be chained; dates and people are arguments."""

import datetime
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.search import SearchVectorField
from django.db import connections, models
from django.db.models import Case, Exists, F, Func, OuterRef, Prefetch, Q, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import MD5, Coalesce, JSONArray, Left, Lower

from claims.choices import PUBLIC_STATES, TELLS_NOTHING_NEW, WRITES, Act, EntryKind, EventKind, Order, State
from claims.models.figures import RecordRefresh
from claims.models.newsroom import PageVersion
from factcheck.core.postgres import arrays

if TYPE_CHECKING:
    from factcheck.accounts.models import User


def letters_of(text: str | Value) -> MD5:
    """A digest of the letters and digits of a text, without case."""
    letters = Func(text, Value(r"[^[:alnum:]]+"), Value(""), Value("g"), function="regexp_replace")
    return MD5(Lower(letters, output_field=models.TextField()))


# PostgreSQL refuses to index much longer texts.
MOST_CHARACTERS_OF_WORDS = 10_000


def words_of(text: str | Value) -> Func:
    """The words of the beginning of a text in PostgreSQL's form: lower case, no stemming, no stop words."""
    return Func(
        Value("simple"), Left(text, MOST_CHARACTERS_OF_WORDS), function="to_tsvector", output_field=SearchVectorField()
    )


class ClaimQuerySet(models.QuerySet[Any]):
    """Claims at the desk."""

    def saying(self, statement: str) -> Self:
        """Claims with this statement, whatever its case, spaces and punctuation. Reads an index."""
        return self.alias(said=letters_of("statement")).filter(said=letters_of(Value(statement)))

    def of(self, user: "User") -> Self:
        """Claims that this person works on: those that they logged, and those that are assigned to them."""
        return self.filter(Q(author=user) | Q(assignee=user))

    def to_submit(self, user: "User") -> Self:
        """The person's claims in work. Those that were sent back are among them."""
        return self.of(user).filter(state__in=[State.LOGGED, State.RESEARCHING])

    def sent_back(self, user: "User") -> Self:
        """The person's claims that somebody sent back, and that nobody changed since."""
        return (
            self.to_submit(user)
            .alias(last=Subquery(self._events().values("kind")[:1]))
            .filter(last=EventKind.SENT_BACK)
        )

    def to_approve(self, user: "User") -> Self:
        """Claims in review that somebody else wrote since their last approval. The act may know of more reasons."""
        approved = self._events().filter(kind=EventKind.APPROVED).values("version")[:1]
        wrote = self._events().filter(actor=user, kind__in=WRITES, version__gt=Coalesce(OuterRef("approved_at"), 0))
        in_review = self.waiting_for_review().exclude(author=user).alias(approved_at=Subquery(approved))
        return in_review.exclude(Exists(wrote))

    def _events(self) -> Any:
        """The events of the claim of an outer query, newest first."""
        events = self.model._meta.get_field("events").related_model
        return events._default_manager.filter(claim=OuterRef("pk")).order_by("-version")

    def mentioning(self, user: "User") -> Self:
        """Claims with a comment that mentions this person and that nobody resolved."""
        comments = self.model._meta.get_field("comments").related_model._default_manager
        return self.filter(Exists(comments.filter(claim=OuterRef("pk"), mentions=user, resolved_at=None)))

    def overdue(self, day: datetime.date) -> Self:
        """Claims in work that were due before this day."""
        return self.filter(due_on__lt=day).exclude(state__in=[*PUBLIC_STATES, State.WITHDRAWN, State.DECLINED])

    def by_what_waits(self) -> Self:
        """The claims in the order in which they wait for those who work on them.

        First those that were sent back, then those in work, those to publish, those in review, and all others. Then by
        priority and due date.
        """
        last = Subquery(self._events().values("kind")[:1])
        place = Case(
            When(Q(state=State.RESEARCHING) & Q(last_kind=EventKind.SENT_BACK), then=0),
            When(state__in=[State.LOGGED, State.RESEARCHING], then=1),
            When(state=State.APPROVED, then=2),
            When(state=State.IN_REVIEW, then=3),
            default=4,
        )
        return self.alias(last_kind=last).order_by(
            place, "priority", F("due_on").asc(nulls_last=True), "-logged_at", "-pk"
        )

    def logged_by(self, user: "User") -> Self:
        return self.filter(author=user)

    def waiting_for_publication(self) -> Self:
        return self.filter(state=State.APPROVED)

    def waiting_for_review(self) -> Self:
        return self.filter(state=State.IN_REVIEW)

    def changed_since_published(self) -> Self:
        """Published claims that the desk has changed since their newest revision."""
        return self.filter(published__isnull=False).exclude(state__in=PUBLIC_STATES)

    def preload(self) -> Self:
        """The claims with everything that their bodies show, in a fixed number of queries."""
        # The lists with their sources by one query each: a claim has few of them, and each query costs a round trip.
        return self.select_related("claimant", "rating__scale", "imported").prefetch_related(
            "topics",
            "claimant__affiliations",
            Prefetch("appearances", self._part("appearances", "source__publisher", "attributed_to")),
            "appearances__attributed_to__affiliations",
            Prefetch("evidence", self._part("evidence", "source__publisher")),
            Prefetch("parts", self._part("parts", "part")),
            Prefetch("pictures", self._part("pictures", "file")),
            "others",
        )

    def _part(self, name: str, *beside: str) -> models.QuerySet[Any]:
        """The rows of a list of the claim, each with the rows beside it."""
        related: Any = self.model._meta.get_field(name).related_model
        rows: models.QuerySet[Any] = related._default_manager.select_related(*beside)
        return rows


class RevisionQuerySet(models.QuerySet[Any]):
    """Published versions."""

    def of(self, slug: str) -> Self:
        """All versions of the claim with this slug, newest first."""
        return self.filter(slug=slug).order_by("-number")

    def with_redaction(self) -> Self:
        """Each version with `redacted_in`: the number of the later version that redacts it, or None.

        A version is redacted if a later version of its claim was made by the act *redact*. No column stores this.
        """
        later = self.model._default_manager.filter(
            claim=OuterRef("claim"), number__gt=OuterRef("number"), act=Act.REDACT
        )
        return self.annotate(redacted_in=Subquery(later.order_by("number").values("number")[:1]))

    def with_pictures(self) -> Self:
        """The versions whose explanation has pictures, readable or not. An index has exactly these."""
        # Canonical JSON has this text exactly where the list isn't empty.
        return self.filter(
            RawSQL("""claims_revision.body LIKE '%%"pictures":[{%%'""", [], output_field=models.BooleanField())
        )

    def showing(self, sha256: str) -> Self:
        """The versions whose explanation has the picture with this hash, readable or not."""
        shows = RawSQL(
            "(claims_revision.body::jsonb -> 'pictures') @> %s::jsonb",
            [json.dumps([{"sha256": sha256}])],
            output_field=models.BooleanField(),
        )
        return self.with_pictures().filter(shows)

    def with_shown_body(self) -> Self:
        """Each version with `shown_body`: its body if readers see that now, otherwise None."""
        published = self.model._meta.apps.get_model("claims", "PublishedClaim")
        shown = published.objects.filter(revision=OuterRef("pk")).values("pk")
        return self.annotate(shown_body=Case(When(Exists(shown), then="body"), output_field=models.TextField()))

    def with_last_act(self) -> Self:
        """Each version with `last_act`: the same as the method `last_act` says, as a list, read in the same moment."""
        newest = self.model._default_manager.order_by("-pk").values(
            last=JSONArray("pk", "at", _last(RecordRefresh), _last(PageVersion))
        )[:1]
        return self.annotate(last_act=Subquery(newest))

    def readable(self) -> Self:
        """The versions whose bodies readers may have: not redacted, and of claims that aren't withdrawn now."""
        newest = self.model._default_manager.filter(claim=OuterRef("claim")).order_by("-number").values("act")[:1]
        return self.with_redaction().alias(newest=Subquery(newest)).filter(~Q(newest=Act.WITHDRAW), redacted_in=None)

    def last_changes(self, slugs: Iterable[str]) -> Self:
        """The newest version of each of these claims that changed what readers had been told.

        Claims without one are left out.
        """
        changes = self.filter(slug__in=slugs).exclude(act__in=TELLS_NOTHING_NEW)
        return changes.order_by("slug", "-number").distinct("slug")

    def last_act(self) -> tuple[int, datetime.datetime, int, int] | None:
        """The key and time of the newest revision, and the keys of the last refresh and of the newsroom's newest page.

        They change with every public act and every refresh of the record, and with nothing else. None if there is no
        revision.

        This holds because versions are added one after the other, under the record's lock (`claims.desk.locks`). Costs
        three index lookups.
        """
        last: tuple[int, datetime.datetime, int, int] | None = (
            self.order_by("-pk").values_list("pk", "at", _last(RecordRefresh), _last(PageVersion)).first()
        )
        return last


def _last(model: type[models.Model]) -> Coalesce:
    """The primary key of the newest row of a table, or 0, for a query of another table."""
    return Coalesce(Subquery(model._default_manager.order_by("-pk").values("pk")[:1]), 0)


class _IntArray(Value):
    """A written list of integers as one array parameter. An ArrayField would convert each of up to 10,000 values.

    It is written before, because Django hashes what an expression was made of, one by one.
    """

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s::int8[]", [self.value]


# Published claims are divided into parts by primary key. An index holds the time of the last change of each part.
ROWS_IN_A_PART = 2_500
MOST_PARTS = 40_000

ORDERS: dict[Order, list[Any]] = {
    Order.RELEVANCE: ["place", "-first_published_at", "slug"],
    Order.NEWEST_VERDICT: ["-first_published_at", "slug"],
    Order.NEWEST_CLAIM: [F("claimed_from").desc(nulls_last=True), "slug"],
}


class PublishedClaimQuerySet(models.QuerySet[Any]):
    """Claims that readers may see. No method filters by visibility: other claims have no row here."""

    def rated(self, *slugs: str) -> Self:
        """Claims with one of these ratings."""
        return self.filter(rating__in=slugs)

    def by_claimant(self, slug: str) -> Self:
        return self.filter(claimant=slug)

    def attributed_to(self, slug: str) -> Self:
        """Claims that an article attributes to this person or organisation, the newest first."""
        # Few claims are, which PostgreSQL doesn't know. To read the first of them it would walk the index of this order
        # through all claims, unless it has to sort them itself.
        newest = F("first_published_at") + Value(datetime.timedelta(0))
        return self.filter(attributed__contains=[slug]).order_by(newest.desc(), "slug")

    def naming(self, slug: str) -> Self:
        """Claims that this person or organisation made, or that an article attributes to them."""
        return self.filter(Q(claimant=slug) | Q(attributed__contains=[slug]))

    def on_topic(self, *slugs: str) -> Self:
        """Claims on one of these topics."""
        return self.filter(topics__overlap=list(slugs))

    def in_article(self, slug: str) -> Self:
        return self.filter(articles__contains=[slug])

    def from_outlet(self, slug: str) -> Self:
        return self.filter(outlets__contains=[slug])

    def citing(self, *slugs: str) -> Self:
        """Claims that appear in a source with one of these slugs, or have it as evidence."""
        return self.filter(sources__overlap=list(slugs))

    def claimed_in(self, year: int) -> Self:
        """Claims made in this year."""
        return self.filter(claimed_from__year=year)

    def in_language(self, tag: str) -> Self:
        """Claims in the language of a tag (BCP 47), of any region. If both tags name a script, it must be the same."""
        language, *others = tag.split("-")
        script = next((part for part in others[:1] if len(part) == len("Latn")), "")
        other_script = "(?!-[a-z]{4}(-|$))"
        return self.filter(
            language__iregex=f"^{language}" + (f"(-{script}|{other_script})(-|$)" if script else "(-|$)")
        )

    def made_or_checked_since(self, day: datetime.date) -> Self:
        """Claims first published on this day or later, and claims known to be made on a day that is not earlier."""
        midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
        return self.filter(
            Q(first_published_at__gte=midnight) | Q(claimed_from__gte=day, claimed_from=F("claimed_until"))
        )

    def found(self, places: dict[int, int]) -> Self:
        """The claims that a search found, each with its `place`: 0 for the best. Equal claims share a place."""
        if not places:
            return self.none().annotate(place=Value(0))
        # Two arrays with a binary search. `__in` would write out thousands of numbers and give no place.
        keys = sorted(places)
        ids, in_order = (_IntArray(arrays.written(one)) for one in (keys, [places[pk] for pk in keys]))
        is_found = Func(
            "pk", ids, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=models.BooleanField()
        )
        return self.filter(is_found).annotate(
            place=Func(
                in_order,
                Func("pk", ids, function="width_bucket", output_field=models.IntegerField()),
                template="((%(expressions)s])",
                arg_joiner=")[",
                output_field=models.IntegerField(),
            )
        )

    def in_order(self, order: Order) -> Self:
        """The claims in an order without ties."""
        return self.order_by(*ORDERS[order])

    def in_part(self, part: int) -> Self:
        """The claims of one part, counted from 0. There are at most `ROWS_IN_A_PART`, and no others are read."""
        return self.filter(pk__gte=part * ROWS_IN_A_PART, pk__lt=(part + 1) * ROWS_IN_A_PART)

    def parts(self) -> list[tuple[int, datetime.datetime]]:
        """The number of each part that has a claim, with the time of its newest change. Reads one index entry each."""
        table = self.model._meta.db_table
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                f"SELECT part, (SELECT max(revised_at) FROM {table} WHERE id / {ROWS_IN_A_PART} = part) "  # noqa: S608
                f"FROM generate_series(0, (SELECT least(max(id) / {ROWS_IN_A_PART}, {MOST_PARTS - 1}) FROM {table})) "
                "AS part ORDER BY part"
            )
            return [(part, changed) for part, changed in cursor.fetchall() if changed]

    def after(self, at: datetime.datetime, slug: str, *, place: int | None = None) -> Self:
        """The claims that follow the one with this time and slug, newest verdict first.

        With `place`, the claim's place in a search, the order is by relevance.
        """
        later = Q(first_published_at__lt=at) | Q(first_published_at=at, slug__gt=slug)
        if place is None:
            return self.filter(later, first_published_at__lte=at)  # redundant, but PostgreSQL needs it to use the index
        return self.filter(Q(place__gt=place) | Q(later, place=place))

    def claimed_between(self, start: datetime.date | None, end: datetime.date | None) -> Self:
        """Claims that may have been made between these days, both included."""
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
