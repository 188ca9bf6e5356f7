"""Starts the process that reads a hostile file, and takes its answer line by line.

`claims.desk.imports.read` is that process. It gets the open file, and nothing of our settings, secrets or environment.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import orjson

from claims.desk.imports import read
from claims.desk.imports.limits import LIMITS, Limits

Line = dict[str, Any]


def lines(
    file: IO[bytes], reader: str, limits: Limits = LIMITS, *, script: Path = Path(read.__file__)
) -> Iterator[Line]:
    """What a reader of `script` finds in the file, one object at a time. The last one has `done` or `refused`.

    The file is a real one, opened: the process reads it itself. It's read from its start. The process ends with the
    generator, however that ends.
    """
    size = file.seek(0, 2)
    file.seek(0)
    # The command is constant: the reader is one of ours. Nothing of our environment goes to it.
    command = [sys.executable, "-I", str(script), reader, json.dumps(limits.as_json(size))]
    process = subprocess.Popen(  # noqa: S603
        command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LANG": "C.UTF-8"}
    )
    out = cast("IO[bytes]", process.stdout)
    is_whole = False
    number = 0
    try:
        for data in out:
            try:
                line: Line = orjson.loads(data)
            except ValueError:
                break  # it was killed while it wrote
            is_whole = "done" in line or "refused" in line
            number = line.get("number", number)
            yield line
        if not is_whole:
            yield {"refused": "costly", "after": number}
    finally:
        process.kill()
        out.close()
        process.wait()
