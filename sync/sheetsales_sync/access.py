"""Who may see and change whose records: a rep the own ones, a manager the team's, operations the set-up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sheetsales.process import Playbook, Row
from sheetsales.values import fold
from sheetsales_sync.state import Scope


def scope_of(playbook: Playbook, people: Sequence[Row], roles: Sequence[Row], member: str) -> Scope:
    """Give the scope of a member: own records, and for a manager those of everyone below.

    playbook: where it has no people table, the member is alone. A role that is `operations` may
    change the library tables.
    """
    me = fold(member)
    person = next((p for p in people if fold(p.get("email") or "") == me), None)
    role = str(person.get("role") or "") if person is not None else ""
    definition = next((r for r in roles if fold(r.get("name") or "") == fold(role)), None)
    manages = definition is not None and fold(definition.get("manages") or "") == "yes"
    owners = {me}
    if manages or any(fold(p.get("manager") or "") == me for p in people):
        owners |= team_below(people, member)
    return Scope(member, role, frozenset(owners), edits_library=fold(role) == "operations" and "people" in playbook.tables)


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
