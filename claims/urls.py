"""Pages for readers, one address in each language. Addresses for programs: `claims.outlets.urls`."""

from django.urls import path

from claims.outlets import embeds
from claims.outlets.pages import check, claims, components, corrections, data, lists, names, site, statistics

app_name = "claims"
urlpatterns = [
    path("", site.home, name="home"),
    path("search/", lists.search, name="search"),
    path("check/", check.check, name="check"),
    # /claims/
    path("claims/", lists.claim_list, name="list"),
    path("claims/<slug:slug>/", claims.claim_detail, name="detail"),
    path("claims/<slug:slug>/revisions/<int:number>/", claims.revision_detail, name="revision"),
    path("embed/claims/<slug:slug>/", embeds.embed, name="embed"),
    # Names that published claims show
    path("articles/", names.article_list, name="article-list"),
    path("articles/<slug:slug>/", names.article_detail, name="article"),
    path("claimants/", names.claimant_list, name="claimant-list"),
    path("claimants/<slug:slug>/", names.claimant_detail, name="claimant"),
    path("topics/", names.topic_list, name="topic-list"),
    path("topics/<slug:slug>/", names.topic_detail, name="topic"),
    path("sources/<slug:slug>/", names.source_detail, name="source"),
    path("corrections/", corrections.correction_list, name="correction-list"),
    path("corrections/names/", corrections.name_change_list, name="name-change-list"),
    path("statistics/", statistics.figures, name="statistics"),
    # /data/
    path("data/", data.overview, name="data"),
    path("data/dictionary/", data.columns, name="dictionary"),
    # /about/
    path("about/", site.about, {"page": "site"}, name="about"),
    path("about/components/", components.components, name="components"),
    path("about/methodology/", site.about, {"page": "methodology"}, name="methodology"),
    path("about/ratings/", site.ratings, name="ratings"),
    path("about/corrections/", site.about, {"page": "corrections"}, name="corrections-policy"),
    path("about/funding/", site.about, {"page": "funding"}, name="funding"),
]
