"""Real processes of the command line, forked from this one so that no time is spent on starting Python."""

from __future__ import annotations

import gc
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sheetsales_sync.cli import COMMANDS, main

COLD = (sys.executable, "-c", "from sheetsales_sync.cli import main; main()")


class Running:
    """One command at work: its words, when it began, and how it ended (code None: it was killed)."""

    def __init__(self, pid: int, words: list[str], out: Path, err: Path) -> None:
        self.pid = pid
        self.words = words
        self.out = out
        self.err = err
        self.since = time.monotonic()
        self.code: int | None = None
        self.killed = False
        self.over = False

    def poll(self) -> bool:
        """Say whether it has ended."""
        if not self.over:
            self._reap(os.WNOHANG)
        return self.over

    def wait(self) -> int | None:
        """Wait for its end; give its exit code."""
        if not self.over:
            self._reap(0)
        return self.code

    def kill(self) -> None:
        """End it by SIGKILL, wherever it stands."""
        if not self.poll():
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
            self.killed = self.code is None

    def document(self) -> Any:
        """Give the JSON document that it printed."""
        lines = self.out.read_text("utf-8").splitlines()
        return json.loads(lines[-1]) if lines else None

    def complaint(self) -> str:
        """Say what a command that was left alone did wrong, or ""."""
        said = self.err.read_text("utf-8", "replace")
        if "Traceback" in said:
            return f"{self.words}: {said[-2000:]}"
        if not self.killed and self.code not in (0, 1, 3, 4):
            return f"{self.words} ended with {self.code}: {said[-500:]} {self.out.read_text('utf-8', 'replace')[-500:]}"
        return ""

    def _reap(self, how: int) -> None:
        pid, status = os.waitpid(self.pid, how)
        if pid:
            self.over = True
            self.code = os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else None


class Commands:
    """Starts commands of one workspace."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1)
        _load_everything()

    def start(self, *words: object, cold: bool = False) -> Running:
        """Start a command with `--json`; cold: by a Python of its own."""
        number = next(self._numbers)
        out, err = self.folder / f"{number}.out", self.folder / f"{number}.err"
        for path in (out, err):
            path.touch()  # one that is killed at once has said nothing
        said = ["-w", str(self.root), *map(str, words), "--json"]
        if cold:
            with out.open("wb") as one, err.open("wb") as other:
                process = subprocess.Popen([*COLD, *said], stdout=one, stderr=other, stdin=subprocess.DEVNULL)
            process.returncode = 0  # it is waited for here, by its number
            return Running(process.pid, said, out, err)
        pid = os.fork()
        if pid == 0:
            _become(said, out, err)
        return Running(pid, said, out, err)

    def run(self, *words: object) -> Running:
        """Run a command to its end."""
        running = self.start(*words)
        running.wait()
        return running


def _load_everything() -> None:
    """Import what the commands import when they are used, so that a fork starts at once; freeze it out of the collector."""
    import importlib

    for module, _ in COMMANDS.values():
        importlib.import_module(f"sheetsales_sync.cli.{module}")
    for name in ("books", "past", "pressing", "syncing", "taking_in", "store", "store.opening", "store.transaction", "overview"):
        importlib.import_module(f"sheetsales_sync.{name}")
    gc.collect()
    gc.freeze()


def _become(words: list[str], out: Path, err: Path) -> None:
    """Be the command, in the forked process; never returns."""
    code = 70
    try:
        for path, number in ((out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
        main(words)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 71
    except BaseException as error:  # the fork must end here, whatever happens
        print(f"Traceback: {error!r}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Look often whether something has come about, for so long at most."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.0005)
    return False
