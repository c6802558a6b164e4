"""Change cells, colours and notes of a user's own workbook; every other part stays byte for byte.

Pure over bytes: the exchange of the file is the matter of the host.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from sheetsales.errors import FileRefused
from sheetsales_workbooks.host import MARKER_SHEET, BookPatch, SheetPatch
from sheetsales_workbooks.patching.calculation import calculate_on_opening, drop_chain
from sheetsales_workbooks.patching.cells import Change, Changes, SheetPart, behind_cells
from sheetsales_workbooks.patching.growth import grow_filter_name, grow_rules, grow_table
from sheetsales_workbooks.patching.markers import MarkerSheet
from sheetsales_workbooks.patching.marks import Palette
from sheetsales_workbooks.patching.notes import SkippedNote, patch_notes
from sheetsales_workbooks.patching.relations import Workbook, workbook
from sheetsales_workbooks.patching.zip_file import ZipPatch
from sheetsales_workbooks.reading.workbook_xml import read_styles

__all__ = ["SkippedNote", "patch_book", "patch_markers"]


def patch_book(data: bytes, patch: BookPatch, *, skipped: list[SkippedNote] | None = None) -> bytes:
    """Give the workbook with the patch applied; the very same bytes where it changes nothing.

    skipped: gets the notes that were left out because the user has a note on that cell.
    Raises CellRefused where a value cannot be written (the message has the address), FileRefused
    where a part is not fully understood (the message names the sheet), NotOurBook where a
    generation is given and the book has no markers.
    """
    with _boundary():
        package = ZipPatch(data)
        book = workbook(package)
        wanted = {name: sheet for name, sheet in patch.sheets.items() if sheet}
        palette = _palette(package, book, wanted)
        changed: list[str] = []
        for name, sheet_patch in wanted.items():
            part = _part(book, name)
            if _patch_sheet(package, book, part, name, sheet_patch, palette):
                changed.append(part)
            notes = {(mark.row, mark.column): mark.note if mark.kind is not None else "" for mark in sheet_patch.marks}
            left_out = patch_notes(package, part, name, notes) if notes else []
            if skipped is not None:
                skipped += left_out
        if changed:
            calculate_on_opening(package, book, changed)
        if patch.generation is not None:
            MarkerSheet(package, book).set({"generation": patch.generation})
        return package.to_bytes()


def patch_markers(data: bytes, values: Mapping[str, str | int]) -> bytes:
    """Give the workbook with markers such as workbook_id and book_id set anew.

    Raises NotOurBook where the book has no marker sheet or lacks one of the keys.
    """
    with _boundary():
        package = ZipPatch(data)
        MarkerSheet(package, workbook(package)).set(values)
        return package.to_bytes()


@contextmanager
def _boundary() -> Iterator[None]:
    """Turn what a damaged part makes Python raise into one refusal."""
    try:
        yield
    except (ValueError, IndexError, KeyError, struct.error) as problem:
        words = "The file cannot be changed safely: one of its parts is written in a way that is not understood."
        raise FileRefused(words) from problem


def _palette(package: ZipPatch, book: Workbook, wanted: Mapping[str, SheetPatch]) -> Palette:
    used = any(sheet.marks or sheet.like_row or _has_dates(sheet) for sheet in wanted.values())
    if book.sheet(MARKER_SHEET) is None or not used:
        return Palette()
    return MarkerSheet(package, book).palette()


def _part(book: Workbook, name: str) -> str:
    part = book.sheet(name)
    if part is None:
        raise FileRefused(
            f"The workbook has no tab called '{name}'.", "Restore the tab, or make a new workbook with `book new`.", sheet=name
        )
    return part


def _patch_sheet(package: ZipPatch, book: Workbook, part: str, name: str, patch: SheetPatch, palette: Palette) -> bool:
    """Change one sheet part and its table; say whether a value or formula changed."""
    dated = _date_styles(package, book) if _has_dates(patch) else None
    sheet = SheetPart(package.read(part), name, book.date_1904, patch.like_row, palette.restyle(None), dated)
    changes: Changes = {}
    for write in patch.cells:
        changes.setdefault(write.row, {})[write.column] = Change(write=write)
    for mark in patch.marks:
        change = changes.setdefault(mark.row, {}).setdefault(mark.column, Change())
        change.restyle = palette.restyle(mark.kind)
    old_last = _grow(package, part, sheet, patch, changes)
    xml = sheet.apply(changes)
    if old_last and patch.like_row:
        xml = grow_rules(xml, sheet.prefix, behind_cells(xml, sheet.prefix, name), patch.like_row, old_last, patch.last_row)
        grow_filter_name(package, book, part, patch.like_row, old_last, patch.last_row)
    package.write(part, xml)
    if sheet.formulas_changed:
        drop_chain(package, book)
    return bool(patch.cells)


def _has_dates(patch: SheetPatch) -> bool:
    return any(isinstance(write.value, date) for write in patch.cells)


def _date_styles(package: ZipPatch, book: Workbook) -> frozenset[int] | None:
    """Give the styles in which a day number is shown as a day; None where the book has no styles."""
    part = book.one("styles")
    if part is None:
        return None
    return frozenset(style for style, form in read_styles(package.read(part)) if form.kind == "moment")


def _grow(package: ZipPatch, part: str, sheet: SheetPart, patch: SheetPatch, changes: Changes) -> int:
    """Let the table reach the patch's last row; give its last row before, 0 where it does not grow."""
    if not patch.last_row:
        return 0
    old_last = grow_table(package, part, sheet.sheet, patch.like_row, patch.last_row) or sheet.last_row
    if old_last >= patch.last_row:
        return 0
    columns = sheet.styles(patch.like_row) if patch.like_row else ()
    for row in range(old_last + 1, patch.last_row + 1):
        cells = changes.setdefault(row, {})
        for column in columns:
            cells.setdefault(column, Change()).blank = True
    return old_last
