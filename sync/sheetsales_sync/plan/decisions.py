"""Decisions that a rep took in the Conflicts tab, and rows that a rep marked for deletion."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sheetsales.cells import reader
from sheetsales.columns import same
from sheetsales.typed_text import Bad
from sheetsales.values import Value, fold, to_text
from sheetsales_sync.plan.rows import SheetRow
from sheetsales_sync.plan.truth import Outcome, Unknown, merge_cell
from sheetsales_sync.plan.work import Pending, Work
from sheetsales_sync.state import Conflict, Record, Rejection
from sheetsales_workbooks.host import ConflictRow, RowRead

_NO_ROW = RowRead(0, None, None, {}, {})  # a decision stands for a cell whose row may be gone from the sheet
KEEP, TAKE, OTHER = (fold(word) for word in ("Keep mine", "Take theirs", "Other value"))


def apply_decisions(work: Work) -> None:
    """Carry out the decisions: each is itself an edit whose parent is the shared value as shown."""
    conflicts = {c.id: c for c in work.given.conflicts if c.state == "open"}
    rejections = {r.id: r for r in work.given.rejections if r.state == "open"}
    for line in work.given.read.conflicts:
        decision = fold(line.decision or "")
        if decision not in (KEEP, TAKE, OTHER):
            continue
        if line.id in conflicts:
            _solve_conflict(work, conflicts[line.id], decision, line)
        elif line.id in rejections:
            _solve_rejection(work, rejections[line.id], decision, line)


def _row_of(work: Work, table: str, record: str) -> SheetRow | None:
    return next((row for row in work.rows.get(table, ()) if row.record == record), None)


def _solve_conflict(work: Work, conflict: Conflict, decision: str, line: ConflictRow) -> None:
    key = (conflict.record, conflict.column)
    if work.open_conflicts.get(key) is not conflict:
        return  # it was replaced or closed while the rows were merged
    stored = work.given.records.get(conflict.record)
    if stored is None or conflict.table not in work.given.playbook.tables:
        return
    if decision != TAKE and _given_away(work, conflict.table, conflict.record):
        raw = (conflict.mine if decision == KEEP else line.other) if conflict.column else "Delete"
        _turn_down(work, conflict.table, conflict.record, conflict.column, raw, line)
        work.close_conflict(*key, "theirs")
        return
    if conflict.column == "":
        _solve_delete(work, conflict, decision)
        return
    column = work.column(conflict.table, conflict.column)
    now = work.merged.get(conflict.record, stored.values).get(conflict.column)
    if decision == TAKE:
        work.keep.get(conflict.record, set()).discard(conflict.column)
        work.close_conflict(*key, "theirs")
        return
    if not same(column, now, conflict.theirs):
        work.close_conflict(*key, "replaced")
        work.clash(
            conflict.table,
            conflict.record,
            conflict.column,
            conflict.theirs,
            conflict.mine,
            now,
            "The shared value changed again before you decided.",
            conflict.place,
        )
        return
    value: Value | Bad = conflict.mine if decision == KEEP else reader(column)(line.other)
    if isinstance(value, Bad):
        work.plan.messages.append(f"Conflicts tab, row {line.row}: {value.message} {value.hint}")
        return
    if stored.deleted_op is not None:
        work.revived.add(conflict.record)
    work.keep.get(conflict.record, set()).discard(conflict.column)
    row = _row_of(work, conflict.table, conflict.record)
    place = f"Conflicts!L{line.row}"
    if row is None:
        row = SheetRow(_NO_ROW, conflict.record, {}, {}, {}, False, conflict.record)
    work.edits[key] = Pending(now, value, row, place)
    work.merged.setdefault(conflict.record, dict(stored.values))[conflict.column] = value
    work.table_of[conflict.record] = conflict.table
    work.close_conflict(*key, "mine" if decision == KEEP else "other")


def _given_away(work: Work, table: str, record: str) -> bool:
    """Say whether a record belongs to somebody out of scope by now, so that nothing is decided about it here."""
    stored = work.given.records.get(record)
    return (
        stored is not None and work.given.playbook.tables[table].owned and not work.given.scope.covers(stored.values.get("owner"))
    )


def _turn_down(work: Work, table: str, record: str, column: str, raw: object, line: ConflictRow) -> None:
    """Keep what was decided about a record that was given away; nothing of it is written."""
    owner = to_text(work.given.records[record].values.get("owner")) or "someone else"
    reason = f"The record is no longer yours; it belongs to {owner}."
    words = raw if isinstance(raw, (str, int, Decimal, date)) else None
    work.refuse(table, record, column, to_text(words) or "", "NOT-YOURS", reason, "Tell the new owner.", f"Conflicts!L{line.row}",
                returns=True)  # fmt: skip


def _solve_delete(work: Work, conflict: Conflict, decision: str) -> None:
    """Keep mine: delete after all, if the row shows the present values. Take theirs: let it live."""
    if decision == KEEP:
        row = _row_of(work, conflict.table, conflict.record)
        stored = work.given.records[conflict.record]
        if row is not None and stored.deleted_op is None and not row.bad and _shows(work, conflict.table, row):
            work.deleted.add(conflict.record)
            work.table_of[conflict.record] = conflict.table
        else:
            return
    work.close_conflict(conflict.record, "", "mine" if decision == KEEP else "theirs")


def _solve_rejection(work: Work, rejection: Rejection, decision: str, line: ConflictRow) -> None:
    """Take theirs: the shared value comes back, of a row it is dropped. Other value: as if typed into the cell."""
    record = rejection.record or ""
    stored = work.given.records.get(record)
    if decision == TAKE:
        if (stored is None or not rejection.column) and _row_of(work, rejection.table, record) is not None:
            return  # the row itself still stands there and is no record
        work.keep.get(record, set()).discard(rejection.column)
        work.close_rejection(record, rejection.column, "theirs")
    elif decision == OTHER and rejection.column and _given_away(work, rejection.table, record):
        _turn_down(work, rejection.table, record, rejection.column, line.other, line)
    elif decision == OTHER and (record, rejection.column) in work.edits:
        work.plan.messages.append(
            f"Conflicts tab, row {line.row}: something was typed into the cell itself as well; that was taken."
        )
    elif decision == OTHER and stored is not None and rejection.column:
        _other_value(work, rejection, record, stored, line)


def _other_value(work: Work, rejection: Rejection, record: str, stored: Record, line: ConflictRow) -> None:
    """Take the value from the tab as if it was typed into the cell: merged against what the cell last held."""
    table, name = rejection.table, rejection.column
    column = work.column(table, name)
    value = reader(column)(line.other)
    if isinstance(value, Bad):
        work.plan.messages.append(f"Conflicts tab, row {line.row}: {value.message} {value.hint}")
        return
    place = f"Conflicts!M{line.row}"
    work.keep.get(record, set()).discard(name)
    work.close_rejection(record, name, "other")
    now = work.merged.get(record, stored.values).get(name)
    parent = work.parent(record, name)
    outcome = merge_cell(column, parent, value, now)
    if stored.deleted_op is None and outcome is Outcome.ACCEPT:
        row = _row_of(work, table, record) or SheetRow(_NO_ROW, record, {}, {}, {}, False, record)
        work.accept(table, record, name, now, value, row, place)
    elif not same(column, value, now):
        why = "Changed by someone else at the same time." if stored.deleted_op is None else "The record was deleted."
        work.clash(table, record, name, None if isinstance(parent, Unknown) else parent, value, now, why, place)


def apply_deletes(work: Work) -> None:
    """Delete the rows marked so, where their author saw the present value of every cell."""
    for table, rows in work.rows.items():
        for row in rows:
            if not row.delete or row.record in work.unfinished:
                continue
            stored = work.given.records.get(row.record)
            if row.foreign or (stored is not None and stored.deleted_op is not None):
                continue
            if stored is None or (not row.bad and not row.unclear and not row.parents_unknown and _shows(work, table, row)):
                work.deleted.add(row.record)
                work.table_of[row.record] = table
                work.close_conflict(row.record, "", "mine")
            else:
                work.clear_action.add(row.record)
                changed = _what_changed(work, table, row)
                work.clash(
                    table,
                    row.record,
                    "",
                    None,
                    "Delete",
                    changed,
                    "Changed since you saw it, so it was not deleted.",
                    work.place(table, row, "id"),
                )


def _shows(work: Work, table: str, row: SheetRow) -> bool:
    """Say whether every cell of the row shows the record as it will stand."""
    present = work.present(row.record) or {}
    definition = work.given.playbook.tables[table]
    if any(c.name not in row.values for c in definition.inputs if c.name in work.given.read.tables[table].missing):
        return False
    if any((row.record, name) in work.open_conflicts or (row.record, name) in work.standing for name in row.values):
        return False
    return all(same(definition.by_name[name], value, present.get(name)) for name, value in row.values.items())


def _what_changed(work: Work, table: str, row: SheetRow) -> str:
    present = work.present(row.record) or {}
    definition = work.given.playbook.tables[table]
    parts = [
        f"{definition.by_name[name].header}: {to_text(present.get(name)) or 'blank'}"
        for name, value in row.values.items()
        if not same(definition.by_name[name], value, present.get(name))
    ]
    return "; ".join(parts)[:500] or "cells of the row are not settled yet"
