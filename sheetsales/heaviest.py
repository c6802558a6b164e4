"""The heaviest reasons of whole columns of scores: what stands beside the score in the sheet, for a million rows.

All lines that occur are numbered by weight, ties in the order of the table, so that the greatest numbers
of a row are its heaviest lines, just as `Scored.heaviest` gives them for one row. Each line is put into
words once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sheetsales.score import CHUNK, LIMIT_LINE, Line, ScoredColumns, distinct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Texts = NDArray[np.object_]

SMALL: Final = 65_535  # lines that 16 bits tell apart


@dataclass(frozen=True)
class _Column:
    """The lines of one rule, cap or limit: the distinct ones, and which of them each row has."""

    lines: tuple[Line, ...]
    index: Whole


def heaviest_reasons(scored: ScoredColumns, n: int = 3) -> Texts:
    """Give the n reasons of greatest weight of every row as texts, shape (rows, n), "" where there are fewer."""
    import numpy as np

    columns = list(_columns(scored))
    order = sorted(
        (abs(line.points), -place, at, line)
        for place, column in enumerate(columns)
        for at, line in enumerate(column.lines)
        if line.points
    )
    words = np.array(["", *(str(line) for *_, line in order)], dtype=object)
    numbers: list[Whole] = [np.zeros(len(column.lines), np.uint16 if len(order) <= SMALL else np.uint32) for column in columns]
    for number, (_, place, at, _) in enumerate(order, start=1):
        numbers[-place][at] = number
    said = np.empty((n, len(scored.score)), dtype=object)
    for start in range(0, len(scored.score), CHUNK):
        part = slice(start, start + CHUNK)
        best = [np.zeros(len(scored.score[part]), numbers[0].dtype) for _ in range(n)]
        for column, number_of in zip(columns, numbers, strict=True):
            _take_in(best, number_of[column.index[part]])
        for place, found in enumerate(best):
            said[place, part] = words[found]
    return said.T


def _columns(scored: ScoredColumns) -> Iterator[_Column]:
    """Give the lines of all rows, column by column, in the order in which one row has them."""
    import numpy as np

    total = np.zeros(len(scored.score), np.int64)
    for group, rules in scored.table.groups:
        part = np.zeros(len(total), np.int64)
        for rule in rules:
            if rule.levels:
                codes = scored.answers[rule.name]
                lines = (Line(rule.name, "", 0), *(Line(rule.name, answer, points) for answer, points in rule.levels))
                part += np.array([line.points for line in lines], np.int64)[codes]
                yield _Column(lines, codes)
            else:
                part += scored.amounts[rule.name]
                yield _of_points(rule.name, scored.amounts[rule.name])
        if group in scored.table.caps:
            kept = np.minimum(part, scored.table.caps[group])
            yield _of_points(f"{group} cap", kept - part)
            part = kept
        total += part
    yield _of_points(LIMIT_LINE, scored.score - total)


def _of_points(name: str, points: Whole) -> _Column:
    index, values = distinct(points)
    return _Column(tuple(Line(name, "", value) for value in values.tolist()), index)


def _take_in(best: list[Whole], numbers: Whole) -> None:
    """Put the numbers of one line among the best so far, the greatest first."""
    import numpy as np

    for place in range(len(best) - 1):
        lesser = np.minimum(best[place], numbers)
        np.maximum(best[place], numbers, out=best[place])
        numbers = lesser
    np.maximum(best[-1], numbers, out=best[-1])
