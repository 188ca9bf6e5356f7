"""Requests and responses of Google's Fact Check Tools API (v1alpha1), so that its clients can search this site.

`parse_request` reads a request, `claim_of` returns a published claim in the API's format, `parse_fields` and
`select_fields` reduce a response to the requested fields (partial response), and `discovery` describes the API to
client libraries. Formats: the API's own discovery document, and google.rpc.BadRequest for errors in a request.
"""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from claims.record import imprint
from claims.record.canonical import moment
from claims.record.publications import Publication
from claims.schema import Content
from claims.search.filters import QueryField
from factcheck.core.fields import dates
from factcheck.core.text import shortened

VERSION = "v1alpha1"
# The number of claims on a page: by default, and at most.
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 10, 100
# The claims before an offset are read and discarded. Later pages need a `pageToken`.
MAX_OFFSET = 10_000
_TITLE = 90
_INT32 = 2**31 - 1

_INTEGER = re.compile(r"-?[0-9]{1,10}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8}){0,8}", re.IGNORECASE)


class Refused(Exception):
    """An invalid request. Has the name of the parameter, and a sentence that says what is wrong and what to do."""

    def __init__(self, parameter: str, sentence: str) -> None:
        self.parameter = parameter
        super().__init__(sentence)


# The parameters, as in the discovery document

STANDARD: dict[str, Content] = {
    "alt": {"type": "string", "description": "The format of the response.", "default": "json", "enum": ["json"]},
    "fields": {
        "type": "string",
        "description": "The fields to return: claims(text,claimReview/url),nextPageToken. By default, all fields.",
    },
    "prettyPrint": {"type": "boolean", "description": "Return indented JSON with line breaks.", "default": "true"},
    "key": {"type": "string", "description": "Accepted and ignored. No key is needed."},
    "quotaUser": {"type": "string", "description": "Accepted and ignored."},
    "access_token": {"type": "string", "description": "Accepted and ignored."},
    "oauth_token": {"type": "string", "description": "Accepted and ignored."},
    "$.xgafv": {
        "type": "string",
        "description": "Accepted and ignored. Errors have the same format for both values.",
        "enum": ["1", "2"],
    },
}
SEARCH: dict[str, Content] = {
    "query": {
        "type": "string",
        "description": "The words to search for. Required unless reviewPublisherSiteFilter is given.",
    },
    "reviewPublisherSiteFilter": {
        "type": "string",
        "description": "Only claims checked by this site, as a host without www. Other sites' checks aren't available.",
    },
    "languageCode": {
        "type": "string",
        "description": "Only claims in this language, as a tag (BCP 47). The region is ignored.",
    },
    "maxAgeDays": {
        "type": "integer",
        "format": "int32",
        "minimum": "0",
        "description": "Only claims made or checked at most this many days ago. 0 means no limit.",
    },
    "pageSize": {
        "type": "integer",
        "format": "int32",
        "minimum": "0",
        "description": f"The number of claims on a page. By default {DEFAULT_PAGE_SIZE}, at most {MAX_PAGE_SIZE}.",
    },
    "pageToken": {
        "type": "string",
        "description": "The nextPageToken of the previous page. All other search parameters must stay the same.",
    },
    "offset": {
        "type": "integer",
        "format": "int32",
        "minimum": "0",
        "maximum": str(MAX_OFFSET),
        "description": "The number of claims to skip. Ignored if pageToken is given.",
    },
}
_PARAMETERS = SEARCH | STANDARD


# The response, as in the discovery document

_NAME = "GoogleFactcheckingFactchecktoolsV1alpha1"
_RESPONSE = f"{_NAME}FactCheckedClaimSearchResponse"
_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "google-datetime"}
SCHEMAS: dict[str, dict[str, Content]] = {
    _RESPONSE: {
        "claims": {
            "type": "array",
            "items": {"$ref": f"{_NAME}Claim"},
            "description": "The claims on this page. Missing if there are none.",
        },
        "nextPageToken": {**_TEXT, "description": "The token of the next page. Missing on the last page."},
    },
    f"{_NAME}Claim": {
        "text": {**_TEXT, "description": "The claim."},
        "claimant": {**_TEXT, "description": "The claimant. Missing if nobody is known."},
        "claimDate": {**_TIME, "description": "The day the claim was made. Missing if the day isn't known."},
        "claimReview": {
            "type": "array",
            "items": {"$ref": f"{_NAME}ClaimReview"},
            "description": "The check of the claim. Always exactly one.",
        },
    },
    f"{_NAME}ClaimReview": {
        "publisher": {"$ref": f"{_NAME}Publisher", "description": "The publisher of the check."},
        "url": {**_TEXT, "description": "The address of the check. It always shows the newest version."},
        "title": {**_TEXT, "description": "The notice, if there is one, the rating, and the claim."},
        "reviewDate": {**_TIME, "description": "The time the check was first published."},
        "textualRating": {**_TEXT, "description": "The rating."},
        "languageCode": {**_TEXT, "description": "The language of the check, as a tag (BCP 47)."},
    },
    f"{_NAME}Publisher": {
        "name": {**_TEXT, "description": "The publisher's name."},
        "site": {**_TEXT, "description": "The publisher's host, without www."},
    },
}

# A tree of field names, each with the fields below it. A selection is such a tree without some of the fields.
Fields = dict[str, Any]


def _fields(schema: str) -> Fields:
    inner = {name: about.get("$ref") or about.get("items", {}).get("$ref") for name, about in SCHEMAS[schema].items()}
    return {name: _fields(below) if below else {} for name, below in inner.items()}


ALL_FIELDS = _fields(_RESPONSE)


# A request


@dataclass(frozen=True)
class SearchRequest:
    """One search request. As in proto3, a missing parameter means the same as 0 or an empty text."""

    query: str
    site: str
    language: str
    max_age: int
    size: int
    offset: int
    token: str
    fields: Fields
    is_pretty: bool

    @property
    def searched(self) -> list[str | int]:
        """The parameters that must not change between the pages of a search."""
        return [self.query, self.site, self.language, self.max_age, self.size]


def parse_request(parameters: Mapping[str, Sequence[str]]) -> SearchRequest:
    """The request that these parameters make, each with its values. Raises Refused if one is unknown or invalid."""
    if "callback" in parameters:
        raise Refused(
            "callback", "JSONP isn't supported. Remove callback: scripts on any site may read the JSON response."
        )
    given: dict[str, str] = {}
    for name, values in parameters.items():
        if name not in _PARAMETERS:
            known = ", ".join(sorted(_PARAMETERS))
            raise Refused(
                name[:100],
                f'Invalid JSON payload received. Unknown name "{name[:100]}": Cannot bind query parameter. '
                f"The known names are {known}.",
            )
        if len(values) > 1:
            raise Refused(name, f"{name} is given more than once. Give it once.")
        given[name] = values[0] if values else ""
        if given[name]:
            _check(name, given[name])

    def number(name: str) -> int:
        return int(given.get(name) or 0)

    request = SearchRequest(
        query=QueryField(required=False).clean(given.get("query", "")),
        site=given.get("reviewPublisherSiteFilter", "").strip().lower().removeprefix("www."),
        language=given.get("languageCode", ""),
        max_age=number("maxAgeDays"),
        size=min(number("pageSize") or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE),
        offset=number("offset"),
        token=given.get("pageToken", ""),
        fields=parse_fields(given["fields"]) if given.get("fields") else ALL_FIELDS,
        is_pretty=given.get("prettyPrint", "true").lower() != "false",
    )
    if not (request.query or request.site):
        raise Refused("query", "Give query or reviewPublisherSiteFilter: one of them is required.")
    return request


def _check(name: str, value: str) -> None:
    """Check the value of a parameter. Raises Refused if the parameter can't have it."""
    about = _PARAMETERS[name]
    if about["type"] == "integer":
        least, most = int(about["minimum"]), int(about.get("maximum", _INT32))
        if not _INTEGER.fullmatch(value) or not least <= int(value) <= most:
            raise Refused(name, f"{name} must be a whole number from {least} to {most}.")
    elif about["type"] == "boolean":
        if value.lower() not in {"true", "false"}:
            raise Refused(name, f"{name} must be true or false.")
    elif value not in about.get("enum", [value]):
        raise Refused(name, f"{name} must be {' or '.join(about['enum'])}.")
    elif name == "languageCode" and not _LANGUAGE.fullmatch(value):
        raise Refused(name, "languageCode must be a language tag such as en, es or pt-BR (BCP 47).")


# A response


def site() -> str:
    """The host of this site as the API names sites: without `www.`."""
    return str(urlsplit(settings.SITE_URL).hostname).removeprefix("www.")


def claim_of(publication: Publication) -> Content:
    """A published claim with our check. Unknown values are left out. The rating is its label and never a number.

    The date of the check is the time of its first publication, as in ClaimReview's `datePublished`, because a changed
    name or a minor correction doesn't make it a new check. The API has no field for a notice, so it begins the title.
    """
    content = publication.content
    rating, claimant, made = content["rating"]["label"], content["claimant"], content["claimed_on"]
    known = {
        "text": content["statement"],
        "claimant": claimant["name"] if claimant else "",
        "claimDate": f"{made}T00:00:00Z" if made and dates.earliest(made) == dates.latest(made) else "",
    }
    title = f"{rating}: {shortened(content['statement'], _TITLE)}"
    return {name: value for name, value in known.items() if value} | {
        "claimReview": [
            {
                "publisher": {"name": settings.SITE_NAME, "site": site()},
                "url": publication.address,
                "title": f"{content['notice']} {title}".strip(),
                "reviewDate": moment(publication.first_published_at).partition(".")[0] + "Z",
                "textualRating": rating,
                "languageCode": content["language"],
            }
        ]
    }


# Partial responses

_TOKENS = re.compile(r"\w+|\S", re.ASCII)


def parse_fields(text: str) -> Fields:
    """The fields that a `fields` parameter names: `claims(text,claimReview/url),nextPageToken`.

    A comma separates fields, `/` or `.` leads to a field below, brackets contain several fields, and `*` means all.
    Raises Refused if the text is invalid or names an unknown field.
    """
    tokens = deque(_TOKENS.findall(text))
    chosen = _parse_list(tokens, ALL_FIELDS)
    if tokens:
        raise _invalid_selection(tokens[0])
    return chosen


def _parse_list(tokens: deque[str], below: Fields) -> Fields:
    chosen = _parse_path(tokens, below)
    while tokens and tokens[0] == ",":
        tokens.popleft()
        chosen = _merged(chosen, _parse_path(tokens, below))
    return chosen


def _parse_path(tokens: deque[str], below: Fields) -> Fields:
    """One path. The recursion is at most as deep as the response has levels of fields."""
    name = tokens.popleft() if tokens else ""
    if name == "*":
        return below
    if name not in below:
        raise _invalid_selection(name)
    match tokens[0] if tokens else "":
        case "/" | ".":
            tokens.popleft()
            return {name: _parse_path(tokens, below[name])}
        case "(":
            tokens.popleft()
            inner = _parse_list(tokens, below[name])
            if not tokens or tokens.popleft() != ")":
                raise Refused("fields", f"fields has no closing bracket after {name}. Write {name}(…).")
            return {name: inner}
    return {name: below[name]}


def _merged(one: Fields, other: Fields) -> Fields:
    return {name: _merged(one.get(name, {}), other.get(name, {})) for name in one | other}


def _invalid_selection(token: str) -> Refused:
    return Refused(
        "fields", f"Invalid field selection {token[:100]}. Write claims(text,claimReview/url),nextPageToken."
    )


def select_fields(value: Any, fields: Fields) -> Any:
    """The response, or a part of it, with only these fields."""
    match value:
        case dict():
            return {name: select_fields(inner, fields[name]) for name, inner in value.items() if name in fields}
        case list():
            return [select_fields(item, fields) for item in value]
    return value


# For client libraries


def discovery() -> Content:
    """The description of this API, in Google's API discovery format (v1)."""
    root = f"{settings.SITE_URL}/"
    path = f"{VERSION}/claims:search"
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"factchecktools:{VERSION}",
        "name": "factchecktools",
        "canonicalName": "Fact Check Tools",
        "version": VERSION,
        "revision": "20261124",
        "title": f"{settings.SITE_NAME}: search for checked claims",
        "description": "The search of Google's Fact Check Tools API, over the claims of this site.",
        "ownerName": settings.SITE_NAME,
        "ownerDomain": site(),
        "documentationLink": imprint.address("claims:how-it-works"),
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "basePath": "",
        "parameters": _with_location(STANDARD),
        "resources": {
            "claims": {
                "methods": {
                    "search": {
                        "id": "factchecktools.claims.search",
                        "path": path,
                        "flatPath": path,
                        "httpMethod": "GET",
                        "description": "Search checked claims: best match first, or without query newest check first.",
                        "parameterOrder": [],
                        "parameters": _with_location(SEARCH),
                        "response": {"$ref": _RESPONSE},
                    }
                }
            }
        },
        "schemas": {
            name: {"id": name, "type": "object", "properties": properties} for name, properties in SCHEMAS.items()
        },
    }


def _with_location(parameters: Mapping[str, Content]) -> dict[str, Content]:
    return {name: {**about, "location": "query"} for name, about in parameters.items()}
