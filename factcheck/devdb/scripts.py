"""Scripts of pg_dump and pg_restore, as every server accepts them.

A server can be older than these programs, or of a newer minor version than they know.
"""

import re

# They write this since version 17. Older servers have no such setting and refuse it.
_TIMEOUT = b"SET transaction_timeout = 0;\n"
# The same for every server: it does nothing where there is no such setting.
_TIMEOUT_IF_KNOWN = (
    b"SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout';\n"
)
# Servers since 15.20 give each column a number of their own among its options. Older programs dump it like an option
# that somebody set, and older servers refuse it.
_NUMBER_OF_COLUMN = re.compile(rb"(?P<column>ALTER TABLE ONLY .+ SET )\(pg_attver=\d+(?:, )?(?P<others>.*)\);\n")


def portable(line: bytes) -> bytes:
    """A line before the rows of a script, for every server. It can be empty."""
    if line == _TIMEOUT:
        return _TIMEOUT_IF_KNOWN
    if not (found := _NUMBER_OF_COLUMN.fullmatch(line)):
        return line
    return b"%b(%b);\n" % (found["column"], found["others"]) if found["others"] else b""


def begins_rows(line: bytes) -> bool:
    """True for the line after which the first rows come. Rows can hold any text."""
    return line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n")
