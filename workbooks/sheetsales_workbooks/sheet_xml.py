"""One sheet part to cells, sparsely and exactly: errors, formulas and true addresses are kept.

Two ways to the same result: `_plain` scans the form that spreadsheet programs write nearly always
(three times faster than python-calamine, which also loses errors and formulas); `_Exact` is a
streaming parser for everything well-formed and takes over whenever `_plain` meets anything unusual.
Both count: stored cells that a scan of its own sees and cells delivered must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final
from xml.parsers import expat

from sheetsales.errors import FileRefused, FileUnsafe
from sheetsales.values import CellError, Formula
from sheetsales_workbooks.cell_formats import Format, formatted, read_iso
from sheetsales_workbooks.guard import LIMITS

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT: Final = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384
BATCH: Final = 1_000                   # rows of one shape that are read together
SHAPES: Final = 8                      # different shapes of rows that are tried per sheet
SHAPE_CELLS: Final = 200               # cells of a row beyond which it is read cell by cell
REMARKS: Final = 20                    # remarks kept per sheet; the rest would repeat them
_SLICE: Final = 1_000_000              # characters handed to expat at a time

Area = tuple[int, int, int, int]       # first row, first column, last row, last column


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


def parse_sheet(text: str, meaning: Meaning, *, exact: bool = False) -> SheetCells:
    """Read the text of a sheet part. exact: by the exact parser, whatever form it has.

    Raises FileRefused where cells would be lost or the limits are passed, ExpatError where it is
    no well-formed XML.
    """
    if not exact:
        try:
            return _plain(text, meaning)
        except UnusualFormError:
            pass
    return _Exact(meaning).parse(text)


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


def _typed(kind: str, style: int, text: str, meaning: Meaning) -> object:
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


# ── the plain form ───────────────────────────────────────────────────────────────────────────────

_HEAD: Final = r'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,6})")?'
_TAIL: Final = (
    r'(?: t="(s|str|n|b|e|d|inlineStr)")? ?'
    r"(?:><v>([^<]*)</v></c>|>([^<]*(?:<(?!/?c[ />])[^<]*)*)</c>"
)
_CELL = re.compile(f"{_HEAD}{_TAIL})")
_CELL_OR_BLANK = re.compile(f"{_HEAD}{_TAIL}|/>)")
_ROW = re.compile(r'<row r="[1-9][0-9]{0,6}"[^>]*>')
_INNER = re.compile(
    r'\s*(?:<f((?: [a-zA-Z]+="[^"<]*")*) ?(?:/>|>([^<]*)</f>))?'
    r'\s*(?:<v(?: xml:space="preserve")?>([^<]*)</v>|<v ?/>|<is><t( xml:space="preserve")?>([^<]*)</t></is>)?\s*'
)
_ATTRIBUTE = re.compile(r' ([a-zA-Z]+)="([^"<]*)"')
_MERGE = re.compile(r'<mergeCell ref="([A-Z0-9:]+)" ?/>')
_HIDDEN = re.compile(r'<row r="([0-9]{1,7})"[^>]* hidden="(?:1|true)"')
_BLANKS: Final = " \t\r\n"

Shape = tuple[tuple[str, str], ...]    # letters and style of each cell of a row, blank ones too


def _plain(text: str, meaning: Meaning) -> SheetCells:
    """Scan a sheet in the form that spreadsheet programs write; UnusualFormError for any other."""
    start, stop = text.find("<sheetData>"), text.find("</sheetData>")
    if start < 0 or stop < start or text.find("<sheetData", start + 1) >= 0 or text.find("<sheetData ", 0, start) >= 0:
        raise UnusualFormError
    # With the namespace said once, as the default, no element of ours can have a prefix.
    if f' xmlns="{MAIN}"' not in text[:start] or text.count(MAIN) != 1 or text.count('xmlns="') != 1 or STRICT in text:
        raise UnusualFormError
    if "\r" in text or ("!" in text and "<!" in text):
        raise UnusualFormError
    sheet = SheetCells(stored=text.count("</c>", start, stop))
    _check_cells(sheet.stored)
    scan = _Scan(meaning, sheet.rows)
    scan.read(text, start + len("<sheetData>"), stop)
    if scan.delivered != sheet.stored:
        raise UnusualFormError
    _check_rows(len(sheet.rows))
    if " hidden=" in text:
        if "hidden='" in text:
            raise UnusualFormError
        sheet.hidden = frozenset(int(row) for row in _HIDDEN.findall(text, start, stop))
    merges = text.count("<mergeCell ", stop)
    if merges:
        found = _MERGE.findall(text, stop)
        if len(found) != merges:
            raise UnusualFormError
        sheet.merged = tuple(map(area_places, found))
    return sheet


@lru_cache(maxsize=64)
def _row_pattern(shape: Shape) -> re.Pattern[str]:
    """Give the pattern of a whole row of this shape: rows of a table are alike but for their values."""
    cells = "".join(rf'<c r="{letters}\1"{style}{_TAIL}|/>)' for letters, style in shape)
    return re.compile(rf'<row r="([1-9][0-9]{{0,6}})"[^>]*>{cells}')


class _Scan:
    """Delivers every cell with content; rows, and columns within a row, must ascend.

    Rows are matched whole by the shape of an earlier row and then read column by column, which is
    far faster than cell by cell; rows of an odd shape are read cell by cell.
    """

    def __init__(self, meaning: Meaning, rows: dict[int, dict[int, object]]) -> None:
        self.delivered = 0
        self._meaning = meaning
        self._rows = rows
        self._styled = {str(style) for style in meaning.formats}
        self._known: dict[tuple[str, str], object] = {}     # days and such stand in many cells
        self._masters: dict[str, str] = {}
        self._last_row = 0
        self._shapes: list[tuple[re.Pattern[str], Shape]] = []
        self._batch: list[tuple[str | None, ...]] = []

    def read(self, text: str, start: int, stop: int) -> None:
        """Read the rows between two places; rows without content are stepped over."""
        content = text.find("</c>", start, stop)
        while content >= 0:
            row = text.rfind("<row", start, content)
            end = text.find("</row>", content, stop)
            end = stop if end < 0 else end
            groups = self._groups(text, start if row < 0 else row, end)
            if groups is None:
                self._flush()
                self._by_cell(_CELL.findall(text, start, end))
            else:
                self._batch.append(groups)
                if len(self._batch) >= BATCH:
                    self._flush()
            start = end
            content = text.find("</c>", start, stop)
        self._flush()

    def _groups(self, text: str, start: int, end: int) -> tuple[str | None, ...] | None:
        """Give the row's number, then type, value and inner text of each cell; None for an odd row."""
        for place, (pattern, _) in enumerate(self._shapes):
            match = pattern.fullmatch(text, start, end)
            if match is not None:
                if place:
                    self._flush()
                    self._shapes.insert(0, self._shapes.pop(place))
                return match.groups()
        shape = _shape_of(text, start, end) if len(self._shapes) < SHAPES else ()
        if not shape:
            return None
        self._flush()
        pattern = _row_pattern(shape)
        self._shapes.insert(0, (pattern, shape))
        match = pattern.fullmatch(text, start, end)
        return None if match is None else match.groups()

    def _flush(self) -> None:
        """Read the rows that were matched by the present shape, column by column."""
        if not self._batch:
            return
        numbers, *parts = zip(*self._batch, strict=True)
        rows = [self._start_row(int(number)) for number in numbers]
        for place, (letters, style) in enumerate(self._shapes[0][1]):
            kinds, values, inners = parts[3 * place : 3 * place + 3]
            self._read_column(rows, COLUMN_NUMBERS[letters], style[4:-1] or "0", kinds, values, inners)
        self._batch.clear()
        for number, cells in zip(numbers, rows, strict=True):
            if not cells:
                del self._rows[int(number)]

    def _read_column(
        self,
        rows: list[dict[int, object]],
        column: int,
        style: str,
        kinds: tuple[str | None, ...],
        values: tuple[str | None, ...],
        inners: tuple[str | None, ...],
    ) -> None:
        filled = len(values) - values.count(None)
        if "" not in values and inners.count(None) == len(inners):
            if filled == kinds.count("s"):
                self._read_texts(rows, column, values)
                return
            if kinds.count(None) == len(kinds) and style not in self._styled:
                self.delivered += filled
                for cells, value in zip(rows, values, strict=True):
                    if value is not None:
                        cells[column] = int(value) if value.isdigit() and len(value) < 16 else number(value)
                return
        for cells, kind, value, inner in zip(rows, kinds, values, inners, strict=True):
            if value:
                self.delivered += 1
                cells[column] = self._value(kind or "n", style, value)
            elif value is not None or inner is not None:
                self._put_inner(cells, column, kind or "", style, inner or ("" if value is None else "<v></v>"))

    def _read_texts(self, rows: list[dict[int, object]], column: int, values: tuple[str | None, ...]) -> None:
        shared = self._meaning.by_key
        try:
            for cells, value in zip(rows, values, strict=True):
                if value is not None:
                    cells[column] = shared[value]
                    self.delivered += 1
        except KeyError:
            raise UnusualFormError from None

    def _by_cell(self, found: list[tuple[str, str, str, str, str, str]]) -> None:
        row = last_column = 0
        cells: dict[int, object] = {}
        for letters, digits, style, kind, value, inner in found:
            if int(digits) != row:
                row, last_column = int(digits), 0
                cells = self._start_row(row)
            column = COLUMN_NUMBERS[letters]
            if column <= last_column:
                raise UnusualFormError
            last_column = column
            if value:
                self.delivered += 1
                cells[column] = self._value(kind or "n", style or "0", value)
            else:
                self._put_inner(cells, column, kind, style, inner)
        for row in {int(digits) for _, digits, *_ in found}:
            if not self._rows[row]:
                del self._rows[row]

    def _start_row(self, row: int) -> dict[int, object]:
        if not self._last_row < row <= LAST_ROW:
            raise UnusualFormError
        self._last_row = row
        cells = self._rows[row] = {}
        return cells

    def _value(self, kind: str, style: str, value: str) -> object:
        if kind == "s" and value not in self._meaning.by_key:
            raise UnusualFormError
        if kind != "n" or style not in self._styled:
            return _typed(kind, 0, resolve(value), self._meaning)
        found = self._known.get((style, value))
        if found is None:
            found = self._known[style, value] = _typed("n", int(style), resolve(value), self._meaning)
        return found

    def _put_inner(self, cells: dict[int, object], column: int, kind: str, style: str, inner: str) -> None:
        self.delivered += 1
        value = _inner_value(kind, style, inner, self._meaning, self._masters)
        if value is not None:
            cells[column] = value


def _shape_of(text: str, start: int, end: int) -> Shape:
    """Give the shape of a row that holds cells in ascending columns and nothing else; () for any other."""
    match = _ROW.match(text, start, end)
    shape: list[tuple[str, str]] = []
    last = 0
    while match is not None and match.end() < end:
        match = _CELL_OR_BLANK.match(text, match.end(), end)
        if match is None or COLUMN_NUMBERS[match[1]] <= last or len(shape) >= SHAPE_CELLS:
            return ()
        last = COLUMN_NUMBERS[match[1]]
        shape.append((match[1], f' s="{match[3]}"' if match[3] else ""))
    return tuple(shape) if match is not None else ()


def _inner_value(kind: str, style: str, inner: str, meaning: Meaning, masters: dict[str, str]) -> object:
    """Read a cell that holds more than a plain value: a formula, a text of its own, or nothing."""
    about, formula, value, preserved, own = _parts_of(inner)
    if own is not None:
        own = resolve(own)
        value = own if preserved else own.strip(_BLANKS)
    elif value is not None:
        value = resolve(value)
    if about is None and formula is None:
        return None if value is None else _typed(kind, int(style or 0), value, meaning)
    attributes = dict(_ATTRIBUTE.findall(about)) if about else {}
    words = resolve(formula or "")
    if attributes.get("t") == "shared" and "si" in attributes:
        if words:
            masters[attributes["si"]] = words
        elif attributes["si"] not in masters:
            raise UnusualFormError
        words = words or masters[attributes["si"]]
    return _formula(unescape(words), kind, int(style or 0), value, meaning)


def _parts_of(inner: str) -> tuple[str | None, str | None, str | None, str | None, str | None]:
    """Split what stands in a cell: attributes and text of the formula, value, xml:space and own text."""
    if inner.startswith("<f>") and inner.endswith("</v>"):
        formula, _, value = inner[3:-4].partition("</f><v>")
        if "<" not in formula and "<" not in value:
            return None, formula, value, None, None
    match = _INNER.fullmatch(inner)
    if match is None:
        raise UnusualFormError
    about, formula_, value_, preserved, own = match.groups()
    return about, formula_, value_, preserved, own


def _formula(words: str, kind: str, style: int, value: str | None, meaning: Meaning) -> Formula:
    calculated = bool(value) or (value is not None and kind == "str")
    return Formula(words, _typed(kind, style, value or "", meaning) if calculated else None, calculated)


def _check_cells(stored: int) -> None:
    if stored > LIMITS["cells"]:
        raise FileRefused(f"The file cannot be used: a sheet holds {stored:,} cells; {LIMITS['cells']:,} are allowed.",
                          "Split the sheet into several workbooks.")


def _check_rows(rows: int) -> None:
    if rows > LIMITS["rows"] + LIMITS["head_rows"]:
        raise FileRefused(f"The file cannot be used: a sheet holds {rows:,} rows with content; {LIMITS['rows']:,} are allowed.",
                          "Split the sheet into several workbooks.")


# ── every form ───────────────────────────────────────────────────────────────────────────────────

_TAGS: Final = ("sheetData", "row", "c", "v", "f", "is", "t", "rPh", "mergeCell")
_LOCAL: Final = {f"{space}{tag}": tag for space in (f"{MAIN} ", f"{STRICT} ", "") for tag in _TAGS}
_SPACE: Final = "http://www.w3.org/XML/1998/namespace space"
_ANY_CELL = re.compile(r"<(?:([\w.\-]+):)?c(?=[\s/>])")
_SHEET_DATA = re.compile(r"<(?:[\w.\-]+:)?sheetData[\s>].*</(?:[\w.\-]+:)?sheetData\s*>", re.S)
_NO_MARKUP = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.S)


class _Exact:
    """The reference parser: any prefix, missing references, rich text, any order."""

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._sheet = SheetCells()
        self._inside = False
        self._row = self._column = self._cells = 0
        self._hidden: set[int] = set()
        self._merged: list[Area] = []
        self._remarks: list[str] = []
        self._masters: dict[str, str] = {}
        self._followers: list[tuple[int, int, str]] = []
        self._kind = self._si = ""
        self._style = 0
        self._value: str | None = None
        self._own: list[str] | None = None
        self._formula: str | None = None
        self._phonetic = False
        self._preserved = False
        self._text: list[str] = []
        self._prefixes = {""}

    def parse(self, text: str) -> SheetCells:
        """Read the whole text of a sheet part."""
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartNamespaceDeclHandler = self._namespace
        for start in range(0, len(text), _SLICE):
            parser.Parse(text[start : start + _SLICE].encode("utf-8", "strict"), False)
        parser.Parse(b"", True)
        body = _SHEET_DATA.search(_NO_MARKUP.sub("", text) if "<!" in text else text)
        seen = sum(1 for prefix in _ANY_CELL.findall(body[0]) if prefix in self._prefixes) if body else 0
        if seen != self._cells:
            raise FileRefused(f"The file cannot be used: a sheet stores {seen:,} cells, but {self._cells:,} can be read.")
        sheet = self._sheet
        for row, column, si in self._followers:
            found = sheet.rows.get(row, {}).get(column)
            if isinstance(found, Formula):
                sheet.rows[row][column] = Formula(self._masters.get(si, ""), found.value, found.calculated)
        sheet.hidden, sheet.merged, sheet.remarks = frozenset(self._hidden), tuple(self._merged), tuple(self._remarks)
        sheet.rows = dict(sorted(sheet.rows.items()))
        return sheet

    def _namespace(self, prefix: str | None, space: str) -> None:
        if space in (MAIN, STRICT):
            self._prefixes.add(prefix or "")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _LOCAL.get(name)
        if tag is None:
            return
        if tag == "sheetData":
            self._inside = True
        elif tag == "mergeCell" and "ref" in attributes:
            self._merged.append(area_places(attributes["ref"]))
        elif not self._inside:
            return
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "c":
            self._start_cell(attributes)
        elif tag == "f":
            self._si = attributes.get("si", "") if attributes.get("t") == "shared" else ""
            self._text.clear()
        elif tag == "is":
            self._own = []
        elif tag == "rPh":
            self._phonetic = True
        else:
            self._preserved = attributes.get(_SPACE) == "preserve"
            self._text.clear()

    def _start_row(self, attributes: dict[str, str]) -> None:
        stated = attributes.get("r", "").strip()
        self._row = cell_place(f"A{stated}")[0] if stated else self._row + 1
        self._column = 0
        if attributes.get("hidden") in ("1", "true"):
            self._hidden.add(self._row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._cells += 1
        if "r" in attributes:
            self._row, self._column = cell_place(attributes["r"].strip())
        else:
            self._column += 1
        self._kind = attributes.get("t", "n")
        style = attributes.get("s", "").strip()
        self._style = int(style) if style.isdigit() else 0
        self._value = self._own = self._formula = None
        self._si = ""

    def _end(self, name: str) -> None:
        tag = _LOCAL.get(name)
        if tag is None or not self._inside:
            return
        if tag == "sheetData":
            self._inside = False
        elif tag == "c":
            self._end_cell()
        elif tag == "v":
            self._value = "".join(self._text)
        elif tag == "f":
            self._formula = "".join(self._text)
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "t" and self._own is not None and not self._phonetic:
            words = "".join(self._text)
            self._own.append(words if self._preserved else words.strip(_BLANKS))

    def _end_cell(self) -> None:
        text = self._value if self._own is None else "".join(self._own)
        if self._formula is not None:
            words = unescape(self._formula)
            if self._si and words:
                self._masters[self._si] = words
            elif self._si:
                self._followers.append((self._row, self._column, self._si))
            value: object = _formula(words, self._kind, self._style, text, self._meaning)
        elif text is None:
            return
        else:
            value = _typed("inlineStr" if self._own is not None else self._kind, self._style, text, self._meaning)
        if value is not None:
            self._put(value)

    def _put(self, value: object) -> None:
        cells = self._sheet.rows.setdefault(self._row, {})
        self._sheet.stored += 1
        if self._column in cells:
            self._sheet.replaced += 1
            if len(self._remarks) < REMARKS:
                self._remarks.append(f"{column_letters(self._column)}{self._row} is stored twice; the last one was read.")
        cells[self._column] = value
        _check_cells(self._sheet.stored)
        _check_rows(len(self._sheet.rows))


def _refuse_doctype(*_about: object) -> None:
    raise FileUnsafe("The file is not safe to open: one of its parts declares a document type.")
