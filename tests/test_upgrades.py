"""Data that earlier states of the project wrote still come over, whole.

`tests/past/` holds the demo's database and its exports as they were before the migrations became one set, after every
kind of public act: corrected, rerated, renamed, redacted, withdrawn and published again.
"""

import json
import lzma
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from claims.desk import record_check
from claims.models import Revision
from claims.outlets.mirror.site import addresses
from claims.schema import SCHEMA, is_sound
from tests.claims.formats.files import exported
from tests.pooler import without_pooler

PAST = Path(settings.BASE_DIR, "tests/past/before_release")
# The oldest schema of which there is a body here.
OLDEST = 2
NOT_THERE = re.compile(r"/data/archives/|/(es/)?about/(?!how-it-works/|ratings/)")
# What the database holds beside rows. Of a check the name alone: a restored one is spelled differently.
# It follows from the address, and is no longer exported.
DERIVED = {"canonical_address"}
LAYOUT = """
    SELECT table_name || '.' || column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT IN (SELECT relname FROM pg_class WHERE relkind = 'v')
    UNION ALL SELECT conrelid::regclass || '.' || conname,
        CASE contype WHEN 'c' THEN '' ELSE pg_get_constraintdef(oid) END, '', '' FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT tgname, pg_get_triggerdef(oid), '', '' FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT proname, prosrc, '', '' FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'claims%'
    ORDER BY 1, 2
"""


def kept(name: str) -> str:
    return lzma.decompress((PAST / name).read_bytes()).decode()


@pytest.fixture
def past(db: None) -> Iterator[dict[str, Any]]:
    """Parameters of a connection to the old database, in one of its own beside the tests'."""
    parameters = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in {"dbname", "user", "password", "host", "port"}
    }
    name = f"{parameters['dbname']}_past"
    with psycopg.connect(**parameters | {"dbname": "postgres"}, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            with psycopg.connect(**parameters | {"dbname": name}, autocommit=True) as old:
                old.execute(kept("database.sql.xz").encode())
            yield parameters | {"dbname": name}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(parameters: dict[str, Any], *commands: list[str]) -> str:
    """What commands of the site print when one process runs them on this database, one after the other."""
    script = "from django.core.management import call_command\n"
    script += "".join(f"call_command(*{command})\n" for command in commands)
    asked = urlencode({key: parameters[key] for key in ("host", "port") if parameters.get(key)})
    person = ":".join(quote(str(parameters[key]), safe="") for key in ("user", "password") if parameters.get(key))
    url = f"postgresql://{person}@/{parameters['dbname']}?{asked}"
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", script],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DEBUG": "on", "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def rows(text: str) -> dict[str, dict[str, Any]]:
    """Exported records by their model and all that names them."""
    records = [json.loads(line) for line in text.splitlines()]
    return {json.dumps([item["model"], _key(item["fields"])]): item["fields"] for item in records}


def _key(fields: dict[str, Any]) -> list[Any]:
    named = ["claim", "revision", "slug", "username", "number", "version", "order", "kind", "sha256", "name", "started"]
    return [fields[name] for name in named if name in fields]


def not_the_same(before: str, after: str) -> list[str]:
    """The old records that are missing, or of which a field says something else. New fields may have come.

    The cards in the index of names gain the newer fields of the schema, as bodies do when they are read.
    """
    now = rows(after)
    return [
        f"{key}: {name}"
        for key, fields in rows(before).items()
        for name, value in fields.items()
        if name not in DERIVED and not _says(value, now.get(key, {}).get(name, ...))
    ]


def _says(old: Any, new: Any) -> bool:
    """True if the new value is the old one. An object, such as an entry's body, may have new fields too."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(_says(value, new.get(name, ...)) for name, value in old.items())
    return bool(old == new)


@without_pooler
def test_an_old_database_comes_over_with_every_row(past: dict[str, Any]) -> None:
    commands = ["migrate", "--verbosity=0"], ["export_fixture", "--format=jsonl"], ["refresh_words"], ["check_record"]
    said = manage(past, *commands)
    after, _, of_words_and_check = said.rpartition("}\n")
    assert not_the_same(kept("everything.jsonl.xz"), f"{after}}}") == []
    assert "is whole" in of_words_and_check
    with psycopg.connect(**past) as old, connection.cursor() as cursor:
        cursor.execute(LAYOUT)
        assert old.execute(LAYOUT).fetchall() == cursor.fetchall()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["everything", "published"])
def test_an_old_export_loads_into_an_empty_site(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.jsonl"
    file.write_text(kept(f"{name}.jsonl.xz"), encoding="utf-8")
    call_command("loaddata", file, verbosity=0)
    arguments = ["--published"] if name == "published" else []
    assert not_the_same(file.read_text(encoding="utf-8"), exported(*arguments, "--format=jsonl")) == []


@pytest.mark.django_db
@pytest.mark.parametrize("version", range(OLDEST, SCHEMA))
def test_every_door_reads_a_body_of_an_older_schema_and_keeps_its_bytes(version: int, client: Client) -> None:
    """`bodies/` holds a claim that was published and corrected by the code of each schema, as that code exported it."""
    file = PAST.parent / f"bodies/schema_{version}.jsonl"
    call_command("loaddata", file, verbosity=0)
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    signed = [one["fields"]["body"] for one in records if one["model"] == "claims.revision"]
    assert {json.loads(body)["schema"] for body in signed} == {version}
    assert list(Revision.objects.order_by("number").values_list("body", flat=True)) == signed
    for address in addresses():
        # In Spanish the pages read the same bodies, so those of one schema stand for all.
        if address.startswith("/es/") and version > OLDEST:
            continue
        answer = client.get(address)
        assert answer.getvalue(), address
        # No archive was built, and the newsroom wrote no page about itself.
        expected = HTTPStatus.NOT_FOUND if NOT_THERE.match(address) else HTTPStatus.OK
        assert answer.status_code == expected, address
    newest = Revision.objects.order_by("number").last()
    assert newest is not None
    assert is_sound(newest.content)
    assert not_the_same(file.read_text(encoding="utf-8"), exported("--published", "--format=jsonl")) == []
    assert list(record_check.faults()) == []


@pytest.mark.django_db
def test_every_page_and_file_of_an_old_record_is_there(client: Client, tmp_path: Path) -> None:
    """Bodies keep the shape in which they were signed, and every door reads them.

    The test above asks for the pages in Spanish, which read the same bodies.
    """
    file = tmp_path / "everything.jsonl"
    file.write_text(kept("everything.jsonl.xz"), encoding="utf-8")
    call_command("loaddata", file, verbosity=0)
    answers: Counter[int] = Counter()
    for address in addresses():
        if address.startswith("/es/"):
            continue
        answer = client.get(address)
        answers[answer.status_code] += 1
        answer.getvalue()  # a file that isn't read to its end takes up a place for streams
    # 404: no archive was built, the newsroom wrote no page about itself, and a version that withdraws its claim
    # cannot be cited.
    assert answers.keys() == {200, 404, 410}
    assert answers[200] > 300
    assert answers[404] < 22
