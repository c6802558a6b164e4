"""Formulas in Excel's words and in LibreOffice's: `=SUM(Sheet2!A1,TRUE)` is `=SUM($Sheet2.A1;TRUE())`.

LibreOffice's words are those of its programming interface (`XCell.setFormula`): English names, `;`
between arguments, `|` between the rows of an array, `~` for a union, `!` for an intersection.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from sheetsales_workbooks.hosts.libreoffice.addresses import MAX_COLUMNS, MAX_ROWS, letters, number, quoted

PREFIXES: Final = ("_xlfn._xlws.", "_xlfn.", "_xlws.", "_xludf.")  # how a file marks newer functions
KEPT: Final = 8192  # translations remembered

_TOKEN: Final = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")
    |(?P<error>\#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!))
    |(?P<quoted>\$?'(?:[^']|'')*')
    |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<word>[$A-Za-z_\\\u00aa-\uffff][$\w.\\?]*)
    |(?P<space>\s+)
    |(?P<sign><=|>=|<>|.)""",
    re.VERBOSE | re.DOTALL,
)
_CELL: Final = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})")
_COLUMNS: Final = re.compile(r"(\$?)([A-Za-z]{1,3})")
_REF: Final = re.compile(r"\$?[A-Za-z]{1,3}(?:\$?[0-9]{1,7})?|\$?[0-9]{1,7}")
_THREE: Final = re.compile(
    r"(?P<a>'(?:[^']|'')*'|[\w.]+)!(?P<x>\$?[A-Z]+\$?\d+):(?P<b>'(?:[^']|'')*'|[\w.]+)!(?P<y>\$?[A-Z]+\$?\d+)"
)
_UNNAMED: Final = re.compile(r"(?<![\w\]'.])\[")
_ITEM: Final = re.compile(r"\[\[(#[A-Za-z ]+)\]\]")
_TRUTHS: Final = ("TRUE", "FALSE")

Token = tuple[str, str]  # its kind, its text


def tokens(formula: str) -> list[Token]:
    """Split a formula, without its equals sign, into kinds and texts; a bracketed part of a table reference is one token."""
    found: list[Token] = []
    place = 0
    while place < len(formula):
        if formula[place] == "[":
            end = _closing(formula, place)
            found.append(("bracket", formula[place:end]))
            place = end
            continue
        match = _TOKEN.match(formula, place)
        assert match is not None and match.lastgroup is not None  # the last way of the pattern takes any letter
        found.append((match.lastgroup, match.group()))
        place = match.end()
    return found


def _closing(formula: str, start: int) -> int:
    depth, place = 0, start
    while place < len(formula):
        letter = formula[place]
        if letter == "'":  # the next letter stands for itself
            place += 1
        elif letter in "[]":
            depth += 1 if letter == "[" else -1
            if depth == 0:
                return place + 1
        place += 1
    return len(formula)


# ── to LibreOffice ───────────────────────────────────────────────────────────────────────────────


def to_calc(formula: str, table: Callable[[], str] | None = None, tables: Callable[[], frozenset[str]] | None = None) -> str:
    """Give LibreOffice's words for a formula of Excel's that begins with an equals sign.

    table: gives the name of the table around the cell, for references without one as `[@Budget]`.
    tables: gives the names of all tables in small letters, as a table's name alone means its data.
    """
    around = table() if table is not None and _UNNAMED.search(formula) else ""
    known = tables() if tables is not None and _may_name_a_table(formula) else frozenset[str]()
    return _to_calc(formula, around, known)


@lru_cache(KEPT)
def _may_name_a_table(formula: str) -> bool:
    parts = [*tokens(formula[1:]), ("", "")]
    return any(_is_name(text, parts[place + 1][1]) for place, (kind, text) in enumerate(parts) if kind == "word")


def _is_name(text: str, after: str) -> bool:
    return after not in ("(", "!", ":") and after[:1] != "[" and not _REF.fullmatch(text) and text.upper() not in _TRUTHS


@lru_cache(KEPT)
def _to_calc(formula: str, table: str, tables: frozenset[str]) -> str:
    parts = tokens(formula[1:])
    out: list[str] = []
    around: list[str] = []  # what each open bracket is: "call", "group" or "array"
    skip = 0
    for place, (kind, text) in enumerate(parts):
        if skip:
            skip -= 1
            continue
        after = parts[place + 1][1] if place + 1 < len(parts) else ""
        if kind == "quoted" and after == "!" and ":" in text:
            words, skip = _spanned(*_halves(text), parts[place + 2 : place + 5])
            out.append(words)
            skip += 1
        elif kind in ("word", "quoted") and after == "!":
            out.append(_dollar(text) + ".")
            skip = 1
        elif kind in ("word", "quoted") and after == ":" and _is_three(parts, place):
            words, skip = _spanned(text, parts[place + 2][1], parts[place + 4 : place + 7])
            out.append(words)
            skip += 3
        elif kind == "word":
            data = text.lower() in tables and _is_name(text, after)
            out.append(_word_to_calc(text, after) + ("[]" if data else ""))
        elif kind == "bracket":
            out.append(_bracket_to_calc(text, table, bool(place and parts[place - 1][0] == "word")))
        elif kind == "space" and _meet(parts, place):
            out.append("!")
        elif kind == "sign":
            out.append(_sign_to_calc(text, around, parts[place - 1] if place else ("", "")))
        else:
            out.append(text)
    return "=" + "".join(out)


def _dollar(sheet: str) -> str:
    return sheet if sheet.startswith("$") else "$" + sheet


def _word_to_calc(text: str, after: str) -> str:
    if after == "(":
        for prefix in PREFIXES:
            if text.lower().startswith(prefix):
                return text[len(prefix) :]
        return text
    return text + "()" if text.upper() in _TRUTHS else text


def _sign_to_calc(text: str, around: list[str], before: Token) -> str:
    if text in "({":
        around.append("array" if text == "{" else "call" if before[0] == "word" else "group")
    elif text in ")}" and around:
        around.pop()
    within = around[-1] if around else "group"
    if text == ",":
        return "~" if within == "group" else ";"
    if text == ";" and within == "array":
        return "|"
    return "" if text == "@" else text


def _bracket_to_calc(text: str, table: str, named: bool) -> str:
    inner = text[1:-1].strip()
    name = "" if named else table
    if inner.startswith("@"):
        column = inner[1:].strip() or "#This Row"
        if column == "#This Row":
            return f"{name}[#This Row]"
        return f"{name}[[#This Row];{column if column.startswith('[') else f'[{column}]'}]"
    if inner.startswith("#"):
        return f"{name}[[{inner}]]"
    return name + re.sub(r"\]\s*,\s*\[", "];[", text)


def _meet(parts: list[Token], place: int) -> bool:
    """Say whether a space stands between two references, so that it means what they have in common."""
    if not 0 < place < len(parts) - 1:
        return False
    before, after = parts[place - 1], parts[place + 1]
    return (before[0] in ("word", "bracket", "quoted") or before[1] == ")") and after[0] in ("word", "quoted")


def _is_three(parts: list[Token], place: int) -> bool:
    return place + 4 < len(parts) and parts[place + 2][0] in ("word", "quoted") and parts[place + 3][1] == "!"


def _halves(text: str) -> tuple[str, str]:
    first, last = text[1:-1].split(":", 1)
    return f"'{first}'", f"'{last}'"


def _spanned(first: str, last: str, block: list[Token]) -> tuple[str, int]:
    """Translate `First:Last!A1:B2`, a block through several sheets; give the words and how many tokens the block took."""
    corner = block[0][1] if block else ""
    long = len(block) == 3 and block[1][1] == ":"
    end = block[2][1] if long else corner
    return f"{_dollar(first)}.{corner}:{_dollar(last)}.{end}", 3 if long else 1


# ── to Excel ─────────────────────────────────────────────────────────────────────────────────────


@lru_cache(KEPT)
def to_excel(formula: str) -> str:
    """Give Excel's words for a formula of LibreOffice's that begins with an equals sign."""
    parts = tokens(formula[1:])
    out: list[str] = []
    arrays = 0
    skip = 0
    for place, (kind, text) in enumerate(parts):
        if skip:
            skip -= 1
            continue
        after = parts[place + 1][1] if place + 1 < len(parts) else ""
        if kind == "quoted" and after.startswith("."):
            out.append(_sheet(text))
            skip = 1 if after == "." else 0
        elif kind == "word" and text.upper() in _TRUTHS and after == "(" and parts[place + 2 : place + 3] == [("sign", ")")]:
            out.append(text)
            skip = 2
        elif kind == "word":
            out.append(_word_to_excel(text) if after != "(" else text.upper() if text.islower() else text)
        elif kind == "bracket":
            out.append(_bracket_to_excel(text))
        elif kind == "sign":
            arrays += (text == "{") - (text == "}")
            out.append(_sign_to_excel(text, arrays > 0, bool(place and parts[place - 1][0] in ("word", "bracket"))))
        else:
            out.append(text)
    return "=" + _THREE.sub(_span, "".join(out))


def _sign_to_excel(text: str, in_array: bool, after_operand: bool) -> str:
    if text == ";":
        return ","
    if text == "|" and in_array:
        return ";"
    if text == "!" and after_operand:
        return " "
    return "," if text == "~" else text


def _bracket_to_excel(text: str) -> str:
    if text == "[]":
        return ""
    item = _ITEM.fullmatch(text)
    return f"[{item[1]}]" if item else text.replace("];[", "],[")


def _word_to_excel(text: str) -> str:
    sheet, dot, rest = text.rpartition(".")
    if dot and sheet and _REF.fullmatch(rest):
        return _sheet(sheet) + rest
    return text


def _sheet(text: str) -> str:
    name = text.removeprefix("$")
    return (name if name.startswith("'") else quoted(name)) + "!"


def _span(found: re.Match[str]) -> str:
    first, last, corner, end = found["a"], found["b"], found["x"], found["y"]
    if first == last:
        return f"{first}!{corner}:{end}"
    block = corner if corner == end else f"{corner}:{end}"
    if "'" in first + last:
        return f"'{first.strip(chr(39))}:{last.strip(chr(39))}'!{block}"
    return f"{first}:{last}!{block}"


# ── moved ────────────────────────────────────────────────────────────────────────────────────────


def moved(formula: str, rows: int, columns: int) -> str:
    """Give a formula of Excel's as it reads when it is copied so many rows down and columns to the right."""
    parts = tokens(formula[1:])
    out = []
    for place, (kind, text) in enumerate(parts):
        after = parts[place + 1][1] if place + 1 < len(parts) else ""
        before = parts[place - 1][1] if place else ""
        if kind == "word" and after not in ("(", "!") and (cell := _CELL.fullmatch(text)):
            out.append(_moved_cell(cell, rows, columns))
        elif kind == "word" and ":" in (before, after) and after != "!" and (column := _COLUMNS.fullmatch(text)):
            out.append(column[1] + _moved_column(column[2], bool(column[1]), columns))
        else:
            out.append(text)
    return "=" + "".join(out)


def _moved_cell(cell: re.Match[str], rows: int, columns: int) -> str:
    row = int(cell[4]) if cell[3] else int(cell[4]) + rows
    if not 1 <= row <= MAX_ROWS:
        return "#REF!"
    column = _moved_column(cell[2], bool(cell[1]), columns)
    return column if column == "#REF!" else f"{cell[1]}{column}{cell[3]}{row}"


def _moved_column(column: str, fast: bool, by: int) -> str:
    place = number(column) + (0 if fast else by)
    return letters(place) if 1 <= place <= MAX_COLUMNS else "#REF!"
