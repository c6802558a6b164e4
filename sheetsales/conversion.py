"""How many go from one step of selling to the next: own rates, drawn towards the others' where rows are few."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sheetsales.pipeline import ZERO, amount_of, state_of
from sheetsales.process import Row, Tables
from sheetsales.score import shrunk
from sheetsales.standing import SHRINK_K, setting
from sheetsales.values import fold, number_of, ratio

LEAD_TO_OPPORTUNITY, OPPORTUNITY_TO_PROPOSAL, PROPOSAL_TO_WON, CALLS_PER_OPPORTUNITY = STEPS = (
    "Lead to opportunity",
    "Opportunity to proposal",
    "Proposal to won",
    "Calls per opportunity",
)
PRIORS: Final = {  # setting that says what is expected before a row is seen
    LEAD_TO_OPPORTUNITY: "prior_lead",
    OPPORTUNITY_TO_PROPOSAL: "prior_proposal",
    PROPOSAL_TO_WON: "prior_proposal_won",
    CALLS_PER_OPPORTUNITY: "prior_calls",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of one step: done of n own rows, drawn towards what the others do (else what is expected)."""

    step: str
    rate: Decimal
    done: int
    n: int


def conversion_rates(owner: str, tables: Tables) -> list[Rate]:
    """Give the four rates of a member, in the order of `STEPS`."""
    found = []
    for step, rows, counts in _steps(tables):
        k, prior = setting(tables, "shrink_k", SHRINK_K), setting(tables, PRIORS[step])
        others = [row for row in rows if fold(row.get("owner") or "") != fold(owner)]
        mine = [row for row in rows if fold(row.get("owner") or "") == fold(owner)]
        done, elsewhere = (sum(counts(row) for row in some) for some in (mine, others))
        team = shrunk(elsewhere, len(others), prior, k) if k or others else prior
        found.append(Rate(step, shrunk(done, len(mine), team, k) if k or mine else team, done, len(mine)))
    return found


def _steps(tables: Tables) -> Iterable[tuple[str, list[Row], Callable[[Row], int]]]:
    """Give each step with the rows it is counted over, and what each row adds."""
    leads = [row for row in tables.rows("leads") if fold(row.get("status") or "") in ("converted", "disqualified")]
    closed = [row for row in tables.rows("opportunities") if state_of(row) != "Open"]
    followed = [row for row in closed if _is_followed(row, tables)]
    proposed = [row for row in followed if _had_proposal(row, tables)]
    called = [row for row in closed if _calls(row, tables)]
    yield LEAD_TO_OPPORTUNITY, leads, lambda row: int(fold(row.get("status") or "") == "converted")
    yield OPPORTUNITY_TO_PROPOSAL, followed, lambda row: int(_had_proposal(row, tables))
    yield PROPOSAL_TO_WON, proposed, lambda row: int(state_of(row) == "Won")
    yield CALLS_PER_OPPORTUNITY, called, lambda row: _calls(row, tables)


def _calls(deal: Row, tables: Tables) -> int:
    calls = tables.children("calls", "opportunity", "opportunities", deal)
    return sum(fold(call.get("status") or "") == "held" for call in calls)


def _is_followed(deal: Row, tables: Tables) -> bool:
    """Say whether it is known how far the deal came: its moves were logged, or a proposal was made."""
    events = tables.children("stage_events", "opportunity", "opportunities", deal)
    return bool(events) or bool(tables.children("proposals", "opportunity", "opportunities", deal))


def _had_proposal(deal: Row, tables: Tables) -> bool:
    """Say whether the deal came as far as a proposal: it was won, one was made, or it stood in that stage or a later one."""
    if state_of(deal) == "Won" or tables.children("proposals", "opportunity", "opportunities", deal):
        return True
    limit = _order(tables.policy.get("deals.proposal_stage", "Proposal"), tables)
    events = tables.children("stage_events", "opportunity", "opportunities", deal)
    stages = {str(event.get(side)) for event in events for side in ("from", "to") if event.get(side) is not None}
    places = [place for stage in stages if fold(stage) != "lost" and (place := _order(stage, tables)) is not None]
    return limit is not None and any(place >= limit for place in places)


def _order(stage: object, tables: Tables) -> Decimal | None:
    row = tables.find("stages", str(stage))
    return number_of(row.get("order")) if row is not None else None


def typical_size(rows: Iterable[Row]) -> tuple[Decimal | None, int]:
    """Give the mean amount of the won deals and how many there are; without one, that of the open ones."""
    listed = [row for row in rows if amount_of(row) > 0]
    for state in ("Won", "Open"):
        amounts = [amount_of(row) for row in listed if state_of(row) == state]
        if amounts:
            mean = ratio(sum(amounts, ZERO), len(amounts))
            return mean, len(amounts)
    return None, 0
