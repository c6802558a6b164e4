"""What is open in the office: books by their run-time id, sheets by handles that follow them about."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Callable, Iterator
from typing import Any, Sequence  # noqa: UP035  # this one is evaluated, also by Python 3.8

import uno

from .program import Program

Area = Sequence[int]  # first row, first column, last row, last column, all counted from 1
LAST_ROW = 1048575  # counted from 0
CALC = "com.sun.star.sheet.SpreadsheetDocument"


class NoSuchThing(LookupError):
    """A book, a sheet, a name or a table that is not there (any more)."""


class Desk:
    """The office with its open books, and the queue of what is to be done next."""

    def __init__(self, program: Program, tell: Callable[..., None]) -> None:
        self.program = program
        self.tell = tell
        self.tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.watches: dict[object, Any] = {}
        self._books: dict[str, Any] = {}
        self._paths: dict[str, str] = {}
        self._kinds: dict[tuple[str, int], int] = {}
        self._sheets: dict[int, tuple[str, Any]] = {}
        self._next = itertools.count(1)

    @property
    def desktop(self) -> Any:
        """The office's desktop, which holds all documents."""
        return self.program.desktop

    # ── books ────────────────────────────────────────────────────────────────────────────────────

    def books(self) -> Iterator[tuple[str, Any]]:
        """Give id and document of every open workbook."""
        found = self.desktop.Components.createEnumeration()
        while found.hasMoreElements():
            document = found.nextElement()
            if document.supportsService(CALC):
                uid = document.RuntimeUID
                self._books[uid] = document
                self.look_where(uid)
                yield uid, document

    def book(self, uid: str) -> Any:
        """Give an open book by its id."""
        if uid not in self._books and uid not in dict(self.books()):
            raise NoSuchThing("book")
        return self._books[uid]

    def path(self, uid: str) -> str:
        """Give where a book is saved, or its title where it never was."""
        document = self.book(uid)
        return self._paths.get(uid) or str(document.Title)

    def look_where(self, uid: str) -> None:
        """Look anew where a book is saved; it changes only when it is saved."""
        url = self._books[uid].URL
        self._paths[uid] = uno.fileUrlToSystemPath(url) if url else ""

    def known(self, document: Any) -> str:
        """Give the id of a document, which may be closing just now; "" for one never seen."""
        for uid, other in self._books.items():
            if other == document:
                return uid
        return ""

    def closed(self, uid: str) -> None:
        """Tell of a book that was closed, and drop it with its sheets and what is watched in it."""
        self.tell("closed", uid, "")
        for key in [key for key in self.watches if isinstance(key, tuple) and key[0] == uid]:
            del self.watches[key]
        self._books.pop(uid, None)
        self._paths.pop(uid, None)
        for handle in [h for h, (owner, _) in self._sheets.items() if owner == uid]:
            del self._sheets[handle]

    # ── sheets ───────────────────────────────────────────────────────────────────────────────────

    def handle(self, uid: str, sheet: Any) -> int:
        """Give the handle of a sheet. The office makes a new object at each look, so the name decides."""
        name = sheet.Name
        for handle, (owner, known) in self._sheets.items():
            if owner == uid and self._named(known) == name:
                return handle
        handle = next(self._next)
        self._sheets[handle] = (uid, sheet)
        return handle

    def sheet(self, handle: int) -> Any:
        """Give a sheet by its handle. Cells that are inserted or removed shift the office's own object
        of a sheet, as they shift a range; then only its place is right, and a fresh one is taken.
        """
        if handle not in self._sheets:
            raise NoSuchThing("sheet")
        uid, sheet = self._sheets[handle]
        address = sheet.RangeAddress
        if (address.EndRow, address.EndColumn) == (0, 0):  # what is left of a sheet that was deleted
            raise NoSuchThing("sheet")
        if (address.StartRow, address.StartColumn, address.EndRow) != (0, 0, LAST_ROW):
            sheet = self.book(uid).Sheets.getByIndex(address.Sheet)
            self._sheets[handle] = (uid, sheet)
        return sheet

    def owner(self, handle: int) -> tuple[str, Any]:
        """Give id and document of the book in which a sheet is."""
        if handle not in self._sheets:
            raise NoSuchThing("sheet")
        uid = self._sheets[handle][0]
        return uid, self.book(uid)

    def kind(self, handle: int, key: int) -> int:
        """Give what kind of thing a number format of a sheet's book shows (`com.sun.star.util.NumberFormat`)."""
        uid, document = self.owner(handle)
        if (uid, key) not in self._kinds:
            self._kinds[uid, key] = document.NumberFormats.getByKey(key).Type
        return self._kinds[uid, key]

    @staticmethod
    def _named(sheet: Any) -> str:
        try:
            return str(sheet.Name)
        except Exception:
            return ""  # a sheet that was deleted

    def range(self, handle: int, area: Area) -> Any:
        """Give a cell range."""
        top, left, bottom, right = area
        return self.sheet(handle).getCellRangeByPosition(left - 1, top - 1, right - 1, bottom - 1)

    def cell(self, handle: int, row: int, column: int) -> Any:
        """Give one cell."""
        return self.sheet(handle).getCellByPosition(column - 1, row - 1)

    def place(self, uid: str, address: Any) -> tuple[int, tuple[int, int, int, int]]:
        """Give sheet handle and area of a range address of the office."""
        sheet = self.book(uid).Sheets.getByIndex(address.Sheet)
        return self.handle(uid, sheet), area_of(address)


def area_of(address: Any) -> tuple[int, int, int, int]:
    """Give an area counted from 1."""
    return address.StartRow + 1, address.StartColumn + 1, address.EndRow + 1, address.EndColumn + 1


def areas_of(ranges: Any) -> list[tuple[int, int, int, int]]:
    """Give the areas of a collection of ranges."""
    return [area_of(address) for address in ranges.RangeAddresses]
