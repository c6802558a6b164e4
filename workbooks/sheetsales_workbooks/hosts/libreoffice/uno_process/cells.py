"""What stands in cells: values and formulas, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Tuple  # noqa: UP035  # this one is evaluated, also by Python 3.8

import uno

from .desk import Area, Desk, area_of, areas_of
from .epochs import days_behind, with_days_moved
from .sheets import MAX_COLUMNS, MAX_ROWS, used

BLOCK = 200_000  # cells that one call to the office moves
IN_VALUES = 1  # what a search looks at: what cells show
FORMULAS = 16  # com.sun.star.sheet.CellFlags.FORMULA
CONTENTS = 1 | 2 | 4 | 16  # numbers, dates, text, formulas
NOTES = 8
LOOK = 32 | 64 | 256  # hard formats, styles, formats inside a text
DATE, TIME, TRUTH, TEXT = 2, 4, 1024, 256  # com.sun.star.util.NumberFormat
KINDS = {"date": DATE | TIME, "truth": TRUTH, "text": TEXT}
FORMATS = {"date": "YYYY-MM-DD", "datetime": "YYYY-MM-DD HH:MM:SS", "truth": "BOOLEAN"}
ONE_BY_ONE = 12  # errors that are asked cell by cell
NOT_AVAILABLE = 32767
WORDS = {
    502: "#VALUE!",
    503: "#NUM!",
    504: "#REF!",
    519: "#VALUE!",
    521: "#NULL!",
    524: "#REF!",
    525: "#NAME?",
    532: "#DIV/0!",
    NOT_AVAILABLE: "#N/A",
}
OTHER_ERROR = "#VALUE!"  # what Excel says where LibreOffice has a number of its own

Rect = Tuple[int, int, int, int]  # noqa: UP006


def read(desk: Desk, handle: int, area: Area) -> tuple[list[Any], list[Rect], list[Rect], list[tuple[int, int, str]]]:
    """Give rows of a range, the areas formatted as dates and as truth values, and the errors.

    Rows hold float, str and None (an error). Areas and errors count from 1 within the range.
    """
    rows: list[Any] = []
    for block in _blocks(area):
        rows.extend(desk.range(handle, block).getDataArray())
    held = desk.range(handle, area)
    dates: list[Rect] = []
    truths: list[Rect] = []
    if any(type(value) is float for row in rows for value in row):
        for kind, rects in formats(desk, handle, held, TRUTH | DATE | TIME):
            (truths if kind & TRUTH else dates).extend(_within(rects, area))
        truths.extend(_calculated_truths(desk, handle, held, rows, area))
    errors = _errors(desk, held, rows) if any(None in row for row in rows) else []
    return with_days_moved(rows, dates, days_behind(desk, handle)), dates, truths, errors


def _blocks(area: Area) -> Iterator[Rect]:
    top, left, bottom, right = area
    height = max(1, BLOCK // (right - left + 1))
    for row in range(top, bottom + 1, height):
        yield row, left, min(bottom, row + height - 1), right


def _within(rects: Sequence[Area], area: Area) -> Iterator[Rect]:
    """Give what of areas lies within one, counted from its first cell. Of a single cell the office
    answers some questions for the whole sheet.
    """
    for top, left, bottom, right in rects:
        r1, c1, r2, c2 = max(top, area[0]), max(left, area[1]), min(bottom, area[2]), min(right, area[3])
        if r1 <= r2 and c1 <= c2:
            yield r1 - area[0] + 1, c1 - area[1] + 1, r2 - area[0] + 1, c2 - area[1] + 1


def formats(desk: Desk, handle: int, held: Any, wanted: int) -> Iterator[tuple[int, list[Rect]]]:
    """Give the parts of a range whose number format shows a wanted kind of thing, with that kind."""
    address = held.RangeAddress
    if (address.StartRow, address.StartColumn) == (address.EndRow, address.EndColumn):
        kind = desk.kind(handle, held.NumberFormat)
        if kind & wanted:
            yield kind, [area_of(address)]
        return
    groups = held.UniqueCellFormatRanges
    for number in range(groups.Count):
        group = groups.getByIndex(number)
        kind = desk.kind(handle, group.NumberFormat)
        if kind & wanted:
            yield kind, areas_of(group)


def _calculated_truths(desk: Desk, handle: int, held: Any, rows: list[Any], area: Area) -> Iterator[Rect]:
    """Give the formulas that show a truth value without a format for it, as those of an .xlsx file do.

    The office keeps no kind of a result that can be asked for; what it shows can be searched.
    """
    found = held.queryContentCells(FORMULAS)
    for top, left, bottom, right in _within(areas_of(found), area):
        if any(value in (0.0, 1.0) for row in rows[top - 1 : bottom] for value in row[left - 1 : right]):
            break
    else:
        return
    for word in desk.truth_words(desk.owner(handle)[1]):
        search = found.createSearchDescriptor()
        search.SearchString, search.SearchType, search.SearchWords = word, IN_VALUES, True
        hits = found.findAll(search)
        if hits is not None:
            yield from _within(areas_of(hits), area)


def _errors(desk: Desk, held: Any, rows: list[Any]) -> list[tuple[int, int, str]]:
    """Name the errors. The office names them cell by cell; where they are many, the failed look-ups,
    which are the most common, are asked for together.
    """
    places = [(r, c) for r, row in enumerate(rows) for c, value in enumerate(row) if value is None]
    found = []
    if len(places) > ONE_BY_ONE:
        missed = desk.program.create("com.sun.star.sheet.FunctionAccess").callFunction("ISNA", (held,))
        found = [(r + 1, c + 1, WORDS[NOT_AVAILABLE]) for r, c in places if missed[r][c]]
        places = [(r, c) for r, c in places if not missed[r][c]]
    for r, c in places:
        code = held.getCellByPosition(c, r).getError()
        if code:
            found.append((r + 1, c + 1, WORDS.get(code, OTHER_ERROR)))
    return found


def write(
    desk: Desk,
    handle: int,
    area: Area,
    rows: Sequence[Sequence[Any]],
    marks: dict[str, list[Rect]],
    formulas: list[tuple[int, int, list[str], list[str]]],
) -> None:
    """Write rows of float, str and "" (empty) into a range of that shape.

    marks: areas within the range that hold a "date", a "datetime" or a "truth". formulas: row and
    column where a run of formulas begins downwards, the formulas, and what stands there as text
    should the cell be formatted as text.
    """
    top = area[0]
    rows = with_days_moved(rows, [*marks.get("date", []), *marks.get("datetime", [])], -days_behind(desk, handle))
    for block in _blocks(area):
        part = tuple(map(tuple, rows[block[0] - top : block[2] - top + 1]))
        desk.range(handle, block).setDataArray(part)
    held = desk.range(handle, area)
    if any(type(value) is float for row in rows for value in row):
        _clear_truths(desk, handle, held, area, marks.get("truth", []))
    for word, rects in marks.items():
        _mark(desk, handle, area, word, rects)
    if formulas:
        texts = _text_cells(desk, handle, held, area)
        for row, column, run, plain in formulas:
            _run(held, row, column, run, plain, texts)


def _run(held: Any, row: int, column: int, run: list[str], plain: list[str], texts: set[tuple[int, int]]) -> None:
    if not any((row + n, column) in texts for n in range(len(run))):
        target = held.getCellRangeByPosition(column - 1, row - 1, column - 1, row + len(run) - 2)
        target.setFormulaArray(tuple((formula,) for formula in run))
        return
    for n, (formula, text) in enumerate(zip(run, plain)):  # noqa: B905
        cell = held.getCellByPosition(column - 1, row + n - 1)
        cell.setString(text) if (row + n, column) in texts else cell.setFormula(formula)


def _text_cells(desk: Desk, handle: int, held: Any, area: Area) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for _, rects in formats(desk, handle, held, TEXT):
        for top, left, bottom, right in _within(rects, area):
            found.update((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1))
    return found


def _clear_truths(desk: Desk, handle: int, held: Any, area: Area, kept: list[Rect]) -> None:
    """Take the truth format from cells, so that a number written over a truth value is a number."""
    if kept == [(1, 1, area[2] - area[0] + 1, area[3] - area[1] + 1)]:
        return
    for _, rects in formats(desk, handle, held, TRUTH):
        for rect in rects:
            desk.range(handle, rect).NumberFormat = 0


def _mark(desk: Desk, handle: int, area: Area, word: str, rects: list[Rect]) -> None:
    """Give cells a format of a kind where they have not one of that kind already."""
    _, document = desk.owner(handle)
    kind = KINDS["date" if word == "datetime" else word]
    held = [rect for _, parts in formats(desk, handle, desk.range(handle, area), kind) for rect in parts]
    top, left = area[0] - 1, area[1] - 1
    wanted = [(r1 + top, c1 + left, r2 + top, c2 + left) for r1, c1, r2, c2 in rects]
    for hole in held:
        wanted = [rest for rect in wanted for rest in _minus(rect, hole)]
    if wanted:
        target = document.createInstance("com.sun.star.sheet.SheetCellRanges")
        target.addRangeAddresses(tuple(desk.range(handle, rect).RangeAddress for rect in wanted), True)
        target.NumberFormat = format_key(document, FORMATS[word])


def _minus(rect: Rect, hole: Rect) -> Iterator[Rect]:
    """Give what of an area lies outside another."""
    top, left, bottom, right = rect
    first, last = max(top, hole[0]), min(bottom, hole[2])
    if first > last or max(left, hole[1]) > min(right, hole[3]):
        yield rect
        return
    if top < first:
        yield top, left, first - 1, right
    if last < bottom:
        yield last + 1, left, bottom, right
    if left < hole[1]:
        yield first, left, last, hole[1] - 1
    if hole[3] < right:
        yield first, hole[3] + 1, last, right


def format_key(document: Any, code: str) -> int:
    """Give the key of a number format by its (English) code, made where it is new."""
    held = document.NumberFormats
    english = uno.createUnoStruct("com.sun.star.lang.Locale")
    english.Language, english.Country = "en", "US"
    key = held.queryKey(code, english, False)
    return int(held.addNew(code, english) if key == -1 else key)


def formulas(desk: Desk, handle: int, area: Area) -> tuple[list[Any], list[Rect]]:
    """Give the formula rows of a range in the office's own words, and the areas that hold formulas."""
    rows: list[Any] = []
    for block in _blocks(area):
        rows.extend(map(list, desk.range(handle, block).getFormulaArray()))
    held = desk.range(handle, area)
    found = list(_within(areas_of(held.queryContentCells(FORMULAS)), area))
    if any(type(value) is str and value[:1] == "'" for row in rows for value in row):
        values = [value for block in _blocks(area) for value in desk.range(handle, block).getDataArray()]
        inside = {(r, c) for r1, c1, r2, c2 in found for r in range(r1, r2 + 1) for c in range(c1, c2 + 1)}
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                if text[:1] == "'" and (r + 1, c + 1) not in inside:
                    row[c] = values[r][c]
    return rows, found


def array_formula(desk: Desk, handle: int, area: Area) -> str:
    """Give the array formula of a range, or ""."""
    return str(desk.range(handle, area).getArrayFormula())


def set_array_formula(desk: Desk, handle: int, area: Area, formula: str) -> None:
    """Fill a range with one array formula; "" takes it away."""
    desk.range(handle, area).setArrayFormula(formula)


def clear(desk: Desk, handle: int, area: Area, what: str) -> None:
    """Clear contents, formats or all of a range; one of "contents", "formats", "all"."""
    flags = {"contents": CONTENTS, "formats": LOOK, "all": CONTENTS | LOOK | NOTES}[what]
    desk.range(handle, area).clearContents(flags)


def region(desk: Desk, handle: int, area: Area) -> Rect:
    """Give the area around a cell that empty rows and columns bound."""
    cursor = desk.sheet(handle).createCursorByRange(desk.range(handle, (area[0], area[1], area[0], area[1])))
    cursor.collapseToCurrentRegion()
    address = cursor.RangeAddress
    return address.StartRow + 1, address.StartColumn + 1, address.EndRow + 1, address.EndColumn + 1


def end(desk: Desk, handle: int, row: int, column: int, direction: str) -> tuple[int, int]:
    """Give the cell that Ctrl and an arrow key lead to: "up", "down", "left" or "right"."""
    _, _, bottom, right = used(desk, handle)
    upright = direction in ("up", "down")
    step = 1 if direction in ("down", "right") else -1
    if upright:
        block = desk.range(handle, (1, column, max(bottom, row), column)).getDataArray()
        line, place, limit = [value[0] != "" for value in block], row, MAX_ROWS if step > 0 else 1
    else:
        block = desk.range(handle, (row, 1, row, max(right, column))).getDataArray()
        line, place, limit = [value != "" for value in block[0]], column, MAX_COLUMNS if step > 0 else 1

    def full(n: int) -> bool:
        return 1 <= n <= len(line) and line[n - 1]

    if full(place) and full(place + step):
        while full(place + step):
            place += step
    else:
        place += step
        while 1 <= place <= len(line) and not full(place):
            place += step
        if not full(place):
            place = limit
    return (place, column) if upright else (row, place)


def fill(desk: Desk, handle: int, area: Area, source: Area, days: str) -> None:
    """Continue what stands in the source over the range that holds it; days: "" or how dates step."""
    top, left, bottom, _right = area
    height, width = source[2] - source[0] + 1, source[3] - source[1] + 1
    if (source[0], source[1]) == (top, left):
        down = bottom > source[2]
        direction, count = ("TO_BOTTOM", height) if down else ("TO_RIGHT", width)
    else:
        direction, count = ("TO_TOP", height) if top < source[0] else ("TO_LEFT", width)
    if days:
        desk.range(handle, area).fillSeries(
            uno.Enum("com.sun.star.sheet.FillDirection", direction),
            uno.Enum("com.sun.star.sheet.FillMode", "DATE"),
            uno.Enum("com.sun.star.sheet.FillDateMode", days),
            1.0,
            1e307,
        )
    else:
        desk.range(handle, area).fillAuto(uno.Enum("com.sun.star.sheet.FillDirection", direction), count)


def sort(desk: Desk, handle: int, area: Area, keys: list[tuple[int, bool]], headers: bool) -> None:
    """Sort the rows of a range; keys: column counted from 0, and whether upwards."""
    fields = []
    for column, upwards in keys:
        field = uno.createUnoStruct("com.sun.star.table.TableSortField")
        field.Field, field.IsAscending = column, upwards
        fields.append(field)
    wanted = []
    for name, value in (
        ("SortFields", uno.Any("[]com.sun.star.table.TableSortField", tuple(fields))),
        ("ContainsHeader", headers),
        ("IsSortColumns", False),
        ("BindFormatsToContent", True),
    ):
        item = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        item.Name, item.Value = name, value
        wanted.append(item)
    desk.range(handle, area).sort(tuple(wanted))
