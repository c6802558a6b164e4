"""Where a member or team stands in a period: booked, commit, best case, weighted, gap, coverage, chance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sheetsales.forecast import coverage, distribution, expected, needed_coverage
from sheetsales.pipeline import ZERO, amount_of, deals_of, state_of, won_within
from sheetsales.process import Row, Tables
from sheetsales.values import cents, day_of, fold, number_of, words_of


@dataclass(frozen=True, slots=True)
class Standing:
    """The figures of one period. Amounts are money; low and high hold the sum with 80 % chance.

    commit and best_case include what is closed. quota, gap, coverage, needed and chance are None
    without a quota; coverage also where the quota is reached. left_out: deals that have no rate.
    """

    closed: Decimal
    commit: Decimal
    best_case: Decimal
    open_amount: Decimal
    weighted: Decimal
    low: Decimal
    high: Decimal
    quota: Decimal | None
    gap: Decimal | None
    coverage: Decimal | None
    needed: Decimal | None
    chance: float | None
    left_out: tuple[Row, ...]


def probability_of(deal: Row, tables: Tables) -> Decimal:
    """Give the chance of an open deal: its own `p_win` where it has one, else its stage's; within 0 and 1."""
    own = number_of(deal.get("p_win"))
    if own is None:
        stage = tables.find("stages", deal.get("stage"))
        own = number_of(stage.get("probability")) if stage is not None else None
    return min(max(own or ZERO, ZERO), Decimal(1))


def rate_of(ccy: str, to_ccy: str, tables: Tables) -> Decimal | None:
    """Give the newest rate of a day not in the future; 1 within a currency or where one of them is blank."""
    if not ccy or not to_ccy or fold(ccy) == fold(to_ccy):
        return Decimal(1)
    dated = [
        (day, str(row["id"]), rate)
        for row in tables.where("fx_rates", "ccy", ccy)
        if fold(row.get("to_ccy") or "") == fold(to_ccy)
        and (day := day_of(row.get("as_of"))) is not None
        and day <= tables.today
        and (rate := number_of(row.get("rate"))) is not None
    ]
    return max(dated)[2] if dated else None


def standing(who: str, days: tuple[date, date], quota: Row | None, tables: Tables) -> Standing:
    """Say where a member or team stands in the period from days[0] to days[1].

    Open deals count with a close date up to the end of it, those with none or in category Omitted do
    not; a lost deal adds nothing. Amounts are brought to the quota's currency; a deal without a dated
    rate is left out and named.
    """
    to = words_of(quota.get("ccy")) if quota is not None else ""
    rows = deals_of(who, tables)
    amounts: dict[str, Decimal] = {}
    left_out: list[Row] = []
    won = won_within(rows, *days)
    due = [
        row
        for row in rows
        if state_of(row) == "Open"
        and fold(row.get("forecast_category") or "") != "omitted"
        and (day := day_of(row.get("close_date"))) is not None
        and day <= days[1]
    ]
    for row in (*won, *due):
        rate = rate_of(words_of(row.get("ccy")), to, tables)
        if rate is None:
            left_out.append(row)
        else:
            amounts[str(row["id"])] = cents(amount_of(row) * rate)
    won, due = ([row for row in some if str(row["id"]) in amounts] for some in (won, due))
    return _figures(won, due, amounts, quota, rows, tables, tuple(left_out))


def _figures(
    won: list[Row],
    due: list[Row],
    amounts: dict[str, Decimal],
    quota: Row | None,
    rows: list[Row],
    tables: Tables,
    left_out: tuple[Row, ...],
) -> Standing:
    def total(some: Iterable[Row]) -> Decimal:
        return sum((amounts[str(row["id"])] for row in some), ZERO)

    closed = total(won)
    deals = [(amounts[str(row["id"])], probability_of(row, tables)) for row in due]
    sums = distribution([(max(0, int(amount * 100)), float(p)) for amount, p in deals])
    commit = closed + total(row for row in due if fold(row.get("forecast_category") or "") == "commit")
    best = commit + total(row for row in due if fold(row.get("forecast_category") or "") == "best case")
    low, high = (closed + Decimal(sums.quantile(part)) / 100 for part in (0.1, 0.9))
    weighted = cents(expected(deals))
    target = number_of(quota.get("amount")) if quota is not None else None
    gap = max(target - closed - weighted, ZERO) if target is not None else None
    return Standing(
        closed,
        commit,
        best,
        total(due),
        weighted,
        low,
        high,
        target,
        gap,
        coverage(total(due), target, closed) if target is not None else None,
        needed_coverage(
            *(sum(map(amount_of, (row for row in rows if state_of(row) == state)), ZERO) for state in ("Won", "Lost"))
        )
        if target is not None
        else None,
        sums.at_least(int((target - closed) * 100)) if target is not None else None,
        left_out,
    )
