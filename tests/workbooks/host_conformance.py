"""What every spreadsheet host must do, told once.

A host joins with one class in `test_hosts.py`: how it opens a book, how a person types into it, and
how what it holds comes to a file that others can look into.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import ClassVar

import openpyxl
import pytest
from filled import filled_spec
from patch_books import rebuilt

from sheetsales.errors import BookEdited, CellRefused, NotOurBook
from sheetsales.playbook import build_playbook
from sheetsales.values import CellError, Formula
from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import (
    ACTION_CELL,
    FIRST_ROW,
    HEADER_ROW,
    ID_COLUMN,
    NOTE_SIGNATURE,
    BookPatch,
    BookRead,
    CellWrite,
    Host,
    Mark,
    SheetPatch,
)
from sheetsales_workbooks.hosts.excel_file import read_book
from sheetsales_workbooks.patch import patch_book
from sheetsales_workbooks.xlsx.looks import MARK_FILLS

TABLE, TAB, ROWS, WAITING = "leads", "Leads", 6, 14
OWN = 60  # a column far to the right, the user's own
FORMULA_LIKE = ("=1+1", "+41 44 123", "-5", "@cmd", "'quoted", '=HYPERLINK("http://x","y")', "==", "\t=1")
PARSED = ("007", "2026-01-02", "1e3", "TRUE", "#N/A", "12%", "1,234", "May 5")

VALUES = (
    ("company", "Ødegård & Søn <x>"),
    ("contact_name", "two\nlines"),
    ("company", "  spaces  "),
    ("budget_amount", Decimal("1234567.89")),
    ("budget_amount", 12),
    ("expected_value", Decimal("-0.01")),
    ("revisit_on", date(2026, 11, 20)),
    ("created_at", datetime(2026, 11, 20, 14, 5, 30)),
    ("company", None),
)
REFUSED = (
    "x" * 32_768,  # too long
    "a\x01b",  # cannot be stored
    Decimal("1E+400"),  # too large
    datetime(2026, 1, 1, tzinfo=UTC),  # cells know no zone
)


@cache
def original(*, date_1904: bool = False) -> bytes:
    """Build a book with one table of leads: six rows, and some that wait."""
    spec = filled_spec(build_playbook({}), (TABLE,), count=ROWS)
    (leads,) = (replace(one, spare_ids=one.spare_ids[:WAITING]) for one in spec.tables)
    return build(replace(spec, tables=(leads,), date_1904=date_1904))


def cell_of(read: BookRead, column: str, number: int = 0) -> tuple[int, int]:
    """Give row and column of a cell of the table by the name of its column; number: the row, counted from 0."""
    tab = read.tables[TABLE]
    return tab.rows[number].row, tab.columns[column]


def value_at(read: BookRead, row: int, column: int) -> object:
    """Give the raw value of a cell of the table, the user's own columns included."""
    tab = read.tables[TABLE]
    found = next(one for one in tab.rows if one.row == row)
    names = {index: name for name, index in tab.columns.items()}
    return found.cells[names[column]] if column in names else found.extra.get(column)


def patch_of(*cells: CellWrite, marks: tuple[Mark, ...] = (), generation: int | None = 2, **more: int) -> BookPatch:
    """Build the patch of the table's tab."""
    return BookPatch({TAB: SheetPatch(list(cells), list(marks), **more)}, generation)


def with_error(data: bytes, row: int, letters: str, code: str) -> bytes:
    """Put an error, as Excel stores one, into a cell that holds the text ERROR."""
    found = re.compile(rf'<c r="{letters}{row}"( s="\d+")? t="inlineStr"><is><t[^>]*>ERROR</t></is></c>')

    def replaced(xml: bytes) -> bytes:
        text, count = found.subn(rf'<c r="{letters}{row}"\1 t="e"><v>{code}</v></c>', xml.decode())
        return text.encode() if count else xml

    names = [name for name in openpyxl_parts(data) if name.startswith("xl/worksheets/sheet")]
    return rebuilt(data, dict.fromkeys(names, replaced))


def openpyxl_parts(data: bytes) -> list[str]:
    """Give the names of the parts of a workbook."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return book.namelist()


class HostConformance:
    """The tests; a host gives the three methods below."""

    exact_truths: ClassVar[bool] = True  # whether a truth value in a cell formatted for numbers is told from 1
    exact_errors: ClassVar[bool] = True  # whether an error that was typed is told from one that was calculated

    def open(self, path: Path) -> Host:
        """Open a book."""
        raise AssertionError

    def type_in(self, host: Host, path: Path, tab: str, row: int, column: int, value: object) -> None:
        """Type a value or a formula ("=…") into a cell as a person would."""
        raise AssertionError

    def saved(self, host: Host, path: Path) -> Path:
        """Give a file that holds what the book holds now."""
        raise AssertionError

    # ── types ────────────────────────────────────────────────────────────────────────────────────

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "Maria Santos.xlsx"
        path.write_bytes(original())
        return path

    def test_reads_what_the_file_says(self, path: Path) -> None:
        data = patch_book(path.read_bytes(), patch_of(
            CellWrite(FIRST_ROW, OWN, "007", text=True), CellWrite(FIRST_ROW, OWN + 1, Decimal("12.5")), CellWrite(FIRST_ROW, OWN + 2, True),
            CellWrite(FIRST_ROW + 1, OWN, "=1+1", text=True), CellWrite(FIRST_ROW + 1, OWN + 1, 3, formula="1+2"),
            CellWrite(FIRST_ROW + 1, OWN + 2, "ERROR"), generation=None,
        ))  # fmt: skip
        path.write_bytes(with_error(data, FIRST_ROW + 1, "BJ", "#N/A"))
        there, here = read_book(path), self.open(path).read()
        assert (here.markers, here.owner, here.sheet_names, here.places) == (
            there.markers, there.owner, there.sheet_names, there.places,
        )  # fmt: skip
        tab, other = here.tables[TABLE], there.tables[TABLE]
        assert (tab.columns, tab.id_column, tab.action_column, tab.header_row) == (
            other.columns, other.id_column, other.action_column, other.header_row,
        )  # fmt: skip
        assert [row.row for row in tab.rows] == [row.row for row in other.rows]
        for mine, theirs in zip(tab.rows, other.rows, strict=True):
            assert (mine.id, mine.action) == (theirs.id, theirs.action)
            for name, value in theirs.cells.items():
                if not isinstance(value, Formula):  # results may be fresher here than in the file
                    assert (name, mine.cells[name], type(mine.cells[name])) == (name, value, type(value))
        assert value_at(here, FIRST_ROW, OWN) == "007"
        assert value_at(here, FIRST_ROW, OWN + 1) == 12.5
        truth = value_at(here, FIRST_ROW, OWN + 2)
        assert truth is True or (not self.exact_truths and truth == 1)
        assert value_at(here, FIRST_ROW + 1, OWN) == "=1+1"
        assert value_at(here, FIRST_ROW + 1, OWN + 1) == Formula("1+2", 3)
        error = value_at(here, FIRST_ROW + 1, OWN + 2)
        assert (error if self.exact_errors or not isinstance(error, Formula) else error.value) == CellError("#N/A")

    def test_a_value_comes_back_in_its_own_type(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        writes = []
        for offset, (column, value) in enumerate(VALUES):
            row, place = cell_of(read, column, offset)
            writes.append(CellWrite(row, place, value, text=isinstance(value, str)))
        host.apply(patch_of(*writes))
        after = host.read()
        for write in writes:
            found, value = value_at(after, write.row, write.column), write.value
            assert found == (float(value) if isinstance(value, Decimal) else value)
            if value is not None:
                assert isinstance(found, (int, float) if isinstance(value, (int, Decimal)) else type(value))
                assert isinstance(found, datetime) == isinstance(value, datetime)

    def test_text_stays_text_whatever_it_looks_like(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        places = {column: cell_of(read, column) for column in ("company", "budget_amount")}  # cells of text, and of money
        texts = [*FORMULA_LIKE, *PARSED]
        writes = [CellWrite(row + n, place, text, text=True) for row, place in places.values() for n, text in enumerate(texts)]
        host.apply(patch_of(*writes))
        after = host.read()
        for row, place in places.values():
            assert [value_at(after, row + n, place) for n in range(len(texts))] == texts

    def test_numbers_and_formulas_go_into_cells_of_text_as_such(self, path: Path) -> None:
        host = self.open(path)
        row, place = cell_of(host.read(), "company")
        host.apply(patch_of(CellWrite(row, place, Decimal("7.5")), CellWrite(row + 1, place, 3, formula="1+2")))
        after = host.read()
        assert value_at(after, row, place) == 7.5
        found = value_at(after, row + 1, place)
        assert isinstance(found, Formula)
        assert found.text == "1+2"

    def test_days_are_the_same_in_a_book_that_counts_from_1904(self, path: Path) -> None:
        path.write_bytes(original(date_1904=True))
        there, host = read_book(path), self.open(path)
        here = host.read()
        days = [row.cells["revisit_on"] for row in there.tables[TABLE].rows[:ROWS]]
        assert any(isinstance(day, date) for day in days)
        assert [row.cells["revisit_on"] for row in here.tables[TABLE].rows[:ROWS]] == days
        row, place = cell_of(here, "revisit_on")
        host.apply(patch_of(CellWrite(row, place, date(2027, 2, 3))))
        assert value_at(host.read(), row, place) == date(2027, 2, 3)

    # ── what is not ours ─────────────────────────────────────────────────────────────────────────

    def test_nothing_but_the_cells_written_changes(self, path: Path) -> None:
        host = self.open(path)
        row, place = cell_of(host.read(), "company", 2)
        self.type_in(host, path, TAB, row, OWN, "my remark")
        self.type_in(host, path, TAB, row + 1, OWN, "=ROW()")
        before = host.read()
        host.apply(patch_of(CellWrite(row, place, "Other name", text=True)))
        after = host.read()
        assert value_at(after, row, place) == "Other name"
        for mine, theirs in zip(after.tables[TABLE].rows, before.tables[TABLE].rows, strict=True):
            mine.cells["company"] = theirs.cells["company"] = None
            assert (mine.row, mine.id, mine.cells, mine.extra) == (theirs.row, theirs.id, theirs.cells, theirs.extra)
        assert value_at(after, row, OWN) == "my remark"
        assert value_at(after, row + 1, OWN).text == "ROW()"  # type: ignore[attr-defined]

    def test_a_column_that_was_renamed_or_moved_is_read_as_before(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        tab = read.tables[TABLE]
        first, other = tab.columns["company"], tab.columns["contact_name"]
        header = next(one for one in [self.header(host, path, first)] if one)
        self.type_in(host, path, TAB, HEADER_ROW, other, "Who to call")
        after = host.read().tables[TABLE]
        assert header == "Company"
        assert after.columns == tab.columns
        assert any("is now called 'Who to call'" in remark for remark in after.remarks)

    def header(self, host: Host, path: Path, column: int) -> str:
        """Give the text of a header."""
        return str(openpyxl.load_workbook(self.saved(host, path))[TAB].cell(HEADER_ROW, column).value)

    def test_a_book_that_is_none_of_ours_is_refused(self, tmp_path: Path) -> None:
        foreign = openpyxl.Workbook()
        foreign.save(tmp_path / "foreign.xlsx")
        with pytest.raises(NotOurBook):
            self.open(tmp_path / "foreign.xlsx").read()

    def test_what_a_cell_cannot_hold_is_refused_and_nothing_is_written(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        row, place = cell_of(read, "company")
        for value in REFUSED:
            with pytest.raises(CellRefused):
                host.apply(patch_of(CellWrite(row + 1, place, "fine", text=True), CellWrite(row, place, value)))
            host.read()
        after = host.read()
        assert [one.cells for one in after.tables[TABLE].rows] == [one.cells for one in read.tables[TABLE].rows]
        assert after.markers == read.markers

    # ── marks, status, generation ────────────────────────────────────────────────────────────────

    def test_marks_colour_a_cell_and_leave_a_note_and_go_again(self, path: Path) -> None:
        host = self.open(path)
        row, place = cell_of(host.read(), "company")
        filled_row, computed = cell_of(host.read(), "score")
        host.apply(patch_of(marks=(
            Mark(row, place, "conflict", "Maria: 12"), Mark(row + 1, place, "error", "No such thing"), Mark(filled_row, computed, "warning", "old"),
        )))  # fmt: skip
        assert self.look(host, path, row, place) == (MARK_FILLS["conflict"], f"Maria: 12\n{NOTE_SIGNATURE}")
        assert self.look(host, path, filled_row, computed) == (MARK_FILLS["warning"], f"old\n{NOTE_SIGNATURE}")
        host.read()
        host.apply(patch_of(
            generation=3, marks=(Mark(row, place, None), Mark(row + 1, place, "error", "Still not"), Mark(filled_row, computed, None)),
        ))  # fmt: skip
        plain = openpyxl.load_workbook(path)[TAB].cell(filled_row, computed).fill.fgColor.rgb
        assert self.look(host, path, row, place) == ("", "")
        assert self.look(host, path, row + 1, place) == (MARK_FILLS["error"], f"Still not\n{NOTE_SIGNATURE}")
        assert self.look(host, path, filled_row, computed)[0] in ("#F1F3F5", f"#{str(plain)[-6:]}")

    def look(self, host: Host, path: Path, row: int, column: int) -> tuple[str, str]:
        """Give fill and note of a cell of the table's tab."""
        cell = openpyxl.load_workbook(self.saved(host, path))[TAB].cell(row, column)
        color = cell.fill.fgColor.rgb if cell.fill.fill_type == "solid" else ""
        fill = f"#{str(color)[-6:]}" if color else ""
        return ("" if fill == "#FFFFFF" else fill), ("" if cell.comment is None else cell.comment.text)

    def test_the_status_cell_says_a_sentence_and_the_generation_stands_in_both_its_homes(self, path: Path) -> None:
        host = self.open(path)
        row, place = cell_of(host.read(), "company")
        host.apply(patch_of(CellWrite(row, place, "New", text=True), generation=7))
        host.status(TABLE, "=6 leads scored")
        after = host.read()
        assert after.statuses == {TABLE: "=6 leads scored"}
        assert after.places[f"ss_status_{TABLE}"][1:] != ACTION_CELL
        assert after.markers.generation == 7
        assert read_book(self.saved(host, path)).markers.generation == 7

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────

    def test_a_table_grows_by_rows_that_look_like_its_first(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        tab = read.tables[TABLE]
        last = tab.rows[-1].row
        row, company, day = last + 2, tab.columns["company"], tab.columns["revisit_on"]
        host.apply(patch_of(
            CellWrite(last + 1, ID_COLUMN, "LD-0000000A", text=True), CellWrite(row, ID_COLUMN, "LD-0000000B", text=True),
            CellWrite(row, company, "007 AG", text=True), CellWrite(row, day, date(2026, 12, 1)),
            like_row=FIRST_ROW, last_row=row,
        ))  # fmt: skip
        after = host.read().tables[TABLE]
        assert [one.row for one in after.rows][-2:] == [last + 1, row]
        assert (after.rows[-1].id, after.rows[-1].cells["company"], after.rows[-1].cells["revisit_on"]) == (
            "LD-0000000B", "007 AG", date(2026, 12, 1),
        )  # fmt: skip
        assert all(value is None for name, value in after.rows[-2].cells.items() if name != "id")
        saved = openpyxl.load_workbook(self.saved(host, path))[TAB]
        (table,) = saved.tables.values()
        assert openpyxl.utils.cell.range_boundaries(table.ref)[3] == row
        assert saved.cell(row, company).number_format == saved.cell(FIRST_ROW, company).number_format
        assert saved.cell(row, company).fill.fill_type in (None, saved.cell(FIRST_ROW, company).fill.fill_type)

    def test_a_waiting_row_becomes_a_record(self, path: Path) -> None:
        host = self.open(path)
        tab = host.read().tables[TABLE]
        row, company = tab.rows[ROWS].row, tab.columns["company"]
        host.apply(patch_of(CellWrite(row, ID_COLUMN, "LD-0000000C", text=True), CellWrite(row, company, "Acme", text=True)))
        after = host.read().tables[TABLE].rows[ROWS]
        assert (after.id, after.cells["company"]) == ("LD-0000000C", "Acme")


class LiveConformance(HostConformance):
    """What a host of open books must do besides: a person works in them at the same time."""

    def insert_row(self, host: Host, row: int) -> None:
        """Insert a row of the sheet as a person would."""
        raise AssertionError

    def at_hand(self, host: Host) -> tuple[str, str]:
        """Give the sheet in front and the address that is selected in it."""
        raise AssertionError

    def test_a_write_moves_neither_the_sheet_in_front_nor_the_selection(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        before = self.at_hand(host)
        row, company = cell_of(read, "company", 3)
        last = read.tables[TABLE].rows[-1].row + 1
        host.apply(patch_of(
            CellWrite(row, company, "New", text=True), CellWrite(last, ID_COLUMN, "LD-0000000A", text=True),
            marks=(Mark(row, company, "note", "here"),), like_row=FIRST_ROW, last_row=last,
        ))  # fmt: skip
        assert self.at_hand(host) == before

    def test_rows_that_moved_since_the_read_are_found_by_their_ids(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        row, company = cell_of(read, "company", 3)
        id_ = read.tables[TABLE].rows[3].id
        self.insert_row(host, FIRST_ROW + 1)
        host.apply(patch_of(CellWrite(row, company, "Right", text=True), marks=(Mark(row, company, "note", "here"),)))
        rows = host.read().tables[TABLE].rows
        assert [(one.id, one.row) for one in rows if one.cells["company"] == "Right"] == [(id_, row + 1)]
        assert self.look(host, path, row + 1, company)[1] == f"here\n{NOTE_SIGNATURE}"

    def test_a_cell_edited_since_the_read_is_not_overwritten(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        row, company = cell_of(read, "company", 1)
        self.type_in(host, path, TAB, row, company, "Typed just now")
        with pytest.raises(BookEdited, match=f"{row} of the tab {TAB} changed"):
            host.apply(patch_of(CellWrite(row, company, "Ours", text=True), CellWrite(row + 1, company, "Ours too", text=True)))
        after = host.read()
        assert value_at(after, row, company) == "Typed just now"
        assert value_at(after, row + 1, company) == value_at(read, row + 1, company)
        assert after.markers == read.markers
        host.apply(patch_of(CellWrite(row, company, "Ours", text=True)))
        assert value_at(host.read(), row, company) == "Ours"

    def test_an_edit_beside_the_cells_written_stays(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        row, company = cell_of(read, "company", 1)
        contact = read.tables[TABLE].columns["contact_name"]
        self.type_in(host, path, TAB, row, contact, "Ida Roth")
        host.apply(patch_of(CellWrite(row, company, "Ours", text=True)))
        after = host.read()
        assert (value_at(after, row, company), value_at(after, row, contact)) == ("Ours", "Ida Roth")

    def test_a_waiting_row_that_was_filled_meanwhile_is_not_taken(self, path: Path) -> None:
        host = self.open(path)
        tab = host.read().tables[TABLE]
        row, company, contact = tab.rows[ROWS].row, tab.columns["company"], tab.columns["contact_name"]
        self.type_in(host, path, TAB, row, contact, "A new person")
        with pytest.raises(BookEdited):
            host.apply(patch_of(CellWrite(row, ID_COLUMN, "LD-0000000C", text=True), CellWrite(row, company, "Acme", text=True)))

    def test_columns_that_moved_meanwhile_stop_the_write(self, path: Path) -> None:
        host = self.open(path)
        read = host.read()
        row, company = cell_of(read, "company")
        contact = read.tables[TABLE].columns["contact_name"]
        self.type_in(host, path, TAB, HEADER_ROW, company, "Contact name")
        self.type_in(host, path, TAB, HEADER_ROW, contact, "Company")
        with pytest.raises(BookEdited, match="The columns of the tab Leads changed"):
            host.apply(patch_of(CellWrite(row, company, "Ours", text=True)))
