"""A store on disk with a small playbook and a team, for the tests of what comes in and goes out."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsales.columns import (
    Choice,
    Date,
    DateTime,
    Email,
    Integer,
    Money,
    Number,
    Percent,
    Phone,
    Reference,
    Text,
    YesNoUnknown,
)
from sheetsales.ids import make_id
from sheetsales.process import Playbook, Process, Row, Table, Tables
from sheetsales.shared import SHARED
from sheetsales.values import Value
from sheetsales_sync.state import Change, Op
from sheetsales_sync.store import open_store

if TYPE_CHECKING:
    from sheetsales_sync.store.transaction import Store

OPPORTUNITIES = Table("opportunities", "Opportunities", "OP", (
    Text("name", required=True),
    Reference("account", target="accounts"),
    Reference("product", target="products"),
    Money("amount", minimum=0),
    Choice("stage", choices_from="stages", required=True),
    Date("created_on", default="today"),
    Date("close_date"),
    Choice("outcome", ("Open", "Won", "Lost"), computed="row"),
), key=(("account", "name", "created_on"),))  # fmt: skip

LEADS = Table("leads", "Leads", "LD", (
    Text("company", required=True),
    Text("contact_name"),
    Email("email"),
    Phone("phone"),
    Text("country", limit=2),
    YesNoUnknown("budget"),
), key=(("email",), ("phone",), ("company", "contact_name")), label="company")  # fmt: skip

SAMPLES = Table("samples", "Samples", "SA", (
    Text("name", required=True),
    Integer("pieces"),
    Number("weight"),
    Percent("share"),
    Money("price"),
    Date("day"),
    DateTime("moment"),
    Phone("phone"),
    YesNoUnknown("tasted"),
    Choice("colour", ("Red", "Green")),
    Reference("account", target="accounts"),
), kind="shared", key=(("name",),))  # fmt: skip


def _outcome(row: Row, _tables: Tables) -> Mapping[str, Value]:
    return {"outcome": row.get("stage") if row.get("stage") in ("Won", "Lost") else "Open"}


def _name(row: Row) -> Mapping[str, Value]:
    words = [str(row[name]) for name in ("account", "product") if row.get(name) is not None]
    return {"name": " - ".join(words) or None} if row.get("name") is None else {}


def _company(row: Row) -> Mapping[str, Value]:
    return {"company": row.get("contact_name") or row.get("external_id")} if row.get("company") is None else {}


TRADE = Process("trade", "Trade", "Trade", 1, "x", "x", "x", "x", "x", "x", "x", ("A",), (OPPORTUNITIES, LEADS, SAMPLES),
                compute={"opportunities": _outcome}, fill={"opportunities": _name, "leads": _company})  # fmt: skip
PLAYBOOK = Playbook([SHARED, TRADE])


class StillClock:
    """A clock that stands still until it is moved, and draws ids from a seed."""

    def __init__(self, seed: int = 7) -> None:
        self.moment = datetime(2024, 5, 6, 8, 0, tzinfo=UTC)
        self._random = random.Random(seed)
        self._keys = 0

    def now(self) -> datetime:
        return self.moment

    def local(self) -> datetime:
        return self.moment.replace(tzinfo=None)

    def new_id(self, prefix: str) -> str:
        return make_id(prefix, self._random.randrange)

    def new_key(self) -> str:
        self._keys += 1
        return f"{self._random.randrange(2**40):010x}-{self._keys:06}"

    def pass_days(self, days: int) -> None:
        self.moment += timedelta(days=days)


TEAM = (("ana@x.com", "Ana Lee", "inside_rep", "cem@x.com", "North"), ("ben@x.com", "Ben Poe", "field_rep", "cem@x.com", "South"),
        ("cem@x.com", "Cem Ray", "sales_manager", None, "North"))  # fmt: skip


def new_store(folder: Path, clock: StillClock, playbook: Playbook = PLAYBOOK) -> Store:
    """Open a fresh store with the default roles and stages and a team of three."""
    folder.mkdir(parents=True, exist_ok=True)
    store = open_store(f"sqlite:///{folder / 'store.db'}", playbook, create=True, clock=clock.now)
    changes = [
        Change(table, record, name, None, value, "create")
        for process in playbook.processes
        for table, rows in process.defaults.items()
        if table in ("roles", "stages")
        for row in rows
        for record in [clock.new_id(playbook.tables[table].prefix)]
        for name, value in row.items()
        if value is not None
    ]
    for person in TEAM:
        record = clock.new_id("PE")
        cells = zip(("email", "name", "role", "manager", "team"), person, strict=True)
        changes += [Change("people", record, name, None, value, "create") for name, value in cells if value is not None]
    op = Op(clock.new_key(), "import", "op@x.com", clock.now())
    store.transact(lambda tx: (tx.begin_op(op), tx.apply(op, changes)))
    return store


def edit(store: Store, clock: StillClock, table: str, record: str, actor: str = "ana@x.com", **values: Value) -> None:
    """Change cells of a record as somebody else would."""
    op = Op(clock.new_key(), "sync", actor, clock.now())
    store.transact(lambda tx: (tx.begin_op(op), tx.apply(op, tx.changes_to(table, {record: values}))))
