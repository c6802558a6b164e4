"""What the helper needs of a spreadsheet program, and what it hears from one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sheetsales_sync.state import Book
from sheetsales_workbooks.hosts.live import LiveBook

Admit = Callable[[LiveBook], Book | None]  # gives the registered book, None where it is none of ours


@dataclass(eq=False)
class OpenBook:
    """A workbook of ours that is open in a program. key: by what the program knows it; book: its xlwings.Book."""

    key: str
    path: str
    book: Any
    live: LiveBook
    registered: Book
    cells: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Give its file's name."""
        return Path(self.path).name


@dataclass(frozen=True)
class Opened:
    """A workbook of ours was opened, or found open."""

    book: OpenBook


@dataclass(frozen=True)
class Chosen:
    """An action was chosen in the Action cell of a table."""

    book: OpenBook
    table: str
    words: str


@dataclass(frozen=True)
class Pressed:
    """A drawn button was pressed."""

    book: OpenBook
    sheet: str
    caption: str


@dataclass(frozen=True)
class Saved:
    """A workbook of ours was saved by its person."""

    book: OpenBook


@dataclass(frozen=True)
class Closed:
    """A workbook of ours was closed."""

    name: str


@dataclass(frozen=True)
class Ended:
    """The program ended."""

    program: str


Happening = Opened | Chosen | Pressed | Saved | Closed | Ended


class Program(Protocol):
    """A spreadsheet program that runs."""

    name: str

    def wait(self, seconds: float) -> Iterable[Happening]:
        """Give what happened since last asked; wait for it at most so long."""

    def books(self) -> Iterable[OpenBook]:
        """Give the workbooks of ours that are open in it, as far as known."""

    def tables_on(self, book: OpenBook, sheet: str) -> list[str]:
        """Give the tables whose Action cell stands on a tab."""

    def let_go(self) -> None:
        """Stop listening; the program goes on."""


class Finder(Protocol):
    """Finds a program once it runs."""

    name: str

    def find(self) -> Program | None:
        """Give the program if it runs and can be reached; costs next to nothing where it does not."""
