"""LibreOffice as the helper hears it: buttons, Action cells, saving and closing, told by the office itself."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, Final

from sheetsales.errors import BookBusy, Busy, OfficeGone, OfficeMissing, SheetsalesError
from sheetsales_sync.agent.open_now import OpenNow
from sheetsales_sync.agent.programs import Admit, Chosen, Ended, Happening, OpenBook, Pressed, Saved
from sheetsales_workbooks.hosts.libreoffice import engine, events, listening
from sheetsales_workbooks.hosts.live.action_cells import action_cells, chosen

NAME: Final = "LibreOffice"
LOOK_AGAIN: Final = 5.0  # seconds between two looks at what is open, should an event have been missed
KNOCK_EVERY: Final = 2.0  # seconds between two tries to reach an office whose pipe is there
KNOCKS: Final = 5  # tries at one office; afterwards only one that was started anew is tried


class Calc:
    """One running LibreOffice."""

    name = NAME

    def __init__(self, app: Any, admit: Admit, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._office = engine.office(app)
        self._clock = clock
        self._open = OpenNow(admit, lambda book: str(book.impl.uid), self._listen)
        self._look_at = 0.0

    def _listen(self, ours: OpenBook) -> None:
        try:
            self._office.watch_book(ours.book)
        except OfficeGone:
            raise
        except SheetsalesError as reason:  # its window is not there yet
            raise BookBusy(str(reason)) from reason
        for cell in ours.cells.values():
            self._office.watch_cells(cell)

    def books(self) -> list[OpenBook]:
        """Give the workbooks of ours that are open."""
        return list(self._open.known.values())

    def tables_on(self, book: OpenBook, sheet: str) -> list[str]:
        """Give the tables of a tab, also of one that was given another name."""
        return [table for table, cell in action_cells(book.book).items() if cell.sheet.name == sheet]

    def wait(self, seconds: float) -> list[Happening]:
        """Give what the office told, waiting for the first of it."""
        found: list[Happening] = []
        try:
            if self._clock() >= self._look_at:
                found += self._look()
            event = self._office.next_event(0 if found else seconds)
            while event is not None:
                found += self._meaning(event)
                event = self._office.next_event(0)
        except OfficeGone:
            found.append(Ended(self.name))
        except Busy:
            self._look_at = 0.0  # asked again at the next turn
        if self._office.ended and not any(isinstance(one, Ended) for one in found):
            found.append(Ended(self.name))
        return found

    def _look(self) -> list[Happening]:
        self._look_at = self._clock() + LOOK_AGAIN
        found = self._open.look(self._app.books)
        for ours in self.books():
            found += self._choices(ours)
        return found

    def _choices(self, ours: OpenBook) -> list[Happening]:
        with contextlib.suppress(BookBusy):
            ours.cells = action_cells(ours.book)
            return [Chosen(ours, table, words) for table, words in chosen(ours.cells).items()]
        return []

    def _meaning(self, event: events.Event) -> list[Happening]:
        if isinstance(event, events.OfficeEnded):
            return [Ended(self.name)]
        if isinstance(event, (events.BookOpened, events.BookClosed)):
            return self._look()
        ours = next((one for one in self.books() if one.path == event.book), None)
        if isinstance(event, events.BookSaved):
            found = self._look()
            saved = next((one for one in self.books() if one.path == event.book), None)
            return [*found, Saved(saved)] if saved is not None else found
        if ours is None:
            return []
        if isinstance(event, events.ButtonPressed):
            return [Pressed(ours, event.sheet, event.caption)]
        return self._choices(ours)

    def let_go(self) -> None:
        """Stop listening; the office goes on."""
        with contextlib.suppress(SheetsalesError):
            self._app.quit()


class CalcFinder:
    """Finds the LibreOffice that listens on a pipe."""

    name = NAME

    def __init__(self, pipe: str, admit: Admit, clock: Callable[[], float] = time.monotonic) -> None:
        self.pipe = pipe
        self._admit = admit
        self._clock = clock
        self._trace = ""
        self._knocks = 0
        self._next = 0.0

    def find(self) -> Calc | None:
        """Give the office if one listens; only where its pipe is there does this start anything."""
        trace = listening.trace_of(self.pipe)
        if trace != self._trace:
            self._trace, self._knocks, self._next = trace, 0, 0.0
        if not trace or self._knocks >= KNOCKS or self._clock() < self._next:
            return None
        self._knocks += 1
        self._next = self._clock() + KNOCK_EVERY
        try:
            app = engine.activate(pipe=self.pipe).apps.active
        except (OfficeGone, OfficeMissing):
            return None
        return Calc(app, self._admit, self._clock)
