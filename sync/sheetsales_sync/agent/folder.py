"""Which workbook files changed on the disk, by their times and sizes: one look at each folder, no other program."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ENDINGS: Final = (".xlsx", ".xlsm")
NOT_BOOKS: Final = ("~$", ".")  # lock files, and our own files while a book is exchanged
Look = dict[str, tuple[int, int]]


class FolderWatch:
    """Compares each look with the one before; a file counts as changed once it stood still for one look."""

    def __init__(self) -> None:
        self._settled: Look = {}
        self._last: Look = {}

    def begin(self, folders: Iterable[Path]) -> None:
        """Take what is there now as known."""
        self._settled = self._last = _look(folders)

    def changed(self, folders: Iterable[Path]) -> list[Path]:
        """Give the files that are new or other than when they were given last, and stand still."""
        now = _look(folders)
        still = {path: sign for path, sign in now.items() if self._last.get(path) == sign}
        found = [path for path, sign in still.items() if self._settled.get(path) != sign]
        self._last = now
        self._settled = {path: sign for path, sign in self._settled.items() if path in now} | still
        return [Path(path) for path in sorted(found)]

    def seen(self, path: Path) -> None:
        """Take one file as it is now as known."""
        try:
            held = path.stat()
        except OSError:
            return
        self._last[str(path)] = self._settled[str(path)] = (held.st_mtime_ns, held.st_size)


def _look(folders: Iterable[Path]) -> Look:
    found: Look = {}
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith(ENDINGS) and not entry.name.startswith(NOT_BOOKS):
                        held = entry.stat()
                        found[entry.path] = (held.st_mtime_ns, held.st_size)
        except OSError:
            continue  # an unmounted folder is no change
    return found
