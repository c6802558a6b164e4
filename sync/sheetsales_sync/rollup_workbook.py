"""The roll-up as a manager's workbook: groups with charts, every row with where it comes from, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sheetsales.rollup import PERIOD_COLUMNS, GroupRow
from sheetsales.values import to_text
from sheetsales_sync.rollups import RollUp, late
from sheetsales_workbooks.build import write_report
from sheetsales_workbooks.report import Chart, Field, Page, Report

CHART_LINES: Final = 40  # groups beyond which a chart tells nothing
FIGURES: Final = (
    Field("Rows", "integer", 8, total=True),
    Field("Open", "integer", 8, total=True),
    Field("Won", "integer", 8, total=True),
    Field("Lost", "integer", 8, total=True),
    Field("Open amount", "money", 15, total=True),
    Field("Won amount", "money", 15, total=True),
    Field("Lost amount", "money", 15, total=True),
    Field("Weighted", "money", 15, total=True),
    Field("Win rate", "percent", 10),
    Field("Days to win, mean", "number", 11),
    Field("Days to win, median", "number", 11),
)
LINEAGE: Final = (
    Field("Opportunity", width=34), Field("Owner", width=26), Field("Account", width=24), Field("Stage", width=12),
    Field("Outcome", width=10), Field("Amount", "money", 15, total=True), Field("Created", "date", 12), Field("Closes", "date", 12),
    Field("Workbook", width=26), Field("Tab", width=14), Field("Cell", width=8), Field("Last touched (UTC)", width=22), Field("ID", width=20),
)  # fmt: skip


def write_roll_up(result: RollUp, now: datetime) -> bytes:
    """Give the manager's workbook; the same figures at the same moment give the same bytes."""
    pages = [_group_page(result, by, rows) for by, rows in result.groups]
    return write_report(
        Report("Roll-up", now, (*pages, _reconciliation(result), _rows(result), _rejected(result), _members(result, now)))
    )


def _words(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")


def _group_page(result: RollUp, by: Sequence[str], rows: Sequence[GroupRow]) -> Page:
    title = "By " + " and ".join(_words(name) for name in by)
    fields = (*(Field(_words(name).capitalize(), width=24) for name in by), *FIGURES)
    table = [
        (*(k if k is not None else "(blank)" for k in r.keys), r.rows, r.open, r.won, r.lost, r.open_amount, r.won_amount, r.lost_amount,
         r.weighted_amount, r.win_rate, r.won_cycle_days_mean, r.won_cycle_days_median)
        for r in rows
    ]  # fmt: skip
    first = len(by)
    charts: tuple[Chart, ...] = ()
    if 1 < len(rows) <= CHART_LINES:
        kind = "line" if by[-1] in PERIOD_COLUMNS and len(by) == 1 else "column"
        charts = (
            Chart(kind, f"Won amount by {_words(by[-1])}", first - 1, (first + 5,)),
            Chart("column", "Open and weighted", first - 1, (first + 4, first + 7)),
        )
    words = (f"As of {result.as_of.isoformat()}, amounts in {result.currency}.", _tied(result))
    return Page(title, title, words, fields, table, charts)


def _tied(result: RollUp) -> str:
    source = result.source
    if result.difference == 0 and not source.refused:
        return f"{source.read} rows read, all counted. The groups add up to the rows: difference 0.00."
    return f"{source.read} rows read, {len(source.counted)} counted, {len(source.refused)} rejected (listed); difference {result.difference}."


def _reconciliation(result: RollUp) -> Page:
    source = result.source
    rows = [
        ("Rows read", source.read, None),
        ("Rows counted", len(source.counted), sum((c.amount for c in source.counted), result.difference * 0)),
        ("Rows rejected", len(source.refused), None),
        ("Amount of all rows counted, added up apart", None, source.total - source.refused_total),
        ("Difference", source.read - len(source.counted) - len(source.refused), result.difference),
    ]
    fields = (Field("What", width=46), Field("Rows", "integer", 12), Field("Amount", "money", 18))
    words = (
        "Every row that was read is counted or listed under Rejected; the amounts are added up a second time, apart from the groups.",
    )
    return Page("Reconciliation", "Does it tie out?", words, fields, rows)


def _rows(result: RollUp) -> Page:
    table = [
        (to_text(c.row.get("name")) or str(c.row["id"]), to_text(c.row.get("owner")), to_text(c.row.get("account")), to_text(c.row.get("stage")),
         c.outcome, c.amount, c.row.get("created_on"), c.row.get("close_date"), Path(c.book).name if c.book else "(store)", c.sheet, c.cell, c.at,
         str(c.row["id"]))
        for c in sorted(result.source.counted, key=lambda c: str(c.row["id"]))
    ]  # fmt: skip
    words = ("Every row behind the figures: the workbook, tab and cell where it was last touched, and when.",)
    return Page("Rows", "The rows behind the figures", words, LINEAGE, table)


def _rejected(result: RollUp) -> Page:
    rows = [(Path(r.book).name, r.sheet, r.cell, "not counted", r.reason) for r in result.source.refused]
    rows += [(Path(r.book).name, r.sheet, r.cell, "counted as stored", r.reason) for r in result.source.remarks]
    fields = (
        Field("Workbook", width=28),
        Field("Tab", width=16),
        Field("Cell", width=8),
        Field("In the figures", width=18),
        Field("Reason", width=90),
    )
    words = ("Nothing was turned down." if not rows else "Mend the cell in the workbook and sync; the figures follow.",)
    return Page("Rejected", "What is not in the figures, and why", words, fields, rows)


def _members(result: RollUp, now: datetime) -> Page:
    stale = {path for _, path, _ in late(result.source, now)}
    rows = [
        (owner, Path(path).name, state, at or "never", "yes" if path in stale else "")
        for owner, path, state, at in sorted(result.source.freshness)
    ]
    fields = (Field("Member", width=30), Field("Workbook", width=30), Field("State", width=12), Field("Last synced (UTC)", width=24),
              Field("Silent for 7 days", width=12))  # fmt: skip
    words = ("Who has handed in, and who has been silent.",)
    return Page("Members", "Who has handed in", words, fields, rows)
