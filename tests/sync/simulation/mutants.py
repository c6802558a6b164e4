"""Faults seeded on purpose: an oracle that does not catch them is worth nothing. None of this is in the product."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from sheetsales.columns import same
from sheetsales.ids import is_id
from sheetsales.values import Formula
from sheetsales_sync import engine
from sheetsales_sync.plan import decisions, identity, merge, picture, sync
from sheetsales_sync.plan.truth import Outcome
from sheetsales_sync.plan.work import PlanInput, Work
from sheetsales_sync.ports import Fetched
from sheetsales_sync.state import Conflict, ImageRow, Rejection
from sheetsales_workbooks.host import ID_COLUMN, BookPatch, SheetPatch
from simulation.folder import Folder
from simulation.store import MemoryStore, MemoryTx
from simulation.workbook import Line, Workbook
from simulation.world import FewSpares, World


@dataclass(frozen=True)
class Mutant:
    """One seeded fault. caught_as: the violations by which the oracle may find it out."""

    name: str
    fault: str
    caught_as: tuple[str, ...]
    make: Callable[[], World] = World
    patches: tuple[tuple[Any, str, Any], ...] = ()

    @contextmanager
    def seeded(self) -> Iterator[Callable[[], World]]:
        """Put the fault in place for a while; gives what makes a world that has it."""
        undo = [patch.object(where, name, new) for where, name, new in self.patches]
        for one in undo:
            one.start()
        try:
            yield self.make
        finally:
            for one in reversed(undo):
                one.stop()


def _world(
    *, gatherer: type[FewSpares] = FewSpares, tx: type[MemoryTx] = MemoryTx, folder: type[Folder] = Folder
) -> Callable[[], World]:
    class Store(MemoryStore):
        def __init__(self, playbook: Any) -> None:
            super().__init__(playbook)
            self.tx_class = tx

    return lambda: World(gatherer=gatherer, store=Store, folder=folder)


# ── the merge ──


def _last_writer_wins(column: Any, parent: Any, mine: Any, theirs: Any, *, unclear: bool = False) -> Outcome:
    if same(column, mine, theirs) or (not isinstance(parent, merge.Unknown) and same(column, mine, parent)):
        return Outcome.NOTHING
    return Outcome.ACCEPT


def _two_way(column: Any, parent: Any, mine: Any, theirs: Any, *, unclear: bool = False) -> Outcome:
    return Outcome.NOTHING if same(column, mine, theirs) else Outcome.ACCEPT


class _LastBase(FewSpares):
    def plan_input(self, *given: Any, **more: Any) -> PlanInput:
        found = super().plan_input(*given, **more)
        return replace(found, image=found.latest, absorbed={})


class _NoAbsorb(FewSpares):
    def plan_input(self, *given: Any, **more: Any) -> PlanInput:
        return replace(super().plan_input(*given, **more), absorbed={})


def _one_id_for_all(table: Any, label: str, rows: Any, known: Any, taken: set[str], labels: Any) -> list[Any]:
    for row in rows:
        identity._take(row, label, known, taken)
    return []


def _absence_deletes(work: Work, tab: Any, original: Callable[[Work, Any], None] = merge.merge_table) -> None:
    original(work, tab)
    for record in work.missing[tab.table]:
        work.deleted.add(record)
        work.table_of[record] = tab.table


def _revive(work: Work, table: Any, row: Any, stored: Any) -> None:
    for name, mine in row.values.items():
        parent, last = work.parent(row.record, name), stored.values.get(name)
        if not same(table.by_name[name], mine, last) and not same(table.by_name[name], mine, parent):
            work.accept(table.name, row.record, name, last, mine, row, "")
            work.revived.add(row.record)


def _draw_without_removed(work: Work, remarks: Any, original: Callable[[Work, Any], None] = picture.draw) -> None:
    original(work, remarks)
    work.plan.removed.clear()


def _solve_without_parent(
    work: Work, conflict: Conflict, decision: str, line: Any, original: Callable[..., None] = decisions._solve_conflict
) -> None:
    key = (conflict.record, conflict.column)
    if work.open_conflicts.get(key) is conflict and conflict.column:
        stored = work.given.records.get(conflict.record)
        conflict = replace(
            conflict, theirs=(work.merged.get(conflict.record) or (stored.values if stored else {})).get(conflict.column)
        )
        work.open_conflicts[key] = conflict
    original(work, conflict, decision, line)


def _image_of_the_store(work: Work, table: Any, shown: Any) -> ImageRow:
    return ImageRow(table.name, shown.record, shown.values, {}, shown.marks)


# ── the store ──


class _DropsReviews(MemoryTx):
    def save_conflicts(self, rows: Sequence[Conflict]) -> None:
        """Keep none."""

    def save_rejections(self, rows: Sequence[Rejection]) -> None:
        """Keep none."""


class _AnyFence(MemoryTx):
    def check_fence(self, book_id: str, fence: int) -> bool:
        """Let everybody in."""
        return True


class _LateImages(MemoryTx):
    def save_image(self, book_id: str, generation: int, rows: Sequence[ImageRow]) -> None:
        """Keep the image for after the write."""
        late = self.store.__dict__.setdefault("late", {})
        late[book_id, generation] = {row.record: row for row in rows}
        self.commit.generation = generation


def _rest_then_image(
    store: MemoryStore, clock: Any, book_id: str, content: str, path: str, original: Callable[..., None] = engine._at_rest
) -> None:
    original(store, clock, book_id, content, path)
    late = store.__dict__.get("late", {})
    for key in [k for k in late if k[0] == book_id]:
        store.images[key] = late.pop(key)


_READ: dict[tuple[MemoryStore, str, int, frozenset[str]], Any] = {}


def _merge_new_content_only(
    book_id: str,
    sheet: Folder,
    fetched: Fetched,
    store: MemoryStore,
    *rest: Any,
    original: Callable[..., Any] = engine._merge,
    **more: Any,
) -> Any:
    book = sheet.shelf.books[fetched.hash]
    if store not in {key[0] for key in _READ}:
        _READ.clear()
    key = (store, book_id, book.generation, frozenset().union(*(line.tokens for lines in book.tabs.values() for line in lines)))
    if key not in _READ:
        _READ[key] = original(book_id, sheet, fetched, store, *rest, **more)
    return _READ[key]


# ── the file ──


class _Overwrites(Folder):
    def exchange(self, generation: int) -> str:
        """Write over whatever is there, and look at nothing."""
        self.disk = self.ready.pop(generation)
        return self.read_last

    def fetch(self, source: str) -> Fetched:
        """Remember what was read."""
        fetched = super().fetch(source)
        self.read_last = fetched.hash
        return fetched


class _NeverLooks(_Overwrites):
    def exchange(self, generation: int) -> str:
        """Exchange, and say that all was as it should be."""
        Folder.exchange(self, generation)
        return self.read_last


class _NoScan(Folder):
    def recover(self, read_before: Callable[[str], bool]) -> None:
        """Look at nothing that was left."""


class _TextAsFormula(Folder):
    def build(self, fetched: Fetched, patch: BookPatch) -> bytes:
        """Write a text that begins with = as a formula."""
        for sheet in patch.sheets.values():
            _formulas(sheet)
        return super().build(fetched, patch)


def _formulas(sheet: SheetPatch) -> None:
    sheet.cells[:] = [
        replace(w, value=Formula(w.value[1:]), text=False) if isinstance(w.value, str) and w.value.startswith("=") else w
        for w in sheet.cells
    ]


def _stamp_first(
    book_id: str, sheet: Folder, store: MemoryStore, clock: Any, *rest: Any, original: Callable[..., Any] = engine.sync_steps
) -> Any:
    """Give every row an id in a write of its own, then sync."""
    read = sheet.disk
    if read is not None:
        stamped = _stamped(read, sheet, clock)
        if stamped is not None:
            yield "looked"
            out, sheet.disk = sheet.disk, stamped
            if out is not read and out is not None:
                sheet.incoming.append(out)
            yield "stamped"
    return (yield from original(book_id, sheet, store, clock, *rest))


def _stamped(book: Workbook, sheet: Folder, clock: Any) -> Workbook | None:
    tabs: dict[str, tuple[Line, ...]] = {}
    for table, lines in book.tabs.items():
        prefix = "DL" if table == "deals" else "AC"
        tabs[table] = tuple(
            line if not line.tokens or is_id(line.cells.get(ID_COLUMN)) else line.with_cell(ID_COLUMN, clock.new_id(prefix))
            for line in lines
        )
    if all(tabs[t] == book.tabs[t] for t in tabs):
        return None
    return sheet.shelf.put(replace(book, name=sheet.shelf.free_name(), tabs=tabs))


MUTANTS = (
    Mutant("lww", "every edit is accepted", ("BLIND",), patches=((merge, "merge_cell", _last_writer_wins),)),
    Mutant("twoway", "the store is taken for the parent", ("BLIND", "DIVERGED", "UNSTABLE"), patches=((merge, "merge_cell", _two_way),)),
    Mutant("lastbase", "one base per book", ("BLIND",), make=_world(gatherer=_LastBase)),
    Mutant("noabsorb", "what was read is forgotten", ("SPURIOUS", "BLIND", "CRASH"), make=_world(gatherer=_NoAbsorb)),
    Mutant("stampfirst", "ids in a write of their own", ("BLIND", "LOST"), patches=((engine, "sync_steps", _stamp_first),)),
    Mutant("dupid", "copied ids are left alone", ("DUPLICATE", "SPURIOUS", "DIVERGED", "BLIND", "UNSTABLE"), patches=((identity, "_compete", _one_id_for_all),)),
    Mutant("absentdel", "absence deletes", ("DELETED",), patches=((sync, "merge_table", _absence_deletes),)),
    Mutant("nocas", "the file is overwritten unread", ("LOST",), make=_world(folder=_Overwrites)),
    Mutant("blinddel", "a mark deletes what its author did not see", ("BLIND",), patches=((decisions, "_shows", lambda *_a: True),)),
    Mutant("resurrect", "an edit revives a dead record", ("RESURRECTED",), patches=((merge, "_merge_dead", _revive),)),
    Mutant("noarchive", "own columns of dead rows are dropped", ("LOST",), patches=((sync, "draw", _draw_without_removed),)),
    Mutant("droprej", "conflicts are not kept", ("LOST",), make=_world(tx=_DropsReviews)),
    Mutant("nodisplaced", "what came out is not looked at", ("LOST",), make=_world(folder=_NeverLooks)),
    Mutant("noscan", "nothing is recovered after a kill", ("LOST",), make=_world(folder=_NoScan)),
    Mutant("opid", "equal content counts as read before", ("DIVERGED", "LOST", "UNSTABLE", "BLIND"), patches=((engine, "_merge", _merge_new_content_only),)),
    Mutant("noscope", "the scope is not checked", ("SCOPE",), patches=((merge, "_out_of_scope", lambda *_a: False),)),
    Mutant("formula", "a text is written as a formula", ("TYPES",), make=_world(folder=_TextAsFormula)),
    Mutant("undecided", "a decision is carried out without its parent", ("BLIND",), patches=((decisions, "_solve_conflict", _solve_without_parent),)),
    Mutant("nofence", "an old holder goes on", ("BLIND", "LOST"), make=_world(tx=_AnyFence)),
    Mutant("lateimage", "the image is kept after the file was written", ("SPURIOUS", "BLIND", "LOST", "CRASH"), make=_world(tx=_LateImages),
           patches=((engine, "_at_rest", _rest_then_image),)),
    Mutant("keptparent", "a kept cell takes the shared value for its parent", ("BLIND",), patches=((picture, "_image_row", _image_of_the_store),)),
)  # fmt: skip
