"""What a cell holds, between openpyxl and xlwings: numbers, moments, errors, and text that Excel would parse."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles.numbers import is_date_format
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from sheetsales.values import ShownNumber

TEXT_FORMAT: Final = "@"
GENERAL: Final = "General"
ERRORS: Final = frozenset(
    {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"}
)
ZERO_DAY: Final = datetime(1899, 12, 30)  # noqa: DTZ001  (day 0 of every desktop program's serial numbers)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

AnyCell = Cell | MergedCell


class ErrorText(str):
    """The word of an error that stands in a cell as an error, not as text."""

    __slots__ = ()


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def raw_value(cell: AnyCell, result: object) -> object:
    """Give what a desktop program would hand over; `result` is what a formula was saved with."""
    if isinstance(cell, MergedCell):
        return None
    value = cell.value
    if cell.data_type == "f":
        return _plain(result)
    if cell.data_type == "e":
        return ErrorText(value)
    return _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    if isinstance(value, time):
        return datetime.combine(ZERO_DAY, value.replace(tzinfo=None))
    if isinstance(value, timedelta):
        return ZERO_DAY + value
    if isinstance(value, ShownNumber):
        return value.value
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return float(value)
    return value


def formula_text(cell: AnyCell) -> str:
    """Give the formula of a cell, or its constant as text, as Excel's Formula does."""
    value = None if isinstance(cell, MergedCell) else cell.value
    if value is None:
        return ""
    if isinstance(value, (ArrayFormula, DataTableFormula)):
        return str(getattr(value, "text", None) or "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def cleaned(
    data: Sequence[Sequence[object]],
    build_moment: Callable[..., object],
    empty: object,
    build_number: Callable[[Any], object] | None,
    *,
    errors_as_text: bool,
) -> list[list[object]]:
    """Give a block of raw values as xlwings' reader asked for them."""

    def one(value: object) -> object:
        if value is None or value == "":
            return empty
        if isinstance(value, ErrorText):
            return str(value) if errors_as_text else None
        if isinstance(value, datetime):
            if build_moment is datetime:
                return value
            return build_moment(
                year=value.year, month=value.month, day=value.day, hour=value.hour, minute=value.minute,
                second=value.second, microsecond=value.microsecond, tzinfo=None,
            )  # fmt: skip
        if isinstance(value, float):
            return build_number(value) if build_number is not None else value
        return value

    return [[one(value) for value in row] for row in data]


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def prepared(value: Any) -> object:
    """Give one element that xlwings is to write as something a cell can hold; what is no value becomes blank."""
    if value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    if type(value).__module__ == "numpy":
        return prepared(value.astype("datetime64[us]").item() if value.dtype.kind == "M" else value.item())
    return value


def put(cell: AnyCell, value: object) -> None:
    """Write a value as a person's program would: in a text cell it is text, elsewhere text is parsed.

    Raises ValueError for a kind of value that a cell cannot hold.
    """
    if isinstance(cell, MergedCell):
        return
    if cell.number_format == TEXT_FORMAT and value is not None:
        _put_text(cell, formula_text_of(value))
    elif isinstance(value, str):
        _put_parsed(cell, value)
    elif isinstance(value, datetime):
        cell.value = value.replace(tzinfo=None)
    elif isinstance(value, Decimal):
        cell.value = float(value)
    elif value is None or isinstance(value, (bool, int, float, date, time, timedelta)):
        cell.value = value
    else:
        raise ValueError(f"A value of the kind {type(value).__name__} cannot be written into a cell.")


def put_formula(cell: AnyCell, formula: object) -> None:
    """Write a formula, or a constant as it would be typed."""
    if isinstance(cell, MergedCell):
        return
    if isinstance(formula, str) and formula.startswith("=") and len(formula) > 1 and cell.number_format != TEXT_FORMAT:
        cell.value = formula
        cell.data_type = "f"
    else:
        put(cell, formula)


def formula_text_of(value: object) -> str:
    """Give a value as the text that a text cell keeps of it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _put_text(cell: Cell, text: str) -> None:
    cell.value = text or None
    if text:
        cell.data_type = "s"


def _put_parsed(cell: Cell, text: str) -> None:
    if text.startswith("'"):
        _put_text(cell, text[1:])
    elif text.startswith("=") and len(text) > 1:
        cell.value = text
        cell.data_type = "f"
    elif text in ERRORS:
        cell.value = text
        cell.data_type = "e"
    elif text.upper() in ("TRUE", "FALSE"):
        cell.value = text.upper() == "TRUE"
    elif _NUMBER.fullmatch(text.strip()):
        cell.value = float(text)
    elif _DAY.fullmatch(text):
        try:
            cell.value = datetime.fromisoformat(text)
        except ValueError:
            _put_text(cell, text)
    else:
        _put_text(cell, text)


def shows_moments(cell: AnyCell) -> bool:
    """Say whether a cell's format shows days or times."""
    return bool(is_date_format(cell.number_format))
