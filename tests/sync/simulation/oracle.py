"""The oracle: who typed which value and what he had seen, and whether every promise of the sync holds.

It keeps a ledger of its own and looks at what was committed and at the files; it uses nothing of the planner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sheetsales.values import Formula, Value
from sheetsales_sync.state import Conflict, HistoryRow, Rejection
from sheetsales_workbooks.host import CONFLICTS_SHEET, ID_COLUMN, BookPatch
from simulation.definition import ACCOUNTS, DEALS, LETTERS, MEMBERS, TABS
from simulation.folder import Folder, Shelf
from simulation.store import Commit, MemoryStore
from simulation.workbook import FIRST_PLACES, TABLE_OF, Line, Workbook, token_of

TRACKED = {DEALS: ("name", "amount", "floor", "account", "note"), ACCOUNTS: ("name", "region", "note")}
NUMERIC = ("amount", "floor")


@dataclass
class Violation(Exception):
    """One broken promise. kind: the word of the invariant; known: it is of the kind that has a budget."""

    kind: str
    words: str
    known: bool = False

    def __str__(self) -> str:
        return f"{self.kind}{' (known kind)' if self.known else ''}: {self.words}"


@dataclass
class Ledger:
    """What was typed. saw: the values an author had seen where he typed one; saw_again: where he put one again.
    over: the chain of values over which one was typed, without what undo brought back. pending: saved, not yet read, by member.

    copied: values that stand in a pasted copy. cleared: what a member had seen in cells that he made blank.
    repeated: values that were put into a cell again. again: values that came back by undo, with the ones they took the place of.
    """

    saw: dict[str, set[str]] = field(default_factory=dict)
    saw_again: dict[tuple[int, str], set[str]] = field(default_factory=dict)
    author: dict[str, int] = field(default_factory=dict)
    over: dict[str, set[str]] = field(default_factory=dict)
    cleared: dict[int, set[str]] = field(default_factory=lambda: {n: set() for n in range(len(MEMBERS))})
    copied: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    copied_ids: set[str] = field(default_factory=set)
    pending: dict[int, set[str]] = field(default_factory=lambda: {n: set() for n in range(len(MEMBERS))})
    own: dict[int, set[str]] = field(default_factory=lambda: {n: set() for n in range(len(MEMBERS))})
    again: dict[int, list[tuple[str, str]]] = field(default_factory=lambda: {n: [] for n in range(len(MEMBERS))})

    def typed(self, member: int, token: str, over: str) -> None:
        """Note that a member typed a value (or cleared a cell, token "") where he saw another."""
        if not token:
            seen = self.cleared[member]
        elif token not in self.saw:
            self.author[token] = member
            self.over[token] = {over, *self.over.get(over, ())}
            seen = self.saw[token] = set()
        else:
            seen = self.saw_again.setdefault((member, token), set())
            self.repeated.add(token)
        if over and over != token:
            seen.add(over)
            seen |= self.seen(member, over)
        elif token and not over:
            seen |= self.cleared[member]

    def seen(self, member: int, token: str) -> set[str]:
        """Give what the author of a value, or the member who put it again, had seen in its cell."""
        return self.saw.get(token, set()) | self.saw_again.get((member, token), set())


class Oracle:
    """Looks at every commit and every file; raises Violation."""

    def __init__(self, store: MemoryStore, folders: list[Folder], shelf: Shelf, taken: Counter[str]) -> None:
        self.store = store
        self.folders = folders
        self.shelf = shelf
        self.taken = taken
        self.ledger = Ledger()
        self.kept: set[str] = set()
        self.entered: dict[str, set[str]] = {}
        self.named: dict[str, set[str]] = {}
        self.owners: dict[str, list[tuple[int, str]]] = {}
        self.seq_of: dict[tuple[str, int], tuple[int, int]] = {}
        self.open_before: set[tuple[str, str, str]] = set()
        self.member_of = {folder.book_id: n for n, folder in enumerate(folders)}
        self.dead: set[str] = set()
        self.shown: list[set[str]] = [set(folder.disk.tokens) if folder.disk is not None else set() for folder in folders]
        store.on_commit = self.commit
        for folder in folders:
            folder.on_build = self._build

    def scope(self, member: int, owner: str) -> bool:
        """Say whether a member may see what belongs to an owner."""
        return not owner or owner == MEMBERS[member] or member == len(MEMBERS) - 1

    def owner_at(self, record: str, seq: int) -> str:
        """Give the owner of a record at a moment of the history."""
        owner = ""
        for since, name in self.owners.get(record, ()):
            if since > seq:
                break
            owner = name
        return owner

    # ── after every commit ──

    def commit(self, commit: Commit) -> None:
        """Check what one transaction brought."""
        op = commit.op
        member = self.member_of.get(op.book or "") if op is not None else None
        book = self.shelf.books.get(op.content_hash) if op is not None else None
        made = {row.record for row in commit.history if row.kind == "create"}
        before = {row.record: self.owner_at(row.record, row.seq - 1) for row in commit.history}
        for row in commit.history:
            self._one_row(row, member, book, fresh=row.record in made, restored=op is not None and op.kind == "restore")
        if member is not None:
            for row in commit.history:
                if row.record not in made and not self.scope(member, before[row.record]) and row.place != "follows a rename":
                    raise Violation("SCOPE", f"{row.record} {row.column} changed through the book of {MEMBERS[member]}")
        for conflict in commit.conflicts:
            forgotten = op is not None and (op.gen_in or 0) < self.store.pruned.get(op.book or "", 0)
            self._one_conflict(conflict, forgotten, len(self.store.history) - len(commit.history))
        for rejection in commit.rejections:
            self._one_rejection(rejection)
        if commit.generation is not None and op is not None and op.book:
            self.seq_of[op.book, commit.generation] = (len(self.store.history) - len(commit.history), len(self.store.history))

    def _one_row(self, row: HistoryRow, member: int | None, book: Workbook | None, *, fresh: bool, restored: bool) -> None:
        self.taken[f"history: {row.kind}"] += 1
        if row.column == "owner":
            self.owners.setdefault(row.record, []).append((row.seq, str(row.new or "")))
        if row.kind == "delete":
            self.dead.add(row.record)
            if not restored:
                self._deleted(row, book)
        elif row.kind == "undelete":
            self.dead.discard(row.record)
            if not restored and not self._decided(row.record, book):
                raise Violation("RESURRECTED", f"{row.record} lives again without a decision")
        elif row.record in self.dead:
            raise Violation("RESURRECTED", f"{row.record} {row.column} was written although it is dead")
        if row.column not in TRACKED.get(row.table, ()) or row.kind not in ("set", "create"):
            return
        self._types(row)
        if row.place == "follows a rename":
            self.taken["followed a rename"] += 1
        old, new = token_of(row.old), token_of(row.new)
        self.kept.add(old)
        if new:
            self.kept.add(new)
            self.entered.setdefault(new, set()).add(row.record)
            if row.column == "name":
                self.named.setdefault(new, set()).add(row.record)
        if restored:
            self.ledger.repeated.add(new)
            for n in range(len(MEMBERS)) if row.column != "account" else ():
                self.ledger.typed(n, new, old)
            return
        if row.kind == "set" and old and member is not None and not fresh:
            self._not_blind(row, old, new, member)

    def _not_blind(self, row: HistoryRow, old: str, new: str, member: int) -> None:
        """Nobody overwrites what he never saw."""
        if old in (self.ledger.seen(member, new) if new else self.ledger.cleared[member]):
            return
        copied = row.record in self.ledger.copied_ids or new in self.ledger.copied or old in self.ledger.copied
        raise Violation("BLIND", f"{row.record} {row.column}: {old} overwritten by {new or 'blank'}", known=copied)

    def _deleted(self, row: HistoryRow, book: Workbook | None) -> None:
        """A record dies by a mark in the file that was read, on a row that shows every present value."""
        values = self.store.tables[row.table][row.record].values
        lines = book.tabs[row.table] if book is not None else ()
        asked = [line for line in lines if line.cells.get(2) is not None]
        if self._decided(row.record, book):
            asked = list(lines)
        if not asked:
            raise Violation("DELETED", f"{row.record} died without a mark")
        headers = book.headers[row.table] if book is not None else {}
        for line in asked:
            if all(token_of(line.cells.get(headers[c])) == token_of(values.get(c)) for c in TRACKED[row.table] if c in headers):
                return
        copied = row.record in self.ledger.copied_ids
        raise Violation("BLIND", f"{row.record} was deleted by somebody who had not seen it as it was", known=copied)

    def _decided(self, record: str, book: Workbook | None) -> bool:
        if book is None:
            return False
        decided = {str(cells[1]) for cells in book.conflicts.values() if cells.get(12) is not None}
        rows = self.store.conflicts.get(book.book, {})
        return any(i in rows and rows[i].record == record for i in decided)

    def _types(self, row: HistoryRow) -> None:
        wanted = Decimal if row.column in NUMERIC else str
        if row.new is not None and not isinstance(row.new, wanted):
            raise Violation("TYPES", f"{row.record} {row.column} became {row.new!r}")

    def _one_conflict(self, conflict: Conflict, forgotten: bool, seq: int) -> None:
        mine, theirs = token_of(conflict.mine), token_of(conflict.theirs)
        member = self.member_of[conflict.book]
        if self.scope(member, self.owner_at(conflict.record, seq)):
            self.shown[member].add(theirs)
        self.kept.add(mine)
        self.taken[f"conflict: {conflict.state}"] += 1
        if conflict.state != "open":
            return
        self.taken[f"conflict because: {conflict.reason}"] += 1
        key = (conflict.book, conflict.record, conflict.column)
        first = key not in self.open_before
        self.open_before.add(key)
        told_apart = conflict.column != "" and "unclear" not in conflict.reason and "deleted" not in conflict.reason
        if (
            first
            and told_apart
            and not forgotten
            and not {mine, theirs} & self.ledger.repeated
            and theirs
            and theirs in self.ledger.over.get(mine, ())
        ):
            copied = conflict.record in self.ledger.copied_ids or mine in self.ledger.copied or theirs in self.ledger.copied
            raise Violation("SPURIOUS", f"{conflict.record} {conflict.column}: {mine} against {theirs}", known=copied)

    def _one_rejection(self, rejection: Rejection) -> None:
        self.taken[f"rejected: {rejection.code}"] += 1
        self.kept.add(rejection.raw)
        if not rejection.column:
            self.kept.update(part.partition(": ")[2] for part in rejection.raw.split("; "))

    # ── at every write of ours ──

    def _build(self, old: Workbook, new: Workbook, patch: BookPatch) -> None:
        """No cell from outside the scope is written, no text becomes a formula, no number a text."""
        member = self.member_of[new.book]
        seqs = self.seq_of.get((new.book, new.generation), (len(self.store.history),))
        for sheet, changes in patch.sheets.items():
            for write in changes.cells:
                if sheet in TABLE_OF or sheet == CONFLICTS_SHEET:
                    self._inside(member, token_of(write.value), seqs, old)
        self.shown[member] |= new.tokens
        for table, lines in new.tabs.items():
            for line, before in zip(lines, (*old.tabs[table], *[None] * len(lines)), strict=False):
                if line is not before:
                    self._formulas_stay(table, new.headers[table], line, before)

    def _inside(self, member: int, token: str, seqs: tuple[int, ...], old: Workbook) -> None:
        if token not in self.entered or token in self.shown[member] or token in old.tokens or token[:1] == LETTERS[member]:
            return
        if not any(self.scope(member, self.owner_at(record, seq)) for record in self.entered[token] for seq in seqs):
            raise Violation("SCOPE", f"{token} was written into the book of {MEMBERS[member]}")

    def _formulas_stay(self, table: str, headers: Mapping[str, int], line: Line, before: Line | None) -> None:
        for name in TRACKED[table]:
            value = line.cells.get(headers.get(name, 0))
            was = before.cells.get(headers.get(name, 0)) if before is not None else None
            if value is None or value == was:
                continue
            if isinstance(value, Formula) or isinstance(value, str) == (name in NUMERIC):
                raise Violation("TYPES", f"{table} {name}: {value!r} was written")

    # ── after every step ──

    def step(self, changed: Iterable[int]) -> None:
        """Every saved value is in the store or in a file."""
        ledger = self.ledger
        for member in changed:
            pending = ledger.pending[member]
            folder = self.folders[member]
            if folder.disk is None:
                continue
            if pending:
                pending -= self.kept
                files = folder.files()
                for token in pending:
                    if not any(token in book.tokens or token in book.own for book in files) and not self._present(token):
                        raise Violation("LOST", f"{token} of {MEMBERS[member]}")
            for token in ledger.own[member] - folder.disk.own:
                if not any(token in book.own for book in folder.files()):
                    self._own_gone(member, token, folder)

    def saved(self, member: int, tokens: frozenset[str]) -> None:
        """Note that a value which came back by undo was saved: if the one it replaced was read, it must be read again."""
        for back, gone in self.ledger.again[member]:
            if back in tokens and gone in self.kept and gone not in self.ledger.repeated:
                self.kept.discard(back)
        self.ledger.again[member].clear()

    def _present(self, token: str) -> bool:
        """Say whether the store holds a value now, or whoever overwrote it had to see it."""
        return any(token == token_of(v) for rows in self.store.tables.values() for r in rows.values() for v in r.values.values())

    # ── at rest ──

    def rest(self) -> None:
        """Everything agrees with the store, and everything that waits can be seen."""
        for member, folder in enumerate(self.folders):
            book = folder.disk
            assert book is not None
            if folder.ready or folder.incoming or folder.parts:
                left = [token for token in self.ledger.pending[member] - self.kept if token not in book.tokens]
                if left:
                    raise Violation("LOST", f"{left} stand in a file that nobody looks at")
            self._own_kept(member, book)
            self._visible(book)
            for table in TABS:
                self._agrees(member, book, table)
        self._once()

    def _own_kept(self, member: int, book: Workbook) -> None:
        for token in list(self.ledger.own[member]):
            if token not in book.own:
                self._own_gone(member, token, self.folders[member])

    def _own_gone(self, member: int, token: str, folder: Folder) -> None:
        """The one known way: killed between exchange and check, just when the member had saved."""
        if not any(token in book.own for book in (*folder.cut_off, *folder.aside)):
            raise Violation("LOST", f"{token} in a column of {MEMBERS[member]}'s own")
        self.ledger.own[member].discard(token)
        self.taken["own column cut off"] += 1

    def _visible(self, book: Workbook) -> None:
        shown = {str(cells[1]) for cells in book.conflicts.values()}
        waiting = {c.id for c in self.store.conflicts.get(book.book, {}).values() if c.state == "open"}
        waiting |= {r.id for r in self.store.rejections.get(book.book, {}).values() if r.state == "open"}
        if shown != waiting:
            raise Violation("HIDDEN", f"{book.book} shows {sorted(shown)}, open are {sorted(waiting)}")

    def _agrees(self, member: int, book: Workbook, table: str) -> None:
        headers = book.headers[table]
        if set(headers) != set(FIRST_PLACES[table]):
            raise Violation("DIVERGED", f"{book.book} {table} lacks a column")
        records = {r.id: r for r in self.store.tables[table].values()}
        expected = {
            i for i, r in records.items() if r.deleted_op is None and self.scope(member, str(r.values.get("owner") or ""))
        }
        open_cells = {(r.record, r.column) for r in self.store.rejections.get(book.book, {}).values() if r.state == "open"}
        marked = {(c.record, c.column) for c in self.store.conflicts.get(book.book, {}).values() if c.state == "open"}
        found: Counter[str] = Counter()
        for line in book.tabs[table]:
            label = str(line.cells.get(ID_COLUMN) or "")
            if not any(v is not None for n, v in line.cells.items() if n > 2 and not isinstance(v, Formula)):
                continue
            found[label] += 1
            if label not in expected:
                if any(record == label for record, _ in open_cells):
                    continue
                raise Violation("DIVERGED", f"{book.book} shows {label or 'a row without an id'}: {sorted(line.tokens)}")
            self._row_agrees(book, headers, line, label, records[label].values, open_cells, marked)
        twice = [label for label, count in found.items() if count > 1]
        if twice:
            raise Violation("DUPLICATE", f"{book.book} shows {twice} twice")
        if expected - set(found):
            raise Violation("DIVERGED", f"{book.book} lacks {sorted(expected - set(found))}")

    def _row_agrees(
        self, book: Workbook, headers: Mapping[str, int], line: Line, label: str, values: Mapping[str, Value],
        open_cells: set[tuple[str | None, str]], marked: set[tuple[str, str]],
    ) -> None:  # fmt: skip
        for name, index in headers.items():
            if name in ("updated_at", "version") or (label, name) in open_cells:
                if (label, name) in open_cells and line.marks.get(index, ("",))[0] not in ("conflict", "error"):
                    raise Violation("HIDDEN", f"{book.book} {label} {name} carries no mark")
                continue
            raw = line.cells.get(index)
            if isinstance(raw, Formula) and ((label, name) in marked or (label, "amount") in open_cells | marked):
                continue
            if token_of(raw) != token_of(values.get(name)):
                raise Violation("DIVERGED", f"{book.book} {label} {name} shows {raw!r}, the store holds {values.get(name)!r}")
            if (label, name) in marked and line.marks.get(index, ("",))[0] not in ("conflict", "error"):
                known = label in self.ledger.copied_ids
                raise Violation("HIDDEN", f"{book.book} {label} {name} carries no mark of its conflict", known=known)

    def _once(self) -> None:
        """A value typed once enters one record; rows without an id that were edited a lot are a known heuristic."""
        self.taken["duplicated rows"] += sum(
            len(records) - 1 for token, records in self.named.items() if len(records) > 1 and token not in self.ledger.copied
        )
