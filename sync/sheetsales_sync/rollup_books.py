"""A roll-up straight from workbooks, with no store: ours by their markers, any others by their headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sheetsales.cells import Reader, reader
from sheetsales.errors import FileRefused, NotOurBook, SheetsalesError
from sheetsales.process import Playbook, Row, Table
from sheetsales.rollup import Counted, in_currency, outcome_of
from sheetsales.typed_text import Bad
from sheetsales.validate import fill_defaults
from sheetsales.values import Value, fold
from sheetsales_sync.access import everything
from sheetsales_sync.plan.work import letters
from sheetsales_sync.rollups import ACCOUNTS, TABLE, RejectedRow, Source
from sheetsales_sync.state import Scope
from sheetsales_workbooks import exchange
from sheetsales_workbooks.host import BookRead
from sheetsales_workbooks.hosts.excel_file import read_book, read_sheets

COUNTED_COLUMNS: Final = ("amount", "stage", "close_date", "created_on", "ccy", "owner")  # a bad cell here refuses the row
HEADERS_NEEDED: Final = 2  # of ours in a foreign sheet, one of them the stage or the amount
SEARCHED_ROWS: Final = 50  # in which a foreign sheet's header row is looked for


@dataclass(frozen=True)
class Line:
    """One row as it was found: its cells as the host gives them, and where it stands."""

    sheet: str
    row: int
    id: str
    cells: Mapping[str, object]
    columns: Mapping[str, int]


def from_books(
    paths: Sequence[Path],
    playbook: Playbook,
    *,
    people: Mapping[str, Sequence[Row]],
    currency: str,
    now: datetime,
    scope: Scope | None = None,
) -> tuple[Source, list[tuple[Path, SheetsalesError]]]:
    """Read the opportunities of these workbooks; a file that cannot be used is given back with its reason.

    people: rows of people, roles, accounts, products, stages and fx_rates; accounts that are not given are
    taken from the workbooks. A record that stands in two workbooks (a rep's and the manager's) is counted
    once, as in the file named first. scope: whose records count; None for everybody's.
    """
    table = playbook.tables[TABLE]
    found: list[tuple[Path, _Found]] = []
    failed: list[tuple[Path, SheetsalesError]] = []
    for path in dict.fromkeys(p.absolute() for p in paths):
        try:
            found.append((path, _look(path, playbook)))
        except SheetsalesError as error:
            failed.append((path, error))
    view = dict(people)
    if not view.get(ACCOUNTS):
        view[ACCOUNTS] = list({str(row["id"]): row for _, book in reversed(found) for row in book.accounts}.values())
    source = Source(tables=playbook.view(view, now), scope=scope or everything(""))
    source.remarks += [RejectedRow(str(path), "", "", f"{error} {error.hint}".strip(), "not read") for path, error in failed]
    seen: dict[str, tuple[str, str]] = {}
    readers = {c.name: reader(c) for c in table.inputs}
    for path, book in found:
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        if book.owner:
            source.freshness.append((book.owner, str(path), "read", at))
        for line in book.lines:
            _count(source, table, readers, path, book.owner, line, at, seen, currency)
    return source, failed


@dataclass(frozen=True)
class _Found:
    """What a workbook holds for a roll-up: its owner where it says so, its opportunities, its accounts."""

    owner: str
    lines: list[Line]
    accounts: list[Row]


def _look(path: Path, playbook: Playbook) -> _Found:
    """Read one workbook, ours or any other."""
    data = exchange.read_file(path)
    try:
        read = read_book(data, only=(TABLE, ACCOUNTS))
    except NotOurBook:
        return _Found("", _foreign_lines(path, playbook.tables[TABLE]), [])
    tab = read.tables.get(TABLE)
    lines = [Line(tab.sheet, r.row, str(r.id or ""), r.cells, tab.columns) for r in tab.rows] if tab is not None else []
    return _Found(read.owner, lines, _accounts(read, playbook.tables[ACCOUNTS]))


def _accounts(read: BookRead, table: Table) -> list[Row]:
    """Give the accounts of a workbook of ours that have a name; a cell that cannot be read is blank."""
    tab = read.tables.get(ACCOUNTS)
    readers = {c.name: reader(c) for c in table.inputs}
    rows: list[Row] = []
    for row in tab.rows if tab is not None else ():
        cells = {name: take(row.cells.get(name)) for name, take in readers.items()}
        values: dict[str, Value] = {name: None if isinstance(value, Bad) else value for name, value in cells.items()}
        if row.id and values.get("name") is not None:
            rows.append({**values, "id": str(row.id)})
    return rows


def _foreign_lines(path: Path, table: Table) -> list[Line]:
    """Find the sheet whose header row has the most of our columns, and give its rows."""
    names = {fold(c.header): c.name for c in table.inputs} | {fold(c.name): c.name for c in table.inputs}
    best: tuple[int, str, int, dict[str, int]] | None = None
    book = read_sheets(path)
    for sheet in book.sheets:
        for number in sorted(sheet.rows)[:SEARCHED_ROWS]:
            found = {names[fold(v)]: i for i, v in sorted(sheet.rows[number].items()) if isinstance(v, str) and fold(v) in names}
            fits = len(found) >= HEADERS_NEEDED and ("stage" in found or "amount" in found)
            if fits and (best is None or len(found) > best[0]):
                best = (len(found), sheet.name, number, found)
    if best is None:
        raise FileRefused(
            f"{path.name} has no sheet with columns of ours such as Stage and Amount.",
            "Name the columns as in `sheetsales schema`, or import the file with a mapping.",
        )
    _, name, header, columns = best
    rows = next(s.rows for s in book.sheets if s.name == name)
    return [
        Line(name, number, "", {c: cells.get(i) for c, i in columns.items()}, columns)
        for number, cells in sorted(rows.items())
        if number > header and any(v is not None and v != "" for v in cells.values())
    ]


def _count(
    source: Source,
    table: Table,
    readers: Mapping[str, Reader],
    path: Path,
    owner: str,
    line: Line,
    at: str,
    seen: dict[str, tuple[str, str]],
    currency: str,
) -> None:
    """Count one row, or list it with the cell that keeps it from being counted."""
    assert source.tables is not None
    if line.id and line.id in seen and seen[line.id][0] != str(path):
        return  # the rep's and the manager's workbook both show it
    values: dict[str, Value] = {}
    bad: list[tuple[str, Bad]] = []
    for name, read in readers.items():
        value = read(line.cells.get(name))
        if isinstance(value, Bad):
            bad.append((name, value))
            values[name] = None
        else:
            values[name] = value
    if not bad and all(v is None for v in values.values()):
        return  # a waiting row
    values = fill_defaults(table, values, owner=owner)
    if source.scope is not None and not source.scope.covers(values.get("owner")):
        return
    external = fold(values.get("external_id") or "")
    key = line.id or (f"external {external}" if external else f"{path}#{line.sheet}#{line.row}")
    place = (str(path), f"{line.sheet}!{line.row}")
    first = seen.setdefault(key, place)
    source.read += 1

    def refuse(column: str, reason: str) -> None:
        cell = f"{letters(line.columns.get(column, min(line.columns.values(), default=1)))}{line.row}"
        source.refused.append(RejectedRow(str(path), line.sheet, cell, reason))

    if first != place:
        refuse("external_id", f"The same record as {Path(first[0]).name} {first[1]}; it is counted once.")
        return
    broken = next(((n, b) for n, b in bad if n in COUNTED_COLUMNS), None)
    if broken is not None:
        refuse(broken[0], f"{broken[1].message} {broken[1].hint}")
        return
    names = {fold(r.get("name") or "") for r in source.tables.rows("stages")}
    if names and fold(values.get("stage") or "") not in names:
        refuse(
            "stage",
            f"Stage: '{values.get('stage') or ''}' is not one of: {', '.join(str(r.get('name')) for r in source.tables.rows('stages'))}.",
        )
        return
    outcome = outcome_of(_stage(values, source))
    team = line.cells.get("team")
    row: Row = {**values, "id": key, "outcome": outcome, "team": str(team) if isinstance(team, str) and team else None}
    amount = in_currency(row, currency, source.tables)
    if amount is None:
        refuse("amount", f"Currencies differ and no dated rate exists for {values.get('ccy')} → {currency}.")
        return
    source.total += amount
    cell = f"{letters(min(line.columns.values(), default=1))}{line.row}"
    source.counted.append(Counted(row, outcome, amount, str(path), line.sheet, cell, at))


def _stage(values: Mapping[str, Value], source: Source) -> Value:
    """Give the stage in the words of the stages table."""
    assert source.tables is not None
    found = source.tables.where("stages", "name", values.get("stage"))
    return found[0].get("name") if found else values.get("stage")
