"""A document to print or to send, described neutrally: what it says, not in which file format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

Entry = str | int | Decimal | date | None
Look = Literal["text", "number", "money", "percent"]
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a document: what it is called there, and its lines (name, address)."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its text; line breaks are those of the author."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of one column of the document's table. width: in characters, 0 for what its look needs."""

    words: str
    look: Look = "text"
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Total:
    """One line below the table; `strong` for the one that counts. Amounts are exact, to the cent."""

    words: str
    amount: Decimal
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A further table under a title of its own: as many columns as the document's table, and as wide."""

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Entry, ...], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document to be written once in each format.

    name: what its files are called, without an ending. kind: the folder they go to. day: the date it carries.
    currency: three letters; blank means the workspace's. facts: label and value pairs at the top.
    headings: five or more; they are the widths of all tables. grids: tables after the first. one_page: printed
    on one sheet of paper, however small that makes it.
    """

    name: str
    kind: str
    title: str
    subtitle: str
    day: date
    currency: str
    parties: tuple[Party, ...]
    facts: tuple[tuple[str, Entry], ...]
    sections: tuple[Section, ...]
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Entry, ...], ...]
    totals: tuple[Total, ...]
    closing: tuple[Section, ...]
    signatures: tuple[str, ...]
    grids: tuple[Grid, ...] = ()
    one_page: bool = False

    @property
    def printed_facts(self) -> list[tuple[str, str]]:
        """Give the facts as they are printed; a number among them is an amount in the document's currency."""
        return [
            (label, f"{shown(value, 'money')} {self.currency}".strip() if isinstance(value, Decimal) else shown(value))
            for label, value in self.facts
        ]


def shown(value: Entry, look: Look = "text") -> str:
    """Give a value as it is printed: amounts with two decimals and commas, days as `13 May 2026`."""
    if value is None:
        return ""
    if isinstance(value, date):
        return day_in_words(value)
    if isinstance(value, (int, Decimal)):
        if look == "money":
            return f"{value:,.2f}"
        if look == "percent":
            return f"{Decimal(value) * 100:f}".rstrip("0").rstrip(".") + " %" if value % 1 else f"{int(value * 100)} %"
        return f"{value:,f}".rstrip("0").rstrip(".") if value % 1 else f"{int(value):,}"
    return value


def day_in_words(day: date) -> str:
    """Give a day that no reader can take for another: `13 May 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
