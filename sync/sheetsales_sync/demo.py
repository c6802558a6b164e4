"""The demo: a small team's whole round trip, from an export to a roll-up, with one conflict on the way."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sheetsales.errors import WrongUse
from sheetsales_sync.books import NewBook, new_book
from sheetsales_sync.demo_data import TEAM, Sheet, generate
from sheetsales_sync.engine import Order, Result
from sheetsales_sync.importing import import_file
from sheetsales_sync.members import import_members
from sheetsales_sync.pressing import press
from sheetsales_sync.rollup_workbook import write_roll_up
from sheetsales_sync.rollups import RollUp, from_store, make_roll_up
from sheetsales_sync.syncing import sync_books
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks import exchange
from sheetsales_workbooks.csv_file import write_csv
from sheetsales_workbooks.host import BookPatch, CellWrite
from sheetsales_workbooks.hosts.excel_file import read_book
from sheetsales_workbooks.patch import patch_book

MARK: Final = ".sheetsales-demo"
MANAGER, ANA, BEN, CLEO, OTTO = (row[1] for row in TEAM)


@dataclass(frozen=True)
class Demo:
    """What the demo left behind."""

    workspace: Workspace
    books: Mapping[str, Path]
    results: list[Result]
    rollup: RollUp
    rollup_path: Path


def run_demo(folder: Path, say: Callable[[str], None]) -> Demo:
    """Make a team in a fresh folder and run the main job; an earlier demo there is replaced."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise WrongUse(f"{folder} is not empty and no demo of ours.", "Name another folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("made by `sheetsales demo`; may be deleted\n", "utf-8")
    workspace = Workspace.create(folder, currency="EUR")
    say("1. A workspace with a store, and the team's old export read in:")
    _take_in(workspace, say)
    say("2. A workbook for each member, from the processes that fit the role:")
    books = {email: _book(workspace, email, say) for email in (ANA, BEN, CLEO, MANAGER, OTTO)}
    say("3. They type, all at once and with mistakes:")
    _type(workspace, books, say)
    say("4. sync:")
    results = sync_books(workspace, [], Order())
    for result in results:
        say(
            f"   {Path(result.path).name:<16} {result.state}, {result.accepted} cells taken in, {result.conflicts} conflicts, {result.rejected} not accepted"
        )
    say("5. Two buttons:")
    for action, email in (("leads.score", ANA), ("territory.rank", BEN), ("check", ANA)):
        (pressed,) = press(workspace, action, [books[email]], {})
        say(f"   {action} in {books[email].name}: {pressed.message}")
    say("6. The manager's roll-up:")
    rollup, path = _roll_up(workspace, say)
    return Demo(workspace, books, results, rollup, path)


def _take_in(workspace: Workspace, say: Callable[[str], None]) -> None:
    for sheet in generate(workspace.clock.local().date()):
        path = _write(workspace, sheet)
        if sheet.table == "people":
            result = import_members(workspace.store, workspace.playbook, path, clock=workspace.clock, actor=workspace.operator)
        else:
            result = import_file(
                workspace.store, workspace.playbook, sheet.table, path, clock=workspace.clock, actor=workspace.operator
            )
        document = result.document()
        say(f"   {sheet.table}: {document['created']} created, {len(document['rejected'])} rejected")


def _write(workspace: Workspace, sheet: Sheet) -> Path:
    path = workspace.root / "export" / f"{sheet.table}.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(write_csv(sheet.headers, sheet.rows))
    return path


def _book(workspace: Workspace, email: str, say: Callable[[str], None]) -> Path:
    made: NewBook = new_book(workspace, email)
    say(f"   {made.path.name} with {len(made.tables)} tables")
    return made.path


def _type(workspace: Workspace, books: Mapping[str, Path], say: Callable[[str], None]) -> None:
    """Type into the books as a person would: cells change, nothing else."""
    first = _open_opportunity(workspace, ANA)
    type_cells(books[ANA], "opportunities", first, {"amount": 61250, "next_step": "Send the signed offer"})
    say("   Ana raises an amount and writes a next step,")
    type_cells(books[MANAGER], "opportunities", first, {"amount": 48000})
    say("   her manager changes the same amount in the other workbook,")
    type_cells(
        books[ANA],
        "leads",
        "",
        {"company": "Sparrow Bakery", "contact_name": "Ida Roth", "phone": "044 123 45 67", "source": "Referral"},
    )
    say("   Ana adds a lead in a waiting row,")
    type_cells(books[BEN], "opportunities", _open_opportunity(workspace, BEN), {"amount": "about 12 thousand"})
    say("   and Ben types words where an amount belongs.")


def _open_opportunity(workspace: Workspace, owner: str) -> str:
    records = workspace.store.read(lambda tx: tx.records("opportunities"))
    mine = [r for r in records if r.values["owner"] == owner and r.values["stage"] == "Proposal"]
    return sorted(mine, key=lambda r: str(r.values["external_id"]))[0].id


def type_cells(path: Path, table: str, record: str, values: Mapping[str, object]) -> None:
    """Type values into one row of a workbook that nobody has open; record "" takes the first waiting row."""
    data = exchange.read_file(path)
    tab = read_book(data).tables[table]
    row = next(
        r
        for r in tab.rows
        if (r.id == record if record else all(v in (None, "") or not isinstance(v, str) for v in r.cells.values()))
    )
    patch = BookPatch()
    for name, value in values.items():
        patch.sheet(tab.sheet).cells.append(CellWrite(row.row, tab.columns[name], value, text=isinstance(value, str)))
    path.write_bytes(patch_book(data, patch))


def _roll_up(workspace: Workspace, say: Callable[[str], None]) -> tuple[RollUp, Path]:
    now = workspace.clock.local()
    source = workspace.store.read(
        lambda tx: from_store(tx, workspace.playbook, currency=workspace.currency, now=now, member=MANAGER)
    )
    result = make_roll_up(
        workspace.playbook,
        source,
        (("owner",), ("close_quarter",), ("stage",), ("manager", "close_quarter")),
        as_of=now.date(),
        currency=workspace.currency,
    )
    path = workspace.root / "rollup.xlsx"
    path.write_bytes(write_roll_up(result, now))
    for row in result.groups[0][1]:
        rate = "–" if row.win_rate is None else f"{row.win_rate:.0%}"
        say(f"   {row.keys[0]!s:<36} open {row.open_amount:>12,}  won {row.won_amount:>12,}  win rate {rate}")
    tied = result.document()["reconciliation"]
    say(f"   {tied['rows_read']} rows read, {tied['rows_counted']} counted, difference {tied['difference']} {result.currency}")
    return result, path
