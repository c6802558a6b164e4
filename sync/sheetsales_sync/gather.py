"""Collecting from the store what a plan is made from, and nothing more than it may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from sheetsales.ids import is_id
from sheetsales.process import Playbook, Row, Tables, Todo
from sheetsales.values import Value, fold
from sheetsales_sync.access import scope_of
from sheetsales_sync.plan.work import PlanInput
from sheetsales_sync.ports import ClockPort, Tx
from sheetsales_sync.state import IMPORTED, Book, Change, Conflict, Plan, Record, Scope
from sheetsales_workbooks.host import BookRead

TODAY_LINES = 15
SPARE_ROWS = 100  # waiting rows with ids that a tab is given when few are left
_NO_TIME = datetime(1900, 1, 1)  # noqa: DTZ001 (a view that only resolves references looks at no clock)


class Gatherer:
    """Reads the tables for one sync after another; what all books share is read once until it changes."""

    spare_rows = SPARE_ROWS

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self._shared: dict[str, list[Row]] = {}
        self._seq = -1

    def forget(self, tables: Iterable[str]) -> None:
        """Drop what was kept of these tables, which have just changed."""
        for table in tables:
            self._shared.pop(table, None)

    def plan_input(
        self,
        tx: Tx,
        book: Book,
        read: BookRead,
        path: str,
        clock: ClockPort,
        *,
        actor: str,
        resumed: bool = False,
        aside: bool = False,
    ) -> PlanInput:
        """Collect everything one plan is made from, in the transaction in which it is carried out."""
        self._freshen(tx)
        scope = scope_of(self.playbook, self._rows(tx, "people"), self._rows(tx, "roles"), book.owner)
        records: dict[str, Record] = {}
        for name in self.playbook.tables:
            if self._is_own(name):
                records.update((r.id, r) for r in tx.records(name, scope=scope))
        for name in book.tables:
            if name in self.playbook.tables and not self._is_own(name):
                records.update((r.id, r) for r in tx.records(name, scope=scope))
        image = tx.image(book.id, read.markers.generation)
        if not image and read.markers.generation != book.generation:
            image = None  # pruned: of so old a file nothing is known any more
        absorbed = tx.absorbed(book.id, read.markers.generation, path)
        aliases = tx.aliases(book.id)
        labels = _labels(read, records)
        conflicts, rejections = _conflicts_of(tx, book, records), tx.rejections(book_id=book.id)
        # to be decided, wherever the row is by now
        waiting = [c.record for c in conflicts] + [r.record for r in rejections if r.record]
        named = dict.fromkeys([*labels, *(image or ()), *absorbed, *(alias.record for alias in aliases), *waiting])
        records.update(self._named(tx, [record for record in named if record not in records]))
        issued = frozenset(tx.issued(book.id))
        spare = tx.issued_to([label for label in labels if label not in records and label not in issued])
        return PlanInput(
            playbook=self.playbook,
            book=book,
            read=read,
            image=image,
            latest=(tx.image(book.id, book.generation) or {}) if book.generation != read.markers.generation else (image or {}),
            absorbed=absorbed,
            aliases=aliases,
            issued=issued,
            elsewhere=frozenset(label for label, owner in spare.items() if owner != book.id),
            records=records,
            scope=scope,
            view=self._view(tx, scope, records),
            conflicts=conflicts,
            rejections=rejections,
            actor=actor,
            now=clock.local(),
            at=clock.now().replace(tzinfo=None, microsecond=0),
            new_id=clock.new_id,
            new_key=clock.new_key,
            last_writer=_writer_of(tx),
            resumed=resumed,
            aside=aside,
            spare_rows=self.spare_rows,
        )

    def _freshen(self, tx: Tx) -> None:
        """Drop everything kept if anybody else has written meanwhile."""
        seq = tx.latest_seq()
        if seq != self._seq:
            self._shared.clear()
            self._seq = seq

    def _is_own(self, table: str) -> bool:
        return self.playbook.tables[table].kind in ("record", "detail", "log")

    def _rows(self, tx: Tx, table: str) -> list[Row]:
        if table not in self.playbook.tables:
            return []
        if table not in self._shared:
            self._shared[table] = list(tx.rows(table))
        return self._shared[table]

    def _view(self, tx: Tx, scope: Scope, records: Mapping[str, Record]) -> dict[str, Sequence[Row]]:
        """Give the rows a rule may look at: the shared tables whole, of the others what is in scope."""
        view: dict[str, list[Row]] = {}
        for record in records.values():
            if record.deleted_op is None and scope.covers(record.values.get("owner")) and self._is_own(record.table):
                view.setdefault(record.table, []).append({**record.values, "id": record.id, "version": record.version})
        result: dict[str, Sequence[Row]] = dict(view)
        for name in self.playbook.tables:
            if not self._is_own(name):
                result[name] = self._rows(tx, name)
        return result

    def _named(self, tx: Tx, wanted: Sequence[str]) -> dict[str, Record]:
        """Give the records of these ids, in scope or not, living or dead."""
        by_table: dict[str, list[str]] = {}
        for record, table in tx.tables_of(wanted).items():
            if table in self.playbook.tables:
                by_table.setdefault(table, []).append(record)
        return {r.id: r for table, ids in by_table.items() for r in tx.records(table, ids=ids, living=None)}

    def resolver(self, tx: Tx, changes: Sequence[Change]) -> Callable[[str, Value], str | None]:
        """Give the function that finds the id a reference means; new records among the changes count."""
        fresh: dict[str, list[dict[str, Value]]] = {}
        made: dict[str, dict[str, Value]] = {}
        for change in changes:
            if change.kind == "create":
                if change.record not in made:
                    made[change.record] = {"id": change.record}
                    fresh.setdefault(change.table, []).append(made[change.record])
                made[change.record][change.column] = change.new
        views: dict[str, Tables] = {}

        def resolve(target: str, text: Value) -> str | None:
            if target not in self.playbook.tables:
                return None
            if target not in views:
                stored = tx.rows(target)
                there = {row["id"] for row in stored}
                rows = [*stored, *(row for row in fresh.get(target, ()) if row["id"] not in there)]
                views[target] = Tables({target: rows}, now=_NO_TIME, labels=self.playbook.labels)
            found = views[target].find(target, text)
            return str(found["id"]) if found is not None else None

        return resolve

    def todos(self, view: Mapping[str, Sequence[Row]], now: datetime, me: str, shown: Sequence[str]) -> list[Todo]:
        """Give what a member should do next, most urgent first, of the processes that the book shows."""
        tables = self.playbook.view(view, now, me)
        found: list[Todo] = []
        for process in self.playbook.processes:
            if process.today is not None and any(t.name in shown for t in process.tables):
                found.extend(process.today(tables))
        found.sort(key=lambda t: (t.due is None, t.due or now.date(), -t.weight, t.record))
        return found[:TODAY_LINES]

    def today(self, given: PlanInput, plan: Plan) -> list[tuple[Value, ...]]:
        """Give the lines of "what to do next" from the member's own rows as they will stand."""
        rows: dict[str, list[Row]] = {}
        for image in plan.image:
            if image.values:
                rows.setdefault(image.table, []).append({**image.values, "id": image.record})
        view: dict[str, Sequence[Row]] = {**given.view, **rows}
        tables = self.playbook.view(view, given.now, given.book.owner)
        lines: list[tuple[Value, ...]] = []
        for todo in self.todos(view, given.now, given.book.owner, given.book.tables):
            table = self.playbook.tables[todo.table]
            row = tables.get(todo.table, todo.record) or {}
            name = row.get(table.label)
            lines.append((todo.due, todo.text, str(name) if name is not None else todo.record, todo.why, table.title))
        return lines


def _conflicts_of(tx: Tx, book: Book, records: Mapping[str, Record]) -> list[Conflict]:
    """Give the open conflicts that a book shows: its own, and those of imports with records of its member."""
    every = tx.conflicts()
    mine = [c for c in every if c.book == book.id]
    taken = {(c.record, c.column) for c in mine}
    me = fold(book.owner)
    for conflict in every:
        record = records.get(conflict.record)
        theirs = record is not None and fold(record.values.get("owner") or "") == me
        if conflict.book.startswith(IMPORTED) and theirs and (conflict.record, conflict.column) not in taken:
            taken.add((conflict.record, conflict.column))
            mine.append(conflict)
    return mine


def _labels(read: BookRead, records: Mapping[str, Record]) -> list[str]:
    """Give every well-formed id that stands in a managed tab; those of known records are so."""
    return [
        row.id
        for tab in read.tables.values()
        for row in tab.rows
        if isinstance(row.id, str) and (row.id in records or is_id(row.id))
    ]


def _writer_of(tx: Tx) -> Callable[[str, str], tuple[str, datetime | None]]:
    def last_writer(record: str, column: str) -> tuple[str, datetime | None]:
        rows = [h for h in tx.history(record=record) if h.column in (column, "")]
        return (rows[-1].actor, rows[-1].at.replace(tzinfo=None, microsecond=0)) if rows else ("", None)

    return last_writer
