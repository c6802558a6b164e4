"""A rectangle of cells of the spreadsheet in memory: where it is and what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Self

from openpyxl.cell.cell import Cell
from openpyxl.worksheet.formula import ArrayFormula
from xlwings import base_classes

from sheetsales_workbooks.hosts.memory import areas, looks
from sheetsales_workbooks.hosts.memory.areas import Area
from sheetsales_workbooks.hosts.memory.cell_values import formula_text, put, put_formula, raw_value
from sheetsales_workbooks.hosts.memory.tab import Tab

DIRECTIONS: Final = {"d": "down", "u": "up", "l": "left", "r": "right"}


class Block(base_classes.Range):
    """A rectangle of cells, where it is and what it holds; rows and columns count from 1."""

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

    def __call__(self, row: int, column: int | None = None) -> Self:
        """Give a cell by its place in the range, counting from 1, or by its number along the rows."""
        if column is None:
            row, column = (row - 1) // self.shape[1] + 1, (row - 1) % self.shape[1] + 1
        place = (self.row + row - 1, self.column + column - 1)
        return type(self)(self.sheet, Area(*place, *place))

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        """Give the address, with book and sheet where it is wanted from outside."""
        own = self.area.reference(row="$" if row_absolute else "", column="$" if col_absolute else "")
        return f"'[{self.sheet.document.name}]{self.sheet.ws.title}'!{own}" if external else own

    @property
    def address(self) -> str:
        """The absolute address."""
        return self.area.reference()

    def end(self, direction: str) -> Self:
        """Give where Ctrl and an arrow lead from the first cell."""
        place = areas.end(self.sheet.ws, self.row, self.column, DIRECTIONS.get(direction, direction))
        return type(self)(self.sheet, Area(*place, *place))

    @property
    def current_region(self) -> Self:
        """The block around it that blank rows and columns bound."""
        return type(self)(self.sheet, areas.region(self.sheet.ws, self.area))

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
