"""An invented playbook of two processes with every type of column, and rows for it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

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
    Tick,
    Url,
    YesNoUnknown,
)
from sheetsales.ids import make_id
from sheetsales.process import Action, Patch, Playbook, Process, Row, Table, Tile, Todo
from sheetsales.values import Value
from sheetsales_workbooks.host import BookSpec, Markers
from sheetsales_workbooks.layout import book_spec

DAY = date(2026, 11, 6)
NOW = datetime(2026, 11, 6, 15, 0)
MARKERS = Markers("WB-23456789AB-CD", "BK-23456789AB-CD", 7, "field_rep 1", "Europe/Zurich")


def _nothing(*_: object) -> Patch:
    return Patch()


DEALS = Table(
    "bargains",
    "Bargains",
    "BG",
    (
        Text("name", "Bargain", required=True, help="What you call it."),
        Reference("account", "Account", target="accounts"),
        Money("amount", "Amount", minimum=0, help="Without tax."),
        Choice("stage", header="Stage", choices_from="stages", required=True),
        Percent("chance", "Chance"),
        Date("close_date", "Close date", required=True, help="The day you expect the signature."),
        DateTime("last_call", "Last call"),
        YesNoUnknown("budget", "Budget"),
        Integer("seats", "Seats", minimum=1, maximum=5000),
        Number("effort", "Effort (hours)"),
        Text("next_step", "Next step"),
        Date("next_step_date", "Next step on"),
        Choice(
            "outcome",
            ("Open", "Won", "Lost"),
            computed="row",
            formula='IF({stage}="","",IF({stage}="Won","Won",IF({stage}="Lost","Lost","Open")))',
        ),
        Money("weighted", "Weighted", computed="row", formula='IF({amount}="","",ROUND({amount}*N({chance}),2))'),
        Integer("score", "Score", computed="action"),
        Choice("tier", ("A", "B", "C", "D"), computed="action"),
        Text("reason_1", "Reason 1", computed="action"),
    ),
    help="One line per purchase you want to win.",
)
VISITS = Table(
    "visits",
    "Visits to make",
    "VS",
    (
        Reference("bargain", "Bargain", target="bargains", required=True),
        Text("goal", "Goal", required=True, limit=200),
        Phone("phone", "Phone"),
        Email("email", "E-mail"),
        Url("page", "Web page"),
        Tick("done", "Done"),
        Date("due", "Due"),
    ),
    kind="detail",
    label="goal",
    help="One line per visit.",
)
ACCOUNTS = Table(
    "accounts",
    "Accounts",
    "AC",
    (Text("name", "Account", required=True), Text("region", "Region", limit=60)),
    kind="shared",
    help="The companies you sell to; everybody sees them.",
)
STAGES = Table(
    "stages",
    "Stages",
    "SG",
    (Integer("order", "Order"), Text("name", "Stage"), Percent("probability", "Probability")),
    kind="library",
    help="The steps of a bargain.",
)
EVENTS = Table(
    "bargain_events",
    "Bargain events",
    "BE",
    (Reference("bargain", "Bargain", computed="service"), DateTime("at", "At", computed="service")),
    kind="log",
    label="bargain",
    help="What happened, kept by the service.",
)


def _process(
    key: str, order: int, tables: tuple[Table, ...], actions: tuple[Action, ...] = (), tiles: tuple[Tile, ...] = ()
) -> Process:
    return Process(
        key,
        key,
        key.capitalize(),
        order,
        f"The {key} process.",
        "To sell more.",
        "What next?",
        "rep",
        "weekly",
        "names",
        "orders",
        ("first", "last"),
        tables,
        actions=actions,
        tiles=tiles,
    )


def playbook() -> Playbook:
    """Give the invented playbook."""
    score = Action(
        "bargains.score", "Score bargains", ("bargains",), _nothing, help="Says which bargain is worth your time, and why."
    )
    close = Action("bargains.close", "Close", ("bargains",), _nothing, help="Closes the chosen bargain.")
    plan = Action("visits.plan", "Plan visits", ("visits",), _nothing, help="Plans the week.")
    tiles = (
        Tile("open bargains", "bargains", (("outcome", "is", "Open"),)),
        Tile("open amount", "bargains", (("outcome", "is", "Open"),), total="amount"),
        Tile("next steps overdue", "bargains", (("outcome", "is", "Open"), ("next_step_date", "before", "today"))),
        Tile("without a next step", "bargains", (("next_step", "blank", ""), ("outcome", "is not", "Won"))),
    )
    return Playbook(
        [
            _process("shared", 0, (ACCOUNTS, STAGES)),
            _process("bargains", 1, (DEALS, EVENTS), (score, close), tiles),
            _process("visits", 2, (VISITS,), (plan,), (Tile("visits to make", "visits", (("done", "blank", ""),)),)),
        ]
    )


def rows(count: int = 24) -> dict[str, list[Row]]:
    """Give rows for the invented playbook, the same each time."""
    draw = random.Random(7)
    stages = [("Discover", "0.10"), ("Qualify", "0.25"), ("Proposal", "0.50"), ("Won", "1"), ("Lost", "0")]
    accounts: list[dict[str, Value]] = [
        {"id": make_id("AC", draw.randrange), "name": f"Account {number:02d}"} for number in range(9)
    ]
    accounts.append({"id": make_id("AC", draw.randrange), "name": "account 03", "external_id": "X-1"})
    accounts[3]["external_id"] = "X-2"
    bargains: list[Row] = []
    for number in range(count):
        stage, chance = draw.choice(stages)
        amount = Decimal(draw.randrange(100_000, 99_000_000)) / 100
        bargains.append(
            {
                "id": make_id("BG", draw.randrange),
                "name": f"=Pumps & valves, lot {number}" if number == 3 else f"Pumps and valves, lot {number}",
                "account": accounts[number % 9]["name"],
                "amount": amount,
                "stage": stage,
                "chance": Decimal(chance),
                "close_date": DAY + timedelta(days=draw.randrange(-30, 120)),
                "last_call": datetime(2026, 10, 1 + number % 28, 9, 30),
                "budget": draw.choice(["Yes", "No", "Unknown", None]),
                "seats": draw.randrange(1, 900),
                "effort": Decimal("7.5"),
                "next_step": draw.choice(
                    [None, "Send the offer", "Call Mr Ødegård about the terms of delivery and the guarantee he asked for"]
                ),
                "next_step_date": DAY + timedelta(days=draw.randrange(-20, 20)),
                "outcome": stage if stage in ("Won", "Lost") else "Open",
                "weighted": (amount * Decimal(chance)).quantize(Decimal("0.01"), ROUND_HALF_UP),
                "score": draw.randrange(100),
                "tier": draw.choice("ABCD"),
                "reason_1": "+20 the customer asked for a price",
                "owner": "maria@example.com",
                "team": "North",
                "version": 3,
            }
        )
    visits: list[Row] = [
        {
            "id": make_id("VS", draw.randrange),
            "bargain": f"Pumps and valves, lot {n}",
            "goal": "See the plant",
            "phone": "0041 79 123 45 67",
            "email": "a@b.ch",
            "page": "https://example.com",
            "due": DAY,
            "owner": "maria@example.com",
        }
        for n in range(5)
    ]
    return {
        "accounts": list(accounts),
        "bargains": bargains,
        "visits": visits,
        "stages": [
            {"id": make_id("SG", draw.randrange), "order": n, "name": s, "probability": Decimal(p)}
            for n, (s, p) in enumerate(stages)
        ],
        "people": [{"id": make_id("PE", draw.randrange), "email": "maria@example.com", "name": "Maria Santos"}],
    }


def spare(prefix: str, count: int) -> list[str]:
    """Draw ids for blank rows, the same each time."""
    draw = random.Random(prefix)
    return [make_id(prefix, draw.randrange) for _ in range(count)]


def spec(count: int = 24, *, spare_rows: int = 100, **more: object) -> BookSpec:
    """Give the spec of a book with these rows and a full list of today."""
    book = playbook()
    found: Mapping[str, list[Row]] = rows(count)
    todos = [
        Todo("bargains", str(row["id"]), _day(row["next_step_date"]), "Send the offer", "The step is due.")
        for row in found["bargains"]
    ]
    return book_spec(
        book,
        MARKERS,
        owner_email="maria@example.com",
        owner_name="Maria Santos",
        currency="EUR",
        now=NOW,
        tables=["bargain_events", "visits", "bargains", "stages", "accounts"],
        rows=found,
        spare_ids={name: spare(book.table(name).prefix, spare_rows) for name in ("visits", "bargains", "accounts")},
        todos=todos,
        **more,  # type: ignore[arg-type]
    )


def _day(value: Value) -> date | None:
    return value if isinstance(value, date) else None


def book(found: Mapping[str, list[Row]]) -> BookSpec:
    """Give the spec of a book of bargains with these rows and no waiting ones."""
    return book_spec(
        playbook(),
        MARKERS,
        owner_email="",
        owner_name="",
        currency="EUR",
        now=NOW,
        tables=["bargains"],
        rows=found,
        lists=rows(0),
    )
