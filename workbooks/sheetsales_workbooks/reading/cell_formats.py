"""What a stored number means by its format: a plain number, a moment, a duration, leading zeros.

Sources: ECMA-376 Part 1 §18.8.30 (number formats), §18.17.4 (dates and the two epochs).
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from sheetsales.values import ShownNumber

_MOMENTS: Final = frozenset({*range(14, 20), 22, *range(27, 37), *range(50, 59)})  # built-in format ids
_CLOCKS: Final = frozenset({18, 19, 20, 21, 45, 47})
_ELAPSED: Final = 46
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKETS = re.compile(r"\[(?!(?:h+|m+|s+)\])[^\]]*\]", re.I)
_LEADING_ZEROS = re.compile(r"0[0\-/ ().]*")
_LAST_DAY: Final = date(9999, 12, 31)
_DAY_MS: Final = 86_400_000
_EPOCH_1900: Final = date(1899, 12, 30).toordinal()
_EPOCH_1904: Final = date(1904, 1, 1).toordinal()
_NO_SUCH_DAY: Final = 60  # 29 February 1900, which Excel believes in


class Format(NamedTuple):
    """How numbers of a style are to be read.

    kind: "moment", "clock" (a time of day alone), "elapsed" or "zeros"; zeros: the format itself.
    """

    kind: str
    zeros: str = ""


def read_format(number: int, code: str | None) -> Format | None:
    """Give the meaning of a number format; None where a number is just a number.

    number: the format's id; code: its text where the workbook declares one.
    """
    if code is None:
        if number == _ELAPSED:
            return Format("elapsed")
        if number in _CLOCKS:
            return Format("clock")
        return Format("moment") if number in _MOMENTS else None
    plain = _LITERALS.sub(lambda match: match[0][1:] if match[0] in ("\\-", "\\ ", "\\/", "\\(", "\\)") else "", code)
    plain = _BRACKETS.sub("", plain).partition(";")[0].strip()
    low = plain.casefold()
    if low in ("general", "standard", "@", ""):
        return None
    if re.search(r"\[(?:h+|m+|s+)\]", low):
        return Format("elapsed")
    letters = set(re.sub(r"am/pm|a/p", "h", low))
    if letters & set("dy") or ("m" in letters and not letters & set("hs")):
        return Format("moment")
    if letters & set("hs"):
        return Format("clock")
    if _LEADING_ZEROS.fullmatch(plain) and plain.partition(".")[0].count("0") > 1 and plain.count(".") <= 1:
        return Format("zeros", plain)
    return None


def formatted(value: int | float, form: Format, date_1904: bool) -> object:
    """Give a number as what its format makes of it; the number itself where that cannot be."""
    if form.kind == "zeros":
        shown = _with_zeros(value, form.zeros)
        return ShownNumber(float(value), shown) if shown != str(value) else value
    if form.kind == "elapsed":
        return timedelta(milliseconds=round(value * _DAY_MS)) if abs(value) < _LAST_DAY.toordinal() else value
    return _moment(value, form.kind == "clock", date_1904)


def _moment(value: int | float, clock: bool, date_1904: bool) -> object:
    epoch = _EPOCH_1904 if date_1904 else _EPOCH_1900
    if value < 0 or epoch + value >= _LAST_DAY.toordinal() + 1:
        return value
    days = int(value)
    rest = round((value - days) * _DAY_MS)
    if rest == _DAY_MS:
        days, rest = days + 1, 0
    if days == 0 and (clock or not date_1904):  # a value under 1 is a time of day and no day
        return (datetime(1900, 1, 1) + timedelta(milliseconds=rest)).time()  # noqa: DTZ001
    if not date_1904 and days == _NO_SUCH_DAY:
        return ShownNumber(float(value), "1900-02-29")
    if not date_1904 and days < _NO_SUCH_DAY:
        days += 1
    day = date.fromordinal(min(epoch + days, _LAST_DAY.toordinal()))
    if not rest:
        return day
    return datetime(day.year, day.month, day.day) + timedelta(milliseconds=rest)  # noqa: DTZ001


def _with_zeros(value: int | float, zeros: str) -> str:
    """Show a number in a format of zeros and signs, such as 00000 or 000-00-0000."""
    whole, _, after = zeros.partition(".")
    number = f"{abs(value):.{after.count('0')}f}"
    digits, _, decimals = number.partition(".")
    digits = digits.zfill(whole.count("0"))
    shown: list[str] = []
    for character in reversed(whole):
        if character == "0":
            shown.append(digits[-1])
            digits = digits[:-1]
        else:
            shown.append(character)
    text = digits + "".join(reversed(shown)) + (f".{decimals}" if decimals else "")
    return f"-{text}" if value < 0 and set(number) - set("0.") else text


_ISO_TIME = re.compile(r"T?\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?")


def read_iso(text: str) -> object:
    """Read an ISO date cell; the text itself where it is none."""
    try:
        if _ISO_TIME.fullmatch(text):
            return time.fromisoformat(text.removeprefix("T"))
        if len(text) == 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return text
    return moment.date() if moment.time() == time() else moment
