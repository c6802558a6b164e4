"""The three ports of the engine: the sheet, the store, and the clock with its chance.

The product, the simulation and the tests each bring their own; the engine is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from sheetsales.values import Value
from sheetsales_sync.state import (
    Alias,
    Book,
    Change,
    Conflict,
    HistoryRow,
    ImageRow,
    Op,
    Record,
    Rejection,
    Scope,
    Values,
)
from sheetsales_workbooks.host import BookPatch, BookRead

T = TypeVar("T")


@dataclass(frozen=True)
class Fetched:
    """One state of a workbook: its bytes and their hash. source: "" for the book itself, else an incoming file.

    place: where it lay, if that is not the place of the book: a copy has said nothing yet, whatever the book said.
    said_at: under what name that which was read is remembered, if not under the path of the book: an open book
    and its file as it was saved last say things of their own.
    """

    source: str
    data: bytes
    hash: str
    place: str = ""
    said_at: str = ""


class Tx(Protocol):
    """One transaction of the store. Everything read in it is of one moment."""

    def records(
        self, table: str, *, scope: Scope | None = None, ids: Iterable[str] | None = None, living: bool | None = True
    ) -> list[Record]:
        """Give records of a table; living None gives the deleted ones too."""

    def rows(self, table: str) -> list[dict[str, Value]]:
        """Give all living rows of a table as plain rows with "id"."""

    def tables_of(self, ids: Iterable[str]) -> dict[str, str]:
        """Give the table of every id that ever was a record."""

    def find_key(self, table: str, column: str, values: Iterable[Value]) -> dict[str, list[str]]:
        """Give the living records whose column holds one of these values, by folded value."""

    def begin_op(self, op: Op) -> Op | None:
        """Write an operation down; gives the stored one where its id exists already."""

    def finish_op(self, op_id: str, result: str) -> None:
        """Write down in words what came of an operation."""

    def apply(self, op: Op, changes: Sequence[Change], *, resolve: Callable[[str, Value], str | None] | None = None) -> int:
        """Write changes into records and history; gives the last seq. Raises StaleRecord."""

    def book(self, book_id: str) -> Book | None:
        """Give a registered book."""

    def books(self) -> list[Book]:
        """Give every registered book."""

    def save_book(self, book: Book) -> None:
        """Write a book's registration."""

    def next_generation(self, book_id: str) -> int:
        """Give out the next generation of a book."""

    def image(self, book_id: str, generation: int) -> dict[str, ImageRow] | None:
        """Give what a generation showed, by record; None where it is not known."""

    def save_image(self, book_id: str, generation: int, rows: Sequence[ImageRow]) -> None:
        """Keep what a generation shows."""

    def absorbed(self, book_id: str, generation: int, path: str) -> dict[str, Values]:
        """Give what was last read from a place under a generation."""

    def save_absorbed(self, book_id: str, generation: int, path: str, rows: Mapping[str, Values]) -> None:
        """Keep what was read, for the records named."""

    def issued(self, book_id: str) -> set[str]:
        """Give the spare ids handed to a book."""

    def issue(self, book_id: str, ids: Iterable[str]) -> None:
        """Hand spare ids to a book."""

    def issued_to(self, ids: Iterable[str]) -> dict[str, str]:
        """Give the book to which each id was handed."""

    def aliases(self, book_id: str) -> list[Alias]:
        """Give the records once made from pasted copies."""

    def add_aliases(self, book_id: str, aliases: Sequence[Alias]) -> None:
        """Remember records made from pasted copies."""

    def conflicts(self, *, book_id: str | None = None, state: str | None = "open", scope: Scope | None = None) -> list[Conflict]:
        """Give conflicts, oldest first."""

    def save_conflicts(self, rows: Sequence[Conflict]) -> None:
        """Insert conflicts, or replace them by id."""

    def rejections(
        self, *, book_id: str | None = None, state: str | None = "open", scope: Scope | None = None
    ) -> list[Rejection]:
        """Give rejections, oldest first."""

    def save_rejections(self, rows: Sequence[Rejection]) -> None:
        """Insert rejections, or replace them by id."""

    def latest_seq(self) -> int:
        """Give the seq of the newest history row."""

    def was_read(self, book_id: str, content_hash: str) -> bool:
        """Say whether an operation of this book has read exactly these bytes."""

    def take_lease(self, book_id: str, holder: str) -> int | None:
        """Take the lease of a book; gives its fence, or None where somebody else holds it."""

    def check_fence(self, book_id: str, fence: int) -> bool:
        """Say whether a fence still is the newest."""

    def release_lease(self, book_id: str, holder: str) -> None:
        """Give the lease back."""

    def history(self, *, record: str | None = None) -> list[HistoryRow]:
        """Give history rows in the order of their seq."""


class SheetPort(Protocol):
    """One workbook as the engine reaches it."""

    path: str

    def recover(self, read_before: Callable[[str], bool]) -> None:
        """Look at what an earlier sync left beside the book; `read_before(hash)` says what was merged."""

    def waiting(self) -> str:
        """Name the oldest incoming file, or ""."""

    def fetch(self, source: str) -> Fetched:
        """Read the whole file once; raises BookMissing."""

    def parse(self, fetched: Fetched) -> BookRead:
        """Give the managed content; raises a Refused with one sentence."""

    def locked_by(self) -> str:
        """Say who has the book open, or ""."""

    def build(self, fetched: Fetched, patch: BookPatch) -> bytes:
        """Give the new file: the old one with the patch; every other part byte for byte."""

    def stage(self, generation: int, data: bytes) -> str:
        """Write the new file beside the old one, durable; give its hash."""

    def exchange(self, generation: int) -> str:
        """Let old and new change places; give the hash of what came out."""

    def keep_displaced(self, generation: int) -> None:
        """Move what came out into the incoming folder."""

    def drop_displaced(self, generation: int) -> None:
        """Remove what came out: it is what was read before."""

    def set_aside(self, source: str) -> str:
        """Keep an incoming file that cannot be read, out of the way; give its new name."""

    def drop_incoming(self, source: str) -> None:
        """Remove an incoming file that has been merged."""


class StorePort(Protocol):
    """The store as the engine reaches it."""

    def transact(self, work: Callable[[Tx], T]) -> T:
        """Run a function in one write transaction, all of it or none."""

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run a function over one snapshot."""


class ClockPort(Protocol):
    """The only source of time and chance."""

    def now(self) -> datetime:
        """Give the moment, in UTC with its zone."""

    def local(self) -> datetime:
        """Give the workspace's wall time, naive."""

    def new_id(self, prefix: str) -> str:
        """Draw a record id."""

    def new_key(self) -> str:
        """Draw an id for an operation, a conflict or a rejection."""
