"""Export: the present records of a table as JSON, CSV or a workbook, exact enough to be imported again."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from decimal import Context, Decimal
from typing import Any, Final

from sheetsales.columns import Column
from sheetsales.errors import WrongUse
from sheetsales.process import Playbook, Table
from sheetsales.values import Value
from sheetsales_sync.importing import table_named
from sheetsales_sync.ports import StorePort
from sheetsales_sync.state import Record, Scope
from sheetsales_workbooks.csv_file import write_csv
from sheetsales_workbooks.hosts.excel_export import table_workbook

AMBIGUOUS: Final = -3  # exponent of a number whose decimals look like a group of thousands
WIDE: Final = Context(prec=40)
FORMATS: Final = ("csv", "json", "xlsx")


def export_table(
    store: StorePort, playbook: Playbook, table: str, fmt: str = "json", *, scope: Scope | None = None, zone: tzinfo = UTC
) -> bytes | dict[str, Any]:
    """Give the living records of a table, oldest first, with `id`, `owner` and `version`.

    fmt "json" gives the document `{"table", "records"}`, "csv" and "xlsx" bytes; headers are the columns'
    names. zone: of the workspace's wall time, for date-times in JSON. Raises WrongUse, UnknownName.
    """
    definition = table_named(playbook, table)
    if fmt not in FORMATS:
        raise WrongUse(f"There is no format '{fmt}'.", f"Formats: {', '.join(FORMATS)}.")
    records = store.read(lambda tx: tx.records(table, scope=scope))
    if fmt == "json":
        return {"table": table, "records": [record_document(definition, record, zone) for record in records]}
    headers = [column.name for column in definition.columns]
    rows = [[_value(column, record) for column in definition.columns] for record in records]
    if fmt == "xlsx":
        return table_workbook(definition.title, definition.columns, rows)
    return write_csv(headers, [[_plain(value) for value in row] for row in rows])


def _value(column: Column, record: Record) -> Value:
    if column.name == "id":
        return record.id
    if column.name == "version":
        return record.version
    return record.updated_at if column.name == "updated_at" else record.values.get(column.name)


def _plain(value: Value) -> Value:
    """Give a number with three decimals a fourth, so that nobody takes 1.234 for one thousand two hundred."""
    if isinstance(value, Decimal) and value.as_tuple().exponent == AMBIGUOUS:
        return value.quantize(Decimal("1.0000"), context=WIDE)
    return value


def record_document(table: Table, record: Record, zone: tzinfo = UTC) -> dict[str, Any]:
    """Give one record for JSON: money as a decimal string, times with their zone, the rest as it is."""
    return {c.name: json_value(c, _value(c, record), UTC if c.name == "updated_at" else zone) for c in table.columns}


def json_value(column: Column, value: Value, zone: tzinfo = UTC) -> str | int | float | None:
    """Give one value for JSON; numbers and percentages become JSON numbers, at most 15 digits exactly."""
    if isinstance(value, Decimal):
        if column.type == "money":
            return format(value, "f")
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value
