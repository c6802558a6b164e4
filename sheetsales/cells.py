"""Reading ONE cell by its column, exactly: a canonical value, a blank, or a `Bad` with a sentence.

`reader(column, conventions)` gives a function from a raw cell; it never raises on anything a
spreadsheet can hold.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.columns import YES_NO, Column
from sheetsales.typed_text import Bad, parse_date, parse_number
from sheetsales.values import (
    CELL_TEXT_LIMIT,
    CellError,
    Formula,
    ShownNumber,
    Value,
    canonical_number,
    canonical_text,
    cents,
    fold,
    has_control_characters,
)

FIRST_DAY: Final = date(1900, 1, 1)  # earlier days cannot be held by a 1900 workbook
PRIVATE_KEY: Final = "PRIVATE KEY-----"  # in the service-account files of cloud providers, and in key files
OUTSIDE_FORMULAS: Final = re.compile(
    r"\b(HYPERLINK|IMPORT(?:XML|HTML|DATA|FEED|RANGE)|WEBSERVICE|IMAGE|FILTERXML|RTD|DDE|CALL|REGISTER(?:\.ID)?)\s*\(|\|'?[^|]*'?!",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Conventions:
    """How texts are to be read where a cell holds text instead of a number or a date.

    decimal: the decimal separator, or "" where it is not known (ambiguous texts are refused).
    date_format: a strptime format for text dates, or "" for ISO and other unambiguous forms only.
    null: words that mean blank, compared trimmed and case-folded.
    """

    decimal: str = ""
    date_format: str = ""
    null: frozenset[str] = frozenset()


PLAIN: Final = Conventions()
PLAIN_TEXT: Final = len(PRIVATE_KEY)  # shorter printable text holds no key and nothing that cannot be shown


Reader = Callable[[object], "Value | Bad"]
_EMAIL = re.compile(r"[^\s@<>,;\"()]+@[^\s@<>,;\"()]+\.[^\s@<>,;\"()]{2,}")


def reader(column: Column, conventions: Conventions = PLAIN) -> Reader:
    """Give the function that reads one cell of this column.

    It takes what a host hands over and gives a canonical value, None for a blank, or a `Bad`.
    Required cells are not its concern (`validate` says so): a blank is a value like any other.
    """
    inner = _INNER[column.type]

    def read(raw: object) -> Value | Bad:
        if raw is None or raw == "":
            return None
        if type(raw) is str and len(raw) < PLAIN_TEXT and raw.isprintable() and not conventions.null:
            return inner(column, raw, conventions)
        if isinstance(raw, Formula):
            return _read_formula(column, raw, conventions)
        if isinstance(raw, CellError):
            return Bad(
                "ERROR-VALUE",
                f"{column.header}: the cell shows the error {raw.code}.",
                "Mend the formula or type the value.",
                raw.code,
            )
        if isinstance(raw, str):
            if PRIVATE_KEY in raw:
                return Bad("SECRET", f"{column.header}: holds a private key, which is not stored.",
                           "Take the key out of the table and replace it: it has been seen.")  # fmt: skip
            if len(raw) > CELL_TEXT_LIMIT:
                return _bad(column, "TOO-LONG", raw, f"longer than {CELL_TEXT_LIMIT:,} characters.", "Shorten the text.")
            if conventions.null and fold(raw) in conventions.null:
                return None
            if has_control_characters(raw.replace("\r\n", "\n").replace("\r", "\n")):
                return _bad(
                    column,
                    "CONTROL",
                    raw,
                    "holds characters that cannot be shown or stored.",
                    "Type the text again instead of pasting it.",
                )
        return inner(column, raw, conventions)

    return read


def _bad(column: Column, code: str, raw: object, what: str, hint: str) -> Bad:
    shown = str(raw)[:200].encode("utf-8", "replace").decode()
    return Bad(code, f"{column.header}: {what}", hint, shown)


def _read_formula(column: Column, raw: Formula, conventions: Conventions) -> Value | Bad:
    if OUTSIDE_FORMULAS.search(raw.text):
        return _bad(
            column,
            "FORMULA",
            "=" + raw.text,
            "a formula that reaches outside the workbook is not accepted in a data column.",
            "Type the value itself.",
        )
    if not raw.calculated:
        return _bad(
            column,
            "NOT-CALCULATED",
            "=" + raw.text,
            "the formula is not calculated yet.",
            "Open the workbook in your spreadsheet program and save it, or type the value.",
        )
    return reader(column, conventions)(raw.value)


def _read_text(column: Column, raw: object, _conventions: Conventions) -> Value | Bad:
    text = _as_text(raw)
    if len(text) > column.limit:
        return _bad(column, "TOO-LONG", text, f"longer than {column.limit:,} characters.", "Shorten the text.")
    return canonical_text(text)


def _as_text(raw: object) -> str:
    """Say what a person sees in a cell that should hold text but holds something else."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, ShownNumber):
        return raw.shown
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return format(canonical_number(raw), "f") if math.isfinite(raw) else str(raw)
    if isinstance(raw, datetime):
        return raw.date().isoformat() if raw.time() == time() else raw.isoformat(" ", "seconds")
    return format(raw, "f") if isinstance(raw, Decimal) else str(raw)


def _number(column: Column, raw: object, conventions: Conventions, what: str) -> Decimal | Bad:
    if isinstance(raw, ShownNumber):
        raw = raw.value
    if isinstance(raw, (bool, date, datetime, time, timedelta)):
        return _bad(column, "TYPE", _as_text(raw), f"'{_as_text(raw)}' is not {what}.", "Type digits only.")
    if isinstance(raw, (int, float, Decimal)):
        if isinstance(raw, float) and not math.isfinite(raw):
            return _bad(column, "TYPE", raw, f"'{raw}' is not {what}.", "Type digits only.")
        number = canonical_number(Decimal(raw) if isinstance(raw, int) else raw)
    else:
        parsed = parse_number(str(raw), conventions.decimal)
        if isinstance(parsed, Bad):
            return replace(parsed, message=f"{column.header}: {parsed.message}")
        if parsed is None:
            return _bad(
                column, "TYPE", raw, f"'{str(raw)[:60]}' is not {what}.", "Type digits only, for example 1250 or 1250.50."
            )
        number = parsed
    return number


def _in_range(column: Column, number: Decimal) -> Bad | None:
    low, high = column.minimum, column.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        bounds = (
            f"{low}–{high}"
            if low is not None and high is not None
            else (f"{low} and above" if low is not None else f"up to {high}")
        )
        if column.range_code:
            shown = format(number, "f")
            return Bad(column.range_code, column.range_message.format(v=shown), f"Type a number in {bounds}.", shown)
        return _bad(
            column, "RANGE", format(number, "f"), f"{format(number, 'f')} is outside {bounds}.", f"Type a number in {bounds}."
        )
    return None


def _read_integer(column: Column, raw: object, conventions: Conventions) -> Value | Bad:
    if type(raw) is int and -(10**15) < raw < 10**15 and column.minimum is None and column.maximum is None:
        return raw
    number = _number(column, raw, conventions, "a number")
    if isinstance(number, Bad):
        return number
    if number != number.to_integral_value() or abs(number) >= 10**15:
        return _bad(
            column, "TYPE", format(number, "f"), f"'{format(number, 'f')}' is not a whole number.", "Type a whole number."
        )
    return _in_range(column, number) or int(number)


def _read_number(column: Column, raw: object, conventions: Conventions) -> Value | Bad:
    number = _number(column, raw, conventions, "a number")
    if isinstance(number, Bad):
        return number
    if abs(number) >= Decimal(10) ** 15:
        return _bad(column, "RANGE", raw, f"'{str(raw)[:60]}' is too large to be kept exactly.", "Type at most 15 digits.")
    return _in_range(column, number) or number


def _read_money(column: Column, raw: object, conventions: Conventions) -> Value | Bad:
    number = _number(column, raw, conventions, "an amount")
    if isinstance(number, Bad):
        return number
    if abs(number) >= Decimal(10) ** 13:
        return _bad(
            column, "RANGE", raw, f"'{str(raw)[:60]}' is too large for an amount.", "Type at most 13 digits before the point."
        )
    amount = cents(number)
    return _in_range(column, amount) or amount


def _read_percent(column: Column, raw: object, conventions: Conventions) -> Value | Bad:
    signed = isinstance(raw, str) and raw.strip().endswith("%")
    number = _number(column, raw.strip()[:-1] if signed and isinstance(raw, str) else raw, conventions, "a percentage")
    if isinstance(number, Bad):
        return number
    if signed:
        number = canonical_number(number / 100)
    low = Decimal(column.minimum) if column.minimum is not None else Decimal(0)
    high = Decimal(column.maximum) if column.maximum is not None else Decimal(1)
    if not low <= number <= high:
        if not signed and 1 < number <= 100:
            return _bad(
                column,
                "AMBIGUOUS",
                format(number, "f"),
                f"{format(number, 'f')} can mean {format(number, 'f')} % or {format(number * 100, 'f')} %.",
                f"Type {format(number, 'f')}% with the sign.",
            )
        shown = format(number * 100 if signed else number, "f") + (" %" if signed else "")
        return _bad(
            column,
            "RANGE",
            format(number, "f"),
            f"{shown} is outside {low * 100:.0f}–{high * 100:.0f} %.",
            "Type a percentage with the sign, for example 35%.",
        )
    return number


def _moment(column: Column, raw: object, conventions: Conventions) -> date | datetime | Bad:
    if isinstance(raw, (date, datetime)):
        return raw
    if isinstance(raw, str):
        found = parse_date(raw, conventions.date_format)
        if isinstance(found, Bad):
            return replace(found, message=f"{column.header}: {found.message}")
        if found is not None:
            return found
    shown = _as_text(raw)
    return _bad(column, "TYPE", shown, f"'{shown[:60]}' is not a date.", "Use YYYY-MM-DD.")


def _read_date(column: Column, raw: object, conventions: Conventions) -> Value | Bad:
    moment = _moment(column, raw, conventions)
    if isinstance(moment, Bad):
        return moment
    if isinstance(moment, datetime):
        if moment.time() != time():
            return _bad(column, "TYPE", moment, f"'{moment}' has a time of day.", "Type the day only, as YYYY-MM-DD.")
        moment = moment.date()
    if moment < FIRST_DAY:
        return _bad(column, "RANGE", moment, f"{moment} lies before 1900.", "Look at the year.")
    return moment


def _read_datetime(column: Column, raw: object, conventions: Conventions) -> Value | Bad:
    moment = _moment(column, raw, conventions)
    if isinstance(moment, Bad):
        return moment
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    if moment.tzinfo is not None:
        moment = moment.replace(tzinfo=None)
    if moment.date() < FIRST_DAY:
        return _bad(column, "RANGE", moment, f"{moment} lies before 1900.", "Look at the year.")
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0) if moment.microsecond else moment


def _read_choice(column: Column, raw: object, _conventions: Conventions) -> Value | Bad:
    text = _as_text(raw)
    if not column.choices:
        return _read_text(column, text, _conventions) if fold(text) else None
    wanted = fold(text)
    if not wanted:
        return None
    for choice in column.choices:
        if choice == text or fold(choice) == wanted:
            return choice
    if column.type == "yes_no_unknown" or column.choices == YES_NO:
        if wanted in ("true", "false"):
            return "Yes" if wanted == "true" else "No"
        known = "use Yes, No or Unknown." if column.type == "yes_no_unknown" else "use Yes or No."
        return _bad(column, "CHOICE", text, known, "Pick from the list.")
    return _bad(column, "CHOICE", text, f"'{text[:60]}' is not one of: {', '.join(column.choices)}.", "Pick from the list.")


def _read_email(column: Column, raw: object, _conventions: Conventions) -> Value | Bad:
    text = _as_text(raw).strip()
    if not text:
        return None
    if not _EMAIL.fullmatch(text) or len(text) > 254:
        return _bad(column, "TYPE", text, f"'{text[:60]}' is not an e-mail address.", "Type an address such as name@company.com.")
    return canonical_text(text)


def _read_phone(column: Column, raw: object, conventions: Conventions) -> Value | Bad:
    return _read_text(column, raw, conventions)


def _read_url(column: Column, raw: object, conventions: Conventions) -> Value | Bad:
    return _read_text(column, raw, conventions)


def _read_reference(column: Column, raw: object, conventions: Conventions) -> Value | Bad:
    return _read_text(column, raw, conventions) if fold(_as_text(raw)) else None


_INNER: Final[dict[str, Callable[[Column, object, Conventions], Value | Bad]]] = {
    "text": _read_text,
    "integer": _read_integer,
    "number": _read_number,
    "money": _read_money,
    "percent": _read_percent,
    "date": _read_date,
    "datetime": _read_datetime,
    "choice": _read_choice,
    "yes_no_unknown": _read_choice,
    "email": _read_email,
    "phone": _read_phone,
    "url": _read_url,
    "reference": _read_reference,
    "id": _read_text,
}
