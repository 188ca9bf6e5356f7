"""The web server: `gunicorn factcheck.wsgi --config deploy/gunicorn.conf.py`. Options on the command line win.

One service for readers and one for the desk (see systemd/), so that no crowd of readers keeps editors waiting.
`WEB_CONCURRENCY` sets the number of processes: 2 for each core is the usual beginning for readers, 2 are enough for a
desk of twenty. Each takes about 100 MB and `threads` connections to the database, and PostgreSQL allows 100.
"""

import gc
import os
import shutil
import tempfile
from typing import Any

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000").split(",")
# Of a socket: only the user and the group of the site, which the proxy is in, may write to it. It has no other umask.
umask = 0o007
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
worker_class = "gthread"
# A longer path or query is refused with 414 here and by the proxy.
limit_request_line = 8190
# Longer than any wait for the database; a worker that is silent for as long is replaced.
timeout = 60
# A restart lets a download end.
graceful_timeout = 30
keepalive = 75
# Requests that wait for a thread. More than this are refused at once, and the proxy answers from its cache.
backlog = 256
# A process is replaced now and then, not all at the same moment.
max_requests = 20_000
max_requests_jitter = 2_000
# Its socket would be in the home folder, one for all sites of a user.
control_socket_disable = True

# Where the processes count together, empty at each start.
_has_token = os.environ.get("METRICS_TOKEN") or os.environ.get("METRICS_TOKEN_FILE")
_counts = tempfile.mkdtemp(prefix="factcheck-metrics-") if _has_token else ""
if _counts:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts


def post_worker_init(worker: Any) -> None:
    """Let Python look through what was loaded no more when it collects garbage.

    Otherwise one request in some hundred waits for that: 60 to 120 ms, as long as a page of search results takes.
    """
    from django.urls import get_resolver  # noqa: PLC0415 — in the worker: a reload then has the new code

    get_resolver().url_patterns  # noqa: B018 — loads all pages, which the first request would do
    gc.collect()
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    """Forget the gauges of a process that ended."""
    if _counts:
        from prometheus_client import multiprocess  # noqa: PLC0415 — an optional package

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Remove the folder of the counts."""
    if _counts:
        shutil.rmtree(_counts, ignore_errors=True)
