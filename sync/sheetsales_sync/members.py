"""The team file: who is a member, in which role, led by whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sheetsales.process import Playbook, Row, Tables
from sheetsales.roles import same_role
from sheetsales.values import Value, fold
from sheetsales_sync.importing import ImportResult, run_import
from sheetsales_sync.intake.file_table import FileTable, expected_headers, read_table_file
from sheetsales_sync.intake.mapping import NO_MAPPING, ImportMapping
from sheetsales_sync.intake.matching import match_columns
from sheetsales_sync.intake.source_rows import SourceRows
from sheetsales_sync.ports import ClockPort, StorePort

PEOPLE: Final = "people"
ALSO_CALLED: Final = MappingProxyType({"manager_email": "manager", "manager e-mail": "manager", "email address": "email"})
LISTED: Final = ("email", "name", "role", "manager", "team", "active")


def import_members(
    store: StorePort,
    playbook: Playbook,
    path: Path | str,
    *,
    clock: ClockPort,
    actor: str,
    mapping: ImportMapping = NO_MAPPING,
    dry_run: bool = False,
    rejects: Path | str | None = None,
) -> ImportResult:
    """Import the team file: `email,name,role,manager_email,team`, and profile columns if there are any.

    The file leads: what it says replaces what the store holds, and members it does not name stay as they
    are. A manager may be named by e-mail or name, and stand further down in the file. Addresses are kept
    in lower case. Unknown roles and managers are kept as typed and listed as unresolved.
    """
    table = playbook.table(PEOPLE)
    names = {
        **{header: column for header, column in ALSO_CALLED.items() if column not in mapping.columns.values()},
        **mapping.columns,
    }
    known = replace(mapping, columns=MappingProxyType(names))
    file = read_table_file(path, mapping=known, expected=expected_headers(table, known))
    known = replace(
        known,
        columns=MappingProxyType({h: c for h, c in names.items() if h in mapping.columns or h in set(map(fold, file.headers))}),
    )
    unknown: list[tuple[int, str, str]] = []

    def finish(source: SourceRows, view: Tables) -> None:
        unknown[:] = _tidy(source, view)

    result = run_import(store, playbook, table, file, clock=clock, actor=actor, path=str(path), mapping=known, dry_run=dry_run,
                        rejects=rejects, overwrite=True, finish=finish,
                        prepare=lambda view: _with_people_of(file, known, playbook, view))  # fmt: skip
    turned_down = {entry.row for entry in result.rejected}
    result.unresolved = sorted([*result.unresolved, *(entry for entry in unknown if entry[0] not in turned_down)])
    return result


def _with_people_of(file: FileTable, mapping: ImportMapping, playbook: Playbook, view: Tables) -> Tables:
    """Give the view with the people of the file among the members, so that it can name its own managers."""
    places = {m.column.name: m.index for m in match_columns(file, mapping, playbook.table(PEOPLE)).columns}
    have = {fold(row["email"]) for row in view.rows(PEOPLE) if row.get("email") is not None}
    fresh: list[Row] = []
    for row in file.rows:
        cells: dict[str, Value] = {
            name: str(row.cells[places[name]]).strip()
            for name in ("email", "name", "external_id")
            if name in places and places[name] < len(row.cells) and row.cells[places[name]] not in (None, "")
        }
        if "email" in cells and fold(cells["email"]) not in have:
            have.add(fold(cells["email"]))
            fresh.append({**cells, "email": str(cells["email"]).lower(), "id": f"row {row.row}"})
    return view.with_rows(PEOPLE, [*view.rows(PEOPLE), *fresh])


def _tidy(source: SourceRows, view: Tables) -> list[tuple[int, str, str]]:
    """Put addresses in lower case and roles in the words of the roles table; give the unknown managers."""
    known = {fold(row["email"]) for row in view.rows(PEOPLE) if row.get("email") is not None}
    roles = [str(row["name"]) for row in view.rows("roles") if row.get("name") is not None]
    for row in source.rows:
        for name in ("email", "manager"):
            if isinstance(row.values.get(name), str):
                row.values[name] = str(row.values[name]).lower()
        role = row.values.get("role")
        if role is not None:
            row.values["role"] = next((name for name in roles if same_role(name, role)), role)
        known.add(fold(row.values.get("email") or ""))
    unknown = [
        (row.row, "manager", str(row.values["manager"]))
        for row in source.rows
        if row.values.get("manager") is not None and fold(row.values["manager"]) not in known
    ]
    source.remarks.extend(_circles(source, view))
    return unknown


def _circles(source: SourceRows, view: Tables) -> list[str]:
    """Name the people who lead each other in a circle."""
    leads: dict[str, str] = {}
    for row in [*view.rows(PEOPLE), *(r.values for r in source.rows)]:
        if row.get("email") is not None:
            leads[fold(row["email"])] = fold(row.get("manager") or "")
    found: list[str] = []
    named: set[str] = set()
    for start in sorted(leads):
        trail: list[str] = []
        here = start
        while here and here in leads and here not in trail and here not in named:
            trail.append(here)
            here = leads[here]
        if here in trail:
            circle = trail[trail.index(here) :]
            found.append(f"These members lead each other in a circle: {' → '.join([*circle, here])}.")
        named.update(trail)
    return found


def list_members(store: StorePort) -> dict[str, Any]:
    """Give all members, by e-mail: `{"members": [{"email", "name", "role", "manager", "team", "active"}]}`."""
    people = store.read(lambda tx: tx.rows(PEOPLE))
    people.sort(key=lambda person: fold(person.get("email") or ""))
    return {"members": [{name: person.get(name) for name in LISTED} for person in people]}
