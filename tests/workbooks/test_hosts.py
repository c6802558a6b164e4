"""Every host passes the same tests; a new one joins with one class."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlwings
from host_conformance import HostConformance, LiveConformance
from needing import needs

from sheetsales_workbooks.host import BookPatch, CellWrite, Host, SheetPatch
from sheetsales_workbooks.hosts import excel_file, live, memory
from sheetsales_workbooks.hosts.live import LiveBook
from sheetsales_workbooks.patch import patch_book


class TestExcelFile(HostConformance):
    """A file on disk."""

    def open(self, path: Path) -> Host:
        return excel_file.open_host(path)

    def type_in(self, host: Host, path: Path, tab: str, row: int, column: int, value: object) -> None:
        formula = value[1:] if isinstance(value, str) and value.startswith("=") else ""
        write = CellWrite(row, column, None if formula else value, formula=formula)
        path.write_bytes(patch_book(path.read_bytes(), BookPatch({tab: SheetPatch([write])})))

    def saved(self, host: Host, path: Path) -> Path:
        return path


@pytest.fixture(scope="module")
def memory_program() -> Iterator[xlwings.App]:
    """One spreadsheet in memory for all tests of the module."""
    memory.activate()
    app = xlwings.App(add_book=False)
    yield app
    app.quit()


@pytest.fixture(scope="module")
def office() -> Iterator[xlwings.App]:
    """One LibreOffice for all tests of the module."""
    from sheetsales_workbooks.hosts.libreoffice import engine

    engine.activate()
    yield xlwings.App(visible=False, add_book=False)
    engine.deactivate()


@pytest.fixture
def in_memory(memory_program: xlwings.App) -> Iterator[None]:
    """Open books in memory, and close them behind the test."""
    memory.activate()
    yield
    close_books(memory_program)


@pytest.fixture
def in_libreoffice(office: xlwings.App) -> Iterator[None]:
    """Open books in LibreOffice, and close them behind the test."""
    from sheetsales_workbooks.hosts.libreoffice import engine

    engine.activate()
    yield
    close_books(office)


def close_books(app: xlwings.App) -> None:
    for book in list(app.books):
        book.close()


class OpenBooks(LiveConformance):
    """Books open in a program that xlwings drives."""

    def open(self, path: Path) -> Host:
        return live.open_host(path)

    def book(self, host: Host) -> xlwings.Book:
        assert isinstance(host, LiveBook)
        return xlwings.Book(host.path)

    def type_in(self, host: Host, path: Path, tab: str, row: int, column: int, value: object) -> None:
        self.book(host).sheets[tab].range((row, column)).value = value

    def at_hand(self, host: Host) -> tuple[str, str]:
        book = self.book(host)
        return book.sheets.active.name, str(book.app.selection.address)

    def insert_row(self, host: Host, row: int) -> None:
        self.book(host).sheets["Leads"].range(f"{row}:{row}").insert("down")

    def saved(self, host: Host, path: Path) -> Path:
        self.book(host).save()
        return path


@pytest.mark.usefixtures("in_memory")
class TestMemory(OpenBooks):
    """Books open in the spreadsheet in memory."""


@needs("soffice")
@pytest.mark.usefixtures("in_libreoffice")
class TestLibreOffice(OpenBooks):
    """Books open in LibreOffice."""

    exact_truths = False  # there are only numbers, and formats that show them as truth values
    exact_errors = False  # an error that stands in a cell as such is a formula there


def test_a_host_is_found_by_its_name_and_none_loads_the_library_of_another() -> None:
    from sheetsales_workbooks.hosts import names

    assert {"excel_file", "live"} <= set(names())
    assert openpyxl is not None
