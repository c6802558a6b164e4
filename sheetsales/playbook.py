"""A team's playbook, made from the processes and what the team's configuration says on top."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sheetsales.columns import TEXT_LIMIT, TYPES, Column
from sheetsales.errors import BadConfiguration
from sheetsales.process import ACTION_HEADER, Playbook, Process, Table
from sheetsales.processes import found
from sheetsales.shared import SHARED

HEADER_ROW: Final = 5  # of every table tab, counted from 1
ID_HEADER: Final = "ID"
CUSTOM_TYPES: Final = tuple(t for t in TYPES if t != "id")
SETTINGS: Final = ("header", "type", "required", "choices", "help", "default", "minimum", "maximum", "limit")
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")


def build_playbook(configuration: Mapping[str, Any], processes: Sequence[Process] | None = None) -> Playbook:
    """Build the playbook of a team.

    configuration: the parsed sheetsales.toml; `[tables.NAME.columns.COL]` declares columns of the
    team's own, `[policy]` gives other values for policy numbers, "process.name" = value.
    Raises BadConfiguration with the faulty key and the nearest names that are known.
    """
    plain = Playbook([SHARED, *(found() if processes is None else processes)])
    return Playbook(
        plain.processes,
        custom=_custom_columns(plain, configuration.get("tables", {})),
        policy=_policy(plain, configuration.get("policy", {})),
    )


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"Did you mean {', '.join(near)}?" if near else f"Known are: {', '.join(list(known)[:30])}."


def _custom_columns(playbook: Playbook, tables: object) -> dict[str, tuple[Column, ...]]:
    if not isinstance(tables, Mapping):
        raise BadConfiguration("[tables] must hold tables.", "Write [tables.accounts.columns.my_column].")
    columns: dict[str, tuple[Column, ...]] = {}
    for name, content in tables.items():
        if name not in playbook.tables:
            raise BadConfiguration(f"[tables.{name}]: there is no table {name}.", _nearest(name, list(playbook.tables)))
        declared = content.get("columns", {}) if isinstance(content, Mapping) else {}
        table = playbook.tables[name]
        columns[name] = tuple(_custom_column(table, column, settings) for column, settings in declared.items())
        headers = [c.header.casefold() for c in (*table.columns, *columns[name])]
        twice = next((h for h in headers if headers.count(h) > 1), None)
        if twice is not None:
            raise BadConfiguration(f"[tables.{name}]: two columns have the header '{twice}'.", "Give one of them another header.")
    return columns


def _custom_column(table: Table, name: str, settings: object) -> Column:
    where = f"[tables.{table.name}.columns.{name}]"
    if not NAME.fullmatch(name):
        raise BadConfiguration(f"{where}: a column's name is small letters, digits and _.", "For example customer_number.")
    if name in table.by_name:
        raise BadConfiguration(f"{where}: {table.name} has a column {name} already.", "Choose another name.")
    if not isinstance(settings, Mapping):
        raise BadConfiguration(f"{where} must hold settings.", f"Settings are: {', '.join(SETTINGS)}.")
    unknown = next((s for s in settings if s not in SETTINGS), None)
    if unknown is not None:
        raise BadConfiguration(f"{where}: '{unknown}' is not a setting.", _nearest(unknown, SETTINGS))
    kind = settings.get("type", "text")
    if kind not in CUSTOM_TYPES:
        raise BadConfiguration(f"{where}: '{kind}' is not a type.", f"Types are: {', '.join(CUSTOM_TYPES)}.")
    choices = settings.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(c, str) for c in choices):
        raise BadConfiguration(f"{where}: choices must be a list of words.", 'For example choices = ["Gold", "Silver"].')
    return Column(
        name,
        str(settings.get("header") or name.replace("_", " ").capitalize()),
        kind,
        required=bool(settings.get("required", False)),
        default=settings.get("default"),
        choices=tuple(choices),
        minimum=_number(where, "minimum", settings.get("minimum")),
        maximum=_number(where, "maximum", settings.get("maximum")),
        limit=int(settings.get("limit", TEXT_LIMIT)),
        help=str(settings.get("help", "A column of this team.")),
        custom=True,
    )


def _number(where: str, name: str, value: object) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadConfiguration(f"{where}: {name} must be a number.", f"For example {name} = 10.")
    return Decimal(str(value))


def _policy(playbook: Playbook, policy: object) -> dict[str, Decimal | int | str]:
    """Check the team's own numbers against the names and kinds that the processes declare."""
    if not isinstance(policy, Mapping):
        raise BadConfiguration("[policy] must hold settings.", 'For example "leads.half_life_days" = 45.')
    flat: dict[str, object] = {}
    for name, value in policy.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": v for inner, v in value.items()})
        else:
            flat[name] = value
    checked: dict[str, Decimal | int | str] = {}
    for name, value in flat.items():
        if name not in playbook.policy:
            raise BadConfiguration(f"[policy]: there is no setting {name}.", _nearest(name, list(playbook.policy)))
        standard = playbook.policy[name]
        if isinstance(standard, str):
            fits = isinstance(value, str)
        elif isinstance(standard, int) and not isinstance(value, bool):
            fits = isinstance(value, int)
        else:
            fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not fits:
            raise BadConfiguration(f"[policy]: {name} cannot be {value!r}.", f"It is {standard} unless you say otherwise.")
        checked[name] = Decimal(str(value)) if isinstance(standard, Decimal) else value  # type: ignore[assignment]
    return checked


def schema_document(playbook: Playbook) -> dict[str, list[dict[str, Any]]]:
    """Give the tables and columns of a workspace, as `schema --json` shows them."""
    return {"tables": [_table_document(playbook, table) for table in playbook.tables.values()]}


def _table_document(playbook: Playbook, table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "process": playbook.process_of[table.name].key,
        "sheet": table.title[:31],
        "header_row": HEADER_ROW,
        "id_header": ID_HEADER,
        "action_header": ACTION_HEADER,
        "columns": [
            {
                "name": c.name,
                "header": c.header,
                "type": c.type,
                "required": c.required,
                "choices": list(c.choices),
                "computed": bool(c.computed),
            }
            for c in table.columns
        ],
    }
