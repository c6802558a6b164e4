"""Drop-downs, limits and prompts of a column, as the spreadsheet program checks them while typing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sheetsales_workbooks.host import ColumnSpec

TITLE_LIMIT: Final = 32  # characters; what the file format holds
TEXT_LIMIT: Final = 255
LARGEST: Final = 10**13


def cut(text: str, limit: int) -> str:
    """Shorten a text at a word where it is too long."""
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"


def validation(column: ColumnSpec, choices: tuple[str, ...], first_cell: str) -> dict[str, object] | None:
    """Give the options of a column's data validation, or None where it has none.

    choices: the words of its list, for the message. first_cell: address of its first data cell.
    """
    rule = _rule(column, first_cell)
    if rule is None:
        return None
    limit, sentence = rule
    if column.list_name and choices and len(choices) <= 12:
        sentence = f"Please pick one of: {', '.join(choices)}."
    title = cut(column.header, TITLE_LIMIT)
    options: dict[str, object] = {**limit, "error_title": title, "error_message": cut(sentence, TEXT_LIMIT)}
    if column.prompt:
        options |= {"input_title": title, "input_message": cut(column.prompt, TEXT_LIMIT)}
    return options


def _rule(column: ColumnSpec, first_cell: str) -> tuple[dict[str, object], str] | None:
    if column.style not in ("input", "action"):
        return None
    if column.list_name:
        return {"validate": "list", "source": f"={column.list_name}", "show_error": column.strict}, "Please pick from the list."
    if column.format in ("date", "datetime"):
        return {"validate": "date", "criteria": ">=", "value": date(1900, 1, 1)}, "Please type a date, for example 2026-11-06."
    if column.format in ("integer", "number", "money", "percent"):
        return _number_rule(column)
    if column.name == "email" or column.name.endswith("_email"):
        formula = f'=AND(ISNUMBER(SEARCH("@",{first_cell})),NOT(ISNUMBER(SEARCH(" ",TRIM({first_cell})))))'
        return (
            {"validate": "custom", "value": formula, "error_type": "warning"},
            "This does not look like an e-mail address. Keep it?",
        )
    if column.limit:
        return {"validate": "length", "criteria": "<=", "value": column.limit}, f"Please keep it to {column.limit:,} characters."
    return ({"validate": "any"}, "") if column.prompt else None


def _number_rule(column: ColumnSpec) -> tuple[dict[str, object], str]:
    low, high = _bound(column.minimum), _bound(column.maximum)
    if column.format == "percent":
        low, high = 0 if low is None else low, 1 if high is None else high
        sentence = f"Please type a percentage from {low * 100:g} % to {high * 100:g} %."
    else:
        what = {"integer": "a whole number", "number": "a number", "money": "an amount"}[column.format]
        bounds = (
            f" from {low:g} to {high:g}"
            if low is not None and high is not None
            else f" of {low:g} or more"
            if low is not None
            else f" up to {high:g}"
            if high is not None
            else ""
        )
        sentence = f"Please type {what}{bounds}."
    limit: dict[str, object] = {
        "validate": "integer" if column.format == "integer" else "decimal",
        "criteria": "between",
        "minimum": -LARGEST if low is None else low,
        "maximum": LARGEST if high is None else high,
    }
    return limit, sentence


def _bound(value: object) -> int | float | None:
    if not isinstance(value, (int, Decimal)):
        return None
    return int(value) if value == int(value) else float(value)
