"""`import` and `export`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from sheetsales_sync.cli.output import json_option, show, talk, workspace_of, write_file


@click.command("import")
@click.argument("table_name", metavar="TABLE")
@click.argument("file")
@click.option("--mapping", help="A TOML file that says which of their columns is which of ours.")
@click.option("--owner", help="Owner of rows that name none.")
@click.option("--create-missing", is_flag=True, help="Make the accounts that the rows name and that are not there.")
@click.option("--rejects", help="Write the rejected rows, with reasons, to this CSV.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@json_option
@click.pass_context
def import_command(
    ctx: click.Context, table_name: str, file: str, mapping: str | None, owner: str | None, create_missing: bool, rejects: str | None,
    dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Records from any CSV or Excel export; importing the same file again changes nothing.

    Example: sheetsales import opportunities pipeline.csv --mapping crm.toml
    """
    from sheetsales_sync.taking_in import take_in

    workspace = workspace_of(ctx)
    result = take_in(
        workspace, table_name, workspace.path_of(file), mapping=workspace.path_of(mapping) if mapping else None, owner=owner,
        create_missing=create_missing, rejects=workspace.output(rejects) if rejects else None, dry_run=dry_run,
    )  # fmt: skip
    document = result.document()
    if as_json:
        show(document)
        return
    _print(document, dry_run)


def _print(document: dict[str, Any], dry_run: bool) -> None:
    for remark in document.get("remarks", ()):
        talk(remark)
    verb = "would be " if dry_run else ""
    talk(f"{document['created']} {verb}created, {document['updated']} {verb}updated, {document['unchanged']} unchanged.")
    if document["unmapped"]:
        talk(f"Left out, not mapped: {', '.join(document['unmapped'])}.")
    for name, word in (("duplicates", "repeated"), ("unresolved", "kept as typed, unknown"), ("rejected", "rejected")):
        rows = document[name]
        if rows:
            talk(f"{len(rows)} {word}:")
            for row in rows[:20]:
                talk("  " + ", ".join(f"{key} {value}" for key, value in row.items()))
            if len(rows) > 20:
                talk(f"  … and {len(rows) - 20} more (--json lists all)")


@click.command()
@click.argument("table_name", metavar="TABLE")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "xlsx"]),
    default=None,
    help="Default: by the name of the file, else csv.",
)
@click.option("-o", "--output", help="Where to write it (default: standard output).")
@json_option
@click.pass_context
def export(ctx: click.Context, table_name: str, form: str | None, output: str | None, as_json: bool) -> None:
    """The current records of a table, with id, owner and version.

    Example: sheetsales export opportunities --format csv -o pipeline.csv
    """
    from sheetsales_sync.exporting import export_table

    workspace = workspace_of(ctx)
    chosen = "json" if as_json and form is None else form or _by_name(output)
    if chosen == "xlsx" and output is None:
        raise click.UsageError("An .xlsx needs a file: add -o FILE.xlsx.")
    found = export_table(workspace.store, workspace.playbook, table_name, chosen, zone=workspace.zone)
    data: bytes = found if isinstance(found, bytes) else f"{json.dumps(found, ensure_ascii=False)}\n".encode()
    if output is None:
        sys.stdout.buffer.write(data)
        return
    path = workspace.output(output)
    write_file(path, data)
    if as_json:
        show({"table": table_name, "path": str(path), "bytes": len(data)})
    else:
        talk(f"Wrote {path}.")


def _by_name(output: str | None) -> str:
    ending = Path(output).suffix.lower() if output else ""
    return {".json": "json", ".xlsx": "xlsx"}.get(ending, "csv")


COMMANDS = {"import": import_command, "export": export}
