"""What an opportunity must show before it leaves a stage, who is engaged in it, and how long it may stand still.

Pure functions over rows. Exit criteria: processes of the field, one list per stage; an unmet
criterion is named in words that say what to fill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

from sheetsales.process import Row, Tables
from sheetsales.values import Value, day_of, fold, moment_of, number_of, words_of

PROBLEM_LENGTH: Final = 20  # characters: a problem in fewer words is a slogan
ENGAGED_DAYS: Final = 30  # within which somebody counts as engaged
ENGAGED_PEOPLE: Final = 2  # fewer is a single thread
STALL_FACTOR: Final = Decimal("1.5")  # times the median of won deals
ENOUGH_WON: Final = 5  # won deals below which the configured days hold
STALL_DAYS: Final = {1: 30, 2: 30, 3: 45, 4: 30, 5: 21}  # by stage, until own history speaks

Criterion = tuple[str, Callable[[Row, Tables], bool]]


def stage_row(row: Row, tables: Tables) -> Row | None:
    """Give the row of `stages` in which an opportunity stands."""
    return tables.find("stages", row.get("stage"))


def order_of(row: Row, tables: Tables) -> int:
    """Give the place of the stage, 1 for the first; 0 where the stage is not known."""
    stage = stage_row(row, tables)
    return int(number_of(stage.get("order")) or 0) if stage is not None else 0


def people(row: Row, tables: Tables) -> list[Row]:
    """Give the stakeholders of an opportunity."""
    return tables.children("stakeholders", "opportunity", "opportunities", row)


def with_role(row: Row, tables: Tables, *roles: str) -> bool:
    """Say whether a stakeholder with one of these roles is named."""
    wanted = {fold(role) for role in roles}
    return any(fold(person.get("role") or "") in wanted and words_of(person.get("person")) for person in people(row, tables))


def engaged(row: Row, tables: Tables) -> int:
    """Count the people engaged within the last 30 days."""
    since = tables.today - timedelta(days=ENGAGED_DAYS)
    days = (day_of(person.get("engaged_on")) for person in people(row, tables))
    return sum(1 for day in days if day is not None and since <= day <= tables.today)


def last_activity(row: Row, tables: Tables) -> Value:
    """Give the newest touch or held call of an opportunity, up to now."""
    touches = (moment_of(t.get("at")) for t in tables.children("touches", "opportunity", "opportunities", row))
    calls = (moment_of(c.get("held_at")) for c in tables.children("calls", "opportunity", "opportunities", row))
    return max((m for m in (*touches, *calls) if m is not None and m <= tables.now), default=None)


def _lead_fits(row: Row, tables: Tables) -> bool:
    """Nothing to show where no lead is linked; else the lead is qualified, or overruled with a reason."""
    lead = tables.find("leads", row.get("lead"))
    if lead is None:
        return True
    verdict = fold(lead.get("verdict") or "")
    qualified = verdict == "qualified" or fold(lead.get("status") or "") in ("qualified", "converted")
    return qualified or bool(words_of(lead.get("override_reason")))


def _proposals(row: Row, tables: Tables) -> list[Row]:
    return tables.children("proposals", "opportunity", "opportunities", row)


def _sent_and_valid(row: Row, tables: Tables) -> bool:
    for proposal in _proposals(row, tables):
        until = day_of(proposal.get("valid_until"))
        if fold(proposal.get("status") or "") in ("sent", "accepted") and (until is None or until >= tables.today):
            return True
    return False


def _discount_fits(row: Row, tables: Tables) -> bool:
    """A discount within the product's limit, or an approved proposal; nothing to show without a proposal."""
    for proposal in _proposals(row, tables):
        if fold(proposal.get("status") or "") in ("approved", "sent", "accepted"):
            continue
        for line in tables.children("proposal_lines", "proposal", "proposals", proposal):
            product = tables.find("products", line.get("sku"))
            limit = number_of(product.get("max_discount")) if product is not None else None
            discount = number_of(line.get("discount"))
            if limit is not None and discount is not None and discount > limit:
                return False
    return True


def _filled(name: str) -> Callable[[Row, Tables], bool]:
    return lambda row, _tables: row.get(name) is not None


def _competitor_known(row: Row, tables: Tables) -> bool:
    return any(c.get("status") is not None for c in tables.children("competitors", "opportunity", "opportunities", row))


CRITERIA: Final[dict[int, tuple[Criterion, ...]]] = {
    1: (
        ("account", _filled("account")),
        ("source", _filled("source")),
        (f"business problem ({PROBLEM_LENGTH} characters)", lambda row, _t: len(words_of(row.get("business_problem"))) >= PROBLEM_LENGTH),
        ("one contact engaged", lambda row, tables: engaged(row, tables) >= 1),
    ),
    2: (
        ("lead qualified", _lead_fits),
        ("amount", _filled("amount")),
        ("close date", _filled("close_date")),
        ("budget is not No", lambda row, _t: fold(row.get("budget") or "") != "no"),
        ("decision process", _filled("decision_process")),
    ),
    3: (
        ("economic buyer", lambda row, tables: with_role(row, tables, "Economic buyer")),
        ("champion", lambda row, tables: with_role(row, tables, "Champion")),
        ("competitor status", _competitor_known),
        ("value to the customer", _filled("value_to_customer")),
        (f"{ENGAGED_PEOPLE} people engaged in {ENGAGED_DAYS} days", lambda row, tables: engaged(row, tables) >= ENGAGED_PEOPLE),
    ),
    4: (
        ("proposal sent and valid", _sent_and_valid),
        ("legal or procurement person", lambda row, tables: with_role(row, tables, "Legal/Procurement")),
        ("next step with a date", lambda row, _t: bool(words_of(row.get("next_step"))) and day_of(row.get("next_step_date")) is not None),
    ),
    5: (
        ("terms agreed", lambda row, _t: fold(row.get("terms_agreed") or "") == "yes"),
        ("discount within the limit or approved", _discount_fits),
        ("signature date", _filled("signature_date")),
    ),
}  # fmt: skip


def missing_to_leave(row: Row, stage: int, tables: Tables) -> tuple[str, ...]:
    """Name the exit criteria of a stage (by its order) that an opportunity does not meet, in their order."""
    return tuple(name for name, holds in CRITERIA.get(stage, ()) if not holds(row, tables))


def days_in_stage(row: Row, today: date) -> int | None:
    """Give the days since the stage was entered; None where that is not known."""
    since = day_of(row.get("stage_since"))
    return (today - since).days if since is not None and since <= today else None


def stall_limit(stage: Value, order: int, tables: Tables) -> tuple[Decimal, Decimal]:
    """Give the usual days in a stage and the limit: 1.5 times the median of won deals.

    Fewer than five won deals that went through the stage: the configured days are the limit.
    """
    days = tables.once("days of won deals by stage", _days_of_won)
    own = days.get(fold(stage or ""), [])
    if len(own) >= ENOUGH_WON:
        middle = Decimal(str(median(own)))
        return middle, middle * STALL_FACTOR
    limit = Decimal(STALL_DAYS.get(order, max(STALL_DAYS.values())))
    return limit / STALL_FACTOR, limit


def _days_of_won(tables: Tables) -> dict[str, list[int]]:
    """Collect, by stage, the days that won deals spent there, from the stage log."""
    won = {str(r["id"]) for r in tables.rows("opportunities") if fold(r.get("stage") or "") == "won"}
    found: dict[str, list[int]] = {}
    for event in tables.rows("stage_events"):
        days = number_of(event.get("days_in_stage"))
        if (
            days is not None
            and event.get("from") is not None
            and tables.same_key("opportunities", event.get("opportunity")) in won
        ):
            found.setdefault(fold(event["from"]), []).append(int(days))
    return found


def shrunk(won: int, n: int, prior: Decimal, k: int) -> Decimal:
    """Draw a rate towards a prior: (won + k·prior) / (n + k), to four places."""
    return ((Decimal(won) + k * prior) / (n + k)).quantize(Decimal("0.0001")) if n + k else prior


def median_days(days: Iterable[int]) -> Decimal | None:
    """Give the median of whole days; None of none."""
    found = list(days)
    return Decimal(str(median(found))) if found else None
