"""Who really uses which process: rows touched of those due, what was done of what was planned, beside the fit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sheetsales.process import Figure, Measure, Playbook, Process, Row, Tables
from sheetsales.roles import (
    OWN_KINDS,
    SIGNAL_DAYS,
    Fit,
    Signal,
    Use,
    assignment,
    fit,
    member_profile,
    processes_for,
    signal,
    use_of,
)
from sheetsales.values import fold, ratio, words_of


@dataclass(frozen=True, slots=True)
class Adoption:
    """How one member uses one process: what the team asks, what fits, what happens.

    assigned: Required, Offered or Off. activity: the first activity measure of the process over the last
    `SIGNAL_DAYS` days, done ÷ planned where it has a plan.
    """

    member: str
    process: str
    assigned: str
    fit: Fit
    use: Use
    signal: Signal
    activity: Figure
    activity_text: str
    activity_unit: str

    @property
    def touched(self) -> Decimal | None:
        """Give the share of the rows due that were touched; None where nothing was due."""
        return ratio(self.use.touched, self.use.due)

    @property
    def filled(self) -> Decimal | None:
        """Give the share of the required fields that are filled; None where none is required."""
        return ratio(self.use.filled, self.use.required)

    @property
    def why(self) -> str:
        """Say in a sentence what is seen, with the verdict of the fit where it explains it."""
        if not self.use.due:
            seen = "No row is due."
        else:
            seen = f"{self.use.touched} of {self.use.due} rows due were touched in {SIGNAL_DAYS} days."
        if self.signal and self.fit.verdict in ("misaligned", "over-asked"):
            return f"{seen} {self.fit.reason}"
        return seen if self.fit.verdict == "aligned" else f"{seen} {self.fit.reason}"


def adoption(playbook: Playbook, tables: Tables, people: Iterable[Row]) -> list[Adoption]:
    """Give how every active member uses every process that is on, in the order of the people and the processes.

    A process that is off is left out unless the member needs it.
    """
    by_owner = _by_owner(playbook, tables)
    found: list[Adoption] = []
    for person in people:
        if fold(person.get("active") or "yes") == "no" or person.get("email") is None:
            continue
        email, who = words_of(person["email"]), member_profile(person, tables)
        own = _own_view(tables, by_owner.get(fold(email), {}), playbook, email)
        on = processes_for(playbook, who)
        for process in playbook.processes:
            if process.order <= 0:
                continue
            verdict = fit(who, process.key, process.name)
            if process.key not in on and verdict.verdict != "missing":
                continue
            found.append(_of(process, own, email, assignment(who, process.key), verdict))
    return found


def _of(process: Process, own: Tables, email: str, assigned: str, verdict: Fit) -> Adoption:
    use = use_of(process, own, email)
    measure = _activity(process)
    start = own.today - timedelta(days=SIGNAL_DAYS - 1)
    figure = measure.compute(own, start, own.today) if measure is not None else Figure(None, 0)
    text, unit = (measure.text, measure.unit) if measure is not None else ("", "")
    return Adoption(email, process.key, assigned, verdict, use, signal(use), figure, text, unit)


def _activity(process: Process) -> Measure | None:
    return next((measure for measure in process.measures if measure.kind == "activity"), None)


def _by_owner(playbook: Playbook, tables: Tables) -> dict[str, dict[str, list[Row]]]:
    """Group the rows of members' own tables by their owner, once for all members."""
    found: dict[str, dict[str, list[Row]]] = {}
    for table in playbook.tables.values():
        if table.kind in OWN_KINDS:
            for row in tables.rows(table.name):
                found.setdefault(fold(row.get("owner") or ""), {}).setdefault(table.name, []).append(row)
    return found


def _own_view(tables: Tables, own: dict[str, list[Row]], playbook: Playbook, email: str) -> Tables:
    """Give a view as the member has it: the own rows, and what everybody shares."""
    rows: dict[str, Sequence[Row]] = {
        table.name: own.get(table.name, []) if table.kind in OWN_KINDS else tables.rows(table.name)
        for table in playbook.tables.values()
    }
    return playbook.view(rows, tables.now, email)
