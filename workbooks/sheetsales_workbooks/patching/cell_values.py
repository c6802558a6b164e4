"""One value as the inside of a cell element: exact numbers, serial dates, text that stays text."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from sheetsales.errors import CellRefused
from sheetsales.values import CELL_TEXT_LIMIT, FIFTEEN, has_control_characters, to_text
from sheetsales_workbooks.host import CellWrite
from sheetsales_workbooks.patching.xml_bytes import cell_string, escaped

FORMULA_LIMIT: Final = 8_192  # characters a spreadsheet takes in one formula
LARGEST: Final = Decimal("1.79769313486231E+308")
PLAIN_DIGITS: Final = range(-10, 21)  # exponents for which a number is written without E
_EPOCH_1900: Final = date(1899, 12, 30)
_EPOCH_1904: Final = date(1904, 1, 1)
_LEAP_BUG: Final = date(1900, 3, 1)  # 1900 books count a 29 February 1900 that never was
_DAY: Final = timedelta(days=1) // timedelta(microseconds=1)


class Content(NamedTuple):
    """The `t` attribute of a cell ("" for a number) and its inner XML ("" for a blank cell)."""

    type: bytes
    inner: bytes


def cell_content(write: CellWrite, prefix: bytes, place: str, *, date_1904: bool) -> Content:
    """Give what stands inside the cell element.

    place: the address, for messages. Raises CellRefused for text beyond 32,767 characters, for
    characters that cannot be stored, and for numbers and dates that a cell cannot hold.
    """
    if write.formula:
        return _formula(write, prefix, place, date_1904)
    value = write.value
    if write.text and value is not None and not isinstance(value, str):
        value = _words(value, place)
    if value is None or value == "":
        return Content(b"", b"")
    if isinstance(value, str):
        text = _checked(value, place)
        return Content(b"inlineStr", b'<%sis><%st xml:space="preserve">%s</%st></%sis>' % (prefix, prefix, text, prefix, prefix))
    kind, stored = _stored(value, place, date_1904)
    return Content(kind, b"<%sv>%s</%sv>" % (prefix, stored, prefix))


def _words(value: object, place: str) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, Decimal, date)):
        return to_text(value) or ""
    raise _unknown(value, place)


def _formula(write: CellWrite, prefix: bytes, place: str, date_1904: bool) -> Content:
    text = write.formula.removeprefix("=")
    if len(text) > FORMULA_LIMIT or has_control_characters(text):
        raise CellRefused(f"{place}: the formula cannot be written into the cell.", "Shorten the formula.", place=place)
    function = b"<%sf>%s</%sf>" % (prefix, escaped(text), prefix)
    if write.value is None:
        return Content(b"", function)
    if isinstance(write.value, str):
        kind, stored = b"str", _checked(write.value, place)
    else:
        kind, stored = _stored(write.value, place, date_1904)
    return Content(kind, function + b"<%sv>%s</%sv>" % (prefix, stored, prefix))


def _checked(text: str, place: str) -> bytes:
    if len(text) > CELL_TEXT_LIMIT:
        raise CellRefused(
            f"{place}: the text has {len(text):,} characters; a cell holds {CELL_TEXT_LIMIT:,}.", "Shorten the text.", place=place
        )
    if has_control_characters(text.replace("\r", "")):
        raise CellRefused(
            f"{place}: the text holds characters that cannot be stored in a cell.",
            "Type the text again instead of pasting it.",
            place=place,
        )
    return cell_string(text)


def _stored(value: object, place: str, date_1904: bool) -> tuple[bytes, bytes]:
    """Give the type and the stored form of a number, a truth value or a date."""
    if isinstance(value, bool):
        return b"b", b"1" if value else b"0"
    if isinstance(value, date):
        return b"", _digits(serial(value, place, date_1904=date_1904), place)
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, (int, Decimal)):
        return b"", _digits(value, place)
    raise _unknown(value, place)


def _unknown(value: object, place: str) -> CellRefused:
    return CellRefused(f"{place}: a value of the kind {type(value).__name__} cannot be written into a cell.", place=place)


def _digits(value: int | Decimal, place: str) -> bytes:
    number = FIFTEEN.create_decimal(value)
    if not number.is_finite() or abs(number) > LARGEST:
        raise CellRefused(
            f"{place}: the number {str(value)[:40]} cannot be held by a cell.", "Type a smaller number.", place=place
        )
    if number == 0:
        return b"0"
    number = number.normalize(FIFTEEN)
    return (format(number, "f") if number.adjusted() in PLAIN_DIGITS else str(number)).encode()


def serial(value: date, place: str, *, date_1904: bool) -> Decimal:
    """Give the day number of a date or naive date-time, with the part of the day behind the point.

    1900 books count from 1 January 1900 = 1 and have a day too many before March 1900; 1904 books
    count from 1 January 1904 = 0. Raises CellRefused for days before those.
    """
    part = Decimal(0)
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise CellRefused(f"{place}: a time with a time zone cannot be written; cells hold local time.", place=place)
        part = Decimal((value - value.replace(hour=0, minute=0, second=0, microsecond=0)) // timedelta(microseconds=1)) / _DAY
        value = value.date()
    days = (value - _EPOCH_1904).days if date_1904 else (value - _EPOCH_1900).days - (value < _LEAP_BUG)
    if days < (0 if date_1904 else 1):
        raise CellRefused(
            f"{place}: the date {value.isoformat()} is too early for this workbook.", "Type a later date.", place=place
        )
    return days + part
