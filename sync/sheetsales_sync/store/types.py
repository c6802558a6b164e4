"""How canonical values stand in a database: exact in typed columns, as text everywhere else.

PostgreSQL has NUMERIC, DATE and TIMESTAMP. SQLite has none of them, so there the canonical text is
kept, under a type name that says what it is (`DECIMAL_TEXT` sorts as text and adds up as a number).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Date, DateTime, Dialect, Numeric, Text, TypeDecorator
from sqlalchemy.types import TypeEngine, UserDefinedType

from sheetsales.values import Value, from_text, to_text

FAMILIES: Final[Mapping[str, str]] = {
    "integer": "integer", "number": "decimal", "money": "decimal", "percent": "decimal", "date": "date", "datetime": "datetime",
}  # fmt: skip
_PYTHON: Final[Mapping[str, type]] = {"text": str, "integer": int, "decimal": Decimal, "date": date, "datetime": datetime}


def family(kind: str) -> str:
    """Give what a column type is to a database: text, integer, decimal, date or datetime."""
    return FAMILIES.get(kind, "text")


def fit(kind: str, value: Value) -> Value:
    """Give a value as the Python type of its column, such as 5 as Decimal in a money column.

    Raises ValueError or TypeError where that cannot be, which is a mistake of the caller.
    """
    if value is None:
        return None
    name = family(kind)
    if type(value) is _PYTHON[name]:
        return value.replace(microsecond=0, tzinfo=None) if isinstance(value, datetime) else value
    if name == "text":
        return to_text(value)
    if name == "integer" and isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if name == "decimal" and isinstance(value, int):
        return Decimal(value)
    if name == "datetime" and isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 (canonical values have no zone)
    raise TypeError(f"a column of type {kind} cannot hold a {type(value).__name__}")


def fit_all(kind: str, values: Sequence[Value]) -> Sequence[Value]:
    """Give many values as `fit` does, at the cost of one look where all are right already."""
    right = {_PYTHON[family(kind)], type(None)}
    return values if kind != "datetime" and right.issuperset(map(type, values)) else [fit(kind, value) for value in values]


def utc(moment: datetime) -> datetime:
    """Give a moment as naive UTC, the one form in which the store keeps and returns moments."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


# ── column types ─────────────────────────────────────────────────────────────────────────────────

Convert = Callable[[Any], Any]


class _CanonicalText(UserDefinedType[Any]):
    """Base of the SQLite types: the canonical text, and the value back from it."""

    cache_ok = True
    name = "TEXT"
    read: ClassVar[Any]
    write: ClassVar[Any]

    def get_col_spec(self, **_options: object) -> str:
        """Give the name of the type in the database."""
        return self.name

    def bind_processor(self, dialect: Dialect) -> Convert:  # noqa: ARG002
        """Give the way in."""
        write = type(self).write
        return lambda value: None if value is None else write(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert:  # noqa: ARG002
        """Give the way out."""
        read = type(self).read
        return lambda text: None if text is None else read(text)


class DecimalText(_CanonicalText):
    """A decimal number as text, exact to the last digit."""

    name = "DECIMAL_TEXT"
    write = staticmethod(lambda value: format(value, "f"))
    read = staticmethod(Decimal)


class DateText(_CanonicalText):
    """A day as ISO text."""

    name = "DATE_TEXT"
    write = staticmethod(date.isoformat)
    read = staticmethod(date.fromisoformat)


class DateTimeText(_CanonicalText):
    """A date-time without zone as ISO text, to the second."""

    name = "DATETIME_TEXT"
    write = staticmethod(lambda value: value.isoformat(timespec="seconds"))
    read = staticmethod(datetime.fromisoformat)


class MomentText(_CanonicalText):
    """A moment in UTC as ISO text of fixed width, to the microsecond, so that it sorts."""

    name = "MOMENT_TEXT"
    write = staticmethod(lambda value: value.isoformat(timespec="microseconds"))
    read = staticmethod(datetime.fromisoformat)


class AnyText(TypeDecorator[str]):
    """Text that may hold what no column takes (NUL, half characters); such text is kept escaped."""

    impl = Text
    cache_ok = True
    MARK = "\\json:"

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Escape what a column would not take."""
        if value is None or (value.isprintable() and not value.startswith(self.MARK)):
            return value
        odd = "\x00" in value or value.startswith(self.MARK) or any("\ud800" <= letter <= "\udfff" for letter in value)
        return self.MARK + json.dumps(value) if odd else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Give back what was escaped."""
        if value is None or not value.startswith(self.MARK):
            return value
        return str(json.loads(value[len(self.MARK) :]))


def typed(kind: str) -> TypeEngine[Any]:
    """Give the database type of a column of the playbook."""
    name = family(kind)
    if name == "decimal":
        return Numeric().with_variant(DecimalText(), "sqlite")
    if name == "date":
        return Date().with_variant(DateText(), "sqlite")
    if name == "datetime":
        return DateTime().with_variant(DateTimeText(), "sqlite")
    return BigInteger() if name == "integer" else Text()


def moment() -> TypeEngine[Any]:
    """Give the database type of a moment of the service."""
    return DateTime().with_variant(MomentText(), "sqlite")


# ── values in generic tables ─────────────────────────────────────────────────────────────────────

Kinds = Mapping[str, str]  # column types by column name
_TAGS: Final[Mapping[type, str]] = {int: "integer", Decimal: "number", date: "date", datetime: "datetime", str: "text"}


def read_text(text: str | None, kind: str) -> Value:
    """Read the canonical text of a column; text that is none of its type any more stays text."""
    try:
        return from_text(text, kind)
    except (ValueError, InvalidOperation):
        return text


def pack(values: Mapping[str, Value], kinds: Kinds) -> dict[str, Any]:
    """Give values for JSON: the canonical text, with its type where the column does not say it."""
    packed: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or (value.__class__ is str and family(kinds.get(name, "text")) == "text"):
            packed[name] = value
        elif value.__class__ is _PYTHON[family(kinds.get(name, "text"))]:
            packed[name] = to_text(value)
        else:
            packed[name] = [_TAGS[type(value)], to_text(value)]
    return packed


def unpack(packed: Mapping[str, Any], kinds: Kinds) -> dict[str, Value]:
    """Give back what `pack` wrote."""
    values: dict[str, Value] = {}
    for name, text in packed.items():
        if text.__class__ is list:
            values[name] = from_text(text[1], text[0])
        else:
            values[name] = text if text is None else read_text(text, kinds.get(name, "text"))
    return values
