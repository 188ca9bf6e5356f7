"""Run the whole site on this machine with real data."""

import logging
import os
import socket
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from claims.desk import starter
from claims.models import Claim
from factcheck import environment
from factcheck.accounts import demo
from factcheck.core.parents import end_with
from factcheck.devdb import lease

_HOST = "127.0.0.1"
_WEB_ROLE = "factcheck_web"
_SERVICES = ["deliver_webhooks", "write_name_changes", "run_imports"]


class Command(BaseCommand):
    """1. Checks that the port is free, before it changes anything.
    2. Sets up the database, files, starter data and demo accounts. Existing data stays.
    3. Starts the services and becomes the web server, so that Ctrl-C ends everything.
    """

    help = "Set up a demo with the starter data and serve it on this machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--parent", type=int, metavar="PID", help="End when this process, which started us, ends.")

    def handle(self, *_: Any, **options: Any) -> None:
        port = options["port"]
        if options["parent"] is not None:
            end_with(options["parent"])
        _refuse_taken(port)
        self.stdout.write("Setting up ...")
        # Two lines for each starter claim that is approved and published would hide the passwords.
        logging.getLogger("factcheck.security").setLevel(logging.WARNING)
        call_command("migrate", verbosity=0, interactive=False)
        web_login = _make_web_login()
        call_command("collectstatic", verbosity=0, interactive=False)
        self.stdout.write("Accounts for the desk:")
        call_command("demo_people", stdout=self.stdout)
        if not Claim.objects.exists():
            call_command("loaddata", str(starter.FIXTURE), by=demo.SUBMITTER.username, verbosity=0)
        call_command("publish_starter", stdout=self.stdout)
        call_command("refresh_words", verbosity=0)
        # If the demo was stopped in the middle of a change of a name, finish it.
        call_command("write_name_changes", once=True, verbosity=0)
        call_command("build_archive", keep=1, verbosity=0)
        try:
            call_command("check_record", stdout=self.stdout)
        except CommandError as error:
            self.stderr.write(str(error))
        self.stdout.write(f"\nReaders' pages: {settings.SITE_URL}/")
        self.stdout.write(f"The desk:       {settings.SITE_URL}{reverse('admin:index')}")
        self.stdout.write("Ctrl-C stops everything.\n")
        self.stdout.flush()
        self._serve(port, web_login)

    def _serve(self, port: int, web_login: dict[str, str]) -> None:
        lease.pass_to_next_program(Path(settings.DATA_FOLDER))
        # As in production, the web processes can't rewrite the record, nor become the owner, who can.
        variables = {**os.environ, **web_login}
        for service in _SERVICES:
            # The service ends when this process ends. This process becomes the server.
            command = [str(settings.BASE_DIR / "manage.py"), service, "--verbosity=0", f"--parent={os.getpid()}"]
            subprocess.Popen([sys.executable, *command], env=variables)  # noqa: S603 — our own command
        server = [
            *(sys.executable, "-m", "gunicorn", "factcheck.wsgi", "--bind", f"{_HOST}:{port}", "--workers", "2"),
            *("--config", str(settings.BASE_DIR / "deploy" / "gunicorn.conf.py")),
            *("--log-level", "warning", "--chdir", str(settings.BASE_DIR)),
        ]
        os.execve(sys.executable, server, variables)  # noqa: S606 — our own interpreter, without a shell


def _make_web_login() -> dict[str, str]:
    """Make the database login of the web processes. Returns the environment variables that use it."""
    if not environment.secret("DATABASE_URL"):
        call_command("grant_web_role", _WEB_ROLE, verbosity=0)
        return {"DATABASE_ROLE": _WEB_ROLE}
    url_file = Path(settings.DATA_FOLDER) / "web_database_url"
    url_file.parent.mkdir(parents=True, exist_ok=True)
    call_command("grant_web_role", _WEB_ROLE, url_file=url_file, verbosity=0)
    return {"DATABASE_URL_FILE": str(url_file)}


def _refuse_taken(port: int) -> None:
    """Raises CommandError if no process can listen on the port."""
    try:
        with socket.socket() as probe:
            # The server sets this too: a port that a stopped server has just left counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((_HOST, port))
    except PermissionError:
        raise CommandError(f"Port {port} needs special rights. Choose another: make demo PORT=8001") from None
    except (OSError, OverflowError):
        raise CommandError(f"Port {port} is in use or isn't a port. Choose another: make demo PORT=8001") from None
