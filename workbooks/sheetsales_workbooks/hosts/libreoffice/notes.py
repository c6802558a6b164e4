"""Notes of cells."""

from __future__ import annotations

from typing import Any

from xlwings import base_classes

from sheetsales_workbooks.hosts.libreoffice.unsupported import complete


@complete
class Note(base_classes.Note):
    """The note of one cell; cell: a range of one cell."""

    def __init__(self, cell: Any) -> None:
        self._cell = cell

    def _ask(self, name: str, *arguments: object) -> Any:
        return self._cell.sheet.ask("notes", name, self._cell.row, self._cell.column, *arguments)

    @property
    def api(self) -> Note:
        """Give this note; there is no native object of it in this process."""
        return self

    @property
    def text(self) -> str:
        """Give or set its words; without any there is no note."""
        return str(self._ask("text"))

    @text.setter
    def text(self, value: str) -> None:
        self._ask("put", value)

    @property
    def author(self) -> str:
        """Give who wrote it; LibreOffice forgets that of a note from a file."""
        return str(self._ask("author"))

    @property
    def location(self) -> Any:
        """Give its cell."""
        return self._cell

    def delete(self) -> None:
        """Take it away."""
        self._ask("put", "")
