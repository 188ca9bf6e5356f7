"""The pages that the newsroom writes about itself: proposals at the desk, and in the record what readers got."""

from typing import Any, Self, cast

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.choices import PageKind, ProposalState
from factcheck.core.fields.keys import KeyManager

_WORDS = ("text", "owner", "funders")
# What this process read last: the newest version of any page, and the pages that were written then.
_READ: list[tuple[int, tuple[PageKind, ...]]] = [(0, ())]


class PageVersionQuerySet(models.QuerySet[Any]):
    """Versions of the newsroom's pages."""

    def of(self, page: str) -> Self:
        """All versions of a page, newest first, each with `removed_in`, the later version that removed its text."""
        later = self.model._default_manager.filter(
            page=OuterRef("page"), number__gt=OuterRef("number"), removes_earlier=True
        )
        removed_in = Subquery(later.order_by("number").values("number")[:1])
        return self.filter(page=page).annotate(removed_in=removed_in).order_by("-number")

    def written(self, newest: int | None = None) -> tuple[PageKind, ...]:
        """The pages that readers can open, in their order: those whose newest version isn't empty.

        One query, and none if the caller knows the `newest` version of any page and this process has asked since.
        """
        if newest == 0:
            return ()
        last, written = _READ[0]
        if newest is None or newest != last:
            rows = self.order_by("page", "-number").distinct("page")
            found = {page: (pk, any(words)) for pk, page, *words in rows.values_list("pk", "page", *_WORDS)}
            written = tuple(kind for kind in PageKind if found.get(kind, (0, False))[1])
            # By what was read: a standby may lag behind what the caller knows.
            _READ[0] = max((pk for pk, _is_there in found.values()), default=0), written
        return written

    def newest(self) -> int:
        """The primary key of the newest version of any page, or 0. It changes with every page that is published."""
        return cast("int | None", self.order_by("-pk").values_list("pk", flat=True).first()) or 0


class PageText(models.Model):
    """The public text of a page, with the reason for it."""

    page = models.CharField(_("page"), max_length=20, choices=PageKind)
    text = models.TextField(
        _("text"),
        blank=True,
        max_length=50_000,
        help_text=_("In Markdown, in the site's own language. Leave everything empty to remove the page."),
    )
    owner = models.TextField(
        _("owner"), blank=True, max_length=2000, help_text=_("The legal form and who owns the newsroom.")
    )
    # Each with "funder", "year" and "share" (percent of the year's income), in the order of the page.
    funders = models.JSONField(_("funders"), default=list, blank=True)
    reason = models.TextField(_("reason for readers"), max_length=2000, help_text=_("What changes, and why."))
    removes_earlier = models.BooleanField(
        _("remove the text of earlier versions"),
        default=False,
        help_text=_("Readers still see when each version was published, by whom and why."),
    )
    proposed_by = models.CharField(max_length=300)
    proposed_by_id = models.CharField("initials of who proposed it", max_length=12)

    class Meta:
        abstract = True

    # What readers get of a version.
    PUBLIC = ("page", "text", "owner", "funders", "reason", "removes_earlier", "proposed_by", "proposed_by_id")

    @property
    def words(self) -> tuple[str, str, list[dict[str, str]]]:
        """What the page says. Empty parts only if there is no page."""
        return self.text, self.owner, self.funders

    @property
    def in_words(self) -> str:
        """The whole text as lines, to compare it with another version."""
        lines = [f"{one['funder']}; {one['year']}; {one['share']} %" for one in self.funders]
        return "\n".join(part for part in [self.owner, self.text, *lines] if part)


class PageVersion(PageText):
    """A page as readers got it from a moment on. Rows can only be added."""

    number = models.PositiveIntegerField()
    published_by = models.CharField(max_length=300)
    published_by_id = models.CharField("initials of who published it", max_length=12)
    decided_alone = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
    # Not a column: an annotation of `PageVersionQuerySet.of`.
    removed_in: int | None

    objects = KeyManager.from_queryset(PageVersionQuerySet)("page", "number")

    class Meta:
        ordering = ["page", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["page", "number"], name="page_version_number_once"),
            models.CheckConstraint(
                name="page_version_gives_its_reason",
                condition=~Q(reason=""),
                violation_error_message="Tell readers why you change this.",
            ),
            models.CheckConstraint(
                name="page_version_published_by_another",
                condition=~Q(published_by_id=F("proposed_by_id")) | Q(decided_alone=True),
                violation_error_message="Somebody other than the person who proposed the page must publish it.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_page_display()}, version {self.number}"

    def natural_key(self) -> tuple[Any, ...]:
        return (self.page, self.number)


class PageProposal(PageText):
    """A new text of a page. One person proposes it, another publishes it. Its words never change in between."""

    base = models.PositiveIntegerField("the version that it changes", default=0)
    state = models.CharField(_("state"), max_length=20, choices=ProposalState, default=ProposalState.PROPOSED)
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now)
    decider = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_by = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True)
    why_declined = models.TextField(blank=True, help_text="For the desk.")

    class Meta:
        verbose_name = _("newsroom page")
        verbose_name_plural = _("newsroom pages")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["page"],
                name="page_proposal_one_at_a_time",
                condition=Q(state=ProposalState.PROPOSED),
                violation_error_message="Another change of this page is waiting. Publish or decline that one first.",
            ),
            models.CheckConstraint(
                name="page_proposal_gives_its_reason",
                condition=~Q(reason=""),
                violation_error_message="Tell readers why you change this.",
            ),
            models.CheckConstraint(
                name="page_proposal_decision_is_signed",
                condition=Q(state=ProposalState.PROPOSED, decider=None, decided_at=None)
                | (~Q(state=ProposalState.PROPOSED) & ~Q(decider=None) & ~Q(decided_at=None)),
                violation_error_message="A decision must name the person who made it.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_page_display()
