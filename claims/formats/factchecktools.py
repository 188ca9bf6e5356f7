"""The language of Google's Fact Check Tools API (v1alpha1), so that its clients can search this site.

`asked` reads a request, `claim` tells a published claim as that API does, `selection` and `selected` cut an answer to
the fields asked for (partial response), and `discovery` describes all of it to client libraries. Shapes: the API's own
discovery document; google.rpc.BadRequest for what is wrong with a request.
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
# So many claims on a page when nothing is said, and at most.
PAGE, MOST_ON_A_PAGE = 10, 100
# An offset is read and thrown away; further on leads `pageToken` alone.
FARTHEST_OFFSET = 10_000
_TITLE = 90
_INT32 = 2**31 - 1

_INTEGER = re.compile(r"-?[0-9]{1,10}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8}){0,8}", re.IGNORECASE)


class Refused(Exception):
    """A request that is not answered: the parameter, and a sentence that says what to do."""

    def __init__(self, parameter: str, sentence: str) -> None:
        self.parameter = parameter
        super().__init__(sentence)


# What can be asked, as the discovery document has it

STANDARD: dict[str, Content] = {
    "alt": {"type": "string", "description": "The format of the answer.", "default": "json", "enum": ["json"]},
    "fields": {
        "type": "string",
        "description": "Which fields the answer has: claims(text,claimReview/url),nextPageToken. All without it.",
    },
    "prettyPrint": {"type": "boolean", "description": "Whether the answer has line breaks.", "default": "true"},
    "key": {"type": "string", "description": "Taken and not looked at: no key is needed."},
    "quotaUser": {"type": "string", "description": "Taken and not looked at."},
    "access_token": {"type": "string", "description": "Taken and not looked at."},
    "oauth_token": {"type": "string", "description": "Taken and not looked at."},
    "$.xgafv": {
        "type": "string",
        "description": "Errors have one format, whichever is asked for.",
        "enum": ["1", "2"],
    },
}
SEARCH: dict[str, Content] = {
    "query": {
        "type": "string",
        "description": "What to search for. Required unless reviewPublisherSiteFilter is given.",
    },
    "reviewPublisherSiteFilter": {
        "type": "string",
        "description": "Only claims checked by this site, as a host without www. No other site's checks are here.",
    },
    "languageCode": {
        "type": "string",
        "description": "Only claims in this language, as a tag (BCP 47). Its region is not considered.",
    },
    "maxAgeDays": {
        "type": "integer",
        "format": "int32",
        "minimum": "0",
        "description": "Only claims made or checked, whichever is newer, so many days ago or less. 0 is no limit.",
    },
    "pageSize": {
        "type": "integer",
        "format": "int32",
        "minimum": "0",
        "description": f"How many claims at most. {PAGE} without it or when 0; no more than {MOST_ON_A_PAGE}.",
    },
    "pageToken": {
        "type": "string",
        "description": "The nextPageToken of the page before. All other search parameters must be the same again.",
    },
    "offset": {
        "type": "integer",
        "format": "int32",
        "minimum": "0",
        "maximum": str(FARTHEST_OFFSET),
        "description": "How many claims to pass over. Only considered without pageToken.",
    },
}
_PARAMETERS = SEARCH | STANDARD


# What is answered, likewise

_NAME = "GoogleFactcheckingFactchecktoolsV1alpha1"
_RESPONSE = f"{_NAME}FactCheckedClaimSearchResponse"
_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "google-datetime"}
SCHEMAS: dict[str, dict[str, Content]] = {
    _RESPONSE: {
        "claims": {
            "type": "array",
            "items": {"$ref": f"{_NAME}Claim"},
            "description": "The claims of this page. Missing when there is none.",
        },
        "nextPageToken": {**_TEXT, "description": "Leads to the next page. Missing on the last one."},
    },
    f"{_NAME}Claim": {
        "text": {**_TEXT, "description": "What is claimed."},
        "claimant": {**_TEXT, "description": "Who makes the claim. Missing when nobody is known."},
        "claimDate": {**_TIME, "description": "The day on which it was made. Missing when the day is not known."},
        "claimReview": {
            "type": "array",
            "items": {"$ref": f"{_NAME}ClaimReview"},
            "description": "The check of it; always one.",
        },
    },
    f"{_NAME}ClaimReview": {
        "publisher": {"$ref": f"{_NAME}Publisher", "description": "Who checked it."},
        "url": {**_TEXT, "description": "The page of the check, always with its newest version."},
        "title": {**_TEXT, "description": "Any caution that belongs to the verdict, the verdict, and the claim."},
        "reviewDate": {**_TIME, "description": "When the check was first published."},
        "textualRating": {**_TEXT, "description": "The verdict."},
        "languageCode": {**_TEXT, "description": "The language of the check, as a tag (BCP 47)."},
    },
    f"{_NAME}Publisher": {
        "name": {**_TEXT, "description": "The publisher's name."},
        "site": {**_TEXT, "description": "The publisher's host, without www."},
    },
}

# Field names, each with those below it. A selection is such a tree with some of them left out.
Fields = dict[str, Any]


def _fields(schema: str) -> Fields:
    inner = {name: about.get("$ref") or about.get("items", {}).get("$ref") for name, about in SCHEMAS[schema].items()}
    return {name: _fields(below) if below else {} for name, below in inner.items()}


EVERYTHING = _fields(_RESPONSE)


# A request


@dataclass(frozen=True)
class Asked:
    """One search as it was asked for. What was not said, or said to be 0 or empty, is as in proto3."""

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
        """What must be the same again when a page token is used."""
        return [self.query, self.site, self.language, self.max_age, self.size]


def asked(parameters: Mapping[str, Sequence[str]]) -> Asked:
    """What these parameters, each with its values, ask for. Raises Refused for what the API does not know."""
    if "callback" in parameters:
        raise Refused(
            "callback", "There is no JSONP here. A script on any site may read the plain answer: leave it out."
        )
    said: dict[str, str] = {}
    for name, values in parameters.items():
        if name not in _PARAMETERS:
            known = ", ".join(sorted(_PARAMETERS))
            raise Refused(
                name[:100],
                f'Invalid JSON payload received. Unknown name "{name[:100]}": Cannot bind query parameter. '
                f"Known are {known}.",
            )
        if len(values) > 1:
            raise Refused(name, f"{name} is given more than once. Give it once.")
        said[name] = values[0] if values else ""
        if said[name]:
            _check(name, said[name])

    def number(name: str) -> int:
        return int(said.get(name) or 0)

    found = Asked(
        query=QueryField(required=False).clean(said.get("query", "")),
        site=said.get("reviewPublisherSiteFilter", "").strip().lower().removeprefix("www."),
        language=said.get("languageCode", ""),
        max_age=number("maxAgeDays"),
        size=min(number("pageSize") or PAGE, MOST_ON_A_PAGE),
        offset=number("offset"),
        token=said.get("pageToken", ""),
        fields=selection(said["fields"]) if said.get("fields") else EVERYTHING,
        is_pretty=said.get("prettyPrint", "true").lower() != "false",
    )
    if not (found.query or found.site):
        raise Refused("query", "Give query or reviewPublisherSiteFilter: one of them is required.")
    return found


def _check(name: str, value: str) -> None:
    """Raises Refused for a value that the parameter cannot have."""
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


# An answer


def site() -> str:
    """Our host as this API names sites: without `www.`."""
    return str(urlsplit(settings.SITE_URL).hostname).removeprefix("www.")


def claim(publication: Publication) -> Content:
    """A published claim with our check. What is not known is left out; a rating is words and never a number.

    The date of the check is that of its first publication, as in ClaimReview's `datePublished`: a name that changed, or
    a comma, makes no check a new one. The caution that belongs to a verdict has no field; it begins the title.
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


# Partial answers

_TOKENS = re.compile(r"\w+|\S", re.ASCII)


def selection(text: str) -> Fields:
    """The fields that a `fields` parameter names: `claims(text,claimReview/url),nextPageToken`.

    A comma joins, `/` or `.` leads to a field below, brackets hold several of them, `*` is all. Raises Refused.
    """
    tokens = deque(_TOKENS.findall(text))
    chosen = _several(tokens, EVERYTHING)
    if tokens:
        raise _not_a_selection(tokens[0])
    return chosen


def _several(tokens: deque[str], below: Fields) -> Fields:
    chosen = _one(tokens, below)
    while tokens and tokens[0] == ",":
        tokens.popleft()
        chosen = _joined(chosen, _one(tokens, below))
    return chosen


def _one(tokens: deque[str], below: Fields) -> Fields:
    """One path. It can lead no deeper than the answer has fields."""
    name = tokens.popleft() if tokens else ""
    if name == "*":
        return below
    if name not in below:
        raise _not_a_selection(name)
    match tokens[0] if tokens else "":
        case "/" | ".":
            tokens.popleft()
            return {name: _one(tokens, below[name])}
        case "(":
            tokens.popleft()
            inner = _several(tokens, below[name])
            if not tokens or tokens.popleft() != ")":
                raise Refused("fields", f"fields has no closing bracket after {name}. Write {name}(…).")
            return {name: inner}
    return {name: below[name]}


def _joined(one: Fields, other: Fields) -> Fields:
    return {name: _joined(one.get(name, {}), other.get(name, {})) for name in one | other}


def _not_a_selection(token: str) -> Refused:
    return Refused(
        "fields", f"Invalid field selection {token[:100]}. Write claims(text,claimReview/url),nextPageToken."
    )


def selected(value: Any, fields: Fields) -> Any:
    """What `fields` leaves of an answer or a part of it."""
    match value:
        case dict():
            return {name: selected(inner, fields[name]) for name, inner in value.items() if name in fields}
        case list():
            return [selected(item, fields) for item in value]
    return value


# For client libraries


def discovery() -> Content:
    """What this site offers, in Google's API discovery format (v1)."""
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
        "documentationLink": imprint.address("claims:about"),
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "basePath": "",
        "parameters": _located(STANDARD),
        "resources": {
            "claims": {
                "methods": {
                    "search": {
                        "id": "factchecktools.claims.search",
                        "path": path,
                        "flatPath": path,
                        "httpMethod": "GET",
                        "description": "Finds checked claims: the best first, or without query the newest check.",
                        "parameterOrder": [],
                        "parameters": _located(SEARCH),
                        "response": {"$ref": _RESPONSE},
                    }
                }
            }
        },
        "schemas": {
            name: {"id": name, "type": "object", "properties": properties} for name, properties in SCHEMAS.items()
        },
    }


def _located(parameters: Mapping[str, Content]) -> dict[str, Content]:
    return {name: {**about, "location": "query"} for name, about in parameters.items()}
