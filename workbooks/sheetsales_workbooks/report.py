"""A workbook of figures for a manager: an overview with charts, tabs with tables and totals; nobody types in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Field:
    """One column of a report table.

    format: as in `host.ColumnSpec`, or `rate` (a share with one decimal), `days` (one decimal), `note` (small print).
    width: in characters; 0 fits what the column holds. total: whether the last line adds it up by a formula.
    """

    header: str
    format: str = "text"
    width: float = 0.0
    total: bool = False


@dataclass(frozen=True)
class Page:
    """One tab: a title, sentences under it, a table.

    closing: what the total line says in columns that are not added up, by column; a text that begins
    with "=" is a formula over the same line, with {0}, {1} … for the cells and its result beside it.
    charts: native charts of this table, drawn above it, two abreast.
    """

    name: str
    title: str
    words: tuple[str, ...]
    fields: tuple[Field, ...]
    rows: Sequence[Sequence[object]]
    closing: tuple[tuple[int, str, object], ...] = ()
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A native chart of one page's table; it reads the cells, so it follows them.

    kind: `column` or `bar`. names: first and last column of the names. rate: a column shown as a line on
    an axis of its own, -1 for none. first, count: which rows of the table are drawn, from 0. stacked: the
    values stand on one another; the first `unseen` of them are not drawn, so that the others float. format:
    of the figures, `money`, `rate`, `number`, `whole` or `ln`; signed: figures may lie below zero. colors: of the values
    that are drawn, as "#RRGGBB".
    """

    page: str
    kind: str
    title: str
    names: tuple[int, int]
    values: tuple[int, ...]
    first: int
    count: int
    rate: int = -1
    stacked: bool = False
    unseen: int = 0
    format: str = "money"
    signed: bool = False
    colors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tile:
    """One figure of the overview: what it is, the figure, its format, a remark below it."""

    label: str
    value: object
    format: str
    remark: str = ""


@dataclass(frozen=True)
class Overview:
    """The first tab: figures in large type and the charts, two abreast."""

    title: str
    words: tuple[str, ...]
    tiles: tuple[Tile, ...]
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Report:
    """A whole report. made: the local time it carries, so that the same figures give the same bytes."""

    title: str
    made: datetime
    pages: tuple[Page, ...] = field(default=())
    overview: Overview | None = None
