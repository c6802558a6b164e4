"""A range of cells of the spreadsheet in memory: how it moves, what belongs to it, how it looks."""

from __future__ import annotations

from copy import copy
from typing import Any

from openpyxl.cell.cell import Cell
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.hyperlink import Hyperlink

from sheetsales_workbooks.hosts.memory import looks, shifts
from sheetsales_workbooks.hosts.memory.areas import Area
from sheetsales_workbooks.hosts.memory.block import Block
from sheetsales_workbooks.hosts.memory.cell_values import GENERAL, put, raw_value
from sheetsales_workbooks.hosts.memory.marks import Note
from sheetsales_workbooks.hosts.memory.names import Name, name_of, set_name
from sheetsales_workbooks.hosts.memory.tables import Table, table_around
from sheetsales_workbooks.hosts.memory.unsupported import names_what_is_missing

_copied: list[Range] = []  # the clipboard: at most one range


@names_what_is_missing
class Range(Block):
    """A rectangle of cells with everything that xlwings has for it."""

    # ── moving and copying ───────────────────────────────────────────────────────────────────────

    def insert(self, shift: str | None = None, copy_origin: str | None = None) -> None:  # noqa: ARG002
        """Make room here; without a direction as Excel guesses: down, for whole columns right."""
        shifts.insert(self.sheet.ws, self.area, self._direction(shift, "down", "right"))

    def delete(self, shift: str | None = None) -> None:
        """Take the cells out; without a direction as Excel guesses: up, for tall or single cells left."""
        shifts.delete(self.sheet.ws, self.area, self._direction(shift, "up", "left"))

    def _direction(self, shift: str | None, rows: str, columns: str) -> str:
        if shift in (rows, columns):
            return str(shift)
        if shift is not None:
            raise ValueError(f"A shift is '{rows}' or '{columns}', not '{shift}'.")
        if self.area.whole_rows or self.area.whole_columns:
            return rows if self.area.whole_rows else columns
        return columns if rows == "up" and self.shape[0] >= self.shape[1] else rows

    def copy(self, destination: Any = None) -> None:
        """Copy it to a place, or into the clipboard of this engine."""
        if destination is None:
            _copied[:] = [self]
        else:
            _paste(self, destination.impl, "all")

    def paste(
        self, paste: str | None = None, operation: str | None = None, skip_blanks: bool = False, transpose: bool = False
    ) -> None:
        """Put in what was copied: "all", "values", "formats" or "formulas"."""
        if not _copied:
            raise ValueError("There is nothing to paste: copy a range first.")
        if operation is not None or transpose or skip_blanks:
            raise ValueError("The spreadsheet in memory pastes without operation, transpose and skip_blanks.")
        _paste(_copied[0], self, paste or "all")

    @property
    def merge_area(self) -> Range:
        """The merged area that its first cell belongs to; itself where it is not merged."""
        for merged in self.sheet.ws.merged_cells.ranges:
            area = Area(merged.min_row, merged.min_col, merged.max_row, merged.max_col)
            if area.holds(self.row, self.column):
                return Range(self.sheet, area)
        return self(1)

    @property
    def merge_cells(self) -> bool | None:
        """Whether its cells are merged; None where some are."""
        found = [Area(one.min_row, one.min_col, one.max_row, one.max_col) for one in self.sheet.ws.merged_cells.ranges]
        if not any(self.area.meets(merged) for merged in found):
            return False
        return True if any(merged.covers(self.area) for merged in found) else None

    def merge(self, across: bool) -> None:
        """Merge its cells into one; across: each row by itself."""
        self.unmerge()
        rows = range(self.area.top, self.area.bottom + 1)
        parts = [Area(row, self.area.left, row, self.area.right) for row in rows] if across else [self.area]
        for part in parts:
            self.sheet.ws.merge_cells(part.reference(row="", column=""))

    def unmerge(self) -> None:
        """Take every merged area apart that it touches."""
        for merged in list(self.sheet.ws.merged_cells.ranges):
            if self.area.meets(Area(merged.min_row, merged.min_col, merged.max_row, merged.max_col)):
                self.sheet.ws.unmerge_cells(CellRange(merged.coord).coord)

    # ── names, notes, links, tables ──────────────────────────────────────────────────────────────

    @property
    def name(self) -> Name | None:
        """The defined name of exactly this range."""
        return name_of(self.sheet, self.area)

    @name.setter
    def name(self, value: str) -> None:
        set_name(self.sheet, self.area, value)

    @property
    def note(self) -> Note | None:
        """The note of its first cell."""
        cell = self.sheet.ws._cells.get((self.row, self.column))
        return Note(cell, self(1)) if cell is not None and cell.comment is not None else None

    def add_note(self, text: str) -> Note:
        """Write a note onto its first cell."""
        note = Note(self.sheet.ws.cell(self.row, self.column), self(1))
        if self.note is not None:
            raise ValueError(f"The cell {self.address} has a note already.")
        note.text = text
        return note

    @property
    def hyperlink(self) -> str:
        """The address that its first cell leads to."""
        link = self.sheet.ws.cell(self.row, self.column).hyperlink
        if link is None:
            raise ValueError("The cell doesn't seem to contain a hyperlink!")
        return str(link.target or link.location)

    def add_hyperlink(self, address: str, text_to_display: str | None = None, screen_tip: str | None = None) -> None:
        """Let its first cell lead to an address."""
        cell = self.sheet.ws.cell(self.row, self.column)
        put(cell, text_to_display)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, target=address, tooltip=screen_tip)

    @property
    def table(self) -> Table | None:
        """The table that its first cell lies in."""
        return table_around(self.sheet, self.row, self.column, Range)

    # ── how it looks ─────────────────────────────────────────────────────────────────────────────

    @property
    def color(self) -> looks.Color | None:
        """The fill that all its cells have; None for no fill, or several."""
        return looks.same(looks.fill_color(cell) for cell in self._cells())  # type: ignore[no-any-return]

    @color.setter
    def color(self, color_or_rgb: object) -> None:
        looks.fill(self._cells(), color_or_rgb)

    @property
    def font(self) -> looks.FontOf:
        """Its font."""
        return looks.FontOf(self._cells)

    @property
    def borders(self) -> looks.BordersOf:
        """Its borders."""
        return looks.BordersOf(self._cells)

    @property
    def number_format(self) -> str | None:
        """The number format that all its cells have; None where they differ."""
        there = self._stored()
        formats = {cell.number_format for cell in there} | ({GENERAL} if len(there) < len(self) else set())
        return formats.pop() if len(formats) == 1 else None

    @number_format.setter
    def number_format(self, value: str) -> None:
        for cell in self._cells():
            cell.number_format = value

    def _alignment(self, name: str) -> Any:
        return looks.same(getattr(cell.alignment, name) for cell in self._cells())

    def _align(self, name: str, value: object) -> None:
        for cell in self._cells():
            alignment: Any = copy(cell.alignment)
            setattr(alignment, name, value)
            cell.alignment = alignment

    @property
    def wrap_text(self) -> bool:
        """Whether its text is broken into lines."""
        return bool(self._alignment("wrap_text"))

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self._align("wrap_text", value)

    @property
    def horizontal_alignment(self) -> str | None:
        """How its text stands from left to right."""
        return self._alignment("horizontal") or "general"

    @horizontal_alignment.setter
    def horizontal_alignment(self, value: str) -> None:
        self._align("horizontal", value)

    @property
    def vertical_alignment(self) -> str | None:
        """How its text stands from top to bottom."""
        return self._alignment("vertical") or "bottom"

    @vertical_alignment.setter
    def vertical_alignment(self, value: str) -> None:
        self._align("vertical", value)

    # ── widths and heights ───────────────────────────────────────────────────────────────────────

    @property
    def _rows(self) -> range:
        return range(self.area.top, self.area.bottom + 1)

    @property
    def _columns(self) -> range:
        return range(self.area.left, self.area.right + 1)

    @property
    def column_width(self) -> float | None:
        """Width of its columns in characters; None where they differ."""
        return looks.same(looks.column_width(self.sheet.ws, column) for column in self._columns)  # type: ignore[no-any-return]

    @column_width.setter
    def column_width(self, value: float) -> None:
        for column in self._columns:
            looks.column_of(self.sheet.ws, column).width = value

    @property
    def row_height(self) -> float | None:
        """Height of its rows in points; None where they differ."""
        return looks.same(looks.row_height(self.sheet.ws, row) for row in self._rows)  # type: ignore[no-any-return]

    @row_height.setter
    def row_height(self, value: float) -> None:
        for row in self._rows:
            self.sheet.ws.row_dimensions[row].height = value

    @property
    def row_hidden(self) -> bool | None:
        """Whether its rows are hidden; None where they differ."""
        dimensions = self.sheet.ws.row_dimensions
        return looks.same(row in dimensions and bool(dimensions[row].hidden) for row in self._rows)  # type: ignore[no-any-return]

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        for row in self._rows:
            self.sheet.ws.row_dimensions[row].hidden = value

    @property
    def column_hidden(self) -> bool | None:
        """Whether its columns are hidden; None where they differ."""
        columns = (looks.column_of(self.sheet.ws, column) for column in self._columns)
        return looks.same(bool(column.hidden) for column in columns)  # type: ignore[no-any-return]

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        for column in self._columns:
            looks.column_of(self.sheet.ws, column).hidden = value

    @property
    def width(self) -> float:
        """Its width in points."""
        return looks.width_points(self.sheet.ws, self._columns)

    @property
    def height(self) -> float:
        """Its height in points."""
        return looks.height_points(self.sheet.ws, self._rows)

    @property
    def left(self) -> float:
        """Points from the left edge of the sheet."""
        return looks.width_points(self.sheet.ws, range(1, self.column))

    @property
    def top(self) -> float:
        """Points from the upper edge of the sheet."""
        return looks.height_points(self.sheet.ws, range(1, self.row))

    def autofit(self, axis: str | None = None) -> None:
        """Let columns and rows fit their text; axis: "rows" or "columns" alone."""
        if axis in (None, "columns", "c"):
            looks.autofit_columns(self.sheet.ws, self.area, self._stored())
        if axis in (None, "rows", "r"):
            looks.autofit_rows(self.sheet.ws, self.area)


def _paste(source: Range, target: Range, what: str) -> None:
    """Copy cells to where another range begins; what: "all", "values", "formats" or "formulas"."""
    if what not in ("all", "values", "formats", "formulas"):
        raise ValueError(f"The spreadsheet in memory pastes all, values, formats or formulas, not {what}.")
    taken = [(cell, source.sheet.results.get((cell.row, cell.column))) for cell in source._cells()]
    for cell, result in taken:
        place = (target.row + cell.row - source.row, target.column + cell.column - source.column)
        there: Any = target.sheet.ws.cell(*place)
        if what != "formats" and isinstance(there, Cell):
            held: Any = raw_value(cell, result) if what == "values" else copy(cell.value)
            there.value = held
            if what != "values" and cell.value is not None:
                there.data_type = cell.data_type
                target.sheet.results[place] = result
        if what in ("all", "formats"):
            there._style = copy(cell._style)
        if what == "all":
            there.comment = copy(cell.comment)
