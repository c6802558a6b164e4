"""The oracle: it knows every value that was typed and saved, and says what must be found where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from sheetsales.columns import same
from sheetsales.values import to_text
from sheetsales_sync.access import scope_of
from sheetsales_sync.plan.rows import TableReaders
from sheetsales_sync.state import Book, HistoryRow
from sheetsales_sync.workspace import Workspace
from torturing.desk import Memory, tokens_in

ANY_TOKEN = re.compile(r"tk\d{6}z|\b7\d{6}\b")
Kind = Literal["cell", "own", "file"]


@dataclass
class Typed:
    """One value that was typed: where, over what, and what became of it.

    kind: a cell of ours, a cell of the member's own, or a cell of an imported file. over: the token that stood
    there before. state: memory (not saved), saved, gone (its author typed over it, or threw the file away).
    """

    token: str
    who: str
    kind: Kind
    table: str
    record: str
    column: str
    over: str | None
    step: int
    state: str = "memory"
    pasted: bool = False


@dataclass
class Kept:
    """What the store holds: the tokens in history, conflicts and what was turned down; the history; the books."""

    tokens: set[str] = field(default_factory=set)
    history: list[HistoryRow] = field(default_factory=list)
    books: list[Book] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)


def look(root: Path) -> Kept:
    """Read the store, and let go of it."""
    workspace = Workspace.open(root)
    try:

        def work(tx: Any) -> Kept:
            kept = Kept(history=tx.history(), books=tx.books(), kinds={op.id: op.kind for op in tx.ops()})
            for row in kept.history:
                kept.tokens |= found_in(row.new)
            for conflict in tx.conflicts(state=None):
                kept.tokens |= found_in(conflict.mine) | found_in(conflict.theirs) | found_in(conflict.base)
            for rejection in tx.rejections(state=None):
                kept.tokens |= found_in(rejection.raw)
            return kept

        return workspace.store.read(work)
    finally:
        workspace.close()


def found_in(value: Any) -> set[str]:
    """Give the tokens in one value."""
    return set(ANY_TOKEN.findall(to_text(value) or ""))


class Ledger:
    """Every typed value, by its token; what was marked for deletion; which records were pasted or lost their id."""

    def __init__(self) -> None:
        self.typed: dict[str, Typed] = {}
        self.marked: set[str] = set()
        self.disturbed: set[str] = set()
        self.counts: Counter[str] = Counter()

    def type(self, typed: Typed) -> None:
        """Write down a value that was typed into memory."""
        self.typed[typed.token] = typed
        self.counts["typed"] += 1

    def saved(self, who: str, before: set[str], data: bytes) -> None:
        """Write down a save: what was in memory when it was opened or saved last, and what is saved now."""
        now = tokens_in(data)
        for token in before - now:
            if token in self.typed and self.typed[token].who == who:
                self.typed[token].state = "gone"
        for token in now:
            typed = self.typed.get(token)
            if typed is not None and typed.state == "memory" and typed.who == who:
                typed.state = "saved"
                self.counts["saved"] += 1

    def thrown_away(self, who: str, data: bytes) -> None:
        """Write down that an older file took the place of a newer one: what is not in it, nobody can know any more."""
        now = tokens_in(data)
        for typed in self.typed.values():
            if typed.who == who and typed.state == "saved" and typed.token not in now and typed.kind != "file":
                typed.state = "gone"

    def alive(self) -> Iterable[Typed]:
        """Give the values that must be somewhere."""
        return [typed for typed in self.typed.values() if typed.state == "saved"]

    # ── what must hold at rest ──

    def violations(self, root: Path, files: dict[str, bytes]) -> list[str]:
        """Compare store and files with what was typed; files: the workbook of each member."""
        kept = look(root)
        found = [*self._lost(kept, files), *self._history(kept)]
        found += [words for who, data in files.items() for words in agree(root, who, data)]
        return found

    def _lost(self, kept: Kept, files: dict[str, bytes]) -> Iterable[str]:
        stands = {who: tokens_in(data) for who, data in files.items()}
        records = {row.record for row in kept.history}
        waiting = {who: _unfinished(data, records) for who, data in files.items()}
        for typed in self.alive():
            if typed.kind == "own":
                there = typed.token in stands[typed.who]
            else:
                there = typed.token in kept.tokens or (typed.kind == "cell" and typed.token in waiting[typed.who])
            if not there:
                where = [who for who, tokens in stands.items() if typed.token in tokens]
                yield f"LOST {typed}; stands in the files of {where}"
                typed.state = "gone"

    def _history(self, kept: Kept) -> Iterable[str]:
        records: dict[str, set[str]] = {}
        older: dict[tuple[str, str, str], set[str]] = {}
        dead: set[str] = set()
        for row in kept.history:
            by_hand = kept.kinds.get(row.op) == "sync"
            if row.kind == "delete":
                if by_hand and row.record not in self.marked:
                    yield f"DELETED without a mark: {row}"
                dead.add(row.record)
            elif row.kind == "undelete":
                if by_hand and not row.place and not _decided(kept.history, row):
                    yield f"RESURRECTED {row}"
                dead.discard(row.record)
            elif row.record in dead and by_hand and row.kind == "set" and "Conflicts!" not in row.place:
                yield f"RESURRECTED {row}"
            new, old = (next(iter(found_in(value)), "") for value in (row.new, row.old))
            if new and row.kind in ("set", "create"):
                typed = self.typed.get(new)
                if typed is not None and (row.table, row.column) == (typed.table, typed.column):  # others refer to it
                    records.setdefault(new, set()).add(row.record)
                yield from self._blind(row, new, old, older) if by_hand else ()
                older.setdefault((row.record, row.column, new), set()).add(old)
        for token, several in records.items():
            typed = self.typed.get(token)
            if len(several) > 1 and typed is not None and not typed.pasted and not several & self.disturbed:
                yield f"DUPLICATE {typed} in {several}"

    def _blind(self, row: HistoryRow, new: str, old: str, older: dict[tuple[str, str, str], set[str]]) -> Iterable[str]:
        """A step from old to new needs an author who saw old, or something that came after it."""
        typed = self.typed.get(new)
        mine = old in self.typed and self.typed[old].who == row.actor  # an undo, or a backup of the author's own
        if (
            not old
            or typed is None
            or mine
            or "Conflicts!" in row.place
            or row.record in self.disturbed
            or row.record != typed.record
        ):
            return
        seen: set[str] = set()
        waiting = [typed.over or ""]
        while waiting:
            one = waiting.pop()
            if one == old:
                return
            if one and one not in seen:
                seen.add(one)
                waiting.extend(older.get((row.record, row.column, one), ()))
                if one in self.typed:
                    waiting.append(self.typed[one].over or "")
        yield f"BLIND {row}: {typed}"


def _decided(history: Iterable[HistoryRow], undelete: HistoryRow) -> bool:
    return any(r.op == undelete.op and r.record == undelete.record and "Conflicts!" in r.place for r in history)


def _unfinished(data: bytes, records: set[str]) -> set[str]:
    """Give the tokens in rows of the file that are no records yet: they wait there, marked, until they are finished."""
    found: set[str] = set()
    for tab in Memory(data).read.tables.values():
        for row in tab.rows:
            if row.id not in records:
                found = found.union(*(found_in(v) for v in row.cells.values() if isinstance(v, (str, int, Decimal))))
                found = found.union(*(found_in(f"{v:.0f}") for v in row.cells.values() if isinstance(v, float)))
    return found


def agree(root: Path, who: str, data: bytes) -> list[str]:
    """Say where a workbook at rest does not show the store for its scope."""
    workspace = Workspace.open(root)
    try:
        read = Memory(data).read

        def work(tx: Any) -> tuple[Any, Any]:
            scope = scope_of(workspace.playbook, tx.rows("people"), tx.rows("roles"), who)
            records = {name: {r.id: r for r in tx.records(name, scope=scope)} for name in read.tables}
            open_now = {(r.record, r.column) for r in tx.rejections() if r.book == read.markers.book_id}
            return records, open_now

        records, open_now = workspace.store.read(work)
        found = []
        for name, tab in read.tables.items():
            table = workspace.playbook.tables[name]
            readers = TableReaders(table)
            waiting = {record for record, _ in open_now}
            # A blank row may keep the id under which its record stands elsewhere: what is typed there becomes a new record.
            shown = Counter(row.id for row in tab.rows if row.id in records[name] and readers.read(row) is not None)
            if any(n > 1 for n in shown.values()):
                found.append(f"DUPLICATE rows in {who} {name}: {[i for i, n in shown.items() if n > 1]}")
            found += [f"DIVERGED {who} {name}: {gone} is not shown" for gone in sorted(set(records[name]) - set(shown))]
            for row in tab.rows:
                record = records[name].get(row.id)
                sheet = readers.read(row)
                if record is None:
                    if sheet is not None and row.id not in waiting:
                        found.append(f"DIVERGED {who} {name} row {row.row}: {row.id} is no record in scope: {sheet.values}")
                    continue
                for column, value in (sheet.values if sheet is not None else {}).items():
                    if (row.id, column) not in open_now and not same(table.by_name[column], value, record.values.get(column)):
                        found.append(f"DIVERGED {who} {name} {row.id} {column}: {value!r} is not {record.values.get(column)!r}")
        return found
    finally:
        workspace.close()
