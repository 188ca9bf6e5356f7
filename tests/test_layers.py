"""An import may only point down. The table is the rule; whatever is not in it may not be imported."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CORE = {"factcheck.core"}
ACCOUNTS = {"factcheck.accounts.models"}
ENVIRONMENT = {"factcheck.environment"}
SOURCES = {"sources.choices", "sources.models"}
STATE = {"claims.choices", "claims.models", "claims.querysets", "claims.search"}
MEANING = {
    *("claims.record", "claims.readiness", "claims.differences", "claims.filters", "claims.facets", "claims.columns"),
    *("claims.marks", "claims.citation", "claims.card", "claims.related", "claims.imprint", "claims.publications"),
    *("claims.claimreview", "claims.consumers", "claims.factchecktools", "claims.datafeed"),
}
ACTS = {
    *("claims.workflow", "claims.indexing", "claims.starter", "claims.imports", "claims.exports", "claims.statistics"),
    *("claims.webhooks", "claims.sending"),
}
PAGES = {"claims.views", "claims.templatetags"}
FIGURES = {"claims.statistics", "claims.charts"}

# Module, with all below it: what it may import of ours besides its own. The longest name that fits rules.
MAY_IMPORT: dict[str, set[str]] = {
    "factcheck.environment": set(),
    "factcheck.core": ENVIRONMENT,
    "factcheck.accounts": CORE,
    "sources": CORE | ACCOUNTS,
    "sources.choices": set(),
    "sources.models": CORE | {"sources.choices"},
    "claims": set(),
    "claims.choices": set(),
    "claims.words": set(),
    "claims.search": {"claims.words"},
    "claims.querysets": {"claims.choices", "factcheck.core", *ACCOUNTS},
    "claims.models": CORE | ACCOUNTS | {"claims.choices", "claims.querysets", "claims.words", "sources.models"},
    "claims.record": CORE | SOURCES | STATE,
    "claims.readiness": CORE | SOURCES | STATE | {"claims.record"},
    "claims.differences": CORE | STATE | {"claims.record", "sources.choices"},
    "claims.imprint": set(),
    "claims.marks": {"claims.record"},
    "claims.card": CORE | {"claims.marks", "claims.record"},
    "claims.related": STATE | {"claims.record"},
    "claims.citation": CORE | {"claims.record"},
    "claims.filters": CORE | STATE | {"claims.record"},
    "claims.publications": STATE | {"claims.imprint", "claims.record"},
    "claims.claimreview": CORE | STATE | {"claims.imprint", "claims.publications", "claims.record"},
    "claims.consumers": CORE | {"claims.claimreview"},
    "claims.datafeed": STATE | {"claims.claimreview", "claims.imprint", "claims.publications", "claims.record"},
    "claims.factchecktools": CORE | {"claims.filters", "claims.imprint", "claims.publications", "claims.record"},
    "claims.columns": CORE | STATE | {"claims.record", "claims.imprint", "claims.publications"},
    "claims.facets": CORE | STATE | {"claims.record", "claims.filters"},
    "claims.indexing": CORE | STATE | {"claims.record", "claims.words"},
    "claims.webhooks": STATE | {"claims.record", "claims.imprint"},
    "claims.sending": CORE | STATE | {"claims.webhooks"},
    "claims.workflow": CORE
    | ACCOUNTS
    | SOURCES
    | STATE
    | {"claims.record", "claims.readiness", "claims.indexing", "claims.webhooks"},
    "claims.starter": CORE | ACCOUNTS | SOURCES | STATE | MEANING | {"claims.workflow"},
    "claims.imports": CORE | ACCOUNTS | SOURCES | STATE | MEANING | {"claims.workflow", "claims.exports"},
    "claims.exports": CORE | ACCOUNTS | SOURCES | STATE | MEANING,
    "claims.statistics": CORE | STATE | MEANING,
    "claims.charts": CORE | STATE | MEANING | {"claims.statistics"},
    # Outlets. What readers get comes from the record; `test_readers_get...` says which models those are.
    "claims.views": CORE | STATE | MEANING | FIGURES | {"claims.exports"},
    "claims.views.components": CORE | STATE | MEANING | PAGES | {"sources.choices"},
    "claims.api": CORE | STATE | MEANING | {"claims.statistics", "claims.views.public", "sources.choices"},
    "claims.templatetags": CORE | STATE | MEANING | FIGURES | {"sources.choices"},
    "claims.urls": PAGES,
    "claims.file_urls": PAGES | {"claims.exports"},
    "claims.admin": CORE | ACCOUNTS | SOURCES | STATE | MEANING | ACTS | {"sources.admin", "claims.views"},
    "claims.management": CORE | {"factcheck.accounts"} | SOURCES | STATE | MEANING | ACTS | ENVIRONMENT,
    # The only places that know everything: settings, urls, wsgi, asgi, desk.
    "factcheck": {"factcheck", "sources", "claims"},
}
RECORD_ROWS = {"Revision", "PublishedClaim", "IndexEntry", "Correction", "ClaimEvent"}
FOR_READERS_ALONE = {
    *(*PAGES, "claims.api", "claims.filters", "claims.publications", "claims.related", "claims.datafeed"),
    *(f"claims.exports.{name}" for name in ("archive", "dictionary", "files", "parquet", "xlsx")),
}
FOR_READERS = {"Revision", "PublishedClaim", "IndexEntry", "Correction", "Rating", "RatingScale"}
# Loads rows as they were exported, the record among them, and checks them against each other.
LOADS_ROWS = {"claims.imports"}


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_of(file): file
    for folder in ("factcheck", "sources", "claims")
    for file in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in file.parts
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def within(module: str, others: set[str]) -> bool:
    return any(module == other or module.startswith(f"{other}.") for other in others)


def rule_of(module: str) -> str:
    return max((name for name in MAY_IMPORT if within(module, {name})), key=len)


def imported(module: str) -> Iterator[tuple[str, str]]:
    """Each of our modules that this one imports, with the name taken from it."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports by dots; write the full name."
            found = [(node.module or "", alias.name) for alias in node.names]
        else:
            continue
        for name, part in found:
            whole = f"{name}.{part}" if f"{name}.{part}" in FILES else name
            if whole.partition(".")[0] in {"factcheck", "sources", "claims"}:
                yield whole, part


def test_every_rule_is_about_a_module_and_every_module_has_a_rule() -> None:
    assert all(rule_of(module) for module in FILES)
    assert len(FILES) > 40


@pytest.mark.parametrize("module", FILES)
def test_imports_point_down(module: str) -> None:
    rule = rule_of(module)
    allowed = MAY_IMPORT[rule] | ({rule} if rule != "factcheck" else set())
    up = {name for name, _ in imported(module) if not within(name, allowed)}
    assert up == set(), f"{rule} may import {sorted(allowed)}"


@pytest.mark.parametrize("module", FILES)
def test_no_import_hides_in_a_function(module: str) -> None:
    hidden = [
        inner.lineno
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


@pytest.mark.parametrize(
    "module", [name for name in FILES if within(name, {"sources", "factcheck.core", "factcheck.accounts"})]
)
def test_what_lies_below_claims_does_not_know_the_word(module: str) -> None:
    identifiers = {
        name
        for node in ast.walk(tree(module))
        for attribute in ("id", "name", "attr", "arg", "module")
        if isinstance(name := getattr(node, attribute, None), str)
    }
    assert {name for name in identifiers if "claim" in name.lower()} == set()


@pytest.mark.parametrize("module", [name for name in FILES if name != "claims.workflow"])
def test_only_the_workflow_sets_a_state_or_writes_the_record(module: str) -> None:
    """Reading is everybody's; these are the ways to write that Django has."""
    states = [
        node.lineno
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for part in ast.walk(target)
        if isinstance(part, ast.Attribute) and part.attr == "state"
    ]
    written = [
        f"{node.func.value.value.id}.{node.func.attr}"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITES
        and isinstance(node.func.value, ast.Attribute)
        and isinstance(node.func.value.value, ast.Name)
        and node.func.value.value.id in RECORD_ROWS
    ]
    made = [
        node.func.id
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RECORD_ROWS
    ]
    assert within(module, LOADS_ROWS) or (states, written, made) == ([], [], [])


WRITES = {
    *("create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete"),
    *("acreate", "abulk_create", "aget_or_create", "aupdate_or_create", "aupdate", "abulk_update", "adelete"),
}


@pytest.mark.parametrize(
    "module",
    [name for name in FILES if within(name, FOR_READERS_ALONE)],
)
def test_readers_get_nothing_from_the_desk(module: str) -> None:
    taken = {part for name, part in imported(module) if within(name, {"claims.models", "sources.models"})}
    assert taken <= FOR_READERS


# Ways to another machine. One module goes them, and it checks where they lead.
WAYS_OUT = {
    *("httpx", "httpcore", "requests", "urllib3", "aiohttp", "urllib.request", "http.client", "socket", "ssl"),
    *("asyncio", "ftplib", "imaplib", "poplib", "smtplib", "telnetlib", "xmlrpc", "websockets"),
}
MAY_GO_OUT = {"factcheck.core.http": WAYS_OUT, "claims.management.commands.demo": {"socket"}}


@pytest.mark.parametrize("module", FILES)
def test_one_module_sends_requests_to_other_machines(module: str) -> None:
    taken = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            taken |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            taken |= {f"{node.module}.{alias.name}" for alias in node.names}
    out = {way for way in WAYS_OUT for name in taken if within(name, {way})}
    assert out <= MAY_GO_OUT.get(module, set()), "Send it through factcheck.core.http."


@pytest.mark.parametrize("module", FILES)
def test_no_file_is_named_after_nothing(module: str) -> None:
    assert module.rpartition(".")[2] not in {"utils", "helpers", "common", "misc", "signals"}


def test_the_rules_see_what_they_are_there_to_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that breaks every rule, put where `sources` begins."""
    file = tmp_path / "bad.py"
    file.write_text(
        "from urllib import request\nfrom claims.models import Claim, Revision\n"
        "def act(claim):\n    import claims.workflow\n    claim.state = 'published'\n"
        "    Revision.objects.create(claim=claim)\n    Revision(claim=claim)\n",
        encoding="utf-8",
    )
    monkeypatch.setitem(FILES, "sources.bad", file)
    for rule in (
        test_imports_point_down,
        test_no_import_hides_in_a_function,
        test_what_lies_below_claims_does_not_know_the_word,
        test_only_the_workflow_sets_a_state_or_writes_the_record,
        test_one_module_sends_requests_to_other_machines,
    ):
        with pytest.raises(AssertionError):
            rule("sources.bad")
