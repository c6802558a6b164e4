"""Writing a report's pages: heads, tables with totals, print settings."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from sheetsales_workbooks.report import Field, Page, Report
from sheetsales_workbooks.xlsx.cells import plain, write_value
from sheetsales_workbooks.xlsx.looks import BAND, INK, LINE, NUMBER_FORMATS, QUIET, Looks
from sheetsales_workbooks.xlsx.report_overview import (
    ACCENT,
    CHART_COLUMNS,
    COLUMN_PIXELS,
    Table,
    add_chart,
    lines_of,
    write_overview,
)

FORMATS: Final = {**NUMBER_FORMATS, "integer": "#,##0", "rate": "0.0 %", "days": "0.0", "note": "@"}
LEFT: Final = ("text", "note", "date", "datetime")
TAB_LENGTH: Final = 31  # characters, as Excel allows
NARROWEST: Final = 9.0  # characters of a column that fits what it holds
WIDEST: Final = 44.0
CHARTS_ABREAST: Final = 2
OVERVIEW: Final = "Overview"


def write_pages(report: Report) -> bytes:
    """Give the bytes of the report."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(buffer, options)
    workbook.set_properties({"title": report.title, "author": "sheetsales", "created": report.made})
    looks = Looks(workbook)
    taken: set[str] = set()
    front = workbook.add_worksheet(_tab_name(OVERVIEW, taken)) if report.overview is not None else None
    tables = {page.name: Table(_tab_name(page.name, taken), _head_of(page), page) for page in report.pages}
    for page in report.pages:
        sheet = workbook.add_worksheet(tables[page.name].tab)
        _write_page(sheet, looks, page, tables[page.name].head)
        for number, chart in enumerate(page.charts):
            place = len(page.words) + 2, number % CHARTS_ABREAST * CHART_COLUMNS * COLUMN_PIXELS
            add_chart(workbook, sheet, tables[page.name], chart, place[0], 0, shift=place[1])
    if front is not None and report.overview is not None:
        write_overview(workbook, front, looks, report.overview, tables, FORMATS)
    workbook.close()
    return buffer.getvalue()


def _head_of(page: Page) -> int:
    """Give the row of the table's header, counted from 0: below the sentences and the charts."""
    return len(page.words) + 2 + max((lines_of(chart) for chart in page.charts), default=0)


def _tab_name(name: str, taken: set[str]) -> str:
    """Give a tab name that every program takes and that is not taken yet."""
    plain_name = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:TAB_LENGTH] or "Page"
    number = 2
    while plain_name.casefold() in taken:
        plain_name = f"{plain_name[: TAB_LENGTH - 3]} {number}"
        number += 1
    taken.add(plain_name.casefold())
    return plain_name


def _write_page(sheet: Worksheet, looks: Looks, page: Page, head: int) -> None:
    sheet.hide_gridlines(2)
    sheet.set_tab_color(ACCENT)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, page.title, looks.make(bold=True, font_size=15, font_color=ACCENT))
    for number, words in enumerate(page.words, 1):
        sheet.write_string(number, 0, words, looks.make(font_color=QUIET))
    _write_table(sheet, looks, page, head)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head)
    sheet.set_footer("&L&8&A&R&8&P / &N")


def _write_table(sheet: Worksheet, looks: Looks, page: Page, head: int) -> None:
    sheet.set_row(head, 32)
    for column, field in enumerate(page.fields):
        side = {"align": "left", "indent": 1} if field.format in LEFT else {"align": "right"}
        title = looks.make(bold=True, font_color="#FFFFFF", bg_color=ACCENT, text_wrap=True, **side)
        sheet.set_column(column, column, field.width or _fitting(field, [row[column] for row in page.rows]))
        sheet.write_string(head, column, field.header, title)
    for number, row in enumerate(page.rows, head + 1):
        for column, (field, value) in enumerate(zip(page.fields, row, strict=True)):
            write_value(sheet, number, column, value, _look(looks, field, banded=number % 2 == 0))
    last = head + len(page.rows)
    if page.rows:
        sheet.autofilter(head, 0, last, len(page.fields) - 1)
        _write_totals(sheet, looks, page, head, last)
    if not page.charts:
        sheet.freeze_panes(head + 1, 1)


def _fitting(field: Field, values: Sequence[object]) -> float:
    """Give the width in characters that shows every value, and the header on two lines, within bounds."""
    longest = max((len(_shown(field, value)) for value in values), default=0)
    word = max((len(part) for part in field.header.split()), default=0)
    return min(WIDEST, max(NARROWEST, longest * 1.05 + 3, word + 4, len(field.header) / 2 + 5))


def _shown(field: Field, value: object) -> str:
    """Give a value about as long as it will be shown."""
    if isinstance(value, (int, Decimal)) and field.format in ("money", "integer"):
        return f"{value:,.2f}" if field.format == "money" else f"{value:,}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return "" if value is None else "0000.0 %" if isinstance(value, (float, Decimal)) else str(value)


def _write_totals(sheet: Worksheet, looks: Looks, page: Page, head: int, last: int) -> None:
    """Close the table with a line of totals by formula, each with its result."""
    if not any(f.total for f in page.fields):
        return
    closing = {column: (text, value) for column, text, value in page.closing}
    cells = [f"{xl_col_to_name(column)}{last + 2}" for column in range(len(page.fields))]
    for column, field in enumerate(page.fields):
        look = looks.make(bold=True, top=1, top_color=INK, num_format=FORMATS[field.format], align="right")
        if field.total:
            letter = xl_col_to_name(column)
            total = sum((row[column] or 0 for row in page.rows), 0)  # type: ignore[misc]
            formula = f"=SUM({letter}{head + 2}:{letter}{last + 1})"
            sheet.write_formula(last + 1, column, formula, look, plain(total, date_1904=False))
        elif column in closing and closing[column][0]:
            text, value = closing[column]
            sheet.write_formula(last + 1, column, text.format(*cells), look, plain(value, date_1904=False))
        elif column in closing:
            write_value(sheet, last + 1, column, closing[column][1], look)
        else:
            words = looks.make(bold=True, top=1, top_color=INK, align="left", indent=1)
            sheet.write_string(last + 1, column, "Total" if column == 0 else "", words)


def _look(looks: Looks, field: Field, *, banded: bool) -> Any:
    properties: dict[str, object] = {"num_format": FORMATS[field.format], "bottom": 1, "bottom_color": LINE}
    properties |= {"align": "left", "indent": 1} if field.format in LEFT else {"align": "right"}
    if field.format == "note":
        properties |= {"font_color": QUIET, "font_size": 9}
    if banded:
        properties["bg_color"] = BAND
    return looks.make(**properties)
