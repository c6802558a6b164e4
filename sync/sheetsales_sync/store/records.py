"""Reading the present state: records, plain rows, look-ups, and how wanted values differ from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, select

from sheetsales.errors import UnknownName
from sheetsales.values import Value, fold
from sheetsales_sync.state import Change, Record, Scope, Values
from sheetsales_sync.store.schema import Typed
from sheetsales_sync.store.scope import scoped
from sheetsales_sync.store.types import fit, fit_all
from sheetsales_sync.store.unit import CHUNK, Unit


class Records(Unit):
    """The part of `Tx` that reads the typed tables."""

    def records(
        self, table: str, *, scope: Scope | None = None, ids: Iterable[str] | None = None, living: bool | None = True
    ) -> list[Record]:
        """Give records of a table, in the order in which they came to be.

        scope: whose records; shared and library tables ignore it. ids: only these. living: True for the
        living, False for the deleted, None for both. Values hold every column of the table but id,
        version and updated_at, which the record has itself (updated_at as naive UTC, to the second).
        """
        typed = self.typed(table)
        query = self._narrowed(typed, self._select(typed), scope, living)
        names = [stored.column.name for stored in typed.stored]
        return [
            Record(table, row[0], dict(zip(names, row[5:], strict=True)), row[1], row[3], row[2])
            for row in self._ordered(typed, query, ids)
        ]

    def rows(self, table: str) -> list[dict[str, Value]]:
        """Give all living records of a table as plain rows, with id, version and updated_at; for rules."""
        typed = self.typed(table)
        query = self._narrowed(typed, self._select(typed), None, True)
        names = ["id", "version", "updated_at", *(stored.column.name for stored in typed.stored)]
        return [dict(zip(names, (*row[:3], *row[5:]), strict=True)) for row in self._ordered(typed, query, None)]

    def tables_of(self, ids: Iterable[str]) -> dict[str, str]:
        """Give the table of each id that any record ever had; other ids are left out."""
        record = self.schema.generic.record
        query = select(record.c.id, record.c.table_name).where(self.ours(record))
        return {row[0]: row[1] for row in self.among(query, record.c.id, ids)}

    def find_key(self, table: str, column: str, values: Iterable[Value]) -> dict[str, list[str]]:
        """Give the living records whose column holds one of these values, compared trimmed and case-folded.

        The answer is by folded value; a value that nothing holds is left out.
        """
        typed = self.typed(table)
        wanted = {fold(value) for value in values if value is not None}
        if column not in typed.by_name:
            raise UnknownName(f"The table '{table}' has no column called '{column}'.")
        held = typed.table.c[typed.by_name[column].name]
        query = select(typed.table.c.id, held).where(held.is_not(None)).order_by(typed.table.c.created_seq, typed.table.c.id)
        found: dict[str, list[str]] = {}
        for record, value in self.all(self._narrowed(typed, query, None, True)):
            key = fold(value)
            if key in wanted:
                found.setdefault(key, []).append(record)
        return found

    def changes_to(self, table: str, wanted: Mapping[str, Values]) -> list[Change]:
        """Give the changes that bring living records to these values; columns not named stay as they are.

        A record that is not there is created. What stands there already makes no change, so a repeated
        import writes nothing. Dead records are left alone.
        """
        typed = self.typed(table)
        shapes = set(map(tuple, wanted.values()))
        names = sorted({name for shape in shapes for name in shape})
        present = self._raw(typed, names, wanted)
        columns = self._driver_columns(typed, names, wanted, uniform=len(shapes) == 1)
        other = {row[0] for row in zip(wanted, *columns, strict=True) if present.get(row[0]) != row}
        stored = {record.id: record for record in self.records(table, ids=other, living=None)}
        changes: list[Change] = []
        for record, values in wanted.items():
            if record not in other:
                continue
            here = stored.get(record)
            if here is None:
                changes.extend(Change(table, record, n, None, v, "create") for n, v in values.items() if v is not None)
            elif here.deleted_op is None:
                for name, value in values.items():
                    if here.values[name] != fit(typed.kinds[name], value):
                        changes.append(Change(table, record, name, here.values[name], value))
        return changes

    # ── inside ──

    def _select(self, typed: Typed) -> Select[Any]:
        own = typed.table.c
        return select(own.id, own.version, own.updated_at, own.deleted_op, own.created_seq, *(own[s.name] for s in typed.stored))

    def _narrowed(self, typed: Typed, query: Select[Any], scope: Scope | None, living: bool | None) -> Select[Any]:
        """Narrow a query to the tenant, the scope and the living, and note what was read."""
        owners = None if scope is None or typed.open else scope.owners
        self.reads.add((typed.name, owners))
        query = scoped(query, typed.table, self.schema, self.tenant, scope)
        if living is not None:
            dead = typed.table.c.deleted_op
            query = query.where(dead.is_(None) if living else dead.is_not(None))
        return query

    def _ordered(self, typed: Typed, query: Select[Any], ids: Iterable[str] | None) -> Sequence[Any]:
        if ids is None:
            return self.all(query.order_by(typed.table.c.created_seq, typed.table.c.id))
        return sorted(self.among(query, typed.table.c.id, ids), key=lambda row: (row[4] or 0, row[0]))

    def _raw(self, typed: Typed, names: Sequence[str], wanted: Mapping[str, Values]) -> dict[str, tuple[Any, ...]]:
        """Give the living records as the driver hands them over: comparing them so is several times faster."""
        own = typed.table.c
        query = self._narrowed(typed, select(own.id, *(own[typed.by_name[n].name] for n in names)), None, True)
        if len(wanted) <= CHUNK:
            query = query.where(own.id.in_(sorted(wanted)))
        compiled = query.compile(dialect=self.connection.dialect, compile_kwargs={"render_postcompile": True})
        parameters = tuple(compiled.params[name] for name in compiled.positiontup or ())
        cursor = self.connection.exec_driver_sql(str(compiled), parameters).cursor
        return {row[0]: row for row in cursor.fetchall()} if cursor is not None else {}

    def _driver_columns(
        self, typed: Typed, names: Sequence[str], wanted: Mapping[str, Values], *, uniform: bool
    ) -> list[Sequence[Any]]:
        """Give the wanted values column by column, in the form in which the driver would hand them over.

        uniform: all rows have all names, which is the usual case and twice as fast.
        """
        dialect = self.connection.dialect
        columns: list[Sequence[Any]] = []
        rows = wanted.values()
        for name in names:
            given = list(map(itemgetter(name), rows)) if uniform else [values.get(name) for values in rows]
            column = fit_all(typed.kinds[name], given)
            process = typed.table.c[typed.by_name[name].name].type.dialect_impl(dialect).bind_processor(dialect)
            columns.append(column if process is None else [process(value) for value in column])
        return columns
