"""The host for workbooks that are open: whatever xlwings can attach to, changed in place while a person works.

Excel on Windows through xlwings' own engine, LibreOffice and the spreadsheet in memory through ours.
Nothing is selected or scrolled, the clipboard is left alone, and the book is not saved: that is its
owner's to do. Rows are found by their ids just before the write.
"""

from __future__ import annotations

import os

import xlwings

from sheetsales_workbooks.hosts.live.book import LiveBook
from sheetsales_workbooks.hosts.live.snapshot import Snapshot

__all__ = ["LiveBook", "Snapshot", "open_host"]


def open_host(place: xlwings.Book | str | os.PathLike[str]) -> LiveBook:
    """Attach to an open workbook; a path is looked up among the open ones, and opened where it is not."""
    return LiveBook(place if isinstance(place, xlwings.Book) else xlwings.Book(os.fspath(place)))
