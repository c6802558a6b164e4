"""A team's playbook, made from the processes and what the team's configuration says on top."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sheetsales.cells import reader
from sheetsales.columns import TEXT_LIMIT, TYPES, YES_NO_UNKNOWN, Column
from sheetsales.errors import BadConfiguration
from sheetsales.policy import checked_policy, exact_number, nearest, policy_document
from sheetsales.process import ACTION_HEADER, Playbook, Process, Table
from sheetsales.processes import found
from sheetsales.shared import SHARED, assign_column
from sheetsales.typed_text import Bad
from sheetsales.values import CELL_TEXT_LIMIT, fold, has_control_characters

HEADER_ROW: Final = 5  # of every table tab, counted from 1
ID_HEADER: Final = "ID"
TAB_LIMIT: Final = 31  # characters; no spreadsheet program takes a longer name of a tab
HEADER_LIMIT: Final = 255  # characters; spreadsheet programs take no longer header of a table
CUSTOM_TYPES: Final = tuple(t for t in TYPES if t != "id")
SETTINGS: Final = (
    "header", "type", "required", "choices", "help", "default", "minimum", "maximum", "limit", "target", "unique",
)  # fmt: skip
NUMERIC: Final = ("integer", "number", "money", "percent")
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")


# ── building ─────────────────────────────────────────────────────────────────────────────────────


def build_playbook(configuration: Mapping[str, Any], processes: Sequence[Process] | None = None) -> Playbook:
    """Build the playbook of a team.

    configuration: the parsed sheetsales.toml; `[tables.NAME.columns.COL]` declares columns of the
    team's own, `[policy.PROCESS]` gives other values for policy numbers, NAME = VALUE.
    processes: instead of those found. Raises BadConfiguration with the faulty key and the nearest
    names that are known.
    """
    chosen = found() if processes is None else tuple(processes)
    plain = Playbook([with_assignments(SHARED, chosen), *chosen])
    return Playbook(
        plain.processes,
        custom=_custom_columns(plain, configuration.get("tables", {})),
        policy=checked_policy(plain, configuration.get("policy", {})),
    )


def with_assignments(shared: Process, processes: Sequence[Process]) -> Process:
    """Give the shared tables with an assignment column for every process, also one that a team added."""

    def wider(table: Table) -> Table:
        if table.name not in ("people", "roles"):
            return table
        lacking = [p.key for p in processes if f"assign_{p.key}" not in table.by_name]
        return replace(table, own_columns=(*table.own_columns, *map(assign_column, lacking)))

    return replace(shared, tables=tuple(map(wider, shared.tables)))


def _custom_columns(playbook: Playbook, tables: object) -> dict[str, tuple[Column, ...]]:
    if not isinstance(tables, Mapping):
        raise BadConfiguration("[tables] must hold tables.", "Write [tables.accounts.columns.my_column].")
    columns: dict[str, tuple[Column, ...]] = {}
    for name, content in tables.items():
        if name not in playbook.tables:
            raise BadConfiguration(f"[tables.{name}]: there is no table {name}.", nearest(name, list(playbook.tables)))
        if not isinstance(content, Mapping) or set(content) - {"columns"}:
            other = sorted(set(content) - {"columns"})[0] if isinstance(content, Mapping) else content
            raise BadConfiguration(f"[tables.{name}]: '{other}' is not a setting.", f"Write [tables.{name}.columns.my_column].")
        declared = content.get("columns", {})
        if not isinstance(declared, Mapping):
            raise BadConfiguration(f"[tables.{name}.columns] must hold columns.", f"Write [tables.{name}.columns.my_column].")
        columns[name] = tuple(_custom_column(playbook, name, column, settings) for column, settings in declared.items())
        _headers_differ(playbook.tables[name], columns[name])
    return columns


def _headers_differ(table: Table, columns: Sequence[Column]) -> None:
    taken = {fold(ACTION_HEADER), fold(ID_HEADER), *(fold(c.header) for c in table.columns)}
    for column in columns:
        if fold(column.header) in taken:
            raise BadConfiguration(
                f"[tables.{table.name}.columns.{column.name}]: the header '{column.header}' is already used in {table.name}.",
                "Give the column another header.",
            )
        taken.add(fold(column.header))


def _custom_column(playbook: Playbook, table_name: str, name: str, settings: object) -> Column:
    """Check one declared column, setting by setting."""
    table, where = playbook.tables[table_name], f"[tables.{table_name}.columns.{name}]"
    if not NAME.fullmatch(name):
        raise BadConfiguration(f"{where}: a column's name is small letters, digits and _.", "For example customer_number.")
    if name in table.by_name:
        raise BadConfiguration(f"{where}: {table_name} has a column {name} already.", "Choose another name.")
    if not isinstance(settings, Mapping):
        raise BadConfiguration(f"{where} must hold settings.", f"Settings are: {', '.join(SETTINGS)}.")
    unknown = next((s for s in settings if s not in SETTINGS), None)
    if unknown is not None:
        raise BadConfiguration(f"{where}: '{unknown}' is not a setting.", nearest(unknown, SETTINGS))
    kind = settings.get("type", "text")
    if kind not in CUSTOM_TYPES:
        near = nearest(kind, CUSTOM_TYPES)
        raise BadConfiguration(f"{where}: '{kind}' is not a type.", f"{near} Types are: {', '.join(CUSTOM_TYPES)}.")
    column = Column(
        name,
        _words(where, "header", settings.get("header", name.replace("_", " ").capitalize())),
        kind,
        required=_yes(where, "required", settings),
        choices=_choices(where, kind, settings.get("choices")),
        target=_target(playbook, where, kind, settings.get("target")),
        minimum=_bound(where, "minimum", kind, settings.get("minimum")),
        maximum=_bound(where, "maximum", kind, settings.get("maximum")),
        limit=_limit(where, settings.get("limit", TEXT_LIMIT)),
        help=_words(where, "help", settings.get("help", "A column of this team."), CELL_TEXT_LIMIT),
        custom=True,
        unique=_yes(where, "unique", settings),
    )
    if column.minimum is not None and column.maximum is not None and column.minimum > column.maximum:
        raise BadConfiguration(f"{where}: minimum lies above maximum.", "Exchange the two.")
    return _with_default(where, column, settings.get("default"))


def _words(where: str, name: str, value: object, limit: int = HEADER_LIMIT) -> str:
    if not isinstance(value, str) or not value.strip() or has_control_characters(value) or "\n" in value or len(value) > limit:
        raise BadConfiguration(f"{where}: {name} must be one line of text.", f'For example {name} = "Customer number".')
    return value.strip()


def _yes(where: str, name: str, settings: Mapping[str, object]) -> bool:
    value = settings.get(name, False)
    if not isinstance(value, bool):
        raise BadConfiguration(f"{where}: {name} must be true or false.", f"For example {name} = true.")
    return value


def _choices(where: str, kind: str, value: object) -> tuple[str, ...]:
    if kind == "yes_no_unknown" and value is None:
        return YES_NO_UNKNOWN
    if kind != "choice":
        if value is not None:
            raise BadConfiguration(f'{where}: choices need type = "choice".', 'Write type = "choice".')
        return ()
    words = list(value) if isinstance(value, (list, tuple)) else []
    if not words or not all(isinstance(word, str) and fold(word) for word in words):
        raise BadConfiguration(f"{where}: choices must be a list of words.", 'For example choices = ["Gold", "Silver"].')
    if len({fold(word) for word in words}) != len(words):
        raise BadConfiguration(f"{where}: choices names a word twice.", "Take one of them out.")
    return tuple(word.strip() for word in words)


def _target(playbook: Playbook, where: str, kind: str, value: object) -> str:
    if kind != "reference":
        if value is not None:
            raise BadConfiguration(f'{where}: target needs type = "reference".', 'Write type = "reference".')
        return ""
    if value not in playbook.tables:
        raise BadConfiguration(f"{where}: target must be a table.", nearest(value or "", list(playbook.tables)))
    return str(value)


def _bound(where: str, name: str, kind: str, value: object) -> Decimal | None:
    if value is None:
        return None
    if kind not in NUMERIC:
        raise BadConfiguration(f"{where}: {name} is for numbers, and the column holds {kind}.", f"Take {name} out.")
    number = exact_number(value)
    if number is None:
        raise BadConfiguration(f"{where}: {name} must be a number.", f"For example {name} = 10.")
    return number


def _limit(where: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= CELL_TEXT_LIMIT:
        raise BadConfiguration(
            f"{where}: limit must be a whole number from 1 to {CELL_TEXT_LIMIT:,}.", "For example limit = 100."
        )
    return value


def _with_default(where: str, column: Column, value: object) -> Column:
    if value is None:
        return column
    if value == "today" and column.type in ("date", "datetime"):
        return replace(column, default="today")
    read: object = reader(column)(value) if isinstance(value, (str, int, float, Decimal, date, datetime)) else None
    if read is None or isinstance(read, (Bad, bool)):
        raise BadConfiguration(
            f"{where}: the default {value!r} is no value of the column.", read.hint if isinstance(read, Bad) else None
        )
    return replace(column, default=read)  # type: ignore[arg-type]


# ── the schema ───────────────────────────────────────────────────────────────────────────────────


def schema_document(playbook: Playbook, names: Mapping[str, Sequence[str]] | None = None) -> dict[str, list[dict[str, Any]]]:
    """Give the tables and columns of a workspace and its policy, as `schema --json` shows them.

    names: the record names of tables whose names are choices (stages); without it those that a new
    workspace starts with.
    """
    tables = [_table_document(playbook, table, names or {}) for table in playbook.tables.values()]
    return {"tables": tables, "policy": policy_document(playbook)}


def _table_document(playbook: Playbook, table: Table, names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "name": table.name,
        "process": playbook.process_of[table.name].key,
        "sheet": table.title[:TAB_LIMIT],
        "header_row": HEADER_ROW,
        "id_header": ID_HEADER,
        "action_header": ACTION_HEADER,
        "columns": [
            {
                "name": column.name,
                "header": column.header,
                "type": column.type,
                "required": column.required,
                "choices": _choices_of(playbook, column, names),
                "computed": bool(column.computed),
            }
            for column in table.columns
        ],
    }


def _choices_of(playbook: Playbook, column: Column, names: Mapping[str, Sequence[str]]) -> list[str]:
    if not column.choices_from:
        return list(column.choices)
    if column.choices_from in names:
        return list(names[column.choices_from])
    process, label = playbook.process_of[column.choices_from], playbook.labels[column.choices_from]
    return [str(row[label]) for row in process.defaults.get(column.choices_from, ())]
