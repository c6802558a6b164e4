"""The workbooks that lie ready for each role are what the processes make today."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import office
import openpyxl
import pytest
from needing import needs

from sheetsales.shared import DEFAULT_ROLES
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
        if tab in dump_tabs(dump)
        for place in sheet.formulas
        if sheet.values[place] != ""
    ]
    assert shown == [], "a formula of a blank row shows something"


def dump_tabs(dump: office.Dump) -> set[str]:
    """Give the table tabs: those with a status cell."""
    return {content.split(".")[0].strip("$'") for name, content in dump.names.items() if name.startswith("ss_status_")}
