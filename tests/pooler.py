"""PgBouncer in transaction mode in front of a server. Run as a program, it runs pytest through one:

.venv/bin/python -m tests.pooler -q -n2 tests/claims/desk
"""

import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from deploy.drills.servers import DATABASE, OWNER, Server, servers

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
# For tests of one session, and of commands that must connect to PostgreSQL itself (docs/how-to/more-machines.md).
without_pooler = pytest.mark.skipif(os.environ.get("DATABASE_POOLER") == "on", reason="the tests run through a pooler")


@contextmanager
def pooling(server: Server, *, size: int = 2, ignores: str = "", user: str = "") -> Iterator[str]:
    """The folder of a pooler's socket. It has `size` sessions for each user and database.

    Start-up parameters in `ignores` are dropped. With `user`, all sessions log in as that user, whoever asks.
    """
    if not PROGRAM:
        pytest.skip("there is no pgbouncer")
    folder = server.folder.parent / "pooler"
    server.make(folder)
    users = folder / "users"
    users.write_text(f'"{OWNER}" ""\n')
    options = {
        "listen_addr": "",
        "listen_port": "5432",
        "unix_socket_dir": folder,
        "auth_type": "any" if user else "trust",
        "auth_file": users,
        # Others are looked up when they come, because tests make roles.
        "auth_user": OWNER,
        "pool_mode": "transaction",
        "default_pool_size": size,
        "max_client_conn": 500,
        "server_idle_timeout": 2,
        "ignore_startup_parameters": ignores,
    }
    database = f"* = host={server.folder}" + (f" user={user}" if user else "")
    lines = ["[databases]", database, "[pgbouncer]", *(f"{name} = {value}" for name, value in options.items())]
    (folder / "ini").write_text("\n".join(lines) + "\n")
    process = subprocess.Popen(
        [PROGRAM, "-q", *(["-u", pwd.getpwuid(server.uid).pw_name] if os.geteuid() == 0 else []), str(folder / "ini")]
    )
    address = f"host={folder} user={OWNER} dbname=postgres".encode()
    try:
        while psycopg.pq.PGconn.ping(address) != psycopg.pq.Ping.OK:
            assert process.poll() is None, "pgbouncer ended"
            time.sleep(0.02)
        yield str(folder)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def main() -> None:
    """Run pytest with these arguments on a server of its own, through a pooler."""
    with servers("factcheck-pooler") as fleet, pooling(fleet.primary("max_connections = 200"), size=20) as folder:
        url = f"postgresql://{OWNER}@{folder.replace('/', '%2F')}/{DATABASE}"
        variables = {**os.environ, "DEBUG": "on", "DATABASE_URL": url, "DATABASE_POOLER": "on"}
        sys.exit(subprocess.call([sys.executable, "-m", "pytest", *sys.argv[1:]], cwd=ROOT, env=variables))


if __name__ == "__main__":
    main()
