"""What is an hour worth: which calls one and two hours more would fund, and what those would bring."""

from __future__ import annotations

from collections.abc import Mapping

from sheetsales.call_plan import no_plan, too_much
from sheetsales.effort import FURTHER_HOURS, TABLE, Account, Effort, best_plan, by_owner, effort_of
from sheetsales.process import Edit, Patch, Refusal, Request, Row, Tables
from sheetsales.values import words_of

SHOWN = 5  # accounts named in the message for each further hour


def hour_worth(tables: Tables, request: Request) -> Patch:
    """Plan every owner's calls anew with one and with two hours more; write where those would go.

    Parameters: hours and change_penalty as for Recommend calls. Neither the recommended calls nor anything a
    person typed is changed. An account that gets the same calls with more hours has a blank cell. Raises WrongUse
    where a parameter is below 0.
    """
    chosen = frozenset(request.records) or None
    edits: list[Edit] = []
    refused: list[Refusal] = []
    said: list[str] = []
    owners = {owner: rows for owner, rows in by_owner(tables).items() if chosen is None or _any(rows, chosen)}
    for owner, rows in owners.items():
        effort = effort_of(rows, request, tables)
        refused += effort.refused
        plans = _plans(effort)
        if plans is None:
            if effort.accounts and effort.hours is not None:
                refused.append(too_much(effort, effort.hours, tables))
                words = no_plan(effort, effort.hours)
            else:
                words = "No plan: there are no accounts that can be planned, or no hours for calls."
        else:
            words = _words(effort, plans)
            edits += [edit for one in effort.accounts if chosen is None or one.id in chosen for edit in _edits(one, plans)]
        said.append(f"{owner or 'No owner'}: {words}" if len(owners) > 1 else words)
    return Patch(
        tuple(edits),
        refused=tuple(refused),
        message=" ".join(said) or "There are no accounts to plan.",
        rows_read=len(tables.rows(TABLE)),
    )


def _any(rows: list[Row], chosen: frozenset[str]) -> bool:
    return any(str(row["id"]) in chosen for row in rows)


def _plans(effort: Effort) -> dict[int, Mapping[str, int]] | None:
    """Give the best plan by hours more, 0 among them; None where there is no plan."""
    if effort.hours is None or not effort.accounts:
        return None
    plans: dict[int, Mapping[str, int]] = {}
    for more in (0, *FURTHER_HOURS):
        best = best_plan(effort, effort.hours + more)
        if best is None:
            return None
        plans[more] = best.calls
    return plans


def _edits(account: Account, plans: Mapping[int, Mapping[str, int]]) -> list[Edit]:
    now = plans[0][account.id]
    steps = [
        f"+{more} h: {calls} calls instead of {now} ({account.money(calls) - account.money(now):+,.2f} a year)"
        for more in FURTHER_HOURS
        if (calls := plans[more][account.id]) != now
    ]
    words = "; ".join(steps) or None
    return [] if account.row.get("more_hours") == words else [Edit(TABLE, account.id, "more_hours", words)]


def _words(effort: Effort, plans: Mapping[int, Mapping[str, int]]) -> str:
    base = effort.money(plans[0])
    said = []
    for more in FURTHER_HOURS:
        changed = [one for one in effort.accounts if plans[more][one.id] != plans[0][one.id]]
        changed.sort(key=lambda one: (-abs(one.money(plans[more][one.id]) - one.money(plans[0][one.id])), one.id))
        names = ", ".join(
            f"{words_of(one.row.get('account')) or one.id} {plans[more][one.id]} instead of {plans[0][one.id]}"
            for one in changed[:SHOWN]
        )
        rest = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        worth = effort.money(plans[more]) - base
        said.append(
            f"{more} hour{'s' if more > 1 else ''} more {f'is worth {worth:,.2f} a year: {names}{rest}' if changed else 'changes nothing'}."
        )
    return " ".join(said)
