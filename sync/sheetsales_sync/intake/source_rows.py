"""The rows of a file in canonical values: read column by column, each by one reading of all its values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Final

from sheetsales.cells import PRIVATE_KEY, Conventions, reader
from sheetsales.columns import Column
from sheetsales.errors import BadImport
from sheetsales.ids import is_id
from sheetsales.process import Table, Tables
from sheetsales.typed_text import Bad
from sheetsales.values import Formula, Value, canonical_number, fold, to_text
from sheetsales_sync.intake.conventions import DateReading, Placed, decide_dates, decide_decimal
from sheetsales_sync.intake.file_table import FileTable
from sheetsales_sync.intake.mapping import ImportMapping
from sheetsales_sync.intake.matching import Match, Matched, custom_columns, match_columns
from sheetsales_workbooks.csv_file import FileRow

NUMBERS: Final = ("integer", "number", "money", "percent")
DATES: Final = ("date", "datetime")
UNFIT_SHARE: Final = 0.5  # a column that nobody mapped is left out where more of its values than this do not fit
SHOWN: Final = 200  # characters of a value that a message shows
Cell = Callable[[object], "Value | Bad"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """One cell that turns its row down; column "" where it is the whole row."""

    row: int
    column: str
    value: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """One row that repeats another. same_as_row: None where it is a record of the store."""

    row: int
    same_as_row: int | None
    kind: str


@dataclass(slots=True)
class SourceRow:
    """One row of the file. id: of a record of ours, where the file has it. values: of the mapped columns."""

    row: int
    id: str
    values: dict[str, Value]


@dataclass
class SourceRows:
    """What a file says: rows that can be read, and what cannot. places: a column's index in the file."""

    rows: list[SourceRow] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    places: dict[str, int] = field(default_factory=dict)
    total: int = 0


def read_source(file: FileTable, mapping: ImportMapping, table: Table, view: Tables) -> SourceRows:
    """Read a file's rows for a table. view: the people, stages and the like that cells are read by.

    Raises BadImport where no header is one of ours, or where a column's dates or numbers are in doubt.
    """
    match, cells = _fitting(file, mapping, table, view)
    if not [m for m in match.columns if m.column.name != "id"]:
        raise BadImport(
            f"{file.name}: no header is a column of {table.name}. It has: {', '.join(h for h in file.headers if h) or 'none'}.",
            f"Columns of {table.name}: {', '.join(c.name for c in table.inputs)}. A mapping file says which is which.",
        )
    source = SourceRows(
        unmapped=match.unmapped,
        remarks=[*file.remarks, *match.remarks],
        total=len(file.rows),
        columns=tuple(m.column.name for m in match.columns if m.column.name != "id"),
        places={m.column.name: m.index for m in match.columns},
    )
    seen: dict[tuple[object, ...], int] = {}
    for row in file.rows:
        key = tuple(map(_literal, row.cells))
        first = seen.setdefault(key, row.row)
        if first != row.row:
            source.duplicates.append(Duplicate(row.row, first, "repeated"))
            continue
        if row.problem:
            shown = "" if any(PRIVATE_KEY in str(cell) for cell in row.cells) else str(row.cells[0])[:SHOWN]
            source.rejected.append(Rejected(row.row, "", shown, "FIELDS", row.problem))
            continue
        _read_row(row, match.columns, cells, table, source)
    return source


def _read_row(row: FileRow, columns: Sequence[Matched], cells: Sequence[Cell], table: Table, source: SourceRows) -> None:
    values: dict[str, Value] = {}
    record = ""
    bad: list[Rejected] = []
    for matched, read in zip(columns, cells, strict=True):
        raw = row.cells[matched.index] if matched.index < len(row.cells) else None
        name = matched.column.name
        if name == "id":
            record = raw.strip() if isinstance(raw, str) and is_id(raw.strip(), table.prefix) else ""
            continue
        value = read(raw)
        if isinstance(value, Bad):
            bad.append(Rejected(row.row, name, value.raw, value.code, f"{value.message} {value.hint}".strip()))
        else:
            values[name] = value
    if bad:
        source.rejected.extend(bad)
    elif record or any(value is not None for value in values.values()):
        source.rows.append(SourceRow(row.row, record, values))


def _literal(raw: object) -> object:
    """A cell as a key: 1, 1.0 and TRUE are equal to Python and not to a reader."""
    return raw if isinstance(raw, str) else (type(raw), raw)


def custom_columns_for(file: FileTable, mapping: ImportMapping, table: Table, view: Tables) -> list[Column]:
    """Give the columns that must be added to a table before this file is imported with `custom = true`.

    The caller writes them under [tables.NAME.columns] of sheetsales.toml and opens the store again.
    """
    if not mapping.custom:
        return []
    match, _ = _fitting(file, mapping, table, view)
    return custom_columns(file, mapping, table, match)


def _fitting(file: FileTable, mapping: ImportMapping, table: Table, view: Tables) -> tuple[Match, list[Cell]]:
    """Match the headers and make a reader of each column.

    With a mapping file, a column that only by chance is called as one of ours is left out.
    """
    match = match_columns(file, mapping, table)
    cells: list[Cell] = []
    for first in list(match.columns):
        matched: Matched | None = first
        while matched is not None:
            placed = [(r.row, r.cells[matched.index]) for r in file.rows if not r.problem and matched.index < len(r.cells)]
            remarks: list[str] = []
            read = cell_reader(matched.column, placed, mapping, view, remarks)
            unfit = _unfit(matched, placed, read) if mapping.given else ""
            if not unfit:
                match.remarks.extend(remarks)
                cells.append(read)
                break
            matched = match.drop(matched, table)
            if matched is None:
                match.remarks.append(unfit)
    match.unmapped.sort(key=file.headers.index)
    return match, cells


def _unfit(matched: Matched, placed: Sequence[Placed], read: Cell) -> str:
    """Say in a sentence why a column that the mapping does not name is none of ours, or ""."""
    if matched.explicit or matched.column.custom or matched.column.name == "id":
        return ""
    values = [read(raw) for _, raw in placed if raw is not None and raw != ""]
    unfit = [value.raw for value in values if isinstance(value, Bad)]
    if len(unfit) <= UNFIT_SHARE * len(values):
        return ""
    return (
        f"{matched.header}: {len(unfit)} of {len(values)} values do not fit our column of that name "
        f"(such as '{unfit[0][:60]}'), and the mapping does not name it."
    )


def cell_reader(column: Column, cells: Sequence[Placed], mapping: ImportMapping, view: Tables, remarks: list[str]) -> Cell:
    """Give the reader of one column of a file, made from all its values. remarks: what was decided."""
    words = mapping.values.get(column.name, {})
    blank = mapping.null
    conventions = Conventions(null=blank)
    before: Callable[[object], object] = _same
    filled: list[Placed] = []
    if column.type in NUMBERS or column.type in DATES:
        silent = blank | set(words) | {""}
        filled = [(row, raw) for row, raw in cells if not (isinstance(raw, str) and fold(raw) in silent)]
    if column.type in NUMBERS:
        conventions = replace(conventions, decimal=decide_decimal(column.header, column.type, filled, mapping.decimal, remarks))
    elif column.type in DATES:
        dates = decide_dates(column.header, filled, mapping.date, remarks)
        before = _date_reader(column, dates)
        _say_times(column, dates, filled, remarks)
    elif column.target == "people":
        before = _person_reader(column, view)
    elif column.choices_from:
        names = tuple(str(row["name"]) for row in view.rows(column.choices_from) if row.get("name") is not None)
        column = replace(column, type="choice", choices=names)
    inner = reader(column, conventions)
    known: dict[str, Value | Bad] = {}

    def read(raw: object) -> Value | Bad:
        if raw is None or raw == "":
            return inner(words[""]) if "" in words else None
        if not isinstance(raw, str):
            plain = before(words.get(fold(_words_of(raw)), raw) if words else raw)
            return plain if isinstance(plain, Bad) else inner(plain)
        if raw in known:
            return known[raw]
        if PRIVATE_KEY in raw:
            return inner(raw)
        text: object = words.get(fold(raw), raw) if words else raw
        if text == "" or (isinstance(text, str) and fold(text) in blank):
            known[raw] = None
            return None
        text = before(text)
        value = text if isinstance(text, Bad) else inner(text)
        known[raw] = value
        return value

    return read


def _words_of(raw: object) -> str:
    """A cell that is no text, in the words in which a mapping file would name it."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not math.isfinite(raw):
        return str(raw)
    return to_text(canonical_number(float(raw))) or ""


def _same(raw: object) -> object:
    return raw


def _date_reader(column: Column, dates: DateReading) -> Callable[[object], object]:
    def before(raw: object) -> object:
        if isinstance(raw, Formula) and isinstance(raw.value, (str, date)):
            inner = before(raw.value)
            return raw if isinstance(inner, Bad) else replace(raw, value=inner)
        if isinstance(raw, str):
            moment = dates.read(raw) if raw.strip() else None
            if isinstance(moment, Bad):
                return replace(moment, message=f"{column.header}: {moment.message}")
            if moment is None:
                form = f" in the form {dates.format}" if dates.format else ""
                what = f"{column.header}: '{raw[:60]}' is not a date{form}."
                return Bad("TYPE", what, "Use YYYY-MM-DD.", raw[:SHOWN]) if raw.strip() else None
            raw = moment
        return raw.date() if column.type == "date" and isinstance(raw, datetime) else raw

    return before


def _say_times(column: Column, dates: DateReading, filled: Sequence[Placed], remarks: list[str]) -> None:
    """Say where a column of days has times of day, which are not kept."""
    if column.type != "date":
        return
    moments = (dates.read(raw) if isinstance(raw, str) else raw for _, raw in filled)
    timed = sum(isinstance(moment, datetime) and moment.time() != time() for moment in moments)
    if timed:
        remarks.append(f"{column.header}: {timed} values have a time of day; only the day is kept.")


def _person_reader(column: Column, view: Tables) -> Callable[[object], object]:
    """Read a member by e-mail, name or external id; an unknown owner turns the row down."""

    def before(raw: object) -> object:
        if not isinstance(raw, str) or not raw.strip():
            return raw
        found = view.person(raw) or view.find("people", raw)
        if found is not None:
            return found["email"]
        twins = [str(row["email"]) for row in view.where("people", "name", raw)]
        if column.name != "owner" and not twins:
            return raw
        which = f"is the name of {len(twins)} members ({', '.join(twins)})" if twins else "is no member"
        hint = "Write the e-mail address." if twins else "Add the member to the team file, or write another."
        return Bad("OWNER", f"{column.header}: '{raw[:60]}' {which}.", hint, raw[:SHOWN])

    return before
