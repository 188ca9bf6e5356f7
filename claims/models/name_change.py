import datetime
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.fields.json import KT
from django.utils import timezone

from claims.choices import EntryKind, NameChangeState, NameKind
from claims.models.record import IndexEntry
from factcheck.core.fields.keys import KeyManager

if TYPE_CHECKING:
    from factcheck.accounts.models import User

OPEN = (NameChangeState.PROPOSED, NameChangeState.ACCEPTED)
MERGED = (NameChangeState.ACCEPTED, NameChangeState.DONE)
# The kinds whose words can name a person, so readers get them only while a version that they can read shows them.
NAMES_PEOPLE = (NameKind.CLAIMANT, NameKind.SOURCE, NameKind.PUBLISHER)


class NameChangeQuerySet(models.QuerySet[Any]):
    """Changes of names that claims show."""

    def proposed(self) -> Self:
        """Those that wait for a second person, the oldest first."""
        return self.filter(state=NameChangeState.PROPOSED).order_by("pk")

    def unfinished(self) -> Self:
        """Those accepted ones that some published claims don't show yet, the oldest first."""
        return self.filter(state=NameChangeState.ACCEPTED).order_by("decided_at", "pk")

    def open_for(self, kind: NameKind, *slugs: str) -> Self:
        """Those of these names, or of others that become one of them, that aren't finished."""
        return self.filter(Q(slug__in=slugs) | Q(into__in=slugs), kind=kind, state__in=OPEN)

    def propose(self, kind: NameKind, slug: str, *, by: "User", **fields: Any) -> "NameChange":
        """Add a change that this person proposes, with the next number of the name."""
        number = self.filter(kind=kind, slug=slug).count() + 1
        change: NameChange = self.create(
            kind=kind,
            slug=slug,
            number=number,
            proposer=by,
            proposed_by=by.signature,
            proposed_by_id=by.initials,
            **fields,
        )
        return change

    def merges(self) -> Self:
        """Those that made two rows one, and weren't undone since."""
        return self.exclude(into="").filter(state__in=MERGED)

    def merged_slugs(self, kind: NameKind) -> list[str]:
        """The slugs that no new row of this kind can have, because they lead to what their rows were merged into."""
        return list(self.merges().filter(kind=kind).values_list("slug", flat=True))

    def about(self, kind: NameKind, slugs: Collection[str]) -> Self:
        """Those whose words are of one of these names: its own changes, merges into it, and what undid one of these."""
        merged = NameChange.objects.filter(kind=kind, into__in=slugs).values("slug")
        undone = Q(undoes__isnull=False, slug__in=merged)
        return self.filter(Q(slug__in=slugs) | Q(into__in=slugs) | undone, kind=kind)

    def brought_to_readers(self) -> Self:
        """Those that readers saw, newest first, with `has_words`: whether they may have what it said.

        Changes of a protected source are left out. The words can name a person. So they are withheld once readers can
        read them in no version, because a claim was redacted or withdrawn; and those of a claimant, a source or a
        publisher are public only as long as readers see that name, or the one that it became. Those of a claim are in
        its versions. Loads the public columns.
        """
        merges = NameChange.objects.merges().filter(kind=OuterRef("kind"), slug=OuterRef("slug"))
        became = merges.filter(_is_seen("into"))
        may_be_seen = ~Q(kind__in=[*NAMES_PEOPLE, NameKind.CLAIM]) | (
            ~Q(kind=NameKind.CLAIM) & (_is_seen("slug") | Exists(became))
        )
        has_words = ExpressionWrapper(Q(words_withheld=False) & may_be_seen, output_field=models.BooleanField())
        # A merge of names that readers didn't see is the desk's own.
        unseen = (~Q(into="") | ~Q(undoes=None)) & Q(claims=0)
        done = self.filter(state__in=[*MERGED, NameChangeState.UNDONE], is_hidden=False).exclude(unseen)
        return done.annotate(has_words=has_words).only(*self.model.PUBLIC).order_by("-decided_at", "-pk")

    def changes_of_meaning(self) -> Self:
        """Those of them that alter what a name means; a spelling doesn't."""
        return self.brought_to_readers().filter(changes_meaning=True)


def _is_seen(slug: str) -> Q:
    """Whether a published claim shows the person, source or publisher whose slug is in this column of a change."""
    entries = IndexEntry.objects.filter(kind=OuterRef("kind"), slug=OuterRef(slug))
    # The index of names has the publishers of articles. That of any source is in the source's entry.
    sources = IndexEntry.objects.filter(kind=EntryKind.SOURCE).alias(publisher=KT("body__publisher__slug"))
    return (Q(kind__in=[NameKind.CLAIMANT, NameKind.SOURCE]) & Exists(entries)) | (
        Q(kind=NameKind.PUBLISHER) & Exists(sources.filter(publisher=OuterRef(slug)))
    )


class NameChange(models.Model):
    """A change of a name or fact that published claims show: proposed by one person, brought to readers by another.

    A merge is such a change too: the name, or the claim, becomes another one, `into`.
    """

    kind = models.CharField(max_length=20, choices=NameKind)
    slug = models.SlugField(max_length=100)
    number = models.PositiveIntegerField(help_text="Counts the changes of this name from 1.")
    into = models.SlugField(max_length=100, blank=True, db_index=False, help_text="What it was merged into.")
    undoes = models.PositiveIntegerField(null=True, help_text="The number of the merge of this name that it undoes.")
    # What a merge moved, to undo it: see `claims.desk.merging`. Empty if it was loaded from a file.
    moved = models.JSONField(default=dict)
    # The row's public fields before and after, as the desk has them, including withheld addresses.
    old_values = models.JSONField(default=dict)
    new_values = models.JSONField(default=dict)
    # The same for readers, as lines of text.
    before = models.TextField()
    after = models.TextField()
    reason = models.TextField(help_text="For readers.")
    changes_meaning = models.BooleanField(
        default=True,
        help_text="Listed on the corrections page, with the words before and after. Changes of spelling aren't.",
    )
    words_withheld = models.BooleanField(
        default=False, help_text="Readers no longer get the words: a claim that showed the name was redacted."
    )
    is_hidden = models.BooleanField(
        "hidden from readers", default=False, help_text="Readers don't get this change: it is about a protected source."
    )
    state = models.CharField(max_length=20, choices=NameChangeState, default=NameChangeState.PROPOSED)

    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_by = models.CharField(max_length=300)
    proposed_by_id = models.CharField("initials of who proposed it", max_length=12)
    proposed_at = models.DateTimeField(default=timezone.now)
    decider = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_by = models.CharField(max_length=300, blank=True)
    decided_by_id = models.CharField("initials of who decided", max_length=12, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_alone = models.BooleanField(default=False)
    why_declined = models.TextField(blank=True, help_text="For the desk.")

    # The progress: claims are revised in the order of their ids.
    claims = models.PositiveIntegerField(default=0, help_text="Published claims that showed it when it was accepted.")
    revised = models.PositiveIntegerField(default=0, help_text="Published claims that were revised so far.")
    position = models.BigIntegerField(default=0, help_text="The last claim that was looked at.")

    # Not a column: an annotation of `NameChangeQuerySet.brought_to_readers`.
    has_words: bool

    # The columns that readers may have. The others hold accounts, and values such as a withheld address.
    PUBLIC = (
        *("kind", "slug", "number", "into", "undoes", "before", "after", "reason", "changes_meaning"),
        *("words_withheld", "state"),
        *("proposed_by", "proposed_by_id", "proposed_at", "decided_by", "decided_by_id", "decided_at"),
        *("decided_alone", "claims", "revised"),
    )
    # The columns that hold keys of this database, so that no file has them.
    OWN = ("moved",)

    objects = KeyManager.from_queryset(NameChangeQuerySet)("kind", "slug", "number")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "slug", "number"], name="name_change_number_once"),
            models.UniqueConstraint(
                fields=["kind", "slug"],
                name="name_change_one_at_a_time",
                condition=Q(state__in=OPEN),
                violation_error_message="Another change of this name is waiting. Accept or decline that one first.",
            ),
            models.UniqueConstraint(
                fields=["kind", "slug"],
                name="name_change_merged_once",
                condition=~Q(into="") & Q(state__in=MERGED),
                violation_error_message="This was merged already.",
            ),
            models.CheckConstraint(
                name="name_change_merges_two",
                condition=~Q(into=F("slug")),
                violation_error_message="Choose two different rows.",
            ),
            models.CheckConstraint(
                name="name_change_gives_its_reason",
                condition=~Q(reason=""),
                violation_error_message="Tell readers why you change this.",
            ),
            models.CheckConstraint(
                name="name_change_decision_is_signed",
                condition=Q(state=NameChangeState.PROPOSED, decided_by="", decided_at=None)
                | (~Q(state=NameChangeState.PROPOSED) & ~Q(decided_by="") & ~Q(decided_at=None)),
                violation_error_message="A decision must name the person who made it.",
            ),
            models.CheckConstraint(
                name="name_change_accepted_by_another",
                condition=Q(state__in=[NameChangeState.PROPOSED, NameChangeState.DECLINED])
                | Q(decider=None)
                | ~Q(decider=F("proposer"))
                | Q(decided_alone=True),
                violation_error_message="Somebody other than the person who proposed the change must publish it.",
            ),
        ]
        indexes = [models.Index(fields=["-decided_at"], name="name_change_newest", condition=Q(changes_meaning=True))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.slug}, change {self.number}"

    @property
    def is_merge(self) -> bool:
        """True for a merge, and for a change that undoes one."""
        return bool(self.into) or self.undoes is not None

    @property
    def public_key(self) -> str:
        """The key of a change that was brought to readers, in addresses. That of a change without words names nothing.

        Needs `has_words`.
        """
        if self.has_words or self.kind not in NAMES_PEOPLE:
            return f"{self.kind}-{self.slug}-{self.number}"
        return f"{self.kind}-{self.nameless_slug}"

    @property
    def nameless_slug(self) -> str:
        """A slug for a change that was decided which doesn't say what it is about: its time, which is public."""
        assert self.decided_at  # noqa: S101 — a decision has its time
        return f"removed-{self.decided_at.astimezone(datetime.UTC):%Y%m%d-%H%M%S-%f}"

    def natural_key(self) -> tuple[Any, ...]:
        return (self.kind, self.slug, self.number)

    natural_key.dependencies = ["accounts.user"]  # type: ignore[attr-defined]
