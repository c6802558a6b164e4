"""Syncing the workbooks of a workspace, one after the other; one bad book stops no other."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sheetsales.errors import BookMissing, NotOurBook, SheetsalesError
from sheetsales_sync.bookfile import BookFile
from sheetsales_sync.engine import Order, Result, run_sync
from sheetsales_sync.overview import Strays, strays
from sheetsales_sync.state import REPLACED, Book
from sheetsales_sync.store.transaction import Tx
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks import exchange
from sheetsales_workbooks.hosts.excel_file import read_markers

FAR_BEHIND: Final = 1_000  # history rows after which a quiet book is noted as up to date
OBJECTS_BETWEEN: Final = 100_000  # new objects after which Python looks for garbage while a book is synced


def holder_name() -> str:
    """Name this process as a holder of leases: host, process, chance."""
    return f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"


@dataclass
class _Chosen:
    """What a sync was asked to work on: the live books, and the results of what cannot be synced."""

    books: list[Book] = field(default_factory=list)
    others: list[Result] = field(default_factory=list)


def sync_books(
    workspace: Workspace,
    paths: Sequence[Path],
    order: Order,
    *,
    on_book: Callable[[Result], None] = lambda _result: None,
) -> list[Result]:
    """Sync the books at these paths, all live ones where none is named, in their order.

    A second round shows every book what the first round brought in from the others.
    """
    holder = holder_name()
    registered = workspace.store.read(lambda tx: tx.books())
    chosen = _choose(workspace, registered, paths, order)
    results: dict[str, Result] = {}
    for round_ in ("take in", "show"):
        books = chosen.books if round_ == "take in" else _with_something_new(workspace, chosen.books, results, order)
        busy = _with_news(workspace, books) | _with_files(workspace, books)
        for book in books:
            result = sync_one(workspace, book, order, holder, busy)
            if round_ == "take in":
                results[book.id] = result
                on_book(result)
            else:
                _add(results[book.id], result)
    return [*results.values(), *chosen.others]


def _choose(workspace: Workspace, registered: Sequence[Book], paths: Sequence[Path], order: Order) -> _Chosen:
    chosen = _Chosen()
    standing = [b for b in registered if b.state != REPLACED]
    if not paths:
        found = strays(standing)
        here = [moved_to(workspace, b, found.moved[b.id], order) if b.id in found.moved else b for b in standing]
        chosen.books = sorted((b for b in here if b.state != "copy"), key=lambda b: b.path)
        chosen.others = [_copy(path, Path(original.path).name) for path, original in found.copies]
        if not order.dry_run:
            _remember(workspace, found)
        return chosen
    by_path = {b.path: b for b in standing}
    for path in paths:
        book = by_path.get(str(workspace.place_of(path)))
        if book is None:
            try:
                book_or_copy = _by_markers(workspace, path, registered, order)
            except SheetsalesError as error:
                state = "missing" if isinstance(error, BookMissing) else "refused"
                chosen.others.append(Result(str(path), state, message=f"{error} {error.hint}", error=error))
                continue
            if isinstance(book_or_copy, Result):
                chosen.others.append(book_or_copy)
                continue
            book = book_or_copy
        if book not in chosen.books:
            chosen.books.append(book)
    return chosen


def _by_markers(workspace: Workspace, path: Path, registered: Sequence[Book], order: Order) -> Book | Result:
    """Find the book that a file at an unknown path is: moved, where its old place is empty; else a copy."""
    if not path.exists():
        raise BookMissing(f"{path.name} is not there.", "Look at the path, or run `sheetsales book list`.")
    markers = read_markers(path)
    if markers is None:
        raise NotOurBook
    book = next((b for b in registered if b.id == markers.book_id), None)
    if book is None or book.workbook_id != markers.workbook_id:
        raise NotOurBook(f"{path.name} belongs to another installation.", "Use the workspace in which it was made.")
    place = workspace.place_of(path)
    if (Path(book.path).exists() or str(place) in book.copies) and book.state != REPLACED:
        return _copy(path, Path(book.path).name)
    return moved_to(workspace, book, place, order)


def _remember(workspace: Workspace, found: Strays) -> None:
    """Note the copies that stand beside a book which is at its place, for the day on which it is not."""
    new: dict[str, list[str]] = {}
    for path, book in found.copies:
        if str(path) not in book.copies and book.id not in found.moved and Path(book.path).exists():
            new.setdefault(book.id, []).append(str(path))

    def note(tx: Tx) -> None:
        for book_id, paths in new.items():
            book = tx.book(book_id)
            if book is not None:
                tx.save_book(replace(book, copies=tuple(sorted({*book.copies, *paths}))))

    if new:
        workspace.store.transact(note)


def moved_to(workspace: Workspace, book: Book, path: Path, order: Order) -> Book:
    """Register a book at its new place; a dry run only looks there."""
    moved = replace(book, path=str(path), state="live", reason="", copies=tuple(c for c in book.copies if c != str(path)))
    if not order.dry_run:
        workspace.store.transact(lambda tx: tx.save_book(moved))
    return moved


def _copy(path: Path, original: str) -> Result:
    message = (
        f'A copy of {original}; it is not live. Run `book adopt "{path.name}" --merge` to merge its edits once, '
        "or `--as-new` to make it a workbook of its own."
    )
    return Result(str(path), "copy", message=message)


def _with_news(workspace: Workspace, books: Sequence[Book]) -> set[str]:
    """Give the books for which the store has something new; the others are noted as up to date now and then."""

    def look(tx: Tx) -> tuple[set[str], int]:
        return tx.books_with_news(books), tx.latest_seq()

    news, latest = workspace.store.read(look)
    behind = [b for b in books if b.id not in news and latest - b.seen_seq > FAR_BEHIND]

    def note(tx: Tx) -> None:
        for stale in behind:
            book = tx.book(stale.id)
            if book is not None and book.seen_seq == stale.seen_seq:
                tx.save_book(replace(book, seen_seq=latest))

    if behind:
        workspace.store.transact(note)
    return news


def _with_files(workspace: Workspace, books: Sequence[Book]) -> set[str]:
    """Give the books beside which an earlier sync left something."""
    folders = {Path(book.path).parent for book in books}
    return exchange.books_with_leftovers(folders) | exchange.books_with_incoming(workspace.private / "incoming")


def _with_something_new(workspace: Workspace, books: Sequence[Book], results: dict[str, Result], order: Order) -> list[Book]:
    """Give the books that the first round left with something new to show."""
    if order.dry_run or order.action is not None or order.check or len(books) < 2 or not any(r.changed for r in results.values()):
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
    first.changed.extend(second.changed)
    if second.state != "unchanged":
        first.state, first.message = second.state, " ".join(m for m in (first.message, second.message) if m)


def sync_one(workspace: Workspace, book: Book, order: Order, holder: str, busy: set[str], copy: Path | None = None) -> Result:
    """Sync one book, a copy of it first; where its bytes are those of the last sync and nothing waits, it is not even parsed."""
    sheet = BookFile(Path(book.path), book.id, workspace.private / "incoming", workspace.root, copy)
    quiet = order.action is None and not order.check and not order.resume and book.id not in busy
    if quiet and book.last_hash:
        try:
            if sheet.fetch("").hash == book.last_hash:
                return _unchanged(workspace, book)
        except SheetsalesError:
            pass  # the sync meets it again and notes it as the state of the book
    with _seldom_collecting():
        return run_sync(book.id, sheet, workspace.store, workspace.clock, workspace.gatherer, order, holder)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Look for garbage less often: a sync makes many small objects that all live to its end (a fifth of its time)."""
    usual = gc.get_threshold()
    gc.set_threshold(max(usual[0], OBJECTS_BETWEEN) if usual[0] else 0, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _unchanged(workspace: Workspace, book: Book) -> Result:
    """Give the result of a book at rest; what stands open in it is told all the same."""
    conflicts, rejections = workspace.open_counts()
    return Result(book.path, "unchanged", conflicts=conflicts.get(book.id, 0), rejected=rejections.get(book.id, 0))
