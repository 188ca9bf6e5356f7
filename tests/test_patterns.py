"""No regular expression reads a text over and over: a run of one character takes no longer than another text."""

import re
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pkgutil import walk_packages
from types import FrameType, ModuleType

import pytest
from django.test import Client
from django.urls import reverse

RUNS = [*' \n\t.,-–/"“(<*_=#@&:!?a1A。…', "a-", "a.", ". ", "A ", "/a", "\n ", "<a", "a@", "1,"]
# Only tried at one place of a text, or on a few characters of it.
TRIED_ONCE = {
    ("claims.matching.sentences", "_ABBREVIATION"),
    ("factcheck.core.fields.addresses", "_WRAPPED"),
    ("factcheck.core.folder", "_PATH"),
    ("factcheck.core.text", "_SENTENCE"),
    ("sources.extraction", "_MARKUP"),
    ("sources.parse", "_BIBTEX_FIELD"),
}


def modules() -> Iterator[ModuleType]:
    for room in ("claims", "factcheck", "sources"):
        for found in walk_packages(import_module(room).__path__, f"{room}."):
            if ".migrations" not in found.name:
                yield import_module(found.name)


def patterns() -> dict[tuple[str, str], re.Pattern[str]]:
    return {
        (module.__name__, name): value
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str)
    }


@contextmanager
def no_runaway(what: object = "") -> Iterator[None]:
    """Ends what would take minutes of work instead of milliseconds."""

    def end(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"This reads a text over and over. {what}")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_no_pattern_reads_a_run_of_one_character_over_and_over() -> None:
    found = patterns()
    assert set(found) > TRIED_ONCE
    for name in set(found) - TRIED_ONCE:
        for run in RUNS:
            with no_runaway((name, run)):
                deque(found[name].finditer(run * (60_000 // len(run)) + "\0"), maxlen=0)


@pytest.mark.django_db
@pytest.mark.parametrize("run", [".%", "-", "\n \n", "A", "?!", "a.b/"])
def test_a_reader_s_text_of_one_character_is_answered(client: Client, run: str) -> None:
    text = run * (50_000 // len(run))
    with no_runaway():
        assert client.post(reverse("claims:check"), {"text": text}).status_code in {200, 400}
    with no_runaway():
        assert client.get(reverse("claims:list"), {"q": text[:10_000]}).status_code == 200
