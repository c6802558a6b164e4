"""What the helper says while it runs: to whoever listens, and to a file, as nobody watches a helper."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

FILE: Final = "agent.log"
LONGEST: Final = 1_000_000  # bytes after which the file is begun anew; the one before is kept
LINES: Final = 200  # kept for the document at the end


class Diary:
    """Lines with their time. hear: gets each line as it is said."""

    def __init__(self, folder: Path, now: Callable[[], datetime], hear: Callable[[str], None]) -> None:
        self._path = folder / FILE
        self._now = now
        self._hear = hear
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        """Say a sentence."""
        self._hear(text)
        self.lines = [*self.lines[-LINES:], text]
        with contextlib.suppress(OSError):  # a full disk stops no helper
            self._path.parent.mkdir(exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > LONGEST:
                self._path.replace(self._path.with_suffix(".log.1"))
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{self._now():%Y-%m-%d %H:%M:%S} {text}\n")
