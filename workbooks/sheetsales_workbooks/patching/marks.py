"""Colours by the book's own palette: a cell's style is swapped for its twin with the wanted fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sheetsales_workbooks.host import MARK_KINDS, MarkKind

PALETTE_COLUMNS = range(2, 3 + len(MARK_KINDS))  # B to F of the marker sheet: plain, then each kind


@dataclass(frozen=True, slots=True)
class Palette:
    """The styles of the palette block: rows of style indexes plain, error, warning, note, conflict.

    A style that stands in two rows belongs to the first: rows that look alike are alike.
    """

    rows: tuple[tuple[int, ...], ...] = ()
    places: dict[int, int] | None = None

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Palette:
        """Build the palette from the styles of its block."""
        places: dict[int, int] = {}
        for number, row in enumerate(rows):
            for style in row:
                places.setdefault(style, number)
        return cls(tuple(map(tuple, rows)), places)

    def restyle(self, kind: MarkKind | None) -> Callable[[int], int]:
        """Give the function from a cell's present style to the one with this colour (None: plain).

        A style that is not in the palette is one the user made: it stays.
        """
        column = 0 if kind is None else 1 + MARK_KINDS.index(kind)
        places = self.places or {}

        def swapped(style: int) -> int:
            row = places.get(style)
            return style if row is None else self.rows[row][column]

        return swapped
