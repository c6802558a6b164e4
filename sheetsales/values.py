"""Canonical values: the one form in which cells are compared, merged and stored.

A canonical value is `None` (blank), `str`, `int`, `Decimal`, `date` or `datetime` (naive, the
workbook's local time). Raw values are what a host hands over: plain Python values, and the three
special kinds below for what a plain value cannot say.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

Value = str | int | Decimal | date | datetime | None
FIFTEEN: Final = Context(prec=15, rounding=ROUND_HALF_UP)  # what every spreadsheet keeps of a number
CENT: Final = Decimal("0.01")
NUMBER_LIMIT: Final = 10**15  # larger numbers cannot be kept exactly in a cell
CELL_TEXT_LIMIT: Final = 32_767  # characters; openpyxl cuts beyond it without a word
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class CellError:
    """An error value in a cell, such as `#REF!`."""

    code: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in a cell: its text without `=`, and what a spreadsheet program last calculated.

    calculated: False where no program ever stored a result.
    """

    text: str
    value: object = None
    calculated: bool = True


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A number whose format shows more than the number says, such as 123 shown as `00123`."""

    value: float
    shown: str


def fold(text: object) -> str:
    """Give the form in which keys, choices and references are compared: trimmed and case-folded."""
    words = str(text)
    if not words.isascii():
        words = unicodedata.normalize("NFC", words)
    return " ".join(words.split()).casefold()


def canonical_text(text: str) -> str | None:
    """Give text in canonical form (NFC, line ends LF), or None where it is empty."""
    if text.isascii():
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text or None
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n") or None


def has_control_characters(text: str) -> bool:
    """Say whether text holds control characters other than TAB and LF, or lone surrogates."""
    return _CONTROL.search(text) is not None


def canonical_number(value: float | Decimal) -> Decimal:
    """Give a number with 15 significant digits and no negative zero; must be finite."""
    number = FIFTEEN.create_decimal(repr(value) if isinstance(value, float) else value)
    if number == 0:
        return Decimal(0)
    number = number.normalize(FIFTEEN)
    exponent = number.as_tuple().exponent
    return number.quantize(Decimal(1), context=Context(prec=320)) if isinstance(exponent, int) and exponent > 0 else number


def cents(value: Decimal) -> Decimal:
    """Round an amount to two places, half up."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP, context=Context(prec=40))


def to_text(value: Value) -> str | None:
    """Give a canonical value as text for generic tables and JSON; None stays None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def from_text(text: str | None, kind: str) -> Value:
    """Read back what `to_text` wrote for a column of this type."""
    if text is None:
        return None
    if kind == "integer":
        return int(text)
    if kind in ("number", "money", "percent"):
        return Decimal(text)
    if kind == "date":
        return date.fromisoformat(text)
    return datetime.fromisoformat(text) if kind == "datetime" else text


def day_of(value: object) -> date | None:
    """Give the day of a date or date-time; None for anything else, so that a rule is total."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def number_of(value: object) -> Decimal | None:
    """Give a whole number or Decimal as Decimal; None for anything else, so that a rule is total."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    number = Decimal(value)
    return number if number.is_finite() and -NUMBER_LIMIT < number < NUMBER_LIMIT else None


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Divide, to six places half up; None where there is nothing to divide by."""
    if whole == 0:
        return None
    return (Decimal(part) / whole).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP, context=Context(prec=60))


def moment_of(value: object) -> datetime | None:
    """Give a date-time, a day as its midnight; None for anything else, so that a rule is total."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else None  # noqa: DTZ001


def words_of(value: object) -> str:
    """Give a text trimmed; "" for a blank or anything that is no text, so that a rule is total."""
    return value.strip() if isinstance(value, str) else ""
