"""Migrations are complete, say what they do, and have one order."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import call_command
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    CreateModel,
    Migration,
    RemoveField,
    RunPython,
    RunSQL,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import Index, IntegerField

OURS = [
    app for app in apps.get_app_configs() if Path(app.path).is_relative_to(settings.BASE_DIR / app.name.split(".")[0])
]
INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)(\w+)\s+ON (\w+)")
WRITES = re.compile(r"^\s*(UPDATE|DELETE FROM|INSERT INTO) ", re.MULTILINE)
# They write few rows (of people, subscribers and imports), or came before any site had many claims.
OF_FEW_ROWS = {
    "accounts.0002_signatures_and_confirmation",
    "claims.0003_approvals_and_name_changes",
    "claims.0004_webhook_repeats_and_checks",
    "claims.0006_headline_attribution_and_date_of_the_matter",
    "claims.0007_words_in_other_languages",
    "claims.0009_words_of_an_appearance",
    "claims.0010_names_twins_and_origins",
    "claims.0047_batches_of_imports",
    "sources.0004_addresses_as_browsers_read_them",
}
NUMBERED = re.compile(r"(\d{4})_([a-z0-9_]+)")


def names(path: str) -> list[str]:
    return sorted(file.stem for file in Path(path, "migrations").glob("0*.py"))


@pytest.mark.django_db
def test_the_models_have_no_change_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_our_apps_are_found() -> None:
    assert {app.label for app in OURS if names(app.path)} == {"accounts", "core", "sources", "claims"}


@pytest.mark.parametrize("path", [app.path for app in OURS], ids=[app.label for app in OURS])
def test_every_migration_has_a_number_of_its_own_and_a_name_that_speaks(path: str) -> None:
    matches = [NUMBERED.fullmatch(name) for name in names(path)]
    assert all(matches)
    numbers = Counter(match[1] for match in matches if match)
    assert [number for number, times in numbers.items() if times > 1] == []
    assert sorted(numbers) == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for match in matches:
        assert match
        assert not re.search(r"^(initial|auto)|_and_more$|\d{6}", match[2])


def locking_indexes(migration: Migration) -> list[str]:
    """The indexes that this migration adds to tables with rows, and that let nobody write until they are built."""
    operations = migration.operations
    created = {operation.name_lower for operation in operations if isinstance(operation, CreateModel)}
    added = [
        operation.index.name
        for operation in operations
        if isinstance(operation, AddIndex) and not isinstance(operation, AddIndexConcurrently)
        if operation.model_name_lower not in created
    ]
    written = " ".join(str(operation.sql) for operation in operations if isinstance(operation, RunSQL))
    added += [name for name, table in INDEX.findall(written) if f"CREATE UNLOGGED TABLE {table}" not in written]
    return [f"{migration.app_label}.{migration.name}: {name}" for name in added]


def ours() -> list[Migration]:
    migrations = (MigrationLoader(None).disk_migrations or {}).values()
    return [migration for migration in migrations if migration.app_label in {app.label for app in OURS}]


def test_an_index_on_a_table_with_rows_is_added_without_a_lock() -> None:
    assert [index for migration in ours() for index in locking_indexes(migration)] == []


def writes_while_locked(migration: Migration) -> bool:
    """True if this migration writes rows after it changed a table, which nobody can read until it ends."""
    created = {operation.name_lower for operation in migration.operations if isinstance(operation, CreateModel)}
    is_locked = False
    for operation in migration.operations if migration.atomic else ():
        if isinstance(operation, AddField | RemoveField | AddConstraint) and operation.model_name_lower not in created:
            is_locked = True
        if is_locked and (isinstance(operation, RunPython) or WRITES.search(str(getattr(operation, "sql", "")))):
            return True
    return False


def test_no_migration_writes_rows_while_readers_wait_for_a_table() -> None:
    assert {f"{one.app_label}.{one.name}" for one in ours() if writes_while_locked(one)} <= OF_FEW_ROWS


@pytest.mark.parametrize(
    ("places", "is_refused"), [((0, 1), True), ((1, 0), False), ((0,), False), ((1,), False), ((0, 2), True)]
)
def test_the_check_of_writes_finds_those_behind_a_changed_table(places: tuple[int, ...], is_refused: bool) -> None:
    every = [
        AddField("claim", "x", IntegerField(null=True)),
        RunSQL("\nUPDATE claims_claim SET x = 1"),
        RunPython(RunPython.noop),
    ]

    class Writes(Migration):
        operations = [every[place] for place in places]

    class WritesByItself(Writes):
        atomic = False

    assert writes_while_locked(Writes("0099_x", "claims")) is is_refused
    assert not writes_while_locked(WritesByItself("0099_x", "claims"))


@pytest.mark.parametrize(
    ("operation", "refused"),
    [
        (AddIndex("claim", Index(fields=["slug"], name="x")), 1),
        (AddIndexConcurrently("claim", Index(fields=["slug"], name="x")), 0),
        (RunSQL("CREATE INDEX x ON claims_claim (slug)"), 1),
        (RunSQL("CREATE UNIQUE INDEX x ON claims_claim (slug)"), 1),
        (RunSQL("CREATE INDEX CONCURRENTLY x ON claims_claim (slug)"), 0),
    ],
)
def test_the_check_of_indexes_finds_the_kind_that_locks(operation: Operation, refused: int) -> None:
    class Adds(Migration):
        operations = [operation]

    migration = Adds("0099_x", "claims")
    assert len(locking_indexes(migration)) == refused
