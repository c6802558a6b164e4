"""One hidden LibreOffice for all tests of the engine in a session, and books in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import xlwings as xw
from leaving import at_end

from sheetsales_workbooks.hosts.libreoffice import engine
from sheetsales_workbooks.hosts.libreoffice.office import Office

_apps: list[xw.App] = []


def running() -> xw.App:
    """Give the app of the office, started when first asked, and again where another test ended all offices."""
    if not _apps or _apps[-1].impl.office.ended:
        _apps.append(xw.App(impl=engine.engine.apps.add()))
        at_end(_apps[-1].quit)
    return _apps[-1]


def office() -> Office:
    """Give that office, with the events of earlier tests taken away."""
    held = engine.office(running())
    while held.next_event() is not None:
        pass
    return held


@contextmanager
def new_book() -> Iterator[xw.Book]:
    """Give an empty book, closed at the end."""
    book = running().books.add()
    try:
        yield book
    finally:
        if book.impl.uid in [held.uid for held in running().books.impl]:
            book.close()
