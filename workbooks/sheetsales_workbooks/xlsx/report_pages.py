"""Writing a report's pages: heads, tables with totals, charts, print settings."""

from __future__ import annotations

import io
import re
from typing import Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from sheetsales_workbooks.report import Chart, Field, Page, Report
from sheetsales_workbooks.xlsx.cells import write_value
from sheetsales_workbooks.xlsx.looks import BAND, INK, LINE, NUMBER_FORMATS, QUIET, Looks

ACCENT: Final = "#1F6F8B"
SERIES_COLORS: Final = ("#1F6F8B", "#94651B", "#2F7A5A", "#75508A", "#9A4A40")
TAB_LENGTH: Final = 31  # characters, as Excel allows
CHART_ROWS: Final = 16  # rows a chart covers
WIDTH_OF_CHART: Final = 560  # pixels


def write_pages(report: Report) -> bytes:
    """Give the bytes of the report."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(buffer, options)
    workbook.set_properties({"title": report.title, "author": "sheetsales", "created": report.made})
    looks = Looks(workbook)
    taken: set[str] = set()
    for page in report.pages:
        _write_page(workbook, looks, page, _tab_name(page.name, taken))
    workbook.close()
    return buffer.getvalue()


def _tab_name(name: str, taken: set[str]) -> str:
    """Give a tab name that every program takes and that is not taken yet."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:TAB_LENGTH] or "Page"
    number = 2
    while plain.casefold() in taken:
        plain = f"{plain[: TAB_LENGTH - 3]} {number}"
        number += 1
    taken.add(plain.casefold())
    return plain


def _write_page(workbook: Workbook, looks: Looks, page: Page, name: str) -> None:
    sheet = workbook.add_worksheet(name)
    sheet.hide_gridlines(2)
    sheet.set_tab_color(ACCENT)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, page.title, looks.make(bold=True, font_size=15, font_color=ACCENT))
    for number, words in enumerate(page.words, 1):
        sheet.write_string(number, 0, words, looks.make(font_color=QUIET))
    head = len(page.words) + 2
    _write_table(sheet, looks, page, head)
    for number, chart in enumerate(page.charts):
        _add_chart(workbook, sheet, name, page, chart, head, head + number * (CHART_ROWS + 1))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head)
    sheet.set_footer("&L&8&F&R&8&P of &N")


def _write_table(sheet: Worksheet, looks: Looks, page: Page, head: int) -> None:
    title = looks.make(bold=True, font_color="#FFFFFF", bg_color=ACCENT, text_wrap=True, align="center")
    sheet.set_row(head, 30)
    for column, field in enumerate(page.fields):
        sheet.set_column(column, column, field.width)
        sheet.write_string(head, column, field.header, title)
    for number, row in enumerate(page.rows, head + 1):
        for column, (field, value) in enumerate(zip(page.fields, row, strict=True)):
            write_value(sheet, number, column, value, _look(looks, field, banded=number % 2 == 0))
    last = head + len(page.rows)
    if page.rows:
        sheet.autofilter(head, 0, last, len(page.fields) - 1)
        _write_totals(sheet, looks, page, head, last)
    sheet.freeze_panes(head + 1, 1)


def _write_totals(sheet: Worksheet, looks: Looks, page: Page, head: int, last: int) -> None:
    """Add up the columns that ask for it, by a formula with its result, one blank row below."""
    if not any(f.total for f in page.fields):
        return
    for column, field in enumerate(page.fields):
        look = looks.make(bold=True, top=1, top_color=INK, num_format=NUMBER_FORMATS[field.format])
        if field.total:
            letter = xl_col_to_name(column)
            total = sum((row[column] or 0 for row in page.rows), 0)  # type: ignore[misc]
            sheet.write_formula(last + 1, column, f"=SUM({letter}{head + 2}:{letter}{last + 1})", look, total)
        else:
            sheet.write_string(last + 1, column, "Total" if column == 0 else "", looks.make(bold=True, top=1, top_color=INK))


def _look(looks: Looks, field: Field, *, banded: bool) -> Any:
    properties: dict[str, object] = {"num_format": NUMBER_FORMATS[field.format], "bottom": 1, "bottom_color": LINE}
    if field.format in ("text", "date", "datetime"):
        properties |= {"align": "left", "indent": 1}
    if banded:
        properties["bg_color"] = BAND
    return looks.make(**properties)


def _add_chart(workbook: Workbook, sheet: Worksheet, name: str, page: Page, chart: Chart, head: int, top: int) -> None:
    """Put a native chart to the right of the table; it reads the cells, so it follows them."""
    if not page.rows:
        return
    options = {"type": chart.kind, "subtype": "stacked"} if chart.stacked else {"type": chart.kind}
    drawn = workbook.add_chart(options)
    last = head + len(page.rows)
    for number, column in enumerate(chart.values):
        drawn.add_series(
            {
                "name": page.fields[column].header,
                "categories": [name, head + 1, chart.names, last, chart.names],
                "values": [name, head + 1, column, last, column],
                "fill": {"color": SERIES_COLORS[number % len(SERIES_COLORS)]},
                "line": {"color": SERIES_COLORS[number % len(SERIES_COLORS)], "width": 2.25},
                "gap": 60,
            }
        )
    drawn.set_title({"name": chart.title, "name_font": {"size": 12, "color": INK}, "overlay": False})
    drawn.set_legend({"position": "bottom"} if len(chart.values) > 1 else {"none": True})
    drawn.set_y_axis(
        {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": LINE}}, "line": {"none": True}}
    )
    drawn.set_size({"width": WIDTH_OF_CHART, "height": CHART_ROWS * 20})
    sheet.insert_chart(top, len(page.fields) + 1, drawn)
