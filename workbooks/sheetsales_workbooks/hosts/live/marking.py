"""Colours and notes of ours on cells of an open workbook, by the book's own palette, as in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import xlwings

from sheetsales_workbooks.host import MARK_KINDS, MARKER_SHEET, NOTE_SIGNATURE, PALETTE_BLOCK, PALETTE_BLOCK_END, Mark, MarkKind
from sheetsales_workbooks.patching.marks import PALETTE_COLUMNS
from sheetsales_workbooks.patching.notes import signed_note

Color = tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class Look:
    """One look of data cells: how it is told, and its fills plain, error, warning, note, conflict."""

    number_format: str | None
    italic: bool
    fills: tuple[Color, ...]


def palette(book: xlwings.Book, marker_rows: Mapping[int, Mapping[int, object]]) -> tuple[Look, ...]:
    """Read the palette of a book; none where it has no palette block."""
    words = {str(cells.get(1)): row for row, cells in marker_rows.items() if cells.get(1) is not None}
    first, stop = words.get(PALETTE_BLOCK, 0) + 1, words.get(PALETTE_BLOCK_END, 0)
    sheet = book.sheets[MARKER_SHEET]
    looks = []
    for row in range(first, stop) if first > 1 else ():
        plain = sheet.range((row, PALETTE_COLUMNS[0]))
        fills = tuple(sheet.range((row, column)).color for column in PALETTE_COLUMNS)
        looks.append(Look(plain.number_format, bool(plain.font.italic), fills))
    return tuple(looks)


def put_mark(sheet: xlwings.Sheet, mark: Mark, looks: tuple[Look, ...]) -> None:
    """Colour a cell and write its note, or take both away; a colour or a note that is the user's stays."""
    cell = sheet.range((mark.row, mark.column))
    _recolor(cell, mark.kind, looks)
    text = signed_note(mark.note) if mark.kind is not None else ""
    note = cell.note
    if note is not None and not note.text.rstrip().endswith(NOTE_SIGNATURE):
        return
    if note is None:
        if text:
            cell.add_note(text)
    elif not text:
        note.delete()
    elif note.text != text:
        note.text = text


def make_plain(cell: xlwings.Range, looks: tuple[Look, ...]) -> None:
    """Take a colour of ours from a cell."""
    _recolor(cell, None, looks)


def _recolor(cell: xlwings.Range, kind: MarkKind | None, looks: tuple[Look, ...]) -> None:
    present, number_format, italic = cell.color, cell.number_format, bool(cell.font.italic)
    look = next(
        (one for one in looks if one.number_format == number_format and one.italic == italic and present in one.fills), None
    )
    if look is None:
        return
    fill = look.fills[0 if kind is None else 1 + MARK_KINDS.index(kind)]
    if fill != present:
        cell.color = fill
