"""Any CSV or XLSX file gives rows or one clear refusal, within limits."""

import datetime
import io
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.desk.imports import process, read_sheet
from claims.desk.imports.limits import LIMITS
from tests.claims.desk.imports.sheets import cells, ods, ods_row, read, xlsx

DAY = datetime.datetime(2021, 5, 3)  # noqa: DTZ001 — a spreadsheet has no time zones
PLAIN = xlsx(lambda _book, sheet: sheet.write_row(0, 0, ["id", "claim"]))


class TestCsv:
    @pytest.mark.parametrize(
        ("encoding", "called"),
        [
            *[("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("windows-1252", "windows-1252")],
            *[("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")],
        ],
    )
    def test_reads_each_encoding_and_says_which_it_is(self, encoding: str, called: str) -> None:
        text = "id,claim\n1,“Años” – señor é ü and more letters so that it looks like text\n"
        lines = read(text.encode(encoding))

        assert lines[0]["about"]["encoding"] == called
        assert [line["cells"] for line in lines if "cells" in line][1][1].startswith("“Años” – señor é ü")

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_finds_the_delimiter_by_the_number_of_cells(self, delimiter: str) -> None:
        rows = [["id", "claim"], ["1", "One, two; three"], ["2", "x"]]
        data = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows).encode()

        assert cells(data) == rows

    def test_isnt_misled_by_other_separators_in_cells_of_several_lines(self) -> None:
        assert cells(b'"h","h"\n"a","\n;"\n"b;c;d","\n;"\n') == [["h", "h"], ["a", "\n;"], ["b;c;d", "\n;"]]

    def test_takes_the_delimiter_that_excel_names_in_the_first_line(self) -> None:
        assert cells(b"sep=;\r\nid;claim\r\n1;a,b,c\r\n") == [["id", "claim"], ["1", "a,b,c"]]

    def test_says_the_line_of_a_row_that_follows_one_of_several_lines(self) -> None:
        lines = read(b'id,claim\n1,"a\nb"\n\n2,c\n')

        assert [line["where"] for line in lines if "cells" in line] == ["line 1", "line 2", "line 5"]

    def test_keeps_a_formula_as_the_text_that_it_is(self) -> None:
        assert cells(b"id,claim\n1,=cmd|'/c calc'!A0\n")[1] == ["1", "=cmd|'/c calc'!A0"]

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "empty"),
            (b" \n \n", "empty"),
            (b'id,claim\n1,"never closed\n', "csv"),
            (b'id,claim\n1,"a"b\n', "csv"),
            (b"id,claim\n1,\x81\x8d\n", "encoding"),
            (b"\xef\xbb\xbfid,claim\n1,\xff\n", "encoding"),
            (b"\xff\xfei\x00d\x00\x00\xd8\x00\xd8", "encoding"),
            (b"id,claim\x00\x00\x00\x00\n1,2\n", "encoding"),
            (PLAIN, "type"),
        ],
    )
    def test_refuses_what_it_cant_read_with_the_reason(self, data: bytes, code: str) -> None:
        assert read(data)[-1]["refused"] == code

    def test_refuses_a_cell_that_is_too_long_before_it_is_in_memory(self) -> None:
        assert read(b"id,claim\n1," + b"x" * 3_000_000)[-1] == {"refused": "long", "after": 0, "line": 2}
        assert read(b"id,claim\n1," + b"x" * 150_000)[-1]["refused"] == "long"


class TestOds:
    def test_reads_texts_dates_and_numbers_and_names_the_cells_with_an_error(self) -> None:
        day = '<table:table-cell office:value-type="date" office:date-value="2021-05-03"/>'
        number = '<table:table-cell office:value-type="float" office:value="3"/>'
        data = ods(ods_row("id", "claim"), "", ods_row("1", "#DIV/0!") + day + number)

        assert cells(data, "ods") == [["id", "claim", "", ""], ["1", "#DIV/0!", "2021-05-03", "3"]]
        assert [line.get("errors") for line in read(data, "ods") if "cells" in line] == [None, {1: "#DIV/0!"}]
        assert [line["where"] for line in read(data, "ods") if "cells" in line] == ["Claims, row 1", "Claims, row 3"]

    @pytest.mark.parametrize(
        ("data", "codes"),
        [
            (b"", {"empty"}),
            (b"PK\x03\x04", {"broken-workbook"}),
            (PLAIN, {"broken-workbook"}),
            (ods(manifest="<m:file-entry><m:encryption-data/></m:file-entry>"), {"encrypted"}),
            (ods(also="Basic/Standard/Module1.xml"), {"macros"}),
            (ods(ods_row("x" * 20_000_000)), {"bomb"}),
        ],
        ids=["empty", "cut", "xlsx", "password", "macros", "bomb"],
    )
    def test_refuses_what_it_cant_read_with_the_reason(self, data: bytes, codes: set[str]) -> None:
        assert read(data, "ods")[-1]["refused"] in codes

    def test_refuses_a_cell_that_is_repeated_a_billion_times(self) -> None:
        cell = '<table:table-cell table:number-columns-repeated="16000" office:value-type="string"><text:p>x</text:p>'
        row = f"{cell}</table:table-cell></table:table-row><table:table-row table:number-rows-repeated='100000'>{cell}"
        with tempfile.TemporaryFile() as file:
            file.write(ods(f"{row}</table:table-cell>"))
            file.flush()
            last = list(process.lines(file, "ods", LIMITS, script=Path(read_sheet.__file__)))[-1]
        assert last["refused"] in {"broken-workbook", "costly"}


class TestXlsx:
    def test_reads_dates_numbers_and_the_values_of_formulas(self) -> None:
        def fill(book: Any, sheet: Any) -> None:
            day = book.add_format({"num_format": "dd/mm/yyyy"})
            sheet.write_row(0, 0, ["a", "b", "c", "d", "e"])
            sheet.write_datetime(1, 0, DAY, day)
            sheet.write_datetime(1, 1, DAY.replace(hour=14, minute=30), day)
            sheet.write_number(1, 2, 2021)
            sheet.write_formula(1, 3, "=1/2", None, 0.5)
            sheet.write_boolean(1, 4, True)

        assert cells(xlsx(fill), "xlsx")[1] == ["2021-05-03", "2021-05-03 14:30:00", "2021", "0.5", "TRUE"]

    @pytest.mark.parametrize(("rows", "last"), [(3, {"done": 3}), (1000, {"refused": "costly", "after": 0})])
    def test_refuses_a_workbook_that_needs_too_much_memory(self, rows: int, last: dict[str, Any]) -> None:
        def fill(_book: Any, sheet: Any) -> None:
            for column in range(20):
                sheet.write_column(0, column, [f"{column} {row} {'long ' * 50}" for row in range(rows)])

        with tempfile.TemporaryFile() as file:
            file.write(xlsx(fill))
            file.flush()
            limits = replace(LIMITS, memory=30 * 1024 * 1024)
            assert list(process.lines(file, "xlsx", limits, script=Path(read_sheet.__file__)))[-1] == last

    def test_a_cell_merged_downwards_counts_for_each_row_and_one_merged_across_once(self) -> None:
        def fill(_book: Any, sheet: Any) -> None:
            sheet.merge_range(0, 0, 0, 1, "Our checks")
            sheet.write_row(1, 0, ["article", "claim"])
            sheet.merge_range(2, 0, 4, 0, "The article")
            sheet.write_column(2, 1, ["a", "b", "c", "d"])

        expected = [["Our checks", ""], ["article", "claim"]]
        expected += [["The article", "a"], ["The article", "b"], ["The article", "c"], ["", "d"]]
        assert cells(xlsx(fill), "xlsx") == expected

    def test_names_the_cells_whose_formula_failed_or_was_never_computed(self) -> None:
        def fill(_book: Any, sheet: Any) -> None:
            sheet.write_row(0, 0, ["a", "b", "c"])
            sheet.write_string(1, 0, "text")
            sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
            sheet.write_formula(1, 2, '=""', None, "")

        assert read(xlsx(fill), "xlsx")[2]["errors"] == {1: "#DIV/0!", 2: ""}

    def test_reads_each_visible_sheet_under_its_name(self) -> None:
        def fill(book: Any, sheet: Any) -> None:
            sheet.write_row(0, 0, ["a"])
            hidden, other = book.add_worksheet("Hidden"), book.add_worksheet("Other")
            hidden.write_row(0, 0, ["secret"])
            hidden.hide()
            other.write_row(2, 0, ["b"])

        lines = read(xlsx(fill), "xlsx")
        assert [line["where"] for line in lines if "cells" in line] == ["Claims, row 1", "Other, row 3"]

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "empty"),
            (b"not a workbook", "broken-workbook"),
            (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "encrypted"),
            (PLAIN[: len(PLAIN) // 2], "broken-workbook"),
        ],
    )
    def test_refuses_what_is_no_workbook(self, data: bytes, code: str) -> None:
        assert read(data, "xlsx")[-1]["refused"] == code

    def test_refuses_a_workbook_with_macros(self) -> None:
        assert read(_with(PLAIN, "xl/vbaProject.bin", b"x"), "xlsx")[-1]["refused"] == "macros"

    def test_refuses_a_bomb_by_its_size_before_it_unpacks_it(self) -> None:
        assert read(_with(PLAIN, "xl/media/x", b"0" * 30_000_000), "xlsx")[-1]["refused"] == "bomb"

    def test_refuses_entities(self) -> None:
        sheet = b"""<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
        <workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets><sheet name="&b;"/></sheets>
        </workbook>"""
        assert read(_with(PLAIN, "xl/workbook.xml", sheet), "xlsx")[-1]["refused"] == "broken-workbook"


def _with(book: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one file more, or another one in its place."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        new.writestr(name, content)
    return out.getvalue()


def _ends_clearly(lines: list[dict[str, Any]]) -> bool:
    """True if the last line, and no other, says how it ended."""
    *before, last = lines
    return ("done" in last) != ("refused" in last) and not any("done" in line or "refused" in line for line in before)


@given(st.one_of(st.binary(max_size=300), st.text(alphabet='a,;\t\n"\r\0é=|', max_size=80).map(lambda t: t.encode())))
@settings(max_examples=200, deadline=None)
def test_any_bytes_as_csv_give_rows_or_a_clear_refusal(data: bytes) -> None:
    lines = read(data)

    assert _ends_clearly(lines)
    assert lines[-1].get("refused") != "broken"


@given(st.binary(max_size=200), st.integers(0, len(PLAIN)), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_any_damaged_workbook_gives_rows_or_a_clear_refusal(data: bytes, at: int, cut: int) -> None:
    assert _ends_clearly(read(PLAIN[:at] + data + PLAIN[at + cut :], "xlsx"))


@given(st.lists(st.lists(st.text(alphabet='a,;\n"é= ', min_size=1, max_size=8), min_size=2, max_size=4), min_size=1))
@settings(max_examples=60, deadline=None)
def test_what_a_spreadsheet_writes_as_csv_is_read_back(rows: list[list[str]]) -> None:
    width = len(rows[0])
    rows = [["h"] * width, *[(row + ["x"] * width)[:width] for row in rows]]
    data = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows).encode()

    assert cells(data) == rows
