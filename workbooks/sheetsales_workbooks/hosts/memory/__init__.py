"""A spreadsheet program in memory: an engine of xlwings over openpyxl, for tests without Excel.

    from sheetsales_workbooks.hosts import memory
    memory.activate()
    book = xlwings.Book("leads.xlsx")

The object model is that of xlwings everywhere: books, sheets, ranges, tables, names, notes, looks.
What it does not do: it calculates nothing (a formula keeps the result it was saved with until it is
written anew), it runs no macros, and it draws no charts, shapes or pictures. A member that is not
there raises `NotSupported` of `sheetsales.errors`, which names it. Needs the extra `memory` (xlwings and openpyxl).
"""

from __future__ import annotations

import xlwings

from sheetsales_workbooks.hosts.memory.app import Engine

__all__ = ["activate", "engine"]

engine = xlwings.Engine(impl=Engine())


def activate() -> xlwings.Engine:
    """Make this engine the one that xlwings works with; give it."""
    if engine.name not in [known.name for known in xlwings.engines]:
        xlwings.engines.add(engine)
    engine.activate()
    return engine
