"""Find the managed tables in the cells of a book: by the column map, by defined names, by headers.

Pure, and the same for every host that can hand over cells by address and defined names. The order
of finding and what is said about drift: sync protocol, columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sheetsales.errors import FileRefused, MarkersDisagree
from sheetsales.ids import is_id
from sheetsales.process import ACTION_HEADER
from sheetsales.values import fold
from sheetsales_workbooks.host import (
    ACTION_COLUMN,
    COLUMN_BLOCK,
    COLUMN_BLOCK_END,
    ID_COLUMN,
    ID_HEADER,
    MARKER_KEYS,
    Markers,
    RowRead,
    TableRead,
)
from sheetsales_workbooks.reading.guard import LIMITS
from sheetsales_workbooks.reading.sheet_cells import COLUMN_NUMBERS, Area, column_letters

SEARCHED_ROWS: Final = LIMITS["head_rows"]  # how far down a header row is looked for
ID: Final = "id"
ACTION: Final = ""  # the Action column has no name: it is never stored

Rows = Mapping[int, Mapping[int, object]]
Place = tuple[str, int, int]  # tab, row, column
_PLACE = re.compile(r"=?(?:'((?:[^']|'')+)'|([^'!:$]+))!\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::.*)?")


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column as the marker sheet says it was built."""

    name: str
    column: int
    header: str


@dataclass(slots=True)
class MappedTable:
    """One table as the marker sheet says it was built."""

    table: str
    sheet: str
    header_row: int
    columns: list[MappedColumn] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of one tab, as a host hands them over."""

    name: str
    rows: Rows
    hidden: frozenset[int] = frozenset()
    merged: tuple[Area, ...] = ()


# ── the marker sheet ─────────────────────────────────────────────────────────────────────────────


def read_marker_rows(rows: Rows) -> tuple[Markers, dict[str, str], list[MappedTable]]:
    """Give the markers, every key of the marker sheet as text, and the column map.

    Raises MarkersDisagree where a marker is missing or senseless.
    """
    keys: dict[str, str] = {}
    tables: dict[str, MappedTable] = {}
    inside = False
    for number in sorted(rows):
        cells = rows[number]
        first = _text(cells.get(1))
        if first == COLUMN_BLOCK_END:
            break
        if inside:
            _map_column(tables, cells)
        elif first == COLUMN_BLOCK:
            inside = True
        elif first:
            keys.setdefault(first, _text(cells.get(2)))
    missing = [key for key in MARKER_KEYS[:3] if not keys.get(key)]
    if missing or not keys["generation"].isdigit():
        raise MarkersDisagree(
            f"The hidden markers of the workbook are damaged: {', '.join(missing) or 'generation'} cannot be read."
        )
    markers = Markers(
        keys["workbook_id"], keys["book_id"], int(keys["generation"]), keys.get("template", ""), keys.get("zone") or "UTC"
    )
    return markers, keys, list(tables.values())


def _map_column(tables: dict[str, MappedTable], cells: Mapping[int, object]) -> None:
    table, sheet, header_row, name, letters, header = (_text(cells.get(column)) for column in range(1, 7))
    if not table or not header_row.isdigit() or not letters.isalpha():
        raise MarkersDisagree(
            f"The hidden markers of the workbook are damaged: the place of the column {table} {name} cannot be read."
        )
    mapped = tables.setdefault(table, MappedTable(table, sheet, int(header_row)))
    mapped.columns.append(MappedColumn(name, COLUMN_NUMBERS[letters], header))


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def agree(markers: Markers, properties: Mapping[str, str]) -> None:
    """Compare the markers with their second home, the document properties, where those are there.

    Raises MarkersDisagree.
    """
    for key in ("workbook_id", "book_id", "generation", "template"):
        there, here = properties.get(f"ss_{key}"), str(getattr(markers, key))
        if there and there != here:
            raise MarkersDisagree(
                f"The hidden markers of the workbook contradict each other ({key}: '{here}' and '{there}'), so it was not touched."
            )


def named_places(names: Mapping[str, str]) -> dict[str, Place]:
    """Give tab, row and column of the defined names of ours, by folded name; broken names are left out."""
    places: dict[str, Place] = {}
    for name, target in names.items():
        match = _PLACE.fullmatch(target.strip()) if name.casefold().startswith("ss_") else None
        if match is not None:
            tab = (match[1] or match[2]).replace("''", "'")
            places[name.casefold()] = (tab, int(match[4]), COLUMN_NUMBERS[match[3].upper()])
    return places


# ── where a table stands ─────────────────────────────────────────────────────────────────────────


def sheet_of(mapped: MappedTable, tabs: Mapping[str, str], places: Mapping[str, Place]) -> str | None:
    """Give the name of the tab a table stands on: by name, else where its names point; None if gone.

    tabs: names of the tabs by folded name.
    """
    found = tabs.get(mapped.sheet.casefold())
    if found is not None:
        return found
    votes = Counter(place[0].casefold() for place in _own_places(mapped, places).values() if place[0].casefold() in tabs)
    return tabs[votes.most_common(1)[0][0]] if votes else None


def _own_places(mapped: MappedTable, places: Mapping[str, Place]) -> dict[str, Place]:
    """Give the places of a table's defined names by column name."""
    wanted = {column.name: f"ss_{mapped.table}_{column.name}".casefold() for column in mapped.columns}
    return {name: places[key] for name, key in wanted.items() if key in places}


def header_row_of(mapped: MappedTable, rows: Rows, named: Mapping[str, Place]) -> int:
    """Find the header row: as mapped, else where the names point, else by its texts; 0 for none.

    A row with half of the headers goes before a row to which names point and that has fewer.
    """
    wanted = {fold(column.header) for column in mapped.columns}

    def hits(row: int) -> int:
        return len(wanted & {fold(value) for value in rows.get(row, {}).values() if isinstance(value, str)})

    def fits(row: int) -> bool:
        return hits(row) * 2 >= len(wanted)

    if fits(mapped.header_row):
        return mapped.header_row
    best = max(range(1, SEARCHED_ROWS + 1), key=lambda row: (hits(row), -row))
    votes = Counter(row for _, row, _ in named.values() if _may_be_head(rows.get(row, {})))
    named_row = min(votes, key=lambda row: (-votes[row], row)) if votes else 0
    if named_row and (fits(named_row) or not fits(best)):
        return named_row
    return best if fits(best) else 0


def _may_be_head(cells: Mapping[int, object]) -> bool:
    """Say whether a row can be a header row with other texts: it has texts, and no record's id."""
    texts = [value for value in cells.values() if isinstance(value, str)]
    return bool(texts) and not any(map(is_id, texts))


class _Finder:
    """Finds the columns of one table in its header row."""

    def __init__(self, mapped: MappedTable, sheet: Sheet, header_row: int, named: Mapping[str, Place]) -> None:
        self._tab = sheet.name
        self._row = header_row
        self._rows = sheet.rows
        cells = sheet.rows.get(header_row, {})
        self._folded = {column: fold(value) for column, value in cells.items() if value is not None}
        self._texts = {column: str(value) for column, value in cells.items() if value is not None}
        self._named = {
            name: column
            for name, (tab, row, column) in named.items()
            if tab.casefold() == sheet.name.casefold() and row == header_row
        }
        self.taken: dict[int, str] = {}
        self.found: dict[str, int] = {}
        self.remarks: list[str] = []
        self.missing: list[str] = []
        waiting = [column for column in mapped.columns if not self._at_its_place(column)]
        waiting = [column for column in waiting if not self._moved(column)]
        for column in waiting:
            if not self._renamed(column):
                self.missing.append(column.name)
                self._say(column.column, f"the column '{column.header}' was not found; it is left as it is in the store.")
        self._doubles(mapped)

    def _take(self, column: MappedColumn, place: int) -> bool:
        self.taken[place] = column.name
        self.found[column.name] = place
        return True

    def _say(self, column: int, sentence: str) -> None:
        self.remarks.append(f"{self._tab}!{column_letters(column)}{self._row}: {sentence}")

    def _at_its_place(self, column: MappedColumn) -> bool:
        return self._folded.get(column.column) == fold(column.header) and self._take(column, column.column)

    def _moved(self, column: MappedColumn) -> bool:
        wanted = fold(column.header)
        places = [place for place, text in self._folded.items() if text == wanted and place not in self.taken]
        named = self._named.get(column.name)
        if len(places) == 1 or named in places:
            place = places[0] if len(places) == 1 else named
            assert place is not None
            self._say(place, f"the column '{column.header}' was moved here from column {column_letters(column.column)}.")
            return self._take(column, place)
        return False

    def _renamed(self, column: MappedColumn) -> bool:
        place = self._named.get(column.name)
        if place is None or place in self.taken or not (self._folded.get(place) or self._holds_something(place)):
            return False
        self._say(place, f"the column '{column.header}' is now called '{self._texts.get(place, '')}'; it is read as before.")
        return self._take(column, place)

    def _holds_something(self, place: int) -> bool:
        """Say whether a column without a header holds anything; a cleared one is no column, and blanks nothing."""
        return any(cells.get(place) not in (None, "") for row, cells in self._rows.items() if row > self._row)

    def _doubles(self, mapped: MappedTable) -> None:
        headers = {fold(column.header): column.header for column in mapped.columns}
        for place, text in sorted(self._folded.items()):
            if place not in self.taken and text in headers:
                self._say(place, f"a second column is called '{headers[text]}'; this one is treated as your own.")

    def extra_headers(self) -> dict[int, str]:
        """Give the header texts of the user's own columns."""
        return {place: text for place, text in sorted(self._texts.items()) if place not in self.taken}


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def read_table(mapped: MappedTable, sheet: Sheet, places: Mapping[str, Place]) -> TableRead:
    """Read one managed table from the cells of its tab.

    Cells that a merged area covers are not in a row's `cells`: what stood there is not known.
    """
    columns = list(mapped.columns)
    if not any(column.name == ID for column in columns):
        columns.append(MappedColumn(ID, ID_COLUMN, ID_HEADER))
    if not any(column.name == ACTION for column in columns):
        columns.append(MappedColumn(ACTION, ACTION_COLUMN, ACTION_HEADER))
    whole = MappedTable(mapped.table, mapped.sheet, mapped.header_row, columns)
    named = _own_places(whole, places)
    header_row = header_row_of(whole, sheet.rows, named)
    if not header_row:
        remark = (
            f"{sheet.name}!A{mapped.header_row}: the header row was not found in the first {SEARCHED_ROWS} rows; "
            "the tab was not read. Put the headers back, or restore the workbook."
        )
        names = tuple(column.name for column in columns if column.name not in (ID, ACTION))
        return TableRead(mapped.table, sheet.name, 0, {}, 0, 0, [], names, (remark,))
    finder = _Finder(whole, sheet, header_row, named)
    found = dict(finder.found)
    id_column, action_column = found.pop(ID, 0), found.pop(ACTION, 0)
    remarks = list(finder.remarks)
    if header_row != mapped.header_row:
        remarks.insert(0, f"{sheet.name}!A{header_row}: the header row was moved here from row {mapped.header_row}.")
    covered = _covered(sheet, header_row, remarks)
    rows = _rows(sheet, header_row, found, id_column, action_column, covered)
    hidden = sum(1 for row in rows if row.row in sheet.hidden)
    missing = tuple(name for name in finder.missing if name not in (ID, ACTION))
    return TableRead(
        mapped.table,
        sheet.name,
        header_row,
        found,
        id_column,
        action_column,
        rows,
        missing,
        tuple(remarks),
        finder.extra_headers(),
        hidden,
    )


def _covered(sheet: Sheet, header_row: int, remarks: list[str]) -> frozenset[tuple[int, int]]:
    """Give the cells of the table that merged areas cover, and say which areas they are."""
    covered: set[tuple[int, int]] = set()
    for top, left, bottom, right in sheet.merged:
        if bottom <= header_row:
            continue
        remarks.append(
            f"{sheet.name}!{column_letters(left)}{top}: the cells to {column_letters(right)}{bottom} are merged; "
            "only the first one is read, the others stay as they are in the store."
        )
        for row in sheet.rows:
            if max(top, header_row + 1) <= row <= bottom:
                last = min(right, max(sheet.rows[row]) + SEARCHED_ROWS)
                covered.update((row, column) for column in range(left, last + 1) if (row, column) != (top, left))
    return frozenset(covered)


def _rows(
    sheet: Sheet,
    header_row: int,
    columns: Mapping[str, int],
    id_column: int,
    action_column: int,
    covered: frozenset[tuple[int, int]],
) -> list[RowRead]:
    managed = frozenset({*columns.values(), id_column, action_column})
    pairs = tuple(columns.items())
    rows: list[RowRead] = []
    for number, cells in sheet.rows.items():
        if number <= header_row or ("" in cells.values() and set(cells.values()) == {""}):
            continue
        get = cells.get
        extra = {} if managed.issuperset(cells) else {column: value for column, value in cells.items() if column not in managed}
        rows.append(RowRead(number, get(id_column), get(action_column), {name: get(column) for name, column in pairs}, extra))
    if len(rows) > LIMITS["rows"]:
        raise FileRefused(
            f"The tab {sheet.name} holds {len(rows):,} rows; {LIMITS['rows']:,} are allowed.",
            "Move old rows to another workbook.",
        )
    if covered:
        for row in rows:
            for name, column in pairs:
                if (row.row, column) in covered:
                    del row.cells[name]
    return rows
