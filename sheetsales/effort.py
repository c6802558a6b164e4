"""Sales effort: what calls on an account cost and bring, which limits they have, and the hours there are for them.

What is divided are hours for calls; what an account brings at some number of calls follows from its
response (see `attention`). How they are divided best is the matter of `allocate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import Final

from sheetsales.allocate import Allocation, Option, allocate
from sheetsales.attention import Response, attention, hours_of_a_call, least_calls, margins_of, number, response_of
from sheetsales.errors import WrongUse
from sheetsales.process import Refusal, Request, Row, Tables
from sheetsales.rank import TIERS, place
from sheetsales.values import fold, number_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

LEAST_CALL_HOURS: Final = Decimal("0.25")  # a quarter of an hour is the smallest piece of time that is planned
MOST_CALL_HOURS: Final = 1_000  # beyond, somebody typed a year's hours where one call's belong
MOST_CALLS: Final = 1_000  # of one account in a period; beyond, it is a slip of the keyboard
MINUTES: Final = 60  # time is planned in whole minutes; a call that takes part of one takes it whole
PARTS: Final = 10_000  # of one unit of money; sums of cents would be a cent off
FURTHER_HOURS: Final = (1, 2)  # the hours more of which the plan says what they are worth
TABLE: Final = "territory_accounts"


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a plan: today's calls and the limits are a period's; worth is money per unit of sales."""

    row: Row
    id: str
    hours: Decimal
    today: int
    least: int
    most: int
    worth: float
    response: Response

    @property
    def minutes(self) -> int:
        """Give the minutes of one call, rounded up so that the hours are never exceeded."""
        return int((self.hours * MINUTES).to_integral_value(ROUND_CEILING))

    def money(self, calls: int) -> float:
        """Give what this many calls bring, in money."""
        return self.worth * self.response.sales(calls)

    def per_hour(self, calls: int) -> float:
        """Give what the last of these calls brings per hour."""
        return (self.money(calls) - self.money(calls - 1)) / float(self.hours)

    def score(self, calls: int, penalty: float) -> float:
        """Give what a plan with these calls counts, in whole PARTS of money so that equal plans are equal."""
        return float(round((self.money(calls) - penalty * abs(calls - self.today)) * PARTS))


def accounts_of(rows: Sequence[Row], tables: Tables) -> tuple[list[Account], list[Refusal]]:
    """Give the accounts that can be planned, by id, and why the others cannot."""
    accounts: list[Account] = []
    refused: list[Refusal] = []
    margins = margins_of(rows, tables)
    places = {}
    if any(row.get("tier") not in TIERS for row in rows):
        places = place(rows, (number(tables, "a_below"), number(tables, "b_below")))
    for row in sorted(rows, key=lambda one: str(one["id"])):
        record = str(row["id"])
        fault = _fault(row)
        if fault:
            refused.append(Refusal(TABLE, record, f"Not planned: {fault}."))
            continue
        tiered = row if row.get("tier") in TIERS or record not in places else {**row, "tier": places[record].tier}
        today = calls_in(row, "calls_current") or 0
        least, most = _limits(row, attention(tiered.get("tier"), tables)[0], tables)
        worth = 1.0 if margins is None else float(margins[record])
        accounts.append(Account(row, record, hours_of_a_call(row), today, least, most, worth, response_of(tiered, tables)))
    return accounts, refused


def _fault(row: Row) -> str:
    hours, least, most = number_of(row.get("call_hours")), number_of(row.get("min_calls")), number_of(row.get("max_calls"))
    if hours is None or min(hours, hours_of_a_call(row)) < LEAST_CALL_HOURS:
        return "call hours must be at least 0.25"
    if hours_of_a_call(row) > MOST_CALL_HOURS:
        return f"a call of more than {MOST_CALL_HOURS:,} hours"
    if least is not None and most is not None and least > most:
        return "minimum calls exceed maximum"
    if any((calls_in(row, name) or 0) > MOST_CALLS for name in ("calls_current", "min_calls", "pinned_calls")):
        return f"more than {MOST_CALLS:,} calls in a period"
    return ""


def calls_in(row: Row, name: str) -> int | None:
    """Give the calls in a column of a row, 0 or more; None where it is blank."""
    value = number_of(row.get(name))
    return None if value is None else max(0, int(value))


def _limits(row: Row, frequency: int, tables: Tables) -> tuple[int, int]:
    """Give the least and the most calls. Pinned calls are both; what the row says goes before what its tier says."""
    least = max(0, int(least_calls(row, tables)))
    if calls_in(row, "pinned_calls") is not None:
        return least, least
    most = calls_in(row, "max_calls")
    if most is None:
        return min(least, MOST_CALLS), min(MOST_CALLS, max(least, 2 * max(calls_in(row, "calls_current") or 0, frequency)))
    return min(least, most, MOST_CALLS), min(most, MOST_CALLS)


def hours_for_calls(row: Row, accounts: Sequence[Account], tables: Tables) -> Decimal | None:
    """Give the hours for calls of the owner's territories, else those of today's calls; None where there are neither."""
    territories = [
        hours * part
        for one in tables.where("territories", "owner", row.get("owner"))
        if (hours := number_of(one.get("hours_per_period"))) is not None
        and (part := number_of(one.get("selling_share"))) is not None
    ]
    if territories:
        return max(sum(territories, Decimal(0)), Decimal(0))
    return sum((one.hours * one.today for one in accounts), Decimal(0)) or None


def options_of(accounts: Sequence[Account], capacity: int, penalty: float) -> list[Option]:
    """Give what each number of calls brings, as far as it fits with two hours more."""
    least = sum(one.minutes * one.least for one in accounts)
    room = max(capacity + max(FURTHER_HOURS) * MINUTES - least, 0)
    options = []
    for one in accounts:
        most = min(one.most, one.least + room // one.minutes)
        values = tuple(one.score(n, penalty) for n in range(one.least, most + 1))
        options.append(Option(one.id, one.minutes, one.least, values))
    return options


@dataclass(frozen=True, slots=True)
class Effort:
    """What one owner has to divide: accounts by id, hours for calls in a period, the penalty per call changed.

    refused: what cannot be planned, and why; hours is None where nobody said how many there are.
    """

    accounts: tuple[Account, ...]
    hours: Decimal | None
    penalty: float
    refused: tuple[Refusal, ...]

    @property
    def today(self) -> dict[str, int]:
        """Give today's calls by id."""
        return {one.id: one.today for one in self.accounts}

    def needed(self, plan: Mapping[str, int]) -> Decimal:
        """Give the hours that a plan takes."""
        return sum((one.hours * plan[one.id] for one in self.accounts), Decimal(0))

    def money(self, plan: Mapping[str, int]) -> float:
        """Give what a plan brings in a year."""
        return sum(one.money(plan[one.id]) for one in self.accounts)

    def allows(self, plan: Mapping[str, int], hours: Decimal) -> bool:
        """Say whether a plan keeps to these hours and to every account's limits."""
        return self.needed(plan) <= hours and all(one.least <= plan[one.id] <= one.most for one in self.accounts)


def effort_of(rows: Sequence[Row], request: Request, tables: Tables) -> Effort:
    """Give the effort of one owner; the request may give `hours` and `change_penalty`, blank means the usual ones.

    Raises WrongUse where one of them is below 0.
    """
    hours, penalty = _not_below_zero(request, "hours"), _not_below_zero(request, "change_penalty")
    accounts, refused = accounts_of(rows, tables)
    if accounts and hours is None:
        hours = hours_for_calls(rows[0], accounts, tables)
    if accounts and hours is None:
        words = "There are no hours to plan: set hours, or fill the hours of the territory."
        refused.append(Refusal(TABLE, accounts[0].id, words))
    return Effort(tuple(accounts), hours, float(number(tables, "change_penalty") if penalty is None else penalty), tuple(refused))


def _not_below_zero(request: Request, name: str) -> Decimal | None:
    value = number_of(request.parameters.get(name))
    if value is not None and value < 0:
        raise WrongUse(f"{name} must be 0 or more.", "Leave it out for the default.")
    return value


def best_plan(effort: Effort, hours: Decimal) -> Allocation | None:
    """Give the plan that brings most within these hours, today's where that counts as much; None where minimums do not fit."""
    accounts = effort.accounts
    capacity = min(int(hours * MINUTES), sum(one.minutes * one.most for one in accounts))
    found = allocate(options_of(accounts, capacity, effort.penalty), capacity, [more * MINUTES for more in FURTHER_HOURS])
    if found is None:
        return None
    today = sum(one.score(one.today, effort.penalty) for one in accounts)
    if not effort.allows(effort.today, hours) or today < found.value:
        return found
    cost = sum(one.minutes * one.today for one in accounts)
    return replace(found, calls=effort.today, value=today, cost=cost, bound=max(found.bound, today))


def by_owner(tables: Tables) -> dict[str, list[Row]]:
    """Give the territory accounts of each owner (folded e-mail), the owners in order."""
    owners: dict[str, list[Row]] = {}
    for row in tables.rows(TABLE):
        owners.setdefault(fold(row.get("owner") or ""), []).append(row)
    return dict(sorted(owners.items()))
