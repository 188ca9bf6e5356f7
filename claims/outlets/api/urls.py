"""The API and the page that explains it, one address for all languages."""

from django.urls import URLPattern, path, re_path

from claims.choices import EntryKind
from claims.outlets.api import shapes, views
from claims.outlets.api.documentation import documentation
from claims.outlets.api.schema import Schema
from claims.outlets.api.shapes import Shape


def _names(kind: EntryKind, shape: type[Shape], explained: str) -> list[URLPattern]:
    return [
        path(
            f"v1/{kind}s/",
            views.Names.as_view(kind=kind, name=f"{kind}s", shape=shapes.listed(shape), explained=explained),
            name=f"{kind}s",
        ),
        path(
            f"v1/{kind}s/<slug:slug>/",
            views.OneName.as_view(kind=kind, name=str(kind), shape=shape, explained=f"One {kind}."),
            name=str(kind),
        ),
    ]


app_name = "api"
urlpatterns = [
    path("", documentation, name="documentation"),
    path("v1/schema.json", Schema.as_view(), name="schema"),
    path("v1/", views.Root.as_view(), name="root"),
    path("v1/claims/", views.Claims.as_view(), name="claims"),
    path("v1/claims/<slug:slug>/", views.OneClaim.as_view(), name="claim"),
    path("v1/claims/<slug:slug>/revisions/", views.Versions.as_view(), name="revisions"),
    path("v1/claims/<slug:slug>/revisions/<int:number>/", views.OneVersion.as_view(), name="revision"),
    *_names(EntryKind.ARTICLE, shapes.ListedArticle, "The articles whose claims were checked."),
    *_names(EntryKind.CLAIMANT, shapes.ListedClaimant, "Who made the claims."),
    *_names(EntryKind.TOPIC, shapes.ListedTopic, "What the claims are about."),
    *_names(EntryKind.SOURCE, shapes.ListedSource, "The sources that claims appear in or rest on."),
    *_names(EntryKind.OUTLET, shapes.ListedOutlet, "The publishers of the articles."),
    path("v1/ratings/", views.Ratings.as_view(), name="ratings"),
    path("v1/ratings/<slug:slug>/", views.OneRating.as_view(), name="rating"),
    path("v1/corrections/", views.Corrections.as_view(), name="corrections"),
    path("v1/statistics/", views.Statistics.as_view(), name="statistics"),
    # With a slash in the end: without one, Django leads to where there is one.
    re_path(r"\A[\s\S]*/\Z", views.Nowhere.as_view()),
]
