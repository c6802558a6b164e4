"""The workbooks that lie ready for each role are what the processes make today."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import office
import openpyxl
import pytest
from filled import filled_spec, role_tables
from needing import needs

from sheetsales.playbook import build_playbook
from sheetsales.shared import DEFAULT_ROLES
from sheetsales_workbooks.build import build
from sheetsales_workbooks.layout import sheet_of
from sheetsales_workbooks.templates import FOLDER, build_all, templates

BUILT = templates()
LARGEST = 600_000  # bytes; a template that a person can send by mail


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_there_is_one_for_every_default_role() -> None:
    assert (
        sorted(path.name for path in FOLDER.glob("*.xlsx"))
        == sorted(BUILT)
        == sorted(f"{role['name']}.xlsx" for role in DEFAULT_ROLES)
    )


@pytest.mark.parametrize("name", BUILT)
def test_the_file_in_the_folder_equals_a_fresh_build(name: str) -> None:
    # Part by part: another zlib may pack the same bytes otherwise.
    kept, fresh = parts((FOLDER / name).read_bytes()), parts(BUILT[name])
    assert list(kept) == list(fresh)
    assert [part for part in kept if kept[part] != fresh[part]] == []
    assert len(BUILT[name]) < LARGEST


def test_building_into_a_folder_twice_changes_nothing(tmp_path: Path) -> None:
    first = build_all(tmp_path / "templates")
    times = [path.stat().st_mtime_ns for path in first]
    assert [path.stat().st_mtime_ns for path in build_all(tmp_path / "templates")] == times
    assert [path.read_bytes() for path in first] == [BUILT[path.name] for path in first]


@pytest.mark.parametrize("name", BUILT)
def test_the_waiting_rows_of_a_template_have_no_ids(name: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(BUILT[name]))
    for sheet in book:
        for table in sheet.tables.values():
            ids = [row[0].value for row in sheet[table.ref][1:]]
            assert ids == [None] * len(ids)
    book.close()


@pytest.mark.slow
@needs("soffice")
@pytest.mark.parametrize("name", BUILT)
def test_no_formula_of_a_template_is_an_error(name: str) -> None:
    dump = office.open_and_dump(FOLDER / name)
    assert dump.errors == []
    shown = [
        f"{tab}!{place}"
        for tab, sheet in dump.sheets.items()
        if tab in table_tabs(dump)
        for place in sheet.formulas
        if sheet.values[place] != ""
    ]
    assert shown == [], "a formula of a blank row shows something"


def table_tabs(dump: office.Dump) -> set[str]:
    """Give the table tabs: those with a status cell."""
    return {content.split(".")[0].strip("$'") for name, content in dump.names.items() if name.startswith("ss_status_")}


def test_every_process_gives_a_figure_for_the_start_tab() -> None:
    book = build_playbook({})
    assert [p.key for p in book.processes if p.order and not p.tiles] == []
    for process in book.processes:
        for tile in process.tiles:
            names = {name for name, _, _ in tile.where} | ({tile.total} if tile.total else set())
            assert names <= set(book.table(tile.table).by_name)


def test_tabs_and_headers_are_unique_for_a_spreadsheet() -> None:
    book = build_playbook({})
    tabs = [sheet_of(table).casefold() for table in book.tables.values()]
    assert len(tabs) == len(set(tabs))
    for table in book.tables.values():
        headers = ["action", *(column.header.casefold() for column in table.columns)]
        assert [header for header in headers if headers.count(header) > 1] == [], table.name


@pytest.mark.slow
@needs("soffice")
@pytest.mark.parametrize("role", [str(role["name"]) for role in DEFAULT_ROLES])
def test_a_filled_book_of_every_role_shows_no_error(role: str, tmp_path: Path) -> None:
    book = build_playbook({})
    path = tmp_path / f"{role}.xlsx"
    path.write_bytes(build(filled_spec(book, role_tables(book, role))))
    assert office.open_and_dump(path).errors == []
