"""Writing a report's overview: figures in large type, and native charts that read the other tabs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from sheetsales_workbooks.report import Chart, Overview, Page
from sheetsales_workbooks.xlsx.cells import write_value
from sheetsales_workbooks.xlsx.looks import BAND, INK, LINE, QUIET, Looks

ACCENT: Final = "#1F6F8B"
SERIES_COLORS: Final = ("#1F6F8B", "#E0A100", "#2F7A5A", "#75508A", "#9A4A40")
RATE_COLOR: Final = "#B4641A"
TILE_COLUMNS: Final = 2  # sheet columns that one tile covers
COLUMN_WIDTH: Final = 13.0  # characters
COLUMN_PIXELS: Final = 96
CHART_COLUMNS: Final = 6  # sheet columns that one chart covers
CHART_LINES: Final = 18  # sheet rows that one chart covers
LINE_PIXELS: Final = 20
BAR_PIXELS: Final = 21  # for each bar of a long list
SHORT: Final = '[>=1000000]0.0,,"M";[>=1000]#,##0,"k";#,##0'  # amounts that are read at a glance
FIGURES: Final = {"money": SHORT, "rate": "0 %", "number": "0.0", "whole": "0", "ln": "0.00"}
ROOM_FOR_LABELS: Final = 1.12  # of an axis of shares, so that 100 % can be written beside its bar
FEW: Final = 5  # names up to which bars are drawn slim


@dataclass(frozen=True)
class Table:
    """Where a page's table stands: its tab, and the row of its header counted from 0."""

    tab: str
    head: int
    page: Page


def write_overview(
    workbook: Workbook,
    sheet: Worksheet,
    looks: Looks,
    overview: Overview,
    tables: Mapping[str, Table],
    formats: Mapping[str, str],
) -> None:
    """Write the first tab; the charts name the tabs of the tables they draw."""
    sheet.hide_gridlines(2)
    sheet.set_tab_color(INK)
    sheet.set_column(0, 0, 2)
    sheet.set_column(1, 2 * CHART_COLUMNS, COLUMN_WIDTH)
    sheet.set_row(0, 32)
    sheet.write_string(0, 1, overview.title, looks.make(bold=True, font_size=20, font_color=ACCENT))
    for number, words in enumerate(overview.words, 1):
        sheet.write_string(number, 1, words, looks.make(font_color=QUIET))
    top = len(overview.words) + 2
    _tiles(sheet, looks, overview, top, formats)
    lines = [top + 5, top + 5]
    for chart in overview.charts:
        side = 0 if lines[0] <= lines[1] else 1
        height = add_chart(workbook, sheet, tables[chart.page], chart, lines[side], 1 + side * CHART_COLUMNS)
        lines[side] += height
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    sheet.center_horizontally()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.print_area(0, 0, max(lines), 2 * CHART_COLUMNS)
    sheet.set_footer("&L&8&A&R&8&D")
    sheet.activate()


def _tiles(sheet: Worksheet, looks: Looks, overview: Overview, top: int, formats: Mapping[str, str]) -> None:
    sheet.set_row(top + 1, 30)
    for number, tile in enumerate(overview.tiles):
        left = 1 + number * TILE_COLUMNS
        edge = {"left": 5, "left_color": ACCENT, "bg_color": BAND, "align": "left", "indent": 1}
        for line, (value, look) in enumerate(
            (
                (tile.label, looks.make(font_color=QUIET, **edge)),
                (tile.value, looks.make(bold=True, font_size=18, num_format=formats[tile.format], **edge)),
                (tile.remark, looks.make(font_color=QUIET, font_size=9, **edge)),
            )
        ):
            sheet.merge_range(top + line, left, top + line, left + TILE_COLUMNS - 1, "", look)
            write_value(sheet, top + line, left, value, look)


def add_chart(workbook: Workbook, sheet: Worksheet, table: Table, chart: Chart, top: int, left: int, *, shift: int = 0) -> int:
    """Put a native chart on a sheet; gives the sheet rows it covers, a gap included. shift: pixels to the right."""
    first = table.head + 1 + chart.first
    last = first + chart.count - 1
    drawn = workbook.add_chart({"type": chart.kind, "subtype": "stacked"} if chart.stacked else {"type": chart.kind})
    names = [table.tab, first, chart.names[0], last, chart.names[1]]
    floating = chart.unseen > 0 and chart.kind == "bar"  # LibreOffice takes the wrong name out of its legend
    several = (len(chart.values) - chart.unseen > 1 or chart.rate >= 0) and not floating
    colors = chart.colors or SERIES_COLORS
    for number, column in enumerate(chart.values):
        seen = number >= chart.unseen
        drawn.add_series(
            {
                "name": [table.tab, table.head, column],
                "categories": names,
                "values": [table.tab, first, column, last, column],
                "fill": {"color": colors[(number - chart.unseen) % len(colors)]} if seen else {"none": True},
                "border": {"none": True},
                "gap": 130 if chart.count <= FEW and not chart.stacked else 55,
                "overlap": 100 if chart.stacked else -5,
                **(_labels(chart) if not chart.stacked else {}),
            }
        )
    if chart.rate >= 0:
        drawn.combine(_rate_line(workbook, table, chart, names, first, last))
    drawn.set_title({"name": chart.title, "name_font": {"size": 12, "bold": True, "color": INK}, "overlay": False})
    hidden = {"delete_series": list(range(chart.unseen))} if chart.unseen else {}
    drawn.set_legend({"position": "bottom", "font": {"color": INK}, **hidden} if several else {"none": True})
    _axes(drawn, chart)
    drawn.set_chartarea({"border": {"color": LINE}})
    lines = lines_of(chart)
    drawn.set_size({"width": CHART_COLUMNS * COLUMN_PIXELS - 14, "height": lines * LINE_PIXELS - 12})
    words = {"description": f"{chart.title}. Its figures are on the tab {table.tab}."}
    sheet.insert_chart(top, left, drawn, {**words, "x_offset": shift} if shift else words)
    return lines


def lines_of(chart: Chart) -> int:
    """Give the sheet rows a chart covers, a gap included: more for a long list of bars."""
    if chart.kind != "bar":
        return CHART_LINES
    side_by_side = 1 if chart.stacked else len(chart.values)
    return max(CHART_LINES, -(-(chart.count * side_by_side * BAR_PIXELS + 70) // LINE_PIXELS))


def _rate_line(workbook: Workbook, table: Table, chart: Chart, names: list[Any], first: int, last: int) -> Any:
    """Give the line of a share that runs over the columns, on the right axis."""
    line = workbook.add_chart({"type": "line"})
    line.add_series(
        {
            "name": [table.tab, table.head, chart.rate],
            "categories": names,
            "values": [table.tab, first, chart.rate, last, chart.rate],
            "line": {"color": RATE_COLOR, "width": 2.25},
            "marker": {"type": "circle", "size": 6, "fill": {"color": RATE_COLOR}, "border": {"color": RATE_COLOR}},
            "y2_axis": True,
        }
    )
    quiet = {"color": QUIET}
    line.set_y2_axis({"min": 0, "max": 1, "num_format": "0 %", "num_font": quiet, "line": {"none": True}, "major_unit": 0.25})
    return line


def _labels(chart: Chart) -> dict[str, object]:
    """Give labels at the bars, whose axis is not drawn."""
    if chart.kind != "bar":
        return {}
    return {"data_labels": {"value": True, "num_format": FIGURES[chart.format], "font": {"color": INK, "size": 9}}}


def _axes(drawn: Any, chart: Chart) -> None:
    quiet = {"color": QUIET, "size": 9}
    grid = {"visible": True, "line": {"color": LINE, "width": 0.75}}
    figures: dict[str, object] = {
        "num_format": FIGURES[chart.format],
        "num_font": quiet,
        "line": {"none": True},
        "major_gridlines": grid,
    }
    figures |= {} if chart.signed else {"min": 0}
    figures |= {"max": ROOM_FOR_LABELS if chart.kind == "bar" else 1} if chart.format == "rate" else {}
    names: dict[str, object] = {"num_font": quiet, "line": {"color": LINE}, "major_gridlines": {"visible": False}}
    names |= {"label_position": "low"} if chart.signed else {}
    if chart.kind == "bar":
        plain = chart.stacked or chart.signed
        drawn.set_x_axis(
            {**figures, "label_position": "high"}
            if plain
            else {**figures, "visible": False, "major_gridlines": {"visible": False}}
        )
        drawn.set_y_axis({**names, "reverse": True})
    else:
        drawn.set_x_axis(names)
        drawn.set_y_axis(figures)
