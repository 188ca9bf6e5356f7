"""The demo: it is set up once, keeps what is there, and a taken port stops it before anything happens."""

import logging
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from claims.models import Claim, PublishedClaim
from claims.outlets import archive
from factcheck.accounts.models import User

# A command line and its environment.
Served = tuple[list[str], dict[str, str]]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """The demo logs less. It never ends in a process that does anything else, but here it does."""
    log = logging.getLogger("factcheck.security")
    level = log.level
    yield
    log.setLevel(level)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> list[Served]:
    """The senders that the demo would have started, and the servers it would have become."""
    lines: list[Served] = []
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DATABASE_URL_FILE", raising=False)
    monkeypatch.setattr(os, "execve", lambda _program, line, env: lines.append((line, env)))
    monkeypatch.setattr(subprocess, "Popen", lambda line, env: lines.append((line, env)))
    settings.STATIC_ROOT = tmp_path / "static"
    settings.ARCHIVES_FOLDER = tmp_path / "archives"
    return lines


@pytest.mark.django_db
def test_demo_sets_up_once_and_keeps_what_is_there(
    served: list[Served], free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("demo", port=free_port)
    assert PublishedClaim.objects.count() == 25
    password = User.objects.get(username="chief").password
    said = capsys.readouterr().out
    assert "25 starter claims published." in said
    assert "/admin/" in said

    call_command("demo", port=free_port)
    assert "0 starter claims published." in capsys.readouterr().out
    assert PublishedClaim.objects.count() == Claim.objects.count() == 25
    assert User.objects.get(username="chief").password == password
    assert len(list(archive.newest_first())) == 1
    assert len(served) == 8
    (sender, _), (writer, _), *_others, (server, _) = served[:4]
    assert {"deliver_webhooks", f"--parent={os.getpid()}"} <= set(sender)
    assert {"write_name_changes", f"--parent={os.getpid()}"} <= set(writer)
    assert f"127.0.0.1:{free_port}" in server
    assert {environment.get("DATABASE_ROLE") for _, environment in served} == {"factcheck_web"}


@pytest.mark.django_db
def test_demo_leaves_a_desk_that_has_claims_without_the_starter(served: list[Served], free_port: int) -> None:
    Claim.objects.create(slug="ours", statement="The council spent 4 million on bridges.")
    call_command("demo", port=free_port)
    assert list(Claim.objects.values_list("slug", flat=True)) == ["ours"]
    assert served


@pytest.mark.django_db
def test_a_taken_port_is_said_before_anything_is_done(served: list[Served]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use"):
            call_command("demo", port=port)
    assert not Claim.objects.exists()
    assert not User.objects.exists()
    assert not served


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_a_number_that_is_not_a_port_is_refused(port: int) -> None:
    with pytest.raises(CommandError, match="isn't a port"):
        call_command("demo", port=port)
