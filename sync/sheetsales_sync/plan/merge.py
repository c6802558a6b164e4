"""The rows of one tab against image and store: accepted, in conflict, turned down, or nothing."""

from __future__ import annotations

from sheetsales.columns import same
from sheetsales.process import Table
from sheetsales.validate import fill_defaults
from sheetsales.values import Value, to_text
from sheetsales_sync.plan.identity import Known, resolve_identity
from sheetsales_sync.plan.rows import Cells, SheetRow, TableReaders, in_words, read_rows
from sheetsales_sync.plan.truth import UNKNOWN, Outcome, Unknown, merge_cell
from sheetsales_sync.plan.work import Work
from sheetsales_sync.state import Record
from sheetsales_workbooks.host import TableRead


def merge_table(work: Work, tab: TableRead) -> None:
    """Merge one tab: identity of each row, then each cell."""
    table = work.given.playbook.tables[tab.table]
    rows = read_rows(TableReaders(table), tab)
    work.rows[tab.table] = rows
    work.plan.aliases.extend(
        resolve_identity(table, rows, _known(work, table), lambda: _new_id(work, table), work.given.read.markers.generation)
    )
    for row in rows:
        _merge_row(work, table, row)
    here = {row.record for row in rows}
    work.missing[tab.table] = sorted(
        record
        for record, image in (work.given.image or {}).items()
        if image.table == tab.table and image.values and record not in here and _shown_still(work, record)
    )


def _new_id(work: Work, table: Table) -> str:
    fresh = work.given.new_id(table.prefix)
    work.plan.issue.append(fresh)
    return fresh


def _known(work: Work, table: Table) -> Known:
    """Collect what is known about the ids of this tab."""
    given = work.given
    seen: dict[str, Cells] = {
        r: image.values for r, image in (given.image or {}).items() if image.table == table.name and image.values
    }
    prefix = table.prefix + "-"
    for record, values in given.absorbed.items():
        if record.startswith(prefix):
            seen[record] = {**seen.get(record, {}), **values}
    aliases: dict[str, tuple[str, ...]] = {}
    for alias in given.aliases:
        if alias.record.startswith(prefix) and alias.generation == given.read.markers.generation:
            aliases[alias.label] = (*aliases.get(alias.label, ()), alias.record)
    stored = {r.id: r.values for r in given.records.values() if r.table == table.name}
    dead = {r.id for r in given.records.values() if r.deleted_op is not None}
    return Known(seen, aliases, given.issued, stored, given.elsewhere, dead, given.image is None)


def _shown_still(work: Work, record: str) -> bool:
    """Say whether a record of the image should still be in the sheet."""
    stored = work.given.records.get(record)
    return stored is not None and stored.deleted_op is None and work.given.scope.covers(stored.values.get("owner"))


def _merge_row(work: Work, table: Table, row: SheetRow) -> None:
    given = work.given
    stored = given.records.get(row.record)
    row.foreign = stored is not None and _out_of_scope(work, table, stored)
    _absorb(work, row)
    if stored is None:
        work.created[row.record] = row
        work.table_of[row.record] = table.name
    elif row.foreign:
        _merge_foreign(work, table, row, stored)
    elif stored.deleted_op is not None:
        _merge_dead(work, table, row, stored)
    else:
        _merge_living(work, table, row, stored)


def _out_of_scope(work: Work, table: Table, stored: Record) -> bool:
    return table.owned and not work.given.scope.covers(stored.values.get("owner"))


def _absorb(work: Work, row: SheetRow) -> None:
    """Remember what was read; a cell without a valid value keeps its old parent."""
    before = dict(work.given.absorbed.get(row.record, {}))
    now = {**before, **row.values}
    if now != before:
        work.plan.absorbed[row.record] = now


def _unabsorb(work: Work, record: str, column: str) -> None:
    """Take a turned-down value out of what was read: it never becomes a parent."""
    seen = work.plan.absorbed.setdefault(record, dict(work.given.absorbed.get(record, {})))
    before = work.given.absorbed.get(record, {})
    if column in before:
        seen[column] = before[column]
    else:
        seen.pop(column, None)


def _merge_living(work: Work, table: Table, row: SheetRow, stored: Record) -> None:
    record = row.record
    for name, problem in row.bad.items():
        work.refuse(
            table.name, record, name, problem.raw, problem.code, problem.message, problem.hint, work.place(table.name, row, name)
        )
    closed_library = table.kind == "library" and not work.given.scope.edits_library
    for name, mine in row.values.items():
        theirs = stored.values.get(name)
        if mine == theirs and type(mine) is type(theirs) and not work.waits(record, name):
            continue
        column = table.by_name[name]
        parent = UNKNOWN if row.parents_unknown else work.parent(record, name)
        outcome = merge_cell(column, parent, mine, theirs, unclear=row.unclear)
        if outcome is Outcome.NOTHING and name in row.formulas and not same(column, mine, theirs):
            outcome = Outcome.CONFLICT
        place = "" if outcome is Outcome.NOTHING else work.place(table.name, row, name)
        if outcome is Outcome.NOTHING:
            work.close_rejection(record, name, "closed")
            if (
                same(column, mine, theirs)
                and (record, name) in work.open_conflicts
                and same(column, work.open_conflicts[record, name].mine, theirs)
            ):
                work.close_conflict(record, name, "agreed")
        elif closed_library:
            work.refuse(
                table.name,
                record,
                name,
                to_text(mine) or "",
                "NOT-ALLOWED",
                f"{column.header}: only operations may change {table.title}.",
                "Ask sales operations.",
                place,
                returns=True,
            )
            _unabsorb(work, record, name)
        elif outcome is Outcome.ACCEPT:
            new = mine if mine is not None or not column.required else _default(table, name)
            work.accept(table.name, record, name, theirs, new, row, place)
        else:
            work.close_rejection(record, name, "closed")
            base = None if isinstance(parent, Unknown) else parent
            reason = "It is unclear which row this is." if row.unclear else "Changed by someone else at the same time."
            work.clash(table.name, record, name, base, mine, theirs, reason, place)
            if name in row.formulas:
                work.keep.setdefault(record, set()).add(name)
    _refuse_computed(work, table, row, stored)


def _default(table: Table, name: str) -> Value:
    return fill_defaults(table, {}).get(name)


def _refuse_computed(work: Work, table: Table, row: SheetRow, stored: Record) -> None:
    """Turn down what was typed into computed cells; the computed value returns at the next write."""
    for name, mine in row.computed.items():
        column = table.by_name[name]
        if name in ("updated_at", "version"):
            shown = (work.given.image or {}).get(row.record)
            if shown is None or same(column, mine, shown.values.get(name)):
                continue
            theirs: Value = shown.values.get(name)
        else:
            theirs = stored.values.get(name)
            parent = work.parent(row.record, name)
            if isinstance(parent, Unknown) or same(column, mine, parent) or same(column, mine, theirs):
                continue
        if mine is None or (isinstance(mine, str) and theirs is not None and mine == to_text(theirs)):
            continue
        work.refuse(
            table.name,
            row.record,
            name,
            to_text(mine) or "",
            "COMPUTED",
            f"{column.header}: this cell is computed; what was typed is kept here.",
            "Type it into Note or a column of your own.",
            work.place(table.name, row, name),
            returns=True,
        )


def _merge_dead(work: Work, table: Table, row: SheetRow, stored: Record) -> None:
    """An edit of a deleted record is kept as a conflict; the record stays deleted."""
    for name, mine in row.values.items():
        column = table.by_name[name]
        parent = work.parent(row.record, name)
        last = stored.values.get(name)
        if same(column, mine, last) or (not isinstance(parent, Unknown) and same(column, mine, parent)):
            continue
        base = None if isinstance(parent, Unknown) else parent
        work.clash(table.name, row.record, name, base, mine, last, "The record was deleted.", work.place(table.name, row, name))
    _keep_unreadable(work, table, row)
    _refuse_computed(work, table, row, stored)


def _keep_unreadable(work: Work, table: Table, row: SheetRow) -> None:
    """Keep the unreadable cells of a row that leaves the sheet."""
    for name, problem in row.bad.items():
        work.refuse(
            table.name,
            row.record,
            name,
            problem.raw,
            problem.code,
            problem.message,
            problem.hint,
            work.place(table.name, row, name),
            returns=True,
        )


def _merge_foreign(work: Work, table: Table, row: SheetRow, stored: Record) -> None:
    """Nothing is read from a row out of scope; what was typed there is kept among the rejected."""
    was_mine = work.was_shown(row.record)
    work.plan.absorbed.pop(row.record, None)
    owner = to_text(stored.values.get("owner")) or "someone else"
    if not was_mine:
        work.refuse(
            table.name,
            row.record,
            "",
            in_words(table, row),
            "NOT-YOURS",
            f"This row is not yours; it belongs to {owner}.",
            "Delete the pasted row, or ask for the record to be given to you.",
            work.place(table.name, row, "id"),
        )
        return
    _keep_unreadable(work, table, row)
    for name, mine in row.values.items():
        column = table.by_name[name]
        parent = work.parent(row.record, name)
        if isinstance(parent, Unknown) or same(column, mine, parent):
            continue
        work.refuse(
            table.name,
            row.record,
            name,
            to_text(mine) or "",
            "NOT-YOURS",
            f"{column.header}: the record is no longer yours; it belongs to {owner}.",
            "Tell the new owner.",
            work.place(table.name, row, name),
            returns=True,
        )
        seen = work.plan.absorbed.setdefault(row.record, dict(work.given.absorbed.get(row.record, {})))
        seen[name] = mine


def close_finished(work: Work) -> None:
    """Close conflicts and rejections of cells that were accepted by hand after they were shown."""
    for record, column in list(work.edits):
        if (record, column) in work.open_conflicts:
            work.close_conflict(record, column, "typed")


def forget(work: Work, record: str, column: str) -> None:
    """Undo the acceptance of a cell that a row rule turned down."""
    pending = work.edits.pop((record, column), None)
    if pending is None:
        return
    work.merged[record][column] = pending.old
    _unabsorb(work, record, column)
