"""The cells of a tab of an open workbook, read in blocks: one of values, one of formulas.

What a desktop program hands over is brought to the raw values that every reader of ours gives:
whole numbers, days, times, errors apart from texts, formulas with their last result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import xlwings

from sheetsales.values import CellError, Formula
from sheetsales_workbooks.reading.cell_formats import Format, formatted, read_format
from sheetsales_workbooks.reading.guard import LIMITS
from sheetsales_workbooks.reading.sheet_cells import LAST_ROW, Area, check_cells, check_rows
from sheetsales_workbooks.reading.workbook_read import ForeignSheet

ERROR_WORDS: Final = frozenset(
    {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!"}
)
ZERO_DAY: Final = datetime(1899, 12, 30)  # noqa: DTZ001  (day 0 of every desktop program's serial numbers)
LEAP_BUG: Final = datetime(1900, 3, 1)  # noqa: DTZ001  (serial numbers before it are a day off)
WHOLE: Final = 1e15  # beyond it a float is no exact whole number
MOMENT: Final = Format("moment")
UNKNOWN_FORMAT: Final = 164  # a format id behind the built-in ones: its text decides
Rows = list[list[Any]]
Parts = Iterator[tuple[xlwings.Range, Any]]


def read_tab(sheet: xlwings.Sheet, *, recalculates: bool, head: int = 0) -> ForeignSheet:
    """Read the cells of one tab.

    recalculates: whether the program keeps results up to date, so that a blank result is a result.
    head: the header row of the tab's table; below it formats and merged cells are looked at too.
    Raises FileRefused where the tab holds more than is allowed.
    """
    bottom, right = _reach(sheet)
    block = sheet.range((1, 1), (bottom, right))
    values: Rows = block.options(ndim=2, err_to_str=True, chunksize=None).value
    formulas = _as_rows(block.formula)
    errors = _errors(block, values)
    if not recalculates:
        _keep_blank_results(block, values, formulas)
    rows: dict[int, dict[int, object]] = {}
    stored = 0
    for number, (line, words) in enumerate(zip(values, formulas, strict=True), start=1):
        cells: dict[int, object] = {}
        for column, (value, text) in enumerate(zip(line, words, strict=True), start=1):
            if value is None and not text:
                continue
            raw = CellError(str(value)) if (number, column) in errors else plain(value)
            held = _with_formula(text, value, raw, recalculates=recalculates)
            if held is not None:
                cells[column] = held
        if cells:
            rows[number] = cells
            stored += len(cells)
    merged: tuple[Area, ...] = ()
    if head and bottom > head:
        body = sheet.range((head + 1, 1), (bottom, right))
        _apply_formats(body, rows)
        merged = tuple(_merged(body))
    return ForeignSheet(sheet.name, "visible", rows, frozenset(), merged, stored)


def _reach(sheet: xlwings.Sheet) -> tuple[int, int]:
    """Give the last row and column in use; where formats alone reach further than a table may, those of the contents."""
    used = sheet.used_range
    bottom, right = used.row + used.shape[0] - 1, used.column + used.shape[1] - 1
    if bottom > LIMITS["rows"] + LIMITS["head_rows"]:
        bottom = max(sheet.range((LAST_ROW, column)).end("up").row for column in range(1, right + 1))
        check_rows(bottom)
    check_cells(bottom * right)
    return bottom, right


def _as_rows(block: Any) -> Rows:
    if not isinstance(block, (list, tuple)):
        return [[block]]
    if not block or not isinstance(block[0], (list, tuple)):
        return [list(block)]
    return [list(row) for row in block]


def _errors(block: xlwings.Range, values: Rows) -> set[tuple[int, int]]:
    """Give the places of errors: where a second reading, without their words, finds nothing."""
    suspects = {
        (row, column)
        for row, line in enumerate(values, start=1)
        for column, value in enumerate(line, start=1)
        if isinstance(value, str) and value in ERROR_WORDS
    }
    if not suspects:
        return set()
    blanked: Rows = block.options(ndim=2, chunksize=None).value
    return {(row, column) for row, column in suspects if blanked[row - 1][column - 1] is None}


def _keep_blank_results(block: xlwings.Range, values: Rows, formulas: Rows) -> None:
    """Tell a formula whose stored result is a blank text from one that has no result."""
    waiting = [
        (row, column)
        for row, line in enumerate(formulas)
        for column, text in enumerate(line)
        if text and values[row][column] is None
    ]
    raw = _as_rows(block.raw_value) if waiting else []
    for row, column in waiting:
        if raw[row][column] == "":
            values[row][column] = ""


def _with_formula(text: object, value: object, raw: object, *, recalculates: bool) -> object:
    """Give the cell's content: a text that only looks like a formula reads the same as what it shows."""
    if not isinstance(text, str) or not text.startswith("=") or len(text) < 2 or (isinstance(value, str) and value == text):
        return raw
    if raw is None:
        return Formula(text[1:], "", True) if recalculates else Formula(text[1:], None, False)
    return Formula(text[1:], raw, True)


def plain(value: object) -> object:
    """Give a value of a desktop program as a raw value of ours."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < WHOLE else value
    if isinstance(value, datetime):
        return _moment(value.replace(tzinfo=None))
    return value


def _moment(value: datetime) -> object:
    if value < LEAP_BUG:
        return formatted(serial(value), MOMENT, False)
    return value.date() if value.time() == time() else value


def serial(value: datetime) -> int | float:
    """Give the serial number of a moment as desktop programs count."""
    days = (value - ZERO_DAY).total_seconds() / 86_400
    return int(days) if days.is_integer() else days


# ── what only a format tells ─────────────────────────────────────────────────────────────────────


def _apply_formats(body: xlwings.Range, rows: dict[int, dict[int, object]]) -> None:
    """Give numbers that their format shows with leading zeros, and lengths of time, as such."""
    counted = (int, float, datetime, date, time)
    columns = {
        column
        for row, cells in rows.items()
        if row >= body.row
        for column, value in cells.items()
        if isinstance(value, counted) and not isinstance(value, bool)
    }
    for column in sorted(columns):
        strip = body.sheet.range((body.row, column), (body.row + body.shape[0] - 1, column))
        for part, code in parts_alike(strip, lambda one: one.number_format):
            form = read_format(UNKNOWN_FORMAT, str(code or "General"))
            if form is not None and form.kind in ("zeros", "elapsed"):
                _reformat(rows, part, form)


def _reformat(rows: dict[int, dict[int, object]], part: xlwings.Range, form: Format) -> None:
    for row in range(part.row, part.row + part.shape[0]):
        cells = rows.get(row, {})
        value = cells.get(part.column)
        if isinstance(value, bool) or value is None:
            continue
        if form.kind == "zeros" and isinstance(value, (int, float)):
            cells[part.column] = formatted(value, form, False)
        elif form.kind == "elapsed" and isinstance(value, (int, float, date, time)):
            cells[part.column] = formatted(_days(value), form, False)


def _days(value: float | date | time) -> float:
    if isinstance(value, time):
        return serial(datetime.combine(ZERO_DAY, value))
    if isinstance(value, datetime):
        return serial(value)
    return float((value - ZERO_DAY.date()).days) if isinstance(value, date) else value


def parts_alike(block: xlwings.Range, look: Callable[[xlwings.Range], Any]) -> Parts:
    """Give the parts of a range of which something is the same all over, found by halving; `look` gives None for a mixture."""
    found = look(block)
    rows, columns = block.shape
    if found is not None or (rows, columns) == (1, 1):
        yield block, found
        return
    sheet, top, left = block.sheet, block.row, block.column
    if rows > 1:
        middle = top + rows // 2
        halves = [((top, left), (middle - 1, left + columns - 1)), ((middle, left), (top + rows - 1, left + columns - 1))]
    else:
        middle = left + columns // 2
        halves = [((top, left), (top, middle - 1)), ((top, middle), (top, left + columns - 1))]
    for first, last in halves:
        yield from parts_alike(sheet.range(first, last), look)


def _merged(body: xlwings.Range) -> Iterator[Area]:
    """Give the merged areas of a range; where there are none that costs one question."""
    seen: set[Area] = set()
    for part, merged in parts_alike(body, lambda one: one.impl.merge_cells):
        if not merged:
            continue
        for row in range(part.row, part.row + part.shape[0]):
            for column in range(part.column, part.column + part.shape[1]):
                if any(top <= row <= bottom and left <= column <= right for top, left, bottom, right in seen):
                    continue
                whole = part.sheet.range((row, column)).merge_area
                area = (whole.row, whole.column, whole.row + whole.shape[0] - 1, whole.column + whole.shape[1] - 1)
                if whole.shape != (1, 1) and area not in seen:
                    seen.add(area)
                    yield area


def places_of_names(book: xlwings.Book) -> Mapping[str, str]:
    """Give what the defined names of ours refer to, by folded name; our engines tell all of them in one go."""
    names = book.names.impl
    if hasattr(names, "contents"):
        pairs = names.contents()
    else:
        pairs = [(text, name.refers_to) for text, name in names.snapshot() if text.casefold().startswith("ss_")]
    found: dict[str, str] = {}
    for text, refers_to in pairs:
        if text.casefold().startswith("ss_"):
            found.setdefault(text.casefold(), refers_to)
    return found
