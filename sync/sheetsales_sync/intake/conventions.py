"""How the texts of one column are to be read: the order of its dates, its decimal separator.

Decided once per column from all its values, shown as a remark, never guessed cell by cell: a column
that proves no order, or two, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal

from sheetsales.errors import BadImport
from sheetsales.typed_text import Bad, parse_date

Order = Literal["day-month-year", "month-day-year", "year-month-day"]
Placed = tuple[int, object]  # the row it stands in, the raw value
MONTHS: Final = dict(jan=1, feb=2, mar=3, apr=4, may=5, jun=6, jul=7, aug=8, sep=9, oct=10, nov=11, dec=12)  # noqa: C408
CENTURY_TURNS: Final = 69  # two-digit years from 69 are 19xx, as in POSIX
_TIME = r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?)?"
_PARTS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})" + _TIME)
_ISO = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?")
_DAY_NAME = re.compile(r"(\d{1,2})[-/. ]+([A-Za-z]{3,9})\.?[-/., ]+(\d{4}|\d{2})" + _TIME)
_NAME_DAY = re.compile(r"([A-Za-z]{3,9})\.?[-/. ]+(\d{1,2})(?:st|nd|rd|th)?,?[-/. ]+(\d{4}|\d{2})" + _TIME)
_SIGNS = re.compile(r"[\s$€£¥₹%+\-()]|EUR|USD|GBP|CHF")
_GROUPS = re.compile(r"\d{1,3}(?:([.,'\u2019\u00a0\u202f ])\d{3})+")


@dataclass(frozen=True)
class DateReading:
    """How the text dates of a column are read. format: the mapping's. order: what the values prove."""

    format: str = ""
    order: Order | None = None

    def read(self, text: str) -> date | datetime | Bad | None:
        """Read one text; None where it is no date in this reading, Bad where no such day exists."""
        plain = text.strip()
        if self.format:
            try:
                return _slim(datetime.strptime(plain, self.format))  # noqa: DTZ007 (local time, as a cell is)
            except ValueError:
                pass
        if match := _ISO.fullmatch(plain):
            return parse_date(plain[: match.start(1)] if match[1] else plain)
        if self.format:
            return None
        if match := _DAY_NAME.fullmatch(plain):
            return _named(plain, match, match[1], match[2])
        if match := _NAME_DAY.fullmatch(plain):
            return _named(plain, match, match[2], match[1])
        match = _PARTS.fullmatch(plain)
        if match is None:
            return None
        first, second, third = int(match[1]), int(match[2]), int(match[3])
        order = self.order or "day-month-year"
        day, month, year = {
            "day-month-year": (first, second, third),
            "month-day-year": (second, first, third),
            "year-month-day": (third, second, first),
        }[order]
        return _moment(plain, _year(year, len(match[3]) == 4 and order != "year-month-day"), month, day, match)


def _slim(moment: datetime) -> date | datetime:
    return moment.date() if moment.time() == time() else moment


def _named(plain: str, match: re.Match[str], day: str, month: str) -> date | datetime | Bad | None:
    number = MONTHS.get(month[:3].lower())
    return None if number is None else _moment(plain, _year(int(match[3]), len(match[3]) == 4), number, int(day), match)


def _year(year: int, full: bool) -> int:
    return year if full else year + (1900 if year >= CENTURY_TURNS else 2000)


def _moment(plain: str, year: int, month: int, day: int, match: re.Match[str]) -> date | datetime | Bad:
    try:
        if match[4] is None:
            return date(year, month, day)
        hour = int(match[4])
        if match[7]:
            hour = hour % 12 + (12 if match[7].lower() == "p" else 0)
        return _slim(datetime(year, month, day, hour, int(match[5]), int(match[6] or 0)))  # noqa: DTZ001
    except ValueError:
        return Bad("NO-SUCH-DATE", f"'{plain}' does not exist.", "Type a day of that month, as YYYY-MM-DD.", plain)


def decide_dates(header: str, cells: Sequence[Placed], wanted: str, remarks: list[str]) -> DateReading:
    """Decide how the text dates of a column are read, and say so; true dates need no reading.

    wanted: the mapping's format, which needs no proof. Raises BadImport where the values prove no
    order or two, naming the column and two of its values with their rows.
    """
    if wanted:
        return DateReading(format=wanted)
    texts = [(row, raw.strip()) for row, raw in cells if isinstance(raw, str)]
    parts = [(row, text, m) for row, text in texts if (m := _PARTS.fullmatch(text))]
    if not parts:
        return DateReading()
    order = _prove_order(header, parts)
    _look_for_swapped(header, parts, cells)
    if order is None:
        return DateReading(order="day-month-year")
    shown = next(text for _, text, m in parts if int(m[1]) != int(m[2]))
    reading = DateReading(order=order)
    meant = reading.read(shown)
    example = f"'{shown}' is {meant}" if isinstance(meant, date) else f"'{shown}' is no date"
    remarks.append(f"{header}: dates are read as {order}, as all values prove ({example}).")
    return reading


def _prove_order(header: str, parts: list[tuple[int, str, re.Match[str]]]) -> Order | None:
    """Give the order; None where it makes no difference (every day equals its month)."""
    proofs: dict[Order, tuple[int, str]] = {}
    open_ones: list[tuple[int, str]] = []
    year_first = any(int(m[1]) > 31 for _, _, m in parts)
    for row, text, m in parts:
        first, second = int(m[1]), int(m[2])
        if first > 31:
            proofs.setdefault("year-month-day", (row, text))
        elif year_first and len(m[3]) == 2 and int(m[3]) <= 31 and second <= 12:
            continue
        elif first > 12:
            proofs.setdefault("day-month-year", (row, text))
        elif second > 12:
            proofs.setdefault("month-day-year", (row, text))
        elif first != second:
            open_ones.append((row, text))
    if len(proofs) > 1:
        two = list(proofs.items())[:2]
        raise BadImport(
            f"{header}: its dates prove two orders: '{two[0][1][1]}' in row {two[0][1][0]} is {two[0][0]}, "
            f"'{two[1][1][1]}' in row {two[1][1][0]} is {two[1][0]}.",
            'Mend the wrong ones, or say date = "%d.%m.%Y" (or the like) under [parse] of the mapping file.',
        )
    if not proofs and open_ones:
        named = " and ".join(f"'{text}' in row {row}" for row, text in open_ones[:2])
        raise BadImport(
            f"{header}: {named} can be read as two dates, and no value of the column proves which.",
            'Say date = "%d.%m.%Y" or date = "%m/%d/%Y" under [parse] of the mapping file.',
        )
    return next(iter(proofs), None)


def _look_for_swapped(header: str, parts: list[tuple[int, str, re.Match[str]]], cells: Sequence[Placed]) -> None:
    """Refuse the trace of a file opened in a foreign locale.

    There the days up to 12 became true dates with day and month swapped, and the rest stayed text.
    """
    true = [(row, raw) for row, raw in cells if isinstance(raw, date)]
    if true and all(raw.day <= 12 for _, raw in true) and all(max(int(m[1]), int(m[2])) > 12 for _, _, m in parts):
        (row, text, _), (other, day) = parts[0], true[0]
        raise BadImport(
            f"{header}: '{text}' in row {row} is text, row {other} holds the true date {day:%Y-%m-%d}, and no true date "
            "has a day above 12: the file was opened in a foreign locale, which swaps day and month.",
            'Export it again as CSV, or say date = "…" under [parse] of the mapping file if the true dates are right.',
        )


def decide_decimal(header: str, kind: str, cells: Sequence[Placed], wanted: str, remarks: list[str]) -> str:
    """Give the decimal separator of the texts of a column, "" where none is written.

    Raises BadImport where the texts prove both, or could mean either.
    """
    if wanted:
        return wanted
    proofs: dict[str, tuple[int, str]] = {}
    open_ones: list[tuple[int, str]] = []
    for row, raw in cells:
        if isinstance(raw, str) and ("," in raw or "." in raw):
            said = _decimal_of(_SIGNS.sub("", raw), whole=kind == "integer")
            if said == "?":
                open_ones.append((row, raw))
            elif said:
                proofs.setdefault(said, (row, raw))
    if len(proofs) > 1:
        (row, point), (other, comma) = proofs["."], proofs[","]
        raise BadImport(
            f"{header}: '{point}' in row {row} has a decimal point, '{comma}' in row {other} a decimal comma.",
            'Mend the wrong ones, or say decimal = "." or decimal = "," under [parse] of the mapping file.',
        )
    if not proofs and open_ones:
        named = " and ".join(f"'{text}' in row {row}" for row, text in open_ones[:2])
        raise BadImport(
            f"{header}: {named} can be read as two numbers, and no value of the column proves which.",
            'Say decimal = "." or decimal = "," under [parse] of the mapping file.',
        )
    separator = next(iter(proofs), "")
    if separator == ",":
        remarks.append(f"{header}: numbers are read with a decimal comma, as all values prove ('{proofs[','][1]}').")
    return separator


def _decimal_of(text: str, whole: bool) -> str:
    """Say which separator a number text proves: one of them, "?" for either, "" for neither."""
    marks = [c for c in text if c in ",."]
    if not marks or not re.fullmatch(r"[\d.,'\u2019]+", text):
        return ""
    last = marks[-1]
    other = "," if last == "." else "."
    if len(set(marks)) == 2:
        return last if marks.count(last) == 1 else ""
    if len(marks) > 1:
        return other
    before, after = text.split(last)
    if whole and len(after) == 3 and _GROUPS.fullmatch(text):
        return other
    if len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0"):
        return "?"
    return last


def exact_type(cells: Sequence[Placed], read_date: Callable[[str], date | datetime | Bad | None]) -> str:
    """Give the narrowest type that holds every value exactly: integer, number, date, else text.

    Leading zeros, more than 15 digits, mixed kinds or no value at all mean text.
    """
    kinds = {_kind(raw, read_date) for _, raw in cells}
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else "text"


def _kind(raw: object, read_date: Callable[[str], date | datetime | Bad | None]) -> str:
    if isinstance(raw, bool):
        return "text"
    if isinstance(raw, datetime):
        return "date" if raw.time() == time() else "datetime"
    if isinstance(raw, date):
        return "date"
    if isinstance(raw, int):
        return "integer" if abs(raw) < 10**15 else "text"
    if isinstance(raw, float):
        return "integer" if raw.is_integer() and abs(raw) < 10**15 else "number"
    if not isinstance(raw, str):
        return "text"
    text = raw.strip()
    if re.fullmatch(r"-?(?:0|[1-9]\d{0,14})", text):
        return "integer"
    if re.fullmatch(r"-?(?:0|[1-9]\d*)[.,]\d+", text) and len(re.sub(r"\D", "", text)) <= 15:
        return "number"
    moment = read_date(text)
    if isinstance(moment, datetime):
        return "datetime"
    return "date" if isinstance(moment, date) else "text"
