"""The plain form of a sheet part, as spreadsheet programs write it nearly always, read by scanning.

Whatever is not in that form raises UnusualFormError: then the exact parser of `sheet_xml` reads it.
Patterns over whole rows, read column by column, are three times faster than expat with handlers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from sheetsales_workbooks.reading.sheet_cells import (
    BLANKS,
    COLUMN_NUMBERS,
    LAST_ROW,
    MAIN,
    STRICT,
    Meaning,
    SheetCells,
    UnusualFormError,
    area_places,
    check_cells,
    check_rows,
    formula_value,
    number,
    resolve,
    typed_value,
    unescape,
)

BATCH: Final = 1_000  # rows of one shape that are read together
SHAPES: Final = 8  # different shapes of rows that are tried per sheet
SHAPE_CELLS: Final = 200  # cells of a row beyond which it is read cell by cell
_HEAD: Final = r'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,6})")?'
# The group is atomic: a cell that was read one way is never tried the other way, or a row that fails at its end
# would be tried in two ways for each of its cells.
_TAIL: Final = (
    r'(?: t="(s|str|n|b|e|d|inlineStr)")? ?'
    r"(?>><v>([^<]*)</v></c>|>([^<]*(?:<(?!/?c[ />])[^<]*)*)</c>"
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

Shape = tuple[tuple[str, str], ...]  # letters and style of each cell of a row, blank ones too


def scan_sheet(text: str, meaning: Meaning) -> SheetCells:
    """Scan a sheet in the form that spreadsheet programs write; UnusualFormError for any other."""
    start, stop = text.find("<sheetData>"), text.find("</sheetData>")
    if start < 0 or stop < start or text.find("<sheetData", start + 1) >= 0 or text.find("<sheetData ", 0, start) >= 0:
        raise UnusualFormError
    # With the namespace said once, as the default, no element of ours can have a prefix.
    if f' xmlns="{MAIN}"' not in text[:start] or text.count(MAIN) != 1 or text.count('xmlns="') != 1 or STRICT in text:
        raise UnusualFormError
    if "\r" in text or ("!" in text and "<!" in text):
        raise UnusualFormError
    # Every element is closed or closes itself: a cut or unbalanced part is not taken for an empty sheet.
    if text.count("<") != 2 * text.count("</") + text.count("/>"):
        raise UnusualFormError
    sheet = SheetCells(stored=text.count("</c>", start, stop))
    check_cells(sheet.stored)
    scan = _Scan(meaning, sheet.rows)
    scan.read(text, start + len("<sheetData>"), stop)
    if scan.delivered != sheet.stored:
        raise UnusualFormError
    check_rows(len(sheet.rows))
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
        self._known: dict[tuple[str, str], object] = {}  # days and such stand in many cells
        self._masters: dict[str, str] = {}
        self._last_row = 0
        self._shapes: list[tuple[re.Pattern[str], Shape]] = []
        self._met: set[Shape] = set()
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
        # A pattern costs as much as reading a hundred rows by cell: a shape that stands once gets none.
        if not shape or shape not in self._met:
            self._met.add(shape)
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
        stated, *parts = zip(*self._batch, strict=True)
        rows = [self._start_row(int(row)) for row in stated]
        for place, (letters, style) in enumerate(self._shapes[0][1]):
            kinds, values, inners = parts[3 * place : 3 * place + 3]
            self._read_column(rows, COLUMN_NUMBERS[letters], style[4:-1] or "0", kinds, values, inners)
        self._batch.clear()
        for row, cells in zip(stated, rows, strict=True):
            if not cells:
                del self._rows[int(row)]

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
            return typed_value(kind, 0, resolve(value), self._meaning)
        found = self._known.get((style, value))
        if found is None:
            found = self._known[style, value] = typed_value("n", int(style), resolve(value), self._meaning)
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
        value = own if preserved else own.strip(BLANKS)
    elif value is not None:
        value = resolve(value)
    if about is None and formula is None:
        return None if value is None else typed_value(kind, int(style or 0), value, meaning)
    attributes = dict(_ATTRIBUTE.findall(about)) if about else {}
    words = resolve(formula or "")
    if attributes.get("t") == "shared" and "si" in attributes:
        if words:
            masters[attributes["si"]] = words
        elif attributes["si"] not in masters:
            raise UnusualFormError
        words = words or masters[attributes["si"]]
    return formula_value(unescape(words), kind, int(style or 0), value, meaning)


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
