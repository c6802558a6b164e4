"""Columns: what one column of a table holds. How a cell of it is read is in `cells`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from sheetsales.values import Value, fold

TYPES: Final = (
    "text",
    "integer",
    "number",
    "money",
    "percent",
    "date",
    "datetime",
    "choice",
    "yes_no_unknown",
    "email",
    "phone",
    "url",
    "reference",
    "id",
)
TEXT_LIMIT: Final = 2_000  # characters, unless the column says otherwise
YES_NO_UNKNOWN: Final = ("Yes", "No", "Unknown")
YES_NO: Final = ("Yes", "No")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    computed: "" for input; "row" where it follows from its own row at every sync; "action" where
        only an action writes it; "service" where the store writes it.
    formula: for the sheet, in Excel's words, with `{column}` for the cell of that column in the row.
    target: for a reference, the table it points to ("people" for owners).
    choices_from: name of a table whose names are the choices (stages), instead of `choices`.
    wanted: a blank cell is a warning, no more. range_code, range_message: the process's own code and
        sentence (with `{v}` for the value) for a number out of range, instead of the general ones.
    """

    name: str
    header: str
    type: str = "text"
    required: bool = False
    default: Value = None
    choices: tuple[str, ...] = ()
    choices_from: str = ""
    computed: str = ""
    formula: str = ""
    target: str = ""
    minimum: Decimal | int | None = None
    maximum: Decimal | int | None = None
    limit: int = TEXT_LIMIT
    help: str = ""
    custom: bool = False
    width: int = 0
    unique: bool = False
    wanted: bool = False
    range_code: str = ""
    range_message: str = ""

    @property
    def is_text(self) -> bool:
        """Say whether the sheet must hold it as text, never as a number."""
        return self.type in ("text", "phone", "email", "url", "reference", "choice", "yes_no_unknown", "id")


def _column(kind: str) -> Callable[..., Column]:
    def make(name: str, header: str = "", **more: object) -> Column:
        return Column(name, header or name.replace("_", " ").capitalize(), kind, **more)  # type: ignore[arg-type]

    make.__doc__ = f"Declare a column of type {kind}; the header defaults to the name in words."
    return make


Text = _column("text")
Integer = _column("integer")
Number = _column("number")
Money = _column("money")
Percent = _column("percent")
Date = _column("date")
DateTime = _column("datetime")
Email = _column("email")
Phone = _column("phone")
Url = _column("url")
Reference = _column("reference")
Id = _column("id")


def Choice(name: str, choices: Iterable[str] = (), header: str = "", **more: object) -> Column:  # noqa: N802
    """Declare a column whose cells hold one of a list of words."""
    return replace(_column("choice")(name, header, **more), choices=tuple(choices))


def YesNoUnknown(name: str, header: str = "", **more: object) -> Column:  # noqa: N802
    """Declare a question with three answers; blank means Unknown, never No."""
    return replace(_column("yes_no_unknown")(name, header, **more), choices=YES_NO_UNKNOWN)


def Tick(name: str, header: str = "", **more: object) -> Column:  # noqa: N802
    """Declare a tick: Yes or No; blank means not ticked."""
    return replace(_column("choice")(name, header, **more), choices=YES_NO)


def same(column: Column, one: Value, other: Value) -> bool:
    """Say whether two canonical values of this column are the same to a reader.

    References, choices and e-mail addresses are compared trimmed and case-folded; a blank
    yes-no-unknown is Unknown.
    """
    if one == other and type(one) is type(other):
        return True
    if column.type == "yes_no_unknown":
        return (one or "Unknown") == (other or "Unknown")
    if one is None or other is None:
        return False
    if column.type in ("reference", "choice", "email"):
        return fold(one) == fold(other)
    return one == other
