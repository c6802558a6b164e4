"""Managers' consolidations: from the store or straight from workbooks, tied out row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final

from sheetsales.errors import UnknownMember, UnknownName
from sheetsales.process import Playbook, Row, Tables
from sheetsales.roles import OWN_KINDS, assignment, member_profile
from sheetsales.rollup import (
    LOST,
    OPEN,
    PEOPLE_COLUMNS,
    WON,
    Counted,
    GroupRow,
    in_currency,
    key_of,
    known_columns,
    outcome_of,
    roll_up,
)
from sheetsales.values import cents, fold, to_text
from sheetsales_sync.access import everything, scope_of
from sheetsales_sync.outlook import BRIDGE_DAYS, Outlook, look_ahead
from sheetsales_sync.state import Record, Scope

DEFAULT_BY: Final = (("manager", "close_quarter"), ("close_quarter",), ("owner",), ("stage",))
TABLE: Final = "opportunities"
ACCOUNTS: Final = "accounts"


@dataclass(frozen=True)
class RejectedRow:
    """What is not in the figures as it was typed, where it stands and why. state: what became of it."""

    book: str
    sheet: str
    cell: str
    reason: str
    state: str = "not counted"

    def document(self) -> dict[str, str]:
        """Give it as the contract words it."""
        return {"book": self.book, "sheet": self.sheet, "cell": self.cell, "reason": self.reason}


@dataclass
class Source:
    """What a roll-up counts, and what it is counted against.

    read: rows that were read. total: their amounts, added up apart from the grouping.
    refused: rows that are not counted. members: people who should appear, with zeros if need be. before: a day
    and the opportunities as they stood at its end, amounts in the wanted currency. whole: whether `tables`
    holds the members' rows of all processes.
    """

    counted: list[Counted] = field(default_factory=list)
    refused: list[RejectedRow] = field(default_factory=list)
    remarks: list[RejectedRow] = field(default_factory=list)
    read: int = 0
    total: Decimal = Decimal(0)
    refused_total: Decimal = Decimal(0)
    tables: Tables | None = None
    scope: Scope | None = None
    freshness: list[tuple[str, str, str, str]] = field(default_factory=list)
    before: tuple[date, list[Row]] | None = None
    whole: bool = False


@dataclass(frozen=True)
class RollUp:
    """The finished figures, as values."""

    as_of: date
    currency: str
    groups: tuple[tuple[tuple[str, ...], tuple[GroupRow, ...]], ...]
    total: GroupRow
    source: Source
    difference: Decimal
    outlook: Outlook

    def document(self) -> dict[str, Any]:
        """Give the JSON of the contract."""
        return {
            "as_of": self.as_of.isoformat(),
            "currency": self.currency,
            "groups": [{"by": list(by), "rows": [row.document(by) for row in rows]} for by, rows in self.groups],
            "total": self.total.document(()),
            "reconciliation": {
                "rows_read": self.source.read,
                "rows_counted": len(self.source.counted),
                "rows_rejected": len(self.source.refused),
                "difference": format(self.difference, "f"),
            },
            "rejected": [r.document() for r in (*self.source.refused, *self.source.remarks)],
            **self.outlook.document(),
        }


def make_roll_up(playbook: Playbook, source: Source, groupings: Sequence[Sequence[str]], *, as_of: date, currency: str) -> RollUp:
    """Group a source; the difference is what the groups and the refused rows leave unexplained."""
    assert source.tables is not None
    columns = {name: [c.name for c in playbook.tables[name].columns] for name in (TABLE, "accounts", "products")}
    known = set(known_columns(columns))
    for name in (n for by in groupings for n in by):
        if name not in known:
            raise UnknownName(f"'{name}' is not a column to group by.", f"Columns: {', '.join(sorted(known))}.")
    probabilities = stage_probabilities(source.tables)
    groups = []
    worst = Decimal(0)
    for by in groupings or DEFAULT_BY:
        rows = roll_up(source.counted, by, source.tables, probabilities, _silent_members(source, by, columns))
        groups.append((tuple(by), tuple(rows)))
        added = sum((r.open_amount + r.won_amount + r.lost_amount for r in rows), Decimal(0))
        gap = source.total - source.refused_total - added
        worst = gap if abs(gap) > abs(worst) else worst
    (total,) = roll_up(source.counted, (), source.tables, probabilities, [()])
    if worst:
        source.remarks.extend(_where_it_differs(source))
    return RollUp(
        as_of,
        currency,
        tuple(groups),
        total,
        source,
        worst.quantize(Decimal("0.01")) if worst == cents(worst) else worst,
        _outlook(playbook, source, as_of, currency),
    )


def _outlook(playbook: Playbook, source: Source, as_of: date, currency: str) -> Outlook:
    """Look ahead from the day asked for, over the rows that are counted."""
    assert source.tables is not None
    tables = source.tables
    rows: dict[str, Sequence[Row]] = {name: tables.rows(name) for name in playbook.tables}
    rows[TABLE] = [_as_counted(c) for c in source.counted]
    past = as_of < tables.today
    now = datetime.combine(as_of, time(23, 59)) if past else tables.now
    owners = {to_text(c.row.get("owner")) or "" for c in source.counted} - {""}
    members = list({fold(email): email for email in (*_sellers(source), *sorted(owners))}.values())
    people = [p for p in tables.rows("people") if source.scope is None or source.scope.covers(p.get("email"))]
    used = None if past or not source.whole else (tables, people)
    return look_ahead(playbook, playbook.view(rows, now), sorted(members, key=fold), source.before, currency=currency, used=used)


def _as_counted(counted: Counted) -> Row:
    """Give an opportunity as it is counted; one whose stage of that day is not known has neither probability nor category."""
    row = {**counted.row, "amount": counted.amount, "ccy": None, "outcome": counted.outcome}
    return {**row, "p_win": None, "forecast_category": None} if row.get("stage") == OPEN else row


def _where_it_differs(source: Source) -> list[RejectedRow]:
    """List the rows whose amount is not what was added up for it, each with its part of the difference."""
    found = []
    for entry in source.counted:
        part = entry.amount - cents(entry.amount)
        if part:
            reason = f"{entry.row['id']}: the amount {entry.amount} is no whole cents; {part} of it is in no group."
            found.append(RejectedRow(entry.book, entry.sheet, entry.cell, reason, "counted in part"))
    return found


def stage_probabilities(tables: Tables) -> dict[str, Decimal]:
    """Give the probability of each stage by its name."""
    found = ((str(row.get("name")), row.get("probability")) for row in tables.rows("stages"))
    return {name: chance for name, chance in found if isinstance(chance, Decimal)}


def _silent_members(source: Source, by: Sequence[str], columns: Mapping[str, Sequence[str]]) -> list[tuple[str | None, ...]]:
    """Give the groups of members who sell and have no row, where the grouping is by people only."""
    if source.tables is None or "owner" not in by or not set(by) <= set(PEOPLE_COLUMNS) or TABLE not in columns:
        return []
    return [tuple(key_of(name, {"owner": email}, source.tables) for name in by) for email in _sellers(source)]


def _sellers(source: Source) -> list[str]:
    """Give the addresses of the active members of the scope whose role has opportunities and leads nobody."""
    found: list[str] = []
    if source.tables is None:
        return found
    for person in source.tables.rows("people"):
        active = fold(person.get("active") or "yes") != "no"
        inside = source.scope is None or source.scope.covers(person.get("email"))
        who = member_profile(person, source.tables)
        if active and inside and not who.manages and assignment(who, TABLE) != "Off":
            found.append(str(person.get("email")))
    return found


# ── from the store ───────────────────────────────────────────────────────────────────────────────


def from_store(
    tx: Any, playbook: Playbook, *, currency: str, now: datetime, member: str = "", as_of: date | None = None, zone: tzinfo = UTC
) -> Source:
    """Read the opportunities of a scope as they stand, or as they stood at the end of a day.

    member: whose scope; "" for everything. zone: in which the day ends. Raises UnknownMember. Rows typed into a workbook that are no record yet are
    read and refused, with their cell and reason.
    """
    people, roles = tx.rows("people"), tx.rows("roles")
    scope = member_scope(playbook, people, roles, member) if member else everything("")
    view: dict[str, Sequence[Row]] = {"people": people, "roles": roles}
    for table in playbook.tables.values():
        if table.name not in (TABLE, *view):
            rows = tx.rows(table.name)
            view[table.name] = [r for r in rows if scope.covers(r.get("owner"))] if table.kind in OWN_KINDS else rows
    if as_of is None:
        view[TABLE] = [r for r in tx.rows(TABLE) if scope.covers(r.get("owner"))]
    source = Source(tables=playbook.view(view, now), scope=scope, whole=True)
    source.before = _week_before(tx, as_of or now.date(), scope, zone, currency, source.tables)
    records = _as_of(tx, as_of, scope, zone) if as_of is not None else tx.records(TABLE, scope=scope)
    places = _places(tx)
    for record in records:
        _count(source, record, currency, places.get(record.id, ("", "", "", "")))
    if as_of is None:
        _unfinished(tx, source, scope)
    books = [b for b in tx.books() if scope.covers(b.owner)]
    source.freshness = [
        (b.owner, b.path, b.state, b.synced_at.isoformat(timespec="seconds") if b.synced_at else "") for b in books
    ]
    return source


def member_scope(playbook: Playbook, people: Sequence[Row], roles: Sequence[Row], member: str) -> Scope:
    """Give the scope of a member of the team file; raises UnknownMember."""
    if not any(fold(person.get("email") or "") == fold(member) for person in people):
        raise UnknownMember(f"There is no member {member} in the team file.")
    return scope_of(playbook, people, roles, member)


def _count(source: Source, record: Record, currency: str, place: tuple[str, str, str, str]) -> None:
    """Count one record, or refuse it where its currency has no rate."""
    assert source.tables is not None
    row: Row = {**record.values, "id": record.id}
    source.read += 1
    amount = in_currency(row, currency, source.tables)
    if amount is None:
        ccy = to_text(row.get("ccy"))
        reason = f"Currencies differ and no dated rate exists for {ccy} → {currency}."
        source.refused.append(RejectedRow(place[0], place[1], place[2], f"{record.id}: {reason}"))
        return
    source.total += amount
    source.counted.append(Counted(row, outcome_of(row.get("stage")), amount, *place))


def _as_of(tx: Any, day: date, scope: Scope, zone: tzinfo) -> list[Record]:
    """Give the records as they stood at the end of a day: by history, else by their own dates.

    A record that came in later, with its dates but without its history, counts from the day it was
    created, and as open until the day it closed.
    """
    end = datetime.combine(day, time.max, zone)
    by_history = {r.id: r for r in tx.as_of(TABLE, end)}
    found = [r for r in by_history.values() if scope.covers(r.values.get("owner"))]
    for later in tx.records(TABLE, scope=scope):
        created, closed = later.values.get("created_on"), later.values.get("close_date")
        if later.id in by_history or not isinstance(created, date) or created > day:
            continue
        ended = outcome_of(later.values.get("stage")) in (WON, LOST)
        if ended and (not isinstance(closed, date) or closed > day):
            found.append(replace(later, values={**later.values, "stage": OPEN, "outcome": OPEN}))
        else:
            found.append(later)
    return found


def _week_before(
    tx: Any, day: date, scope: Scope, zone: tzinfo, currency: str, tables: Tables | None
) -> tuple[date, list[Row]] | None:
    """Give the opportunities as they stood a week before, in one currency; those without a rate are not shown."""
    if tables is None or (day - date.min).days < BRIDGE_DAYS:
        return None
    start = day - timedelta(days=BRIDGE_DAYS)
    found: list[Row] = []
    for record in _as_of(tx, start, scope, zone):
        row: Row = {**record.values, "id": record.id}
        amount = in_currency(row, currency, tables)
        if amount is not None:
            found.append({**row, "amount": amount, "ccy": None, "outcome": outcome_of(row.get("stage"))})
    return start, found


def _places(tx: Any) -> dict[str, tuple[str, str, str, str]]:
    """Give where each opportunity was last touched: book, tab, cell, time."""
    paths = {b.id: b.path for b in tx.books()}
    return {
        record: (paths.get(book or "", ""), *_split(place), at.isoformat(timespec="seconds"))
        for record, (book, place, at) in tx.last_places(TABLE).items()
    }


def _split(place: str) -> tuple[str, str]:
    sheet, _, cell = place.rpartition("!")
    return sheet, cell


def _unfinished(tx: Any, source: Source, scope: Scope) -> None:
    """List what was turned down: rows that are no record yet, and cells whose record is counted as stored."""
    paths = {b.id: (b.path, b.owner) for b in tx.books()}
    rejections = [r for r in tx.rejections() if r.table == TABLE and scope.covers(paths.get(r.book, ("", None))[1])]
    stored = tx.tables_of([r.record for r in rejections if r.record])
    seen: set[str] = set()
    for rejection in rejections:
        sheet, cell = _split(rejection.place)
        known = rejection.record in stored or rejection.record in seen
        state = "counted as stored" if known else "not counted"
        row = RejectedRow(paths.get(rejection.book, ("", None))[0], sheet, cell, rejection.reason, state)
        if known:
            source.remarks.append(row)
            continue
        seen.add(rejection.record or "")
        source.read += 1
        source.refused.append(row)


def handed_in(source: Source) -> list[tuple[str, str, str, str]]:
    """Give who has a workbook and in which state, by owner; members who sell and have none with a blank path."""
    have = {fold(owner) for owner, _, _, _ in source.freshness}
    none = [(email, "", "missing", "") for email in _sellers(source) if fold(email) not in have]
    return sorted([*source.freshness, *none])


def late(source: Source, now: datetime, days: int) -> list[tuple[str, str, str]]:
    """Give the members whose workbook has not been synced for some days, or who have none: owner, path, when."""
    limit = (now - timedelta(days=days)).isoformat()
    return [(owner, path, at or "never") for owner, path, _, at in handed_in(source) if at < limit]
