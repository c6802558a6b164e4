"""What a running office tells by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a workbook; book: its full path, or its title while it was never saved."""

    book: str


@dataclass(frozen=True, slots=True)
class ButtonPressed(Event):
    """A form button was pressed; sheet: the tab's name; caption: the words on the button."""

    sheet: str
    caption: str


@dataclass(frozen=True, slots=True)
class CellChanged(Event):
    """Something in a watched range changed, by whomever; address: where that range stands now, as $C$4."""

    sheet: str
    address: str


@dataclass(frozen=True, slots=True)
class BookOpened(Event):
    """A workbook was opened or made."""


@dataclass(frozen=True, slots=True)
class BookSaved(Event):
    """A workbook was saved."""


@dataclass(frozen=True, slots=True)
class BookClosed(Event):
    """A workbook was closed; what was known of it is of no use any more."""


@dataclass(frozen=True, slots=True)
class OfficeEnded(Event):
    """The office ended or was ended; book is empty. No event comes after it."""
