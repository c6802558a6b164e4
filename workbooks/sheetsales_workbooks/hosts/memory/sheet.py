"""A worksheet of the spreadsheet in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import xlwings
from openpyxl.utils.cell import get_column_letter, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet
from xlwings import base_classes

from sheetsales.errors import NotSupported
from sheetsales_workbooks.hosts.memory import areas, tables
from sheetsales_workbooks.hosts.memory.areas import LAST_COLUMN, LAST_ROW, Area
from sheetsales_workbooks.hosts.memory.marks import Note
from sheetsales_workbooks.hosts.memory.names import Names, place_of
from sheetsales_workbooks.hosts.memory.ranges import Range
from sheetsales_workbooks.hosts.memory.tab import Document, Tab
from sheetsales_workbooks.hosts.memory.tables import Tables
from sheetsales_workbooks.hosts.memory.unsupported import names_what_is_missing

VISIBLE: Final = "visible"
_STRUCTURED = re.compile(r"([^\[\]]+)\[(?:\[)?(#All|#Headers|#Data)?(?:\],\[)?([^\[\]#]*)\]?\]?")
_ADDRESS = re.compile(r"\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?|\$?[A-Z]{1,3}:\$?[A-Z]{1,3}|\$?\d+:\$?\d+", re.IGNORECASE)


class PageSetup(base_classes.PageSetup):
    """What is printed of a sheet."""

    def __init__(self, ws: Worksheet) -> None:
        self._ws = ws

    @property
    def api(self) -> Any:
        """The page setup."""
        return self._ws.page_setup

    @property
    def print_area(self) -> str | None:
        """The area that is printed, None for all."""
        return str(self._ws.print_area).rpartition("!")[2] or None if self._ws.print_area else None

    @print_area.setter
    def print_area(self, value: str | None) -> None:
        self._ws.print_area = value


class FreezePanes(base_classes.FreezePanes):
    """The rows and columns that stay in view."""

    def __init__(self, ws: Worksheet) -> None:
        self._ws = ws

    def freeze_at(self, frozen_range: Any) -> None:
        """Keep in view what stands above and left of a range's end."""
        area = frozen_range.area if isinstance(frozen_range, Range) else frozen_range.impl.area
        rows = 1 if area.whole_columns else area.bottom + 1
        columns = 1 if area.whole_rows else area.right + 1
        self._ws.freeze_panes = f"{get_column_letter(columns)}{rows}"

    def unfreeze(self) -> None:
        """Let everything scroll."""
        self._ws.freeze_panes = None


@names_what_is_missing
class Sheet(Tab):
    """One worksheet."""

    # ── what it is ───────────────────────────────────────────────────────────────────────────────

    @property
    def book(self) -> Document:
        """The book it belongs to."""
        return self.document

    @property
    def name(self) -> str:
        """What its tab says."""
        return str(self.ws.title)

    @name.setter
    def name(self, value: str) -> None:
        self.ws.title = value

    @property
    def index(self) -> int:
        """Its place among the tabs, from 1."""
        return [ws is self.ws for ws in self.document.wb.worksheets].index(True) + 1

    @property
    def visible(self) -> bool:
        """Whether its tab is shown."""
        return bool(self.ws.sheet_state == VISIBLE)

    @visible.setter
    def visible(self, value: bool) -> None:
        shown = [ws for ws in self.document.wb.worksheets if ws.sheet_state == VISIBLE and ws is not self.ws]
        if not value and not shown:
            raise ValueError("A workbook must have one visible sheet.")
        self.ws.sheet_state = VISIBLE if value else "hidden"

    @property
    def protected(self) -> bool:
        """Whether its cells may not be changed."""
        return bool(self.ws.protection.sheet)

    @property
    def show_gridlines(self) -> bool:
        """Whether lines are drawn between cells."""
        return bool(self.ws.sheet_view.showGridLines)

    @show_gridlines.setter
    def show_gridlines(self, value: bool) -> None:
        self.ws.sheet_view.showGridLines = value

    @property
    def page_setup(self) -> PageSetup:
        """What is printed of it."""
        return PageSetup(self.ws)

    @property
    def freeze_panes(self) -> FreezePanes:
        """What stays in view."""
        return FreezePanes(self.ws)

    def activate(self) -> None:
        """Bring it, and its book, to the front."""
        self.document.activate()
        self.select()

    def select(self) -> None:
        """Bring it to the front of its book."""
        self.document.wb.active = self.ws

    # ── ranges ───────────────────────────────────────────────────────────────────────────────────

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        """Give a range by addresses, places, ranges, a defined name, or a table's name and column."""
        first = self._area(arg1)
        if arg2 is None:
            return Range(self, first)
        second = self._area(arg2)
        return Range(
            self,
            Area(
                min(first.top, second.top),
                min(first.left, second.left),
                max(first.bottom, second.bottom),
                max(first.right, second.right),
            ),
        )

    def _area(self, given: Any) -> Area:
        if isinstance(given, xlwings.Range):
            given = given.impl
        if isinstance(given, Range):
            return given.area
        if isinstance(given, (tuple, list)):
            if len(given) == 4:
                row, column, rows, columns = given
                return Area(row, column, row + rows - 1, column + columns - 1)
            if min(given) < 1:
                raise IndexError("Attempted to access 0-based Range. xlwings/Excel Ranges are 1-based.")
            return Area(*given, *given)
        text = str(given).strip()
        own, _, address = text.rpartition("!")
        if own and own.strip("'").casefold() != self.ws.title.casefold():
            raise ValueError(f"The range {text} is not on the sheet {self.ws.title}.")
        if _ADDRESS.fullmatch(address):
            left, top, right, bottom = range_boundaries(address.upper().replace("$", ""))
            return Area(int(top or 1), int(left or 1), int(bottom or LAST_ROW), int(right or LAST_COLUMN))
        return self._named(address)

    def _named(self, text: str) -> Area:
        wanted = text.casefold()
        for scope in (self.ws.defined_names, self.document.wb.defined_names):
            for name, defined in scope.items():
                place = place_of(str(defined.attr_text)) if name.casefold() == wanted else None
                if place is not None and place[0].casefold() == self.ws.title.casefold():
                    return place[1]
        match = _STRUCTURED.fullmatch(text)
        table = self.tables(match[1] if match else text) if (match[1] if match else text) in self.tables else None
        if table is None:
            raise ValueError(f"There is no range called '{text}' on the sheet {self.ws.title}.")
        return _part_of_table(self, table, match[2] if match else None, match[3] if match else "")

    @property
    def cells(self) -> Range:
        """All cells."""
        return Range(self, Area(1, 1, LAST_ROW, LAST_COLUMN))

    @property
    def used_range(self) -> Range:
        """From the first to the last cell with a value or a look."""
        return Range(self, areas.used(self.ws))

    def clear_contents(self) -> None:
        """Take all contents away."""
        self.cells.clear_contents()

    def clear_formats(self) -> None:
        """Take all looks away."""
        self.cells.clear_formats()

    def clear(self) -> None:
        """Take contents, looks and notes away."""
        self.cells.clear()

    def autofit(self, axis: str | None = None) -> None:
        """Let columns and rows fit their text."""
        self.cells.autofit(axis)

    # ── what stands on it ────────────────────────────────────────────────────────────────────────

    @property
    def names(self) -> Names:
        """The names that belong to this sheet alone."""
        return Names(self.document, self.ws)

    @property
    def tables(self) -> Tables:
        """Its tables."""
        return Tables(self, Range)

    @property
    def pivot_tables(self) -> NoReturn:
        """There are none in memory, and xlwings declares no such member to be named for it."""
        raise NotSupported("The spreadsheet in memory does not have Sheet.pivot_tables.")

    @property
    def notes(self) -> list[Note]:
        """Its notes, row by row."""
        cells = [self.ws._cells[place] for place in sorted(self.ws._cells)]
        return [Note(cell, self.range((cell.row, cell.column))) for cell in cells if cell.comment is not None]

    # ── among the others ─────────────────────────────────────────────────────────────────────────

    def delete(self) -> None:
        """Take it out of its book."""
        if len(self.document.wb.worksheets) == 1:
            raise ValueError("A workbook must have one sheet.")
        self.document.wb.remove(self.ws)

    def move(self, before: Sheet | None, after: Sheet | None) -> None:
        """Put its tab beside another one."""
        place(self.document, self.ws, before, after)

    def copy(self, before: Sheet | None, after: Sheet | None) -> None:
        """Copy it into its own or another book."""
        target = before or after
        assert target is not None
        made = _copied(self, target.document)
        place(target.document, made, before, after)
        target.document.wb.active = made


def place(document: Document, ws: Worksheet, before: Tab | None, after: Tab | None) -> None:
    """Put the tab of a sheet before or after another one of the same book."""
    sheets = document.api._sheets
    sheets.remove(ws)
    if before is not None:
        sheets.insert(sheets.index(before.ws), ws)
    elif after is not None:
        sheets.insert(sheets.index(after.ws) + 1, ws)
    else:
        sheets.append(ws)


def _copied(sheet: Sheet, target: Document) -> Worksheet:
    taken = {ws.title.casefold() for ws in target.wb.worksheets}
    title = sheet.ws.title
    number = 2
    while title.casefold() in taken:
        title = f"{sheet.ws.title} ({number})"
        number += 1
    if target is sheet.document:
        made = target.wb.copy_worksheet(sheet.ws)
        made.title = title
    else:
        made = target.wb.create_sheet(title)
        for cell in list(sheet.ws._cells.values()):
            there = made.cell(cell.row, cell.column)
            there.value = cell.value
            there.number_format, there.data_type = cell.number_format, cell.data_type
    target.results[made] = dict(sheet.results)
    for stored in sheet.ws.tables.values():
        made.add_table(tables.copied(target, stored))
    return made


def _part_of_table(sheet: Sheet, table: Any, part: str | None, column: str) -> Area:
    """Give the area of a table, of its headers, or of one of its columns."""
    whole, body = table.range.area, table.data_body_range
    area = whole if part == "#All" else table.header_row_range.area if part == "#Headers" else body.area
    if not column:
        return Area(*area)
    headers = [sheet.ws.cell(whole.top, number).value for number in range(whole.left, whole.right + 1)]
    folded = [str(header).casefold() for header in headers]
    if column.casefold() not in folded:
        raise ValueError(f"The table {table.name} has no column '{column}'.")
    number = whole.left + folded.index(column.casefold())
    return Area(area.top, number, area.bottom, number)


class Sheets(base_classes.Sheets):
    """The worksheets of a book, in the order of their tabs."""

    def __init__(self, document: Document) -> None:
        self._document = document

    @property
    def api(self) -> Any:
        """The worksheets."""
        return self._document.wb.worksheets

    @property
    def active(self) -> Sheet:
        """The one in front."""
        return Sheet(self._document, self._document.api.active)

    def __call__(self, name_or_index: int | str) -> Sheet:
        """Give one by its name or its number, which counts from 1."""
        sheets = self._document.wb.worksheets
        if isinstance(name_or_index, int):
            return Sheet(self._document, sheets[name_or_index - 1])
        for ws in sheets:
            if ws.title.casefold() == name_or_index.casefold():
                return Sheet(self._document, ws)
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self._document.wb.worksheets)

    def __iter__(self) -> Iterator[Sheet]:
        return iter([Sheet(self._document, ws) for ws in self._document.wb.worksheets])

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        """Make a sheet and bring it to the front; without a neighbour it comes before the one in front."""
        wb = self._document.wb
        if before is None and after is None and wb.worksheets:
            before = self.active
        taken = {ws.title.casefold() for ws in wb.worksheets}
        number = len(taken) + 1
        while name is None:
            name = f"Sheet{number}" if f"sheet{number}" not in taken else None
            number += 1
        ws = wb.create_sheet(name)
        place(self._document, ws, before, after)
        wb.active = ws
        return Sheet(self._document, ws)
