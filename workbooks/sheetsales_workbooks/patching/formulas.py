"""Formulas around an overwritten cell: shared ones keep a master, arrays stay whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from sheetsales.errors import FileRefused
from sheetsales_workbooks.patching.xml_bytes import attributes, escaped, plain, with_attribute
from sheetsales_workbooks.reading.sheet_xml import LAST_COLUMN, LAST_ROW, area_places, cell_place, column_letters

Formula = tuple[dict[bytes, bytes], bytes]  # its attributes and its text, as written


@lru_cache(maxsize=8)
def _formula_pattern(prefix: bytes) -> re.Pattern[bytes]:
    p = re.escape(prefix)
    return re.compile(rb"<%sf((?:\s[^>]*?)?)(?:/>|>([^<]*)</%sf\s*>)" % (p, p))


def formula_of(cell: bytes, prefix: bytes, sheet: str) -> Formula | None:
    """Give the formula of a cell element, None where it has none."""
    match = _formula_pattern(prefix).search(cell)
    return None if match is None else (attributes(match[1], sheet), match[2] or b"")


def check_arrays(xml: bytes, prefix: bytes, sheet: str, written: set[tuple[int, int]]) -> None:
    """Raise FileRefused where a written cell is part of an array formula or data table of several cells."""
    if b"array" not in xml and b"dataTable" not in xml:
        return
    for match in re.finditer(rb"<%sf(\s[^>]*?)/?>" % re.escape(prefix), xml):
        if b"array" not in match[1] and b"dataTable" not in match[1]:
            continue
        stated = attributes(match[1], sheet)
        top, left, bottom, right = area_places(stated.get(b"ref", b"A1").decode())
        if (top, left) == (bottom, right):
            continue
        for row, column in sorted(written):
            if top <= row <= bottom and left <= column <= right:
                place, area = f"{column_letters(column)}{row}", stated[b"ref"].decode()
                raise FileRefused(
                    f"The sheet '{sheet}' cannot be changed: {place} is part of a formula over several cells ({area}).",
                    "Move that formula out of the table or replace it by one formula per cell, then save.",
                    sheet=sheet,
                    place=place,
                )


@dataclass(slots=True)
class Masters:
    """The shared formulas whose master cell was overwritten: number, where it stood, its text."""

    lost: dict[bytes, tuple[int, int, str]] = field(default_factory=dict)

    def left(self, formula: Formula, row: int, column: int) -> None:
        """Note that a cell lost its formula."""
        stated, text = formula
        if stated.get(b"t") == b"shared" and text and b"si" in stated:
            self.lost[stated[b"si"]] = (row, column, plain(text))

    def promoted(self, xml: bytes, prefix: bytes, sheet: str) -> bytes:
        """Make the first remaining follower of each lost master the new master."""
        for number, (row, column, text) in self.lost.items():
            followers = _followers(xml, prefix, sheet, number)
            if followers:
                _, new_row, new_column = followers[0]
                xml = _with_master(xml, prefix, followers, moved(text, new_row - row, new_column - column))
        return xml


Follower = tuple[re.Match[bytes], int, int]  # its formula element, row, column


def _followers(xml: bytes, prefix: bytes, sheet: str, number: bytes) -> list[Follower]:
    found = []
    opening = b"<" + prefix + b"c "
    for match in _formula_pattern(prefix).finditer(xml):
        if b"shared" not in match[1]:
            continue
        stated = attributes(match[1], sheet)
        if stated.get(b"t") != b"shared" or stated.get(b"si") != number or match[2]:
            continue
        start = xml.rfind(opening, 0, match.start())
        head = xml[start + len(opening) - 1 : xml.find(b">", start)]
        place = attributes(head, sheet).get(b"r")
        if place is None:
            raise FileRefused(f"The sheet '{sheet}' cannot be changed safely: a shared formula has no address.", sheet=sheet)
        found.append((match, *cell_place(place.decode())))
    return found


def _with_master(xml: bytes, prefix: bytes, followers: list[Follower], text: str) -> bytes:
    first = followers[0][0]
    rows, columns = [row for _, row, _ in followers], [column for _, _, column in followers]
    start, end = f"{column_letters(min(columns))}{min(rows)}", f"{column_letters(max(columns))}{max(rows)}"
    head = with_attribute(b"<" + prefix + b"f" + first[1].rstrip() + b">", b"ref", f"{start}:{end}".encode())
    return xml[: first.start()] + head + escaped(text) + b"</" + prefix + b"f>" + xml[first.end() :]


# ── moving a formula ─────────────────────────────────────────────────────────────────────────────

_TOKEN = re.compile(
    r"""("(?:[^"]|"")*"|'(?:[^']|'')*'!?|\[)                          # text, quoted sheet, bracket (structured reference)
    |(?<![\w.$])(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]{0,6})(?![\w.(!]) # a cell
    |(?<![\w.$:])(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3})(?![\w.(!$]) # whole columns
    |(?<![\w.$:])(\$?)([1-9][0-9]{0,6}):(\$?)([1-9][0-9]{0,6})(?![\w.(!$]) # whole rows
    """,
    re.X,
)


def moved(formula: str, rows: int, columns: int) -> str:
    """Give a formula as it reads when copied to another cell: relative references move along.

    Texts, quoted sheet names and structured references stay; a reference that leaves the sheet
    becomes #REF!, as in a spreadsheet program.
    """
    pieces: list[str] = []
    at = 0
    while match := _TOKEN.search(formula, at):
        pieces.append(formula[at : match.start()])
        at = match.end()
        if match[1] == "[":
            at = _bracket_end(formula, match.start())
            pieces.append(formula[match.start() : at])
        elif match[1]:
            pieces.append(match[1])
        elif match[3]:
            pieces.append(_moved_cell(match, rows, columns) if _column(match[3]) <= LAST_COLUMN else match[0])
        elif match[7]:
            pieces.append(_moved_pair([_moved_column(match[6], match[7], columns), _moved_column(match[8], match[9], columns)]))
        else:
            pieces.append(_moved_pair([_moved_row(match[10], match[11], rows), _moved_row(match[12], match[13], rows)]))
    return "".join([*pieces, formula[at:]])


def _bracket_end(formula: str, at: int) -> int:
    depth = 0
    while at < len(formula):
        if formula[at] == "'" and depth:
            at += 1  # an apostrophe protects the next character in a column name
        elif formula[at] == "[":
            depth += 1
        elif formula[at] == "]":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    return at


def _moved_cell(match: re.Match[str], rows: int, columns: int) -> str:
    column, row = _moved_column(match[2], match[3], columns), _moved_row(match[4], match[5], rows)
    return "#REF!" if column is None or row is None else column + row


def _column(letters: str) -> int:
    """Give a column number of up to three letters; names such as ZZZ1 lie beyond the last column."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _moved_column(fixed: str, letters: str, by: int) -> str | None:
    number = _column(letters) + (0 if fixed else by)
    return fixed + column_letters(number) if 0 < number <= LAST_COLUMN else None


def _moved_row(fixed: str, digits: str, by: int) -> str | None:
    number = int(digits) + (0 if fixed else by)
    return fixed + str(number) if 0 < number <= LAST_ROW else None


def _moved_pair(ends: list[str | None]) -> str:
    return "#REF!" if None in ends else ":".join(map(str, ends))
