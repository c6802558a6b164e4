"""One open transaction, as the parts of `Tx` share it: the connection, the tables, what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, Table, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.sql.elements import ColumnElement

from sheetsales.errors import UnknownName
from sheetsales_sync.store.kept import Answers, Kept, Key
from sheetsales_sync.store.schema import Schema, Typed

T = TypeVar("T")
Row = Mapping[str, Any]
Rule = Callable[[Any, Any], Any]  # of a column that stands there, and of the one to be inserted
CHUNK: Final = 5_000  # values in one IN list; SQLite takes 32,766, PostgreSQL 65,535
HISTORY: Final = "history"  # name of the counter that numbers the history


class Unit:
    """One open transaction.

    reads: the tables read, and whose records of them (None: everybody's). mark: the history seq up to
    which everything was there when the transaction began, then the last seq of its own.
    """

    def __init__(
        self,
        connection: Connection,
        schema: Schema,
        tenant: str,
        clock: Callable[[], datetime],
        is_gone: Callable[[str], bool],
        home: Path | None,
        kept: Kept,
        *,
        exact: bool,
    ) -> None:
        self.connection = connection
        self.schema = schema
        self.tenant = tenant
        self.clock = clock
        self.is_gone = is_gone
        self.home = home
        self.reads: set[tuple[str, frozenset[str] | None]] = set()
        self.mark = 0
        self.exact = exact
        self.written: set[str] = set()
        self._kept = kept
        self._began = 0
        self._head: str | None = None
        self._answers: Answers | None = None
        self._fresh: dict[Key, Sequence[Any]] = {}

    def begin(self, lock: bool = False) -> None:
        """Note where history stands; with `lock`, let no other transaction write until this one ends."""
        counter = self.schema.generic.counter
        query = select(counter.c.value, counter.c.head).where(counter.c.tenant_id == self.tenant, counter.c.name == HISTORY)
        row = self.connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is not None:
            self.mark, self._head = row
        self._began = self.mark

    def latest_seq(self) -> int:
        """Give the last history seq that this transaction is sure to show."""
        return self.mark

    # ── what earlier transactions read ──

    def once(self, key: Key, read: Callable[[], Sequence[T]]) -> Sequence[T]:
        """Give an answer kept from an earlier transaction, where nothing in it was touched since; else read it."""
        self.reads.add((key.table, key.owners))
        if key.table in self.written:
            return read()
        if self._answers is None:
            self._answers = self._untouched()
        found = self._fresh.get(key)
        if found is None:
            found = self._answers.get(key)
            found = self._fresh[key] = read() if found is None else found
        return found

    def _untouched(self) -> Answers:
        since, hash_ = self._kept.seq, self._kept.hash
        if since > self._began:
            return {}
        history, touched = self.schema.generic.history, self.schema.generic.touched
        news: list[tuple[str, str]] | None = None
        at = select(history.c.hash).where(self.ours(history), history.c.seq == since)
        if hash_ is not None and hash_ == (self._head if since == self._began else self.connection.scalar(at)):
            query = select(touched.c.table_name, touched.c.owner_key).where(self.ours(touched), touched.c.seq > since)
            news = [(row[0], row[1]) for row in self.all(query)]
        return self._kept.advance(since, self._began, self._head, news)

    def keep(self) -> None:
        """Keep what was read for later transactions; once this one is committed."""
        if self.exact and self._fresh:
            self._kept.keep(self._began, self._fresh)

    # ── what the parts need ──

    def kept_path(self, path: str) -> str:
        """Give a path as it is kept: relative to the home of the store where it lies inside."""
        if self.home is None or not Path(path).is_relative_to(self.home):
            return path
        return Path(path).relative_to(self.home).as_posix()

    def full_path(self, kept: str) -> str:
        """Give back the path that `kept_path` shortened."""
        return kept if self.home is None or not kept or Path(kept).is_absolute() else str(self.home / kept)

    def typed(self, table: str) -> Typed:
        """Give a typed table by the name of its table in the playbook."""
        try:
            return self.schema.typed[table]
        except KeyError:
            raise UnknownName(f"There is no table called '{table}'.") from None

    def ours(self, table: Table) -> ColumnElement[bool]:
        """Give the condition that every query carries: the rows of this tenant."""
        return table.c.tenant_id == self.tenant

    def all(self, query: Select[Any]) -> Sequence[Any]:
        """Run a query and give its rows."""
        return self.connection.execute(query).all()

    def among(self, query: Select[Any], column: ColumnElement[Any], wanted: Iterable[str]) -> Iterator[Any]:
        """Run a query for the rows whose column is one of `wanted`, in as many pieces as the database needs."""
        for piece in pieces(sorted(set(wanted)), CHUNK):
            yield from self.connection.execute(query.where(column.in_(piece)))

    def insert_rows(self, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert many rows, given as tuples in the order of `names`.

        The statement is SQLAlchemy's, the parameters go to the driver as they are: measured twice as
        fast as handing over dictionaries, and an import lives on it.
        """
        if not rows:
            return
        dialect = self.connection.dialect
        compiled = insert(table).compile(dialect=dialect, column_keys=list(names))
        processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
        if any(processors):
            columns = [
                values if process is None else [process(value) for value in values]
                for process, values in zip(processors, zip(*rows, strict=True), strict=True)
            ]
            rows = list(zip(*columns, strict=True))
        order = [names.index(name) for name in compiled.positiontup or names]
        if order != list(range(len(order))):
            rows = list(map(itemgetter(*order), rows))
        self.connection.exec_driver_sql(str(compiled), list(rows))

    def put(self, table: Table, rows: Sequence[Row], *, keep: Mapping[str, Rule] | None = None) -> None:
        """Insert rows of this tenant, or replace those of the same key; see `put`."""
        put(self.connection, table, [{"tenant_id": self.tenant, **row} for row in rows], keep=keep)

    def add_new(self, table: Table, row: Row) -> bool:
        """Insert a row of this tenant unless its key is there already; say whether it was inserted."""
        return add_new(self.connection, table, {"tenant_id": self.tenant, **row})


def put(connection: Connection, table: Table, rows: Sequence[Row], *, keep: Mapping[str, Rule] | None = None) -> None:
    """Insert rows, or replace those of the same key. keep: columns with a rule of their own (old, new)."""
    if not rows:
        return
    statement = _insert(connection, table)
    key = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    for name, rule in (keep or {}).items():
        changed[name] = rule(table.c[name], statement.excluded[name])
    if changed:
        statement = statement.on_conflict_do_update(index_elements=key, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    connection.execute(statement, list(rows))


def add_new(connection: Connection, table: Table, row: Row) -> bool:
    """Insert a row unless its key is there already; say whether it was inserted."""
    statement = _insert(connection, table).on_conflict_do_nothing().values(**row).returning(table.c.tenant_id)
    return connection.execute(statement).first() is not None


def _insert(connection: Connection, table: Table) -> Any:
    return (insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql)(table)


def pieces(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
