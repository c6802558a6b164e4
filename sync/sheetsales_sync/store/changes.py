"""Writing: one op's changes become history, and through history the typed tables, all in bulk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError

from sheetsales.errors import StaleRecord, UnknownName
from sheetsales.values import Value, to_text
from sheetsales_sync.state import Change, Op
from sheetsales_sync.store import chain
from sheetsales_sync.store.records import Records
from sheetsales_sync.store.schema import Typed
from sheetsales_sync.store.types import fit, utc
from sheetsales_sync.store.unit import HISTORY

Resolve = Callable[[str, Value], "str | None"]


@dataclass(slots=True)
class Standing:
    """One record while changes are laid on it. version 0: it is new. touched: columns that change."""

    values: dict[str, Value]
    version: int = 0
    deleted_op: str | None = None
    last_op: str | None = None
    created_seq: int = 0
    owner_before: str = ""
    touched: set[str] = field(default_factory=set)
    turned: bool = False


def owner_key(value: Value) -> str:
    """Give the form in which owners are compared; "" for a blank one, which is everybody's."""
    return "" if value is None else str(value).casefold()


class Changes(Records):
    """The part of `Tx` that writes records and their history."""

    def apply(self, op: Op, changes: Sequence[Change], *, resolve: Resolve | None = None) -> int:
        """Write changes of an op: history, then the typed tables; give the last history seq.

        Changes of a cell to what it already is are left out, and nothing is written if nothing is left.
        resolve(target table, text) gives the id that a reference means, or None. A record's version
        goes up by one per op. Raises StaleRecord where `old` is not what stands there, a record to be
        created is there already, or a record to be changed is dead; the transaction must then end.
        """
        wanted = self._effective(changes)
        if not wanted:
            return self.mark
        first, head = self._take_numbers(len(wanted))
        standing = self._standing(wanted)
        for number, change in enumerate(wanted):
            self._lay(change, standing, op, first + number)
        at = utc(op.at)
        self._write_history(op, wanted, first, head, at)
        self._write_records(op, standing, at, resolve)
        self._note_touched(standing, first + len(wanted) - 1)
        self.mark = first + len(wanted) - 1
        return self.mark

    def _effective(self, changes: Sequence[Change]) -> list[Change]:
        """Give the changes with values of their column's type, without those that change nothing."""
        found = []
        for given in changes:
            change = given
            typed = self.typed(change.table)
            old, new = change.old, change.new
            if change.column:
                if change.column not in typed.by_name:
                    raise UnknownName(f"The table '{change.table}' has no column called '{change.column}'.")
                kind = typed.kinds[change.column]
                old, new = fit(kind, old), fit(kind, new)
                if change.kind == "set" and old == new:
                    continue
            if old is not change.old or new is not change.new:
                change = Change(change.table, change.record, change.column, old, new, change.kind, change.place, change.base_gen)
            found.append(change)
        return found

    def _take_numbers(self, count: int) -> tuple[int, str]:
        """Reserve history numbers; give the first of them and the hash before it.

        From here on no other transaction of this tenant can write until this one ends. What others
        wrote since it began matters only where it lies in something that was read here.
        """
        counter = self.schema.generic.counter
        here = (self.ours(counter), counter.c.name == HISTORY)
        taken = update(counter).where(*here).values(value=counter.c.value + count).returning(counter.c.value, counter.c.head)
        row = self.connection.execute(taken).one_or_none()
        if row is None:
            self.add_new(counter, {"name": HISTORY, "value": 0, "head": chain.START})
            row = self.connection.execute(taken).one()
        before = row[0] - count
        if before == self.mark:
            self.exact = True  # nobody wrote since this transaction began, and nobody can before it ends
        elif self._read_is_stale(before):
            raise StaleRecord
        return before + 1, row[1] or chain.START

    def _read_is_stale(self, until: int) -> bool:
        """Say whether anything that was read here was changed by others since this transaction began."""
        touched = self.schema.generic.touched
        query = touched.select().where(self.ours(touched), touched.c.seq > self.mark, touched.c.seq <= until)
        for row in self.all(query):
            for table, owners in self.reads:
                if row.table_name == table and (owners is None or not row.owner_key or row.owner_key in owners):
                    return True
        return False

    def _standing(self, wanted: Sequence[Change]) -> dict[tuple[str, str], Standing]:
        """Load the records that the changes touch and do not create."""
        created = {(c.table, c.record) for c in wanted if c.kind == "create"}
        by_table: dict[str, set[str]] = {}
        for change in wanted:
            if (change.table, change.record) not in created:
                by_table.setdefault(change.table, set()).add(change.record)
        found = {key: Standing({}) for key in created}
        for table, ids in by_table.items():
            typed = self.typed(table)
            own = typed.table.c
            query = self._select(typed).add_columns(own.last_op).where(self.ours(typed.table))
            names = [stored.column.name for stored in typed.stored]
            for row in self.among(query, own.id, ids):
                values = dict(zip(names, row[5:-1], strict=True))
                found[table, row[0]] = Standing(values, row[1], row[3], row[-1], row[4], owner_key(values.get("owner")))
        return found

    def _lay(self, change: Change, standing: dict[tuple[str, str], Standing], op: Op, seq: int) -> None:
        """Lay one change on its record, if what it says about the present is true."""
        record = standing.get((change.table, change.record))
        if record is None:
            raise StaleRecord(f"The record {change.record} does not exist.")
        if change.kind == "create":
            record.values[change.column] = change.new
            record.created_seq = record.created_seq or seq
            return
        if change.kind == "undelete":
            if record.deleted_op is None:
                raise StaleRecord(f"The record {change.record} is not deleted.")
            record.deleted_op, record.turned = None, True
            return
        if record.deleted_op is not None:
            raise StaleRecord(f"The record {change.record} was deleted in the meantime.")
        if change.kind == "delete":
            record.deleted_op, record.turned = op.id, True
            return
        if record.values.get(change.column) != change.old:
            raise StaleRecord(f"The record {change.record} was changed in the meantime ({change.column}).")
        record.values[change.column] = change.new
        record.touched.add(change.column)

    def _write_history(self, op: Op, changes: Sequence[Change], first: int, head: str, at: datetime) -> None:
        link, shown, tenant = chain.link, chain.moment_text(at), self.tenant
        rows = []
        for seq, change in enumerate(changes, first):
            content = (
                tenant, seq, op.id, change.table, change.record, change.column, change.kind, to_text(change.old),
                to_text(change.new), op.book, change.place, change.base_gen, op.actor, shown,
            )  # fmt: skip
            previous, head = head, link(head, content)
            rows.append((*content[:-1], at, previous, head))
        self.insert_rows(self.schema.generic.history, (*chain.COLUMNS, "previous_hash", "hash"), rows)
        counter = self.schema.generic.counter
        self.connection.execute(update(counter).where(self.ours(counter), counter.c.name == HISTORY).values(head=head))

    def _write_records(self, op: Op, standing: dict[tuple[str, str], Standing], at: datetime, resolve: Resolve | None) -> None:
        by_table: dict[str, dict[str, Standing]] = {}
        for (table, record), state in standing.items():
            by_table.setdefault(table, {})[record] = state
        known: dict[tuple[str, Value], str | None] = {}

        def meant(target: str, text: Value) -> str | None:
            if resolve is None or text is None:
                return None
            if (target, text) not in known:
                known[target, text] = resolve(target, text)
            return known[target, text]

        for table, records in by_table.items():
            typed = self.typed(table)
            fresh = {record: state for record, state in records.items() if not state.version}
            self._insert_records(typed, fresh, op, at, meant)
            self.written.add(table)
            changed = {r: s for r, s in records.items() if s.version and (s.touched or s.turned)}
            self._update_records(typed, changed, op, at, meant)

    def _insert_records(self, typed: Typed, records: dict[str, Standing], op: Op, at: datetime, meant: Resolve) -> None:
        names = ["tenant_id", "id", "version", "updated_at", "created_seq", "deleted_op", "last_op"]
        names += [stored.name for stored in typed.stored]
        references = [stored for stored in typed.stored if stored.id_name]
        names += [stored.id_name for stored in references]
        columns = [stored.column.name for stored in typed.stored]
        shown = at.replace(microsecond=0)
        rows = []
        for record, state in records.items():
            values = state.values
            ids = (meant(s.column.target, values.get(s.column.name)) for s in references)
            service = (self.tenant, record, 1, shown, state.created_seq, state.deleted_op, op.id)
            rows.append((*service, *map(values.get, columns), *ids))
        index = [(self.tenant, r, typed.name, owner_key(s.values.get("owner"))) for r, s in records.items()]
        try:
            self.insert_rows(self.schema.generic.record, ("tenant_id", "id", "table_name", "owner_key"), index)
            self.insert_rows(typed.table, names, rows)
        except IntegrityError as error:
            raise StaleRecord("A record that was to be made is there already.") from error

    def _update_records(self, typed: Typed, records: dict[str, Standing], op: Op, at: datetime, meant: Resolve) -> None:
        groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for record, state in records.items():
            columns = tuple(sorted(state.touched))
            row: dict[str, Any] = {
                "b_id": record, "b_seen": state.version, "b_version": state.version + (state.last_op != op.id),
                "b_deleted": state.deleted_op,
            }  # fmt: skip
            for number, name in enumerate(columns):
                stored = typed.by_name[name]
                row[f"b_{number}"] = state.values[name]
                if stored.id_name:
                    row[f"b_{number}_id"] = meant(stored.column.target, state.values[name])
            groups.setdefault(columns, []).append(row)
        own = typed.table.c
        for columns, rows in groups.items():
            new: dict[Any, Any] = {
                own.version: bindparam("b_version"), own.deleted_op: bindparam("b_deleted"), own.last_op: op.id,
                own.updated_at: at.replace(microsecond=0),
            }  # fmt: skip
            for number, name in enumerate(columns):
                stored = typed.by_name[name]
                new[own[stored.name]] = bindparam(f"b_{number}")
                if stored.id_name:
                    new[own[stored.id_name]] = bindparam(f"b_{number}_id")
            seen = (self.ours(typed.table), own.id == bindparam("b_id"), own.version == bindparam("b_seen"))
            done = self.connection.execute(update(typed.table).where(*seen).values(new), rows)
            if done.rowcount != len(rows):
                raise StaleRecord
        self._move_owners(records)

    def _move_owners(self, records: dict[str, Standing]) -> None:
        moved = {r: owner_key(s.values.get("owner")) for r, s in records.items() if "owner" in s.touched}
        record = self.schema.generic.record
        if moved:
            moving = update(record).where(self.ours(record), record.c.id == bindparam("b_id"))
            self.connection.execute(
                moving.values(owner_key=bindparam("b_owner")), [{"b_id": r, "b_owner": key} for r, key in moved.items()]
            )

    def _note_touched(self, standing: dict[tuple[str, str], Standing], last: int) -> None:
        """Remember per table and owner where history last touched them; what tells a book of news."""
        keys: set[tuple[str, str]] = set()
        for (table, _record), state in standing.items():
            after = owner_key(state.values.get("owner"))
            keys.add((table, after))
            if state.version:
                keys.add((table, state.owner_before))
        rows = [{"table_name": table, "owner_key": key, "seq": last} for table, key in sorted(keys)]
        self.put(self.schema.generic.touched, rows)
