"""The buttons of the week: take the snapshot, see what moved, map the month, hand in and adjust the forecast. Pure planners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.bridge import (
    PARTS,
    Bridge,
    bridge,
    deal_key,
    in_picture,
    named_moves,
    picture_row,
    weeks_of,
)
from sheetsales.deal_report import MONTH, MOVED, SHOWN, Line, answered, named
from sheetsales.errors import WrongUse
from sheetsales.periods import days_of_code, monday, period_around
from sheetsales.pipeline import ZERO, amount_of, period_days, state_of
from sheetsales.process import Edit, NewRow, Patch, Request, Row, Tables
from sheetsales.standing import due_by, in_one_currency, running_quota, standing, whose
from sheetsales.values import Value, cents, day_of, fold, number_of, words_of

SNAPSHOTS: Final = "deal_week"
MONTHS_A_YEAR: Final = 12
WEEK: Final = timedelta(days=7)
NAMES_OF_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


# ── the snapshot and what moved ──────────────────────────────────────────────────────────────────


def snapshot(tables: Tables, _request: Request) -> Patch:
    """Keep every open deal as it stands, and those closed since the last snapshot; once per deal and week.

    A deal that has its row of this week already keeps it as it was taken.
    """
    week = monday(tables.today)
    weeks, key = weeks_of(tables), deal_key(tables)
    shown = _shown_before(tables, week)
    there = {key(row) for row in weeks.get(week, ())}
    since = max((one for one in weeks if one < week), default=None)
    deals = in_picture(tables.rows("opportunities"), since, lambda deal: shown.get(str(deal["id"])) == "Open")
    new = tuple(
        NewRow(SNAPSHOTS, picture_row(deal, week, tables))
        for deal in deals
        if str(deal["id"]) not in there and shown.get(str(deal["id"])) in (None, "Open")
    )
    kept = f"{len(there)} of its deals stand there already and stay as they were taken. " if there else ""
    amount = sum((amount_of(deal) for deal in deals if state_of(deal) == "Open"), ZERO)
    words = f"Week of {week.isoformat()}: {len(new)} deals kept. {kept}Open now: {amount:,.2f}."
    return Patch(new=new, message=words, rows_read=len(tables.rows("opportunities")))


def _shown_before(tables: Tables, week: date) -> dict[str, str]:
    """Give the state in which each deal stood in its newest snapshot before a week."""
    key = deal_key(tables)
    return {key(row): state_of(row) for one, rows in weeks_of(tables).items() if one < week for row in rows}


def moved(tables: Tables, request: Request) -> Patch:
    """Explain how the open amount of the running period went from a snapshot to now, in parts that tie out to 0.00.

    since: a day; the newest snapshot up to it is where the bridge begins, else the newest of an earlier week.
    """
    quota, days = running_quota(whose(tables), tables)
    period = words_of(quota.get("period")) if quota is not None else f"{days[0].isoformat()} to {days[1].isoformat()}"
    start = _beginning(tables, day_of(request.parameters.get("since")))
    if start is None:
        words = "There is no snapshot yet. Press Take weekly snapshot now, and look again next week."
        return answered(MOVED, [Line("No snapshot yet", why=words)], tables, period=period, message=words)
    found, left_out = bridge_since(tables, start, days[1], words_of(quota.get("ccy")) if quota is not None else "")
    lines = [
        Line(f"Open on {start.isoformat()}", found.start, why=f"Due by {days[1].isoformat()}, by the snapshot of that week."),
        *(_part_line(found, part) for part in PARTS),
        Line("Open now", found.shown, why=f"Added up row by row; the parts leave {found.difference:,.2f}."),
    ]
    if left_out:
        lines.append(Line("Left out", number=len(left_out), why=f"No dated exchange rate: {named(left_out)}"))
    moves = ", ".join(f"{PARTS[part][0].lower()} {getattr(found, part):,.2f}" for part in PARTS if getattr(found, part))
    words = f"{period}, since {start.isoformat()}: open {found.start:,.2f}{f', {moves}' if moves else ', nothing moved'}; now {found.end:,.2f}."
    return answered(MOVED, lines, tables, period=period, message=f"{words} Difference {found.difference:,.2f}.")


def _beginning(tables: Tables, since: date | None) -> date | None:
    """Give the week of the snapshot with which the bridge begins."""
    weeks = list(weeks_of(tables))
    limit = since if since is not None else monday(tables.today) - timedelta(days=1)
    return max((week for week in weeks if week <= limit), default=max(weeks, default=None) if since is None else None)


def bridge_since(tables: Tables, start: date, end: date, to_ccy: str) -> tuple[Bridge, list[Row]]:
    """Give the bridge from the snapshot of a week to now, over deals due by a day; and the rows left out without a rate."""
    key = deal_key(tables)
    before, without = in_one_currency(weeks_of(tables)[start], to_ccy, tables)
    was_open = {key(row) for row in before if state_of(row) == "Open"}
    lost = {key(row) for row in without}
    deals = in_picture(tables.rows("opportunities"), start, lambda deal: str(deal["id"]) in was_open)
    now: list[Row] = [{**picture_row(deal, monday(tables.today), tables), "id": str(deal["id"])} for deal in deals]
    after, also_without = in_one_currency([row for row in now if str(row["id"]) not in lost], to_ccy, tables)
    gone = {key(row) for row in also_without}
    found = bridge([row for row in before if key(row) not in gone], after, due_by(end), key)
    return found, [*without, *also_without]


def _part_line(found: Bridge, part: str) -> Line:
    name, sign = PARTS[part]
    moves = found.of(part)
    return Line(name, sign * getattr(found, part), len(moves), why=named_moves(moves, SHOWN))


# ── the month ────────────────────────────────────────────────────────────────────────────────────


def month_map(tables: Tables, request: Request) -> Patch:
    """Give the weeks of a month with the deals due to close, calls planned, proposals to send and renewals of each.

    month: such as 2026-05; without it the running one.
    """
    wanted = request.parameters.get("month")
    days = period_around(tables.today, MONTHS_A_YEAR) if wanted is None else days_of_code(words_of(wanted))
    if days is None or days[0].month != days[1].month:
        raise WrongUse(f"'{words_of(wanted)}' is not a month.", "Use a month such as 2026-05.")
    lines = []
    week = monday(days[0])
    while week <= days[1]:
        first, last = max(week, days[0]), min(week + WEEK - timedelta(days=1), days[1])
        lines.append(_week_line(tables, first, last))
        if (date.max - week).days < WEEK.days:
            break
        week += WEEK
    name = f"{NAMES_OF_MONTHS[days[0].month - 1]} {days[0].year}"
    busiest = max(lines, key=lambda line: line.amount or ZERO)
    total = sum((line.amount or ZERO for line in lines), ZERO)
    count = sum(int(line.number or 0) for line in lines)
    words = f"{name}: {count} {'deal' if count == 1 else 'deals'} due to close, {total:,.2f}"
    words += f"; most of it in the week of {busiest.what}." if total else "."
    return answered(MONTH, lines, tables, period=f"{days[0]:%Y-%m}", message=words)


def _week_line(tables: Tables, first: date, last: date) -> Line:
    def within(row: Row, name: str) -> bool:
        day = day_of(row.get(name))
        return day is not None and first <= day <= last

    due = [deal for deal in tables.rows("opportunities") if state_of(deal) == "Open" and within(deal, "close_date")]
    calls = [call for call in tables.rows("calls") if fold(call.get("status") or "") == "planned" and within(call, "planned_at")]
    drafts = [one for one in tables.rows("proposals") if fold(one.get("status") or "") in ("draft", "approved", "needs approval")]
    renewals = [plan for plan in tables.rows("account_plans") if within(plan, "renewal_date")]
    proposals = [one for one in drafts if within(one, "date")]
    parts = [
        f"Close: {named(due)}" if due else "",
        f"{len(calls)} calls planned" if calls else "",
        f"Proposals to send: {_names(proposals, 'name')}" if proposals else "",
        f"Renewals: {_names(renewals, 'account')}" if renewals else "",
    ]
    amount = sum((amount_of(deal) for deal in due), ZERO)
    return Line(
        f"{first.day} to {last.day} {NAMES_OF_MONTHS[last.month - 1]}",
        amount,
        len(due),
        why="; ".join(p for p in parts if p) or "Nothing planned yet.",
    )


def _names(rows: list[Row], column: str) -> str:
    return ", ".join(words_of(row.get(column)) or str(row["id"]) for row in rows[:SHOWN])


# ── forecasts that are handed in ─────────────────────────────────────────────────────────────────


def submit(tables: Tables, request: Request) -> Patch:
    """Hand in the forecast of the running period for this week: commit and best case as they follow from the deals.

    commit and best take other amounts. Given again in the same week it is brought up to date; the manager's
    adjustment beside it stays.
    """
    quota, days = running_quota(whose(tables), tables)
    now = standing(tables.me, days, _of(quota, tables), tables)
    period = words_of(quota.get("period")) if quota is not None else _code(days)
    own = {name: number_of(request.parameters.get(name)) for name in ("commit", "best")}
    given: dict[str, Value] = {
        "commit": cents(own["commit"]) if own["commit"] is not None else now.commit,
        "best": cents(own["best"]) if own["best"] is not None else now.best_case,
    }
    week = monday(tables.today)
    before = _forecast_of(tables.me, period, week, tables)
    words = f"Forecast for {period}: commit {given['commit']:,.2f}, best case {given['best']:,.2f}"
    if before is None:
        values = {
            "who": tables.me or None,
            "period": period,
            "week": week,
            **given,
            "submitted_at": tables.now,
            "owner": tables.me or None,
        }
        return Patch(new=(NewRow("forecast_calls", values),), message=f"{words}, handed in.")
    changed = {name: value for name, value in given.items() if before.get(name) != value}
    if not changed and before.get("submitted_at") is not None:
        return Patch(message=f"{words}: it stands like this already.")
    edits = tuple(
        Edit("forecast_calls", str(before["id"]), name, value) for name, value in {**changed, "submitted_at": tables.now}.items()
    )
    return Patch(edits, message=f"{words}, brought up to date.")


def _of(quota: Row | None, tables: Tables) -> Row | None:
    """Give the quota with the member's deals in mind: a team's quota lends its period and currency only."""
    if quota is None or fold(quota.get("who") or "") == fold(tables.me):
        return quota
    return {**quota, "amount": None}


def _code(days: tuple[date, date]) -> str:
    """Give the code of a calendar period, such as 2026-Q2; that of the quarter in which a longer or shorter one ends."""
    length = days[1].month - days[0].month + 1
    if length in (1, MONTHS_A_YEAR):
        return f"{days[0]:%Y-%m}" if length == 1 else f"{days[0].year}"
    return f"{days[1].year}-Q{(days[1].month + 2) // 3}"


def _forecast_of(who: str, period: str, week: date, tables: Tables) -> Row | None:
    same = tables.same_key("periods", period)
    found = [
        row
        for row in tables.where("forecast_calls", "who", who)
        if tables.same_key("periods", row.get("period")) == same
        and (day := day_of(row.get("week"))) is not None
        and monday(day) == week
    ]
    return min(found, key=lambda row: str(row["id"])) if found else None


def adjust(tables: Tables, request: Request) -> Patch:
    """Put a manager's adjustment beside a member's newest forecast, with its reason; the member's figure stays.

    who, amount, reason: whose forecast, by how much (may be below zero), and why.
    """
    who, reason = words_of(request.parameters.get("who")), words_of(request.parameters.get("reason"))
    amount = number_of(request.parameters.get("amount"))
    chosen = [row for record in request.records if (row := tables.get("forecast_calls", record)) is not None]
    if not who and len(chosen) == 1:
        who = words_of(chosen[0].get("who"))
    if not who or amount is None:
        raise WrongUse(
            "Say whose forecast, and by how much.", "For example who=ana@example.com amount=-5000 reason='Two deals are soft'."
        )
    if amount and not reason:
        raise WrongUse("Manager adjustment needs a reason.", "Say in a few words why.")
    if fold(who) == fold(tables.me):
        raise WrongUse("An adjustment is made by the manager; change your own forecast by handing it in again.")
    rows = chosen or _running_forecasts(who, tables)
    if not rows:
        raise WrongUse(f"There is no forecast of {who} for a running period.", "Ask for one, then adjust it.")
    row = max(rows, key=lambda one: (day_of(one.get("week")) or date.min, str(one["id"])))
    values: Mapping[str, Value] = {"manager_adjustment": cents(amount), "adjustment_reason": reason or None}
    edits = tuple(Edit("forecast_calls", str(row["id"]), name, value) for name, value in values.items() if row.get(name) != value)
    commit = number_of(row.get("commit")) or ZERO
    words = f"{who}: commit {commit:,.2f} stays; with your adjustment of {amount:,.2f} it counts as {commit + amount:,.2f}."
    return Patch(edits, message=words, rows_read=len(rows))


def _running_forecasts(who: str, tables: Tables) -> list[Row]:
    return [
        row
        for row in tables.where("forecast_calls", "who", who)
        if (days := period_days(row.get("period"), tables)) is not None and days[0] <= tables.today <= days[1]
    ]


def adjusted(row: Row) -> Decimal | None:
    """Give the commit of a forecast with the manager's adjustment; None without a commit."""
    commit = number_of(row.get("commit"))
    return None if commit is None else commit + (number_of(row.get("manager_adjustment")) or ZERO)


def newest_forecast(who: str, days: tuple[date, date], tables: Tables) -> Row | None:
    """Give the newest forecast that a member handed in for exactly this period."""
    found = [row for row in tables.where("forecast_calls", "who", who) if period_days(row.get("period"), tables) == days]
    return max(found, key=lambda row: (day_of(row.get("week")) or date.min, str(row["id"])), default=None)
