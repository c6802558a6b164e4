"""`undo`, `restore`, `backup` and `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sheetsales.errors import WrongUse
from sheetsales_sync.cli.output import json_option, show, talk, workspace_of

if TYPE_CHECKING:
    from sheetsales_sync.past import Undone


def _print(undone: Undone, as_json: bool) -> None:
    left = [{"table": r.table, "record": r.record, "column": r.column, "seq": r.seq} for r in undone.left]
    if as_json:
        show({"op": undone.op or None, "changed": len(undone.changes), "left": left})
        return
    talk(f"{len(undone.changes)} cells written back" + (f" as {undone.op}." if undone.op else "."))
    for row in left:
        talk(f"left, changed since: {row['record']} {row['column']}")


@click.command()
@click.argument("op")
@click.option("--dry-run", is_flag=True, help="Say what would be written back; change nothing.")
@json_option
@click.pass_context
def undo(ctx: click.Context, op: str, dry_run: bool, as_json: bool) -> None:
    """Take back a whole sync, run or import; itself undoable. The op stands in `history`.

    Example: sheetsales undo 0193f6a2c1d4a1b2c3
    """
    from sheetsales_sync.past import undo as run

    _print(run(workspace_of(ctx), op, dry_run=dry_run), as_json)


@click.command()
@click.argument("record")
@click.option("--to", "seq", type=int, required=True, help="The seq after which the record was right.")
@click.option("--dry-run", is_flag=True, help="Say what would be written back; change nothing.")
@json_option
@click.pass_context
def restore(ctx: click.Context, record: str, seq: int, dry_run: bool, as_json: bool) -> None:
    """Bring one record back to how it was.

    Example: sheetsales restore OP-7F3K9QWX2M-4T --to 120
    """
    from sheetsales_sync.past import restore as run

    _print(run(workspace_of(ctx), record, seq, dry_run=dry_run), as_json)


@click.command()
@click.argument("target", required=False)
@json_option
@click.pass_context
def backup(ctx: click.Context, target: str | None, as_json: bool) -> None:
    """Copy the store safely, also while others sync.

    Example: sheetsales backup backup.db
    """
    from sheetsales_sync.store.backup import backup as run

    workspace = workspace_of(ctx)
    path = workspace.output(target) if target else workspace.root / f"backup-{workspace.clock.local():%Y%m%dT%H%M%S}.db"
    if not path.parent.is_dir():
        raise WrongUse(f"The folder {path.parent} is not there.", "Make it, or name another place.")
    run(workspace.store, path)
    if as_json:
        show({"backup": str(path), "bytes": path.stat().st_size})
    else:
        talk(f"Copied the store to {path}.")


@click.command()
@json_option
@click.pass_context
def verify(ctx: click.Context, as_json: bool) -> int:
    """Prove that the records follow from the history and that the history is whole. Exit 1 if not.

    Example: sheetsales verify
    """
    from sheetsales_sync.store.verify import verify as run

    differences = run(workspace_of(ctx).store)
    if as_json:
        show({"ok": not differences, "differences": differences})
    else:
        talk("The records follow from the history." if not differences else "\n".join(differences))
    return 1 if differences else 0


COMMANDS = {"undo": undo, "restore": restore, "backup": backup, "verify": verify}
