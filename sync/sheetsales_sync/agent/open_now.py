"""The workbooks of ours among those that a program has open, kept from one look to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sheetsales.errors import Busy, SheetsalesError
from sheetsales_sync.agent.programs import Admit, Closed, Happening, OpenBook, Opened
from sheetsales_workbooks.hosts.live import LiveBook
from sheetsales_workbooks.hosts.live.action_cells import action_cells


class OpenNow:
    """Looks which books are open; a book that is none of ours is looked at once."""

    def __init__(self, admit: Admit, key: Callable[[Any], str], prepare: Callable[[OpenBook], None]) -> None:
        """key: gives what a book is known by. prepare: begins to listen to a book; may raise Busy to be asked again."""
        self._admit = admit
        self._key = key
        self._prepare = prepare
        self.known: dict[str, OpenBook] = {}
        self._foreign: dict[str, str] = {}

    def look(self, books: Iterable[Any]) -> list[Happening]:
        """Compare with what is open now; gives what was opened and closed since."""
        found: list[Happening] = []
        there: set[str] = set()
        for book in books:
            key = self._key(book)
            there.add(key)
            path = str(book.fullname)
            if key in self.known:
                self.known[key].path = path
            elif self._foreign.get(key) != path and (ours := self._taken(key, path, book)) is not None:
                self.known[key] = ours
                found.append(Opened(ours))
        for key in [key for key in self.known if key not in there]:
            found.append(Closed(self.known.pop(key).name))
        self._foreign = {key: path for key, path in self._foreign.items() if key in there}
        return found

    def _taken(self, key: str, path: str, book: Any) -> OpenBook | None:
        """Take a book in, if it is ours; one that does not answer yet is asked again at the next look."""
        try:
            live = LiveBook(book)
            registered = self._admit(live)
            if registered is None:
                self._foreign[key] = path
                return None
            ours = OpenBook(key, path, book, live, registered, action_cells(book))
            self._prepare(ours)
        except Busy:
            return None
        except SheetsalesError:
            self._foreign[key] = path
            return None
        return ours
