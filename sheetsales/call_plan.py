"""Recommend calls: an owner's hours divided over accounts so that the expected return is the greatest.

The plan that is written is always the best one: a gain below the policy's threshold changes only what is
said of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sheetsales.allocate import Allocation
from sheetsales.attention import margins_of, number
from sheetsales.effort import PARTS, TABLE, Account, Effort, best_plan, by_owner, calls_in, effort_of
from sheetsales.process import Edit, Patch, Refusal, Request, Row, Tables
from sheetsales.rank import TIERS
from sheetsales.values import NUMBER_LIMIT, Value, canonical_number, cents, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

NO_GAP: Final = 5e-9  # of the bound; below, it is the rounding of long sums
SHOWN: Final = 10  # names in a message, so that it stays readable
LEAVE_IT: Final = "today's plan is as good as the best; leave it"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one owner's plan."""

    words: str
    edits: tuple[Edit, ...] = ()
    refused: tuple[Refusal, ...] = ()


# ── the action ───────────────────────────────────────────────────────────────────────────────────


def plan_calls(tables: Tables, request: Request) -> Patch:
    """Plan every owner's calls within the hours there are; write the plan of the selected rows.

    Parameters: hours for calls in a period, of each owner (blank: hours × selling share of the owner's
    territories, else those of today's calls); change_penalty, money per call changed (blank: the policy's). A
    plan is always made over all rows of an owner. Where minimums and pinned calls alone do not fit the
    hours, nothing of that owner is written. Raises WrongUse where a parameter is below 0.
    """
    chosen = frozenset(request.records) or None
    outcomes = {
        owner: _plan_of(mine, request, chosen, tables)
        for owner, mine in by_owner(tables).items()
        if chosen is None or any(str(row["id"]) in chosen for row in mine)
    }
    words = [f"{owner or 'No owner'}: {one.words}" if len(outcomes) > 1 else one.words for owner, one in outcomes.items()]
    return Patch(
        tuple(edit for one in outcomes.values() for edit in one.edits),
        refused=tuple(refusal for one in outcomes.values() for refusal in one.refused),
        message=" ".join(words) or "There are no accounts to plan.",
        rows_read=len(tables.rows(TABLE)),
    )


def _plan_of(rows: Sequence[Row], request: Request, chosen: frozenset[str] | None, tables: Tables) -> _Outcome:
    effort = effort_of(rows, request, tables)
    if not effort.accounts:
        return _Outcome("No account can be planned.", refused=effort.refused)
    if effort.hours is None:
        return _Outcome("No plan: nobody said how many hours there are for calls.", refused=effort.refused)
    best = best_plan(effort, effort.hours)
    if best is None:
        return _Outcome(no_plan(effort, effort.hours), refused=(*effort.refused, too_much(effort, effort.hours, tables)))
    edits = [edit for one in effort.accounts if chosen is None or one.id in chosen for edit in _edits(one, best.calls[one.id])]
    by_margin = margins_of(rows, tables) is not None
    return _Outcome(_words(effort, best, effort.hours, by_margin, tables), tuple(edits), effort.refused)


# ── minimums that do not fit ─────────────────────────────────────────────────────────────────────


def shortfall(needed: Mapping[str, Decimal], hours: Decimal, tables: Tables) -> dict[str, str] | None:
    """Give the words of TER-06 where the hours needed, by account, exceed those there are; else None.

    h: hours needed. t: hours there are. list: the accounts, those that need most first.
    """
    total = sum(needed.values(), Decimal(0))
    return _shortfall(needed, total, hours, tables) if total > hours else None


def _shortfall(needed: Mapping[str, Decimal], total: Decimal, hours: Decimal, tables: Tables) -> dict[str, str]:
    most = sorted((one for one in needed if needed[one] > 0), key=lambda one: (-needed[one], one))
    names = [words_of((tables.get(TABLE, one) or {}).get("account")) or one for one in most[:SHOWN]]
    more = len(most) - SHOWN
    return {"h": shown(total), "t": shown(hours), "list": ", ".join(names) + (f" and {more} more" if more > 0 else "")}


def too_much(effort: Effort, hours: Decimal, tables: Tables) -> Refusal:
    """Refuse a plan whose minimums do not fit, naming what to lower; it stands at the account that needs most."""
    needed = {one.id: one.hours * one.least for one in effort.accounts}
    words = _shortfall(needed, sum(needed.values(), Decimal(0)), hours, tables)
    first = min(needed, key=lambda one: (-needed[one], one))
    return Refusal(TABLE, first, "Minimums alone need {h} h; you have {t} h. Lower: {list}.".format_map(words))


def no_plan(effort: Effort, hours: Decimal) -> str:
    """Say by how much the minimums exceed the hours."""
    missing = max(sum((one.hours * one.least for one in effort.accounts), Decimal(0)) - hours, Decimal("0.01"))
    return f"No plan: minimums need {shown(missing)} h more than there are. Nothing was written."


# ── what is written and said ─────────────────────────────────────────────────────────────────────


def _edits(account: Account, calls: int) -> list[Edit]:
    written: dict[str, Value] = {
        "calls_recommended": calls,
        "marginal_next": _figure(account.per_hour(calls + 1)),
        "marginal_last": _figure(account.per_hour(calls)) if calls else None,
        "reason": _reason(account, calls),
    }
    return [Edit(TABLE, account.id, name, value) for name, value in written.items() if account.row.get(name) != value]


def _reason(account: Account, calls: int) -> str:
    where = ""
    if calls_in(account.row, "pinned_calls") is not None:
        where = "Pinned: "
    elif calls == account.least > 0:
        where = "At its minimum: "
    elif calls == account.most:
        where = "At its maximum: "
    last = f"last funded call {_rate(account.per_hour(calls))}/h" if calls else "no call funded"
    return f"{where}next call here returns {_rate(account.per_hour(calls + 1))}/h, {last}"


def _words(effort: Effort, best: Allocation, hours: Decimal, by_margin: bool, tables: Tables) -> str:
    today, planned, used = effort.money(effort.today), effort.money(best.calls), effort.needed(best.calls)
    gain = planned - today
    share = f" ({gain / today * 100:+.3f} %)" if today > 0 else ""
    said = [
        f"Planned {len(effort.accounts)} accounts: {planned:,.2f} of {'margin' if by_margin else 'sales'} a year "
        f"against {today:,.2f} today, {gain:+,.2f}{share}.",
        f"{shown(used)} of {shown(hours)} h used; 1 hour more is worth {best.more[0] / PARTS:,.2f}, "
        f"2 hours {best.more[1] / PARTS:,.2f}.",
    ]
    if not effort.allows(effort.today, hours):
        said.append("Today's plan does not keep to the hours and limits.")
    elif is_as_good(today, planned, tables):
        said.insert(0, f"For these hours {LEAVE_IT} (the columns show the best).")
    if best.gap > NO_GAP:
        said.append(f"No plan can bring more than {best.gap * 100:.6f} % above this one.")
    unranked = sum(one.row.get("tier") not in TIERS for one in effort.accounts)
    if unranked:
        said.append(f"{unranked} have no tier yet, so no minimum by tier: rank accounts first.")
    if effort.refused:
        said.append(f"{len(effort.refused)} not planned.")
    return " ".join(said)


def is_as_good(today: float, best: float, tables: Tables) -> bool:
    """Say whether a plan gains less over today's than a change is worth, by the policy's threshold."""
    return today > 0 and best - today < today * float(number(tables, "leave_below"))


def _figure(value: float) -> Decimal | None:
    return cents(canonical_number(value)) if abs(value) < NUMBER_LIMIT else None


def _rate(value: float) -> str:
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"


def shown(value: Decimal) -> str:
    """Give hours as people write them."""
    return format(cents(value).normalize(), "f")
