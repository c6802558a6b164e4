"""`init` and `schema`."""

from __future__ import annotations

from pathlib import Path

import click

from sheetsales_sync.cli.output import json_option, show, table, talk, workspace_of


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--store", default="", help="Where the store is: sqlite:///FILE or postgresql://… (default: a SQLite file here).")
@click.option("--currency", default="EUR", show_default=True, help="Of amounts that name none.")
@click.option("--zone", default="UTC", show_default=True, help="Whose wall clock the workbooks show, e.g. Europe/Zurich.")
@json_option
def init(folder: Path, store: str, currency: str, zone: str, as_json: bool) -> None:
    """Make a workspace: sheetsales.toml, books/, a store.

    Example: sheetsales init team --currency EUR --zone Europe/Zurich
    """
    from sheetsales_sync.workspace import Workspace

    workspace = Workspace.create(folder, store=store, currency=currency, zone=zone)
    workspace.close()
    if as_json:
        show({"workspace": str(workspace.root), "store": str(workspace.configuration["store"]), "currency": currency})
    else:
        talk(f"Made {workspace.root}. Next: sheetsales -w {folder} members import team.csv")


@click.command()
@json_option
@click.pass_context
def schema(ctx: click.Context, as_json: bool) -> None:
    """Say which tables, columns and policy numbers this workspace has.

    Example: sheetsales schema --json
    """
    from sheetsales.playbook import schema_document

    workspace = workspace_of(ctx)
    sources = {c.choices_from for t in workspace.playbook.tables.values() for c in t.columns if c.choices_from}
    labels = workspace.playbook.labels
    names = workspace.store.read(
        lambda tx: {t: [str(row[labels[t]]) for row in tx.rows(t) if row.get(labels[t])] for t in sources}
    )
    document = schema_document(workspace.playbook, names)
    if as_json:
        show(document)
        return
    for entry in document["tables"]:
        talk(f"\n{entry['name']} — tab {entry['sheet']}, process {entry['process']}")
        table(
            ("column", "header", "type", "required", "computed", "choices"),
            [(c["name"], c["header"], c["type"], "yes" if c["required"] else "", "yes" if c["computed"] else "", ", ".join(c["choices"] or ()))
             for c in entry["columns"]],
        )  # fmt: skip
    talk("\npolicy — numbers to set under [policy] in sheetsales.toml")
    table(("number", "value", "unit", "unless set", "why"),
          [(p["name"], p["value"], p["unit"], p["standard"], p["reason"]) for p in document["policy"]])  # fmt: skip


COMMANDS = {"init": init, "schema": schema}
