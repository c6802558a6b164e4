"""Programs that do not tell by themselves what a person does: their Action cells are looked at again and again.

This is the way to Excel (not run by us there), and to the spreadsheet in memory, on which it is proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sheetsales.errors import Busy
from sheetsales_sync.agent.open_now import OpenNow
from sheetsales_sync.agent.programs import Admit, Chosen, Happening, OpenBook
from sheetsales_workbooks.hosts.live.action_cells import action_cells, chosen


class Polled:
    """The open books of such a program. pause: waits so many seconds between two looks."""

    def __init__(self, name: str, books: Callable[[], Iterable[Any]], admit: Admit, pause: Callable[[float], object]) -> None:
        self.name = name
        self._books = books
        self._pause = pause
        self._open = OpenNow(admit, lambda book: str(book.fullname), lambda _ours: None)

    def books(self) -> list[OpenBook]:
        """Give the workbooks of ours that are open."""
        return list(self._open.known.values())

    def tables_on(self, book: OpenBook, sheet: str) -> list[str]:
        """Give the tables of a tab."""
        return [table for table, cell in action_cells(book.book).items() if cell.sheet.name == sheet]

    def wait(self, seconds: float) -> list[Happening]:
        """Look once; where nothing happened, wait, so that the next look is not at once."""
        found = self._look()
        if not found and seconds > 0:
            self._pause(seconds)
        return found

    def _look(self) -> list[Happening]:
        try:
            found = self._open.look(list(self._books()))
        except Busy:
            return []
        for ours in self.books():
            try:
                found += [Chosen(ours, table, words) for table, words in chosen(ours.cells).items()]
            except Busy:
                continue  # a cell is being edited, or a dialog is open: asked again at the next look
        return found

    def let_go(self) -> None:
        """Nothing was held."""


class PolledFinder:
    """Finds such a program: it is there as soon as it has a workbook open."""

    def __init__(self, name: str, books: Callable[[], Iterable[Any]], admit: Admit, pause: Callable[[float], object]) -> None:
        self.name = name
        self._program = Polled(name, books, admit, pause)

    def find(self) -> Polled:
        """Give it; what is open is looked at in each turn."""
        return self._program
