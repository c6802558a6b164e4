"""One state of an open workbook: its cells as they were read, what they mean, and the bytes they come to."""

from __future__ import annotations

import hashlib
import marshal
from dataclasses import dataclass
from typing import Any, Final

from sheetsales.errors import NotOurBook
from sheetsales.values import Formula
from sheetsales_workbooks.host import MARKER_SHEET, BookRead
from sheetsales_workbooks.reading.book_read import book_read
from sheetsales_workbooks.reading.find_tables import agree, read_marker_rows
from sheetsales_workbooks.reading.workbook_read import ForeignBook, pack_book, unpack_book

SAME_BYTES: Final = 2  # the form of marshal in which equal content gives equal bytes


@dataclass(frozen=True)
class Snapshot:
    """The tabs of one moment, and the managed content they hold."""

    cells: ForeignBook
    read: BookRead

    def content(self, sheet: str, row: int, column: int) -> object:
        """Give what a cell held; of a formula its words alone, as its result is nobody's edit."""
        return edited_part(self.row(sheet, row).get(column))

    def row(self, sheet: str, row: int) -> dict[int, object]:
        """Give the cells of a row."""
        tab = self.cells.sheet(sheet)
        return tab.rows.get(row, {}) if tab is not None else {}


def edited_part(value: object) -> object:
    """Give what of a cell a person can have changed."""
    return None if value == "" else f"={value.text}" if isinstance(value, Formula) else value


def understood(cells: ForeignBook) -> Snapshot:
    """Give the managed content of the cells; raises NotOurBook or MarkersDisagree."""
    sheet = cells.sheet(MARKER_SHEET)
    if sheet is None:
        raise NotOurBook
    markers, keys, mapped = read_marker_rows(sheet.rows)
    agree(markers, cells.properties)
    return Snapshot(cells, book_read(cells, mapped, markers, keys.get("owner", ""), cells.content_hash))


def dumped(cells: ForeignBook) -> bytes:
    """Give a state as bytes; equal content gives equal bytes."""
    packed: Any = pack_book(cells)
    return marshal.dumps(packed, SAME_BYTES)


def loaded(data: bytes) -> ForeignBook:
    """Give back the state that `dumped` wrote."""
    cells = unpack_book(marshal.loads(data))  # noqa: S302 (this process wrote it)
    cells.content_hash = digest(data)
    return cells


def digest(data: bytes) -> str:
    """Give the hash of such bytes."""
    return hashlib.sha256(data).hexdigest()
