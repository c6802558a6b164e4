"""What may be looked at: the same documents as the command line's, of the records that the caller may see."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final

from sheetsales.errors import NotAllowed, UnknownName
from sheetsales_sync.exporting import export_table
from sheetsales_sync.overview import overview
from sheetsales_sync.rollups import from_store, make_roll_up, member_scope
from sheetsales_sync.service.answers import Wrong
from sheetsales_sync.service.tokens import Caller
from sheetsales_sync.shapes import conflict_rows, history_rows, rejected_rows
from sheetsales_sync.state import Book, Scope
from sheetsales_sync.workspace import Workspace

HISTORY_ROWS: Final = 1_000
MOST_HISTORY_ROWS: Final = 10_000


def scope_as(workspace: Workspace, caller: Caller, member: str | None) -> Scope:
    """Give whose records are looked at: the caller's, or those of a member below; raises NotAllowed."""
    if member is None:
        return caller.scope
    if not member or not caller.scope.covers(member):
        raise NotAllowed("You may look at your own records and, as a manager, at those of your team.", "Leave out `as`.")
    playbook = workspace.playbook
    return workspace.store.read(lambda tx: member_scope(playbook, tx.rows("people"), tx.rows("roles"), member))


def short(workspace: Workspace, path: str) -> str:
    """Give a path as it is from the workspace; where the server keeps it concerns nobody."""
    place = Path(path)
    return place.relative_to(workspace.root).as_posix() if place.is_relative_to(workspace.root) else place.name


def status(workspace: Workspace, scope: Scope) -> dict[str, Any]:
    """Give what `status` says, of the workbooks in the scope."""
    document = overview(workspace)
    books = [{**b, "path": short(workspace, b["path"])} for b in document["books"] if scope.covers(b["owner"])]
    names = list(workspace.playbook.tables)
    records = workspace.store.read(lambda tx: sum(len(tx.records(name, scope=scope)) for name in names))
    return {**document, "books": books, "records": records}


def _paths(workspace: Workspace, books: list[Book]) -> dict[str, str]:
    return {b.id: short(workspace, b.path) for b in books}


def _shown(books: list[Book], book: str, scope: Scope) -> bool:
    """Say whether what waits in a book is the caller's to see: it is shown in that book only, to its owner."""
    return all(scope.covers(b.owner) for b in books if b.id == book)


def conflicts(workspace: Workspace, scope: Scope) -> dict[str, Any]:
    """Give what `conflicts` lists, of the workbooks in the scope."""
    books, found = workspace.store.read(lambda tx: (tx.books(), tx.conflicts(scope=scope)))
    mine = [c for c in found if _shown(books, c.book, scope)]
    return {"conflicts": conflict_rows(workspace.playbook, mine, _paths(workspace, books))}


def rejected(workspace: Workspace, scope: Scope) -> dict[str, Any]:
    """Give what `rejected` lists, of the workbooks in the scope."""
    books, found = workspace.store.read(lambda tx: (tx.books(), tx.rejections(scope=scope)))
    mine = [r for r in found if _shown(books, r.book, scope)]
    return {"rejected": rejected_rows(mine, _paths(workspace, books))}


def history(workspace: Workspace, scope: Scope, record: str | None, since: int | None, limit: int) -> dict[str, Any]:
    """Give what `history` lists, of the records in the scope: the last rows, or the first after `since`."""
    if not 1 <= limit <= MOST_HISTORY_ROWS:
        raise Wrong(422, "bad_parameter", f"limit is from 1 to {MOST_HISTORY_ROWS}.")
    books, found = workspace.store.read(lambda tx: (tx.books(), tx.history(record=record, since=since, limit=limit, scope=scope)))
    return {"history": history_rows(workspace.playbook, found, _paths(workspace, books))}


def rollup(workspace: Workspace, scope: Scope, groupings: list[str], as_of: str | None) -> dict[str, Any]:
    """Give the figures of `rollup`, of the records in the scope."""
    try:
        day = None if as_of is None else date.fromisoformat(as_of)
    except ValueError as error:
        raise Wrong(422, "bad_parameter", f"as_of: '{as_of[:40] if as_of else ''}' is not a day; use YYYY-MM-DD.") from error
    playbook, now, currency, zone = workspace.playbook, workspace.clock.local(), workspace.currency, workspace.zone
    source = workspace.store.read(
        lambda tx: from_store(tx, playbook, currency=currency, now=now, member=scope.member, as_of=day, zone=zone)
    )
    by = [tuple(name.strip() for name in grouping.split(",") if name.strip()) for grouping in groupings]
    try:
        made = make_roll_up(playbook, source, by, as_of=day or now.date(), currency=currency)
    except UnknownName as error:
        raise Wrong(422, "bad_parameter", f"by: {error}", error.hint) from error
    document = made.document()
    document["rejected"] = [{**r, "book": short(workspace, r["book"]) if r["book"] else ""} for r in document["rejected"]]
    return document


def export(workspace: Workspace, scope: Scope, table: str, form: str) -> bytes | dict[str, Any]:
    """Give what `export` writes, of the records in the scope."""
    return export_table(workspace.store, workspace.playbook, table, form, scope=scope, zone=workspace.zone)
