"""How cells look: colours and measures as xlwings writes them, fonts, lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from xlwings import base_classes

from sheetsales_workbooks.hosts.libreoffice.unsupported import complete

HUNDREDTHS_IN_POINT: Final = 2540 / 72  # hundredths of a millimetre
HUNDREDTHS_IN_PIXEL: Final = 2540 / 96
PIXELS_IN_DIGIT: Final = 7  # of Excel's standard font
PIXELS_AROUND: Final = 5  # on both sides of a column together
NO_COLOR: Final = -1
BLACK: Final = (0, 0, 0)
WIDTHS: Final = {"hairline": 2, "thin": 26, "medium": 53, "thick": 88}  # of lines, in hundredths of a millimetre
STYLES: Final = {"continuous": 0, "dot": 1, "dash": 2, "double": 3, "dash_dot": 16, "dash_dot_dot": 17}

_KEPT: Final = re.compile(r'("[^"]*"|\\.|\[(?![HMS]+\])[^\]]*\]|AM/PM|General|@)')  # of a number format
_MOMENT: Final = re.compile(r"[YMDHS]")

UNSET: Final = base_classes._UNSET  # what xlwings passes for what is not named

Color = tuple[int, int, int]


def points(hundredths_of_mm: int) -> float:
    """Give points, to a quarter as Excel keeps them."""
    return round(hundredths_of_mm / HUNDREDTHS_IN_POINT * 4) / 4


def hundredths(value: float) -> int:
    """Give hundredths of a millimetre for points."""
    return round(value * HUNDREDTHS_IN_POINT)


def digits(hundredths_of_mm: int) -> float:
    """Give a column's width as Excel counts it, in digits of the standard font."""
    return round((round(hundredths_of_mm / HUNDREDTHS_IN_PIXEL) - PIXELS_AROUND) / PIXELS_IN_DIGIT, 2)


def column_hundredths(width: float) -> int:
    """Give the width of a column in hundredths of a millimetre."""
    return round((width * PIXELS_IN_DIGIT + PIXELS_AROUND) * HUNDREDTHS_IN_PIXEL)


def color_in(value: Any) -> int:
    """Give the office's number of a colour: three parts, "#rrggbb", one of Excel's numbers (blue first), or None."""
    if value is None:
        return NO_COLOR
    if isinstance(value, str):
        return int(value.removeprefix("#"), 16)
    if isinstance(value, int):
        return (value & 255) << 16 | (value >> 8 & 255) << 8 | value >> 16 & 255
    red, green, blue = value
    return int(red) << 16 | int(green) << 8 | int(blue)


def color_out(value: int | None) -> Color | None:
    """Give the three parts of a colour, None where there is none or where cells differ."""
    if value is None or value == NO_COLOR:
        return None
    return value >> 16 & 255, value >> 8 & 255, value & 255


def excel_code(code: str) -> str:
    """Give a number format as Excel writes it: the letters of dates and times small."""
    if not _MOMENT.search(_KEPT.sub("", code)):
        return code
    return "".join(part if part and _KEPT.fullmatch(part) else part.lower() for part in _KEPT.split(code))


@complete
class Font(base_classes.Font):
    """The font of a range."""

    def __init__(self, cells: Any) -> None:
        self._cells = cells

    @property
    def api(self) -> Any:
        """Give the range."""
        return self._cells

    @property
    def bold(self) -> bool | None:
        """Say, or set, whether it is bold; None where cells differ."""
        held: bool | None = self._cells.look("bold")
        return held

    @bold.setter
    def bold(self, value: bool) -> None:
        self._cells.look("set_bold", bool(value))

    @property
    def italic(self) -> bool | None:
        """Say, or set, whether it is slanted; None where cells differ."""
        held: bool | None = self._cells.look("italic")
        return held

    @italic.setter
    def italic(self, value: bool) -> None:
        self._cells.look("set_italic", bool(value))

    @property
    def size(self) -> float | None:
        """Give or set its size in points; None where cells differ."""
        held: float | None = self._cells.look("get", "font size")
        return held

    @size.setter
    def size(self, value: float) -> None:
        self._cells.look("put", "font size", float(value))

    @property
    def name(self) -> str | None:
        """Give or set its name; None where cells differ."""
        held: str | None = self._cells.look("get", "font name")
        return held

    @name.setter
    def name(self, value: str) -> None:
        self._cells.look("put", "font name", value)

    @property
    def color(self) -> Color | None:
        """Give or set its colour; black where it is the program's own, None where cells differ."""
        held = self._cells.look("get", "font color")
        return BLACK if held == NO_COLOR else color_out(held)

    @color.setter
    def color(self, color_or_rgb: Any) -> None:
        self._cells.look("put", "font color", color_in(color_or_rgb))


@complete
class Borders(base_classes.Borders):
    """The lines around and between the cells of a range."""

    def __init__(self, cells: Any) -> None:
        self._cells = cells

    @property
    def api(self) -> Any:
        """Give the range."""
        return self._cells

    @property
    def parent(self) -> Any:
        """Give the range."""
        return self._cells

    def __getitem__(self, key: str) -> Border:
        return Border(self._cells, key)

    def _same(self, name: str) -> Any:
        sides = base_classes.BORDER_GRID_SIDES
        rows, columns = self._cells.shape
        there = [s for s in sides if (s != "inside_vertical" or columns > 1) and (s != "inside_horizontal" or rows > 1)]
        found = {getattr(Border(self._cells, side), name) for side in there}
        return found.pop() if len(found) == 1 else None

    @property
    def line_style(self) -> str | None:
        """Give or set the style of all lines; None where they differ."""
        held: str | None = self._same("line_style")
        return held

    @line_style.setter
    def line_style(self, value: str | None) -> None:
        self.set(base_classes.BORDER_GRID_SIDES, line_style=value)

    @property
    def weight(self) -> str | None:
        """Give or set the weight of all lines; None where they differ."""
        held: str | None = self._same("weight")
        return held

    @weight.setter
    def weight(self, value: str) -> None:
        self.set(base_classes.BORDER_GRID_SIDES, weight=value)

    @property
    def color(self) -> Color | None:
        """Give or set the colour of all lines; None where they differ."""
        held: Color | None = self._same("color")
        return held

    @color.setter
    def color(self, color_or_rgb: Any) -> None:
        self.set(base_classes.BORDER_GRID_SIDES, color=color_or_rgb)

    def set(self, which: Iterable[str] = base_classes.BORDER_GRID_SIDES, **wanted: Any) -> None:
        """Draw lines on some sides; wanted: line_style, weight, color."""
        for side in which:
            Border(self._cells, side).draw(**wanted)

    def clear(self, which: Iterable[str] = base_classes.BORDER_GRID_SIDES) -> None:
        """Take lines away."""
        for side in which:
            Border(self._cells, side).draw(line_style=None)


@complete
class Border(base_classes.Border):
    """One line of a range."""

    def __init__(self, cells: Any, side: str) -> None:
        if side.startswith("diagonal"):
            raise ValueError("The LibreOffice engine draws no diagonal lines.")
        self._cells = cells
        self._side = side

    def _held(self) -> tuple[Any, Any, Any]:
        """Give colour, weight and style; all None where cells differ."""
        found = self._cells.look("line", self._side)
        if found is None:
            return None, None, None
        color, width, style = found
        if not width:
            return None, None, "none"
        weight = min(WIDTHS, key=lambda name: abs(WIDTHS[name] - width))
        return color_out(color), weight, {number: name for name, number in STYLES.items()}.get(style, "continuous")

    @property
    def api(self) -> Any:
        """Give the range."""
        return self._cells

    @property
    def line_style(self) -> str | None:
        """Give or set its style, "none" for no line; None where cells differ."""
        held: str | None = self._held()[2]
        return held

    @line_style.setter
    def line_style(self, value: str | None) -> None:
        self.draw(line_style=value)

    @property
    def weight(self) -> str | None:
        """Give or set its weight; None where there is no line or cells differ."""
        held: str | None = self._held()[1]
        return held

    @weight.setter
    def weight(self, value: str) -> None:
        self.draw(weight=value)

    @property
    def color(self) -> Color | None:
        """Give or set its colour; None where there is no line or cells differ."""
        held: Color | None = self._held()[0]
        return held

    @color.setter
    def color(self, color_or_rgb: Any) -> None:
        self.draw(color=color_or_rgb)

    def draw(self, line_style: Any = UNSET, weight: Any = UNSET, color: Any = UNSET) -> None:
        """Draw the line; what is not named stays as it is, a new line is thin and black, the style None takes it away."""
        if line_style is None:
            self._cells.look("set_line", self._side, 0, 0, 0)
            return
        now_color, now_weight, now_style = self._held()
        style = now_style if line_style is UNSET else line_style
        width = WIDTHS[(now_weight or "thin") if weight is UNSET else weight]
        ink = color_in((now_color or BLACK) if color is UNSET else color)
        number = STYLES.get("continuous" if style in (None, "none") else style)
        if number is None:
            raise ValueError(f"The LibreOffice engine has no line style '{style}'.")
        self._cells.look("set_line", self._side, ink, width, number)
