"""The workspace as the requests of a service share it: opened once, opened anew when its configuration changes."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sheetsales.errors import Busy, SheetsalesError
from sheetsales_sync.syncing import holder_name
from sheetsales_sync.workspace import CONFIGURATION, Workspace

PATIENCE_SECONDS: Final = 20.0  # that a write waits for the one before it in this process


class Room:
    """One workspace for many threads. say: where a sentence for whoever runs the service goes."""

    def __init__(self, root: Path, say: Callable[[str], None]) -> None:
        self.root = root.resolve()
        self.say = say
        self.holder = holder_name()
        self._look = threading.Lock()
        self._write = threading.Lock()
        self._sign = self._configuration()
        self._workspace = self._open()

    def workspace(self) -> Workspace:
        """Give the workspace for one request: store and playbook are shared, what a command reads once is not."""
        with self._look:
            sign = self._configuration()
            if sign != self._sign:
                self._sign = sign
                self._open_anew()
            one = copy.copy(self._workspace)
        one.__dict__.pop("counts", None)
        return one

    @contextmanager
    def writing(self, patience: float = PATIENCE_SECONDS) -> Iterator[Workspace]:
        """Give the workspace to one writer of this process at a time; other processes are kept apart by leases. Raises Busy."""
        if not self._write.acquire(timeout=patience):
            raise Busy("Another sync is at work just now.", "Send the request again in a moment, with the same key.")
        try:
            yield self.workspace()
        finally:
            self._write.release()

    def close(self) -> None:
        """Close the store."""
        self._workspace.close()

    def _open(self) -> Workspace:
        """Open the workspace with everything in it, so that no two threads open it at once."""
        workspace = Workspace.open(self.root)
        assert workspace.playbook is workspace.gatherer.playbook
        workspace.store.read(lambda tx: tx.latest_seq())
        return workspace

    def _open_anew(self) -> None:
        try:
            fresh = self._open()
        except SheetsalesError as error:
            self.say(f"{CONFIGURATION} was changed and cannot be used; going on with what it said before. {error}")
            return
        old, self._workspace = self._workspace, fresh
        old.close()

    def _configuration(self) -> tuple[int, int]:
        try:
            held = (self.root / CONFIGURATION).stat()
        except OSError:
            return (0, 0)
        return held.st_mtime_ns, held.st_size
