"""Tables, which LibreOffice keeps as database ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from xlwings import base_classes

from sheetsales_workbooks.hosts.libreoffice.parents import SheetAbove
from sheetsales_workbooks.hosts.libreoffice.ranges import Range
from sheetsales_workbooks.hosts.libreoffice.unsupported import complete

_PART: Final = re.compile(r"\[((?:[^\[\]']|'.)*)\]")


@complete
class Tables(base_classes.Tables, base_classes.Collection):
    """The tables of one sheet."""

    def __init__(self, sheet: SheetAbove) -> None:
        self._sheet = sheet

    parent = property(lambda self: self._sheet)
    api = property(lambda self: self._sheet)

    def _names(self) -> list[str]:
        place = self._sheet.index
        return [name for name, sheet, _ in self._sheet.book.ask("names", "tables") if sheet == place]

    def __iter__(self) -> Iterator[Table]:
        return (Table(self._sheet, name) for name in self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in [name.lower() for name in self._names()]

    def __call__(self, key: int | str) -> Table:
        """Give a table by its name or its place (from 1)."""
        names = self._names()
        if isinstance(key, int):
            return Table(self._sheet, names[key - 1])
        for name in names:
            if name.lower() == key.lower():
                return Table(self._sheet, name)
        raise KeyError(key)

    def add(
        self,
        source_type: object = None,
        source: Any = None,
        link_source: object = None,
        has_headers: bool = True,
        destination: object = None,
        table_style_name: object = None,
        name: str | None = None,
    ) -> Table:
        """Make a table of a range; LibreOffice keeps no table style, so that is not taken on."""
        del source_type, link_source, destination, table_style_name
        held: Range = source.impl
        made = held.sheet.ask("names", "add_table", held.area, name or "", has_headers)
        return Table(held.sheet, made)


@complete
class Table(base_classes.Table):
    """One table."""

    def __init__(self, sheet: SheetAbove, name: str) -> None:
        self._sheet = sheet
        self._name = name

    def _ask(self, name: str, *arguments: object) -> Any:
        return self._sheet.book.ask("names", name, self._name, *arguments)

    def _has(self) -> tuple[bool, bool, bool]:
        headers, totals, autofilter = self._ask("table")
        return headers, totals, autofilter

    @property
    def api(self) -> Table:
        """Give this table; there is no native object of it in this process."""
        return self

    @property
    def parent(self) -> SheetAbove:
        """Give its sheet."""
        return self._sheet

    @property
    def name(self) -> str:
        """Give or set its name."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._ask("rename_table", value)
        self._name = value

    @property
    def display_name(self) -> str:
        """Give or set its name."""
        return self._name

    @display_name.setter
    def display_name(self, value: str) -> None:
        self.name = value

    @property
    def range(self) -> Range:
        """Give all its cells, headers and totals too."""
        for name, _, area in self._sheet.book.ask("names", "tables"):
            if name.lower() == self._name.lower():
                return Range(self._sheet, *area)
        raise KeyError(self._name)

    @property
    def header_row_range(self) -> Range | None:
        """Give the row of headers, None without one."""
        return self.range.rows_from(1, 1) if self._has()[0] else None

    @property
    def data_body_range(self) -> Range | None:
        """Give the rows between headers and totals, None where there are none."""
        headers, totals, _ = self._has()
        whole = self.range
        first, last = 1 + headers, whole.shape[0] - totals
        return whole.rows_from(first, last) if last >= first else None

    @property
    def totals_row_range(self) -> Range | None:
        """Give the row of totals, None without one."""
        whole = self.range
        return whole.rows_from(whole.shape[0], whole.shape[0]) if self._has()[1] else None

    @property
    def insert_row_range(self) -> None:
        """Give None: LibreOffice has no row that waits for input."""
        return

    @property
    def show_headers(self) -> bool:
        """Say, or set, whether the first row holds headers."""
        return self._has()[0]

    @show_headers.setter
    def show_headers(self, value: bool) -> None:
        self._ask("set_table", "headers", value)

    @property
    def show_totals(self) -> bool:
        """Say, or set, whether the last row holds totals."""
        return self._has()[1]

    @show_totals.setter
    def show_totals(self, value: bool) -> None:
        self._ask("set_table", "totals", value)

    @property
    def show_autofilter(self) -> bool:
        """Say, or set, whether the headers have filter buttons."""
        return self._has()[2]

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self._ask("set_table", "filter", value)

    def resize(self, range: Any) -> None:
        """Let it reach over another range of its sheet."""
        held: Range = range.impl
        self._ask("resize_table", held.sheet.handle, held.area)

    def part(self, reference: str) -> Range:
        """Give what a reference means after the table's name: `[Budget]`, `[#All]`, `[[#Headers],[A]:[B]]`, or nothing.

        Raises KeyError for a column that is not there, ValueError where that part has no cells.
        """
        inner = reference[1:-1] if reference.startswith("[") else ""
        words = _PART.findall(inner) if inner.startswith("[") else [inner] if inner else []
        items = [word.lower() for word in words if word.startswith("#")]
        columns = [re.sub(r"'(.)", r"\1", word).strip() for word in words if not word.startswith("#")]
        whole = self.range
        rows = self._rows(items, whole)
        if not columns:
            return rows
        heads = [str(head).strip().lower() for head in whole.rows_from(1, 1).raw_value[0]]
        for column in columns:
            if column.lower() not in heads:
                raise KeyError(f"The table {self._name} has no column '{column}'.")
        places = [heads.index(column.lower()) for column in columns]
        left = whole.column + min(places)
        return Range(self._sheet, rows.row, left, rows.area[2], whole.column + max(places))

    def _rows(self, items: list[str], whole: Range) -> Range:
        parts = {
            "#headers": self.header_row_range,
            "#data": self.data_body_range,
            "#totals": self.totals_row_range,
            "#all": whole,
        }
        wanted = [parts.get(item) for item in items or ["#data"]]
        found = [part for part in wanted if part is not None]
        if not found or len(found) < len(wanted):
            raise ValueError(f"The table {self._name} has no such part: {', '.join(items) or '#Data'}.")
        top, bottom = min(part.row for part in found), max(part.area[2] for part in found)
        return Range(self._sheet, top, whole.column, bottom, whole.area[3])
