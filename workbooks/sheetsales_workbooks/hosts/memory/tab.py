"""What a range knows of the sheet it lies on, and a sheet of its book."""

from __future__ import annotations

from typing import Any

from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from xlwings import base_classes

Results = dict[tuple[int, int], object]  # what formulas were saved with, by row and column


class Document(base_classes.Book):
    """An open workbook: its cells and what its formulas were saved with, by sheet."""

    def __init__(self, wb: Workbook, results: dict[str, Results]) -> None:
        self.wb = wb
        self.results: dict[object, Results] = {wb[title]: found for title, found in results.items()}

    @property
    def api(self) -> Any:
        """The workbook."""
        return self.wb

    def activate(self) -> None:
        """Bring it to the front."""


class Tab(base_classes.Sheet):
    """A worksheet of an open workbook."""

    def __init__(self, document: Document, ws: Worksheet) -> None:
        self.document = document
        self.ws = ws

    @property
    def api(self) -> Any:
        """The worksheet."""
        return self.ws

    @property
    def results(self) -> Results:
        """What the formulas of this sheet were saved with."""
        return self.document.results.setdefault(self.ws, {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tab) and other.ws is self.ws

    def __hash__(self) -> int:
        return id(self.ws)
