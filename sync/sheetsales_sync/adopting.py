"""A workbook that is not ours taken in: its tables recognised by their headers, its rows imported as a member's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sheetsales.errors import BadImport, UnknownMember, WrongUse
from sheetsales.process import Row, Table, Tables
from sheetsales.values import fold, to_text
from sheetsales_sync.access import scope_of
from sheetsales_sync.books import NewBook, member, new_book
from sheetsales_sync.importing import ImportResult, run_import
from sheetsales_sync.intake.file_table import FileTable, expected_headers, sheets_as_tables
from sheetsales_sync.intake.identity import Register, identify
from sheetsales_sync.intake.mapping import NO_MAPPING
from sheetsales_sync.intake.matching import match_columns
from sheetsales_sync.intake.plan import SERVICE
from sheetsales_sync.intake.source_rows import Rejected, SourceRow, SourceRows
from sheetsales_sync.state import REPLACED, Record, Scope
from sheetsales_sync.workspace import Workspace

FEWEST_HEADERS: Final = 2  # of a table that a sheet must have to be taken for it
SHARE: Final = 0.5  # of a sheet's headers that must be ours, unless the sheet bears the table's name
KINDS: Final = ("shared", "record", "detail")  # in the order in which they are imported: what others refer to comes first


@dataclass(frozen=True)
class Recognised:
    """One sheet that is one of our tables."""

    sheet: str
    table: Table
    file: FileTable


@dataclass
class Adopted:
    """What became of a workbook: whose it is, the imports by sheet, the sheets that were left, the book made.

    book: None where the member had one already (then `had` says where) or nothing was written.
    """

    file: str
    owner: str
    imports: list[tuple[str, ImportResult]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    book: NewBook | None = None
    had: str = ""
    dry_run: bool = False

    def document(self) -> dict[str, Any]:
        """Give the JSON document."""
        return {
            "file": self.file, "owner": self.owner, "dry_run": self.dry_run, "book": str(self.book.path) if self.book else self.had or None,
            "made": self.book is not None,
            "tables": [{"sheet": sheet, **result.document()} for sheet, result in self.imports],
            "not_recognised": [{"sheet": sheet, "why": why} for sheet, why in self.left],
        }  # fmt: skip


def adopt_foreign(workspace: Workspace, path: Path, *, owner: str = "", dry_run: bool = False) -> Adopted:
    """Import the tables of a workbook as a member's records, and make the member a workbook beside it.

    The file itself is only read. owner: a member's e-mail or name; without it the workbook has to say so. What
    belongs to others is turned down, as it would be in the member's own workbook. Raises BadImport where no
    sheet is one of our tables, UnknownMember where nobody is found whose it could be.
    """
    recognised, left = recognise(workspace, path)
    if not recognised:
        sheets = "; ".join(f"{sheet}: {why}" for sheet, why in left)
        raise BadImport(
            f"No sheet of {path.name} is one of our tables. {sheets}", "Run `import TABLE FILE --mapping` for such a file."
        )
    people, roles = workspace.store.read(lambda tx: (tx.rows("people"), tx.rows("roles")))
    email = _owner(workspace, people, owner, path, recognised)
    scope = scope_of(workspace.playbook, people, roles, email)
    result = Adopted(str(path), email, left=left, dry_run=dry_run)
    for one in recognised:
        result.imports.append((one.sheet, _take(workspace, path, one, email, scope, dry_run=dry_run)))
    standing = workspace.store.read(lambda tx: tx.books())
    here = str(workspace.place_of(path))
    theirs = [b.path for b in standing if fold(b.owner) == fold(email) and b.state != REPLACED and b.path != here]
    had = next((one for one in theirs if Path(one).exists()), "")
    if had or dry_run:
        result.had = had
    else:
        result.book = new_book(workspace, email, _free(path.with_name(f"{path.stem} (sheetsales).xlsx")))
    return result


def recognise(workspace: Workspace, path: Path) -> tuple[list[Recognised], list[tuple[str, str]]]:
    """Say which sheet is which table, in the order of import; which are none, and why."""
    tables = [t for t in workspace.playbook.tables.values() if t.kind in KINDS]
    words = frozenset().union(*(expected_headers(t) for t in tables))
    found: list[Recognised] = []
    left: list[tuple[str, str]] = []
    for name, file in sheets_as_tables(path, words):
        if isinstance(file, BadImport):
            left.append((name, str(file)))
            continue
        table, why = _table_of(name, file, tables)
        if table is not None and any(other.table is table for other in found):
            left.append((name, f"a second sheet of {table.title}; put the rows into one sheet, or import this one by name"))
        elif table is None:
            left.append((name, why))
        elif (filled := _filled(file, table)).rows:
            found.append(Recognised(name, table, filled))
    order = {t.name: (KINDS.index(t.kind), place) for place, t in enumerate(tables)}
    return sorted(found, key=lambda one: order[one.table.name]), left


def _filled(file: FileTable, table: Table) -> FileTable:
    """Leave out the rows that say nothing in any of our columns, such as rows that only wait for something to be typed."""
    places = [m.index for m in match_columns(file, NO_MAPPING, table).columns if m.column.name not in SERVICE]
    rows = [row for row in file.rows if any(place < len(row.cells) and row.cells[place] not in (None, "") for place in places)]
    return replace(file, rows=rows)


def _table_of(sheet: str, file: FileTable, tables: Sequence[Table]) -> tuple[Table | None, str]:
    """Give the table whose columns a sheet has, or why there is none."""
    named = sum(1 for header in file.headers if fold(header))
    scores: list[tuple[int, int, int, Table]] = []
    for table in tables:
        ours = {m.column.name for m in match_columns(file, NO_MAPPING, table).columns} - set(SERVICE)
        called = fold(sheet) in (fold(table.title), fold(table.name))
        known = table.label in ours or "external_id" in ours
        if len(ours) >= FEWEST_HEADERS and known and (called or len(ours) >= SHARE * named):
            scores.append((int(called), len(ours), sum(c.required and c.name in ours for c in table.inputs), table))
    scores.sort(key=lambda s: s[:3], reverse=True)
    if not scores:
        return None, f"its headers are not those of a table ({', '.join(h for h in file.headers[:6] if h) or 'no headers'})"
    if len(scores) > 1 and scores[0][:3] == scores[1][:3]:
        both = f"{scores[0][3].title} or {scores[1][3].title}"
        return None, f"it could be {both}; name the sheet like the table, or run `import TABLE FILE`"
    return scores[0][3], ""


def _owner(workspace: Workspace, people: Sequence[Row], owner: str, path: Path, tables: Sequence[Recognised]) -> str:
    """Find whose workbook it is: as said, else the one owner of its rows, or the member whose name the file bears."""
    if owner:
        by_name = next((p for p in people if fold(p.get("name") or "") == fold(owner)), None)
        email = str(by_name["email"]) if by_name is not None else owner
        return str(workspace.store.read(lambda tx: member(tx, email))["email"])
    words: dict[str, str] = {}
    for person in people:
        if person.get("email") is not None:
            words.update({fold(str(person[n])): str(person["email"]) for n in ("email", "name") if person.get(n) is not None})
    owners = {fold(str(cell)) for one in tables for cell in _owners(one.file)}
    if len(owners) == 1 and owners <= set(words):
        return words[owners.pop()]
    if fold(path.stem) not in words:
        raise UnknownMember(
            f"{path.name} does not say whose it is.", "Run `book adopt FILE --owner EMAIL` with a member of the team file."
        )
    return words[fold(path.stem)]


def _owners(file: FileTable) -> list[object]:
    place = next((n for n, header in enumerate(file.headers) if fold(header) == "owner"), None)
    cells = [row.cells[place] for row in file.rows if place is not None and place < len(row.cells)]
    return [cell for cell in cells if cell not in (None, "")]


def _take(workspace: Workspace, path: Path, one: Recognised, email: str, scope: Scope, *, dry_run: bool) -> ImportResult:
    """Import one sheet as the member's: what belongs to others is turned down."""
    stored = workspace.store.read(lambda tx: tx.records(one.table.name, living=None))
    return run_import(
        workspace.store, workspace.playbook, one.table, one.file, clock=workspace.clock, actor=email, path=str(path),
        mapping=replace(NO_MAPPING, source=f"workbook of {email}"), owner=email if one.table.owned else "", dry_run=dry_run,
        finish=_only_inside(one.table, stored, scope) if one.table.owned else None,
    )  # fmt: skip


def _only_inside(table: Table, stored: Sequence[Record], scope: Scope) -> Callable[[SourceRows, Tables], None]:
    """Give what turns down the rows of others: those that name another owner, and those of records that have one."""
    register = Register(table, stored, {})

    def finish(source: SourceRows, _view: Tables) -> None:
        known = identify(register, source.rows, {row.row: row.values for row in source.rows})
        record_of = {row.row: register.records[record] for row, record in known.rows if record}
        kept: list[SourceRow] = []
        for row in source.rows:
            record = record_of.get(row.row)
            owners = [row.values.get("owner"), record.values.get("owner") if record is not None else None]
            foreign = next((owner for owner in owners if not scope.covers(owner)), None)
            if foreign is None:
                kept.append(row)
                continue
            words = to_text(foreign) or ""
            source.rejected.append(
                Rejected(row.row, "owner", words, "NOT-YOURS", f"This row is not {scope.member}'s; it belongs to {words}.")
            )
        source.rows[:] = kept

    return finish


def _free(path: Path) -> Path:
    """Give the first name that is free."""
    for number in range(2, 100):
        if not path.exists():
            return path
        path = path.with_name(f"{path.stem.rpartition(' (sheetsales')[0]} (sheetsales {number}).xlsx")
    raise WrongUse(f"There are a hundred workbooks like {path}.", "Move some of them away.")
