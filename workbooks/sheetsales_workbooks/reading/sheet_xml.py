"""One sheet part to cells, sparsely and exactly: errors, formulas and true addresses are kept.

Two ways to the same result: `sheet_scan` scans the form that spreadsheet programs write nearly
always; `_Exact` is a streaming parser for everything well-formed and takes over whenever the scan
meets anything unusual. (python-calamine loses errors, formulas and the case of blank texts, and
builds a dense grid: it is not safe on foreign files.)
Both count: stored cells that a scan of its own sees and cells delivered must be the same.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

from sheetsales.errors import FileRefused, FileUnsafe
from sheetsales.values import Formula
from sheetsales_workbooks.reading.sheet_cells import (
    BLANKS,
    COLUMN_NUMBERS,
    LAST_COLUMN,
    LAST_ROW,
    MAIN,
    STRICT,
    Area,
    Meaning,
    SheetCells,
    UnusualFormError,
    area_places,
    cell_place,
    check_cells,
    check_rows,
    column_letters,
    formula_value,
    typed_value,
    unescape,
)
from sheetsales_workbooks.reading.sheet_scan import scan_sheet

__all__ = [
    "COLUMN_NUMBERS", "LAST_COLUMN", "LAST_ROW", "MAIN", "STRICT", "Area", "Meaning", "SheetCells", "area_places", "cell_place",
    "column_letters", "parse_sheet",
]  # fmt: skip

REMARKS: Final = 20  # remarks kept per sheet; the rest would repeat them
_SLICE: Final = 1_000_000  # characters handed to expat at a time


def parse_sheet(text: str, meaning: Meaning, *, exact: bool = False) -> SheetCells:
    """Read the text of a sheet part. exact: by the exact parser, whatever form it has.

    Raises FileRefused where cells would be lost or the limits are passed, ExpatError where it is
    no well-formed XML.
    """
    if not exact:
        try:
            return scan_sheet(text, meaning)
        except UnusualFormError:
            pass
    return _Exact(meaning).parse(text)


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
            self._own.append(words if self._preserved else words.strip(BLANKS))

    def _end_cell(self) -> None:
        text = self._value if self._own is None else "".join(self._own)
        if self._formula is not None:
            words = unescape(self._formula)
            if self._si and words:
                self._masters[self._si] = words
            elif self._si:
                self._followers.append((self._row, self._column, self._si))
            value: object = formula_value(words, self._kind, self._style, text, self._meaning)
        elif text is None:
            return
        else:
            value = typed_value("inlineStr" if self._own is not None else self._kind, self._style, text, self._meaning)
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
        check_cells(self._sheet.stored)
        check_rows(len(self._sheet.rows))


def _refuse_doctype(*_about: object) -> None:
    raise FileUnsafe("The file is not safe to open: one of its parts declares a document type.")
