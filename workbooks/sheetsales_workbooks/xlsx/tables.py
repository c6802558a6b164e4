"""A table tab: head with buttons, the table, its checks while typing, its colours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from sheetsales_workbooks.dropdowns import ACTIONS_LIST, LIST_PREFIX
from sheetsales_workbooks.host import ACTION_CELL, FIRST_ROW, STATUS_CELL, BookSpec, ColumnSpec, TableSpec
from sheetsales_workbooks.layout import formula_in_row
from sheetsales_workbooks.xlsx.cells import plain, write_value
from sheetsales_workbooks.xlsx.looks import BAND, FILLED, QUIET, RED, Looks
from sheetsales_workbooks.xlsx.validations import validation

TABLE_PREFIX: Final = "ss_t_"
ROW_HEIGHT: Final = 17  # points: one line
HEADER_HEIGHT: Final = 33
BUTTON_HEIGHT: Final = 24  # pixels
BUTTON_GAP: Final = 6
BUTTON_ROOM: Final = 1_180  # pixels for one line of buttons
FUNCTIONS_OF_2007: Final = frozenset((
    "ABS", "AND", "AVERAGE", "COUNT", "COUNTA", "COUNTIF", "COUNTIFS", "DATE", "DAY", "IF", "IFERROR", "INDEX", "INT",
    "ISBLANK", "ISERROR", "ISNUMBER", "LEFT", "LEN", "LOWER", "MATCH", "MAX", "MID", "MIN", "MOD", "MONTH", "NOT", "NOW",
    "OR", "RIGHT", "ROUND", "SEARCH", "SUM", "SUMIF", "SUMIFS", "SUMPRODUCT", "TEXT", "TODAY", "TRIM", "UPPER", "VALUE",
    "VLOOKUP", "YEAR",
))  # fmt: skip
PAGE_WIDTH: Final = 190.0  # characters on one printed landscape page, still readable
STATUS_HINT: Final = "Choose an action in the cell to the left, or press a button; the answer stands here."
TIER_COLORS: Final = (
    ("A", "#CDEBD8", "#1E6B43"),
    ("B", "#D8E8F8", "#1F5FA8"),
    ("C", "#FBEFCB", "#8A6100"),
    ("D", "#ECEEF0", "#6B7683"),
)
NOTE_LOOK: Final = {"author": "sheetsales", "width": 400, "height": 232, "font_size": 9, "color": "#FFFDF3"}
SCORE_COLORS: Final = {"min_color": FILLED, "max_color": "#A9CBE8"}
STANDING_COLORS: Final = (
    ("Works", "#E3F3E8", "#1E6B43"), ("Costs deals", "#FBE9E6", "#9A4A40"), ("White", "#FFF5D6", "#7A5B00"), ("Open", "#E6F0F7", "#1F6F8B"),
)  # fmt: skip
GROWING_ROWS: Final = 5_000  # a table that a button fills begins empty; its colours reach so far
PALE_WORDS: Final = ("Too few", "Owned", "Excluded")  # rows that say little, or ask for nothing
OUTCOME_COLORS: Final = (("Won", "", "#1E6B43"), ("Lost", "", "#9A4A40"))


def table_name(table: str) -> str:
    """Give the name of the table object of a table."""
    return TABLE_PREFIX + table


def last_row(spec: TableSpec) -> int:
    """Give the last row that the table reaches, the blank rows included (at least one)."""
    return spec.header_row + max(1, len(spec.rows) + len(spec.spare_ids))


def write_table(workbook: Workbook, looks: Looks, book: BookSpec, spec: TableSpec) -> None:
    """Write one table tab; its worksheet is made here."""
    sheet = workbook.add_worksheet(spec.sheet)
    sheet.set_tab_color(spec.color)
    _columns(sheet, looks, spec)
    _head(workbook, sheet, looks, spec)
    _buttons(sheet, spec)
    _table(sheet, looks, spec)
    _rows(sheet, looks, spec, date_1904=book.date_1904)
    _validations(sheet, spec, book.lists)
    _colors(workbook, sheet, spec)
    _names(workbook, spec)
    _page(sheet, spec, book)


def _columns(sheet: Worksheet, looks: Looks, spec: TableSpec) -> None:
    for number, column in enumerate(spec.columns):
        # Below the last row nobody wants a grey column: there computed columns have a number format only.
        look = looks.data("input" if column.style == "computed" else column.style, column.format)
        options: dict[str, object] = {"hidden": column.hidden}
        if column.grouped:
            options = {"level": 1, "hidden": True}
        sheet.set_column(number, number, column.width, look, options)
    grouped = [number for number, column in enumerate(spec.columns) if column.grouped]
    if grouped:
        sheet.set_column(grouped[-1] + 1, grouped[-1] + 1, None, None, {"collapsed": True})


def _head(workbook: Workbook, sheet: Worksheet, looks: Looks, spec: TableSpec) -> None:
    band = looks.make(bg_color=BAND)
    button_rows = len(_button_lines(spec))
    for row, height in enumerate((25, 27 if button_rows else 5, 27 if button_rows > 1 else 5, 21)):
        sheet.set_row(row, height, band)
    title = looks.make(bold=True, font_size=15, font_color=spec.color, bg_color=BAND)
    helps = looks.make(font_color=QUIET, bg_color=BAND)
    # A cell of two runs: the title and, behind it, the sentence.
    if spec.help:
        sheet.write_rich_string(0, 1, title, spec.title, helps, "    " + spec.help, helps)
    else:
        sheet.write_string(0, 1, spec.title, title)
    sheet.write_comment(0, 1, _how_it_works(spec), NOTE_LOOK)
    if spec.actions:
        row, column = ACTION_CELL[0] - 1, ACTION_CELL[1] - 1
        sheet.write_string(row, column - 1, "Action", looks.make(bg_color=BAND, font_color=QUIET, align="right", indent=1))
        cell = looks.make(bg_color="#FFFFFF", border=1, border_color=spec.color, bold=True, num_format="@", indent=1)
        sheet.write_blank(row, column, None, cell)
        sheet.data_validation(
            row,
            column,
            row,
            column,
            {
                "validate": "list",
                "source": f"={LIST_PREFIX}{ACTIONS_LIST}{spec.table}",
                "error_title": "Action",
                "error_message": "Please pick one of the actions in the list.",
                "input_title": "Action",
                "input_message": "Choose what to do. It runs while the service or the helper on this machine is on.",
            },
        )
        workbook.define_name(f"ss_action_{spec.table}", f"={_absolute(spec.sheet, row, column)}")
    status = looks.make(bg_color=BAND, font_color=QUIET, italic=True, indent=1, num_format="@")
    row, column = STATUS_CELL[0] - 1, STATUS_CELL[1] - 1
    sheet.write_string(row, column, STATUS_HINT if spec.actions else "For reading only: it is filled by the service.", status)
    workbook.define_name(f"ss_status_{spec.table}", f"={_absolute(spec.sheet, row, column)}")


def _how_it_works(spec: TableSpec) -> str:
    lines = ["How this tab works", ""]
    if spec.read_only:
        lines.append("This tab is for reading. What is typed here is not taken over.")
    else:
        lines += [
            "Dark headings with a yellow line: needed. Paler headings: fill them when you know. Grey italic: filled for you.",
            "New row: type into the first blank line.",
            "Delete a row: choose Delete in its Action cell. To hide rows, use a filter. A row cut out of the sheet comes back.",
            "Coloured cells have a note that says why: red is wrong, amber wants a look, blue is a hint, violet is a conflict.",
        ]
    lines.append("Sort and filter as you like. Your own columns at the right end, your notes and formulas are never touched.")
    return "\n".join(lines)


def _button_lines(spec: TableSpec) -> list[list[tuple[str, int]]]:
    """Break the buttons into lines that fit a screen: captions with their widths in pixels."""
    lines: list[list[tuple[str, int]]] = []
    used = BUTTON_ROOM
    for button in spec.buttons:
        width = 26 + 7 * len(button.caption)
        if used + width > BUTTON_ROOM:
            lines.append([])
            used = 0
        lines[-1].append((button.caption, width))
        used += width + BUTTON_GAP
    return lines


def _buttons(sheet: Worksheet, spec: TableSpec) -> None:
    for row, line in enumerate(_button_lines(spec)[:2], start=1):
        left = 2
        for caption, width in line:
            sheet.insert_button(
                row,
                1,
                {
                    "caption": caption,
                    "description": caption,
                    "width": width,
                    "height": BUTTON_HEIGHT,
                    "x_offset": left,
                    "y_offset": 5,
                },
            )
            left += width + BUTTON_GAP


def _table(sheet: Worksheet, looks: Looks, spec: TableSpec) -> None:
    sheet.set_row(spec.header_row - 1, HEADER_HEIGHT)
    sheet.add_table(
        spec.header_row - 1,
        0,
        last_row(spec) - 1,
        len(spec.columns) - 1,
        {
            "name": table_name(spec.table),
            "style": "Table Style Light 1",
            "banded_rows": False,
            "columns": [
                {
                    "header": column.header,
                    "header_format": looks.header(
                        spec.color, required=column.required, computed=column.style in ("computed", "id")
                    ),
                }
                for column in spec.columns
            ],
        },
    )


def _rows(sheet: Worksheet, looks: Looks, spec: TableSpec, *, date_1904: bool) -> None:
    formats = [looks.data(column.style, column.format) for column in spec.columns]
    letters = {column.name: xl_col_to_name(number) for number, column in enumerate(spec.columns)}
    # Looking for newer functions in each formula of each row takes longer than all other cells together.
    sheet.use_future_functions = any(not _is_plain(column.formula) for column in spec.columns)
    blank: list[Mapping[str, object]] = [{"id": record} for record in spec.spare_ids]
    for row, values in enumerate([*spec.rows, *blank] or [{}], start=spec.header_row):
        sheet.set_row(row, ROW_HEIGHT)
        for number, column in enumerate(spec.columns):
            value = values.get(column.name) if column.name else None
            if column.formula:
                formula = formula_in_row(column.formula, letters, row + 1)
                sheet.write_formula(row, number, "=" + formula.lstrip("="), formats[number], plain(value, date_1904=date_1904))
            else:
                write_value(sheet, row, number, value, formats[number])


def _is_plain(formula: str) -> bool:
    """Say whether a formula uses only functions that the file format knew from the start."""
    return FUNCTIONS_OF_2007.issuperset(re.findall(r"([A-Za-z][A-Za-z0-9.]*)\(", formula))


def _validations(sheet: Worksheet, spec: TableSpec, lists: Mapping[str, Sequence[str]]) -> None:
    first, last = spec.header_row, last_row(spec) - 1
    for number, column in enumerate(spec.columns):
        choices = tuple(lists.get(column.list_name.removeprefix(LIST_PREFIX), ())) if column.strict else ()
        options = validation(column, choices, xl_rowcol_to_cell(first, number))
        if options is not None and not spec.read_only:
            sheet.data_validation(first, number, last, number, options)


def _colors(workbook: Workbook, sheet: Worksheet, spec: TableSpec) -> None:
    first, last = spec.header_row, last_row(spec) - 1
    letters = {column.name: xl_col_to_name(number) for number, column in enumerate(spec.columns)}
    if not spec.read_only:
        gone = workbook.add_format({"font_strikeout": True, "font_color": "#9AA3AD", "bg_color": "#ECEEF0"})
        sheet.conditional_format(
            first,
            1,
            last,
            len(spec.columns) - 1,
            {"type": "formula", "criteria": f'=$B{FIRST_ROW}="Delete"', "format": gone, "stop_if_true": True},
        )
    for column in [column for column in spec.columns if column.look == "standing"]:
        words = ",".join(f'${letters[column.name]}{FIRST_ROW}="{word}"' for word in PALE_WORDS)
        pale = workbook.add_format({"font_color": "#A3ABB3"})
        last = max(last, first + GROWING_ROWS)
        sheet.conditional_format(
            first, 2, last, len(spec.columns) - 1, {"type": "formula", "criteria": f"=OR({words})", "format": pale}
        )
    for number, column in enumerate(spec.columns):
        for options in _column_colors(workbook, column, letters):
            sheet.conditional_format(first, number, last, number, options)


def _column_colors(workbook: Workbook, column: ColumnSpec, letters: Mapping[str, str]) -> list[dict[str, object]]:
    cell = f"${letters[column.name]}{FIRST_ROW}"
    if column.look == "due":
        name, done = column.closed
        state = f"${letters[name]}{FIRST_ROW}" if name else ""
        open_row = "".join(f',{state}<>"{word}"' for word in done) if done else f',{state}=""' if name else ""
        late = workbook.add_format({"font_color": RED, "bold": True})
        return [{"type": "formula", "criteria": f"=AND(ISNUMBER({cell}),{cell}<TODAY(){open_row})", "format": late}]
    words = {"tier": TIER_COLORS, "outcome": OUTCOME_COLORS, "standing": STANDING_COLORS}.get(column.look, ())
    if words:
        return [
            {
                "type": "cell",
                "criteria": "==",
                "value": f'"{word}"',
                "format": workbook.add_format({"font_color": ink, "bold": True, **({"bg_color": fill} if fill else {})}),
            }
            for word, fill, ink in words
        ]
    if column.look == "score":
        return [{"type": "2_color_scale", "min_type": "num", "max_type": "num", "min_value": 0, "max_value": 100, **SCORE_COLORS}]
    return []


def _absolute(sheet: str, row: int, column: int) -> str:
    quoted = sheet if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", sheet) else "'" + sheet.replace("'", "''") + "'"
    return f"{quoted}!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"


def _names(workbook: Workbook, spec: TableSpec) -> None:
    for number, column in enumerate(spec.columns):
        if column.name:
            workbook.define_name(f"ss_{spec.table}_{column.name}", f"={_absolute(spec.sheet, spec.header_row - 1, number)}")


def _page(sheet: Worksheet, spec: TableSpec, book: BookSpec) -> None:
    sheet.freeze_panes(spec.header_row, 3)
    sheet.set_selection(spec.header_row, 2, spec.header_row, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    shown = sum(column.width for column in spec.columns if not column.hidden and not column.grouped)
    sheet.fit_to_pages(max(1, round(shown / PAGE_WIDTH)), 0)
    sheet.repeat_rows(spec.header_row - 1)
    sheet.repeat_columns(1, 2)
    sheet.set_footer(f"&L&8{_footer_text(book.title)} · &A&R&8&P / &N")


def _footer_text(text: str) -> str:
    return text.replace("&", "&&")
