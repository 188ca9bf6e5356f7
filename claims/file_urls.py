"""What programs read: data, which is the same in every language and has one address."""

from django.urls import path

from claims.views import claims, lists, sharing, site

app_name = "files"
urlpatterns = [
    path("robots.txt", site.robots, name="robots"),
    path("claims.json", lists.claim_list_json, name="list-json"),
    path("claims.csv", lists.claim_list_csv, name="list-csv"),
    path("claims.rss", lists.claim_list_rss, name="list-rss"),
    path("claims/<slug:slug>.jsonld", claims.claim_review, name="jsonld"),
    path("ratings/<slug:slug>.png", sharing.rating, name="rating"),
    # What is taken along from a claim, and from one version of it
    path("claims/<slug:slug>/card.png", sharing.card, name="card"),
    path("claims/<slug:slug>/revisions/<int:number>/card.png", sharing.card, name="revision-card"),
    path("claims/<slug:slug>/cite.bib", sharing.bibtex, name="bibtex"),
    path("claims/<slug:slug>/cite.json", sharing.csl, name="csl"),
    path("claims/<slug:slug>/revisions/<int:number>/cite.bib", sharing.bibtex, name="revision-bibtex"),
    path("claims/<slug:slug>/revisions/<int:number>/cite.json", sharing.csl, name="revision-csl"),
]
