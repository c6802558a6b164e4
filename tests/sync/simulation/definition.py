"""The small playbook of the simulated team: deals that belong to members, accounts that all share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from sheetsales.columns import Choice, Email, Integer, Money, Number, Reference, Text
from sheetsales.ids import make_id
from sheetsales.process import Action, Edit, Patch, Playbook, Process, Request, Row, Table, Tables, check
from sheetsales.values import Value

MEMBERS = ("ana@x.example", "ben@x.example", "cyd@x.example", "max@x.example")  # the last one leads the others
LETTERS = "ABCM"  # with which the tokens of each member begin
STAGES = ("New", "Open", "Won")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEALS = "deals"
ACCOUNTS = "accounts"
TABS = {DEALS: "Deals", ACCOUNTS: "Accounts"}


@check("DEAL-LOW", "error", DEALS, "amount", "floor", hint="Raise the amount.")
def amount_above_floor(row: Row, tables: Tables) -> object:
    """Amount {amount} is below the floor {floor}."""
    amount, floor = row.get("amount"), row.get("floor")
    if isinstance(amount, Decimal) and isinstance(floor, Decimal) and amount < floor:
        return {"amount": amount, "floor": floor}
    return None


@check("DEAL-SILENT", "warning", DEALS, "note")
def open_deal_has_note(row: Row, tables: Tables) -> object:
    """An open deal has no note."""
    return row.get("stage") == "Open" and row.get("note") is None


def half(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give half the amount, which the sheet works out by a formula of its own."""
    amount = row.get("amount")
    return {"half": amount / 2 if isinstance(amount, Decimal) else None}


def score_all(tables: Tables, request: Request) -> Patch:
    """Score every deal by its amount; what the button *Score* does."""
    rows = tables.rows(DEALS)
    edits = []
    for row in rows:
        amount = row.get("amount")
        score = int(amount) % 7 if isinstance(amount, Decimal) else None
        if row.get("score") != score:
            edits.append(Edit(DEALS, str(row["id"]), "score", score))
    return Patch(tuple(edits), message=f"{len(edits)} deals scored.", rows_read=len(rows))


SCORE = Action("deals.score", "Score", (DEALS,), score_all)
_PEOPLE = Table(
    "people", "People", "PE", (Email("email", required=True), Text("name"), Email("manager", target="people"), Text("team")),
    kind="library", key=(("email",),),
)  # fmt: skip
_ACCOUNTS = Table(ACCOUNTS, "Accounts", "AC", (Text("name", required=True), Text("region")), kind="shared", key=(("name",),))
_DEALS = Table(
    DEALS, "Deals", "DL",
    (
        Text("name", required=True), Choice("stage", STAGES, required=True, default="New"), Money("amount"), Money("floor"),
        Reference("account", target=ACCOUNTS), Number("half", computed="row", formula="={amount}/2"),
        Integer("score", computed="action"),
    ),
)  # fmt: skip
_PROCESS = Process(
    "deals", "Deals", "Deals", 1, "d", "p", "q", "rep", "daily", "i", "o", (), (_PEOPLE, _ACCOUNTS, _DEALS),
    checks=(amount_above_floor, open_deal_has_note), actions=(SCORE,), compute={DEALS: half},
)  # fmt: skip
PLAYBOOK = Playbook([_PROCESS])


@lru_cache(maxsize=200_000)
def numbered_id(prefix: str, number: int) -> str:
    """Give id `number` of a prefix, always the same."""
    digits = iter([number // 32**place % 32 for place in range(10)])
    return make_id(prefix, lambda _below: next(digits))
