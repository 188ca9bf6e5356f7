"""Web addresses: which we take, which name the same page, and the model field that holds them."""

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

# Parameters that say how a reader came, never which page it is.
_CAMPAIGN = {
    *("fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "intcid", "cmpid", "ref_src"),
}
_DEFAULT_PORTS = {80, 443}
# What browsers and proxies carry. A canonical address is longer than what was typed: é becomes %C3%A9.
_LONGEST = 2000
_valid = URLValidator(schemes=["http", "https"])


def check_address(address: str) -> None:
    """Accept a web address that a reader can be sent to.

    Raises ValidationError for any other scheme than http and https, for a user name in front of the host or
    characters that no font shows (both make the host a reader sees another than the real one), for what is no
    address at all, and for an address that in one spelling is longer than 2,000 characters.
    """
    try:
        _valid(address)
        parts = urlsplit(address)
        spelled = _spelled(parts)
        _valid(spelled)
    except (ValidationError, ValueError):
        raise ValidationError(_("Enter a full web address that begins with https:// or http://.")) from None
    if any(unicodedata.category(character).startswith("C") for character in address):
        raise ValidationError(_("The address holds a character that nobody can see. Type it again by hand."))
    if len(spelled) > _LONGEST:
        raise ValidationError(_("This address is too long. Enter one of at most 2,000 characters."))
    if "@" in parts.netloc or "\\" in address:
        raise ValidationError(_("Enter the address without a user name: only the host stands before the path."))


def canonical(address: str) -> str:
    """One spelling for all addresses of the same page; calling it twice changes nothing more.

    Scheme and host in lower case (IDNA), `http` as `https`, no default port, no `www.`, no fragment, no
    campaign parameters, the rest of the query sorted, percent-encoding in one form, no slash at the end.
    Raises ValidationError when `check_address` does.
    """
    check_address(address)
    return _spelled(urlsplit(address))


def _spelled(parts: SplitResult) -> str:
    """Raises ValueError for a port that no machine has."""
    host = _host(parts.hostname or "")
    port = f":{parts.port}" if parts.port and parts.port not in _DEFAULT_PORTS else ""
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._").rstrip("/")
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _CAMPAIGN and not name.lower().startswith("utm_")
    ]
    return urlunsplit(("https", host + port, path, urlencode(sorted(query)), ""))


def host(address: str) -> str:
    """The host of an address as a reader should see it: lower case, without `www.`; empty for no address."""
    return _host(urlsplit(address).hostname or "")


def _host(name: str) -> str:
    with suppress(ValueError):
        return f"[{ipaddress.IPv6Address(name)}]"
    # A label that IDNA 2003 does not know stays; the lower-cased name still compares equal to itself.
    with suppress(UnicodeError):
        name = name.encode("idna").decode("ascii")
    name = name.lower().rstrip(".")
    while name.startswith("www.") and name.count(".") > 1:  # www.com is a site of its own
        name = name.removeprefix("www.")
    return name


class AddressField(models.URLField[str, str]):
    """A web address, http or https only, also when it is written past the forms."""

    default_validators = [check_address]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 2000)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        """A form field that takes `example.org` as https, as Django 6 does, without 5.2's warning."""
        return super().formfield(**{"assume_scheme": "https", **kwargs})

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        """The database's own check of the scheme."""
        column = connection.ops.quote_name(self.column or "")
        return f"{column} = '' OR {column} ~* '^https?://[^/\\s@]+(/|$|\\?|#)'"
