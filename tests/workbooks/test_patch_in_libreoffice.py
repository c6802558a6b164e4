"""A real LibreOffice opens what was patched, and what it saved can be patched again."""

from __future__ import annotations

import io
import re
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import office
import openpyxl
import pytest
from needing import needs

sys.path.insert(0, str(Path(__file__).parent))

from patch_books import FILLS, differences, opened, parts, patch_of, rich_book, sound, values

from sheetsales_workbooks.host import NOTE_SIGNATURE, CellWrite, Mark
from sheetsales_workbooks.patch import patch_book, patch_markers

pytestmark = [needs("soffice"), pytest.mark.slow]
SIGNED = f"\n{NOTE_SIGNATURE}"
TEXTS = ("=1+1", "=cmd|' /C calc'!A0", "+1+1", "-5", "\t=1", "00123", "1e5", "_x0041_", " two ", "a\nb", "<b>&", "Ünï 漢字")
CELLS = [
    *(CellWrite(8 + n, 7, text) for n, text in enumerate(TEXTS)),
    CellWrite(8, 4, Decimal("99.95")),
    CellWrite(8, 5, date(2024, 2, 29)),
    CellWrite(8, 6, 7, formula="D8*3"),
    CellWrite(27, 2, "New"),
    CellWrite(27, 4, 1000),
    CellWrite(9, 10, "formula gone"),
]
MARKS = (*(Mark(10 + n, 4, kind, f"{kind} note\nline 2") for n, kind in enumerate(FILLS)), Mark(27, 12, "note", "beside"))


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def patched() -> bytes:
    patch = patch_of("Leads", *CELLS, marks=MARKS, generation=8, like_row=6, last_row=30)
    return sound(patch_book(rich_book(extras=False), patch))


def test_libreoffice_sees_values_notes_and_properties(patched: bytes, tmp_path: Path) -> None:
    before = office.open_and_dump(written(tmp_path / "before.xlsx", rich_book(extras=False)))
    dump = office.open_and_dump(written(tmp_path / "after.xlsx", patched))
    leads, old = dump.sheets["Leads"], before.sheets["Leads"]
    expected = {f"G{8 + n}": text for n, text in enumerate(TEXTS)} | {
        "D8": 99.95,
        "E8": 45351.0,
        "F8": 299.85,
        "J8": 199.9,
        "B27": "New",
        "D27": 1000.0,
        "J9": "formula gone",
    }
    changed = {place for place in leads.values.keys() | old.values.keys() if leads.values.get(place) != old.values.get(place)}
    assert changed == set(expected)
    for place, value in expected.items():
        assert leads.values[place] == (pytest.approx(value) if isinstance(value, float) else value), place
    assert set(leads.formulas) == set(old.formulas) - {"J9"} | {"F8"} and dump.errors == []
    notes = {f"D{10 + n}": f"{kind} note\nline 2{SIGNED}" for n, kind in enumerate(FILLS)} | {"L27": f"beside{SIGNED}"}
    assert leads.notes == {**old.notes, **notes}
    assert dump.sheets["_ss"].values["B3"] == 8 and dump.properties["ss_generation"] == 8
    assert dump.sheets["Dash"].notes == before.sheets["Dash"].notes


def test_formulas_of_other_sheets_show_the_new_values(patched: bytes, tmp_path: Path) -> None:
    dump = office.open_and_dump(written(tmp_path / "book.xlsx", patched)).sheets["Dash"].values
    rows = values(patched, "Leads")
    assert dump["A1"] == pytest.approx(sum(float(rows[f"D{row}"]) for row in range(6, 28) if f"D{row}" in rows))


def test_the_colours_survive_a_save_by_libreoffice(patched: bytes, tmp_path: Path) -> None:
    saved = office.convert(written(tmp_path / "book.xlsx", patched), tmp_path / "saved.xlsx").read_bytes()
    sheet = opened(saved)["Leads"]
    for n, color in enumerate(FILLS.values()):
        assert "#" + sheet.cell(10 + n, 4).fill.fgColor.rgb[2:] == color


def test_a_book_with_everything_in_it_opens_with_its_buttons(tmp_path: Path) -> None:
    after = patch_book(
        rich_book(), patch_of("Leads", CellWrite(8, 2, "x"), marks=(Mark(9, 2, "error", "ours"),), like_row=6, last_row=40)
    )
    leads = office.open_and_dump(written(tmp_path / "book.xlsm", after)).sheets["Leads"]
    assert leads.buttons == ["Score"] and leads.notes["H7"] == "The user's own note" and leads.notes["B9"] == f"ours{SIGNED}"


def test_a_book_saved_by_libreoffice_can_be_patched_again(patched: bytes, tmp_path: Path) -> None:
    saved = office.convert(written(tmp_path / "book.xlsx", patched), tmp_path / "saved.xlsx").read_bytes()
    marks = (Mark(10, 4, None), Mark(11, 4, "conflict", "now a conflict"), Mark(12, 5, "error", "new note"))
    patch = patch_of("Leads", CellWrite(8, 2, "=again"), CellWrite(31, 4, 5), marks=marks, generation=9, like_row=6, last_row=33)
    after = sound(patch_book(saved, patch))
    assert differences(saved, after, "Leads") == {"B8": "=again", "D31": 5}
    assert differences(saved, after, "_ss") == {"B3": 9}
    sheet = opened(after)["Leads"]
    assert sheet["D10"].fill.fill_type != "solid" and sheet["D10"].comment is None
    assert "#" + sheet["D11"].fill.fgColor.rgb[2:] == FILLS["conflict"] and sheet["D11"].comment.text == f"now a conflict{SIGNED}"
    assert "#" + sheet["E12"].fill.fgColor.rgb[2:] == FILLS["error"] and sheet["D31"].number_format == "#,##0.00"
    assert any("33" in str(rule.sqref) for rule in sheet.data_validations.dataValidation)
    dump = office.open_and_dump(written(tmp_path / "after.xlsx", after))
    assert dump.properties["ss_generation"] == 9
    assert (
        dump.sheets["Leads"].notes["D11"] == f"now a conflict{SIGNED}"
        and dump.sheets["Leads"].notes["A1"] == "How to use this tab"
    )
    assert "D10" not in dump.sheets["Leads"].notes and dump.sheets["Leads"].notes["E12"] == f"new note{SIGNED}"
    adopted = office.open_and_dump(written(tmp_path / "adopted.xlsx", patch_markers(after, {"workbook_id": "wb-2"})))
    assert adopted.sheets["_ss"].values["B1"] == adopted.properties["ss_workbook_id"] == "wb-2"


def test_full_calculation_is_obeyed_or_harmless(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"] = 1, "=A1*2"
    out = io.BytesIO()
    book.save(out)
    saved = office.convert(written(tmp_path / "a.xlsx", out.getvalue()), tmp_path / "b.xlsx").read_bytes()
    after = sound(patch_book(saved, patch_of("Sheet", CellWrite(1, 1, 21))))
    assert re.search(rb'<calcPr[^>]*fullCalcOnLoad="1"', parts(after)["xl/workbook.xml"])
    assert office.open_and_dump(written(tmp_path / "c.xlsx", after)).sheets["Sheet"].values == {"A1": 21, "B1": 42}
    assert opened(after).calculation.fullCalcOnLoad is True
