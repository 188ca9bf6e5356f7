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


def translations(path: str) -> list[Translation]:
    """The page at `path`, given in the active language, in all languages. Empty if the page has only one address."""
    pages = [Translation(code, str(name), translate_url(path, code)) for code, name in settings.LANGUAGES]
    return pages if len({page.path for page in pages}) == len(pages) else []
