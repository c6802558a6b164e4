"""Make calendar: the calls of a period brought to weeks, evenly for each account, regions together.

A row that the button wrote is known by its suggestion; once a person changes its calls, it is that person's and
stays. What is done counts. Pressed again, the calendar keeps its pattern and moves only what no longer adds up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.attention import Key, key_of, number
from sheetsales.call_plan import shown
from sheetsales.effort import TABLE, Account, Effort, by_owner, calls_in, effort_of
from sheetsales.errors import WrongUse
from sheetsales.periods import days_of_code, monday, period_around
from sheetsales.process import Edit, NewRow, Patch, Refusal, Request, Row, Tables
from sheetsales.values import Value, day_of, fold, number_of, words_of

CALENDAR: Final = "call_calendar"
WEEK: Final = timedelta(days=7)
FAR: Final = 1_000  # weeks; further apart than any two weeks of a period


@dataclass
class _Plan:
    """One account's calls by week. fixed: done, or planned by a person; ours: planned by the button; done: held."""

    account: Account
    wanted: int
    region: str
    fixed: dict[date, int] = field(default_factory=dict)
    ours: dict[date, int] = field(default_factory=dict)
    done: dict[date, int] = field(default_factory=dict)
    rows: dict[date, Row] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Give all calls of the period."""
        return sum(self.fixed.values()) + sum(self.ours.values())

    def distance(self, week: date) -> int:
        """Give how many weeks lie between this week and the nearest other one with a call."""
        others = [one for part in (self.fixed, self.ours) for one, calls in part.items() if calls and one != week]
        return min((abs((week - other).days) // 7 for other in others), default=FAR)


@dataclass
class _Weeks:
    """An owner's weeks that are still open, the hours planned in each, and the hours meant for each."""

    open: list[date]
    load: dict[date, float]
    each: float
    visited: set[tuple[str, date]] = field(default_factory=set)

    def put(self, plan: _Plan, week: date, calls: int) -> None:
        """Plan so many calls more of the account in a week; below 0 takes them away."""
        plan.ours[week] = plan.ours.get(week, 0) + calls
        self.load[week] = self.load.get(week, 0.0) + calls * float(plan.account.hours)
        if plan.region and plan.ours[week] > 0:
            self.visited.add((plan.region, week))


def make_calendar(tables: Tables, request: Request) -> Patch:
    """Bring every owner's calls of a period to weeks; write the rows of the selected accounts, or of all.

    Parameter: period, such as 2026-Q3 (blank: the present one). How often an account is called are My calls, else
    the calls recommended; who begins in the middle of a period has the part for the weeks from then, minimums whole.
    Calls held in the period count; weeks that lie back are left as they are; a row whose calls a person typed or
    changed stays and counts. Raises WrongUse where the period is over or no period.
    """
    first, last = _period(tables, request)
    weeks = [first + n * WEEK for n in range((last - first).days // 7 + 1)]
    start = max(weeks[0], monday(tables.today))
    edits: list[Edit] = []
    new: list[NewRow] = []
    refused: list[Refusal] = []
    said: list[str] = []
    owners = by_owner(tables)
    for owner, rows in owners.items():
        effort = effort_of(rows, Request(), tables)
        left_out = [one for one in effort.refused if one.message.startswith("Not planned")]
        refused += left_out
        begun = _begun(owner, weeks, start, tables)
        plans, missing = _plans(effort, weeks, start, begun, tables)
        refused += [
            Refusal(TABLE, one.id, f"{_name(one)}: no calls are recommended yet: press Recommend calls.") for one in missing
        ]
        if not plans:
            continue
        open_weeks = _weeks(effort, plans, weeks, start, begun)
        _fill(plans, open_weeks)
        chosen = [plan for plan in plans if not request.records or plan.account.id in request.records]
        lines: list[tuple[date, str, NewRow]] = []
        for plan in chosen:
            _write(plan, edits, lines)
        new += [line for *_, line in sorted(lines, key=lambda entry: entry[:2])]
        words = _words(chosen, open_weeks, effort) + _late(weeks, begun)
        said.append(f"{owner or 'No owner'}: {words}" if len(owners) > 1 else words)
    message = " ".join(said) or "Nothing to bring to weeks: press Recommend calls first, or fill My calls."
    return Patch(tuple(edits), tuple(new), tuple(refused), message, len(tables.rows(TABLE)))


def _period(tables: Tables, request: Request) -> tuple[date, date]:
    """Give the first and the last Monday of the period. Raises WrongUse."""
    code = words_of(request.parameters.get("period"))
    days = days_of_code(code) if code else period_around(tables.today, int(number(tables, "periods_a_year")))
    if days is None:
        raise WrongUse(f"'{code}' is no period.", "Write 2026-Q3, 2026-07 or 2026, or leave it out for the present one.")
    first, last = monday(days[0]), monday(days[1])
    first = first if first >= days[0] else first + WEEK
    if days[1] < tables.today:
        raise WrongUse("The period is over.", "Name the present period or a later one, such as 2026-Q3.")
    return first, last


def _name(account: Account) -> str:
    return words_of(account.row.get("account")) or account.id


# ── what stands there ────────────────────────────────────────────────────────────────────────────


def held_calls(tables: Tables) -> Mapping[tuple[str, str, date], int]:
    """Count the held calls by owner, account and Monday of the week."""
    return tables.once("territory held calls", _held_calls)


def _held_calls(tables: Tables) -> dict[tuple[str, str, date], int]:
    held: dict[tuple[str, str, date], int] = {}
    for call in tables.rows("calls"):
        day = day_of(call.get("held_at"))
        if call.get("status") == "Held" and day is not None:
            key = (*key_of(call, tables), monday(day))
            held[key] = held.get(key, 0) + 1
    return held


def _rows_by_week(tables: Tables) -> dict[tuple[str, str, date], list[Row]]:
    rows: dict[tuple[str, str, date], list[Row]] = {}
    for row in sorted(tables.rows(CALENDAR), key=lambda one: str(one["id"])):
        week = day_of(row.get("week"))
        if week is not None:
            rows.setdefault((*key_of(row, tables), monday(week)), []).append(row)
    return rows


def is_suggested(row: Row) -> bool:
    """Say whether the calls of a row of the calendar are those that the button wrote."""
    suggested = number_of(row.get("calls_suggested"))
    return suggested is not None and suggested == number_of(row.get("calls_planned"))


def _begun(owner: str, weeks: Sequence[date], start: date, tables: Tables) -> date:
    """Give the first week of the period in which the owner planned or held a call, this week where there is none."""
    calendar, held = tables.once("territory calendar by week", _rows_by_week), held_calls(tables)
    seen = {week for who, _, week in (*calendar, *held) if who == owner}
    return min((week for week in weeks if week in seen and week < start), default=start)


def _part(calls: int, least: int, weeks: Sequence[date], begun: date) -> int:
    """Give how many of a period's calls are due from the week in which work began; the least calls whole."""
    left = sum(week >= begun for week in weeks)
    return min(calls, max(least, (2 * calls * left + len(weeks)) // (2 * len(weeks))))


def _plans(effort: Effort, weeks: Sequence[date], start: date, begun: date, tables: Tables) -> tuple[list[_Plan], list[Account]]:
    """Give the accounts with what stands in their weeks, and those for which nobody said how many calls."""
    calendar, held = tables.once("territory calendar by week", _rows_by_week), held_calls(tables)
    plans: list[_Plan] = []
    missing: list[Account] = []
    for account in effort.accounts:
        wanted = calls_in(account.row, "my_calls")
        wanted = calls_in(account.row, "calls_recommended") if wanted is None else wanted
        if wanted is None:
            missing.append(account)
            continue
        plan = _Plan(account, _part(wanted, account.least, weeks, begun), fold(account.row.get("region") or ""))
        key: Key = key_of(account.row, tables)
        for week in weeks:
            _stand(plan, week, calendar.get((*key, week), []), held.get((*key, week), 0), week < start)
        plans.append(plan)
    return plans, missing


def _stand(plan: _Plan, week: date, rows: Sequence[Row], done: int, over: bool) -> None:
    """Take in what stands in one week: what is over counts as done, what a person planned is fixed."""
    plan.done[week] = done
    if over:
        plan.fixed[week] = done
        return
    ours = next((row for row in rows if is_suggested(row)), None)
    typed = [row for row in rows if row is not ours]
    if typed:
        planned = sum(calls_in(row, "calls_planned") or 0 for row in typed)
        plan.fixed[week] = max(done, planned)
    elif done and ours is None:
        plan.fixed[week] = done
    if ours is not None:
        plan.rows[week] = ours
        plan.ours[week] = 0 if typed else max(done, calls_in(ours, "calls_planned") or 0)


def _weeks(effort: Effort, plans: Sequence[_Plan], weeks: Sequence[date], start: date, begun: date) -> _Weeks:
    """Give the open weeks with their load; each is meant to take an equal part of the hours that are left."""
    ahead = [week for week in weeks if week >= start]
    load = dict.fromkeys(ahead, 0.0)
    spent = 0.0
    made = _Weeks(ahead, load, 0.0)
    for plan in plans:
        for part in (plan.fixed, plan.ours):
            for week, calls in part.items():
                if week in load:
                    load[week] += calls * float(plan.account.hours)
                    if calls and plan.region:
                        made.visited.add((plan.region, week))
                else:
                    spent += calls * float(plan.account.hours)
    hours = float(effort.hours or 0) * sum(week >= begun for week in weeks) / len(weeks)
    made.each = max(hours - spent, 0.0) / len(ahead)
    return made


# ── the pattern ──────────────────────────────────────────────────────────────────────────────────


def _fill(plans: Sequence[_Plan], weeks: _Weeks) -> None:
    """Mend the pattern of accounts that have one, then give the others theirs, region by region, most work first."""
    fresh: list[_Plan] = []
    for plan in plans:
        if any(plan.ours.values()) or plan.total >= plan.wanted:
            _mend(plan, weeks)
        else:
            fresh.append(plan)
    work: dict[str, float] = {}
    for plan in fresh:
        work[plan.region] = work.get(plan.region, 0.0) + plan.wanted * float(plan.account.hours)
    for plan in sorted(fresh, key=lambda p: (-work[p.region], p.region, -p.wanted, p.account.id)):
        _spread(plan, weeks)


def _mend(plan: _Plan, weeks: _Weeks) -> None:
    """Take calls away or add some until the sum is right: where the next call is nearest, where it is farthest."""
    while plan.total > plan.wanted:
        over = [week for week, calls in plan.ours.items() if calls > plan.done.get(week, 0)]
        if not over:
            return
        weeks.put(plan, min(over, key=lambda week: (-plan.ours[week], plan.distance(week), -week.toordinal())), -1)
    while plan.total < plan.wanted:
        free = [week for week in weeks.open if week not in plan.fixed]
        if not free:
            return
        best = min(free, key=lambda week: (plan.ours.get(week, 0), -plan.distance(week), weeks.load[week], week))
        weeks.put(plan, best, 1)


def _spread(plan: _Plan, weeks: _Weeks) -> None:
    """Lay the calls at equal distances, beginning where weeks are not full and the region is visited anyway."""
    free = [week for week in weeks.open if week not in plan.fixed]
    n = plan.wanted - plan.total
    if not free or n <= 0:
        return
    hours = float(plan.account.hours)

    def cost(laid: Mapping[date, int]) -> tuple[float, int, float]:
        over = sum(max(weeks.load[week] + calls * hours - weeks.each, 0.0) for week, calls in laid.items())
        apart = sum((plan.region, week) not in weeks.visited for week in laid) if plan.region else 0
        return round(over, 6), apart, round(max(weeks.load[week] + calls * hours for week, calls in laid.items()), 6)

    patterns = [_laid(free, n, first) for first in range(-(-len(free) // n))]
    best = min(range(len(patterns)), key=lambda one: (*cost(patterns[one]), one))
    for week, calls in patterns[best].items():
        weeks.put(plan, week, calls)


def _laid(free: Sequence[date], n: int, first: int) -> dict[date, int]:
    """Lay n calls over the free weeks at equal distances, beginning with the week `first`."""
    laid: dict[date, int] = {}
    for one in range(n):
        week = free[one * len(free) // n + first]
        laid[week] = laid.get(week, 0) + 1
    return laid


# ── what is written and said ─────────────────────────────────────────────────────────────────────


def _write(plan: _Plan, edits: list[Edit], new: list[tuple[date, str, NewRow]]) -> None:
    """Give the cells that change, and the new rows with their week and region, by which a calendar is read."""
    for week, calls in sorted(plan.ours.items()):
        row = plan.rows.get(week)
        values: dict[str, Value] = {"calls_planned": calls, "calls_suggested": calls}
        if row is not None:
            edits += [Edit(CALENDAR, str(row["id"]), name, value) for name, value in values.items() if row.get(name) != value]
        elif calls:
            account = plan.account.row
            values |= {"week": week, "account": account.get("account"), "owner": account.get("owner")}
            new.append((week, plan.region, NewRow(CALENDAR, values)))


def _late(weeks: Sequence[date], begun: date) -> str:
    left = sum(week >= begun for week in weeks)
    if left == len(weeks):
        return ""
    return f" No call was planned or held before {begun.isoformat()}: of the period's calls only the part for {left} of {len(weeks)} weeks is due, minimums whole."


def _words(plans: Sequence[_Plan], weeks: _Weeks, effort: Effort) -> str:
    calls = sum(plan.total for plan in plans)
    fullest = max(weeks.open, key=lambda week: (weeks.load[week], -week.toordinal()))
    said = [
        f"{calls} calls with {len(plans)} accounts, {sum(sum(plan.done.values()) for plan in plans)} of them done, brought to the "
        f"weeks from {weeks.open[0].isoformat()} to {weeks.open[-1].isoformat()}; the fullest is {fullest.isoformat()} with "
        f"{shown(Decimal(repr(weeks.load[fullest])))} h, {shown(Decimal(repr(weeks.each)))} h are meant for each."
    ]
    used = sum((plan.account.hours * plan.total for plan in plans), Decimal(0))
    if effort.hours is not None and used > effort.hours:
        said.append(f"These calls take {shown(used)} h; there are {shown(effort.hours)} h.")
    below = [plan for plan in plans if plan.total < plan.account.least]
    if below:
        said.append(f"{len(below)} get fewer calls than their minimum: {', '.join(_name(plan.account) for plan in below[:5])}.")
    return " ".join(said)
