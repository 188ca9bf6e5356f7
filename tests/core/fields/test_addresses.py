"""Web addresses: which are valid, and which have the same canonical form."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.provisional import urls

from factcheck.core.fields.addresses import AddressField, canonical, check_address, host

hosts = st.sampled_from(
    [
        *(
            "example.org",
            "www.example.org",
            "www.www.example.org",
            "www.com",
            "EXAMPLE.org.",
            "münchen.example",
        ),
        *("127.0.0.1", "[::1]", "localhost", "ｗｗｗ.example.org", "xn--mnchen-3ya.example", "example.orgÕ"),
    ]
)
tails = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["/%7Ea/%2F/", "/a%20b?b=2&a=1&utm_source=x#top", "//", "/%zz%", "?a&a=&b=%26", "/a;b=c", "/é?é=é"]
)
addresses = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    hosts,
    st.sampled_from(["", ":80", ":443", ":8080", ":0", ":65535", ":65536", ":"]),
    tails,
)


@settings(deadline=None, max_examples=400)
@given(addresses | urls())
def test_the_canonical_form_is_idempotent_and_fits(address: str) -> None:
    try:
        check_address(address)
    except ValidationError:
        assume(False)
    once = canonical(address)
    assert canonical(once) == once
    assert len(once) <= 2000


@pytest.mark.parametrize(
    "same",
    [
        [
            "https://example.org/a",
            "http://EXAMPLE.org:80/a/",
            "https://www.example.org/a#part",
            "HTTP://example.org./a",
        ],
        ["https://example.org/?a=1&b=2", "https://example.org?b=2&a=1&utm_campaign=x&fbclid=y"],
        ["https://example.org/~kim", "https://example.org/%7Ekim"],
        ["https://münchen.example/", "https://xn--mnchen-3ya.example"],
        ["https://example.org:8080/a", "http://example.org:8080/a"],
    ],
)
def test_spellings_of_one_page_have_one_canonical_form(same: list[str]) -> None:
    assert len({canonical(address) for address in same}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "https://example.org/b"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/?id=1", "https://example.org/?id=2"),
        ("https://example.org/", "https://example.org:8443/"),
        ("https://www.com/", "https://example.com/"),
    ],
)
def test_two_pages_have_two_canonical_forms(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


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
