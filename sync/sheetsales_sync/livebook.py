"""An open workbook as the engine reaches it: the sheet port over a live host.

There is no file to exchange. The exchange is the write itself: what came out is what was read, or,
where somebody edited a cell to be written in the meantime, the state that now stands there; then
nothing was written, and the engine merges that edit before it writes again. The generation is
written last, and an edit that lands later belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sheetsales.errors import BookEdited
from sheetsales_sync.ports import Fetched
from sheetsales_workbooks.host import BookPatch, BookRead
from sheetsales_workbooks.hosts.live import LiveBook
from sheetsales_workbooks.hosts.live.snapshot import Snapshot, digest, dumped, loaded, understood

OPEN: Final = " (open)"  # what an open book said is kept apart from what its file says


class LiveSheet:
    """The sheet port over one open workbook. path: its place in the workspace, also while it is not saved there."""

    def __init__(self, book: LiveBook, path: str) -> None:
        self.path = path
        self._book = book
        self._since: Snapshot | None = None
        self._patch: BookPatch | None = None
        self._read = self._staged = ""
        self._turned_back = False

    def recover(self, read_before: Callable[[str], bool]) -> None:  # noqa: ARG002
        """Nothing is ever left beside an open workbook."""
        self._patch = None

    def waiting(self) -> str:
        """No incoming file waits for an open workbook."""
        return ""

    def fetch(self, source: str) -> Fetched:
        """Read the managed tabs in blocks."""
        self._since = self._book.snapshot()
        data = dumped(self._since.cells)
        self._read = digest(data)
        return Fetched(source, data, self._read, said_at=f"{self.path}{OPEN}")

    def parse(self, fetched: Fetched) -> BookRead:
        """Give the managed content of the state that was fetched."""
        return understood(loaded(fetched.data)).read

    def locked_by(self) -> str:
        """Nobody: whoever has it open works in it together with us."""
        return ""

    def build(self, fetched: Fetched, patch: BookPatch) -> bytes:
        """Give the patch as bytes; it is what the new state differs by."""
        self._patch = patch
        return repr((fetched.hash, patch)).encode()

    def stage(self, generation: int, data: bytes) -> str:  # noqa: ARG002
        """Give the hash by which this write is known; nothing is written before the exchange."""
        self._staged = digest(data)
        return self._staged

    def exchange(self, generation: int) -> str:  # noqa: ARG002
        """Write; give the hash of what was read, or of the state that an edit made of it meanwhile.

        Asked again after such an edit, there is nothing to change back: that gives the staged hash.
        """
        if self._turned_back:
            self._turned_back = False
            return self._staged
        assert self._patch is not None and self._since is not None
        try:
            self._book.write(self._patch, self._since)
        except BookEdited:
            self._turned_back = True
            found = digest(dumped(self._book.snapshot().cells))
            return found if found != self._read else digest(found.encode())
        return self._read

    def keep_displaced(self, generation: int) -> None:  # noqa: ARG002
        """Nothing came out: the edit stands where it was made."""
        self._patch = None

    def drop_displaced(self, generation: int) -> None:  # noqa: ARG002
        """Let go of the patch."""
        self._patch = None

    def set_aside(self, source: str) -> str:
        """There are no incoming files."""
        return source

    def drop_incoming(self, source: str) -> None:
        """There are no incoming files."""
