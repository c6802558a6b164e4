"""One sync, planned: merge, decisions, rules, deletes, an action if there is one, the next picture."""

from __future__ import annotations

from sheetsales.process import Action, Finding, Patch, Request, Row, Tables
from sheetsales.values import Value
from sheetsales_sync.plan.decisions import apply_decisions, apply_deletes
from sheetsales_sync.plan.merge import close_finished, merge_table
from sheetsales_sync.plan.picture import draw, lost_header, missing_rows
from sheetsales_sync.plan.rules import apply_rules, compute, every_finding, new_record
from sheetsales_sync.plan.work import PlanInput, Work
from sheetsales_sync.state import Change, Plan


def plan_sync(given: PlanInput, action: Action | None = None, request: Request | None = None, *, check: bool = False) -> Plan:
    """Say everything one sync has to do. Pure: the same pictures give the same plan, byte for byte.

    action: a button pressed inside this sync, planned on the merged records. check: write all
    findings into the sheet as marks, and take away those that are mended.
    """
    work = Work(given)
    for name in given.book.tables:
        tab = given.read.tables.get(name)
        if tab is not None and tab.header_row and name in given.playbook.tables:
            merge_table(work, tab)
    close_finished(work)
    apply_decisions(work)
    remarks = apply_rules(work)
    apply_deletes(work)
    typed = _collect(work)
    if action is not None:
        remarks.update(_act(work, action, request or Request()))
    if check:
        remarks.update(_check_all(work))
    _log(work)
    work.plan.changes = _collect(work)
    before = {(c.table, c.record, c.column, c.kind): c.new for c in typed}
    work.plan.action_changes = [
        c for c in work.plan.changes if before.get((c.table, c.record, c.column, c.kind), _NOTHING) != c.new
    ]
    work.plan.accepted = sum(1 for key in work.edits) + sum(1 for c in typed if c.kind in ("create", "delete"))
    work.plan.paused = lost_header(work) or missing_rows(work)
    for tab in given.read.tables.values():
        work.plan.messages.extend(tab.remarks)
    draw(work, remarks)
    return work.plan


_NOTHING = object()


def _collect(work: Work) -> list[Change]:
    """Turn the difference between the stored and the merged records into history rows to be."""
    changes: list[Change] = []
    generation = work.given.read.markers.generation
    for record, values in work.merged.items():
        table = work.table_of[record]
        definition = work.given.playbook.tables[table]
        stored = work.given.records.get(record)
        row = work.created.get(record)
        if record in work.revived:
            changes.append(Change(table, record, "", None, None, "undelete", "", generation))
        for column in definition.columns:
            if column.name in ("id", "updated_at", "version"):
                continue
            old = stored.values.get(column.name) if stored else None
            new = values.get(column.name)
            if old == new and type(old) is type(new):
                continue
            pending = work.edits.get((record, column.name))
            place = pending.place if pending else (work.place(table, row, column.name) if row is not None else "")
            changes.append(Change(table, record, column.name, old, new, "set" if stored else "create", place, generation))
    for record in sorted(work.deleted):
        changes.append(Change(work.table_of[record], record, "", None, None, "delete", "", generation))
    return changes


def _log(work: Work) -> None:
    """Write the log rows that follow from the changes, such as a move between stages; a new record has nothing before it."""
    tables = work.tables()
    for record in [r for r in work.merged if work.table_of[r] in work.given.playbook.log and r not in work.deleted]:
        stored, now = work.given.records.get(record), work.merged[record]
        before: Row = {**stored.values, "id": record} if stored is not None else {}
        new = work.given.playbook.log[work.table_of[record]](before, {**now, "id": record}, tables)
        if new is not None:
            definition = work.given.playbook.tables[new.table]
            made = work.given.new_id(definition.prefix)
            work.merged[made] = {**new_record(work, definition, new.values), "owner": now.get("owner"), "team": now.get("team")}
            work.table_of[made] = new.table


def _act(work: Work, action: Action, request: Request) -> dict[str, list[Finding]]:
    """Plan the button on the merged records and take its patch as edits by the member."""
    tables = work.tables()
    patch = action.plan(tables, request)
    touched: dict[str, list[Finding]] = {}
    for edit in patch.edits:
        if _may_write(work, edit.table, edit.record):
            stored = work.given.records.get(edit.record)
            values = work.merged.setdefault(edit.record, dict(stored.values) if stored else {})
            values[edit.column] = edit.value
            work.table_of[edit.record] = edit.table
            touched[edit.record] = []
    for new in patch.new:
        definition = work.given.playbook.tables[new.table]
        record = work.given.new_id(definition.prefix)
        work.merged[record] = new_record(work, definition, new.values)
        work.table_of[record] = new.table
        touched[record] = []
    work.plan.messages.append(_words(patch))
    work.plan.refused = [r.message for r in patch.refused]
    work.plan.documents = patch.documents
    tables = work.tables()
    for record in touched:
        definition = work.given.playbook.tables[work.table_of[record]]
        compute(work, definition, record, tables)
        touched[record] = [f for f in every_finding(work, definition, record, tables) if f.severity != "error"]
    return touched


def _may_write(work: Work, table: str, record: str) -> bool:
    """Say whether an action may write a record: it lives and is inside the member's scope."""
    values: dict[str, Value] | None = work.present(record)
    if values is None or record in work.deleted or table not in work.given.playbook.tables:
        return False
    stored = work.given.records.get(record)
    return (stored is None or stored.deleted_op is None) and work.given.scope.covers(values.get("owner"))


def _words(patch: Patch) -> str:
    if patch.message:
        return patch.message
    changed = len({(e.table, e.record) for e in patch.edits}) + len(patch.new)
    text = f"{patch.rows_read} rows read, {changed} changed."
    return text if not patch.refused else f"{text} {len(patch.refused)} refused: {patch.refused[0].message}"


def _check_all(work: Work) -> dict[str, list[Finding]]:
    """Give every finding of every record the book shows, and list them in the plan."""
    tables: Tables = work.tables()
    found: dict[str, list[Finding]] = {}
    for name, rows in work.rows.items():
        definition = work.given.playbook.tables[name]
        for row in rows:
            if row.record in work.unfinished or row.foreign or row.record in work.deleted or work.present(row.record) is None:
                continue
            found[row.record] = every_finding(work, definition, row.record, tables)
            work.plan.findings.extend(found[row.record])
    kinds = [finding.severity for finding in work.plan.findings]
    words = ", ".join(f"{kinds.count(kind)} {kind}s" for kind in ("error", "warning", "note") if kinds.count(kind))
    work.plan.messages.insert(0, f"{len(kinds)} findings: {words}." if kinds else "Nothing to mend.")
    return found
