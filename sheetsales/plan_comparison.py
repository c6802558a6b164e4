"""Compare plans: today's calls, the recommended ones and one's own, side by side: hours, return, minimums missed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sheetsales.attention import margins_of, number
from sheetsales.call_plan import LEAVE_IT, is_as_good, shown
from sheetsales.columns import Choice, Integer, Money, Number, Text
from sheetsales.effort import TABLE, Effort, best_plan, by_owner, calls_in, effort_of
from sheetsales.process import Edit, NewRow, Patch, Refusal, Request, Row, Table, Tables
from sheetsales.values import NUMBER_LIMIT, Value, canonical_number, cents, fold, words_of

TODAY, RECOMMENDED, MINE = PLANS = ("Today", "Recommended", "Mine")
PLANS_TABLE: Final = "territory_plans"
SHOWN: Final = 5  # accounts named in a sentence

COMPARED: Final = Table(
    PLANS_TABLE,
    "Plans compared",
    "TP",
    (
        Choice("plan", PLANS, "Plan", computed="action", help="Today's calls, the recommended ones, or My calls."),
        Integer("calls", "Calls", computed="action", help="Calls in a period."),
        Number("hours", "Hours", computed="action", help="Hours of these calls, with travel."),
        Number("hours_available", "Hours there are", computed="action", help="Hours for calls in a period."),
        Money("expected_return", "Expected return", computed="action", help="Of a year; sales, or margin where one is known."),
        Number("gain", "Against today, %", computed="action", help="How much more it brings than today's calls, in per cent."),
        Integer("below_minimum", "Below minimum", computed="action", help="Accounts that get fewer calls than their minimum."),
        Integer("changed", "Accounts changed", computed="action", help="Accounts that get other calls than today."),
        Text("verdict", "What it means", computed="action", help="In a sentence.", width=90),
    ),
    kind="log",
    key=(("plan", "owner"),),
    label="plan",
    help="Three plans side by side, by Compare plans; the next comparison is written over the last.",
)


def compare_plans(tables: Tables, request: Request) -> Patch:
    """Compare today's calls, the recommended ones and each owner's own; three lines per owner.

    Mine is the column My calls, filled up by the recommended calls where it is blank. Where no calls were
    recommended yet, they are worked out for the comparison. Hours as for Recommend calls. Raises WrongUse where a
    parameter is below 0.
    """
    edits: list[Edit] = []
    new: list[NewRow] = []
    refused: list[Refusal] = []
    said: list[str] = []
    owners = by_owner(tables)
    for owner, rows in owners.items():
        effort = effort_of(rows, request, tables)
        refused += effort.refused
        if not effort.accounts or effort.hours is None:
            said.append("No account can be planned, or there are no hours for calls.")
            continue
        plans = _plans(effort, effort.hours)
        lines = {name: _line(name, plans, effort, effort.hours, margins_of(rows, tables) is not None, tables) for name in plans}
        words = " ".join(f"{name}: {line['verdict']}" for name, line in lines.items())
        said.append(f"{owner or 'No owner'}: {words}" if len(owners) > 1 else words)
        for name, values in lines.items():
            there = _there(name, owner, tables)
            if there is None:
                new.append(NewRow(PLANS_TABLE, {"plan": name, **values, "owner": rows[0].get("owner")}))
            else:
                edits += [Edit(PLANS_TABLE, str(there["id"]), n, v) for n, v in values.items() if there.get(n) != v]
    return Patch(
        tuple(edits), tuple(new), tuple(refused), " ".join(said) or "There are no accounts to plan.", len(tables.rows(TABLE))
    )


def _there(plan: str, owner: str, tables: Tables) -> Row | None:
    lines = [row for row in tables.where(PLANS_TABLE, "plan", plan) if fold(row.get("owner") or "") == owner]
    return min(lines, key=lambda row: str(row["id"]), default=None)


def _plans(effort: Effort, hours: Decimal) -> dict[str, Mapping[str, int]]:
    """Give the plans by name; Recommended is left out where minimums do not fit the hours and nothing was recommended."""
    plans: dict[str, Mapping[str, int]] = {TODAY: effort.today}
    written = {one.id: calls_in(one.row, "calls_recommended") for one in effort.accounts}
    if all(calls is not None for calls in written.values()):
        plans[RECOMMENDED] = {record: calls or 0 for record, calls in written.items()}
    else:
        best = best_plan(effort, hours)
        if best is not None:
            plans[RECOMMENDED] = best.calls
    other = plans.get(RECOMMENDED, effort.today)
    own = {one.id: calls_in(one.row, "my_calls") for one in effort.accounts}
    plans[MINE] = {record: other[record] if calls is None else calls for record, calls in own.items()}
    return plans


def _line(
    name: str, plans: Mapping[str, Mapping[str, int]], effort: Effort, hours: Decimal, by_margin: bool, tables: Tables
) -> dict[str, Value]:
    plan = plans[name]
    used, money, today = effort.needed(plan), effort.money(plan), effort.money(effort.today)
    below = [one for one in effort.accounts if plan[one.id] < one.least]
    changed = sum(plan[one.id] != one.today for one in effort.accounts)
    gain = None if today <= 0 else round(Decimal(repr((money / today - 1) * 100)), 3)
    return {
        "calls": sum(plan.values()),
        "hours": canonical_number(used),
        "hours_available": canonical_number(hours),
        "expected_return": cents(canonical_number(money)) if abs(money) < NUMBER_LIMIT else None,
        "gain": None if gain is None or abs(gain) >= NUMBER_LIMIT else canonical_number(gain),
        "below_minimum": len(below),
        "changed": changed,
        "verdict": _verdict(name, plans, effort, hours, by_margin, tables),
    }


def _verdict(
    name: str, plans: Mapping[str, Mapping[str, int]], effort: Effort, hours: Decimal, by_margin: bool, tables: Tables
) -> str:
    plan, today = plans[name], effort.money(effort.today)
    used, money = effort.needed(plan), effort.money(plan)
    said = [f"{money:,.2f} of {'margin' if by_margin else 'sales'} a year in {shown(used)} of {shown(hours)} h"]
    if name != TODAY and today > 0:
        said.append(f"{(money / today - 1) * 100:+.3f} % against today")
    if used > hours:
        said.append(f"{shown(used - hours)} h too many")
    below = [one for one in effort.accounts if plan[one.id] < one.least]
    if below:
        names = ", ".join(words_of(one.row.get("account")) or one.id for one in below[:SHOWN])
        said.append(f"below their minimum: {names}{f' and {len(below) - SHOWN} more' if len(below) > SHOWN else ''}")
    if name == RECOMMENDED and effort.allows(effort.today, hours) and is_as_good(today, money, tables):
        said.append(f"less than {number(tables, 'leave_below') * 100:.0f} % better: {LEAVE_IT}")
    if name == MINE and RECOMMENDED in plans and plans[RECOMMENDED] == plan:
        said.append("the same as recommended")
    return "; ".join(said) + "."
