"""One warm process that reads the files of which we are not sure, one after the other.

It has its own limits of memory, computing and waiting time; when it dies or has to be ended, the
file is refused by name and the next one gets a fresh process. It ends when its input is closed,
that is with its parent at the latest. Where the system has no such limits the waiting time remains.
"""

from __future__ import annotations

import atexit
import marshal
import struct
import subprocess
import sys
import threading
from typing import IO, Any, Final

import sheetsales.errors
from sheetsales.errors import FileRefused, FileUnsafe, SheetsalesError
from sheetsales_workbooks.reading.guard import LIMITS, package, refusing
from sheetsales_workbooks.reading.workbook_read import ForeignBook, pack_book, read_book_parts, unpack_book
from sheetsales_workbooks.reading.workbook_xml import read_workbook

_HEAD: Final = struct.Struct("<cQ")
_FOREIGN: Final = b"f"
_OURS: Final = b"o"
_DONE: Final = b"d"
_REFUSED: Final = b"x"


class ReaderProcess:
    """The warm reader process: started by the first file, replaced when it ends, closed with `close`.

    wall_seconds: how long one file may take. Safe to share between threads: one file at a time.
    """

    def __init__(self, wall_seconds: float = LIMITS["wall_seconds"]) -> None:
        self._wall_seconds = wall_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The number of the running process; None while none runs."""
        return self._process.pid if self._process is not None else None

    def read(self, data: bytes, *, ours: bool = False) -> ForeignBook:
        """Read a workbook in the process; every way in which that can fail is a `FileRefused`.

        ours: see `read_book_parts`.
        """
        with self._lock:
            return self._read(data, _OURS if ours else _FOREIGN)

    def _read(self, data: bytes, wish: bytes) -> ForeignBook:
        process = self._running()
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._wall_seconds, end)
        timer.start()
        try:
            kind, answer = self._ask(process, wish, data)
        except (OSError, EOFError) as problem:
            code = process.wait()
            self._let_go()
            raise _death(late.is_set(), code) from problem
        finally:
            timer.cancel()
        if kind == _DONE:
            return unpack_book(answer)
        name, message, hint = answer
        refusal: type[SheetsalesError] = getattr(sheetsales.errors, name)
        raise refusal(message, hint)

    @staticmethod
    def _ask(process: subprocess.Popen[bytes], wish: bytes, data: bytes) -> tuple[bytes, Any]:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(_HEAD.pack(wish, len(data)))
        process.stdin.write(data)
        process.stdin.flush()
        kind, block = _receive(process.stdout)
        return kind, marshal.loads(block)  # noqa: S302 (our own process wrote it)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._let_go()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sheetsales_workbooks.reading.reader_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            atexit.register(self.close)
        return self._process

    def _let_go(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.close)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not yet sent to a dead process is of no use
                    continue
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End the process; the next file would start another."""
        with self._lock:
            self._let_go()


def _receive(stream: IO[bytes]) -> tuple[bytes, bytes]:
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    kind, length = _HEAD.unpack(head)
    block = stream.read(length)
    if len(block) < length:
        raise EOFError
    return kind, block


def _death(late: bool, code: int) -> FileRefused:
    if late or code == -24:  # SIGXCPU
        return FileUnsafe("The file is not safe to open: reading it takes longer than is allowed.")
    return FileUnsafe(
        f"The file is not safe to open: the process that read it was ended ({f'signal {-code}' if code < 0 else f'code {code}'})."
    )


# ── inside the process ───────────────────────────────────────────────────────────────────────────


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer requests until the input ends."""
    limit_memory()
    while True:
        try:
            wish, data = _receive(source)
        except EOFError:
            return
        limit_computing()
        kind, block = answer(data, ours=wish == _OURS)
        target.write(_HEAD.pack(kind, len(block)))
        target.write(block)
        target.flush()


def answer(data: bytes, *, ours: bool = False) -> tuple[bytes, bytes]:
    """Read one workbook and give the block to send: the book, or the refusal."""
    try:
        with refusing():
            parts = package(data)
            packed: Any = pack_book(read_book_parts(parts, read_workbook(parts), ours=ours))
            return _DONE, marshal.dumps(packed)
    except SheetsalesError as refusal:
        return _REFUSED, marshal.dumps((type(refusal).__name__, str(refusal), refusal.hint))


def limit_memory() -> None:
    """Limit the address space of this process, and write no core file, where the system can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (LIMITS["memory"], LIMITS["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_computing() -> None:
    """Allow this process the computing time of one more file, where the system can."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + LIMITS["cpu_seconds"] + 1, hard))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
