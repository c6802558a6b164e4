"""`actions` and `run`: what the buttons do, from the command line."""

from __future__ import annotations

from collections.abc import Sequence

import click

from sheetsales.errors import Refused
from sheetsales_sync.cli.output import Progress, json_option, show, table, talk, workspace_of


@click.command()
@json_option
@click.pass_context
def actions(ctx: click.Context, as_json: bool) -> None:
    """List what the buttons can do.

    Example: sheetsales actions
    """
    from sheetsales_sync.shapes import action_rows

    rows = action_rows(workspace_of(ctx).playbook)
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
    from sheetsales_sync.shapes import run_document

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
        show({"books": [run_document(workspace.playbook, r) for r in results]})
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


COMMANDS = {"actions": actions, "run": run}
