"""Pages for readers, one address in each language. Addresses for programs: `claims.outlets.urls`."""

from django.urls import path

from claims.choices import PageKind
from claims.outlets import embeds
from claims.outlets.pages import check, claims, components, corrections, data, lists, names, newsroom, site, statistics

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
    path("about/", newsroom.page, {"kind": PageKind.ABOUT}, name="about"),
    path("about/how-it-works/", site.how_it_works, name="how-it-works"),
    path("about/components/", components.components, name="components"),
    path("about/methodology/", newsroom.page, {"kind": PageKind.METHODOLOGY}, name="methodology"),
    path("about/ratings/", site.ratings, name="ratings"),
    path("about/corrections/", newsroom.page, {"kind": PageKind.CORRECTIONS}, name="corrections-policy"),
    path("about/funding/", newsroom.page, {"kind": PageKind.FUNDING}, name="funding"),
    path("about/staff/", newsroom.page, {"kind": PageKind.STAFF}, name="staff"),
    path("about/contact/", newsroom.page, {"kind": PageKind.CONTACT}, name="contact"),
    path("about/<slug:slug>/versions/<int:number>/", newsroom.version, name="page-version"),
]
