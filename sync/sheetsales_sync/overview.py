"""The state of every workbook at a glance, the copies beside them included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sheetsales.errors import SheetsalesError
from sheetsales_sync.state import REPLACED, Book
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks import exchange
from sheetsales_workbooks.hosts.excel_file import read_markers
from sheetsales_workbooks.reading.guard import open_guarded


def overview(workspace: Workspace) -> dict[str, Any]:
    """Give what `status` shows: each book, its state and what waits, then the size of the store."""

    def work(tx: Any) -> tuple[list[Book], int, int]:
        return (
            [b for b in tx.books() if b.state != REPLACED],
            tx.latest_seq(),
            sum(len(tx.records(name)) for name in workspace.playbook.tables),
        )

    books, seq, records = workspace.store.read(work)
    conflicts, rejections = workspace.open_counts()
    found = strays(books)
    rows = []
    for book in sorted(books, key=lambda b: b.path):
        state, message = _present_state(book, found.moved.get(book.id))
        copies = [path.name for path, original in found.copies if original.id == book.id]
        if state == "missing" and copies:
            message += f' If it is called {copies[0]} now, run `book adopt "{copies[0]}" --instead`.'
        rows.append({
            "path": book.path, "owner": book.owner, "state": state, "message": message, "generation": book.generation,
            "synced_at": _moment(book.synced_at),
            "conflicts": conflicts.get(book.id, 0), "rejected": rejections.get(book.id, 0),
        })  # fmt: skip
    rows.extend(
        {"path": str(path), "owner": original.owner, "state": "copy", "message": f"a copy of {Path(original.path).name}; `book adopt` merges it once or makes it its own",
         "generation": None, "synced_at": None, "conflicts": 0, "rejected": 0}
        for path, original in found.copies
    )  # fmt: skip
    return {"books": rows, "seq": seq, "records": records}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat(timespec="seconds")


def _present_state(book: Book, moved: Path | None) -> tuple[str, str]:
    """Say how a book stands now: not there, open, waiting, edited since, or as synced."""
    path = Path(book.path)
    if moved is not None:
        return "synced", f"is now called {moved.name}; the next sync goes on there"
    if not path.exists():
        return "missing", "The workbook is not where it was; nothing was deleted."
    holder = exchange.lock_holder(path)
    if holder:
        return "deferred", f"open in {holder}"
    if book.state != "live":
        return book.state, book.reason
    try:
        same = exchange.digest(open_guarded(path)) == book.last_hash
    except SheetsalesError as error:
        return "refused", f"{error} {error.hint}"
    return ("unchanged", "") if same else ("synced", "edited since the last sync")


@dataclass
class Strays:
    """Files beside the books that carry the markers of a book registered elsewhere.

    copies: path and book. moved: the new place of each book that is not at its own, by its id.
    """

    copies: list[tuple[Path, Book]] = field(default_factory=list)
    moved: dict[str, Path] = field(default_factory=dict)


def strays(books: Iterable[Book]) -> Strays:
    """Look beside the books for copies and for books that were renamed: the only file left of a book is that book.

    A file that was seen as a copy while the book stood at its place stays a copy also where the book is away:
    it comes back, with what its member typed.
    """
    by_id = {b.id: b for b in books}
    known = {b.path for b in by_id.values()}
    found: dict[str, list[Path]] = {}
    for folder in sorted({Path(b.path).parent for b in by_id.values()}):
        for path in sorted(folder.glob("*.xls[xm]")):
            if str(path) in known or path.name.startswith(("~$", ".")):
                continue
            try:
                markers = read_markers(path)
            except SheetsalesError:
                continue  # not a readable workbook, so no copy of ours
            if markers is not None and markers.book_id in by_id:
                found.setdefault(markers.book_id, []).append(path)
    result = Strays()
    for book_id, paths in found.items():
        book = by_id[book_id]
        new = [path for path in paths if str(path) not in book.copies]
        if len(new) == 1 and not Path(book.path).exists():
            result.moved[book_id] = new[0]
            paths.remove(new[0])
        result.copies.extend((path, book) for path in paths)
    return result
