"""Every button of the registry writes the same cells wherever the workbook is: at rest, and open in a program."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlwings
from needing import needs

from sheetsales.errors import SheetsalesError
from sheetsales.ids import make_id
from sheetsales.playbook import build_playbook
from sheetsales.process import Action, Request, Row
from sheetsales.values import Formula, Value
from sheetsales_sync.plan.redraw import redraw, status_write
from sheetsales_sync.plan.sync import plan_sync
from sheetsales_sync.plan.work import PlanInput
from sheetsales_sync.state import Book, ImageRow, Plan, Record, Scope
from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import BookPatch, BookRead
from sheetsales_workbooks.hosts import live, memory
from sheetsales_workbooks.hosts.excel_file import read_book
from sheetsales_workbooks.patch import patch_book

sys.path.insert(0, str(Path(__file__).parents[1] / "workbooks"))
from filled import NOW, OWNER, filled_spec

PLAYBOOK = build_playbook({})
PROCESSES = [process for process in PLAYBOOK.processes if process.actions]
ROWS, WAITING = 6, 5
AT_LEAST = 0.15  # share of the buttons that must have written something, lest the comparison compares nothing


def tables_of(actions: list[Action]) -> tuple[str, ...]:
    """Give the tables that buttons work on, those of the team's shared lists left aside."""
    named = dict.fromkeys(table for action in actions for table in action.tables)
    return tuple(table for table in named if table in PLAYBOOK.tables)


def parameter(column: Any) -> Value:
    """Give a plausible value for a parameter that must be set."""
    if column.default is not None:
        return column.default  # type: ignore[no-any-return]
    kind = column.type
    if getattr(column, "choices", ()):
        return str(column.choices[0])
    given: dict[str, Value] = {
        "date": date(2026, 12, 1), "datetime": datetime(2026, 12, 1, 9), "integer": 3, "number": Decimal("2.5"),
        "money": Decimal("1200.50"), "percent": Decimal("0.2"),
    }  # fmt: skip
    return given.get(kind, "=A plain answer")


@dataclass
class World:
    """What the store says of one book, moved on by each button."""

    tables: tuple[str, ...]
    records: dict[str, Record]
    image: dict[str, ImageRow]
    people: list[Row]
    generation: int = 1

    def plan(self, read: BookRead, action: Action, request: Request) -> Plan:
        """Plan one button over a reading; ids and keys are drawn alike each time."""
        draw, keys = random.Random(self.generation), itertools.count(1)
        view: dict[str, list[Row]] = {"people": self.people}
        for record in self.records.values():
            view.setdefault(record.table, []).append({**record.values, "id": record.id})
        given = PlanInput(
            playbook=PLAYBOOK, book=Book("BK-1", "WB-1", OWNER, "/b.xlsx", self.generation, tables=self.tables), read=read,
            image=self.image, latest=self.image, absorbed={}, aliases=[], issued=frozenset(), elsewhere=frozenset(),
            records=self.records, scope=Scope(OWNER, "rep", None, edits_library=True), view=view, conflicts=[], rejections=[], actor=OWNER,
            now=NOW, at=NOW, new_id=lambda prefix: make_id(prefix, draw.randrange), new_key=lambda: f"key-{next(keys)}",
            spare_rows=WAITING,
        )  # fmt: skip
        return plan_sync(given, action, request)

    def after(self, plan: Plan) -> None:
        """Let the store be what the plan made of it."""
        self.image = {row.record: row for row in plan.image}
        for row in plan.image:
            if row.values:
                values = {name: value for name, value in row.values.items() if name not in ("version", "updated_at")}
                self.records[row.record] = Record(row.table, row.record, values, 1, None, NOW)
        self.generation += 1


def world(tables: tuple[str, ...]) -> tuple[World, bytes]:
    """Build a book with these tables and what the store says of it."""
    spec = filled_spec(PLAYBOOK, tables, count=ROWS)
    spec = replace(spec, tables=tuple(replace(one, spare_ids=one.spare_ids[:WAITING]) for one in spec.tables))
    records, image = {}, {}
    for one in spec.tables:
        for row in one.rows:
            names = [c.name for c in PLAYBOOK.tables[one.table].columns if c.name not in ("id", "version", "updated_at")]
            values: dict[str, Value] = {name: row.get(name) for name in names}  # type: ignore[misc]
            identity = str(row["id"])
            records[identity] = Record(one.table, identity, values, 1, None, NOW)
            image[identity] = ImageRow(one.table, identity, {**values, "version": 1, "updated_at": NOW})
    people: list[Row] = [{"id": "PE-1", "email": OWNER, "name": "Maria Santos", "team": "North", "role": "inside_rep"}]
    return World(tables, records, image, people), build(spec)


def pressed(world: World, read: BookRead, action: Action, request: Request) -> tuple[Plan | None, BookPatch, str]:
    """Press a button over a reading; give the plan, the patch, or the words of the refusal."""
    try:
        plan = world.plan(read, action, request)
    except SheetsalesError as refusal:
        return None, BookPatch(), str(refusal)
    patch = redraw(PLAYBOOK, read, plan, ())
    status_write(read, action.tables[0], " ".join(plan.messages[:1]), patch)
    patch.generation = world.generation + 1
    return plan, patch, ""


def cells(read: BookRead, *, results: bool) -> dict[str, object]:
    """Give what a book holds; of formulas their words alone where results may be fresher in one of two places."""

    def bare(value: object) -> object:
        return value.text if isinstance(value, Formula) and not results else value

    rows = {
        name: [
            (row.row, row.id, row.action, {c: bare(v) for c, v in row.cells.items()}, {c: bare(v) for c, v in row.extra.items()})
            for row in tab.rows
        ]
        for name, tab in read.tables.items()
    }
    return {
        "rows": rows,
        "markers": read.markers,
        "notices": read.notices,
        "statuses": read.statuses,
        "conflicts": read.conflicts,
    }


def press_all(actions: list[Action], path: Path, *, results: bool) -> tuple[int, int]:
    """Press buttons one after the other at rest and in the open book, and compare every step; give how many wrote."""
    store, data = world(tables_of(actions))
    path.write_bytes(data)
    book = live.open_host(path)
    wrote = 0
    for action in actions:
        read, since = read_book(data), book.snapshot()
        assert cells(since.read, results=results) == cells(read, results=results), action.name
        identity = next(iter(r.id for r in store.records.values() if r.table == action.tables[0]), "")
        asked = tuple(p.name for p in action.parameters if p.default is None)
        request = Request((identity,) if asked and identity else (), {p.name: parameter(p) for p in action.parameters})
        plan, patch, refusal = pressed(store, read, action, request)
        _, other, other_refusal = pressed(store, since.read, action, request)
        assert (repr(other), other_refusal) == (repr(patch), refusal), action.name
        if plan is None or not patch:
            continue
        wrote += 1
        data = patch_book(data, patch)
        assert book.write(patch, since) == ()
        store.after(plan)
    assert cells(book.read(), results=results) == cells(read_book(data), results=results)
    return wrote, len(actions)


@pytest.fixture
def in_memory() -> Iterator[None]:
    memory.activate()
    app = xlwings.App(add_book=False)
    yield
    app.quit()


@pytest.fixture
def in_libreoffice() -> Iterator[None]:
    from sheetsales_workbooks.hosts.libreoffice import engine

    engine.activate()
    xlwings.App(visible=False, add_book=False)
    yield
    engine.deactivate()


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_every_button_writes_the_same_cells_at_rest_and_in_memory(process: Any, tmp_path: Path, in_memory: None) -> None:
    wrote, pressed_ = press_all(list(process.actions), tmp_path / "book.xlsx", results=True)
    assert wrote >= pressed_ * AT_LEAST


@needs("soffice")
def test_buttons_write_the_same_cells_in_libreoffice(tmp_path: Path, in_libreoffice: None) -> None:
    chosen = [PLAYBOOK.actions[name] for name in ("leads.score", "leads.ask_next", "leads.rank")]
    wrote, _pressed = press_all(chosen, tmp_path / "book.xlsx", results=False)
    assert wrote >= 2
