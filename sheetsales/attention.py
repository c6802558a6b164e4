"""Attention: how many calls an account deserves, gets and repays; the policy of the territory process.

The policy stands here, at the top, because the rules below and the process file both read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sheetsales.curves import MORE, TODAY, Curve, Point, PowerCurve, fit_curve, fit_points
from sheetsales.periods import PERIODS_A_YEAR, monday, period_around
from sheetsales.process import Policy, Row, Tables, numbers
from sheetsales.rank import TIERS
from sheetsales.values import Value, day_of, fold, number_of, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy(
        "periods_a_year",
        4,
        "periods",
        "Attention is planned by quarter: figures a year are divided, rounded down.",
        choices=PERIODS_A_YEAR,
    ),
    Policy("a_below", Decimal("0.80"), "share", "Accounts that begin below 80 % of the owner's worth are A."),
    Policy("b_below", Decimal("0.95"), "share", "Those that begin below 95 % are B, the rest C."),
    Policy("calls_a", 24, "calls a year", "Every second week."),
    Policy("calls_b", 12, "calls a year", "Once a month."),
    Policy("calls_c", 4, "calls a year", "Once a quarter."),
    Policy("minimum_a", 12, "calls a year", "Fewer, and the largest accounts feel left alone."),
    Policy("minimum_b", 6, "calls a year", "Every second month."),
    Policy("minimum_c", 1, "calls a year", "Once a year, so that nobody is forgotten."),
    Policy("service_a", "visit every second week, answer the same day, yearly plan", "", "The promise to A accounts."),
    Policy("service_b", "visit monthly or every second month, answer next day", "", "The promise to B accounts."),
    Policy("service_c", "quarterly call, mostly by phone, answer in two days", "", "The promise to C accounts."),
    Policy("elasticity", Decimal("0.34"), "", "Response to calls where nobody gave a judgement: sales grow with calls^0.34."),
    Policy("constant_beyond", 2, "times", "The default curve is held constant beyond twice today's calls.", minimum=1),
    Policy(
        "leave_below", Decimal("0.02"), "share", "A better plan by less is not worth the change: many plans lie near the best."
    ),
    Policy("change_penalty", 0, "money", "What a plan must bring more for each call that it changes; 0 is off."),
    Policy(
        "balance_band", Decimal("0.15"), "share", "A territory's work may lie so far from the mean before it is out of balance."
    ),
    Policy("team_margin", 0, "share", "Margin where an account has none; 0 means not known, then plans look at sales alone."),
    Policy("prospect_share_1", Decimal("0.02"), "share", "Of the potential of a prospect of fit 1, won at the tier's frequency."),
    Policy("prospect_share_2", Decimal("0.05"), "share", "The same at fit 2."),
    Policy("prospect_share_3", Decimal("0.10"), "share", "The same at fit 3."),
    Policy("prospect_share_4", Decimal("0.20"), "share", "The same at fit 4."),
    Policy("prospect_share_5", Decimal("0.30"), "share", "The same at fit 5."),
)
number: Final = numbers("territory", POLICY)
MOST_PER_CENT: Final = 100_000  # of today's sales or calls; beyond, it is a slip of the keyboard
_PAIR: Final = r"({n})\s*%?\s*:\s*({n})\s*%?".replace("{n}", r"[0-9]{1,5}(?:\.[0-9]+)?")
_PAIRS: Final = re.compile(_PAIR)
_ANSWERS: Final = re.compile(rf"\s*{_PAIR}(?:\s*;\s*{_PAIR})*\s*;?\s*")
_DEFAULTS: Final = {entry.name: entry.value for entry in POLICY}

# ── what follows from the rows ───────────────────────────────────────────────────────────────────

Key = tuple[str, str]


def key_of(row: Row, tables: Tables) -> Key:
    """Give owner and account of a row, in the form in which rows of several tables are brought together."""
    return fold(row.get("owner") or ""), tables.same_key("accounts", row.get("account"))


def attention(tier: Value, tables: Tables) -> tuple[int, int]:
    """Give calls and least calls a period that a tier deserves; none without a tier."""
    if tier not in TIERS:
        return 0, 0
    parts = number(tables, "periods_a_year")
    letter = str(tier).casefold()
    return int(number(tables, f"calls_{letter}") // parts), int(number(tables, f"minimum_{letter}") // parts)


def minimum_calls(row: Row, tables: Tables) -> Decimal:
    """Give the least calls of an account in a period: its own, else its tier's."""
    own = number_of(row.get("min_calls"))
    return own if own is not None else Decimal(attention(row.get("tier"), tables)[1])


def least_calls(row: Row, tables: Tables) -> Decimal:
    """Give the calls that no plan may go below: those pinned, else the minimum."""
    pinned = number_of(row.get("pinned_calls"))
    return pinned if pinned is not None else minimum_calls(row, tables)


def hours_of_a_call(row: Row) -> Decimal:
    """Give what one call costs: the call and the travel, in hours."""
    return (number_of(row.get("call_hours")) or Decimal(0)) + (number_of(row.get("travel_hours")) or Decimal(0))


def expected_calls(row: Row, tables: Tables) -> Decimal:
    """Give the calls of this period: done so far and planned for the rest; without a calendar, today's habit."""
    expected = tables.once("territory expected calls", _expected)
    key = key_of(row, tables)
    if (key[0], "") in expected:
        return expected.get(key, Decimal(0))
    return number_of(row.get("calls_current")) or Decimal(0)


def _expected(tables: Tables) -> dict[Key, Decimal]:
    """Calls of the period by owner and account; an owner with a calendar also has an entry for no account."""
    first, last = period_around(tables.today, int(number(tables, "periods_a_year")))
    this_week = monday(tables.today)
    found: dict[Key, Decimal] = {}
    for row in tables.rows("call_calendar"):
        week = day_of(row.get("week"))
        if week is None or not first <= week <= last:
            continue
        done, planned = (number_of(row.get(name)) or Decimal(0) for name in ("calls_done", "calls_planned"))
        key = key_of(row, tables)
        found[key] = found.get(key, Decimal(0)) + (done if monday(week) < this_week else max(done, planned))
        found.setdefault((key[0], ""), Decimal(0))
    return found


def is_below_minimum(row: Row, tables: Tables) -> bool:
    """Say whether the calls of this period will not reach the account's minimum."""
    return expected_calls(row, tables) < minimum_calls(row, tables)


# ── response to calls ────────────────────────────────────────────────────────────────────────────


def answers(row: Row) -> tuple[Decimal | None, Decimal, Decimal | None, Decimal | None]:
    """Give the four judgements: at no calls, today, +50 %, no limit. A prospect buys nothing without calls."""
    low, today, more, high = (number_of(row.get(name)) for name in ("r0", "r1", "r15", "rmax"))
    if low is None and row.get("type") == "Prospect":
        low = Decimal(0)
    return low, today if today is not None else Decimal(TODAY), more, high


def points_of(row: Row) -> tuple[Point, ...] | None:
    """Give the points (calls ÷ today's, sales in per cent) of an account with further answers; () without, None for a slip.

    The answers for no calls, today's and +50 % count among them where the further ones do not say otherwise.
    """
    text = words_of(row.get("further_answers"))
    if not text:
        return ()
    given = _PAIRS.findall(text) if _ANSWERS.fullmatch(text) else []
    if not given:
        return None
    low, today, more, _high = answers(row)
    known = ((0.0, low), (1.0, today), (MORE, more))
    points = {x: float(answer) for x, answer in known if answer is not None and abs(answer) < MOST_PER_CENT}
    points |= {float(calls) / TODAY: float(sales) for calls, sales in given}
    return tuple(sorted(points.items()))


def curve_of(row: Row, tables: Tables) -> Curve | PowerCurve:
    """Give the curve of an account: near five points or more, else of its four judgements where they fit, else the default."""
    near = fit_points(points_of(row) or ())
    if near is not None:
        return near[0]
    low, today, more, high = answers(row)
    fitted = None if low is None or more is None or high is None else fit_curve(low, today, more, high)
    return fitted or PowerCurve(float(number(tables, "elasticity")), float(number(tables, "constant_beyond")))


@dataclass(frozen=True, slots=True)
class Response:
    """What an account buys in a year at a number of calls a period: an estimate.

    at_one: sales at `whole` calls a period, where the curve stands at 100.
    """

    at_one: float
    whole: float
    curve: Curve | PowerCurve

    def sales(self, calls: float) -> float:
        """Give the sales a year to expect at this many calls a period."""
        return self.at_one * self.curve.at(calls / self.whole) / TODAY


def response_of(row: Row, tables: Tables) -> Response:
    """Give the response of an account to calls.

    x is calls ÷ today's; for a prospect, or a customer without calls today, ÷ the tier's frequency.
    """
    current = number_of(row.get("calls_current")) or Decimal(0)
    fit = number_of(row.get("fit"))
    if row.get("type") == "Prospect":
        part = number(tables, f"prospect_share_{int(fit)}") if fit is not None and fit in range(1, 6) else Decimal(0)
        at_one = (number_of(row.get("potential")) or Decimal(0)) * part
    else:
        at_one = number_of(row.get("current_sales")) or Decimal(0)
    whole = current if current > 0 and row.get("type") != "Prospect" else Decimal(max(1, attention(row.get("tier"), tables)[0]))
    return Response(float(at_one), float(whole), curve_of(row, tables))


def sales_at(row: Row, calls: Decimal, tables: Tables) -> float:
    """Give the sales a year to expect at this many calls a period; an estimate."""
    return response_of(row, tables).sales(float(calls))


def margins_of(rows: Sequence[Row], tables: Tables) -> dict[str, Decimal] | None:
    """Give by id what is left of a unit of sales: the account's margin, else the team's, else the mean of those known.

    None where nobody knows any margin: then plans look at sales alone.
    """
    known = {str(row["id"]): margin for row in rows if (margin := number_of(row.get("margin"))) is not None}
    team = number(tables, "team_margin")
    if not known and not team:
        return None
    other = team or sum(known.values(), Decimal(0)) / len(known)
    return {str(row["id"]): known.get(str(row["id"]), other) for row in rows}


def service_level(tier: str, tables: Tables) -> str:
    """Give the promise to accounts of a tier."""
    name = f"service_{tier.casefold()}"
    return str(tables.policy.get(f"territory.{name}", _DEFAULTS[name]))
