"""How long the static copy takes: all of it, after one public act, and after none.

DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/static_copy.py 500
"""
# ruff: noqa: PLC0415 — settings come first

import sys
import tempfile
import time

import bulk


def main(count: int) -> None:
    """Publish `count` claims, then write the copy three times."""
    from django.core.management import call_command
    from published_claims import Claims

    from tests.factories import SourceFactory, published

    bulk.publish(Claims(count))
    with tempfile.TemporaryDirectory(prefix="factcheck-copy-") as folder:
        for name in ["everything", "after no act", "after one act"]:
            if name == "after one act":
                source = SourceFactory.create(slug="the-source")
                published(slug="the-act", appearances=[source], evidence=[source])
            started = time.monotonic()
            call_command("export_site", f"{folder}/copy", verbosity=0)
            print(f"{count:,} claims, {name:<16}{time.monotonic() - started:8.1f} s", flush=True)


if __name__ == "__main__":
    with bulk.scratch():
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
