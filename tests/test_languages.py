"""Every page has an address in every language, and the catalogue is complete."""

import ast
import gettext
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from claims.models import Claim, Rating
from tests.claims.outlets.pages.pages import in_english, in_spanish, text_of
from tests.factories import TopicFactory, corrected, published, redacted, withdrawn
from tests.once import once

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "factcheck/locale/es/LC_MESSAGES/django.po"
HAS_GETTEXT = shutil.which("xgettext") is not None


# The catalogue


@dataclass
class Entry:
    """A sentence of the catalogue."""

    flags: str = ""
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str, str]:
        return self.texts.get("msgctxt", ""), self.texts["msgid"], self.texts.get("msgid_plural", "")

    @property
    def translations(self) -> list[str]:
        return [text for name, text in self.texts.items() if name.startswith("msgstr")]


def entries(catalogue: Path) -> Iterator[Entry]:
    """The sentences of a file as gettext writes it, without its header."""
    for block in catalogue.read_text(encoding="utf-8").split("\n\n")[1:]:
        entry, name = Entry(), ""
        for line in block.strip().splitlines():
            if line.startswith("#"):
                entry.flags += line
                continue
            keyword, _space, text = line.partition('"')
            name = keyword.strip() or name
            entry.texts[name] = entry.texts.get(name, "") + ast.literal_eval('"' + text)
        yield entry


def placeholders(text: str) -> list[str]:
    return sorted(set(re.findall(r"%\(\w+\)[a-z]|%%", text)))


def test_the_catalogue_has_no_gap_and_no_guess() -> None:
    found = list(entries(CATALOGUE))
    assert len(found) > 500
    assert [entry.name for entry in found if not all(entry.translations) or "fuzzy" in entry.flags] == []
    assert [entry.name for entry in found if "#~" in entry.flags] == []


def test_every_translation_keeps_what_is_put_in() -> None:
    for entry in entries(CATALOGUE):
        _context, one, many = entry.name
        for number, text in enumerate(entry.translations):
            original = many if many and number else one
            assert placeholders(text) == placeholders(original), entry.name
            assert (text[:1].isspace(), text[-1:].isspace()) == (original[:1].isspace(), original[-1:].isspace())


def test_the_compiled_catalogue_says_what_the_readable_one_says() -> None:
    compiled = CATALOGUE.with_suffix(".mo").read_bytes()
    found = list(entries(CATALOGUE))
    # The number of strings is the third word of the file (GNU gettext, "The Format of GNU MO Files").
    assert struct.unpack("<I", compiled[8:12])[0] == len(found) + 1, "Run `make messages`."
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    for entry in found:
        context, one, many = entry.name
        for number, text in zip((1, 1_000_000, 2), entry.translations, strict=False):
            if many:
                said = (
                    catalogue.npgettext(context, one, many, number)
                    if context
                    else catalogue.ngettext(one, many, number)
                )
            else:
                said = catalogue.pgettext(context, one) if context else catalogue.gettext(one)
            assert said == text, "Run `make messages`."


@pytest.mark.skipif(not HAS_GETTEXT and not os.environ.get("CI"), reason="GNU gettext is not on this machine")
def test_every_sentence_in_the_code_is_in_the_catalogue(tmp_path: Path) -> None:
    for folder in ("factcheck", "sources", "claims"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "manage.py", tmp_path)
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--all", "--no-location", "--no-obsolete"],
        cwd=tmp_path,
        env={**os.environ, "DEBUG": "on"},
        check=True,
        capture_output=True,
    )
    # Both Djangos collect the same sentences, each in its own order.
    collected = {entry.name for entry in entries(tmp_path / CATALOGUE.relative_to(ROOT))}
    assert collected == {entry.name for entry in entries(CATALOGUE)}, "Run `make messages`, and translate what is new."


# What a page says


class Page(HTMLParser):
    """The language of a page, where its links lead, and what it says to people in its own language."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.language = ""
        self.said: set[str] = set()
        self.canonical = ""
        self.alternates: dict[str, str] = {}
        self.switch: dict[str, str] = {}
        self._in_switch = False
        self._foreign = 0
        self._open: list[bool] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = found["lang"]
        if tag == "link" and found["rel"] == "canonical":
            self.canonical = found["href"]
        if tag == "link" and "hreflang" in found:
            self.alternates[found["hreflang"]] = found["href"]
        self._in_switch = (self._in_switch or found.get("id") == "languages") and tag != "footer"
        if tag == "a" and self._in_switch and "lang" in found:
            assert found.get("hreflang", found["lang"]) == found["lang"]
            self.switch[found["lang"]] = found["href"]
        if tag not in {"meta", "link", "input", "br", "rect", "line", "path", "circle"}:
            self._open.append(tag == "script" or found.get("lang", self.language) != self.language)
            self._foreign += self._open[-1]
        if not self._foreign:
            texts = [found.get(name, "") for name in ("aria-label", "title", "placeholder", "alt")]
            texts.append(found.get("content", "") if found.get("name") == "description" else "")
            self.said |= {" ".join(text.split()) for text in texts if text}

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"meta", "link", "input", "br", "rect", "line", "path", "circle"}:
            self._foreign -= self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._foreign and data.strip():
            self.said.add(" ".join(data.split()))


def page(client: Client, address: str) -> Page:
    return Page(client.get(address).content.decode())


def in_words() -> list[re.Pattern[str]]:
    """The English sentences that read differently in Spanish, whatever is put into them."""
    texts = [
        text
        for entry in entries(CATALOGUE)
        for text in entry.name[1:]
        # A word in lower case may also be a slug.
        if (" " in text or not text.islower())
        and text not in entry.translations
        and re.search("[a-z]{3}", re.sub(r"%\(\w+\)[a-z]", "", text))
    ]
    return [re.compile(re.sub(r"%\\\(\w+\\\)[a-z]", ".+", re.escape(" ".join(text.split())))) for text in texts]


def five_claims() -> list[Claim]:
    """A claim as it was published, one corrected, one rerated, one withdrawn and one redacted."""
    topic = TopicFactory(slug="water", name="Agua")
    return [
        published(topics=[topic], places=["Denver"], missing="El contrato", claimed_on="2024-05-02"),
        corrected(published(topics=[topic]), summary="La suma es correcta."),
        corrected(published(), rating=Rating.objects.get(slug="unverified")),
        withdrawn(published()),
        redacted(corrected(published(), summary="La suma es correcta.")),
    ]


record = once(five_claims)
_walked: list[tuple[tuple[str, Any], tuple[str, Any]]] = []


@pytest.fixture
def pages(client: Client, record: list[Claim]) -> list[tuple[tuple[str, Any], tuple[str, Any]]]:
    """The address and the answer of every page, in English and in Spanish. They are asked for once in a process."""
    if not _walked:
        for addresses in zip(in_english(), in_spanish(), strict=True):
            one, other = ((address, client.get(address)) for address in addresses)
            _walked.append((one, other))
    return _walked


@pytest.mark.django_db
@pytest.mark.usefixtures("record")
class TestPages:
    def test_each_says_its_language_and_is_cached_alike_in_both(self, pages: Any) -> None:
        for (_english, one), (spanish, other) in pages:
            assert one.status_code == other.status_code, spanish
            assert one.status_code in {200, 410}
            for answer, language in ((one, "en"), (other, "es")):
                assert answer["Content-Language"] == language, spanish
                assert Page(answer.content.decode()).language == language, spanish
                assert not answer.cookies
            assert one["Cache-Control"] == other["Cache-Control"], spanish
            vary = {response.headers.get("Vary") for response in (one, other)}
            assert vary <= {None, "Accept-Encoding"}, spanish

    def test_none_in_spanish_says_a_sentence_in_english(self, pages: Any) -> None:
        sentences = in_words()

        @cache  # most texts are on every page
        def is_english(text: str) -> bool:
            return any(sentence.fullmatch(text) for sentence in sentences)

        def english(answer: Any) -> list[str]:
            return [*filter(is_english, Page(answer.content.decode()).said)]

        # The search sees them where they are.
        assert all(len(english(one)) > 15 for (_english, one), _spanish in pages)
        assert {spanish: found for _english, (spanish, other) in pages if (found := english(other))} == {}

    def test_each_names_itself_in_both_languages_unless_its_text_is_in_one(self, pages: Any) -> None:
        for (english, answer), (spanish, translated) in pages:
            one, other = Page(answer.content.decode()), Page(translated.content.decode())
            expected = {"en": one.canonical, "es": other.canonical, "x-default": one.canonical}
            assert one.canonical == f"{settings.SITE_URL}{english.partition('?')[0]}"
            if "language" in (answer.context.get("claim") or {}):
                assert one.canonical == other.canonical
                assert one.alternates == other.alternates == {}
            else:
                assert other.canonical == f"{settings.SITE_URL}{spanish.partition('?')[0]}"
                assert one.alternates == other.alternates == expected
            assert one.switch.keys() == {"en", "es"}
            assert one.switch == other.switch

    def test_every_link_inside_a_spanish_page_stays_in_spanish(self, pages: Any) -> None:
        files = re.compile(
            r"/((claims|corrections|evidence|appearances|sources)\.[a-z.]+|claims/.+/(card\.png|(cite|sources)\.(bib|json|ris)))(\?|$)"
            r"|/data/archives/.+\.zip$|/(api|feeds|static)/"
        )
        for _english, (_spanish, answer) in pages:
            text = answer.content.decode()
            links = re.findall(r'(?:href|action|data-hx-get)="(/[^"]*)"', text.partition('id="languages"')[0])
            assert links
            assert [link for link in links if not link.startswith("/es/") and not files.match(link)] == []

    @pytest.mark.parametrize("address", ["/", "/claims/", "/es/claims/", "/statistics/", "/es/", "/x", "/claims.json"])
    def test_nothing_but_the_address_decides(self, client: Client, address: str) -> None:
        plain = client.get(address)
        content = plain.getvalue()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es" if plain.get("Content-Language") == "en" else "en"
        for wish in ("es", "en", "es-MX,es;q=0.9", "ar", "*"):
            asked = client.get(address, headers={"accept-language": wish})
            assert asked.getvalue() == content
            # The limit counts this request too, in every language.
            assert {**asked.headers, "RateLimit": ""} == {**plain.headers, "RateLimit": ""}

    def test_figures_that_were_counted_for_one_language_are_shown_in_the_other(self, client: Client) -> None:
        for _ in range(2):
            assert "Estadísticas" in text_of(client, "/es/statistics/")
            english = text_of(client, "/statistics/")
            assert "From claim to check" in english
            assert "Estadísticas" not in english

    def test_dates_and_plurals_are_spanish(self, client: Client, record: list[Claim]) -> None:
        text = text_of(client, f"/es/claims/{record[0].slug}/")
        assert "2 de mayo de 2024" in text
        assert re.search(r"Verificada el \d+ de \w+ de \d{4}", text)

    def test_the_claim_keeps_its_words_and_the_rating_has_those_of_the_page(
        self, client: Client, record: list[Claim]
    ) -> None:
        for address, label in (("", "Mostly false"), ("/es", "Mayormente falso")):
            text = text_of(client, f"{address}/claims/{record[0].slug}/")
            assert record[0].statement in text
            assert f'<span class="rating-word">{label}</span>' in text


@pytest.mark.django_db
def test_the_way_to_the_other_language_keeps_what_a_list_is_narrowed_to(client: Client) -> None:
    for _ in range(21):
        published()
    published(rating=Rating.objects.get(slug="true"))
    found = page(client, "/claims/?rating=mostly-false&rating=true&utm_source=x&page=1").switch
    assert found == {
        "en": "/claims/?rating=mostly-false&rating=true",
        "es": "/es/claims/?rating=mostly-false&rating=true",
    }
    assert page(client, "/es/claims/?kind=statistic&page=2").switch["en"].endswith("?kind=statistic&page=2")
    assert page(client, "/es/claims/?page=2").switch["en"] == "/claims/?page=2"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/es/x", "/es/claims/nothing/", "/es/claims/?page=999", "/es-mx/claims/"])
def test_nothing_is_said_in_the_language_of_the_address(client: Client, address: str) -> None:
    text = text_of(client, address, status=404)
    assert Page(text).language == "es"
    assert "No encontramos esta página" in text
    assert Page(text).alternates == {} == Page(text).switch


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/xx/", "/xx/claims/", "/en/", "/en/claims/", "/es/claims.csv", "/es/robots.txt"])
def test_what_has_no_such_language_is_not_there(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_a_language_without_its_slash_is_sent_to_the_front_page(client: Client) -> None:
    answer = client.get("/es")
    assert (answer.status_code, answer["Location"]) == (301, "/es/")


@pytest.mark.django_db
def test_what_cannot_be_read_is_said_in_spanish(client: Client) -> None:
    text = text_of(client, "/es/claims/?since=tomorrow")
    assert "Escriba la fecha como 2025-06-21" in text


@pytest.mark.django_db
def test_a_refused_host_is_answered_in_the_language_of_the_address(client: Client) -> None:
    answer = client.get("/es/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "No pudimos procesar esta solicitud" in answer.content.decode()


@pytest.mark.django_db
def test_the_desk_speaks_the_sites_own_language(client: Client) -> None:
    answer = client.get("/admin/login/", headers={"accept-language": "es"})
    assert answer["Content-Language"] == "en"
    assert 'lang="en' in answer.content.decode()
