"""Defined names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlwings import base_classes

from sheetsales_workbooks.hosts.libreoffice.addresses import Area, quoted
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
        found = self.book.ask("names", "listed", self.sheet.handle if self.sheet is not None else 0)
        return [Name(self.book, self.book.sheet_of(scope) if scope else None, name) for scope, name in found]

    def contents(self) -> list[tuple[str, str]]:
        """Give the names of this book or sheet itself with what they stand for, as formulas, in one request."""
        found = self.book.ask("names", "contents", self.sheet.handle if self.sheet is not None else 0)
        return [(name, to_excel(f"={words}")) for name, words in found]

    def __iter__(self) -> Iterator[Name]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _find(self, key: int | str) -> Name | None:
        if isinstance(key, int):
            found = self._all()
            return found[key - 1] if 1 <= key <= len(found) else None
        scope, _, plain = key.rpartition("!")
        sheet = self.sheet
        if scope:
            tab = scope.strip("'").replace("''", "'")
            if tab not in self.book.sheets:
                return None
            sheet = self.book.sheets(tab)
        known = self.book.ask("names", "known", sheet.handle if sheet is not None else 0, plain)
        return Name(self.book, sheet, known) if known else None

    def __call__(self, name_or_index: int | str) -> Name:
        """Give a name by itself or by its place (from 1)."""
        found = self._find(name_or_index)
        if found is None:
            raise KeyError(name_or_index)
        return found

    def contains(self, name_or_index: int | str) -> bool:
        """Say whether there is a name."""
        return self._find(name_or_index) is not None

    def at(self, sheet: SheetAbove, area: Area) -> Name | None:
        """Give the name that is defined for a range, None without one."""
        scope, plain = self.book.ask("names", "at", sheet.handle, area)
        return Name(self.book, self.book.sheet_of(scope) if scope else None, plain) if plain else None

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
    def refers_to_range(self) -> Range:
        """Give the range it stands for. Raises ValueError where it stands for something else."""
        place = self._ask("place")
        if place is None:
            raise ValueError(f"The name '{self.name}' does not stand for one range: {self.refers_to}")
        return Range(self.book.sheet_of(place[0]), *place[1])

    def delete(self) -> None:
        """Take the name away."""
        self._ask("remove")
