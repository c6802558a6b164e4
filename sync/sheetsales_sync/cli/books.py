"""`book`, `sync` and `check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetsales_sync.cli.output import Progress, json_option, show, table, talk, workspace_of
from sheetsales_sync.state import REPLACED

if TYPE_CHECKING:
    from sheetsales_sync.adopting import Adopted
    from sheetsales_sync.engine import Result


@click.group()
def book() -> None:
    """Workbooks: make one, list them, adopt a copy or somebody's own."""


@book.command("new")
@click.argument("email")
@click.option("-o", "--output", help="Where to write it (default: books/NAME.xlsx).")
@json_option
@click.pass_context
def new(ctx: click.Context, email: str, output: str | None, as_json: bool) -> None:
    """Build a member's workbook from the processes of the role, with the current records.

    Example: sheetsales book new ana@example.com
    """
    from sheetsales_sync.books import new_book

    workspace = workspace_of(ctx)
    made = new_book(workspace, email, workspace.output(output) if output else None)
    if as_json:
        show({"book": {"path": str(made.path), "owner": made.owner, "tables": list(made.tables)}})
    else:
        talk(f"Made {made.path} for {made.owner}, with {len(made.tables)} tables. Open it; sync picks up what is typed.")


@book.command("macros")
@click.argument("file")
@click.option(
    "-o", "--output", help='Where to write it: FILE.bas, or FILE.py for xlwings\' "Run main" (default: beside the workbook).'
)
@json_option
@click.pass_context
def macros(ctx: click.Context, file: str, output: str | None, as_json: bool) -> None:
    """Write a workbook's buttons as VBA macros, one for each, to be imported in Excel desktop.

    Each macro chooses the action in the Action cell; the helper (`sheetsales agent`) carries it out.
    Not run in Excel by us.

    Example: sheetsales book macros "books/Ana Brandt.xlsx"
    """
    from sheetsales_sync.agent.macros import write_macros

    workspace = workspace_of(ctx)
    written, names = write_macros(workspace, workspace.path_of(file), workspace.output(output) if output else None)
    if as_json:
        show({"macros": {"path": str(written), "names": names}})
    elif names:
        talk(f"Wrote {written} with {len(names)} macros. In Excel: Alt+F11, File > Import File; then save as .xlsm.")
    else:
        talk(f'Wrote {written}. xlwings\' "Run main" in that workbook now runs what is chosen in an Action cell.')


@book.command("list")
@json_option
@click.pass_context
def list_books(ctx: click.Context, as_json: bool) -> None:
    """List the workbooks of this workspace.

    Example: sheetsales book list
    """
    from sheetsales_sync.shapes import moment

    books = workspace_of(ctx).store.read(lambda tx: tx.books())
    rows = [
        {"id": b.id, "owner": b.owner, "path": b.path, "state": b.state, "generation": b.generation, "tables": list(b.tables),
         "synced_at": moment(b.synced_at)}
        for b in sorted(books, key=lambda b: b.path)
        if b.state != REPLACED
    ]  # fmt: skip
    if as_json:
        show({"books": rows})
    else:
        table(("owner", "state", "synced", "path"), [(r["owner"], r["state"], r["synced_at"], r["path"]) for r in rows])


@book.command()
@click.argument("file")
@click.option("--merge", is_flag=True, help="Merge the edits of a copy once; the copy itself is not live.")
@click.option("--as-new", is_flag=True, help="Make a copy a workbook of its own.")
@click.option("--instead", is_flag=True, help="Go on in this copy; the workbook it was made of is gone.")
@click.option("--owner", default="", help="Whose rows they are, of a workbook that is not ours.")
@click.option("--dry-run", is_flag=True, help="Of a workbook that is not ours: say what would be taken; change nothing.")
@json_option
@click.pass_context
def adopt(
    ctx: click.Context, file: str, merge: bool, as_new: bool, instead: bool, owner: str, dry_run: bool, as_json: bool
) -> int:
    """Take in a copy of a workbook, or a workbook that somebody made without us.

    Of a workbook that is not ours the sheets are recognised by their headers, the rows become the owner's
    records, and a workbook of ours is made beside it; the file itself stays as it is.

    Example: sheetsales book adopt "books/Ana (1).xlsx" --merge

    Example: sheetsales book adopt "Ana's pipeline.xlsx" --owner ana@example.com
    """
    from sheetsales_sync.adopting import adopt_foreign
    from sheetsales_sync.books import adopt as run
    from sheetsales_sync.books import is_of_this_workspace

    workspace = workspace_of(ctx)
    path = workspace.path_of(file)
    if merge or as_new or instead or is_of_this_workspace(workspace, path):
        if owner or dry_run:
            raise click.UsageError("--owner and --dry-run are for a workbook that is not ours; this is a copy of one of ours.")
        result = run(workspace, path, merge=merge, as_new=as_new, instead=instead)
        _print_results([result], as_json)
        return _code([result], strict=False)
    adopted = adopt_foreign(workspace, path, owner=owner, dry_run=dry_run)
    if as_json:
        show({"adopted": adopted.document()})
    else:
        _print_adopted(adopted)
    return 0


def _print_adopted(adopted: Adopted) -> None:
    for sheet, result in adopted.imports:
        talk(f"Sheet {sheet} is {result.sentence()}")
        if result.unmapped:
            talk(f"  not taken, no column of ours: {', '.join(result.unmapped)}")
        for rejected in result.rejected[:20]:
            talk(f"  row {rejected.row}, {rejected.column}: {rejected.reason}")
    for sheet, why in adopted.left:
        talk(f"Sheet {sheet} was not taken: {why}.")
    if adopted.book is not None:
        talk(f"Made {adopted.book.path} for {adopted.owner}. {Path(adopted.file).name} is as it was; go on in the new one.")
    elif adopted.had:
        talk(f"{adopted.owner} goes on in {adopted.had}; `sheetsales sync` brings the rows there.")


@click.command()
@click.argument("books", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@click.option("--strict", is_flag=True, help="Exit 1 when conflicts or rejected cells wait for a person.")
@click.option("--resume", is_flag=True, help="Go on with a paused workbook: missing rows are put back.")
@json_option
@click.pass_context
def sync(ctx: click.Context, books: Sequence[str], dry_run: bool, strict: bool, resume: bool, as_json: bool) -> int:
    """Merge workbooks and store, both ways; without a name, all of them.

    Example: sheetsales sync
    """
    from sheetsales_sync.engine import Order
    from sheetsales_sync.syncing import sync_books

    workspace = workspace_of(ctx)
    progress = Progress("Syncing", len(books) or 2, quiet=as_json)
    try:
        results = sync_books(
            workspace, [workspace.path_of(b) for b in books], Order(dry_run=dry_run, resume=resume), on_book=progress.step
        )
    finally:
        progress.end()
    _print_results(results, as_json)
    return _code(results, strict=strict)


def _code(results: Sequence[Result], *, strict: bool) -> int:
    """Give the exit code of several books: where none could be used, 4 if one only has to be tried again, else 3."""
    if results and all(r.error is not None for r in results):
        return 4 if any(r.state == "deferred" for r in results) else 3
    return 1 if strict and any(r.conflicts or r.rejected or r.state == "copy" for r in results) else 0


def _print_results(results: Sequence[Result], as_json: bool) -> None:
    from sheetsales_sync.shapes import sync_document

    if as_json:
        show({"books": [sync_document(r) for r in results]})
        return
    table(
        ("workbook", "state", "accepted", "written", "conflicts", "rejected", "message"),
        [(Path(r.path).name, r.state, r.accepted, r.written, r.conflicts, r.rejected, r.message) for r in results],
    )


@click.command()
@click.argument("books", nargs=-1, required=True)
@json_option
@click.pass_context
def check(ctx: click.Context, books: Sequence[str], as_json: bool) -> int:
    """Say every finding in these workbooks; changes nothing. Exit 1 when there are findings.

    Example: sheetsales check books/Ana.xlsx
    """
    from sheetsales_sync.checking import check_book

    workspace = workspace_of(ctx)
    documents, errors = [], []
    for name in books:
        found, error = check_book(workspace, workspace.path_of(name))
        documents.extend(found)
        if error is not None:
            errors.append((name, error))
    if errors and len(errors) == len(books):
        raise errors[0][1]
    if as_json:
        document: dict[str, Any] = {"findings": documents}
        if errors:
            document["books"] = [{"path": name, "state": "refused", "message": str(error)} for name, error in errors]
        show(document)
    else:
        for name, error in errors:
            talk(f"{name}: {error} {error.hint}")
        table(
            ("where", "severity", "code", "message", "hint"),
            [
                (f"{Path(d['book']).name} {d['sheet']}!{d['cell']}", d["severity"], d["code"], d["message"], d["hint"])
                for d in documents
            ],
        )
        talk(f"{len(documents)} findings.")
    return 1 if documents else 0


COMMANDS = {"book": book, "sync": sync, "check": check}
