"""The buttons that look ahead: where do I stand, the forecast as a range, what do I need. Pure planners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from statistics import median
from typing import Final

from sheetsales.conversion import (
    CALLS_PER_OPPORTUNITY,
    LEAD_TO_OPPORTUNITY,
    OPPORTUNITY_TO_PROPOSAL,
    Rate,
    conversion_rates,
    typical_size,
)
from sheetsales.coverage import (
    Inputs,
    inputs_of,
    opportunities_for,
    opportunities_to_be_comfortable,
    shortfall,
)
from sheetsales.deal_report import FORECAST, NEED, STAND, Line, answered, listed, named, percent
from sheetsales.forecast import distribution
from sheetsales.pipeline import ZERO, amount_of, cycle_days, state_of
from sheetsales.process import Edit, NewRow, Patch, Request, Row, Tables
from sheetsales.standing import Standing, deals_in_view, running_quota, setting, standing, standing_of, whose
from sheetsales.values import Value, number_of, words_of

DECIDING: Final = 5  # deals whose outcome moves the chance most that are shown one by one
RATE_PLACES: Final = Decimal("0.000001")


def _now(tables: Tables) -> tuple[str, tuple[date, date], Row | None, Standing, str]:
    """Give whose standing it is, the days, the quota, the standing, and the period in words."""
    quota, days = running_quota(whose(tables), tables)
    who = words_of(quota.get("who")) if quota is not None else tables.me
    now = standing(who, days, quota, tables, float(setting(tables, "correlation")))
    period = words_of(quota.get("period")) if quota is not None else f"{days[0].isoformat()} to {days[1].isoformat()}"
    return who, days, quota, now, period


# ── where do I stand ─────────────────────────────────────────────────────────────────────────────


def review(tables: Tables, _request: Request) -> Patch:
    """Say where the member stands in the running period, and which deals stalled or were pushed.

    Looks at all deals of the member whatever is selected; the answer is the message, and lines in the report.
    """
    who, days, _, now, period = _now(tables)
    begun = f"{days[0].isoformat()} to {days[1].isoformat()}"
    parts = [
        f"{begun}: booked {now.closed:,.2f}, commit {now.commit:,.2f}, best case {now.best_case:,.2f}; "
        f"open {now.open_amount:,.2f}, weighted {now.weighted:,.2f}; likely {now.low:,.2f} to {now.high:,.2f}."
    ]
    if now.quota is not None:
        parts.append(
            f"Quota {now.quota:,.2f}: gap {now.gap:,.2f}, {_cover(now)}, chance {percent(now.chance)}: {_comfort(now, tables)}."
        )
    open_deals = [deal for deal in deals_in_view(who, tables) if state_of(deal) == "Open"]
    stalled = [deal for deal in open_deals if deal.get("stalled") == "Yes"]
    flag = setting(tables, "pushed_flag")
    pushed = [deal for deal in open_deals if (number_of(deal.get("push_count")) or ZERO) >= flag]
    parts += [listed("Stalled", stalled), listed("Pushed", pushed)]
    if now.left_out:
        parts.append(listed("Left out, no dated exchange rate", now.left_out))
    lines = [*_standing_lines(now, tables), Line("Stalled", _sum(stalled), len(stalled), why=named(stalled)),
             Line("Pushed", _sum(pushed), len(pushed), why=named(pushed)),
             *([Line("Left out", None, len(now.left_out), why=f"No dated exchange rate: {named(now.left_out)}")] if now.left_out else [])]  # fmt: skip
    return answered(STAND, lines, tables, period=period, message=" ".join(parts))


def _cover(now: Standing) -> str:
    if now.coverage is None:
        return "reached"
    return f"coverage {now.coverage:.1f}" + ("" if now.needed is None else f" of {now.needed:.1f} needed")


def _comfort(now: Standing, tables: Tables) -> str:
    return "comfortable" if (now.chance or 0) >= setting(tables, "comfortable") else "not comfortable yet"


def _sum(rows: Sequence[Row]) -> Decimal:
    return sum((amount_of(row) for row in rows), ZERO)


def _standing_lines(now: Standing, tables: Tables) -> list[Line]:
    lines = [
        Line("Booked", now.closed, len(now.won), why=f"Won in the period: {named(now.won)}" if now.won else "Nothing won in the period yet."),
        Line("Commit", now.commit, why="Booked and the open deals in Commit."),
        Line("Best case", now.best_case, why="Commit and the open deals in Best case."),
        Line("Open", now.open_amount, len(now.due), why=f"Due by the end of the period: {named(now.due)}" if now.due else "No open deal closes by the end of the period."),
        Line("Weighted", now.weighted, why="Each open amount times its probability."),
    ]  # fmt: skip
    if now.quota is not None and now.gap is not None:
        lines += [
            Line("Quota", now.quota),
            Line("Gap", now.gap, why=f"Quota {now.quota:,.2f} - booked {now.closed:,.2f} - weighted {now.weighted:,.2f}"),
            _coverage_line(now),
            Line("Chance", share=now.chance, why=f"To reach the quota: {_comfort(now, tables)}; comfortable is {percent(setting(tables, 'comfortable'))}."),
        ]  # fmt: skip
    return lines


def _coverage_line(now: Standing) -> Line:
    if now.coverage is None:
        return Line("Coverage", why="The quota is reached.")
    needed = (
        ""
        if now.needed is None
        else f" {now.needed:.1f} times are needed at a win rate of {percent(now.win_rate)} by value (n = {now.closed_deals})."
    )
    return Line("Coverage", number=now.coverage, why=f"Open ÷ (quota - booked).{needed}")


# ── the forecast as a range ──────────────────────────────────────────────────────────────────────


def forecast(tables: Tables, request: Request) -> Patch:
    """Give the forecast of the running period as a range, with the chance to reach the quota.

    correlation: how much deals hang together, instead of the policy's. The sums are exact; the chances follow
    from all outcomes of the deals under one common shock.
    """
    quota, days = running_quota(whose(tables), tables)
    given = number_of(request.parameters.get("correlation"))
    correlation = min(max(setting(tables, "correlation") if given is None else given, ZERO), Decimal(1))
    who = words_of(quota.get("who")) if quota is not None else tables.me
    now = standing(who, days, quota, tables, float(correlation))
    period = words_of(quota.get("period")) if quota is not None else f"{days[0].isoformat()} to {days[1].isoformat()}"
    expected = now.closed + now.weighted
    words = [f"{period}: {expected:,.2f} expected, {now.low:,.2f} to {now.high:,.2f} with a chance of 80 %."]
    if now.quota is not None:
        words.append(
            f"Chance to reach {now.quota:,.2f}: {percent(now.chance)} ({percent(now.chance_apart)} were the deals independent)."
        )
    if now.left_out:
        words.append(listed("Left out, no dated exchange rate", now.left_out))
    return answered(FORECAST, _forecast_lines(now, correlation), tables, period=period, message=" ".join(words))


def _forecast_lines(now: Standing, correlation: Decimal) -> list[Line]:
    together = f"Deals hang together with a correlation of {correlation.normalize():f}, so that a bad quarter hits all."
    lines = [
        Line("Booked", now.closed, len(now.won), why=named(now.won)),
        Line("Expected", now.closed + now.weighted, len(now.due), why=f"Booked {now.closed:,.2f} + weighted {now.weighted:,.2f}"),
        Line("Standard deviation", now.deviation, why=f"How far it may miss. {together if correlation else 'The deals are taken to be independent.'}"),
        Line("Low", now.low, share=Decimal("0.9"), why="Reached nine times in ten."),
        Line("Middle", now.middle, share=Decimal("0.5"), why="Reached every other time."),
        Line("High", now.high, share=Decimal("0.1"), why="Reached one time in ten."),
        Line("Commit", now.commit, share=_reach(now, now.commit), why="A promise; the share is the chance that it is kept."),
        Line("Best case", now.best_case, share=_reach(now, now.best_case), why="The share is the chance to reach it."),
    ]  # fmt: skip
    if now.quota is None:
        return lines
    apart = f"Were the deals independent: {percent(now.chance_apart)}."
    return [
        *lines,
        Line("Quota", now.quota, share=now.chance, why=f"The share is the chance to reach it. {apart}"),
        *_deciding(now),
    ]


def _reach(now: Standing, amount: Decimal) -> float:
    return now.sums.at_least(int((amount - now.closed) * 100))


def _deciding(now: Standing) -> list[Line]:
    """Give the deals whose outcome moves the chance most, each with the chance with and without it."""
    if now.quota is None:
        return []
    left = int((now.quota - now.closed) * 100)
    places = sorted(range(len(now.deals)), key=lambda n: (-_swing(now.deals[n]), str(now.due[n]["id"])))
    lines = []
    for place in places[:DECIDING]:
        amount, chance = now.deals[place]
        others = distribution([deal for n, deal in enumerate(now.deals) if n != place])
        won, lost = others.at_least(left - amount), others.at_least(left)
        why = f"Decides: with it the chance is {percent(won)}, without it {percent(lost)} (the others taken as independent)."
        lines.append(Line(named([now.due[place]]), Decimal(amount) / 100, share=chance, why=why))
    return lines


def _swing(deal: tuple[int, float]) -> float:
    return float(deal[0]) ** 2 * deal[1] * (1 - deal[1])


# ── what do I need ───────────────────────────────────────────────────────────────────────────────


def inputs(tables: Tables, request: Request) -> Patch:
    """Turn the gap to the quota into inputs: new opportunities, leads, proposals and calls, by own conversion rates.

    goal, win_rate and size take the place of the quota, the own win rate by value and the own deal size.
    """
    quota, days = running_quota(whose(tables), tables)
    goal = number_of(request.parameters.get("goal"))
    target = goal if goal is not None and goal > 0 else number_of(quota.get("amount")) if quota is not None else None
    period = words_of(quota.get("period")) if quota is not None else f"{days[0].isoformat()} to {days[1].isoformat()}"
    rates = conversion_rates(tables.me, tables)
    if target is None:
        words = "There is no quota for a running period; name a goal, or let operations enter one under Quotas."
        return _with_rates(answered(NEED, [Line("Quota", why=words)], tables, period=period, message=words), rates, tables)
    who = words_of(quota.get("who")) if quota is not None else tables.me
    rows, ccy = deals_in_view(who, tables), words_of(quota.get("ccy")) if quota is not None else ""
    correlation = float(setting(tables, "correlation"))
    now = standing_of(rows, days, target, ccy, tables, correlation)
    given_rate, given_size = (number_of(request.parameters.get(name)) for name in ("win_rate", "size"))
    win = given_rate if given_rate is not None and 0 < given_rate <= 1 else now.win_rate or setting(tables, "prior_win")
    own, n = typical_size(rows)
    size = given_size if given_size is not None and given_size > 0 else own or ZERO
    enough = opportunities_to_be_comfortable(
        now.deals, int((target - now.closed) * 100), float(win), int(size * 100),
        wanted=float(setting(tables, "comfortable")), correlation=correlation,
    )  # fmt: skip
    gap = now.gap if now.gap is not None else ZERO
    on_average = opportunities_for(gap, win, size)
    lines, message = _need_lines(now, win, size, n, on_average, enough, rates, tables, days[1], cycle_days(rows))
    return _with_rates(answered(NEED, lines, tables, period=period, message=message), rates, tables)


def _need_lines(
    now: Standing,
    win: Decimal,
    size: Decimal,
    n: int,
    on_average: int | None,
    enough: int | None,
    rates: Sequence[Rate],
    tables: Tables,
    end: date,
    cycles: Sequence[int],
) -> tuple[list[Line], str]:
    quota, gap = now.quota or ZERO, now.gap or ZERO
    wanted = percent(setting(tables, "comfortable"))
    short = shortfall(now.open_amount, quota, now.closed, win)
    needed = on_average if enough is None else max(enough, 0)
    asked = _inputs(needed or 0, size, rates)
    lines = [
        Line("Gap", gap, why=f"Quota {quota:,.2f} - booked {now.closed:,.2f} - weighted {now.weighted:,.2f}"),
        _coverage_line(now),
        Line("Pipeline short", short, why=f"Needed is (quota - booked) ÷ the win rate of {percent(win)} by value; open is {now.open_amount:,.2f}."),
        Line("New opportunities on average", number=on_average, why=f"Gap ÷ (win rate {percent(win)} x size {size:,.2f})" + (f", the size of {n} deals" if n else "")),
        Line("New opportunities to be comfortable", number=enough, share=setting(tables, "comfortable"),
             why=f"The fewest with which the chance to reach the quota is {wanted}; it is {percent(now.chance)} now."),
        Line("Leads", number=asked.leads, why=_rate_words(rates, LEAD_TO_OPPORTUNITY, "of decided leads become opportunities")),
        Line("Proposals", number=asked.proposals, why=_rate_words(rates, OPPORTUNITY_TO_PROPOSAL, "of opportunities get a proposal")),
        Line("Calls", number=asked.calls, why=_rate_words(rates, CALLS_PER_OPPORTUNITY, "calls for each opportunity")),
        _last_day(tables, end, cycles, asked),
    ]  # fmt: skip
    if gap <= 0 and enough == 0:
        return (
            lines,
            f"Nothing more is needed: the chance to reach {quota:,.2f} is {percent(now.chance)}, and {wanted} is comfortable.",
        )
    parts = [
        f"Gap {gap:,.2f}: {_count(on_average)} new opportunities of {size:,.2f} at a win rate of {percent(win)} close it on average."
    ]
    parts.append(
        f"To be comfortable ({wanted}): {_count(enough)} of them"
        if enough is not None
        else f"No number of them makes it comfortable ({wanted})"
    )
    parts[-1] += f"; {_count(asked.leads)} leads, {_count(asked.proposals)} proposals, {_count(asked.calls)} calls."
    parts.append(lines[-1].why)
    return lines, " ".join(parts)


def _count(number: int | None) -> str:
    return "no number of" if number is None else f"{number:,}"


def _inputs(opportunities: int, size: Decimal, rates: Sequence[Rate]) -> Inputs:
    by_step = {rate.step: rate.rate for rate in rates}
    return inputs_of(
        opportunities,
        size,
        lead_to_opportunity=by_step[LEAD_TO_OPPORTUNITY],
        opportunity_to_proposal=by_step[OPPORTUNITY_TO_PROPOSAL],
        calls_per_opportunity=by_step[CALLS_PER_OPPORTUNITY],
    )


def _rate_words(rates: Sequence[Rate], step: str, words: str) -> str:
    rate = next(one for one in rates if one.step == step)
    shown = f"{rate.rate:.1f}" if step == CALLS_PER_OPPORTUNITY else percent(rate.rate)
    return f"{shown} {words} (n = {rate.n})."


def _last_day(tables: Tables, end: date, cycles: Sequence[int], asked: Inputs) -> Line:
    """Say until when a new opportunity still closes within the period, and what that is a week."""
    if len(cycles) < setting(tables, "enough_won"):
        return Line(
            "Open them by", why=f"{len(cycles)} won deals: too few for a median cycle. The period ends on {end.isoformat()}."
        )
    cycle = int(Decimal(median(cycles)))
    last = end - timedelta(days=min(cycle, (end - date.min).days))
    if last < tables.today:
        return Line(
            "Open them by",
            why=f"New opportunities opened now close after the period ends (median cycle {cycle} days): the gap must come from open deals.",
        )
    weeks = max(1, int((Decimal((last - tables.today).days + 1) / 7).to_integral_value(ROUND_CEILING)))
    a_week = -(-asked.opportunities // weeks)
    return Line(
        "Open them by",
        number=weeks,
        why=f"{last.isoformat()}: with a median cycle of {cycle} days that is {weeks} weeks, {a_week} a week.",
    )


def _with_rates(patch: Patch, rates: Sequence[Rate], tables: Tables) -> Patch:
    """Add the conversion rates to a patch: one row per step and member, written anew where it changed."""
    mine = {words_of(row.get("step")): row for row in tables.rows("conversion_rates") if words_of(row.get("owner")) == tables.me}
    edits, new = list(patch.edits), list(patch.new)
    for rate in rates:
        values: dict[str, Value] = {"rate": rate.rate.quantize(RATE_PLACES), "n": rate.n}
        row = mine.get(rate.step)
        if row is None:
            new.append(NewRow("conversion_rates", {"step": rate.step, **values, "owner": tables.me or None}))
        else:
            edits += [
                Edit("conversion_rates", str(row["id"]), name, value) for name, value in values.items() if row.get(name) != value
            ]
    return Patch(tuple(edits), tuple(new), message=patch.message, rows_read=patch.rows_read)
