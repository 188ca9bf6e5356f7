"""The API and its documentation page, with one address for all languages."""

from django.urls import URLPattern, path, re_path

from claims.choices import EntryKind
from claims.outlets.api import shapes, views
from claims.outlets.api.documentation import documentation
from claims.outlets.api.schema import Schema
from claims.outlets.api.shapes import Shape


def _names(kind: EntryKind, shape: type[Shape], description: str) -> list[URLPattern]:
    return [
        path(
            f"v1/{kind}s/",
            views.Names.as_view(kind=kind, name=f"{kind}s", shape=shapes.page_shape(shape), description=description),
            name=f"{kind}s",
        ),
        path(
            f"v1/{kind}s/<slug:slug>/",
            views.OneName.as_view(kind=kind, name=str(kind), shape=shape, description=f"One {kind}."),
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
    *_names(
        EntryKind.CLAIMANT, shapes.ListedClaimant, "The claimants: the people and organisations that made the claims."
    ),
    *_names(EntryKind.TOPIC, shapes.ListedTopic, "The topics of the claims."),
    *_names(
        EntryKind.SOURCE,
        shapes.ListedSource,
        "The sources in which claims appear, or that are linked to them as evidence.",
    ),
    *_names(EntryKind.OUTLET, shapes.ListedOutlet, "The publishers of the articles."),
    path("v1/ratings/", views.Ratings.as_view(), name="ratings"),
    path("v1/ratings/<slug:slug>/", views.OneRating.as_view(), name="rating"),
    path("v1/corrections/", views.Corrections.as_view(), name="corrections"),
    path("v1/statistics/", views.Statistics.as_view(), name="statistics"),
    path("v1/match/", views.MatchText.as_view(), name="match"),
    # Only with a slash at the end: without one, Django redirects to the address that has it.
    re_path(r"\A[\s\S]*/\Z", views.NotFound.as_view()),
]
