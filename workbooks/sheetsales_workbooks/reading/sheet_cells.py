"""What a sheet's cells are: their places, the types of their values, and how many there may be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sheetsales.errors import FileRefused
from sheetsales.values import CellError, Formula
from sheetsales_workbooks.reading.cell_formats import Format, formatted, read_iso
from sheetsales_workbooks.reading.guard import LIMITS

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT: Final = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384
BLANKS: Final = " \t\r\n"  # what XML calls white space

Area = tuple[int, int, int, int]  # first row, first column, last row, last column


@dataclass(slots=True)
class SheetCells:
    """The stored content of one sheet.

    rows: raw values by row and column; rows and cells without content are not there. hidden: rows
    that a filter or the user hides. merged: merged areas. stored: cells with content; replaced: how
    many of them a later cell of the same address replaced.
    """

    rows: dict[int, dict[int, object]] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    merged: tuple[Area, ...] = ()
    stored: int = 0
    replaced: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Meaning:
    """What cells refer to: the shared texts, number formats by style index, the epoch."""

    shared: Sequence[str]
    formats: Mapping[int, Format]
    date_1904: bool = False

    @cached_property
    def by_key(self) -> dict[str, str]:
        """The shared texts by their number as it is written in a cell."""
        return dict(zip(map(str, range(len(self.shared))), self.shared, strict=True))


class UnusualFormError(Exception):
    """The sheet is not in the plain form; the exact parser reads it."""


def column_letters(column: int) -> str:
    """Give the letters of a column number, 1 for A."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class _Columns(dict[str, int]):
    """Column numbers by letters, worked out when first asked for."""

    def __missing__(self, letters: str) -> int:
        number = 0
        for letter in letters.upper():
            if not "A" <= letter <= "Z":
                raise FileRefused(f"The file cannot be used: it has a cell in a column '{letters[:10]}'.")
            number = number * 26 + ord(letter) - 64
        if not 0 < number <= LAST_COLUMN:
            raise FileRefused(f"The file cannot be used: it has a cell in a column '{letters[:10]}'.")
        self[letters] = number
        return number


COLUMN_NUMBERS: Final = _Columns()
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


def cell_place(reference: str) -> tuple[int, int]:
    """Give row and column of a reference such as B7; raises FileRefused where it is none."""
    match = _REFERENCE.fullmatch(reference)
    row = int(match[2]) if match else 0
    if match is None or not 0 < row <= LAST_ROW:
        raise FileRefused(f"The file cannot be used: it has a cell with the address '{reference[:20]}'.")
    return row, COLUMN_NUMBERS[match[1]]


def area_places(reference: str) -> Area:
    """Give the corners of a reference such as B2:D7 or B2."""
    first, _, last = reference.partition(":")
    top, left = cell_place(first)
    bottom, right = cell_place(last or first)
    return min(top, bottom), min(left, right), max(top, bottom), max(left, right)


# ── values ───────────────────────────────────────────────────────────────────────────────────────

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ENTITY = re.compile(r"&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def unescape(text: str) -> str:
    """Resolve the escapes _xHHHH_ by which workbooks hold characters that XML cannot."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def resolve(text: str) -> str:
    """Resolve the entities of XML; raises UnusualFormError where one is not known."""
    if "&" not in text:
        return text
    resolved, count = _ENTITY.subn(_character, text)
    if count != text.count("&"):
        raise UnusualFormError
    return resolved


def _character(match: re.Match[str]) -> str:
    if match[3]:
        return _NAMED[match[3]]
    code = int(match[1], 16) if match[1] else int(match[2])
    if not 32 <= code < 0xD800 and code not in (9, 10, 13) and not 0xE000 <= code < 0x110000:
        raise UnusualFormError
    return chr(code)


def number(text: str) -> int | float | str:
    """Read a stored number; text that is none stays text, so that nothing is lost."""
    if text.isdigit() and text.isascii() and len(text) < 16:
        return int(text)
    if text.replace(".", "", 1).isdigit() and len(text) < 300:
        return float(text)
    try:
        value = float(text)
    except ValueError:
        return text
    if "_" in text or value - value != 0:
        return text
    if value.is_integer() and abs(value) < 1e15 and text.lstrip("-").isdigit():
        return int(value)
    return value


def typed_value(kind: str, style: int, text: str, meaning: Meaning) -> object:
    """Give the value of a cell by its type; None where it holds nothing."""
    if kind == "s":
        try:
            return meaning.shared[int(text)] if text.strip().isdigit() else None
        except IndexError:
            raise FileRefused("The file cannot be used: a cell points to a text that is not there.") from None
    if kind in ("str", "inlineStr"):
        return unescape(text)
    if not text:
        return None
    if kind == "b":
        return text.strip() in ("1", "true")
    if kind == "e":
        return CellError(text)
    if kind == "d":
        return read_iso(text)
    value = number(text)
    form = meaning.formats.get(style)
    return value if form is None or isinstance(value, str) else formatted(value, form, meaning.date_1904)


def formula_value(words: str, kind: str, style: int, value: str | None, meaning: Meaning) -> Formula:
    """Give a formula with its last result; without one it was never calculated."""
    calculated = bool(value) or (value is not None and kind == "str")
    return Formula(words, typed_value(kind, style, value or "", meaning) if calculated else None, calculated)


def check_cells(stored: int) -> None:
    """Refuse a sheet with more cells than are allowed."""
    if stored > LIMITS["cells"]:
        raise FileRefused(
            f"The file cannot be used: a sheet holds {stored:,} cells; {LIMITS['cells']:,} are allowed.",
            "Split the sheet into several workbooks.",
        )


def check_rows(rows: int) -> None:
    """Refuse a sheet with more rows than are allowed."""
    if rows > LIMITS["rows"] + LIMITS["head_rows"]:
        raise FileRefused(
            f"The file cannot be used: a sheet holds {rows:,} rows with content; {LIMITS['rows']:,} are allowed.",
            "Split the sheet into several workbooks.",
        )
