"""Writing one cell so that its type stays what it is."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

EPOCHS: Final = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 (a sheet knows no zone)


def serial(value: date, *, date_1904: bool) -> float:
    """Give the number that a workbook holds for a day or a moment."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    since = moment - EPOCHS[date_1904]
    return since.days + since.seconds / 86_400


def plain(value: object, *, date_1904: bool) -> float | str:
    """Give a value as a formula's stored result."""
    if isinstance(value, date):
        return serial(value, date_1904=date_1904)
    if isinstance(value, (int, float, Decimal)):
        return float(value) if value != int(value) else int(value)
    return "" if value is None else str(value)


def write_value(sheet: Worksheet, row: int, column: int, value: object, look: Format) -> None:
    """Write a canonical value into a cell (counted from 0): text as text, whatever it looks like."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, look)
    elif isinstance(value, (date, datetime)):
        sheet.write_datetime(row, column, value, look)
    elif isinstance(value, (int, float, Decimal)):
        sheet.write_number(row, column, int(value) if value == int(value) else float(value), look)
    else:
        sheet.write_string(row, column, str(value), look)
