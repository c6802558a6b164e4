"""Numbers and dates typed as text: read where they can mean one thing only, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from sheetsales.values import canonical_number

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d{1,3})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_CURRENCY = re.compile(r"^[\s$€£¥₹]+|[\s$€£¥₹]+$|^(?:EUR|USD|GBP|CHF)\s+|\s+(?:EUR|USD|GBP|CHF)$")
_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?")
_OTHER_DATE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Bad:
    """A cell that holds no value of its column: a stable code, what is wrong, and what to type.

    raw: what was typed, as text, cut to 200 characters.
    """

    code: str
    message: str
    hint: str
    raw: str = ""


def parse_number(text: str, decimal: str = "") -> Decimal | Bad | None:
    """Read a number typed as text; None where it is none, `Bad` where it could be two numbers.

    decimal: the separator if known. Without it "1,234" and "1.234" are ambiguous: never guessed.
    """
    plain = _CURRENCY.sub("", text.strip()).strip()
    if decimal:
        group = "." if decimal == "," else ","
        plain = re.sub(r"(?<=\d)['\u2019 \u00a0\u202f](?=\d{3})", "", plain)
        if re.fullmatch(rf"[+-]?\d{{1,3}}(?:\{group}\d{{3}})+(?:\{decimal}\d+)?", plain):
            plain = plain.replace(group, "")
        plain = plain.replace(decimal, ".") if group not in plain else ""
    elif match := _GROUPED.fullmatch(plain):
        group = match[1]
        rest = (
            plain.replace(group, "")
            if plain.count(group) > 1 or any(s != group and s in plain for s in ".,") or group not in ".,"
            else ""
        )
        if not rest and not plain.lstrip("+-").startswith("0"):
            return Bad(
                "AMBIGUOUS",
                f"'{text[:60]}' can be read as two numbers.",
                "Type the number without thousands separators.",
                text[:200],
            )
        plain = (rest or plain).replace(",", ".")
    elif plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        return None
    try:
        return canonical_number(Decimal(plain))
    except InvalidOperation:
        return None


def parse_date(text: str, date_format: str = "") -> date | datetime | Bad | None:
    """Read a date typed as text; None where it is none, `Bad` where it could be two dates.

    date_format: the strptime format that is known to hold; without it only ISO and forms in which
    one part is above 12 are read: never a guess between day and month.
    """
    plain = text.strip()
    if date_format:
        try:
            moment = datetime.strptime(plain, date_format)  # noqa: DTZ007 (local time, as a cell is)
        except ValueError:
            moment = None
        if moment is not None:
            return moment if moment.time() != time() else moment.date()
    if match := _ISO_DATE.fullmatch(plain):
        year, month, day = (int(match[i]) for i in (1, 2, 3))
    elif match := _OTHER_DATE.fullmatch(plain):
        first, second, year = (int(match[i]) for i in (1, 2, 3))
        if first <= 12 and second <= 12 and first != second:
            return Bad("AMBIGUOUS", f"'{plain}' can be read as two dates.", "Use YYYY-MM-DD.", plain)
        day, month = (first, second) if first > 12 or first == second else (second, first)
    else:
        return None
    try:
        if match[4] is None:
            return date(year, month, day)
        return datetime(year, month, day, int(match[4]), int(match[5]), int(match[6] or 0))  # noqa: DTZ001
    except ValueError:
        return Bad("NO-SUCH-DATE", f"'{plain}' does not exist.", "Type a day of that month, as YYYY-MM-DD.", plain)
