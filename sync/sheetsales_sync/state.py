"""What the plan and the store say to each other: records, images, changes. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sheetsales.document import Document
from sheetsales.process import Finding
from sheetsales.values import Value

Values = Mapping[str, Value]  # canonical values by column name


@dataclass(frozen=True, slots=True)
class Record:
    """The present state of one record, living or dead. values: every stored column but the service's."""

    table: str
    id: str
    values: Values
    version: int
    deleted_op: str | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One history row to be: a cell of a record went from old to new.

    kind: "set", "create" (one per non-blank cell of a new record), "delete", "undelete" (column "").
    place: the cell it came from ("Leads!F12"); base_gen: the generation of the book it was typed in.
    """

    table: str
    record: str
    column: str
    old: Value
    new: Value
    kind: str = "set"
    place: str = ""
    base_gen: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row of history as it was stored."""

    seq: int
    op: str
    at: datetime
    actor: str
    book: str | None
    table: str
    record: str
    column: str
    old: Value
    new: Value
    kind: str
    place: str
    base_gen: int | None


@dataclass(frozen=True, slots=True)
class Op:
    """One operation: a sync, run, import, undo or restore. id is chosen before the transaction."""

    id: str
    kind: str
    actor: str
    at: datetime
    book: str | None = None
    path: str = ""
    gen_in: int | None = None
    content_hash: str = ""
    action: str = ""
    result: str = ""
    undone_by: str | None = None


IMPORTED = "import:"  # how the name begins under which a source of imports is kept, where a book has its id
REPLACED = "replaced"  # a book whose file was gone when a new one was made in its place


@dataclass(frozen=True, slots=True)
class Book:
    """One registered workbook. state: live, deferred, paused, refused, copy, missing, or replaced.

    seen_seq: the history seq up to which the present generation shows the store.
    last_hash: content hash of the file when it was last known to be at rest (read or written).
    copies: places beside it where copies of it were seen; no file there is ever taken for the book itself.
    """

    id: str
    workbook_id: str
    owner: str
    path: str
    generation: int
    state: str = "live"
    reason: str = ""
    tables: tuple[str, ...] = ()
    last_hash: str = ""
    seen_seq: int = 0
    synced_at: datetime | None = None
    template: str = ""
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkedCell:
    """A colour and a note of ours: kind is error, warning, note or conflict."""

    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One row of an image: what the product wrote for a record into a book at some generation.

    values: the shared values shown. shown: for a rejected cell the raw text that stands there.
    marks: the colours and notes of ours that the row carries, by column.
    """

    table: str
    record: str
    values: Values
    shown: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, MarkedCell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two edits of one cell, both kept. state: open, or how it was solved (mine, theirs, other, typed).

    reason: a sentence. theirs_by, theirs_at: who wrote the shared value and when.
    """

    id: str
    book: str
    table: str
    record: str
    column: str
    base: Value
    mine: Value
    theirs: Value
    theirs_by: str = ""
    theirs_at: datetime | None = None
    author: str = ""
    state: str = "open"
    reason: str = ""
    op: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A cell or a new row that was not accepted; the sheet keeps what was typed. state: open or closed."""

    id: str
    book: str
    table: str
    record: str | None
    column: str
    raw: str
    code: str
    reason: str
    hint: str = ""
    author: str = ""
    state: str = "open"
    op: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A pasted copy that repeats an id: in this book, under this generation, label means record."""

    generation: int
    label: str
    record: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records a book or a person may read and write.

    owners: e-mails, lower case; None means everybody. The shared and library tables are readable by
    all; `edits_library` says whether library tables may be changed.
    """

    member: str
    role: str
    owners: frozenset[str] | None
    edits_library: bool = False

    def covers(self, owner: Value) -> bool:
        """Say whether a record of this owner is inside; a blank owner is everybody's."""
        return self.owners is None or owner is None or str(owner).casefold() in self.owners


# ── what a plan says ─────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class DesiredRow:
    """What one row of a tab should show after the sync.

    row: where it stands in the sheet now (0: not there yet). values: of every column shown.
    keep: columns whose cell is left as typed. marks: all marks the row should carry.
    clear_action: take the mark out of the Action cell. read: what its cells were read as, where they could be.
    """

    row: int
    record: str
    values: Values
    keep: frozenset[str] = frozenset()
    marks: Mapping[str, MarkedCell] = field(default_factory=dict)
    clear_action: bool = False
    read: Values = field(default_factory=dict)


@dataclass(slots=True)
class DesiredTable:
    """What one table tab should show. leaving: sheet row -> spare id that takes its place.

    old_marks: the marks that the file read carries, by record and column.
    """

    table: str
    rows: list[DesiredRow] = field(default_factory=list)
    leaving: dict[int, str] = field(default_factory=dict)
    spares: list[str] = field(default_factory=list)
    old_marks: Mapping[str, Mapping[str, MarkedCell]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """One line of the Conflicts tab, in words: what A to N hold (see the layout)."""

    id: str
    kind: str
    table: str
    record: str
    field: str
    original: str
    mine: str
    theirs: str
    by: str
    when: str
    why: str
    where: str


@dataclass(frozen=True, slots=True)
class RemovedLine:
    """One cell of the rep's own columns, kept when its row left the sheet."""

    when: str
    table: str
    record: str
    why: str
    column: str
    content: str


@dataclass(slots=True)
class Plan:
    """Everything one sync does: to the store, and to the sheet. Pure data. documents: to be written as files afterwards.

    image: the next image. standing: rejections that stand open after the sync. paused: why nothing is written ("" where it is). messages: for people.
    """

    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    absorbed: dict[str, dict[str, Value]] = field(default_factory=dict)
    issue: list[str] = field(default_factory=list)
    image: list[ImageRow] = field(default_factory=list)
    tables: list[DesiredTable] = field(default_factory=list)
    conflict_lines: list[ConflictLine] = field(default_factory=list)
    removed: list[RemovedLine] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    paused: str = ""
    accepted: int = 0
    open_conflicts: int = 0
    open_rejections: int = 0
    refused: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    standing: list[Rejection] = field(default_factory=list)
    action_changes: list[Change] = field(default_factory=list)
    documents: tuple[Document, ...] = ()
