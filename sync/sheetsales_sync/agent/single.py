"""One helper for each workspace and person: a lock that the system takes back when its process ends."""

from __future__ import annotations

import getpass
import os
import re
import socket
import sys
from pathlib import Path
from typing import IO

from sheetsales.errors import Busy


class OnlyOne:
    """Holds the place of the helper of this person on this machine. Raises Busy where one runs already."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        who = re.sub(r"[^A-Za-z0-9-]+", "_", f"{socket.gethostname()}-{getpass.getuser()}")
        self._path = folder / f"agent-{who}.lock"
        self._file: IO[str] = self._path.open("a+", encoding="utf-8")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise Busy("A helper is at work on this workspace already.", "One is enough; leave it running.") from error
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def let_go(self) -> None:
        """Give the place back."""
        self._file.close()


def is_running(folder: Path) -> bool:
    """Say whether a helper of this person runs for a workspace."""
    if not folder.is_dir():
        return False
    try:
        OnlyOne(folder).let_go()
    except Busy:
        return True
    return False


def _lock(file: IO[str]) -> None:
    """Lock the file for this process; raises OSError where another has it."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
