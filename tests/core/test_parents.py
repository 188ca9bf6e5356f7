"""A process ends with the one that started it, however that one ends, and the demo with `make`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this signal")
# Its last argument is its parent. It becomes another program, as the demo becomes the web server.
CHILD = """
import os, sys
from factcheck.core.parents import end_with
end_with(int(sys.argv[-1]))
print("started", flush=True)
os.execvp("sleep", ["sleep", "600"])
"""


def ends_with(command: list[str], **options: str) -> bool:
    """Kill the process of this command once its child has started. True when the child ended too."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]
    with process:
        assert process.stdout.readline() == "started\n"
        process.kill()
        # All that hold the pipe have ended.
        return bool(process.stdout.read() == "")


def test_a_process_ends_with_the_killed_one_that_started_it() -> None:
    assert ends_with(["sh", "-c", '"$@" $$ & wait', "sh", sys.executable, "-c", CHILD])


def test_the_demo_ends_with_a_killed_make(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{CHILD}' \"$@\"\n")
    python.chmod(0o755)
    (tmp_path / "key").touch()
    made = [f"python={python}", f"key={tmp_path / 'key'}", "-o", ".venv/run", "-o", str(tmp_path / "key")]
    assert ends_with(["make", "--silent", "demo", *made], cwd=str(settings.BASE_DIR))


def test_a_parent_that_has_ended_already_counts_too() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    child = [sys.executable, "-c", CHILD, str(ended.pid)]
    assert subprocess.run(child, stdout=subprocess.PIPE, check=False).stdout == b""


def test_the_process_of_a_running_parent_goes_on() -> None:
    child = [sys.executable, "-c", CHILD.replace("sleep", "true"), str(os.getpid())]
    assert subprocess.run(child, stdout=subprocess.PIPE, check=False).returncode == 0
