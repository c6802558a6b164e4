"""How complete an account plan is, when it was touched, and how healthy the account is, with reasons.

Called by the account process; everything here is pure and total over whatever a row may hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from sheetsales.process import Policy, Row, Tables, policy_number
from sheetsales.values import Value, canonical_number, day_of, fold, number_of, ratio, to_text, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy("goal_length", 10, "characters", "A word alone is no goal."),
    Policy("enough_actions", 3, "actions", "A plan with fewer is a wish.", 1),
    Policy("plan_goal", 20, "points", "Of a plan's completeness, for our goal."),
    Policy("plan_metric", 15, "points", "The same, for a measure with its target."),
    Policy("plan_need", 20, "points", "The same, for a need of the customer."),
    Policy("plan_capability", 15, "points", "The same, where each need has something of ours beside it."),
    Policy("plan_actions", 20, "points", "The same, for enough actions."),
    Policy("plan_renewal", 10, "points", "The same, for the day of the renewal."),
    Policy("health_touch", 25, "points", "Of an account's health: who is not spoken with drifts away."),
    Policy("health_stakeholders", 20, "points", "The same: one friend can leave."),
    Policy("health_actions", 20, "points", "The same: what was planned is done on time."),
    Policy("health_trend", 20, "points", "The same: sales against the period before."),
    Policy("health_overdue", 15, "points", "The same: nothing promised is overdue."),
    Policy("touch_full", 30, "days", "A two-way touch so near has full points."),
    Policy("touch_half", 60, "days", "Up to here half of them."),
    Policy("stakeholders_full", 3, "people", "So many for us, or neutral, have full points.", 1),
    Policy("trend_half", Decimal("-0.10"), "share", "Sales down by no more have half the points.", -1, 0),
)
NEEDS: Final = 5  # a plan with more than five needs has no focus; the table has so many columns
PLAN_PARTS: Final = ("goal", "metric", "need", "capability", "actions", "renewal")
HEALTH_PARTS: Final = ("touch", "stakeholders", "actions", "trend", "overdue")
ACTION_COLUMNS: Final = ("id", "action", "serves_need", "owner", "due", "done")
FULL, HALF, NONE = Decimal(1), Decimal("0.5"), Decimal(0)


@dataclass(frozen=True)
class HealthRules:
    """The numbers by which plans and accounts are judged. points: of 100, by part; the rest as in the policy."""

    points: Mapping[str, Decimal]
    touch: tuple[Decimal, Decimal]
    stakeholders: Decimal
    trend: Decimal


def health_rules(policy: Mapping[str, Decimal | int | str]) -> HealthRules:
    """Give the rules of a team. policy: numbers by "accounts.name", as a view of the playbook holds them."""

    def number(name: str) -> Decimal:
        return Decimal(policy[f"accounts.{name}"])

    points = {part: number(f"health_{part}") for part in HEALTH_PARTS}
    return HealthRules(points, (number("touch_full"), number("touch_half")), number("stakeholders_full"), number("trend_half"))


STANDARD: Final = health_rules({f"accounts.{entry.name}": entry.value for entry in POLICY})


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


def has_goal(plan: Row, tables: Tables) -> bool:
    """Say whether the goal is written in more than a word."""
    return len(words_of(plan.get("our_goal"))) >= policy_number(tables, "accounts.goal_length")


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


def plan_parts(plan: Row, tables: Tables) -> dict[str, bool]:
    """Say which parts of a plan are there, by name; its actions count whether open or done."""
    needs = needs_of(plan)
    return {
        "goal": has_goal(plan, tables),
        "metric": plan.get("goal_metric") is not None and plan.get("goal_target") is not None,
        "need": bool(needs),
        "capability": bool(needs) and all(words_of(plan.get(f"our_capability_{n}")) for n in needs),
        "actions": len(actions_of(plan, tables)) >= policy_number(tables, "accounts.enough_actions"),
        "renewal": plan.get("renewal_date") is not None,
    }


def completeness(plan: Row, tables: Tables) -> Decimal:
    """Give how much of a plan is there, 0 to 1: the points of the parts that are there, of the points of all."""
    points = {part: policy_number(tables, f"accounts.plan_{part}") for part in PLAN_PARTS}
    there = plan_parts(plan, tables)
    return canonical_number(ratio(sum(points[part] for part in PLAN_PARTS if there[part]), sum(points.values())) or NONE)


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


def health(facts: Facts, rules: HealthRules = STANDARD) -> Health:
    """Judge an account by five parts; unknown parts are left out and the rest is scaled up to 100."""
    parts = _graded(facts, rules)
    whole = sum(rules.points[part] for part, _, _ in parts)
    if not whole:
        return Health(None, ("nothing is known yet",), 0)
    points = sum((rules.points[part] * grade for part, _, grade in parts), NONE)
    score = int((points * 100 / whole).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    reasons = [f"{words}: {_tenths(rules.points[part] * grade)} of {rules.points[part]}" for part, words, grade in parts]
    if len(parts) < len(HEALTH_PARTS):
        reasons.append(f"based on {len(parts)} of {len(HEALTH_PARTS)}")
    return Health(score, tuple(reasons), len(parts))


def _tenths(points: Decimal) -> Decimal:
    return canonical_number(points.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def _graded(facts: Facts, rules: HealthRules) -> list[tuple[str, str, Decimal]]:
    parts: list[tuple[str, str, Decimal]] = []
    if facts.touch_days is not None:
        grade = FULL if facts.touch_days <= rules.touch[0] else HALF if facts.touch_days <= rules.touch[1] else NONE
        parts.append(("touch", f"two-way touch {facts.touch_days} days ago", grade))
    if facts.stakeholders is not None:
        grade = FULL if facts.stakeholders >= rules.stakeholders else HALF if facts.stakeholders >= 1 else NONE
        parts.append(("stakeholders", f"stakeholders for us or neutral {facts.stakeholders}", grade))
    if facts.on_time is not None:
        parts.append(("actions", f"actions on time {facts.on_time * 100:.0f} %", facts.on_time))
    if facts.trend is not None:
        grade = FULL if facts.trend >= 0 else HALF if facts.trend >= rules.trend else NONE
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
