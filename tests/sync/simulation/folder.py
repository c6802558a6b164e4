"""The folder of one workbook in memory, as the engine's sheet port: what stands there, waits there, came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sheetsales.errors import BookMissing, DiskFull, FileIncomplete
from sheetsales_sync.ports import Fetched
from sheetsales_workbooks.host import BookPatch, BookRead
from simulation.workbook import Workbook, patched


@dataclass
class Shelf:
    """Every state of every workbook by its name, which stands for its bytes; names are never used twice."""

    books: dict[str, Workbook] = field(default_factory=dict)

    def free_name(self) -> str:
        """Give a name that no state has yet."""
        return f"f{len(self.books) + 1}"

    def put(self, book: Workbook) -> Workbook:
        """Keep a state."""
        self.books[book.name] = book
        return book


class Folder:
    """One workbook on disk with its temporary files and its incoming folder."""

    def __init__(self, book: Workbook, shelf: Shelf, taken: Counter[str]) -> None:
        self.path = f"/{book.book}.xlsx"
        self.book_id = book.book
        self.shelf = shelf
        self.taken = taken
        self.disk: Workbook | None = book
        self.ready: dict[int, Workbook] = {}
        self.parts: set[int] = set()
        self.incoming: list[Workbook] = []
        self.copies: list[Workbook] = []
        self.aside: list[Workbook] = []
        self.written: dict[int, str] = {}  # what was staged, by generation
        self.cut_off: list[Workbook] = []  # saves that a kill kept from taking their place again
        self.broken: set[str] = set()
        self.holder = ""
        self.full = False
        self.on_build: Callable[[Workbook, Workbook, BookPatch], None] = lambda _old, _new, _patch: None

    def files(self) -> list[Workbook]:
        """Give every file in which a saved value may still stand."""
        return [*([self.disk] if self.disk is not None else []), *self.ready.values(), *self.incoming, *self.copies, *self.aside]

    def recover(self, read_before: Callable[[str], bool]) -> None:
        """Clear what an earlier sync left, as the port over files does."""
        self.taken["recovered: part"] += len(self.parts)
        self.parts.clear()
        for generation in sorted(self.ready):
            left = self.ready.pop(generation)
            if left.generation == generation and left.name not in self.broken:
                self.taken["recovered: ours"] += 1
            elif self.disk is not None and self.disk.name == self.written[generation]:
                self.taken["recovered: put back"] += 1
                self.disk = left
            elif read_before(left.name):
                self.taken["recovered: read before"] += 1
                self.cut_off.append(left)
            else:
                self.taken["recovered: kept"] += 1
                self.incoming.append(left)
                self.cut_off.append(left)

    def waiting(self) -> str:
        """Name the copy to be merged, else the oldest incoming file, or ""."""
        waiting = self.copies or self.incoming
        return waiting[0].name if waiting else ""

    def fetch(self, source: str) -> Fetched:
        """Read the whole file once."""
        if source:
            place = "/copies/copy.xlsx" if any(book.name == source for book in self.copies) else ""
            return Fetched(source, source.encode(), source, place)
        if self.disk is None:
            raise BookMissing
        return Fetched("", self.disk.name.encode(), self.disk.name)

    def parse(self, fetched: Fetched) -> BookRead:
        """Give the managed content; a file cut short is refused."""
        if fetched.hash in self.broken:
            raise FileIncomplete
        return self.shelf.books[fetched.hash].read

    def locked_by(self) -> str:
        """Say who has the book open."""
        return self.holder

    def build(self, fetched: Fetched, patch: BookPatch) -> bytes:
        """Give the new file: the old one with the patch."""
        old = self.shelf.books[fetched.hash]
        new = self.shelf.put(patched(old, patch, self.shelf.free_name()))
        self.on_build(old, new, patch)
        return new.name.encode()

    def stage(self, generation: int, data: bytes) -> str:
        """Write the new file beside the old one; give its hash."""
        if self.full:
            self.full = False
            self.taken["disk full"] += 1
            raise DiskFull
        self.ready[generation] = self.shelf.books[data.decode()]
        self.written[generation] = data.decode()
        return data.decode()

    def exchange(self, generation: int) -> str:
        """Let old and new change places; give the hash of what came out."""
        if self.disk is None or generation not in self.ready:
            raise BookMissing
        self.disk, self.ready[generation] = self.ready[generation], self.disk
        return self.ready[generation].name

    def keep_displaced(self, generation: int) -> None:
        """Move what came out into the incoming folder."""
        self.incoming.append(self.ready.pop(generation))

    def drop_displaced(self, generation: int) -> None:
        """Remove what came out."""
        self.ready.pop(generation, None)

    def set_aside(self, source: str) -> str:
        """Keep an incoming file that cannot be read, out of the way."""
        self.aside.append(self.shelf.books[source])
        self.drop_incoming(source)
        return source + ".unreadable"

    def drop_incoming(self, source: str) -> None:
        """Remove an incoming file that has been merged."""
        self.copies = [book for book in self.copies if book.name != source]
        self.incoming = [book for book in self.incoming if book.name != source]
