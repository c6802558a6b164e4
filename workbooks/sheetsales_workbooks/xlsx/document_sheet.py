"""A document as one printed sheet: A4, black on white, figures as numbers, texts as texts."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from sheetsales.document import Document, Entry, Heading, Section, shown
from sheetsales_workbooks.xlsx.looks import BAND, INK, LINE, QUIET, Looks
from sheetsales_workbooks.xlsx.report_overview import ACCENT

WIDTHS: Final = {"text": 5.0, "number": 9.0, "money": 13.0, "percent": 9.0}  # characters
PAGE: Final = 92.0  # characters across an A4 page; what the other columns leave is the description's
FORMATS: Final = {"text": "@", "number": "#,##0.######", "money": "#,##0.00", "percent": "0.##%"}
NARROWEST: Final = 20.0  # of the description
LINE_HEIGHT: Final = 13.0  # points
DENSITY: Final = 1.25  # letters of a text on the width of one digit, so estimated that no line is cut off
TALLEST: Final = 10  # lines of text in one cell, so that a page break leaves no large gap
TALLEST_ROW: Final = 408.0  # points; a row cannot be taller
LONG_TABLE: Final = 15  # rows from which the head of the table stands on every page
DIGITS: Final = 15  # that a spreadsheet keeps of a number


def write_document_sheet(document: Document) -> bytes:
    """Give the bytes of the .xlsx; the same document gives the same bytes."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(buffer, options)
    made = datetime(document.day.year, document.day.month, document.day.day)  # noqa: DTZ001
    workbook.set_properties({"title": document.name, "author": "sheetsales", "created": made})
    _Page(workbook.add_worksheet(document.title), Looks(workbook), document).write()
    workbook.close()
    return buffer.getvalue()


class _Page:
    """The sheet in the making; `row` is the next free one."""

    def __init__(self, sheet: Worksheet, looks: Looks, document: Document) -> None:
        self.sheet, self.looks, self.document = sheet, looks, document
        self.row = 0
        self.widths = [
            heading.width
            if heading.width
            else max(
                WIDTHS[heading.look], 1.15 * max((len(shown(row[column], heading.look)) for row in document.rows), default=0) + 1
            )
            if heading.look != "text"
            else WIDTHS["text"]
            for column, heading in enumerate(document.headings)
        ]
        self.widths[-1] = max([self.widths[-1], *(1.45 * len(shown(total.amount, "money")) + 1 for total in document.totals)])
        self.widths[1] = max(NARROWEST, PAGE - sum(self.widths[:1] + self.widths[2:]))
        self.width = sum(self.widths)
        self.last = len(self.widths) - 1

    def write(self) -> None:
        """Write everything from top to bottom."""
        for column, width in enumerate(self.widths):
            self.sheet.set_column(column, column, width)
        self._across(self.document.title, 32, bold=True, font_size=22, font_color=ACCENT)
        if self.document.subtitle:
            self._text(self.document.subtitle, font_size=13, font_color=QUIET)
        self._gap()
        self._head()
        for section in self.document.sections:
            self._section(section)
        self._table(self.document.headings, self.document.rows)
        self._totals()
        for grid in self.document.grids:
            self._across(grid.title, 18, bold=True, font_color=ACCENT, font_size=11)
            self._table(grid.headings, grid.rows)
            self._gap()
        for section in self.document.closing:
            self._section(section)
        if self.document.signatures:
            self._signatures()
        self._print()

    def _across(self, text: str, height: float, *, first: int = 0, last: int | None = None, **look: Any) -> None:
        """Write one text over several columns, and go on to the next row."""
        self._cells(text, first, self.last if last is None else last, **look)
        self._height(height)
        self.row += 1

    def _cells(self, text: str, first: int, last: int, **look: Any) -> None:
        shape = self.looks.make(**{"text_wrap": True, "valign": "top", "align": "left", "num_format": "@", **look})
        if last > first:
            self.sheet.merge_range(self.row, first, self.row, last, "", shape)
        self.sheet.write_string(self.row, first, text, shape)

    def _text(self, text: str, **look: Any) -> None:
        """Write a text of any length: a row for each paragraph, more where one would be too tall."""
        size = float(look.get("font_size", 10)) / 10
        for paragraph in text.split("\n"):
            for part in _parts(paragraph, int(self.width / size) * TALLEST):
                self._across(part, _lines(part, self.width / size) * LINE_HEIGHT * size + 2, **look)

    def _height(self, points: float) -> None:
        """Set the height of the present row, as far as a row can be tall."""
        self.sheet.set_row(self.row, min(points, TALLEST_ROW))

    def _gap(self) -> None:
        self._height(9)
        self.row += 1

    def _head(self) -> None:
        """Put the parties on the left, the facts beside them."""
        left: list[tuple[str, dict[str, Any]]] = []
        for party in self.document.parties:
            left += [("", {})] if left else []
            left += [(party.heading, {"font_color": QUIET, "font_size": 9})]
            left += [(line, {"bold": number == 0}) for number, line in enumerate(party.lines)]
        right = self.document.printed_facts
        for number in range(max(len(left), len(right))):
            text, look = left[number] if number < len(left) else ("", {})
            label, value = right[number] if number < len(right) else ("", "")
            self._cells(text, 0, 1, **look)
            self._cells(label, 2, 3, font_color=QUIET)
            self._cells(value, 4, self.last)
            room = (sum(self.widths[:2]), sum(self.widths[4:]))
            lines = max(_lines(words, width) for words, width in zip((text, value), room, strict=True))
            self._height(lines * LINE_HEIGHT + 2)
            self.row += 1
        self._gap()

    def _section(self, section: Section) -> None:
        if section.heading:
            self._across(section.heading, 18, bold=True, font_color=ACCENT, font_size=11)
        self._text(section.text)
        self._gap()

    def _table(self, headings: Sequence[Heading], rows: Sequence[tuple[Entry, ...]]) -> None:
        self._height(20)
        if len(rows) > LONG_TABLE and not self.document.one_page:
            self.sheet.repeat_rows(self.row)
        for column, heading in enumerate(headings):
            side = "left" if heading.look == "text" else "right"
            look = self.looks.make(bold=True, font_color="#FFFFFF", bg_color=ACCENT, align=side, num_format="@")
            self.sheet.write_string(self.row, column, heading.words, look)
        self.row += 1
        for number, cells in enumerate(rows):
            lines = 1
            for column, (heading, cell) in enumerate(zip(headings, cells, strict=True)):
                self._cell(column, heading, cell, banded=number % 2 == 1)
                if heading.look == "text":
                    lines = max(lines, _lines(shown(cell), self.widths[column]))
            self._height(lines * LINE_HEIGHT + 6)
            self.row += 1

    def _cell(self, column: int, heading: Heading, cell: Entry, *, banded: bool) -> None:
        look: dict[str, Any] = {"bottom": 1, "bottom_color": LINE, "num_format": FORMATS[heading.look]}
        look |= {"align": "left", "text_wrap": True} if heading.look == "text" else {"align": "right"}
        look |= {"bg_color": BAND} if banded else {}
        if heading.look == "number" and isinstance(cell, Decimal) and cell % 1 == 0:
            look["num_format"] = "#,##0"
        if heading.look == "percent" and isinstance(cell, Decimal) and cell * 100 % 1 == 0:
            look["num_format"] = "0%"
        shape = self.looks.make(**look)
        if isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= DIGITS:
            self.sheet.write_number(self.row, column, float(cell), shape)
        elif cell is None:
            self.sheet.write_blank(self.row, column, None, shape)
        else:
            self.sheet.write_string(self.row, column, shown(cell, heading.look), shape)

    def _totals(self) -> None:
        for total in self.document.totals:
            words = f"{total.words} {self.document.currency}".strip() if total.strong else total.words
            look: dict[str, Any] = {"bold": True, "top": 1, "top_color": INK, "font_size": 12} if total.strong else {}
            self._cells(words, 2, self.last - 1, **{**look, "align": "right", "valign": "vcenter"})
            shape = self.looks.make(**{**look, "align": "right", "num_format": FORMATS["money"]})
            if len(total.amount.as_tuple().digits) <= DIGITS:
                self.sheet.write_number(self.row, self.last, float(total.amount), shape)
            else:
                self.sheet.write_string(self.row, self.last, shown(total.amount, "money"), shape)
            self._height(22 if total.strong else 17)
            self.row += 1
        self._gap()

    def _signatures(self) -> None:
        self._height(38)
        self.row += 1
        places = ((0, 1), (3, self.last))
        look = {"top": 1, "top_color": INK, "font_color": QUIET, "font_size": 9, "valign": "vcenter"}
        for words, (first, last) in zip(self.document.signatures, places, strict=False):
            self._cells(words, first, last, **look)
        tallest = max(
            (
                _lines(words, sum(self.widths[first : last + 1]))
                for words, (first, last) in zip(self.document.signatures, places, strict=False)
            ),
            default=1,
        )
        self._height(tallest * LINE_HEIGHT + 5)

    def _print(self) -> None:
        self.sheet.hide_gridlines(2)
        self.sheet.set_paper(9)
        self.sheet.set_margins(left=0.75, right=0.75, top=0.8, bottom=0.8)
        self.sheet.fit_to_pages(1, 1 if self.document.one_page else 0)
        self.sheet.print_area(0, 0, self.row, self.last)
        self.sheet.set_footer("&R&8&P / &N")


def _lines(text: str, width: float) -> int:
    """Estimate on how many lines a text stands in a cell of this width."""
    return sum(max(1, math.ceil(len(part) / max(1.0, width * DENSITY))) for part in text.split("\n"))


def _parts(text: str, length: int) -> list[str]:
    """Cut a text into parts of at most this length: after a sentence, else at a space, else anywhere."""
    parts = []
    while len(text) > length:
        cut = next((found for end in (". ", " ") if (found := text.rfind(end, 1, length) + len(end) - 1) > 1), length)
        parts.append(text[:cut])
        text = text[cut:].lstrip(" ")
    return [*parts, text]
