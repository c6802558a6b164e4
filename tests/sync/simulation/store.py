"""The store in memory: transactions by an undo journal, with the faults a database can have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from sheetsales.errors import CommitUnclear, StaleRecord
from sheetsales.process import Playbook
from sheetsales.values import Value, fold
from sheetsales_sync.ports import Tx
from sheetsales_sync.state import Alias, Book, Change, Conflict, HistoryRow, ImageRow, Op, Record, Rejection, Scope, Values

T = TypeVar("T")
LEASE_TICKS = 400  # steps of the schedule after which a lease ends by itself
_GONE = object()


@dataclass
class Commit:
    """What one transaction brought: for the oracle, which looks at nothing else of the planner."""

    op: Op | None = None
    history: list[HistoryRow] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    generation: int | None = None


class MemoryStore:
    """All tables as dictionaries. `faults` holds what shall go wrong with the next write transactions."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.tables: dict[str, dict[str, Record]] = {name: {} for name in playbook.tables}
        self.table_of: dict[str, str] = {}
        self.history: list[HistoryRow] = []
        self.by_record: dict[str, list[HistoryRow]] = {}
        self.ops: dict[str, Op] = {}
        self.hashes: dict[tuple[str, str], str] = {}
        self.books: dict[str, Book] = {}
        self.images: dict[tuple[str, int], dict[str, ImageRow]] = {}
        self.absorbed: dict[tuple[str, int, str], dict[str, Values]] = {}
        self.issued: dict[str, dict[str, None]] = {}
        self.issued_to: dict[str, str] = {}
        self.aliases: dict[str, tuple[Alias, ...]] = {}
        self.conflicts: dict[str, dict[str, Conflict]] = {}
        self.rejections: dict[str, dict[str, Rejection]] = {}
        self.leases: dict[str, tuple[str, int, int]] = {}
        self.gone: set[str] = set()
        self.pruned: dict[str, int] = {}
        self.tick = 0
        self.faults: list[str] = []
        self.seen_faults: list[str] = []
        self.on_commit: Callable[[Commit], None] = lambda _commit: None
        self.tx_class: type[MemoryTx] = MemoryTx

    def begin_as(self, other: MemoryStore) -> None:
        """Hold what another store holds; nothing in it is shared that a transaction changes."""
        self.tables = {name: dict(rows) for name, rows in other.tables.items()}
        self.by_record = {record: list(rows) for record, rows in other.by_record.items()}
        self.issued = {book: dict(ids) for book, ids in other.issued.items()}
        self.history = list(other.history)
        self.table_of, self.ops, self.hashes = dict(other.table_of), dict(other.ops), dict(other.hashes)
        self.books, self.images, self.issued_to = dict(other.books), dict(other.images), dict(other.issued_to)

    def prune_images(self, book_id: str) -> None:
        """Forget what a book showed and said before its present generation, as the store does with what is old."""
        newest = self.books[book_id].generation
        for key in [k for k in self.images if k[0] == book_id and k[1] < newest]:
            self.images[key] = {}
        for said in [k for k in self.absorbed if k[0] == book_id and k[1] < newest]:
            del self.absorbed[said]
        self.pruned[book_id] = newest

    def transact(self, work: Callable[[Tx], T]) -> T:
        """Run work in one transaction; a fault makes it run twice, or hides what became of it."""
        fault = self.faults.pop(0) if self.faults else ""
        if fault:
            self.seen_faults.append(fault)
        if fault == "retry":
            first = self.tx_class(self)
            try:
                work(first)
            finally:
                first.roll_back()
        tx = self.tx_class(self)
        try:
            result = work(tx)
        except BaseException:
            tx.roll_back()
            raise
        if fault == "unclear, undone":
            tx.roll_back()
            raise CommitUnclear
        self.on_commit(tx.commit)
        if fault == "unclear, done":
            raise CommitUnclear
        return result

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run work over the present state."""
        return work(self.tx_class(self))


class MemoryTx:
    """One transaction over the dictionaries; every change is noted so that it can be taken back."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.commit = Commit()
        self._journal: list[tuple[dict[Any, Any], Any, Any]] = []
        self._length = len(store.history)

    def _put(self, where: dict[Any, Any], key: Any, value: Any) -> None:
        self._journal.append((where, key, where.get(key, _GONE)))
        where[key] = value

    def roll_back(self) -> None:
        """Undo every change of this transaction, the last one first."""
        for where, key, before in reversed(self._journal):
            if before is _GONE:
                del where[key]
            else:
                where[key] = before
        for row in reversed(self.store.history[self._length :]):
            self.store.by_record[row.record].pop()
        del self.store.history[self._length :]

    # ── records ──

    def records(
        self, table: str, *, scope: Scope | None = None, ids: Iterable[str] | None = None, living: bool | None = True
    ) -> list[Record]:
        """Give records of a table; shared and library tables ignore the scope."""
        rows = self.store.tables[table]
        found: Iterable[Record] = rows.values() if ids is None else [rows[i] for i in sorted(set(ids)) if i in rows]
        if living is not None:
            found = [r for r in found if (r.deleted_op is None) is living]
        if (
            scope is not None
            and scope.owners is not None
            and self.store.playbook.tables[table].kind in ("record", "detail", "log")
        ):
            found = [r for r in found if scope.covers(r.values.get("owner"))]
        return list(found)

    def rows(self, table: str) -> list[dict[str, Value]]:
        """Give all living rows of a table as plain rows."""
        return [
            {**r.values, "id": r.id, "version": r.version, "updated_at": r.updated_at}
            for r in self.store.tables[table].values()
            if r.deleted_op is None
        ]

    def tables_of(self, ids: Iterable[str]) -> dict[str, str]:
        """Give the table of every id that ever was a record."""
        known = self.store.table_of
        return {i: known[i] for i in ids if i in known}

    def find_key(self, table: str, column: str, values: Iterable[Value]) -> dict[str, list[str]]:
        """Give the living records whose column holds one of these values, by folded value."""
        wanted = {fold(v) for v in values if v is not None}
        found: dict[str, list[str]] = {}
        for record in self.records(table) if wanted else ():
            held = record.values.get(column)
            if held is not None and fold(held) in wanted:
                found.setdefault(fold(held), []).append(record.id)
        return found

    # ── operations and history ──

    def begin_op(self, op: Op) -> Op | None:
        """Write an operation down; gives the stored one where its id exists already."""
        if op.id in self.store.ops:
            return self.store.ops[op.id]
        self._put(self.store.ops, op.id, op)
        if op.book:
            self._put(self.store.hashes, (op.book, op.content_hash), op.id)
        self.commit.op = op
        return None

    def finish_op(self, op_id: str, result: str) -> None:
        """Write down in words what came of an operation."""
        self._put(self.store.ops, op_id, replace(self.store.ops[op_id], result=result))

    def apply(self, op: Op, changes: Sequence[Change], *, resolve: Callable[[str, Value], str | None] | None = None) -> int:
        """Write changes into records and history; gives the last seq."""
        at = op.at.replace(tzinfo=None, microsecond=0)
        touched: set[str] = set()
        for change in changes:
            rows = self.store.tables[change.table]
            record = rows.get(change.record)
            fresh = change.kind == "create" and record is None
            if fresh:
                columns = self.store.playbook.tables[change.table].columns
                blank: dict[str, Value] = {c.name: None for c in columns if c.name not in ("id", "updated_at", "version")}
                record = Record(change.table, change.record, blank, 0)
                self._put(self.store.table_of, change.record, change.table)
            if record is None:
                raise StaleRecord(f"The record {change.record} does not exist.")
            if change.kind == "create" and not fresh and record.id not in touched:
                raise StaleRecord("A record that was to be made is there already.")
            if change.kind == "set" and record.values.get(change.column) == change.new:
                continue
            self._put(rows, change.record, self._laid(record, change, op, at, first=change.record not in touched))
            touched.add(change.record)
            self._write(op, change, at)
        return self.latest_seq()

    def _laid(self, record: Record, change: Change, op: Op, at: datetime, *, first: bool) -> Record:
        version = record.version + (1 if first else 0)
        if change.kind == "undelete":
            return replace(record, version=version, deleted_op=None, updated_at=at)
        if record.deleted_op is not None:
            raise StaleRecord(f"The record {record.id} was deleted in the meantime.")
        if change.kind == "delete":
            return replace(record, version=version, deleted_op=op.id, updated_at=at)
        if change.kind == "set" and record.values.get(change.column) != change.old:
            raise StaleRecord(f"The record {record.id} was changed in the meantime ({change.column}).")
        return Record(record.table, record.id, {**record.values, change.column: change.new}, version, None, at)

    def _write(self, op: Op, change: Change, at: datetime) -> None:
        row = HistoryRow(
            len(self.store.history) + 1, op.id, at, op.actor, op.book, change.table, change.record, change.column, change.old,
            change.new, change.kind, change.place, change.base_gen,
        )  # fmt: skip
        self.store.history.append(row)
        self.store.by_record.setdefault(change.record, []).append(row)
        self.commit.history.append(row)

    def latest_seq(self) -> int:
        """Give the seq of the newest history row."""
        return len(self.store.history)

    def was_read(self, book_id: str, content_hash: str) -> bool:
        """Say whether an operation of this book has read exactly these bytes."""
        return (book_id, content_hash) in self.store.hashes

    def history(self, *, record: str | None = None) -> list[HistoryRow]:
        """Give history rows in the order of their seq."""
        return list(self.store.history if record is None else self.store.by_record.get(record, ()))

    # ── books and pictures ──

    def book(self, book_id: str) -> Book | None:
        """Give a registered book."""
        return self.store.books.get(book_id)

    def save_book(self, book: Book) -> None:
        """Write a book's registration; its generation never goes down."""
        before = self.store.books.get(book.id)
        if before is not None and before.generation > book.generation:
            book = replace(book, generation=before.generation)
        self._put(self.store.books, book.id, book)

    def next_generation(self, book_id: str) -> int:
        """Give out the next generation of a book."""
        book = self.store.books[book_id]
        self._put(self.store.books, book_id, replace(book, generation=book.generation + 1))
        return book.generation + 1

    def image(self, book_id: str, generation: int) -> dict[str, ImageRow] | None:
        """Give what a generation showed; None where it is not known, nothing where it was pruned."""
        return self.store.images.get((book_id, generation))

    def save_image(self, book_id: str, generation: int, rows: Sequence[ImageRow]) -> None:
        """Keep what a generation shows."""
        self._put(self.store.images, (book_id, generation), {row.record: row for row in rows})
        self.commit.generation = generation

    def absorbed(self, book_id: str, generation: int, path: str) -> dict[str, Values]:
        """Give what was last read from a place under a generation."""
        return self.store.absorbed.get((book_id, generation, path), {})

    def save_absorbed(self, book_id: str, generation: int, path: str, rows: Mapping[str, Values]) -> None:
        """Keep what was read, for the records named."""
        key = (book_id, generation, path)
        self._put(self.store.absorbed, key, {**self.store.absorbed.get(key, {}), **rows})

    def issued(self, book_id: str) -> set[str]:
        """Give the spare ids handed to a book."""
        return set(self.store.issued.get(book_id, ()))

    def issue(self, book_id: str, ids: Iterable[str]) -> None:
        """Hand spare ids to a book; an id stays with the book that had it first."""
        mine = self.store.issued.setdefault(book_id, {})
        for one in ids:
            if one not in self.store.issued_to:
                self._put(self.store.issued_to, one, book_id)
                self._put(mine, one, None)

    def issued_to(self, ids: Iterable[str]) -> dict[str, str]:
        """Give the book to which each id was handed."""
        known = self.store.issued_to
        return {i: known[i] for i in ids if i in known}

    def aliases(self, book_id: str) -> list[Alias]:
        """Give the records once made from pasted copies."""
        return list(self.store.aliases.get(book_id, ()))

    def add_aliases(self, book_id: str, aliases: Sequence[Alias]) -> None:
        """Remember records made from pasted copies."""
        self._put(self.store.aliases, book_id, (*self.store.aliases.get(book_id, ()), *aliases))

    # ── what waits for a person ──

    def conflicts(self, *, book_id: str | None = None, state: str | None = "open", scope: Scope | None = None) -> list[Conflict]:
        """Give conflicts, oldest first."""
        wanted = self.store.conflicts.values() if book_id is None else [self.store.conflicts.get(book_id, {})]
        return [c for rows in wanted for c in rows.values() if state is None or c.state == state]

    def save_conflicts(self, rows: Sequence[Conflict]) -> None:
        """Insert conflicts, or replace them by id."""
        for row in rows:
            self._put(self.store.conflicts.setdefault(row.book, {}), row.id, row)
        self.commit.conflicts.extend(rows)

    def rejections(
        self, *, book_id: str | None = None, state: str | None = "open", scope: Scope | None = None
    ) -> list[Rejection]:
        """Give rejections, oldest first."""
        wanted = self.store.rejections.values() if book_id is None else [self.store.rejections.get(book_id, {})]
        return [r for rows in wanted for r in rows.values() if state is None or r.state == state]

    def save_rejections(self, rows: Sequence[Rejection]) -> None:
        """Insert rejections, or replace them by id."""
        for row in rows:
            self._put(self.store.rejections.setdefault(row.book, {}), row.id, row)
        self.commit.rejections.extend(rows)

    # ── leases ──

    def take_lease(self, book_id: str, holder: str) -> int | None:
        """Take the lease of a book; None where somebody else holds it."""
        held_by, fence, expires = self.store.leases.get(book_id, ("", 0, 0))
        ends = self.store.tick + LEASE_TICKS
        if held_by and held_by != holder and self.store.tick < expires <= ends and held_by not in self.store.gone:
            return None
        fence = fence if held_by == holder else fence + 1
        self._put(self.store.leases, book_id, (holder, fence, ends))
        return fence

    def check_fence(self, book_id: str, fence: int) -> bool:
        """Say whether a fence still is the newest."""
        held_by, newest, _ = self.store.leases.get(book_id, ("", 0, 0))
        return newest == fence and held_by != ""

    def release_lease(self, book_id: str, holder: str) -> None:
        """Give the lease back; somebody else's is left alone."""
        held_by, fence, _ = self.store.leases.get(book_id, ("", 0, 0))
        if held_by == holder:
            self._put(self.store.leases, book_id, ("", fence, 0))
