"""The row rules on merged records: which accepted cells stand, which new rows become records."""

from __future__ import annotations

from sheetsales.columns import same
from sheetsales.process import Finding, Row, Table, Tables
from sheetsales.validate import cell_findings, fill_defaults, row_findings
from sheetsales.values import Value, to_text
from sheetsales_sync.plan.merge import forget
from sheetsales_sync.plan.rows import SheetRow, in_words
from sheetsales_sync.plan.work import Work


def apply_rules(work: Work) -> dict[str, list[Finding]]:
    """Let the rules speak on every touched record; give the warnings and notes of each.

    A new row with an error is no record yet. An edit that breaks a rule which the record kept
    before is turned down, with the other changed cells that the rule reads.
    """
    for record, row in list(work.created.items()):
        _propose(work, record, row)
    tables = work.tables()
    for record, row in list(work.created.items()):
        _judge_new(work, record, row, tables)
    for record in sorted({r for r, _ in work.edits}):
        _judge_edited(work, record, tables)
    for record, column in work.edits:
        work.close_rejection(record, column, "closed")
    tables = work.tables()
    remarks: dict[str, list[Finding]] = {}
    for record in work.merged:
        table = work.given.playbook.tables[work.table_of[record]]
        compute(work, table, record, tables)
        remarks[record] = [f for f in every_finding(work, table, record, tables) if f.severity != "error"]
    _recompute_the_rest(work, tables)
    return remarks


def _recompute_the_rest(work: Work, tables: Tables) -> None:
    """Recompute the rows that nobody touched but whose computed cells follow from other rows, or from the day.

    Of libraries and shared tables only touched rows: their figures follow from rows that this book may not see.
    """
    given = work.given
    for record in given.records.values():
        table = given.playbook.tables[record.table]
        rule = given.playbook.compute.get(table.name)
        away = record.deleted_op is not None or not given.scope.covers(record.values.get("owner"))
        if rule is None or away or record.id in work.merged or table.kind not in ("record", "detail"):
            continue
        found = rule({**record.values, "id": record.id}, tables)
        if any(not same(table.by_name[name], record.values.get(name), value) for name, value in found.items()):
            work.merged[record.id] = {**record.values, **found}
            work.table_of[record.id] = table.name


def every_finding(work: Work, table: Table, record: str, tables: Tables) -> list[Finding]:
    """Give all findings of one record as it will stand."""
    row: Row = {**(work.present(record) or {}), "id": record}
    return cell_findings(table, row, tables) + row_findings(work.given.playbook.checks[table.name], row, tables)


def _propose(work: Work, record: str, row: SheetRow) -> None:
    """Put a new row among the merged records, with its defaults filled."""
    table = work.given.playbook.tables[work.table_of[record]]
    work.merged[record] = new_record(work, table, row.values)


def new_record(work: Work, table: Table, values: Row) -> dict[str, Value]:
    """Give the full values of a record that is to be made: defaults and the owner filled in."""
    given = work.given
    blank: dict[str, Value] = {c.name: None for c in table.columns if c.name not in ("id", "updated_at", "version")}
    filled: dict[str, Value] = {**blank, **values}
    filled = fill_defaults(table, filled, owner=given.book.owner, day=given.now.date())
    fill = given.playbook.fill.get(table.name)
    if fill is not None:
        filled.update({k: v for k, v in fill(filled).items() if filled.get(k) is None})
    return filled


def _judge_new(work: Work, record: str, row: SheetRow, tables: Tables) -> None:
    """Make a new row a record, or leave it in the sheet with the reasons why it is none yet."""
    given = work.given
    table = given.playbook.tables[work.table_of[record]]
    problems = [(name, bad.raw, bad.code, bad.message, bad.hint) for name, bad in row.bad.items()]
    if table.kind == "log" or (table.kind == "library" and not work.given.scope.edits_library):
        problems.append(("", "", "NOT-ALLOWED", f"New rows cannot be made in {table.title}.", "Ask sales operations."))
    owner = work.merged[record].get("owner")
    if table.owned and not work.given.scope.covers(owner):
        problems.append(
            ("owner", to_text(owner) or "", "NOT-YOURS", f"Owner: you cannot make a row for {owner}.", "Put your own address.")
        )
    for finding in every_finding(work, table, record, tables):
        if finding.severity == "error" and finding.column not in row.bad:
            raw = to_text(work.merged[record].get(finding.column)) or ""
            problems.append((finding.column, raw, finding.code, finding.message, finding.hint))
    told = {problem[0] for problem in problems}
    if problems and given.aside:
        told.add("")
        why = f"This row of a copy of the workbook is no record yet. {problems[0][3]}"
        problems = [("", in_words(table, row), "UNFINISHED", why, "Type it again in the workbook; Take theirs drops it.")]
    for name in [c for r, c in work.standing if r == record and c not in told]:
        work.close_rejection(record, name, "closed")
    if not problems:
        return
    for name, raw, code, message, hint in problems:
        work.refuse(table.name, record, name, raw, code, message, hint, work.place(table.name, row, name))
    work.keep.setdefault(record, set()).update(row.values)
    work.unfinished[record] = row
    if row.label == record:
        work.plan.absorbed.pop(record, None)  # what this place has read of an id would claim the record another copy makes of it
    del work.created[record]
    del work.merged[record]


def _judge_edited(work: Work, record: str, tables: Tables) -> None:
    """Turn down the edited cells that break a rule of severity error which held before."""
    table = work.given.playbook.tables[work.table_of[record]]
    stored = work.given.records[record]
    before_row: Row = {**stored.values, "id": record}
    before = {(f.code, f.column) for f, _ in _errors(work, table, before_row, tables)}
    for _ in range(len(table.columns)):
        row: Row = {**work.merged[record], "id": record}
        turned_down = False
        for finding, reads in _errors(work, table, row, tables):
            if (finding.code, finding.column) in before:
                continue
            for name in reads:
                pending = work.edits.get((record, name))
                if pending is not None:
                    forget(work, record, name)
                    raw, hint = to_text(pending.new) or "", finding.hint
                    work.refuse(table.name, record, name, raw, finding.code, finding.message, hint, pending.place)
                    turned_down = True
        if not turned_down:
            return


def _errors(work: Work, table: Table, row: Row, tables: Tables) -> list[tuple[Finding, tuple[str, ...]]]:
    """Give the errors of a row, each with the columns its rule reads."""
    found: list[tuple[Finding, tuple[str, ...]]] = [
        (f, (f.column,)) for f in cell_findings(table, row, tables) if f.severity == "error"
    ]
    for check in work.given.playbook.checks[table.name]:
        if check.severity == "error":
            found.extend((f, check.reads) for f in check.findings(row, tables))
    return found


def compute(work: Work, table: Table, record: str, tables: Tables) -> None:
    """Recompute the columns that follow from the record's own row, and the team of its owner."""
    values = work.merged[record]
    if "team" in table.by_name and table.by_name["team"].computed:
        person = tables.person(values.get("owner"))
        values["team"] = person.get("team") if person is not None else None
    rule = work.given.playbook.compute.get(table.name)
    if rule is None:
        return
    for name, value in rule({**values, "id": record}, tables).items():
        if not same(table.by_name[name], values.get(name), value) or values.get(name) is None:
            values[name] = value
