"""Import: records from another system's export, merged like a sheet that is only read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sheetsales.cells import PRIVATE_KEY
from sheetsales.columns import Column
from sheetsales.errors import BadImport, DiskFull, NotAllowed, UnknownMember, UnknownName, WrongUse
from sheetsales.process import Playbook, Row, Table, Tables
from sheetsales.values import CellError, Formula, ShownNumber, Value, canonical_number, fold, to_text
from sheetsales_sync.intake.file_table import FileTable, expected_headers, read_table_file
from sheetsales_sync.intake.mapping import NO_MAPPING, ImportMapping, load_mapping
from sheetsales_sync.intake.matching import REASON
from sheetsales_sync.intake.plan import ImportInput, ImportPlan, plan_import
from sheetsales_sync.intake.source_rows import Duplicate, Rejected, SourceRows, custom_columns_for, read_source
from sheetsales_sync.ports import ClockPort, StorePort, Tx
from sheetsales_sync.renames import follow_renames
from sheetsales_sync.state import Conflict, HistoryRow, Op, Values
from sheetsales_workbooks.csv_file import write_csv

ONE_SOURCE: Final = "export"  # the system that files come from, unless a mapping names another; file names change monthly
IMPORT: Final = "import"  # kind of the operation, and the head of a source's name in the store

__all__ = [
    "NO_MAPPING",
    "FileTable",
    "ImportMapping",
    "ImportResult",
    "custom_columns_for",
    "custom_columns_needed",
    "import_file",
    "load_mapping",
    "read_table_file",
    "table_named",
]  # fmt: skip


@dataclass
class ImportResult:
    """What an import did, or would do. op: "" where nothing was written."""

    table: str
    file: str
    op: str = ""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    conflicts: int = 0
    accounts_created: int = 0
    duplicates: list[Duplicate] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    unresolved: list[tuple[int, str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    rows: int = 0
    dry_run: bool = False

    def document(self) -> dict[str, Any]:
        """Give the JSON document of the contract; rows count as a spreadsheet does, the header being 1."""
        return {
            "table": self.table, "file": self.file, "rows": self.rows, "op": self.op or None, "dry_run": self.dry_run,
            "created": self.created, "updated": self.updated, "unchanged": self.unchanged, "conflicts": self.conflicts,
            "accounts_created": self.accounts_created,
            "duplicates": [{"row": d.row, "same_as_row": d.same_as_row, "kind": d.kind} for d in self.duplicates],
            "rejected": [
                {"row": r.row, "column": r.column, "value": r.value, "code": r.code, "reason": r.reason} for r in self.rejected
            ],
            "unmapped": self.unmapped,
            "unresolved": [{"row": row, "column": column, "value": value} for row, column, value in self.unresolved],
            "remarks": self.remarks,
        }  # fmt: skip

    def sentence(self) -> str:
        """Say in one line what was done."""
        parts = [f"{self.created:,} created", f"{self.updated:,} updated", f"{self.unchanged:,} unchanged"]
        more = (
            (len({r.row for r in self.rejected}), "rejected"), (len(self.duplicates), "duplicates listed"),
            (self.conflicts, "conflicts"), (self.accounts_created, "accounts made"),
            (len(self.unresolved), "unresolved references"),
        )  # fmt: skip
        parts += [f"{count:,} {words}" for count, words in more if count]
        return f"{self.table}: " + ", ".join(parts) + (" (nothing was written)." if self.dry_run else ".")


def table_named(playbook: Playbook, name: str) -> Table:
    """Give a table that can be imported or exported; raises UnknownName with the nearest name."""
    if name in playbook.tables:
        return playbook.tables[name]
    near = difflib.get_close_matches(name, playbook.tables, n=1)
    meant = f"Did you mean '{near[0]}'? " if near else ""
    raise UnknownName(f"There is no table called '{name}'.", f"{meant}Tables: {', '.join(playbook.tables)}.")


def custom_columns_needed(
    store: StorePort, playbook: Playbook, table: str, path: Path | str, mapping: ImportMapping, clock: ClockPort
) -> list[Column]:
    """Give the columns to add to sheetsales.toml before this file is imported with `custom = true`."""
    definition = table_named(playbook, table)
    file = read_table_file(path, mapping=mapping, expected=expected_headers(definition, mapping))

    def work(tx: Tx) -> list[Column]:
        return custom_columns_for(file, mapping, definition, playbook.view(load_view(tx, playbook), clock.local()))

    return store.read(work)


def import_file(
    store: StorePort,
    playbook: Playbook,
    table: str,
    path: Path | str,
    *,
    clock: ClockPort,
    actor: str,
    mapping: ImportMapping | Path | str | Mapping[str, Any] | None = None,
    owner: str = "",
    dry_run: bool = False,
    create_missing: bool = False,
    rejects: Path | str | None = None,
) -> ImportResult:
    """Import a CSV or Excel file into a table, in one transaction.

    owner: member (e-mail, name or external id) of the rows that name none. rejects: where to write the
    rows that were turned down, with reasons, to be mended and imported again.
    Raises BadImport, BadConfiguration, FileRefused, UnknownMember, UnknownName; then nothing was written.
    """
    definition = table_named(playbook, table)
    if definition.kind == "log":
        raise NotAllowed(f"{definition.title} is written by the store alone.", "Import the records it tells of instead.")
    known = mapping if isinstance(mapping, ImportMapping) else load_mapping(mapping, definition)
    file = read_table_file(path, mapping=known, expected=expected_headers(definition, known))
    return run_import(store, playbook, definition, file, clock=clock, actor=actor, mapping=known, owner=owner,
                      dry_run=dry_run, create_missing=create_missing, rejects=rejects, path=str(path))  # fmt: skip


def run_import(
    store: StorePort,
    playbook: Playbook,
    table: Table,
    file: FileTable,
    *,
    clock: ClockPort,
    actor: str,
    path: str,
    mapping: ImportMapping = NO_MAPPING,
    owner: str = "",
    dry_run: bool = False,
    create_missing: bool = False,
    rejects: Path | str | None = None,
    overwrite: bool = False,
    prepare: Callable[[Tables], Tables] | None = None,
    finish: Callable[[SourceRows, Tables], None] | None = None,
) -> ImportResult:
    """Import a file that has been read. prepare: what else the cells are read by. finish: last touches to the rows."""
    source_name = mapping.source or ONE_SOURCE
    book = f"{IMPORT}:{table.name}:{source_name}"
    if rejects is not None and Path(rejects).exists() and Path(path).exists() and Path(rejects).samefile(path):
        raise WrongUse("The rejected rows would be written over the file itself.", "Name another file after --rejects.")
    op = Op(clock.new_key(), IMPORT, actor, clock.now().replace(tzinfo=None), path=path, action=table.name)

    def work(tx: Tx) -> tuple[SourceRows, ImportPlan]:
        rows = load_view(tx, playbook)
        view = playbook.view(rows, clock.local(), actor)
        by = _member(view, owner)
        source = read_source(file, mapping, table, prepare(view) if prepare is not None else view)
        if finish is not None:
            finish(source, view)
        given = ImportInput(
            playbook=playbook, table=table, source=source, records=tx.records(table.name, living=None), view=rows,
            said=tx.absorbed(book, 0, ""), book=book, file=file.name, actor=actor, now=clock.local(), new_id=clock.new_id,
            new_key=clock.new_key, owner=by, create_missing=create_missing, overwrite=overwrite,
            open_conflicts=tx.conflicts(book_id=book), last_writer=_last_writer(tx),
        )  # fmt: skip
        plan = plan_import(given)
        if plan and not dry_run:
            _write(tx, playbook, op, book, plan)
        return source, plan

    source, plan = store.read(work) if dry_run else store.transact(work)
    result = ImportResult(
        table.name, file.name, op.id if (plan.changes or plan.conflicts) and not dry_run else "", plan.created, plan.updated, plan.unchanged, plan.clashes,
        plan.accounts_created, plan.duplicates, plan.rejected, source.unmapped, plan.unresolved, source.remarks, source.total,
        dry_run,
    )  # fmt: skip
    if rejects is not None:
        write_rejects(file, plan.rejected, Path(rejects))
    return result


def load_view(tx: Tx, playbook: Playbook) -> dict[str, list[Row]]:
    """Give the living rows of every table."""
    return {name: list(tx.rows(name)) for name in playbook.tables}


def _member(view: Tables, owner: str) -> str:
    if not owner:
        return ""
    found = view.person(owner) or view.find("people", owner)
    if found is None:
        names = [str(p[name]) for p in view.rows("people") for name in ("email", "name") if p.get(name)]
        near = difflib.get_close_matches(owner, names, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise UnknownMember(f"There is no member called '{owner}'.", meant + UnknownMember.hint)
    return str(found["email"])


def _last_writer(tx: Tx) -> Callable[[str, str], tuple[str, datetime | None]]:
    seen: dict[str, list[HistoryRow]] = {}

    def last_writer(record: str, column: str) -> tuple[str, datetime | None]:
        if record not in seen:
            seen[record] = list(tx.history(record=record))
        rows = [row for row in seen[record] if row.column in (column, "")]
        return (rows[-1].actor, rows[-1].at.replace(tzinfo=None, microsecond=0)) if rows else ("", None)

    return last_writer


def _write(tx: Tx, playbook: Playbook, op: Op, book: str, plan: ImportPlan) -> None:
    view = plan.view

    def resolve(target: str, text: Value) -> str | None:
        found = view.find(target, text) if view is not None else None
        return str(found["id"]) if found is not None else None

    if plan.changes or plan.conflicts:
        tx.begin_op(op)
        tx.apply(op, [*plan.changes, *follow_renames(tx, playbook, plan.changes)], resolve=resolve)
        tx.save_conflicts([_with_op(conflict, op.id) for conflict in plan.conflicts])
        _show_in_books(tx, plan)
    absorbed: dict[str, Values] = dict(plan.absorbed)
    tx.save_absorbed(book, 0, "", absorbed)
    if plan.changes or plan.conflicts:
        tx.finish_op(op.id, f"{plan.created} created, {plan.updated} updated, {plan.clashes} conflicts")


def _show_in_books(tx: Tx, plan: ImportPlan) -> None:
    """See to it that the next sync draws the workbooks of the members whose records clashed, or clash no more."""
    tables: dict[str, list[str]] = {}
    for conflict in plan.conflicts:
        tables.setdefault(conflict.table, []).append(conflict.record)
    owners = {fold(r.values.get("owner") or "") for name, ids in tables.items() for r in tx.records(name, ids=ids, living=None)}
    for book in tx.books() if owners - {""} else ():
        if fold(book.owner) in owners and book.last_hash:
            tx.save_book(replace(book, last_hash=""))


def _with_op(conflict: Conflict, op: str) -> Conflict:
    return conflict if conflict.op else replace(conflict, op=op)


# ── rows that were turned down ───────────────────────────────────────────────────────────────────


def write_rejects(file: FileTable, rejected: list[Rejected], path: Path) -> None:
    """Write the rows that were turned down as a CSV file with a column of reasons, to be mended and imported again."""
    reasons: dict[int, list[str]] = {}
    for entry in rejected:
        reasons.setdefault(entry.row, []).append(entry.reason)
    wide = len(file.headers)
    rows = [
        [*(_as_text(cell) for cell in (row.cells + [None] * wide)[:wide]), " ".join(reasons[row.row])]
        for row in file.rows
        if row.row in reasons
    ]
    try:
        path.write_bytes(write_csv([*file.headers, REASON], rows))
    except FileNotFoundError as error:
        raise BadImport(f"The folder of {path} does not exist.", "Name another place after --rejects.") from error
    except OSError as error:
        raise DiskFull(f"{path} cannot be written ({error.strerror}).") from error


def _as_text(raw: object) -> str | None:
    """A raw cell as text for a CSV file; a private key is left out."""
    if raw is None:
        return None
    if isinstance(raw, Formula):
        return _as_text(raw.value) if raw.calculated else f"={raw.text}"
    if isinstance(raw, CellError):
        return raw.code
    if isinstance(raw, ShownNumber):
        return raw.shown
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return to_text(canonical_number(raw))
    text = raw if isinstance(raw, str) else str(raw)
    return None if PRIVATE_KEY in text else text
