"""What the sheet should show afterwards: the next image, row by row, and the words on the other tabs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sheetsales.process import Finding, Table
from sheetsales.values import CellError, Formula, Value, to_text
from sheetsales_sync.plan.rows import SheetRow
from sheetsales_sync.plan.truth import Unknown
from sheetsales_sync.plan.work import Work
from sheetsales_sync.state import (
    IMPORTED,
    ConflictLine,
    DesiredRow,
    DesiredTable,
    ImageRow,
    MarkedCell,
    RemovedLine,
    Values,
)
from sheetsales_workbooks.host import RowRead, TableRead

SPARE_FLOOR: Final = 20  # spare rows left at which new ones are laid out
PAUSE_ROWS: Final = 10  # missing rows above which the book is paused
PAUSE_SHARE: Final = 0.2  # … or above this share of the rows shown
PAUSE_MINIMUM: Final = 2  # but a row or two is put back without a pause
MARK_ORDER: Final = {"conflict": 0, "error": 1, "warning": 2, "note": 3}


def draw(work: Work, remarks: Mapping[str, list[Finding]]) -> None:
    """Fill the plan's image, tables, lines and messages from what was decided."""
    work.settle()
    for name in work.given.book.tables:
        tab = work.given.read.tables.get(name)
        if tab is not None and name in work.given.playbook.tables:
            _draw_table(work, work.given.playbook.tables[name], tab, remarks)
    _conflict_lines(work)
    plan = work.plan
    plan.open_conflicts = len(work.open_conflicts)
    plan.open_rejections = len(work.standing)
    plan.standing = list(work.standing.values())


def _draw_table(work: Work, table: Table, tab: TableRead, remarks: Mapping[str, list[Finding]]) -> None:
    desired = DesiredTable(table.name)
    desired.old_marks = {
        r: image.marks for r, image in (work.given.image or {}).items() if image.table == table.name and image.marks
    }
    placed: set[str] = set()
    for row in work.rows.get(table.name, ()):
        placed.add(row.record)
        if row.record in work.unfinished or (row.foreign and not work.was_shown(row.record)):
            desired.rows.append(_unfinished_row(work, row))
        elif _stays(work, row.record):
            desired.rows.append(_record_row(work, table, row.record, row.source.row, remarks, row))
        else:
            _leave(work, table, tab, row, desired)
    for record in _unplaced(work, table.name, placed):
        desired.rows.append(_record_row(work, table, record, 0, remarks))
    work.plan.tables.append(desired)
    work.plan.image.extend(_image_row(work, table, shown) for shown in desired.rows if shown.values or shown.marks)
    _lay_spares(work, table, tab, desired)


def _image_row(work: Work, table: Table, shown: DesiredRow) -> ImageRow:
    """Give what the next generation shows in a row; a cell that keeps what was typed keeps its parent too."""
    values = dict(shown.values)
    for name in shown.keep if values else ():
        parent = work.parent(shown.record, name)
        if isinstance(parent, Unknown):
            values.pop(name, None)
        else:
            values[name] = parent
    raws = {c: r.raw for c, r in work.turned_down.get(shown.record, {}).items()} if values else {}
    return ImageRow(table.name, shown.record, values, raws, shown.marks)


def _stays(work: Work, record: str) -> bool:
    """Say whether a record belongs into this book after the sync."""
    if record in work.deleted:
        return False
    values = work.present(record)
    if values is None:
        return False
    stored = work.given.records.get(record)
    if stored is not None and stored.deleted_op is not None and record not in work.revived:
        return False
    return work.given.scope.covers(values.get("owner"))


def _unplaced(work: Work, table: str, placed: set[str]) -> list[str]:
    """Give the records that should be shown and are not in the sheet: put back or newly arrived."""
    stored = [r.id for r in work.given.records.values() if r.table == table]
    fresh = [r for r, name in work.table_of.items() if name == table and r in work.merged]
    return [r for r in dict.fromkeys([*stored, *fresh]) if r not in placed and _stays(work, r)]


def _record_row(
    work: Work, table: Table, record: str, row: int, remarks: Mapping[str, list[Finding]], there: SheetRow | None = None
) -> DesiredRow:
    values = dict(work.present(record) or {})
    stored = work.given.records.get(record)
    changed = record in work.merged and (stored is None or any(values.get(k) != stored.values.get(k) for k in values))
    values["version"] = (stored.version if stored else 0) + (1 if changed else 0)
    values["updated_at"] = work.given.at if changed or stored is None else stored.updated_at
    marks = _marks(work, table, record, remarks)
    read = _read_as(there) if there is not None else {}
    return DesiredRow(row, record, values, frozenset(work.keep.get(record, ())), marks, record in work.clear_action, read)


def _read_as(row: SheetRow) -> Values:
    """Give what the cells of a row were read as, where they could be read."""
    read = {**row.values, **row.computed}
    for name in row.unread:
        del read[name]
    return read


def _unfinished_row(work: Work, row: SheetRow) -> DesiredRow:
    """A row that is no record yet keeps everything that was typed."""
    marks: dict[str, MarkedCell] = {}
    for column, rejection in work.turned_down.get(row.record, {}).items():
        marks[column or "id"] = MarkedCell("error", f"Not accepted: {rejection.reason} {rejection.hint}".strip())
    return DesiredRow(row.source.row, row.record, {}, frozenset(row.source.cells), marks)


def _marks(work: Work, table: Table, record: str, remarks: Mapping[str, list[Finding]]) -> dict[str, MarkedCell]:
    """Collect the marks a row should carry: findings, then what was turned down, then conflicts."""
    found: dict[str, MarkedCell] = {}
    if record in remarks:
        for finding in sorted(remarks[record], key=lambda f: (-MARK_ORDER[f.severity], f.code)):
            note = f"{finding.message} {finding.hint}".strip()
            before = found.get(finding.column)
            if before is not None and note not in before.note:
                note = f"{note}\n{before.note}"
            found[finding.column] = MarkedCell(finding.severity, note)
    else:
        latest = work.given.latest.get(record)
        if latest is not None:
            found.update({c: m for c, m in latest.marks.items() if m.kind in ("warning", "note") or _checked(m)})
    for column, rejection in work.turned_down.get(record, {}).items():
        if column:
            shared = to_text((work.present(record) or {}).get(column)) or "blank"
            found[column] = MarkedCell("error", f"Not accepted: {rejection.reason} {rejection.hint}\nShared value: {shared}")
    for column, conflict in work.clashes.get(record, {}).items():
        theirs = f"{conflict.theirs_by or 'Shared'}: {to_text(conflict.theirs) or 'blank'}"
        whose = "Import" if conflict.book.startswith(IMPORTED) else "You"
        text = (
            f"{whose}: {to_text(conflict.mine) or 'blank'} · {theirs}\nDecide on the Conflicts tab, or type the right value here."
        )
        found[column or table.label] = MarkedCell("conflict", text)
    return {c: m for c, m in found.items() if c in table.by_name}


def _checked(mark: MarkedCell) -> bool:
    """Say whether an error mark came from a check and not from a cell that was turned down."""
    return mark.kind == "error" and not mark.note.startswith("Not accepted:")


def _leave(work: Work, table: Table, tab: TableRead, row: SheetRow, desired: DesiredTable) -> None:
    """Take a row out of the sheet, keeping what the rep's own columns held."""
    record = row.record
    stored = work.given.records.get(record)
    deleted = record in work.deleted or (stored is not None and stored.deleted_op is not None)
    why = (
        "The row was deleted."
        if deleted
        else f"The record now belongs to {to_text((work.present(record) or {}).get('owner')) or 'someone else'}."
    )
    when = to_text(work.given.now.replace(microsecond=0)) or ""
    for column, raw in sorted(row.source.extra.items()):
        content = _shown(raw)
        if content:
            work.plan.removed.append(
                RemovedLine(
                    when,
                    tab.sheet,
                    work.label(table.name, record),
                    why,
                    tab.extra_headers.get(column, f"column {column}"),
                    content,
                )
            )
    spare = work.given.new_id(table.prefix)
    work.plan.issue.append(spare)
    desired.leaving[row.source.row] = spare


def _shown(raw: object) -> str:
    """Give what stood in a cell as text, a formula with its sign."""
    if isinstance(raw, Formula):
        return "=" + raw.text
    if isinstance(raw, CellError):
        return raw.code
    return "" if raw is None else str(raw)


def _lay_spares(work: Work, table: Table, tab: TableRead, desired: DesiredTable) -> None:
    """Lay out new waiting rows when few are left and the sheet is written anyway."""
    if table.kind == "log" or (table.kind == "library" and not work.given.scope.edits_library):
        return
    used = {r.source.row for r in work.rows.get(table.name, ())}
    waiting = sum(1 for r in tab.rows if r.row not in used and _is_waiting(r))
    waiting += len(desired.leaving) - sum(1 for r in desired.rows if r.row == 0)
    if waiting < SPARE_FLOOR:
        for _ in range(work.given.spare_rows - max(waiting, 0)):
            spare = work.given.new_id(table.prefix)
            desired.spares.append(spare)
    work.plan.issue.extend(desired.spares)


def _is_waiting(row: RowRead) -> bool:
    return row.id is not None and all(v is None for v in row.extra.values())


def missing_rows(work: Work) -> str:
    """Judge the rows that are gone from the sheet: "" to put them back, or why the book is paused."""
    put_back = 0
    for table, gone in work.missing.items():
        shown = sum(1 for image in (work.given.image or {}).values() if image.table == table and image.values)
        many = len(gone) > PAUSE_ROWS or len(gone) > max(PAUSE_MINIMUM, PAUSE_SHARE * shown)
        if many and not work.given.resumed:
            title = work.given.playbook.tables[table].title
            return (
                f"{len(gone)} of {shown} rows are missing from {title}, so nothing was written. Undo in the spreadsheet, "
                "or run `sync --resume` to have them put back."
            )
        put_back += len(gone)
    if put_back:
        rows = "1 row was missing and was" if put_back == 1 else f"{put_back} rows were missing and were"
        work.plan.messages.append(f"{rows} put back; to delete use Action = Delete; to hide use a filter.")
    return ""


def lost_header(work: Work) -> str:
    """Say which tab lost its header row or most of its columns, or ""."""
    for name in work.given.book.tables:
        tab = work.given.read.tables.get(name)
        definition = work.given.playbook.tables.get(name)
        if definition is None:
            continue
        if tab is None:
            return f"The tab {definition.title} is gone, so nothing was written. Undo, or restore the tab from a backup."
        if tab.header_row == 0:
            return f"The header row of {tab.sheet} cannot be found (it was row 5). Undo in the spreadsheet; nothing was written."
        if len(tab.columns) * 2 < len(definition.columns) - 1:
            return (
                f"Fewer than half of the columns of {tab.sheet} were found in row {tab.header_row}. "
                "Undo in the spreadsheet; nothing was written."
            )
    return ""


def _conflict_lines(work: Work) -> None:
    """Say every open conflict and rejection of the book in words, oldest first."""
    plan = work.plan
    for conflict in work.open_conflicts.values():
        plan.conflict_lines.append(
            ConflictLine(
                conflict.id,
                "Conflict",
                *_names(work, conflict.table, conflict.record, conflict.column),
                _words(conflict.base),
                _words(conflict.mine),
                _words(conflict.theirs),
                conflict.theirs_by,
                f"{conflict.theirs_at:%Y-%m-%d %H:%M} UTC" if conflict.theirs_at else "",
                conflict.reason,
                conflict.place,
            )
        )
    for rejection in work.standing.values():
        record = rejection.record or ""
        shared = (work.present(record) or {}).get(rejection.column) if record and work.inside(record) else None
        plan.conflict_lines.append(
            ConflictLine(
                rejection.id,
                "Not accepted",
                *_names(work, rejection.table, rejection.record or "", rejection.column),
                "",
                rejection.raw,
                _words(shared),
                "",
                "",
                f"{rejection.reason} {rejection.hint}".strip(),
                rejection.place,
            )
        )


def _names(work: Work, table: str, record: str, column: str) -> tuple[str, str, str]:
    definition: Table = work.given.playbook.tables[table]
    header = definition.by_name[column].header if column in definition.by_name else "(whole row)"
    return definition.title, work.label(table, record), header


def _words(value: Value) -> str:
    return to_text(value) or ""
