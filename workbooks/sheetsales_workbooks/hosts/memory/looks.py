"""How cells look: colours, fonts, borders, widths and heights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any, Final

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.worksheet import Worksheet
from xlwings import base_classes

from sheetsales.errors import NotSupported
from sheetsales_workbooks.hosts.memory.areas import LAST_COLUMN, Area
from sheetsales_workbooks.hosts.memory.cell_values import GENERAL
from sheetsales_workbooks.hosts.memory.unsupported import names_what_is_missing

USUAL_WIDTH: Final = 8.43  # characters
USUAL_HEIGHT: Final = 15.0  # points
POINTS_OF_CHARACTER: Final = 5.25
POINTS_BESIDE: Final = 3.75  # what a column has beyond its characters
BLACK: Final = (0, 0, 0)
Color = tuple[int, int, int]
Cells = Callable[[], Iterable[Any]]


def color_code(color: object) -> str | None:
    """Give a colour as openpyxl's six digits: from a triple, "#RRGGBB", or the number that Excel uses."""
    if color is None:
        return None
    if isinstance(color, str):
        return color.lstrip("#").upper()
    if isinstance(color, int):  # Excel counts blue, green, red
        color = (color & 255, color >> 8 & 255, color >> 16 & 255)
    if not isinstance(color, (tuple, list)) or len(color) != 3:
        raise ValueError(f"{color!r} is no colour: give red, green and blue, #RRGGBB, or a number.")
    return "".join(f"{part:02X}" for part in color)


def triple(code: object) -> Color | None:
    """Give openpyxl's colour as red, green, blue; None where it is none of its own."""
    text = code if isinstance(code, str) else ""
    return (int(text[-6:-4], 16), int(text[-4:-2], 16), int(text[-2:], 16)) if len(text) >= 6 else None


def fill_color(cell: Cell | MergedCell) -> Color | None:
    """Give the fill of a cell, None where it has none."""
    return triple(cell.fill.fgColor.rgb) if cell.fill.fill_type == "solid" else None


def fill(cells: Iterable[Cell | MergedCell], color: object) -> None:
    """Fill cells with a colour; None takes the fill away."""
    code = color_code(color)
    pattern = PatternFill("solid", fgColor="FF" + code) if code else PatternFill()
    for cell in cells:
        cell.fill = pattern


def clear_looks(cell: Cell | MergedCell) -> None:
    """Give a cell the look of one that was never touched."""
    cell.number_format = GENERAL
    cell.font, cell.fill, cell.border = Font(), PatternFill(), Border()
    cell.alignment, cell.protection = Alignment(), Protection()


def same(values: Iterable[Any]) -> Any:
    """Give the one value that all have, None where they differ."""
    found = list(values)
    return found[0] if found and all(value == found[0] for value in found[1:]) else None


class FontOf(base_classes.Font):
    """The font of a range."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def _get(self, name: str) -> Any:
        return same(getattr(cell.font, name) for cell in self._cells())

    def _set(self, **what: Any) -> None:
        for cell in self._cells():
            font = copy(cell.font)
            for name, value in what.items():
                setattr(font, name, value)
            cell.font = font

    @property
    def api(self) -> Any:
        """The font of the first cell."""
        return next(iter(self._cells())).font

    @property
    def bold(self) -> bool | None:
        """Whether all of it is bold; None where cells differ."""
        value = self._get("b")
        return None if value is None and self._mixed("b") else bool(value)

    @bold.setter
    def bold(self, value: bool) -> None:
        self._set(b=bool(value))

    @property
    def italic(self) -> bool | None:
        """Whether all of it is italic; None where cells differ."""
        value = self._get("i")
        return None if value is None and self._mixed("i") else bool(value)

    @italic.setter
    def italic(self, value: bool) -> None:
        self._set(i=bool(value))

    def _mixed(self, name: str) -> bool:
        return len({bool(getattr(cell.font, name)) for cell in self._cells()}) > 1

    @property
    def size(self) -> float | None:
        """Its size in points."""
        value = self._get("sz")
        return None if value is None else float(value)

    @size.setter
    def size(self, value: float) -> None:
        self._set(sz=float(value))

    @property
    def name(self) -> str | None:
        """The name of the typeface."""
        value = self._get("name")
        return None if value is None else str(value)

    @name.setter
    def name(self, value: str) -> None:
        self._set(name=value, scheme=None)

    @property
    def color(self) -> Color | None:
        """Its colour; black where none was set."""
        colors = [cell.font.color for cell in self._cells()]
        return same(BLACK if one is None else triple(one.rgb) or BLACK for one in colors)  # type: ignore[no-any-return]

    @color.setter
    def color(self, value: object) -> None:
        code = color_code(value)
        self._set(color=None if code is None else "FF" + code)


@names_what_is_missing
class BordersOf(base_classes.Borders):
    """The borders of a range, all sides of every cell alike."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    @property
    def api(self) -> Any:
        """The border of the first cell."""
        return next(iter(self._cells())).border

    def clear(self, which: str = "everything") -> None:
        """Take every border away; a part of them cannot be taken alone."""
        if which not in ("everything", "all"):
            raise NotSupported(f"The spreadsheet in memory does not have Borders.clear of {which} alone.")
        for cell in self._cells():
            cell.border = Border()


# ── widths and heights ───────────────────────────────────────────────────────────────────────────


def _dimension(ws: Worksheet, column: int) -> ColumnDimension | None:
    for dimension in ws.column_dimensions.values():
        first = dimension.min or 0
        if first <= column <= (dimension.max or first) or dimension.index == get_column_letter(column):
            return dimension
    return None


def column_of(ws: Worksheet, column: int) -> ColumnDimension:
    """Give the settings of one column, taken out of a group of columns that shared them."""
    found, letter = _dimension(ws, column), get_column_letter(column)
    if found is not None and found.min and found.max and found.max > found.min:
        first, last = found.min, found.max
        for other in range(first, min(last, LAST_COLUMN) + 1):
            own = copy(found)
            own.index, own.min, own.max = get_column_letter(other), other, other
            ws.column_dimensions[own.index] = own
    return ws.column_dimensions[letter]


def column_width(ws: Worksheet, column: int) -> float:
    """Give the width of a column in characters."""
    found = _dimension(ws, column)
    if found is None or not found.customWidth:
        return USUAL_WIDTH
    return 0.0 if found.hidden else float(found.width)


def row_height(ws: Worksheet, row: int) -> float:
    """Give the height of a row in points."""
    if row not in ws.row_dimensions:
        return USUAL_HEIGHT
    dimension = ws.row_dimensions[row]
    return 0.0 if dimension.hidden else float(dimension.height or USUAL_HEIGHT)


def width_points(ws: Worksheet, columns: range) -> float:
    """Give the width of columns in points."""
    return sum(width * POINTS_OF_CHARACTER + POINTS_BESIDE if (width := column_width(ws, column)) else 0.0 for column in columns)


def height_points(ws: Worksheet, rows: range) -> float:
    """Give the height of rows in points."""
    special = sum(row_height(ws, row) - USUAL_HEIGHT for row in list(ws.row_dimensions) if row in rows)
    return len(rows) * USUAL_HEIGHT + special


def autofit_columns(ws: Worksheet, area: Area, cells: Iterable[Cell | MergedCell]) -> None:
    """Let columns be as wide as their longest text."""
    longest: dict[int, int] = {}
    for cell in cells:
        if cell.value is not None:
            longest[cell.column] = max(longest.get(cell.column, 0), len(str(cell.value)))
    for column in [*ws.column_dimensions]:
        number = ws.column_dimensions[column].min
        if number and area.left <= number <= area.right and number not in longest:
            ws.column_dimensions[column].width = USUAL_WIDTH
    for number, length in longest.items():
        column_of(ws, number).width = length + 1.0


def autofit_rows(ws: Worksheet, area: Area) -> None:
    """Let rows have the height of their text."""
    for row in [*ws.row_dimensions]:
        if area.top <= row <= area.bottom:
            ws.row_dimensions[row].height = None
