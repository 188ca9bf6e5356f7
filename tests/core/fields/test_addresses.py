"""Web addresses: which are valid, which have the same canonical form, and which seem to be one page."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.provisional import urls

from factcheck.core.fields.addresses import AddressField, canonical, check_address, host, lookup_key
from tests.properties import examples

hosts = st.sampled_from(
    [
        *(
            "example.org",
            "www.example.org",
            "www.www.example.org",
            "www.com",
            "EXAMPLE.org.",
            "münchen.example",
            "straße.example",
            "☃.example",
        ),
        *("127.0.0.1", "[::1]", "localhost", "ｗｗｗ.example.org", "xn--mnchen-3ya.example", "example.orgÕ"),
    ]
)
tails = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "/%7Ea/%2F/",
        "/../a/./b/..",
        "/%zz%%341",
        "/amp//amp.amp.html/",
        "?s=caf%E9&S=%e9",
        "#/a/b",
        "#!a?b#c",
        "/a%20b?b=2&a=1&utm_source=x#top",
        "//",
        "/%zz%",
        "?a&a=&b=%26",
        "/a;b=c",
        "/é?é=é",
    ]
)
addresses = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    hosts,
    st.sampled_from(["", ":80", ":443", ":8080", ":0", ":65535", ":65536", ":"]),
    tails,
)


@examples(200)
@given(addresses | urls())
def test_the_canonical_form_is_idempotent_and_fits(address: str) -> None:
    try:
        check_address(address)
    except ValidationError:
        assume(False)
    once = canonical(address)
    assert canonical(once) == once
    assert len(once) <= 2000
    key = lookup_key(address)
    assert key == lookup_key(once) == lookup_key(f"https://{key}")
    assert len(key) <= 2000


# Text that may be in an address as it is, and text that only percent-encoding brings in.
plain = st.text("ab~-._09", max_size=4)
reserved = st.sampled_from(":/?#[]@!$&'()*+,;=")


@examples(200)
@given(plain, reserved, plain, st.sampled_from(["/{}", "/?q={}", "/#/{}", "/#!{}"]))
def test_a_reserved_character_and_its_encoding_are_two_addresses(
    before: str, character: str, after: str, place: str
) -> None:
    one = f"https://x.example{place.format(f'{before}{character}{after}')}"
    other = f"https://x.example{place.format(f'{before}%{ord(character):02X}{after}')}"
    assume(not (set("?#") & {character}) or place.startswith("/#"))  # else the character begins another part
    assume(not (place == "/{}" and character == "/" and "." in before + after))  # a segment of dots
    assert canonical(one) != canonical(other)
    assert character + after == after or lookup_key(other) != lookup_key(one)


@examples(200)
@given(st.lists(st.integers(0, 255), min_size=1, max_size=5), st.lists(st.integers(0, 255), min_size=1, max_size=5))
def test_two_sequences_of_bytes_are_two_addresses(one: list[int], other: list[int]) -> None:
    spelled = ["https://x.example/?s=" + "".join(f"%{byte:02X}" for byte in sequence) for sequence in (one, other)]
    assert (one == other) == (canonical(spelled[0]) == canonical(spelled[1]))
    assert (one == other) == (lookup_key(spelled[0]) == lookup_key(spelled[1]))


@pytest.mark.parametrize(
    "same",
    [
        ["https://example.org/a", "https://EXAMPLE.org:443/a", "HTTPS://example.org./a", "https://example.org/x/../a"],
        ["https://example.org", "https://example.org/", "https://example.org:443"],
        ["http://example.org/", "http://example.org:80/"],
        ["https://example.org/~kim", "https://example.org/%7Ekim", "https://example.org/%7ekim"],
        ["https://example.org/?q=%2f", "https://example.org/?q=%2F"],
        ["https://example.org/é", "https://example.org/%c3%a9"],
        ["https://münchen.example/", "https://xn--mnchen-3ya.example/", "https://MÜNCHEN.example/"],
        ["https://straße.example/", "https://xn--strae-oqa.example/"],
        ["https://news.example。org/a", "https://news.ｅxample.org/a", "https://news.example.org/a"],
    ],
)
def test_spellings_of_one_address_have_one_canonical_form(same: list[str]) -> None:
    assert len({canonical(address) for address in same}) == 1
    assert len({lookup_key(address) for address in same}) == 1


# What RFC 3986 (2.2, 6.2.2.2) and UTS 46 keep apart, and parts of an address that name a page.
OTHER_PAGES = [
    ("https://example.org/a", "https://example.org/b"),
    ("https://example.org/a", "https://example.org/A"),
    ("https://example.org/?id=1", "https://example.org/?id=2"),
    ("https://example.org/?s=caf%E9", "https://example.org/?s=caf%E8"),
    ("https://example.org/?s=caf%E9", "https://example.org/?s=café"),
    ("https://example.org/x%2Fy", "https://example.org/x/y"),
    ("https://example.org/?a=1%26b=2", "https://example.org/?a=1&b=2"),
    ("https://example.org/a%3Fb", "https://example.org/a?b"),
    ("https://example.org/?q=a+b", "https://example.org/?q=a%2Bb"),
    ("https://example.org/#/bill/101", "https://example.org/#/bill/102"),
    ("https://example.org/#!bill/101", "https://example.org/#!bill/102"),
    ("https://straße.example/", "https://strasse.example/"),
    ("https://βόλος.example/", "https://βόλοσ.example/"),
    ("https://example.org/", "https://example.org:8443/"),
    ("https://www.com/", "https://example.com/"),
    ("https://m.com/", "https://example.com/"),
    ("https://www.youtube.com/watch?v=aaaaaaaaaaa", "https://www.youtube.com/watch?v=bbbbbbbbbbb"),
    ("https://x.com/kim/status/1", "https://x.com/kim/status/12"),
]


@pytest.mark.parametrize(("one", "other"), OTHER_PAGES)
def test_two_pages_have_two_canonical_forms_and_two_keys(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)
    assert lookup_key(one) != lookup_key(other)


@pytest.mark.parametrize(
    ("key", "spellings"),
    [
        (
            "example.org/a",
            [
                *("https://example.org/a", "http://www.example.org/a/", "https://m.example.org/a#part"),
                *("https://example.org/a?utm_source=x&fbclid=y&gclid=z&ref=home", "https://amp.example.org/a"),
                *("https://example.org/a/amp/", "https://example.org/a?amp=1", "https://mobile.example.org/a.amp"),
                *("https://www.google.com/amp/s/www.example.org/a/amp/", "https://example.org/a#:~:text=x"),
                "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/a",
                "https://web.archive.org/web/20250621120000/https://www.example.org/a",
            ],
        ),
        ("example.org?a=1&b=2", ["https://example.org/?b=2&a=1", "http://www.example.org?a=1&b=2&utm_medium=mail"]),
        ("en.wikipedia.org/wiki/Denver", ["https://en.m.wikipedia.org/wiki/Denver", "https://en.wikipedia.org/wiki/Denver"]),
        (
            "x.com/i/status/17",
            [
                *("https://twitter.com/kim/status/17?s=20&t=abc", "https://x.com/kim/status/17/photo/1"),
                *("https://mobile.twitter.com/kim/status/17", "https://x.com/i/web/status/17"),
            ],
        ),
        ("x.com/kim", ["https://twitter.com/kim", "https://www.x.com/kim/"]),
        (
            "youtube.com/watch?v=abcdefghijk",
            [
                *("https://youtu.be/abcdefghijk?si=x", "https://www.youtube.com/watch?v=abcdefghijk&t=10s"),
                *("https://m.youtube.com/watch?app=desktop&v=abcdefghijk", "https://youtube.com/shorts/abcdefghijk"),
                "https://www.youtube-nocookie.com/embed/abcdefghijk?rel=0",
            ],
        ),
        ("instagram.com/p/xyz", ["https://www.instagram.com/p/xyz/?igsh=abc", "https://instagram.com/p/xyz"]),
        ("facebook.com/kim/posts/1", ["https://m.facebook.com/kim/posts/1?mibextid=x", "https://web.facebook.com/kim/posts/1"]),
        ("", ["no address", "", "javascript:alert(1)", "https://[::1/", "https://example.org/" + "é" * 700]),
    ],
)  # fmt: skip
def test_the_lookup_key_is_the_same_for_every_link_to_one_page(key: str, spellings: list[str]) -> None:
    assert {lookup_key(address) for address in spellings} == {key}


@pytest.mark.parametrize(
    "address",
    [
        *(
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://example.org/",
            "file:///etc/passwd",
            "//example.org",
        ),
        *(
            "example.org",
            "",
            " https://example.org",
            "https://",
            "https://exa mple.org/",
            "https://ex\nample.org/",
        ),
        *("https://bank.example@evil.example/", "https://user:word@example.org/", "https://@example.org/"),
        *("https://good.example\\@evil.example/", "https://good.example\\.evil.example/"),
        *("https://example.org:65536/", "https://example.org:99999/", "https://[::1/", "https://[::1]junk/"),
        *(
            "https://evil\u202egro.elpmaxe/",
            "https://example.org/\x00",
            "https://exam\u200bple.org/",
            "https://a.example/\ud800",
        ),
        *("https://example.org/" + "é" * 700, "https://example.org/" + "a" * 2000),
    ],
)
def test_an_invalid_or_misleading_address_is_refused_with_a_sentence(address: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        check_address(address)
    assert refusal.value.messages[0].endswith(".")
    with pytest.raises(ValidationError):
        canonical(address)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://www.Example.org:8080/a", "example.org"),
        ("https://www.com/", "www.com"),
        ("https://münchen.example/", "xn--mnchen-3ya.example"),
        ("https://straße.example/", "xn--strae-oqa.example"),
        ("", ""),
    ],
)
def test_readers_see_the_real_host(address: str, shown: str) -> None:
    assert host(address) == shown


def test_the_form_takes_a_bare_host_as_https() -> None:
    field = AddressField().formfield()
    assert field is not None
    assert field.clean("example.org/a") == "https://example.org/a"
    with pytest.raises(ValidationError):
        field.clean("javascript:alert(1)")
