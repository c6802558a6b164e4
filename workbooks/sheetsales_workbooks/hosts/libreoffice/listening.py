"""Whether an office may listen on a pipe, found out without starting anything."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

FOLDERS: Final = ("/tmp", "/var/tmp")  # noqa: S108 (where LibreOffice puts its pipes on Linux and macOS)
WINDOWS_PIPES: Final = r"\\.\pipe"


def trace_of(pipe: str) -> str:
    """Give a trace of an office that listens on a pipe, "" where there is none.

    The trace changes when the office is started again; one of an office that crashed may stay.
    """
    if sys.platform == "win32":
        return next(
            (name for name in os.listdir(WINDOWS_PIPES) if name.startswith("OSL_PIPE_") and name.endswith(f"_{pipe}")), ""
        )
    for folder in FOLDERS:
        for name in (f"OSL_PIPE_{os.getuid()}_{pipe}", f"OSL_PIPE_{pipe}"):
            try:
                held = (Path(folder) / name).stat()
            except OSError:
                continue
            return f"{name}:{held.st_ino}:{held.st_ctime_ns}"
    return ""
