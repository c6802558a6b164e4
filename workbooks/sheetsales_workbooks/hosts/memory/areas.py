"""Rectangles of cells on a sheet: which are there, and how they move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384


class Area(NamedTuple):
    """First row, first column, last row, last column; all from 1 and inclusive."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top + 1, self.right - self.left + 1

    @property
    def whole_rows(self) -> bool:
        """Whether it reaches over every column."""
        return self.left == 1 and self.right == LAST_COLUMN

    @property
    def whole_columns(self) -> bool:
        """Whether it reaches over every row."""
        return self.top == 1 and self.bottom == LAST_ROW

    def holds(self, row: int, column: int) -> bool:
        """Say whether a cell lies inside."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def meets(self, other: Area) -> bool:
        """Say whether two areas share a cell."""
        return self.top <= other.bottom and other.top <= self.bottom and self.left <= other.right and other.left <= self.right

    def covers(self, other: Area) -> bool:
        """Say whether another area lies inside."""
        return self.holds(other.top, other.left) and self.holds(other.bottom, other.right)

    def reference(self, *, row: str = "$", column: str = "$") -> str:
        """Give the address, absolute unless said otherwise."""
        if self.whole_columns and self.shape[1] < LAST_COLUMN:
            return f"{column}{get_column_letter(self.left)}:{column}{get_column_letter(self.right)}"
        if self.whole_rows and self.shape[0] < LAST_ROW:
            return f"{row}{self.top}:{row}{self.bottom}"
        first = f"{column}{get_column_letter(self.left)}{row}{self.top}"
        if self.shape == (1, 1):
            return first
        return f"{first}:{column}{get_column_letter(self.right)}{row}{self.bottom}"


def stored(ws: Worksheet, area: Area) -> Iterator[Any]:
    """Give the cells of an area that are there; going by `ws.cell` would make every missing one."""
    cells = ws._cells
    if (area.shape[0] * area.shape[1]) <= len(cells):
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                cell = cells.get((row, column))
                if cell is not None:
                    yield cell
    else:
        yield from [cells[place] for place in sorted(cells) if area.holds(*place)]


def filled(ws: Worksheet, row: int, column: int) -> bool:
    """Say whether a cell holds something."""
    cell = ws._cells.get((row, column))
    return cell is not None and cell.value not in (None, "")


def used(ws: Worksheet) -> Area:
    """Give the area from the first to the last cell with a value or a look; A1 where there is none."""
    places = [place for place, cell in ws._cells.items() if cell.value is not None or cell.has_style]
    if not places:
        return Area(1, 1, 1, 1)
    rows, columns = [row for row, _ in places], [column for _, column in places]
    return Area(min(rows), min(columns), max(rows), max(columns))


def end(ws: Worksheet, row: int, column: int, direction: str) -> tuple[int, int]:
    """Give where Ctrl and an arrow lead from a cell; direction: "up", "down", "left" or "right"."""
    down, right = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}[direction]
    line = sorted(
        (place[0] if down else place[1])
        for place, cell in ws._cells.items()
        if cell.value not in (None, "") and (place[1] == column if down else place[0] == row)
    )
    step, here, limit = down + right, row if down else column, LAST_ROW if down else LAST_COLUMN
    there = set(line)
    if here in there and here + step in there:
        while here + step in there:
            here += step
        reached = here
    else:
        beyond = [place for place in line if (place - here) * step > 0]
        reached = (min(beyond) if step > 0 else max(beyond)) if beyond else (limit if step > 0 else 1)
    return (reached, column) if down else (row, reached)


def region(ws: Worksheet, area: Area) -> Area:
    """Give the block around an area that blank rows and columns bound."""
    places = [place for place, cell in ws._cells.items() if cell.value not in (None, "")]
    while True:
        around = Area(max(area.top - 1, 1), max(area.left - 1, 1), area.bottom + 1, area.right + 1)
        near = [place for place in places if around.holds(*place)]
        grown = Area(
            min([area.top, *(row for row, _ in near)]),
            min([area.left, *(column for _, column in near)]),
            max([area.bottom, *(row for row, _ in near)]),
            max([area.right, *(column for _, column in near)]),
        )
        if grown == area:
            return area
        area = grown
