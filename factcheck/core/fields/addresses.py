"""Web addresses: validation, the canonical form, the key that finds another spelling of a page, and the model field."""

import ipaddress
import re
import unicodedata
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy as _

_DEFAULT_PORTS = {"http": 80, "https": 443}
# The length that browsers and proxies handle. A canonical address can be longer than the typed one: é becomes %C3%A9.
_MAX_LENGTH = 2000
_validate = URLValidator(schemes=["http", "https"])

_UNRESERVED = r"A-Za-z0-9._~\-"
_RESERVED = ":/?#[]@!$&'()*+,;="
_ENCODED_OR_NOT_ALLOWED = re.compile(rf"%([0-9A-Fa-f]{{2}})|[^{_UNRESERVED}{re.escape(_RESERVED)}]")
# A fragment that a script of the page reads as the address of another page.
_ROUTE = ("/", "!")

# What differs between two spellings of one page. These are habits of sites, not rules: a key made with them is a hint.
_TRACKING_PARAMETERS = frozenset(
    (
        *(
            "fbclid",
            "gclid",
            "gclsrc",
            "gbraid",
            "wbraid",
            "dclid",
            "msclkid",
            "yclid",
            "ttclid",
            "twclid",
            "li_fat_id",
        ),
        *("mc_cid", "mc_eid", "mkt_tok", "igshid", "igsh", "si", "intcid", "cmpid", "cmp", "ref", "ref_src", "ref_url"),
        *("_ga", "_gl", "_hsenc", "_hsmi", "smid", "feature", "amp", "outputtype", "__twitter_impression", "usqp"),
        *("guccounter", "guce_referrer", "guce_referrer_sig", "ocid", "xtor", "mibextid", "share_id", "rdid", "__tn__"),
    )
)
_TRACKING_PREFIXES = ("utm_", "__cft__", "at_")
_DEVICE_LABELS = {"www", "m", "mobile", "amp"}
_SAME_HOSTS = {
    "twitter.com": "x.com",
    "fxtwitter.com": "x.com",
    "vxtwitter.com": "x.com",
    "web.facebook.com": "facebook.com",
    "old.reddit.com": "reddit.com",
    "np.reddit.com": "reddit.com",
    "youtube-nocookie.com": "youtube.com",
}
# An address that holds the address of the page. AMP's own cache writes a dot of the host as a hyphen.
_WRAPPED = re.compile(
    r"(?:google\.[a-z.]+/amp/(?:s/)?|[a-z0-9-]+\.cdn\.ampproject\.org/[a-z]/(?:s/)?"
    r"|web\.archive\.org/web/[0-9*]+(?:[a-z]{2}_)?/)(?:https?:/+)?(?P<page>[^/]+\.[^/]+.*)"
)
_VIDEO = re.compile(r"(?:youtu\.be|youtube\.com/(?:shorts|embed|live|v))/(?P<video>[A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])")
_POST = re.compile(r"x\.com/(?:[^/?#]+|i/web)/status/(?P<post>[0-9]+)")


def check_address(address: str) -> None:
    """Validate a web address that we may link to.

    Raises ValidationError if the text isn't an address, if its scheme is neither http nor https, if it has a user
    name before the host or invisible characters (both can make a reader see another host than the real one), or if
    its canonical form is longer than 2,000 characters.
    """
    try:
        _validate(address)
        parts = urlsplit(address)
        canonical_form = _canonical(parts)
        if canonical_form != address:
            _validate(canonical_form)
    except (ValidationError, ValueError):
        raise ValidationError(_("Enter a full web address that begins with https:// or http://.")) from None
    if any(unicodedata.category(character).startswith("C") for character in address):
        raise ValidationError(_("This web address contains an invisible character. Type it again by hand."))
    if len(canonical_form) > _MAX_LENGTH:
        raise ValidationError(_("This web address is too long. Enter one of at most 2,000 characters."))
    if "@" in parts.netloc or "\\" in address:
        raise ValidationError(_("Enter the web address without a user name, as in https://example.org/page."))


def canonical(address: str) -> str:
    """The canonical form of an address: two have the same one if browsers ask for the same page. It is idempotent.

    Scheme and host in lower case, the host in ASCII (UTS 46, non-transitional, as browsers do it), no default port, no
    `.` and `..` in the path, and of percent-encoding only unreserved characters decoded (RFC 3986, 6.2.2 and 6.2.3).
    The encoded bytes %E9 and %E8, or %2F and `/`, stay apart. Raises ValidationError if `check_address` does.
    """
    check_address(address)
    return _canonical(urlsplit(address))


def lookup_key(address: str) -> str:
    """The key under which another spelling of a page's address is looked up. Empty if the address isn't valid.

    It leaves out what seldom tells two pages apart: the scheme, `www.`, `m.` and AMP, tracking parameters, the order
    of the others, a last slash, and a fragment other than `#/…` and `#!…`. It knows a few sites with two hosts. Two
    pages can have the same key, so it serves to ask a person or to find something, never to refuse or to merge.
    """
    try:
        check_address(address)
    except ValidationError:
        return ""
    key = _key(urlsplit(_canonical(urlsplit(address))))
    for _layer in range(2):  # an archive's copy of an AMP page
        if not (wrapped := _WRAPPED.fullmatch(key)):
            break
        with suppress(ValueError):
            key = _key(urlsplit(f"https://{wrapped['page']}"))
    return key


def site_key(address: str) -> str:
    """The part of the lookup key that names the site. Empty if the address isn't valid."""
    return re.split("[/?#]", lookup_key(address), maxsplit=1)[0]


def _without_amp(path: str) -> str:
    """The path without what AMP adds to it: `/amp` or `.amp` at its end, or `.amp` before `.html`."""
    path = _without_endings(path, "/amp", ".amp", "/")
    page = path.removesuffix(".html")
    return path if page == path else f"{_without_endings(page, '.amp')}.html"


def _without_endings(text: str, *endings: str) -> str:
    end = len(text)
    while ending := next((one for one in endings if text.endswith(one, 0, end)), ""):
        end -= len(ending)
    return text[:end]


def _key(parts: SplitResult) -> str:
    site = _site(parts.hostname or "")
    port = f":{parts.port}" if parts.port and parts.port not in _DEFAULT_PORTS.values() else ""
    page = f"{site}{port}{_without_amp(parts.path)}"
    if video := _VIDEO.match(page):
        return f"youtube.com/watch?v={video['video']}"
    if post := _POST.match(page):
        return f"x.com/i/status/{post['post']}"
    parameters = [part for part in parts.query.split("&") if part and not _is_tracking(part.partition("=")[0].lower())]
    if page == "youtube.com/watch":
        parameters = [part for part in parameters if part.startswith("v=")]
    query = f"?{'&'.join(sorted(parameters))}" if parameters else ""
    fragment = f"#{parts.fragment}" if parts.fragment.startswith(_ROUTE) else ""
    return page + query + fragment


def _site(name: str) -> str:
    """The host without the labels that name a device, and with one name for a site that has two."""
    if ":" in name:
        return f"[{name}]"
    labels = [label for label in name.split(".")[:-2] if label not in _DEVICE_LABELS]
    name = ".".join([*labels, *name.split(".")[-2:]])
    return _SAME_HOSTS.get(name, name)


def _is_tracking(name: str) -> bool:
    return name in _TRACKING_PARAMETERS or name.startswith(_TRACKING_PREFIXES)


def _canonical(parts: SplitResult) -> str:
    """The canonical form. Raises ValueError if the port is out of range or no browser opens the host."""
    scheme = parts.scheme.lower()
    port = f":{parts.port}" if parts.port and parts.port != _DEFAULT_PORTS.get(scheme) else ""
    path = _without_dots(_normalised(parts.path))
    return urlunsplit(
        (scheme, _host(parts.hostname or "") + port, path, _normalised(parts.query), _normalised(parts.fragment))
    )


def _normalised(text: str) -> str:
    """The text with the percent-encoding that it needs, in upper case, and no more."""

    def normalise(found: re.Match[str]) -> str:
        if found[1] and re.fullmatch(f"[{_UNRESERVED}]", character := chr(int(found[1], 16))):
            return character
        return found[0].upper() if found[1] else quote(found[0], safe="")

    return _ENCODED_OR_NOT_ALLOWED.sub(normalise, text)


def _without_dots(path: str) -> str:
    """The path without its segments `.` and `..` (RFC 3986, 5.2.4)."""
    segments: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            segments[-1:] = []
        elif segment != ".":
            segments.append(segment)
    if path.endswith(("/.", "/..")):
        segments.append("")
    return "/" + "/".join(segments)


def host(address: str) -> str:
    """The host of an address as readers see it: lower case, without `www.`. Empty if the address isn't valid."""
    try:
        name = _host(urlsplit(address).hostname or "")
    except ValueError:
        return ""
    while name.startswith("www.") and name.count(".") > 1:  # www.com is a real site
        name = name.removeprefix("www.")
    return name


def _host(name: str) -> str:
    """The host in ASCII. Raises ValueError for one that UTS 46 forbids."""
    with suppress(ValueError):
        return f"[{ipaddress.IPv6Address(name)}]"
    if not name.isascii():
        with suppress(UnicodeError):
            return idna.encode(name, uts46=True, transitional=False).decode().rstrip(".")
        # Browsers open more names than the standard registers, ☃.net for example.
        labels = idna.uts46_remap(name, std3_rules=False, transitional=False).split(".")
        name = ".".join(
            label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in labels
        )
    return name.lower().rstrip(".")


class AddressField(models.URLField[str, str]):
    """A web address, http or https only. The database checks the scheme too, for writes that bypass forms."""

    default_validators = [check_address]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 2000)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        """A form field that reads `example.org` as https, as Django 6 does, without the warning of 5.2."""
        return super().formfield(**{"assume_scheme": "https", **kwargs})

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        """The SQL of the column's check constraint: the scheme, and no user name before the host."""
        column = connection.ops.quote_name(self.column or "")
        return f"{column} = '' OR {column} ~* '^https?://[^/\\s@]+(/|$|\\?|#)'"
