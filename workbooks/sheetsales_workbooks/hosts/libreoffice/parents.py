"""What the small objects know of the large ones above them."""

from __future__ import annotations

from typing import Any, Protocol

from sheetsales_workbooks.hosts.libreoffice.office import Office


class AppAbove(Protocol):
    """The app of a book."""

    copied: Any

    @property
    def office(self) -> Office:
        """Give the office."""

    @property
    def visible(self) -> bool:
        """Say whether it has windows."""

    def activate(self, steal_focus: bool = False) -> None:
        """Become the active app."""


class BookAbove(Protocol):
    """The book of a sheet."""

    uid: str

    def ask(self, room: str, name: str, *arguments: object) -> Any:
        """Ask the office something about the book."""

    @property
    def app(self) -> AppAbove:
        """Give the app."""

    @property
    def name(self) -> str:
        """Give the file's name."""

    @property
    def sheets(self) -> Any:
        """Give the sheets."""

    @property
    def names(self) -> Any:
        """Give the defined names."""

    def sheet_of(self, handle: int) -> SheetAbove:
        """Give the sheet that the office knows by a handle."""

    def activate(self) -> None:
        """Come to the front."""


class SheetAbove(Protocol):
    """The sheet of a range."""

    handle: int

    def ask(self, room: str, name: str, *arguments: object) -> Any:
        """Ask the office something about the sheet."""

    @property
    def book(self) -> BookAbove:
        """Give the book."""

    @property
    def name(self) -> str:
        """Give the tab's name."""

    @property
    def index(self) -> int:
        """Give the place, from 1."""

    @property
    def tables(self) -> Any:
        """Give the tables."""

    @property
    def names(self) -> Any:
        """Give the names that hold on the sheet alone."""
