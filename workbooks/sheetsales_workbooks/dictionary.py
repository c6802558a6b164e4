"""The process dictionary: what each process, table and column is, generated from the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sheetsales.columns import Column
from sheetsales.policy import wanted
from sheetsales.process import Playbook, Process, Table

COLUMN_HEAD: Final = ("head", "Column", "Type", "Needed", "Values", "Filled by", "What it is")
BUTTON_HEAD: Final = ("head", "Button", "", "", "Asks for", "", "What it does")
MEASURE_HEAD: Final = ("head", "Measure", "Kind", "", "Unit", "", "What it says")
SETTING_HEAD: Final = (
    "head",
    "Number",
    "Value",
    "",
    "May be",
    "",
    "Why; sales operations can set another under [policy] in sheetsales.toml",
)
CHECK_HEAD: Final = ("head", "Check", "Severity", "", "Table", "", "What it says")
FILLED_BY: Final = {"": "you", "row": "the row itself", "action": "a button", "service": "the service"}
TYPE_WORDS: Final = {"yes_no_unknown": "yes, no or unknown", "choice": "one of a list", "datetime": "date and time", "id": "id"}


def dictionary_lines(playbook: Playbook, tables: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Give the lines of the dictionary for these tables: first a word for the look, then the cells.

    Looks: "process" (a heading), "field" (name, text), "table" (a heading), "head", "line" (six cells), "gap".
    """
    wanted = set(tables)
    lines: list[tuple[str, ...]] = []
    # What everybody shares comes last: a reader looks for the processes.
    for process in sorted(playbook.processes, key=lambda process: process.order == 0):
        shown = [table for table in process.tables if table.name in wanted]
        if shown:
            lines.extend([*([("gap",)] if lines else []), *_process_lines(process, shown), *_setting_lines(process, playbook)])
    return tuple(lines)


def _process_lines(process: Process, tables: Sequence[Table]) -> list[tuple[str, ...]]:
    fields = (
        ("Name", process.name),
        ("Definition", process.definition),
        ("Purpose", process.purpose),
        ("The question it answers", process.question),
        ("Run by", process.owner_role),
        ("When", process.cadence),
        ("Goes in", process.inputs),
        ("Comes out", process.outputs),
        ("Stages", " → ".join(process.stages)),
        ("Key and version", f"{process.key}, version {process.version}"),
    )
    lines: list[tuple[str, ...]] = [("process", process.title)]
    lines.extend(("field", name, text) for name, text in fields if text)
    for table in tables:
        lines.append(("table", table.title, table.help))
        lines.append(COLUMN_HEAD)
        lines.extend(_column_line(column) for column in table.columns)
    if process.actions:
        lines.append(BUTTON_HEAD)
        lines.extend(
            (
                "line",
                action.label,
                action.name,
                "",
                ", ".join(p.name.replace("_", " ") + (f" ({p.unit})" if p.unit else "") for p in action.parameters),
                "",
                action.help,
            )
            for action in process.actions
        )
    if process.measures:
        lines.append(MEASURE_HEAD)
        lines.extend(("line", m.name.replace("_", " "), m.kind, "", m.unit, "", m.text) for m in process.measures)
    if process.checks:
        lines.append(CHECK_HEAD)
        lines.extend(("line", c.code, c.severity, "", c.table, "", _sentence(c.message, c.hint)) for c in process.checks)
    return lines


def _setting_lines(process: Process, playbook: Playbook) -> list[tuple[str, ...]]:
    """Give the numbers a manager could argue about, with the values in force in this team."""
    lines: list[tuple[str, ...]] = [SETTING_HEAD] if process.policy else []
    for entry in process.policy:
        name = f"{process.key}.{entry.name}"
        lines.append(("line", entry.name, f"{playbook.policy[name]} {entry.unit}".strip(), "", wanted(entry), "", entry.reason))
    return lines


def _column_line(column: Column) -> tuple[str, ...]:
    kind = TYPE_WORDS.get(column.type, column.type.replace("_", " "))
    values = ", ".join(column.choices) or (f"names of {column.choices_from}" if column.choices_from else "")
    if column.target:
        values = f"names of {column.target.replace('_', ' ')}"
    return ("line", column.header, kind, "yes" if column.required else "", values, FILLED_BY[column.computed], column.help)


def _sentence(message: str, hint: str) -> str:
    return f"{message} {hint}".strip()
