"""Addresses for programs: data, which is the same in every language and has one address."""

from django.urls import path, re_path

from claims.formats.files import FILES, SOURCE_LISTS
from claims.outlets import claimreview, embeds, factchecktools, feeds, files, pictures, sharing, sitemaps
from claims.outlets.pages import claims, data, site
from factcheck.core.feeds import FORMATS
from sources.references import FORMS as BIBLIOGRAPHIES

app_name = "files"
urlpatterns = [
    path("robots.txt", site.robots, name="robots"),
    path(".well-known/security.txt", site.security, name="security"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-pages.xml", sitemaps.pages, name="sitemap-pages"),
    path("sitemap-claims-<int:number>.xml", sitemaps.claims, name="sitemap-claims"),
    *(
        path(f"sitemap-{name}-<int:number>.xml", sitemaps.names, {"kind": kind}, name=f"sitemap-{name}")
        for name, kind in sitemaps.KINDS.items()
    ),
    # Lists, as files and as feeds
    *(path(name, files.download, {"name": name}, name=file.route) for name, file in (FILES | SOURCE_LISTS).items()),
    path("data/archives/newest.zip", data.newest, name="newest-archive"),
    path("data/archives/<slug:slug>.zip", data.archived, name="archive"),
    *(path(f"claims.{ending}", feeds.claims, {"ending": ending}, name=f"list-{ending}") for ending in FORMATS),
    *(
        path(f"corrections.{ending}", feeds.correction_list, {"ending": ending}, name=f"correction-list-{ending}")
        for ending in FORMATS
    ),
    # One claim
    path("claims/<slug:slug>.jsonld", claims.claim_review, name="jsonld"),
    path("ratings/<slug:slug>.png", sharing.rating, name="rating"),
    path("oembed", embeds.oembed, name="oembed"),
    # Pictures and citations of a claim, and of one version of it
    path("claims/<slug:slug>/card.png", sharing.card, name="card"),
    path("claims/<slug:slug>/revisions/<int:number>/card.png", sharing.card, name="revision-card"),
    path("claims/<slug:slug>/cite.bib", sharing.bibtex, name="bibtex"),
    path("claims/<slug:slug>/cite.json", sharing.csl, name="csl"),
    path("claims/<slug:slug>/revisions/<int:number>/cite.bib", sharing.bibtex, name="revision-bibtex"),
    path("claims/<slug:slug>/revisions/<int:number>/cite.json", sharing.csl, name="revision-csl"),
    *(
        path(
            f"claims/<slug:slug>/{place}sources.{ending}", sharing.sources, {"ending": ending}, name=f"{name}-{ending}"
        )
        for ending in BIBLIOGRAPHIES
        for name, place in (("claim-sources", ""), ("revision-sources", "revisions/<int:number>/"))
    ),
    # Pictures of explanations
    re_path(r"^pictures/(?P<sha256>[0-9a-f]{64})\.(?P<ending>jpg|png)\Z", pictures.picture, name="picture"),
    # For those who keep a copy
    path("feeds/claimreview.json", claimreview.as_json, name="claimreview-json"),
    path("feeds/claimreview.ndjson", claimreview.as_lines, name="claimreview-ndjson"),
    # The addresses of Google's Fact Check Tools API
    path("v1alpha1/claims:search", factchecktools.search, name="search"),
    path("v1alpha1/<path:rest>", factchecktools.not_offered),
    path("$discovery/rest", factchecktools.discovery, name="discovery"),
    path("discovery/v1/apis/factchecktools/v1alpha1/rest", factchecktools.discovery),
]
