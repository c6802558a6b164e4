"""What a plan is made from, and what has been decided so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sheetsales.columns import Column
from sheetsales.process import Playbook, Row, Tables
from sheetsales.values import Value, to_text
from sheetsales_sync.plan.rows import SheetRow
from sheetsales_sync.plan.truth import UNKNOWN, Parent
from sheetsales_sync.state import (
    Alias,
    Book,
    Change,
    Conflict,
    ImageRow,
    Plan,
    Record,
    Rejection,
    Scope,
    Values,
)
from sheetsales_workbooks.host import BookRead


def _nobody(_record: str, _column: str) -> tuple[str, datetime | None]:
    return "", None


@dataclass(frozen=True)
class PlanInput:
    """The pictures a plan is made from; nothing else is looked at.

    image: of the generation in the file; None where it is no longer known. latest: marks of the
    book's newest image. absorbed: what was last read from this place under that generation.
    records: every living record in scope of the book's tables, and every record (living or dead, in
    scope or not) whose id stands in the sheet, the image, what was read or the aliases. view: all rows a rule may look at.
    now: local time, naive. at: the same moment in UTC, naive. new_id(prefix) draws a record id;
    new_key() the id of a conflict or rejection. last_writer(record, column) looks up
    who wrote the shared value and when. resumed: a pause is confirmed by a person. aside: what was
    read is not the book that will be written but a copy of it, or a save that came out of its place.
    """

    playbook: Playbook
    book: Book
    read: BookRead
    image: Mapping[str, ImageRow] | None
    latest: Mapping[str, ImageRow]
    absorbed: Mapping[str, Values]
    aliases: Sequence[Alias]
    issued: Collection[str]
    elsewhere: Collection[str]
    records: Mapping[str, Record]
    scope: Scope
    view: Mapping[str, Sequence[Row]]
    conflicts: Sequence[Conflict]
    rejections: Sequence[Rejection]
    actor: str
    now: datetime
    at: datetime
    new_id: Callable[[str], str]
    new_key: Callable[[], str]
    last_writer: Callable[[str, str], tuple[str, datetime | None]] = _nobody
    resumed: bool = False
    aside: bool = False
    spare_rows: int = 100


@dataclass(slots=True)
class Pending:
    """One accepted edit of a cell, before the row rules have spoken."""

    old: Value
    new: Value
    row: SheetRow
    place: str


@dataclass
class Work:
    """A plan in the making.

    edits: accepted cells by record and column. merged: the records as they will stand, by id.
    created: new records by id, with their row. rows: sheet rows by table.
    """

    given: PlanInput
    plan: Plan = field(default_factory=Plan)
    edits: dict[tuple[str, str], Pending] = field(default_factory=dict)
    merged: dict[str, dict[str, Value]] = field(default_factory=dict)
    table_of: dict[str, str] = field(default_factory=dict)
    created: dict[str, SheetRow] = field(default_factory=dict)
    unfinished: dict[str, SheetRow] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    revived: set[str] = field(default_factory=set)
    rows: dict[str, list[SheetRow]] = field(default_factory=dict)
    keep: dict[str, set[str]] = field(default_factory=dict)
    clear_action: set[str] = field(default_factory=set)
    standing: dict[tuple[str, str], Rejection] = field(default_factory=dict)
    open_conflicts: dict[tuple[str, str], Conflict] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    turned_down: dict[str, dict[str, Rejection]] = field(default_factory=dict)
    clashes: dict[str, dict[str, Conflict]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.standing = {(r.record or "", r.column): r for r in self.given.rejections if r.state == "open"}
        self.open_conflicts = {(c.record, c.column): c for c in self.given.conflicts if c.state == "open"}

    def settle(self) -> None:
        """Sort what stands open by record, once everything is decided."""
        for (record, column), rejection in self.standing.items():
            self.turned_down.setdefault(record, {})[column] = rejection
        for (record, column), conflict in self.open_conflicts.items():
            self.clashes.setdefault(record, {})[column] = conflict

    # ── looking ──

    def column(self, table: str, name: str) -> Column:
        """Give a column by table and name."""
        return self.given.playbook.tables[table].by_name[name]

    def parent(self, record: str, column: str) -> Parent:
        """Give what a cell last showed here, as far as it is known."""
        seen = self.given.absorbed.get(record)
        if seen is not None and column in seen:
            return seen[column]
        if self.given.image is None:
            return UNKNOWN
        image = self.given.image.get(record)
        if image is not None and column in image.values:
            return image.values[column]
        return None if record in self.given.issued else UNKNOWN

    def was_shown(self, record: str) -> bool:
        """Say whether this book showed the record under the generation that was read."""
        image = (self.given.image or {}).get(record)
        return (image is not None and bool(image.values)) or record in self.given.absorbed

    def place(self, table: str, row: SheetRow, column: str) -> str:
        """Give the address of a cell, such as `Leads!F12`."""
        tab = self.given.read.tables[table]
        index = tab.columns.get(column, tab.id_column)
        return f"{tab.sheet}!{letters(index)}{row.source.row}"

    def present(self, record: str) -> dict[str, Value] | None:
        """Give a record as it will stand, as far as decided; None where there is none."""
        if record in self.merged:
            return self.merged[record]
        stored = self.given.records.get(record)
        return dict(stored.values) if stored is not None else None

    def inside(self, record: str) -> bool:
        """Say whether the values of a record may be shown in this book."""
        values = self.present(record) or {}
        table = self.table_of.get(record) or (self.given.records[record].table if record in self.given.records else "")
        owned = table not in self.given.playbook.tables or self.given.playbook.tables[table].owned
        return not owned or self.given.scope.covers(values.get("owner"))

    def label(self, table: str, record: str) -> str:
        """Give what a person calls a record; of one out of scope, what this book showed."""
        values: Values = self.present(record) or {}
        if not self.inside(record):
            image = (self.given.image or {}).get(record)
            values = image.values if image is not None else {}
        name = values.get(self.given.playbook.tables[table].label)
        return to_text(name) or record

    def waits(self, record: str, column: str) -> bool:
        """Say whether something about a cell waits for a person."""
        return (record, column) in self.standing or (record, column) in self.open_conflicts

    # ── deciding ──

    def accept(self, table: str, record: str, column: str, old: Value, new: Value, row: SheetRow, place: str) -> None:
        """Take an edit into the shared record (the row rules may still turn it down)."""
        self.edits[record, column] = Pending(old, new, row, place)
        stored = self.given.records.get(record)
        self.merged.setdefault(record, dict(stored.values) if stored else {})[column] = new
        self.table_of[record] = table

    def refuse(
        self,
        table: str,
        record: str,
        column: str,
        raw: str,
        code: str,
        reason: str,
        hint: str,
        place: str,
        *,
        returns: bool = False,
    ) -> None:
        """Turn a cell down: it keeps what was typed, unless `returns` says that our value comes back."""
        open_now = self.standing.get((record, column))
        if not returns:
            self.keep.setdefault(record, set()).add(column)
        if open_now is not None:
            if open_now.raw == raw and open_now.code == code and not returns:
                return
            self.close_rejection(record, column, "replaced")
        rejection = Rejection(
            id=self.given.new_key(), book=self.given.book.id, table=table, record=record or None, column=column, raw=raw,
            code=code, reason=reason, hint=hint, author=self.given.actor, state="returned" if returns else "open", place=place,
        )  # fmt: skip
        self.plan.rejections.append(rejection)
        if not returns:
            self.standing[record, column] = rejection

    def close_rejection(self, record: str, column: str, state: str) -> None:
        """Close the open rejection of a cell, if there is one."""
        rejection = self.standing.pop((record, column), None)
        if rejection is not None:
            kept = [r for r in self.plan.rejections if r.id != rejection.id]
            self.plan.rejections = [*kept, replace(rejection, state=state)]

    def clash(
        self,
        table: str,
        record: str,
        column: str,
        base: Value,
        mine: Value,
        theirs: Value,
        reason: str,
        place: str,
    ) -> None:
        """Keep both values of a cell on which two people disagree."""
        known = self.open_conflicts.get((record, column))
        if known is not None:
            if known.mine == mine and known.theirs == theirs and known.reason == reason:
                return
            self.close_conflict(record, column, "replaced")
        by, since = self.given.last_writer(record, column)
        conflict = Conflict(
            id=self.given.new_key(), book=self.given.book.id, table=table, record=record, column=column, base=base, mine=mine,
            theirs=theirs, theirs_by=by, theirs_at=since, author=self.given.actor, reason=reason, place=place,
        )  # fmt: skip
        self.plan.conflicts.append(conflict)
        self.open_conflicts[record, column] = conflict

    def close_conflict(self, record: str, column: str, state: str) -> None:
        """Close the open conflict of a cell, if there is one."""
        conflict = self.open_conflicts.pop((record, column), None)
        if conflict is not None:
            kept = [c for c in self.plan.conflicts if c.id != conflict.id]
            self.plan.conflicts = [*kept, replace(conflict, state=state)]

    def tables(self) -> Tables:
        """Give the view the row rules look at: the stored rows with what has been decided so far."""
        view: dict[str, Sequence[Row]] = dict(self.given.view)
        touched: dict[str, dict[str, dict[str, Value]]] = {}
        for record, values in self.merged.items():
            touched.setdefault(self.table_of[record], {})[record] = values
        for table, changed in touched.items():
            rest = [row for row in view.get(table, ()) if row["id"] not in changed]
            view[table] = [*rest, *({**values, "id": record} for record, values in changed.items() if record not in self.deleted)]
        return self.given.playbook.view(view, self.given.now, self.given.actor)

    def change(self, table: str, record: str, column: str, old: Value, new: Value, *, kind: str = "set", place: str = "") -> None:
        """Write one history row to be."""
        self.plan.changes.append(Change(table, record, column, old, new, kind, place, self.given.read.markers.generation))


def letters(index: int) -> str:
    """Give a column's letters: 1 is A, 28 is AB."""
    text = ""
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text or "?"
