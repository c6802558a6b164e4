"""Recommend calls: an owner's hours divided over accounts so that the expected return is the greatest.

What is divided are hours for calls; what an account brings at some number of calls follows from its
response (see `attention`); how they are divided best is the matter of `allocate`. The plan that is
written is always the best one: a gain below the policy's threshold changes only what is said of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import Final

from sheetsales.allocate import Allocation, Option, allocate
from sheetsales.attention import Response, attention, hours_of_a_call, least_calls, margins_of, number, response_of
from sheetsales.errors import WrongUse
from sheetsales.process import Edit, Patch, Refusal, Request, Row, Tables
from sheetsales.rank import TIERS, place
from sheetsales.values import NUMBER_LIMIT, Value, canonical_number, cents, fold, number_of, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

LEAST_CALL_HOURS: Final = Decimal("0.25")  # a quarter of an hour is the smallest piece of time that is planned
MOST_CALL_HOURS: Final = 1_000  # beyond, somebody typed a year's hours where one call's belong
MOST_CALLS: Final = 1_000  # of one account in a period; beyond, it is a slip of the keyboard
MINUTES: Final = 60  # time is planned in whole minutes; a call that takes part of one takes it whole
PARTS: Final = 10_000  # of one unit of money; sums of cents would be a cent off
FURTHER_HOURS: Final = (1, 2)  # the hours more of which the plan says what they are worth
NO_GAP: Final = 5e-9  # of the bound; below, it is the rounding of long sums
SHOWN: Final = 10  # names in a message, so that it stays readable
TABLE: Final = "territory_accounts"


@dataclass(frozen=True, slots=True)
class _Account:
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


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for, of one owner: hours for calls, the penalty per call changed, the records to write."""

    hours: Decimal
    penalty: float
    chosen: frozenset[str] | None
    by_margin: bool
    unranked: int
    leave_below: float


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one owner's plan."""

    words: str
    edits: tuple[Edit, ...] = ()
    refused: tuple[Refusal, ...] = ()


# ── the action ───────────────────────────────────────────────────────────────────────────────────


def plan_calls(tables: Tables, request: Request) -> Patch:
    """Plan every owner's calls within the hours there are; write the plan of the selected rows.

    Parameters: hours for calls in a period, of each owner (blank: hours × selling share of the owner's
    territories, else those of today's calls); change_penalty, money per call changed (blank: none). A
    plan is always made over all rows of an owner. Where minimums and pinned calls alone do not fit the
    hours, nothing of that owner is written. Raises WrongUse where a parameter is below 0.
    """
    hours, penalty = _not_below_zero(request, "hours"), _not_below_zero(request, "change_penalty")
    chosen = frozenset(request.records) or None
    rows = tables.rows(TABLE)
    owners: dict[str, list[Row]] = {}
    for row in rows:
        owners.setdefault(fold(row.get("owner") or ""), []).append(row)
    outcomes = {
        owner: _plan_of(mine, hours, float(penalty or 0), chosen, tables)
        for owner, mine in sorted(owners.items())
        if chosen is None or any(str(row["id"]) in chosen for row in mine)
    }
    words = [f"{owner or 'No owner'}: {one.words}" if len(outcomes) > 1 else one.words for owner, one in outcomes.items()]
    return Patch(
        tuple(edit for one in outcomes.values() for edit in one.edits),
        refused=tuple(refusal for one in outcomes.values() for refusal in one.refused),
        message=" ".join(words) or "There are no accounts to plan.",
        rows_read=len(rows),
    )


def _not_below_zero(request: Request, name: str) -> Decimal | None:
    value = number_of(request.parameters.get(name))
    if value is not None and value < 0:
        raise WrongUse(f"{name} must be 0 or more.", "Leave it out for the default.")
    return value


def _plan_of(
    rows: Sequence[Row], hours: Decimal | None, penalty: float, chosen: frozenset[str] | None, tables: Tables
) -> _Outcome:
    accounts, refused = _accounts(rows, tables)
    if not accounts:
        return _Outcome("No account can be planned.", refused=tuple(refused))
    given = hours if hours is not None else _hours_of(rows[0], accounts, tables)
    if given is None:
        refused.append(
            Refusal(TABLE, accounts[0].id, "There are no hours to plan: set hours, or fill the hours of the territory.")
        )
        return _Outcome("No plan: nobody said how many hours there are for calls.", refused=tuple(refused))
    unranked = sum(one.row.get("tier") not in TIERS for one in accounts)
    order = _Order(given, penalty, chosen, margins_of(rows, tables) is not None, unranked, float(number(tables, "leave_below")))
    capacity = min(int(given * MINUTES), sum(one.minutes * one.most for one in accounts))
    options = _options(accounts, capacity, penalty)
    found = allocate(options, capacity, [more * MINUTES for more in FURTHER_HOURS])
    if found is None:
        refused.append(_too_much(accounts, given, tables))
        missing = max(sum((one.hours * one.least for one in accounts), Decimal(0)) - given, Decimal("0.01"))
        return _Outcome(
            f"No plan: minimums need {_shown(missing)} h more than there are. Nothing was written.", refused=tuple(refused)
        )
    best = _or_today(found, accounts, order)
    edits = [edit for one in accounts if chosen is None or one.id in chosen for edit in _edits(one, best.calls[one.id])]
    return _Outcome(_words(accounts, best, order, len(refused)), tuple(edits), tuple(refused))


# ── what goes in ─────────────────────────────────────────────────────────────────────────────────


def _accounts(rows: Sequence[Row], tables: Tables) -> tuple[list[_Account], list[Refusal]]:
    """Give the accounts that can be planned, by id, and why the others cannot."""
    accounts: list[_Account] = []
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
        today = _calls(row, "calls_current") or 0
        least, most = _limits(row, attention(tiered.get("tier"), tables)[0], tables)
        worth = 1.0 if margins is None else float(margins[record])
        accounts.append(_Account(row, record, hours_of_a_call(row), today, least, most, worth, response_of(tiered, tables)))
    return accounts, refused


def _fault(row: Row) -> str:
    hours, least, most = number_of(row.get("call_hours")), number_of(row.get("min_calls")), number_of(row.get("max_calls"))
    if hours is None or min(hours, hours_of_a_call(row)) < LEAST_CALL_HOURS:
        return "call hours must be at least 0.25"
    if hours_of_a_call(row) > MOST_CALL_HOURS:
        return f"a call of more than {MOST_CALL_HOURS:,} hours"
    if least is not None and most is not None and least > most:
        return "minimum calls exceed maximum"
    if any((_calls(row, name) or 0) > MOST_CALLS for name in ("calls_current", "min_calls", "pinned_calls")):
        return f"more than {MOST_CALLS:,} calls in a period"
    return ""


def _calls(row: Row, name: str) -> int | None:
    value = number_of(row.get(name))
    return None if value is None else max(0, int(value))


def _limits(row: Row, frequency: int, tables: Tables) -> tuple[int, int]:
    """Give the least and the most calls. Pinned calls are both; what the row says goes before what its tier says."""
    least = max(0, int(least_calls(row, tables)))
    if _calls(row, "pinned_calls") is not None:
        return least, least
    most = _calls(row, "max_calls")
    if most is None:
        return min(least, MOST_CALLS), min(MOST_CALLS, max(least, 2 * max(_calls(row, "calls_current") or 0, frequency)))
    return min(least, most, MOST_CALLS), min(most, MOST_CALLS)


def _hours_of(row: Row, accounts: Sequence[_Account], tables: Tables) -> Decimal | None:
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


def _options(accounts: Sequence[_Account], capacity: int, penalty: float) -> list[Option]:
    """Give what each number of calls brings, as far as it fits with two hours more."""
    least = sum(one.minutes * one.least for one in accounts)
    room = max(capacity + max(FURTHER_HOURS) * MINUTES - least, 0)
    options = []
    for one in accounts:
        most = min(one.most, one.least + room // one.minutes)
        values = tuple(one.score(n, penalty) for n in range(one.least, most + 1))
        options.append(Option(one.id, one.minutes, one.least, values))
    return options


def _or_today(best: Allocation, accounts: Sequence[_Account], order: _Order) -> Allocation:
    """Give today's plan where it is allowed and counts as much as the best that was found."""
    today = sum(one.score(one.today, order.penalty) for one in accounts)
    if not _today_is_allowed(accounts, order.hours) or today < best.value:
        return best
    cost = sum(one.minutes * one.today for one in accounts)
    return replace(best, calls={one.id: one.today for one in accounts}, value=today, cost=cost, bound=max(best.bound, today))


def _today_is_allowed(accounts: Sequence[_Account], hours: Decimal) -> bool:
    fits = sum((one.hours * one.today for one in accounts), Decimal(0)) <= hours
    return fits and all(one.least <= one.today <= one.most for one in accounts)


# ── minimums that do not fit ─────────────────────────────────────────────────────────────────────


def shortfall(needed: Mapping[str, Decimal], hours: Decimal, tables: Tables) -> dict[str, str] | None:
    """Give the words of TER-06 where the hours needed, by account, exceed those there are; else None.

    h: hours needed. t: hours there are. list: the accounts, those that need most first.
    """
    total = sum(needed.values(), Decimal(0))
    return _shortfall(needed, total, hours, tables) if total > hours else None


def _shortfall(needed: Mapping[str, Decimal], total: Decimal, hours: Decimal, tables: Tables) -> dict[str, str]:
    most = sorted((one for one in needed if needed[one] > 0), key=lambda one: (-needed[one], one))
    names = [words_of((tables.get(TABLE, one) or {}).get("account")) or one for one in most[:SHOWN]]
    more = len(most) - SHOWN
    return {"h": _shown(total), "t": _shown(hours), "list": ", ".join(names) + (f" and {more} more" if more > 0 else "")}


def _too_much(accounts: Sequence[_Account], hours: Decimal, tables: Tables) -> Refusal:
    needed = {one.id: one.hours * one.least for one in accounts}
    words = _shortfall(needed, sum(needed.values(), Decimal(0)), hours, tables)
    first = min(needed, key=lambda one: (-needed[one], one))
    return Refusal(TABLE, first, "Minimums alone need {h} h; you have {t} h. Lower: {list}.".format_map(words))


# ── what is written and said ─────────────────────────────────────────────────────────────────────


def _edits(account: _Account, calls: int) -> list[Edit]:
    written: dict[str, Value] = {
        "calls_recommended": calls,
        "marginal_next": _figure(account.per_hour(calls + 1)),
        "marginal_last": _figure(account.per_hour(calls)) if calls else None,
        "reason": _reason(account, calls),
    }
    return [Edit(TABLE, account.id, name, value) for name, value in written.items() if account.row.get(name) != value]


def _reason(account: _Account, calls: int) -> str:
    where = ""
    if _calls(account.row, "pinned_calls") is not None:
        where = "Pinned: "
    elif calls == account.least > 0:
        where = "At its minimum: "
    elif calls == account.most:
        where = "At its maximum: "
    last = f"last funded call {_rate(account.per_hour(calls))}/h" if calls else "no call funded"
    return f"{where}next call here returns {_rate(account.per_hour(calls + 1))}/h, {last}"


def _words(accounts: Sequence[_Account], best: Allocation, order: _Order, left_out: int) -> str:
    unit = "margin" if order.by_margin else "sales"
    today, planned = (
        sum(one.money(n) for one, n in plan)
        for plan in ([(one, one.today) for one in accounts], [(one, best.calls[one.id]) for one in accounts])
    )
    used = sum((one.hours * best.calls[one.id] for one in accounts), Decimal(0))
    gain = planned - today
    share = f" ({gain / today * 100:+.3f} %)" if today > 0 else ""
    said = [
        f"Planned {len(accounts)} accounts: {planned:,.2f} of {unit} a year against {today:,.2f} today, {gain:+,.2f}{share}.",
        f"{_shown(used)} of {_shown(order.hours)} h used; 1 hour more is worth {best.more[0] / PARTS:,.2f}, "
        f"2 hours {best.more[1] / PARTS:,.2f}.",
    ]
    if not _today_is_allowed(accounts, order.hours):
        said.append("Today's plan does not keep to the hours and limits.")
    elif today > 0 and gain < today * order.leave_below:
        said.insert(0, "For these hours today's plan is as good as the best; leave it (the columns show the best).")
    if best.gap > NO_GAP:
        said.append(f"No plan can bring more than {best.gap * 100:.6f} % above this one.")
    if order.unranked:
        said.append(f"{order.unranked} have no tier yet, so no minimum by tier: rank accounts first.")
    if left_out:
        said.append(f"{left_out} not planned.")
    return " ".join(said)


def _figure(value: float) -> Decimal | None:
    return cents(canonical_number(value)) if abs(value) < NUMBER_LIMIT else None


def _rate(value: float) -> str:
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"


def _shown(value: Decimal) -> str:
    return format(cents(value).normalize(), "f")
