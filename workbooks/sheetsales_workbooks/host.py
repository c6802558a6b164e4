"""What every spreadsheet host speaks: neutral pictures of a book, what to build and what to write.

No host and no process is known here. Rows and columns count from 1, as in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

MARKER_SHEET: Final = "_ss"
LISTS_SHEET: Final = "_lists"
START_SHEET: Final = "Start"
CONFLICTS_SHEET: Final = "Conflicts"
REMOVED_SHEET: Final = "Removed rows"
README_SHEET: Final = "Read me"
DECISIONS: Final = ("Keep mine", "Take theirs", "Other value")
MarkKind = Literal["error", "warning", "note", "conflict"]
MARK_KINDS: Final[tuple[MarkKind, ...]] = ("error", "warning", "note", "conflict")


@dataclass(frozen=True, slots=True)
class Markers:
    """Who a book is: the file as built, its registration, its generation, its template.

    zone: the IANA time zone of the book's date-times.
    """

    workbook_id: str
    book_id: str
    generation: int
    template: str
    zone: str = "UTC"


# ── what was read ────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class RowRead:
    """One row of a managed table as it stands in the sheet.

    cells: raw values (see `sheetsales.values`) by column name, only of the columns found.
    extra: raw values of the user's own columns, by column index.
    """

    row: int
    id: object
    action: object
    cells: dict[str, object]
    extra: dict[int, object]


@dataclass(slots=True)
class TableRead:
    """One managed table as it stands in the sheet.

    columns: index of each managed column that was found. missing: names of those that were not.
    header_row: 0 where the header row could not be found (then there are no rows).
    remarks: sentences about drift (renamed, moved, duplicated, merged), each with a cell address.
    hidden_rows: how many of the rows a filter hides (they are read like any other).
    """

    table: str
    sheet: str
    header_row: int
    columns: dict[str, int]
    id_column: int
    action_column: int
    rows: list[RowRead]
    missing: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    extra_headers: dict[int, str] = field(default_factory=dict)
    hidden_rows: int = 0


@dataclass(slots=True)
class ConflictRow:
    """One row of the Conflicts tab: the id of the conflict or rejection, the decision, the other value."""

    row: int
    id: str
    decision: object
    other: object


@dataclass(slots=True)
class BookRead:
    """A whole book as it was read: markers, tables, decisions, counts.

    content_hash: of the file's bytes, hex. counts: sheets, rows, cells, skipped.
    """

    markers: Markers
    tables: dict[str, TableRead]
    conflicts: list[ConflictRow]
    content_hash: str
    counts: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


# ── what to write ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class CellWrite:
    """One cell to write: a canonical value (None clears it). `formula` wins over the value.

    text: True where the cell must hold text whatever it looks like.
    """

    row: int
    column: int
    value: object
    formula: str = ""
    text: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A colour and a note of ours on one cell; kind None takes both away again."""

    row: int
    column: int
    kind: MarkKind | None
    note: str = ""


@dataclass(slots=True)
class SheetPatch:
    """What changes on one sheet. New rows simply write cells below the last row.

    like_row: a row whose styles, validations and formats new rows take (0: none are added).
    last_row: the last row that the table reaches after the patch (0: unchanged).
    """

    cells: list[CellWrite] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    like_row: int = 0
    last_row: int = 0

    def __bool__(self) -> bool:
        return bool(self.cells or self.marks or self.last_row)


@dataclass(slots=True)
class BookPatch:
    """What changes in one book: sheets by tab name, and the new generation (None: stays)."""

    sheets: dict[str, SheetPatch] = field(default_factory=dict)
    generation: int | None = None

    def sheet(self, name: str) -> SheetPatch:
        """Give the patch of one sheet, made when first asked for."""
        return self.sheets.setdefault(name, SheetPatch())

    def __bool__(self) -> bool:
        return any(self.sheets.values())


# ── what to build ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ColumnSpec:
    """One column of a table tab.

    style: a word the host turns into a look: "id", "action", "input", "computed".
    format: "text", "integer", "number", "money", "percent", "date", "datetime".
    list_name: a defined name (`ss_list_…`) whose range holds the choices. formula: see `Column`.
    """

    name: str
    header: str
    style: str
    format: str
    width: float
    hidden: bool = False
    required: bool = False
    list_name: str = ""
    strict: bool = True
    prompt: str = ""
    formula: str = ""
    minimum: object = None
    maximum: object = None
    limit: int = 0


@dataclass(frozen=True)
class ButtonSpec:
    """One drawn button: its caption, the action it stands for and what it does, in a sentence."""

    caption: str
    action: str
    help: str


@dataclass(frozen=True)
class TableSpec:
    """One table tab: head, columns, rows (cells by column name) and blank rows with ids ready."""

    table: str
    sheet: str
    title: str
    help: str
    color: str
    header_row: int
    columns: tuple[ColumnSpec, ...]
    rows: Sequence[Mapping[str, object]]
    spare_ids: Sequence[str]
    buttons: tuple[ButtonSpec, ...]
    actions: tuple[str, ...]
    read_only: bool = False


@dataclass(frozen=True)
class BookSpec:
    """A whole workbook to build.

    start: the lines of the Start tab, made by `layout` (today's list, buttons, tabs).
    lists: drop-down lists by name. readme: rows of the process dictionary.
    """

    markers: Markers
    title: str
    owner: str
    owner_name: str
    currency: str
    tables: tuple[TableSpec, ...]
    start: Mapping[str, object]
    lists: Mapping[str, Sequence[str]]
    readme: Sequence[Sequence[str]]
    date_1904: bool = False


class Host(Protocol):
    """One open book on one spreadsheet host."""

    capabilities: frozenset[str]

    def read(self) -> BookRead:
        """Read the whole managed content; raises a `Refused` with one clear sentence."""

    def apply(self, patch: BookPatch) -> None:
        """Write a patch; nothing else in the book changes. Raises `BookLocked` or `DiskFull`."""

    def status(self, table: str, text: str) -> None:
        """Show a sentence in the status cell of a table tab."""
