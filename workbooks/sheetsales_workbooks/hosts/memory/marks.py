"""Notes on cells."""

from __future__ import annotations

from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from xlwings import base_classes

AUTHOR = "sheetsales"


class Note(base_classes.Note):
    """The note of one cell. location: the range of that cell."""

    def __init__(self, cell: Cell | MergedCell, location: base_classes.Range) -> None:
        self._cell = cell
        self._location = location

    @property
    def api(self) -> Any:
        """The comment."""
        return self._cell.comment

    @property
    def location(self) -> base_classes.Range:
        """Where it stands."""
        return self._location

    @property
    def text(self) -> str:
        """What it says."""
        return "" if self._cell.comment is None else str(self._cell.comment.text)

    @text.setter
    def text(self, value: str) -> None:
        author = AUTHOR if self._cell.comment is None else self._cell.comment.author
        self._cell.comment = Comment(value, author)

    @property
    def author(self) -> str | None:
        """Who wrote it."""
        return None if self._cell.comment is None else self._cell.comment.author

    def delete(self) -> None:
        """Take it away."""
        self._cell.comment = None
