"""A workbook file as the engine reaches it: read, patch, exchange, and what waits beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sheetsales.errors import BookMissing, Busy, SheetsalesError
from sheetsales_sync.ports import Fetched
from sheetsales_workbooks import exchange
from sheetsales_workbooks.host import BookPatch, BookRead
from sheetsales_workbooks.hosts.excel_file import read_book
from sheetsales_workbooks.patch import patch_book
from sheetsales_workbooks.reading.guard import open_guarded


class BookFile:
    """The sheet port over one .xlsx file and the folder of incoming files."""

    def __init__(self, path: Path, book_id: str, incoming: Path, home: Path | None = None, copy: Path | None = None) -> None:
        """home: the folder that a book inside it must not lead out of. copy: a copy of the book, to be merged first."""
        self.path = str(path)
        self._path = path
        self._book = book_id
        self._incoming = incoming
        self._copy = copy
        self._roots = (home,) if home is not None and path.is_relative_to(home) else ()
        self._ready: dict[int, Path] = {}

    def recover(self, read_before: Callable[[str], bool]) -> None:
        """Clear what an earlier sync left: its own unfinished files go, somebody's save is kept.

        What came out of its place takes it again where our file stands there untouched: what only that file
        holds, such as columns of the member's own, then stays. Elsewhere it waits to be merged, unless it was.
        """
        for left in exchange.leftovers(self._path, self._book):
            if left.kind == "part" or self._is_ours(left):
                left.path.unlink(missing_ok=True)
            elif left.kind == "tmp" and exchange.stands_where_written(self._path, left):
                exchange.exchange(left.path, self._path)
                self._drop_ours(left)
            elif read_before(exchange.digest(left.path.read_bytes())):
                left.path.unlink(missing_ok=True)
            else:
                exchange.keep(left.path, self._incoming, self._book)

    def _drop_ours(self, left: exchange.Leftover) -> None:
        """Drop what came out when a save took its place again, unless somebody saved in that very moment."""
        if exchange.digest(left.path.read_bytes()).startswith(left.content):
            left.path.unlink(missing_ok=True)
        else:
            exchange.keep(left.path, self._incoming, self._book)

    def _is_ours(self, left: exchange.Leftover) -> bool:
        """Say whether a waiting file is the new one that never took its place."""
        try:
            markers = read_book(left.path).markers
        except SheetsalesError:
            return False  # unreadable: somebody's file, kept and looked at again
        return markers.generation == left.generation and markers.book_id == self._book

    def waiting(self) -> str:
        """Name the copy to be merged, else the oldest incoming file, or ""."""
        if self._copy is not None:
            return str(self._copy)
        files = exchange.incoming(self._incoming, self._book)
        return str(files[0]) if files else ""

    def fetch(self, source: str) -> Fetched:
        """Read the whole file once."""
        if self._is_copy(source):
            data = open_guarded(source)
            return Fetched(source, data, exchange.digest(data), place=source)
        data = exchange.read_file(Path(source)) if source else open_guarded(self._path, self._roots)
        return Fetched(source, data, exchange.digest(data))

    def _is_copy(self, source: str) -> bool:
        return self._copy is not None and source == str(self._copy)

    def parse(self, fetched: Fetched) -> BookRead:
        """Give the managed content, through the guards."""
        return read_book(fetched.data, fetched.hash)

    def locked_by(self) -> str:
        """Say who has the book open, or ""."""
        return exchange.lock_holder(self._path)

    def build(self, fetched: Fetched, patch: BookPatch) -> bytes:
        """Give the new file: the old one with the patch."""
        return patch_book(fetched.data, patch)

    def stage(self, generation: int, data: bytes) -> str:
        """Write the new file beside the old one, durable; give its hash."""
        self._ready[generation] = exchange.stage(self._path, self._book, generation, data)
        return exchange.digest(data)

    def exchange(self, generation: int) -> str:
        """Let old and new change places; give the hash of what came out."""
        ready = self._ready[generation]
        try:
            exchange.exchange(ready, self._path)
        except BookMissing as error:
            if not ready.exists():  # cleared by a sync that took over while this one stood still
                raise Busy("Another sync took over this workbook.") from error
            if exchange.digest(ready.read_bytes()).startswith(ready.stem.rpartition("-")[2]):
                ready.unlink()  # it never took its place, and there is none any more
            raise
        return exchange.digest(exchange.read_file(ready))

    def keep_displaced(self, generation: int) -> None:
        """Move what came out into the incoming folder."""
        exchange.keep(self._ready.pop(generation), self._incoming, self._book)

    def drop_displaced(self, generation: int) -> None:
        """Remove what came out: it is what was read before."""
        self._ready.pop(generation).unlink(missing_ok=True)

    def set_aside(self, source: str) -> str:
        """Keep an incoming file that cannot be read, out of the way; give its new name."""
        if self._is_copy(source):
            self._copy = None
            return source
        aside = Path(source).with_suffix(".unreadable")
        Path(source).rename(aside)
        return str(aside)

    def drop_incoming(self, source: str) -> None:
        """Remove an incoming file that has been merged; a copy stays where it is."""
        if self._is_copy(source):
            self._copy = None
        else:
            Path(source).unlink(missing_ok=True)
