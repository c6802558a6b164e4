"""Defined names of a book and of a sheet, and tables, which LibreOffice keeps as database ranges."""

from __future__ import annotations

from typing import Any

import uno

from .desk import Area, Desk, NoSuchThing, area_of

UNNAMED = "__Anonymous"


def _held(desk: Desk, uid: str, handle: int) -> Any:
    return desk.sheet(handle).NamedRanges if handle else desk.book(uid).NamedRanges


def _one(held: Any, name: str) -> Any:
    if held.hasByName(name):
        return held.getByName(name)
    for other in held.ElementNames:
        if other.lower() == name.lower():
            return held.getByName(other)
    raise NoSuchThing("name")


def listed(desk: Desk, uid: str, handle: int) -> list[tuple[int, str]]:
    """Give the names of one sheet, or of a book (handle 0) with those of its sheets, each with the sheet it holds on."""
    if handle:
        return [(handle, name) for name in desk.sheet(handle).NamedRanges.ElementNames]
    found = [(0, name) for name in desk.book(uid).NamedRanges.ElementNames]
    sheets = desk.book(uid).Sheets
    for sheet in (sheets.getByIndex(number) for number in range(sheets.Count)):
        own = sheet.NamedRanges.ElementNames
        if own:
            found.extend((desk.handle(uid, sheet), name) for name in own)
    return found


def known(desk: Desk, uid: str, handle: int, name: str) -> str:
    """Give a name of a sheet or of a book (handle 0) as it is written there, "" for one that is not."""
    held = _held(desk, uid, handle)
    if held.hasByName(name):
        return name
    return next((other for other in held.ElementNames if other.lower() == name.lower()), "")


def at(desk: Desk, uid: str, handle: int, area: Area) -> tuple[int, str]:
    """Give the name that stands for an area, with the sheet it holds on (0: the book); ("" where there is none)."""
    for scope in (0, handle):
        held = _held(desk, uid, scope)
        for name in held.ElementNames:
            cells = held.getByName(name).ReferredCells
            if cells is not None and desk.place(uid, cells.RangeAddress) == (handle, tuple(area)):
                return scope, name
    return 0, ""


def contents(desk: Desk, uid: str, handle: int) -> list[tuple[str, str]]:
    """Give every name of a book (handle 0), or of one sheet, with what it stands for, without the equals sign."""
    held = _held(desk, uid, handle)
    return [(name, str(held.getByName(name).Content)) for name in held.ElementNames]


def content(desk: Desk, uid: str, handle: int, name: str) -> str:
    """Give what a name stands for, in the office's words, without the equals sign."""
    return str(_one(_held(desk, uid, handle), name).Content)


def place(desk: Desk, uid: str, handle: int, name: str) -> tuple[int, tuple[int, int, int, int]] | None:
    """Give sheet and area that a name stands for, or None where it is no range."""
    cells = _one(_held(desk, uid, handle), name).ReferredCells
    return desk.place(uid, cells.RangeAddress) if cells is not None else None


def put(desk: Desk, uid: str, handle: int, name: str, words: str) -> None:
    """Define a name, or define it anew."""
    held = _held(desk, uid, handle)
    if held.hasByName(name):
        held.getByName(name).Content = words
        return
    held.addNewByName(name, words, uno.createUnoStruct("com.sun.star.table.CellAddress"), 0)


def rename(desk: Desk, uid: str, handle: int, name: str, to: str) -> None:
    """Give a name another name."""
    _one(_held(desk, uid, handle), name).Name = to


def remove(desk: Desk, uid: str, handle: int, name: str) -> None:
    """Take a name away."""
    held = _held(desk, uid, handle)
    held.removeByName(_one(held, name).Name)


# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def tables(desk: Desk, uid: str) -> list[tuple[str, int, tuple[int, int, int, int]]]:
    """Give name, sheet (its place, from 1) and area of every table of a book."""
    held = desk.book(uid).DatabaseRanges
    found = []
    for name in held.ElementNames:
        if not name.startswith(UNNAMED):
            address = held.getByName(name).DataArea
            found.append((name, address.Sheet + 1, area_of(address)))
    return found


def table(desk: Desk, uid: str, name: str) -> tuple[bool, bool, bool]:
    """Say of a table whether it has headers, a totals row and filter buttons."""
    held = _one(desk.book(uid).DatabaseRanges, name)
    return bool(held.ContainsHeader), bool(held.TotalsRow), bool(held.AutoFilter)


def add_table(desk: Desk, handle: int, area: Area, name: str, headers: bool) -> str:
    """Make a table of a range; without a name it is called TableN."""
    _, document = desk.owner(handle)
    held = document.DatabaseRanges
    number = 0
    while not name:
        number += 1
        name = "" if held.hasByName(f"Table{number}") else f"Table{number}"
    if name.lower() in {other.lower() for other in held.ElementNames}:
        raise ValueError(f"there is a table called '{name}' already")
    held.addNewByName(name, desk.range(handle, area).RangeAddress)
    made = held.getByName(name)
    made.ContainsHeader, made.AutoFilter = headers, headers
    return name


def set_table(desk: Desk, uid: str, name: str, what: str, value: bool) -> None:
    """Set whether a table has "headers", "totals" or a "filter"."""
    made = _one(desk.book(uid).DatabaseRanges, name)
    setattr(made, {"headers": "ContainsHeader", "totals": "TotalsRow", "filter": "AutoFilter"}[what], value)


def resize_table(desk: Desk, uid: str, name: str, handle: int, area: Area) -> None:
    """Let a table reach over another area."""
    _one(desk.book(uid).DatabaseRanges, name).DataArea = desk.range(handle, area).RangeAddress


def rename_table(desk: Desk, uid: str, name: str, to: str) -> None:
    """Give a table another name."""
    _one(desk.book(uid).DatabaseRanges, name).Name = to


def remove_table(desk: Desk, uid: str, name: str) -> None:
    """Take a table away; what stands in its cells stays."""
    held = desk.book(uid).DatabaseRanges
    held.removeByName(_one(held, name).Name)
