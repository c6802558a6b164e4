"""Our notes come and go; the user's notes, buttons and threads stay to the letter."""

from __future__ import annotations

import io
import re
import sys
import warnings
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment

sys.path.insert(0, str(Path(__file__).parent))

from patch_books import changed_parts, one_sheet, opened, parts, patch_of, rebuilt, rich_book, sound

from sheetsales.errors import FileRefused
from sheetsales_workbooks.host import NOTE_SIGNATURE, CellWrite, Mark
from sheetsales_workbooks.patch import SkippedNote, patch_book
from sheetsales_workbooks.patching.note_shapes import new_drawing, patch_shapes, widths

RICH = rich_book()
SHEET = "xl/worksheets/sheet1.xml"
COMMENTS, DRAWING = "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"


def notes(data: bytes, sheet: str) -> dict[str, tuple[str, str]]:
    """Give text (without our signature) and author of each note, as openpyxl reads them."""
    return {
        cell.coordinate: (cell.comment.text.removesuffix(f"\n{NOTE_SIGNATURE}"), cell.comment.author)
        for row in opened(data)[sheet]
        for cell in row
        if cell.comment
    }


def shapes(data: bytes, part: str = DRAWING) -> list[bytes]:
    return re.findall(rb"<v:shape .*?</v:shape>", parts(data)[part], re.S)


def test_a_note_is_added_beside_the_users_notes_and_buttons() -> None:
    text = "Amount: 'x' is not a number.\nType <digits> & nothing else."
    after = sound(patch_book(RICH, patch_of("Leads", marks=(Mark(8, 4, "error", text),))))
    assert changed_parts(RICH, after) == {SHEET, COMMENTS, DRAWING}
    assert notes(after, "Leads") == notes(RICH, "Leads") | {"D8": (text, "sheetsales")}
    assert shapes(RICH) == shapes(after)[: len(shapes(RICH))] and len(shapes(after)) == len(shapes(RICH)) + 1
    assert b"<x:Row>7</x:Row><x:Column>3</x:Column>" in shapes(after)[-1] and b"visibility:hidden" in shapes(after)[-1]
    ids = re.findall(rb'id="(_x0000_s\d+)"', parts(after)[DRAWING])
    assert len(ids) == len(set(ids))


def test_a_note_is_replaced_and_taken_away_again_to_the_byte() -> None:
    one = patch_book(RICH, patch_of("Leads", marks=(Mark(8, 4, "error", "first"), Mark(9, 4, "note", "other"))))
    two = sound(patch_book(one, patch_of("Leads", marks=(Mark(8, 4, "warning", "second\nlonger " * 9),))))
    assert notes(two, "Leads")["D8"][0].startswith("second") and notes(two, "Leads")["D9"] == ("other", "sheetsales")
    gone = sound(patch_book(two, patch_of("Leads", marks=(Mark(8, 4, None), Mark(9, 4, None), Mark(10, 4, None)))))
    assert notes(gone, "Leads") == notes(RICH, "Leads")
    assert shapes(gone) == shapes(RICH)
    assert parts(gone)[SHEET] == parts(RICH)[SHEET]


def test_the_same_note_again_changes_no_byte() -> None:
    patch = patch_of("Leads", marks=(Mark(8, 4, "error", "a\nb \u00e4"),))
    once = patch_book(RICH, patch)
    assert patch_book(once, patch) == once


def test_a_note_of_the_users_own_is_never_touched_and_ours_is_reported() -> None:
    skipped: list[SkippedNote] = []
    marks = (Mark(7, 8, "error", "ours"), Mark(8, 8, "error", "placed"))
    after = sound(patch_book(RICH, patch_of("Leads", marks=marks), skipped=skipped))
    assert skipped == [("Leads", 7, 8, "ours")]
    assert notes(after, "Leads")["H7"] == ("The user's own note", "Ana") and notes(after, "Leads")["H8"] == (
        "placed",
        "sheetsales",
    )
    gone = patch_book(after, patch_of("Leads", marks=(Mark(7, 8, None), Mark(8, 8, None))), skipped=skipped)
    assert notes(gone, "Leads") == notes(RICH, "Leads") and len(skipped) == 1


def test_words_that_the_user_adds_below_our_signature_make_the_note_theirs() -> None:
    ours = patch_book(RICH, patch_of("Leads", marks=(Mark(8, 4, "error", "wrong"),)))
    signed = f"{NOTE_SIGNATURE}</t>".encode()
    edited = rebuilt(ours, {COMMENTS: lambda xml: xml.replace(signed, NOTE_SIGNATURE.encode() + b"\nmy words</t>")})
    skipped: list[SkippedNote] = []
    assert patch_book(edited, patch_of("Leads", marks=(Mark(8, 4, "error", "else"),)), skipped=skipped) == edited
    assert skipped == [("Leads", 8, 4, "else")]
    unsigned = rebuilt(ours, {COMMENTS: lambda xml: xml.replace(signed, b"</t>")})
    assert notes(patch_book(unsigned, patch_of("Leads", marks=(Mark(8, 4, None),))), "Leads") == notes(RICH, "Leads")


def test_a_note_of_ours_whose_author_was_lost_is_still_ours() -> None:
    ours = patch_book(RICH, patch_of("Leads", marks=(Mark(8, 4, "error", "wrong"),)))
    anonymous = rebuilt(ours, {COMMENTS: lambda xml: xml.replace(b"<author>sheetsales</author>", b"<author></author>")})
    assert notes(patch_book(anonymous, patch_of("Leads", marks=(Mark(8, 4, "error", "new"),))), "Leads")["D8"] == (
        "new",
        "sheetsales",
    )


def test_a_note_stands_on_a_cell_that_is_not_stored() -> None:
    after = sound(patch_book(RICH, patch_of("Leads", marks=(Mark(300, 30, "note", "far"),))))
    assert b"<x:Row>299</x:Row><x:Column>29</x:Column>" in parts(after)[DRAWING]
    assert b'ref="AD300"' in parts(after)[COMMENTS]


def test_a_sheet_without_notes_gets_the_parts_it_needs_in_the_right_place() -> None:
    tail = '<pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/><tableParts count="0"/><extLst><ext uri="u"/></extLst>'
    book = one_sheet('<row r="1"><c r="A1"><v>1</v></c></row>', after=tail)
    after = sound(patch_book(book, patch_of("S", marks=(Mark(1, 1, "error", "hello"),))))
    assert changed_parts(book, after) == {SHEET, "[Content_Types].xml", COMMENTS, DRAWING, "xl/worksheets/_rels/sheet1.xml.rels"}
    assert notes(after, "S") == {"A1": ("hello", "sheetsales")}
    assert re.search(rb'footer="1"/><legacyDrawing r:id="rId\d+"/><tableParts', parts(after)[SHEET])
    again = sound(patch_book(after, patch_of("S", marks=(Mark(2, 2, "error", "more"),))))
    assert notes(again, "S") == {"A1": ("hello", "sheetsales"), "B2": ("more", "sheetsales")}
    assert parts(again)[SHEET].count(b"legacyDrawing") == 1


@pytest.mark.parametrize("rows", ['<row r="1"><c r="A1"><v>1</v></c></row>', ""])
def test_a_sheet_without_notes_takes_a_removal_as_nothing(rows: str) -> None:
    book = one_sheet(rows)
    assert patch_book(book, patch_of("S", marks=(Mark(1, 1, None),))) == book


def test_a_sheet_without_cells_takes_a_note() -> None:
    after = sound(patch_book(one_sheet(""), patch_of("S", marks=(Mark(1, 1, "error", "hello"),))))
    assert b'<sheetData/><legacyDrawing r:id="rId2"/></worksheet>' in parts(after)[SHEET]


def test_wrapped_controls_stand_behind_the_new_drawing_element() -> None:
    wrapped = (
        '<drawing r:id="rId1"/><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="x14"><controls/></mc:Choice></mc:AlternateContent>'
    )
    after = patch_book(one_sheet("", after=wrapped), patch_of("S", marks=(Mark(1, 1, "error", "x"),)))
    assert re.search(rb'<drawing r:id="rId1"/><legacyDrawing r:id="rId\d+"/><mc:Alt', parts(after)[SHEET])


def test_parts_of_other_names_and_prefixes_are_found_by_their_relations() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    book.active["A1"].comment = Comment("theirs", "Ana")
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(out)
    before = out.getvalue()
    where = next(name for name in parts(before) if "comment" in name and name.endswith(".xml"))
    after = sound(patch_book(before, patch_of("Sheet", marks=(Mark(2, 2, "error", "ours"),))))
    assert notes(after, "Sheet") == {"A1": ("theirs", "Ana"), "B2": ("ours", "sheetsales")}
    assert where in changed_parts(before, after) and "[Content_Types].xml" not in changed_parts(before, after)
    prefixed = rebuilt(before, {where: lambda xml: re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", xml).replace(b"xmlns=", b"xmlns:x=")})
    after = sound(patch_book(prefixed, patch_of("Sheet", marks=(Mark(2, 2, "error", "ours"),))))
    assert notes(after, "Sheet") == {"A1": ("theirs", "Ana"), "B2": ("ours", "sheetsales")}


def test_control_characters_of_a_rejected_text_do_not_break_the_note() -> None:
    after = sound(
        patch_book(RICH, patch_of("Leads", marks=(Mark(8, 4, "error", "typed: a\x00b\x1b\ud800 _x0041_" + "y" * 9000),)))
    )
    text = notes(after, "Leads")["D8"][0]
    assert opened(after)["Leads"]["D8"].comment.text.endswith(f"…\n{NOTE_SIGNATURE}")
    assert text.startswith("typed: a\ufffdb\ufffd\ufffd _x005F_x0041_") and text.endswith("…") and len(text) < 4100


def test_many_notes_get_ids_of_their_own_block_after_block() -> None:
    marks = tuple(Mark(row, 3, "note", f"note {row}") for row in range(6, 1606))
    after = sound(patch_book(RICH, patch_of("Leads", marks=marks)))
    ids = [int(n) for n in re.findall(rb'id="_x0000_s(\d+)"', parts(after)[DRAWING])]
    others = {int(n) for n in re.findall(rb'id="_x0000_s(\d+)"', parts(after)["xl/drawings/vmlDrawing2.vml"])}
    assert len(ids) == len(set(ids)) > 1600 and not others & set(ids)
    listed = re.search(rb'idmap [^>]*data="([\d,]+)"', parts(after)[DRAWING])[1].split(b",")
    assert {n // 1024 for n in ids} == {int(n) for n in listed} and b"2" not in listed


def test_a_note_box_is_as_large_as_its_text_and_passes_hidden_columns() -> None:
    sizes = widths(b'<worksheet><cols><col min="2" max="3" width="0" hidden="1"/></cols><sheetData/>', "S")
    short, long = (patch_shapes(new_drawing([]), "d", {(5, 1): text}, sizes, []) for text in ("x", "line\n" * 8))
    height = [float(re.search(rb"height:([\d.]+)pt", xml)[1]) for xml in (short, long)]
    assert height[0] < height[1]
    left = re.search(rb"<x:Anchor>(\d+), \d+, \d+, \d+, (\d+),", short)
    assert (int(left[1]), int(left[2])) == (3, 7)


@pytest.mark.parametrize(
    "edit",
    [
        lambda xml: xml.replace(b"</xml>", b""),
        lambda xml: xml.replace(b"microsoft-com:vml", b"other:vml"),
        lambda xml: xml.decode().encode("utf-16"),
    ],
)
def test_a_drawing_that_is_not_understood_is_refused(edit: object) -> None:
    with pytest.raises(FileRefused):
        patch_book(rebuilt(RICH, {DRAWING: edit}), patch_of("Leads", marks=(Mark(8, 4, "error", "x"),)))


def test_cells_and_notes_go_together() -> None:
    after = sound(
        patch_book(RICH, patch_of("Leads", CellWrite(8, 4, 3), marks=(Mark(8, 4, "conflict", "You: 1 · Ben: 3"),), generation=8))
    )
    assert changed_parts(RICH, after) == {SHEET, COMMENTS, DRAWING, "xl/worksheets/sheet3.xml", "docProps/custom.xml"}
    assert opened(after)["Leads"]["D8"].value == 3
