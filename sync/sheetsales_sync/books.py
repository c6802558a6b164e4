"""The workbooks of a workspace: made, listed, adopted, and synced one after the other."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sheetsales_workbooks.hosts.excel_file import read_book, read_markers

from sheetsales.errors import BookMissing, NotOurBook, Refused, UnknownMember, UnknownName, WrongUse
from sheetsales.process import Row, Table
from sheetsales.roles import member_profile, tables_for
from sheetsales.values import Value, fold
from sheetsales_sync.access import scope_of
from sheetsales_sync.bookfile import BookFile
from sheetsales_sync.engine import Order, Result, run_sync
from sheetsales_sync.state import Book, ImageRow, Record, Scope
from sheetsales_sync.store.transaction import Tx
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks import exchange
from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import Markers
from sheetsales_workbooks.layout import TEMPLATE_VERSION, book_spec
from sheetsales_workbooks.patch import patch_markers

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
    raise UnknownMember(f"There is no member {email} in the team file.")


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
    _put(path, data)
    content = exchange.digest(data)
    workspace.store.transact(lambda tx: tx.save_book(replace(_registered(tx, book_id), last_hash=content)))
    return NewBook(path, owner, tables, book_id)


def _put(path: Path, data: bytes) -> None:
    """Write a new file durably; it must not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise WrongUse(f"{path} exists already.", "Name another file with -o.")
    ready = exchange.stage(path, "new", 1, data)
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
    path = (output or workspace.books / f"{_file_name(person)}.xlsx").absolute()
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
        day=clock.local().date(),
        tables=tables,
        rows={name: [{**_shown(r), "id": r.id} for r in records[name]] for name in tables},
        spare_ids=spares,
        todos=workspace.gatherer.todos({**shared, **view}, clock.local(), owner, tables),
        lists_rows=shared,
        read_only=[n for n in tables if playbook.tables[n].kind == "library" and not scope.edits_library],
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


# ── syncing ──────────────────────────────────────────────────────────────────────────────────────


def holder_name() -> str:
    """Name this process as a holder of leases: host, process, chance."""
    return f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"


def sync_books(
    workspace: Workspace,
    paths: Sequence[Path],
    order: Order,
    *,
    on_book: Callable[[Result], None] = lambda _result: None,
) -> list[Result]:
    """Sync the books at these paths, all live ones where none is named; one bad book stops no other.

    A second round shows every book what the first round brought in from the others.
    """
    holder = holder_name()
    registered = workspace.store.read(lambda tx: tx.books())
    chosen = _chosen(workspace, registered, paths)
    results: dict[str, Result] = {}
    copies = [r for r in (_as_copy(workspace, path, registered) for path in paths) if r is not None]
    for number in range(1 if order.dry_run or len(chosen) < 2 or order.action or order.check else 2):
        books = chosen if number == 0 else _again(workspace, chosen, results)
        news = _with_news(workspace, books)
        for book in books:
            result = _sync_one(workspace, book, order, holder, news)
            if number == 0:
                results[book.id] = result
                on_book(result)
            else:
                _add(results[book.id], result)
    return [*results.values(), *copies]


def _with_news(workspace: Workspace, books: Sequence[Book]) -> set[str]:
    def work(tx: Tx) -> set[str]:
        return tx.books_with_news(books)

    return workspace.store.read(work)


def _again(workspace: Workspace, books: Sequence[Book], results: dict[str, Result]) -> list[Book]:
    """Give the books that the first round left with something new to show."""
    if not any(r.changed for r in results.values()):
        return []
    fresh = {b.id: b for b in workspace.store.read(lambda tx: tx.books())}
    present = [fresh[b.id] for b in books if results[b.id].state in ("synced", "unchanged")]
    news = _with_news(workspace, present)
    return [b for b in present if b.id in news]


def _add(first: Result, second: Result) -> None:
    """Add what a second round did to a book's result."""
    first.accepted += second.accepted
    first.written += second.written
    first.conflicts, first.rejected = second.conflicts, second.rejected
    if second.state != "unchanged":
        first.state, first.message = second.state, " ".join(m for m in (first.message, second.message) if m)


def _chosen(workspace: Workspace, registered: Sequence[Book], paths: Sequence[Path]) -> list[Book]:
    if not paths:
        return sorted((b for b in registered if b.state != "copy"), key=lambda b: b.path)
    by_path = {b.path: b for b in registered}
    chosen = []
    for path in paths:
        book = by_path.get(str(path.absolute())) or by_path.get(str(path.resolve()))
        if book is None:
            book = _moved(workspace, path, registered)
        if book is not None and book not in chosen:
            chosen.append(book)
    return chosen


def _moved(workspace: Workspace, path: Path, registered: Sequence[Book]) -> Book | None:
    """Find the book that a file at an unknown path is: a moved one whose old place is empty."""
    markers = read_markers(path)
    if markers is None:
        raise NotOurBook
    book = next((b for b in registered if b.id == markers.book_id), None)
    if book is None or book.workbook_id != markers.workbook_id:
        raise NotOurBook(f"{path.name} belongs to another installation.", "Run `sheetsales book adopt FILE --as-new`.")
    if Path(book.path).exists():
        return None
    moved = replace(book, path=str(path.absolute()))
    workspace.store.transact(lambda tx: tx.save_book(moved))
    return moved


def _as_copy(workspace: Workspace, path: Path, registered: Sequence[Book]) -> Result | None:
    """Give the result of a second copy of a book: it is named, and not live."""
    if any(b.path in (str(path.absolute()), str(path.resolve())) for b in registered):
        return None
    markers = read_markers(path)
    original = next((b for b in registered if markers is not None and b.id == markers.book_id), None)
    if original is None or original.path == str(path.absolute()) or not Path(original.path).exists():
        return None
    return Result(str(path), "copy", message=(
        f"A copy of {Path(original.path).name}; it is not live. Run `book adopt {path.name} --merge` to merge its edits once, "
        "or `--as-new` to make it a workbook of its own."
    ))  # fmt: skip


def _sync_one(workspace: Workspace, book: Book, order: Order, holder: str, news: set[str]) -> Result:
    sheet = BookFile(Path(book.path), book.id, workspace.private / "incoming")
    quiet = order.action is None and not order.check and not order.resume and book.id not in news
    if quiet and book.last_hash and not exchange.leftovers(Path(book.path), book.id) and not sheet.waiting():
        try:
            if sheet.fetch("").hash == book.last_hash:
                return _unchanged(workspace, book)
        except BookMissing as error:
            return Result(book.path, "missing", message=f"{error} {error.hint}", error=error)
    return run_sync(book.id, sheet, workspace.store, workspace.clock, workspace.gatherer, order, holder)


def _unchanged(workspace: Workspace, book: Book) -> Result:
    """Give the result of a book at rest; what stands open in it is told all the same."""
    counts = workspace.open_counts()
    return Result(book.path, "unchanged", conflicts=counts[0].get(book.id, 0), rejected=counts[1].get(book.id, 0))


def usable(results: Iterable[Result]) -> bool:
    """Say whether at least one book could be used."""
    return any(r.state not in ("refused", "missing", "failed") for r in results)


# ── adopting ─────────────────────────────────────────────────────────────────────────────────────


def adopt(workspace: Workspace, path: Path, *, merge: bool = False, as_new: bool = False) -> Result:
    """Merge the edits of a copy once, or make it a workbook of its own."""
    if merge == as_new:
        raise WrongUse(
            "Say what to do with the copy: --merge or --as-new.",
            "--merge takes its edits once; --as-new keeps it as a book of its own.",
        )
    data = exchange.read_file(path)
    read = read_book(data)
    registered = workspace.store.read(lambda tx: tx.book(read.markers.book_id))
    if registered is None or registered.workbook_id != read.markers.workbook_id:
        raise Refused("This workbook belongs to another installation.", "Use `import TABLE FILE` to take its rows.")
    return _merge_copy(workspace, path, registered) if merge else _make_own(workspace, path, data, registered)


def _merge_copy(workspace: Workspace, path: Path, book: Book) -> Result:
    """Put the copy where displaced saves wait, and sync: it is merged against the generation it carries."""
    if str(path.absolute()) == book.path:
        raise WrongUse("This is the workbook itself, not a copy.", "Run `sheetsales sync`.")
    folder = workspace.private / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    waiting = exchange.stage(folder / path.name, "copy", 1, exchange.read_file(path))
    exchange.keep(waiting, folder, book.id)
    return _sync_one(workspace, book, Order(actor=book.owner), holder_name(), {book.id})


def _make_own(workspace: Workspace, path: Path, data: bytes, original: Book) -> Result:
    """Give the copy its own registration; its image is that of the generation it carries."""
    read = read_book(data)
    own = replace(original, id=book_key(workspace), workbook_id=book_key(workspace), path=str(path.absolute()), generation=0,
                  last_hash="", seen_seq=0)  # fmt: skip

    def work(tx: Tx) -> Book:
        image = tx.image(original.id, read.markers.generation) or {}
        tx.save_book(own)
        generation = tx.next_generation(own.id)
        tx.save_image(own.id, generation, list(image.values()))
        tx.save_absorbed(own.id, generation, own.path, tx.absorbed(original.id, read.markers.generation, original.path))
        return replace(own, generation=generation)

    book = workspace.store.transact(work)
    new = patch_markers(data, {"workbook_id": book.workbook_id, "book_id": book.id, "generation": book.generation})
    ready = exchange.stage(path, book.id, book.generation, new)
    os.replace(ready, path)
    return _sync_one(workspace, book, Order(actor=book.owner), holder_name(), {book.id})
