"""Our own books read back: markers, tables found wherever they went, rows, decisions."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hand_made import sheet, workbook, zipped
from invented import MARKERS, rows, spec
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetsales.errors import BookLocked, FileIncomplete, MarkersDisagree, NotOurBook
from sheetsales.values import CellError, Formula
from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import BookPatch, BookRead, CellWrite, TableRead
from sheetsales_workbooks.hosts import names, open_host
from sheetsales_workbooks.hosts.excel_file import read_book, read_markers
from sheetsales_workbooks.reading.find_tables import (
    MappedColumn,
    MappedTable,
    Rows,
    Sheet,
    header_row_of,
    named_places,
    read_table,
)
from sheetsales_workbooks.reading.guard import LIMITS, package
from sheetsales_workbooks.reading.sheet_xml import Meaning, parse_sheet

HEAD = 5
TAB = "Bargains"


@cache
def built() -> bytes:
    return build(spec(6, spare_rows=4))


def edited(edit: Callable[[Workbook], object]) -> bytes:
    """Give the book after an edit by another program."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(built()))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def properties_of(book: Workbook) -> Any:
    return getattr(book, "custom_doc_props")  # noqa: B009 (the stubs do not know it)


def in_tab(edit: Callable[[Worksheet], object]) -> BookRead:
    return read_book(edited(lambda book: edit(book[TAB])))


def bargains(edit: Callable[[Worksheet], object]) -> TableRead:
    return in_tab(edit).tables["bargains"]


# ── a book as built ──────────────────────────────────────────────────────────────────────────────


def test_a_built_book_is_read_back_whole() -> None:
    book = read_book(built())
    assert book.markers == MARKERS
    assert book.owner == "maria@example.com"
    assert book.content_hash == hashlib.sha256(built()).hexdigest()
    assert list(book.tables) == ["bargains", "visits", "accounts", "stages", "bargain_events"]
    assert book.remarks == ()
    table = book.tables["bargains"]
    assert (table.sheet, table.header_row, table.id_column, table.action_column) == (TAB, HEAD, 1, 2)
    assert (table.missing, table.remarks, table.extra_headers, table.hidden_rows) == ((), (), {}, 0)
    written = rows(6)["bargains"]
    assert [row.id for row in table.rows][:6] == [row["id"] for row in written]
    for row, record in zip(table.rows, written, strict=False):
        for name in (
            "name",
            "account",
            "stage",
            "close_date",
            "last_call",
            "budget",
            "seats",
            "next_step",
            "next_step_date",
            "tier",
        ):
            assert row.cells[name] == record[name]
        assert row.cells["amount"] == pytest.approx(float(str(record["amount"])))
        assert isinstance(row.cells["outcome"], Formula)


def test_waiting_rows_carry_ids_and_nothing_else() -> None:
    waiting = read_book(built()).tables["visits"].rows[5:]
    assert len(waiting) == 4
    assert all(isinstance(row.id, str) and set(row.cells.values()) == {None} and not row.extra for row in waiting)


def test_text_that_looks_like_a_formula_comes_back_as_text() -> None:
    assert read_book(built()).tables["bargains"].rows[3].cells["name"] == "=Pumps & valves, lot 3"


def test_places_of_names_notices_and_the_free_row_are_told() -> None:
    book = read_book(built())
    assert book.places["ss_status_bargains"] == (TAB, 4, 4)
    assert book.notices == ("Nothing to report. What the sync has to tell you will stand here.",)
    assert book.next_removed_row == 5
    assert "_ss" in book.sheet_names


def test_counts_are_those_of_the_tabs_that_were_read() -> None:
    counts = read_book(built()).counts
    assert counts["rows"] == sum(len(table.rows) for table in read_book(built()).tables.values())
    assert counts["skipped"] == 0
    assert counts["cells"] > counts["rows"]


def test_a_path_is_read_as_its_bytes_are_and_a_known_hash_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(built())
    assert read_book(tmp_path / "book.xlsx", roots=[tmp_path]) == read_book(built())
    assert read_book(built(), "abc").content_hash == "abc"


def test_the_markers_alone_are_read_without_the_tables() -> None:
    assert read_markers(built()) == MARKERS
    assert read_markers(workbook("")) is None


def test_a_book_above_the_cheap_bound_is_read_the_same_in_the_reader_process() -> None:
    padding = {f"xl/media/image{n}.bin": bytes(range(256)) * 40_000 for n in range(5)}
    data = repacked(built(), padding)
    assert package(data).inflated > LIMITS["here"]
    large = read_book(data, "same")
    small = read_book(built(), "same")
    assert large.tables == small.tables
    assert (large.markers, large.places, large.notices, large.conflicts) == (
        small.markers, small.places, small.notices, small.conflicts,
    )  # fmt: skip


def repacked(data: bytes, more: dict[str, bytes]) -> bytes:
    parts = package(data)
    packed: dict[str, str | bytes] = {name: parts.read(name) for name in parts.entries}
    noise = {name: hashlib.shake_256(name.encode()).digest(len(content) + 100_000) for name, content in more.items()}
    return zipped({**packed, **noise})


# ── markers ──────────────────────────────────────────────────────────────────────────────────────


def test_a_workbook_without_markers_is_not_ours() -> None:
    for data in (workbook('<row r="1"><c r="A1"><v>1</v></c></row>'), edited(lambda book: book.remove(book["_ss"]))):
        with pytest.raises(NotOurBook):
            read_book(data)


def test_markers_without_the_document_properties_are_enough() -> None:
    def drop(book: Workbook) -> None:
        properties = properties_of(book)
        for name in list(properties.names):
            del properties[name]

    assert read_book(edited(drop)).markers == MARKERS


def test_markers_that_contradict_the_document_properties_are_refused() -> None:
    def change(book: Workbook) -> None:
        del properties_of(book)["ss_book_id"]
        properties_of(book).append(StringProperty(name="ss_book_id", value="BK-OTHER"))

    with pytest.raises(MarkersDisagree, match=r"book_id.*BK-OTHER"):
        read_book(edited(change))


@pytest.mark.parametrize(("cell", "value"), [("B1", None), ("B3", "seven"), ("B3", None), ("C9", "x"), ("E9", "?")])
def test_damaged_markers_are_refused(cell: str, value: str | None) -> None:
    def change(book: Workbook) -> None:
        book["_ss"][cell] = value
        properties = properties_of(book)
        for name in list(properties.names):
            del properties[name]

    with pytest.raises(MarkersDisagree, match="damaged"):
        read_book(edited(change))


def test_a_hidden_instead_of_a_very_hidden_marker_sheet_is_as_good() -> None:
    assert read_book(edited(lambda book: setattr(book["_ss"], "sheet_state", "visible"))).markers == MARKERS


def test_a_half_written_book_is_incomplete() -> None:
    with pytest.raises(FileIncomplete):
        read_book(built()[:-100])


# ── columns that went elsewhere ──────────────────────────────────────────────────────────────────


def swap(tab: Worksheet, one: int, other: int) -> None:
    for row in range(HEAD, tab.max_row + 1):
        first, second = tab.cell(row, one), tab.cell(row, other)
        first.value, second.value = second.value, first.value


def test_a_renamed_column_is_found_by_its_name_and_the_remark_says_both_headers_and_the_cell() -> None:
    table = bargains(lambda tab: tab.cell(HEAD, 5, "Value of the deal"))
    assert table.columns["amount"] == 5
    assert table.missing == ()
    assert table.remarks == (f"{TAB}!E5: the column 'Amount' is now called 'Value of the deal'; it is read as before.",)


def test_moved_columns_are_found_by_their_headers() -> None:
    table = bargains(lambda tab: swap(tab, 4, 8))
    assert (table.columns["account"], table.columns["close_date"]) == (8, 4)
    assert table.rows[0].cells["account"] == "Account 00"
    assert [remark.partition(":")[0] for remark in table.remarks] == [f"{TAB}!H5", f"{TAB}!D5"]


def test_a_column_whose_header_and_name_are_gone_is_missing_and_the_others_are_read() -> None:
    def drop(book: Workbook) -> None:
        del book.defined_names["ss_bargains_amount"]
        for row in range(HEAD, 20):
            book[TAB].cell(row, 5).value = None

    table = read_book(edited(drop)).tables["bargains"]
    assert table.missing == ("amount",)
    assert "amount" not in table.rows[0].cells
    assert table.rows[0].cells["account"] == "Account 00"
    assert table.remarks == (f"{TAB}!E5: the column 'Amount' was not found; it is left as it is in the store.",)


def test_of_two_columns_of_one_header_the_mapped_one_wins_and_the_other_is_the_users() -> None:
    def double(tab: Worksheet) -> None:
        tab.cell(HEAD, 30, "amount ")
        tab.cell(HEAD + 1, 30, 1)

    table = bargains(double)
    assert table.columns["amount"] == 5
    assert table.extra_headers == {30: "amount "}
    assert table.rows[0].extra == {30: 1}
    assert table.remarks == (f"{TAB}!AD5: a second column is called 'Amount'; this one is treated as your own.",)


def test_columns_of_the_user_are_read_apart_with_their_raw_values() -> None:
    def add(tab: Worksheet) -> None:
        tab.cell(HEAD, 27, "Mine")
        tab.cell(HEAD + 1, 27, "=E6*2")
        tab.cell(HEAD + 2, 28, date(2026, 1, 2))

    table = bargains(add)
    assert table.extra_headers == {27: "Mine"}
    assert table.rows[0].extra == {27: Formula("E6*2", None, False)}
    assert table.rows[1].extra == {28: date(2026, 1, 2)}


def test_errors_and_formulas_in_cells_are_told_apart_from_values() -> None:
    def put(tab: Worksheet) -> None:
        tab.cell(HEAD + 1, 5, "#REF!").data_type = "e"
        tab.cell(HEAD + 2, 5, "=1+1")

    table = bargains(put)
    assert table.rows[0].cells["amount"] == CellError("#REF!")
    assert table.rows[1].cells["amount"] == Formula("1+1", None, False)


# ── rows and tabs that went elsewhere ────────────────────────────────────────────────────────────


def test_a_header_row_moved_to_row_three_is_found_and_told() -> None:
    def move(tab: Worksheet) -> None:
        tab.delete_rows(1, 2)

    table = bargains(move)
    assert table.header_row == 3
    assert len(table.rows) == 10
    assert table.remarks[0] == f"{TAB}!A3: the header row was moved here from row 5."


def test_a_deleted_header_row_pauses_its_tab_alone() -> None:
    def wipe(book: Workbook) -> None:
        book[TAB].delete_rows(HEAD)
        for name in [name for name in book.defined_names if name.startswith("ss_bargains_")]:
            del book.defined_names[name]

    book = read_book(edited(wipe))
    table = book.tables["bargains"]
    assert (table.header_row, table.rows, table.columns) == (0, [], {})
    assert f"{TAB}!A5: the header row was not found" in table.remarks[0]
    assert len(book.tables["visits"].rows) == 9


def test_a_row_of_a_record_is_never_taken_for_the_header_row() -> None:
    table = bargains(lambda tab: tab.delete_rows(HEAD))
    assert (table.header_row, table.rows) == (0, [])


def test_headers_that_were_all_renamed_are_still_found_by_their_names() -> None:
    def rename(tab: Worksheet) -> None:
        for column in range(1, 26):
            tab.cell(HEAD, column, f"Spalte {column}")

    table = bargains(rename)
    assert table.header_row == HEAD
    assert table.columns["amount"] == 5
    assert len(table.rows) == 10


def test_a_second_header_row_is_a_row_and_the_mapped_one_stays() -> None:
    def double(tab: Worksheet) -> None:
        for column in range(1, 26):
            tab.cell(HEAD + 1, column, tab.cell(HEAD, column).value)

    table = bargains(double)
    assert table.header_row == HEAD
    assert table.rows[0].cells["name"] == "Bargain"


def test_a_renamed_tab_is_found_by_its_defined_names() -> None:
    def rename(book: Workbook) -> None:
        book[TAB].title = "Tom's deals"
        for name, defined in book.defined_names.items():
            if name.startswith("ss_bargains_"):
                defined.attr_text = defined.attr_text.replace(f"{TAB}!", "'Tom''s deals'!")

    table = read_book(edited(rename)).tables["bargains"]
    assert table.sheet == "Tom's deals"
    assert len(table.rows) == 10
    assert table.remarks == ("The tab Bargains is now called Tom's deals; it is read as before.",)


def test_a_deleted_tab_is_absent_with_a_remark_and_nothing_else_is() -> None:
    book = read_book(edited(lambda book: book.remove(book[TAB])))
    assert "bargains" not in book.tables
    assert "visits" in book.tables
    assert book.remarks == ("The tab Bargains is not in the workbook any more; its rows were not read and nothing was deleted.",)


def test_of_merged_cells_the_first_is_read_and_the_others_are_not_known() -> None:
    table = bargains(lambda tab: tab.merge_cells("C6:D7"))
    assert table.rows[0].cells["name"] == "Pumps and valves, lot 0"
    assert "account" not in table.rows[0].cells
    assert "name" not in table.rows[1].cells
    assert "account" in table.rows[2].cells
    assert table.remarks[0].startswith(f"{TAB}!C6: the cells to D7 are merged")


def test_rows_that_a_filter_hides_are_read_and_counted() -> None:
    def hide(tab: Worksheet) -> None:
        tab.row_dimensions[7].hidden = tab.row_dimensions[8].hidden = True

    table = bargains(hide)
    assert (len(table.rows), table.hidden_rows) == (10, 2)


def test_decisions_of_the_conflicts_tab_are_read() -> None:
    def decide(book: Workbook) -> None:
        tab = book["Conflicts"]
        tab["A5"], tab["L5"] = "CF-1", "Keep mine"
        tab["A7"], tab["L7"], tab["M7"] = "CF-2", "Other value", 12.5
        tab["L8"] = "Keep mine"
        book["Removed rows"]["A6"] = "2026-01-01"

    book = read_book(edited(decide))
    assert [(c.row, c.id, c.decision, c.other) for c in book.conflicts] == [
        (5, "CF-1", "Keep mine", None), (7, "CF-2", "Other value", 12.5),
    ]  # fmt: skip
    assert book.next_removed_row == 7


def test_a_book_saved_by_another_program_reads_as_the_built_one_but_for_results_of_formulas() -> None:
    def plain(table: TableRead) -> list[object]:
        return [(row.row, row.id, {n: v for n, v in row.cells.items() if not isinstance(v, Formula)}) for row in table.rows]

    ours, theirs = read_book(built()).tables, read_book(edited(lambda _book: None)).tables
    assert {name: plain(table) for name, table in ours.items()} == {name: plain(table) for name, table in theirs.items()}


# ── finding, without a file ──────────────────────────────────────────────────────────────────────

MAPPED = MappedTable(
    "deals", "Deals", 3, [MappedColumn("id", 1, "ID"), MappedColumn("name", 2, "Name"), MappedColumn("sum", 3, "Sum")]
)


def read(cells: Rows, names: dict[str, str] | None = None) -> TableRead:
    return read_table(MAPPED, Sheet("Deals", cells), named_places(names or {}))


def test_headers_are_compared_trimmed_and_without_case() -> None:
    table = read({3: {1: "id", 2: " NAME ", 3: "Sum\n"}, 4: {1: "x", 2: "a", 3: 5}})
    assert table.columns == {"name": 2, "sum": 3}
    assert table.rows[0].cells == {"name": "a", "sum": 5}


def test_a_header_that_moved_and_stands_twice_is_told_by_its_defined_name() -> None:
    cells = {3: {1: "ID", 2: "Other", 4: "Name", 5: "Name", 3: "Sum"}}
    assert read(cells).missing == ("name",)
    assert read(cells, {"ss_deals_name": "Deals!$E$3"}).columns["name"] == 5


def test_a_header_row_further_down_is_searched_by_half_of_the_headers() -> None:
    assert header_row_of(MAPPED, {9: {5: "Name", 6: "Sum"}}, {}) == 9
    assert header_row_of(MAPPED, {9: {5: "Name"}}, {}) == 0
    assert header_row_of(MAPPED, {90: {5: "Name", 6: "Sum"}}, {}) == 0


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("Deals!$C$4", ("Deals", 4, 3)), ("'My ''own'' deals'!$C$4:$C$90", ("My 'own' deals", 4, 3)), ("=Deals!C4", ("Deals", 4, 3)),
        ("#REF!", None), ("Deals!#REF!", None), ("SUM(Deals!$C$4)", None),
    ],
)  # fmt: skip
def test_defined_names_give_places(target: str, place: object) -> None:
    assert named_places({"SS_deals_sum": target, "other": "Deals!$A$1"}).get("ss_deals_sum") == place


def test_a_table_without_rows_or_with_blank_ones_has_none() -> None:
    assert read({3: {1: "ID", 2: "Name", 3: "Sum"}, 4: {2: ""}}).rows == []


def test_names_with_formula_like_text_are_only_text() -> None:
    name = "Robert'); DROP TABLE lead;--"
    mapped = replace(MAPPED, sheet=name)
    table = read_table(mapped, Sheet(name, {3: {1: "ID", 2: "Name", 3: name}, 4: {2: "%s {0}"}}), {"ss_deals_sum": (name, 3, 3)})
    assert table.columns["sum"] == 3
    assert table.rows[0].cells["name"] == "%s {0}"


# ── the host ─────────────────────────────────────────────────────────────────────────────────────


def test_the_file_host_reads_writes_and_shows_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(built())
    assert "excel_file" in names()
    host = open_host("excel_file", path)
    patch = BookPatch(generation=8)
    patch.sheet(TAB).cells.append(CellWrite(6, 11, 42))
    host.apply(patch)
    host.status("bargains", "=Checked")
    book = host.read()
    assert book.markers.generation == 8
    assert book.tables["bargains"].rows[0].cells["seats"] == 42
    assert [file.name for file in tmp_path.iterdir()] == ["book.xlsx"]
    shown = path.read_bytes()
    host.apply(BookPatch())
    assert path.read_bytes() == shown


def test_a_book_that_is_open_elsewhere_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(built())
    (tmp_path / ".~lock.book.xlsx#").write_text(",ana,,,;")
    with pytest.raises(BookLocked, match="open"):
        open_host("excel_file", path).status("bargains", "Checked")
    assert path.read_bytes() == built()


def test_a_sheet_without_rows_is_read() -> None:
    assert sheet("").endswith("<sheetData></sheetData></worksheet>")
    assert read_markers(workbook(sheet(""))) is None


def test_a_remark_at_the_end_of_a_full_row_is_read_as_fast_as_the_row() -> None:
    """A row that is like the others but for its end was once tried in two ways for each of its cells: for hours."""
    columns = [f"{a}{b}".strip() for a in (" ", "A", "B") for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"][:60]
    rows_ = [
        "".join([f'<row r="{n}">', *(f'<c r="{c}{n}"><v>{n}</v></c>' for c in columns), more, "</row>"])
        for n, more in enumerate(("", "", "", '<c r="DZ4" t="str"><v>mine</v></c>'), 1)
    ]
    read = parse_sheet(sheet("".join(rows_)), Meaning((), {}))
    assert [len(cells) for cells in read.rows.values()] == [60, 60, 60, 61] and read.rows[4][130] == "mine"
