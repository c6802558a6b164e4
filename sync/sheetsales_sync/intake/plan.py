"""The plan of an import: an export is a sheet that is only read, and merges cell by cell.

The parent of a cell is what the same source said last, so a re-import never runs over a later edit of
a rep: where both changed a cell, the store keeps its value and the clash is a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sheetsales.columns import Column, same
from sheetsales.process import Playbook, Row, Table, Tables
from sheetsales.validate import cell_findings, fill_defaults
from sheetsales.values import Value, fold, to_text
from sheetsales_sync.intake.identity import Register, identify
from sheetsales_sync.intake.source_rows import Duplicate, Rejected, SourceRow, SourceRows
from sheetsales_sync.plan.truth import UNKNOWN, Outcome, Parent, Unknown, merge_cell
from sheetsales_sync.plan.work import letters
from sheetsales_sync.state import Change, Conflict, Record, Values

SERVICE = ("id", "updated_at", "version")
CHANGED = "The file and somebody else changed it since the file was imported last."
UNSEEN = "The file says otherwise, and it is not known what it said before."
DELETED = "The record was deleted."


def _nobody(_record: str, _column: str) -> tuple[str, datetime | None]:
    return "", None


@dataclass(frozen=True)
class ImportInput:
    """The pictures an import is planned from; nothing else is looked at.

    records: all records of the table, living and dead. view: living rows of every table a rule may look
    at. said: what this source said last, by record. book: the name under which that is kept. owner: of
    rows that name none. overwrite: the file leads (the team file), so that its values always win.
    new_id(prefix) draws a record id, new_key() the id of a conflict. now: local time, naive.
    """

    playbook: Playbook
    table: Table
    source: SourceRows
    records: Sequence[Record]
    view: Mapping[str, Sequence[Row]]
    said: Mapping[str, Values]
    book: str
    file: str
    actor: str
    now: datetime
    new_id: Callable[[str], str]
    new_key: Callable[[], str]
    owner: str = ""
    create_missing: bool = False
    overwrite: bool = False
    open_conflicts: Sequence[Conflict] = ()
    last_writer: Callable[[str, str], tuple[str, datetime | None]] = _nobody


@dataclass
class ImportPlan:
    """What an import does. absorbed: what the source says now, of the records where that changed.

    created, updated, unchanged count records; accounts_created those made by `create_missing`; clashes
    cells. view: all rows as they will stand, by which references resolve.
    """

    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    absorbed: dict[str, dict[str, Value]] = field(default_factory=dict)
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    accounts_created: int = 0
    clashes: int = 0
    duplicates: list[Duplicate] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    unresolved: list[tuple[int, str, str]] = field(default_factory=list)
    view: Tables | None = None

    def __bool__(self) -> bool:
        return bool(self.changes or self.conflicts or self.absorbed)


@dataclass(slots=True)
class _Decided:
    """One row that is taken: its record, the record's values before (None: new) and after."""

    row: SourceRow
    record: str
    before: Values | None
    after: dict[str, Value]
    edits: dict[str, Value] = field(default_factory=dict)


def plan_import(given: ImportInput) -> ImportPlan:
    """Decide what becomes of every row of a file; pure: the same pictures give the same plan."""
    return _Planner(given).plan()


class _Planner:
    def __init__(self, given: ImportInput) -> None:
        self.given = given
        self.table = given.table
        self.out = ImportPlan(duplicates=list(given.source.duplicates), rejected=list(given.source.rejected))
        self.tables = given.playbook.view(given.view, given.now, given.actor)
        self.register = Register(given.table, given.records, given.said)
        self.open = {(c.record, c.column): c for c in given.open_conflicts if c.state == "open"}
        self.decided: list[_Decided] = []
        self.unique = [c.name for c in self.table.inputs if c.unique]
        self.places = {name: f"{given.file}!{letters(index + 1)}" for name, index in given.source.places.items()}
        self.claimed: dict[tuple[str, str], int] = {}
        self.defaulted = self._defaulted_columns()

    def plan(self) -> ImportPlan:
        """Go through the rows of the file in their order."""
        out = self.out
        rows = self.given.source.rows
        completed = {row.row: self._completed(row.values) for row in rows}
        found = identify(self.register, rows, completed)
        out.duplicates.extend(found.duplicates)
        for row, record in found.rows:
            if not record:
                self._create(row, completed[row.row])
            elif self.register.records[record].deleted_op is not None:
                self._meet_dead(row, self.register.records[record])
            else:
                self._merge(row, self.register.records[record])
        view = self._with_new_rows()
        view = self._resolve(view)
        self._write(view)
        out.view = view
        out.duplicates.sort(key=lambda d: (d.row, d.kind))
        out.rejected.sort(key=lambda r: r.row)
        out.unresolved.sort()
        return out

    # ── one row ──

    def _completed(self, values: Values) -> dict[str, Value]:
        """Give a row with what its own cells and the constant defaults fill in (not the day of entry)."""
        blank: dict[str, Value] = {c.name: None for c in self.table.columns if c.name not in SERVICE}
        full: dict[str, Value] = {**blank, **values}
        fill = self.given.playbook.fill.get(self.table.name)
        if fill is not None:
            full.update({name: value for name, value in fill(full).items() if full.get(name) is None})
        today = {column.name for column in self.table.inputs if column.default == "today" and full.get(column.name) is None}
        full = fill_defaults(self.table, full, owner=self.given.owner)
        if self.given.owner and "owner" in full and full["owner"] is None:
            full["owner"] = self.given.owner
        return {**full, **dict.fromkeys(today)}

    def _defaulted_columns(self) -> frozenset[str]:
        """Name the columns in which a blank says nothing, because a new record would take a default."""
        names = {c.name for c in self.table.inputs if c.default is not None and (c.required or c.default != "today")}
        names |= {"owner"} if self.given.owner or self.table.kind in ("record", "detail") else set()
        fill = self.given.playbook.fill.get(self.table.name)
        texts = [c.name for c in self.table.inputs if c.is_text]
        for name in texts if fill is not None else ():
            row: dict[str, Value] = {**{c.name: None for c in self.table.columns}, **dict.fromkeys(texts, "x"), name: None}
            if fill is not None and fill(row).get(name) is not None:
                names.add(name)
        return frozenset(names)

    def _create(self, row: SourceRow, completed: Mapping[str, Value]) -> None:
        after = fill_defaults(self.table, completed, day=self.given.now.date())
        # A file that has the column and leaves it blank does not know the day; today's would be an invention.
        days = (c for c in self.table.inputs if c.default == "today" and not c.required)
        after.update({c.name: None for c in days if row.values.get(c.name, "") is None})
        record = self.given.new_id(self.table.prefix)
        if self._turned_down(row, record, after, set(after)):
            return
        self.decided.append(_Decided(row, record, None, after))
        self.out.created += 1
        self._absorb(record, {column.name: after.get(column.name) for column in self.table.inputs})

    def _merge(self, row: SourceRow, stored: Record) -> None:
        """Merge the cells of a row into a living record, each by what the source said last."""
        edits: dict[str, Value] = {}
        clashes: list[tuple[str, Parent, Value]] = []
        says: dict[str, Value] = {}
        agreed: list[Conflict] = []
        known = self.register.said.get(stored.id)
        for name, written in row.values.items():
            column = self.table.by_name[name]
            parent: Parent = UNKNOWN if known is None else known.get(name)
            if self.given.overwrite:
                parent = stored.values.get(name)
            silent = written is None and name in self.defaulted
            mine = parent if silent and not isinstance(parent, Unknown) else written
            says[name] = mine
            outcome = self._outcome(column, parent, mine, stored)
            if outcome is Outcome.ACCEPT:
                edits[name] = mine
            elif outcome is Outcome.CONFLICT:
                clashes.append((name, parent, mine))
            elif (stored.id, name) in self.open and same(column, mine, stored.values.get(name)):
                agreed.append(replace(self.open[stored.id, name], state="agreed"))
        after = {**stored.values, **edits}
        if self._turned_down(row, stored.id, after, set(edits)):
            return
        for name, parent, mine in clashes:
            self._clash(row, stored, name, parent, mine, UNSEEN if isinstance(parent, Unknown) else CHANGED)
        self.out.conflicts.extend(agreed)
        self.decided.append(_Decided(row, stored.id, stored.values, after, edits))
        self.out.updated += bool(edits)
        self.out.unchanged += not edits
        self._absorb(stored.id, says)

    def _outcome(self, column: Column, parent: Parent, mine: Value, stored: Record) -> Outcome:
        theirs = stored.values.get(column.name)
        if isinstance(parent, Unknown):
            if mine is None:
                return Outcome.NOTHING
            # Version 1 was never edited, so nobody has cleared this cell: filling it runs over nothing.
            if theirs is None and stored.version == 1:
                return Outcome.ACCEPT
        return merge_cell(column, parent, mine, theirs)

    def _meet_dead(self, row: SourceRow, stored: Record) -> None:
        """A deleted record stays deleted; what the file changed since is kept as a conflict."""
        known = self.register.said.get(stored.id)
        for name, mine in row.values.items():
            column = self.table.by_name[name]
            last = stored.values.get(name)
            if mine is None or same(column, mine, last) or (known is not None and same(column, mine, known.get(name))):
                continue
            self._clash(row, stored, name, UNKNOWN if known is None else known.get(name), mine, DELETED)
        self.out.unchanged += 1
        self._absorb(stored.id, dict(row.values))

    def _turned_down(self, row: SourceRow, record: str, after: Mapping[str, Value], changed: set[str]) -> bool:
        """Apply the cell rules to the changed cells; an error turns the whole row down."""
        if not changed:
            return False
        bad = [
            Rejected(row.row, f.column, to_text(after.get(f.column)) or "", f.code, f"{f.message} {f.hint}".strip())
            for f in cell_findings(self.table, {**after, "id": record}, self.tables)
            if f.severity == "error" and f.column in changed
        ]
        for name in self.unique:
            if name in changed and after.get(name) is not None and not any(b.column == name for b in bad):
                first = self.claimed.setdefault((name, fold(after[name])), row.row)
                if first != row.row:
                    header = self.table.by_name[name].header
                    bad.append(Rejected(row.row, name, to_text(after[name]) or "", "UNIQUE",
                                        f"{header}: row {first} has the same. Use another."))  # fmt: skip
        self.out.rejected.extend(bad)
        return bool(bad)

    def _clash(self, row: SourceRow, stored: Record, name: str, parent: Parent, mine: Value, reason: str) -> None:
        theirs = stored.values.get(name)
        self.out.clashes += 1
        known = self.open.get((stored.id, name))
        if known is not None and known.mine == mine and known.theirs == theirs:
            return
        if known is not None:
            self.out.conflicts.append(replace(known, state="replaced"))
        by, since = self.given.last_writer(stored.id, name)
        conflict = Conflict(
            id=self.given.new_key(), book=self.given.book, table=self.table.name, record=stored.id, column=name,
            base=None if isinstance(parent, Unknown) else parent, mine=mine, theirs=theirs, theirs_by=by, theirs_at=since,
            author=self.given.actor, reason=reason, place=self._place(row.row, name),
        )  # fmt: skip
        self.out.conflicts.append(conflict)

    def _absorb(self, record: str, says: dict[str, Value]) -> None:
        before = self.given.said.get(record)
        now = {**(before or {}), **says}
        if before is None or any(now[name] != before.get(name) for name in now):
            self.out.absorbed[record] = now

    def _place(self, row: int, column: str) -> str:
        return f"{self.places.get(column, self.given.file + '!')}{row}"

    # ── all rows together ──

    def _with_new_rows(self) -> Tables:
        """Give the view with the rows as they will stand, so that rows of one file can name each other."""
        touched: dict[str, Row] = {d.record: {**d.after, "id": d.record} for d in self.decided if d.before is None or d.edits}
        kept = [row for row in self.given.view.get(self.table.name, ()) if row["id"] not in touched]
        return self.tables.with_rows(self.table.name, [*kept, *touched.values()])

    def _resolve(self, view: Tables) -> Tables:
        """List the references that name nothing known, and make the accounts among them if asked to."""
        references = [c for c in self.table.inputs if c.type == "reference" and c.target and c.target != "people"]
        open_ones: list[tuple[int, Column, str]] = []
        known: dict[tuple[str, str], bool] = {}
        for decided in self.decided:
            for column in references:
                value = decided.row.values.get(column.name)
                if value is None:
                    continue
                key = (column.target, str(value))
                if key not in known:
                    known[key] = view.find(column.target, value) is not None
                if not known[key]:
                    open_ones.append((decided.row.row, column, str(value)))
        made: dict[str, Row] = {}
        for row, column, text in open_ones:
            if self.given.create_missing and column.target == "accounts":
                made.setdefault(fold(text), self._new_account(row, text) if fold(text) not in made else {})
            else:
                self.out.unresolved.append((row, column.name, text))
        if not made:
            return view
        self.out.accounts_created = len(made)
        return view.with_rows("accounts", [*view.rows("accounts"), *made.values()])

    def _new_account(self, row: int, text: str) -> Row:
        accounts = self.given.playbook.tables["accounts"]
        values = fill_defaults(accounts, {"name": text.strip()}, day=self.given.now.date())
        record = self.given.new_id(accounts.prefix)
        rule = self.given.playbook.compute.get("accounts")
        if rule is not None:
            values.update(rule({**dict.fromkeys(accounts.by_name), **values, "id": record}, self.tables))
        place = f"{self.given.file}!{row}"
        self.out.changes.extend(
            Change("accounts", record, name, None, value, "create", place) for name, value in values.items() if value is not None
        )
        return {**values, "id": record}

    def _write(self, view: Tables) -> None:
        """Turn what was decided into history rows, the computed columns with them."""
        for decided in self.decided:
            if decided.before is not None and not decided.edits:
                continue
            computed = self._computed(decided, view)
            kind = "create" if decided.before is None else "set"
            before: Values = decided.before or {}
            for column in self.table.columns:
                name = column.name
                new = computed.get(name, decided.after.get(name))
                old = before.get(name)
                changed = (new is not None) if decided.before is None else (name in decided.edits or name in computed)
                if name in SERVICE or not changed or (decided.before is not None and name in computed and same(column, old, new)):
                    continue
                self.out.changes.append(
                    Change(self.table.name, decided.record, name, old, new, kind, self._place(decided.row.row, name))
                )
            self._log(decided, computed, view)

    def _log(self, decided: _Decided, computed: Mapping[str, Value], view: Tables) -> None:
        """Write the log row that follows, such as the stage a deal came in with; a new record has nothing before it."""
        rule = self.given.playbook.log.get(self.table.name)
        if rule is None:
            return
        before: Row = {**decided.before, "id": decided.record} if decided.before is not None else {}
        after: Row = {**decided.after, **computed, "id": decided.record}
        new = rule(before, after, view)
        if new is None:
            return
        record = self.given.new_id(self.given.playbook.tables[new.table].prefix)
        values = {**new.values, "owner": after.get("owner"), "team": after.get("team")}
        place = f"{self.given.file}!{decided.row.row}"
        self.out.changes.extend(
            Change(new.table, record, name, None, value, "create", place) for name, value in values.items() if value is not None
        )

    def _computed(self, decided: _Decided, view: Tables) -> dict[str, Value]:
        found: dict[str, Value] = {}
        row = {**decided.after, "id": decided.record}
        if "team" in self.table.by_name and self.table.by_name["team"].computed:
            person = view.person(decided.after.get("owner"))
            found["team"] = person.get("team") if person is not None else None
        rule = self.given.playbook.compute.get(self.table.name)
        if rule is not None:
            found.update(rule({**row, **found}, view))
        return found
