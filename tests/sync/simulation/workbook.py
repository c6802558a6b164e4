"""A workbook in memory: an immutable value per saved state, and the patch applied as the real one is."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from sheetsales.values import CellError, Formula
from sheetsales_workbooks.host import (
    ACTION_COLUMN,
    CONFLICTS_SHEET,
    FIRST_COLUMN,
    FIRST_ROW,
    HEADER_ROW,
    ID_COLUMN,
    REMOVED_SHEET,
    START_SHEET,
    BookPatch,
    BookRead,
    CellWrite,
    ConflictRow,
    Markers,
    RowRead,
    SheetPatch,
    TableRead,
)
from simulation.definition import PLAYBOOK, TABS

OWN_COLUMN = 20  # a column of the member's own on every tab
OWN_HEADER = "Mine"
TABLE_OF = {tab: table for table, tab in TABS.items()}
COLUMN_OF_HEADER = {name: {c.header: c.name for c in PLAYBOOK.tables[name].columns if c.name != "id"} for name in TABS}
FIRST_PLACES = {
    name: {c.name: n for n, c in enumerate((c for c in PLAYBOOK.tables[name].columns if c.name != "id"), FIRST_COLUMN)}
    for name in TABS
}
Cells = Mapping[int, object]


def token_of(raw: object) -> str:
    """Give the text by which a typed value is known everywhere: numbers with two places, texts as they are."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, (Decimal, float, int)) and not isinstance(raw, bool):
        return f"{raw:.2f}"
    if isinstance(raw, Formula):
        return token_of(raw.value) if raw.calculated else "=" + raw.text
    return raw.code if isinstance(raw, CellError) else ""


@dataclass(frozen=True)
class Line:
    """One row of a tab: its cells and the marks on them, by column. Never changed."""

    cells: Cells
    marks: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    @cached_property
    def tokens(self) -> frozenset[str]:
        """Every typed value of the row but those of the member's own columns."""
        return frozenset(token_of(v) for n, v in self.cells.items() if v is not None and n > ACTION_COLUMN and n != OWN_COLUMN)

    @cached_property
    def own(self) -> str:
        """What stands in the member's own column."""
        return token_of(self.cells.get(OWN_COLUMN))

    def row_read(self, number: int, headers: Mapping[str, int], managed: Container[int]) -> RowRead | None:
        """Give what a reader finds in the row at this place, None where it is empty; kept, since most rows stay as they are."""
        kept = self.__dict__.get("read")
        if kept is not None and kept[0] == number and kept[1] == headers:
            found_before: RowRead | None = kept[2]
            return found_before
        cells, row = self.cells, None
        if any(v is not None for v in cells.values()):
            found = {c: cells.get(n) for c, n in headers.items()}
            extra = {n: v for n, v in cells.items() if n not in managed}
            row = RowRead(number, cells.get(ID_COLUMN), cells.get(ACTION_COLUMN), found, extra)
        self.__dict__["read"] = (number, headers, row)
        return row

    def with_cell(self, column: int, value: object) -> Line:
        """Give the row with another value in one cell."""
        return Line({**self.cells, column: value}, self.marks)


EMPTY = Line({})


@dataclass(frozen=True)
class Workbook:
    """One state of a workbook. tabs: rows from the first one on. headers: places of the managed columns."""

    name: str
    book: str
    generation: int
    tabs: Mapping[str, tuple[Line, ...]]
    headers: Mapping[str, Mapping[str, int]]
    conflicts: Mapping[int, Cells] = field(default_factory=dict)
    removed: tuple[Cells, ...] = ()
    notices: tuple[str, ...] = ()

    @cached_property
    def tokens(self) -> frozenset[str]:
        """Every typed value that stands in the data of the book."""
        return frozenset().union(*(line.tokens for lines in self.tabs.values() for line in lines))

    @cached_property
    def own(self) -> frozenset[str]:
        """What stands in the member's own columns, and what was kept of them when rows left."""
        kept = {str(cells.get(6) or "") for cells in self.removed}
        return frozenset(kept.union(*({line.own for line in lines} for lines in self.tabs.values())))

    @cached_property
    def read(self) -> BookRead:
        """The book as the reader hands it over."""
        tables = {table: self._table(table) for table in TABS}
        conflicts = [
            ConflictRow(number, str(cells[1]), cells.get(12), cells.get(13))
            for number, cells in sorted(self.conflicts.items())
            if cells.get(1)
        ]
        places = {"ss_notices": (START_SHEET, 1, 1), "ss_status_deals": (TABS["deals"], 4, 4)}
        return BookRead(
            Markers("WB" + self.book, self.book, self.generation, "1"), tables, conflicts, self.name,
            sheet_names=(START_SHEET, *TABS.values(), CONFLICTS_SHEET, REMOVED_SHEET), places=places, notices=self.notices,
            next_removed_row=5 + len(self.removed),
        )  # fmt: skip

    def _table(self, table: str) -> TableRead:
        headers = self.headers[table]
        managed = frozenset({*headers.values(), ID_COLUMN, ACTION_COLUMN})
        rows = []
        for number, line in enumerate(self.tabs[table], FIRST_ROW):
            row = line.row_read(number, headers, managed)
            if row is not None:
                rows.append(row)
        missing = tuple(c for c in FIRST_PLACES[table] if c not in headers)
        return TableRead(
            table, TABS[table], HEADER_ROW, dict(headers), ID_COLUMN, ACTION_COLUMN, rows, missing, (), {OWN_COLUMN: OWN_HEADER}
        )


def stored(write: CellWrite) -> object:
    """Give what a cell holds once a write of ours is in the file, by the rules of the real patcher."""
    if write.formula:
        value = write.value
        return Formula(write.formula.removeprefix("="), stored(CellWrite(0, 0, value)) if value is not None else None)
    value = write.value
    if value is None or value == "" or isinstance(value, str):
        return value or None
    if write.text:
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def patched(book: Workbook, patch: BookPatch, name: str) -> Workbook:
    """Give the book with a patch applied; every other cell stays."""
    tabs, headers = dict(book.tabs), dict(book.headers)
    conflicts, removed, notices = dict(book.conflicts), list(book.removed), list(book.notices)
    for sheet, changes in patch.sheets.items():
        if sheet in TABLE_OF:
            table = TABLE_OF[sheet]
            headers[table] = _headers(table, headers[table], changes)
            tabs[table] = _lines(tabs[table], changes)
        for write in changes.cells:
            if sheet == CONFLICTS_SHEET:
                conflicts[write.row] = {**conflicts.get(write.row, {}), write.column: stored(write)}
            elif sheet == REMOVED_SHEET:
                removed.extend({} for _ in range(write.row - 4 - len(removed)))
                removed[write.row - 5] = {**removed[write.row - 5], write.column: stored(write)}
            elif sheet == START_SHEET:
                notices.extend("" for _ in range(write.row - len(notices)))
                notices[write.row - 1] = str(write.value or "")
    while notices and not notices[-1]:
        notices.pop()
    conflicts = {n: cells for n, cells in conflicts.items() if cells.get(1)}
    return replace(
        book, name=name, generation=book.generation if patch.generation is None else patch.generation, tabs=tabs, headers=headers,
        conflicts=conflicts, removed=tuple(removed), notices=tuple(notices),
    )  # fmt: skip


def _headers(table: str, before: Mapping[str, int], changes: SheetPatch) -> Mapping[str, int]:
    fresh = {COLUMN_OF_HEADER[table][str(w.value)]: w.column for w in changes.cells if w.row == HEADER_ROW}
    return {**before, **fresh} if fresh else before


def _lines(before: tuple[Line, ...], changes: SheetPatch) -> tuple[Line, ...]:
    cells: dict[int, dict[int, object]] = {}
    marks: dict[int, dict[int, tuple[str, str] | None]] = {}
    for write in changes.cells:
        if write.row >= FIRST_ROW:
            cells.setdefault(write.row, {})[write.column] = stored(write)
    for mark in changes.marks:
        marks.setdefault(mark.row, {})[mark.column] = (mark.kind, mark.note) if mark.kind is not None else None
    lines = list(before)
    lines.extend(EMPTY for _ in range(max([*cells, *marks], default=0) - FIRST_ROW + 1 - len(lines)))
    for number in {*cells, *marks}:
        line = lines[number - FIRST_ROW]
        kept = {**line.marks, **marks.get(number, {})}
        lines[number - FIRST_ROW] = Line(
            {**line.cells, **cells.get(number, {})}, {n: m for n, m in kept.items() if m is not None}
        )
    return tuple(lines)
