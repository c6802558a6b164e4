"""Qualify, Disqualify, Recycle, Take up again: the status of leads, with its gates and reasons.

Pure planners: rows in, patch out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sheetsales.errors import WrongUse
from sheetsales.process import Edit, Patch, Refusal, Request, Row, Tables
from sheetsales.qualification import judge, limits_of, overrides
from sheetsales.values import Value, day_of, fold, words_of

TARGETS: Final = ("Qualified", "Disqualified", "Recycled")
REASONS: Final = (
    "No fit", "No authority", "No budget", "No need", "Bad timing", "Competitor", "Duplicate", "Unreachable", "Other",
)  # fmt: skip


@dataclass(frozen=True)
class Gates:
    """The sentences of the gates, as the checks of the process say them, with {list} and {reason}."""

    unknown: str
    knocked_out: str
    no_reason: str
    no_date: str


def set_statuses(rows: Sequence[Row], tables: Tables, request: Request, to: str, gates: Gates) -> Patch:
    """Set the status of these leads by their verdict, or to the one asked for; a closed gate is a refusal with its sentence.

    Without `to`: Qualified and Disqualified as the verdict says; what cannot be qualified yet is refused.
    """
    edits: list[Edit] = []
    refused: list[Refusal] = []
    for row in rows:
        outcome = _status_for(row, tables, request, to, gates)
        if isinstance(outcome, str):
            refused.append(Refusal("leads", str(row["id"]), f"{words_of(row.get('company')) or row['id']}: {outcome}"))
        else:
            edits += [Edit("leads", str(row["id"]), name, value) for name, value in outcome.items() if row.get(name) != value]
    count = len({edit.record for edit in edits})
    message = f"{len(rows)} leads looked at, {count} changed, {len(refused)} refused."
    return Patch(tuple(edits), refused=tuple(refused), message=message, rows_read=len(rows))


def target_of(request: Request) -> str:
    """Give the status asked for, "" where the verdict decides; raises WrongUse for another word."""
    to = words_of(request.parameters.get("to"))
    known = {fold(target): target for target in TARGETS}
    if to and fold(to) not in known:
        raise WrongUse(f"'{to}' is no status to set.", "Use Qualified, Disqualified or Recycled, or leave it out.")
    return known.get(fold(to), "")


def _status_for(row: Row, tables: Tables, request: Request, to: str, gates: Gates) -> dict[str, Value] | str:
    """Give the cells to write for one lead, or the sentence of the gate that is closed."""
    override = request.parameters.get("override_reason")
    given: dict[str, Value] = {"override_reason": override} if overrides(override) and not row.get("override_reason") else {}
    verdict = judge({**row, **given}, tables, limits_of(tables)).verdict
    about = ", ".join(verdict.about)
    if to == "Recycled":
        day = day_of(request.parameters.get("revisit_on")) or day_of(row.get("revisit_on"))
        if day is None or day <= tables.today:
            return gates.no_date
        return {"status": to, "revisit_on": day}
    if to == "Disqualified" or (not to and verdict.kind == "Disqualified"):
        own = row.get("disqualify_reason") or request.parameters.get("reason")
        reason = own or (about if verdict.kind == "Disqualified" else None)
        known = {fold(word): word for word in REASONS}
        if reason is None or fold(reason) not in known:
            return gates.no_reason
        return {"status": "Disqualified", "disqualify_reason": known[fold(reason)]}
    if verdict.kind == "Disqualified":
        return gates.knocked_out.format(reason=about)
    if verdict.kind == "Not yet qualified" and not (to and overrides(given.get("override_reason") or row.get("override_reason"))):
        return gates.unknown.format(list=about)
    return {"status": "Qualified", **given}


def take_up_again(tables: Tables, request: Request) -> Patch:
    """Set recycled leads whose day has come back to Working; of the selected ones also those whose day has not."""
    due = [
        row
        for row in tables.rows("leads")
        if row.get("status") == "Recycled"
        and (
            str(row["id"]) in request.records
            if request.records
            else (day_of(row.get("revisit_on")) or tables.today) <= tables.today
        )
    ]
    edits = tuple(Edit("leads", str(row["id"]), "status", "Working") for row in due)
    waiting = sum(row.get("status") == "Recycled" for row in tables.rows("leads")) - len(due)
    message = f"{len(due)} recycled leads taken up again, {waiting} wait for their day."
    return Patch(edits, message=message, rows_read=len(tables.rows("leads")))
