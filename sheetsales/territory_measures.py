"""Measures of territory management: calls done against planned, minimums met, return reached, worth of an hour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from sheetsales.attention import Key, hours_of_a_call, key_of, margins_of, minimum_calls, number, sales_at
from sheetsales.process import Figure, Row, Tables, share
from sheetsales.values import cents, day_of, number_of, ratio


def accounts_by_key(tables: Tables) -> dict[Key, Row]:
    """Give the territory accounts by owner and account."""
    return {key_of(row, tables): row for row in tables.rows("territory_accounts")}


def _weeks(tables: Tables, start: date, end: date) -> list[tuple[Row, Row | None]]:
    """Rows of the call calendar whose week lies within the days, each with its territory account."""
    accounts = tables.once("territory accounts by key", accounts_by_key)
    return [
        (row, accounts.get(key_of(row, tables)))
        for row in tables.rows("call_calendar")
        if (week := day_of(row.get("week"))) is not None and start <= week <= end
    ]


def _sum(rows: Sequence[Row], name: str) -> Decimal:
    return sum((number_of(row.get(name)) or Decimal(0) for row in rows), Decimal(0))


def calls_done(tier: str = "") -> Callable[[Tables, date, date], Figure]:
    """Give the measure calls done ÷ planned, over all accounts or those of one tier."""

    def compute(tables: Tables, start: date, end: date) -> Figure:
        rows = [
            row
            for row, account in _weeks(tables, start, end)
            if not tier or (account is not None and account.get("tier") == tier)
        ]
        value = ratio(_sum(rows, "calls_done"), _sum(rows, "calls_planned"))
        return Figure(value, len(rows), tuple(str(row["id"]) for row in rows))

    return compute


def _done(tables: Tables, start: date, end: date) -> dict[str, Decimal]:
    done: dict[str, Decimal] = {}
    for row, account in _weeks(tables, start, end):
        if account is not None:
            record = str(account["id"])
            done[record] = done.get(record, Decimal(0)) + (number_of(row.get("calls_done")) or Decimal(0))
    return done


def minimum_met(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of accounts with a minimum whose calls done from start to end (one period) reach it."""
    done = _done(tables, start, end)
    whole = [row for row in tables.rows("territory_accounts") if minimum_calls(row, tables) > 0]
    return share([row for row in whole if done.get(str(row["id"]), Decimal(0)) >= minimum_calls(row, tables)], whole)


def return_reached(tables: Tables, start: date, end: date) -> Figure:
    """Give the expected return of the calls done (one period) ÷ that of the calls recommended; an estimate."""
    done = _done(tables, start, end)
    rows = [row for row in tables.rows("territory_accounts") if number_of(row.get("calls_recommended")) is not None]
    margins = margins_of(rows, tables)
    reached = planned = 0.0
    for row in rows:
        worth = 1.0 if margins is None else float(margins[str(row["id"])])
        reached += worth * sales_at(row, done.get(str(row["id"]), Decimal(0)), tables)
        planned += worth * sales_at(row, number_of(row.get("calls_recommended")) or Decimal(0), tables)
    value = ratio(Decimal(round(reached * 100)), Decimal(round(planned * 100)))
    return Figure(value, len(rows), tuple(str(row["id"]) for row in rows))


def _per_hour(rows: Sequence[Row], money: Decimal, tables: Tables) -> Figure:
    hours = sum(((number_of(row.get("calls_current")) or Decimal(0)) * hours_of_a_call(row) for row in rows), Decimal(0))
    value = ratio(money, hours * number(tables, "periods_a_year"))
    return Figure(None if value is None else cents(value), len(rows), tuple(str(row["id"]) for row in rows))


def sales_per_hour(tables: Tables, _start: date, _end: date) -> Figure:
    """Give present sales a year ÷ selling hours a year (calls now × hours of a call)."""
    rows = tables.rows("territory_accounts")
    return _per_hour(rows, _sum(rows, "current_sales"), tables)


def margin_per_hour(tables: Tables, _start: date, _end: date) -> Figure:
    """Give present margin a year ÷ selling hours a year; accounts whose margin nobody knows are left out."""
    rows = [
        (row, margin)
        for row in tables.rows("territory_accounts")
        if (margin := number_of(row.get("margin")) or number(tables, "team_margin"))
    ]
    money = sum(((number_of(row.get("current_sales")) or Decimal(0)) * margin for row, margin in rows), Decimal(0))
    return _per_hour([row for row, _ in rows], money, tables)


def a_accounts_reached(tables: Tables, _start: date, _end: date) -> Figure:
    """Give sales ÷ potential of the A accounts."""
    rows = [row for row in tables.rows("territory_accounts") if row.get("tier") == "A"]
    return Figure(ratio(_sum(rows, "current_sales"), _sum(rows, "potential")), len(rows), tuple(str(row["id"]) for row in rows))
