"""The looks of a workbook: colours, fonts, number formats, and the palette that marks a cell.

Every cell of a table has one plain look. For each plain look there are four more with another
fill, so that a mark can be put on a cell by changing nothing but the number of its style.
"""

from __future__ import annotations

from typing import Final

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from sheetsales_workbooks.host import MARK_KINDS

INK: Final = "#1F2933"
QUIET: Final = "#6B7683"
LINE: Final = "#D9DEE4"
BAND: Final = "#F5F7F9"  # behind the head of a tab
FILLED: Final = "#F1F3F5"  # behind cells that nobody types into
AMBER: Final = "#E0A100"
RED: Final = "#B3261E"
LINK: Final = "#1F5FA8"
MARK_FILLS: Final = {"error": "#FAD4D1", "warning": "#FCE7B2", "note": "#D5E7FA", "conflict": "#E5D8F5"}
NUMBER_FORMATS: Final = {
    "text": "@",
    "integer": "0",
    "number": "General",
    "money": "#,##0.00",
    "percent": "0 %",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
}
FONT: Final = {"font_name": "Calibri", "font_size": 10, "font_color": INK, "valign": "vcenter"}


def paler(color: str, share: float) -> str:
    """Mix a colour with white; share 0 gives the colour, 1 white."""
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * share):02X}" for part in parts)


class Looks:
    """Makes each look once and remembers the order in which the looks of data cells were first used."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[tuple[tuple[str, object], ...], Format] = {}
        self._plain: dict[tuple[tuple[str, object], ...], dict[str, object]] = {}

    def make(self, **properties: object) -> Format:
        """Give the format with these properties on top of the workbook's font."""
        key = tuple(sorted({**FONT, **properties}.items()))
        if key not in self._made:
            self._made[key] = self._workbook.add_format(dict(key))
        return self._made[key]

    def data(self, style: str, number_format: str) -> Format:
        """Give the plain look of a data cell; style is "input", "computed", "action" or "id"."""
        properties: dict[str, object] = {"num_format": NUMBER_FORMATS[number_format]}
        if number_format in ("text", "date", "datetime"):
            properties |= {"align": "left", "indent": 1}
        if style == "computed":
            properties |= {"bg_color": FILLED, "italic": True, "font_color": QUIET, "border": 1, "border_color": LINE}
            if number_format == "number":
                properties["num_format"] = "#,##0.00"  # six places of a computed share only distract
        elif style == "action":
            properties |= {"font_color": QUIET, "align": "center", "indent": 0}
        elif style == "id":
            properties |= {"font_color": QUIET}
        self._plain.setdefault(tuple(sorted(properties.items())), properties)
        return self.make(**properties)

    def palette(self) -> list[list[Format]]:
        """Give a row for each plain look of data cells: plain, error, warning, note, conflict."""
        return [
            [self.make(**plain), *(self.make(**{**plain, "bg_color": MARK_FILLS[kind]}) for kind in MARK_KINDS)]
            for plain in self._plain.values()
        ]

    def header(self, color: str, *, required: bool, computed: bool) -> Format:
        """Give the look of a column's header: dark where it is needed, paler where not, grey where it fills itself."""
        properties: dict[str, object] = {
            "bold": True,
            "font_color": "#FFFFFF",
            "text_wrap": True,
            "border": 1,
            "align": "left",
            "indent": 1,
            "border_color": "#FFFFFF",
            "bg_color": color if required else paler(color, 0.3),
        }
        if computed:
            properties |= {"bg_color": "#8B96A1", "italic": True, "bold": False}
        elif required:
            properties |= {"bottom": 5, "bottom_color": AMBER}
        return self.make(**properties)
