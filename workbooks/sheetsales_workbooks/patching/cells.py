"""Cells and rows of one sheet part: what changes is cut out and written anew, the rest is not read.

A sheet is taken only in a form that is fully understood: rows and cells ascending, references that
agree with their row, no comments or CDATA. Anything else is refused by the sheet's name.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Final

from sheetsales.errors import FileRefused
from sheetsales_workbooks.host import CellWrite
from sheetsales_workbooks.patching.cell_values import cell_content
from sheetsales_workbooks.patching.formulas import Masters, check_arrays, formula_of
from sheetsales_workbooks.patching.xml_bytes import attributes, check_encoding, main_prefix, root_head, with_attribute
from sheetsales_workbooks.reading.sheet_xml import COLUMN_NUMBERS, LAST_COLUMN, LAST_ROW, area_places, column_letters

KEPT_ROW_ATTRIBUTES: Final = (b"s", b"customFormat", b"ht", b"customHeight")  # what a new row takes of its model
Restyle = Callable[[int], int]


@dataclass(slots=True)
class Change:
    """What happens to one cell. blank: make it with its column's style where it is not there yet."""

    write: CellWrite | None = None
    restyle: Restyle | None = None
    blank: bool = False


Changes = dict[int, dict[int, Change]]  # by row, then by column


def behind_cells(xml: bytes, prefix: bytes, sheet: str) -> int:
    """Give where the rest of a sheet part begins behind its cell data."""
    p = re.escape(prefix)
    match = re.compile(rb"</%ssheetData\s*>|<%ssheetData(?:\s[^>]*)?/>" % (p, p)).search(
        xml, max(0, xml.rfind(b"sheetData") - 99)
    )
    if match is None:
        raise FileRefused(f"The sheet '{sheet}' cannot be changed safely: its cell data has no end.", sheet=sheet)
    return match.end()


@cache
def _column(letters: bytes) -> int:
    return COLUMN_NUMBERS[letters.decode()]


def _same(style: int) -> int:
    return style


@dataclass(slots=True)
class _Row:
    """A stored row taken apart: its opening tag, its cells as they stand, what follows them."""

    number: int
    head: bytes
    cells: dict[int, bytes]
    tail: bytes
    start: int
    end: int


@dataclass(slots=True)
class SheetPart:
    """One sheet part, indexed by row.

    like_row: the row whose styles new cells take (0: none). plain_style: gives a style without our
    colours, so that a new cell does not inherit the colour of its model. date_styles: those that show a
    day number as a day (None: not known).
    """

    xml: bytes
    sheet: str
    date_1904: bool = False
    like_row: int = 0
    plain_style: Restyle = _same
    date_styles: frozenset[int] | None = None
    prefix: bytes = b""
    formulas_changed: bool = False
    numbers: list[int] = field(default_factory=list)  # of the stored rows
    _spans: list[tuple[int, int]] = field(default_factory=list)
    _parsed: dict[int, _Row] = field(default_factory=dict)
    _styles: dict[int, dict[int, int]] = field(default_factory=dict)
    _dated: dict[int, int | None] = field(default_factory=dict)
    _data: tuple[int, int] = (0, 0)
    _cell: re.Pattern[bytes] = re.compile(b"")
    _without_cells: bytes = b""  # the part as it was, where it has no cells and says so in one tag
    _box: list[int] = field(default_factory=list)
    _masters: Masters = field(default_factory=Masters)

    def __post_init__(self) -> None:
        check_encoding(self.xml, self.sheet)
        if b"!" in self.xml and re.search(rb"<!(?:--|\[CDATA)", self.xml):
            raise self.refused("it holds comments or quoted blocks that no spreadsheet program writes")
        name, raw, _ = root_head(self.xml, self.sheet)
        self.prefix = main_prefix(name, raw, b"worksheet", self.sheet)
        p = re.escape(self.prefix)
        self._cell = re.compile(
            rb"""<%sc(?: r="([A-Z]{1,3})([1-9][0-9]{0,6})")?((?:\s[^>/]*)*)"""
            rb"""(?:/>|>(?:<%sv>[^<]*</%sv></%sc>|[^<]*(?:<(?!/%sc[\s>])[^<]*)*</%sc\s*>))""" % ((p,) * 6)
        )
        self._index(p)

    def refused(self, why: str) -> FileRefused:
        """Give the refusal of this sheet."""
        return FileRefused(f"The sheet '{self.sheet}' cannot be changed safely: {why}.", sheet=self.sheet)

    def _index(self, p: bytes) -> None:
        opening = re.search(rb"<%ssheetData\b[^>]*>" % p, self.xml)
        if opening is None:
            raise self.refused("it has no cell data")
        if opening[0].endswith(b"/>"):
            head = opening[0][:-2].rstrip() + b">"
            self._without_cells = self.xml
            self.xml = self.xml[: opening.start()] + head + b"</" + self.prefix + b"sheetData>" + self.xml[opening.end() :]
            self._data = (opening.start() + len(head),) * 2
            return
        stop = self.xml.find(b"</" + self.prefix + b"sheetData", opening.end())
        if stop < 0:
            raise self.refused("its cell data has no end")
        self._data = (opening.end(), stop)
        last = 0
        for match in re.compile(rb'<%srow(?: r="([1-9][0-9]{0,6})")?(?=[\s/>])([^>]*)>' % p).finditer(self.xml, *self._data):
            number = int(match[1]) if match[1] else self._stated_row(match[2], last)
            if number <= last or number > LAST_ROW:
                raise self.refused(f"its row {number} stands out of order")
            self.numbers.append(number)
            self._spans.append(match.span())
            last = number

    def _stated_row(self, raw: bytes, last: int) -> int:
        stated = attributes(raw.removesuffix(b"/"), self.sheet).get(b"r")
        if stated is None:
            return last + 1
        if not stated.isdigit():
            raise self.refused("a row has no number")
        return int(stated)

    @property
    def last_row(self) -> int:
        """The last stored row, 0 where there is none."""
        return self.numbers[-1] if self.numbers else 0

    def row(self, number: int) -> _Row | None:
        """Give a stored row taken apart, None where it is not stored."""
        if number in self._parsed:
            return self._parsed[number]
        at = bisect_left(self.numbers, number)
        if at == len(self.numbers) or self.numbers[at] != number:
            return None
        start, inner = self._spans[at]
        head = self.xml[start:inner]
        attributes(head[len(self.prefix) + 4 :].removesuffix(b">").removesuffix(b"/"), self.sheet)
        if head.endswith(b"/>"):
            found = _Row(number, head, {}, b"", start, inner)
        else:
            limit = self._spans[at + 1][0] if at + 1 < len(self._spans) else self._data[1]
            closing = b"</" + self.prefix + b"row"
            stop = self.xml.rfind(closing, inner, limit)
            end = self.xml.find(b">", stop) + 1
            if stop < 0 or self.xml[stop + len(closing) : end - 1].strip():
                raise self.refused(f"its row {number} has no end")
            found = self._take_apart(number, head, start, inner, stop, end)
        self._parsed[number] = found
        return found

    def _take_apart(self, number: int, head: bytes, start: int, inner: int, stop: int, end: int) -> _Row:
        cells: dict[int, bytes] = {}
        at, last = inner, 0
        row_digits = b"%d" % number
        for match in self._cell.finditer(self.xml, inner, stop):
            begin, finish = match.span()
            if begin != at and self.xml[at:begin].strip():
                break
            letters, digits, raw = match.groups()
            if letters is None:
                letters, digits = self._stated_cell(raw, last, row_digits)
            column = _column(letters)
            if digits != row_digits or column <= last:
                raise self.refused(f"its cell {letters.decode()}{digits.decode()} stands out of order")
            cells[column] = match[0]
            last, at = column, finish
        tail = self.xml[at:stop]
        if tail.strip() and not tail.lstrip().startswith(b"<" + self.prefix + b"extLst"):
            raise self.refused(f"its row {number} holds something that is not understood")
        return _Row(number, head, cells, tail, start, end)

    def _stated_cell(self, raw: bytes, last: int, row: bytes) -> tuple[bytes, bytes]:
        stated = attributes(raw, self.sheet).get(b"r")
        if stated is None:
            return column_letters(last + 1).encode(), row
        match = re.fullmatch(rb"([A-Z]{1,3})([1-9][0-9]{0,6})", stated)
        if match is None:
            raise self.refused("a cell has an address that is not understood")
        return match[1], match[2]

    # ── styles ───────────────────────────────────────────────────────────────────────────────────

    def styles(self, number: int) -> dict[int, int]:
        """Give the style index of each stored cell of a row, by column."""
        if number not in self._styles:
            row = self.row(number)
            cells = row.cells if row is not None else {}
            self._styles[number] = {column: self._style(cell) for column, cell in cells.items()}
        return self._styles[number]

    def _style(self, cell: bytes) -> int:
        match = self._cell.fullmatch(cell)
        stated = attributes(match[3], self.sheet).get(b"s", b"0") if match else b"0"
        if not stated.isdigit():
            raise self.refused("a cell has a format that is not understood")
        return int(stated)

    def style_for(self, number: int, column: int) -> int:
        """Give the style of a cell that is not stored yet.

        That of the like row; above it (a heading) that of the cell to the left; else that of the
        nearest stored row above, of the row itself, of the column.
        """
        if 0 < self.like_row <= number and column in self.styles(self.like_row):
            return self.plain_style(self.styles(self.like_row)[column])
        if number < self.like_row and column - 1 in self.styles(number):
            return self.plain_style(self.styles(number)[column - 1])
        at = bisect_left(self.numbers, number)
        above = self.styles(self.numbers[at - 1]) if at else {}
        if number >= self.like_row and column in above:
            return self.plain_style(above[column])
        row = self.row(number)
        if row is not None:
            stated = attributes(row.head[len(self.prefix) + 4 :].rstrip(b"/>"), self.sheet)
            if stated.get(b"customFormat") in (b"1", b"true") and stated.get(b"s", b"").isdigit():
                return int(stated[b"s"])
        return self._column_style(column)

    def _column_style(self, column: int) -> int:
        for match in re.finditer(rb"<%scol\s([^>]*?)/?>" % re.escape(self.prefix), self.xml[: self._data[0]]):
            stated = attributes(b" " + match[1], self.sheet)
            if int(stated.get(b"min", b"0")) <= column <= int(stated.get(b"max", b"0")):
                return int(stated.get(b"style", b"0"))
        return 0

    # ── changes ──────────────────────────────────────────────────────────────────────────────────

    def apply(self, changes: Changes) -> bytes:
        """Give the sheet part with these cells changed. Raises CellRefused or FileRefused."""
        self._check(changes)
        pieces: list[bytes] = []
        at = self._data[0]
        for number in sorted(changes):
            row = self.row(number)
            start = row.start if row is not None else self._place(number)
            pieces.append(self.xml[at:start])
            pieces.append(self._changed_row(number, row, changes[number]))
            at = row.end if row is not None else start
        if self._without_cells and not any(pieces):
            return self._without_cells
        head, tail = self.xml[: self._data[0]], self.xml[at:]
        if self._box:
            head = self._with_dimension(head)
        xml = b"".join([head, *pieces, tail])
        return self._masters.promoted(xml, self.prefix, self.sheet) if self._masters.lost else xml

    def _check(self, changes: Changes) -> None:
        for number, row in changes.items():
            for column in row:
                if not 0 < number <= LAST_ROW or not 0 < column <= LAST_COLUMN:
                    raise self.refused(f"a cell in row {number}, column {column} does not exist")
        written = {(n, c) for n, row in changes.items() for c, change in row.items() if change.write is not None}
        check_arrays(self.xml, self.prefix, self.sheet, written)

    def _place(self, number: int) -> int:
        """Give where a row that is not stored belongs."""
        at = bisect_left(self.numbers, number)
        return self._spans[at][0] if at < len(self._spans) else self._data[1]

    def _changed_row(self, number: int, row: _Row | None, changes: dict[int, Change]) -> bytes:
        cells = dict(row.cells) if row is not None else {}
        added: list[int] = []
        for column in sorted(changes):
            old = cells.get(column)
            new = self._changed_cell(number, column, old, changes[column])
            if new is not None:
                if old is None:
                    added.append(column)
                cells[column] = new
        if row is not None and not added:
            if cells == row.cells:
                return self.xml[row.start : row.end]
            return self._joined(row.head, list(cells.values()), row.tail)
        if row is None and not added:
            return b""
        self._grow_box(number, added)
        ordered = [cells[column] for column in sorted(cells)]
        if row is None:
            return self._joined(self._new_head(number), ordered, b"")
        return self._joined(with_attribute(row.head, b"spans", None), ordered, row.tail)

    def _joined(self, head: bytes, cells: list[bytes], tail: bytes) -> bytes:
        if head.endswith(b"/>"):
            head = head[:-2].rstrip() + b">"
        return b"".join([head, *cells, tail, b"</" + self.prefix + b"row>"])

    def _new_head(self, number: int) -> bytes:
        model = self.row(self.like_row) if 0 < self.like_row <= number else None
        head = b'<%srow r="%d"' % (self.prefix, number)
        if model is not None:
            stated = attributes(model.head[len(self.prefix) + 4 :].rstrip(b"/>"), self.sheet)
            head += b"".join(b' %s="%s"' % (name, stated[name]) for name in KEPT_ROW_ATTRIBUTES if name in stated)
        return head + b">"

    def _changed_cell(self, number: int, column: int, old: bytes | None, change: Change) -> bytes | None:
        """Give the cell's new element, None where no cell has to be there."""
        style = self._style(old) if old is not None else self.style_for(number, column)
        if change.write is not None and isinstance(change.write.value, date):
            style = self._date_style(style, column)
        wanted = change.restyle(style) if change.restyle is not None else style
        if change.write is None:
            if old is not None:
                return old if wanted == style else self._restyled(old, wanted)
            return self._element(number, column, wanted, b"", b"") if wanted or change.blank else None
        place = f"{self.sheet}!{column_letters(column)}{number}"
        content = cell_content(change.write, self.prefix, place, date_1904=self.date_1904)
        if old is None and not content.inner and not change.blank and wanted == style:
            return None
        if old is not None:
            formula = formula_of(old, self.prefix, self.sheet)
            if formula is not None:
                self.formulas_changed = True
                self._masters.left(formula, number, column)
        if change.write.formula:
            self.formulas_changed = True
        return self._element(number, column, wanted, content.type, content.inner)

    def _date_style(self, style: int, column: int) -> int:
        """Give the style for a date: the cell's own where that shows days, else that of another date in the column.

        A program that was given a day as text leaves a text format behind, in which a date shows as a bare number.
        """
        if self.date_styles is None or style in self.date_styles:
            return style
        if column not in self._dated:
            others = (self.styles(number).get(column) for number in self.numbers)
            self._dated[column] = next((other for other in others if other in self.date_styles), None)
        found = self._dated[column]
        return style if found is None else self.plain_style(found)

    def _restyled(self, cell: bytes, style: int) -> bytes:
        end = cell.find(b">") + 1
        return with_attribute(cell[:end], b"s", b"%d" % style) + cell[end:]

    def _element(self, number: int, column: int, style: int, kind: bytes, inner: bytes) -> bytes:
        head = b'<%sc r="%s%d"' % (self.prefix, column_letters(column).encode(), number)
        if style:
            head += b' s="%d"' % style
        if kind:
            head += b' t="%s"' % kind
        return head + (b">%s</%sc>" % (inner, self.prefix) if inner else b"/>")

    def _grow_box(self, number: int, columns: list[int]) -> None:
        corners = [number, min(columns), number, max(columns)]
        box = self._box or corners
        self._box = [min(box[0], corners[0]), min(box[1], corners[1]), max(box[2], corners[2]), max(box[3], corners[3])]

    def _with_dimension(self, head: bytes) -> bytes:
        """Let the stated dimension reach the new cells; a sheet without one stays without."""
        match = re.search(rb"""<%sdimension\b[^>]*?\bref\s*=\s*["']([A-Z0-9:]+)["'][^>]*>""" % re.escape(self.prefix), head)
        if match is None:
            return head
        top, left, bottom, right = area_places(match[1].decode())
        box = (
            self._box
            if not self.numbers
            else [min(top, self._box[0]), min(left, self._box[1]), max(bottom, self._box[2]), max(right, self._box[3])]
        )
        if box == [top, left, bottom, right]:
            return head
        first, last = column_letters(box[1]) + str(box[0]), column_letters(box[3]) + str(box[2])
        ref = first if first == last else f"{first}:{last}"
        return head[: match.start(1)] + ref.encode() + head[match.end(1) :]
