"""Sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xlwings import NoSuchObjectError, base_classes

from sheetsales_workbooks.hosts.libreoffice.addresses import MAX_COLUMNS, MAX_ROWS, a1, parse
from sheetsales_workbooks.hosts.libreoffice.names import Names
from sheetsales_workbooks.hosts.libreoffice.notes import Note
from sheetsales_workbooks.hosts.libreoffice.parents import BookAbove
from sheetsales_workbooks.hosts.libreoffice.pictures import Pictures
from sheetsales_workbooks.hosts.libreoffice.ranges import Range
from sheetsales_workbooks.hosts.libreoffice.tables import Table, Tables
from sheetsales_workbooks.hosts.libreoffice.unsupported import complete, refusal

Place = str | tuple[int, ...] | Range


@complete
class Sheets(base_classes.Sheets):
    """The sheets of one book."""

    def __init__(self, book: BookAbove) -> None:
        self.book = book

    @property
    def api(self) -> BookAbove:
        """Give the book."""
        return self.book

    def __len__(self) -> int:
        return int(self.book.ask("sheets", "count"))

    def __iter__(self) -> Iterator[Sheet]:
        for handle, _ in self.book.ask("sheets", "listed"):
            yield Sheet(self.book, handle)

    def __contains__(self, key: object) -> bool:
        names = self.book.ask("sheets", "names")
        return isinstance(key, str) and key.lower() in [name.lower() for name in names]

    def __call__(self, key: int | str) -> Sheet:
        """Give a sheet by its name or its place (from 1)."""
        found = self.book.ask("sheets", "find", key)
        if not found:
            raise KeyError(key)
        return Sheet(self.book, found)

    @property
    def active(self) -> Sheet:
        """Give the sheet that is shown."""
        return Sheet(self.book, self.book.ask("sheets", "active"))

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        """Insert a sheet, before the one that is shown unless told otherwise, and show it."""
        place = before.index if before is not None else after.index + 1 if after is not None else self.active.index
        return Sheet(self.book, self.book.ask("sheets", "add", name or "", place))


@complete
class Sheet(base_classes.Sheet):
    """One sheet; it stays itself whatever its name and place become."""

    def __init__(self, book: BookAbove, handle: int) -> None:
        self._book = book
        self.handle = handle

    def ask(self, room: str, name: str, *arguments: object) -> Any:
        """Ask the office something about this sheet."""
        return self._book.app.office.ask(room, name, self.handle, *arguments)

    @property
    def api(self) -> Sheet:
        """Give this sheet; there is no native object of it in this process."""
        return self

    @property
    def book(self) -> BookAbove:
        """Give its book."""
        return self._book

    @property
    def name(self) -> str:
        """Give or set the name of the tab."""
        return str(self.ask("sheets", "name"))

    @name.setter
    def name(self, value: str) -> None:
        self.ask("sheets", "rename", value)

    @property
    def index(self) -> int:
        """Give its place, counted from 1."""
        return int(self.ask("sheets", "index"))

    @property
    def visible(self) -> bool:
        """Say, or set, whether the tab is shown."""
        return bool(self.ask("sheets", "visible"))

    @visible.setter
    def visible(self, value: bool) -> None:
        self.ask("sheets", "set_visible", bool(value))

    @property
    def protected(self) -> bool:
        """Say whether its cells may not be changed."""
        return bool(self.ask("sheets", "protected"))

    @property
    def show_gridlines(self) -> bool:
        """Say, or set, whether lines are drawn between the cells."""
        return bool(self.ask("sheets", "gridlines"))

    @show_gridlines.setter
    def show_gridlines(self, value: bool) -> None:
        self.ask("sheets", "set_gridlines", bool(value))

    @property
    def cells(self) -> Range:
        """Give all cells."""
        return Range(self, 1, 1, MAX_ROWS, MAX_COLUMNS)

    @property
    def used_range(self) -> Range:
        """Give the cells from the first to the last in use."""
        return Range(self, *self.ask("sheets", "used"))

    @property
    def tables(self) -> Tables:
        """Give the tables."""
        return Tables(self)

    @property
    def names(self) -> Names:
        """Give the names that hold on this sheet alone."""
        return Names(self._book, self)

    @property
    def notes(self) -> Iterator[Note]:
        """Give the notes."""
        for row, column in self.ask("notes", "listed"):
            yield Note(Range(self, row, column))

    @property
    def pictures(self) -> Pictures:
        """Give the pictures."""
        return Pictures(self)

    @property
    def page_setup(self) -> PageSetup:
        """Give what is printed."""
        return PageSetup(self)

    @property
    def freeze_panes(self) -> FreezePanes:
        """Give the hold on the first rows and columns."""
        return FreezePanes(self)

    pivot_tables = property(refusal("Sheet.pivot_tables"))

    def range(self, arg1: Place, arg2: Place | None = None) -> Range:
        """Give a range: by address, name, table reference, or one or two corners (row and column from 1)."""
        if isinstance(arg1, str) and arg2 is None and parse(arg1) is None:
            return self._named(arg1)
        first = self._corner(arg1)
        last = self._corner(arg2) if arg2 is not None else first
        corners = (min(first[0], last[0]), min(first[1], last[1]), max(first[2], last[2]), max(first[3], last[3]))
        made = Range(self, *corners)
        made.arg1_input = arg1 if isinstance(arg1, str) else made.address
        return made

    def _corner(self, place: Place) -> tuple[int, int, int, int]:
        if isinstance(place, Range):
            return place.area
        if isinstance(place, str):
            return parse(place) or self._named(place).area
        if len(place) == 4:
            row, column, height, width = place
            place = (row, column, row + height - 1, column + width - 1)
        area = place if len(place) == 4 else (*place, *place)
        if min(area) < 1 or area[2] > MAX_ROWS or area[3] > MAX_COLUMNS:
            raise IndexError(f"There is no cell at {place}: rows and columns count from 1.")
        top, left, bottom, right = area
        return top, left, bottom, right

    def _named(self, key: str) -> Range:
        sheet, mark, place = key.rpartition("!")
        if mark and (area := parse(place)):
            return Range(self._book.sheets(sheet.strip("'").replace("''", "'")), *area)
        for names in (self.names, self._book.names):
            if names.contains(key):
                found: Range = names(key).refers_to_range
                return found
        table, _, rest = key.partition("[")
        for name, tab, _ in self._book.ask("names", "tables"):
            if name.lower() == table.lower():
                return Table(self._book.sheets(tab), name).part(f"[{rest}" if rest else "")
        raise NoSuchObjectError(f"There is no address, name or table '{key}' in {self._book.name}.")

    def activate(self) -> None:
        """Show the sheet."""
        self._book.activate()
        self.ask("sheets", "activate")

    def select(self) -> None:
        """Show the sheet."""
        self.ask("sheets", "activate")

    def clear(self) -> None:
        """Clear all that stands in it and how it looks."""
        self.cells.clear()

    def clear_contents(self) -> None:
        """Clear what stands in it."""
        self.cells.clear_contents()

    def clear_formats(self) -> None:
        """Clear how it looks."""
        self.cells.clear_formats()

    def autofit(self, axis: str | None = None) -> None:
        """Make columns and rows fit what stands in them; axis: "columns" or "rows" alone."""
        self.used_range.autofit(axis)

    def delete(self) -> None:
        """Delete the sheet."""
        self.ask("sheets", "delete")

    def copy(self, before: Sheet | None, after: Sheet | None) -> None:
        """Copy the sheet before or after another, of this or another book of the same office."""
        beside = before if before is not None else after
        assert beside is not None
        place = beside.index + (0 if before is not None else 1)
        self.ask("sheets", "copy", beside.book.uid, place)

    def move(self, before: Sheet | None = None, after: Sheet | None = None) -> None:
        """Put the sheet before or after another of its book."""
        beside = before if before is not None else after
        assert beside is not None
        self.ask("sheets", "move", beside.index + (0 if before is not None else 1))

    def to_pdf(self, path: str, quality: str | None = None) -> None:
        """Print the sheet into a PDF."""
        del quality
        self._book.ask("books", "copy_to", str(Path(path).resolve()), self.handle)


@complete
class PageSetup(base_classes.PageSetup):
    """What is printed of a sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @property
    def api(self) -> Sheet:
        """Give the sheet."""
        return self._sheet

    @property
    def print_area(self) -> str | None:
        """Give or set the areas that are printed, None for all."""
        areas = self._sheet.ask("sheets", "print_area")
        return ",".join(a1(*area) for area in areas) or None

    @print_area.setter
    def print_area(self, value: str | None) -> None:
        areas = [self._sheet.range(part).area for part in re.split(r"\s*,\s*", value)] if value else []
        self._sheet.ask("sheets", "set_print_area", areas)


@complete
class FreezePanes(base_classes.FreezePanes):
    """The rows and columns that stay on the screen."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def freeze_at(self, frozen_range: str) -> None:
        """Keep the rows and columns of a range that begins at A1; whole rows or columns keep only those."""
        _, _, bottom, right = self._sheet.range(frozen_range).area
        self._sheet.ask("sheets", "freeze", bottom if bottom < MAX_ROWS else 0, right if right < MAX_COLUMNS else 0)

    def unfreeze(self) -> None:
        """Let them go."""
        self._sheet.ask("sheets", "freeze", 0, 0)
