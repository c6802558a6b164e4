"""The measures of account management: actions on time, plans touched, completeness, hand-overs, value kept, health. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from sheetsales.account_health import completeness, on_time, rows_of_account, sales
from sheetsales.process import Figure, Row, Tables, policy_number, share
from sheetsales.values import day_of, fold, number_of, ratio, words_of


def actions_on_time(tables: Tables, start: date, end: date) -> Figure:
    """Plan actions done on time ÷ due."""
    due = [row for row in tables.rows("plan_actions") if (day := day_of(row.get("due"))) is not None and start <= day <= end]
    return share([row for row in due if on_time(row)], due)


def plans_touched(tables: Tables, _start: date, end: date) -> Figure:
    """Plans touched in the 90 days before the end ÷ plans."""
    since, plans = end - timedelta(days=int(policy_number(tables, "accounts.stale_days"))), tables.rows("account_plans")
    days = {str(plan["id"]): day_of(plan.get("touched_on")) or day_of(plan.get("updated_at")) for plan in plans}
    return share([plan for plan in plans if (day := days[str(plan["id"])]) is not None and since < day <= end], plans)


def mean_completeness(tables: Tables, _start: date, _end: date) -> Figure:
    """Mean completeness of the plans."""
    plans = tables.rows("account_plans")
    total = sum((completeness(plan, tables) for plan in plans), Decimal(0))
    return Figure(ratio(total, len(plans)), len(plans), tuple(str(plan["id"]) for plan in plans))


def handovers_in_time(tables: Tables, start: date, end: date) -> Figure:
    """Wins with a hand-over complete within 30 days ÷ wins."""
    wins = [
        row
        for row in tables.rows("opportunities")
        if row.get("outcome") == "Won" and (day := day_of(row.get("close_date"))) is not None and start <= day <= end
    ]
    limit = int(policy_number(tables, "accounts.handover_days"))

    def in_time(win: Row) -> bool:
        won = day_of(win.get("close_date"))
        done = [day_of(row.get("completed_on")) for row in rows_of_account("handovers", win.get("account"), tables)]
        return won is not None and any(day is not None and 0 <= (day - won).days <= limit for day in done)

    return share([win for win in wins if in_time(win)], wins)


def value_kept(tables: Tables, start: date, end: date) -> Figure:
    """Sales to accounts with a plan ÷ their sales in as many days before; accounts without sales before are left out."""
    length = (end - start).days + 1
    if not 0 < length < start.toordinal():  # no such period before this one
        return Figure(None, 0)
    accounts = sorted({words_of(plan.get("account")) for plan in tables.rows("account_plans")} - {""})
    day, this, before, counted = timedelta(days=1), Decimal(0), Decimal(0), []
    for account in accounts:
        deals = rows_of_account("opportunities", account, tables)
        now, then = sales(deals, start, end), sales(deals, start - length * day, start - day)
        if now is not None and then:
            this, before = this + now, before + then
            counted += deals
    currencies = {fold(row.get("ccy") or "") for row in counted}
    value = ratio(this, before) if len(currencies) <= 1 else None
    return Figure(value, len(counted), tuple(str(row["id"]) for row in counted))


def profitability_reached(tables: Tables, _start: date, _end: date) -> Figure:
    """Profitability ÷ goal, over the plans whose goal is a margin."""
    plans = [
        plan
        for plan in tables.rows("account_plans")
        if plan.get("goal_metric") == "Margin"
        and number_of(plan.get("goal_target")) is not None
        and number_of(plan.get("profitability")) is not None
    ]
    got = sum((number_of(plan.get("profitability")) or Decimal(0) for plan in plans), Decimal(0))
    wanted = sum((number_of(plan.get("goal_target")) or Decimal(0) for plan in plans), Decimal(0))
    return Figure(ratio(got, wanted), len(plans), tuple(str(plan["id"]) for plan in plans))


def median_health(tables: Tables, _start: date, _end: date) -> Figure:
    """Median health of the plans that have one."""
    known = {
        str(plan["id"]): value for plan in tables.rows("account_plans") if (value := number_of(plan.get("health"))) is not None
    }
    return Figure(median(known.values()) if known else None, len(known), tuple(known))
