"""Pressing a button: the named action on named workbooks, with its parameters read and checked."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sheetsales.cells import reader
from sheetsales.columns import Column
from sheetsales.errors import UnknownName, WrongUse
from sheetsales.process import Action, Playbook, Request
from sheetsales.typed_text import Bad
from sheetsales.values import Value
from sheetsales_sync.documents import write_documents
from sheetsales_sync.engine import Order, Result
from sheetsales_sync.past import undo_last
from sheetsales_sync.syncing import sync_books
from sheetsales_sync.workspace import Workspace

CHECK, UNDO_LAST = "check", "undo_last"
DONE = ("synced", "unchanged", "deferred")  # the changes are in the store


def press(
    workspace: Workspace,
    name: str,
    paths: Sequence[Path],
    settings: Mapping[str, str],
    records: tuple[str, ...] = (),
    *,
    dry_run: bool = False,
    on_book: Callable[[Result], None] = lambda _result: None,
) -> list[Result]:
    """Run one action on each of these workbooks; gives what changed in each."""
    if name in (CHECK, UNDO_LAST):
        if settings:
            raise WrongUse(f"{name} takes no parameters.")
        if name == UNDO_LAST:
            return undo_last(workspace, paths, dry_run=dry_run, on_book=on_book)
        return sync_books(workspace, paths, Order(check=True, dry_run=dry_run), on_book=on_book)
    action = find_action(workspace.playbook, name)
    request = Request(records, read_parameters(action, settings))
    results = sync_books(workspace, paths, Order(action=action, request=request, dry_run=dry_run), on_book=on_book)
    if not dry_run:
        for result in results:
            hand_over(workspace, result)
    return results


def hand_over(workspace: Workspace, result: Result) -> None:
    """Write the documents of a button whose changes are in the store."""
    if result.plan is not None and result.plan.documents and result.state in DONE:
        written = write_documents(result.plan.documents, workspace.root, workspace.currency)
        result.documents = list(written.files)
        result.message = " ".join(part for part in (result.message, written.message) if part)


def find_action(playbook: Playbook, name: str) -> Action:
    """Give an action by name; an unknown one is refused with the nearest names."""
    if name in playbook.actions:
        return playbook.actions[name]
    near = difflib.get_close_matches(name, [*playbook.actions, CHECK, UNDO_LAST], n=3, cutoff=0.4)
    raise UnknownName(
        f"There is no action called {name}.", f"Did you mean {', '.join(near)}?" if near else "Run `sheetsales actions`."
    )


def read_parameters(action: Action, settings: Mapping[str, str]) -> dict[str, Value]:
    """Read the parameters of an action by their types; defaults fill what is not set."""
    known = {p.name: p for p in action.parameters}
    values: dict[str, Value] = {p.name: p.default for p in action.parameters}
    for name, text in settings.items():
        if name not in known:
            offered = ", ".join(known) or "none"
            raise WrongUse(f"{action.name} has no parameter {name}.", f"Its parameters: {offered}.")
        value = reader(Column(name, name.replace("_", " ").capitalize(), known[name].type))(text)
        if isinstance(value, Bad):
            raise WrongUse(value.message, value.hint)
        values[name] = value
    return values
