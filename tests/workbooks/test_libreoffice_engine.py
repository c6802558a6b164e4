"""The xlwings engine over a real LibreOffice: what code written for xlwings may do with books, sheets and cells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlwings as xw
from needing import needs
from running_calc import new_book, running
from xlsxwriter import Workbook

from sheetsales.errors import BookGone, FileRefused, NotSupported

pytestmark = needs("soffice")


@pytest.fixture(scope="module")
def book() -> Iterator[xw.Book]:
    with new_book() as made:
        yield made


@pytest.fixture
def sheet(book: xw.Book) -> Iterator[xw.Sheet]:
    made = book.sheets.add()
    yield made
    made.delete()


# ── values ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "comes_back"),
    [
        pytest.param("Acme", "Acme", id="text"),
        pytest.param("007", "007", id="digits that are text"),
        pytest.param("2026-01-02", "2026-01-02", id="a day that is text"),
        pytest.param("two\nlines", "two\nlines", id="lines"),
        pytest.param("'=1+1", "=1+1", id="text that looks like a formula"),
        pytest.param(12, 12.0, id="a whole number"),
        pytest.param(1.5, 1.5, id="a number"),
        pytest.param(Decimal("12.34"), 12.34, id="an amount"),
        pytest.param(True, True, id="true"),
        pytest.param(False, False, id="false"),
        pytest.param(date(2026, 1, 2), datetime(2026, 1, 2), id="a day"),
        pytest.param(datetime(2026, 1, 2, 3, 4, 5), datetime(2026, 1, 2, 3, 4, 5), id="a moment"),
        pytest.param(
            datetime(1962, 11, 3, 12, 0, 0, 120), datetime(1962, 11, 3, 12, 0, 0, 120), id="a moment to the microsecond"
        ),
        pytest.param(None, None, id="nothing"),
        pytest.param(float("nan"), None, id="not a number"),
        pytest.param(np.float64(2.5), 2.5, id="a number of NumPy"),
        pytest.param(np.int64(3), 3.0, id="a whole number of NumPy"),
        pytest.param(np.bool_(True), True, id="a truth of NumPy"),
        pytest.param(np.datetime64("2026-01-02T03:04:05"), datetime(2026, 1, 2, 3, 4, 5), id="a moment of NumPy"),
        pytest.param(pd.Timestamp(2026, 1, 2), datetime(2026, 1, 2), id="a moment of pandas"),
        pytest.param(pd.NaT, None, id="no moment of pandas"),
        pytest.param(pd.NA, None, id="nothing of pandas"),
    ],
)
def test_a_value_comes_back_as_it_was_written(sheet: xw.Sheet, value: object, comes_back: object) -> None:
    sheet["B2"].value = value
    found = sheet["B2"].value
    assert found == comes_back
    assert type(found) is type(comes_back)


def test_a_block_keeps_every_kind_where_it_was(sheet: xw.Sheet) -> None:
    rows: list[list[Any]] = [
        [f"t{r}", float(r), datetime(2026, 1, 1 + r % 28), r % 2 == 0, None, datetime(2026, 1, 1, r % 24, 30)] for r in range(60)
    ]
    sheet["C3"].value = rows
    assert sheet["C3"].resize(60, 6).value == rows
    sheet["C3"].resize(60, 6).value = [row[::-1] for row in rows]
    assert sheet["C3"].resize(60, 6).value == [row[::-1] for row in rows]


def test_a_number_over_a_truth_or_a_day_is_a_number(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [True, True, date(2026, 1, 2)]
    sheet["A1"].value = [5, True, "x"]
    assert sheet["A1:C1"].value == [5.0, True, "x"]
    assert sheet["A1"].number_format == "General"


def test_a_format_of_dates_that_is_there_already_stays(sheet: xw.Sheet) -> None:
    sheet["A1:A3"].number_format = "d. mmm yy"
    sheet["A1:B4"].value = [[date(2026, 1, day)] * 2 for day in (1, 2, 3, 4)]
    assert [sheet[place].number_format for place in ("A1", "A3", "A4", "B1")] == [
        "d. mmm yy",
        "d. mmm yy",
        "yyyy-mm-dd",
        "yyyy-mm-dd",
    ]


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_an_infinite_number_is_refused(sheet: xw.Sheet, value: float) -> None:
    with pytest.raises(ValueError, match="infinite"):
        sheet["A1"].value = value


def test_errors_are_nothing_or_their_words(sheet: xw.Sheet) -> None:
    formulas = ["=1/0", "=NA()", "=nonsense()", "=10^400", '="a"+1', "=#REF!+1", "=A1"]
    words = ["#DIV/0!", "#N/A", "#NAME?", "#NUM!", "#VALUE!", "#REF!", "#DIV/0!"]
    sheet["A1"].options(transpose=True).value = formulas
    assert sheet["A1:A7"].value == [None] * 7
    assert sheet["A1:A7"].options(err_to_str=True).value == words
    sheet["C1"].options(transpose=True).value = [*formulas * 3, "#N/A", 7]
    assert sheet["C1:C23"].options(err_to_str=True).value == [*words * 3, "#N/A", 7.0]


def test_a_data_frame_goes_in_and_comes_out(sheet: xw.Sheet) -> None:
    frame = pd.DataFrame({"Lead": ["a", "b"], "Budget": [1.5, float("nan")], "Due": pd.to_datetime(["2026-01-02", "2026-02-03"])})
    sheet["A1"].options(index=False).value = frame
    back = sheet["A1"].expand().options(pd.DataFrame, index=False).value
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


def test_whole_columns_are_read_as_far_as_they_are_used(sheet: xw.Sheet) -> None:
    sheet["A1:B3"].value = [[1, 2], [3, 4], [5, 6]]
    assert sheet["A:B"].value == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert sheet.used_range.address == "$A$1:$B$3"


# ── formulas ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=SUM(A1:A3,10)", 16.0),
        ('=IF(A1=1,"a;b","c")', "a;b"),
        ("=IF(TRUE,1,FALSE)", 1.0),
        ("=SUM(A:A)", 6.0),
        ("=SUM((A1,A3))", 4.0),
        ("=SUM(A1:A2 A2:A3)", 2.0),
        ("=SUM({1,2;3,4})", 10.0),
        ("='Two words'!A1*2", 14.0),
        ("=SUM(Leads[Budget])", 30.0),
        ('=SUMIFS(Leads[Budget],Leads[Lead],"b")', 20.0),
        ("=COUNTA(Leads[#All])", 6.0),
        ("=COUNTA(Leads)", 4.0),
        ("=SUM(Leads[[#All],[Lead]:[Budget]])", 30.0),
        ("=Leads[[#Headers],[Budget]]", "Budget"),
        ('=TEXTJOIN(", ",TRUE,A1:A3)', "1, 2, 3"),
        ("=10%*A2", 0.2),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("=") else "",
)
def test_a_formula_reads_as_it_was_written(book: xw.Book, sheet: xw.Sheet, formula: str, value: object) -> None:
    if "Two words" not in book.sheet_names:
        book.sheets.add("Two words")["A1"].value = 7
        book.sheets["Two words"]["C1"].value = [["Lead", "Budget"], ["a", 10], ["b", 20]]
        book.sheets["Two words"].tables.add(book.sheets["Two words"]["C1:D3"], name="Leads")
    sheet["A1"].options(transpose=True).value = [1, 2, 3]
    sheet["F5"].formula = formula
    assert sheet["F5"].formula == formula
    assert sheet["F5"].value == value


def test_a_formula_with_a_prefix_for_files_works_and_is_shown_without(sheet: xw.Sheet) -> None:
    sheet["A1"].value = "=_xlfn.STDEV.S(1,3)"
    assert sheet["A1"].formula == "=STDEV.S(1,3)"
    assert sheet["A1"].value == pytest.approx(2**0.5)


def test_this_row_of_the_table_around_is_found(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["Lead", "Net", "Gross"], ["a", 10, None], ["b", 20, None]]
    table = sheet.tables.add(sheet["A1:C3"])
    sheet["C2:C3"].formula = "=[@Net]*2"
    assert sheet["C2:C3"].value == [20.0, 40.0]
    assert sheet["C3"].formula == f"={table.name}[[#This Row],[Net]]*2"


def test_one_formula_fills_a_range_as_it_reads_in_each_cell(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [[1, 10], [2, 20], [3, 30]]
    sheet["D1:E3"].formula = "=A1*$B$1"
    assert sheet["D1:E3"].formula == (("=A1*$B$1", "=B1*$B$1"), ("=A2*$B$1", "=B2*$B$1"), ("=A3*$B$1", "=B3*$B$1"))
    assert sheet["D1:E3"].value == [[10.0, 100.0], [20.0, 200.0], [30.0, 300.0]]


def test_text_in_a_cell_for_text_stays_text(sheet: xw.Sheet) -> None:
    sheet["A1:A2"].number_format = "@"
    sheet["A1"].options(transpose=True).value = ["=1+1", "=2+2", "=3+3"]
    assert sheet["A1:A3"].value == ["=1+1", "=2+2", 6.0]


def test_the_formula_of_a_cell_without_one_is_what_stands_there(sheet: xw.Sheet) -> None:
    sheet["A1"].value = ["12", 12, "'=1+1", None]
    assert sheet["A1:D1"].formula == (("12", "12", "=1+1", ""),)


def test_an_array_formula_is_one_formula(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [[1, 4], [2, 5], [3, 6]]
    sheet["D1"].formula_array = "=SUM(A1:A3*B1:B3)"
    assert (sheet["D1"].value, sheet["D1"].formula_array, sheet["D1"].impl.has_array) == (32.0, "=SUM(A1:A3*B1:B3)", True)
    assert sheet["A1"].formula_array is None


# ── places ───────────────────────────────────────────────────────────────────────────────────────


def test_ends_and_regions_are_those_of_the_arrow_keys(sheet: xw.Sheet) -> None:
    sheet["B2"].value = [[1, 2, 3], [4, None, 6], [7, 8, 9]]
    assert sheet["B2"].end("down").address == "$B$4"
    assert sheet["B2"].end("right").address == "$D$2"
    assert sheet["C2"].end("down").address == "$C$4"
    assert sheet["B4"].end("up").address == "$B$2"
    assert sheet["A3"].end("right").address == "$B$3"
    assert sheet["D9"].end("left").address == "$A$9"
    assert sheet["C3"].current_region.address == "$B$2:$D$4"
    assert sheet["B2"].expand("table").address == "$B$2:$D$4"
    assert sheet["B2"].offset(1, 1).resize(2, 2).address == "$C$3:$D$4"


@pytest.mark.parametrize("place", [(0, 1), (1, 0)])
def test_there_is_no_row_or_column_zero(sheet: xw.Sheet, place: tuple[int, int]) -> None:
    with pytest.raises(IndexError):
        sheet.range(place).value = 1


def test_a_range_is_found_by_table_reference_or_name(book: xw.Book, sheet: xw.Sheet) -> None:
    sheet["B2"].value = [["Lead", "Budget [EUR]", "Due"], ["a", 1, None], ["b", 2, None]]
    sheet.tables.add(sheet["B2:D4"], name="Deals")
    sheet["F1"].name = "one_cell"
    assert sheet["Deals"].address == "$B$3:$D$4"
    assert sheet["Deals[Lead]"].address == "$B$3:$B$4"
    assert sheet["Deals[Budget '[EUR']]"].address == "$C$3:$C$4"
    assert sheet["Deals[[Lead]:[Due]]"].address == "$B$3:$D$4"
    assert sheet["Deals[#Headers]"].address == "$B$2:$D$2"
    assert book.sheets[0]["Deals[#All]"].sheet == sheet
    assert sheet["one_cell"].address == "$F$1"
    for unknown in ("Deals[Nothing]", "nowhere", "Deals[#Totals]"):
        with pytest.raises((KeyError, ValueError, xw.NoSuchObjectError)):
            sheet[unknown].value = 1


# ── cells moved about ────────────────────────────────────────────────────────────────────────────


def test_cells_are_inserted_and_removed_and_the_sheet_stays_itself(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["a", "b"], ["c", "d"], ["e", "f"]]
    sheet["A1"].delete("up")
    assert sheet["A1:B3"].value == [["c", "b"], ["e", "d"], [None, "f"]]
    sheet["1:1"].delete()
    assert sheet["A1:B2"].value == [["e", "d"], [None, "f"]]
    sheet["A:A"].insert("right")
    assert sheet["A1:C1"].value == [None, "e", "d"]
    sheet["B1"].insert("down")
    assert sheet["A1:C2"].value == [[None, None, "d"], [None, "e", "f"]]


def test_copies_take_all_or_values_alone(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [1, "=A1*2"]
    sheet["A1:B1"].color = (255, 0, 0)
    sheet["A1:B1"].copy(sheet["A2"])
    assert (sheet["B2"].formula, sheet["B2"].color) == ("=A2*2", (255, 0, 0))
    sheet["A1:B1"].copy()
    sheet["A3"].paste(paste="values")
    assert (sheet["A3:B3"].value, sheet["B3"].formula, sheet["B3"].color) == ([1.0, 2.0], "2", None)


def test_rows_are_sorted_and_cleared(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["n", "x"], [3, "c"], [1, "a"], [2, "b"]]
    sheet["A1:B4"].sort(1, ascending=False, has_headers=True)
    assert sheet["A2:A4"].value == [3.0, 2.0, 1.0]
    sheet["A2"].color = "#00ff00"
    sheet["A2:B4"].clear_contents()
    assert (sheet["A2"].value, sheet["A2"].color) == (None, (0, 255, 0))
    sheet["A2"].clear_formats()
    assert sheet["A2"].color is None


# ── looks ────────────────────────────────────────────────────────────────────────────────────────


def test_looks_come_back(sheet: xw.Sheet) -> None:
    cells = sheet["B2:C3"]
    cells.color = (1, 2, 3)
    cells.font.bold, cells.font.italic, cells.font.size, cells.font.name = True, True, 14, "Liberation Sans"
    cells.font.color = "#0000ff"
    cells.wrap_text = True
    cells.horizontal_alignment, cells.vertical_alignment = "center", "top"
    cells.number_format = "#,##0.00"
    assert (cells.color, cells.font.color, cells.wrap_text) == ((1, 2, 3), (0, 0, 255), True)
    assert (cells.font.bold, cells.font.italic, cells.font.size, cells.font.name) == (True, True, 14.0, "Liberation Sans")
    assert (cells.horizontal_alignment, cells.vertical_alignment, cells.number_format) == ("center", "top", "#,##0.00")
    sheet["B2"].color = None
    assert sheet["B2"].color is None
    assert cells.color is None, "cells that differ have no one colour"


def test_measures_come_back(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].column_width = 20
    sheet["A1:B2"].row_height = 30
    assert (sheet["A1"].column_width, sheet["A1"].row_height) == (20.0, 30.0)
    assert sheet["A1:A2"].height == 60.0
    assert sheet["B1"].left == sheet["A1"].width
    sheet["B1"].column_width = 10
    assert sheet["A1:B1"].column_width is None
    sheet["A1"].value = "a text that is far wider than ten digits are"
    sheet["A1"].columns.autofit()
    assert sheet["A1"].column_width > 20


def test_lines_come_back(sheet: xw.Sheet) -> None:
    cells = sheet["B2:D4"]
    cells.borders.set("edge_bottom", line_style="continuous", weight="medium", color=(255, 0, 0))
    bottom = cells.borders["edge_bottom"]
    assert (bottom.line_style, bottom.weight, bottom.color) == ("continuous", "medium", (255, 0, 0))
    assert cells.borders["edge_top"].line_style == "none"
    cells.borders.clear("edge_bottom")
    assert cells.borders["edge_bottom"].line_style == "none"


def test_cells_are_merged_and_parted(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].merge()
    assert (sheet["A1"].merge_area.address, sheet["B2"].merge_cells) == ("$A$1:$B$2", True)
    sheet["A1:B2"].unmerge()
    assert (sheet["A1"].merge_area.address, sheet["A1"].merge_cells) == ("$A$1", False)


# ── what hangs on cells ──────────────────────────────────────────────────────────────────────────


def test_notes_are_written_changed_and_taken_away(sheet: xw.Sheet) -> None:
    assert sheet["B2"].note is None
    sheet["B2"].add_note("first")
    sheet["C3"].add_note("other")
    sheet["B2"].note.text = "second\nline"
    assert {note.location.address: note.text for note in sheet.notes} == {"$B$2": "second\nline", "$C$3": "other"}
    sheet["B2"].note.delete()
    assert sheet["B2"].note is None
    assert sheet["C3"].note.text == "other"


def test_links_lead_where_they_should(sheet: xw.Sheet) -> None:
    sheet["A1"].add_hyperlink("www.example.org", "shown")
    assert (sheet["A1"].value, sheet["A1"].hyperlink) == ("shown", "http://www.example.org")
    with pytest.raises(ValueError, match="hyperlink"):
        sheet["A2"].hyperlink.upper()


def test_names_of_book_and_sheet_are_kept_apart(book: xw.Book, sheet: xw.Sheet) -> None:
    sheet["A1:B2"].name = "everywhere"
    sheet["C1"].name = f"{sheet.name}!here"
    assert (book.names["everywhere"].refers_to, sheet["A1:B2"].name.name) == (f"={sheet.name}!$A$1:$B$2", "everywhere")
    assert [name.name for name in sheet.names] == [f"{sheet.name}!here"]
    assert sheet["here"].address == "$C$1"
    book.names["everywhere"].refers_to = f"={sheet.name}!$D$4"
    assert book.names["everywhere"].refers_to_range == sheet["D4"]
    book.names["everywhere"].name = "elsewhere"
    assert "everywhere" not in book.names
    del book.names["elsewhere"]
    assert sheet["D4"].name is None


def test_tables_are_made_resized_renamed(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["a", "b"], [1, 2], [3, 4]]
    table = sheet.tables.add(sheet["A1:B2"], name="Small")
    assert (table.header_row_range.value, table.data_body_range.address) == (["a", "b"], "$A$2:$B$2")
    table.resize(sheet["A1:B3"])
    table.name = "Large"
    assert (table.range.address, sheet["A2"].table.name, sheet["D4"].table) == ("$A$1:$B$3", "Large", None)
    assert "Small" not in sheet.tables
    with pytest.raises(ValueError, match="already"):
        sheet.tables.add(sheet["D1:E2"], name="large")


def test_pictures_are_placed(sheet: xw.Sheet, tmp_path: Path) -> None:
    place = tmp_path / "dot.png"
    place.write_bytes(_PNG)
    picture = sheet.pictures.add(place, name="logo", left=36, top=18, width=72, height=36)
    assert (picture.left, picture.top, picture.width, picture.height) == (36.0, 18.0, 72.0, 36.0)
    assert "logo" in sheet.pictures
    picture.delete()
    assert len(sheet.pictures) == 0


_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf50cf0000030201809add33"
    "d50000000049454e44ae426082"
)


# ── sheets and books ─────────────────────────────────────────────────────────────────────────────


def test_a_sheet_stays_itself_under_another_name_and_place() -> None:
    with new_book() as book:
        first = book.sheets[0]
        first["A1"].value = "mine"
        book.sheets.add("Zwei", before=first)
        book.sheets["Zwei"].name = "Two"
        first.name = "One"
        first.move(before=book.sheets["Two"])
        assert book.sheet_names == ["One", "Two"]
        copy = first.copy(name="Copy")
        assert (copy["A1"].value, first["A1"].value, copy.index) == ("mine", "mine", 3)
        book.sheets["Two"].visible = False
        assert not book.sheets["Two"].visible
        with pytest.raises(ValueError, match="already"):
            copy.name = "one"
        copy.delete()
        with pytest.raises(BookGone):
            copy["A1"].value = 1


def test_print_area_and_held_panes_come_back(sheet: xw.Sheet) -> None:
    assert sheet.page_setup.print_area is None
    sheet.page_setup.print_area = "A1:B2"
    assert sheet.page_setup.print_area == "$A$1:$B$2"
    sheet.freeze_panes.freeze_at("1:1")
    sheet.freeze_panes.unfreeze()


def test_a_book_is_saved_opened_and_printed(tmp_path: Path) -> None:
    place = tmp_path / "Größe & Co.xlsx"
    with new_book() as book:
        book.sheets[0]["A1"].value = [["Lead", "Budget"], ["a", 10]]
        book.sheets[0]["B3"].formula = "=SUM(B2:B2)"
        book.save(place)
        assert (book.name, Path(book.fullname)) == (place.name, place)
        assert running().books[place.name] == book
        book.to_pdf(tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")
    cells = openpyxl.load_workbook(place)["Sheet1"]
    assert [cells["A2"].value, cells["B2"].value, cells["B3"].value] == ["a", 10, "=SUM(B2:B2)"]
    again = running().books.open(place)
    assert again.sheets[0]["B3"].value == 10.0
    again.close()


def test_document_properties_of_the_users_own_are_read_and_set(tmp_path: Path) -> None:
    place = tmp_path / "p.xlsx"
    with Workbook(place) as made:
        made.add_worksheet()
        made.set_custom_property("ss_generation", 7)
        made.set_custom_property("ss_book", "B1")
    book = running().books.open(place)
    try:
        assert {"ss_generation": "7", "ss_book": "B1"}.items() <= book.impl.custom_properties().items()
        book.impl.set_custom_property("ss_generation", "8")
        book.save()
    finally:
        book.close()
    found = {one.name: str(one.value) for one in openpyxl.load_workbook(place).custom_doc_props.props}
    assert {"ss_generation": "8", "ss_book": "B1"}.items() <= found.items()


def test_formulas_of_a_file_without_results_are_calculated(tmp_path: Path) -> None:
    place = tmp_path / "fresh.xlsx"
    with Workbook(place) as made:
        tab = made.add_worksheet("T")
        tab.add_table(
            "A1:B3", {"name": "Deals", "columns": [{"header": "Deal"}, {"header": "Net"}], "data": [["a", 1], ["b", 2]]}
        )
        tab.write_formula("D1", "=SUM(Deals[Net])")
        tab.write_formula("D2", "=_xlfn.STDEV.S(1,3)")
        tab.write_row("F1", [True, False, 1, 0, "TRUE"])
        tab.write_formula("F2", "=1>2")
        tab.write_formula("G2", "=SUM(B2:B2)")
    book = running().books.open(place)
    try:
        assert book.sheets["T"]["D1"].value == 3.0
        assert book.sheets["T"]["D1:D2"].formula == (("=SUM(Deals[Net])",), ("=STDEV.S(1,3)",))
        assert book.sheets["T"]["F1:J2"].value == [[True, False, 1.0, 0.0, "TRUE"], [False, 1.0, None, None, None]]
        assert (book.sheets["T"]["F1"].value, book.sheets["T"]["F1"].formula) == (True, "TRUE")
        assert book.sheets["T"].tables["Deals"].data_body_range.value == [["a", 1.0], ["b", 2.0]]
    finally:
        book.close()


def test_a_book_that_counts_from_1904_shows_the_same_days(tmp_path: Path) -> None:
    place = tmp_path / "mac.xlsx"
    with Workbook(place, {"date_1904": True}) as made:
        made.add_worksheet().write_datetime("A1", datetime(2026, 1, 2, 12), made.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
    book = running().books.open(place)
    try:
        cells = book.sheets[0]["A1:B2"]
        assert cells.value == [[datetime(2026, 1, 2, 12), None], [None, None]]
        cells.value = [[datetime(2026, 2, 3), 5], [date(2026, 3, 4), "x"]]
        assert cells.value == [[datetime(2026, 2, 3), 5.0], [datetime(2026, 3, 4), "x"]]
        book.save()
    finally:
        book.close()
    sheet = openpyxl.load_workbook(place).worksheets[0]
    assert [sheet["A1"].value, sheet["A2"].value] == [datetime(2026, 2, 3), datetime(2026, 3, 4)]


def test_what_is_no_workbook_or_cannot_be_saved_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"PK\x03\x04 not a workbook")
    with pytest.raises((FileRefused, ValueError)):
        running().books.open(bad)
    with new_book() as book, pytest.raises(ValueError, match=r"\.zip"):
        book.save(tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("Sheet.charts", lambda book: book.sheets[0].charts),
        ("Sheet.shapes", lambda book: book.sheets[0].shapes),
        ("Range.add_comment", lambda book: book.sheets[0]["A1"].add_comment("x")),
        ("App.run", lambda book: book.macro("Module1.Main")()),
    ],
)
def test_what_is_not_there_says_so_by_its_name(book: xw.Book, name: str, use: Any) -> None:
    with pytest.raises(NotSupported, match=name.replace(".", r"\.")):
        use(book)


def test_calculation_is_held_back_and_done(sheet: xw.Sheet) -> None:
    app = running()
    with app.properties(calculation="manual"):
        sheet["A1"].value = [1, "=A1+1"]
        sheet["A1"].value = 5
        assert app.calculation == "manual"
        app.calculate()
        assert sheet["B1"].value == 6.0
    assert app.calculation == "automatic"
