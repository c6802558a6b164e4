"""A workbook of figures for a manager: tabs with tables, totals and native charts; nobody types in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Field:
    """One column of a report table: header, format as in `host.ColumnSpec`, width in characters.

    total: whether the last line adds it up by a formula.
    """

    header: str
    format: str = "text"
    width: float = 16.0
    total: bool = False


@dataclass(frozen=True)
class Chart:
    """A native chart beside a table: kind (`column`, `bar`, `line`), title, the column of names and of values."""

    kind: str
    title: str
    names: int
    values: tuple[int, ...]
    stacked: bool = False


@dataclass(frozen=True)
class Page:
    """One tab: a title, sentences under it, a table, charts beside the table."""

    name: str
    title: str
    words: tuple[str, ...]
    fields: tuple[Field, ...]
    rows: Sequence[Sequence[object]]
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class Report:
    """A whole report. made: the local time it carries, so that the same figures give the same bytes."""

    title: str
    made: datetime
    pages: tuple[Page, ...] = field(default=())

