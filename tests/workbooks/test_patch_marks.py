"""Colours by the palette, and tables that grow downwards with all that belongs to them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from patch_books import FILLS, changed_parts, differences, opened, parts, patch_of, rebuilt, rich_book, sound

from sheetsales.errors import FileRefused
from sheetsales_workbooks.host import CellWrite, Mark
from sheetsales_workbooks.patch import patch_book
from sheetsales_workbooks.patching.growth import grown_ranges

RICH = rich_book()
SHEET, TABLE = "xl/worksheets/sheet1.xml", "xl/tables/table1.xml"


def fill(data: bytes, place: str) -> str:
    """Give the fill colour of a cell, "" for none."""
    shown = opened(data)["Leads"][place].fill
    return "#" + shown.fgColor.rgb[2:] if shown.fill_type == "solid" else ""


@pytest.mark.parametrize("kind", FILLS)
def test_a_mark_colours_the_cell_and_keeps_its_number_format(kind: str) -> None:
    after = sound(patch_book(RICH, patch_of("Leads", marks=(Mark(8, 4, kind), Mark(8, 5, kind)))))
    assert changed_parts(RICH, after) == {SHEET}
    assert fill(after, "D8") == fill(after, "E8") == FILLS[kind] and fill(after, "D9") == ""
    sheet = opened(after)["Leads"]
    assert (sheet["D8"].number_format, sheet["E8"].number_format) == ("#,##0.00", "yyyy-mm-dd")
    assert differences(RICH, after, "Leads") == {}
    assert parts(patch_book(after, patch_of("Leads", marks=(Mark(8, 4, None), Mark(8, 5, None)))))[SHEET] == parts(RICH)[SHEET]


def test_a_mark_changes_from_one_kind_to_another_and_a_written_value_keeps_it() -> None:
    one = patch_book(RICH, patch_of("Leads", marks=(Mark(8, 4, "error"),)))
    two = patch_book(one, patch_of("Leads", CellWrite(8, 4, 5), marks=(Mark(8, 4, "conflict"),)))
    assert fill(two, "D8") == FILLS["conflict"]
    assert fill(patch_book(two, patch_of("Leads", CellWrite(8, 4, 6))), "D8") == FILLS["conflict"]


def test_a_format_of_the_users_own_stays() -> None:
    own = rebuilt(RICH, {SHEET: lambda xml: re.sub(rb'<c r="D8" s="\d+"', b'<c r="D8" s="0"', xml)})
    after = patch_book(own, patch_of("Leads", marks=(Mark(8, 4, "error", "a note"),)))
    assert re.search(rb'<c r="D8"( s="0")?>', parts(after)[SHEET])
    assert opened(after)["Leads"]["D8"].comment.text.startswith("a note")


def test_a_cell_that_is_not_stored_is_made_and_coloured() -> None:
    after = sound(patch_book(RICH, patch_of("Leads", marks=(Mark(40, 4, "warning"),), like_row=8)))
    assert fill(after, "D40") == FILLS["warning"] and opened(after)["Leads"]["D40"].number_format == "#,##0.00"


def test_a_new_cell_does_not_inherit_the_colour_of_its_model() -> None:
    marked = patch_book(RICH, patch_of("Leads", marks=(Mark(8, 4, "error"),)))
    assert fill(patch_book(marked, patch_of("Leads", CellWrite(40, 4, 1), like_row=8)), "D40") == ""


def test_a_book_without_a_palette_is_not_coloured() -> None:
    bare = rebuilt(RICH, {"xl/sharedStrings.xml": lambda xml: xml.replace(b"<t>palette</t>", b"<t>colours</t>")})
    assert patch_book(bare, patch_of("Leads", marks=(Mark(8, 4, "error"),))) == bare


# ── growth ───────────────────────────────────────────────────────────────────────────────────────


def test_new_rows_take_table_filter_validations_formats_styles_and_height() -> None:
    cells = [CellWrite(row, 2, f"New {row}") for row in (26, 27, 28)]
    after = sound(patch_book(RICH, patch_of("Leads", *cells, like_row=6, last_row=30)))
    assert changed_parts(RICH, after) == {SHEET, TABLE}
    assert differences(RICH, after, "Leads") == {"B26": "New 26", "B27": "New 27", "B28": "New 28"}
    assert parts(after)[TABLE].count(b'ref="A5:H30"') == 2
    sheet = opened(after)["Leads"]
    assert {str(v.sqref) for v in sheet.data_validations.dataValidation} == {"C6:C30", "M1:M3"}
    assert {str(r.sqref) for r in sheet.conditional_formatting} == {"D6:D30", "F6:F30"}
    assert b"<xm:sqref>F6:F30</xm:sqref>" in parts(after)[SHEET] and b"<xm:sqref>K6</xm:sqref>" in parts(after)[SHEET]
    assert all(sheet.cell(row, 4).number_format == "#,##0.00" and sheet.row_dimensions[row].height == 24 for row in range(26, 31))


def test_a_table_never_shrinks_and_growing_again_changes_no_byte() -> None:
    grown = patch_book(RICH, patch_of("Leads", like_row=6, last_row=30))
    assert patch_book(grown, patch_of("Leads", like_row=6, last_row=30)) == grown
    assert patch_book(grown, patch_of("Leads", like_row=6, last_row=12)) == grown


def test_a_totals_row_or_another_table_below_is_refused_by_name() -> None:
    totals = rebuilt(RICH, {TABLE: lambda xml: xml.replace(b'totalsRowShown="0"', b'totalsRowCount="1"')})
    with pytest.raises(FileRefused, match=r"'Leads'.*totals row"):
        patch_book(totals, patch_of("Leads", like_row=6, last_row=30))
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/table"
    other = rebuilt(
        RICH,
        {
            "xl/worksheets/_rels/sheet1.xml.rels": lambda xml: xml.replace(
                b"</Relationships>", b'<Relationship Id="rId78" Type="%s" Target="/xl/tables/table9.xml"/></Relationships>' % kind
            )
        },
        {"xl/tables/table9.xml": b'<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ref="B28:C30"/>'},
    )
    with pytest.raises(FileRefused, match=r"'Leads'.*another table"):
        patch_book(other, patch_of("Leads", like_row=6, last_row=30))


def test_a_sheets_own_filter_and_its_hidden_name_grow_along() -> None:
    names = (
        b'</sheets><definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">Leads!$A$5:$H$25</definedName>'
        b'<definedName name="_xlnm._FilterDatabase" localSheetId="1" hidden="1">Dash!$A$5:$H$25</definedName></definedNames>'
    )
    book = rebuilt(
        RICH,
        {
            SHEET: lambda xml: xml.replace(b"</sheetData>", b'</sheetData><autoFilter ref="A5:H25"/>'),
            "xl/workbook.xml": lambda xml: re.sub(rb"</sheets>(<definedNames>.*</definedNames>)?", names, xml),
        },
    )
    after = sound(patch_book(book, patch_of("Leads", like_row=6, last_row=30)))
    assert b'<autoFilter ref="A5:H30"/>' in parts(after)[SHEET]
    assert re.findall(rb"!\$A\$5:\$H\$(\d+)", parts(after)["xl/workbook.xml"]) == [b"30", b"25"]


def test_hidden_rows_and_filters_stay_as_the_user_set_them() -> None:
    book = rebuilt(RICH, {SHEET: lambda xml: xml.replace(b'<row r="9" ', b'<row r="9" hidden="1" outlineLevel="1" ')})
    after = patch_book(book, patch_of("Leads", CellWrite(9, 2, "x"), CellWrite(9, 12, "far")))
    assert re.search(rb'<row r="9" hidden="1" outlineLevel="1"[^>]*>', parts(after)[SHEET])


RANGES = [
    ("C6:C25", "C6:C30"),
    ("C6:C25 D6:D25", "C6:C30 D6:D30"),
    ("M1:M3", "M1:M3"),
    ("C1:C1000", "C1:C1000"),
    ("C6", "C6 C26:C30"),
    ("C6:C10 C12:C25", "C6:C10 C26:C30 C12:C25"),
    ("B6:D25", "B6:D30"),
    ("C7:C25", "C7:C25"),
    ("C6:C10 C20:C40", "C6:C10 C20:C40"),
    ("A1:XFD1048576", "A1:XFD1048576"),
]


@pytest.mark.parametrize(("before", "after"), RANGES, ids=[b for b, _ in RANGES])
def test_rules_reach_the_new_rows_where_they_cover_the_model_row(before: str, after: str) -> None:
    assert grown_ranges(before, 6, 25, 30) == after
