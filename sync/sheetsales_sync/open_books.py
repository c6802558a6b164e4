"""Syncing workbooks that are open: the same merge as for files, through the live host."""

from __future__ import annotations

from sheetsales.errors import ForeignBook, NotOurBook
from sheetsales_sync.engine import Order, Result, run_sync
from sheetsales_sync.livebook import LiveSheet
from sheetsales_sync.state import REPLACED, Book
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks.hosts.live import LiveBook


def registered(workspace: Workspace, live: LiveBook) -> Book:
    """Give the registered book that an open workbook is, by its markers; its path says nothing.

    Raises NotOurBook, or ForeignBook for a book of another installation.
    """
    markers = live.markers()
    book = workspace.store.read(lambda tx: tx.book(markers.book_id))
    if book is None or book.workbook_id != markers.workbook_id:
        raise ForeignBook
    if book.state in (REPLACED, "copy"):
        raise NotOurBook("This workbook was replaced by another one.", "Open the workbook that `sheetsales book list` names.")
    return book


def sync_open_book(workspace: Workspace, live: LiveBook, order: Order, holder: str) -> Result:
    """Sync one open workbook, with a button inside where the order has one; it is written in place and not saved."""
    book = registered(workspace, live)
    sheet = LiveSheet(live, book.path)
    return run_sync(book.id, sheet, workspace.store, workspace.clock, workspace.gatherer, order, holder)
