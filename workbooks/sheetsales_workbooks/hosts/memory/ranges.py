"""A range of cells of the spreadsheet in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any, Final

from openpyxl.cell.cell import Cell
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.hyperlink import Hyperlink
from xlwings import base_classes

from sheetsales_workbooks.hosts.memory import areas, looks, shifts
from sheetsales_workbooks.hosts.memory.areas import Area
from sheetsales_workbooks.hosts.memory.cell_values import GENERAL, formula_text, put, put_formula, raw_value
from sheetsales_workbooks.hosts.memory.marks import Note
from sheetsales_workbooks.hosts.memory.names import Name, name_of, set_name
from sheetsales_workbooks.hosts.memory.tab import Tab
from sheetsales_workbooks.hosts.memory.tables import Table, table_around
from sheetsales_workbooks.hosts.memory.unsupported import names_what_is_missing

DIRECTIONS: Final = {"d": "down", "u": "up", "l": "left", "r": "right"}
Block = tuple[tuple[Any, ...], ...]
_copied: list[Range] = []  # the clipboard: at most one range


@names_what_is_missing
class Range(base_classes.Range):
    """A rectangle of cells; rows and columns count from 1."""

    options: dict[str, Any]

    def __init__(self, sheet: Tab, area: Area) -> None:
        if min(area) < 1:
            raise IndexError("Attempted to access 0-based Range. xlwings/Excel Ranges are 1-based.")
        self.sheet = sheet
        self.area = area
        self.options = {}

    # ── where it is ──────────────────────────────────────────────────────────────────────────────

    @property
    def api(self) -> Any:
        """The cells: one cell, or rows of cells; the sheet for more than a reader could want."""
        return self.sheet.ws if len(self) > 1 else self.sheet.ws.cell(self.row, self.column)

    @property
    def coords(self) -> tuple[str, int, int, int, int]:
        """Name of the sheet, row, column, number of rows, number of columns."""
        return (self.sheet.ws.title, self.row, self.column, *self.shape)

    @property
    def row(self) -> int:
        """Its first row."""
        return self.area.top

    @property
    def column(self) -> int:
        """Its first column."""
        return self.area.left

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.area.shape

    def __len__(self) -> int:
        rows, columns = self.shape
        return rows * columns

    def __call__(self, row: int, column: int | None = None) -> Range:
        """Give a cell by its place in the range, counting from 1, or by its number along the rows."""
        if column is None:
            row, column = (row - 1) // self.shape[1] + 1, (row - 1) % self.shape[1] + 1
        place = (self.row + row - 1, self.column + column - 1)
        return Range(self.sheet, Area(*place, *place))

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        """Give the address, with book and sheet where it is wanted from outside."""
        own = self.area.reference(row="$" if row_absolute else "", column="$" if col_absolute else "")
        return f"'[{self.sheet.document.name}]{self.sheet.ws.title}'!{own}" if external else own

    @property
    def address(self) -> str:
        """The absolute address."""
        return self.area.reference()

    def end(self, direction: str) -> Range:
        """Give where Ctrl and an arrow lead from the first cell."""
        place = areas.end(self.sheet.ws, self.row, self.column, DIRECTIONS.get(direction, direction))
        return Range(self.sheet, Area(*place, *place))

    @property
    def current_region(self) -> Range:
        """The block around it that blank rows and columns bound."""
        return Range(self.sheet, areas.region(self.sheet.ws, self.area))

    def select(self) -> None:
        """Select it, on its sheet brought to the front."""
        ws = self.sheet.ws
        self.sheet.document.wb.active = ws
        for view in ws.views.sheetView:
            view.selection[0].sqref = self.area.reference(row="", column="")
            view.selection[0].activeCell = self(1).area.reference(row="", column="")

    def _cells(self) -> Iterator[Any]:
        """Give every cell, made where it is not there; of whole rows and columns those in use."""
        area = self._within_use()
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                yield self.sheet.ws.cell(row, column)

    def _within_use(self) -> Area:
        area = self.area
        if not (area.whole_rows or area.whole_columns):
            return area
        there = areas.used(self.sheet.ws)
        bottom = max(min(area.bottom, there.bottom), area.top) if area.whole_columns else area.bottom
        right = max(min(area.right, there.right), area.left) if area.whole_rows else area.right
        return Area(area.top, area.left, bottom, right)

    def _stored(self) -> list[Any]:
        return list(areas.stored(self.sheet.ws, self.area))

    # ── what it holds ────────────────────────────────────────────────────────────────────────────

    @property
    def raw_value(self) -> Any:
        """What its cells hold: one value, or a tuple of rows."""
        cells, results = self.sheet.ws._cells, self.sheet.results

        def value(place: tuple[int, int]) -> object:
            cell = cells.get(place)
            return None if cell is None else raw_value(cell, results.get(place))

        return self._block(value)

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        self._write(value, put)

    def _block(self, value: Any) -> Any:
        if len(self) == 1:
            return value((self.row, self.column))
        columns = range(self.area.left, self.area.right + 1)
        return tuple(tuple(value((row, column)) for column in columns) for row in range(self.area.top, self.area.bottom + 1))

    def _write(self, value: Any, write: Any) -> None:
        rows, columns = self.shape
        if not isinstance(value, (list, tuple)):
            value = [[value] * columns] * rows
        elif value and not isinstance(value[0], (list, tuple)):
            value = [value]
        if any(len(row) != len(value[0]) for row in value):
            raise ValueError("All rows of a block must be of one length.")
        for offset, row in enumerate(value):
            for beside, one in enumerate(row):
                place = (self.row + offset, self.column + beside)
                self.sheet.results.pop(place, None)
                write(self.sheet.ws.cell(*place), one)

    @property
    def formula(self) -> Any:
        """Formulas, and constants as text: one, or a tuple of rows."""
        cells = self.sheet.ws._cells
        return self._block(lambda place: formula_text(cells[place]) if place in cells else "")

    @formula.setter
    def formula(self, value: Any) -> None:
        self._write(value, put_formula)

    formula2 = formula

    def keep_results(self, rows: Sequence[Sequence[object]]) -> None:
        """Give its formulas results to show, as nothing is calculated here; None leaves one without."""
        for offset, row in enumerate(rows):
            for beside, value in enumerate(row):
                if value is not None:
                    self.sheet.results[self.row + offset, self.column + beside] = value

    @property
    def formula_array(self) -> Any:
        """The array formula of the first cell."""
        return self.formula if len(self) == 1 else self.formula[0][0]

    @formula_array.setter
    def formula_array(self, value: str) -> None:
        for cell in self._cells():
            self.sheet.results.pop((cell.row, cell.column), None)
            cell.value = None
        self.sheet.ws.cell(self.row, self.column).value = ArrayFormula(self.area.reference(row="", column=""), value)

    @property
    def has_array(self) -> bool:
        """Whether the first cell holds an array formula."""
        cell = self.sheet.ws._cells.get((self.row, self.column))
        return cell is not None and isinstance(cell.value, ArrayFormula)

    def clear_contents(self) -> None:
        """Take the contents away; looks and notes stay."""
        for cell in self._stored():
            self.sheet.results.pop((cell.row, cell.column), None)
            if isinstance(cell, Cell):
                cell.value = None

    def clear_formats(self) -> None:
        """Take the looks away; contents stay."""
        for cell in self._stored():
            looks.clear_looks(cell)

    def clear(self) -> None:
        """Take contents, looks and notes away."""
        self.clear_contents()
        self.clear_formats()
        for cell in self._stored():
            cell.comment = None

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
