"""Defined names of a book or of one sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from openpyxl.utils import column_index_from_string, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet
from xlwings import base_classes

from sheetsales_workbooks.hosts.memory.areas import Area
from sheetsales_workbooks.hosts.memory.tab import Document, Tab

_TARGET = re.compile(r"=?(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?", re.IGNORECASE)
MakeRange = Callable[[Worksheet, Area], Any]


def place_of(text: str) -> tuple[str, Area] | None:
    """Give sheet and area that a name refers to; None where it is no single range."""
    match = _TARGET.fullmatch(text.strip())
    if match is None:
        return None
    title = (match[1] or match[2]).replace("''", "'")
    top, left = int(match[4]), column_index_from_string(match[3].upper())
    bottom, right = int(match[6] or top), column_index_from_string((match[5] or match[3]).upper())
    return title, Area(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


class Name(base_classes.Name):
    """One defined name. sheet: the sheet it belongs to, None for one of the whole book."""

    def __init__(self, document: Document, defined: DefinedName, sheet: Worksheet | None) -> None:
        self._document = document
        self._defined = defined
        self._sheet = sheet

    def _home(self) -> Any:
        return self._document.wb.defined_names if self._sheet is None else self._sheet.defined_names

    @property
    def api(self) -> Any:
        """The defined name."""
        return self._defined

    @property
    def name(self) -> str:
        """What it is called, with its sheet where it belongs to one."""
        return self._defined.name if self._sheet is None else f"{_quoted(self._sheet.title)}!{self._defined.name}"

    @name.setter
    def name(self, value: str) -> None:
        self.delete()
        self._defined.name = value.rpartition("!")[2]
        self._home()[self._defined.name] = self._defined

    @property
    def refers_to(self) -> str:
        """What it means, with the = in front."""
        return "=" + str(self._defined.attr_text).removeprefix("=")

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self._defined.attr_text = value.removeprefix("=")

    @property
    def refers_to_range(self) -> base_classes.Range:
        """The range it means; raises ValueError where it means none."""
        place = place_of(self.refers_to)
        if place is None:
            raise ValueError(f"The name {self.name} does not refer to a range.")
        return self._document.sheets(place[0]).range(place[1][:2], place[1][2:])  # type: ignore[no-any-return]

    def delete(self) -> None:
        """Take it away."""
        self._home().pop(self._defined.name, None)


def _quoted(title: str) -> str:
    return title if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", title) else quote_sheetname(title)


class Names(base_classes.Names):
    """The names of a book, those of its sheets included, or of one sheet alone."""

    def __init__(self, document: Document, sheet: Worksheet | None = None) -> None:
        self._document = document
        self._sheet = sheet

    def _all(self) -> Iterator[Name]:
        if self._sheet is None:
            for defined in self._document.wb.defined_names.values():
                yield Name(self._document, defined, None)
        for ws in self._document.wb.worksheets if self._sheet is None else [self._sheet]:
            for defined in ws.defined_names.values():
                yield Name(self._document, defined, ws)

    @property
    def api(self) -> Any:
        """The defined names."""
        return self._document.wb.defined_names if self._sheet is None else self._sheet.defined_names

    def __call__(self, name_or_index: int | str) -> Name:
        """Give one by its name or its number, which counts from 1."""
        if isinstance(name_or_index, int):
            return list(self._all())[name_or_index - 1]
        wanted = name_or_index.casefold()
        for name in self._all():
            if wanted in (name.name.casefold(), name.name.rpartition("!")[2].casefold()):
                return name
        raise KeyError(name_or_index)

    def snapshot(self) -> list[tuple[str, Name]]:
        """Give every name with its text, in one go."""
        return [(name.name, name) for name in self._all()]

    def contents(self) -> list[tuple[str, str]]:
        """Give the names of this book or sheet itself with what they refer to, in one go."""
        return [(name, f"={str(defined.attr_text).removeprefix('=')}") for name, defined in self.api.items()]

    def contains(self, name_or_index: int | str) -> bool:
        """Say whether there is such a name."""
        try:
            self(name_or_index)
        except (KeyError, IndexError):
            return False
        return True

    def __len__(self) -> int:
        return sum(1 for _ in self._all())

    def add(self, name: str, refers_to: str) -> Name:
        """Define a name; "Sheet1!name" belongs to that sheet alone."""
        tab, _, own = name.rpartition("!")
        sheet = self._document.wb[tab.strip("'")] if tab else self._sheet
        return define(self._document, own, refers_to, sheet)


def define(document: Document, name: str, refers_to: str, sheet: Worksheet | None) -> Name:
    """Define a name in a book or on one sheet."""
    defined = DefinedName(name, attr_text=refers_to.removeprefix("="))
    (document.wb.defined_names if sheet is None else sheet.defined_names)[name] = defined
    return Name(document, defined, sheet)


def name_of(sheet: Tab, area: Area) -> Name | None:
    """Give the name that means exactly this area."""
    for name in Names(sheet.document)._all():
        place = place_of(name.refers_to)
        if place is not None and place[0].casefold() == sheet.ws.title.casefold() and place[1] == area:
            return name
    return None


def set_name(sheet: Tab, area: Area, text: str) -> None:
    """Name an area; "Sheet1!name" belongs to that sheet alone."""
    tab, _, own = text.rpartition("!")
    home = sheet.document.wb[tab.strip("'")] if tab else None
    define(sheet.document, own, f"{quote_sheetname(sheet.ws.title)}!{area.reference()}", home)
