"""Notes and links of cells."""

from __future__ import annotations

from .desk import Desk

LINK = "com.sun.star.text.TextField.URL"


def listed(desk: Desk, handle: int) -> list[tuple[int, int]]:
    """Give row and column of every note of a sheet."""
    notes = desk.sheet(handle).Annotations
    places = [notes.getByIndex(number).Position for number in range(notes.Count)]
    return [(place.Row + 1, place.Column + 1) for place in places]


def text(desk: Desk, handle: int, row: int, column: int) -> str:
    """Give the note of a cell, "" where there is none."""
    return str(desk.cell(handle, row, column).Annotation.String)


def author(desk: Desk, handle: int, row: int, column: int) -> str:
    """Give who wrote the note of a cell; LibreOffice forgets it when it reads a file."""
    return str(desk.cell(handle, row, column).Annotation.Author)


def put(desk: Desk, handle: int, row: int, column: int, words: str) -> None:
    """Write the note of a cell in the place of the one there; "" takes it away."""
    cell = desk.cell(handle, row, column)
    notes = desk.sheet(handle).Annotations
    if cell.Annotation.String:
        for number in range(notes.Count):
            place = notes.getByIndex(number).Position
            if (place.Row + 1, place.Column + 1) == (row, column):
                notes.removeByIndex(number)
                break
    if words:
        notes.insertNew(cell.CellAddress, words)


def link(desk: Desk, handle: int, row: int, column: int) -> str:
    """Give where the first link in a cell leads, "" where there is none."""
    fields = desk.cell(handle, row, column).TextFields
    for number in range(fields.Count):
        field = fields.getByIndex(number)
        if hasattr(field, "URL"):
            return str(field.URL)
    return ""


def set_link(desk: Desk, handle: int, row: int, column: int, address: str, shown: str) -> None:
    """Make the whole content of a cell a link."""
    _, document = desk.owner(handle)
    cell = desk.cell(handle, row, column)
    cell.setString("")
    field = document.createInstance(LINK)
    field.URL, field.Representation = address, shown
    cursor = cell.createTextCursor()
    cell.insertTextContent(cursor, field, False)
