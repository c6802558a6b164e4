"""Cell addresses as Excel writes them."""

from __future__ import annotations

import re
from typing import Final

MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384
Area = tuple[int, int, int, int]  # first row, first column, last row, last column, counted from 1

_CELL: Final = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})$", re.IGNORECASE)
_COLUMN: Final = re.compile(r"\$?([A-Z]{1,3})$", re.IGNORECASE)
_ROW: Final = re.compile(r"\$?([0-9]{1,7})$")
_PLAIN_SHEET: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*$")


def letters(column: int) -> str:
    """Give the letters of a column counted from 1."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def number(column: str) -> int:
    """Give the number of a column's letters."""
    total = 0
    for letter in column.upper():
        total = total * 26 + ord(letter) - 64
    return total


def a1(top: int, left: int, bottom: int, right: int, *, rows: bool = True, columns: bool = True) -> str:
    """Give the address of an area, $A$1:$B$2; rows, columns: whether they stand fast."""
    r, c = "$" if rows else "", "$" if columns else ""
    if bottom - top + 1 == MAX_ROWS and right - left + 1 == MAX_COLUMNS:
        return f"{r}1:{r}{MAX_ROWS}"
    if bottom - top + 1 == MAX_ROWS:
        return f"{c}{letters(left)}:{c}{letters(right)}"
    if right - left + 1 == MAX_COLUMNS:
        return f"{r}{top}:{r}{bottom}"
    first, last = f"{c}{letters(left)}{r}{top}", f"{c}{letters(right)}{r}{bottom}"
    return first if first == last else f"{first}:{last}"


def parse(address: str) -> Area | None:
    """Give the area of A1, $A$1:B2, A:C or 1:3, or None where the text is no address."""
    first, _, last = address.strip().partition(":")
    last = last or first
    if (a := _CELL.match(first)) and (b := _CELL.match(last)):
        rows, columns = sorted((int(a[2]), int(b[2]))), sorted((number(a[1]), number(b[1])))
    elif ":" in address and (a := _COLUMN.match(first)) and (b := _COLUMN.match(last)):
        rows, columns = [1, MAX_ROWS], sorted((number(a[1]), number(b[1])))
    elif ":" in address and (a := _ROW.match(first)) and (b := _ROW.match(last)):
        rows, columns = sorted((int(a[1]), int(b[1]))), [1, MAX_COLUMNS]
    else:
        return None
    if rows[0] < 1 or rows[1] > MAX_ROWS or columns[1] > MAX_COLUMNS:
        return None
    return rows[0], columns[0], rows[1], columns[1]


def quoted(sheet: str) -> str:
    """Give a sheet's name as it stands before an exclamation mark."""
    if _PLAIN_SHEET.match(sheet) and not _CELL.match(sheet):
        return sheet
    return "'" + sheet.replace("'", "''") + "'"
