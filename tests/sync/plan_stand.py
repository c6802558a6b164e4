"""A small table, a sheet written as text, and one sync planned over them: for tests of the plan."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from sheetsales.columns import Choice, Date, Integer, Money, Number, Percent, Reference, Text
from sheetsales.ids import make_id
from sheetsales.process import NewRow, Playbook, Process, Row, Table, Tables, check
from sheetsales.shared import SHARED
from sheetsales.values import Value
from sheetsales_sync.plan.sync import plan_sync
from sheetsales_sync.plan.work import PlanInput
from sheetsales_sync.state import Alias, Book, Conflict, ImageRow, Plan, Record, Rejection, Scope
from sheetsales_workbooks.host import BookRead, ConflictRow, Markers, RowRead, TableRead

ANA, BEN = "ana@x.example", "ben@x.example"
NOW = datetime(2026, 3, 2, 9, 0)


@check("DEAL-LOW", "error", "orders", "amount", "floor", hint="Raise the amount.")
def amount_above_floor(row: Row, tables: Tables) -> object:
    """Amount {amount} is below the floor {floor}."""
    amount, floor = row.get("amount"), row.get("floor")
    if isinstance(amount, Decimal) and isinstance(floor, Decimal) and amount < floor:
        return {"amount": amount, "floor": floor}
    return None


@check("DEAL-ROUND", "warning", "orders", "amount")
def amount_is_round(row: Row, tables: Tables) -> object:
    """Amount is not round."""
    amount = row.get("amount")
    return isinstance(amount, Decimal) and amount % 10 != 0


ORDERS = Table(
    "orders", "Orders", "OR",
    (
        Text("name", "Name", required=True), Choice("stage", ("New", "Open", "Done"), "Stage", required=True, default="New"),
        Money("amount", "Amount"), Money("floor", "Floor"), Percent("share", "Share"), Date("due", "Due"),
        Integer("pieces", "Pieces"), Reference("account", "Account", target="accounts"), Text("phone", "Phone"),
        Number("twice", "Twice", computed="row"),
    ),
    key=(("name",),),
)  # fmt: skip


def twice(row: Row, tables: Tables) -> Mapping[str, Value]:
    pieces = row.get("pieces")
    return {"twice": Decimal(pieces * 2) if isinstance(pieces, int) else None}


MOVES = Table("moves", "Moves", "MV", (
    Text("order", "Order", computed="service"), Text("from", "From", computed="service"), Text("to", "To", computed="service"),
), kind="log", label="order")  # fmt: skip


def moved(before: Row, after: Row, tables: Tables) -> NewRow | None:
    if not before or before["stage"] == after["stage"]:
        return None
    return NewRow("moves", {"order": after["name"], "from": before["stage"], "to": after["stage"]})


PROCESS = Process(
    "orders", "orders", "Orders", 1, "d", "p", "q", "rep", "daily", "i", "o", (), (ORDERS, MOVES),
    checks=(amount_above_floor, amount_is_round), compute={"orders": twice}, log={"orders": moved},
)  # fmt: skip
PLAYBOOK = Playbook([SHARED, PROCESS])
_numbers = itertools.count(1)


def order_id(number: int) -> str:
    """Give the id of order `number`, always the same."""
    digits = iter([number // 32**i % 32 for i in range(10)])
    return make_id("OR", lambda _n: next(digits))


@dataclass
class World:
    """The store as one book sees it, and what its sheet showed and shows."""

    records: dict[str, Record] = field(default_factory=dict)
    image: dict[str, ImageRow] | None = field(default_factory=dict)
    absorbed: dict[str, dict[str, Value]] = field(default_factory=dict)
    aliases: list[Alias] = field(default_factory=list)
    issued: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)
    conflicts: list[Conflict] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    rows: list[RowRead] = field(default_factory=list)
    decisions: list[ConflictRow] = field(default_factory=list)
    scope: Scope = field(default_factory=lambda: Scope(ANA, "rep", frozenset({ANA})))
    missing: tuple[str, ...] = ()
    header_row: int = 5
    resumed: bool = False
    aside: bool = False

    def record(self, number: int, owner: str = ANA, deleted: bool = False, **values: Value) -> str:
        """Put a record into the store and into the image, shown in the sheet."""
        identity = order_id(number)
        full: dict[str, Value] = {c.name: None for c in ORDERS.columns if c.name not in ("id", "version", "updated_at")}
        full |= {"name": f"Order {number}", "stage": "New", "owner": owner, "team": "North"} | values
        if "twice" not in values and isinstance(full["pieces"], int):
            full["twice"] = Decimal(full["pieces"] * 2)
        self.records[identity] = Record("orders", identity, full, 1, "dead" if deleted else None, NOW)
        if self.image is not None:
            self.image[identity] = ImageRow("orders", identity, {**full, "version": 1, "updated_at": NOW})
        return identity

    def stored(self, identity: str, **values: Value) -> None:
        """Change a record in the store alone: somebody else did."""
        record = self.records[identity]
        self.records[identity] = replace(record, values={**record.values, **values}, version=record.version + 1)

    def show(
        self,
        identity: str,
        action: object = None,
        extra: dict[int, object] | None = None,
        label: object = "same",
        **typed: object,
    ) -> RowRead:
        """Put a row into the sheet: what the image showed, with what was typed over it."""
        base = dict(self.image[identity].values) if self.image and identity in self.image else {}
        cells: dict[str, object] = {
            c.name: raw(base.get(c.name)) for c in ORDERS.columns if c.name != "id" and c.name not in self.missing
        }
        cells |= typed
        row = RowRead(6 + len(self.rows), identity if label == "same" else label, action, cells, extra or {})
        self.rows.append(row)
        return row

    def plan(self, people: Sequence[str] = (ANA, BEN), check_all: bool = False) -> Plan:
        """Plan one sync of this world."""
        columns = {c.name: 3 + n for n, c in enumerate(ORDERS.columns) if c.name != "id" and c.name not in self.missing}
        tab = TableRead("orders", "Orders", self.header_row, columns, 1, 2, self.rows, self.missing)
        read = BookRead(Markers("WB", "BOOK", 7, "1"), {"orders": tab}, self.decisions, "hash")
        members: list[Row] = [
            {"id": f"PE-{n}", "email": email, "team": "North", "role": "inside_rep"} for n, email in enumerate(people)
        ]
        living: list[Row] = [
            {**r.values, "id": r.id}
            for r in self.records.values()
            if r.deleted_op is None and self.scope.covers(r.values["owner"])
        ]
        keys = itertools.count(1)
        fresh = itertools.count(500)
        given = PlanInput(
            playbook=PLAYBOOK, book=Book("BOOK", "WB", ANA, "/b.xlsx", 7, tables=("orders",)), read=read, image=self.image,
            latest=self.image or {}, absorbed=self.absorbed, aliases=self.aliases, issued=frozenset(self.issued),
            elsewhere=frozenset(self.elsewhere), records=self.records, scope=self.scope, view={"people": members, "orders": living},
            conflicts=self.conflicts, rejections=self.rejections, actor=ANA, now=NOW, at=NOW, new_id=lambda _p: order_id(next(fresh)),
            new_key=lambda: f"key{next(keys)}", resumed=self.resumed, aside=self.aside, spare_rows=0,
        )  # fmt: skip
        return plan_sync(given, check=check_all)


def raw(value: Value) -> object:
    """Give a canonical value as a workbook's reader hands it over."""
    return float(value) if isinstance(value, (Decimal, int)) and not isinstance(value, bool) else value


def edits(plan: Plan) -> dict[tuple[str, str], Value]:
    """Give the new value of every changed cell."""
    return {(c.record, c.column): c.new for c in plan.changes if c.kind in ("set", "create") and c.table == "orders"}
