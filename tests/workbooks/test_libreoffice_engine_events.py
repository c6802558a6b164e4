"""What a running LibreOffice tells by itself, how one is attached to, and what happens when it does not answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings as xw
from needing import needs
from running_calc import new_book, office, running
from xlsxwriter import Workbook

from sheetsales.errors import BookBusy, BookGone, OfficeGone
from sheetsales_workbooks.hosts.libreoffice import engine, events
from sheetsales_workbooks.hosts.libreoffice.office import Office
from sheetsales_workbooks.hosts.libreoffice.program import open_for_person, uno_python

pytestmark = needs("soffice")
WAIT = 20.0  # seconds an event may take on a busy machine


@pytest.fixture
def with_buttons(tmp_path: Path) -> Iterator[xw.Book]:
    place = tmp_path / "buttons.xlsx"
    with Workbook(place) as made:
        for name, captions in (("Leads", ("Score leads", "Call plan")), ("Deals", ("Forecast",))):
            tab = made.add_worksheet(name)
            for number, caption in enumerate(captions):
                tab.insert_button(2 + 3 * number, 2, {"caption": caption, "width": 120, "height": 30, "macro": "Old"})
    book = running().books.open(place)
    yield book
    book.close()


def test_each_press_of_a_button_is_told_by_its_caption(with_buttons: xw.Book) -> None:
    held = office()
    assert [held.buttons(sheet) for sheet in with_buttons.sheets] == [["Score leads", "Call plan"], ["Forecast"]]
    held.watch_book(with_buttons)
    held.watch_book(with_buttons)
    pressed = [("Leads", "Score leads"), ("Deals", "Forecast"), ("Leads", "Call plan"), ("Leads", "Score leads")]
    for tab, caption in pressed:
        held.press(with_buttons.sheets[tab], caption)
        assert held.next_event(WAIT) == events.ButtonPressed(with_buttons.fullname, tab, caption)
    assert held.next_event() is None, "a press is told once"
    with pytest.raises(KeyError):
        held.press(with_buttons.sheets["Leads"], "Forecast")


def test_a_change_in_a_watched_cell_is_told_and_one_beside_it_is_not() -> None:
    with new_book() as book:
        held, sheet = office(), book.sheets[0]
        held.watch_cells(sheet["C4"])
        sheet["D4"].value = 1
        sheet["C4"].value = "Score leads"
        assert held.next_event(WAIT) == events.CellChanged(book.fullname, sheet.name, "$C$4")
        sheet["1:1"].insert("down")
        sheet["C5"].value = "Call plan"
        seen = {held.next_event(WAIT)}
        assert events.CellChanged(book.fullname, sheet.name, "$C$5") in seen | set(held.events(1.0)), "it follows its cell"
        held.unwatch_cells(sheet["C4"])
        list(held.events(0.5))
        sheet["C5"].value = "again"
        assert held.next_event(0.5) is None


def test_saving_and_closing_are_told(tmp_path: Path) -> None:
    with new_book() as book:
        held = office()
        book.save(tmp_path / "kept.xlsx")
        assert held.next_event(WAIT) == events.BookSaved(str(tmp_path / "kept.xlsx"))
        assert not held.has_changes(book)
        book.sheets[0]["A1"].value = 1
        assert held.has_changes(book)
        book.close()
        assert held.next_event(WAIT) == events.BookClosed(str(tmp_path / "kept.xlsx"))
        with pytest.raises(BookGone):
            book.sheets[0]["A1"].value = 2


def test_another_program_reaches_the_same_office_and_leaves_it_running(tmp_path: Path) -> None:
    with new_book() as book:
        place = tmp_path / "shared.xlsx"
        book.save(place)
        script = (
            "import sys, xlwings as xw\n"
            "from sheetsales_workbooks.hosts.libreoffice import engine\n"
            "engine.activate(pipe=sys.argv[1])\n"
            "xw.Book(sys.argv[2]).sheets[0]['B2'].value = 'from outside'\n"
            "engine.office().watch_cells(xw.Book(sys.argv[2]).sheets[0]['A1'])\n"  # closing would crash, were it still heard
            "engine.deactivate()\n"
        )
        held = office()
        held.watch_cells(book.sheets[0]["B2"])
        subprocess.run([sys.executable, "-c", script, held.pipe, str(place)], check=True)
        assert book.sheets[0]["B2"].value == "from outside"
        assert isinstance(held.next_event(WAIT), events.CellChanged)


def test_nobody_on_the_pipe_is_said() -> None:
    with pytest.raises(OfficeGone, match="nobody-here"):
        Office(pipe="nobody-here")


@pytest.mark.skipif(sys.platform != "linux", reason="processes are held and killed as on Linux")
def test_an_office_that_does_not_answer_is_busy_and_goes_on_later() -> None:
    with new_book() as book:
        held, cell = office(), book.sheets[0]["A1"]
        before, held.answer_limit = held.answer_limit, 0.5
        os.kill(held.pid, signal.SIGSTOP)
        try:
            with pytest.raises(BookBusy):
                cell.impl.raw_value = 1
        finally:
            os.kill(held.pid, signal.SIGCONT)
            held.answer_limit = before
        assert cell.value == 1.0, "the request that was given up was done after all, and no answer is mixed up"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are held and killed as on Linux")
def test_a_crash_is_told_and_the_next_book_gets_a_new_office() -> None:
    apps = engine.engine.apps
    app = xw.App(impl=apps.add())
    try:
        book = app.books.add()
        held = engine.office(app)
        os.kill(held.pid, signal.SIGKILL)
        with pytest.raises(OfficeGone):
            book.sheets[0]["A1"].value = 1
        assert events.OfficeEnded("") in list(held.events(WAIT))
        assert app.impl not in list(apps)
    finally:
        held.end()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at as on Linux")
def test_an_office_ends_with_the_process_that_started_it() -> None:
    script = (
        "import os\n"
        "from sheetsales_workbooks.hosts.libreoffice.office import Office\n"
        "held = Office()\n"
        "print(held.pid, flush=True)\n"
        "os._exit(1)\n"  # as if it had been killed: nothing is tidied up
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    stat = Path(f"/proc/{done.stdout.strip()}/stat")
    for _ in range(200):
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        Path("/proc/self/stat").read_text()
        subprocess.run(["sleep", "0.1"], check=True)
    raise AssertionError("LibreOffice outlived the program that had started it")


DIALOG = """
import sys, uno
here = uno.getComponentContext()
resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
there = resolver.resolve("uno:pipe,name=" + sys.argv[1] + ";urp;StarOffice.ComponentContext")
desktop = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
dispatcher = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", there)
dispatcher.executeDispatch(desktop.getCurrentFrame(), ".uno:FormatCellDialog", "", 0, ())
"""


@needs("Xvfb", "xdotool")
@pytest.mark.skipif(sys.platform != "linux", reason="needs a display of its own")
def test_a_persons_office_is_opened_reached_and_left_to_the_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    display = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1024x768x24"], pass_fds=[writer], stderr=subprocess.DEVNULL
    )
    os.close(writer)
    with os.fdopen(reader) as told:
        monkeypatch.setenv("DISPLAY", ":" + told.readline().strip())
    pipe = f"sheetsales-person-{os.getpid()}"
    person = open_for_person(pipe=pipe, profile=tmp_path / "profile")
    try:
        _reached(pipe).end()
        app = xw.App(impl=engine.engine.apps.add(spec=pipe))
        book = app.books[0]
        subprocess.run([uno_python(), "-c", DIALOG, pipe], check=True, timeout=WAIT * 3)
        subprocess.run(
            ["xdotool", "search", "--sync", "--name", "Format Cells"], check=True, capture_output=True, timeout=WAIT * 3
        )
        book.sheets[0]["A1"].value = "written while a dialog is open"
        with pytest.raises(BookBusy, match="would not close"):
            book.close()
        assert engine.office(app).has_changes(book), "what was typed is still to be saved"
        app.quit()
        again = open_for_person(pipe=pipe + "b", profile=tmp_path / "profile")
        again.wait(WAIT * 3)
        second = _reached(pipe + "b")
        assert len(second.ask("books", "listed")) >= 1
        second.end()
        assert person.poll() is None, "the person's office goes on"
    finally:
        os.killpg(person.pid, signal.SIGKILL)
        person.wait()
        display.terminate()
        display.wait()


def _reached(pipe: str) -> Office:
    for _ in range(20):
        try:
            return Office(pipe=pipe)
        except OfficeGone:
            continue
    raise AssertionError("the office did not listen")
