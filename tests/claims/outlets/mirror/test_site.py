"""The static copy of the public site: complete, linked, checked, and no more than what readers see."""

import datetime
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO, StringIO
from pathlib import Path
from shutil import copytree
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest
from arro3.io import read_parquet
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, is_valid_path, path, resolve

from claims.choices import NameKind, PageKind
from claims.models import Claim, PublishedClaim, Topic
from claims.outlets import archive
from claims.outlets.mirror import links, site
from claims.search.filters import ClaimFilterSet, CorrectionFilterSet
from factcheck.core.database import repeatable_read
from factcheck.core.folder import SUMS, Folder
from factcheck.core.web.visitor import visits
from factcheck.urls import urlpatterns as real_urlpatterns
from tests.claims.desk.merging.test_acts import merged
from tests.claims.outlets.mirror.links import check
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    PictureFactory,
    SourceFactory,
    TopicFactory,
    corrected,
    newsroom_page,
    published,
    redacted,
    withdrawn,
)
from tests.once import once

SITE = "https://facts.example"


def broken(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError


# For one test: the site with a page that fails.
urlpatterns = [path("broken.txt", broken, name="broken"), *real_urlpatterns]


@pytest.fixture(autouse=True)
def _site(settings: LazySettings, tmp_path: Path, kept: Path) -> None:
    """A site on https, whose static files are served as they are."""
    settings.ARCHIVES_FOLDER = tmp_path / "archives"
    # Pictures have the names of their bytes, so all tests share them.
    settings.MEDIA_ROOT = kept / "files"
    settings.SITE_URL, settings.ALLOWED_HOSTS = SITE, ["facts.example"]
    settings.SECURE_SSL_REDIRECT = True
    settings.WHITENOISE_USE_FINDERS = True


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "mirror"


def some_claims() -> dict[str, Claim]:
    """A claim as it was published, one corrected, one redacted, one withdrawn, one draft, and one with a picture that
    shares nothing with them."""
    article, topic, claimant = SourceFactory(slug="the-article"), TopicFactory(slug="money"), ClaimantFactory()
    shared: dict[str, Any] = {
        "appearances": [article],
        "evidence": [article],
        "topics": [topic],
        "claimant": claimant,
    }
    ClaimFactory(slug="draft", statement="draft-word", **shared)
    apart = ClaimFactory(slug="elsewhere", claimant=None, topics=[TopicFactory(slug="bridges")])
    claims = {
        "plain": published(slug="plain", **shared),
        "mended": corrected(published(slug="mended", **shared), summary="A better sum."),
        "gone": withdrawn(published(slug="gone", statement="gone-word.", summary="gone-word.", **shared)),
        "hidden": redacted(corrected(published(slug="hidden", summary="hidden-word.", **shared), summary="Better.")),
        "elsewhere": published(PictureFactory(claim=apart).claim),
    }
    for kind in PageKind:
        newsroom_page(kind)
    return claims


claims = once(some_claims)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was made for the first test that asked for it."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def newsroom(claims: dict[str, Claim], kept: Path, settings: LazySettings) -> dict[str, Claim]:
    """The claims and an archive of all."""
    once_in_a_folder(
        lambda: archive.build(datetime.date(2026, 1, 2)), Path(settings.ARCHIVES_FOLDER), kept / "archives"
    )
    return claims


@pytest.fixture
def copy(newsroom: dict[str, Claim], root: Path, kept: Path) -> Path:
    """The folder with the copy of the newsroom."""
    once_in_a_folder(lambda: exported(root), root, kept / "copy")
    return root


def some_strange_claims() -> None:
    """One more claim than a list shows on its first page. Some have strange addresses."""
    article = SourceFactory(slug="the-article")
    shared: dict[str, Any] = {
        "appearances": [article],
        "evidence": [article],
        "claimant": ClaimantFactory(slug="mayor"),
    }
    for slug in ["page", *(f"claim-{n}" for n in range(1, 19))]:
        published(slug=slug, **shared)
    published(slug="Bridge", statement="The first.", **shared)
    published(slug="bridge", statement="The second.", **shared)


strange_claims = once(some_strange_claims)


@pytest.fixture
def told(strange_claims: None, root: Path, kept: Path, settings: LazySettings) -> str:
    """What is told about the copy of the strange claims, made of the static files of production."""
    settings.STATIC_ROOT, settings.WHITENOISE_USE_FINDERS = kept / "static", False
    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}

    def make() -> str:
        call_command("collectstatic", "--no-input", verbosity=0)
        return exported(root)

    return once_in_a_folder(make, root, kept / "strange")


def once_in_a_folder(make: Callable[[], object], folder: Path, kept: Path) -> str:
    """What `make` writes into a folder, and tells: from the second time on it is copied."""
    told = kept.with_suffix(".txt")
    if kept.exists():
        copytree(kept, folder)
    else:
        told.write_text(str(make()))
        copytree(folder, kept)
    return told.read_text()


def exported(root: Path, *arguments: str) -> str:
    """What `export_site` says, on both streams; the last line is the summary."""
    said = StringIO()
    call_command("export_site", root, *arguments, stdout=said, stderr=said)
    return said.getvalue()


def held(root: Path) -> dict[str, bytes]:
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def unpacked(name: str, content: bytes) -> bytes:
    """What stands in a file, also when it is packed."""
    if name.endswith((".xlsx", ".zip")):
        with ZipFile(BytesIO(content)) as package:
            return b"".join(unpacked(inner, package.read(inner)) for inner in package.namelist())
    if name.endswith(".parquet"):
        table = read_parquet(BytesIO(content)).read_all()
        return str([table[column].to_pylist() for column in table.column_names]).encode()
    return content


def holding(root: Path, words: str) -> list[str]:
    """The files in which these words stand."""
    return [file for file, content in held(root).items() if words.encode() in unpacked(file, content)]


def mains(pages: Iterable[bytes]) -> list[str]:
    """What stands between the frame of each page."""
    return [page.decode().partition("<main")[2].partition("</main>")[0] for page in pages]


def assert_whole(root: Path) -> None:
    """Every link in the copy leads somewhere, and the sums are those of all files."""
    checked, dead = check(root, SITE, links.LIVE_ONLY)
    assert dead == []
    assert checked > 1000
    subprocess.run(["sha256sum", "-c", "--strict", "--quiet", SUMS], cwd=root, check=True)
    listed = {line.split("  ", 1)[1] for line in (root / SUMS).read_text().splitlines()}
    assert listed == held(root).keys() - {SUMS}


def routes(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern.url_patterns, route)


def test_it_holds_something_of_every_door_and_every_link_in_it_leads_somewhere(copy: Path) -> None:
    assert_whole(copy)
    asked = [f"/{file.removesuffix('index.html')}" for file in held(copy)]
    kept = {resolve(address).route for address in asked if is_valid_path(address)}
    doors = {route for route in routes(get_resolver().url_patterns) if not f"/{route}".startswith(links.LIVE_ONLY)}
    assert kept == doors
    assert {"es/index.html", "es/claims/plain/index.html", "claims/plain/revisions/1/card.png"} <= held(copy).keys()


def test_a_page_says_what_the_live_one_says(copy: Path, newsroom: dict[str, Claim], client: Client) -> None:
    addresses = [f"/claims/{newsroom['mended'].slug}/", "/es/claims/plain/revisions/1/", "/about/ratings/", "/topics/"]
    live = [client.get(address, secure=True, headers={"host": "facts.example"}).content for address in addresses]
    copies = [(copy / address[1:] / "index.html").read_bytes() for address in addresses]
    assert mains(copies) == mains(live)
    assert b"This is a copy of https://facts.example." in copies[0]
    assert b"This is a copy" not in live[0]


@pytest.mark.usefixtures("newsroom")
def test_files_are_the_live_ones_byte_for_byte(copy: Path, client: Client) -> None:
    for file in ["claims.csv", "claims.json", "claims.rss", "claims/plain.jsonld", "claims/mended/card.png"]:
        live = client.get(f"/{file}", secure=True, headers={"host": "facts.example"})
        assert (copy / file).read_bytes() == live.getvalue(), file


@pytest.mark.usefixtures("newsroom")
def test_any_web_server_can_serve_it(copy: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(copy)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        browser = HTTPConnection("127.0.0.1", server.server_port)
        for address in ["/", "/claims/plain/", "/es/claims/mended/revisions/2/", "/claims.csv", "/claims/gone/"]:
            browser.request("GET", address)
            answer = browser.getresponse()
            file = address[1:] + ("index.html" if address.endswith("/") else "")
            assert (answer.status, answer.read()) == (200, (copy / file).read_bytes()), address
        browser.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.usefixtures("newsroom")
def test_what_needs_the_site_itself_is_not_on_its_pages(copy: Path) -> None:
    pages = "".join(content.decode() for file, content in held(copy).items() if file.endswith(".html"))
    assert not re.findall(r"<(?:form|input|button|select|script src)\b", pages)
    led = re.findall(r'(?:href|src|action)="([^"]*)"', pages)
    assert len(led) > 1000
    needing = tuple(f"{SITE}{door}" for door in links.LIVE_ONLY)
    # The links that pass a claim on lead to other programs.
    elsewhere = ("https://wa.me/?", "mailto:?")
    assert [link for link in led if "?" in link and not link.startswith((*needing, *elsewhere))] == []
    assert f'href="{SITE}/api/"' in pages


def test_a_second_run_writes_nothing_whatever_is_drafted_meanwhile(copy: Path, newsroom: dict[str, Claim]) -> None:
    assert holding(copy, "draft") == []
    for file in copy.rglob("*"):
        os.utime(file, (1, 1))
    ClaimFactory(slug="another-draft", claimant=newsroom["plain"].claimant)
    said = exported(copy)
    assert ": 0 written, " in said
    assert "0 removed." in said
    assert {file.stat().st_mtime for file in copy.rglob("*") if file.is_file()} == {1}


def test_a_withdrawal_takes_every_word_of_the_claim_along(copy: Path, newsroom: dict[str, Claim]) -> None:
    secret = newsroom["elsewhere"].statement
    packed = {"claims.xlsx", "claims.parquet", "data/archives/newest.zip"}
    assert packed | {"claims/elsewhere/index.html", "claims.csv"} <= set(holding(copy, secret))
    withdrawn(newsroom["elsewhere"], reason="The source was forged.")
    exported(copy)
    for words in (secret, "gone-word", "hidden-word"):
        assert holding(copy, words) == []
    found = held(copy)
    assert {
        file for file in found if file.endswith(("card.png", "cite.bib", ".jsonld")) and "elsewhere" in file
    } == set()
    for page in ("claims/elsewhere/", "es/claims/elsewhere/revisions/1/"):
        assert b"The source was forged." in found[f"{page}index.html"]
        assert f"/{page}" in found[site.GONE].decode().splitlines()
    assert "/claims/elsewhere/card.png" in found[site.GONE].decode().splitlines()
    assert "/claims/plain/" not in found[site.GONE].decode().splitlines()
    assert_whole(copy)


def test_a_correction_writes_only_what_shows_the_claim(copy: Path, newsroom: dict[str, Claim]) -> None:
    before = held(copy)
    corrected(newsroom["elsewhere"], summary="Another sum.")
    said = exported(copy)
    after = held(copy)
    changed = {file for file, content in after.items() if before.get(file) != content}
    assert f": {len(changed - {SUMS})} written, " in said
    assert {"claims/elsewhere/index.html", "claims/elsewhere/revisions/2/cite.bib", "corrections/index.html"} <= changed
    untouched = (
        r"(es/)?(claims/(plain|mended|gone)|(about|articles/the-article|claimants|topics/money)/)|static/|404|410"
    )
    assert [file for file in changed if re.match(untouched, file)] == []
    assert_whole(copy)


@pytest.mark.usefixtures("db")
def test_an_interrupted_run_is_completed_by_the_next(root: Path, tmp_path: Path) -> None:
    plain = published(slug="plain")
    published(slug="elsewhere")

    def run(until: int) -> None:
        done: list[int] = []

        def advance(steps: int) -> None:
            done.append(steps)
            if len(done) == until:
                raise KeyboardInterrupt

        with Folder(root) as folder, repeatable_read(), visits() as visitor, pytest.raises(KeyboardInterrupt):
            site.Mirror(folder, visitor).write(advance)

    run(until=30)
    assert 20 < len(held(root)) < 60
    assert SUMS not in held(root)
    withdrawn(plain)
    exported(root)
    exported(tmp_path / "fresh")
    assert held(root) == held(tmp_path / "fresh")


@pytest.mark.usefixtures("newsroom")
def test_a_rehearsal_tells_what_it_would_do(copy: Path) -> None:
    before = held(copy)
    withdrawn(Claim.objects.get(slug="elsewhere"))
    said = exported(copy, "--dry-run")
    assert "write claims/elsewhere/index.html\n" in said
    assert "remove claims/elsewhere/card.png\n" in said
    assert "write claims/plain/index.html\n" not in said
    assert re.search(r": \d+ to write, \d+ unchanged, \d+ to remove\.\n\Z", said)
    assert held(copy) == before


@pytest.mark.usefixtures("told")
def test_further_pages_of_a_list_are_paths(root: Path) -> None:
    second = (root / "claims/page/2/index.html").read_text()
    assert "/claims/page/" in second
    assert "/claims/claim-1/" not in second
    assert 'rel="prev" href="/claims/"' in second
    assert 'href="/es/claims/page/2/"' in second
    assert 'rel="next" href="/es/claims/page/2/"' in (root / "es/claims/index.html").read_text()
    assert 'rel="next" href="/claimants/mayor/page/2/"' in (root / "claimants/mayor/index.html").read_text()
    assert_whole(root)


def test_slugs_that_differ_by_case_alone_are_told(root: Path, told: str) -> None:
    assert "claims/Bridge/index.html and claims/bridge/index.html differ only by case" in told
    assert "The first." in (root / "claims/Bridge/index.html").read_text()
    assert "The second." in (root / "claims/bridge/index.html").read_text()


@pytest.mark.usefixtures("told")
def test_static_files_come_under_the_hashed_names_that_pages_use(root: Path) -> None:
    (sheet,) = (root / "static/factcheck").glob("site.*.css")
    assert re.fullmatch(r"site\.[0-9a-f]{12}\.css", sheet.name)
    assert f'href="/static/factcheck/{sheet.name}"' in (root / "index.html").read_text()
    assert "desk" not in "".join(held(root))


@pytest.mark.usefixtures("db")
def test_links_that_lead_nowhere_and_files_that_the_site_cannot_make_are_told(
    root: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WHITENOISE_USE_FINDERS = False
    monkeypatch.setitem(sys.modules, "arro3.io", None)
    monkeypatch.delitem(sys.modules, "claims.formats.parquet", raising=False)
    written = [f"{SITE}/claims/nothing/", f"{SITE}/claims/linking#why", f"{SITE}/admin/", f"{SITE}/claims/?q=a"]
    published(slug="linking", explanation=" ".join(f"[a link]({link})" for link in written))
    told = set(re.findall(r" links to (.*)\. It isn't in the copy\.\n", exported(root)))
    files = {f"/{name}.parquet, which the site answers with 501" for name in ("claims", "appearances", "evidence")}
    assert files | {"/claims/nothing/, which the site answers with 404"} < told
    # They were never collected.
    assert "/static/factcheck/site.css, which the site answers with 404" in told
    assert [line for line in told - files if not line.startswith(("/static/", "/claims/nothing/"))] == []
    page = (root / "claims/linking/index.html").read_text()
    assert [link for link in written if f'href="{link}"' not in page] == []
    assert {"claims.csv", "claims.parquet", "claims/nothing/index.html"} & held(root).keys() == {"claims.csv"}


@pytest.mark.usefixtures("newsroom")
def test_a_page_that_fails_stops_the_run_and_removes_nothing(copy: Path, settings: LazySettings) -> None:
    before = held(copy)
    settings.ROOT_URLCONF = __name__
    with pytest.raises(CommandError, match=r"answered 500 at /broken\.txt"):
        exported(copy)
    assert before.items() <= held(copy).items()


@pytest.mark.usefixtures("db")
def test_folders_of_others_and_places_that_cannot_be_written_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CommandError, match="holds files that this command didn't write"):
        exported(tmp_path)
    with pytest.raises(CommandError, match=r"Can't write .*thesis\.txt"):
        exported(tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "mine"


@pytest.mark.usefixtures("committed")
def test_the_copy_is_of_one_moment_whatever_is_published_meanwhile(root: Path) -> None:
    published(slug="before")

    def publish() -> None:
        published(slug="meanwhile")
        connection.close()

    def advance(steps: int) -> None:
        done.append(steps)
        if len(done) == 3:
            writer = Thread(target=publish)
            writer.start()
            writer.join()

    done: list[int] = []
    with Folder(root) as folder, repeatable_read(), visits() as visitor:
        site.Mirror(folder, visitor).write(advance)
        folder.finish()
    assert PublishedClaim.objects.count() == 2
    assert holding(root, "meanwhile") == []
    assert_whole(root)
    exported(root)
    assert "claims/meanwhile/index.html" in held(root)


def test_the_page_about_it_names_every_door_and_filter_that_needs_the_site(settings: LazySettings) -> None:
    text = (settings.BASE_DIR / "docs/how-to/keep-a-mirror.md").read_text(encoding="utf-8")
    assert [door for door in links.LIVE_ONLY if f"`{door}`" not in text] == ["/about/components/"]  # for developers
    refused = re.search(r'\$is_filtered \{ default 0; "~\(\^\|&\)\(([a-z|]+)\)=', text)
    assert refused is not None
    lists = [ClaimFilterSet({}, queryset=PublishedClaim.objects.none()), CorrectionFilterSet({})]
    assert set(refused[1].split("|")) == {name for one in lists for name in one.filters}


def test_what_was_merged_has_a_page_that_leads_to_what_it_became(copy: Path, newsroom: dict[str, Claim]) -> None:
    merged(NameKind.TOPIC, Topic.objects.get(slug="bridges"), Topic.objects.get(slug="money"))
    merged(NameKind.CLAIM, newsroom["mended"], newsroom["plain"])

    exported(copy)

    found = held(copy)
    for language in ("", "es/"):
        for old, new in (("topics/bridges", "topics/money"), ("claims/mended", "claims/plain")):
            page = found[f"{language}{old}/index.html"].decode()
            assert f'content="0; url=/{language}{new}/"' in page
            assert f"{language}{new}/index.html" in found
    assert_whole(copy)
