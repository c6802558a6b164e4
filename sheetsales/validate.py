"""Rows to findings: the cell rules (required, known owner, known reference) and the row rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sheetsales.columns import Column, same
from sheetsales.process import Check, Finding, Playbook, Row, Table, Tables
from sheetsales.values import Value, fold

CELL_CODES: Final = frozenset(
    {
        "REQUIRED",
        "OWNER",
        "TYPE",
        "CHOICE",
        "RANGE",
        "TOO-LONG",
        "CONTROL",
        "AMBIGUOUS",
        "FORMULA",
        "NOT-CALCULATED",
        "ERROR-VALUE",
        "NO-SUCH-DATE",
        "UNIQUE",
        "SECRET",
    }
)


def fill_defaults(table: Table, values: Row, *, owner: str = "", day: Value = None) -> dict[str, Value]:
    """Give the row with its defaults in the blank required cells, the owner among them.

    day: the day of entry, for columns whose default is the word "today".
    """
    filled = dict(values)
    for column in table.inputs:
        if filled.get(column.name) is None:
            default = day if column.default == "today" else column.default
            if column.name == "owner" and table.kind in ("record", "detail"):
                default = owner or default
            filled[column.name] = default
    return filled


def cell_findings(table: Table, row: Row, tables: Tables) -> list[Finding]:
    """Apply the cell rules that need more than the cell's own text: required, owner, references."""
    found = []
    record = str(row["id"])
    for column in table.inputs:
        value = row.get(column.name)
        if value is None:
            if column.required:
                found.append(
                    Finding(table.name, record, column.name, "REQUIRED", "error", f"{column.header} is empty.", "Fill it.")
                )
            elif column.wanted:
                found.append(
                    Finding(table.name, record, column.name, "EMPTY", "warning", f"{column.header} is empty.", "Fill it.")
                )
            continue
        finding = reference_finding(table, column, record, value, tables)
        if finding is not None:
            found.append(finding)
        if column.unique or column.name == "external_id":
            twins = [str(r["id"]) for r in tables.where(table.name, column.name, value) if r["id"] != record]
            if twins:
                found.append(
                    Finding(
                        table.name,
                        record,
                        column.name,
                        "UNIQUE",
                        "error",
                        f"{column.header}: '{value}' is already used by {twins[0]}.",
                        "Use another, or work in that row.",
                    )
                )
    return found


def reference_finding(table: Table, column: Column, record: str, value: Value, tables: Tables) -> Finding | None:
    """Say what is wrong with a reference: an unknown owner is an error, another unknown name a warning."""
    if column.target == "people":
        if tables.person(value) is None and tables.find("people", value) is None:
            if column.name == "owner":
                return Finding(
                    table.name,
                    record,
                    column.name,
                    "OWNER",
                    "error",
                    f"{column.header}: no member called '{value}'.",
                    "Pick a member of the team file.",
                )
            return Finding(
                table.name,
                record,
                column.name,
                "REFERENCE",
                "warning",
                f"{column.header}: no member called '{value}'.",
                "Pick from the list.",
            )
    elif column.type == "reference" and column.target and tables.find(column.target, value) is None:
        return Finding(
            table.name,
            record,
            column.name,
            "REFERENCE",
            "warning",
            f"{column.header}: no {column.target.replace('_', ' ')} called '{value}'.",
            "Pick from the list.",
        )
    elif column.choices_from:
        names = [str(r.get("name")) for r in tables.rows(column.choices_from)]
        if names and fold(value) not in {fold(n) for n in names}:
            return Finding(
                table.name,
                record,
                column.name,
                "CHOICE",
                "error",
                f"{column.header}: '{value}' is not one of: {', '.join(names)}.",
                "Pick from the list.",
            )
    return None


def row_findings(checks: Iterable[Check], row: Row, tables: Tables) -> list[Finding]:
    """Apply row rules to one row."""
    return [finding for check in checks for finding in check.findings(row, tables)]


def validate(playbook: Playbook, table: Table, rows: Iterable[Row], tables: Tables) -> list[Finding]:
    """Give every finding of these rows, sorted by row and then by column; never raises.

    Where a process has a sentence of its own for a blank required cell, it stands instead of the general one.
    rows: canonical values with "id"; computed columns are looked at as they stand.
    """
    order = {column.name: number for number, column in enumerate(table.columns)}
    found: list[Finding] = []
    for row in rows:
        own = row_findings(playbook.checks[table.name], row, tables)
        spoken = {finding.column for finding in own if finding.severity == "error"}
        cells = [f for f in cell_findings(table, row, tables) if f.code != "REQUIRED" or f.column not in spoken]
        mine = cells + own
        found.extend(sorted(mine, key=lambda f: (order.get(f.column, 0), f.code)))
    return found


def natural_key(table: Table, row: Row) -> tuple[str, tuple[str, ...]] | None:
    """Give what identifies a row without an external id: the kind of key, and its folded parts.

    The first natural key of the table whose columns are all filled; None where none is.
    """
    for names in table.key:
        parts = tuple(fold(row[name]) if row.get(name) is not None else "" for name in names)
        if all(parts):
            return "+".join(names), parts
    return None


def differs(table: Table, name: str, one: Value, other: Value) -> bool:
    """Say whether two values of a column differ to a reader."""
    return not same(table.by_name[name], one, other)
