"""Which record a row of a file stands for: by our id, its external id, what the file said before, its natural key.

Never a guess: where two records, or two rows, answer to one key, both are listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sheetsales.columns import same
from sheetsales.process import Table
from sheetsales.values import Value, fold, to_text
from sheetsales_sync.intake.source_rows import Duplicate, SourceRow
from sheetsales_sync.state import Record, Values

REPEATED: Final = "repeated"  # to the letter
SAME_ID: Final = "same id"
SAME_EXTERNAL_ID: Final = "same external_id"  # different content; the last one wins
POSSIBLE: Final = "possible duplicate"  # under one natural key; nothing is guessed
Key = tuple[str, tuple[str, ...]]


@dataclass
class Identified:
    """Rows with the record each stands for; "" where it is a new one. Rows that stay out are not among them."""

    rows: list[tuple[SourceRow, str]] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)


def every_key(table: Table, values: Mapping[str, Value]) -> list[Key]:
    """Give all natural keys of a row whose columns are filled, best first."""
    found: list[Key] = []
    for names in table.key:
        parts = tuple(fold(values[name]) if values.get(name) is not None else "" for name in names)
        if all(parts):
            found.append(("+".join(names), parts))
    return found


class Register:
    """The records of a table, found by external id, by natural key and by what the file said last."""

    def __init__(self, table: Table, records: Sequence[Record], said: Mapping[str, Values]) -> None:
        self.table = table
        self.records = {record.id: record for record in records}
        self.said = {record: values for record, values in said.items() if record in self.records}
        self._by_external: dict[str, list[str]] = defaultdict(list)
        self._by_folded: dict[str, list[str]] = defaultdict(list)
        self._by_key: dict[Key, list[str]] = defaultdict(list)
        self._said_by_key: dict[Key, list[str]] = defaultdict(list)
        self._said_external: dict[str, list[str]] = defaultdict(list)
        self._said_by_part: dict[str, dict[tuple[str, ...], list[str]]] = {}
        for record in sorted(records, key=lambda r: (r.deleted_op is not None, r.id)):
            external = record.values.get("external_id")
            if external is not None:
                self._by_external[str(external).strip()].append(record.id)
                self._by_folded[fold(external)].append(record.id)
            if record.deleted_op is None:
                for key in every_key(table, record.values):
                    self._by_key[key].append(record.id)
        for record_id, values in self.said.items():
            if values.get("external_id") is not None:
                self._said_external[str(values["external_id"]).strip()].append(record_id)
            for key in every_key(table, values):
                self._said_by_key[key].append(record_id)

    def by_external_id(self, text: str, spoken: frozenset[str]) -> str:
        """Give the record of an external id: exact first, else the only one that differs in case alone.

        spoken: all external ids of the file; one that another row names is not taken by case.
        """
        exact = self._by_external.get(text) or self._said_external.get(text) or []
        if exact:
            return exact[0]
        near = [r for r in self._by_folded.get(fold(text), []) if self._external(r) not in spoken]
        return near[0] if len(near) == 1 else ""

    def _external(self, record: str) -> str:
        return str(self.records[record].values["external_id"]).strip()

    def by_key(self, values: Mapping[str, Value]) -> list[str]:
        """Give the records under a row's natural key: what the file itself said first, else the store.

        A weaker key (the phone) never joins two rows whose better key (the e-mail) differs.
        """
        keys = every_key(self.table, values)
        for place, key in enumerate(keys):
            better = dict(keys[:place])
            said = [r for r in self._said_by_key.get(key, []) if not _differs(self.table, better, self.said[r])]
            if said:
                return said
            found = [r for r in self._by_key.get(key, []) if not _differs(self.table, better, self.records[r].values)]
            if found:
                return found
        return []

    def by_part(self, key: Key) -> list[str]:
        """Give the records of which the file said the same in the columns of a key that is not whole."""
        names = key[0].split("+")
        if key[0] not in self._said_by_part:
            index: dict[tuple[str, ...], list[str]] = defaultdict(list)
            for record, values in sorted(self.said.items()):
                index[tuple(fold(to_text(values.get(name)) or "") for name in names)].append(record)
            self._said_by_part[key[0]] = index
        return self._said_by_part[key[0]].get(key[1], [])


def _differs(table: Table, better: Mapping[str, tuple[str, ...]], values: Mapping[str, Value]) -> bool:
    return any(better.get(kind, parts) != parts for kind, parts in every_key(table, values))


def identify(register: Register, rows: Sequence[SourceRow], completed: Mapping[int, Mapping[str, Value]]) -> Identified:
    """Say for each row which record it stands for.

    completed: by row number, the values with what a new record would have filled in (for its key).
    """
    found = Identified()
    rest: list[SourceRow] = []
    owners: dict[int, str] = {}
    rows = _last_ones(register, rows, owners, found)
    spoken = frozenset(str(row.values["external_id"]).strip() for row in rows if row.values.get("external_id") is not None)
    taken = set(owners.values())
    for row in rows:
        external = row.values.get("external_id")
        if row.row in owners:
            continue
        if external is None:
            rest.append(row)
            continue
        record = register.by_external_id(str(external).strip(), spoken)
        if record and record not in taken:
            owners[row.row] = record
            taken.add(record)
    _link_by_key(register, rows, completed, owners, taken, found)
    out = _by_natural_key(register, rest, completed, owners, taken, found)
    found.rows = [(row, owners.get(row.row, "")) for row in rows if row.row not in out]
    found.duplicates.sort(key=lambda d: (d.row, d.kind))
    return found


def _last_ones(register: Register, rows: Sequence[SourceRow], owners: dict[int, str], found: Identified) -> list[SourceRow]:
    """Leave only the last row of each id and of each external id; list the others."""
    first: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], int] = {}
    marks: dict[int, tuple[str, str]] = {}
    for row in rows:
        external = row.values.get("external_id")
        if row.id and row.id in register.records:
            mark = (SAME_ID, row.id)
            owners[row.row] = row.id
        elif external is not None and str(external).strip():
            mark = (SAME_EXTERNAL_ID, str(external).strip())
        else:
            continue
        marks[row.row] = mark
        if mark in first:
            found.duplicates.append(Duplicate(row.row, first[mark], mark[0]))
        first.setdefault(mark, row.row)
        last[mark] = row.row
    kept = [row for row in rows if row.row not in marks or last[marks[row.row]] == row.row]
    for number in set(owners) - {row.row for row in kept}:
        del owners[number]
    return kept


def _link_by_key(
    register: Register,
    rows: Sequence[SourceRow],
    completed: Mapping[int, Mapping[str, Value]],
    owners: dict[int, str],
    taken: set[str],
    found: Identified,
) -> None:
    """Link a row with a new external id to the one record under its key that has none yet.

    Where that record has another external id, the row is a record of its own; if the key is a single
    column (an e-mail, a name), that is listed.
    """
    strangers = [row for row in rows if row.row not in owners and row.values.get("external_id") is not None]
    claims: dict[str, list[SourceRow]] = defaultdict(list)
    for row in strangers:
        candidates = register.by_key(completed[row.row])
        for record in candidates:
            claims[record].append(row)
    for record, claimants in claims.items():
        free = register.records[record].values.get("external_id") is None and record not in taken
        if free and len(claimants) == 1 and register.by_key(completed[claimants[0].row]) == [record]:
            owners[claimants[0].row] = record
            taken.add(record)
            continue
        for row in claimants:
            keys = every_key(register.table, completed[row.row])
            if row.row not in owners and keys and len(keys[0][1]) == 1:
                found.duplicates.append(Duplicate(row.row, None, POSSIBLE))


def _by_natural_key(
    register: Register,
    rows: Sequence[SourceRow],
    completed: Mapping[int, Mapping[str, Value]],
    owners: dict[int, str],
    taken: set[str],
    found: Identified,
) -> set[int]:
    """Resolve the rows without an external id; give the numbers of those that stay out."""
    out: set[int] = set()
    groups: dict[Key, list[SourceRow]] = defaultdict(list)
    partial: dict[Key, list[SourceRow]] = defaultdict(list)
    for row in rows:
        if row.row in owners:
            continue
        keys = every_key(register.table, completed[row.row])
        if keys:
            groups[keys[0]].append(row)
        else:
            partial[_partial_key(register.table, row.values)].append(row)
    for group in groups.values():
        candidates = [r for r in register.by_key(completed[group[0].row]) if r not in taken]
        _settle(register, group, candidates, owners, taken, found, out)
    for key, group in partial.items():
        said = [record for record in register.by_part(key) if record not in taken]
        _settle(register, group, said, owners, taken, found, out, listed=False)
    return out


def _settle(
    register: Register,
    group: list[SourceRow],
    candidates: list[str],
    owners: dict[int, str],
    taken: set[str],
    found: Identified,
    out: set[int],
    *,
    listed: bool = True,
) -> None:
    """Give the rows under one key their records; those that cannot be told apart stay out, listed."""
    first = group[0].row
    if len(group) > 1 and listed:
        found.duplicates.extend(Duplicate(row.row, first, POSSIBLE) for row in group[1:])
    open_rows = []
    for row in group:
        exact = next((r for r in candidates if r not in taken and _says_the_same(register, row, r)), "")
        if exact:
            owners[row.row] = exact
            taken.add(exact)
        else:
            open_rows.append(row)
    candidates = [r for r in candidates if r not in taken]
    if not open_rows or not candidates:
        return
    if len(open_rows) == 1 and len(candidates) == 1:
        owners[open_rows[0].row] = candidates[0]
        taken.add(candidates[0])
        return
    for row in open_rows:
        out.add(row.row)
        if row.row == first or not listed:
            found.duplicates.append(Duplicate(row.row, None, POSSIBLE))


def _says_the_same(register: Register, row: SourceRow, record: str) -> bool:
    """Say whether a row says nothing that the file did not say before, or that the store does not hold."""
    known = register.said.get(record, register.records[record].values)
    by_name = register.table.by_name
    return all(value is None or same(by_name[name], value, known.get(name)) for name, value in row.values.items())


def _partial_key(table: Table, values: Mapping[str, Value]) -> Key:
    """Give what a row without a whole key has of it; all its values where it has nothing of it."""
    names = [name for name in (table.key[0] if table.key else ()) if values.get(name) is not None]
    names = names or sorted(name for name, value in values.items() if value is not None)
    return "+".join(names), tuple(fold(to_text(values[name])) for name in names)
