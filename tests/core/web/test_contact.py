"""Readers can write to the newsroom: a link fills in the subject and nothing else."""

from email.headerregistry import Address
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import pytest

from factcheck.core.web.contact import contact_address, is_contact

HOSTILE = [
    "Claim “Ünïcode & more?” v2",
    "a\r\nBcc: everybody@desk.example\n\nbody",
    "&bcc=everybody@desk.example&body=x#y",
    "100 % + 1; a=b",
    "%0d%0aBcc:x@y.example",
]


@pytest.mark.parametrize("subject", HOSTILE)
@pytest.mark.parametrize("mailbox", ["facts@desk.example", "o'neil+a%b&c?d=e@desk.example"])
def test_a_mailbox_gets_one_subject_and_nothing_else(mailbox: str, subject: str) -> None:
    parts = urlsplit(contact_address(mailbox, subject))
    assert (parts.scheme, unquote(parts.path), parts.fragment) == ("mailto", mailbox, "")
    # RFC 6068 writes a space as %20: a plus sign is a plus sign.
    assert "+" not in parts.query
    assert [name for name, _value in parse_qsl(parts.query)] == ["subject"]
    found = parse_qs(parts.query)["subject"][0]
    assert "\r" not in found
    assert "\n" not in found
    assert found == " ".join(subject.split())


@pytest.mark.parametrize("subject", HOSTILE)
@pytest.mark.parametrize(
    ("page", "others"),
    [("https://desk.example/contact", []), ("https://desk.example/contact?form=3#top", [("form", "3")])],
)
def test_a_contact_page_keeps_its_own_parameters(page: str, others: list[tuple[str, str]], subject: str) -> None:
    address = contact_address(page, subject)
    assert parse_qsl(urlsplit(address).query) == [*others, ("subject", " ".join(subject.split()))]
    assert (urlsplit(address).netloc, urlsplit(address).fragment) == ("desk.example", urlsplit(page).fragment)


def test_a_long_subject_is_shortened_and_without_a_contact_there_is_no_link() -> None:
    assert len(parse_qs(urlsplit(contact_address("facts@desk.example", "word " * 200)).query)["subject"][0]) <= 150
    assert contact_address("", "Claim") == ""


@pytest.mark.parametrize("text", ["facts@desk.example", "https://desk.example/contact?form=3"])
def test_a_mailbox_or_a_secure_page_is_a_contact(text: str) -> None:
    assert is_contact(text)
    assert "@" not in text or Address(addr_spec=text).domain


@pytest.mark.parametrize(
    "text",
    [
        "http://desk.example",
        "https://",
        "https://[",
        "javascript:alert(1)",
        "facts",
        "a@b@desk.example",
        "a@desk.example\nBcc: b",
        'https://desk.example/" onclick=x',
    ],
)
def test_anything_else_is_no_contact(text: str) -> None:
    assert not is_contact(text)
