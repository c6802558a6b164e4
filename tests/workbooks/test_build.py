"""A spec written as an .xlsx, looked at with other libraries than the one that wrote it."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import invented
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from sheetsales.process import Row
from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import (
    ACTION_CELL,
    CONFLICT_COLUMNS,
    FIRST_ROW,
    HEADER_ROW,
    LOG_FIRST_ROW,
    LOG_HEADER_ROW,
    LOG_ROWS,
    MARK_KINDS,
    MARKER_KEYS,
    REMOVED_COLUMNS,
    STATUS_CELL,
    TableSpec,
)

SPEC = invented.spec()
DATA = build(SPEC)
BARGAINS = next(table for table in SPEC.tables if table.table == "bargains")


@pytest.fixture(scope="module")
def book() -> Iterator[Workbook]:
    loaded = openpyxl.load_workbook(io.BytesIO(DATA))
    yield loaded
    loaded.close()


def part(name: str, data: bytes = DATA) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return parts.read(name).decode()


def place(table: TableSpec, name: str) -> int:
    return next(number for number, column in enumerate(table.columns, 1) if column.name == name)


def test_the_same_spec_gives_the_same_bytes() -> None:
    assert build(invented.spec()) == DATA


def test_the_same_bytes_come_out_of_another_process() -> None:
    folder = str(Path(invented.__file__).parent)
    code = f"""import sys, hashlib; sys.path.insert(0, {folder!r}); import invented; from sheetsales.process import Row
from sheetsales_workbooks.build import build
print(hashlib.sha256(build(invented.spec())).hexdigest())"""
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        assert done.stdout.strip() == hashlib.sha256(DATA).hexdigest()


def test_tabs_stand_in_order_and_ours_are_hidden(book: Workbook) -> None:
    tabs = ["Start", "Bargains", "Visits to make", "Accounts", "Stages", "Bargain events", "Conflicts", "Removed rows", "Read me"]
    assert book.sheetnames == [*tabs, "_lists", "_ss"]
    assert book["_lists"].sheet_state == "hidden"
    assert book["_ss"].sheet_state == "veryHidden"
    assert book.active is not None and book.active.title == "Start"


def test_the_marker_sheet_says_who_the_book_is(book: Workbook) -> None:
    rows = list(book["_ss"].iter_rows(values_only=True))
    found = {row[0]: row[1] for row in rows[: len(MARKER_KEYS)]}
    assert tuple(found) == MARKER_KEYS
    marks = invented.MARKERS
    assert found["workbook_id"] == marks.workbook_id
    assert found["generation"] == 7 and isinstance(found["generation"], int)
    assert (found["zone"], found["owner"], found["currency"]) == (marks.zone, "maria@example.com", "EUR")


def test_the_document_properties_say_the_same(book: Workbook) -> None:
    found = {item.name: item.value for item in book.custom_doc_props.props}  # type: ignore[attr-defined]
    marks = invented.MARKERS
    assert found == {
        "ss_workbook_id": marks.workbook_id,
        "ss_book_id": marks.book_id,
        "ss_generation": 7,
        "ss_template": marks.template,
    }


def test_the_column_block_names_every_column_as_built(book: Workbook) -> None:
    rows = [row[:6] for row in book["_ss"].iter_rows(values_only=True)]
    words = [row[0] for row in rows]
    block = rows[words.index("columns") + 1 : words.index("end columns")]
    assert len(block) == sum(1 for table in SPEC.tables for column in table.columns if column.name)
    for _table, sheet, header_row, _column, letter, header in block:
        assert book[str(sheet)][f"{letter}{header_row}"].value == header


def test_every_managed_column_has_a_defined_name_on_its_header(book: Workbook) -> None:
    for table in SPEC.tables:
        for number, column in enumerate(table.columns, 1):
            if column.name:
                where = book.defined_names[f"ss_{table.table}_{column.name}"].attr_text
                sheet, cell = str(where).rsplit("!", 1)
                assert sheet.strip("'") == table.sheet
                assert (
                    book[table.sheet][cell.replace("$", "")].coordinate == book[table.sheet].cell(HEADER_ROW, number).coordinate
                )


def test_the_action_and_status_cells_have_their_names(book: Workbook) -> None:
    assert book.defined_names["ss_action_bargains"].attr_text == "Bargains!$C$4"
    assert book.defined_names["ss_status_bargains"].attr_text == "Bargains!$D$4"
    assert (ACTION_CELL, STATUS_CELL) == ((4, 3), (4, 4))
    rules = [r for r in book["Bargains"].data_validations.dataValidation if "C4" in r.sqref]
    assert rules[0].formula1 == "ss_list_actions_bargains"


@pytest.mark.parametrize("table", SPEC.tables, ids=lambda t: t.table)
def test_rows_come_back_as_they_went_in(table: TableSpec) -> None:
    sheet = CalamineWorkbook.from_object(io.BytesIO(DATA)).get_sheet_by_name(table.sheet).to_python(skip_empty_area=False)
    for row, values in zip(sheet[HEADER_ROW:], table.rows, strict=False):
        for cell, column in zip(row, table.columns, strict=True):
            wanted = values.get(column.name)
            if isinstance(wanted, Decimal):
                assert Decimal(repr(cell)) == wanted
            elif wanted is None:
                assert cell == ""
            else:
                assert cell == wanted


def test_blank_rows_wait_with_their_ids(book: Workbook) -> None:
    sheet = book["Bargains"]
    first = FIRST_ROW + len(BARGAINS.rows)
    assert [sheet.cell(row, 1).value for row in range(first, first + 100)] == list(BARGAINS.spare_ids)
    assert all(
        sheet.cell(first, number).value is None or str(sheet.cell(first, number).value).startswith("=") for number in range(2, 20)
    )
    assert sheet.column_dimensions["A"].hidden


def test_text_that_looks_like_a_formula_stays_text(book: Workbook) -> None:
    cell = book["Bargains"].cell(FIRST_ROW + 3, place(BARGAINS, "name"))
    assert (cell.value, cell.data_type) == ("=Pumps & valves, lot 3", "s")


@settings(max_examples=40, deadline=None)
@given(text=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    row = {"id": "BG-2345678923-44", "name": text, "next_step": text}
    spec = invented.book({"bargains": [row]})
    sheet = CalamineWorkbook.from_object(io.BytesIO(build(spec))).get_sheet_by_name("Bargains").to_python(skip_empty_area=False)
    assert sheet[HEADER_ROW][2] == text


def test_formulas_are_relative_to_their_row_and_hold_the_value_they_were_given() -> None:
    xml = part("xl/worksheets/sheet2.xml")
    column = get_column_letter(place(BARGAINS, "outcome"))
    stage = get_column_letter(place(BARGAINS, "stage"))
    for row in (FIRST_ROW, FIRST_ROW + 5):
        found = re.search(rf'<c r="{column}{row}"[^>]*t="str"><f>([^<]*)</f><v>([^<]*)</v>', xml)
        assert found is not None
        assert f"${stage}{row}" in found[1]
        assert found[2] == BARGAINS.rows[row - FIRST_ROW]["outcome"]
    blank = re.search(rf'<c r="{column}{FIRST_ROW + len(BARGAINS.rows)}"[^>]*t="str"><f>[^<]*</f><v></v>', xml)
    assert blank is not None


@pytest.mark.parametrize("table", SPEC.tables, ids=lambda t: t.table)
def test_each_tab_has_a_table_object_with_a_filter_and_stands_still_above_and_left(book: Workbook, table: TableSpec) -> None:
    sheet = book[table.sheet]
    made = sheet.tables[f"ss_t_{table.table}"]
    rows = max(1, len(table.rows) + len(table.spare_ids))
    assert made.ref == f"A{HEADER_ROW}:{get_column_letter(len(table.columns))}{HEADER_ROW + rows}"
    assert made.autoFilter.ref == made.ref
    assert sheet.freeze_panes == "D6"


def test_every_input_has_its_check_and_its_prompt(book: Workbook) -> None:
    rules = {str(rule.sqref).split(":")[0]: rule for rule in book["Bargains"].data_validations.dataValidation}

    def rule(name: str) -> DataValidation:
        found: DataValidation = rules[f"{get_column_letter(place(BARGAINS, name))}{FIRST_ROW}"]
        return found

    kinds = {
        name: rule(name).type for name in ("name", "account", "amount", "stage", "chance", "close_date", "last_call", "seats")
    }
    assert kinds == {"name": "textLength", "account": "list", "amount": "decimal", "stage": "list", "chance": "decimal",
                     "close_date": "date", "last_call": "date", "seats": "whole"}  # fmt: skip
    assert rule("close_date").prompt == "The day you expect the signature. Needed."
    assert rule("seats").error == "Please type a whole number from 1 to 5000."
    assert rule("stage").showErrorMessage and not rule("account").showErrorMessage
    assert rules["B6"].formula1 == "ss_list_delete"
    assert f"{get_column_letter(place(BARGAINS, 'score'))}{FIRST_ROW}" not in rules


def test_number_formats_follow_the_types(book: Workbook) -> None:
    sheet = book["Bargains"]
    formats = {column.name: sheet.cell(FIRST_ROW, number).number_format for number, column in enumerate(BARGAINS.columns, 1)}
    assert formats["name"] == formats["account"] == formats["id"] == "@"
    assert (formats["amount"], formats["chance"], formats["close_date"]) == ("#,##0.00", "0 %", "yyyy-mm-dd")
    assert (formats["last_call"], formats["seats"], formats["effort"]) == ("yyyy-mm-dd hh:mm", "0", "General")


def test_what_nobody_types_into_looks_different(book: Workbook) -> None:
    sheet = book["Bargains"]
    typed, filled = (sheet.cell(FIRST_ROW, place(BARGAINS, name)) for name in ("seats", "score"))
    assert filled.font.italic and not typed.font.italic
    assert filled.fill.fgColor.rgb != typed.fill.fgColor.rgb


def test_needed_columns_have_another_header(book: Workbook) -> None:
    sheet = book["Bargains"]
    needed, other, filled = (sheet.cell(HEADER_ROW, place(BARGAINS, name)) for name in ("name", "account", "score"))
    assert len({cell.fill.fgColor.rgb for cell in (needed, other, filled)}) == 3


def test_the_palette_has_four_twins_for_every_look_of_a_data_cell() -> None:
    book = openpyxl.load_workbook(io.BytesIO(DATA))
    sheet = book["_ss"]
    words = {row[0].value: row[0].row for row in sheet.iter_rows(max_col=1) if row[0].value}
    rows = range(words["palette"] + 1, words["end palette"])
    palette = [[sheet.cell(row, column).style_id for column in range(2, 7)] for row in rows]
    flat = [style for line in palette for style in line]
    assert len(flat) == len(set(flat)) == len(rows) * (1 + len(MARK_KINDS))
    plain = {line[0] for line in palette}
    for table in SPEC.tables:
        for row in book[table.sheet].iter_rows(min_row=FIRST_ROW):
            assert {cell.style_id for cell in row} <= plain
    book.close()


def test_twins_differ_in_their_fill_only(book: Workbook) -> None:
    sheet = book["_ss"]
    first = next(row[0].row for row in sheet.iter_rows(max_col=1) if row[0].value == "palette") + 1
    for row in range(first, first + 5):
        plain = sheet.cell(row, 2)
        for column in range(3, 7):
            twin = sheet.cell(row, column)
            for name in ("number_format", "font", "alignment", "border"):
                assert repr(getattr(twin, name)) == repr(getattr(plain, name))
            assert twin.fill.fgColor.rgb != plain.fill.fgColor.rgb


@pytest.mark.parametrize("table", SPEC.tables, ids=lambda t: t.table)
def test_every_tab_has_a_note_of_ours_already(book: Workbook, table: TableSpec) -> None:
    note = book[table.sheet]["B1"].comment
    assert note is not None and note.text.startswith("How this tab works")


def test_buttons_have_their_captions_and_call_no_macro() -> None:
    xml = part("xl/drawings/vmlDrawing1.vml")
    captions = re.findall(r'<font face="Calibri"[^>]*>([^<]*)</font>', xml)
    assert captions == ["Score bargains", "Close", "Check", "Undo last"]
    assert "FmlaMacro" not in xml


def test_the_lists_are_where_their_names_say(book: Workbook) -> None:
    for name, words in SPEC.lists.items():
        where = str(book.defined_names[f"ss_list_{name}"].attr_text)
        cells = re.match(r"_lists!\$([A-Z]+)\$2:", where)
        assert cells is not None
        column: Worksheet = book["_lists"]
        assert column[f"{cells[1]}1"].value == name
        assert [column[f"{cells[1]}{row}"].value for row in range(2, 2 + len(words))] == list(words)


def test_the_conflicts_and_removed_tabs_wait_with_empty_rows(book: Workbook) -> None:
    for name, headers in (("Conflicts", CONFLICT_COLUMNS), ("Removed rows", REMOVED_COLUMNS)):
        sheet = book[name]
        assert tuple(cell.value for cell in sheet[LOG_HEADER_ROW]) == headers
        assert all(cell.value is None for row in sheet.iter_rows(min_row=LOG_FIRST_ROW) for cell in row)
        assert sheet.max_row == LOG_FIRST_ROW + LOG_ROWS - 1
    rule = book["Conflicts"].data_validations.dataValidation[0]
    assert (str(rule.sqref), rule.formula1) == ("L5:L204", "ss_list_decisions")
    assert str(book["Conflicts"]["B2"].value).startswith("=IF(COUNTA(")
    assert book["Conflicts"].column_dimensions["A"].hidden


def test_the_start_tab_has_its_two_places_for_the_sync(book: Workbook) -> None:
    sheet = book["Start"]
    for name, first in (("ss_today", date), ("ss_notices", str)):
        cell = str(book.defined_names[name].attr_text).split("!")[1].replace("$", "")
        assert isinstance(sheet[cell].value, first)
    links = [cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink is not None]
    assert "'Visits to make'!A1" in links


def test_figures_of_the_start_tab_are_formulas_over_the_tables(book: Workbook) -> None:
    formulas = [str(row[8].value) for row in book["Start"].iter_rows(max_col=9) if str(row[8].value).startswith("=")]
    assert formulas[1] == '=SUMIFS(ss_t_bargains[Amount],ss_t_bargains[Bargain],"<>",ss_t_bargains[Outcome],"Open")'
    assert 'ss_t_bargains[Next step on],"<"&TODAY()' in formulas[2]


def test_nothing_in_a_rep_s_text_becomes_a_link_or_a_formula() -> None:
    row = {"id": "BG-2345678923-44", "name": '=HYPERLINK("http://x")', "next_step": "https://example.com", "account": "{=1+1}"}
    data = build(invented.book({"bargains": [row]}))
    xml = part("xl/worksheets/sheet2.xml", data)
    assert "<hyperlink" not in xml
    assert "HYPERLINK" not in xml


def test_a_book_without_rows_and_without_waiting_rows_is_still_a_book() -> None:
    spec = invented.book({})
    book = openpyxl.load_workbook(io.BytesIO(build(spec)))
    assert book["Bargains"].tables["ss_t_bargains"].ref.startswith("A5:")
    book.close()


def test_a_1904_book_keeps_its_days() -> None:
    row: Row = {"id": "BG-2345678923-44", "name": "x", "close_date": date(2026, 11, 6), "last_call": datetime(2026, 11, 6, 9, 30)}
    spec = invented.book({"bargains": [row]})
    data = build(replace(spec, date_1904=True))
    sheet = CalamineWorkbook.from_object(io.BytesIO(data)).get_sheet_by_name("Bargains").to_python(skip_empty_area=False)
    assert date(2026, 11, 6) in sheet[HEADER_ROW] and datetime(2026, 11, 6, 9, 30) in sheet[HEADER_ROW]


def test_laying_out_a_book_does_not_load_the_writing_library() -> None:
    code = """import sys; import sheetsales_workbooks.build, sheetsales_workbooks.layout
print([m for m in sys.modules if 'xlsxwriter' in m])"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
