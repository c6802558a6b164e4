"""Writing the past back as new history: undo of an operation, of a book's last button, of a record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheetsales.errors import UnknownName
from sheetsales_sync.engine import Order, Result
from sheetsales_sync.state import Change, HistoryRow, Op
from sheetsales_sync.store.history import restore_changes, undo_changes
from sheetsales_sync.syncing import sync_books
from sheetsales_sync.workspace import Workspace


@dataclass(frozen=True)
class Undone:
    """What an undo did: its own operation, the changes, and the cells left because they changed since."""

    op: str
    changes: tuple[Change, ...]
    left: tuple[HistoryRow, ...]


def undo(workspace: Workspace, op_id: str, *, dry_run: bool = False, actor: str = "") -> Undone:
    """Take back one operation; cells that somebody changed since are left and listed."""

    def plan(tx: Any) -> tuple[list[Change], list[HistoryRow]]:
        if tx.op(op_id) is None:
            raise UnknownName(f"There is no operation {op_id}.", "Run `sheetsales history` for the operations.")
        changes, left = undo_changes(tx, op_id)
        return changes, left

    return _carry_out(workspace, "undo", op_id, plan, dry_run=dry_run, actor=actor)


def restore(workspace: Workspace, record: str, seq: int, *, dry_run: bool = False) -> Undone:
    """Bring one record back to how it was after history row `seq`."""

    def plan(tx: Any) -> tuple[list[Change], list[HistoryRow]]:
        if not tx.tables_of([record]):
            raise UnknownName(f"There is no record {record}.", "Run `sheetsales export TABLE` for the ids.")
        return restore_changes(tx, record, seq), []

    return _carry_out(workspace, "restore", f"{record}@{seq}", plan, dry_run=dry_run)


def _carry_out(
    workspace: Workspace,
    kind: str,
    what: str,
    plan: Callable[[Any], tuple[list[Change], list[HistoryRow]]],
    *,
    dry_run: bool,
    actor: str = "",
) -> Undone:
    clock = workspace.clock
    op = Op(clock.new_key(), kind, actor or workspace.operator, clock.now(), action=what)

    def work(tx: Any) -> Undone:
        changes, left = plan(tx)
        if changes and not dry_run:
            tx.begin_op(op)
            tx.apply(op, changes, resolve=workspace.gatherer.resolver(tx, changes))
            tx.finish_op(op.id, f"{len(changes)} cells written back, {len(left)} left")
        return Undone(op.id if changes else "", tuple(changes), tuple(left))

    return workspace.store.read(work) if dry_run else workspace.store.transact(work)


def undo_last(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    dry_run: bool = False,
    on_book: Callable[[Result], None] = lambda _result: None,
) -> list[Result]:
    """Take back the newest button of each of these workbooks, and show it there."""
    results = []
    for path in paths:
        (synced,) = sync_books(workspace, [path], Order(dry_run=dry_run))
        if synced.error is not None or synced.state in ("copy", "paused", "deferred"):
            results.append(synced)
            continue
        undone = undo_newest(workspace, path, dry_run=dry_run)
        result = synced
        if undone is None:
            result.message, result.changed = "There is nothing to take back in this workbook.", []
        else:
            if not dry_run:
                (result,) = sync_books(workspace, [path], Order())
            result.changed = list(undone.changes)
            left = f" {len(undone.left)} cells were changed since and stay as they are." if undone.left else ""
            result.message = f"Taken back: {len(undone.changes)} cells.{left}"
        on_book(result)
        results.append(result)
    return results


def undo_newest(workspace: Workspace, path: Path, *, dry_run: bool = False) -> Undone | None:
    """Undo the newest operation of kind run of a book that was not taken back yet."""

    def newest(tx: Any) -> Op | None:
        place = str(workspace.place_of(path))
        book = next((b for b in tx.books() if b.path == place), None)
        if book is None:
            return None
        runs = [o for o in tx.ops(kind="run", book=book.id) if o.undone_by is None and o.action != "check"]
        return runs[-1] if runs else None

    op = workspace.store.read(newest)
    return undo(workspace, op.id, dry_run=dry_run, actor=op.actor) if op is not None else None
