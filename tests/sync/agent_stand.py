"""A person at a screen: a display of its own, a real LibreOffice on it, a mouse, and pictures of what is seen."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import xlwings as xw
from leaving import at_end

from sheetsales.errors import OfficeGone, SheetsalesError
from sheetsales_workbooks.hosts.libreoffice import engine
from sheetsales_workbooks.hosts.libreoffice.program import open_for_person, uno_python

ARTEFACTS = Path(__file__).resolve().parents[2] / "test-artefacts"
PATIENCE = 60.0  # seconds that anything on a busy machine may take
PICTURE = 1600, 900
DIALOG = """
import sys, uno
here = uno.getComponentContext()
resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
there = resolver.resolve("uno:pipe,name=" + sys.argv[1] + ";urp;StarOffice.ComponentContext")
desktop = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
dispatcher = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", there)
dispatcher.executeDispatch(desktop.getCurrentFrame(), ".uno:FormatCellDialog", "", 0, ())
"""
SIZE = "{}x{}x24".format(*PICTURE)


def until(what: str, holds: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until something holds; fail with a sentence where it never does."""
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)


@dataclass
class Screen:
    """A display without a monitor. folder: where the X server keeps the picture."""

    name: str
    folder: Path
    server: subprocess.Popen[bytes]

    @classmethod
    def switched_on(cls) -> Screen:
        folder = Path(mkdtemp(prefix="sheetsales-screen-"))
        reader, writer = os.pipe()
        words = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SIZE, "-fbdir", str(folder)]
        server = subprocess.Popen(words, pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as told:
            return cls(":" + told.readline().strip(), folder, server)

    def click(self, x: int, y: int, times: int = 1) -> None:
        """Move the pointer there, rest as a hand does, and click."""
        words = ["xdotool", "mousemove", str(x), str(y), "sleep", "0.2", "click", "--repeat", str(times), "--delay", "120", "1"]
        subprocess.run(words, check=True, env={**os.environ, "DISPLAY": self.name})

    def keys(self, *keys: str) -> None:
        """Press keys one after the other."""
        subprocess.run(["xdotool", "key", "--delay", "60", *keys], check=True, env={**os.environ, "DISPLAY": self.name})

    def types(self, words: str) -> None:
        """Type words and finish with Enter."""
        command = ["xdotool", "type", "--delay", "40", words]
        subprocess.run(command, check=True, env={**os.environ, "DISPLAY": self.name})
        self.keys("Return")

    def settles(self) -> None:
        """Wait until the picture stays the same."""
        seen: list[bytes] = []

        def still() -> bool:
            seen.append((self.folder / "Xvfb_screen0").read_bytes())
            time.sleep(0.3)
            return len(seen) > 2 and seen[-1] == seen[-2] == seen[-3]

        until("the screen stands still", still)

    def picture(self, name: str) -> Path:
        """Keep what is on the screen now as an artefact."""
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        path.write_bytes(_png((self.folder / "Xvfb_screen0").read_bytes()))
        return path

    def switch_off(self) -> None:
        self.server.terminate()
        self.server.wait()
        for file in self.folder.iterdir():
            file.unlink()
        self.folder.rmdir()


def _png(dump: bytes) -> bytes:
    """Give an X window dump of 32 bits a pixel as PNG."""
    head, *rest = struct.unpack(">25I", dump[:100])
    width, height, line, colours = rest[3], rest[4], rest[11], rest[18]
    start = head + 12 * colours
    rows = bytearray()
    for y in range(height):
        pixels = dump[start + y * line : start + y * line + 4 * width]
        row = bytearray(3 * width)
        row[0::3], row[1::3], row[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
        rows += b"\0" + row

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 3)) + chunk(b"IEND", b"")


class Person:
    """Somebody with LibreOffice open. app: how the tests look into it, beside whatever helper listens."""

    def __init__(self, screen: Screen, pipe: str, profile: Path) -> None:
        self.screen = screen
        self.pipe = pipe
        before = os.environ.get("DISPLAY")
        os.environ["DISPLAY"] = screen.name
        try:
            self.process = open_for_person(pipe=pipe, profile=profile)
        finally:
            if before is None:
                del os.environ["DISPLAY"]
            else:
                os.environ["DISPLAY"] = before
        engine.activate()
        self.app = xw.App(impl=self._attached())

    def _attached(self) -> object:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return engine.engine.apps.add(spec=self.pipe)
            except OfficeGone:
                assert time.monotonic() < end, "LibreOffice did not open"

    def opens(self, path: Path) -> xw.Book:
        """Open a workbook as with File > Open."""
        return self.app.books.open(path)

    def presses(self, book: xw.Book, tab: str, caption: str, times: int = 1) -> None:
        """Click on a drawn button."""
        left, top, width, height = engine.office(self.app).place_of_button(book.sheets[tab], caption)
        self.screen.click(left + width // 2, top + height // 2, times)

    def shows_a_dialog(self) -> None:
        """Open Format > Cells and leave it open."""
        subprocess.run([uno_python(), "-c", DIALOG, self.pipe], check=True, timeout=PATIENCE)

    def leaves_the_dialog(self) -> None:
        """Press Escape in it, and wait until it is gone."""
        screen = {**os.environ, "DISPLAY": self.screen.name}
        search = ["xdotool", "search", "--onlyvisible", "--name", "Format Cells"]

        def gone() -> bool:
            found = subprocess.run([*search, "windowfocus", "key", "Escape"], check=False, env=screen, capture_output=True)
            return found.returncode != 0

        until("the dialog is closed", gone)

    def closes_everything(self) -> None:
        """Close every workbook; an empty new one keeps the program open."""
        there = list(self.app.books)
        self.app.books.add()
        for book in there:
            try:
                book.close()
            except SheetsalesError:
                continue

    def crashes(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def leaves(self) -> None:
        self.app.quit()
        if self.process.poll() is None:
            self.crashes()


_here: list[Person] = []


def person() -> Person:
    """Give the one person of this session; another one where the office crashed."""
    if not _here or _here[-1].process.poll() is not None:
        if not _here:
            screen = Screen.switched_on()
            at_end(screen.switch_off)
        else:
            screen = _here[-1].screen
        folder = Path(mkdtemp(prefix="sheetsales-person-"))
        _here.append(Person(screen, f"ss-test-{os.getpid()}-{len(_here)}", folder / "profile"))
        at_end(_gone, _here[-1], folder)
    _here[-1].closes_everything()
    return _here[-1]


def _gone(who: Person, folder: Path) -> None:
    import shutil

    who.leaves()
    shutil.rmtree(folder, ignore_errors=True)


class AgentProcess:
    """A real `sheetsales agent` in a process of its own."""

    def __init__(self, root: Path, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("sheetsales")), "-w", str(root), "agent", *words]
        self.errors = root / "agent-stderr.txt"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)

    def said(self) -> str:
        return self.errors.read_text("utf-8")

    def ends(self) -> str:
        """Stop it as the system does; give what it printed."""
        if self.process.poll() is None:
            self.process.terminate()
        out, _ = self.process.communicate(timeout=PATIENCE)
        return out
