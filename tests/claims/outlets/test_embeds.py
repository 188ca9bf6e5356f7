"""Embedded verdicts on other sites: always the current verdict, in a frame that can't run anything."""

import html
import re
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from django.conf import LazySettings
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from claims.formats.embed import LINK_HEIGHT
from claims.models import Rating
from factcheck.core.web.caching import SHARED
from factcheck.core.web.headers import CONTENT_SECURITY_POLICY, FRAMED_POLICY
from tests.claims.outlets.pages.pages import all_addresses, all_claim_files, assert_inert, text_of
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    PublisherFactory,
    SourceFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)
from tests.once import once
from tests.properties import examples

pytestmark = pytest.mark.django_db
SITE = "https://check.example"


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> None:
    settings.SITE_URL, settings.SITE_NAME = SITE, "The Daily Check"


def one_there_and_one_gone() -> None:
    published(slug="there")
    withdrawn(published(slug="gone"))
    ClaimFactory(slug="draft")
    approved(ClaimFactory(slug="waiting"))


there_and_gone = once(one_there_and_one_gone)


class TestCard:
    def test_it_says_what_a_reader_must_know_and_leads_to_the_rest(self, client: Client) -> None:
        outlet = SourceFactory(publisher=PublisherFactory(name="The Morning Wire"))
        claim = published(
            statement="They built half of it.",
            summary="The report says that they built all of it. It gives no sum.",
            notice="Proposed.",
            claimant=ClaimantFactory(name="Ana"),
            claimed_on="2024-05",
            appearances=[outlet],
        )
        text = text_of(client, f"/embed/claims/{claim.slug}/")
        assert "<title>Mostly false: “They built half of it” – The Daily Check</title>" in text
        assert '<span class="rating-word">Mostly false</span>' in text
        body = text.partition("<body>")[2]
        for words in ("“They built half of it.”", "that they built all of it.", "Proposed.", "Ana", "May 2024"):
            assert words in body
        assert "claimed in The Morning Wire" in body
        assert re.search(r"checked \d+ [A-Z][a-z]+ \d{4}</p>", body)
        assert "Step 2 of 5 from false to true" in body
        # Where the frame is wide enough, it also shows these.
        assert '<span class="embed-rest"> It gives no sum.</span>' in body
        assert '<p class="embed-balance">1 independent source contradicts the claim.</p>' in body
        assert "<b>The Daily Check</b>" in body
        link = f'<a href="/claims/{claim.slug}/" target="_blank" rel="noopener">See the evidence</a>'
        assert re.findall("<a .*?</a>", body) == [link]

    def test_it_is_self_contained_and_not_indexed(self, client: Client) -> None:
        claim = published()
        text = text_of(client, f"/embed/claims/{claim.slug}/")
        assert_inert(text)
        assert not re.search("<(script|form|input|button|nav|img)", text)
        assert "/admin" not in text
        assert '<meta name="robots" content="noindex">' in text
        assert f'<link rel="canonical" href="{SITE}/claims/{claim.slug}/">' in text
        assert len(text) < 8_000

    def test_in_spanish_it_leads_to_the_spanish_page(self, client: Client) -> None:
        claim = published()
        text = text_of(client, f"/es/embed/claims/{claim.slug}/")
        assert '<html lang="es"' in text
        assert f'href="/es/claims/{claim.slug}/"' in text
        assert f'<link rel="canonical" href="{SITE}/claims/{claim.slug}/">' in text  # the text is English
        assert '<span class="rating-word">Mayormente falso</span>' in text

    def test_a_corrected_verdict_and_its_mark_are_there_at_once(self, client: Client) -> None:
        claim = published(summary="It is all wrong.")
        before = client.get(f"/embed/claims/{claim.slug}/")
        assert before.headers["Cache-Control"] == SHARED
        assert "embed-change" not in before.content.decode()
        claim = corrected(claim, summary="It is half wrong.")
        text = text_of(client, f"/embed/claims/{claim.slug}/")
        assert "It is half wrong." in text
        assert re.search(r"<strong>Corrected</strong> · <time [^>]+>[^<]+</time></p>", text)
        corrected(claim, rating=Rating.objects.get(slug="half-true"))
        text = text_of(client, f"/embed/claims/{claim.slug}/")
        assert '<span class="rating-word">Half true</span>' in text
        assert re.search(r"<strong>Rating changed</strong> · <time .+</time> · Mostly false → Half true</p>", text)
        after = client.get(f"/embed/claims/{claim.slug}/", headers={"If-None-Match": before.headers["ETag"]})
        assert after.status_code == 200

    def test_a_new_name_does_not_hide_the_mark(self, client: Client) -> None:
        claimant = ClaimantFactory()
        claim = corrected(published(claimant=claimant), summary="Mended.")
        renamed(claimant, name="Another")
        text = text_of(client, f"/embed/claims/{claim.slug}/")
        assert "Another" in text
        assert "<strong>Corrected</strong>" in text

    def test_a_redaction_of_earlier_versions_changes_nothing_of_it(self, client: Client) -> None:
        claim = corrected(published(), summary="Mended.")
        address = f"/embed/claims/{claim.slug}/"
        before = text_of(client, address)
        redacted(claim, reason="It named a private person.")
        assert text_of(client, address) == before

    def test_a_withdrawn_claim_leaves_its_reason_in_the_frame(self, client: Client) -> None:
        claim = withdrawn(published(statement="They built half."), reason="The letter was forged.")
        response = client.get(f"/embed/claims/{claim.slug}/")
        text = response.content.decode()
        assert response.status_code == 410
        assert "The letter was forged." in text
        assert "They built half." not in text
        assert f'href="/claims/{claim.slug}/" target="_blank" rel="noopener"' in text
        assert response.headers["Content-Security-Policy"] == FRAMED_POLICY
        assert_inert(text)

    def test_a_404_can_be_framed_too(self, client: Client) -> None:
        response = client.get("/embed/claims/nothing/")
        assert response.status_code == 404
        assert response.headers["Content-Security-Policy"] == FRAMED_POLICY
        assert "Fact-check not found" in response.content.decode()
        assert "nothing/" not in response.content.decode()
        assert_inert(response.content.decode())

    def test_any_text_is_text(self, client: Client) -> None:
        hostile = '"><script>alert(1)</script><iframe src="https://evil.example">'
        claim = published(
            statement=hostile, summary=hostile, notice=hostile, claimant=ClaimantFactory(name=hostile, slug="x")
        )
        for address in (f"/embed/claims/{claim.slug}/", f"/claims/{claim.slug}/"):
            assert_inert(text_of(client, address))

    def test_long_texts_are_cut_with_an_ellipsis(self, client: Client) -> None:
        claim = published(statement="word " * 400, summary="word " * 400)
        text = text_of(client, f"/embed/claims/{claim.slug}/")
        assert text.count("word…") == 3  # title, claim, summary
        assert len(text) < 8_000


class TestFraming:
    def test_only_cards_can_be_framed(self, client: Client) -> None:
        corrected(published(), summary="Mended.")
        withdrawn(published())
        framed = set()
        for address in [*all_addresses(), *all_claim_files()]:
            response = client.get(address)
            if "/embed/" in address:
                assert response.headers["Content-Security-Policy"] == FRAMED_POLICY, address
                assert "X-Frame-Options" not in response.headers, address
                framed.add(response.status_code)
            else:
                assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, address
                assert response.headers["X-Frame-Options"] == "DENY", address
            response.getvalue()
        assert framed == {200, 404, 410}

    def test_a_card_that_is_not_modified_can_still_be_framed(self, client: Client) -> None:
        address = f"/embed/claims/{published().slug}/"
        first = client.get(address)
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        for name in ("Content-Security-Policy", "X-Frame-Options", "Cross-Origin-Resource-Policy"):
            assert again.headers.get(name) == first.headers.get(name)

    @pytest.mark.parametrize("address", ["/claims/there/card.png", "/ratings/mostly-false.png"])
    def test_a_picture_that_is_not_modified_can_still_be_shown(self, client: Client, address: str) -> None:
        published(slug="there")
        first = client.get(address)
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert again.headers["Cross-Origin-Resource-Policy"] == "cross-origin"

    def test_a_card_is_the_same_for_an_editor(self, client: Client) -> None:
        address = f"/embed/claims/{published().slug}/"
        stranger = client.get(address)
        client.force_login(UserFactory(role="Chief editor"))
        editor = client.get(address)
        assert (editor.content, dict(editor.headers)) == (stranger.content, dict(stranger.headers))
        assert not editor.cookies


def oembed(client: Client, url: str, **parameters: str) -> dict[str, Any]:
    response = client.get("/oembed", {"url": url, **parameters})
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def attributes(code: str) -> dict[str, str]:
    """The attributes of the iframe element. The code is this element and a paragraph with a plain link."""
    match = re.fullmatch(r"<iframe ((?:[a-z]+=\"[^\"]*\" ?)+)></iframe>\n<p><a href=\"[^\"]+\">[^<]+</a></p>", code)
    assert match, code
    return {name: html.unescape(value) for name, value in re.findall(r'([a-z]+)="([^"]*)"', match[1])}


class TestOEmbed:
    def test_it_says_how_to_embed_the_claim(self, client: Client) -> None:
        claim = published(statement="They built <b>half</b>.")
        response = client.get("/oembed", {"url": f"{SITE}/claims/{claim.slug}/"})
        found = response.json()
        code, height = found.pop("html"), found.pop("height")
        assert found == {
            "version": "1.0",
            "type": "rich",
            "provider_name": "The Daily Check",
            "provider_url": f"{SITE}/",
            "title": "Mostly false: “They built <b>half</b>”",
            "cache_age": 60,
            "width": 600,
            "thumbnail_url": f"{SITE}/claims/{claim.slug}/card.png",
            "thumbnail_width": 1200,
            "thumbnail_height": 630,
        }
        assert 200 < height < 800
        assert attributes(code) == {
            "src": f"{SITE}/embed/claims/{claim.slug}/",
            "title": "A claim, checked by The Daily Check",
            "width": "600",
            "height": str(height - LINK_HEIGHT),
            "style": "border:0;max-width:100%",
            "loading": "lazy",
            "sandbox": "allow-popups allow-popups-to-escape-sandbox",
        }
        # Beside the frame, because a stricter sandbox than ours opens no link in it.
        assert code.endswith(f'<p><a href="{SITE}/claims/{claim.slug}/">A claim, checked by The Daily Check</a></p>')
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers

    def test_xml_says_the_same(self, client: Client) -> None:
        claim = published(statement="A & <b> ]]> \ufffe half.")
        url = f"{SITE}/claims/{claim.slug}/"
        response = client.get("/oembed", {"url": url, "format": "xml"})
        assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
        root = ET.fromstring(response.content)  # noqa: S314 — ours
        assert root.tag == "oembed"
        expected = {name: str(value).replace("\ufffe", "") for name, value in oembed(client, url).items()}
        assert {element.tag: element.text for element in root} == expected

    def test_the_code_says_nothing_that_a_correction_could_make_wrong(self, client: Client) -> None:
        claim = published(statement="They built half.", claimant=ClaimantFactory(name="Ana"))
        code = oembed(client, f"{SITE}/claims/{claim.slug}/")["html"]
        for words in ("Mostly false", "They built half.", "Ana"):
            assert words not in code

    @pytest.mark.parametrize("is_redacted", [False, True])
    def test_every_address_of_the_claim_gives_the_current_verdict(self, client: Client, *, is_redacted: bool) -> None:
        claim = corrected(published(), rating=Rating.objects.get(slug="true"))
        claim = redacted(claim) if is_redacted else claim
        page = f"claims/{claim.slug}/"
        for path in (
            page,
            page.removesuffix("/"),
            f"{page.removesuffix('/')}?utm_source=letter#evidence",
            f"{page}?utm_source=letter#evidence",
            f"{page}revisions/1/",
            f"{page}revisions/2/",
            f"{page}revisions/2",
            f"embed/{page}",
            f"%63laims/{claim.slug}/",
        ):
            found = oembed(client, f"{SITE}/{path}")
            assert found["title"].startswith("True: "), path
            assert attributes(found["html"])["src"] == f"{SITE}/embed/{page}"
        for path in (f"es/{page}", f"es/{page}revisions/1/"):
            found = oembed(client, f"{SITE}/{path}")
            assert found["title"].startswith("Verdadero: "), path
            assert attributes(found["html"])["src"] == f"{SITE}/es/embed/{page}"
        assert oembed(client, f"HTTPS://CHECK.EXAMPLE/{page}")["title"].startswith("True: ")

    @pytest.mark.parametrize(
        "url",
        [
            f"{SITE}/claims/draft/",
            f"{SITE}/claims/waiting/",
            f"{SITE}/claims/gone/",
            f"{SITE}/claims/gone/revisions/1/",
            f"{SITE}/claims/there/revisions/0/",
            f"{SITE}/claims/there/revisions/2/",
            f"{SITE}/claims/there/revisions/{'9' * 5000}/",
            f"{SITE}/claims/there/card.png",
            f"{SITE}/claims/",
            f"{SITE}/",
            SITE,
            f"{SITE}//claims/there/",
            f"{SITE}/xx/claims/there/",
            f"{SITE}/admin/claims/claim/1/change/",
            "http://check.example/claims/there/",
            "ftp://check.example/claims/there/",
            "javascript:alert(1)//check.example/claims/there/",
            "https://evil.example/claims/there/",
            "https://check.example.evil.example/claims/there/",
            "https://check.example:8443/claims/there/",
            "https://check.example@evil.example/claims/there/",
            "https://somebody@check.example/claims/there/",
            "https://evil.example/?https://check.example/claims/there/",
            "//check.example/claims/there/",
            "/claims/there/",
            "claims/there/",
            "there",
            "https://[::1/claims/there/",
            "https://check.example/claims/%00there/",
            "https://check.example/claims/%ff/",
        ],
    )
    @pytest.mark.usefixtures("there_and_gone")
    def test_no_other_address_has_a_card(self, client: Client, url: str) -> None:
        for format_ in ("json", "xml"):
            response = client.get("/oembed", {"url": url, "format": format_})
            assert response.status_code == 404, url
            assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.content == b"No published claim has this address.\n"

    @pytest.mark.parametrize("format_", ["yaml", "JSON", "html", "x" * 10_000, "\0"])
    @pytest.mark.usefixtures("there_and_gone")
    def test_another_format_is_not_implemented(self, client: Client, format_: str) -> None:
        url = f"{SITE}/claims/there/"
        response = client.get("/oembed", {"url": url, "format": format_})
        assert (response.status_code, response.headers["Content-Type"]) == (501, "text/plain; charset=utf-8")

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "url=",
            "format=json",
            *(f"url=x&maxwidth={value}" for value in ["0", "-1", "1.5", "x", "1e3", "٣", "%00"]),
            f"url=x&maxheight={'9' * 5000}",
        ],
    )
    def test_invalid_parameters_are_refused_with_a_reason(self, client: Client, query: str) -> None:
        response = client.get(f"/oembed?{query}")
        assert response.status_code == 400
        assert re.match("url is missing|maxwidth and maxheight must be", response.content.decode())

    @pytest.mark.parametrize(
        ("limits", "fits"),
        [
            ({"maxwidth": "300"}, (300, 9999)),
            ({"maxheight": "200"}, (600, 200)),
            ({"maxwidth": "1", "maxheight": "1"}, (1, 1)),
            ({"maxwidth": "99999", "maxheight": "99999"}, (600, 9999)),
            ({"maxwidth": "", "maxheight": ""}, (600, 9999)),
        ],
    )
    @pytest.mark.usefixtures("there_and_gone")
    def test_the_frame_and_the_picture_keep_to_the_limits(
        self, client: Client, limits: dict[str, str], fits: tuple[int, int]
    ) -> None:
        found = oembed(client, f"{SITE}/claims/there/", **limits)
        frame = attributes(found["html"])
        assert frame["width"] == str(found["width"])
        assert int(frame["height"]) == max(1, found["height"] - LINK_HEIGHT)
        assert found["width"] == fits[0]
        assert found["height"] <= fits[1]
        asked_for_less = any(value and int(value) < 630 for value in limits.values())
        assert {name.startswith("thumbnail") for name in found} == ({False} if asked_for_less else {False, True})

    def test_a_narrower_frame_is_higher(self, client: Client) -> None:
        url = f"{SITE}/claims/{published(statement='word ' * 50).slug}/"
        assert oembed(client, url, maxwidth="200")["height"] > oembed(client, url)["height"]

    @examples(80, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        url=st.text(max_size=40) | st.text(max_size=40).map(lambda text: f"{SITE}/{text}"),
        rest=st.dictionaries(st.sampled_from(["format", "maxwidth", "maxheight", "callback"]), st.text(max_size=9)),
    )
    def test_no_request_causes_a_server_error(self, client: Client, url: str, rest: dict[str, str]) -> None:
        data = {name: value.encode(errors="replace").decode() for name, value in {"url": url, **rest}.items()}
        assert client.get("/oembed", data).status_code in {400, 404, 501}


class TestCode:
    def test_a_claim_s_page_has_the_code_and_links_to_oembed(self, client: Client) -> None:
        claim = published(claimant=ClaimantFactory(name='"><b>'))
        for language in ("", "/es"):
            url = f"{SITE}{language}/claims/{claim.slug}/"
            text = text_of(client, f"{language}/claims/{claim.slug}/")
            (box,) = re.findall(r'<textarea id="embed-code"[^>]* readonly[^>]*>(.*?)</textarea>', text, re.DOTALL)
            assert '<label for="embed-code">' in text
            assert "<" not in box
            found = oembed(client, url)
            assert html.unescape(box) == found["html"]
            for format_, kind in (("json", "application/json"), ("xml", "text/xml")):
                href = f"{SITE}/oembed?url={quote(url, safe='')}&amp;format={format_}"
                assert re.search(f'<link rel="alternate" type="{re.escape(kind)}\\+oembed" title="[^"]+" href="', text)
                assert f'href="{href}"' in text
                assert client.get(html.unescape(href).removeprefix(SITE)).status_code == 200

    def test_an_old_version_has_no_code(self, client: Client) -> None:
        claim = corrected(published(), summary="Mended.")
        assert "embed-code" not in text_of(client, f"/claims/{claim.slug}/revisions/1/")
