"""`rollup`: the manager's figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetsales_sync.cli.output import json_option, show, table, talk, workspace_of, write_file

if TYPE_CHECKING:
    from sheetsales_sync.rollups import RollUp, Source
    from sheetsales_sync.workspace import Workspace


@click.command()
@click.argument("more", nargs=-1, metavar="")
@click.option("-o", "--output", help="Write the manager's workbook, with charts, to this .xlsx.")
@click.option("--from", "books", multiple=True, metavar="BOOK…", help="Straight from these workbooks, without the store.")
@click.option("--as", "member", default="", metavar="EMAIL", help="As this member sees it.")
@click.option(
    "--by", "groupings", multiple=True, metavar="COL[,COL…]", help="Group by these columns; may be given several times."
)
@click.option("--as-of", "as_of", metavar="DATE", help="As it stood at the end of that day, YYYY-MM-DD.")
@json_option
@click.pass_context
def rollup(
    ctx: click.Context,
    more: Sequence[str],
    output: str | None,
    books: Sequence[str],
    member: str,
    groupings: Sequence[str],
    as_of: str | None,
    as_json: bool,
) -> int:
    """Add up the opportunities, tied out to the cent.

    Example: sheetsales rollup --by manager,close_quarter -o rollup.xlsx
    """
    from sheetsales_sync.rollups import make_roll_up

    if more and not books:
        raise click.UsageError(f"'{more[0]}' is not expected here; workbooks come after --from.")
    day = _day(as_of)
    if day is not None and books:
        raise click.UsageError("--as-of needs the history of the store; it cannot be used with --from.")
    workspace, source, refused = _source(ctx, [*books, *more], member, day)
    by = [tuple(name.strip() for name in g.split(",") if name.strip()) for g in groupings]
    result = make_roll_up(
        workspace.playbook, source, by, as_of=day or workspace.clock.local().date(), currency=workspace.currency
    )
    if output is not None:
        from sheetsales_sync.rollup_workbook import write_roll_up

        path = workspace.output(output)
        write_file(path, write_roll_up(result, workspace.clock.local()))
    document = result.document()
    if refused:
        document["refused"] = refused
    if as_json:
        show(document)
    else:
        _print(result, output)
    return 0


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"'{text}' is not a day; use YYYY-MM-DD.", param_hint="--as-of") from error


def _source(
    ctx: click.Context, books: Sequence[str], member: str, day: date | None
) -> tuple[Workspace, Source, list[dict[str, str]]]:
    """Read from the store, or from the named workbooks; the latter needs no workspace."""
    from sheetsales_sync.rollup_books import from_books
    from sheetsales_sync.rollups import from_store, member_scope
    from sheetsales_sync.workspace import CONFIGURATION, Workspace

    root: Path = ctx.obj["root"]
    if not books:
        workspace = workspace_of(ctx)
        playbook, now, currency = workspace.playbook, workspace.clock.local(), workspace.currency
        zone = workspace.zone
        source = workspace.store.read(
            lambda tx: from_store(tx, playbook, currency=currency, now=now, member=member, as_of=day, zone=zone)
        )
        return workspace, source, []
    names = ("people", "roles", "accounts", "products", "stages", "fx_rates", "periods", "quotas")
    people: dict[str, Any]
    scope = None
    if (root / CONFIGURATION).exists():
        workspace = workspace_of(ctx)
        people = workspace.store.read(lambda tx: {name: tx.rows(name) for name in names})
        scope = member_scope(workspace.playbook, people["people"], people["roles"], member) if member else None
    elif member:
        raise click.UsageError("--as needs the team of a workspace; name it with -w.")
    else:
        workspace = Workspace(root.resolve(), {})
        defaults = {t: rows for p in workspace.playbook.processes for t, rows in p.defaults.items() if t in names}
        people = {t: [{**row, "id": f"{t} {n}"} for n, row in enumerate(rows)] for t, rows in defaults.items()}
    paths = [workspace.path_of(b).absolute() for b in books]
    source, failed = from_books(
        paths,
        workspace.playbook,
        people=people,
        currency=workspace.currency,
        now=workspace.clock.local(),
        scope=scope,
    )
    if failed and len(failed) == len(set(paths)):
        raise failed[0][1]
    return workspace, source, [{"book": str(path), "reason": f"{error} {error.hint}"} for path, error in failed]


def _print(result: RollUp, output: str | None) -> None:
    for by, rows in result.groups:
        table(
            (*by, "rows", "open", "won", "lost", "open amount", "won amount", "weighted", "win rate"),
            [
                (*(k if k is not None else "(blank)" for k in r.keys), r.rows, r.open, r.won, r.lost, r.open_amount, r.won_amount,
                 r.weighted_amount, "" if r.win_rate is None else f"{r.win_rate:.1%}")
                for r in rows
            ],
        )  # fmt: skip
        talk("")
    source = result.source
    talk(
        f"{source.read} rows read, {len(source.counted)} counted, {len(source.refused)} rejected; difference {result.difference} {result.currency}."
    )
    for row in (*source.refused, *source.remarks):
        place = f" {row.sheet}!{row.cell}" if row.cell else ""
        talk(f"{row.state}: {Path(row.book).name}{place}: {row.reason}")
    if output is not None:
        talk(f"Wrote {output}.")


COMMANDS = {"rollup": rollup}
