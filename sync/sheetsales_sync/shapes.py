"""The JSON documents of the contract: the command line and the HTTP service say the same in the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sheetsales.columns import Column
from sheetsales.process import Playbook
from sheetsales.values import Value, to_text
from sheetsales_sync.engine import Result
from sheetsales_sync.state import Change, Conflict, HistoryRow, Rejection

EXACT: Final = 10**15  # a whole number above is no longer exact where JSON numbers are read as floats
EVERY_BOOK: Final = (
    ("check", "Check", "Write every finding into the workbook as a note and a colour, and take away what is mended."),
    ("undo_last", "Undo last", "Take back what the last button did in this workbook."),
)


def error_document(code: str, message: str, hint: str) -> dict[str, dict[str, Any]]:
    """Give an error as a document."""
    return {"error": {"code": code, "message": message, "hint": hint}}


# ── values ───────────────────────────────────────────────────────────────────────────────────────


def moment(value: datetime | None) -> str | None:
    """Give a moment as ISO text with its zone."""
    if value is None:
        return None
    return value.isoformat(timespec="seconds") if value.tzinfo else value.isoformat(timespec="seconds") + "+00:00"


def as_json_value(column: Column, value: Value) -> object:
    """Give a canonical value for JSON: money as a decimal string, numbers as numbers, dates as ISO."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Decimal) and column.type != "money":
        return int(value) if value == value.to_integral_value() and abs(value) < EXACT else float(value)
    if isinstance(value, datetime) and column.name == "updated_at":
        return moment(value)
    return to_text(value)


def cell_value(playbook: Playbook, table_name: str, column: str, value: Value) -> object:
    """Give the value of one cell for JSON, by the type of its column; as text where the column is no longer known."""
    found = playbook.tables[table_name].by_name.get(column) if table_name in playbook.tables else None
    return as_json_value(found, value) if found is not None else None if value is None else to_text(value)


# ── documents ────────────────────────────────────────────────────────────────────────────────────


def action_rows(playbook: Playbook) -> list[dict[str, Any]]:
    """Give what `actions` lists: every button with its parameters, then those that belong to every workbook."""
    rows: list[dict[str, Any]] = [
        {
            "name": a.name, "process": a.name.split(".")[0], "label": a.label, "tables": list(a.tables), "help": a.help,
            "parameters": [{"name": p.name, "type": p.type, "default": p.default, "unit": p.unit} for p in a.parameters],
        }
        for a in playbook.actions.values()
    ]  # fmt: skip
    return rows + [
        {"name": n, "process": None, "label": label, "tables": [], "help": text, "parameters": []}
        for n, label, text in EVERY_BOOK
    ]


def sync_document(result: Result) -> dict[str, Any]:
    """Give what `sync` says of one workbook."""
    return {
        "path": result.path, "state": result.state, "accepted": result.accepted, "written": result.written,
        "conflicts": result.conflicts, "rejected": result.rejected, "message": result.message,
    }  # fmt: skip


def run_document(playbook: Playbook, result: Result) -> dict[str, Any]:
    """Give what `run` says of one workbook."""

    def value(change: Change, which: Value) -> object:
        return cell_value(playbook, change.table, change.column, which)

    changed = [
        {"table": c.table, "record": c.record, "column": c.column, "old": value(c, c.old), "new": value(c, c.new)}
        for c in result.changed
    ]
    return {
        "path": result.path, "changed": changed, "message": result.message, "state": result.state, "documents": result.documents,
    }  # fmt: skip


def conflict_rows(playbook: Playbook, found: Sequence[Conflict], paths: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give what `conflicts` lists. paths: of the workbooks, by their ids."""

    def value(conflict: Conflict, which: Value) -> object:
        return cell_value(playbook, conflict.table, conflict.column, which)

    return [
        {
            "id": c.id, "book": paths.get(c.book, c.book), "table": c.table, "record": c.record, "column": c.column,
            "base": value(c, c.base), "mine": value(c, c.mine), "theirs": value(c, c.theirs), "theirs_by": c.theirs_by or None, "state": c.state,
        }
        for c in found
    ]  # fmt: skip


def rejected_rows(found: Sequence[Rejection], paths: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give what `rejected` lists. paths: of the workbooks, by their ids."""
    return [
        {
            "book": paths.get(r.book, r.book), "table": r.table, "record": r.record, "column": r.column,
            "cell": r.place.rpartition("!")[2], "value": r.raw, "reason": r.reason, "hint": r.hint, "place": r.place,
        }
        for r in found
    ]  # fmt: skip


def history_rows(playbook: Playbook, found: Sequence[HistoryRow], paths: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give what `history` lists. paths: of the workbooks, by their ids."""

    def value(row: HistoryRow, which: Value) -> object:
        return cell_value(playbook, row.table, row.column, which)

    return [
        {
            "seq": h.seq, "op": h.op, "at": moment(h.at), "actor": h.actor, "book": paths.get(h.book or "", h.book), "table": h.table,
            "record": h.record, "column": h.column or None, "old": value(h, h.old), "new": value(h, h.new), "kind": h.kind, "place": h.place or None,
        }
        for h in found
    ]  # fmt: skip
