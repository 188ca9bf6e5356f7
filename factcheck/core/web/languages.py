"""The language of a page depends only on its address, so that caches can share it between readers."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import translate_url
from django.utils import translation


class LanguageMiddleware:
    """Activates the language that the path begins with, or `LANGUAGE_CODE`, for errors too.

    Django's own middleware also uses cookies and headers, so the same address could differ between two readers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = translation.get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
        with translation.override(language):
            response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", language)
        return response


def of_interface(tag: str) -> str:
    """The language of the interface for a text with this tag (BCP 47): "es" for es-MX. Empty if there is none."""
    with suppress(LookupError):
        return translation.get_supported_language_variant(tag.lower())
    return ""


def home_of(tag: str) -> str:
    """The language of the interface for a text with this tag, or the site's own if there is none."""
    return of_interface(tag) or settings.LANGUAGE_CODE


def name(tag: str) -> str:
    """The name of the language in the active language, for a sentence: "Spanish", "inglés". Empty if it isn't known."""
    info = _info(tag)
    if info is None:
        return ""
    translated = info["name_translated"]
    # Django's names begin with a capital in every language. A language's name for itself shows whether it does so.
    begins_large = own_name(translation.get_language() or settings.LANGUAGE_CODE)[:1].isupper()
    return translated if begins_large else translated[:1].lower() + translated[1:]


def own_name(tag: str) -> str:
    """The name of the language in itself, such as "español", or the tag (BCP 47) if Django doesn't know it."""
    info = _info(tag)
    return info["name_local"] if info else tag


def _info(tag: str) -> dict[str, str] | None:
    for code in (tag.lower(), tag.lower().partition("-")[0]):
        with suppress(KeyError):
            return cast("dict[str, str]", translation.get_language_info(code))
    return None


@dataclass(frozen=True)
class Translation:
    """The page in one language: the language's code, its own name, and the path of the page."""

    code: str
    name: str
    path: str


@dataclass(frozen=True)
class Addresses:
    """The addresses of a page: the one that search engines keep, and the page in each language, for its readers.

    `alternates` are those that search engines may offer: none if the text of the page is in one language only.
    """

    canonical: str
    versions: list[Translation]
    alternates: list[Translation]


def addresses(path: str, text_language: str = "") -> Addresses:
    """The addresses of the page at `path`, given in the active language.

    `text_language` is the tag of the language of its main text, if that is in one only: then the page is at home in
    that language, or in the site's own. A page with one address has no versions.
    """
    pages = [Translation(code, str(name), translate_url(path, code)) for code, name in settings.LANGUAGES]
    versions = pages if len({page.path for page in pages}) == len(pages) else []
    if not text_language:
        return Addresses(path, versions, versions)
    home = home_of(text_language)
    return Addresses(next((page.path for page in versions if page.code == home), path), versions, [])
