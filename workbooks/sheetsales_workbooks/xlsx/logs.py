"""The tabs that the sync fills: Conflicts and Removed rows; and the Read me tab."""

from __future__ import annotations

from typing import Final

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from sheetsales_workbooks.dropdowns import DECISION_LIST, LIST_PREFIX
from sheetsales_workbooks.host import (
    CONFLICT_COLUMNS,
    CONFLICTS_SHEET,
    LOG_FIRST_ROW,
    LOG_HEADER_ROW,
    LOG_ROWS,
    README_SHEET,
    REMOVED_COLUMNS,
    REMOVED_SHEET,
    BookSpec,
)
from sheetsales_workbooks.xlsx.cells import write_value
from sheetsales_workbooks.xlsx.looks import BAND, LINE, QUIET, Looks

CONFLICT_COLOR: Final = "#6B4FA0"
REMOVED_COLOR: Final = "#6A7480"
README_COLOR: Final = "#4B5C70"
CONFLICT_WIDTHS: Final = (18.0, 13.0, 16.0, 26.0, 18.0, 22.0, 22.0, 22.0, 20.0, 16.0, 56.0, 15.0, 20.0, 22.0)
REMOVED_WIDTHS: Final = (16.0, 18.0, 30.0, 44.0, 22.0, 50.0)
README_WIDTHS: Final = (2.0, 26.0, 18.0, 9.0, 38.0, 14.0, 72.0)
TYPED_COLUMNS: Final = frozenset({"Decision", "Other value"})
LONG_COLUMNS: Final = frozenset({"Why", "What stood there"})  # these wrap, and their rows grow
DECISION_HELP: Final = (
    "Keep mine: your value counts. Take theirs: the shared value stays. Other value: the one you type beside it."
)
REMOVED_HELP: Final = "Rows that left this workbook, deleted or gone to somebody else, and what stood in your own columns."
README_HELP: Final = "What the processes, tables and columns of this workbook mean, and what each button does."
NO_CONFLICTS: Final = "Nothing to decide: everything you typed was taken over, and nobody changed the same cell."


def write_conflicts(workbook: Workbook, looks: Looks, book: BookSpec) -> None:
    """Write the Conflicts tab with its empty rows, decision drop-down and a sentence while it is empty."""
    first, last = LOG_FIRST_ROW - 1, LOG_FIRST_ROW + LOG_ROWS - 2
    sheet = _log(
        workbook,
        looks,
        CONFLICTS_SHEET,
        CONFLICT_COLOR,
        CONFLICT_COLUMNS,
        CONFLICT_WIDTHS,
        "Two people changed one cell, or a cell was not accepted. Choose in Decision; the next sync carries it out.",
    )
    sheet.set_column(0, 0, CONFLICT_WIDTHS[0], None, {"hidden": True})
    count = f"COUNTA($B${first + 1}:$B${last + 1})"
    some = f'{count}&IF({count}=1," cell is"," cells are")&" waiting for your decision."'
    sheet.write_formula(
        1, 1, f'=IF({count}=0,"{NO_CONFLICTS}",{some})', looks.make(bold=True, font_color=CONFLICT_COLOR), NO_CONFLICTS
    )
    decision = CONFLICT_COLUMNS.index("Decision")
    sheet.data_validation(
        first,
        decision,
        last,
        decision,
        {
            "validate": "list",
            "source": f"={LIST_PREFIX}{DECISION_LIST}",
            "input_title": "Decision",
            "input_message": DECISION_HELP,
            "error_title": "Decision",
            "error_message": f"Please pick one of: {', '.join(book.lists[DECISION_LIST])}.",
        },
    )
    sheet.freeze_panes(LOG_HEADER_ROW, 2)


def write_removed(workbook: Workbook, looks: Looks) -> None:
    """Write the Removed rows tab with its empty rows."""
    sheet = _log(workbook, looks, REMOVED_SHEET, REMOVED_COLOR, REMOVED_COLUMNS, REMOVED_WIDTHS, REMOVED_HELP)
    sheet.freeze_panes(LOG_HEADER_ROW, 0)


def _log(
    workbook: Workbook, looks: Looks, name: str, color: str, columns: tuple[str, ...], widths: tuple[float, ...], text: str
) -> Worksheet:
    sheet = workbook.add_worksheet(name)
    sheet.set_tab_color(color)
    sheet.hide_gridlines(2)
    start = 1 if columns[0] == "id" else 0
    band = looks.make(bg_color=BAND)
    for row, height in enumerate((27, 18, 18)):
        sheet.set_row(row, height, band if row == 0 else None)
    sheet.write_string(0, start, name, looks.make(bold=True, font_size=15, font_color=color, bg_color=BAND))
    sheet.write_string(2, start, text, looks.make(font_color=QUIET))
    head = looks.header(color, required=True, computed=False)
    head_plain = looks.make(bold=True, font_color="#FFFFFF", bg_color=color, border=1, border_color="#FFFFFF", indent=1)
    sheet.set_row(LOG_HEADER_ROW - 1, 22)
    for number, (header, width) in enumerate(zip(columns, widths, strict=True)):
        sheet.set_column(number, number, width)
        sheet.write_string(LOG_HEADER_ROW - 1, number, header, head if header in TYPED_COLUMNS else head_plain)
    line: dict[str, object] = {"bottom": 1, "bottom_color": LINE, "indent": 1}
    looks_of = [_log_look(looks, header, line) for header in columns]
    for row in range(LOG_FIRST_ROW - 1, LOG_FIRST_ROW - 1 + LOG_ROWS):
        for number, look in enumerate(looks_of):
            sheet.write_blank(row, number, None, look)
    _page(sheet)
    sheet.repeat_rows(LOG_HEADER_ROW - 1)
    sheet.set_selection(LOG_FIRST_ROW - 1, start, LOG_FIRST_ROW - 1, start)
    return sheet


def _log_look(looks: Looks, header: str, line: dict[str, object]) -> Format:
    if header == "When":
        return looks.make(**line, num_format="yyyy-mm-dd hh:mm", align="left")
    if header in TYPED_COLUMNS:
        return looks.make(**line, bg_color="#FFFBEA", bold=header == "Decision")
    return looks.make(
        **line,
        num_format="@",
        text_wrap=header in LONG_COLUMNS,
        font_color=QUIET if header in ("id", "Where", "By") else "#1F2933",
    )


def write_readme(workbook: Workbook, looks: Looks, book: BookSpec) -> None:
    """Write the Read me tab: the process dictionary, line by line."""
    sheet = workbook.add_worksheet(README_SHEET)
    sheet.set_tab_color(README_COLOR)
    sheet.hide_gridlines(2)
    for number, width in enumerate(README_WIDTHS):
        sheet.set_column(number, number, width)
    sheet.set_row(0, 27)
    sheet.write_string(0, 1, "Read me", looks.make(bold=True, font_size=15, font_color=README_COLOR))
    sheet.write_string(1, 1, README_HELP, looks.make(font_color=QUIET))
    for row, (look, *cells) in enumerate(book.readme, start=3):
        _readme_line(sheet, looks, row, look, cells)
    sheet.freeze_panes(2, 0)
    _page(sheet)


def _readme_line(sheet: Worksheet, looks: Looks, row: int, look: str, cells: list[str]) -> None:
    if look == "gap":
        return
    if look == "process":
        title = looks.make(bold=True, font_size=13, font_color="#FFFFFF", bg_color=README_COLOR, indent=1)
        sheet.set_row(row, 24)
        for number in range(1, 7):
            write_value(sheet, row, number, cells[0] if number == 1 else None, title)
    elif look == "field":
        sheet.write_string(row, 1, cells[0], looks.make(font_color=QUIET, valign="top"))
        sheet.merge_range(row, 2, row, 6, cells[1], looks.make(text_wrap=True, valign="top"))
        sheet.set_row(row, 15 * _lines_of(cells[1], sum(README_WIDTHS[2:])))
    elif look == "table":
        sheet.set_row(row, 24)
        sheet.write_string(row, 1, cells[0], looks.make(bold=True, font_size=11.5, font_color=README_COLOR, valign="bottom"))
        write_value(sheet, row, 2, cells[1], looks.make(font_color=QUIET, italic=True, valign="bottom"))
    elif look == "head":
        head = looks.make(bold=True, font_size=9, font_color=QUIET, bottom=1, bottom_color=README_COLOR, top=0)
        for number, text in enumerate(cells, start=1):
            write_value(sheet, row, number, text, head)
    else:
        for number, text in enumerate(cells, start=1):
            look_of_cell = looks.make(bold=number == 1, text_wrap=True, valign="top", bottom=4, bottom_color=LINE)
            write_value(sheet, row, number, text, look_of_cell)
        sheet.set_row(row, 14 * max(_lines_of(text, width) for text, width in zip(cells, README_WIDTHS[1:], strict=True)))


def _lines_of(text: str, width: float) -> int:
    """Estimate how many lines a text takes in a column of so many characters."""
    return max(1, -(-len(text) // max(1, int(width * 1.08))))


def _page(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.fit_to_pages(1, 0)
