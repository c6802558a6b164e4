"""A whole workbook, whoever made it: its sheets with true addresses, and how it crosses processes.

Everything here runs on bytes that passed `guard.package`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from sheetsales.values import CellError, Formula, ShownNumber
from sheetsales_workbooks.reading.guard import Package
from sheetsales_workbooks.reading.sheet_cells import Area, SheetCells
from sheetsales_workbooks.reading.workbook_xml import (
    WorkbookParts,
    read_meaning,
    read_properties,
    read_sheet,
)


@dataclass(slots=True)
class ForeignSheet:
    """One worksheet of a workbook. state: "visible", "hidden" or "veryHidden"; the rest is as in SheetCells."""

    name: str
    state: str
    rows: dict[int, dict[int, object]]
    hidden: frozenset[int] = frozenset()
    merged: tuple[Area, ...] = ()
    cells: int = 0
    replaced: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class ForeignBook:
    """Any workbook: its worksheets in the order of the tabs, its defined names (folded), its properties.

    tab_names: of all worksheets, read or not. recalculate: True where it asks to be calculated when it is next opened (stored results may be old).
    """

    sheets: list[ForeignSheet]
    names: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    date_1904: bool = False
    recalculate: bool = False
    tab_names: tuple[str, ...] = ()
    content_hash: str = ""

    def sheet(self, name: str) -> ForeignSheet | None:
        """Give a sheet by name (names of tabs do not differ by case alone)."""
        wanted = name.casefold()
        return next((sheet for sheet in self.sheets if sheet.name.casefold() == wanted), None)


def read_book_parts(
    parts: Package,
    about: WorkbookParts,
    *,
    only: Callable[[ForeignBook], set[str]] | None = None,
    first: str = "",
    ours: bool = False,
) -> ForeignBook:
    """Read the sheets of a workbook whose workbook part says `about`.

    first, only: read the sheet of the name `first` alone, then those that `only` names after it saw
    that one; without them every sheet is read. ours: True for a book of ours, whose results of
    formulas are taken as they stand.
    """
    meaning = read_meaning(parts, about)
    book = ForeignBook([], about.names, read_properties(parts), about.date_1904, about.recalculate, tab_names(about))

    def add(wanted: Callable[[str], bool]) -> None:
        for tab in about.tabs:
            if tab.kind == "worksheet" and wanted(tab.name):
                book.sheets.append(_sheet(tab.name, tab.state, read_sheet(parts, tab, meaning)))

    if only is None:
        add(lambda _name: True)
        if not ours:
            _distrust_zeros(book)
        return book
    add(lambda name: name == first)
    chosen = only(book)
    add(lambda name: name != first and name in chosen)
    return book


def tab_names(about: WorkbookParts) -> tuple[str, ...]:
    """Give the names of the worksheets in the order of the tabs."""
    return tuple(tab.name for tab in about.tabs if tab.kind == "worksheet")


def _sheet(name: str, state: str, cells: SheetCells) -> ForeignSheet:
    return ForeignSheet(name, state, cells.rows, cells.hidden, cells.merged, cells.stored, cells.replaced, cells.remarks)


def _distrust_zeros(book: ForeignBook) -> None:
    """Call a formula not calculated where it says 0 in a workbook that waits for its first calculation.

    Programs that build workbooks write 0 for every result they do not know, and ask for a calculation.
    """
    if not book.recalculate:
        return
    for sheet in book.sheets:
        for cells in sheet.rows.values():
            for column, value in cells.items():
                if type(value) is Formula and value.value == 0 and type(value.value) in (int, float):
                    cells[column] = Formula(value.text, None, False)


# ── across processes ─────────────────────────────────────────────────────────────────────────────

_PLAIN: Final = frozenset({int, float, str, bool, type(None)})
Packed = tuple[object, ...]


def pack_book(book: ForeignBook) -> Packed:
    """Give a book as plain tuples, dicts and numbers, for one compact block of `marshal`."""
    sheets = [
        (s.name, s.state, _pack_rows(s.rows), list(s.hidden), list(s.merged), s.cells, s.replaced, list(s.remarks))
        for s in book.sheets
    ]
    return sheets, book.names, book.properties, book.date_1904, book.recalculate, list(book.tab_names)


def unpack_book(packed: Packed) -> ForeignBook:
    """Give back the book that `pack_book` packed."""
    sheets, names, properties, date_1904, recalculate, tabs = packed
    return ForeignBook(
        [
            ForeignSheet(name, state, _unpack_rows(rows), frozenset(hidden), tuple(merged), cells, replaced, tuple(remarks))
            for name, state, rows, hidden, merged, cells, replaced, remarks in sheets  # type: ignore[attr-defined]
        ],
        names,  # type: ignore[arg-type]
        properties,  # type: ignore[arg-type]
        bool(date_1904),
        bool(recalculate),
        tuple(tabs),  # type: ignore[arg-type]
    )


def _pack_rows(rows: dict[int, dict[int, object]]) -> dict[int, dict[int, object]]:
    plain = _PLAIN
    return {r: {c: v if type(v) in plain else _pack(v) for c, v in cells.items()} for r, cells in rows.items()}


def _unpack_rows(rows: dict[int, dict[int, object]]) -> dict[int, dict[int, object]]:
    for cells in rows.values():
        for column, value in cells.items():
            if type(value) is tuple:
                cells[column] = _unpack(value)
    return rows


def _pack(value: object) -> object:
    """Give a special value as a tuple whose first item says its kind."""
    match value:
        case datetime():
            return ("datetime", value.isoformat())
        case date():
            return ("date", value.toordinal())
        case time():
            return ("time", value.isoformat())
        case timedelta():
            return ("elapsed", value.days, value.seconds, value.microseconds)
        case CellError(code=code):
            return ("error", code)
        case Formula(text=text, value=inner, calculated=calculated):
            return ("formula", text, _pack(inner), calculated)
        case ShownNumber(value=number, shown=shown):
            return ("shown", number, shown)
    return value


_UNPACK: Final[dict[str, Callable[..., object]]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromordinal,
    "time": time.fromisoformat,
    "elapsed": timedelta,
    "error": CellError,
    "shown": ShownNumber,
    "formula": lambda text, value, calculated: Formula(text, _unpack(value) if type(value) is tuple else value, calculated),
}


def _unpack(packed: tuple[str, ...]) -> object:
    return _UNPACK[packed[0]](*packed[1:])
