"""Rows that may be one thing: found for one row beside its form, and for all rows by a command."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Length
from django.utils import timezone

from claims.choices import Likeness, NameKind, State
from claims.desk import names
from claims.desk.merging.preview import mergeable
from claims.desk.names import Subject
from claims.desk.rules import Refused
from claims.matching import Outcome
from claims.matching.asking import Asked, answers, rank
from claims.matching.reasons import words_of
from claims.models import Claim, Claimant, LikelyDuplicate, Topic
from factcheck.accounts.lookalikes import Skeleton
from factcheck.accounts.models import User
from factcheck.core.batches import batched
from factcheck.core.fields.addresses import host, lookup_key
from sources.models import Publisher, Source

# How many claims are compared with all others at a time, and how many of the nearest each is compared with in full.
_CLAIMS, _NEAREST = 20, 5
# The share of the words of two statements that both have, from which they are nearly the same.
_SHARED = 0.75
# Statements of fewer words are the same by chance.
_LEAST_WORDS = 4
_ROWS, _PAIRS = 2_000, 500
_LISTED = 5
# Names of fewer letters look alike too often, above all initials.
_LEAST_LETTERS = 3
_IN_WORK = Q(state__in=[state for state in State if state not in (State.DECLINED, State.WITHDRAWN)])

Pair = tuple[int, int]


@dataclass(frozen=True)
class Found:
    """A row that may be the same as another, and what they share."""

    row: Any
    why: Likeness


# Beside a form


def near(subject: Subject) -> list[Found]:
    """The rows that may be the same as this one, at most a few, without those that somebody said aren't."""
    match subject:
        case Claimant() | Topic():
            found = _of_one_name(subject)
        case Publisher():
            found = [*_of_one_name(subject), *_of_one_host(subject)]
        case Source():
            found = [Found(twin, Likeness.ADDRESS) for twin in subject.twins().select_related("publisher")[:_LISTED]]
        case Claim():
            found = _listed(subject)
        case _:
            return []
    kind = names.kind_of(subject)
    keys = {one.row.pk for one in found}
    shown = set(mergeable(kind).filter(pk__in=[*keys, subject.pk]).values_list("pk", flat=True))
    if subject.pk is not None:
        if subject.pk not in shown:
            return []
        dismissed = LikelyDuplicate.objects.filter(kind=kind, is_dismissed=True)
        pairs = dismissed.filter(Q(first=subject.pk) | Q(second=subject.pk)).values_list("first", "second")
        shown -= {key for pair in pairs for key in pair}
    once = {one.row.pk: one for one in found if one.row.pk in shown}
    return list(once.values())[:_LISTED]


def _of_one_name(subject: Claimant | Topic | Publisher) -> list[Found]:
    named: Any = type(subject)._default_manager.alias(skeleton=Skeleton("name"), letters=Length(Skeleton("name")))
    same = named.filter(skeleton=Skeleton(Value(subject.name)), letters__gte=_LEAST_LETTERS).exclude(pk=subject.pk)
    same = same.prefetch_related("affiliations") if isinstance(subject, Claimant) else same
    return [Found(row, Likeness.NAME) for row in same.order_by("pk")[:_LISTED]]


def _of_one_host(subject: Publisher) -> list[Found]:
    site = host(subject.address)
    if not site:
        return []
    rows = Publisher.objects.filter(address__icontains=site).exclude(pk=subject.pk).order_by("pk")
    return [Found(row, Likeness.SITE) for row in rows[:_PAIRS] if host(row.address) == site]


def _listed(claim: Claim) -> list[Found]:
    """The claims that the list has beside this one. While a statement is typed, its form compares it with all."""
    pairs = LikelyDuplicate.objects.filter(Q(first=claim.pk) | Q(second=claim.pk), kind=NameKind.CLAIM)
    others = [first if second == claim.pk else second for first, second in pairs.values_list("first", "second")]
    rows = Claim.objects.in_bulk(others[:_LISTED])
    return [Found(row, Likeness.STATEMENT) for row in rows.values()]


# For all rows


def find(kind: NameKind, advance: Callable[[int], None] = lambda _rows: None) -> dict[Pair, Likeness]:
    """All pairs of rows of this kind that may be the same. Calls `advance` with the number of rows looked at."""
    if kind == NameKind.CLAIM:
        return _among_claims(advance)
    pairs: dict[Pair, Likeness] = {}
    groups: dict[tuple[Likeness, Any], list[int]] = defaultdict(list)
    for pk, shared in _keys(kind):
        for one in shared:
            groups[one].append(pk)
        advance(1)
    for (why, _key), rows in groups.items():
        # The oldest with each other one: of ten there are nine pairs, not 45.
        oldest, *others = sorted(set(rows))
        for other in others:
            pairs.setdefault((oldest, other), why)
    return pairs


def count(kind: NameKind) -> int:
    """The number of rows that `find` looks at."""
    rows = mergeable(kind)
    return int((rows.filter(_IN_WORK) if kind == NameKind.CLAIM else rows).count())


def _keys(kind: NameKind) -> Iterator[tuple[int, set[tuple[Likeness, Any]]]]:
    """Each row with what another row of the same thing would share with it."""
    rows: Any = mergeable(kind).order_by("pk")
    if kind == NameKind.SOURCE:
        found = rows.values_list("pk", "lookup_key", "original_address", "archived_address")
        for pk, key, *addresses in found.iterator(chunk_size=_ROWS):
            pages = {key, *(lookup_key(address) for address in addresses if address)} - {""}
            yield pk, {(Likeness.ADDRESS, page) for page in pages}
        return
    other = {NameKind.CLAIMANT: "wikidata", NameKind.PUBLISHER: "address"}.get(kind)
    columns = ["pk", "skeleton", *([other] if other else [])]
    for pk, skeleton, *more in (
        rows.annotate(skeleton=Skeleton("name")).values_list(*columns).iterator(chunk_size=_ROWS)
    ):
        keys: set[Any] = {(Likeness.NAME, skeleton)} if len(skeleton) >= _LEAST_LETTERS else set()
        for address in filter(None, more):
            is_site = kind == NameKind.PUBLISHER
            key = host(address) if is_site else lookup_key(address)
            keys |= {(Likeness.SITE if is_site else Likeness.WIKIDATA, key)} if key else set()
        yield pk, keys


def _among_claims(advance: Callable[[int], None]) -> dict[Pair, Likeness]:
    pairs: dict[Pair, Likeness] = {}
    claims = Claim.objects.filter(_IN_WORK).only("pk", "statement", "language", "state").order_by("pk")
    for some in batched(claims.iterator(chunk_size=_ROWS), _CLAIMS):
        pairs |= {(min(pair), max(pair)): Likeness.STATEMENT for pair in _pairs_of_claims(some)}
        advance(len(some))
    return pairs


def _pairs_of_claims(claims: list[Claim]) -> list[Pair]:
    """Each of these claims with each claim in work, or published, that says nearly the same."""
    # So far from each other that none lends weight to another, as sentences of one text would. Nearly the same words
    # are looked for, so the wording needn't be compared.
    asked = Asked([claim.statement for claim in claims], range(0, 100 * len(claims), 100))
    found: list[tuple[Claim, int]] = []
    for claim, answer in zip(claims, answers(asked, rank(asked, drafts=True, by_words=True), _NEAREST), strict=True):
        for match in answer.matches:
            why = match.reasons
            has_other_numbers = why.numbers_of_claim or why.numbers_of_text
            if match.desk_pk != claim.pk and (match.outcome == Outcome.SAME_WORDS or not has_other_numbers):
                found.append((claim, match.desk_pk))
    others = Claim.objects.filter(_IN_WORK).in_bulk([pk for _claim, pk in found])
    return [(claim.pk, pk) for claim, pk in found if pk in others and _say_nearly_the_same(claim, others[pk])]


def _say_nearly_the_same(one: Claim, other: Claim) -> bool:
    first, second = (set(words_of(claim.statement, claim.language).stems) for claim in (one, other))
    least = min(len(first), len(second))
    return least >= _LEAST_WORDS and len(first & second) >= _SHARED * len(first | second)


# The list


@dataclass(frozen=True)
class Summary:
    """What a run found: the pairs in the list now, those that are new, and those that were taken out."""

    waiting: int
    new: int
    gone: int


@transaction.atomic
def store(kind: NameKind, pairs: dict[Pair, Likeness]) -> Summary:
    """Bring the list of this kind to these pairs. What somebody decided stays as it is."""
    known = set(LikelyDuplicate.objects.filter(kind=kind).values_list("first", "second"))
    new = [pair for pair in pairs if pair not in known]
    rows = [LikelyDuplicate(kind=kind, first=first, second=second, why=pairs[first, second]) for first, second in new]
    # Somebody else's run may have stored some of them meanwhile.
    LikelyDuplicate.objects.bulk_create(rows, batch_size=_PAIRS, ignore_conflicts=True)
    waiting = LikelyDuplicate.objects.filter(kind=kind, is_dismissed=False)
    stale = [pk for pk, *pair in waiting.values_list("pk", "first", "second") if tuple(pair) not in pairs]
    for some in batched(stale, _PAIRS):
        LikelyDuplicate.objects.filter(pk__in=some, is_dismissed=False).delete()
    return Summary(waiting.count(), len(new), len(stale))


def forget(kind: NameKind, key: int) -> None:
    """Take the pairs of a row that doesn't exist any more out of the list."""
    LikelyDuplicate.objects.filter(Q(first=key) | Q(second=key), kind=kind).delete()


@transaction.atomic
def dismiss(kind: NameKind, one: int, other: int, *, by: User, why: Likeness = Likeness.NAME) -> None:
    """Remember that two rows aren't the same. Raises Refused for one row."""
    if one == other:
        raise Refused("Choose two different rows.")
    said = {"is_dismissed": True, "dismissed_by": by, "dismissed_at": timezone.now()}
    first, second = sorted((one, other))
    LikelyDuplicate.objects.update_or_create(
        kind=kind, first=first, second=second, defaults=said, create_defaults={**said, "why": why}
    )


def labels(pairs: Iterable[LikelyDuplicate]) -> dict[tuple[str, int], Any]:
    """The rows of these pairs, by kind and key. Runs a query for each kind, and one for what tells namesakes apart."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for pair in pairs:
        wanted[pair.kind] |= {pair.first, pair.second}
    found: dict[tuple[str, int], Any] = {}
    for kind, keys in wanted.items():
        rows: Any = mergeable(NameKind(kind))
        if kind == NameKind.CLAIMANT:
            rows = rows.prefetch_related("affiliations")
        elif kind == NameKind.SOURCE:
            rows = rows.select_related("publisher")
        found |= {(kind, pk): row for pk, row in rows.in_bulk(keys).items()}
    return found
