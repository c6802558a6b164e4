"""Writing cells of an open workbook: in blocks, exact in their types, text that stays text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import xlwings

from sheetsales.errors import FileRefused
from sheetsales.values import CellError, Formula, canonical_number, to_text
from sheetsales_workbooks.host import CellWrite
from sheetsales_workbooks.hosts.live.grid import parts_alike
from sheetsales_workbooks.patching.cell_values import cell_content
from sheetsales_workbooks.reading.sheet_cells import column_letters

TEXT_FORMAT: Final = "@"
DAY_FORMAT: Final = "yyyy-mm-dd"
MOMENT_FORMAT: Final = "yyyy-mm-dd hh:mm"
GENERAL: Final = "General"
PARSED_STARTS: Final = ("=", "+", "-", "@", "'")  # what may make a program take a text for something else
NEAREST: Final = Decimal(1) / 86_400  # of a day: moments are kept to the second

Place = tuple[int, int]
Values = dict[Place, Any]


def check(sheet: str, writes: Sequence[CellWrite]) -> None:
    """Raise CellRefused for what a cell cannot hold, by the rules that hold for files."""
    for write in writes:
        cell_content(write, b"", f"{sheet}!{column_letters(write.column)}{write.row}", date_1904=False)


def write_cells(sheet: xlwings.Sheet, writes: Sequence[CellWrite]) -> None:
    """Write values and formulas; of two writes to one cell the later one counts."""
    values: Values = {}
    formulas: Values = {}
    results: Values = {}
    for write in writes:
        place = (write.row, write.column)
        values.pop(place, None)
        formulas.pop(place, None)
        if write.formula:
            formulas[place] = f"={write.formula.removeprefix('=')}"
            results[place] = float(write.value) if isinstance(write.value, (int, Decimal)) else write.value
        else:
            values[place] = wanted(write)
    shield(sheet, values)
    for block, rows in blocks(values):
        sheet.range(*block).value = rows
    for block, rows in blocks(formulas):
        _write_formulas(sheet.range(*block), rows, results)


def _write_formulas(target: xlwings.Range, rows: list[list[Any]], results: Mapping[Place, Any]) -> None:
    """Write formulas; in a cell of text a formula would stay words, so it is none for the moment of the write."""
    texts = [part for part, code in parts_alike(target, lambda one: one.number_format) if code == TEXT_FORMAT]
    for part in texts:
        part.number_format = GENERAL
    target.formula = rows
    for part in texts:
        part.number_format = TEXT_FORMAT
    if hasattr(target.impl, "keep_results"):  # a program that does not calculate shows what was worked out here
        top, left = target.row, target.column
        target.impl.keep_results([[results[top + r, left + c] for c in range(len(row))] for r, row in enumerate(rows)])


def wanted(write: CellWrite) -> Any:
    """Give the value as a desktop program takes it: numbers as floats, days as their midnight, blanks as None."""
    value = write.value
    if write.text and value is not None and not isinstance(value, str):
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        return to_text(value)  # type: ignore[arg-type]
    if value == "":
        return None
    if isinstance(value, bool) or value is None or isinstance(value, (str, datetime)):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return float(value)  # type: ignore[arg-type]


def shield(sheet: xlwings.Sheet, values: Mapping[Place, Any]) -> None:
    """Make text cells of those whose text a program could take for a formula."""
    risky = {place: True for place, value in values.items() if isinstance(value, str) and value.startswith(PARSED_STARTS)}
    for block, _ in blocks(risky):
        cells = sheet.range(*block)
        if cells.number_format != TEXT_FORMAT:
            cells.number_format = TEXT_FORMAT


def blocks(values: Mapping[Place, Any]) -> Iterator[tuple[tuple[Place, Place], list[list[Any]]]]:
    """Give few rectangles that cover the places: runs down a column, and equal runs side by side together."""
    columns: dict[int, list[int]] = {}
    for row, column in values:
        columns.setdefault(column, []).append(row)
    runs: dict[Place, list[int]] = {}
    for column in sorted(columns):
        for run in _runs(sorted(columns[column])):
            runs.setdefault(run, []).append(column)
    for (first, last), beside in sorted(runs.items()):
        for left, right in _runs(beside):
            rows = [[values[row, column] for column in range(left, right + 1)] for row in range(first, last + 1)]
            yield ((first, left), (last, right)), rows


def _runs(numbers: Sequence[int]) -> Iterator[Place]:
    start = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield start, last
            start = number
        last = number
    yield start, last


# ── was it taken as it was meant? ────────────────────────────────────────────────────────────────


def shows(write: CellWrite, found: object) -> bool:
    """Say whether a cell holds what was written, in its own type."""
    if write.formula:
        return isinstance(found, Formula)
    value = wanted(write)
    if value is None:
        return found is None or found == ""
    if isinstance(value, (bool, str)) or isinstance(found, bool):
        return type(value) is type(found) and value == found
    if isinstance(value, datetime):
        return isinstance(found, date) and _near(value, found)
    return isinstance(found, (int, float)) and canonical_number(Decimal(repr(value))) == canonical_number(Decimal(repr(found)))


def _near(value: datetime, found: date) -> bool:
    there = found if isinstance(found, datetime) else datetime(found.year, found.month, found.day)  # noqa: DTZ001
    return abs((there - value).total_seconds()) < 1


def was_taken_otherwise(write: CellWrite, found: object) -> bool:
    """Say whether a program made of what was written what the cell now holds; anything else is somebody's edit."""
    value = wanted(write)
    if write.formula or value is None:
        return False
    if isinstance(value, str):
        if isinstance(found, str):
            return value.startswith("'") and found == value[1:]
        if isinstance(found, CellError):
            return found.code == value
        if isinstance(found, bool):
            return value.strip().upper() == str(found).upper()
        if isinstance(found, Formula):
            return value.startswith(PARSED_STARTS)
        return isinstance(found, (int, float, date, time)) and _has_digit(value)
    if isinstance(found, str):
        return _has_digit(found) or isinstance(value, bool)
    return isinstance(found, (int, float)) if isinstance(value, datetime) else isinstance(found, (date, time))


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def write_again(sheet: xlwings.Sheet, write: CellWrite, formats: Iterable[str]) -> None:
    """Write a cell that a program took for something else, in a format in which it is what was meant.

    formats: those of other cells of the column that hold days.
    """
    cell = sheet.range((write.row, write.column))
    value = wanted(write)
    if isinstance(value, str):
        plain_text = cell.number_format == TEXT_FORMAT
        cell.number_format = TEXT_FORMAT
        cell.value = f"'{value}" if plain_text and value.startswith(PARSED_STARTS) else value
        return
    if isinstance(value, datetime):
        cell.number_format = next(iter(formats), MOMENT_FORMAT if value.time() != time() else DAY_FORMAT)
    elif not isinstance(value, bool):
        cell.number_format = GENERAL
    cell.value = value


def day_formats(sheet: xlwings.Sheet, rows: Mapping[int, Mapping[int, object]], column: int) -> Iterator[str]:
    """Give the number formats of cells of a column that hold days."""
    for row, cells in rows.items():
        if isinstance(cells.get(column), date):
            yield str(sheet.range((row, column)).number_format)


# ── growth ───────────────────────────────────────────────────────────────────────────────────────


def grow(sheet: xlwings.Sheet, like_row: int, last_row: int) -> list[int]:
    """Let the table around `like_row` reach `last_row`, the new rows looking like that one; give the new rows.

    Raises FileRefused for a table with a row of totals.
    """
    table = next((one for one in sheet.tables if _around(one.range, like_row)), None) if like_row else None
    held = table.range if table is not None else sheet.used_range
    bottom = held.row + held.shape[0] - 1
    if last_row <= bottom:
        return []
    if table is not None and table.show_totals:
        raise FileRefused(
            f"The sheet '{sheet.name}' cannot be changed: its table has a totals row.",
            "Switch the totals row off (Table Design > Total Row), then save.",
            sheet=sheet.name,
        )
    left, right = held.column, held.column + held.shape[1] - 1
    if like_row:
        _copy_down(sheet, like_row, (bottom + 1, left), (last_row, right))
    if table is not None:
        table.resize(sheet.range((held.row, left), (last_row, right)))
    return list(range(bottom + 1, last_row + 1))


def _around(area: xlwings.Range, row: int) -> bool:
    return area.row <= row < area.row + area.shape[0]


def _copy_down(sheet: xlwings.Sheet, like_row: int, first: Place, last: Place) -> None:
    """Copy one row onto all new ones, then empty them; each copy takes twice as many rows as the one before."""
    (top, left), (bottom, right) = first, last
    sheet.range((like_row, left), (like_row, right)).copy(sheet.range((top, left)))
    new = sheet.range((top, left), (top, right))
    new.clear_contents()
    for column in range(left, right + 1):
        note = sheet.range((top, column)).note
        if note is not None:
            note.delete()
    done = 1
    while top + done <= bottom:
        more = min(done, bottom - top - done + 1)
        sheet.range((top, left), (top + more - 1, right)).copy(sheet.range((top + done, left)))
        done += more
