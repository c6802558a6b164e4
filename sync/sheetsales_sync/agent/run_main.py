"""What "Run main" of the xlwings ribbon does: the action that is chosen in an Action cell, first on the tab that is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sheetsales.errors import SheetsalesError
from sheetsales_sync.agent.programs import OpenBook
from sheetsales_sync.agent.reacting import Runner
from sheetsales_sync.engine import Result
from sheetsales_sync.open_books import registered
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks.hosts.live import LiveBook
from sheetsales_workbooks.hosts.live.action_cells import action_cells, calling_book, chosen, cleared, shown_tab

NOTHING_CHOSEN: Final = "Choose an action in the cell to the left first, then press Run main again."


def run(root: str, book: Any = None) -> Result | None:
    """Run what is chosen; None where nothing is, which is said in the status cell of the tab shown.

    root: the workspace. book: the xlwings.Book (default: the one from which this is called).
    """
    held = book if book is not None else calling_book()
    workspace = Workspace.open(Path(root))
    try:
        live = LiveBook(held)
        cells = action_cells(held)
        ours = OpenBook(str(held.fullname), str(held.fullname), held, live, registered(workspace, live), cells)
        front = shown_tab(held)
        words = chosen(cells)
        here = [table for table, cell in cells.items() if cell.sheet.name == front]
        table = next((one for one in [*here, *words] if one in words), None)
        runner = Runner(workspace)
        if table is None:
            for one in here:
                runner.say(ours, one, NOTHING_CHOSEN)
            return None
        cleared(cells[table])
        _, action, label = runner.action_called(words[table], [table])
        if action:
            return runner.run(ours, table, action, label)
        runner.say(ours, table, f"There is no action called {label} here. Choose one from the list.")
        return None
    except SheetsalesError as error:
        return Result(str(held.fullname), "refused", message=f"{error} {error.hint}", error=error)
    finally:
        workspace.close()
