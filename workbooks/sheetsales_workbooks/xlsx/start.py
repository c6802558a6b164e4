"""The Start tab: what to do today, the figures, what the sync has to say, the tabs and the buttons."""

from __future__ import annotations

from typing import Final

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from sheetsales_workbooks.host import NOTICE_ROWS, START_SHEET, TODAY_COLUMNS, TODAY_ROWS, BookSpec, TileSpec
from sheetsales_workbooks.xlsx.cells import write_value
from sheetsales_workbooks.xlsx.looks import BAND, INK, LINE, LINK, NUMBER_FORMATS, QUIET, RED, Looks
from sheetsales_workbooks.xlsx.tables import table_name

BUTTONS_HELP: Final = "Press the button, or choose its name in the Action cell at the top of the tab."
ACCENT: Final = "#1F6F8B"
WIDTHS: Final = (2.0, 19.0, 36.0, 27.0, 42.0, 19.0, 3.5, 2.0, 27.0)  # columns A to I
HEAD_ROW: Final = 5  # of the list of today; rows and columns here count from 0
TODAY_ROW: Final = HEAD_ROW + 1
NOTICE_HEAD: Final = TODAY_ROW + TODAY_ROWS + 1
NOTICE_ROW: Final = NOTICE_HEAD + 1
TABS_HEAD: Final = NOTICE_ROW + NOTICE_ROWS + 1
LINE_HEIGHT: Final = 18  # points
FIRST: Final = 1  # column B
LAST: Final = 5  # column F, the last of the list of today
TILES: Final = 8  # column I


def write_start(workbook: Workbook, looks: Looks, book: BookSpec) -> None:
    """Write the Start tab; its worksheet is made here and shown first."""
    sheet = workbook.add_worksheet(START_SHEET)
    sheet.set_tab_color(ACCENT)
    sheet.hide_gridlines(2)
    for number, width in enumerate(WIDTHS):
        sheet.set_column(number, number, width)
    sheet.set_row(0, 8)
    sheet.set_row(1, 31)
    sheet.write_string(1, FIRST, book.start.greeting, looks.make(bold=True, font_size=22, font_color=ACCENT))
    sheet.write_string(2, FIRST, book.start.subtitle, looks.make(font_color=QUIET, font_size=10.5))
    sheet.set_row(3, 8)
    _today(workbook, sheet, looks, book)
    _tiles(sheet, looks, book)
    _notices(workbook, sheet, looks, book)
    row = _tabs(sheet, looks, book)
    row = _buttons(sheet, looks, book, row + 1)
    foot = looks.make(font_color=QUIET, italic=True, text_wrap=True)
    sheet.merge_range(row + 1, FIRST, row + 1, LAST, book.start.footer, foot)
    sheet.set_row(row + 1, 32)
    _page(sheet, row + 1)


def _heading(sheet: Worksheet, looks: Looks, row: int, text: str, *, first: int = FIRST, last: int = LAST) -> None:
    look = looks.make(bold=True, font_size=12, font_color=ACCENT, bottom=2, bottom_color=ACCENT)
    sheet.set_row(row, 22)
    sheet.write_string(row, first, text, look)
    for column in range(first + 1, last + 1):
        sheet.write_blank(row, column, None, look)


def _today(workbook: Workbook, sheet: Worksheet, looks: Looks, book: BookSpec) -> None:
    _heading(sheet, looks, HEAD_ROW - 1, "Today")
    head = looks.make(font_color=QUIET, font_size=9, bottom=1, bottom_color=LINE)
    for number, text in enumerate(TODAY_COLUMNS):
        sheet.write_string(HEAD_ROW, FIRST + number, text, head)
    line: dict[str, object] = {"bottom": 1, "bottom_color": LINE, "text_wrap": True}
    due = looks.make(**line, num_format=NUMBER_FORMATS["date"], align="left")
    bold, text, quiet = looks.make(**line, bold=True), looks.make(**line), looks.make(**line, font_color=QUIET)
    arrow = looks.make(font_color=LINK, align="center")
    for number in range(TODAY_ROWS):
        row = TODAY_ROW + number
        sheet.set_row(row, 20)
        found = book.start.today[number] if number < len(book.start.today) else None
        values: tuple[object, ...] = (found.due, found.text, found.record, found.why, found.sheet) if found else (None,) * 5
        if number == 0 and found is None:
            values = (None, "Nothing is due. Well done.", None, None, None)
        for offset, (value, look) in enumerate(zip(values, (due, bold, text, quiet, quiet), strict=True)):
            write_value(sheet, row, FIRST + offset, value, look)
        # The link follows the name in the cell beside it, so that it is right after every sync.
        tab = f"$F{row + 1}"
        sheet.write_formula(row, LAST + 1, f'=IF({tab}="","",HYPERLINK("#\'"&{tab}&"\'!C6","→"))', arrow, "→" if found else "")
    late = workbook.add_format({"font_color": RED, "bold": True})
    first = TODAY_ROW + 1
    sheet.conditional_format(
        TODAY_ROW,
        FIRST,
        TODAY_ROW + TODAY_ROWS - 1,
        FIRST,
        {"type": "formula", "criteria": f"=AND(ISNUMBER($B{first}),$B{first}<TODAY())", "format": late},
    )
    workbook.define_name("ss_today", f"={START_SHEET}!$B${first}")


def _tiles(sheet: Worksheet, looks: Looks, book: BookSpec) -> None:
    if not book.start.tiles:
        return
    _heading(sheet, looks, HEAD_ROW - 1, "At a glance", first=TILES, last=TILES)
    headers = {(spec.table, column.name): column.header for spec in book.tables for column in spec.columns}
    edge: dict[str, object] = {"bg_color": BAND, "left": 5, "left_color": ACCENT, "align": "left", "indent": 1}
    label = looks.make(**edge, font_color=QUIET, font_size=9, valign="top")
    for number, tile in enumerate(book.start.tiles):
        row = TODAY_ROW + 2 * number
        shown = "#,##0.00" if tile.format == "money" else "0 %" if tile.format == "percent" else "#,##0"
        value = looks.make(**edge, bold=True, font_size=14, num_format=shown)
        sheet.write_formula(row, TILES, tile_formula(tile, headers), value, tile.value)
        sheet.write_string(row + 1, TILES, tile.label, label)


def tile_formula(tile: TileSpec, headers: dict[tuple[str, str], str]) -> str:
    """Give the formula of a figure: it counts or adds up over the columns of the table, however long that grows."""

    def column(name: str) -> str:
        # A quote stands before the characters that have a meaning of their own in such a reference.
        text = "".join(f"'{c}" if c in "[]#'@" else c for c in headers[tile.table, name])
        return f"{table_name(tile.table)}[{text}]"

    conditions = ",".join(f"{column(name)},{_criterion(how, word)}" for name, how, word in tile.where)
    return f"=SUMIFS({column(tile.total)},{conditions})" if tile.total else f"=COUNTIFS({conditions})"


def _criterion(how: str, word: str) -> str:
    quoted = word.replace('"', '""')
    return {"is": f'"{quoted}"', "is not": f'"<>{quoted}"', "before": '"<"&TODAY()', "filled": '"<>"', "blank": '""'}[how]


def _notices(workbook: Workbook, sheet: Worksheet, looks: Looks, book: BookSpec) -> None:
    _heading(sheet, looks, NOTICE_HEAD, "From the sync")
    look = looks.make(font_color=INK, text_wrap=False)
    waiting = (None,) * NOTICE_ROWS
    for row, text in enumerate((*book.start.notices, *waiting)[:NOTICE_ROWS], start=NOTICE_ROW):
        sheet.set_row(row, LINE_HEIGHT)
        write_value(sheet, row, FIRST, text, look)
    workbook.define_name("ss_notices", f"={START_SHEET}!$B${NOTICE_ROW + 1}")


def _tabs(sheet: Worksheet, looks: Looks, book: BookSpec) -> int:
    _heading(sheet, looks, TABS_HEAD, "Your tabs")
    row = TABS_HEAD + 1
    text = looks.make(font_color=QUIET)
    for tab in book.start.tabs:
        link = looks.make(font_color=LINK, bold=True, left=5, left_color=tab.color, align="left", indent=1)
        sheet.set_row(row, LINE_HEIGHT)
        sheet.write_url(row, FIRST, f"internal:'{tab.sheet}'!A1", link, tab.sheet)
        write_value(sheet, row, FIRST + 1, tab.help, text)
        row += 1
    return row


def _buttons(sheet: Worksheet, looks: Looks, book: BookSpec, row: int) -> int:
    _heading(sheet, looks, row, "What the buttons do")
    row += 1
    sheet.write_string(row, FIRST, BUTTONS_HELP, looks.make(font_color=QUIET))
    row += 1
    caption: Format = looks.make(bold=True, bottom=1, bottom_color=LINE)
    text = looks.make(valign="vcenter", bottom=1, bottom_color=LINE)
    quiet = looks.make(valign="vcenter", bottom=1, bottom_color=LINE, font_color=QUIET)
    for button in book.start.buttons:
        sheet.set_row(row, LINE_HEIGHT)
        write_value(sheet, row, FIRST, button.caption, caption)
        sheet.merge_range(row, FIRST + 1, row, LAST - 1, button.help, text)
        write_value(sheet, row, LAST, button.sheet, quiet)
        row += 1
    return row


def _page(sheet: Worksheet, last: int) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, last, TILES)
    sheet.activate()
    sheet.set_first_sheet()
    sheet.set_selection(TODAY_ROW, FIRST, TODAY_ROW, FIRST)
