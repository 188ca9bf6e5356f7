"""Lists of web addresses whose pages are imported."""

import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from claims.models import ForeignCheck, ImportRun
from tests.claims.desk.imports.test_runs import decided, review
from tests.receiver import Receiver, listening

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with listening() as one:
        settings.OUTGOING_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
        one.body = f'<script type="application/ld+json">{json.dumps([review(1), review(2)])}</script>'.encode()
        yield one


def imports(path: Path, *lines: str) -> None:
    path.write_text("\n".join(lines))
    call_command("import_checks", str(path), feed="pages", verbosity=0)


def test_the_reviews_of_each_page_are_imported_and_a_page_without_one_is_refused(
    receiver: Receiver, tmp_path: Path
) -> None:
    decided()
    receiver.statuses = [200, 404]
    imports(tmp_path / "list.txt", "# ours", receiver.address, f"{receiver.address}/2", "ftp://x.example/", "")
    assert ForeignCheck.objects.count() == 2
    rows = ImportRun.objects.get().rows.order_by("number")
    assert [(row.where, row.problems[0]["field"]) for row in rows] == [
        (f"{receiver.address}/2", "page"),
        ("ftp://x.example/", "page"),
    ]
    assert "404" in rows[0].problems[0]["reason"]


def test_nothing_is_fetched_if_fetching_is_off(
    receiver: Receiver, tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.FETCH_ARTICLES = False
    with pytest.raises(CommandError):
        imports(tmp_path / "list.txt", receiver.address)
    assert "doesn't fetch pages" in capsys.readouterr().err
    assert receiver.received == []


def test_an_address_inside_our_network_is_refused(receiver: Receiver, tmp_path: Path, settings: Any) -> None:
    settings.OUTGOING_ALLOW = []
    imports(tmp_path / "list.txt", receiver.address)
    assert receiver.received == []
    assert ImportRun.objects.get().counts["refused"] == 1


@pytest.mark.parametrize(("content", "words"), [(b"\n#\n", "no web address"), (b"\xff\xfe\xff", "UTF-8")])
def test_a_list_that_is_not_one_is_refused(
    tmp_path: Path, content: bytes, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(CommandError):
        call_command("import_checks", str(path), feed="pages", verbosity=0)
    assert words in capsys.readouterr().err
