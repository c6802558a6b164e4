"""Headers to columns: which column of the file is which of ours, and which become columns of the team."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from sheetsales.columns import TEXT_LIMIT, Column
from sheetsales.errors import BadImport
from sheetsales.process import Table
from sheetsales.values import CELL_TEXT_LIMIT, fold
from sheetsales_sync.intake.conventions import DateReading, Placed, decide_dates, decide_decimal, exact_type
from sheetsales_sync.intake.file_table import FileTable
from sheetsales_sync.intake.mapping import ImportMapping
from sheetsales_workbooks.csv_file import GUARDED

REASON: Final = "_reason"  # in a file of rejected rows: why it was turned down
OURS: Final = frozenset({REASON, GUARDED})
NAME_LENGTH: Final = 60
# Words that the store or the sheet needs for itself.
TAKEN: Final = frozenset({"seq", "op", "op_id", "last_op", "deleted_op", "tenant_id", "row", "order", "action", "record"})


@dataclass(frozen=True, slots=True)
class Matched:
    """One column of the file that is one of ours. explicit: the mapping file says so."""

    index: int
    header: str
    column: Column
    explicit: bool = False


@dataclass
class Match:
    """Which columns of a file are ours. unmapped: headers that are left out."""

    columns: list[Matched] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def drop(self, matched: Matched, table: Table) -> Matched | None:
        """Take a column out again: it counts as not mapped, or is the team's own column of that header."""
        place = self.columns.index(matched)
        own = _own_column(table, matched.header)
        if own is not None and all(m.column.name != own.name for m in self.columns):
            self.columns[place] = Matched(matched.index, matched.header, own)
            return self.columns[place]
        del self.columns[place]
        self.unmapped.append(matched.header)
        return None


def match_columns(file: FileTable, mapping: ImportMapping, table: Table) -> Match:
    """Match headers to columns: as the mapping says, else by name or header (trimmed, case-folded)."""
    by_words = {fold(words): c for c in reversed(table.columns) for words in (c.header, c.name)}
    wanted = set(mapping.columns.values())
    match = Match()
    used: set[str] = set()
    left_out: list[str] = []
    for index, header in enumerate(file.headers):
        key = fold(header)
        if key in OURS or key.split(":")[0] in OURS:
            continue
        if not key:
            if any(len(row.cells) > index and row.cells[index] not in (None, "") for row in file.rows):
                match.remarks.append(f"Column {index + 1} has values but no header; it was left out.")
            continue
        explicit = key in mapping.columns
        column = table.by_name.get(mapping.columns[key]) if explicit else by_words.get(key)
        if column is None or column.name in used or (not explicit and column.name in wanted):
            column = None if explicit else _own_column(table, header)
            if column is None or column.name in used:
                match.unmapped.append(header)
                continue
        if column.computed and column.name != "id":
            left_out.append(header)
            match.unmapped.append(header)
            continue
        used.add(column.name)
        match.columns.append(Matched(index, header, column, explicit))
    if left_out:
        match.remarks.append(f"Computed here and therefore not imported: {', '.join(left_out)}.")
    missing = [mapping.headers.get(key, key) for key in mapping.columns if key not in {fold(h) for h in file.headers}]
    if missing:
        match.remarks.append(f"The mapping names headers that the file does not have: {', '.join(missing)}.")
    return match


def _own_column(table: Table, header: str) -> Column | None:
    """Give the team's own column that was once made from a header."""
    column = table.by_name.get(custom_name(header, [c.name for c in table.columns if not c.custom]))
    return column if column is not None and column.custom else None


def custom_name(header: str, taken: Collection[str]) -> str:
    """Give the name of a team's own column for a header: lower-case letters, digits and `_`, not taken."""
    plain = unicodedata.normalize("NFKD", header.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:NAME_LENGTH].strip("_")
    if not name or not name[0].isalpha() or name in TAKEN:
        name = f"field_{name}".rstrip("_")
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def custom_columns(file: FileTable, mapping: ImportMapping, table: Table, match: Match) -> list[Column]:
    """Give the columns that the unknown headers of a file become, with the type that all values prove."""
    names = {column.name for column in table.columns}
    headers = {fold(column.header) for column in table.columns}
    made: list[Column] = []
    indexes = {fold(h): i for i, h in reversed(list(enumerate(file.headers)))}
    for header in sorted(match.unmapped, key=file.headers.index):
        key = fold(header)
        target = mapping.columns.get(key)
        matched = table.by_name.get(target) if target else None
        if target == "" or matched is not None or key not in indexes or (key in headers and _is_computed(table, key)):
            continue
        name = target or custom_name(header, names)
        shown = " ".join(header.split())
        while fold(shown) in headers:
            shown = f"{shown} (imported)"
        cells = _filled(file, indexes[key], mapping)
        longest = max((len(raw) for _, raw in cells if isinstance(raw, str)), default=0)
        limit = TEXT_LIMIT if longest <= TEXT_LIMIT else CELL_TEXT_LIMIT
        made.append(Column(name, shown, _type_of(shown, cells, mapping), custom=True, limit=limit))
        names.add(name)
        headers.add(fold(shown))
    return made


def _is_computed(table: Table, key: str) -> bool:
    return any(c.computed for c in table.columns if key in (fold(c.header), fold(c.name)))


def _filled(file: FileTable, index: int, mapping: ImportMapping) -> list[Placed]:
    return [
        (row.row, raw)
        for row in file.rows
        if not row.problem
        and index < len(row.cells)
        and (raw := row.cells[index]) not in (None, "")
        and not (isinstance(raw, str) and fold(raw) in mapping.null | {""})
    ]


def _type_of(header: str, cells: list[Placed], mapping: ImportMapping) -> str:
    """Give the type of a column of the team; text where dates or decimals would have to be guessed."""
    try:
        dates = decide_dates(header, cells, mapping.date, [])
    except BadImport:
        dates = DateReading()
    kind = exact_type(cells, dates.read)
    if kind == "number":
        try:
            decide_decimal(header, kind, cells, mapping.decimal, [])
        except BadImport:
            return "text"
    return kind
