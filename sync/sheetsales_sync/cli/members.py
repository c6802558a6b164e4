"""`members` and `fit`."""

from __future__ import annotations

import click

from sheetsales_sync.cli.output import json_option, show, table, talk, workspace_of


@click.group()
def members() -> None:
    """The team: import a team file, list who is in it."""


@members.command("import")
@click.argument("file")
@json_option
@click.pass_context
def import_members(ctx: click.Context, file: str, as_json: bool) -> None:
    """Read the team file: email, name, role, manager_email, team.

    Example: sheetsales members import team.csv
    """
    from sheetsales_sync.members import import_members as run

    workspace = workspace_of(ctx)
    result = run(workspace.store, workspace.playbook, workspace.path_of(file), clock=workspace.clock, actor=workspace.operator)
    document = result.document()
    if as_json:
        show(document)
        return
    talk(f"{document['created']} members new, {document['updated']} changed, {document['unchanged']} as before.")
    for rejected in document["rejected"]:
        talk(f"row {rejected['row']}, {rejected['column']}: {rejected['reason']}")


@members.command("list")
@json_option
@click.pass_context
def list_members(ctx: click.Context, as_json: bool) -> None:
    """List the team.

    Example: sheetsales members list
    """
    from sheetsales_sync.members import list_members as run

    document = run(workspace_of(ctx).store)
    if as_json:
        show(document)
    else:
        table(
            ("e-mail", "name", "role", "manager", "team"),
            [(m["email"], m["name"], m["role"], m["manager"], m["team"]) for m in document["members"]],
        )


@click.command()
@json_option
@click.pass_context
def fit(ctx: click.Context, as_json: bool) -> None:
    """Say which process fits which role and member, and why.

    Example: sheetsales fit
    """
    from sheetsales.roles import fit_document

    workspace = workspace_of(ctx)
    rows = workspace.store.read(lambda tx: {"people": tx.rows("people"), "roles": tx.rows("roles")})
    document = fit_document(workspace.playbook, workspace.playbook.view(rows, workspace.clock.local()))
    if as_json:
        show(document)
        return
    table(
        ("role", "process", "verdict", "reason"),
        [(r["role"], r["process"], r["verdict"], r["reason"]) for r in document["roles"]],
    )
    odd = [m for m in document["members"] if m["verdict"] == "misaligned"]
    if odd:
        talk("")
        table(("member", "process", "verdict", "reason"), [(m["email"], m["process"], m["verdict"], m["reason"]) for m in odd])


COMMANDS = {"members": members, "fit": fit}
