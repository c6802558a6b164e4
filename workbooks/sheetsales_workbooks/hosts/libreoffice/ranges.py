"""A range: how it looks, what hangs on it, and how cells are moved about."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sheetsales.errors import NotSupported
from sheetsales_workbooks.hosts.libreoffice.addresses import MAX_COLUMNS, MAX_ROWS
from sheetsales_workbooks.hosts.libreoffice.cells import Cells
from sheetsales_workbooks.hosts.libreoffice.looks import (
    Borders,
    Color,
    Font,
    color_in,
    color_out,
    column_hundredths,
    digits,
    excel_code,
    hundredths,
    points,
)
from sheetsales_workbooks.hosts.libreoffice.notes import Note
from sheetsales_workbooks.hosts.libreoffice.unsupported import complete

SERIES: Final = {
    "fill_default": "",
    "fill_copy": "",
    "fill_series": "",
    "fill_days": "FILL_DATE_DAY",
    "fill_weekdays": "FILL_DATE_WEEKDAY",
    "fill_months": "FILL_DATE_MONTH",
    "fill_years": "FILL_DATE_YEAR",
}


@complete
class Range(Cells):
    """A range of one sheet."""

    def look(self, name: str, *arguments: object) -> Any:
        """Ask how the cells look, or change it."""
        return self.ask("look", name, *arguments)

    # ── looks ────────────────────────────────────────────────────────────────────────────────────

    @property
    def color(self) -> Color | None:
        """Give or set the fill: three parts, None for none (or where cells differ)."""
        return color_out(self.look("get", "fill"))

    @color.setter
    def color(self, color_or_rgb: Any) -> None:
        self.look("put", "fill", color_in(color_or_rgb))

    def set_colors(self, colors: list[list[Any]]) -> None:
        """Set the fill of each cell, in rows."""
        for r, row in enumerate(colors, 1):
            for c, color in enumerate(row, 1):
                self(r, c).color = color

    @property
    def font(self) -> Font:
        """Give the font."""
        return Font(self)

    @property
    def borders(self) -> Borders:
        """Give the lines."""
        return Borders(self)

    @property
    def number_format(self) -> str | None:
        """Give or set the number format in English words, None where cells differ."""
        held: str | None = self.look("number_format")
        return None if held is None else excel_code(held)

    @number_format.setter
    def number_format(self, value: str) -> None:
        self.look("set_number_format", value)

    @property
    def wrap_text(self) -> bool | None:
        """Say, or set, whether long text is broken; None where cells differ."""
        held: bool | None = self.look("get", "wrap")
        return held

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self.look("put", "wrap", bool(value))

    @property
    def horizontal_alignment(self) -> str | None:
        """Give or set how text stands across, None where cells differ."""
        held: str | None = self.look("alignment")[0]
        return held

    @horizontal_alignment.setter
    def horizontal_alignment(self, value: str) -> None:
        self.look("set_alignment", value, "")

    @property
    def vertical_alignment(self) -> str | None:
        """Give or set how text stands up and down, None where cells differ."""
        held: str | None = self.look("alignment")[1]
        return held

    @vertical_alignment.setter
    def vertical_alignment(self, value: str) -> None:
        self.look("set_alignment", "", value)

    def adjust_indent(self, amount: int) -> None:
        """Move the text to the right by steps, or back."""
        self.look("indent", amount * hundredths(10))

    # ── measures ─────────────────────────────────────────────────────────────────────────────────

    @property
    def column_width(self) -> float | None:
        """Give or set the width of its columns in digits, None where they differ."""
        found = {digits(width) for width in self.sheet.ask("look", "widths", self._clipped())}
        return found.pop() if len(found) == 1 else None

    @column_width.setter
    def column_width(self, value: float) -> None:
        self.look("set_width", column_hundredths(value))

    @property
    def row_height(self) -> float | None:
        """Give or set the height of its rows in points, None where they differ."""
        found = {points(height) for height in self.sheet.ask("look", "heights", self._clipped())}
        return found.pop() if len(found) == 1 else None

    @row_height.setter
    def row_height(self, value: float) -> None:
        self.look("set_height", hundredths(value))

    @property
    def left(self) -> float:
        """Give its left edge in points."""
        return points(self.look("size")[0])

    @property
    def top(self) -> float:
        """Give its upper edge in points."""
        return points(self.look("size")[1])

    @property
    def width(self) -> float:
        """Give its width in points."""
        return points(self.look("size")[2])

    @property
    def height(self) -> float:
        """Give its height in points."""
        return points(self.look("size")[3])

    @property
    def row_hidden(self) -> bool | None:
        """Say, or set, whether its rows are hidden; None where some are."""
        held: bool | None = self.look("hidden", True)
        return held

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self.look("set_hidden", True, bool(value))

    @property
    def column_hidden(self) -> bool | None:
        """Say, or set, whether its columns are hidden; None where some are."""
        held: bool | None = self.look("hidden", False)
        return held

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        self.look("set_hidden", False, bool(value))

    def autofit(self, axis: str | None = None) -> None:
        """Make columns and rows fit what stands in them; axis: "columns" or "rows" alone."""
        whole_rows, whole_columns = self.area[3] == MAX_COLUMNS, self.area[2] == MAX_ROWS
        columns = axis in ("c", "columns") or (axis is None and not whole_rows)
        rows = axis in ("r", "rows") or (axis is None and not whole_columns)
        self.look("fit", columns, rows)

    def group(self, by: str | None = None) -> None:
        """Fold its rows (by "rows") or columns (by "columns") together."""
        self.look("group", _by_rows(by), True)

    def ungroup(self, by: str | None = None) -> None:
        """Take a fold away."""
        self.look("group", _by_rows(by), False)

    # ── merged cells, notes, links, names, tables ────────────────────────────────────────────────

    @property
    def merge_area(self) -> Range:
        """Give the merged cell in which its first cell is."""
        return Range(self.sheet, *self.look("merged")[1])

    @property
    def merge_cells(self) -> bool | None:
        """Say whether its cells are merged; None where some are."""
        held: bool | None = self.look("merged")[0]
        return held

    def merge(self, across: bool = False) -> None:
        """Merge its cells into one, or each row for itself."""
        for part in self.rows if across else [self]:
            part.look("merge", True)

    def unmerge(self) -> None:
        """Part merged cells."""
        self.look("merge", False)

    @property
    def note(self) -> Note | None:
        """Give the note of its first cell."""
        return Note(self(1, 1)) if self.sheet.ask("notes", "text", self.row, self.column) else None

    def add_note(self, text: str) -> Note:
        """Write a note to its first cell, in the place of one that is there."""
        made = Note(self(1, 1))
        made.text = text
        return made

    @property
    def hyperlink(self) -> str:
        """Give where the link of its first cell leads. Raises ValueError where there is none."""
        found = self.sheet.ask("notes", "link", self.row, self.column)
        if not found:
            raise ValueError("The cell doesn't seem to contain a hyperlink!")
        return str(found)

    def add_hyperlink(self, address: str, text_to_display: str | None = None, screen_tip: str | None = None) -> None:
        """Make a link of its first cell; LibreOffice shows the address as the tip."""
        del screen_tip
        self.sheet.ask("notes", "set_link", self.row, self.column, address, text_to_display or address)

    @property
    def name(self) -> Any:
        """Give the name defined for it (None without one), or define one."""
        return self.sheet.book.names.at(self.sheet, self.area)

    @name.setter
    def name(self, value: str) -> None:
        quoted_sheet = self.sheet.name.replace("'", "''")
        self.sheet.book.names.add(value, f"='{quoted_sheet}'!{self.address}")

    @property
    def table(self) -> Any:
        """Give the table around its first cell, None outside one."""
        place = self.sheet.index
        for name, sheet, (top, left, bottom, right) in self.sheet.book.ask("names", "tables"):
            if sheet == place and top <= self.row <= bottom and left <= self.column <= right:
                return self.sheet.tables(name)
        return None

    # ── cells moved about ────────────────────────────────────────────────────────────────────────

    def clear(self) -> None:
        """Clear what stands in it and how it looks."""
        self.ask("cells", "clear", "all")

    def clear_contents(self) -> None:
        """Clear what stands in it."""
        self.ask("cells", "clear", "contents")

    def clear_formats(self) -> None:
        """Clear how it looks."""
        self.ask("cells", "clear", "formats")

    def insert(self, shift: str | None = None, copy_origin: object = None) -> None:
        """Insert cells in its place; shift: "down" or "right", by its form without it."""
        del copy_origin
        self.ask("sheets", "insert_cells", self._mode({"down": "DOWN", "right": "RIGHT"}, shift))

    def delete(self, shift: str | None = None) -> None:
        """Remove its cells; shift: "up" or "left", by its form without it."""
        self.ask("sheets", "remove_cells", self._mode({"up": "UP", "left": "LEFT"}, shift))

    def _mode(self, words: dict[str, str], shift: str | None) -> str:
        if self.shape[1] == MAX_COLUMNS:
            return "ROWS"
        if self.shape[0] == MAX_ROWS:
            return "COLUMNS"
        if shift is None:
            upright, across = words.values()
            return across if self.shape[0] > self.shape[1] or (upright == "UP" and self.shape == (1, 1)) else upright
        return words[shift.removeprefix("shift_to_").removeprefix("shift_")]

    def copy(self, destination: Range | Any | None = None) -> None:
        """Copy it to another place, or keep it for `paste`."""
        if destination is None:
            self.sheet.book.app.copied = self
            return
        self._copy_to(getattr(destination, "impl", destination), "copy_cells")

    def move(self, destination: Range | Any) -> None:
        """Move it to another place; formulas that look at it follow."""
        self._copy_to(getattr(destination, "impl", destination), "move_cells")

    def _copy_to(self, target: Range, way: str) -> None:
        if target.sheet.book.uid != self.sheet.book.uid:
            target.raw_value = self.raw_value
            return
        self.ask("sheets", way, target.sheet.handle, target.row, target.column)

    def copy_from(
        self, source_range: Range | Any, copy_type: str = "all", skip_blanks: bool = False, transpose: bool = False
    ) -> None:
        """Take another range over: "all", "values" or "formulas"."""
        source: Range = getattr(source_range, "impl", source_range)
        if skip_blanks or transpose or copy_type not in ("all", "values", "formulas"):
            raise NotSupported("The LibreOffice engine copies all, values or formulas, without skipping or turning them.")
        if copy_type == "all":
            source.copy(self)
            return
        target = Range(self.sheet, self.row, self.column, self.row + source.shape[0] - 1, self.column + source.shape[1] - 1)
        if copy_type == "values":
            target.raw_value = source.raw_value
        else:
            target.formula = source.formula

    def paste(
        self, paste: str | None = None, operation: str | None = None, skip_blanks: bool = False, transpose: bool = False
    ) -> None:
        """Put here what was copied last."""
        if operation not in (None, "none"):
            raise NotSupported("The LibreOffice engine does not calculate while it pastes.")
        source = self.sheet.book.app.copied
        if source is None:
            raise ValueError("Nothing was copied.")
        self.copy_from(source, "all" if paste in (None, "all") else paste, skip_blanks, transpose)

    def sort(self, keys: list[Any], ascending: list[bool], has_headers: bool) -> None:
        """Sort its rows by columns counted from 0."""
        self.ask("cells", "sort", list(zip(keys, ascending, strict=True)), bool(has_headers))

    def autofill(self, destination: Any, type_: str = "fill_default") -> None:
        """Continue what stands in it over a range that holds it."""
        if type_ not in SERIES:
            raise NotSupported(f"The LibreOffice engine has no autofill '{type_}'.")
        target: Range = getattr(destination, "impl", destination)
        target.ask("cells", "fill", self.area, SERIES[type_])

    def select(self) -> None:
        """Select it and show its sheet."""
        self.ask("books", "select")

    def to_pdf(self, path: str, quality: str | None = None) -> None:
        """Print it into a PDF."""
        del quality
        self.sheet.book.ask("books", "copy_to", str(Path(path).resolve()), self.sheet.handle, self.area)


def _by_rows(by: str | None) -> bool:
    return by in ("r", "rows", None)
