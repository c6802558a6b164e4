"""What is missing on this machine or in this workspace, in plain words, with what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sheetsales.errors import OfficeMissing, SheetsalesError
from sheetsales_sync.agent.single import is_running
from sheetsales_sync.agent.startup import start_file
from sheetsales_sync.overview import overview
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks import exchange


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. state: fine, missing (something does not work without it) or note."""

    what: str
    state: str
    says: str
    hint: str = ""


def examine(root: Path, program: list[str], home: Path) -> Iterator[Finding]:
    """Look at everything that the buttons, the sync and the store need; changes nothing."""
    yield from _programs()
    try:
        workspace = Workspace.open(root)
        tables = len(workspace.playbook.tables)
    except SheetsalesError as error:
        yield Finding("workspace", "missing", str(error), error.hint)
        return
    try:
        yield Finding("workspace", "fine", f"{workspace.root}, {tables} tables")
        yield from _store(workspace)
        yield from _helper(workspace, program, home)
    finally:
        workspace.close()


def _programs() -> Iterator[Finding]:
    if find_spec("xlwings") is None:
        yield Finding("xlwings", "missing", "Open workbooks cannot be reached.", "Install it: pip install 'sheetsales[excel]'.")
        return
    yield Finding("xlwings", "fine", "open workbooks can be reached")
    from sheetsales_workbooks.hosts.excel import PLATFORMS
    from sheetsales_workbooks.hosts.libreoffice.program import office_program, uno_python

    try:
        yield Finding("LibreOffice", "fine", office_program())
        yield Finding("Python with uno", "fine", uno_python())
    except OfficeMissing as error:
        state = "note" if sys.platform in PLATFORMS else "missing"
        yield Finding("LibreOffice", state, f"{error} Its buttons and .pdf files are not there.", error.hint)
    if sys.platform not in PLATFORMS:
        yield Finding("Excel", "note", "Excel does not run on this system; its workbooks are synced as files.")


def _store(workspace: Workspace) -> Iterator[Finding]:
    try:
        document = overview(workspace)
    except SheetsalesError as error:
        yield Finding("store", "missing", str(error), error.hint)
        return
    yield Finding("store", "fine", f"{document['records']} records")
    if not document["books"]:
        yield Finding("workbooks", "note", "There are none yet.", "Run `sheetsales book new EMAIL`.")
    for row in document["books"]:
        path = Path(row["path"])
        holder = exchange.lock_holder(path)
        if holder:
            yield Finding(path.name, "note", f"open in {holder}", "It is written once it is closed, or by the helper.")
        elif row["state"] in ("synced", "unchanged"):
            yield Finding(path.name, "fine", row["message"] or "at rest")
        else:
            state = "note" if row["state"] in ("copy", "deferred") else "missing"
            yield Finding(path.name, state, row["message"], "Run `sheetsales status` for the whole list.")


def _helper(workspace: Workspace, program: list[str], home: Path) -> Iterator[Finding]:
    if is_running(workspace.private):
        yield Finding("helper", "fine", "at work")
    else:
        yield Finding("helper", "note", "not running: buttons of open workbooks do nothing.", "Run `sheetsales agent`.")
    try:
        file = start_file(sys.platform, home, program, workspace.root)
    except SheetsalesError as error:
        yield Finding("start with the computer", "note", str(error), error.hint)
        return
    if file.path.exists():
        yield Finding("start with the computer", "fine", str(file.path))
    else:
        yield Finding("start with the computer", "note", "not set up", "Run `sheetsales agent install`.")
