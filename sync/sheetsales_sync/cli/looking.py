"""`status`, `conflicts`, `rejected` and `history`: looking, changing nothing."""

from __future__ import annotations

from pathlib import Path

import click

from sheetsales_sync.cli.output import json_option, show, table, talk, workspace_of


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


@click.command()
@json_option
@click.pass_context
def conflicts(ctx: click.Context, as_json: bool) -> None:
    """List what two people changed at the same time; both values are kept.

    Example: sheetsales conflicts
    """
    from sheetsales_sync.shapes import conflict_rows

    workspace = workspace_of(ctx)
    paths, found = workspace.store.read(lambda tx: ({b.id: b.path for b in tx.books()}, tx.conflicts()))
    rows = conflict_rows(workspace.playbook, found, paths)
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
    from sheetsales_sync.shapes import rejected_rows

    workspace = workspace_of(ctx)
    paths, found = workspace.store.read(lambda tx: ({b.id: b.path for b in tx.books()}, tx.rejections()))
    rows = rejected_rows(found, paths)
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
    from sheetsales_sync.shapes import history_rows

    workspace = workspace_of(ctx)
    paths, found = workspace.store.read(lambda tx: ({b.id: b.path for b in tx.books()}, tx.history(record=record)))
    if limit is not None:
        found = found[-limit:]
    rows = history_rows(workspace.playbook, found, paths)
    if as_json:
        show({"history": rows})
    else:
        table(("seq", "at", "who", "record", "column", "old", "new", "op"),
              [(r["seq"], r["at"], r["actor"], r["record"], r["column"] or r["kind"], r["old"], r["new"], r["op"]) for r in rows])  # fmt: skip


COMMANDS = {"status": status, "conflicts": conflicts, "rejected": rejected, "history": history}
