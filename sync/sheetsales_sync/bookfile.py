"""A workbook file as the engine reaches it: read, patch, exchange, and what waits beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from sheetsales.errors import SheetsalesError
from sheetsales_sync.ports import Fetched
from sheetsales_workbooks import exchange
from sheetsales_workbooks.host import BookPatch, BookRead
from sheetsales_workbooks.hosts.excel_file import read_book
from sheetsales_workbooks.patch import patch_book


class BookFile:
    """The sheet port over one .xlsx file and the folder of incoming files."""

    def __init__(self, path: Path, book_id: str, incoming: Path) -> None:
        self.path = str(path)
        self._path = path
        self._book = book_id
        self._incoming = incoming

    def recover(self, read_before: Callable[[str], bool]) -> None:
        """Clear what an earlier sync left: its own unfinished files go, somebody's save is kept."""
        for waiting, generation, kind in exchange.leftovers(self._path, self._book):
            if kind == "part" or self._is_ours(waiting, generation) or read_before(exchange.digest(waiting.read_bytes())):
                waiting.unlink(missing_ok=True)
            else:
                exchange.keep(waiting, self._incoming, self._book)

    def _is_ours(self, waiting: Path, generation: int) -> bool:
        """Say whether a waiting file is the new one that never took its place."""
        try:
            markers = read_book(waiting).markers
        except SheetsalesError:
            return False  # unreadable: somebody's file, kept and looked at again
        return markers.generation == generation and markers.book_id == self._book

    def waiting(self) -> str:
        """Name the oldest incoming file, or ""."""
        files = exchange.incoming(self._incoming, self._book)
        return str(files[0]) if files else ""

    def fetch(self, source: str) -> Fetched:
        """Read the whole file once."""
        data = exchange.read_file(Path(source) if source else self._path)
        return Fetched(source, data, exchange.digest(data))

    def parse(self, fetched: Fetched) -> BookRead:
        """Give the managed content, through the guards."""
        return read_book(fetched.data, fetched.hash)

    def locked_by(self) -> str:
        """Say who has the book open, or ""."""
        return exchange.lock_holder(self._path)

    def build(self, fetched: Fetched, patch: BookPatch) -> bytes:
        """Give the new file: the old one with the patch."""
        return patch_book(fetched.data, patch)

    def stage(self, generation: int, data: bytes) -> None:
        """Write the new file beside the old one, durable."""
        exchange.stage(self._path, self._book, generation, data)

    def exchange(self, generation: int) -> str:
        """Let old and new change places; give the hash of what came out."""
        ready = exchange.temp_path(self._path, self._book, generation, finished=True)
        exchange.exchange(ready, self._path)
        return exchange.digest(exchange.read_file(ready))

    def keep_displaced(self, generation: int) -> None:
        """Move what came out into the incoming folder."""
        exchange.keep(exchange.temp_path(self._path, self._book, generation, finished=True), self._incoming, self._book)

    def drop_displaced(self, generation: int) -> None:
        """Remove what came out: it is what was read before."""
        with contextlib.suppress(FileNotFoundError):
            exchange.temp_path(self._path, self._book, generation, finished=True).unlink()

    def set_aside(self, source: str) -> str:
        """Keep an incoming file that cannot be read, out of the way; give its new name."""
        aside = Path(source).with_suffix(".unreadable")
        Path(source).rename(aside)
        return str(aside)

    def drop_incoming(self, source: str) -> None:
        """Remove an incoming file that has been merged."""
        Path(source).unlink(missing_ok=True)
