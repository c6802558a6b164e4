"""Where the cells of a patch stand now: rows found again by their ids, and nobody's edit overwritten.

Pure, over two snapshots: the one the patch was made from, and one read just before the write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sheetsales.errors import BookEdited
from sheetsales.ids import is_id
from sheetsales_workbooks.host import CONFLICTS_SHEET, BookPatch, SheetPatch, TableRead
from sheetsales_workbooks.hosts.live.snapshot import Snapshot, edited_part
from sheetsales_workbooks.reading.sheet_cells import column_letters


def placed(patch: BookPatch, since: Snapshot, now: Snapshot) -> BookPatch:
    """Give the patch for the cells as they stand now.

    Raises BookEdited where a cell to be written no longer holds what it held, where a row to be
    written cannot be found again, or where columns, header rows or named cells have moved: then the
    merge has to be made anew.
    """
    if since.read.markers != now.read.markers:
        raise BookEdited("Another sync wrote into the workbook just now.")
    result = BookPatch(generation=patch.generation)
    for name, sheet in patch.sheets.items():
        if sheet:
            placer = _Placer(name, sheet, since, now)
            result.sheets[placer.now_called] = placer.placed()
    return result


def _unique_ids(rows: Mapping[int, str]) -> dict[str, int]:
    counted = Counter(rows.values())
    return {id_: row for row, id_ in rows.items() if counted[id_] == 1}


def _ids(read: Snapshot, sheet: str, table: TableRead | None) -> dict[int, str]:
    """Give the id that stands in each row."""
    if table is not None:
        return {row.row: row.id for row in table.rows if isinstance(row.id, str) and is_id(row.id)}
    return {row.row: row.id for row in read.read.conflicts} if sheet == CONFLICTS_SHEET else {}


def _table_on(read: Snapshot, sheet: str) -> TableRead | None:
    return next((table for table in read.read.tables.values() if table.sheet == sheet), None)


@dataclass
class _Placer:
    """Places the patch of one sheet."""

    name: str
    patch: SheetPatch
    since: Snapshot
    now: Snapshot

    def __post_init__(self) -> None:
        self._table = _table_on(self.since, self.name)
        self._now_table = self.now.read.tables.get(self._table.table) if self._table is not None else None
        self.now_called = self._now_table.sheet if self._now_table is not None else self.name
        self._ids = _ids(self.since, self.name, self._table)
        self._unique = _unique_ids(self._ids)
        self._now_unique = _unique_ids(_ids(self.now, self.now_called, self._now_table))
        self._claimed = {
            write.row for write in self.patch.cells if self._table is not None and write.column == self._table.id_column
        }
        self._rows: dict[int, int] = {}

    def placed(self) -> SheetPatch:
        """Give the patch with the rows as they are now."""
        self._check_frame()
        cells = [replace(write, row=self._row(write.row)) for write in self.patch.cells]
        for write, moved in zip(self.patch.cells, cells, strict=True):
            self._check_cell(write.row, moved.row, write.column)
        marks = [replace(mark, row=self._row(mark.row)) for mark in self.patch.marks]
        like = self._row(self.patch.like_row) if self.patch.like_row else 0
        return SheetPatch(cells, marks, like, self.patch.last_row)

    def _edited(self, what: str) -> BookEdited:
        return BookEdited(f"{what} of the tab {self.name} changed while the sync was at work.")

    def _check_frame(self) -> None:
        """Prove that headers and named cells stand where they stood."""
        if self._table is not None:
            there = self._now_table
            if there is None or (there.columns, there.header_row, there.id_column, there.action_column) != (
                self._table.columns,
                self._table.header_row,
                self._table.id_column,
                self._table.action_column,
            ):
                raise self._edited("The columns")
        then = {key: place for key, place in self.since.read.places.items() if place[0] == self.name}
        here = {key: (self.name, *place[1:]) for key, place in self.now.read.places.items() if place[0] == self.now_called}
        if then != here:
            raise self._edited("The named cells")

    def _row(self, row: int) -> int:
        if row not in self._rows:
            self._rows[row] = self._found(row)
        return self._rows[row]

    def _found(self, row: int) -> int:
        """Find a row again: by its id, else at its place, where nothing in it may have changed."""
        id_ = self._ids.get(row)
        if id_ is not None and self._unique.get(id_) == row:
            if id_ not in self._now_unique:
                raise self._edited(f"Row {row}")
            there = self._now_unique[id_]
        else:
            there = row
            if self._is_data(row) and not self._same_row(row, row):
                raise self._edited(f"Row {row}")
        if row in self._claimed and not self._same_row(row, there):
            raise self._edited(f"Row {row}")
        return there

    def _is_data(self, row: int) -> bool:
        return self._table is not None and row > self._table.header_row

    def _same_row(self, then: int, there: int) -> bool:
        return _edits(self.since.row(self.name, then)) == _edits(self.now.row(self.now_called, there))

    def _check_cell(self, then: int, there: int, column: int) -> None:
        before = self.since.content(self.name, then, column)
        after = self.now.content(self.now_called, there, column)
        if type(before) is not type(after) or before != after:
            raise self._edited(f"{column_letters(column)}{then}")


def _edits(cells: Mapping[int, object]) -> dict[int, tuple[type, object]]:
    found = {column: edited_part(value) for column, value in cells.items()}
    return {column: (type(value), value) for column, value in found.items() if value is not None}
