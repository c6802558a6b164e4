"""Check: every finding of a workbook with its tab and cell; reads, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sheetsales.errors import ForeignBook, SheetsalesError
from sheetsales_sync.bookfile import BookFile
from sheetsales_sync.plan.sync import plan_sync
from sheetsales_sync.plan.work import letters
from sheetsales_sync.state import Plan
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks.host import BookRead


def check_book(workspace: Workspace, path: Path) -> tuple[list[dict[str, Any]], SheetsalesError | None]:
    """Give the findings of one workbook as the contract words them, or why it cannot be checked."""
    sheet = BookFile(path, "check", workspace.private / "incoming")
    try:
        read = sheet.parse(sheet.fetch(""))
    except SheetsalesError as error:
        return [], error

    def work(tx: Any) -> Plan | None:
        book = tx.book(read.markers.book_id)
        if book is None or book.workbook_id != read.markers.workbook_id:
            return None
        if read.markers.generation > book.generation:
            raise ForeignBook("The workbook carries a generation that was never given out here.")
        given = workspace.gatherer.plan_input(tx, book, read, book.path, workspace.clock, actor=book.owner)
        return plan_sync(given, check=True)

    try:
        plan = workspace.store.read(work)
    except ForeignBook as error:
        return [], error
    if plan is None:
        return [], ForeignBook("The workbook belongs to another installation.", "Use the workspace in which it was made.")
    return _documents(path, read, plan), None


def _documents(path: Path, read: BookRead, plan: Plan) -> list[dict[str, Any]]:
    """Put every finding and every cell that a sync would turn down at its cell, in the order of the sheet."""
    rows = {d.record: (d.row, table.table) for table in plan.tables for d in table.rows}
    found: list[tuple[tuple[int, int, int, str], dict[str, Any]]] = []
    order = {name: number for number, name in enumerate(read.tables)}

    def add(table: str, record: str, column: str, code: str, severity: str, message: str, hint: str) -> None:
        tab = read.tables[table]
        row = rows.get(record, (0, table))[0]
        index = tab.columns.get(column) or tab.action_column
        document = {
            "book": str(path), "sheet": tab.sheet, "cell": f"{letters(index)}{row}" if row else "", "record": record,
            "column": column, "code": code, "severity": severity, "message": message, "hint": hint,
        }  # fmt: skip
        found.append(((order[table], row, index, code), document))

    refused = {(r.record, r.column) for r in plan.rejections if r.state == "open"}
    for rejection in plan.rejections:
        if rejection.state in ("open", "returned") and rejection.table in read.tables:
            add(
                rejection.table,
                rejection.record or "",
                rejection.column,
                rejection.code,
                "error",
                rejection.reason,
                rejection.hint,
            )
    for line in plan.standing:
        if (line.record, line.column) not in refused and line.table in read.tables:
            add(line.table, line.record or "", line.column, line.code, "error", line.reason, line.hint)
    for finding in plan.findings:
        if finding.table in read.tables:
            add(finding.table, finding.record, finding.column, finding.code, finding.severity, finding.message, finding.hint)
    found.sort(key=lambda pair: pair[0])
    return [document for _, document in found]
