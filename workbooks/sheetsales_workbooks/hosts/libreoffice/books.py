"""Books."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xlwings import base_classes

from sheetsales.errors import BookGone
from sheetsales_workbooks.hosts.libreoffice.names import Names
from sheetsales_workbooks.hosts.libreoffice.parents import AppAbove
from sheetsales_workbooks.hosts.libreoffice.ranges import Range
from sheetsales_workbooks.hosts.libreoffice.sheets import Sheet, Sheets
from sheetsales_workbooks.hosts.libreoffice.unsupported import complete


@complete
class Books(base_classes.Books):
    """The open books of one office."""

    def __init__(self, app: AppAbove) -> None:
        self.app = app
        self._last = ""  # hidden books never have the focus, so the one used last is the active one

    @property
    def api(self) -> Any:
        """Give the office."""
        return self.app.office

    def _book(self, uid: str) -> Book:
        return Book(self, uid)

    def __iter__(self) -> Iterator[Book]:
        for uid, path in self.app.office.ask("books", "listed"):
            self.app.office.knows(uid, path)
            yield self._book(uid)

    def __len__(self) -> int:
        return len(self.app.office.ask("books", "listed"))

    def __call__(self, key: int | str) -> Book:
        """Give a book by its place (from 1), its name or its path."""
        books = self.app.office.ask("books", "listed")
        if isinstance(key, int):
            return self._book(books[key - 1][0])
        for uid, path in books:
            if key.lower() in (path.lower(), os.path.basename(path).lower()):
                return self._book(uid)
        raise KeyError(key)

    @property
    def active(self) -> Book:
        """Give the book in front."""
        uids = [uid for uid, _ in self.app.office.ask("books", "listed")]
        front = self.app.office.ask("books", "active") if self.app.office.visible else ""
        for uid in (front, self._last, *uids):
            if uid in uids:
                return self._book(uid)
        raise BookGone("No workbook is open.")

    def made_active(self, uid: str) -> None:
        """Remember which book is the active one."""
        self._last = uid

    def _opened(self, uid: str) -> Book:
        self._last = uid
        book = self._book(uid)
        self.app.office.knows(uid, book.fullname)
        return book

    def add(self) -> Book:
        """Make an empty book."""
        return self._opened(self.app.office.ask("books", "add", self.app.visible))

    def open(
        self,
        fullname: str,
        update_links: object = None,
        read_only: bool | None = None,
        format: object = None,
        password: str | None = None,
        write_res_password: object = None,
        ignore_read_only_recommended: object = None,
        origin: object = None,
        delimiter: str | None = None,
        *_rest: object,
    ) -> Book:
        """Open a file; macros do not run and links are not followed. Raises FileRefused."""
        del update_links, format, write_res_password, ignore_read_only_recommended, origin
        path = str(Path(fullname).resolve())
        asked = (path, self.app.visible, bool(read_only), password or "", delimiter or ",")
        return self._opened(self.app.office.ask("books", "opened", *asked))


@complete
class Book(base_classes.Book):
    """One book; it is known by the office's own id, whatever it is called."""

    def __init__(self, books: Books, uid: str) -> None:
        self.books = books
        self.uid = uid

    def ask(self, room: str, name: str, *arguments: object) -> Any:
        """Ask the office something about this book."""
        return self.books.app.office.ask(room, name, self.uid, *arguments)

    @property
    def api(self) -> Book:
        """Give this book; there is no native object of it in this process."""
        return self

    @property
    def app(self) -> AppAbove:
        """Give the office's app."""
        return self.books.app

    @property
    def fullname(self) -> str:
        """Give the path, or the title of a book that was never saved."""
        return str(self.ask("books", "path"))

    @property
    def name(self) -> str:
        """Give the file's name."""
        return os.path.basename(self.fullname)

    @property
    def sheets(self) -> Sheets:
        """Give the sheets."""
        return Sheets(self)

    @property
    def names(self) -> Names:
        """Give the defined names, those of the book and those of its sheets."""
        return Names(self, None)

    @property
    def selection(self) -> Range | None:
        """Give what is selected."""
        handle, area = self.ask("books", "selection")
        return Range(self.sheet_of(handle), *area)

    def custom_properties(self) -> dict[str, str]:
        """Give the document properties of the user's own as texts, for which xlwings has no word."""
        found: dict[str, str] = self.ask("books", "user_properties")
        return found

    def set_custom_property(self, name: str, value: str) -> None:
        """Set a document property that is there; one that is not stays away."""
        self.ask("books", "set_user_property", name, value)

    def sheet_of(self, handle: int) -> Sheet:
        """Give the sheet that the office knows by a handle."""
        return Sheet(self, handle)

    def activate(self) -> None:
        """Bring the book to the front and make its app the active one."""
        self.books.made_active(self.uid)
        self.app.activate()
        self.ask("books", "activate")

    def close(self) -> None:
        """Close the book without saving. Raises BookBusy where a dialog holds it."""
        self.ask("books", "close")

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """Save in place, or under a path in the format of its ending. Raises FileRefused or ValueError."""
        if path is None and not os.path.isabs(self.fullname):
            path = self.name + ".xlsx"
        target = str(Path(path).resolve()) if path is not None else ""
        self.ask("books", "save", target, password or "")
        self.app.office.knows(self.uid, self.fullname)

    def to_pdf(self, path: str, quality: str | None = None) -> None:
        """Print the book into a PDF."""
        del quality
        self.ask("books", "copy_to", str(Path(path).resolve()))
