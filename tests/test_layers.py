"""An import may only point down. The floors are the rule: what is not named here has no place."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)

# From the ground up. A room may import itself and rooms on lower floors, never one on its own floor or above.
FLOORS = [
    ["factcheck.environment"],
    ["factcheck.core"],
    ["factcheck.accounts", "factcheck.devdb"],
    ["sources"],
    ["claims.choices"],
    ["claims.schema"],
    ["claims.models"],
    ["claims.record"],
    ["claims.search"],
    ["claims.formats"],
    ["claims.desk", "claims.outlets", "claims.templatetags"],
    ["claims.urls", "claims.management", "claims.admin", "claims.apps"],
    ["factcheck"],
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms} | {"claims": 0}

# Readers get what is made of these rows alone; the page about ratings shows them as the desk has them.
FOR_READERS = {"Revision", "PublishedClaim", "IndexEntry", "Correction", "Rating", "RatingScale"}
# What follows from the record and is kept for search, and the outbox of webhooks.
FOR_MACHINES = {
    "claims.search.indexing": {"ClaimFacets", "Facet", "SearchRow", "Stem", "Word"},
    "claims.formats.webhook": {"Delivery"},
    "claims.outlets.webhooks": {"Delivery", "Subscriber"},
}
RECORD_ROWS = {"Revision", "PublishedClaim", "IndexEntry", "Correction", "ClaimEvent", "Approval", "NameChange"}
# Loading puts rows back as they were exported, and checks them against each other.
WORKFLOW = [f"claims.desk.{name}" for name in ("workflow", "names", "approvals", "journal")]
LOADING = "claims.desk.fixture_load"


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


def within(module: str, others: Iterable[str]) -> bool:
    return any(module == other or module.startswith(f"{other}.") for other in others)


def room_of(module: str) -> str:
    return max((room for room in FLOOR_OF if within(module, [room])), key=len)


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


def test_every_room_is_there() -> None:
    assert {room_of(module) for module in FILES} == set(FLOOR_OF)


def test_imports_point_down() -> None:
    up = {
        f"{module} imports {name}"
        for module in FILES
        for name, _ in imported(module)
        if room_of(name) != room_of(module) and FLOOR_OF[room_of(name)] >= FLOOR_OF[room_of(module)]
    }
    assert up == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {name for name, _ in imported(module) if name in FILES} for module in FILES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


def test_no_import_hides_in_a_function() -> None:
    """`AppConfig.ready` may: before it, models cannot be loaded."""
    hidden = {
        f"{module}:{inner.lineno}"
        for module in FILES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        and getattr(node, "name", "") != "ready"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    assert hidden == set()


def test_what_lies_below_claims_does_not_know_the_word() -> None:
    known = {
        f"{module}:{getattr(node, 'lineno', 0)} {name}"
        for module in FILES
        if within(module, ["sources", "factcheck.core", "factcheck.accounts"])
        for node in ast.walk(tree(module))
        for attribute in ("id", "name", "attr", "arg", "module")
        if isinstance(name := getattr(node, attribute, None), str) and "claim" in name.lower()
    }
    assert known == set()


WRITES = {
    *("create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete"),
    *("acreate", "abulk_create", "aget_or_create", "aupdate_or_create", "aupdate", "abulk_update", "adelete"),
}


def test_only_the_workflow_sets_a_state_or_writes_the_record() -> None:
    """These are the ways to write that Django has. Loading rows as they were exported is the exception."""
    written = {
        f"{module}:{getattr(node, 'lineno', 0)}"
        for module in FILES
        if not within(module, [*WORKFLOW, LOADING])
        for node in ast.walk(tree(module))
        if _sets_a_state(node) or _writes_the_record(node)
    }
    assert written == set()


def _sets_a_state(node: ast.AST) -> bool:
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(
        isinstance(part, ast.Attribute) and part.attr == "state" for target in targets for part in ast.walk(target)
    )


def _writes_the_record(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in RECORD_ROWS
        case ast.Call(func=ast.Attribute(attr=act, value=ast.Attribute(value=ast.Name(id=name)))):
            return name in RECORD_ROWS and act in WRITES
    return False


def test_readers_get_nothing_from_the_desk() -> None:
    taken = {
        f"{module} takes {part}"
        for module in FILES
        if within(module, ["claims.search", "claims.formats", "claims.outlets", "claims.templatetags"])
        for name, part in imported(module)
        if within(name, ["claims.models", "sources.models"]) and name != "claims.models.querysets"
        if part not in FOR_READERS | FOR_MACHINES.get(module, set())
    }
    assert taken == set()


# Ways to another machine. One module goes them, and it checks where they lead.
WAYS_OUT = {
    *("httpx", "httpcore", "requests", "urllib3", "aiohttp", "urllib.request", "http.client", "socket", "ssl"),
    *("asyncio", "ftplib", "imaplib", "poplib", "smtplib", "telnetlib", "xmlrpc", "websockets"),
}
MAY_GO_OUT = {"factcheck.core.http": WAYS_OUT, "claims.management.commands.demo": {"socket"}}


def test_one_module_sends_requests_to_other_machines() -> None:
    out = {
        f"{module} takes {name}"
        for module in FILES
        for name in _taken(module)
        for way in WAYS_OUT - MAY_GO_OUT.get(module, set())
        if within(name, [way])
    }
    assert out == set(), "Send it through factcheck.core.http."


def _taken(module: str) -> Iterator[str]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_file_is_named_after_nothing() -> None:
    names = {module.rpartition(".")[2] for module in FILES}
    assert names & {"utils", "helpers", "common", "misc", "signals"} == set()


def test_the_rules_see_what_they_are_there_to_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that breaks every rule, put where `sources` and the search begin."""
    file = tmp_path / "bad.py"
    file.write_text(
        "from urllib import request\nfrom claims.models import Claim, Revision\nfrom claims.desk import bad\n"
        "def act(claim):\n    import claims.desk.workflow\n    claim.state = 'published'\n"
        "    Revision.objects.create(claim=claim)\n    Revision(claim=claim)\n",
        encoding="utf-8",
    )
    for place in ("sources.bad", "claims.desk.bad", "claims.search.bad", "factcheck.core.utils"):
        monkeypatch.setitem(FILES, place, file)
    for rule in (
        test_imports_point_down,
        test_no_modules_import_each_other_in_a_circle,
        test_no_import_hides_in_a_function,
        test_what_lies_below_claims_does_not_know_the_word,
        test_only_the_workflow_sets_a_state_or_writes_the_record,
        test_readers_get_nothing_from_the_desk,
        test_one_module_sends_requests_to_other_machines,
        test_no_file_is_named_after_nothing,
    ):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            rule()
