"""Imports may only point down. `FLOORS` lists all rooms, and every module must belong to one."""

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)

# From the lowest floor up. A room may import itself and rooms on lower floors, but no other rooms.
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
    ["claims.matching"],
    ["claims.formats"],
    ["claims.desk", "claims.outlets", "claims.templatetags"],
    ["claims.urls", "claims.management", "claims.admin", "claims.apps"],
    ["factcheck"],
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms} | {"claims": 0}

READERS_ROOMS = ["claims.search", "claims.matching", "claims.formats", "claims.outlets", "claims.templatetags"]
# Outlets may read only these rows. Rating and RatingScale are rows of the desk, for the page about ratings.
FOR_READERS = {
    *("Revision", "PublishedClaim", "IndexEntry", "Correction", "NameChange", "PageVersion", "RecordRefresh"),
    *("Rating", "RatingScale"),
}
# Rows for search, which are computed from the record, and the queues of webhooks and purges.
FOR_MACHINES = {
    "claims.search.indexing": {"ClaimFacets", "Facet", "SearchRow", "Stem", "Word"},
    "claims.search.candidates": {"BLOCK", "BLOCK_SQL"},
    # The desk alone asks for its drafts: see the test below.
    "claims.matching.drafts": {"Claim"},
    "claims.matching.foreign": {"ForeignCheck"},
    "claims.formats.webhook": {"Delivery"},
    "claims.outlets.gauges": {"Delivery", "Purge"},
    "claims.outlets.purges": {"Purge"},
    "claims.outlets.webhooks": {"Delivery", "Subscriber"},
}
RECORD_ROWS = {
    *("Revision", "PublishedClaim", "IndexEntry", "Correction"),
    *("ClaimEvent", "Approval", "NameChange", "PageVersion"),
}
# Loading restores rows as they were exported, and checks that they are consistent.
WORKFLOW = [f"claims.desk.{name}" for name in ("workflow", "names", "newsroom", "merging.acts", "approvals", "journal")]
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
    """Each of our modules that this one imports, with the imported name."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} uses a relative import. Write the full name."
            found = [(node.module or "", alias.name) for alias in node.names]
        else:
            continue
        for name, part in found:
            whole = f"{name}.{part}" if f"{name}.{part}" in FILES else name
            if whole.partition(".")[0] in {"factcheck", "sources", "claims"}:
                yield whole, part


def test_every_room_exists() -> None:
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


def test_no_import_is_inside_a_function() -> None:
    """Except in `AppConfig.ready`, because models can't be imported before it."""
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


def test_modules_below_claims_do_not_mention_claims() -> None:
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
    """Checks assignments to `state` and Django's methods that write. Loading exported rows is the exception."""
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
        if within(module, READERS_ROOMS)
        for name, part in imported(module)
        if within(name, ["claims.models", "sources.models"]) and name != "claims.models.querysets"
        if part not in FOR_READERS | FOR_MACHINES.get(module, set())
    }
    assert taken == set()


def test_only_the_desk_asks_for_drafts() -> None:
    """In the rooms for readers, no call has an argument `drafts`, and no module imports the one that finds them.

    Nor does one import that which finds fact-checks by others: readers see only those that an editor linked.
    """
    asked = {
        f"{module}:{getattr(node, 'lineno', 0)}"
        for module in FILES
        if within(module, READERS_ROOMS) and not within(module, ["claims.matching"])
        for node in ast.walk(tree(module))
        if isinstance(node, ast.keyword) and node.arg == "drafts"
    }
    taken = {
        module
        for module in FILES
        for name, _ in imported(module)
        if (within(name, ["claims.matching.drafts"]) and not within(module, ["claims.matching"]))
        or (within(name, ["claims.matching.foreign"]) and not within(module, ["claims.desk"]))
    }
    assert asked | taken == set()


# Modules that can connect to other machines, and our modules that may use them. `http` checks every address.
NETWORK_MODULES = {
    *("httpx", "httpcore", "requests", "urllib3", "aiohttp", "urllib.request", "http.client", "socket", "ssl"),
    *("asyncio", "ftplib", "imaplib", "poplib", "smtplib", "telnetlib", "xmlrpc", "websockets"),
}
MAY_USE_NETWORK = {"factcheck.core.http": NETWORK_MODULES, "claims.management.commands.demo": {"socket"}}


def test_one_module_sends_requests_to_other_machines() -> None:
    out = {
        f"{module} takes {name}"
        for module in FILES
        for name in _imported_names(module)
        for network_module in NETWORK_MODULES - MAY_USE_NETWORK.get(module, set())
        if within(name, [network_module])
    }
    assert out == set(), "Use factcheck.core.http instead."


# A merge deletes one of its two rows, so nothing may refer to it meanwhile.
LOCKS_REFERENCES = {"claims.desk.merging.preview"}


def test_a_lock_on_a_row_leaves_others_free_to_refer_to_it() -> None:
    found = {
        f"{module}:{node.lineno}"
        for module in FILES.keys() - LOCKS_REFERENCES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "select_for_update"
        if not {"no_key", "skip_locked"} & {keyword.arg for keyword in node.keywords}
    }
    assert found == set(), "Say no_key=True, or two acts can wait for each other."


def _imported_names(module: str) -> Iterator[str]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_module_has_a_meaningless_name() -> None:
    names = {module.rpartition(".")[2] for module in FILES}
    assert names & {"utils", "helpers", "common", "misc", "signals"} == set()


def test_every_rule_detects_a_violation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that breaks every rule, in several rooms, and no other: the rules pass where it isn't."""
    file = tmp_path / "bad.py"
    file.write_text(
        "from urllib import request\nfrom claims.models import Claim, Revision\nfrom claims.desk import bad\n"
        "def act(claim):\n    import claims.desk.workflow\n    claim.state = 'published'\n"
        "    Revision.objects.create(claim=claim)\n    Revision(claim=claim)\n"
        "    ask(claim, drafts=True)\n    Claim.objects.select_for_update()\n",
        encoding="utf-8",
    )
    places = ("sources.bad", "claims.desk.bad", "claims.search.bad", "factcheck.core.utils")
    monkeypatch.setattr(sys.modules[__name__], "FILES", dict.fromkeys(places, file))
    for rule in (
        test_imports_point_down,
        test_no_modules_import_each_other_in_a_circle,
        test_no_import_is_inside_a_function,
        test_modules_below_claims_do_not_mention_claims,
        test_only_the_workflow_sets_a_state_or_writes_the_record,
        test_readers_get_nothing_from_the_desk,
        test_only_the_desk_asks_for_drafts,
        test_one_module_sends_requests_to_other_machines,
        test_a_lock_on_a_row_leaves_others_free_to_refer_to_it,
        test_no_module_has_a_meaningless_name,
    ):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            rule()
