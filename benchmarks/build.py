"""Build a record of so many claims in a database of its own, `<name>_<count>`, and keep it.

    DATABASE_URL=postgresql://user@host/name BENCHMARK_DATA=/path .venv/bin/python benchmarks/build.py 10000 [--check]

The role in DATABASE_URL must be a superuser. With --check, `manage.py check_record` reads a new record whole.
"""

import subprocess
import sys
import time

import bulk
import corpus


def main() -> None:
    """Build each record that the command line names, unless it is there."""
    sizes = [int(one) for one in sys.argv[1:] if not one.startswith("-")]
    if not sizes:
        sys.exit(__doc__)
    for size in sizes:
        started = time.monotonic()
        with bulk.scratch(str(size), keep=True) as known:
            if not known:
                subprocess.run([sys.executable, corpus.__file__, str(size)], check=True)  # noqa: S603
                print(f"{size:,} claims built in {time.monotonic() - started:.0f} s", flush=True)
                if "--check" in sys.argv:
                    subprocess.run([sys.executable, str(bulk.ROOT / "manage.py"), "check_record"], check=True)  # noqa: S603


if __name__ == "__main__":
    main()
