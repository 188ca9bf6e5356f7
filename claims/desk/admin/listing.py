"""The list of claims: its saved views, filters and columns, in a fixed number of queries."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from claims.choices import PUBLIC_STATES, ClaimKind, Priority, Stance, State
from claims.models import Appearance, Claim, Claimant, Evidence, Rating, SavedFilter, Topic
from claims.record.rows import count_origins
from claims.search.query import newest_with_each_word
from factcheck.accounts.models import User
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.lists import DeskList
from factcheck.core.desk.search import containing, keys_if_few
from factcheck.core.desk.widgets import label_of
from factcheck.core.fields import dates
from factcheck.core.fields.keys import is_key
from factcheck.core.text import shortened
from sources.models import Source, seen_by

# For each saved view: its name in the address, its label, and which claims it keeps.
VIEWS: dict[str, tuple[str | Promise, Any]] = {
    "mine": (_("Mine"), lambda claims, user: claims.of(user)),
    "sent-back": (_("Sent back to me"), lambda claims, user: claims.sent_back(user)),
    "to-submit": (_("Mine to submit"), lambda claims, user: claims.to_submit(user)),
    "mentioned": (_("I'm mentioned"), lambda claims, user: claims.mentioning(user)),
    "to-approve": (_("Waiting for my approval"), lambda claims, user: claims.to_approve(user)),
    "logged": (_("Logged by me"), lambda claims, user: claims.logged_by(user)),
    "approved": (_("Approved, not published yet"), lambda claims, _user: claims.waiting_for_publication()),
    "overdue": (_("Overdue"), lambda claims, _user: claims.overdue(timezone.localdate())),
    "review": (_("Waiting for review"), lambda claims, _user: claims.waiting_for_review()),
    "changed": (
        _("Published with draft changes"),
        lambda claims, _user: claims.changed_since_published(),
    ),
}
# The views of a person's own work, sorted by what waits for them.
_OWN_WORK = {"mine", "sent-back", "to-submit", "mentioned", "to-approve", "overdue"}
# Filters by name offer the names of the newest claims. Search finds all others.
_NEWEST, _OFFERED = 500, 25
_DAYS = (1, 7, 30, 365)
# A search finds so many claims of each kind.
_MOST_FOUND = 2_000
_LONG_TEXTS = ("explanation", "method", "missing", "summary", "selection_reason", "why_not_checkable")


class ClaimList(DeskList):
    """A page of claims with everything that its columns show."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        claims: Any = super().get_queryset(request, exclude_parameters)
        if self.view:
            claims = VIEWS[self.view][1](claims, request.user)
        if self.view in _OWN_WORK and ORDER_VAR not in self.params:
            claims = claims.by_what_waits()
        preloaded: QuerySet[Any] = (
            claims.select_related("claimant", "rating", "assignee", "published")
            .defer(*_LONG_TEXTS, "published__summary")
            .prefetch_related(
                Prefetch(
                    "appearances",
                    Appearance.objects.filter(seen_by(request.user, "source__"))
                    .select_related("source")
                    .order_by("order"),
                ),
                Prefetch("evidence", Evidence.objects.only("claim_id", "stance", "origin", "is_primary")),
            )
        )
        return preloaded

    @property
    def view(self) -> str:
        """The saved view that the address names, if any."""
        name = str(self.params.get("view", ""))
        return name if name in VIEWS else ""


class ClaimFilter(admin.SimpleListFilter):
    """A filter that accepts only the values that it offers."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        if value not in {str(offered) for offered, _label in self.lookup_choices}:
            raise IncorrectLookupParameters
        return self.narrow(queryset, value)

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): value})


class StateFilter(ClaimFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return State.choices


class KindFilter(ClaimFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return ClaimKind.choices


class RatingFilter(ClaimFilter):
    title = _("rating")
    parameter_name = "rating"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [*Rating.objects.values_list("slug", "label"), ("none", _("Not rated"))]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(rating=None) if value == "none" else queryset.filter(rating__slug=value)


class AssigneeFilter(ClaimFilter):
    title = _("assignee")
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        people = User.objects.filter(is_active=True, is_staff=True).order_by("first_name", "username")
        return [("none", _("Nobody")), *((str(person.pk), person.label) for person in people)]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(assignee=None if value == "none" else int(value))


class AuthorFilter(AssigneeFilter):
    title = _("logged by")
    parameter_name = "author"

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(author=None if value == "none" else int(value))


class LoggedFilter(ClaimFilter):
    """When a claim was logged: within so many days."""

    title = _("logged")
    parameter_name = "logged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            (str(days), ngettext("the last day", "the last %(count)d days", days) % {"count": days}) for days in _DAYS
        ]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(logged_at__gte=timezone.now() - timedelta(days=int(value)))


class OriginalFilter(ClaimFilter):
    """Whether some evidence of a claim is an original."""

    title = _("evidence")
    parameter_name = "original"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("With an original")), ("no", _("Only reports")), ("none", _("None"))]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        evidence = Evidence.objects.filter(claim=OuterRef("pk"))
        if value == "none":
            return queryset.exclude(Exists(evidence))
        original = Exists(evidence.filter(is_primary=True))
        reports = Exists(evidence.filter(is_primary=False))
        return queryset.filter(original) if value == "yes" else queryset.filter(reports).exclude(original)


class NameFilter(ClaimFilter):
    """A filter by the names in the newest claims, and the name that the address has already."""

    names: ClassVar[type[Claimant | Topic | Source]]
    column: ClassVar[str]
    # What the labels read of other tables.
    related: ClassVar[list[str]] = []

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        newest = Claim.objects.order_by("-logged_at").values("pk")[:_NEWEST]
        named = Claim.objects.filter(pk__in=newest).order_by().values(self.column)
        rows: QuerySet[Any] = self.names.objects.prefetch_related(*self.related)
        if issubclass(self.names, Source):
            rows = rows.filter(seen_by(request.user))
        offered = list(rows.filter(pk__in=named)[:_OFFERED])
        chosen = request.GET.get(str(self.parameter_name), "")
        if is_key(chosen) and int(chosen) not in {row.pk for row in offered}:
            offered += rows.filter(pk=int(chosen))
        return [(str(row.pk), label_of(row, longest=50)) for row in offered]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        found = Claim.objects.filter(**{self.column: int(value)}).order_by()
        few = keys_if_few(found)
        return queryset.filter(pk__in=found.values("pk") if few is None else few)


class TopicFilter(NameFilter):
    title = _("topic")
    parameter_name = "topic"
    names, column = Topic, "topics"


class ClaimantFilter(NameFilter):
    title = _("claimant")
    parameter_name = "claimant"
    names, column = Claimant, "claimant"
    related = ["affiliations"]


class ArticleFilter(NameFilter):
    title = _("article")
    parameter_name = "article"
    names, column = Source, "appearances__source"
    related = ["publisher"]


class ListedClaims(DeskModelAdmin):
    """The list of claims, with a link for each saved view."""

    list_display = [
        "claim",
        "state_with_note",
        "rating",
        "claimant",
        "articles",
        "assignee_name",
        "due",
        "age",
        "evidence",
    ]
    list_display_links = ["claim"]
    list_filter = [
        StateFilter,
        RatingFilter,
        TopicFilter,
        ClaimantFilter,
        ArticleFilter,
        AssigneeFilter,
        AuthorFilter,
        LoggedFilter,
        OriginalFilter,
        KindFilter,
    ]
    search_fields = [
        *("statement", "slug", "claimant__name", "appearances__source__title"),
        *("summary", "explanation", "evidence__finding", "evidence__source__title"),
    ]
    search_help_text = _("Words of the claim, its slug, the claimant, the article, the evidence or the explanation")
    sortable_by = ["age", "state_with_note"]
    ordering = ["-logged_at", "-pk"]
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 200

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The claims with each word: those in work by any part of a word, the others by the words that readers see.

        The long texts of all claims can't be read for each search. So those that readers see as they are at the desk
        are found by the index of the record, and by their slugs. Of each kind the newest are found, up to a limit.
        """
        text = search_term.replace("\0", "").strip()
        if not text:
            return queryset, False
        claims = Claim.objects.order_by("-logged_at", "-pk")
        in_work = containing(claims.exclude(state__in=PUBLIC_STATES), self.search_fields, text)
        named = containing(claims, ["slug"], text)
        found = [
            *(list(some.values_list("pk", flat=True)[:_MOST_FOUND]) for some in (in_work, named)),
            newest_with_each_word(text, _MOST_FOUND),
        ]
        request.search_is_cut = any(len(some) == _MOST_FOUND for some in found)  # type: ignore[attr-defined]
        return queryset.filter(pk__in=set().union(*found)), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ClaimList]:
        return ClaimList

    def value_for_file(self, row: Any, column: str) -> object:
        """A cell of the list as a file: with the whole claim, all articles but protected ones, and the day it began."""
        match column:
            case "claim":
                return row.statement
            case "articles":
                return [place.source.title for place in row.appearances.all() if place.source.is_public]
            case "age":
                return dates.timestamp(row.logged_at)
            case "due":
                return row.due_on and row.due_on.isoformat()
        return super().value_for_file(row, column)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with a link for each saved view."""
        current = request.GET.get("view", "")
        views = [(name, label, name == current) for name, (label, _keep) in VIEWS.items()]
        kept = SavedFilter.objects.filter(owner=request.user.pk)
        context = {
            "views": views,
            "kept": kept,
            "here": request.GET.urlencode(),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @admin.display(description=_("claim"))
    def claim(self, claim: Claim) -> str:
        return shortened(claim.statement, 110)

    @admin.display(description=_("state"), ordering="state")
    def state_with_note(self, claim: Claim) -> str:
        differs = hasattr(claim, "published") and claim.state not in PUBLIC_STATES
        note = format_html(' <span class="note">{}</span>', gettext("readers see an older text")) if differs else ""
        return format_html('<span class="state state-{}">{}</span>{}', claim.state, claim.get_state_display(), note)

    @admin.display(description=_("appears in"))
    def articles(self, claim: Claim) -> str:
        articles = list(dict.fromkeys(appearance.source for appearance in claim.appearances.all()))
        if not articles:
            return ""
        more = len(articles) - 1
        return format_html(
            '<a href="{}">{}</a>{}',
            reverse("admin:sources_source_change", args=[articles[0].pk]),
            shortened(articles[0].title, 40),
            ngettext(" and %(count)d more", " and %(count)d more", more) % {"count": more} if more else "",
        )

    @admin.display(description=_("assignee"))
    def assignee_name(self, claim: Claim) -> str:
        return claim.assignee.signature if claim.assignee else ""

    @admin.display(description=_("due"), ordering="due_on")
    def due(self, claim: Claim) -> str:
        """The due date, and the priority if it isn't the usual one."""
        day = date_format(claim.due_on) if claim.due_on else ""
        priority = "" if claim.priority == Priority.NORMAL else str(claim.get_priority_display())
        return ", ".join(filter(None, [day, priority]))

    @admin.display(description=_("age"), ordering="-logged_at")
    def age(self, claim: Claim) -> str:
        return format_html(
            '<time datetime="{}">{}</time>',
            dates.timestamp(claim.logged_at),
            timesince(claim.logged_at, depth=1).replace("\N{NO-BREAK SPACE}", " "),
        )

    @admin.display(description=_("evidence"))
    def evidence(self, claim: Claim) -> str:
        items = list(claim.evidence.all())
        stances = [item.stance for item in items]
        origins = count_origins(item.counted_as for item in items)
        lines = [
            gettext("%(count)d for") % {"count": stances.count(Stance.SUPPORTS)},
            gettext("%(count)d against") % {"count": stances.count(Stance.REFUTES)},
            ngettext("%(count)d independent source", "%(count)d independent sources", origins) % {"count": origins},
        ]
        return format_html_join(" ", '<span class="counts">{}</span>', ((line,) for line in lines))
