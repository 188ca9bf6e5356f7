"""Sentences for readers and editors are in plain words: no banned word in templates, code and catalogues.

docs/explanation/writing.md has the style, with better words for each.
"""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
FOLDERS = ("claims", "factcheck", "sources")
SPANISH = ROOT / "factcheck/locale/es/LC_MESSAGES/django.mo"

# What no sentence says, and what to say instead.
QUAINT = {
    r"stands?(?! for)|stood": "is, is in force, is valid",
    r"put to": "linked to; compare with",
    r"mend(s|ed|ing)?": "fix, correct",
    r"(take|takes|taken|took) (it |this |them )?(along|back)|taken this claim back": "download, withdraw",
    r"the thing itself": "the original",
    r"(?<!there )(is|are|was|were) (no|none)\b(?! (longer|more))": "isn't a, aren't any",
    r"for ever|forever": "permanently, always",
    r"who(m|so)?ever": "the person who, anybody who",
    r"signed by": "reviewed by, checked by, published by",
    r"in silence": "without saying so",
    r"now and then": "from time to time",
    r"(un)?like unto|anew|amiss|likewise|hitherto|thereof|whereof": "plain words",
    r"another \w+ than": "other than",
}
# What sentences for readers and editors don't say either. The API and the files have fields with these names.
JARGON = {
    r"(?<!web )(?<!email )(?<!home )(?<!IP )address(es)?": "web address, link, email",
    r"e-mail": "email",
    r"origins?": "independent source",
    r"sides?": "for and against, position",
    r"narrow\w*( \w+)? down": "filter",
    r"cannot": "can't",
}
SPANISH_BANNED = {
    r"tom(a|an|ar) partido": "respaldan o contradicen",
    r"para llevar": "descargar",
    r"declarantes?": "quién lo dijo, personas y medios",
    r"retiros?": "retirada",
    r"acerca de": "sobre el sitio",
    r"más que nada": "tema con más afirmaciones",
    r"l[ao]s? (apoya|refuta)n?": "a favor, en contra",
    r"(?<!país de )or[ií]gen(es)?": "fuente independiente",
    r"para siempre": "siempre, de forma permanente",
    r"vigentes?": "actual",
    r"en verificación": "verificados",
    r"con día": "con fecha exacta",
    r"no hay ning[uú]n \w+ en esta dirección": "no encontramos esta página",
}


def found_in(sentence: str, banned: dict[str, str]) -> list[str]:
    """Each banned word that the sentence has, with what to say instead."""
    return [
        f"“{match[0]}” (say: {better}): {sentence}"
        for pattern, better in banned.items()
        if (match := re.search(rf"\b(?:{pattern})\b", sentence, re.IGNORECASE))
    ]


def test_a_banned_word_is_found_and_its_neighbours_are_not() -> None:
    bad = "Look whether the verdict still stands."
    assert found_in(bad, QUAINT) == [f"“stands” (say: is, is in force, is valid): {bad}"]
    for planted in (
        "It is no judgement.", "We mended it.", "Whoever asks", "A source that was put to a claim.", "Signed by Ana",
    ):  # fmt: skip
        assert found_in(planted, QUAINT), planted
    for planted in ("Its address gives the reason.", "4 origins", "It takes a side.", "Send an e-mail."):
        assert found_in(planted, JARGON), planted
    for plain in (
        "The original is no longer shown.", "Check the web address.", "This understands a standard.",
        "A private person’s home address", "Recommended", "The claim is by another person.", "besides",
    ):  # fmt: skip
        assert not found_in(plain, QUAINT | JARGON), plain
    assert found_in("Declarantes", SPANISH_BANNED)
    assert not found_in("El original se retiró", SPANISH_BANNED)


# Where sentences are


def code_files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def template_files() -> Iterator[Path]:
    for folder in FOLDERS:
        # The components page is for those who build the pages, and only in debug mode.
        yield from (path for path in (ROOT / folder).rglob("*.html") if path.name != "components.html")


def strings_of(tree: ast.AST) -> Iterator[str]:
    """The texts in this code, without its docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def translated(path: Path) -> Iterator[str]:
    """The sentences of a file that are translated: they are for readers and editors."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # Django turns a template into calls of gettext, and everything else into the letter X.
        for literal in re.findall(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", templatize(text)):
            yield ast.literal_eval(literal)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and re.fullmatch(r"_|n?p?gettext(_lazy)?", ast.unparse(node.func)):
            yield from (argument for one in node.args for argument in strings_of(one))


def words_of(template: str) -> str:
    """The words of a template, translated or not, without its comments, tags and code."""
    text = re.sub(
        r"{% comment.*?endcomment %}|{#.*?#}|<(script|style|code|pre).*?</\1>", " ", template, flags=re.DOTALL
    )
    return re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", text, flags=re.DOTALL)


def test_no_sentence_for_readers_or_editors_has_a_banned_word() -> None:
    files = [*code_files(), *template_files()]
    sentences = {(path, sentence) for path in files for sentence in translated(path)}
    assert len(sentences) > 700
    found = {
        f"{path.relative_to(ROOT)}: {one}"
        for path, sentence in sentences
        for one in found_in(sentence.replace("\n", " "), QUAINT | JARGON)
    }
    assert not found, "\n".join(sorted(found))


def test_no_page_of_english_only_has_a_banned_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {one}"
        for path in template_files()
        for one in found_in(" ".join(words_of(path.read_text(encoding="utf-8")).split()), QUAINT)
    ]
    assert not found, "\n".join(found)


def test_no_message_description_or_refusal_has_a_quaint_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {one}"
        for path in code_files()
        for text in strings_of(ast.parse(path.read_text(encoding="utf-8")))
        # Sentences have a space. Others are names, keys and patterns. SQL isn't for readers.
        if " " in text and not re.search(r"SELECT|CREATE|UPDATE|\\b", text)
        for one in found_in(text, QUAINT)
    ]
    assert not found, "\n".join(found)


def test_no_field_of_the_desk_has_a_banned_word() -> None:
    sentences = [
        str(text)
        for name in ("claims", "sources", "accounts")
        for model in apps.get_app_config(name).get_models()
        for text in (
            *(getattr(one, "help_text", "") for one in model._meta.get_fields()),
            # A name that Django makes from that of the field isn't ours.
            *(one.verbose_name for one in model._meta.fields if one.verbose_name != one.name.replace("_", " ")),
            *(getattr(one, "violation_error_message", "") for one in model._meta.constraints),
        )
        if text
    ]
    assert len(sentences) > 100
    found = [one for sentence in sentences for one in found_in(sentence, QUAINT | {"cannot": "can't"})]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_no_page_of_the_documentation_has_a_quaint_word(page: Path) -> None:
    if page.name == "writing.md":
        return  # it lists them
    prose = re.sub(r"```.*?```|`[^`]*`", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = [one for line in prose.splitlines() for one in found_in(line, QUAINT)]
    assert not found, "\n".join(found)


def test_spanish_is_plain_too() -> None:
    with SPANISH.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    sentences = [str(text) for text in catalogue._catalog.values()]  # type: ignore[attr-defined]
    assert len(sentences) > 500
    found = [one for sentence in sentences for one in found_in(sentence, SPANISH_BANNED)]
    assert not found, "\n".join(found)
