"""A lost database is restored to a chosen second from a base backup and the archive of the log (WAL).

    .venv/bin/python -m deploy.drills.restore_to_a_time

A site's database is backed up while it is written to, then a time is noted, more is written, and the server is lost
with its data. Restored to that time, it must have exactly the rows from before, the login of the web processes with
its rights, and a record that is whole, and the site must serve from it. As the control, a restore without the archive
must fail. All servers are real, on sockets of their own in a temporary folder. Exits with 1 if anything else happens.
"""

import datetime
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg

from deploy.drills.servers import Fleet, Server, servers
from deploy.drills.writer import ROOT, environment, manage, writing

WEB = "factcheck_web"
_SITE_SECONDS = 60


def archiving(archive: Path) -> str:
    """The settings of a server that keeps its log in a folder, as docs/how-to/back-up-and-restore.md has them."""
    return (
        "archive_mode = on\narchive_timeout = 60s\n"
        f"archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f.part && mv {archive}/%f.part {archive}/%f'\n"
    )


def restored(fleet: Fleet, lost: Server, backup: Path, archive: Path, at: datetime.datetime) -> Server:
    """A new server from the backup and the archive, as of this time. Raises RuntimeError if it can't get there."""
    server = Server(fleet.folder / f"restored{len(fleet.servers)}", lost.programs, lost.uid, lost.gid)
    server.make_folder()
    fleet.servers.append(server)
    server.copy(backup, server.data)
    server.configure(
        f"restore_command = 'cp {archive}/%f %p'\nrecovery_target_time = '{at.isoformat()}'\n"
        "recovery_target_action = 'promote'\narchive_mode = off"
    )
    (server.data / "recovery.signal").touch()
    server.start()
    while _is_recovering(server):
        time.sleep(0.05)
    return server


def _is_recovering(server: Server) -> bool:
    """True until the server has all it needs. Raises RuntimeError with the end of its log if it gave up."""
    try:
        waits = bool(server.value("SELECT pg_is_in_recovery()"))
    except psycopg.OperationalError:
        waits = True  # it is about to end, or has ended
    if waits and (server.process is None or server.process.poll() is not None):
        raise RuntimeError(server.log[-2000:])
    return waits


def serves(url: str) -> bool:
    """True if a site with this database says that it is ready and shows its front page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "factcheck.wsgi", "--bind", f"127.0.0.1:{port}", "--log-level=error"]
    site = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=ROOT, env=environment(url, SITE_URL=site)) as process:
        try:
            until = time.monotonic() + _SITE_SECONDS
            while time.monotonic() < until:
                try:
                    return all(
                        urllib.request.urlopen(f"{site}{path}", timeout=10).status == 200  # noqa: PLR2004, S310
                        for path in ("/-/ready", "/", "/claims/")
                    )
                except OSError:
                    time.sleep(0.1)
            return False
        finally:
            process.terminate()


def main() -> None:
    """Run the drill and its control, and report."""
    with servers() as fleet:
        archive = fleet.folder / "archive"
        primary = fleet.primary(archiving(archive), folders=[archive])
        manage("migrate", "--verbosity=0", url=primary.url())
        manage("grant_web_role", WEB, url=primary.url())
        backup = fleet.folder / "backup"
        primary.make(backup)
        with writing(primary.url(WEB)) as writers:
            writers.wait_for(50)
            primary.run("pg_basebackup", "-h", primary.folder, "-U", "factcheck_owner", "-D", backup, "-X", "fetch")
            writers.wait_for(50)
        before = {slug for (slug,) in primary.query("SELECT slug FROM sources_publisher")}
        at: datetime.datetime = primary.value("SELECT clock_timestamp()")
        primary.query("SELECT pg_sleep(1)")
        with writing(primary.url(WEB), number=1) as writers:
            writers.wait_for(50)
        after = primary.value("SELECT count(*) FROM sources_publisher") - len(before)
        segment = primary.value("SELECT pg_walfile_name(pg_switch_wal())")
        while not (archive / segment).exists():
            time.sleep(0.05)
        primary.kill()
        shutil.rmtree(primary.data)
        print(f"{len(before)} rows until {at:%H:%M:%S}, {after} later. The server and its data are lost.", flush=True)

        found = restored(fleet, primary, backup, archive, at)
        kept = {slug for (slug,) in found.query("SELECT slug FROM sources_publisher", user=WEB)}
        manage("check_record", url=found.url(WEB))
        results = {
            f"has {len(kept & before)} of the {len(before)} rows, and {len(kept - before)} others": kept == before,
            "the web processes log in, and the record is whole": True,
            "the web processes can't change the record": _is_refused(found),
            "the site serves": serves(found.url(WEB)),
        }
        empty = fleet.folder / "no-archive"
        primary.make(empty)
        try:
            restored(fleet, primary, backup, empty, at)
            results["control: without the archive it can't be restored"] = False
        except RuntimeError as error:
            results["control: without the archive it can't be restored"] = "recovery ended before" in str(error)
        for name, is_right in results.items():
            print(f"{'as it must be' if is_right else 'WRONG':<14} {name}", flush=True)
        sys.exit(not all(results.values()))


def _is_refused(server: Server) -> bool:
    return not server.value(
        "SELECT has_table_privilege('factcheck_web', 'claims_revision', 'UPDATE, DELETE, TRUNCATE')"
    )


if __name__ == "__main__":
    main()
