"""Web addresses: validation, the canonical form of a page's address, and the model field."""

import ipaddress
import unicodedata
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy as _

# Parameters that track where a reader came from and don't identify a page.
_TRACKING_PARAMETERS = {
    *("fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "intcid", "cmpid", "ref_src"),
}
_DEFAULT_PORTS = {80, 443}
# The length that browsers and proxies handle. A canonical address can be longer than the typed one: é becomes %C3%A9.
_MAX_LENGTH = 2000
_validate = URLValidator(schemes=["http", "https"])


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
    """The canonical form of an address, the same for every spelling of one page. It is idempotent.

    Scheme and host in lower case (IDNA), `http` as `https`, no default port, no `www.`, no fragment, no
    tracking parameters, the rest of the query sorted, normalised percent-encoding, no trailing slash.
    Raises ValidationError if `check_address` does.
    """
    check_address(address)
    return _canonical(urlsplit(address))


def _canonical(parts: SplitResult) -> str:
    """The canonical form. Raises ValueError if the port is out of range."""
    host = _host(parts.hostname or "")
    port = f":{parts.port}" if parts.port and parts.port not in _DEFAULT_PORTS else ""
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._").rstrip("/")
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _TRACKING_PARAMETERS and not name.lower().startswith("utm_")
    ]
    return urlunsplit(("https", host + port, path, urlencode(sorted(query)), ""))


def host(address: str) -> str:
    """The host of an address as readers see it: lower case, without `www.`. Empty if the address isn't valid."""
    with suppress(ValueError):
        return _host(urlsplit(address).hostname or "")
    return ""


def _host(name: str) -> str:
    with suppress(ValueError):
        return f"[{ipaddress.IPv6Address(name)}]"
    # A label that IDNA 2003 can't encode stays as it is; the lower-cased name still compares equal to itself.
    with suppress(UnicodeError):
        name = name.encode("idna").decode("ascii")
    name = name.lower().rstrip(".")
    while name.startswith("www.") and name.count(".") > 1:  # www.com is a real site
        name = name.removeprefix("www.")
    return name


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
