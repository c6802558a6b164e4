"""What is open in the office: books by their run-time id, sheets by handles that stay the same when a sheet is renamed or moved."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Callable
from typing import Any, Sequence  # noqa: UP035  # this one is evaluated, also by Python 3.8

import uno

from .program import Program

Area = Sequence[int]  # first row, first column, last row, last column, all counted from 1
TRUTH = 1024  # com.sun.star.util.NumberFormat.LOGICAL
NO_ELEMENT: Any = uno.getClass("com.sun.star.container.NoSuchElementException")
CALC = "com.sun.star.sheet.SpreadsheetDocument"


class NoSuchThing(LookupError):
    """A book, a sheet, a name or a table that is not there (any more)."""


class Kept:
    """How a sheet is found again: its book, its name, and its drawing page, which stays with it."""

    def __init__(self, uid: str, name: str, page: Any) -> None:
        self.uid = uid
        self.name = name
        self.page = page


class Desk:
    """The office with its open books, and the queue of what is to be done next."""

    def __init__(self, program: Program, tell: Callable[..., None]) -> None:
        self.program = program
        self.tell = tell
        self.tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.watches: dict[object, Any] = {}
        self.first_days: dict[str, int] = {}  # see `epochs`
        self._books: dict[str, Any] = {}
        self._paths: dict[str, str] = {}
        self._truths = ("", "")
        self._tabs: dict[str, Any] = {}
        self._kinds: dict[tuple[str, int], int] = {}
        self._sheets: dict[int, Kept] = {}
        self._next = itertools.count(1)

    @property
    def desktop(self) -> Any:
        """The office's desktop, which holds all documents."""
        return self.program.desktop

    # ── books ────────────────────────────────────────────────────────────────────────────────────

    def books(self) -> list[tuple[str, Any]]:
        """Give id and document of every open workbook, the oldest first."""
        open_now = self.desktop.Components.createEnumeration()
        seen = {}
        while open_now.hasMoreElements():
            document = open_now.nextElement()
            if document.supportsService(CALC):
                seen[str(document.RuntimeUID)] = document
        for uid, document in seen.items():
            self._books[uid] = document
            self.look_where(uid)
        return sorted(seen.items(), key=lambda item: int(item[0]))

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
        self._tabs.pop(uid, None)
        self.first_days.pop(uid, None)
        for handle in [handle for handle, kept in self._sheets.items() if kept.uid == uid]:
            del self._sheets[handle]

    # ── sheets ───────────────────────────────────────────────────────────────────────────────────

    def handle(self, uid: str, sheet: Any) -> int:
        """Give the handle of a sheet."""
        name = str(sheet.Name)
        for handle, kept in self._sheets.items():
            if (kept.uid, kept.name) == (uid, name):
                return handle
        handle = next(self._next)
        self._sheets[handle] = Kept(uid, name, sheet.DrawPage)
        return handle

    def sheet(self, handle: int) -> Any:
        """Give a sheet by its handle, also when a person gave it another name.

        A fresh object each time: the office's own object of a sheet slips when cells are removed, as a
        range does, and shows its neighbour when the sheet is deleted.
        """
        kept = self._kept(handle)
        if kept.uid not in self._tabs:
            self._tabs[kept.uid] = self.book(kept.uid).Sheets
        sheets = self._tabs[kept.uid]
        try:
            return sheets.getByName(kept.name)
        except NO_ELEMENT:
            for sheet in (sheets.getByIndex(number) for number in range(sheets.Count)):
                if sheet.DrawPage == kept.page:
                    kept.name = str(sheet.Name)
                    return sheet
        raise NoSuchThing("sheet")

    def renamed(self, handle: int, name: str) -> None:
        """Follow a sheet that was given another name; "" for one that was deleted."""
        if name:
            self._kept(handle).name = name
        else:
            del self._sheets[handle]

    def owner(self, handle: int) -> tuple[str, Any]:
        """Give id and document of the book in which a sheet is."""
        uid = self._kept(handle).uid
        return uid, self.book(uid)

    def kind(self, handle: int, key: int) -> int:
        """Give what kind of thing a number format of a sheet's book shows (`com.sun.star.util.NumberFormat`)."""
        uid, document = self.owner(handle)
        if (uid, key) not in self._kinds:
            self._kinds[uid, key] = document.NumberFormats.getByKey(key).Type
        return self._kinds[uid, key]

    def truth_words(self, document: Any) -> tuple[str, str]:
        """Give the words that this office shows for true and false."""
        if not self._truths[0]:
            formatter = self.program.create("com.sun.star.util.NumberFormatter")
            formatter.attachNumberFormatsSupplier(document)
            key = document.NumberFormats.getStandardFormat(TRUTH, uno.createUnoStruct("com.sun.star.lang.Locale"))
            self._truths = (formatter.convertNumberToString(key, 1.0), formatter.convertNumberToString(key, 0.0))
        return self._truths

    def _kept(self, handle: int) -> Kept:
        if handle not in self._sheets:
            raise NoSuchThing("sheet")
        return self._sheets[handle]

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
