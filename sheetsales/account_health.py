"""How complete an account plan is, when it was touched, and how healthy the account is, with reasons.

Called by the account process; everything here is pure and total over whatever a row may hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from sheetsales.process import Row, Tables
from sheetsales.values import Value, canonical_number, day_of, fold, number_of, ratio, to_text, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

GOAL_LENGTH: Final = 10  # characters: a word alone is no goal
NEEDS: Final = 5  # a plan with more than five needs has no focus
ENOUGH_ACTIONS: Final = 3  # a plan with fewer is a wish
COMPLETENESS: Final = {  # points of 100
    "goal": 20,
    "metric": 15,
    "need": 20,
    "capability": 15,
    "actions": 20,
    "renewal": 10,
}
HEALTH: Final = {"touch": 25, "stakeholders": 20, "actions": 20, "trend": 20, "overdue": 15}  # points of 100
TOUCH_DAYS: Final = (30, 60)  # up to here full points, up to here half
STAKEHOLDERS: Final = (3, 1)  # from here full points, from here half
TREND: Final = (Decimal(0), Decimal("-0.10"))  # from here full points, from here half
ACTION_COLUMNS: Final = ("id", "action", "serves_need", "owner", "due", "done")
FULL, HALF, NONE = Decimal(1), Decimal("0.5"), Decimal(0)


# ── the plan ─────────────────────────────────────────────────────────────────────────────────────


def plan_name(plan: Row) -> str:
    """Give the text by which a plan is referred to: account and period."""
    return f"{words_of(plan.get('account'))} {words_of(plan.get('period'))}".strip()


def actions_of(plan: Row, tables: Tables) -> list[Row]:
    """Give the actions of a plan, by id; also where the plan is so new that its name is not in the table yet."""
    rows = tables.children("plan_actions", "plan", "account_plans", plan)
    found = {str(row["id"]): row for row in (*rows, *tables.where("plan_actions", "plan", plan_name(plan) or None))}
    return [found[record] for record in sorted(found)]


def needs_of(plan: Row) -> dict[int, str]:
    """Give the customer needs that are written, by number."""
    needs = {n: words_of(plan.get(f"customer_need_{n}")) for n in range(1, NEEDS + 1)}
    return {n: need for n, need in needs.items() if need}


def has_goal(plan: Row) -> bool:
    """Say whether the goal is written in more than a word."""
    return len(words_of(plan.get("our_goal"))) >= GOAL_LENGTH


def wording(plan: Row, tables: Tables, columns: Sequence[str]) -> str:
    """Give ten characters that stand for what people wrote in these columns of a plan, and in its actions."""
    digest = hashlib.blake2b(digest_size=5)
    for row, names in ((plan, columns), *((row, ACTION_COLUMNS) for row in actions_of(plan, tables))):
        digest.update(
            repr([(name, to_text(row[name])) for name in names if row.get(name) is not None]).encode("utf-8", "replace")
        )
    return digest.hexdigest()


def touched(plan: Row, tables: Tables, columns: Sequence[str]) -> tuple[date | None, str]:
    """Give the day on which people last changed a plan or its actions, and the wording of that day.

    `updated_at` would not do: it also moves when a computed column is written, such as the status Stale.
    """
    now, day = wording(plan, tables, columns), day_of(plan.get("touched_on"))
    if day is None:
        return day_of(plan.get("updated_at")) or tables.today, now
    return (day if plan.get("touched_as") == now else tables.today), now


def days_untouched(plan: Row, tables: Tables) -> int | None:
    """Give the days since the plan was touched; None for a plan never synced."""
    day = day_of(plan.get("touched_on")) or day_of(plan.get("updated_at"))
    return None if day is None else (tables.today - day).days


def completeness(plan: Row, actions: int) -> Decimal:
    """Give how much of a plan is there, 0 to 1. actions: how many open or done ones it has."""
    needs = needs_of(plan)
    parts = {
        "goal": has_goal(plan),
        "metric": plan.get("goal_metric") is not None and plan.get("goal_target") is not None,
        "need": bool(needs),
        "capability": bool(needs) and all(words_of(plan.get(f"our_capability_{n}")) for n in needs),
        "actions": actions >= ENOUGH_ACTIONS,
        "renewal": plan.get("renewal_date") is not None,
    }
    return Decimal(sum(COMPLETENESS[part] for part, there in parts.items() if there)) / 100


def on_time(action: Row) -> bool:
    """Say whether an action was done by its day."""
    done, due = day_of(action.get("done")), day_of(action.get("due"))
    return done is not None and due is not None and done <= due


# ── health ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Facts:
    """What the health of an account is judged by; None where it is not known.

    touch_days: days since the last two-way touch. stakeholders: people with stance 0 or better.
    on_time: share of the actions due that were done in time. trend: sales against the last period,
    as a share (-0.05 is 5 % less). overdue: open promises or issues past their day.
    """

    touch_days: int | None = None
    stakeholders: int | None = None
    on_time: Decimal | None = None
    trend: Decimal | None = None
    overdue: int | None = None


@dataclass(frozen=True)
class Health:
    """The health of an account, 0 to 100, None where nothing is known; its reasons and how many parts are known."""

    score: int | None
    reasons: tuple[str, ...]
    known: int


def health(facts: Facts) -> Health:
    """Judge an account by five parts; unknown parts are left out and the rest is scaled up to 100."""
    parts = _graded(facts)
    whole = sum(HEALTH[part] for part, _, _ in parts)
    if not whole:
        return Health(None, ("nothing is known yet",), 0)
    points = sum((HEALTH[part] * grade for part, _, grade in parts), NONE)
    score = int((points * 100 / whole).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    reasons = [f"{words}: {_tenths(HEALTH[part] * grade)} of {HEALTH[part]}" for part, words, grade in parts]
    if len(parts) < len(HEALTH):
        reasons.append(f"based on {len(parts)} of {len(HEALTH)}")
    return Health(score, tuple(reasons), len(parts))


def _tenths(points: Decimal) -> Decimal:
    return canonical_number(points.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def _graded(facts: Facts) -> list[tuple[str, str, Decimal]]:
    parts: list[tuple[str, str, Decimal]] = []
    if facts.touch_days is not None:
        grade = FULL if facts.touch_days <= TOUCH_DAYS[0] else HALF if facts.touch_days <= TOUCH_DAYS[1] else NONE
        parts.append(("touch", f"two-way touch {facts.touch_days} days ago", grade))
    if facts.stakeholders is not None:
        grade = FULL if facts.stakeholders >= STAKEHOLDERS[0] else HALF if facts.stakeholders >= STAKEHOLDERS[1] else NONE
        parts.append(("stakeholders", f"stakeholders for us or neutral {facts.stakeholders}", grade))
    if facts.on_time is not None:
        parts.append(("actions", f"actions on time {facts.on_time * 100:.0f} %", facts.on_time))
    if facts.trend is not None:
        grade = FULL if facts.trend >= TREND[0] else HALF if facts.trend >= TREND[1] else NONE
        parts.append(("trend", f"sales {facts.trend * 100:+.0f} %", grade))
    if facts.overdue is not None:
        parts.append(("overdue", f"overdue {facts.overdue}", NONE if facts.overdue else FULL))
    return parts


def rows_of_account(table: str, account: Value, tables: Tables) -> list[Row]:
    """Give the rows of a table that refer to the same account as this text, in their order."""
    row = tables.find("accounts", account)
    if row is not None:
        return tables.children(table, "account", "accounts", row)
    return tables.where(table, "account", account)


def facts_of(plan: Row, tables: Tables) -> Facts:
    """Gather what the tables know about the account of a plan, on the day of `tables`."""
    deals = rows_of_account("opportunities", plan.get("account"), tables)
    actions = actions_of(plan, tables)
    due = [row for row in actions if (day := day_of(row.get("due"))) is not None and day <= tables.today]
    people = _of_deals("stakeholders", deals, tables)
    friendly = {str(row["id"]) for row in people if (number_of(row.get("stance")) or 0) >= 0}
    overdue = [row for row in due if row.get("done") is None and day_of(row.get("due")) != tables.today]
    return Facts(
        touch_days=_days_since_touch(plan.get("account"), deals, tables),
        stakeholders=len(friendly) if people else None,
        on_time=ratio(sum(on_time(row) for row in due), len(due)),
        trend=_trend(plan, deals, tables),
        overdue=len(overdue) if actions else None,
    )


def _of_deals(table: str, deals: Sequence[Row], tables: Tables) -> list[Row]:
    return [row for deal in deals for row in tables.children(table, "opportunity", "opportunities", deal)]


def _days_since_touch(account: Value, deals: Sequence[Row], tables: Tables) -> int | None:
    touches = [row.get("at") for row in _of_deals("touches", deals, tables) if row.get("two_way") == "Yes"]
    held = [row.get("held_at") for row in rows_of_account("calls", account, tables) if row.get("status") == "Held"]
    days = [day for moment in (*touches, *held) if (day := day_of(moment)) is not None and day <= tables.today]
    return (tables.today - max(days)).days if days else None


def sales(deals: Sequence[Row], start: date, end: date) -> Decimal | None:
    """Add up what was won from start to end; None where two currencies would have to be added."""
    won = [
        row
        for row in deals
        if row.get("outcome") == "Won" and (day := day_of(row.get("close_date"))) is not None and start <= day <= end
    ]
    if len({fold(row.get("ccy") or "") for row in won}) > 1:
        return None
    return sum((number_of(row.get("amount")) or NONE for row in won), NONE)


def _trend(plan: Row, deals: Sequence[Row], tables: Tables) -> Decimal | None:
    """Compare the plan's period so far with as many days of the period of the same kind before it."""
    period = tables.find("periods", plan.get("period"))
    start, end = (day_of(period.get("start")), day_of(period.get("end"))) if period else (None, None)
    if period is None or start is None or end is None or start > tables.today:
        return None
    starts = [
        day
        for row in tables.where("periods", "kind", period.get("kind"))
        if (last := day_of(row.get("end"))) is not None
        and last < start
        and (day := day_of(row.get("start"))) is not None
        and day < start
    ]
    if not starts:
        return None
    before, until = max(starts), min(end, tables.today)
    this = sales(deals, start, until)
    last_time = sales(deals, before, min(before + (until - start), start - timedelta(days=1)))
    return None if this is None or not last_time else ratio(this - last_time, last_time)
