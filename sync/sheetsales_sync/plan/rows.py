"""The rows of one table tab in canonical values: what stands in each cell, and what cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sheetsales.cells import Reader, reader
from sheetsales.columns import same
from sheetsales.process import DELETE, Table
from sheetsales.typed_text import Bad
from sheetsales.values import Formula, Value, fold, to_text
from sheetsales_workbooks.host import RowRead, TableRead

Cells = Mapping[str, Value]
RELINK_SHARE = 2 / 3  # of the cells two rows must share to be taken for the same record


@dataclass(slots=True)
class SheetRow:
    """One row of a tab that holds something.

    values: canonical values of the input columns that could be read. bad: the others.
    computed: canonical values typed or shown in computed columns (formulas of ours left out); what cannot
    be read there (`unread`) stands as its raw text.
    record: the record it stands for, once its identity is known. unclear: that identity is a guess.
    """

    source: RowRead
    label: str | None
    values: dict[str, Value]
    bad: dict[str, Bad]
    computed: dict[str, Value]
    delete: bool
    record: str = ""
    unclear: bool = False
    parents_unknown: bool = False
    foreign: bool = False
    formulas: frozenset[str] = frozenset()
    unread: tuple[str, ...] = ()
    moved_ids: tuple[str, ...] = field(default=())


class TableReaders:
    """The cell readers of one table, made once."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.inputs: dict[str, Reader] = {c.name: reader(c) for c in table.inputs}
        self.computed: dict[str, Reader] = {c.name: reader(c) for c in table.columns if c.computed and c.name != "id"}
        self.with_formula = frozenset(c.name for c in table.columns if c.computed and c.formula)

    def read(self, row: RowRead) -> SheetRow | None:
        """Read one row; None where no input cell holds anything, and in a log no cell at all."""
        values: dict[str, Value] = {}
        bad: dict[str, Bad] = {}
        filled = False
        formulas = []
        cells = row.cells
        for name in self.inputs:
            raw = cells.get(name)
            if raw is not None and raw != "":
                break
        else:
            if not self._is_log_row(cells):
                return None
            filled = True
        for name, read in self.inputs.items():
            if name not in cells:
                continue
            raw = cells[name]
            if raw is None or raw == "":
                values[name] = None
                continue
            value = read(raw)
            if type(value) is Bad:
                bad[name] = value
                filled = True
                continue
            values[name] = value  # type: ignore[assignment]
            filled = filled or value is not None
            if type(raw) is Formula:
                formulas.append(name)
        if not filled:
            return None
        delete = row.action is not None and fold(row.action) == fold(DELETE)
        computed, unread = self._computed(cells)
        return SheetRow(
            row,
            row.id if isinstance(row.id, str) else None,
            values,
            bad,
            computed,
            delete,
            formulas=frozenset(formulas),
            unread=unread,
        )

    def _is_log_row(self, cells: Mapping[str, object]) -> bool:
        """Say whether this is a row of a log, whose cells are all written for the member."""
        return self.table.kind == "log" and any(cells.get(name) not in (None, "") for name in self.computed)

    def _computed(self, cells: Mapping[str, object]) -> tuple[dict[str, Value], tuple[str, ...]]:
        found: dict[str, Value] = {}
        unread: tuple[str, ...] = ()
        for name, read in self.computed.items():
            if name not in cells:
                continue
            raw = cells[name]
            if raw is None:
                found[name] = None
                continue
            if type(raw) is Formula and name in self.with_formula:
                continue
            value = read(raw)
            if isinstance(value, Bad):
                unread += (name,)
                found[name] = value.raw
            else:
                found[name] = value
        return found, unread


def read_rows(readers: TableReaders, table: TableRead) -> list[SheetRow]:
    """Read every row that holds something, in the order of the sheet."""
    return [row for row in map(readers.read, table.rows) if row is not None]


def in_words(table: Table, row: SheetRow) -> str:
    """Give everything that was typed into a row, for the case that the row itself does not stay."""
    texts = {name: to_text(value) for name, value in row.values.items()} | {name: bad.raw for name, bad in row.bad.items()}
    return "; ".join(f"{table.by_name[name].header}: {text}" for name, text in texts.items() if text is not None)


def likeness(table: Table, row: SheetRow, known: Cells) -> tuple[float, bool]:
    """Say what share of the cells a row has in common with a known content, and whether all agree.

    Only cells that are filled on one side at least are counted.
    """
    equal, counted = in_common(table, row.values, known)
    counted += len(row.bad)
    return (equal / counted if counted else 0.0), equal == counted


def in_common(table: Table, one: Cells, other: Cells) -> tuple[int, int]:
    """Count the cells of `one` that `other` has alike, and those that are filled on one side at least."""
    equal = counted = 0
    for name, value in one.items():
        there = other.get(name)
        if value is None and there is None:
            continue
        counted += 1
        equal += same(table.by_name[name], value, there)
    return equal, counted
