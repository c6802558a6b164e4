"""Sheets: find, add, name, order, show, copy; what is used; frozen panes and print area."""

from __future__ import annotations

from typing import Any

import uno

from .desk import Area, Desk, NoSuchThing, area_of

MAX_ROWS, MAX_COLUMNS = 1048576, 16384


def listed(desk: Desk, uid: str) -> list[tuple[int, str]]:
    """Give handle and name of every sheet, in order."""
    sheets = desk.book(uid).Sheets
    found = [sheets.getByIndex(number) for number in range(sheets.Count)]
    return [(desk.handle(uid, sheet), sheet.Name) for sheet in found]


def names(desk: Desk, uid: str) -> list[str]:
    """Give the names of the sheets, in order."""
    return list(desk.book(uid).Sheets.ElementNames)


def count(desk: Desk, uid: str) -> int:
    """Give the number of sheets."""
    return int(desk.book(uid).Sheets.Count)


def find(desk: Desk, uid: str, key: int | str) -> int:
    """Give a sheet by its place (from 1) or its name, whatever the case of its letters."""
    sheets = desk.book(uid).Sheets
    if isinstance(key, str):
        for name in sheets.ElementNames:
            if name.lower() == key.lower():
                return desk.handle(uid, sheets.getByName(name))
    elif 1 <= key <= sheets.Count:
        return desk.handle(uid, sheets.getByIndex(key - 1))
    raise NoSuchThing("sheet")


def active(desk: Desk, uid: str) -> int:
    """Give the sheet that is shown."""
    document = desk.book(uid)
    controller = document.CurrentController
    return desk.handle(uid, controller.ActiveSheet if controller is not None else document.Sheets.getByIndex(0))


def activate(desk: Desk, handle: int) -> None:
    """Show a sheet."""
    _, document = desk.owner(handle)
    if document.CurrentController is not None:
        document.CurrentController.setActiveSheet(desk.sheet(handle))


def add(desk: Desk, uid: str, name: str, place: int) -> int:
    """Insert a sheet at a place counted from 1; without a name it is called SheetN."""
    sheets = desk.book(uid).Sheets
    number = sheets.Count
    while not name:
        number += 1
        name = "" if sheets.hasByName(f"Sheet{number}") else f"Sheet{number}"
    sheets.insertNewByName(name, place - 1)
    handle = desk.handle(uid, sheets.getByName(name))
    activate(desk, handle)
    return handle


def delete(desk: Desk, handle: int) -> None:
    """Delete a sheet."""
    _, document = desk.owner(handle)
    document.Sheets.removeByName(desk.sheet(handle).Name)
    desk.renamed(handle, "")


def name(desk: Desk, handle: int) -> str:
    """Give a sheet's name."""
    return str(desk.sheet(handle).Name)


def rename(desk: Desk, handle: int, to: str) -> None:
    """Give a sheet another name."""
    _, document = desk.owner(handle)
    sheet = desk.sheet(handle)
    if to.lower() != sheet.Name.lower() and to.lower() in {other.lower() for other in document.Sheets.ElementNames}:
        raise ValueError(f"there is a sheet called '{to}' already")
    sheet.Name = to
    desk.renamed(handle, to)


def index(desk: Desk, handle: int) -> int:
    """Give a sheet's place, counted from 1."""
    return int(desk.sheet(handle).RangeAddress.Sheet) + 1


def visible(desk: Desk, handle: int) -> bool:
    """Say whether a sheet is shown among the tabs."""
    return bool(desk.sheet(handle).IsVisible)


def set_visible(desk: Desk, handle: int, value: bool) -> None:
    """Show or hide a sheet."""
    desk.sheet(handle).IsVisible = value


def move(desk: Desk, handle: int, place: int) -> None:
    """Put a sheet before the one that stands at a place now."""
    _, document = desk.owner(handle)
    document.Sheets.moveByName(desk.sheet(handle).Name, place - 1)


def copy(desk: Desk, handle: int, to: str, place: int) -> int:
    """Copy a sheet into a book at a place; its name gets a number where the name is taken."""
    uid, document = desk.owner(handle)
    target = desk.book(to).Sheets
    source = desk.sheet(handle).Name
    fresh, number = source, 1
    while target.hasByName(fresh):
        number += 1
        fresh = f"{source} ({number})"
    if to == uid:
        target.copyByName(source, fresh, place - 1)
    else:
        target.importSheet(document, source, place - 1)
        landed = target.getByIndex(place - 1)
        if landed.Name != fresh:
            landed.Name = fresh
    return desk.handle(to, target.getByName(fresh))


def used(desk: Desk, handle: int) -> tuple[int, int, int, int]:
    """Give the area from the first to the last cell in use."""
    cursor = desk.sheet(handle).createCursor()
    cursor.gotoEndOfUsedArea(False)
    last = area_of(cursor.RangeAddress)
    cursor.gotoStartOfUsedArea(False)
    first = area_of(cursor.RangeAddress)
    return first[0], first[1], last[2], last[3]


def print_area(desk: Desk, handle: int) -> list[tuple[int, int, int, int]]:
    """Give the areas that are printed; none means all."""
    return [area_of(address) for address in desk.sheet(handle).getPrintAreas()]


def set_print_area(desk: Desk, handle: int, areas: list[Area]) -> None:
    """Set the areas that are printed."""
    desk.sheet(handle).setPrintAreas(tuple(desk.range(handle, area).RangeAddress for area in areas))


def freeze(desk: Desk, handle: int, rows: int, columns: int) -> None:
    """Keep the first rows and columns on the screen; 0 and 0 lets go."""
    activate(desk, handle)
    _, document = desk.owner(handle)
    controller: Any = document.CurrentController
    controller.freezeAtPosition(columns, rows)


def protected(desk: Desk, handle: int) -> bool:
    """Say whether the cells of a sheet may not be changed."""
    return bool(desk.sheet(handle).isProtected())


def gridlines(desk: Desk, handle: int) -> bool:
    """Say whether the lines between the cells are shown."""
    activate(desk, handle)
    return bool(desk.owner(handle)[1].CurrentController.ShowGrid)


def set_gridlines(desk: Desk, handle: int, value: bool) -> None:
    """Show or hide the lines between the cells."""
    activate(desk, handle)
    desk.owner(handle)[1].CurrentController.ShowGrid = value


def insert_cells(desk: Desk, handle: int, area: Area, mode: str) -> None:
    """Insert cells; mode: DOWN, RIGHT, ROWS or COLUMNS."""
    desk.sheet(handle).insertCells(desk.range(handle, area).RangeAddress, uno.Enum("com.sun.star.sheet.CellInsertMode", mode))


def remove_cells(desk: Desk, handle: int, area: Area, mode: str) -> None:
    """Remove cells; mode: UP, LEFT, ROWS or COLUMNS."""
    desk.sheet(handle).removeRange(desk.range(handle, area).RangeAddress, uno.Enum("com.sun.star.sheet.CellDeleteMode", mode))


def copy_cells(desk: Desk, handle: int, area: Area, to: int, row: int, column: int) -> None:
    """Copy cells with all that belongs to them to another place of the same book."""
    desk.sheet(handle).copyRange(desk.cell(to, row, column).CellAddress, desk.range(handle, area).RangeAddress)


def move_cells(desk: Desk, handle: int, area: Area, to: int, row: int, column: int) -> None:
    """Move cells; formulas that look at them follow."""
    desk.sheet(handle).moveRange(desk.cell(to, row, column).CellAddress, desk.range(handle, area).RangeAddress)
