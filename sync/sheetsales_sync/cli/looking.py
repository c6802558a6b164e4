"""`status`, `conflicts`, `rejected` and `history`: looking, changing nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sheetsales.values import Value
from sheetsales_sync.cli.output import cell_value, json_option, moment, show, table, talk, workspace_of

if TYPE_CHECKING:
    from sheetsales_sync.state import Conflict, HistoryRow
    from sheetsales_sync.workspace import Workspace


@click.command()
@json_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Say what is waiting, and why.

    Example: sheetsales status
    """
    from sheetsales_sync.overview import overview

    document = overview(workspace_of(ctx))
    if as_json:
        show(document)
        return
    table(
        ("workbook", "owner", "state", "synced", "conflicts", "rejected", "why"),
        [
            (Path(b["path"]).name, b["owner"], b["state"], b["synced_at"], b["conflicts"], b["rejected"], b["message"])
            for b in document["books"]
        ],
    )
    talk(f"{document['records']} records, history up to {document['seq']}.")


def _values_of(workspace: Workspace) -> Callable[[Conflict | HistoryRow, Value], object]:
    return lambda row, value: cell_value(workspace.playbook, row.table, row.column, value)


@click.command()
@json_option
@click.pass_context
def conflicts(ctx: click.Context, as_json: bool) -> None:
    """List what two people changed at the same time; both values are kept.

    Example: sheetsales conflicts
    """
    workspace = workspace_of(ctx)
    paths, found = workspace.store.read(lambda tx: ({b.id: b.path for b in tx.books()}, tx.conflicts()))
    shown = _values_of(workspace)
    rows = [
        {
            "id": c.id, "book": paths.get(c.book, c.book), "table": c.table, "record": c.record, "column": c.column,
            "base": shown(c, c.base), "mine": shown(c, c.mine), "theirs": shown(c, c.theirs), "theirs_by": c.theirs_by or None, "state": c.state,
        }
        for c in found
    ]  # fmt: skip
    if as_json:
        show({"conflicts": rows})
    else:
        table(("record", "column", "base", "mine", "theirs", "by", "workbook"),
              [(r["record"], r["column"], r["base"], r["mine"], r["theirs"], r["theirs_by"], Path(str(r["book"])).name) for r in rows])  # fmt: skip


@click.command()
@json_option
@click.pass_context
def rejected(ctx: click.Context, as_json: bool) -> None:
    """List the cells and rows that were turned down, and why; the sheets keep what was typed.

    Example: sheetsales rejected
    """
    workspace = workspace_of(ctx)
    paths, found = workspace.store.read(lambda tx: ({b.id: b.path for b in tx.books()}, tx.rejections()))
    rows = [
        {
            "book": paths.get(r.book, r.book), "table": r.table, "record": r.record, "column": r.column,
            "cell": r.place.rpartition("!")[2], "value": r.raw, "reason": r.reason, "hint": r.hint, "place": r.place,
        }
        for r in found
    ]  # fmt: skip
    if as_json:
        show({"rejected": rows})
    else:
        table(("where", "value", "reason", "hint", "workbook"),
              [(r["place"], r["value"], r["reason"], r["hint"], Path(str(r["book"])).name) for r in rows])  # fmt: skip


@click.command()
@click.option("--record", help="Only this record.")
@click.option("--limit", type=int, default=None, help="Only the newest N rows.")
@json_option
@click.pass_context
def history(ctx: click.Context, record: str | None, limit: int | None, as_json: bool) -> None:
    """Say who changed what, when, from which workbook.

    Example: sheetsales history --record OP-7F3K9QWX2M-4T
    """
    workspace = workspace_of(ctx)
    paths, found = workspace.store.read(lambda tx: ({b.id: b.path for b in tx.books()}, tx.history(record=record)))
    shown = _values_of(workspace)
    if limit is not None:
        found = found[-limit:]
    rows = [
        {
            "seq": h.seq, "op": h.op, "at": moment(h.at), "actor": h.actor, "book": paths.get(h.book or "", h.book), "table": h.table,
            "record": h.record, "column": h.column or None, "old": shown(h, h.old), "new": shown(h, h.new), "kind": h.kind, "place": h.place or None,
        }
        for h in found
    ]  # fmt: skip
    if as_json:
        show({"history": rows})
    else:
        table(("seq", "at", "who", "record", "column", "old", "new", "op"),
              [(r["seq"], r["at"], r["actor"], r["record"], r["column"] or r["kind"], r["old"], r["new"], r["op"]) for r in rows])  # fmt: skip


COMMANDS = {"status": status, "conflicts": conflicts, "rejected": rejected, "history": history}
