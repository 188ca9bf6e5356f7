"""The list of claims: its saved views, its filters, and what it reads in a fixed number of queries."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.choices import ClaimKind, State
from claims.models import Appearance, Claim, Claimant, Evidence, Rating, Topic
from factcheck.accounts.models import User
from factcheck.core.fields.keys import is_key
from factcheck.core.text import shortened
from sources.models import Source

# The name of each saved view in the address, what it is called, and which claims it keeps.
VIEWS: dict[str, tuple[str | Promise, Any]] = {
    "mine": (_("Mine"), lambda claims, user: claims.assigned_to(user)),
    "review": (_("Waiting for review"), lambda claims, _user: claims.waiting_for_review()),
    "changed": (
        _("Published with draft changes"),
        lambda claims, _user: claims.changed_since_published(),
    ),
}
# Filters by name offer what the newest claims have; anything else is found by searching.
_NEWEST, _OFFERED = 500, 25
_LONG_TEXTS = ("explanation", "method", "missing", "summary", "selection_reason", "why_not_checkable")


class ClaimList(ChangeList):
    """Reads a page of claims with all that its columns show; unknown parameters are ignored."""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        known = {getattr(spec, "parameter_name", "") for spec in self.list_filter}
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name in known}

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        claims = super().get_queryset(request, exclude_parameters)
        if self.view:
            claims = VIEWS[self.view][1](claims, request.user)
        return (
            claims.select_related("claimant", "rating", "assignee", "published")
            .defer(*_LONG_TEXTS, "published__summary")
            .prefetch_related(
                Prefetch("appearances", Appearance.objects.select_related("source").order_by("order")),
                Prefetch("evidence", Evidence.objects.only("claim_id", "stance", "origin_key")),
            )
        )

    @property
    def view(self) -> str:
        """The saved view that the address names, if any."""
        name = str(self.params.get("view", ""))
        return name if name in VIEWS else ""


class ClaimFilter(admin.SimpleListFilter):
    """One of the values that it offers; any other is refused."""

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
        return [("none", _("Nobody")), *((str(person.pk), person.signature) for person in people)]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(assignee=None if value == "none" else int(value))


class NameFilter(ClaimFilter):
    """What the newest claims name, and what the address names already."""

    names: ClassVar[type[Claimant | Topic | Source]]
    column: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        newest = Claim.objects.order_by("-logged_at").values("pk")[:_NEWEST]
        named = Claim.objects.filter(pk__in=newest).order_by().values(self.column)
        offered = list(self.names.objects.filter(pk__in=named)[:_OFFERED])
        chosen = request.GET.get(str(self.parameter_name), "")
        if is_key(chosen) and int(chosen) not in {row.pk for row in offered}:
            offered += self.names.objects.filter(pk=int(chosen))
        return [(str(row.pk), shortened(self.label(row), 50)) for row in offered]

    def label(self, row: Any) -> str:
        return str(row)

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(pk__in=Claim.objects.filter(**{self.column: int(value)}).values("pk"))


class TopicFilter(NameFilter):
    title = _("topic")
    parameter_name = "topic"
    names, column = Topic, "topics"


class ClaimantFilter(NameFilter):
    title = _("claimant")
    parameter_name = "claimant"
    names, column = Claimant, "claimant"


class ArticleFilter(NameFilter):
    title = _("article")
    parameter_name = "article"
    names, column = Source, "appearances__source"

    def label(self, row: Any) -> str:
        return str(row.title)
