"""Excel as it runs on Windows and macOS, through xlwings' own engine: which workbooks are open.

Everything that differs from the other programs stands here, and nothing else. It was not run by us in
Excel: the same object model is proved on LibreOffice and in memory.
"""

from __future__ import annotations

import sys
from typing import Final

import xlwings

ENGINE: Final = "excel"
PLATFORMS: Final = ("win32", "darwin")


def runs_here(platform: str = sys.platform) -> bool:
    """Say whether this is a system on which Excel can be reached."""
    return platform in PLATFORMS and ENGINE in [engine.name for engine in xlwings.engines]


def open_books() -> list[xlwings.Book]:
    """Give the open workbooks of every running Excel; Excel is never started."""
    return [book for app in xlwings.engines[ENGINE].apps for book in app.books]
