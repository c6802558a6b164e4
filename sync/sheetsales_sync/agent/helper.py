"""The round of the helper: hear what happened in open workbooks and in the folder, and react to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sheetsales.errors import SheetsalesError
from sheetsales_sync.agent.diary import Diary
from sheetsales_sync.agent.folder import FolderWatch
from sheetsales_sync.agent.programs import Chosen, Closed, Ended, Finder, Happening, OpenBook, Opened, Pressed, Program, Saved
from sheetsales_sync.agent.reacting import Runner
from sheetsales_sync.engine import Order, Result
from sheetsales_sync.open_books import registered
from sheetsales_sync.state import REPLACED, Book
from sheetsales_sync.syncing import sync_books
from sheetsales_sync.workspace import CONFIGURATION, Workspace
from sheetsales_workbooks import exchange
from sheetsales_workbooks.hosts.live import LiveBook
from sheetsales_workbooks.hosts.live.action_cells import action_cells, chosen, cleared

TURN: Final = 0.5  # seconds of one turn: how long a choice in a program that is only looked at may wait
FOLDER_EVERY: Final = 1.0  # seconds between two looks at the folders
NEWS_EVERY: Final = 5.0  # seconds between two looks for what others changed
DOUBLE_CLICK: Final = 0.6  # seconds after a run within which the same press is its second click
SYNC_FIRST: Final = "Everything was looked at: {synced} of {all} workbooks had something new."


@dataclass
class Done:
    """What the helper did: actions run, workbooks synced."""

    ran: list[dict[str, Any]] = field(default_factory=list)
    synced: list[dict[str, Any]] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)


class Helper:
    """Sees open workbooks and saved files of one workspace. It holds no state that must not be lost."""

    def __init__(
        self,
        workspace: Workspace,
        finders: list[Finder],
        diary: Diary,
        *,
        clock: Callable[[], float] = time.monotonic,
        turn: float = TURN,
    ) -> None:
        self.workspace = workspace
        self.done = Done()
        self.finders = finders
        self._programs: dict[str, Program] = {}
        self.diary = diary
        self._clock = clock
        self._turn = turn
        self._stop = threading.Event()
        self._runner = Runner(workspace, pause=self._stop.wait, clock=clock)
        self._folder = FolderWatch()
        self._folder_at = self._news_at = 0.0
        self._told: dict[str, str] = {}
        self._tried: dict[str, tuple[int, bool]] = {}
        self._last: tuple[object, float] = (None, 0.0)
        self._configured = self._configuration()

    # ── the round ────────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Sync what was saved while no helper ran."""
        self._folder.begin(self._folders())
        closed = [Path(b.path) for b in self._closed_books()]
        results = self._sync_files(closed)
        news = sum(1 for result in results if result.state == "synced")
        self.diary.say(SYNC_FIRST.format(synced=news, all=len(results)))

    def run(self, seconds: float | None = None) -> None:
        """Go on until `stop` is called, or for so many seconds."""
        until = None if seconds is None else self._clock() + seconds
        while not self._stop.is_set() and (until is None or self._clock() < until):
            self.turn(self._turn if until is None else min(self._turn, max(0.0, until - self._clock())))

    def turn(self, seconds: float) -> None:
        """Look at everything once, waiting at most so long for something to happen."""
        self._find()
        if not self._programs:
            self._stop.wait(seconds)
        for program in list(self._programs.values()):
            self._react(program, list(program.wait(seconds)))
        now = self._clock()
        if now >= self._folder_at:
            self._folder_at = now + FOLDER_EVERY
            self._look_at_the_folders()
        if now >= self._news_at:
            self._news_at = now + NEWS_EVERY
            self._look_for_news()

    def pause(self, seconds: float) -> None:
        """Wait, unless the helper is stopped meanwhile."""
        self._stop.wait(seconds)

    def stop(self) -> None:
        """End the round after what is being done."""
        self._stop.set()

    def let_go(self) -> None:
        """Let go of the programs; they go on."""
        for program in self._programs.values():
            program.let_go()
        self._programs.clear()

    def _find(self) -> None:
        for finder in self.finders:
            if finder.name not in self._programs and (program := finder.find()) is not None:
                self._programs[finder.name] = program
                self.done.programs.append(program.name)
                self.diary.say(f"Listening to {program.name}.")

    # ── open workbooks ───────────────────────────────────────────────────────────────────────────

    def admit(self, live: LiveBook) -> Book | None:
        """Give the registered book that an open one is, None where it is none of this workspace."""
        try:
            return registered(self.workspace, live)
        except SheetsalesError as error:
            if error.code in ("busy", "book_busy", "office_gone", "book_gone", "store_busy", "store_unreachable"):
                raise
            if error.code != "not_our_book":
                self.diary.say(f"{Path(live.path).name}: {error} {error.hint}")
            return None

    def _react(self, program: Program, happenings: list[Happening]) -> None:
        """React to what happened; the same press again, made while it was carried out, is the second of a double click."""
        waiting = list(happenings)
        while waiting:
            one = waiting.pop(0)
            key = _key(one)
            if key is not None and key == self._last[0] and self._clock() - self._last[1] < DOUBLE_CLICK:
                continue
            self._guarded(program, one)
            if key is not None:
                waiting += [more for more in program.wait(0) if _key(more) != key]
                self._last = (key, self._clock())

    def _guarded(self, program: Program, happening: Happening) -> None:
        """React to one happening; a book that ended or refuses stops nothing else."""
        try:
            self._carry_out(program, happening)
        except SheetsalesError as error:
            self.diary.say(f"{error} {error.hint}")

    def _carry_out(self, program: Program, happening: Happening) -> None:
        if isinstance(happening, Ended):
            program.let_go()
            self._programs.pop(program.name, None)
            self.diary.say(f"{program.name} has ended; its workbooks are seen again when they are open again.")
        elif isinstance(happening, Closed):
            self.diary.say(f"{happening.name} was closed.")
        elif isinstance(happening, Opened):
            self.diary.say(f"{happening.book.name} is open in {program.name}.")
            self._note(self._runner.sync(happening.book), happening.book)
        elif isinstance(happening, Saved):
            self._note(self._runner.sync(happening.book), happening.book)
            self._folder.seen(Path(happening.book.path))
        elif isinstance(happening, Chosen):
            cells = action_cells(happening.book.book)
            words = chosen({name: cell for name, cell in cells.items() if name == happening.table})
            for table, word in words.items():  # none where an earlier event led to the same choice
                cleared(cells[table])
                self._press(happening.book, word, [table])
        else:
            self._press(happening.book, happening.caption, program.tables_on(happening.book, happening.sheet))

    def _press(self, book: OpenBook, words: str, tables: list[str]) -> None:
        table, action, label = self._runner.action_called(words, tables)
        if not action:
            self.diary.say(f"{book.name}: there is no action called {words} on this tab.")
            self._runner.say(book, table, f"There is no action called {words} here. Choose one from the list.")
            return
        began = self._clock()
        result = self._runner.run(book, table, action, label)
        seconds = round(self._clock() - began, 3)
        self.done.ran.append({
            "path": result.path, "action": action, "state": result.state, "changed": len(result.changed),
            "message": result.message, "documents": result.documents, "seconds": seconds,
        })  # fmt: skip
        self.diary.say(f"{book.name}: {label} ({seconds:.1f} s). {result.message}")

    def _open_books(self) -> dict[str, OpenBook]:
        return {one.registered.id: one for program in self._programs.values() for one in program.books()}

    # ── saved files, and what others changed ─────────────────────────────────────────────────────

    def _books(self) -> list[Book]:
        return [b for b in self.workspace.store.read(lambda tx: tx.books()) if b.state not in (REPLACED, "copy")]

    def _closed_books(self) -> list[Book]:
        held = self._open_books()
        return [book for book in self._books() if book.id not in held]

    def _folders(self) -> list[Path]:
        return sorted({Path(book.path).parent for book in self._books()} | {self.workspace.books})

    def _look_at_the_folders(self) -> None:
        if self._configuration() != self._configured:
            self._configure_anew()
        held = {str(self.workspace.place_of(Path(one.path))): one for one in self._open_books().values()}
        files: list[Path] = []
        for path in self._folder.changed(self._folders()):
            ours = held.get(str(self.workspace.place_of(path)))
            if ours is not None:
                self._note(self._runner.sync(ours), ours)
            else:
                files.append(path)
        self._sync_files(files)

    def _look_for_news(self) -> None:
        """Show what others changed: in open books at once, in closed ones by writing the file."""

        def look(tx: Any) -> tuple[list[Book], set[str], int]:
            books = [b for b in tx.books() if b.state not in (REPLACED, "copy", "paused", "refused")]
            return books, tx.books_with_news(books), tx.latest_seq()

        books, news, seq = self.workspace.store.read(look)
        held = self._open_books()
        files = []
        for book in books:
            if book.id in held:
                if book.id in news:
                    self._note(self._runner.sync(held[book.id]), held[book.id])
            elif book.id in news or book.state == "deferred":
                locked = bool(exchange.lock_holder(Path(book.path)))
                if self._tried.get(book.id) != (seq, locked):
                    self._tried[book.id] = (seq, locked)
                    files.append(Path(book.path))
        self._sync_files(files)

    def _sync_files(self, paths: Sequence[Path]) -> list[Result]:
        self.workspace.__dict__.pop("counts", None)
        try:
            results = sync_books(self.workspace, paths, Order()) if paths else []
        except SheetsalesError as error:
            self.diary.say(f"{error} {error.hint}")
            return []
        for result in results:
            self._note(result, None)
        return results

    def _note(self, result: Result, book: OpenBook | None) -> None:
        """Write down what a sync did, and once what keeps a book waiting."""
        name = book.name if book is not None else Path(result.path).name
        if result.state == "synced":
            self.done.synced.append({
                "path": result.path, "accepted": result.accepted, "written": result.written,
                "conflicts": result.conflicts, "rejected": result.rejected,
            })  # fmt: skip
            self.diary.say(
                f"{name}: {result.accepted} cells taken in, {result.written} written, "
                f"{result.conflicts} conflicts, {result.rejected} not accepted."
            )
        elif result.state != "unchanged" and self._told.get(result.path) != result.message:
            self.diary.say(f"{name}: {result.message}")
        self._told[result.path] = result.message if result.state not in ("synced", "unchanged") else ""

    # ── the configuration ────────────────────────────────────────────────────────────────────────

    def _configuration(self) -> tuple[int, int]:
        try:
            held = (self.workspace.root / CONFIGURATION).stat()
        except OSError:
            return 0, 0
        return held.st_mtime_ns, held.st_size

    def _configure_anew(self) -> None:
        """Go on with what sheetsales.toml says now; one that cannot be is told, and the old one goes on."""
        self._configured = self._configuration()
        try:
            fresh = Workspace.open(self.workspace.root)
            assert fresh.playbook.tables
        except SheetsalesError as error:
            self.diary.say(f"{error} {error.hint} Until then the settings from before are used.")
            return
        self.workspace.close()
        self.workspace = self._runner.workspace = fresh
        self.diary.say("The settings were read anew.")


def _key(happening: Happening) -> tuple[str, str, str] | None:
    """Give what makes two presses the same; None for what is no press."""
    if isinstance(happening, Pressed):
        return happening.book.key, happening.sheet, happening.caption.casefold()
    return None
