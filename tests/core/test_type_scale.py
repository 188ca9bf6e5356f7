"""Readers' pages have eight text styles, and no size beside those of the tokens."""

import re
from pathlib import Path

import pytest
from django.conf import settings

STYLES = Path(settings.BASE_DIR, "factcheck/static/factcheck")
# The desk's have the sizes of Django's admin. A frame is small, and paper has its own unit.
OTHERS = {"desk.css", "embed.css", "print.css"}
READERS = sorted(
    file
    for root in (settings.BASE_DIR / "claims/static", settings.BASE_DIR / "factcheck/static")
    for file in root.rglob("*.css")
    if file.name not in OTHERS and not file.name.startswith("desk-")
)
TOKENS = (STYLES / "tokens.css").read_text(encoding="utf-8")
# A size alone may change where the face is inherited. Code has a face of its own.
ALLOWED = re.compile(
    r"inherit|100%|var\(--type-[a-z]+\)|var\(--size-[a-z]+\)|var\(--size-[a-z]+\) / [\d.]+ ui-monospace, monospace"
)


def used(css: str) -> list[str]:
    """The values of `font` and `font-size` in a stylesheet, without its comments."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return [value.strip() for value in re.findall(r"(?<![\w-])font(?:-size)?:([^;}]*)", css)]


def test_there_are_eight_text_styles_and_six_sizes() -> None:
    assert len(re.findall(r"^\s*--type-[a-z]+:", TOKENS, re.MULTILINE)) == 8
    assert len(re.findall(r"^\s*--size-[a-z]+:", TOKENS, re.MULTILINE)) == 6


@pytest.mark.parametrize("file", READERS, ids=lambda file: file.name)
def test_every_text_has_one_of_them(file: Path) -> None:
    assert [value for value in used(file.read_text(encoding="utf-8")) if not ALLOWED.fullmatch(value)] == []


def test_a_heading_without_a_class_has_one_of_them() -> None:
    base = (STYLES / "base.css").read_text(encoding="utf-8")
    sizes = dict(re.findall(r"^(h1|h2, h3, h4) \{ font-size: var\(--size-([a-z]+)\);", base, re.MULTILINE))
    assert sizes == {"h1": "head", "h2, h3, h4": "title"}


def test_the_check_sees_a_size_of_its_own() -> None:
    found = used("a { font-size: 1.1rem; font-weight: 700 } b { font: 600 1rem / 1.2 var(--sans) }")
    assert [bool(ALLOWED.fullmatch(value)) for value in found] == [False, False]


def test_the_evidence_and_the_text_are_at_least_16_pixels() -> None:
    sizes = {name: float(size) for name, size in re.findall(r"--size-([a-z]+): ([\d.]+)rem;", TOKENS)}
    assert sizes["text"] * 16 >= 16
    assert sizes["control"] * 16 >= 16
    claim = (STYLES / "claim.css").read_text(encoding="utf-8")
    assert ".evidence-finding { font: var(--type-text); }" in claim
