"""Cells and rows inside the zip: exact values, nothing else touched, odd sheets refused."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import sys
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from patch_books import changed_parts, differences, one_sheet, opened, parts, patch_of, rebuilt, rich_book, sound, values

from sheetsales.errors import CellRefused, FileIncomplete, FileProtected, FileRefused, NotOurBook, SheetsalesError
from sheetsales_workbooks.host import BookPatch, CellWrite, Mark
from sheetsales_workbooks.patch import patch_book, patch_markers
from sheetsales_workbooks.patching.formulas import moved
from sheetsales_workbooks.reading.sheet_xml import Meaning, column_letters, parse_sheet

SHEET = "xl/worksheets/sheet1.xml"
RICH = rich_book()


def sheet_xml(data: bytes) -> str:
    return parts(data)[SHEET].decode()


def test_only_the_sheets_part_changes_and_only_the_written_cells() -> None:
    after = sound(patch_book(RICH, patch_of("Leads", CellWrite(8, 2, "New name"), CellWrite(9, 4, Decimal("12.30")))))
    assert changed_parts(RICH, after) == {SHEET}
    assert differences(RICH, after, "Leads") == {"B8": "New name", "D9": 12.3}
    assert [info.filename for info in zipfile.ZipFile(io.BytesIO(after)).infolist()] == [
        info.filename for info in zipfile.ZipFile(io.BytesIO(RICH)).infolist()
    ]


def test_a_generation_changes_the_marker_sheet_and_the_property_and_no_other_part() -> None:
    after = sound(patch_book(RICH, patch_of("Leads", CellWrite(8, 2, "x"), generation=8)))
    assert changed_parts(RICH, after) == {SHEET, "xl/worksheets/sheet3.xml", "docProps/custom.xml"}
    assert differences(RICH, after, "_ss") == {"B3": 8}
    assert opened(after).custom_doc_props["ss_generation"].value == 8


def test_markers_for_adoption_keep_their_kind() -> None:
    after = sound(patch_markers(RICH, {"workbook_id": "wb-2", "book_id": "b & c"}))
    assert differences(RICH, after, "_ss") == {"B1": "wb-2", "B2": "b & c"}
    assert opened(after).custom_doc_props["ss_workbook_id"].value == "wb-2"


def test_an_empty_patch_gives_the_very_same_bytes() -> None:
    assert patch_book(RICH, BookPatch()) == RICH
    assert patch_book(RICH, patch_of("Leads", generation=7)) == RICH


def test_the_same_patch_gives_the_same_bytes() -> None:
    patch = patch_of("Leads", CellWrite(8, 2, "x"), CellWrite(40, 2, "y"), generation=9)
    assert patch_book(RICH, patch) == patch_book(RICH, patch)


TEXTS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "-5",
    "\t=1",
    "\n=1",
    "＝1+1",
    "00123",
    "1/2",
    "MAR1",
    "1e5",
    "TRUE",
    "0x10",
    "_x0041_",
    "_x005F_x0041_",
    " two  spaces ",
    "a\r\nb",
    "<b>&amp;\"'",
    "Ünï ✓ 漢字 😀",
    "{0} %s ${jndi}",
    "x" * 32_767,
]


@pytest.mark.parametrize("text", TEXTS, ids=[repr(t)[:20] for t in TEXTS])
def test_text_stays_text_to_the_letter(text: str) -> None:
    after = sound(patch_book(RICH, patch_of("Leads", CellWrite(8, 7, text))))
    cell = opened(after)["Leads"]["G8"]
    assert cell.data_type == "s" or cell.data_type == "inlineStr"
    assert values(after, "Leads")["G8"] == text
    assert "<f>" not in re.search(r'<c r="G8".*?</c>', sheet_xml(after), re.S)[0]


NUMBERS = [
    (0, "0"),
    (-5, "-5"),
    (Decimal("-5.00"), "-5"),
    (Decimal("-0"), "0"),
    (10**14, "100000000000000"),
    (Decimal("0.1") + Decimal("0.2"), "0.3"),
    (Decimal(1) / 3, "0.333333333333333"),
    (Decimal("1e-7"), "0.0000001"),
    (Decimal("1E+300"), "1E+300"),
    (Decimal("123456789012345.678"), "123456789012346"),
    (0.1, "0.1"),
    (True, "1"),
    (False, "0"),
]


@pytest.mark.parametrize(("value", "stored"), NUMBERS, ids=[str(v) for v, _ in NUMBERS])
def test_numbers_are_stored_exactly_with_fifteen_digits(value: object, stored: str) -> None:
    after = sound(patch_book(RICH, patch_of("Leads", CellWrite(8, 4, value))))
    assert f"<v>{stored}</v>" in re.search(r'<c r="D8".*?</c>', sheet_xml(after))[0]


DATES = [
    (date(1900, 1, 1), False, "1"),
    (date(1900, 2, 28), False, "59"),
    (date(1900, 3, 1), False, "61"),
    (date(2024, 2, 29), False, "45351"),
    (date(1904, 1, 1), True, "0"),
    (date(2024, 2, 29), True, "43889"),
    (datetime(2024, 2, 29, 6), False, "45351.25"),
    (datetime(2024, 2, 29, 23, 59, 59), False, "45351.9999884259"),
]


@pytest.mark.parametrize(("day", "date_1904", "stored"), DATES)
def test_dates_are_serials_in_the_books_own_epoch(day: date, date_1904: bool, stored: str) -> None:
    book = rich_book(date_1904=date_1904, extras=False)
    after = sound(patch_book(book, patch_of("Leads", CellWrite(8, 5, day))))
    assert f"<v>{stored}</v>" in re.search(r'<c r="E8".*?</c>', sheet_xml(after))[0]
    if day.year > 1904:
        assert opened(after)["Leads"]["E8"].value == datetime(*day.timetuple()[:6])


REFUSED = [
    ("x" * 32_768, "32,768"),
    ("x" * 100_000, "100,000"),
    ("a\x00b", "characters"),
    ("a\x1bb", "characters"),
    ("\ud800", "characters"),
    (Decimal("NaN"), "number"),
    (Decimal("1e400"), "number"),
    (float("inf"), "number"),
    (date(1899, 12, 31), "too early"),
    (object(), "kind"),
]


@pytest.mark.parametrize(("value", "word"), REFUSED, ids=[w + str(n) for n, (_, w) in enumerate(REFUSED)])
def test_what_a_cell_cannot_hold_is_refused_with_the_address(value: object, word: str) -> None:
    with pytest.raises(CellRefused, match=r"Leads!G8: .*" + word):
        patch_book(RICH, patch_of("Leads", CellWrite(8, 7, value)))


def test_text_is_asked_for_and_kept_as_text() -> None:
    after = patch_book(
        RICH, patch_of("Leads", CellWrite(8, 7, Decimal("44.50"), text=True), CellWrite(9, 7, date(2024, 1, 2), text=True))
    )
    assert differences(RICH, after, "Leads") == {"G8": "44.50", "G9": "2024-01-02"}


def test_none_clears_the_value_and_keeps_the_style() -> None:
    before = opened(RICH)["Leads"]["D8"].number_format
    after = patch_book(RICH, patch_of("Leads", CellWrite(8, 4, None), CellWrite(8, 12, None), CellWrite(500, 1, None)))
    assert differences(RICH, after, "Leads") == {"D8": None}
    assert opened(after)["Leads"]["D8"].number_format == before == "#,##0.00"
    assert 'r="500"' not in sheet_xml(after) and 'r="L8"' not in sheet_xml(after)


def test_a_formula_is_written_with_its_cached_value() -> None:
    after = sound(
        patch_book(RICH, patch_of("Leads", CellWrite(8, 6, 7, formula='IF(D8>1,"a&b",7)'), CellWrite(9, 6, "t", formula="=B9")))
    )
    assert differences(RICH, after, "Leads") == {"F8": '=IF(D8>1,"a&b",7)', "F9": "=B9"}
    cached = opened(after, data_only=True)["Leads"]
    assert (cached["F8"].value, cached["F9"].value) == (7, "t")


def test_absent_cells_and_rows_are_made_in_their_place_with_the_columns_style() -> None:
    patch = patch_of("Leads", CellWrite(30, 4, 5), CellWrite(7, 6, 3), CellWrite(27, 2, "x"), CellWrite(3, 2, "head"), like_row=8)
    after = sound(patch_book(RICH, patch))
    sheet = opened(after)["Leads"]
    assert differences(RICH, after, "Leads") == {"D30": 5, "F7": 3, "B27": "x", "B3": "head"}
    assert sheet["D30"].number_format == "#,##0.00" and sheet["B27"].number_format == "@"
    rows = [int(n) for n in re.findall(r'<row r="(\d+)"', sheet_xml(after))]
    assert rows == sorted(rows) and {3, 27, 30} <= set(rows)
    assert '<dimension ref="A1:J30"/>' in sheet_xml(after)


def test_a_new_column_at_the_right_end_needs_only_cells() -> None:
    cells = [CellWrite(5, 20, "Stage"), *(CellWrite(row, 20, "Open") for row in range(6, 26))]
    after = sound(patch_book(RICH, patch_of("Leads", *cells, like_row=6)))
    assert len(differences(RICH, after, "Leads")) == 21
    assert '<dimension ref="A1:T25"/>' in sheet_xml(after)


# ── formulas around ──────────────────────────────────────────────────────────────────────────────

SHARED = (
    '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="shared" ref="B1:B4" si="0">A1*$C$1+Sum!$A2&amp;"A1"</f><v>2</v></c></row>'
    '<row r="2"><c r="B2"><f t="shared" si="0"/><v>3</v></c></row><row r="3"><c r="B3"><f t="shared" si="0"/><v>4</v></c></row>'
    '<row r="4"><c r="B4"><f t="shared" si="0"/><v>5</v></c></row>'
)


def test_a_shared_formula_whose_master_is_overwritten_gets_a_new_master() -> None:
    after = sound(patch_book(one_sheet(SHARED), patch_of("S", CellWrite(1, 2, 9))))
    assert '<f t="shared" si="0" ref="B2:B4">A2*$C$1+Sum!$A3&amp;&quot;A1&quot;</f><v>3</v>' in sheet_xml(after)
    assert values(after, "S") == {
        "A1": 1,
        "B1": 9,
        "B2": '=A2*$C$1+Sum!$A3&"A1"',
        "B3": '=A3*$C$1+Sum!$A4&"A1"',
        "B4": '=A4*$C$1+Sum!$A5&"A1"',
    }


def test_a_master_moves_past_followers_that_are_overwritten_too() -> None:
    after = sound(patch_book(one_sheet(SHARED), patch_of("S", CellWrite(1, 2, 9), CellWrite(2, 2, 8))))
    assert values(after, "S")["B3"] == '=A3*$C$1+Sum!$A4&"A1"' and values(after, "S")["B2"] == 8


def test_the_last_of_a_shared_formula_leaves_nothing_behind() -> None:
    cells = [CellWrite(row, 2, row) for row in (1, 2, 3, 4)]
    assert "<f" not in sheet_xml(sound(patch_book(one_sheet(SHARED), patch_of("S", *cells))))


MOVES = [
    ("A1+B$2+$C3+$D$4", 1, 1, "B2+C$2+$C4+$D$4"),
    ("SUM(A1:B2)", 2, 0, "SUM(A3:B4)"),
    ("LOG10(A1)", 1, 0, "LOG10(A2)"),
    ('"A1"&A1', 1, 0, '"A1"&A2'),
    ("'My A1'!B2", 1, 1, "'My A1'!C3"),
    ("AB12!A1", 1, 0, "AB12!A2"),
    ("A:A+$B:C", 0, 1, "B:B+$B:D"),
    ("1:1", 3, 0, "4:4"),
    ("Sheet1!1:2", 1, 0, "Sheet1!2:3"),
    ("Leads[[#This Row],[A1]]+A1", 1, 0, "Leads[[#This Row],[A1]]+A2"),
    ("A1", -1, 0, "#REF!"),
    ("XFD1", 0, 1, "#REF!"),
    ("1E5+A1", 1, 0, "1E5+A2"),
    ("ss_A1+A1.b", 1, 0, "ss_A1+A1.b"),
    ("ZZZ1", 1, 0, "ZZZ1"),
    ("[1]Tab!A1", 1, 0, "[1]Tab!A2"),
    ("Leads['[a]+A1", 1, 0, "Leads['[a]+A2"),
]


@pytest.mark.parametrize(("formula", "rows", "columns", "expected"), MOVES, ids=[m[0] for m in MOVES])
def test_a_moved_formula_reads_as_a_spreadsheet_would_copy_it(formula: str, rows: int, columns: int, expected: str) -> None:
    assert moved(formula, rows, columns) == expected


def test_a_cell_inside_an_array_over_several_cells_is_refused_by_name() -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:A3">ROW(1:3)</f><v>1</v></c><c r="B1"><f t="array" ref="B1">1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c></row>'
    )
    with pytest.raises(FileRefused, match=r"'S'.*A2 is part of a formula"):
        patch_book(one_sheet(rows), patch_of("S", CellWrite(2, 1, 5)))
    assert values(sound(patch_book(one_sheet(rows), patch_of("S", CellWrite(1, 2, 5)))), "S")["B1"] == 5


def with_chain(data: bytes) -> bytes:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    return rebuilt(
        data,
        {
            "[Content_Types].xml": lambda x: x.replace(
                b"</Types>",
                b'<Override PartName="/xl/calcChain.xml" ContentType="'
                b'application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>',
            ),
            "xl/_rels/workbook.xml.rels": lambda x: x.replace(
                b"</Relationships>",
                b'<Relationship Id="rId99" Type="%s" Target="calcChain.xml"/></Relationships>' % kind.encode(),
            ),
            "xl/workbook.xml": lambda x: x.replace(b' fullCalcOnLoad="1"', b""),
        },
        {
            "xl/calcChain.xml": b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="J6" i="1"/></calcChain>'
        },
    )


def test_the_calculation_chain_goes_with_a_formula_and_stays_with_a_value() -> None:
    book = with_chain(RICH)
    kept = sound(patch_book(book, patch_of("Leads", CellWrite(8, 2, "x"))))
    assert changed_parts(book, kept) == {SHEET, "xl/workbook.xml"}
    gone = sound(patch_book(book, patch_of("Leads", CellWrite(8, 10, 4))))
    assert changed_parts(book, gone) == {
        SHEET,
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "[Content_Types].xml",
        "xl/calcChain.xml",
    }
    assert "calcChain" not in (parts(gone)["[Content_Types].xml"] + parts(gone)["xl/_rels/workbook.xml.rels"]).decode()


def test_full_calculation_is_asked_for_once_and_only_where_there_are_formulas() -> None:
    once = patch_book(with_chain(RICH), patch_of("Leads", CellWrite(8, 2, "x")))
    assert parts(once)["xl/workbook.xml"].count(b'fullCalcOnLoad="1"') == 1
    assert changed_parts(once, patch_book(once, patch_of("Leads", CellWrite(8, 2, "y")))) == {SHEET}
    for calc, expected in (("", 1), ('<calcPr calcId="1" fullCalcOnLoad="0"/>', 1)):
        book = rebuilt(one_sheet(SHARED), {"xl/workbook.xml": lambda x, c=calc: re.sub(rb"<calcPr[^>]*>", c.encode(), x)})
        after = sound(patch_book(book, patch_of("S", CellWrite(9, 9, 1))))
        assert parts(after)["xl/workbook.xml"].count(b'fullCalcOnLoad="1"') == expected
    bare = rebuilt(one_sheet(""), {"xl/workbook.xml": lambda x: x.replace(b' fullCalcOnLoad="1"', b"")})
    assert changed_parts(bare, patch_book(bare, patch_of("S", CellWrite(1, 1, 1)))) == {SHEET}


# ── odd but legal sheets, and those that are refused ─────────────────────────────────────────────

LEGAL = {
    "prefixed": ('<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>', "x:"),
    "rows and cells without r": ("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>", ""),
    "apostrophes": ("<row r='1' spans='1:1'><c r='A1' s='0'><v>1</v></c></row>", ""),
    "empty": ("", ""),
    "self-closed row": ('<row r="1" ht="30" customHeight="1"/><row r="2"/>', ""),
    "other attributes first": ('<row spans="1:2" r="1"><c s="0" r="A1"><v>1</v></c></row>', ""),
    "row extension": ('<row r="1"><c r="A1"><v>1</v></c><extLst><ext uri="u"/></extLst></row>', ""),
    "blanks between": ('\n <row r="1">\n  <c r="A1">\n<v>1</v>\n</c>\n </row>\n', ""),
}


@pytest.mark.parametrize(("rows", "prefix"), LEGAL.values(), ids=LEGAL)
def test_odd_but_legal_sheets_take_cells(rows: str, prefix: str) -> None:
    book = one_sheet(rows, prefix=prefix, before=f'<{prefix}dimension ref="A1"/>')
    old = values(book, "S")
    after = sound(patch_book(book, patch_of("S", CellWrite(1, 1, "a"), CellWrite(1, 4, 4), CellWrite(3, 2, "z"))))
    assert values(after, "S") == old | {"A1": "a", "D1": 4, "B3": "z"}


ODD = {
    "rows out of order": '<row r="2"/><row r="1"/>',
    "row twice": '<row r="1"/><row r="1"/>',
    "cells out of order": '<row r="1"><c r="B1"/><c r="A1"/></row>',
    "cell of another row": '<row r="1"><c r="A2"><v>1</v></c></row>',
    "small letters": '<row r="1"><c r="a1"><v>1</v></c></row>',
    "comment": '<row r="1"><!-- c --><c r="A1"><v>1</v></c></row>',
    "quoted block": '<row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[<c r="A1"/>]]></t></is></c></row>',
    "strange element": '<row r="1"><c r="A1"/><z/></row>',
    "text between": '<row r="1">x<c r="A1"/></row>',
    "no end": '<row r="1"><c r="A1"/>',
    "row beyond the sheet": '<row r="1048577"/>',
}


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD)
def test_sheets_that_are_not_understood_are_refused_by_name(rows: str) -> None:
    with pytest.raises(FileRefused, match=r"'S'"):
        patch_book(one_sheet(rows), patch_of("S", CellWrite(1, 1, 1)))


def test_strict_and_foreign_namespaces_are_refused() -> None:
    strict = rebuilt(
        one_sheet(""),
        {
            SHEET: lambda x: x.replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
            )
        },
    )
    with pytest.raises(FileRefused, match="Strict"):
        patch_book(strict, patch_of("S", CellWrite(1, 1, 1)))
    doctype = rebuilt(one_sheet(""), {SHEET: lambda x: x.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1)})
    with pytest.raises(FileRefused):
        patch_book(doctype, patch_of("S", CellWrite(1, 1, 1)))
    wide = rebuilt(one_sheet(""), {SHEET: lambda x: x.decode().replace("UTF-8", "UTF-16").encode("utf-16")})
    with pytest.raises(FileRefused):
        patch_book(wide, patch_of("S", CellWrite(1, 1, 1)))


def test_a_missing_tab_and_missing_markers_are_named() -> None:
    with pytest.raises(FileRefused, match=r"'Gone'"):
        patch_book(RICH, patch_of("Gone", CellWrite(1, 1, 1)))
    with pytest.raises(NotOurBook):
        patch_book(one_sheet(""), patch_of("S", CellWrite(1, 1, 1), generation=3))
    with pytest.raises(NotOurBook, match=r"'colour'"):
        patch_markers(RICH, {"colour": "red"})


# ── the zip around ───────────────────────────────────────────────────────────────────────────────


def test_parts_with_data_descriptors_and_long_numbers_are_copied_as_they_are() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, piece: bytes) -> int:
            self.data += bytes(piece)
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(io.BytesIO(RICH)) as old, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as new:
        for number, info in enumerate(old.infolist()):
            with new.open(info.filename, "w", force_zip64=number % 2 == 0) as member:
                member.write(old.read(info))
        new.comment = b"a comment"
    book = pipe.data
    after = sound(patch_book(book, patch_of("Leads", CellWrite(8, 2, "x"), generation=8)))
    assert changed_parts(book, after) == {SHEET, "xl/worksheets/sheet3.xml", "docProps/custom.xml"}
    assert zipfile.ZipFile(io.BytesIO(after)).comment == b"a comment"
    assert differences(book, after, "Leads") == {"B8": "x"}


def test_a_long_directory_is_read_and_a_short_one_written() -> None:
    at = RICH.rfind(b"PK\5\6")
    count, size, offset = struct.unpack_from("<HLL", RICH, at + 10)
    long = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    book = RICH[:at] + long + locator + end
    assert changed_parts(book, sound(patch_book(book, patch_of("Leads", CellWrite(8, 2, "x"))))) == {SHEET}


def test_names_beyond_ascii_and_stored_parts_stay() -> None:
    book = rebuilt(RICH, {}, {"docProps/Größe ✓.xml": b"<a/>"})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    after = sound(patch_book(out.getvalue(), patch_of("Leads", CellWrite(8, 2, "x"))))
    assert changed_parts(out.getvalue(), after) == {SHEET}
    assert "docProps/Größe ✓.xml" in parts(after)


BROKEN = {
    "cut": (RICH[: len(RICH) // 2], FileIncomplete),
    "empty": (b"", FileIncomplete),
    "encrypted": (
        RICH.replace(b"PK\1\2\x14\0\x14\0\0\0", b"PK\1\2\x14\0\x14\0\1\0").replace(
            b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0"
        ),
        FileProtected,
    ),
    "no workbook": (rebuilt(RICH, {}, without=("xl/workbook.xml",)), FileRefused),
    "no relations": (rebuilt(RICH, {}, without=("_rels/.rels",)), FileRefused),
}


@pytest.mark.parametrize(("data", "kind"), BROKEN.values(), ids=BROKEN)
def test_damaged_files_are_refused(data: bytes, kind: type[SheetsalesError]) -> None:
    with pytest.raises(kind):
        patch_book(data, patch_of("Leads", CellWrite(8, 2, "x")))


# ── properties ───────────────────────────────────────────────────────────────────────────────────

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff\x7f"), max_size=12
) | st.sampled_from(TEXTS[:-1])
VALUES = (
    st.none()
    | TEXT
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.booleans()
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4)
)
PLACES = st.tuples(st.integers(1, 12), st.integers(1, 8))


@settings(max_examples=60, deadline=None)
@given(
    stored=st.dictionaries(PLACES, VALUES, max_size=20),
    writes=st.lists(st.dictionaries(PLACES, VALUES, min_size=1, max_size=12), max_size=3),
)
def test_whatever_is_written_is_what_is_read(
    stored: dict[tuple[int, int], object], writes: list[dict[tuple[int, int], object]]
) -> None:
    book, model = one_sheet("", before='<dimension ref="A1"/>'), {}
    for cells in (stored, *writes):
        book = sound(patch_book(book, patch_of("S", *(CellWrite(*place, value) for place, value in cells.items()))))
        model.update(cells)
        expected = {f"{column_letters(c)}{r}": v for (r, c), v in model.items() if v is not None and v != ""}
        read = values(book, "S")
        assert read.keys() == expected.keys()
        ours = parse_sheet(sheet_xml(book).partition("?>")[2], Meaning([], {})).rows
        stored_now = {f"{column_letters(c)}{r}": v for r, row in ours.items() for c, v in row.items()}
        assert stored_now.keys() == expected.keys()
        assert all(isinstance(v, float) or v == expected[place] for place, v in stored_now.items())
        for place, value in expected.items():
            assert type(read[place]) is bool or not isinstance(value, bool)
            assert (Decimal(repr(read[place])) if isinstance(read[place], float) else read[place]) == value


TOUCHED = (
    SHEET,
    "xl/worksheets/sheet3.xml",
    "xl/workbook.xml",
    "xl/comments1.xml",
    "xl/drawings/vmlDrawing1.vml",
    "xl/tables/table1.xml",
    "xl/worksheets/_rels/sheet1.xml.rels",
    "[Content_Types].xml",
    "docProps/custom.xml",
    "xl/sharedStrings.xml",
)
BITS = st.sampled_from(
    [b"", b"<", b">", b'"', b"/>", b"</c>", b"</row>", b'r="1"', b"&", b"\xff", b"99999999999", b"-1", b"<row>", b"<!--"]
)


@settings(max_examples=150, deadline=None)
@given(part=st.sampled_from(TOUCHED), place=st.floats(0, 1), length=st.integers(0, 12), bit=BITS)
def test_a_damaged_part_is_patched_or_refused_and_never_a_crash(part: str, place: float, length: int, bit: bytes) -> None:
    def damaged(xml: bytes) -> bytes:
        at = int(place * len(xml))
        return xml[:at] + bit + xml[at + length :]

    patch = patch_of(
        "Leads",
        CellWrite(8, 2, "x"),
        CellWrite(8, 10, 1),
        marks=(Mark(9, 4, "error", "n"),),
        generation=8,
        like_row=6,
        last_row=30,
    )
    with contextlib.suppress(SheetsalesError):
        assert zipfile.ZipFile(io.BytesIO(patch_book(rebuilt(RICH, {part: damaged}), patch))).testzip() is None


def test_a_date_in_a_cell_that_was_made_text_is_shown_as_a_day() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Closes"])
    for row in (2, 3, 4):
        sheet.cell(row, 1, datetime(2024, 1, row)).number_format = "yyyy-mm-dd"
    sheet["A3"].value, sheet["A3"].number_format = "2024-02-29", "@"
    sheet["B2"].number_format = "@"
    buffer = io.BytesIO()
    book.save(buffer)
    after = patch_book(
        buffer.getvalue(), patch_of("Sheet", CellWrite(3, 1, date(2024, 2, 29)), CellWrite(2, 2, date(2024, 3, 1)))
    )
    found = openpyxl.load_workbook(io.BytesIO(after))["Sheet"]
    assert (found["A3"].value, found["A3"].number_format) == (datetime(2024, 2, 29), "yyyy-mm-dd")
    assert found["B2"].number_format == "@", "a column without any date keeps its format"
