"""Proving the store: history is whole, and the present follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from sheetsales.values import Value, to_text
from sheetsales_sync.state import Record
from sheetsales_sync.store import chain
from sheetsales_sync.store.changes import owner_key
from sheetsales_sync.store.history import every_row
from sheetsales_sync.store.transaction import Store, Tx
from sheetsales_sync.store.types import read_text
from sheetsales_sync.store.unit import HISTORY


@dataclass(slots=True)
class _Derived:
    """A record as history tells it."""

    values: dict[str, Value] = field(default_factory=dict)
    ops: int = 0
    last_op: str = ""
    deleted_op: str | None = None


def verify(store: Store) -> list[str]:
    """Walk the hash chain and derive every record again from history; give a sentence per difference.

    Empty when all is well. Grows with the length of the history; the store may be in use meanwhile.
    """
    return store.read(_verify)


def _verify(tx: Tx) -> list[str]:
    wrong: list[str] = []
    derived = _walk(tx, wrong)
    for table in sorted(tx.schema.typed):
        wrong.extend(_compare(tx, table, derived.get(table, {})))
    return [*wrong, *tx.audit_differences()]


def _walk(tx: Tx, wrong: list[str]) -> dict[str, dict[str, _Derived]]:
    """Follow the chain and build every record; put what is wrong with the chain into `wrong`."""
    derived: dict[str, dict[str, _Derived]] = {}
    head, expected = chain.START, 1
    op = tx.schema.generic.op
    known = {row[0] for row in tx.all(select(op.c.id).where(tx.ours(op)))}
    nameless: set[str] = set()
    for row in every_row(tx):
        if row.seq != expected:
            wrong.append(f"History jumps from {expected - 1} to {row.seq}: rows are missing.")
        content = (*row[: len(chain.COLUMNS) - 1], chain.moment_text(row.at))
        if row.previous_hash != head or chain.link(head, content) != row.hash:
            wrong.append(f"History row {row.seq} was changed after it was written, or one before it was removed.")
        head, expected = row.hash, row.seq + 1
        if row.op_id not in known and row.op_id not in nameless:
            nameless.add(row.op_id)
            wrong.append(f"History row {row.seq} belongs to the operation '{row.op_id}', which is not there.")
        if row.table_name in tx.schema.typed:
            _take(tx, derived.setdefault(row.table_name, {}).setdefault(row.record_id, _Derived()), row)
    counter = tx.schema.generic.counter
    query = select(counter.c.value, counter.c.head).where(tx.ours(counter), counter.c.name == HISTORY)
    last = tx.connection.execute(query).one_or_none()
    if last is not None and (last.value != expected - 1 or last.head != head):
        wrong.append(f"History ends at {expected - 1}, but {last.value} rows were written: the end is missing or was changed.")
    return derived


def _take(tx: Tx, record: _Derived, row: Any) -> None:
    if row.op_id != record.last_op:
        record.ops += 1
        record.last_op = row.op_id
    if row.kind in ("delete", "undelete"):
        record.deleted_op = row.op_id if row.kind == "delete" else None
    elif row.column_id:
        record.values[row.column_id] = read_text(row.new, tx.schema.kind(row.table_name, row.column_id))


def _compare(tx: Tx, table: str, derived: dict[str, _Derived]) -> list[str]:
    """Compare a typed table, and the index of its records, with what history tells."""
    wrong: list[str] = []
    present = {record.id: record for record in tx.records(table, living=None)}
    index = tx.schema.generic.record
    query = select(index.c.id, index.c.owner_key).where(tx.ours(index), index.c.table_name == table)
    owners = {row[0]: row[1] for row in tx.all(query)}
    for record in sorted(present.keys() - derived.keys()):
        wrong.append(f"{table} {record} stands in the table, but history does not know it.")
    for record, told in sorted(derived.items()):
        here = present.get(record)
        if here is None:
            wrong.append(f"{table} {record} is missing from the table, but history has it.")
            continue
        wrong.extend(_differences(here, told))
        if owners.get(record) != owner_key(here.values.get("owner")):
            wrong.append(f"{table} {record} is listed under another owner than it has.")
    return wrong


def _differences(here: Record, told: _Derived) -> list[str]:
    wrong = []
    for column, value in here.values.items():
        expected = told.values.get(column)
        if value != expected:
            shown, wanted = to_text(value) or "blank", to_text(expected) or "blank"
            wrong.append(f"{here.table} {here.id}: {column} is {shown}, but by history it is {wanted}.")
    if here.deleted_op != told.deleted_op:
        wrong.append(f"{here.table} {here.id} is {'deleted' if here.deleted_op else 'living'}, but by history it is not.")
    if here.version != told.ops:
        wrong.append(f"{here.table} {here.id} has version {here.version}, but {told.ops} operations changed it.")
    return wrong
