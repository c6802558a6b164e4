"""An office that runs: the process that speaks UNO for us, what it is asked and what it tells."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import marshal
import queue
import secrets
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from sheetsales.errors import BookBusy, BookGone, FileRefused, OfficeGone, OfficeMissing
from sheetsales_workbooks.hosts.libreoffice import events as told
from sheetsales_workbooks.hosts.libreoffice.addresses import a1
from sheetsales_workbooks.hosts.libreoffice.program import office_program, uno_python

ANSWER_LIMIT: Final = 60.0  # seconds until a request counts as held up
START_LIMIT: Final = 100.0  # seconds until the office has to be there
END_LIMIT: Final = 20.0  # seconds for the process to end by itself
REMOVAL_TRIES: Final = 20
REMOVAL_PAUSE: Final = 0.1  # seconds between two of them
MARSHAL_VERSION: Final = 4  # as in uno_process/frames.py
HEAD: Final = struct.Struct(">I")
# Loads the folder as a package of its own, under a Python that knows nothing of ours.
LOADER: Final = """\
import importlib.util as u, sys
s = u.spec_from_file_location("uno_process", sys.argv[1] + "/__init__.py", submodule_search_locations=[sys.argv[1]])
sys.modules["uno_process"] = m = u.module_from_spec(s)
s.loader.exec_module(m)
from uno_process.serve import main
main()
"""


class Office:
    """One office, started here or found on a pipe.

    pipe: the pipe of an office that runs; without it an own one is started, visible or hidden, with
    an empty profile of its own, and ends with this process. Raises OfficeMissing or OfficeGone.
    """

    def __init__(self, *, pipe: str = "", visible: bool = False, answer_limit: float = ANSWER_LIMIT) -> None:
        self.visible = visible or bool(pipe)
        self.started_here = not pipe
        self.answer_limit = answer_limit
        self._turn = threading.Lock()
        self._numbers = itertools.count(1)
        self._answers: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[told.Event] = queue.SimpleQueue()
        self._waiting: set[told.CellChanged] = set()
        self._paths: dict[str, str] = {}
        self._ended = self._gone = False
        self._folder = "" if pipe else tempfile.mkdtemp(prefix="sheetsales-office-")
        self._process = _start()
        self.pipe = pipe or f"sheetsales-{secrets.token_hex(8)}"
        first = {"pipe": self.pipe}
        if not pipe:
            first |= {"folder": self._folder, "executable": office_program()}
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()
        self._send({**first, "visible": self.visible} if not pipe else first)
        try:
            word, *rest = self._next_answer(START_LIMIT)
        except BookBusy:
            word, rest = "failed", ["it did not answer"]
        if word != "ready":
            self.end()
            if pipe:
                raise OfficeGone(f"No office listens on the pipe '{pipe}'.", "Open Calc through sheetsales, then try again.")
            raise OfficeMissing(f"LibreOffice did not start: {rest[-1] if rest else 'no answer'}.")
        self.pid = int(rest[0]) or self._process.pid
        atexit.register(self.end)

    @property
    def ended(self) -> bool:
        """Say whether the office, or the process that speaks to it, is gone."""
        return self._ended or self._gone or self._process.poll() is not None

    # ── asking ───────────────────────────────────────────────────────────────────────────────────

    def ask(self, room: str, name: str, *arguments: object) -> Any:
        """Have something done by a function of `uno_process` and give its answer.

        Raises OfficeGone, BookGone, BookBusy, or FileRefused with the office's own words.
        """
        with self._turn:
            number = next(self._numbers)
            self._send((number, room, name, arguments))
            until = time.monotonic() + self.answer_limit
            while True:
                answer = self._next_answer(max(0.0, until - time.monotonic()))
                if answer[0] == "gone":
                    raise OfficeGone
                if answer[1] == number:
                    break  # an older number is the answer to a request that was given up
        if answer[0] == "answer":
            return answer[2]
        self._gone = self._gone or answer[2] == "gone"
        raise _problem(*answer[2:])

    def _send(self, value: Any) -> None:
        body = marshal.dumps(value, MARSHAL_VERSION)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(HEAD.pack(len(body)) + body)
            self._process.stdin.flush()
        except (OSError, ValueError) as reason:
            raise OfficeGone from reason

    def _next_answer(self, limit: float) -> tuple[Any, ...]:
        try:
            answer = self._answers.get(timeout=limit)
        except queue.Empty:
            raise BookBusy from None
        if answer[0] == "gone":
            self._answers.put(answer)  # it stays gone for the next who asks
        return answer

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while (frame := _receive(stream)) is not None:
            if frame[0] == "event":
                self._take(frame[1:])
            else:
                self._answers.put(frame)
        self._gone = True
        self._answers.put(("gone", 0))
        if not self._ended:
            self._events.put(told.OfficeEnded(""))

    # ── being told ───────────────────────────────────────────────────────────────────────────────

    def _take(self, frame: tuple[Any, ...]) -> None:
        word, uid, *rest = frame
        if word in ("opened", "saved") or (word == "closed" and rest[0]):
            self._paths[uid] = rest[0]
        book = self._paths.get(uid, "")
        simple: dict[str, Callable[[str], told.Event]] = {
            "opened": told.BookOpened,
            "saved": told.BookSaved,
            "closed": told.BookClosed,
        }
        if word in simple:
            self._events.put(simple[word](book))
        elif word == "pressed":
            self._events.put(told.ButtonPressed(book, rest[1], rest[2]))
        elif word == "changed":
            event = told.CellChanged(book, rest[1], a1(*rest[2]))
            if event not in self._waiting:  # one that was not fetched yet says the same
                self._waiting.add(event)
                self._events.put(event)

    def next_event(self, timeout: float | None = 0.0) -> told.Event | None:
        """Give the oldest event not fetched yet; wait for one at most `timeout` seconds (None: for ever)."""
        try:
            event = self._events.get(block=timeout is None or timeout > 0, timeout=timeout or None)
        except queue.Empty:
            return None
        if isinstance(event, told.CellChanged):
            self._waiting.discard(event)
        return event

    def events(self, timeout: float | None = None) -> Iterator[told.Event]:
        """Give events as they come, until none came for `timeout` seconds or the office ended."""
        while (event := self.next_event(timeout)) is not None:
            yield event
            if isinstance(event, told.OfficeEnded):
                return

    def knows(self, uid: str, path: str) -> None:
        """Remember under which path a book is open, for its events."""
        self._paths[uid] = path

    # ── books and sheets of the xlwings objects ──────────────────────────────────────────────────

    def watch_book(self, book: Any) -> None:
        """Tell of every press of a form button in an `xw.Book`, whatever sheet is shown.

        The macros that the file ties to its buttons do not run any more, also in what is saved from then on.
        """
        self.ask("watching", "watch_buttons", book.impl.uid)

    def watch_cells(self, cells: Any) -> None:
        """Tell of each change in an `xw.Range`; ask once for each range."""
        self.ask("watching", "watch_cells", cells.impl.sheet.handle, cells.impl.area)

    def unwatch_cells(self, cells: Any) -> None:
        """Stop telling of an `xw.Range`."""
        self.ask("watching", "unwatch_cells", cells.impl.sheet.handle, cells.impl.area)

    def buttons(self, sheet: Any) -> list[str]:
        """Give the captions of the form buttons of an `xw.Sheet`."""
        return list(self.ask("watching", "buttons", sheet.impl.handle))

    def press(self, sheet: Any, caption: str) -> None:
        """Press a form button without a pointer, as an assistive program would."""
        self.ask("watching", "press", sheet.impl.handle, caption)

    def place_of_button(self, sheet: Any, caption: str) -> tuple[int, int, int, int]:
        """Show the sheet and give where a button is on the screen, in pixels: left, top, width, height."""
        left, top, width, height = self.ask("watching", "place_on_screen", sheet.impl.handle, caption)
        return left, top, width, height

    def has_changes(self, book: Any) -> bool:
        """Say whether a book has changes that are not saved."""
        return bool(self.ask("books", "changed", book.impl.uid))

    def end(self) -> None:
        """End an office that was started here; let go of one that was found."""
        if self._ended:
            return
        self._ended = True
        atexit.unregister(self.end)
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._ear.join(END_LIMIT)
        if self._process.stdout is not None and not self._ear.is_alive():
            self._process.stdout.close()
        _removed(self._folder)


def _removed(folder: str) -> None:
    """Remove the office's folder; one that was killed may still be writing into it for a moment."""
    for _ in range(REMOVAL_TRIES):
        if not folder or not Path(folder).exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        if Path(folder).exists():
            time.sleep(REMOVAL_PAUSE)


def _start() -> subprocess.Popen[bytes]:
    folder = Path(__file__).with_name("uno_process")
    return subprocess.Popen(
        [uno_python(), "-c", LOADER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def _receive(stream: IO[bytes]) -> Any:
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (length,) = HEAD.unpack(head)
    body = stream.read(length)
    # Only our own child holds the other end.
    return marshal.loads(body) if len(body) == length else None  # noqa: S302


def _problem(kind: str, words: str) -> Exception:
    if kind == "gone":
        return OfficeGone()
    if kind == "busy":
        return BookBusy(f"The spreadsheet program is busy with the workbook: {words}.")
    if kind == "missing" and words in ("book", "sheet"):
        return BookGone(f"The {'workbook' if words == 'book' else 'sheet'} is not open any more.")
    if kind == "missing":
        return KeyError(words)
    return ValueError(words) if kind == "refused" else FileRefused(f"LibreOffice refused: {words}.")
