"""Putting a helper together for this machine: which spreadsheet programs it can listen to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sheetsales.errors import NotSupported
from sheetsales_sync.agent.diary import Diary
from sheetsales_sync.agent.single import OnlyOne
from sheetsales_sync.workspace import Workspace

if TYPE_CHECKING:
    from sheetsales_sync.agent.helper import Helper

REACH: Final = 60.0  # seconds that LibreOffice may take to open a workbook and to listen
KNOCK: Final = 0.2  # seconds between two looks whether it is there


@contextmanager
def start(
    workspace: Workspace, say: Callable[[str], None], *, book: Path | None = None, pipe: str = "", all_at_once: bool = False
) -> Iterator[Helper]:
    """Give a helper for the programs of this machine, and let go of everything at the end.

    book: opened in LibreOffice first. all_at_once: wait until that is done. Raises NotSupported without xlwings, Busy where a
    helper runs already, OfficeMissing where a book is to be opened without LibreOffice.
    """
    if find_spec("xlwings") is None:
        raise NotSupported("Open workbooks need xlwings, which is not installed.", "Install it: pip install 'sheetsales[excel]'.")
    from sheetsales_sync.agent.calc import CalcFinder
    from sheetsales_sync.agent.helper import Helper
    from sheetsales_sync.agent.polled import PolledFinder
    from sheetsales_workbooks.hosts import excel
    from sheetsales_workbooks.hosts.libreoffice.listening import trace_of
    from sheetsales_workbooks.hosts.libreoffice.program import PIPE, open_for_person

    place = OnlyOne(workspace.private)
    try:
        pipe = pipe or PIPE
        diary = Diary(workspace.private, lambda: datetime.now(workspace.zone), say)
        helper = Helper(workspace, [], diary)
        helper.finders.append(CalcFinder(pipe, helper.admit))
        if excel.runs_here():
            helper.finders.append(PolledFinder("Excel", excel.open_books, helper.admit, helper.pause))
        if book is not None:
            open_for_person(book, pipe=pipe)
            until = time.monotonic() + REACH
            while all_at_once and not trace_of(pipe) and time.monotonic() < until:
                helper.pause(KNOCK)
        try:
            yield helper
        finally:
            helper.let_go()
    finally:
        place.let_go()
