"""Defined names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlwings import base_classes

from sheetsales_workbooks.hosts.libreoffice.addresses import quoted
from sheetsales_workbooks.hosts.libreoffice.formulas import to_calc, to_excel
from sheetsales_workbooks.hosts.libreoffice.parents import BookAbove, SheetAbove
from sheetsales_workbooks.hosts.libreoffice.ranges import Range
from sheetsales_workbooks.hosts.libreoffice.unsupported import complete


@complete
class Names(base_classes.Names):
    """The names of one sheet, or of a book: its own and those of its sheets, which show the sheet's name."""

    def __init__(self, book: BookAbove, sheet: SheetAbove | None) -> None:
        self.book = book
        self.sheet = sheet

    @property
    def api(self) -> Any:
        """Give the book or the sheet."""
        return self.sheet or self.book

    def _all(self) -> list[Name]:
        if self.sheet is not None:
            return [Name(self.book, self.sheet, name) for name in self.book.ask("names", "listed", self.sheet.handle)]
        own = [Name(self.book, None, name) for name in self.book.ask("names", "listed", 0)]
        return own + [name for sheet in self.book.sheets for name in sheet.names]

    def __iter__(self) -> Iterator[Name]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _find(self, key: int | str) -> Name | None:
        if isinstance(key, int):
            found = self._all()
            return found[key - 1] if 1 <= key <= len(found) else None
        for name in self._all():
            if key.lower() in (name.name.lower(), name.plain.lower() if self.sheet is not None else ""):
                return name
        return None

    def __call__(self, name_or_index: int | str) -> Name:
        """Give a name by itself or by its place (from 1)."""
        found = self._find(name_or_index)
        if found is None:
            raise KeyError(name_or_index)
        return found

    def contains(self, name_or_index: int | str) -> bool:
        """Say whether there is a name."""
        return self._find(name_or_index) is not None

    def add(self, name: str, refers_to: str) -> Name:
        """Define a name; "Sheet1!name" holds on that sheet alone."""
        scope, _, plain = name.rpartition("!")
        sheet = self.book.sheets(scope.strip("'").replace("''", "'")) if scope else self.sheet
        formula = refers_to if refers_to.startswith("=") else f"={refers_to}"
        made = Name(self.book, sheet, plain)
        made.refers_to = formula
        return made


@complete
class Name(base_classes.Name):
    """One name."""

    def __init__(self, book: BookAbove, sheet: SheetAbove | None, plain: str) -> None:
        self.book = book
        self.sheet = sheet
        self.plain = plain

    def _ask(self, name: str, *arguments: object) -> Any:
        return self.book.ask("names", name, self.sheet.handle if self.sheet is not None else 0, self.plain, *arguments)

    @property
    def api(self) -> Name:
        """Give this name; there is no native object of it in this process."""
        return self

    @property
    def name(self) -> str:
        """Give or set the name; of one that holds on a sheet alone with the sheet before it."""
        return self.plain if self.sheet is None else f"{quoted(self.sheet.name)}!{self.plain}"

    @name.setter
    def name(self, value: str) -> None:
        plain = value.rpartition("!")[2]
        self._ask("rename", plain)
        self.plain = plain

    @property
    def refers_to(self) -> str:
        """Give or set what it stands for, as a formula."""
        return to_excel("=" + self._ask("content"))

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self._ask("put", to_calc(value)[1:])

    @property
    def place(self) -> Any:
        """Give sheet handle and area that it stands for, None where it is no range."""
        return self._ask("place")

    @property
    def refers_to_range(self) -> Range:
        """Give the range it stands for. Raises ValueError where it stands for something else."""
        place = self.place
        if place is None:
            raise ValueError(f"The name '{self.name}' does not stand for one range: {self.refers_to}")
        return Range(self.book.sheet_of(place[0]), *place[1])

    def delete(self) -> None:
        """Take the name away."""
        self._ask("remove")
