"""Python's values and LibreOffice's: it knows numbers and texts; dates and truth values are numbers with a format."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001  # cells know no time zone
DAY: Final = dt.timedelta(days=1)
MICROSECONDS: Final = 86_400_000_000  # in a day
PLAIN: Final = (str, float, int, bool)

Rect = tuple[int, int, int, int]
Run = tuple[int, int, list[str], list[str]]


class CellError(str):
    """An error as it stands in a cell, in Excel's words: #N/A."""

    __slots__ = ()


def serial(value: dt.date) -> float:
    """Give the number of a date or a date-time; a time zone is left out, as a cell has none."""
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - EPOCH) / DAY
    return float((value - EPOCH.date()).days)


def moment(number: float) -> dt.datetime:
    """Give the date-time of a number, to the microsecond that a cell's number can tell apart."""
    return EPOCH + dt.timedelta(microseconds=round(number * MICROSECONDS / 10) * 10)


def for_cells(value: Any, _options: object = None) -> Any:
    """Give a value of Python, NumPy or pandas as this engine writes it: None where nothing stands."""
    kind = type(value)
    if kind is float:
        return None if math.isnan(value) else value
    if kind in PLAIN or value is None:
        return value
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if pandas is not None and not isinstance(value, (list, tuple, dict)) and pandas.isna(value) is True:
        return None
    if numpy is not None and isinstance(value, numpy.datetime64):
        return for_cells(value.astype("datetime64[us]").item())
    if numpy is not None and isinstance(value, numpy.generic):
        return for_cells(value.item())
    if isinstance(value, dt.datetime):
        return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    return value


def to_wire(rows: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], dict[str, list[Rect]], list[tuple[int, int, str]]]:
    """Give rows of float, str and "", the areas of each kind of value, and the formulas by row and column from 1.

    A text that begins with "=" is a formula; one that begins with "'" is the text behind it, as in Excel.
    """
    marks: dict[str, list[tuple[int, int]]] = {}
    formulas: list[tuple[int, int, str]] = []
    out = []
    for r, row in enumerate(rows, 1):
        line: list[Any] = []
        for c, value in enumerate(row, 1):
            kind = type(value)
            if kind is str:
                first = value[:1]
                if first == "=" and len(value) > 1:
                    formulas.append((r, c, value))
                    line.append("")
                else:
                    line.append(value[1:] if first == "'" else value)
            elif kind is float:
                line.append(value if value - value == 0.0 else _finite(value))  # neither nan nor infinite
            elif value is None:
                line.append("")
            else:
                word, number = _other(value)
                if word:
                    marks.setdefault(word, []).append((r, c))
                line.append(number)
        out.append(line)
    return out, {word: rectangles(places) for word, places in marks.items()}, formulas


def _finite(value: float) -> Any:
    if math.isnan(value):
        return ""
    if math.isinf(value):
        raise ValueError("A cell cannot hold an infinite number.")
    return value


def _other(value: Any) -> tuple[str, Any]:
    if isinstance(value, bool):
        return "truth", float(value)
    if isinstance(value, dt.datetime):
        number = serial(value)
        return ("date" if number.is_integer() else "datetime"), number
    if isinstance(value, dt.date):
        return "date", serial(value)
    if isinstance(value, dt.time):
        return "datetime", (dt.datetime.combine(EPOCH.date(), value) - EPOCH) / DAY
    if isinstance(value, (int, float, Decimal)):
        return "", _finite(float(value))
    if isinstance(value, str):
        return "", str(value)
    raise TypeError(f"A cell cannot hold a {type(value).__name__}.")


def rectangles(places: Sequence[tuple[int, int]]) -> list[Rect]:
    """Give few areas that cover places: runs down a column, and equal runs side by side together."""
    runs: dict[tuple[int, int], list[int]] = {}
    start = end = column = 0
    for r, c in [*sorted(places, key=lambda place: (place[1], place[0])), (0, 0)]:
        if c == column and r == end + 1:
            end = r
            continue
        if column:
            runs.setdefault((start, end), []).append(column)
        start = end = r
        column = c
    found = []
    for (top, bottom), columns in runs.items():
        left = right = columns[0]
        for c in [*columns[1:], 0]:
            if c == right + 1:
                right = c
                continue
            found.append((top, left, bottom, right))
            left = right = c
    return sorted(found)


def runs_of(formulas: Sequence[tuple[int, int, str]], translate: Callable[[int, int, str], str]) -> list[Run]:
    """Give formulas as runs down each column: first row, column, LibreOffice's words, and the words as they came."""
    found: list[Run] = []
    for r, c, formula in sorted(formulas, key=lambda item: (item[1], item[0])):
        words = translate(r, c, formula)
        if found and found[-1][1] == c and found[-1][0] + len(found[-1][2]) == r:
            found[-1][2].append(words)
            found[-1][3].append(formula)
        else:
            found.append((r, c, [words], [formula]))
    return found


def from_wire(
    rows: Sequence[Sequence[Any]], dates: Sequence[Rect], truths: Sequence[Rect], errors: Sequence[tuple[int, int, str]]
) -> list[list[Any]]:
    """Give rows of float, str, bool, datetime, CellError and None."""
    out = list(map(list, rows))
    turns: tuple[tuple[Sequence[Rect], Callable[[float], Any]], ...] = ((dates, moment), (truths, bool))
    for areas, turn in turns:
        for top, left, bottom, right in areas:
            for line in out[top - 1 : bottom]:
                for c in range(left - 1, right):
                    if type(line[c]) is float:
                        line[c] = turn(line[c])
    for r, c, word in errors:
        out[r - 1][c - 1] = CellError(word)
    return out


def cleaned(
    rows: Sequence[Sequence[Any]],
    datetime_builder: Callable[..., Any],
    empty_as: Any,
    number_builder: Callable[[float], Any] | None,
    err_to_str: bool,
) -> list[list[Any]]:
    """Give rows as `xw.Range.options` asks for them."""

    def clean(value: Any) -> Any:
        if isinstance(value, dt.datetime):
            if datetime_builder is dt.datetime:
                return value
            return datetime_builder(
                year=value.year,
                month=value.month,
                day=value.day,
                hour=value.hour,
                minute=value.minute,
                second=value.second,
                microsecond=value.microsecond,
                tzinfo=None,
            )
        if type(value) is CellError:
            return str(value) if err_to_str else None
        if number_builder is not None and type(value) is float:
            return number_builder(value)
        return empty_as if value is None or value == "" else value

    plain = {str, float} if number_builder is None else {str}
    return [[value if type(value) in plain and value != "" else clean(value) for value in row] for row in rows]
