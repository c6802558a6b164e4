"""`actions` and `run`: what the buttons do, from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from sheetsales.errors import Refused
from sheetsales_sync.cli.output import Progress, cell_value, json_option, show, table, talk, workspace_of

if TYPE_CHECKING:
    from sheetsales.process import Playbook
    from sheetsales_sync.engine import Result

EVERY_BOOK = (
    ("check", "Check", "Write every finding into the workbook as a note and a colour, and take away what is mended."),
    ("undo_last", "Undo last", "Take back what the last button did in this workbook."),
)


@click.command()
@json_option
@click.pass_context
def actions(ctx: click.Context, as_json: bool) -> None:
    """List what the buttons can do.

    Example: sheetsales actions
    """
    playbook = workspace_of(ctx).playbook
    rows: list[dict[str, Any]] = [
        {
            "name": a.name, "process": a.name.split(".")[0], "label": a.label, "tables": list(a.tables), "help": a.help,
            "parameters": [{"name": p.name, "type": p.type, "default": p.default, "unit": p.unit} for p in a.parameters],
        }
        for a in playbook.actions.values()
    ]  # fmt: skip
    rows += [
        {"name": n, "process": None, "label": label, "tables": [], "help": text, "parameters": []}
        for n, label, text in EVERY_BOOK
    ]
    if as_json:
        show({"actions": rows})
    else:
        table(("name", "button", "does"), [(r["name"], r["label"], r["help"]) for r in rows])


@click.command()
@click.argument("action")
@click.argument("books", nargs=-1, required=True)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of the action.")
@click.option("--row", "records", multiple=True, metavar="ID", help="Only these records (default: all rows).")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@json_option
@click.pass_context
def run(
    ctx: click.Context,
    action: str,
    books: Sequence[str],
    settings: Sequence[str],
    records: Sequence[str],
    dry_run: bool,
    as_json: bool,
) -> int:
    """Press a button on these workbooks: a sync with the action inside.

    Example: sheetsales run leads.score books/Ana.xlsx
    """
    from sheetsales_sync.pressing import press

    workspace = workspace_of(ctx)
    progress = Progress("Running", len(books), quiet=as_json)
    try:
        results = press(
            workspace, action, [workspace.path_of(b) for b in books], dict(_pair(s) for s in settings), tuple(records),
            dry_run=dry_run, on_book=progress.step,
        )  # fmt: skip
    finally:
        progress.end()
    errors = [r.error or Refused(r.message) for r in results if r.error is not None or r.state == "copy"]
    if errors and len(errors) == len(results):
        raise errors[0]
    if as_json:
        show({"books": [_document(workspace.playbook, r) for r in results]})
    else:
        for result in results:
            talk(f"{result.path}: {result.message}")
            table(("record", "column", "before", "after"), [(c.record, c.column, c.old, c.new) for c in result.changed])
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"'{text}' is not NAME=VALUE.", param_hint="--set")
    return name.strip(), value


def _document(playbook: Playbook, result: Result) -> dict[str, Any]:
    changed = [
        {
            "table": c.table, "record": c.record, "column": c.column,
            "old": cell_value(playbook, c.table, c.column, c.old), "new": cell_value(playbook, c.table, c.column, c.new),
        }
        for c in result.changed
    ]  # fmt: skip
    return {
        "path": result.path, "changed": changed, "message": result.message, "state": result.state, "documents": result.documents,
    }  # fmt: skip


COMMANDS = {"actions": actions, "run": run}
