"""A built workbook opened, recalculated, edited and saved by a real LibreOffice."""

from __future__ import annotations

import io
from pathlib import Path

import invented
import office
import openpyxl
import pytest
from needing import needs
from openpyxl.utils import get_column_letter

from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import FIRST_ROW, TableSpec

pytestmark = needs("soffice")
SPEC = invented.spec()
BARGAINS = next(table for table in SPEC.tables if table.table == "bargains")
NEXT = FIRST_ROW + len(BARGAINS.rows)


def cell(name: str, row: int, table: TableSpec = BARGAINS) -> str:
    number = next(number for number, column in enumerate(table.columns, 1) if column.name == name)
    return f"{get_column_letter(number)}{row}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "book.xlsx"
    path.write_bytes(build(SPEC))
    return path


@pytest.fixture(scope="module")
def dump(built: Path) -> office.Dump:
    return office.open_and_dump(built)


def test_no_formula_shows_an_error(dump: office.Dump) -> None:
    assert dump.errors == []


def test_formulas_come_to_what_was_stored_with_them(dump: office.Dump) -> None:
    values = dump.sheets["Bargains"].values
    for row, record in enumerate(BARGAINS.rows, FIRST_ROW):
        assert values[cell("outcome", row)] == record["outcome"]
        assert values[cell("weighted", row)] == pytest.approx(float(str(record["weighted"])), abs=0.005)
    assert values[cell("outcome", NEXT)] == ""


def test_the_figures_of_the_start_tab_are_right(dump: office.Dump) -> None:
    start = dump.sheets["Start"].values
    shown = {start[f"I{row + 1}"]: start[f"I{row}"] for row in range(7, 17, 2)}
    expected = {tile.label: tile.value for tile in SPEC.start.tiles}
    expected["next steps overdue"] = shown["next steps overdue"]  # depends on the day on which it is looked at
    assert shown == pytest.approx(expected)


def test_a_row_typed_into_the_first_blank_line_counts_at_once(built: Path) -> None:
    edits = {
        ("Bargains", cell("name", NEXT)): "New lot",
        ("Bargains", cell("stage", NEXT)): "Qualify",
        ("Bargains", cell("amount", NEXT)): 1000,
    }
    before, after = office.open_and_dump(built), office.open_and_dump(built, edits)
    assert after.sheets["Bargains"].values[cell("outcome", NEXT)] == "Open"
    assert after.sheets["Start"].values["I7"] == before.sheets["Start"].values["I7"] + 1
    assert after.sheets["Start"].values["I9"] == pytest.approx(before.sheets["Start"].values["I9"] + 1000)
    assert after.errors == []


def test_buttons_are_live_controls_with_their_captions(dump: office.Dump) -> None:
    assert dump.sheets["Bargains"].buttons == ["Score bargains", "Close", "Check", "Undo last"]
    assert dump.sheets["Visits to make"].buttons == ["Plan visits", "Check", "Undo last"]
    assert dump.sheets["Bargain events"].buttons == []


def test_names_notes_and_filters_are_there(dump: office.Dump) -> None:
    assert {f"ss_bargains_{column.name}" for column in BARGAINS.columns if column.name} <= set(dump.names)
    assert {"ss_action_bargains", "ss_status_bargains", "ss_today", "ss_notices", "ss_list_stages"} <= set(dump.names)
    assert dump.sheets["Bargains"].notes["B1"].startswith("How this tab works")
    assert {name: dump.tables[name] for name in dump.tables if name.startswith("ss_t_")} == {
        f"ss_t_{table.table}": True for table in SPEC.tables}  # fmt: skip


def test_drop_downs_and_limits_reach_the_cells(dump: office.Dump) -> None:
    rules = dump.sheets["Bargains"].validated
    assert rules["C4"] == "LIST ss_list_actions_bargains"
    assert rules[f"B{FIRST_ROW}"] == "LIST ss_list_delete"
    assert rules[cell("stage", FIRST_ROW)] == "LIST ss_list_stages"
    assert rules[cell("seats", FIRST_ROW)].startswith("WHOLE")
    assert rules[cell("close_date", FIRST_ROW)].startswith("DATE")


def test_all_but_the_buttons_survives_being_saved_there(built: Path, tmp_path: Path) -> None:
    # LibreOffice 7.4 writes form buttons so that it does not find them again itself; the Action cell stays.
    saved = office.edit(built, {("Bargains", cell("name", FIRST_ROW)): "=Typed by hand"}, tmp_path / "saved.xlsx")
    again = office.open_and_dump(saved)
    assert again.errors == []
    assert again.sheets["Bargains"].values[cell("name", FIRST_ROW)] == "=Typed by hand"
    assert again.sheets["Bargains"].notes["B1"].startswith("How this tab works")
    assert again.sheets["Bargains"].validated[cell("stage", FIRST_ROW)] == "LIST ss_list_stages"
    assert again.tables["ss_t_bargains"]
    assert again.properties["ss_workbook_id"] == invented.MARKERS.workbook_id
    book = openpyxl.load_workbook(io.BytesIO(saved.read_bytes()))
    assert book["_ss"].sheet_state != "visible" and book["_lists"].sheet_state != "visible"
    assert book["Bargains"].column_dimensions["A"].hidden
    assert str(book.defined_names["ss_bargains_name"].attr_text).replace("'", "") == "Bargains!$C$5"
    book.close()


def test_a_growing_list_ends_with_its_last_name(built: Path) -> None:
    lists = {name: number for number, name in enumerate(sorted(SPEC.lists), 1)}
    letter = get_column_letter(lists["accounts"])
    count = len(SPEC.lists["accounts"])
    edits = {("_lists", f"{letter}{count + 2}"): "Zinnober AG", ("Start", "K1"): {"formula": "ROWS(ss_list_accounts)"}}
    assert office.open_and_dump(built, edits).sheets["Start"].values["K1"] == count + 1


@needs("pdftoppm")
def test_every_tab_can_be_drawn(built: Path, tmp_path: Path) -> None:
    drawn = office.pictures(built, tmp_path)
    assert [picture.stem[3:] for picture in drawn] == [sheet for sheet in openpyxl_names(built) if not sheet.startswith("_")]
    assert all(picture.stat().st_size > 2_000 for picture in drawn)


def openpyxl_names(path: Path) -> list[str]:
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        return list(book.sheetnames)
    finally:
        book.close()
