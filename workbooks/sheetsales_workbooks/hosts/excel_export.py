"""One table as a plain workbook to hand out: texts as text cells, numbers and dates as such."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import xlsxwriter

from sheetsales.columns import Column
from sheetsales.values import Value

FORMATS: Final = {
    "money": "#,##0.00",
    "percent": "0.##%",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm:ss",
    "integer": "0",
}
TAB_LENGTH: Final = 31  # characters, as Excel allows
MADE: Final = datetime(2000, 1, 1)  # noqa: DTZ001 (a fixed date, so that the same rows give the same bytes)
WIDTH: Final = 18


def table_workbook(title: str, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write rows under the columns' names; the same rows give the same bytes.

    A text never becomes a formula, a link or a number, whatever it looks like.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": MADE, "title": title})
    sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\'")[:TAB_LENGTH] or "Table")
    head = book.add_format({"bold": True, "bottom": 1})
    text = book.add_format({"num_format": "@"})
    formats = {kind: book.add_format({"num_format": shown}) for kind, shown in FORMATS.items()}
    for number, column in enumerate(columns):
        sheet.set_column(number, number, WIDTH, text if column.is_text else formats.get(column.type))
        sheet.write_string(0, number, column.name, head)
    sheet.freeze_panes(1, 0)
    for row, values in enumerate(rows, 1):
        for number, (column, value) in enumerate(zip(columns, values, strict=True)):
            if value is None:
                continue
            if isinstance(value, datetime):
                sheet.write_datetime(row, number, value.replace(tzinfo=None), formats["datetime"])
            elif isinstance(value, date):
                sheet.write_datetime(row, number, datetime(value.year, value.month, value.day), formats["date"])  # noqa: DTZ001
            elif isinstance(value, (int, Decimal)):
                sheet.write_number(row, number, value, formats.get(column.type))
            else:
                sheet.write_string(row, number, value, text)
    book.close()
    return out.getvalue()
