"""The host for files: an .xlsx or .xlsm workbook on disk, read whole through the guards.

A book of ours within the cheap bound is read in this process; every other file goes to the one
warm reader process. Whatever goes wrong on the way is a refusal with a sentence.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from sheetsales.errors import BookLocked, NotOurBook
from sheetsales_workbooks import exchange
from sheetsales_workbooks.host import MARKER_SHEET, BookPatch, BookRead, CellWrite, Markers
from sheetsales_workbooks.patch import patch_book
from sheetsales_workbooks.reading.book_read import book_read, tabs_needed
from sheetsales_workbooks.reading.find_tables import MappedTable, agree, read_marker_rows
from sheetsales_workbooks.reading.guard import LIMITS, open_guarded, package, refusing
from sheetsales_workbooks.reading.reader_process import ReaderProcess
from sheetsales_workbooks.reading.workbook_read import ForeignBook, ForeignSheet, read_book_parts
from sheetsales_workbooks.reading.workbook_xml import WorkbookParts, read_workbook

__all__ = ["ExcelFile", "ForeignBook", "ForeignSheet", "close", "open_host", "read_book", "read_markers", "read_sheets"]

READER: Final = ReaderProcess()
Source = str | os.PathLike[str] | bytes


def read_book(
    source: Source,
    content_hash: str | None = None,
    *,
    roots: Sequence[str | os.PathLike[str]] = (),
    only: Collection[str] | None = None,
) -> BookRead:
    """Read the managed content of a book of ours.

    source: a path, or the bytes of the file. content_hash: the hex SHA-256 of the bytes, where it is
    known already. roots: folders the path must lie in (none: anywhere). only: names of the tables to
    read (None: all); the rest of the book is then not looked at.
    Raises NotOurBook, MarkersDisagree, or another Refused with the reason.
    """
    data = _bytes(source, roots)
    with refusing():
        book, mapped, markers, owner = _our_book(data, only)
        digest = content_hash or hashlib.sha256(data).hexdigest()
        return book_read(book, mapped, markers, owner, digest)


def read_sheets(source: Source, *, roots: Sequence[str | os.PathLike[str]] = ()) -> ForeignBook:
    """Read every sheet of any workbook, with true addresses and raw values, in the reader process.

    Raises a Refused with the reason.
    """
    data = _bytes(source, roots)
    book = READER.read(data)
    book.content_hash = hashlib.sha256(data).hexdigest()
    return book


def read_markers(source: Source, *, roots: Sequence[str | os.PathLike[str]] = ()) -> Markers | None:
    """Give the markers of a workbook, None where it is none of ours; nothing else of it is read."""
    data = _bytes(source, roots)
    with refusing():
        parts = package(data)
        about = read_workbook(parts)
        if not _is_ours(about):
            return None
        book = read_book_parts(parts, about, only=lambda _book: set(), first=MARKER_SHEET)
        return read_marker_rows(book.sheets[0].rows)[0]


def close() -> None:
    """End the warm reader process, if one runs."""
    READER.close()


def _bytes(source: Source, roots: Sequence[str | os.PathLike[str]]) -> bytes:
    return source if isinstance(source, bytes) else open_guarded(source, roots)


def _is_ours(about: WorkbookParts) -> bool:
    return any(tab.name == MARKER_SHEET and tab.kind == "worksheet" for tab in about.tabs)


# ── a book of ours ───────────────────────────────────────────────────────────────────────────────

OurBook = tuple[ForeignBook, list[MappedTable], Markers, str]


def _our_book(data: bytes, only: Collection[str] | None = None) -> OurBook:
    """Read the marker sheet, then the tabs it needs: here within the cheap bound, else in the reader process."""

    def chosen(mapped: list[MappedTable]) -> list[MappedTable]:
        return mapped if only is None else [table for table in mapped if table.table in only]

    parts = package(data)
    about = read_workbook(parts)
    if not _is_ours(about):
        raise NotOurBook
    if parts.inflated > LIMITS["here"]:
        book = READER.read(data, ours=True)
        sheet = book.sheet(MARKER_SHEET)
        assert sheet is not None
        markers, keys, mapped = read_marker_rows(sheet.rows)
        agree(markers, book.properties)
        return book, chosen(mapped), markers, keys.get("owner", "")
    found: list[tuple[Markers, dict[str, str], list[MappedTable]]] = []

    def needed(book: ForeignBook) -> set[str]:
        """Name the tabs to read, now that the marker sheet is known."""
        found.append(read_marker_rows(book.sheets[0].rows))
        markers, _, mapped = found[0]
        agree(markers, book.properties)
        return tabs_needed(book, chosen(mapped), alone=only is not None)

    book = read_book_parts(parts, about, only=needed, first=MARKER_SHEET)
    markers, keys, mapped = found[0]
    return book, chosen(mapped), markers, keys.get("owner", "")


# ── the host ─────────────────────────────────────────────────────────────────────────────────────


class ExcelFile:
    """One workbook on disk as a `Host`."""

    capabilities: frozenset[str] = frozenset({"formulas", "notes", "user_columns"})

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> BookRead:
        """Read the whole managed content."""
        return read_book(self._path)

    def apply(self, patch: BookPatch) -> None:
        """Write a patch by exchanging the file; raises BookLocked while another program has it open."""
        holder = exchange.lock_holder(self._path)
        if holder:
            raise BookLocked(f"{self._path.name} is open ({holder}); nothing was written.")
        data = open_guarded(self._path)
        changed = patch_book(data, patch)
        if changed == data:
            return
        ready = exchange.stage(self._path, "host", patch.generation or 0, changed)
        exchange.exchange(ready, self._path)
        saved_meanwhile = ready.read_bytes() != data
        if saved_meanwhile:
            exchange.exchange(ready, self._path)
        ready.unlink()
        if saved_meanwhile:
            raise BookLocked(f"{self._path.name} was saved by another program just now; nothing was written.")

    def status(self, table: str, text: str) -> None:
        """Show a sentence in the status cell of a table tab."""
        place = self.read().places.get(f"ss_status_{table}")
        if place is not None:
            patch = BookPatch()
            patch.sheet(place[0]).cells.append(CellWrite(place[1], place[2], text, text=True))
            self.apply(patch)


def open_host(place: str | os.PathLike[str]) -> ExcelFile:
    """Open the workbook at a path."""
    return ExcelFile(Path(place))
