"""From what the sheet should show to the few cells that must be written; nothing else is touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from sheetsales.cells import Reader, reader
from sheetsales.columns import Column
from sheetsales.process import Playbook, Table
from sheetsales.typed_text import Bad
from sheetsales.values import Formula, Value, to_text
from sheetsales_sync.plan.work import letters
from sheetsales_sync.state import DesiredRow, DesiredTable, Plan, Values
from sheetsales_workbooks.host import (
    CONFLICTS_SHEET,
    REMOVED_SHEET,
    BookPatch,
    BookRead,
    CellWrite,
    Mark,
    MarkKind,
    RowRead,
    SheetPatch,
    TableRead,
)
from sheetsales_workbooks.layout import formula_in_row

NOTICE_LINES: Final = 6  # sentences the Start tab has room for
TODAY_LINES: Final = 15  # lines of the list "what to do next"
CONFLICT_FIRST_ROW: Final = 5
NOTHING_READ: Final[Values] = {}


def redraw(playbook: Playbook, read: BookRead, plan: Plan, today: Sequence[Sequence[Value]] = ()) -> BookPatch:
    """Give the patch that turns the sheet as read into the sheet as planned; empty where it shows that already.

    today: the lines of the Start tab (due, what, record, why, tab); they alone are no reason to write.
    """
    patch = BookPatch()
    for desired in plan.tables:
        tab = read.tables[desired.table]
        _TabDrawer(playbook.tables[desired.table], tab, desired, patch.sheet(tab.sheet)).draw()
    _draw_conflicts(read, plan, patch)
    _draw_removed(read, plan, patch)
    new_words = [m for m in plan.messages if m not in read.notices]
    if patch or new_words:
        _draw_start(read, plan, today, patch)
    return patch


class _TabDrawer:
    """Draws one table tab into a sheet patch."""

    def __init__(self, table: Table, tab: TableRead, desired: DesiredTable, out: SheetPatch) -> None:
        self.table = table
        self.tab = tab
        self.desired = desired
        self.out = out
        self.columns = dict(tab.columns)
        self.readers: dict[str, Reader] = {}
        self.by_row: dict[int, RowRead] = {row.row: row for row in tab.rows}
        self.labels = Counter(str(row.id) for row in tab.rows)
        self.shown = [c for c in table.columns if c.name != "id"]
        self.kinds = [(c, c.name, frozenset() if c.formula else _kinds(c)) for c in self.shown]

    def draw(self) -> None:
        """Write the rows that stand, those that arrive, and the waiting ones."""
        self._bring_back_columns()
        free = self._free_rows()
        last = max((row.row for row in self.tab.rows), default=self.tab.header_row)
        before = last
        for row in self.desired.rows:
            if row.row == 0:
                row.row = free.pop(0) if free else last + 1
                last = max(last, row.row)
                self._draw_row(row, None)
            else:
                self._draw_row(row, self.by_row[row.row])
        for number, spare in self.desired.leaving.items():
            self._blank(number, spare)
        for spare in self.desired.spares:
            last += 1
            self.out.cells.append(CellWrite(last, self.tab.id_column, spare, text=True))
            self._formulas(last, {})
        if last > before:
            self.out.last_row = last
            self.out.like_row = self.tab.rows[0].row if self.tab.rows else 0

    def _bring_back_columns(self) -> None:
        """Give every managed column that is gone a place at the right end, with its header."""
        right = max([*self.columns.values(), *self.tab.extra_headers, self.tab.id_column, self.tab.action_column], default=0)
        for row in self.tab.rows:
            right = max(right, *row.extra, 0) if row.extra else right
        for column in self.shown:
            if column.name not in self.columns:
                right += 1
                self.columns[column.name] = right
                self.out.cells.append(CellWrite(self.tab.header_row, right, column.header, text=True))

    def _free_rows(self) -> list[int]:
        """Give the waiting rows, those below the last row in use first."""
        taken = {row.row for row in self.desired.rows if row.row} | set(self.desired.leaving)
        last = max(taken, default=self.tab.header_row)
        waiting = [r.row for r in self.tab.rows if r.row not in taken and not any(v is not None for v in r.extra.values())]
        return [r for r in waiting if r > last] + [r for r in waiting if r < last]

    def _draw_row(self, row: DesiredRow, there: RowRead | None) -> None:
        written = len(self.out.cells)
        if there is None or there.id != row.record:
            self.out.cells.append(CellWrite(row.row, self.tab.id_column, row.record, text=True))
        if there is not None and row.clear_action and there.action is not None and self.tab.action_column:
            self.out.cells.append(CellWrite(row.row, self.tab.action_column, None))
        if row.values:
            cells: Mapping[str, object] = there.cells if there is not None else {}
            for column, name, kinds in self.kinds:
                value, raw = row.values.get(name), cells.get(name)
                shows = raw is None if value is None else type(raw) in kinds and row.read.get(name) == value
                if name not in row.keep and not (shows and kinds):
                    self._draw_cell(row, column, cells, fresh=there is None)
            if len(self.out.cells) > written:
                self._formulas(row.row, row.values, cells, row.read)
        self._draw_marks(row, there)

    def _draw_cell(self, row: DesiredRow, column: Column, cells: Mapping[str, object], *, fresh: bool) -> None:
        value = row.values.get(column.name)
        index = self.columns[column.name]
        raw = cells.get(column.name)
        if column.formula:
            if not isinstance(raw, Formula) and not fresh:
                self.out.cells.append(self._formula(row.row, column, value))
            return
        if isinstance(raw, Formula) and not column.computed and self._reads(row.read, column, raw, value):
            return
        if not self._shows(row.read, column, raw, value):
            self.out.cells.append(CellWrite(row.row, index, value, text=column.is_text))

    def _reads(self, read: Values, column: Column, raw: object, value: Value) -> bool:
        name = column.name
        if name in read:
            return read[name] == value
        if name not in self.tab.columns:
            return value is None
        if name not in self.readers:
            self.readers[name] = reader(column)
        found = self.readers[name](raw)
        return not isinstance(found, Bad) and found == value

    def _shows(self, read: Values, column: Column, raw: object, value: Value) -> bool:
        """Say whether the cell shows exactly this value, in its own type."""
        if value is None:
            return raw is None or raw == ""
        if column.name not in self.tab.columns or not self._reads(read, column, raw, value):
            return False
        if column.is_text:
            return isinstance(raw, str)
        if column.type in ("date", "datetime"):
            return isinstance(raw, (date, datetime))
        return not isinstance(raw, str)

    def _formula(self, row: int, column: Column, value: Value) -> CellWrite:
        text = formula_in_row(column.formula, {name: letters(index) for name, index in self.columns.items()}, row)
        return CellWrite(row, self.columns[column.name], value, formula=text)

    def _formulas(
        self, row: int, values: Mapping[str, Value], cells: Mapping[str, object] | None = None, read: Values = NOTHING_READ
    ) -> None:
        """Write the formulas of a row that has none yet, or whose result follows from what was written."""
        done = {c.column for c in self.out.cells if c.row == row and c.formula}
        for column in self.shown:
            if not column.formula or self.columns[column.name] in done:
                continue
            raw = (cells or {}).get(column.name)
            if isinstance(raw, Formula) and self._reads(read, column, raw, values.get(column.name)):
                continue
            self.out.cells.append(self._formula(row, column, values.get(column.name)))

    def _draw_marks(self, row: DesiredRow, there: RowRead | None) -> None:
        """Write the marks that a row does not carry yet; a row that was copied may lack those that its id should have."""
        label = "" if there is None else str(there.id)
        sure = label == row.record and self.labels[label] == 1
        old = {**self.desired.old_marks.get(label, {}), **self.desired.old_marks.get(row.record, {})} if there else {}
        for name in sorted(set(old) | set(row.marks)):
            new = row.marks.get(name)
            if sure and new == old.get(name):
                continue
            kind: MarkKind | None = new.kind if new is not None else None  # type: ignore[assignment]
            self.out.marks.append(Mark(row.row, self._mark_column(name), kind, new.note if new is not None else ""))

    def _mark_column(self, name: str) -> int:
        return self.columns.get(name) or self.tab.action_column or self.tab.id_column

    def _blank(self, number: int, spare: str) -> None:
        """Empty a row whose record left; its place waits for the next new row."""
        there = self.by_row[number]
        for name, raw in there.cells.items():
            if raw is not None and raw != "" and not self.table.by_name[name].formula:
                self.out.cells.append(CellWrite(number, self.columns[name], None))
        for index, raw in there.extra.items():
            if raw is not None:
                self.out.cells.append(CellWrite(number, index, None))
        if there.action is not None:
            self.out.cells.append(CellWrite(number, self.tab.action_column, None))
        self.out.cells.append(CellWrite(number, self.tab.id_column, spare, text=True))
        self._formulas(number, {}, there.cells)
        for name in self.desired.old_marks.get(str(there.id), {}):
            self.out.marks.append(Mark(number, self._mark_column(name), None))


def _kinds(column: Column) -> frozenset[type]:
    """Give the types in which a cell of this column shows its value as it should."""
    if column.is_text:
        return frozenset({str})
    return frozenset({date, datetime}) if column.type in ("date", "datetime") else frozenset({int, float})


def _draw_conflicts(read: BookRead, plan: Plan, patch: BookPatch) -> None:
    """Keep the lines that stand open where they are, clear the others, add the new ones below."""
    if read.sheet_names and CONFLICTS_SHEET not in read.sheet_names:
        return
    lines = {line.id: line for line in plan.conflict_lines}
    shown = {row.id: row for row in read.conflicts if row.id}
    out = patch.sheet(CONFLICTS_SHEET)
    for row in read.conflicts:
        if row.id and row.id not in lines:
            out.cells.extend(CellWrite(row.row, column, None) for column in range(1, 15))
        elif row.id and row.decision is not None:
            out.cells.append(CellWrite(row.row, 12, None))
    used = {row.row for row in read.conflicts if row.id in lines}
    free = (n for n in range(CONFLICT_FIRST_ROW, 100_000) if n not in used)
    for line in plan.conflict_lines:
        if line.id in shown:
            continue
        number = next(free)
        words = (
            line.id,
            line.kind,
            line.table,
            line.record,
            line.field,
            line.original,
            line.mine,
            line.theirs,
            line.by,
            line.when,
            line.why,
        )
        out.cells.extend(CellWrite(number, column, word or None, text=True) for column, word in enumerate(words, 1))
        out.cells.append(CellWrite(number, 12, None))
        out.cells.append(CellWrite(number, 13, None))
        out.cells.append(CellWrite(number, 14, line.where or None, text=True))


def _draw_removed(read: BookRead, plan: Plan, patch: BookPatch) -> None:
    if not plan.removed or (read.sheet_names and REMOVED_SHEET not in read.sheet_names):
        return
    out = patch.sheet(REMOVED_SHEET)
    for number, line in enumerate(plan.removed, read.next_removed_row):
        words = (line.when, line.table, line.record, line.why, line.column, line.content)
        out.cells.extend(CellWrite(number, column, word or None, text=True) for column, word in enumerate(words, 1))


def _draw_start(read: BookRead, plan: Plan, today: Sequence[Sequence[Value]], patch: BookPatch) -> None:
    """Write the sentences of this sync and today's list on the Start tab."""
    if "ss_notices" in read.places:
        sheet, row, column = read.places["ss_notices"]
        words = list(dict.fromkeys(plan.messages))[:NOTICE_LINES]
        for offset in range(NOTICE_LINES):
            text = words[offset] if offset < len(words) else None
            present = read.notices[offset] if offset < len(read.notices) else None
            if text != present:
                patch.sheet(sheet).cells.append(CellWrite(row + offset, column, text, text=True))
    if "ss_today" in read.places:
        sheet, row, column = read.places["ss_today"]
        for offset in range(TODAY_LINES):
            line = today[offset] if offset < len(today) else (None,) * 5
            for step, value in enumerate(line):
                patch.sheet(sheet).cells.append(CellWrite(row + offset, column + step, value, text=isinstance(value, str)))


def status_write(read: BookRead, table: str, text: str, patch: BookPatch) -> None:
    """Put a sentence into the status cell of a table tab, unless it stands there."""
    place = read.places.get(f"ss_status_{table}")
    if place is not None and read.statuses.get(table, "") != text:
        patch.sheet(place[0]).cells.append(CellWrite(place[1], place[2], to_text(text), text=True))
