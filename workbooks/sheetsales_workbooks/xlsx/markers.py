"""The hidden parts: the drop-down lists, and the marker sheet that says whose book it is and where its columns are."""

from __future__ import annotations

from typing import Final

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook

from sheetsales_workbooks.dropdowns import LIST_PREFIX
from sheetsales_workbooks.host import (
    COLUMN_BLOCK,
    COLUMN_BLOCK_END,
    LISTS_SHEET,
    MARKER_KEYS,
    MARKER_SHEET,
    PALETTE_BLOCK,
    PALETTE_BLOCK_END,
    BookSpec,
)
from sheetsales_workbooks.xlsx.looks import Looks

LIST_ROOM: Final = 10_000  # the row to which a list that grows may reach


def write_lists(workbook: Workbook, book: BookSpec) -> None:
    """Write the lists, one column each, and the names that the drop-downs use."""
    sheet = workbook.add_worksheet(LISTS_SHEET)
    text = workbook.add_format({"num_format": "@"})
    for column, (name, words) in enumerate(sorted(book.lists.items())):
        letter = xl_col_to_name(column)
        sheet.set_column(column, column, 22, text)
        sheet.write_string(0, column, name, text)
        for row, word in enumerate(words, start=1):
            sheet.write_string(row, column, word, text)
        place = f"{LISTS_SHEET}!${letter}$2:${letter}${max(2, len(words) + 1)}"
        if name in book.open_lists:
            room = f"{LISTS_SHEET}!${letter}$2:${letter}${LIST_ROOM}"
            place = f"{LISTS_SHEET}!${letter}$2:INDEX({room},MAX(1,COUNTA({room})))"
        workbook.define_name(LIST_PREFIX + name, f"={place}")
    sheet.hide()


def write_markers(workbook: Workbook, looks: Looks, book: BookSpec) -> None:
    """Write the marker sheet: who the book is, its columns as built, and the palette for marks."""
    sheet = workbook.add_worksheet(MARKER_SHEET)
    marks = book.markers
    values = (marks.workbook_id, marks.book_id, marks.generation, marks.template, marks.zone, book.owner, book.currency)
    row = 0
    for key, value in zip(MARKER_KEYS, values, strict=True):
        sheet.write_string(row, 0, key)
        if isinstance(value, int):
            sheet.write_number(row, 1, value)
        else:
            sheet.write_string(row, 1, value)
        row += 1
    sheet.write_string(row, 0, COLUMN_BLOCK)
    row += 1
    for spec in book.tables:
        for number, column in enumerate(spec.columns):
            if column.name:
                cells = (spec.table, spec.sheet, str(spec.header_row), column.name, xl_col_to_name(number), column.header)
                sheet.write_row(row, 0, cells[:2])
                for offset, cell in enumerate(cells):
                    sheet.write_string(row, offset, cell)
                row += 1
    sheet.write_string(row, 0, COLUMN_BLOCK_END)
    row += 1
    sheet.write_string(row, 0, PALETTE_BLOCK)
    row += 1
    for looks_of_row in looks.palette():
        for offset, look in enumerate(looks_of_row, start=1):
            sheet.write_blank(row, offset, None, look)
        row += 1
    sheet.write_string(row, 0, PALETTE_BLOCK_END)
    sheet.very_hidden()


def write_properties(workbook: Workbook, book: BookSpec) -> None:
    """Write the custom document properties, the second home of the markers."""
    workbook.set_custom_property("ss_workbook_id", book.markers.workbook_id, "text")
    workbook.set_custom_property("ss_book_id", book.markers.book_id, "text")
    workbook.set_custom_property("ss_generation", book.markers.generation, "number_int")
    workbook.set_custom_property("ss_template", book.markers.template, "text")
