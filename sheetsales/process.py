"""The vocabulary in which a sales process is written down: tables, checks, actions, measures.

A process file is data plus a few pure functions in these words. Nothing here knows a process.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal, TypeVar, cast

from sheetsales.columns import Column, DateTime, Email, Id, Integer, Text
from sheetsales.document import Document
from sheetsales.values import Value, fold

T = TypeVar("T")
Row = Mapping[str, Value]  # one record: canonical values by column name, and "id"
Severity = Literal["error", "warning", "note", "gate"]
Kind = Literal["record", "detail", "shared", "library", "log"]
KINDS: Final = ("record", "detail", "shared", "library", "log")
DELETE: Final = "Delete"  # the choice of the Action column that marks a row
ACTION_HEADER: Final = "Action"


@dataclass(frozen=True)
class Table:
    """One table of a process: one tab, one typed table of the store.

    prefix: of its ids. kind: "record" and "detail" belong to an owner; "shared" is everybody's;
        "library" is edited by operations and read by all; "log" is appended by the store alone.
    key: natural keys, best first; each a tuple of column names (see `processes`, identity).
    label: the column whose text names a record in references.
    for_managers: whether only members who lead others have it in their workbook. also_with: processes whose
        members get the table too, for work that two roles share.
    """

    name: str
    title: str
    prefix: str
    own_columns: tuple[Column, ...]
    kind: Kind = "record"
    key: tuple[tuple[str, ...], ...] = ()
    label: str = "name"
    help: str = ""
    custom_columns: tuple[Column, ...] = ()
    for_managers: bool = False
    also_with: tuple[str, ...] = ()

    @property
    def owned(self) -> bool:
        """Say whether every record belongs to a member (may be blank in a shared table)."""
        return self.kind in ("record", "detail", "log") or self.name in ("accounts", "contacts")

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns in the order a rep sees them, the id first and hidden."""
        owner: tuple[Column, ...] = ()
        if self.owned:
            owner = (
                Email(
                    "owner",
                    "Owner",
                    required=self.kind in ("record", "detail"),
                    target="people",
                    computed="service" if self.kind == "log" else "",
                    help="E-mail of the member who works this row.",
                ),
                Text("team", "Team", computed="row", help="The owner's team."),
            )
        return (
            Id("id", "ID", computed="service"),
            *self.own_columns,
            *self.custom_columns,
            *owner,
            Text("note", "Note", help="Yours. No action ever writes here."),
            Text("external_id", "External ID", help="The key in the system the row came from."),
            DateTime("updated_at", "Updated at", computed="service"),
            Integer("version", "Version", computed="service"),
        )

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that people fill."""
        return tuple(column for column in self.columns if not column.computed)

    def column(self, name: str) -> Column:
        """Give a column by name; KeyError if there is none."""
        return self.by_name[name]


# ── findings ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something about one row that a person should look at; a value, never an exception."""

    table: str
    record: str
    column: str
    code: str
    severity: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Check:
    """One row rule. `rule(row, tables)` gives nothing (fine), True, or the words for the message.

    reads: the columns the rule looks at; the first is where the finding is shown.
    rule: may also give a list of word mappings: one finding each; a mapping may hold "column" and
        "hint" to override. severity "gate" refuses an action; what is typed past it is a warning.
    """

    code: str
    severity: Severity
    table: str
    reads: tuple[str, ...]
    message: str
    hint: str
    rule: Callable[[Row, Tables], object]

    def findings(self, row: Row, tables: Tables) -> list[Finding]:
        """Apply the rule to one row."""
        found = self.rule(row, tables)
        if not found:
            return []
        severity = "warning" if self.severity == "gate" else self.severity
        words: Sequence[Mapping[str, object]]
        words = [{}] if found is True else ([found] if isinstance(found, Mapping) else list(found))  # type: ignore[call-overload]
        return [
            Finding(
                self.table,
                str(row["id"]),
                str(word.get("column", self.reads[0])),
                self.code,
                severity,
                self.message.format_map(word) if word else self.message,
                str(word.get("hint", self.hint)),
            )
            for word in words
        ]


def check(
    code: str, severity: Severity, table: str, *reads: str, hint: str = ""
) -> Callable[[Callable[[Row, Tables], object]], Check]:
    """Turn a function into a Check; the first line of its docstring is the message."""

    def wrap(rule: Callable[[Row, Tables], object]) -> Check:
        message = inspect.cleandoc(rule.__doc__ or "").split("\n")[0]
        return Check(code, severity, table, reads, message, hint, rule)

    return wrap


# ── actions ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Parameter:
    """One thing a button asks for. type is a column type; unit is for people ("hours")."""

    name: str
    type: str = "number"
    default: Value = None
    unit: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """One cell that an action writes."""

    table: str
    record: str
    column: str
    value: Value


@dataclass(frozen=True, slots=True)
class NewRow:
    """One record that an action makes; the runner draws its id."""

    table: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that an action turned down, and why."""

    table: str
    record: str
    message: str


@dataclass(frozen=True)
class Patch:
    """What an action wants done: pure data, so that a dry run can print it.

    documents: for customers; whoever runs the action writes their files once the rest is in the store.
    """

    edits: tuple[Edit, ...] = ()
    new: tuple[NewRow, ...] = ()
    refused: tuple[Refusal, ...] = ()
    message: str = ""
    rows_read: int = 0
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True)
class Request:
    """What a button hands to its action: the selected records (empty: all) and the parameters."""

    records: tuple[str, ...] = ()
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """One button. `plan(tables, request)` is pure: the same rows twice give the same patch."""

    name: str
    label: str
    tables: tuple[str, ...]
    plan: Callable[[Tables, Request], Patch]
    parameters: tuple[Parameter, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Todo:
    """One line of "what to do next today" on the Start tab.

    due: the day it is due (None: any time). text: what to do, in a few words. why: the reason.
    weight: the larger, the higher among lines of one day.
    """

    table: str
    record: str
    due: date | None
    text: str
    why: str
    weight: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tile:
    """One live figure of the Start tab: it counts the rows that meet `where`, or adds up a column.

    where: (column, "is" | "is not" | "before" | "filled" | "blank", word); all must hold; texts are
    compared trimmed and case-folded; "before" takes the word "today". total: a column to add up.
    """

    label: str
    table: str
    where: tuple[tuple[str, str, str], ...] = ()
    total: str = ""

    def value(self, rows: Iterable[Row], today: date) -> Decimal | int:
        """Give the figure over these rows on this day."""
        hits = [row for row in rows if all(self._holds(row.get(name), how, word, today) for name, how, word in self.where)]
        if not self.total:
            return len(hits)
        amounts = (row.get(self.total) for row in hits)
        return sum((Decimal(amount) for amount in amounts if isinstance(amount, (int, Decimal))), Decimal(0))

    @staticmethod
    def _holds(value: Value, how: str, word: str, today: date) -> bool:
        if how in ("filled", "blank"):
            return (value is not None) == (how == "filled")
        if how == "before":
            day = value.date() if isinstance(value, datetime) else value
            return isinstance(day, date) and day < today
        return (value is not None and fold(value) == fold(word)) == (how == "is")


# ── measures ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure: part ÷ whole where it is a share, else the value; n rows stand behind it.

    records: ids of the rows behind it, so that every figure opens its rows.
    """

    value: Decimal | None
    n: int
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """One measure of a process; kind is activity, quality or result.

    compute(tables, start, end): rows are those of `tables`; days from start to end, both included.
    """

    kind: Literal["activity", "quality", "result"]
    name: str
    text: str
    unit: str
    compute: Callable[[Tables, date, date], Figure]


def share(part: Iterable[Row], whole: Iterable[Row]) -> Figure:
    """Give the share of rows; no whole gives no value, never a division by zero."""
    parts, wholes = list(part), list(whole)
    value = (Decimal(len(parts)) / len(wholes)).quantize(Decimal("0.000001")) if wholes else None
    return Figure(value, len(wholes), tuple(str(row["id"]) for row in parts))


# ── policy and process ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Policy:
    """A number (or word) a manager could argue about, with its unit and reason.

    minimum, maximum: what a team may set it to, both included; a share ends at 1. choices: the only values.
    """

    name: str
    value: Decimal | int | str
    unit: str = ""
    reason: str = ""
    minimum: Decimal | int | None = 0
    maximum: Decimal | int | None = None
    choices: tuple[Decimal | int | str, ...] = ()

    @property
    def highest(self) -> Decimal | int | None:
        """The largest value, None where there is no end."""
        return 1 if self.maximum is None and self.unit == "share" else self.maximum

    @property
    def whole(self) -> bool:
        """Whether it is a whole number: things that are counted, but not shares, hours, money and multiples."""
        return isinstance(self.value, int) and self.unit.split(" ")[0] not in ("share", "hours", "money", "times")


def numbers(process: str, policy: Iterable[Policy]) -> Callable[[Tables, str], Decimal]:
    """Give the function that looks up a number of this policy: the team's own, else the default here."""
    defaults = {entry.name: entry.value for entry in policy}

    def number(tables: Tables, name: str) -> Decimal:
        return Decimal(tables.policy.get(f"{process}.{name}", defaults[name]))

    return number


def policy_number(tables: Tables, name: str) -> Decimal:
    """Give a number of the policy by its full name, process.name; the view was made by a playbook, which knows them all."""
    return Decimal(tables.policy[name])


@dataclass(frozen=True)
class Process:
    """One sales process: the single place where it is written down.

    key: the name of its file. stages: its steps in words. inputs, outputs: what goes in and out.
    defaults: rows a new workspace starts with, by table (question library, stages, ...).
    compute: by table, the function that gives the columns computed from the row itself ("row").
    fill: by table, the function that gives values for blank cells of a NEW row.
    log: by table, the function that gives the log row of a change, from the record before and after it; a
        new record has an empty row before it.
    today: the lines of this process for the Start tab, from the member's own rows; tiles: its figures.
    """

    key: str
    name: str
    title: str
    order: int
    definition: str
    purpose: str
    question: str
    owner_role: str
    cadence: str
    inputs: str
    outputs: str
    stages: tuple[str, ...]
    tables: tuple[Table, ...]
    checks: tuple[Check, ...] = ()
    actions: tuple[Action, ...] = ()
    measures: tuple[Measure, ...] = ()
    policy: tuple[Policy, ...] = ()
    defaults: Mapping[str, tuple[Mapping[str, Value], ...]] = field(default_factory=dict)
    compute: Mapping[str, Callable[[Row, Tables], Mapping[str, Value]]] = field(default_factory=dict)
    log: Mapping[str, Callable[[Row, Row, Tables], NewRow | None]] = field(default_factory=dict)
    today: Callable[[Tables], Sequence[Todo]] | None = None
    tiles: tuple[Tile, ...] = ()
    fill: Mapping[str, Callable[[Row], Mapping[str, Value]]] = field(default_factory=dict)
    version: str = "1"


class Tables:
    """A read-only view of many tables' rows at one moment, with look-ups; what a rule may see.

    now: naive local time of the workspace. me: e-mail of the member at work. policy: by
    "process.name", defaults already merged with the team's own. learned: by process, what was learned
    outside these rows (a model), in words of the process.
    """

    def __init__(
        self,
        rows: Mapping[str, Sequence[Row]],
        *,
        now: datetime,
        me: str = "",
        policy: Mapping[str, Decimal | int | str] | None = None,
        labels: Mapping[str, str] | None = None,
        keys: Mapping[str, tuple[str, ...]] | None = None,
        learned: Mapping[str, object] | None = None,
    ) -> None:
        self._rows = rows
        self.now = now
        self.me = me
        self.policy = dict(policy or {})
        self.learned = dict(learned or {})
        self._labels = dict(labels or {})
        self._keys = dict(keys or {})
        self._by_id: dict[str, dict[str, Row]] = {}
        self._by_value: dict[tuple[str, str], dict[str, list[Row]]] = {}
        self._made: dict[str, object] = {}

    @property
    def today(self) -> date:
        """The day of `now`."""
        return self.now.date()

    def rows(self, table: str) -> Sequence[Row]:
        """Give all rows of a table; none where the table is not there."""
        return self._rows.get(table, ())

    def get(self, table: str, record: str) -> Row | None:
        """Give a row by its id."""
        if table not in self._by_id:
            self._by_id[table] = {str(row["id"]): row for row in self.rows(table)}
        return self._by_id[table].get(record)

    def where(self, table: str, column: str, value: Value) -> list[Row]:
        """Give the rows whose column holds this value (compared trimmed and case-folded)."""
        if value is None:
            return []
        index = self._by_value.get((table, column))
        if index is None:
            index = {}
            for row in self.rows(table):
                if row.get(column) is not None:
                    index.setdefault(fold(row[column]), []).append(row)
            self._by_value[table, column] = index
        return index.get(fold(value), [])

    def find(self, table: str, text: Value) -> Row | None:
        """Resolve a reference: by id, external id, `name [external id]`, else by a key of one column
        (an e-mail, a sku) or the label, where that names one row only.
        """
        if text is None:
            return None
        words = str(text).strip()
        exact = self.get(table, words)
        if exact is not None:
            return exact
        if words.endswith("]") and " [" in words:
            hits = self.where(table, "external_id", words[words.rindex(" [") + 2 : -1])
            if len(hits) == 1:
                return hits[0]
        hits = self.where(table, "external_id", words)
        if len(hits) == 1:
            return hits[0]
        label = self._labels.get(table, "name")
        for column in dict.fromkeys((*self._keys.get(table, ()), label)):
            hits = self.where(table, column, words)
            if len(hits) == 1:
                return hits[0]
        return None

    def same_key(self, table: str, text: Value) -> str:
        """Give what two references to one row have in common: its id, else the folded text; "" for a blank."""
        if text is None:
            return ""
        row = self.find(table, text)
        return fold(text) if row is None else str(row["id"])

    def children(self, table: str, column: str, parent: str, row: Row) -> list[Row]:
        """Give the rows of `table` whose reference `column` means this row of the table `parent`, in their order."""
        index = self.once(f"children {table}.{column}", lambda view: view._grouped(table, column, parent))
        return index.get(str(row["id"]), [])

    def _grouped(self, table: str, column: str, parent: str) -> dict[str, list[Row]]:
        groups: dict[str, list[Row]] = {}
        for row in self.rows(table):
            if row.get(column) is not None:
                groups.setdefault(self.same_key(parent, row[column]), []).append(row)
        return groups

    def once(self, name: str, make: Callable[[Tables], T]) -> T:
        """Give what `make` derives from this view, made when first asked for; `name` says which."""
        if name not in self._made:
            self._made[name] = make(self)
        return cast("T", self._made[name])

    def person(self, email: Value) -> Row | None:
        """Give a member by e-mail address."""
        hits = self.where("people", "email", email)
        return hits[0] if hits else None

    def with_rows(self, table: str, rows: Sequence[Row]) -> Tables:
        """Give the same view with other rows for one table."""
        rows_now = {**self._rows, table: rows}
        return Tables(
            rows_now, now=self.now, me=self.me, policy=self.policy, labels=self._labels, keys=self._keys, learned=self.learned
        )


class Playbook:
    """A team's whole definition: the processes, the shared tables, custom columns and policy."""

    def __init__(
        self,
        processes: Sequence[Process],
        *,
        custom: Mapping[str, Sequence[Column]] | None = None,
        policy: Mapping[str, Decimal | int | str] | None = None,
    ) -> None:
        custom = custom or {}
        self.processes = tuple(
            replace(
                p, tables=tuple(replace(t, custom_columns=tuple(custom[t.name])) if t.name in custom else t for t in p.tables)
            )
            for p in sorted(processes, key=lambda p: p.order)
        )
        self.tables: dict[str, Table] = {t.name: t for p in self.processes for t in p.tables}
        self.process_of: dict[str, Process] = {t.name: p for p in self.processes for t in p.tables}
        self.by_key: dict[str, Process] = {p.key: p for p in self.processes}
        self.actions: dict[str, Action] = {a.name: a for p in self.processes for a in p.actions}
        self.policies: dict[str, Policy] = {f"{p.key}.{q.name}": q for p in self.processes for q in p.policy}
        self.policy: dict[str, Decimal | int | str] = {name: entry.value for name, entry in self.policies.items()}
        self.policy.update(policy or {})
        self.learned: dict[str, object] = {}
        self.checks: dict[str, tuple[Check, ...]] = {
            name: tuple(c for p in self.processes for c in p.checks if c.table == name) for name in self.tables
        }
        self.labels: dict[str, str] = {name: table.label for name, table in self.tables.items()}
        self.keys: dict[str, tuple[str, ...]] = {
            name: tuple(key[0] for key in table.key if len(key) == 1) for name, table in self.tables.items()
        }
        self.prefixes: dict[str, str] = {table.prefix: name for name, table in self.tables.items()}
        self.log: dict[str, Callable[[Row, Row, Tables], NewRow | None]] = {
            name: rule for p in self.processes for name, rule in p.log.items()
        }
        self.fill: dict[str, Callable[[Row], Mapping[str, Value]]] = {
            name: rule for p in self.processes for name, rule in p.fill.items()
        }
        self.compute: dict[str, Callable[[Row, Tables], Mapping[str, Value]]] = {
            name: rule for p in self.processes for name, rule in p.compute.items()
        }

    def table(self, name: str) -> Table:
        """Give a table by name; KeyError if there is none."""
        return self.tables[name]

    def view(self, rows: Mapping[str, Sequence[Row]], now: datetime, me: str = "") -> Tables:
        """Give a Tables view with this playbook's policy and labels."""
        return Tables(rows, now=now, me=me, policy=self.policy, labels=self.labels, keys=self.keys, learned=self.learned)
