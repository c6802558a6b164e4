"""The roll-up as a manager's workbook: an overview with charts, groups, every row with where it comes from, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from sheetsales.rollup import OPEN, PERIOD_COLUMNS, GroupRow, month_of, quarter_of
from sheetsales.values import fold, to_text
from sheetsales_sync.account_pages import account_pages
from sheetsales_sync.outlook_pages import headline, outlook_pages
from sheetsales_sync.rollups import RollUp, handed_in, late
from sheetsales_sync.territory_pages import territory_pages
from sheetsales_workbooks.build import write_report
from sheetsales_workbooks.report import Chart, Field, Overview, Page, Report, Tile

CHART_LINES: Final = 24  # groups of a column chart that can still be told apart
BARS: Final = 12  # of the largest groups
CHARTS: Final = 6  # of the groups on the overview
CUT_OFF_DAYS: Final = {"close_month": 10, "close_quarter": 30}  # after which a first closing means that data are missing
SILENT_DAYS: Final = 7  # without a sync, after which a member is called silent
PEOPLE: Final = ("owner", "manager")
FIGURES: Final = (
    Field("Rows", "integer", 9, total=True),
    Field("Open", "integer", 9, total=True),
    Field("Won", "integer", 9, total=True),
    Field("Lost", "integer", 9, total=True),
    Field("Open amount", "money", 16, total=True),
    Field("Won amount", "money", 16, total=True),
    Field("Lost amount", "money", 16, total=True),
    Field("Weighted", "money", 16, total=True),
    Field("Win rate", "rate", 10),
    Field("Days to win, mean", "days", 13),
    Field("Days to win, median", "days", 13),
)
OPEN_AMOUNT, WON_AMOUNT, WEIGHTED, WIN_RATE = 4, 5, 7, 8  # places in FIGURES
LINEAGE: Final = (
    Field("Opportunity"), Field("Owner"), Field("Account"), Field("Stage"), Field("Outcome", width=10),
    Field("Amount", "money", 16, total=True), Field("Created", "date", 12), Field("Closes", "date", 12), Field("Workbook"), Field("Tab"),
    Field("Cell", width=9), Field("Last touched (UTC)", "note", 24), Field("ID", "note", 19),
)  # fmt: skip


def write_roll_up(result: RollUp, now: datetime) -> bytes:
    """Give the manager's workbook; the same figures at the same moment give the same bytes."""
    groups = [_group_page(result, by, rows) for by, rows in result.groups]
    charts = [chart for page, (by, rows) in zip(groups, result.groups, strict=True) for chart in _charts(page, by, rows, result)]
    ahead = outlook_pages(result.outlook, result.currency, lambda email: _label(result, "owner", email))
    charts = [*charts[:CHARTS], *(chart for page in ahead for chart in page.charts)]
    white = account_pages(result.source.tables, result.currency)
    fields = territory_pages(result.source.tables, result.currency, lambda email: _label(result, "owner", email))
    pages = (*groups, *ahead, *fields, *white, _reconciliation(result), _rows(result), _rejected(result), _members(result, now))
    return write_report(Report("Roll-up", now, pages, _overview(result, charts, now)))


def _words(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")


def _header(name: str) -> str:
    return _words(name).capitalize()


# ── the groups ───────────────────────────────────────────────────────────────────────────────────


def _group_page(result: RollUp, by: Sequence[str], rows: Sequence[GroupRow]) -> Page:
    title = "By " + " and ".join(_words(name) for name in by)
    fields = (*(Field(_header(name)) for name in by), *FIGURES)
    table = [
        (*(_label(result, name, key) for name, key in zip(by, r.keys, strict=True)), r.rows, r.open, r.won, r.lost, r.open_amount,
         r.won_amount, r.lost_amount, r.weighted_amount, r.win_rate, r.won_cycle_days_mean, r.won_cycle_days_median)
        for r in sorted(rows, key=_order(result, by))
    ]  # fmt: skip
    words = (f"As of {result.as_of.isoformat()}, amounts in {result.currency}.", _tied(result), *_cut_off(result, by))
    total = result.total
    won, lost = (f"{{{len(by) + place}}}" for place in (2, 3))
    rate = f'=IF({won}+{lost}=0,"",ROUND({won}/({won}+{lost}),6))'
    closing = (
        (len(by) + WIN_RATE, rate, total.win_rate),
        (len(by) + WIN_RATE + 1, "", total.won_cycle_days_mean),
        (len(by) + WIN_RATE + 2, "", total.won_cycle_days_median),
    )
    return Page(title, title, words, fields, table, closing)


def _cut_off(result: RollUp, by: Sequence[str]) -> list[str]:
    """Say where the first period is cut off: deals that closed before the data begin are missing, so its rates mislead."""
    period = next((name for name in by if name in ("close_month", "close_quarter")), None)
    days = [d for c in result.source.counted if c.outcome != OPEN and isinstance(d := c.row.get("close_date"), date)]
    if period is None or not days:
        return []
    first = min(days)
    start = first.replace(day=1) if period == "close_month" else first.replace(month=(first.month - 1) // 3 * 3 + 1, day=1)
    if (first - start).days <= CUT_OFF_DAYS[period]:
        return []
    name = month_of(first) if period == "close_month" else quarter_of(first)
    return [
        f"The first closing is of {first.isoformat()}: {name} is incomplete, and its win rate and days to win do not compare."
    ]


def _label(result: RollUp, name: str, key: str | None) -> str:
    """Give what a group is called: people by their names, a blank in brackets."""
    if key is None:
        return "(blank)"
    person = result.source.tables.person(key) if name in PEOPLE and result.source.tables is not None else None
    return str(person.get("name") or key) if person is not None else key


def _order(result: RollUp, by: Sequence[str]) -> Callable[[GroupRow], tuple[object, ...]]:
    """Give the order of a table: stages as they follow each other, periods by time, else the largest won amount first."""
    if by == ("stage",) and result.source.tables is not None:
        places = {fold(row.get("name") or ""): row.get("order") for row in result.source.tables.rows("stages")}
        return lambda r: (fold(r.keys[0] or "") not in places, places.get(fold(r.keys[0] or "")) or 0, r.keys[0] or "")
    if len(by) == 1 and by[0] not in PERIOD_COLUMNS:
        return lambda r: (r.keys[0] is None, -r.won_amount, -r.open_amount, r.keys[0] or "")
    return lambda r: tuple((key is None, key or "") for key in r.keys)


def _charts(page: Page, by: Sequence[str], rows: Sequence[GroupRow], result: RollUp) -> list[Chart]:
    """Give the charts of one grouping that tell something: amounts over time, the pipeline, the largest groups."""
    wide = len(by)
    won, pipeline, rate = wide + WON_AMOUNT, (wide + OPEN_AMOUNT, wide + WEIGHTED), wide + WIN_RATE
    over = " and ".join(_words(name) for name in by)
    named = sum(None not in r.keys for r in rows)
    if by == ("stage",):
        still = [n for n, line in enumerate(page.rows) if line[wide + 1]]
        if not still or not result.total.open_amount:
            return []
        count = still[-1] - still[0] + 1
        return [Chart(page.name, "column", "Pipeline by stage: open and weighted", (0, 0), pipeline, still[0], count)]
    if wide > 1 or by[0] in PERIOD_COLUMNS:
        if not 1 < named <= CHART_LINES or any(None in r.keys for r in sorted(rows, key=_order(result, by))[:named]):
            return []
        if wide == 1:
            return [Chart(page.name, "column", f"Won amount and win rate by {over}", (0, 0), (won,), 0, named, rate)]
        several = len({r.keys[0] for r in rows}) > 1
        return [Chart(page.name, "column", f"Won amount by {over}", (0, wide - 1), (won,), 0, named)] if several else []
    found = []
    if named > 1 and result.total.won_amount:
        found.append(Chart(page.name, "bar", _largest("Won amount", over, named), (0, 0), (won,), 0, min(named, BARS)))
    if named > 1 and result.total.open_amount and named <= BARS:
        found.append(Chart(page.name, "bar", f"Pipeline by {over}: open and weighted", (0, 0), pipeline, 0, named))
    return found


def _largest(what: str, over: str, named: int) -> str:
    return f"{what} by {over}" if named <= BARS else f"{what} by {over}: the {BARS} largest of {named}"


def _overview(result: RollUp, charts: Sequence[Chart], now: datetime) -> Overview:
    total = result.total
    closed = total.won + total.lost
    ties = result.difference == 0
    tiles = (
        Tile(f"Won, {result.currency}", total.won_amount.quantize(Decimal(1)), "integer", f"{total.won:,} deals"),
        Tile("Win rate", total.win_rate if total.win_rate is not None else "–", "rate", f"of {closed:,} closed"),
        Tile(f"Open, {result.currency}", total.open_amount.quantize(Decimal(1)), "integer", f"{total.open:,} deals"),
        Tile(f"Weighted, {result.currency}", total.weighted_amount.quantize(Decimal(1)), "integer", "amount × stage probability"),
        Tile("Days to win", total.won_cycle_days_median if total.won_cycle_days_median is not None else "–", "days", "median"),
        Tile("Ties out", "Yes" if ties else "No", "text", f"difference {result.difference} {result.currency}"),
    )
    words = (
        f"As of {result.as_of.isoformat()}, made {now:%Y-%m-%d %H:%M}. {_tied(result)} Figures and rows stand on the other tabs.",
        f"Forecast {headline(result.outlook)}",
    )
    return Overview("Sales roll-up", words, tiles, tuple(charts))


# ── where it comes from ──────────────────────────────────────────────────────────────────────────


def _tied(result: RollUp) -> str:
    source = result.source
    if result.difference == 0 and not source.refused:
        return f"{source.read:,} rows read, all counted. The groups add up to the rows: difference 0.00."
    return (
        f"{source.read:,} rows read, {len(source.counted):,} counted, {len(source.refused):,} rejected (listed); "
        f"difference {result.difference}."
    )


def _reconciliation(result: RollUp) -> Page:
    source = result.source
    rows: list[tuple[object, ...]] = [
        ("Rows read", source.read, None),
        ("Rows counted", len(source.counted), sum((c.amount for c in source.counted), result.difference * 0)),
        ("Rows rejected", len(source.refused), None),
        ("Amount of all rows counted, added up apart", None, source.total - source.refused_total),
    ]
    for by, groups in result.groups:
        added = sum((r.open_amount + r.won_amount + r.lost_amount for r in groups), Decimal(0))
        rows.append((f"Groups by {' and '.join(_words(name) for name in by)}", sum(r.rows for r in groups), added))
    rows.append(("Difference", source.read - len(source.counted) - len(source.refused), result.difference))
    fields = (Field("What", width=46), Field("Rows", "integer", 12), Field("Amount", "money", 18))
    words = (
        "Every row that was read is counted, or listed under Rejected.",
        "The amounts are added up a second time, apart from the groups.",
    )
    return Page("Reconciliation", "Does it tie out?", words, fields, rows)


def _rows(result: RollUp) -> Page:
    table = [
        (to_text(c.row.get("name")) or str(c.row["id"]), _label(result, "owner", to_text(c.row.get("owner"))), to_text(c.row.get("account")),
         to_text(c.row.get("stage")), c.outcome, c.amount, c.row.get("created_on"), c.row.get("close_date"), _origin(c.book, c.sheet), c.sheet,
         c.cell, c.at.replace("T", " ").removesuffix("+00:00"), str(c.row["id"]))
        for c in sorted(result.source.counted, key=lambda c: str(c.row["id"]))
    ]  # fmt: skip
    words = ("Every row behind the figures: the workbook, tab and cell where it was last touched, and when.",)
    return Page("Rows", "The rows behind the figures", words, LINEAGE, table)


def _origin(book: str, sheet: str) -> str:
    """Say which workbook a row was last touched in; an import names its file where the tab would be."""
    return Path(book).name if book else ("(import)" if sheet else "(store)")


def _rejected(result: RollUp) -> Page:
    entries = (*result.source.refused, *result.source.remarks)
    rows = [(Path(r.book).name, r.sheet, r.cell, r.state, r.reason) for r in entries]
    fields = (Field("Workbook", width=28), Field("Tab", width=16), Field("Cell", width=9), Field("In the figures", width=18), Field("Reason", width=100))  # fmt: skip
    words = ("Nothing was turned down." if not rows else "Mend the cell in the workbook and sync; the figures follow.",)
    return Page("Rejected", "What is not in the figures, and why", words, fields, rows)


def _members(result: RollUp, now: datetime) -> Page:
    silent = {(owner, path) for owner, path, _ in late(result.source, now, SILENT_DAYS)}
    rows = [
        (_label(result, "owner", owner), owner, Path(path).name if path else "(no workbook)", state, at.replace("T", " ").removesuffix("+00:00") or "never",
         "yes" if (owner, path) in silent else "")
        for owner, path, state, at in handed_in(result.source)
    ]  # fmt: skip
    fields = (Field("Member", width=26), Field("E-mail"), Field("Workbook", width=30), Field("State", width=12), Field("Last synced (UTC)", "note", 22),
              Field(f"Silent for {SILENT_DAYS} days", width=14))  # fmt: skip
    words = ("Who has handed in, who has been silent, and who has no workbook yet.",)
    return Page("Members", "Who has handed in", words, fields, rows)
