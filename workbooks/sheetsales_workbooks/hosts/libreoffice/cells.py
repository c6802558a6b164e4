"""A range: where it is, and what stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Self

from xlwings import base_classes

from sheetsales_workbooks.hosts.libreoffice import values
from sheetsales_workbooks.hosts.libreoffice.addresses import MAX_COLUMNS, MAX_ROWS, Area, a1
from sheetsales_workbooks.hosts.libreoffice.formulas import moved, to_calc, to_excel
from sheetsales_workbooks.hosts.libreoffice.parents import SheetAbove

TRUTHS: Final = {"=TRUE()": "TRUE", "=FALSE()": "FALSE"}  # what LibreOffice makes of a truth value in a file
DIRECTIONS: Final = {"u": "up", "d": "down", "l": "left", "r": "right"}


class Cells(base_classes.Range):
    """The part of a range that is about its place and its contents; rows and columns count from 1."""

    row: int = 0
    column: int = 0
    options: Any = None
    max_cells_per_write: int = 1_000_000  # the other side moves blocks of its own
    max_cells_per_read: int = 4_000_000

    def __init__(self, sheet: SheetAbove, top: int, left: int, bottom: int = 0, right: int = 0) -> None:
        self.sheet = sheet
        self.row = top
        self.column = left
        self.area: Area = (top, left, bottom or top, right or left)
        self.arg1_input = ""

    def ask(self, room: str, name: str, *arguments: object) -> Any:
        """Ask the office something about these cells."""
        return self.sheet.ask(room, name, self.area, *arguments)

    @property
    def api(self) -> Self:
        """Give this range; there is no native object of it in this process."""
        return self

    # ── where it is ──────────────────────────────────────────────────────────────────────────────

    @property
    def shape(self) -> tuple[int, int]:
        """Give the number of rows and of columns."""
        top, left, bottom, right = self.area
        return bottom - top + 1, right - left + 1

    def __len__(self) -> int:
        rows, columns = self.shape
        return rows * columns

    @property
    def coords(self) -> tuple[str, int, int, int]:
        """Give the sheet's name, the row, the column and the number of cells."""
        return self.sheet.name, self.row, self.column, len(self)

    @property
    def address(self) -> str:
        """Give the address, as $A$1:$B$2."""
        return a1(*self.area)

    def get_address(self, row_absolute: bool = True, col_absolute: bool = True, external: bool = False) -> str:
        """Give the address; external: with the names of book and sheet."""
        place = a1(*self.area, rows=bool(row_absolute), columns=bool(col_absolute))
        if not external:
            return place
        name = f"[{self.sheet.book.name}]{self.sheet.name}"
        return (
            f"{name}!{place}"
            if name.replace("[", "").replace("]", "").isalnum()
            else f"'{name.replace(chr(39), chr(39) * 2)}'!{place}"
        )

    def __call__(self, arg1: int, arg2: int | None = None) -> Self:
        """Give one cell counted from the first: by number along the rows, or by row and column."""
        if arg2 is None:
            down, across = divmod(arg1 - 1, self.shape[1])
        else:
            down, across = arg1 - 1, arg2 - 1
        row, column = self.row + down, self.column + across
        if not (1 <= row <= MAX_ROWS and 1 <= column <= MAX_COLUMNS):
            raise IndexError(f"There is no cell {arg1, arg2} of {self.address}.")
        return type(self)(self.sheet, row, column)

    def rows_from(self, first: int, last: int) -> Self:
        """Give some of its rows, counted from 1."""
        return type(self)(self.sheet, self.row + first - 1, self.column, self.row + last - 1, self.area[3])

    def end(self, direction: str) -> Self:
        """Give the last cell that Ctrl and an arrow key lead to."""
        word = DIRECTIONS.get(direction, direction)
        return type(self)(self.sheet, *self.sheet.ask("cells", "end", self.row, self.column, word))

    @property
    def current_region(self) -> Self:
        """Give the cells around it, up to empty rows and columns."""
        return type(self)(self.sheet, *self.ask("cells", "region"))

    @property
    def rows(self) -> list[Self]:
        """Give its rows."""
        return [self.rows_from(number, number) for number in range(1, self.shape[0] + 1)]

    @property
    def columns(self) -> list[Self]:
        """Give its columns."""
        top, left, bottom, right = self.area
        return [type(self)(self.sheet, top, column, bottom, column) for column in range(left, right + 1)]

    def _clipped(self) -> Area:
        """Give the area without the rows and columns of a whole sheet that hold nothing."""
        top, left, bottom, right = self.area
        if bottom == MAX_ROWS or right == MAX_COLUMNS:
            _, _, last, furthest = self.sheet.ask("sheets", "used")
            return top, left, max(top, min(bottom, last)), max(left, min(right, furthest))
        return self.area

    # ── values ───────────────────────────────────────────────────────────────────────────────────

    @property
    def raw_value(self) -> list[list[Any]]:
        """Give or set what stands in it, in rows: text, float, bool, datetime, an error's word, None.

        Of whole rows and columns only the part in use. Written texts with "=" in front are formulas,
        unless the cell is formatted as text; a "'" in front makes text of whatever follows.
        """
        return values.from_wire(*self.sheet.ask("cells", "read", self._clipped()))

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        rows, area = self._rows_for(value)
        out, marks, formulas = values.to_wire(rows)
        self.sheet.ask("cells", "write", area, out, marks, values.runs_of(formulas, self._translate))

    def _rows_for(self, value: Any) -> tuple[Sequence[Sequence[Any]], Area]:
        """Give rows of one length and the area they fill; one value fills the range, a formula as it reads in each cell."""
        if not isinstance(value, (list, tuple)):
            area = self._clipped() if value in (None, "") else self.area
            height, width = area[2] - area[0] + 1, area[3] - area[1] + 1
            if isinstance(value, str) and value.startswith("=") and height * width > 1:
                return [[moved(value, r, c) for c in range(width)] for r in range(height)], area
            return [[value] * width] * height, area
        rows = value if value and isinstance(value[0], (list, tuple)) else [value]
        if len({len(row) for row in rows}) != 1:
            raise ValueError("All rows must be of one length.")
        height, width = len(rows), len(rows[0])
        if self.shape in ((height, width), (1, 1)):
            return rows, (self.row, self.column, self.row + height - 1, self.column + width - 1)
        raise ValueError(f"{height} rows of {width} values do not fit into {self.address}.")

    def _translate(self, row: int, column: int, formula: str) -> str:
        """Give LibreOffice's words for a formula that stands so many rows and columns inside."""

        def around() -> str:
            held = self(row, column).table
            return held.name if held is not None else ""

        def known() -> frozenset[str]:
            return frozenset(name.lower() for name, _, _ in self.sheet.book.ask("names", "tables"))

        return to_calc(formula, around, known)

    # ── formulas ─────────────────────────────────────────────────────────────────────────────────

    @property
    def formula(self) -> Any:
        """Give or set formulas in Excel's words; of a cell without one what stands in it, as text."""
        rows, found = self.sheet.ask("cells", "formulas", self._clipped())
        for top, left, bottom, right in found:
            for line in rows[top - 1 : bottom]:
                for c in range(left - 1, right):
                    line[c] = TRUTHS.get(line[c]) or to_excel(_bare(line[c]))
        return rows[0][0] if self.shape == (1, 1) else tuple(map(tuple, rows))

    @formula.setter
    def formula(self, value: Any) -> None:
        self.raw_value = value

    @property
    def formula2(self) -> Any:
        """Give or set formulas; LibreOffice knows no difference to `formula`."""
        return self.formula

    @formula2.setter
    def formula2(self, value: Any) -> None:
        self.raw_value = value

    @property
    def formula_array(self) -> str | None:
        """Give or set the array formula that fills it, None where there is none."""
        held = self.ask("cells", "array_formula")
        return to_excel(_bare(held)) if held else None

    @formula_array.setter
    def formula_array(self, value: str) -> None:
        self.ask("cells", "set_array_formula", to_calc(value))

    @property
    def has_array(self) -> bool:
        """Say whether an array formula fills it."""
        return bool(self.ask("cells", "array_formula"))


def _bare(formula: str) -> str:
    """Give a formula without the braces around an array formula."""
    return formula[1:-1] if formula.startswith("{=") else formula
