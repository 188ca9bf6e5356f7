from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from claims.choices import PUBLIC_STATES, SIGNED_STATES, ClaimKind, Priority, State
from claims.models.claimant import Claimant
from claims.models.querysets import ClaimQuerySet, letters_of, words_of
from claims.models.rating import Rating
from claims.models.topic import Topic
from factcheck.core.fields.dates import PartialDateField
from factcheck.core.fields.indexes import contains
from factcheck.core.fields.keys import KeyManager, check_language
from factcheck.core.fields.names import check_reading_order


class Claim(models.Model):
    """One checkable statement as the desk has it. Readers never see this row, only the record."""

    slug = models.SlugField(
        max_length=100,
        unique=True,
        blank=True,
        help_text="The claim's name in web addresses. Leave empty to make it from the claim.",
    )

    # What is claimed
    statement = models.TextField(
        "claim",
        validators=[check_reading_order],
        help_text="One statement that can be checked, in our own neutral words.",
    )
    kind = models.CharField(max_length=30, choices=ClaimKind, default=ClaimKind.OTHER)
    checkable = models.BooleanField(default=True)
    why_not_checkable = models.TextField(
        blank=True, help_text="Required if the claim can't be checked. Readers see it."
    )
    claimant = models.ForeignKey(
        Claimant, on_delete=models.PROTECT, null=True, blank=True, related_name="claims",
        help_text=(
            "Who made the claim. Leave empty if nobody knows. Never invent an author. "
            "If only an article says that somebody said it, name them at the appearance."
        ),
    )  # fmt: skip
    claimed_on = PartialDateField(
        "date of the claim", help_text="When it was said or published: 2025-06-21, 2025-06 or 2025."
    )
    date_note = models.CharField(max_length=300, blank=True, help_text="What we know about the date. Readers see it.")
    about_on = PartialDateField(
        "date it is about", help_text="When what the claim is about happened, if that was on another date."
    )
    places = ArrayField(
        models.CharField(max_length=100), default=list, blank=True, help_text="Separated by commas: Denver, Colorado."
    )
    language = models.CharField(max_length=20, default="en", validators=[check_language])
    topics = models.ManyToManyField(Topic, blank=True, related_name="claims")
    selection_reason = models.TextField("why we chose it", blank=True, help_text="Readers see it.")

    parts_rule = models.TextField(
        "how the rating follows from the parts",
        blank=True,
        help_text="If the claim has parts with ratings of their own: what they mean for the whole. Readers see it.",
    )

    # What was found
    rating = models.ForeignKey(Rating, on_delete=models.PROTECT, null=True, blank=True, related_name="claims")
    headline = models.CharField(
        max_length=200, blank=True, validators=[check_reading_order],
        help_text=(
            "What you found, in one short true sentence. Readers see it as the heading of the page and in previews. "
            "Without it they see the rating and the claim."
        ),
    )  # fmt: skip
    summary = models.TextField(blank=True, help_text="The short answer, in one or two sentences.")
    explanation = models.TextField(blank=True, help_text="Why we chose this rating, in Markdown.")
    method = models.TextField("how it was checked", blank=True, help_text="In Markdown. Readers see it.")
    missing = models.TextField("what we couldn't find", blank=True, help_text="One item a line. Readers see it.")
    notice = models.CharField(
        "warning label", max_length=300, blank=True,
        help_text="A caution that readers see wherever they see the rating, such as that it is a draft.",
    )  # fmt: skip

    # The state of the work. Only claims.desk.workflow sets the fields below.
    state = models.CharField(max_length=20, choices=State, default=State.LOGGED, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="assigned_claims"
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    approved_by = models.CharField(max_length=300, blank=True, editable=False)
    approved_by_id = models.CharField("initials of who approved it", max_length=12, blank=True, editable=False)
    approved_alone = models.BooleanField(default=False, editable=False)
    due_on = models.DateField("due date", null=True, blank=True, editable=False)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    logged_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = KeyManager.from_queryset(ClaimQuerySet)("slug")

    class Meta:
        ordering = ["-logged_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "-logged_at"], name="claim_by_state"),
            models.Index(fields=["-logged_at"], name="claim_by_age"),
            models.Index(fields=["due_on"], condition=Q(due_on__isnull=False), name="claim_by_due_date"),
            models.Index(letters_of("statement"), name="claim_by_statement"),
            models.Index(fields=["-logged_at"], condition=~Q(state__in=PUBLIC_STATES), name="claim_in_work_by_age"),
            contains("statement", name="claim_statement_contains"),
            contains("slug", name="claim_slug_contains"),
            contains("summary", name="claim_summary_contains"),
            contains("explanation", name="claim_explanation_contains"),
            GinIndex(words_of("statement"), condition=~Q(state__in=PUBLIC_STATES), name="claim_in_work_by_words"),
        ]
        permissions = [
            ("change_any_claim", "Can change claims of others"),
            ("assign_claim", "Can assign claims"),
            ("submit_claim", "Can submit claims for review"),
            ("send_back_claim", "Can send claims back"),
            ("approve_claim", "Can approve claims"),
            ("publish_claim", "Can publish, correct and rerate claims"),
            ("withdraw_claim", "Can withdraw published claims"),
            ("redact_claim", "Can redact earlier versions of published claims"),
            ("decline_claim", "Can decline claims"),
            ("rename_in_record", "Can change names that readers see"),
        ]
        constraints = [
            models.CheckConstraint(
                name="claim_has_a_statement",
                condition=~Q(statement=""),
                violation_error_message="Write the claim.",
            ),
            models.CheckConstraint(
                name="claim_says_why_not_checkable",
                condition=Q(checkable=True) | ~Q(why_not_checkable=""),
                violation_error_message="Say why this claim can't be checked.",
            ),
            models.CheckConstraint(
                name="claim_approved_with_rating_and_text",
                condition=~Q(state__in=SIGNED_STATES) | (Q(rating__isnull=False) & ~Q(summary="") & ~Q(explanation="")),
                violation_error_message="An approved claim needs a rating, a summary and an explanation.",
            ),
            models.CheckConstraint(
                name="claim_approval_is_signed",
                condition=~Q(state__in=SIGNED_STATES) | ~Q(approved_by=""),
                violation_error_message="An approval must name the person who gave it.",
            ),
            models.CheckConstraint(
                name="claim_approved_by_another",
                condition=Q(approver__isnull=True) | ~Q(approver=F("author")) | Q(approved_alone=True),
                violation_error_message="Somebody other than the author must approve the claim.",
            ),
            models.CheckConstraint(
                name="claim_version_counts_from_one",
                condition=Q(version__gte=1),
                violation_error_message="The versions of a claim start at 1.",
            ),
            models.CheckConstraint(
                name="claim_has_a_known_priority",
                condition=Q(priority__in=[1, 2, 3]),
                violation_error_message="Choose the priority: high, normal or low.",
            ),
        ]

    def __str__(self) -> str:
        return self.statement

    def get_absolute_url(self) -> str:
        return reverse("claims:detail", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    natural_key.dependencies = [  # type: ignore[attr-defined]
        "accounts.user", "claims.claimant", "claims.rating", "claims.topic",
    ]  # fmt: skip

    @property
    def part_slugs(self) -> list[str]:
        """The slugs of the claims that are its parts, in order."""
        return [row.part.slug for row in self.parts.all()]

    @property
    def details(self) -> list[str]:
        """What tells this claim from another with the same words: its state and its slug."""
        return [str(self.get_state_display()), self.slug]

    @property
    def missing_items(self) -> list[str]:
        """The non-empty lines of `missing`, one for each item."""
        return [line.strip() for line in self.missing.splitlines() if line.strip()]
