"""The workbooks of a workspace: a new one for a member, and a copy taken in."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sheetsales.errors import BookMissing, ForeignBook, NotOurBook, UnknownMember, UnknownName, WrongUse
from sheetsales.process import Row, Table
from sheetsales.roles import member_profile, tables_for
from sheetsales.values import Value, fold
from sheetsales_sync.access import scope_of
from sheetsales_sync.engine import Order, Result
from sheetsales_sync.state import REPLACED, Book, ImageRow, Record, Scope
from sheetsales_sync.store.transaction import Tx
from sheetsales_sync.syncing import holder_name, moved_to, sync_one
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks import exchange
from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import Markers
from sheetsales_workbooks.hosts.excel_file import read_book, read_markers
from sheetsales_workbooks.layout import TEMPLATE_VERSION, book_spec
from sheetsales_workbooks.patch import patch_markers
from sheetsales_workbooks.reading.guard import open_guarded

SPARE_ROWS: Final = 100  # waiting rows with ids in a new workbook


@dataclass(frozen=True)
class NewBook:
    """A workbook that was made."""

    path: Path
    owner: str
    tables: tuple[str, ...]
    id: str


def member(tx: Tx, email: str) -> Row:
    """Give a member by address; raises UnknownMember."""
    for person in tx.rows("people"):
        if fold(person.get("email") or "") == fold(email):
            return person
    near = difflib.get_close_matches(email, [str(p["email"]) for p in tx.rows("people") if p.get("email")], n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    raise UnknownMember(f"There is no member {email} in the team file.", meant + UnknownMember.hint)


def book_key(workspace: Workspace) -> str:
    """Draw the id of a workbook or a registration: letters and digits only."""
    return workspace.clock.new_id("BK").replace("-", "")


def new_book(workspace: Workspace, email: str, output: Path | None = None) -> NewBook:
    """Build a member's workbook from the processes of the role, holding the present records.

    The image of generation 1 is committed before the file exists, so that the file names its base.
    """
    book_id = book_key(workspace)
    tx_result = workspace.store.transact(lambda tx: _draw_new(workspace, tx, email, book_id, output))
    path, owner, tables, data = tx_result
    _put(path, data, book_id)
    content = exchange.digest(data)
    workspace.store.transact(lambda tx: tx.save_book(replace(_registered(tx, book_id), last_hash=content)))
    return NewBook(path, owner, tables, book_id)


def _put(path: Path, data: bytes, book_id: str) -> None:
    """Write a new file durably; it must not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise WrongUse(f"{path} exists already.", "Name another file with -o.")
    ready = exchange.stage(path, book_id, 1, data)
    os.link(ready, path) if hasattr(os, "link") else os.replace(ready, path)
    ready.unlink(missing_ok=True)
    exchange.sync_folder(path.parent)


def _registered(tx: Tx, book_id: str) -> Book:
    book = tx.book(book_id)
    if book is None:
        raise UnknownName(f"There is no workbook {book_id}.")
    return book


def _draw_new(
    workspace: Workspace, tx: Tx, email: str, book_id: str, output: Path | None
) -> tuple[Path, str, tuple[str, ...], bytes]:
    playbook, clock = workspace.playbook, workspace.clock
    person = member(tx, email)
    owner = str(person["email"])
    roles = tx.rows("roles")
    tables = tables_for(playbook, member_profile(person, playbook.view({"roles": roles}, clock.local())))
    scope = scope_of(playbook, tx.rows("people"), roles, owner)
    path = workspace.place_of(output or workspace.books / f"{_file_name(person)}.xlsx")
    if path.exists():
        raise WrongUse(f"{path} exists already.", "Name another file with -o.")
    records = {name: tx.records(name, scope=scope) for name in tables}
    spares = {
        name: [clock.new_id(playbook.tables[name].prefix) for _ in range(_spares(playbook.tables[name], scope))]
        for name in tables
    }
    image = [ImageRow(name, r.id, _shown(r)) for name in tables for r in records[name]]
    book = Book(book_id, book_key(workspace), owner, str(path), 0, tables=tables, template=TEMPLATE_VERSION,
                seen_seq=tx.latest_seq(), synced_at=clock.now())  # fmt: skip
    for old in tx.books():
        if old.path == book.path:  # its file is gone, or this place would not be free
            tx.save_book(replace(old, state=REPLACED, reason="A newer workbook was made in its place."))
    tx.save_book(book)
    generation = tx.next_generation(book_id)
    for ids in spares.values():
        tx.issue(book_id, ids)
    tx.save_image(book_id, generation, image)
    markers = Markers(book.workbook_id, book_id, generation, TEMPLATE_VERSION, str(workspace.zone))
    view: dict[str, Sequence[Row]] = {name: [{**row.values, "id": row.id} for row in rows] for name, rows in records.items()}
    shared = {t.name: tx.rows(t.name) for t in playbook.tables.values() if t.kind in ("shared", "library")}
    spec = book_spec(
        playbook,
        markers,
        owner_email=owner,
        owner_name=str(person.get("name") or owner),
        currency=workspace.currency,
        now=clock.local(),
        tables=tables,
        rows={name: [{**_shown(r), "id": r.id} for r in records[name]] for name in tables},
        spare_ids=spares,
        todos=workspace.gatherer.todos({**shared, **view}, clock.local(), owner, tables),
        lists=shared,
        writes_library=scope.edits_library,
    )
    return path, owner, tables, build(spec)


def _shown(record: Record) -> dict[str, Value]:
    """Give what a sheet shows of a record."""
    return {**record.values, "version": record.version, "updated_at": record.updated_at}


def _spares(table: Table, scope: Scope) -> int:
    """Say how many waiting rows a table gets: none where the member makes no rows."""
    if table.kind == "log" or (table.kind == "library" and not scope.edits_library):
        return 0
    return SPARE_ROWS


def _file_name(person: Row) -> str:
    """Give a file name that every system takes, from the member's name."""
    words = str(person.get("name") or person["email"])
    plain = "".join(c if c.isalnum() or c in " -_." else "_" for c in words).strip(" .")
    return plain[:80] or "workbook"


def is_of_this_workspace(workspace: Workspace, path: Path) -> bool:
    """Say whether a file is one of our workbooks, made in this workspace; raises a Refused where it cannot be read.

    One that carries a generation which the store does not know is none: the store is an older one, from a backup.
    """
    if not path.is_file():
        raise BookMissing(f"{path.name} is not there.", "Look at the path.")
    markers = read_markers(path)
    if markers is None:
        return False
    registered = workspace.store.read(lambda tx: tx.book(markers.book_id))
    known = registered is not None and registered.workbook_id == markers.workbook_id
    return known and registered is not None and markers.generation <= registered.generation


def adopt(workspace: Workspace, path: Path, *, merge: bool = False, as_new: bool = False, instead: bool = False) -> Result:
    """Merge the edits of a copy once, make it a workbook of its own, or let it take the place of one that is gone."""
    if merge + as_new + instead != 1:
        raise WrongUse(
            "Say what to do with the copy: --merge, --as-new or --instead.",
            "--merge takes its edits once; --as-new keeps it as a book of its own; --instead where the workbook itself is gone.",
        )
    take_rows = "Run `book adopt FILE --owner EMAIL` to take its rows, or `import TABLE FILE`."
    data = open_guarded(path)
    try:
        read = read_book(data)
    except NotOurBook as error:
        raise NotOurBook(f"{path.name} is no copy of a workbook of this workspace.", take_rows) from error
    registered = workspace.store.read(lambda tx: tx.book(read.markers.book_id))
    if registered is None or registered.workbook_id != read.markers.workbook_id:
        raise ForeignBook(f"{path.name} belongs to another installation.", take_rows)
    if instead:
        return _take_place(workspace, path, registered)
    return _merge_copy(workspace, path, registered) if merge else _make_own(workspace, path, data, registered)


def _take_place(workspace: Workspace, path: Path, book: Book) -> Result:
    """Go on in a copy from now on: the workbook it was made of is gone."""
    if Path(book.path).exists():
        raise WrongUse(
            f"{Path(book.path).name} still stands at its place.", "Merge the copy with --merge, or move the other file away."
        )
    order = Order(actor=book.owner)
    return sync_one(workspace, moved_to(workspace, book, workspace.place_of(path), order), order, holder_name(), {book.id})


def _merge_copy(workspace: Workspace, path: Path, book: Book) -> Result:
    """Merge a copy against the generation it carries and what this very copy said before, then sync the book."""
    if str(workspace.place_of(path)) == book.path:
        raise WrongUse("This is the workbook itself, not a copy.", "Run `sheetsales sync`.")
    return sync_one(workspace, book, Order(actor=book.owner), holder_name(), {book.id}, workspace.place_of(path))


def _make_own(workspace: Workspace, path: Path, data: bytes, original: Book) -> Result:
    """Give the copy its own registration; its image is that of the generation it carries."""
    read = read_book(data)
    own = replace(original, id=book_key(workspace), workbook_id=book_key(workspace), path=str(workspace.place_of(path)), generation=0,
                  last_hash="", seen_seq=0)  # fmt: skip

    def work(tx: Tx) -> Book:
        image = tx.image(original.id, read.markers.generation) or {}
        tx.save_book(own)
        generation = tx.next_generation(own.id)
        tx.save_image(own.id, generation, list(image.values()))
        return replace(own, generation=generation)

    book = workspace.store.transact(work)
    new = patch_markers(data, {"workbook_id": book.workbook_id, "book_id": book.id, "generation": book.generation})
    ready = exchange.stage(path, book.id, book.generation, new)
    os.replace(ready, path)
    return sync_one(workspace, book, Order(actor=book.owner), holder_name(), {book.id})
