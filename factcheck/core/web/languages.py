"""The language of a page follows from its address alone, so that every cache may keep it for everybody."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import translate_url
from django.utils import translation


class LanguageMiddleware:
    """Answers in the language that the path begins with, or in `LANGUAGE_CODE`; errors too.

    Django's own middleware also asks the reader's cookie and headers. Then a page would differ between two readers.
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


@dataclass(frozen=True)
class Translation:
    """The same page in one language: its code, its name in itself, and the page's path."""

    code: str
    name: str
    path: str


def translations(path: str) -> list[Translation]:
    """The page at `path`, which is in the active language, in all languages; none when it has but one address."""
    found = [Translation(code, str(name), translate_url(path, code)) for code, name in settings.LANGUAGES]
    return found if len({one.path for one in found}) == len(found) else []
