"""Running an action or a sync in an open workbook: with patience while the program is busy, the answer in the status cell."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sheetsales.errors import BookGone, Busy, OfficeGone, SheetsalesError
from sheetsales.process import Request
from sheetsales_sync.agent.programs import OpenBook
from sheetsales_sync.engine import Order, Result
from sheetsales_sync.open_books import sync_open_book
from sheetsales_sync.past import undo_newest
from sheetsales_sync.pressing import CHECK, UNDO_LAST, find_action, hand_over, read_parameters
from sheetsales_sync.syncing import holder_name
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks.layout import buttons_of

PATIENCE: Final = 20.0  # seconds for which a busy program or workbook is asked again
FIRST_PAUSE: Final = 0.1  # seconds before the second try; each further pause is twice as long
LONGEST_PAUSE: Final = 2.0
ENDED: Final = (OfficeGone, BookGone)  # asking again would not help
WORKING: Final = "{label}: working …"


class Runner:
    """Runs actions and syncs in open workbooks, through the engine that files go through too."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        pause: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self.workspace = workspace
        self._pause = pause
        self._clock = clock
        self._patience = patience
        self._holder = holder_name()

    def action_called(self, words: str, tables: list[str]) -> tuple[str, str, str]:
        """Give table, action and caption for what a button or an Action cell says; an empty action where there is none."""
        for name in tables:
            table = self.workspace.playbook.tables.get(name)
            for button in buttons_of(self.workspace.playbook, table) if table is not None else ():
                if words.casefold() in (button.caption.casefold(), button.action.casefold()):
                    return name, button.action, button.caption
        return tables[0] if tables else "", "", words

    def run(self, book: OpenBook, table: str, action: str, label: str) -> Result:
        """Run an action; progress and result, or why there is none, stand in the status cell."""
        self.say(book, table, WORKING.format(label=label))
        if action == UNDO_LAST:
            result = self._undo(book)
        elif action == CHECK:
            result = self._insisting(book, Order(check=True))
            result.message = result.message or _checked(result)
        else:
            named = find_action(self.workspace.playbook, action)
            order = Order(action=named, request=Request((), read_parameters(named, {})))
            result = self._insisting(book, order)
            hand_over(self.workspace, result)
        if result.error is not None and result.plan is None:
            result.message = f"{label} could not finish; nothing was changed. {result.message}"
        elif result.error is not None:
            result.message = f"{label} is done in the store, but not shown here yet: {result.message}"
        self.say(book, table, result.message or f"{label}: done.")
        return result

    def sync(self, book: OpenBook) -> Result:
        """Merge an open workbook and the store, both ways."""
        return self._insisting(book, Order())

    def say(self, book: OpenBook, table: str, text: str) -> str:
        """Put a sentence into the status cell of a table; gives why that was not possible, or ""."""
        try:
            book.live.status(table, text)
        except SheetsalesError as error:
            return f"{error} {error.hint}"
        return ""

    def _undo(self, book: OpenBook) -> Result:
        result = self._insisting(book, Order())
        if result.error is not None or result.state == "paused":
            return result
        undone = undo_newest(self.workspace, Path(book.registered.path))
        if undone is None:
            result.message, result.changed = "There is nothing to take back in this workbook.", []
            return result
        result = self._insisting(book, Order())
        result.changed = list(undone.changes)
        left = f" {len(undone.left)} cells were changed since and stay as they are." if undone.left else ""
        result.message = f"Taken back: {len(undone.changes)} cells.{left}"
        return result

    def _insisting(self, book: OpenBook, order: Order) -> Result:
        """Carry an order out, again while the program is busy; once its changes are stored, only the writing is tried again."""
        until = self._clock() + self._patience
        pause = FIRST_PAUSE
        stored: Result | None = None
        while True:
            result = self._once(book, order if stored is None else Order())
            if stored is None and result.plan is not None and order != Order():
                stored = result
            if not isinstance(result.error, Busy) or isinstance(result.error, ENDED) or self._clock() >= until:
                return result if stored is None or stored is result else _joined(stored, result)
            self._pause(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _once(self, book: OpenBook, order: Order) -> Result:
        self.workspace.__dict__.pop("counts", None)
        try:
            return sync_open_book(self.workspace, book.live, order, self._holder)
        except SheetsalesError as error:
            state = "deferred" if isinstance(error, Busy) else "refused"
            return Result(book.path, state, message=f"{error} {error.hint}", error=error)


def _joined(stored: Result, shown: Result) -> Result:
    """Give what an action did, with what became of showing it."""
    assert stored.plan is not None
    stored.state, stored.error = shown.state, shown.error
    stored.written += shown.written
    stored.message = " ".join(stored.plan.messages[:1] + stored.plan.refused) if shown.error is None else shown.message
    return stored


def _checked(result: Result) -> str:
    found = len(result.plan.findings) if result.plan is not None else 0
    return f"Check: {found} findings, marked in the rows." if found else "Check: nothing to mend."
