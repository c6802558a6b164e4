"""Who may see and change whose records: a rep the own ones, a manager the team's, operations the set-up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sheetsales.process import Playbook, Row
from sheetsales.roles import member_profile
from sheetsales.values import fold
from sheetsales_sync.state import Scope

NO_TIME = datetime(1900, 1, 1)  # noqa: DTZ001 (looking up a role needs no clock)


def scope_of(playbook: Playbook, people: Sequence[Row], roles: Sequence[Row], member: str) -> Scope:
    """Give the scope of a member: own records, and for a manager those of everyone below.

    A member whose role keeps the libraries may change them, and nobody's records but the own.
    """
    me = fold(member)
    person = next((p for p in people if fold(p.get("email") or "") == me), None)
    owners = {me}
    if person is None:
        return Scope(member, "", frozenset(owners))
    who = member_profile(person, playbook.view({"roles": roles}, NO_TIME))
    if who.manages or any(fold(p.get("manager") or "") == me for p in people):
        owners |= team_below(people, member)
    return Scope(member, who.role, frozenset(owners), edits_library=who.edits_library)


def team_below(people: Iterable[Row], manager: str) -> set[str]:
    """Give the addresses of everyone below a manager, folded; a circle in the team file ends."""
    reports: dict[str, list[str]] = {}
    for person in people:
        if person.get("manager") is not None and person.get("email") is not None:
            reports.setdefault(fold(person["manager"]), []).append(fold(person["email"]))
    below: set[str] = set()
    waiting = [fold(manager)]
    while waiting:
        for email in reports.get(waiting.pop(), ()):
            if email not in below:
                below.add(email)
                waiting.append(email)
    return below


def everything(member: str) -> Scope:
    """Give the scope of the person at the command line of the workspace: everything."""
    return Scope(member, "operations", None, edits_library=True)
