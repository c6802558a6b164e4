"""What the manager's workbook says about territories: whose is too large, and the largest accounts with their calls."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from sheetsales.balance import balanced
from sheetsales.process import Row, Tables
from sheetsales.values import number_of, words_of
from sheetsales_workbooks.report import Chart, Field, Page

LARGEST: Final = 20  # accounts that can still be told apart in a chart
DRAWN: Final = 24  # members of a chart
COLORS: Final = ("#9CC4D3", "#1F6F8B")
NameOf = Callable[[str], str]


def territory_pages(tables: Tables | None, currency: str, name_of: NameOf) -> list[Page]:
    """Give the balance of the territories and the accounts of the largest potential; no pages without territory accounts."""
    if tables is None or not tables.rows("territory_accounts"):
        return []
    return [_balance(tables, name_of), _accounts(tables, currency, name_of)]


def _balance(tables: Tables, name_of: NameOf) -> Page:
    found = balanced(tables)
    rows = [
        (name_of(owner), line["territories"], line["accounts"], line["workload"], line["capacity"], line["load"], line["balance_index"],
         line["state"], line["index_after"], line["proposal"])
        for owner, line in found.lines.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: (-(number_of(row[6]) or Decimal(0)), str(row[0])))
    fields = (
        Field("Member", width=24), Field("Territories", width=24), Field("Accounts", "integer", 10, total=True),
        Field("Workload, hours a year", "days", 14, total=True), Field("Capacity, hours a year", "days", 14, total=True),
        Field("Workload ÷ capacity", "rate", 12), Field("Balance index", "number", 10), Field("State", width=13),
        Field("Index after the moves", "number", 12), Field("Proposal", width=90),
    )  # fmt: skip
    words = (
        "Workload is accounts × frequency of their tier × hours of a call; the index is workload ÷ mean of the members listed.",
        found.message,
    )
    count = min(len(rows), DRAWN)
    hours = Chart("Territories", "bar", "Workload and capacity, hours a year", (0, 0), (3, 4), 0, count, format="whole", colors=COLORS)  # fmt: skip
    index = Chart("Territories", "bar", "Balance index: 1 is the mean", (0, 0), (6, 8), 0, count, format="number", colors=COLORS)
    return Page("Territories", "Is the work divided evenly?", words, fields, rows, charts=(hours, index) if len(rows) > 1 else ())


def _accounts(tables: Tables, currency: str, name_of: NameOf) -> Page:
    ranked = sorted(
        tables.rows("territory_accounts"), key=lambda row: (-(number_of(row.get("potential")) or Decimal(0)), str(row["id"]))
    )
    rows = [_account(row, name_of) for row in ranked[:LARGEST]]
    fields = (
        Field("Account", width=28), Field("Member", width=22), Field("Type", width=11), Field("Tier", width=7), Field("Region", width=16),
        Field("Potential", "money", 16), Field("Sales now", "money", 16), Field("Calls now", "integer", 9), Field("Calls recommended", "integer", 13),
        Field("Why", width=90),
    )  # fmt: skip
    words = (
        f"The {len(rows)} accounts of the largest potential, of {len(ranked)}; amounts a year in {currency}, calls in a period.",
        "Long bars on the left and short ones on the right: much to gain, and few calls.",
    )
    count = len(rows)
    potential = Chart(
        "Largest accounts", "bar", f"Potential and sales now, {currency} a year", (0, 0), (5, 6), 0, count, colors=COLORS
    )
    calls = Chart("Largest accounts", "bar", "Calls in a period: now and recommended", (0, 0), (7, 8), 0, count, format="whole", colors=COLORS)  # fmt: skip
    return Page("Largest accounts", "Do calls go where the potential is?", words, fields, rows, charts=(potential, calls))


def _account(row: Row, name_of: NameOf) -> tuple[object, ...]:
    owner = words_of(row.get("owner"))
    names = (words_of(row.get("account")) or str(row["id"]), name_of(owner) if owner else "", row.get("type"), row.get("tier"), row.get("region"))  # fmt: skip
    return (*names, *(row.get(name) for name in ("potential", "current_sales", "calls_current", "calls_recommended", "reason")))
