"""What is left out of a script before a server of another version gets it. `test_backup.py` uses real servers."""

import pytest

from factcheck.devdb import scripts

COLUMN = b"ALTER TABLE ONLY public.claims_claim ALTER COLUMN statement SET "


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (b"(pg_attver=22161880)", b""),
        (b"(pg_attver=22161880, n_distinct=5)", COLUMN + b"(n_distinct=5);\n"),
        (b"(n_distinct=5)", COLUMN + b"(n_distinct=5);\n"),
    ],
)
def test_the_number_that_a_server_gives_to_a_column_is_left_out_and_an_option_that_was_set_is_not(
    options: bytes, left: bytes
) -> None:
    assert scripts.portable(COLUMN + options + b";\n") == left


def test_a_setting_that_older_servers_refuse_is_made_where_it_is_known() -> None:
    assert b"WHERE name = 'transaction_timeout'" in scripts.portable(b"SET transaction_timeout = 0;\n")


def test_any_other_line_stays() -> None:
    line = b"COMMENT ON TABLE public.a IS 'ALTER COLUMN b SET (pg_attver=1)';\n"
    assert scripts.portable(line) == line
    assert not scripts.begins_rows(line)
    assert scripts.begins_rows(b"COPY public.a (b) FROM stdin;\n")
