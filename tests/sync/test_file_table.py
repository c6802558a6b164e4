from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from sheetsales.columns import Date, Money, Text
from sheetsales.errors import BadImport, FileRefused
from sheetsales.process import Table
from sheetsales.values import Formula
from sheetsales_sync.intake.file_table import expected_headers, read_table_file
from sheetsales_sync.intake.mapping import load_mapping
from sheetsales_workbooks.hosts import excel_file

DEALS = Table("deals", "Deals", "DL", (Text("name", required=True), Money("amount"), Date("close_date")))
EXPECTED = expected_headers(DEALS)


@pytest.fixture(scope="module", autouse=True)
def reader() -> Iterator[None]:
    yield
    excel_file.close()


def workbook(path: Path) -> Path:
    """A workbook as people send them: a cover sheet, a title above the table, a formula, a hidden row, an empty line."""
    book = xlsxwriter.Workbook(path)
    cover = book.add_worksheet("Cover")
    cover.write(0, 0, "Sales report")
    sheet = book.add_worksheet("Data")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write(1, 1, "All deals of May")
    sheet.write_row(3, 1, ["Name", "Amount", "Close date"])
    sheet.write_row(4, 1, ["One", 1200])
    sheet.write_datetime(4, 3, datetime(2024, 5, 6), day)
    sheet.write_string(6, 1, "00123")
    sheet.write_formula(6, 2, "=C5*2", None, 2400)
    sheet.set_row(6, options={"hidden": True})
    book.close()
    return path


def test_a_workbook_is_read_from_the_sheet_and_row_that_look_like_the_table(tmp_path: Path) -> None:
    table = read_table_file(workbook(tmp_path / "report.xlsx"), expected=EXPECTED)
    assert (table.headers, table.header_row) == (["Name", "Amount", "Close date"], 4)
    assert [row.row for row in table.rows] == [5, 7]
    name, amount, day = table.rows[0].cells
    assert (name, amount) == ("One", 1200)
    assert isinstance(day, date) and day.isoformat()[:10] == "2024-05-06"
    assert table.rows[1].cells[0] == "00123"
    assert isinstance(table.rows[1].cells[1], Formula)
    assert table.remarks[0] == "Read from the sheet Data; not read: Cover."
    assert "The header is row 4; what stands above it was left out." in table.remarks
    assert "1 rows are hidden in the sheet; they are read like the others." in table.remarks


def test_the_mapping_names_sheet_and_header_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "report.xlsx")
    assert read_table_file(path, mapping=load_mapping({"parse": {"sheet": "cover"}})).headers == ["Sales report"]
    assert read_table_file(path, mapping=load_mapping({"parse": {"sheet": "data", "header_row": 5}})).headers[0] == "One"
    with pytest.raises(BadImport, match="no filled sheet called 'x'"):
        read_table_file(path, mapping=load_mapping({"parse": {"sheet": "x"}}))


def test_a_workbook_without_content_is_refused(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "empty.xlsx")
    book.add_worksheet()
    book.close()
    with pytest.raises(BadImport, match="no filled sheet"):
        read_table_file(tmp_path / "empty.xlsx")


@pytest.mark.parametrize(("name", "data"), [
    pytest.param("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), id="an old workbook"),
    pytest.param("cut.xlsx", b"PK\x03\x04 and then nothing", id="half a workbook"),
    pytest.param("text.xlsx", b"a,b\n1,2\n", id="text called a workbook"),
])  # fmt: skip
def test_what_is_no_workbook_is_refused_with_its_reason(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FileRefused):
        read_table_file(path)


def test_a_workbook_by_another_name_is_read_all_the_same(tmp_path: Path) -> None:
    path = workbook(tmp_path / "report.xlsx")
    other = path.rename(tmp_path / "report.csv")
    assert read_table_file(other, expected=EXPECTED).headers == ["Name", "Amount", "Close date"]


def test_a_csv_takes_encoding_and_separator_from_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes("имя;a,b\nИван;1\n".encode("cp1251"))
    table = read_table_file(path, mapping=load_mapping({"parse": {"encoding": "cp1251", "separator": ";"}}))
    assert (table.name, table.headers, table.rows[0].cells) == ("export.csv", ["имя", "a,b"], ["Иван", "1"])
