"""Reading the present state: records, plain rows, look-ups, and how wanted values differ from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from types import NoneType
from typing import Any, Final

from sqlalchemy import Select, Text, cast, func, literal, select
from sqlalchemy.sql.elements import ColumnElement

from sheetsales.errors import UnknownName
from sheetsales.values import Value, fold
from sheetsales_sync.state import Change, Record, Scope, Values
from sheetsales_sync.store.kept import Key
from sheetsales_sync.store.schema import Typed
from sheetsales_sync.store.scope import scoped
from sheetsales_sync.store.types import fit, fit_all
from sheetsales_sync.store.unit import CHUNK, Unit

CUT: Final = "\x1f"  # what stands before each value where a record is compared as one text
BLANK: Final = "\x1e"  # … and in the place of a blank


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

        def read() -> list[Record]:
            query = self._narrowed(typed, self._select(typed), scope, living)
            names = [stored.column.name for stored in typed.stored]
            return [
                Record(table, row[0], dict(zip(names, row[5:], strict=True)), row[1], row[3], row[2])
                for row in self._ordered(typed, query, ids)
            ]

        return list(self.once(Key("records", table, _owners(typed, scope)), read)) if ids is None and living else read()

    def rows(self, table: str) -> list[dict[str, Value]]:
        """Give all living records of a table as plain rows, with id, version and updated_at; for rules."""
        typed = self.typed(table)

        def read() -> list[dict[str, Value]]:
            query = self._narrowed(typed, self._select(typed), None, True)
            names = ["id", "version", "updated_at", *(stored.column.name for stored in typed.stored)]
            return [dict(zip(names, (*row[:3], *row[5:]), strict=True)) for row in self._ordered(typed, query, None)]

        return list(self.once(Key("rows", table, None), read))

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
        if not wanted:
            return []
        names, columns = _columns(list(wanted.values()))
        present = self._as_text(typed, names, wanted)
        said = _texts([(typed.kinds[name], column) for name, column in zip(names, columns, strict=True)])
        other = [record for record, here, text in zip(wanted, map(present.get, wanted), said, strict=True) if here != text]
        stored = {record.id: record for record in self.records(table, ids=other, living=None)}
        changes: list[Change] = []
        for record in other:
            values, here = wanted[record], stored.get(record)
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
        self.reads.add((typed.name, _owners(typed, scope)))
        query = scoped(query, typed.table, self.schema, self.tenant, scope)
        if living is not None:
            dead = typed.table.c.deleted_op
            query = query.where(dead.is_(None) if living else dead.is_not(None))
        return query

    def _ordered(self, typed: Typed, query: Select[Any], ids: Iterable[str] | None) -> Sequence[Any]:
        if ids is None:
            return self.all(query.order_by(typed.table.c.created_seq, typed.table.c.id))
        return sorted(self.among(query, typed.table.c.id, ids), key=lambda row: (row[4] or 0, row[0]))

    def _as_text(self, typed: Typed, names: Sequence[str], wanted: Mapping[str, Values]) -> dict[str, str]:
        """Give these columns of the living records, each record in one text: comparing them so is several times faster."""
        own = typed.table.c
        text: ColumnElement[str] = literal("", Text)
        for name in names:
            text = text + CUT + func.coalesce(cast(own[typed.by_name[name].name], Text), BLANK)
        query = self._narrowed(typed, select(own.id, text), None, True)
        if len(wanted) <= CHUNK:
            query = query.where(own.id.in_(sorted(wanted)))
        compiled = query.compile(dialect=self.connection.dialect, compile_kwargs={"render_postcompile": True})
        parameters = tuple(compiled.params[name] for name in compiled.positiontup or ())
        cursor = self.connection.exec_driver_sql(str(compiled), parameters).cursor
        return {row[0]: row[1] for row in iter(cursor.fetchone, None)} if cursor is not None else {}


def _owners(typed: Typed, scope: Scope | None) -> frozenset[str] | None:
    """Give whose records a query shows; None for everybody's."""
    return None if scope is None or typed.open else scope.owners


def _columns(rows: Sequence[Values]) -> tuple[tuple[str, ...], Sequence[Sequence[Value]]]:
    """Give the names in these rows, and the values of each; rows that all have the same names are the quick case."""
    names = tuple(rows[0])
    if set(map(len, rows)) == {len(names)}:
        with suppress(KeyError):
            return names, [list(map(itemgetter(name), rows)) for name in names]
    names = tuple(dict.fromkeys(name for values in rows for name in values))
    return names, [[values.get(name) for values in rows] for name in names]


def _texts(columns: Sequence[tuple[str, Sequence[Value]]]) -> list[str | None]:
    """Give each row in the one text as which a database would give it; None where a value might be taken for two.

    A text that the database would write otherwise (5 for 5.00) only costs a closer look at the record.
    """
    texts = [_column_texts(kind, values) for kind, values in columns]
    count = len(columns)
    joined = map(CUT.join, zip([""] * len(texts[0]), *texts, strict=True))
    return [text if text.count(CUT) == count else None for text in joined]


def _column_texts(kind: str, given: Sequence[Value]) -> Sequence[str]:
    values = fit_all(kind, given)
    types = set(map(type, values))
    if types == {str}:
        return values  # type: ignore[return-value]
    written = list(map(str, values))
    return (
        [BLANK if value is None else text for value, text in zip(values, written, strict=True)] if NoneType in types else written
    )
