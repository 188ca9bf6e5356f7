from django.urls import path

from claims.views import claims, components, corrections, lists, names, sharing, site, statistics

app_name = "claims"
urlpatterns = [
    path("", site.home, name="home"),
    path("robots.txt", site.robots, name="robots"),
    # /claims/
    path("claims/", lists.claim_list, name="list"),
    path("claims.json", lists.claim_list_json, name="list-json"),
    path("claims.csv", lists.claim_list_csv, name="list-csv"),
    path("claims.rss", lists.claim_list_rss, name="list-rss"),
    path("claims/<slug:slug>/", claims.claim_detail, name="detail"),
    path("claims/<slug:slug>/revisions/<int:number>/", claims.revision_detail, name="revision"),
    # What is taken along from a claim, and from one version of it
    path("claims/<slug:slug>/card.png", sharing.card, name="card"),
    path("claims/<slug:slug>/revisions/<int:number>/card.png", sharing.card, name="revision-card"),
    path("claims/<slug:slug>/cite.bib", sharing.bibtex, name="bibtex"),
    path("claims/<slug:slug>/cite.json", sharing.csl, name="csl"),
    path("claims/<slug:slug>/revisions/<int:number>/cite.bib", sharing.bibtex, name="revision-bibtex"),
    path("claims/<slug:slug>/revisions/<int:number>/cite.json", sharing.csl, name="revision-csl"),
    # Names in the record
    path("articles/", names.article_list, name="article-list"),
    path("articles/<slug:slug>/", names.article_detail, name="article"),
    path("claimants/", names.claimant_list, name="claimant-list"),
    path("claimants/<slug:slug>/", names.claimant_detail, name="claimant"),
    path("topics/", names.topic_list, name="topic-list"),
    path("topics/<slug:slug>/", names.topic_detail, name="topic"),
    path("sources/<slug:slug>/", names.source_detail, name="source"),
    path("corrections/", corrections.correction_list, name="correction-list"),
    path("statistics/", statistics.figures, name="statistics"),
    # /about/
    path("about/", site.about, {"page": "site"}, name="about"),
    path("about/components/", components.components, name="components"),
    path("about/methodology/", site.about, {"page": "methodology"}, name="methodology"),
    path("about/ratings/", site.ratings, name="ratings"),
    path("about/corrections/", site.about, {"page": "corrections"}, name="corrections-policy"),
    path("about/funding/", site.about, {"page": "funding"}, name="funding"),
]
