"""What every spreadsheet host speaks: neutral pictures of a book, what to build and what to write.

No host and no process is known here. Rows and columns count from 1, as in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
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
NOTE_SIGNATURE: Final = "— sheetsales"  # last line of every note of ours; LibreOffice forgets who wrote a note

# Where things stand on every table tab (rows and columns count from 1).
HEADER_ROW: Final = 5
FIRST_ROW: Final = 6
ID_COLUMN: Final = 1
ACTION_COLUMN: Final = 2
FIRST_COLUMN: Final = 3  # the table's own first column
ACTION_CELL: Final = (4, 3)  # the drop-down of the tab's actions, named ss_action_<table>
STATUS_CELL: Final = (4, 4)  # named ss_status_<table>
ID_HEADER: Final = "ID"

# The Conflicts and Removed rows tabs: header row, first row, columns in their order from column 1.
LOG_HEADER_ROW: Final = 4
LOG_FIRST_ROW: Final = 5
LOG_ROWS: Final = 200  # formatted empty rows that wait there
CONFLICT_COLUMNS: Final = (
    "id",
    "Kind",
    "Table",
    "Record",
    "Field",
    "Original",
    "Yours",
    "Shared value",
    "By",
    "When",
    "Why",
    "Decision",
    "Other value",
    "Where",
)
REMOVED_COLUMNS: Final = ("When", "Table", "Record", "Why", "Your column", "What stood there")

# The Start tab: how many lines wait for what the sync writes, from the cells ss_today and ss_notices on.
TODAY_ROWS: Final = 15
TODAY_COLUMNS: Final = ("Due", "What to do", "Record", "Why", "Tab")
NOTICE_ROWS: Final = 6

# The marker sheet: keys in column A, values in column B; then two blocks, each from a row whose
# column A is the block's name to a row whose column A is its end.
MARKER_KEYS: Final = ("workbook_id", "book_id", "generation", "template", "zone", "owner", "currency")
COLUMN_BLOCK: Final = "columns"  # rows: table, sheet, header row, column name, letter as built, header text
COLUMN_BLOCK_END: Final = "end columns"
PALETTE_BLOCK: Final = "palette"  # rows: cells B to F carry the styles plain, error, warning, note, conflict
PALETTE_BLOCK_END: Final = "end palette"


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
    places: tab, row and column of the single cells with a name of ours (`ss_notices`, `ss_today`,
    `ss_status_leads`, …). notices: the sentences that the Start tab shows now. next_removed_row:
    the first free row of the Removed rows tab. owner: the member whose book it is. statuses: the
    sentence in the status cell of each table tab that has one.
    """

    markers: Markers
    tables: dict[str, TableRead]
    conflicts: list[ConflictRow]
    content_hash: str
    counts: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    sheet_names: tuple[str, ...] = ()
    places: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    next_removed_row: int = 5
    owner: str = ""
    statuses: dict[str, str] = field(default_factory=dict)


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
    strict: False where other values than those of the list may be typed.
    look: "due" (a day that turns red once past), "tier", "score", "outcome", or "".
    closed: for "due", a column of the table and its words for a row that is done with (no words: any value).
    grouped: True for columns of the service that stand folded together at the right end.
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
    look: str = ""
    closed: tuple[str, tuple[str, ...]] = ("", ())
    grouped: bool = False


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
class TileSpec:
    """One figure of the Start tab: it counts rows of a table, or adds up its column `total`.

    where: column name, one of "is", "is not", "before", "filled", "blank", and a word (for
    "before" the word "today"); all must hold. value: what it comes to on the day of the build.
    """

    label: str
    table: str
    format: str
    where: tuple[tuple[str, str, str], ...]
    total: str = ""
    value: object = 0


@dataclass(frozen=True)
class TodayLine:
    """One line of the list of today: the day due (None: any time), what, record, why, and its tab."""

    due: date | None
    text: str
    record: str
    why: str
    sheet: str


@dataclass(frozen=True)
class TabLine:
    """One tab on the Start tab's list: its name, what it is for, its colour."""

    sheet: str
    help: str
    color: str


@dataclass(frozen=True)
class ButtonLine:
    """One line of the Start tab's list of buttons: where it stands, its caption, what it does."""

    sheet: str
    caption: str
    help: str


@dataclass(frozen=True)
class StartSpec:
    """The Start tab. notices: sentences that stand there from the start; the sync overwrites them."""

    greeting: str
    subtitle: str
    day: date
    today: tuple[TodayLine, ...]
    tiles: tuple[TileSpec, ...]
    notices: tuple[str, ...]
    buttons: tuple[ButtonLine, ...]
    tabs: tuple[TabLine, ...]
    footer: str


@dataclass(frozen=True)
class BookSpec:
    """A whole workbook to build.

    start: the Start tab. lists: drop-down lists by name. open_lists: those that may grow in use.
    readme: lines of the process dictionary: a word for the look ("process", "field", "table",
    "head", "line", "gap"), then the cells.
    """

    markers: Markers
    title: str
    owner: str
    owner_name: str
    currency: str
    tables: tuple[TableSpec, ...]
    start: StartSpec
    lists: Mapping[str, Sequence[str]]
    readme: Sequence[Sequence[str]]
    date_1904: bool = False
    open_lists: frozenset[str] = frozenset()


class Host(Protocol):
    """One open book on one spreadsheet host."""

    capabilities: frozenset[str]

    def read(self) -> BookRead:
        """Read the whole managed content; raises a `Refused` with one clear sentence."""

    def apply(self, patch: BookPatch) -> None:
        """Write a patch; nothing else in the book changes. Raises `BookLocked` or `DiskFull`."""

    def status(self, table: str, text: str) -> None:
        """Show a sentence in the status cell of a table tab."""
