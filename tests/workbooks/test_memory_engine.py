"""The spreadsheet in memory as xlwings sees it: an object model that works on Linux, types kept, gaps named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlwings as xw

from sheetsales.errors import NotSupported
from sheetsales_workbooks.hosts import memory


@pytest.fixture
def app() -> Iterator[xw.App]:
    memory.activate()
    app = xw.App(add_book=False)
    yield app
    app.quit()


@pytest.fixture
def sheet(app: xw.App) -> xw.Sheet:
    return app.books.add().sheets[0]


def test_a_book_opens_by_its_path_wherever_xlwings_is_used(app: xw.App, tmp_path: Path) -> None:
    made = app.books.add()
    made.sheets[0]["A1"].value = [["Company", "Budget"], ["Acme", 1200.5]]
    made.save(tmp_path / "leads.xlsx")
    made.close()
    again = xw.Book(tmp_path / "leads.xlsx")
    assert again.sheets["Sheet1"]["A1"].expand().value == [["Company", "Budget"], ["Acme", 1200.5]]
    assert xw.Book(tmp_path / "leads.xlsx") == again
    assert again.fullname == str(tmp_path / "leads.xlsx")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param(7, 7.0, id="a whole number is a float, as in Excel"),
        pytest.param(Decimal("12.30"), 12.3, id="an exact number"),
        pytest.param(True, True, id="a truth value"),
        pytest.param(datetime(2026, 3, 1), datetime(2026, 3, 1), id="a day"),
        pytest.param(datetime(2026, 3, 1, 9, 30), datetime(2026, 3, 1, 9, 30), id="a moment"),
        pytest.param("Ødegård", "Ødegård", id="a text"),
        pytest.param("", None, id="a blank"),
        pytest.param(float("nan"), None, id="no number"),
        pytest.param("007", 7.0, id="a text that Excel takes for a number"),
        pytest.param("2026-01-02", datetime(2026, 1, 2), id="a text that Excel takes for a day"),
        pytest.param("'007", "007", id="a text behind an apostrophe"),
        pytest.param("true", True, id="a text that Excel takes for a truth value"),
        pytest.param("#N/A", None, id="a text that Excel takes for an error"),
    ],
)
def test_a_value_is_taken_as_excel_takes_it(sheet: xw.Sheet, written: object, read: object) -> None:
    sheet["B2"].value = written
    value = sheet["B2"].value
    assert value == read
    assert type(value) is type(read)


@pytest.mark.parametrize("text", ["=1+1", "007", "2026-01-02", "TRUE", "#N/A", "'tis", "+1", "@x"])
def test_a_cell_of_text_takes_everything_as_text(sheet: xw.Sheet, text: str, tmp_path: Path) -> None:
    sheet["A1"].number_format = "@"
    sheet["A1"].value = text
    assert sheet["A1"].value == text
    sheet.book.save(tmp_path / "text.xlsx")
    sheet.book.close()
    assert xw.Book(tmp_path / "text.xlsx").sheets[0]["A1"].options(err_to_str=True).value == text


def test_errors_are_told_from_results(sheet: xw.Sheet) -> None:
    sheet["A1"].value = "#DIV/0!"
    assert sheet["A1"].value is None
    assert sheet["A1"].options(err_to_str=True).value == "#DIV/0!"


def test_a_formula_keeps_the_result_it_was_saved_with_until_it_is_written_anew(app: xw.App, tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "sum.xlsx") as made:
        made.add_worksheet("Data").write_formula("A1", "=1+2", None, 3)
    cell = app.books.open(tmp_path / "sum.xlsx").sheets["Data"]["A1"]
    assert (cell.formula, cell.value) == ("=1+2", 3.0)
    cell.formula = "=1+3"
    assert (cell.formula, cell.value) == ("=1+3", None)


def test_a_block_is_read_and_written_in_one_piece_and_bad_shapes_are_refused(sheet: xw.Sheet) -> None:
    block = [[float(row * column) for column in range(1, 21)] for row in range(1, 301)]
    sheet["C5"].value = block
    assert sheet["C5"].expand().value == block
    assert sheet.used_range.address == "$C$5:$V$304"
    with pytest.raises(ValueError, match="one length"):
        sheet["A1:B2"].impl.raw_value = [[1, 2], [3]]


def test_whole_rows_and_columns_move_with_tables_names_and_notes(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["Id", "Name"], ["L-1", "Acme"], ["L-2", "Borealis"]]
    sheet.tables.add(sheet["A1:B3"], name="Leads")
    sheet.book.names.add("ss_leads_name", "=Sheet1!$B$1")
    sheet["B3"].add_note("checked")
    sheet["1:1"].insert("down")
    sheet["A:A"].insert("right")
    assert sheet.tables["Leads"].range.address == "$B$2:$C$4"
    assert sheet.book.names["ss_leads_name"].refers_to_range.address == "$C$2"
    assert sheet["C4"].note.text == "checked"
    sheet["3:3"].delete("up")
    assert sheet.tables["Leads"].range.address == "$B$2:$C$3"
    assert sheet["B2"].expand().value == [["Id", "Name"], ["L-2", "Borealis"]]


def test_names_tables_and_columns_of_tables_are_ranges(sheet: xw.Sheet) -> None:
    sheet["B2"].value = [["Id", "Budget"], ["L-1", 5.0], ["L-2", 6.0]]
    sheet.tables.add(sheet["B2:C4"], name="Leads")
    sheet["C3:C4"].name = "budgets"
    assert sheet.range("budgets").value == [5.0, 6.0]
    assert sheet.range("Leads[Budget]").address == "$C$3:$C$4"
    assert sheet.range("Leads").address == "$B$3:$C$4"
    assert sheet.range("Leads[#Headers]").value == ["Id", "Budget"]
    with pytest.raises(ValueError, match="no column 'Score'"):
        sheet.range("Leads[Score]")


def test_data_frames_go_in_and_come_out(sheet: xw.Sheet) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"name": ["Acme", "Borealis"], "budget": [5.0, float("nan")]})
    sheet["A1"].options(index=False).value = frame
    back = sheet["A1:B3"].options(pandas.DataFrame, index=False).value
    pandas.testing.assert_frame_equal(back, frame, check_dtype=False)


def test_looks_notes_and_merged_cells_are_there(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].color = "#FAD4D1"
    assert sheet["A1:B2"].color == (250, 212, 209)
    sheet["A1"].color = None
    assert sheet["A1:B2"].color is None
    sheet["A1"].font.bold = True
    assert (sheet["A1"].font.bold, sheet["A1:B1"].font.bold) == (True, None)
    sheet["D1:E2"].merge()
    assert sheet["E2"].merge_area.address == "$D$1:$E$2"
    sheet["A1"].add_note("one")
    assert [(note.text, note.location.address) for note in sheet.notes] == [("one", "$A$1")]
    with pytest.raises(ValueError, match="already has a note"):
        sheet["A1"].add_note("two")


@pytest.mark.parametrize(
    ("use", "member"),
    [
        pytest.param(lambda sheet: sheet.charts, "Sheet.charts", id="charts"),
        pytest.param(lambda sheet: sheet.shapes, "Sheet.shapes", id="shapes"),
        pytest.param(lambda sheet: sheet.pivot_tables, "Sheet.pivot_tables", id="pivot tables"),
        pytest.param(lambda sheet: sheet["A1:B2"].sort(1), "Range.sort", id="sorting"),
        pytest.param(lambda sheet: sheet["A1"].copy_picture(), "Range.copy_picture", id="pictures of a range"),
        pytest.param(lambda sheet: sheet.book.to_pdf("x.pdf"), "Book.to_pdf", id="a PDF"),
        pytest.param(lambda sheet: sheet.book.macro("Score")(), "App.run", id="macros"),
    ],
)
def test_what_is_not_there_says_so_by_name(sheet: xw.Sheet, use: object, member: str) -> None:
    with pytest.raises(NotSupported, match=member.replace(".", r"\.")):
        use(sheet)  # type: ignore[operator]
