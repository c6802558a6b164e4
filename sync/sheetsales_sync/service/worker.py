"""The loop beside the service: claims one workbook after the other by its lease and syncs those that changed.

Several processes may do so over one store: a workbook that another one holds is left to it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sheetsales.errors import Busy, SheetsalesError
from sheetsales_sync.engine import Order, Result
from sheetsales_sync.overview import strays
from sheetsales_sync.reports import write_report
from sheetsales_sync.service.room import Room
from sheetsales_sync.state import REPLACED, Book
from sheetsales_sync.syncing import sync_books, sync_one
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks import exchange

PATIENCE_SECONDS: Final = 5.0  # that a turn waits for a request that writes
ROUNDS: Final = 3  # in one turn: what one workbook brings is shown in the others at once
TOLD: Final = ("synced", "refused", "missing", "paused", "failed")
Sign = tuple[int, int, int]


class Worker:
    """Looks at the workbooks of a room every so many seconds. seconds 0: only when `turn` is called."""

    def __init__(self, room: Room, seconds: float) -> None:
        self._room = room
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sheetsales-worker", daemon=True)
        self._seen: dict[str, Sign | None] = {}
        self._told: dict[str, str] = {}

    def start(self) -> None:
        """Begin, in a thread of its own."""
        if self._seconds > 0:
            self._thread.start()

    def stop(self) -> None:
        """End after the workbook at work."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self.turn()
            except SheetsalesError as error:
                self._room.say(f"The workbooks could not be looked at: {error} {error.hint}")
            except Exception as error:  # the boundary of the loop: a report is written, and the next turn comes
                path, text = write_report(self._room.root, "serve: the loop", error)
                self._room.say(f"Something went wrong in the loop; the report is {path}." if path else text)
            if self._stop.wait(self._seconds):
                return

    def turn(self) -> list[Result]:
        """Look at every workbook once and sync those that changed; gives what became of these."""
        results: list[Result] = []
        for _round in range(ROUNDS):
            chosen = self._chosen(self._room.workspace())
            now = [result for book in chosen if not self._stop.is_set() and (result := self._sync(book)) is not None]
            results += now
            if not any(result.changed for result in now):
                break
        return results

    def _chosen(self, workspace: Workspace) -> list[Book]:
        """Give the workbooks whose file, or what they are to show, is other than when they were last looked at."""
        registered = [b for b in workspace.store.read(lambda tx: tx.books()) if b.state not in (REPLACED, "copy")]
        if any(not Path(b.path).exists() for b in registered):
            self._follow(registered)
            registered = [b for b in workspace.store.read(lambda tx: tx.books()) if b.state not in (REPLACED, "copy")]
        busy = self._busy(workspace, registered)
        found = []
        for book in sorted(registered, key=lambda b: b.path):
            sign = _sign(Path(book.path))
            waits = book.state == "deferred" and sign is not None and not exchange.lock_holder(Path(book.path))
            if book.id in busy or waits or self._seen.get(book.id, ()) != sign:
                found.append(book)
        return found

    @staticmethod
    def _busy(workspace: Workspace, books: Sequence[Book]) -> set[str]:
        """Give the books for which the store has news, or beside which an earlier sync left something."""
        live = [b for b in books if b.state in ("live", "deferred", "missing")]
        news = workspace.store.read(lambda tx: tx.books_with_news(live))
        folders = {Path(b.path).parent for b in books}
        return news | exchange.books_with_leftovers(folders) | exchange.books_with_incoming(workspace.private / "incoming")

    def _follow(self, books: Sequence[Book]) -> None:
        """Go on with a workbook at the place to which somebody moved it, as `sync` does."""
        for path in strays(books).moved.values():
            with self._room.writing(PATIENCE_SECONDS) as here:
                sync_books(here, [path], Order())

    def _sync(self, book: Book) -> Result | None:
        """Claim one workbook and sync it; None where somebody else has it, who will see what changed."""
        holder = self._room.holder
        try:
            with self._room.writing(PATIENCE_SECONDS) as workspace:
                sign = _sign(Path(book.path))

                def claim(tx: Any) -> Book | None:
                    found: Book | None = tx.book(book.id)
                    return found if tx.take_lease(book.id, holder) is not None else None

                claimed = workspace.store.transact(claim)
                if claimed is None:
                    return None
                try:
                    result = sync_one(workspace, claimed, Order(), holder, self._busy(workspace, [claimed]))
                finally:
                    workspace.store.transact(lambda tx: tx.release_lease(book.id, holder))
                self._seen[book.id] = sign if result.state == "deferred" else _sign_if_ours(claimed, sign, result)
        except Busy as error:
            self._room.say(f"{Path(book.path).name}: {error}")
            return None
        self._tell(book, result)
        return result

    def _tell(self, book: Book, result: Result) -> None:
        """Say what became of a workbook, the same state with the same reason once."""
        said = f"{result.state} {result.message}".strip()
        if result.state == "synced" or (result.state in TOLD and self._told.get(book.id) != said):
            self._room.say(f"{Path(book.path).name}: {said}")
        self._told[book.id] = said


def _sign(path: Path) -> Sign | None:
    """Give what changes when a file is saved; None where it is not there."""
    try:
        held = path.stat()
    except OSError:
        return None
    return held.st_mtime_ns, held.st_size, held.st_ino


def _sign_if_ours(book: Book, before: Sign | None, result: Result) -> Sign | None:
    """Give the file as it is after a sync that wrote it, as it was before where it was only read: a save in between is seen."""
    return _sign(Path(book.path)) if result.written else before
