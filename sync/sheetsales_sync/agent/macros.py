"""Files for those who want to press buttons from within Excel: a VBA module, or a program for xlwings' "Run main"."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sheetsales.errors import DiskFull
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks.hosts.excel_file import read_book
from sheetsales_workbooks.layout import buttons_of
from sheetsales_workbooks.macros import macro_name, module_text

RUN_MAIN: Final = '''\
"""Runs what is chosen in an Action cell of {book}, when "Run main" of the xlwings ribbon is pressed."""

from sheetsales_sync.agent.run_main import run


def main():
    run({root!r})


if __name__ == "__main__":
    main()
'''


def write_macros(workspace: Workspace, book: Path, output: Path | None = None) -> tuple[Path, list[str]]:
    """Write the module (.bas), or the program (.py) where the output ends so; gives the file and the macros' names.

    xlwings looks for a program of the workbook's own name beside it. Raises a Refused for a workbook that is none of ours.
    """
    target = output or book.with_suffix(".bas")
    read = read_book(book)
    if target.suffix == ".py":
        names: list[str] = []
        data = RUN_MAIN.format(book=book.name, root=str(workspace.root)).encode()
    else:
        tables = [workspace.playbook.tables[name] for name in read.tables if name in workspace.playbook.tables]
        buttons = [(table.name, button) for table in tables for button in buttons_of(workspace.playbook, table)]
        names = [macro_name(table, button.caption) for table, button in buttons]
        data = module_text(buttons).encode("cp1252", "replace")  # the code page in which Excel reads a module
    try:
        target.write_bytes(data)
    except OSError as error:
        raise DiskFull(f"{target} cannot be written: {error.strerror}.") from error
    return target, names
