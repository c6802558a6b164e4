"""Where a member or team stands in a period: booked, commit, best case, weighted, gap, coverage, range, chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sheetsales.coverage import coverage, needed_coverage
from sheetsales.forecast import Deal, Distribution, distribution, expected, spread
from sheetsales.periods import period_around
from sheetsales.pipeline import ZERO, amount_of, deals_of, period_days, state_of, won_within
from sheetsales.process import Row, Tables
from sheetsales.score import shrunk
from sheetsales.values import cents, day_of, fold, number_of, words_of

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9  # the range holds the sum with a chance of 80 %
PRIOR_WIN: Final = Decimal("0.25")  # where no policy says otherwise
SHRINK_K: Final = Decimal(10)


@dataclass(frozen=True, slots=True)
class Standing:
    """The figures of one period. Amounts are money; low and high hold the sum with 80 % chance.

    commit and best_case include what is closed. quota, gap, coverage, chance are None without a quota; coverage
    also where the quota is reached. chance: with the common shock; chance_apart: were the deals independent.
    win_rate: by value, shrunk, of `closed_deals` deals; needed is 1 ÷ it. won, due: the deals behind the figures;
    left_out: those that have no rate. sums: how likely which sum of the open deals is, in cents.
    """

    closed: Decimal
    commit: Decimal
    best_case: Decimal
    open_amount: Decimal
    weighted: Decimal
    low: Decimal
    middle: Decimal
    high: Decimal
    deviation: Decimal
    quota: Decimal | None
    gap: Decimal | None
    coverage: Decimal | None
    needed: Decimal | None
    chance: float | None
    chance_apart: float | None
    win_rate: Decimal | None
    closed_deals: int
    won: tuple[Row, ...]
    due: tuple[Row, ...]
    left_out: tuple[Row, ...]
    deals: tuple[Deal, ...]
    sums: Distribution


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


def in_one_currency(rows: Iterable[Row], to_ccy: str, tables: Tables) -> tuple[list[Row], list[Row]]:
    """Give the rows with their amounts in one currency, and those that have no dated rate, as they are."""
    good: list[Row] = []
    bad: list[Row] = []
    for row in rows:
        rate = rate_of(words_of(row.get("ccy")), to_ccy, tables)
        if rate is None:
            bad.append(row)
        else:
            good.append(row if rate == 1 else {**row, "amount": cents(amount_of(row) * rate)})
    return good, bad


def is_due(deal: Row, end: date) -> bool:
    """Say whether an open deal counts for a period: it closes by its end and is not omitted from the forecast."""
    close = day_of(deal.get("close_date"))
    omitted = fold(deal.get("forecast_category") or "") == "omitted"
    return state_of(deal) == "Open" and not omitted and close is not None and close <= end


def deals_in_view(who: str, tables: Tables) -> list[Row]:
    """Give the opportunities of a member or team; for the manager at work, those of everybody below as well."""
    leads = fold(who) == fold(tables.me) != "" and bool(tables.where("people", "manager", tables.me))
    return list(tables.rows("opportunities")) if leads else deals_of(who, tables)


def standing(who: str, days: tuple[date, date], quota: Row | None, tables: Tables, correlation: float = 0.0) -> Standing:
    """Say where a member or team stands in the period from days[0] to days[1], in the currency of the quota.

    correlation: of the deals with one another, by a common shock; see `forecast`.
    """
    to = words_of(quota.get("ccy")) if quota is not None else ""
    target = number_of(quota.get("amount")) if quota is not None else None
    return standing_of(deals_in_view(who, tables), days, target, to, tables, correlation)


def standing_of(
    rows: Sequence[Row], days: tuple[date, date], quota: Decimal | None, to_ccy: str, tables: Tables, correlation: float = 0.0
) -> Standing:
    """Say where these opportunities stand against an amount.

    Open deals count with a close date up to the end of the period, those with none or in category Omitted do
    not; a lost deal adds nothing. Amounts are brought to one currency; a deal without a dated rate is left
    out and named.
    """
    won, without = in_one_currency(won_within(rows, *days), to_ccy, tables)
    due, also_without = in_one_currency([row for row in rows if is_due(row, days[1])], to_ccy, tables)
    closed, open_amount = _total(won), _total(due)
    odds = [(cents(amount_of(row)), probability_of(row, tables)) for row in due]
    deals = tuple((max(0, int(amount * 100)), float(p)) for amount, p in odds)
    sums = distribution(deals, correlation)
    apart = sums if correlation <= 0 else distribution(deals)
    commit = closed + _total(due, "commit")
    weighted = cents(expected(odds))
    win_rate, n = win_rate_by_value(rows, to_ccy, tables)
    left = int((quota - closed) * 100) if quota is not None else 0
    low, middle, high = (closed + Decimal(sums.quantile(part)) / 100 for part in (LOW, MIDDLE, HIGH))
    return Standing(
        closed,
        commit,
        commit + _total(due, "best case"),
        open_amount,
        weighted,
        low,
        middle,
        high,
        cents(Decimal(repr(spread(odds, correlation)))),
        quota,
        max(quota - closed - weighted, ZERO) if quota is not None else None,
        coverage(open_amount, quota, closed) if quota is not None else None,
        needed_coverage(win_rate),
        sums.at_least(left) if quota is not None else None,
        apart.at_least(left) if quota is not None else None,
        win_rate,
        n,
        tuple(won),
        tuple(due),
        (*without, *also_without),
        deals,
        sums,
    )


def _total(rows: Iterable[Row], category: str = "") -> Decimal:
    wanted = (row for row in rows if not category or fold(row.get("forecast_category") or "") == category)
    return sum((cents(amount_of(row)) for row in wanted), ZERO)


def win_rate_by_value(rows: Iterable[Row], to_ccy: str, tables: Tables) -> tuple[Decimal | None, int]:
    """Give won ÷ closed by value of all closed deals, shrunk, and how many there are; None without one that has an amount.

    The deals taken to have been seen before count with the mean amount of those closed.
    """
    closed, _ = in_one_currency([row for row in rows if state_of(row) != "Open" and amount_of(row) > 0], to_ccy, tables)
    total = _total(closed)
    if total <= 0:
        return None, 0
    won = _total(row for row in closed if state_of(row) == "Won")
    k = setting(tables, "shrink_k", SHRINK_K) * total / len(closed)
    return shrunk(won, total, setting(tables, "prior_win", PRIOR_WIN), k), len(closed)


# ── the period, the quota, the numbers of the policy ─────────────────────────────────────────────


def setting(tables: Tables, name: str, default: Decimal = ZERO) -> Decimal:
    """Give a number of the policy of deals: the team's own, else the one its process declares."""
    return Decimal(tables.policy.get(f"deals.{name}", default))


def is_running(days: tuple[date, date] | None, tables: Tables) -> bool:
    """Say whether today lies within these days."""
    return days is not None and days[0] <= tables.today <= days[1]


def running_quota(who: Iterable[str], tables: Tables) -> tuple[Row | None, tuple[date, date]]:
    """Give the quota of the shortest running period, of the first of these that has one; with the days of the period.

    Else, for a manager at work, what those who report to the manager are to book together. Without any, the
    calendar period in which today lies.
    """
    for one in who:
        running = [
            ((days[1] - days[0]).days, str(row["id"]), row, days)
            for row in tables.where("quotas", "who", one)
            if (days := period_days(row.get("period"), tables)) is not None and is_running(days, tables)
        ]
        if running:
            return min(running, key=lambda each: each[:2])[2:]
    together = _reports_quota(tables)
    if together is not None:
        return together
    return None, period_around(tables.today, int(setting(tables, "periods_a_year", Decimal(4))))


def _reports_quota(tables: Tables) -> tuple[Row, tuple[date, date]] | None:
    """Give the quotas of the members who report to the one at work as one, over the shortest running period."""
    reports = {fold(row["email"]) for row in tables.where("people", "manager", tables.me or None) if row.get("email") is not None}
    rows = [
        (days, row)
        for row in sorted(tables.rows("quotas"), key=lambda one: str(one["id"]))
        if fold(row.get("who") or "") in reports
        and (days := period_days(row.get("period"), tables)) is not None
        and is_running(days, tables)
    ]
    if not rows:
        return None
    shortest, first = min(rows, key=lambda one: ((one[0][1] - one[0][0]).days, str(one[1]["id"])))
    ccy = words_of(first.get("ccy"))
    same, _ = in_one_currency([row for days, row in rows if days == shortest], ccy, tables)
    amount = sum((amount_of(row) for row in same), ZERO)
    return {"id": "", "who": tables.me, "period": first.get("period"), "amount": amount, "ccy": ccy or None}, shortest


def whose(tables: Tables) -> tuple[str, ...]:
    """Give for whom quotas are looked up at a member's own: the member, then the team."""
    person = tables.person(tables.me)
    team = words_of(person.get("team")) if person is not None else ""
    return tuple(one for one in (tables.me, team) if one)


Within = Callable[[Row], bool]


def due_by(end: date) -> Within:
    """Give the rule that says whether a deal of a picture is due by a day."""
    return lambda row: (day := day_of(row.get("close_date"))) is not None and day <= end
