"""Text comes out of what editors paste and upload; hostile files are refused with a sentence, within limits."""

import io
import ipaddress
import zipfile
import zlib
from collections.abc import Callable, Iterator

import docx
import pypdf
import pytest
from django.conf import LazySettings

from sources import extraction, parse
from sources.extraction import Unreadable, canonical_text, from_address, from_file, from_pasted
from tests.receiver import Receiver, listening

PAGE = """<!doctype html><html lang="en"><head><title>Bridges | Ostwick Post</title>
<link rel="canonical" href="https://post.example/bridges"><meta property="og:title" content="Another title">
<meta name="author" content="Somebody else"><script type="application/ld+json">
{"@graph": [{"@type": "NewsArticle", "headline": "The bridges of Ostwick", "datePublished": "2025-06-21T10:00:00Z",
"author": [{"name": "Ana Ruiz"}, {"name": "Bo Lind"}], "inLanguage": "en-GB"}]}</script></head>
<body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav><article><h1>The bridges of Ostwick</h1>
<p>The council of Ostwick built twelve bridges in 2019, more than in the ten years before.</p>
<p>It spent ten percent of its budget on them,&nbsp;the mayor told the Post, and will build more.</p>
<p>The opposition says that nobody needs the bridges, and that the river is dry all year.</p></article>
<script>alert("never text")</script><footer>All rights reserved. Cookies.</footer></body></html>"""


def pdf(*texts: str, password: str = "", pages: int = 1) -> bytes:
    """A PDF with a page for each text, or with empty pages."""
    writer = pypdf.PdfWriter()
    for text in texts or [""] * pages:
        page = writer.add_blank_page(200, 200)
        lines = " T* ".join(f"({line}) Tj" for line in text.split("\n"))
        stream = pypdf.generic.StreamObject()
        stream.set_data(f"BT /F1 9 Tf 11 TL 10 180 Td {lines} ET".encode())
        font = pypdf.generic.DictionaryObject(
            {
                pypdf.generic.NameObject(f"/{name}"): pypdf.generic.NameObject(f"/{value}")
                for name, value in (("Type", "Font"), ("Subtype", "Type1"), ("BaseFont", "Helvetica"))
            }
        )
        fonts = pypdf.generic.DictionaryObject({pypdf.generic.NameObject("/F1"): font})
        page[pypdf.generic.NameObject("/Resources")] = pypdf.generic.DictionaryObject(
            {pypdf.generic.NameObject("/Font"): fonts}
        )
        page[pypdf.generic.NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": "A report", "/Author": "Ana Ruiz"})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def word(change: Callable[[zipfile.ZipFile], None] = lambda _: None) -> bytes:
    """A DOCX with two paragraphs and a table, changed further."""
    document = docx.Document()
    document.add_paragraph("The first paragraph.")
    row = document.add_table(1, 2).rows[0]
    row.cells[0].text, row.cells[1].text = "Bridges", "12"
    document.add_paragraph("The last paragraph.")
    document.core_properties.title = "A letter"
    file = io.BytesIO()
    document.save(file)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        change(archive)
    return file.getvalue()


def found(extracted: extraction.Extracted) -> dict[str, tuple[object, str]]:
    return {one["field"]: (one["value"], one["from"]) for one in extracted.found}


def test_a_page_gives_the_article_and_says_where_its_facts_were_found() -> None:
    extracted = from_pasted(PAGE)
    assert extracted.text.startswith("The bridges of Ostwick\nThe council of Ostwick built twelve")
    assert extracted.text.endswith("the river is dry all year.")
    assert "budget on them, the mayor" in extracted.text
    assert found(extracted) == {
        "address": ("https://post.example/bridges", "link[@rel='canonical']/@href"),
        "title": ("The bridges of Ostwick", "JSON-LD headline"),
        "authors": (["Ana Ruiz", "Bo Lind"], "JSON-LD author"),
        "published": ("2025-06-21", "JSON-LD datePublished"),
        "language": ("en-GB", "JSON-LD inLanguage"),
    }


def test_pasted_text_has_a_paragraph_between_blank_lines() -> None:
    assert from_pasted("One,\nwrapped.\n \nTwo\u00ad.\r\n\r\n\r\nThree  <b>.").text == "One, wrapped.\nTwo.\nThree <b>."
    assert from_pasted("One.\nTwo.").text == "One.\nTwo."


def test_every_format_gives_its_text() -> None:
    article = pdf(
        "The council built twelve new and dear brid-\nges in the year of the flood.\nSo it is.\nAnother paragraph",
        "Page two.",
    )
    assert from_file(article, "a.bin").text.split("\n") == [
        "The council built twelve new and dear bridges in the year of the flood.",
        "So it is.",
        "Another paragraph",
        "Page two.",
    ]
    assert from_file(word(), "letter.docx").text == "The first paragraph.\nBridges | 12\nThe last paragraph."
    assert from_file("Ñandú — größer".encode("utf-16"), "a.txt").text == "Ñandú — größer"
    assert from_file("Der Bürgermeister hört über die Brücke.".encode("cp1252"), "a.txt").text.startswith("Der Bürger")
    assert from_file(PAGE.encode(), "a.HTML").media_type == "text/html"


def test_a_printed_page_says_what_its_file_says() -> None:
    assert found(from_file(pdf("Words."), ""))["title"] == ("A report", "PDF Title")
    assert found(from_file(word(), ""))["title"] == ("A letter", "DOCX title")


def test_what_a_source_cannot_have_is_not_offered() -> None:
    page = (
        PAGE.replace("2025-06-21T", "tomorrow").replace("en-GB", "klingon!").replace("The bridges of O", "\u202egp O")
    )
    page = page.replace("https://post.example/bridges", "javascript:alert(1)")
    assert found(from_pasted(page)).keys() == {"authors"}


def _bomb(archive: zipfile.ZipFile) -> None:
    archive.writestr("word/media/nothing", b"\0" * 50_000_000)


def _entities(archive: zipfile.ZipFile) -> None:
    archive.writestr("word/extra.xml", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>')


def _inflated() -> bytes:
    """A PDF whose page unpacks to 100 MB."""
    content = zlib.compress(b"(a) Tj " * 15_000_000, 9)
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R>>"
        % (len(content), content)
    )


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip bomb": (lambda: word(_bomb), "unpacks to far more"),
    "entities": (lambda: word(_entities), "couldn't read"),
    "another zip": (lambda: word()[:100], "couldn't read"),
    "broken PDF": (lambda: b"%PDF-1.7 nothing", "couldn't read"),
    "PDF with a password": (lambda: pdf("Words.", password="secret"), "needs a password"),
    "scanned PDF": (pdf, "pictures of pages"),
    "endless PDF": (lambda: pdf(pages=parse.PAGES + 1), "more than 500 pages"),
    "inflated PDF": (_inflated, "PDF has pictures|couldn't read|takes too long"),
    "program": (lambda: b"\x7fELF\0\0\0", "We read text, HTML, PDF and DOCX"),
    "empty file": (lambda: b"", "no text in it"),
    "long text": (lambda: b"word " * 120_000, "more than 500,000 characters"),
    "deep page": (lambda: b"<div>" * 300_000 + b"</div>", "no text|couldn't read|too long"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_what_to_do(name: str) -> None:
    make, sentence = HOSTILE[name]
    with pytest.raises(Unreadable, match=sentence) as refused:
        from_file(make(), "")
    assert any(hint in str(refused.value) for hint in ("aste", "Save", "type the text"))


def test_the_parser_gets_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own file reads nothing of ours, and its environment is empty but for the language."""
    monkeypatch.setattr(parse, "__file__", "/dev/fd/0")
    script = "import os, json; print(json.dumps({'paragraphs': sorted(os.environ), 'found': []}))"
    assert "SECRET" not in extraction.from_bytes(script.encode(), parse.TEXT).text
    assert "DJANGO" not in extraction.from_bytes(script.encode(), parse.TEXT).text


def test_the_canonical_text_has_one_form() -> None:
    assert canonical_text(["  Cafe\u0301 \t s\u00ad ", "", "\u200b", "a\nb", "\ud800"]) == "Café s\na b\n?"


# Pages that are fetched


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    settings.OUTGOING_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    with listening() as found:
        yield found


def test_an_article_is_fetched(receiver: Receiver) -> None:
    receiver.statuses, receiver.body, receiver.headers = [200], PAGE.encode(), {"Content-Type": "text/html"}
    extracted = from_address(receiver.address)
    assert "ten percent" in extracted.text
    assert found(extracted)["address"][0] == "https://post.example/bridges"


def test_a_page_without_an_address_of_its_own_has_the_one_it_came_from(receiver: Receiver) -> None:
    receiver.statuses, receiver.body = [200], b"Only words."
    receiver.headers = {"Content-Type": "text/plain"}
    assert found(from_address(receiver.address))["address"] == (receiver.address, "fetched")


@pytest.mark.parametrize(("status", "sentence"), [(403, "status 403"), (500, "status 500"), (200, "no text in it")])
def test_a_page_that_gives_no_article_offers_pasting(receiver: Receiver, status: int, sentence: str) -> None:
    receiver.statuses = [status]
    with pytest.raises(Unreadable, match=rf"{sentence}.*copy its text and paste it here"):
        from_address(receiver.address)


def test_a_machine_of_our_own_network_is_never_asked(settings: LazySettings) -> None:
    settings.OUTGOING_ALLOW = []
    with listening() as neighbour, pytest.raises(Unreadable, match="We don't send requests to this address"):
        from_address(neighbour.address)
    assert neighbour.received == []


def test_fetching_can_be_switched_off(receiver: Receiver, settings: LazySettings) -> None:
    settings.FETCH_ARTICLES = False
    with pytest.raises(Unreadable, match="paste it here"):
        from_address(receiver.address)
    assert receiver.received == []
