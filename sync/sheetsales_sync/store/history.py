"""The past: ops, history rows, records as they stood, and the way back by undo and restore."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select, update

from sheetsales.errors import Refused, UnknownName
from sheetsales.values import Value
from sheetsales_sync.state import Change, HistoryRow, Op, Record, Scope
from sheetsales_sync.store import chain
from sheetsales_sync.store.changes import Changes
from sheetsales_sync.store.scope import scoped
from sheetsales_sync.store.types import read_text, utc


class History(Changes):
    """The part of `Tx` that keeps ops and reads history."""

    # ── ops ──

    def begin_op(self, op: Op) -> Op | None:
        """Write down an op before its changes. If its id is there already, give the stored op and write nothing.

        An op of kind undo names in `action` the op it takes back, which is noted there as well.
        """
        row = {
            "id": op.id, "began_seq": self.mark, "kind": op.kind, "actor": op.actor, "at": utc(op.at), "book_id": op.book,
            "path": op.path, "gen_in": op.gen_in, "content_hash": op.content_hash, "action": op.action, "result": op.result,
            "undone_by": op.undone_by,
        }  # fmt: skip
        if not self.add_new(self.schema.generic.op, row):
            return self.op(op.id)
        if op.kind == "undo" and op.action:
            self._mark_undone(op.action, op.id)
        return None

    def finish_op(self, op_id: str, result: str) -> None:
        """Keep what came of an op, so that a repeated call can be answered with it."""
        op = self.schema.generic.op
        self.connection.execute(update(op).where(self.ours(op), op.c.id == op_id).values(result=result))

    def _mark_undone(self, op_id: str, by: str) -> None:
        """Note that an op was taken back; where it was an undo itself, what it had taken back stands again."""
        op = self.schema.generic.op
        self.connection.execute(update(op).where(self.ours(op), op.c.undone_by == op_id).values(undone_by=None))
        self.connection.execute(update(op).where(self.ours(op), op.c.id == op_id).values(undone_by=by))

    def was_read(self, book_id: str, content_hash: str) -> bool:
        """Say whether an op of this book has read exactly these bytes."""
        op = self.schema.generic.op
        here = (self.ours(op), op.c.book_id == book_id, op.c.content_hash == content_hash)
        return self.connection.scalar(select(op.c.id).where(*here).limit(1)) is not None

    def op(self, op_id: str) -> Op | None:
        """Give one op; None where there is none."""
        op = self.schema.generic.op
        row = self.connection.execute(select(op).where(self.ours(op), op.c.id == op_id)).one_or_none()
        return None if row is None else _op(row)

    def ops(self, *, kind: str | None = None, book: str | None = None, actor: str | None = None) -> list[Op]:
        """Give ops, oldest first: by where history stood when they began."""
        op = self.schema.generic.op
        query = select(op).where(self.ours(op))
        for column, wanted in ((op.c.kind, kind), (op.c.book_id, book), (op.c.actor, actor)):
            if wanted is not None:
                query = query.where(column == wanted)
        return [_op(row) for row in self.all(query.order_by(op.c.began_seq, op.c.at, op.c.id))]

    # ── history ──

    def history(
        self,
        *,
        record: str | None = None,
        book: str | None = None,
        op: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        scope: Scope | None = None,
    ) -> list[HistoryRow]:
        """Give history rows, oldest first.

        since: only rows after this seq. limit: the first so many after `since`; without `since` the
        last so many.
        """
        history = self.schema.generic.history
        query = scoped(select(history), history, self.schema, self.tenant, scope)
        for column, wanted in ((history.c.record_id, record), (history.c.book_id, book), (history.c.op_id, op)):
            if wanted is not None:
                query = query.where(column == wanted)
        if since is not None:
            query = query.where(history.c.seq > since)
        backwards = limit is not None and since is None
        query = query.order_by(history.c.seq.desc() if backwards else history.c.seq)
        rows = [self._history_row(row) for row in self.all(query if limit is None else query.limit(limit))]
        return rows[::-1] if backwards else rows

    def last_places(self, table: str) -> dict[str, tuple[str | None, str, datetime]]:
        """Give where each record of a table was last written: book, place, time; a write with a place goes first."""
        history = self.schema.generic.history
        here = (self.ours(history), history.c.table_name == table)
        placed = func.max(case((history.c.place != "", history.c.seq)))
        last = select(func.coalesce(placed, func.max(history.c.seq))).where(*here).group_by(history.c.record_id)
        query = select(history.c.record_id, history.c.book_id, history.c.place, history.c.at)
        rows = self.all(query.where(self.ours(history), history.c.seq.in_(last)))
        return {row[0]: (row[1], row[2] or "", row[3]) for row in rows}

    def as_of(self, table: str, moment: datetime) -> list[Record]:
        """Give the living records of a table as they stood by history at the end of a moment.

        moment: naive ones are UTC. What was written later is taken back from the present, newest first.
        """
        typed = self.typed(table)
        cut = self._last_seq_at(moment)
        own = typed.table.c
        born = {row[0] for row in self.all(select(own.id).where(self.ours(typed.table), own.created_seq <= cut))}
        present = self.records(table, living=None)
        past = {r.id: _Past(dict(r.values), r.deleted_op, r) for r in present if r.id in born}
        if not past:
            return []
        ops: dict[str, set[str]] = {}
        history = self.schema.generic.history
        since = (history.c.table_name == table, history.c.seq > cut, history.c.kind != "create")
        later = select(history).where(self.ours(history), *since)
        for row in self.all(later.order_by(history.c.seq.desc())):
            state = past.get(row.record_id)
            if state is None:
                continue
            ops.setdefault(row.record_id, set()).add(row.op_id)
            if row.kind == "delete":
                state.deleted_op = None
            elif row.kind == "undelete":
                state.deleted_op = "before"
            elif row.column_id in typed.by_name:
                state.values[row.column_id] = read_text(row.old, typed.kinds[row.column_id])
        stood = [record for record, state in past.items() if state.deleted_op is None]
        written = self._written_before(table, cut, [record for record in stood if record in ops])
        found = []
        for record in stood:
            now = past[record].record
            version, at = written.get(record, (now.version, now.updated_at))
            found.append(Record(table, record, past[record].values, version, None, at))
        return found

    # ── inside ──

    def _last_seq_at(self, moment: datetime) -> int:
        """Give the last seq written by the end of a moment; everything before it counts, whatever clocks said."""
        history = self.schema.generic.history
        query = select(func.max(history.c.seq)).where(self.ours(history), history.c.at <= utc(moment))
        return self.connection.scalar(query) or 0

    def _written_before(self, table: str, cut: int, records: Sequence[str]) -> dict[str, tuple[int, datetime | None]]:
        """Give the version and time of records as they were at a seq: ops so far, and the time of the last."""
        history = self.schema.generic.history
        query = (
            select(history.c.record_id, func.count(history.c.op_id.distinct()), func.max(history.c.seq))
            .where(self.ours(history), history.c.table_name == table, history.c.seq <= cut)
            .group_by(history.c.record_id)
        )
        counts = {row[0]: (int(row[1]), int(row[2])) for row in self.among(query, history.c.record_id, records)}
        times: dict[int, datetime] = {}
        last = sorted({seq for _, seq in counts.values()})
        for start in range(0, len(last), 5_000):
            piece = last[start : start + 5_000]
            for row in self.all(select(history.c.seq, history.c.at).where(self.ours(history), history.c.seq.in_(piece))):
                times[row[0]] = row[1].replace(microsecond=0)
        return {record: (version, times[seq]) for record, (version, seq) in counts.items()}

    def _history_row(self, row: Any) -> HistoryRow:
        kind = self.schema.kind(row.table_name, row.column_id)
        return HistoryRow(
            row.seq, row.op_id, row.at, row.actor, row.book_id, row.table_name, row.record_id, row.column_id,
            read_text(row.old, kind), read_text(row.new, kind), row.kind, row.place, row.base_gen,
        )  # fmt: skip


@dataclass(slots=True)
class _Past:
    values: dict[str, Value]
    deleted_op: str | None
    record: Record


def _op(row: Any) -> Op:
    return Op(
        row.id, row.kind, row.actor, row.at, row.book_id, row.path, row.gen_in, row.content_hash, row.action, row.result,
        row.undone_by,
    )  # fmt: skip


# ── the way back ─────────────────────────────────────────────────────────────────────────────────


def undo_changes(tx: History, op_id: str) -> tuple[list[Change], list[HistoryRow]]:
    """Give the changes that take an op back, and the history rows left because the cell changed since.

    A record that the op made is deleted, unless others changed it since; one that it deleted lives
    again. Undoing an undo is the same thing again. Raises UnknownName where there is no such op.
    """
    if tx.op(op_id) is None:
        raise UnknownName(f"There is no operation '{op_id}'.", "Look at `sheetsales history` for the operations.")
    rows = tx.history(op=op_id)
    by_record: dict[str, list[HistoryRow]] = {}
    for row in rows:
        by_record.setdefault(row.record, []).append(row)
    later = _later_rows(tx, op_id, by_record)
    changes: list[Change] = []
    left: list[HistoryRow] = []
    for table in sorted({row.table for row in rows}):
        ids = [record for record, own in by_record.items() if own[0].table == table]
        for record in tx.records(table, ids=ids, living=None):
            made, kept = _undo_record(record, op_id, by_record[record.id], later.get(record.id, []))
            changes.extend(made)
            left.extend(kept)
    return changes, sorted(left, key=lambda row: row.seq)


def _later_rows(tx: History, op_id: str, by_record: dict[str, list[HistoryRow]]) -> dict[str, list[HistoryRow]]:
    """Give what other ops wrote to these records since, but for undone ops and the ops that undid them."""
    ops = tx.schema.generic.op
    undone = tx.all(select(ops.c.id, ops.c.undone_by).where(tx.ours(ops), ops.c.undone_by.is_not(None)))
    cancelled = {op for pair in undone for op in pair}
    found: dict[str, list[HistoryRow]] = {}
    history = tx.schema.generic.history
    query: Select[Any] = select(history).where(tx.ours(history), history.c.op_id != op_id)
    for row in tx.among(query, history.c.record_id, by_record):
        if row.seq > by_record[row.record_id][-1].seq and row.op_id not in cancelled:
            found.setdefault(row.record_id, []).append(tx._history_row(row))
    return found


def _undo_record(
    record: Record, op_id: str, rows: list[HistoryRow], later: list[HistoryRow]
) -> tuple[list[Change], list[HistoryRow]]:
    changed_since = {row.column for row in later}
    turns = [row for row in rows if row.kind in ("create", "delete", "undelete")]
    if any(row.kind == "create" for row in rows):
        if record.deleted_op is not None:
            return [], [] if record.deleted_op == op_id else rows
        return ([], rows) if later else ([Change(record.table, record.id, "", None, None, "delete")], [])
    turn = _undo_turn(record, turns, later)
    left = turns if turns and turn is None and turns[0].kind == turns[-1].kind else []
    takes_edits = record.deleted_op is None or (turn is not None and turn.kind == "undelete")
    sets: list[Change] = []
    for column, (first, last, own) in _net(row for row in rows if row.kind == "set").items():
        present = record.values.get(column)
        if column in changed_since or column not in record.values or present != last or not takes_edits:
            left = [*left, *own]
        elif first != last:
            sets.append(Change(record.table, record.id, column, last, first))
    if turn is None:
        return sets, left
    # A dead record takes no edit: it lives again first, or dies last.
    return ([turn, *sets] if turn.kind == "undelete" else [*sets, turn]), left


def _undo_turn(record: Record, turns: list[HistoryRow], later: list[HistoryRow]) -> Change | None:
    """Give the change that takes a delete or undelete back; None where there is none, or others turned it since."""
    if not turns or turns[0].kind != turns[-1].kind:
        return None
    dead, died = record.deleted_op is not None, turns[-1].kind == "delete"
    since = any(row.kind in ("delete", "undelete") for row in later) if died else bool(later)
    if dead != died or since:
        return None
    return Change(record.table, record.id, "", None, None, "undelete" if died else "delete")


def _net(rows: Iterable[HistoryRow]) -> dict[str, tuple[Value, Value, list[HistoryRow]]]:
    """Give per column what stood there before these rows, what stood there after them, and the rows."""
    cells: dict[str, tuple[Value, Value, list[HistoryRow]]] = {}
    for row in rows:
        first, _, own = cells.get(row.column, (row.old, None, []))
        cells[row.column] = (first, row.new, [*own, row])
    return cells


def restore_changes(tx: History, record_id: str, seq: int) -> list[Change]:
    """Give the changes that bring a record back to how it stood at a history seq.

    Raises UnknownName where there is no such record, Refused where it was not there yet.
    """
    table = tx.tables_of([record_id]).get(record_id)
    if table is None:
        raise UnknownName(f"There is no record '{record_id}'.", "Look at `sheetsales history` for the records.")
    (record,) = tx.records(table, ids=[record_id], living=None)
    rows = [row for row in tx.history(record=record_id) if row.seq <= seq]
    if not rows:
        raise Refused(f"The record {record_id} was not there yet at {seq}.", "Name a later seq of `sheetsales history`.")
    values, living = _replay(rows)
    wanted = [(c, values.get(c)) for c in record.values if values.get(c) != record.values[c]]
    sets = [Change(table, record_id, column, record.values[column], value) for column, value in wanted]
    turn = Change(table, record_id, "", None, None, "undelete" if living else "delete")
    if living:
        return ([turn] if record.deleted_op is not None else []) + sets
    if record.deleted_op is not None:
        return []
    return [*sets, turn]


def _replay(rows: Iterable[HistoryRow]) -> tuple[dict[str, Value], bool]:
    values: dict[str, Value] = {}
    living = True
    for row in rows:
        if row.kind in ("delete", "undelete"):
            living = row.kind == "undelete"
        elif row.column:
            values[row.column] = row.new
    return values, living


def every_row(tx: History, piece: int = 20_000) -> Iterator[Any]:
    """Walk the whole history of the tenant, oldest first, a piece at a time; columns as they are hashed."""
    history = tx.schema.generic.history
    columns = [history.c[name] for name in (*chain.COLUMNS, "previous_hash", "hash")]
    query = select(*columns).where(tx.ours(history)).order_by(history.c.seq).limit(piece)
    seq = 0
    while rows := tx.all(query.where(history.c.seq > seq)):
        yield from rows
        seq = rows[-1].seq
