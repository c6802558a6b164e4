"""LibreOffice itself: start one with a profile of its own, or take hold of one that listens."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import uno

START_LIMIT = 90.0  # seconds until an office that was just started has to answer
ATTACH_LIMIT = 3.0  # seconds until an office that should be there already has to answer
END_LIMIT = 10.0  # seconds for an office to end politely
KNOCK_EVERY = 0.05  # seconds between two tries
RESTART_CODES = (79, 81)  # LibreOffice asks to be started again, as it does with a fresh profile
PR_SET_PDEATHSIG = 1

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="UseLocking"><value>false</value></prop>
<prop oor:name="FirstRun"><value>false</value></prop><prop oor:name="ShowTipOfTheDay"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode"><value>0</value></prop></item>
</oor:items>
"""


class Program:
    """One office: its pipe, its component context and, where it was started here, its process."""

    def __init__(self, pipe: str, folder: str = "", executable: str = "", visible: bool = False) -> None:
        self.pipe = pipe
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        if executable:
            write_profile(Path(folder))
            self._command = command(executable, folder, pipe, visible)
            self._start()
        self.context = self._connect(START_LIMIT if executable else ATTACH_LIMIT)
        self.desktop = self.create("com.sun.star.frame.Desktop")

    @property
    def pid(self) -> int:
        """The process started here, or 0 for an office that somebody else started."""
        return self.process.pid if self.process else 0

    def create(self, service: str) -> Any:
        """Make an object of the office."""
        return self.context.ServiceManager.createInstanceWithContext(service, self.context)

    def _start(self) -> None:
        self.process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_bound_to_this_process(),
        )

    def _connect(self, limit: float) -> Any:
        here = uno.getComponentContext()
        resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
        until = time.monotonic() + limit
        while True:
            try:
                return resolver.resolve("uno:pipe,name=" + self.pipe + ";urp;StarOffice.ComponentContext")
            except Exception as reason:
                code = self.process.poll() if self.process else None
                if code in RESTART_CODES:
                    self._start()
                elif code is not None or time.monotonic() > until:
                    self.stop()
                    raise LookupError("no office answers on the pipe '" + self.pipe + "'") from reason
                time.sleep(KNOCK_EVERY)

    def stop(self) -> None:
        """End the office that was started here, politely first; one of somebody else is left alone."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            with contextlib.suppress(Exception):
                self.desktop.terminate()
                process.wait(END_LIMIT)
        if process.poll() is None:
            process.kill()
        process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def command(executable: str, folder: str, pipe: str, visible: bool) -> list[str]:
    """Give the words that start an office. On Linux the program itself is started, not the script
    around it, so that its process is the one that is watched.
    """
    inner = Path(executable).resolve().with_name("soffice.bin")
    words = [str(inner) if sys.platform == "linux" and inner.exists() else executable]
    if not visible:
        words.append("--headless")
    return [
        *words,
        "--norestore",
        "--nologo",
        "--nodefault",
        "-env:UserInstallation=" + (Path(folder) / "profile").as_uri(),
        "--accept=pipe,name=" + pipe + ";urp;",
    ]


def write_profile(folder: Path) -> None:
    """Write a profile in which nothing asks, no lock file refuses, and formulas are calculated when a file is opened."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True, exist_ok=True)
    (user / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")


def _bound_to_this_process() -> dict[str, Any]:
    """Give the options under which a child ends when this process does, also when it is killed."""
    if sys.platform != "linux":
        return {"start_new_session": True} if os.name == "posix" else {}
    library = ctypes.CDLL(None)
    return {"start_new_session": True, "preexec_fn": lambda: library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)}
