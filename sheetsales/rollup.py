"""The manager's figures: opportunities grouped, counted and added up, exactly.

Whole tables in, plain values out. Amounts go through the calculation as whole cents and come out
as decimals, so that parts add up to totals to the cent; ties in order are broken by the keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Final

from sheetsales.process import Row, Tables
from sheetsales.values import Value, cents, to_text

WON, LOST, OPEN = "Won", "Lost", "Open"
SIX_PLACES: Final = Decimal("0.000001")
FOUR_PLACES: Final = Decimal("0.0001")
PERIOD_COLUMNS: Final = ("close_month", "close_quarter", "created_month", "created_quarter")
PEOPLE_COLUMNS: Final = ("owner", "manager", "team")
ACROSS: Final = ("account", "product")  # tables whose columns may be grouped by: account.industry


@dataclass(frozen=True)
class Counted:
    """One opportunity as the roll-up counts it.

    row: its canonical values with "id". outcome: Open, Won or Lost at the moment asked for.
    amount: in the workspace's currency. book, sheet, cell, at: where and when it was last touched.
    """

    row: Row
    outcome: str
    amount: Decimal
    book: str = ""
    sheet: str = ""
    cell: str = ""
    at: str = ""


@dataclass(frozen=True)
class GroupRow:
    """The figures of one group; amounts with two places, the win rate with six, None when nothing closed."""

    keys: tuple[str | None, ...]
    rows: int
    open: int
    won: int
    lost: int
    open_amount: Decimal
    won_amount: Decimal
    lost_amount: Decimal
    weighted_amount: Decimal
    win_rate: Decimal | None
    won_cycle_days_mean: Decimal | None
    won_cycle_days_median: Decimal | None

    def document(self, by: Sequence[str]) -> dict[str, object]:
        """Give the group as the contract words it."""
        figures: dict[str, object] = dict(zip(by, self.keys, strict=True))
        figures.update(rows=self.rows, open=self.open, won=self.won, lost=self.lost)
        for name in ("open_amount", "won_amount", "lost_amount", "weighted_amount"):
            figures[name] = format(getattr(self, name), "f")
        for name in ("win_rate", "won_cycle_days_mean", "won_cycle_days_median"):
            value = getattr(self, name)
            figures[name] = None if value is None else float(value)
        return figures


def known_columns(tables: Mapping[str, Sequence[str]]) -> list[str]:
    """Give every name that may be grouped by. tables: column names of opportunities, accounts, products."""
    across = [f"{name}.{column}" for name in ACROSS for column in tables.get(f"{name}s", ())]
    return sorted({*tables.get("opportunities", ()), *PEOPLE_COLUMNS, *PERIOD_COLUMNS, *across} - {"id"})


def month_of(day: Value) -> str | None:
    """Give the calendar month of a day, `2017-03`."""
    return f"{day.year:04d}-{day.month:02d}" if isinstance(day, date) else None


def quarter_of(day: Value) -> str | None:
    """Give the calendar quarter of a day, `2017-Q1`."""
    return f"{day.year:04d}-Q{(day.month - 1) // 3 + 1}" if isinstance(day, date) else None


def key_of(name: str, row: Row, tables: Tables) -> str | None:
    """Give the text under which a row falls for one grouping column; None for a blank."""
    if name in ("close_month", "close_quarter"):
        return (month_of if name.endswith("month") else quarter_of)(row.get("close_date"))
    if name in ("created_month", "created_quarter"):
        return (month_of if name.endswith("month") else quarter_of)(row.get("created_on"))
    if name in ("manager", "team"):
        person = tables.person(row.get("owner"))
        return to_text(person.get(name)) if person is not None else (to_text(row.get("team")) if name == "team" else None)
    table, dot, column = name.partition(".")
    if dot:
        target = tables.find(f"{table}s", row.get(table))
        return to_text(target.get(column)) if target is not None else None
    value = row.get(name)
    if name in ACROSS and value is not None:
        target = tables.find(f"{name}s", value)
        return to_text(target.get("name")) if target is not None else to_text(value)
    return to_text(value)


@dataclass
class _Sums:
    """What one group adds up while rows pass by, in whole cents."""

    counts: dict[str, int] = field(default_factory=lambda: {OPEN: 0, WON: 0, LOST: 0})
    cents: dict[str, int] = field(default_factory=lambda: {OPEN: 0, WON: 0, LOST: 0})
    by_stage: dict[str, int] = field(default_factory=dict)
    days: list[int] = field(default_factory=list)

    def add(self, counted: Counted) -> None:
        """Add one row."""
        amount = int(cents(counted.amount).scaleb(2))
        self.counts[counted.outcome] += 1
        self.cents[counted.outcome] += amount
        if counted.outcome == OPEN:
            stage = str(counted.row.get("stage") or "")
            self.by_stage[stage] = self.by_stage.get(stage, 0) + amount
        elif counted.outcome == WON and (days := _cycle_days(counted)) is not None:
            self.days.append(days)


def roll_up(
    counted: Sequence[Counted],
    by: Sequence[str],
    tables: Tables,
    probabilities: Mapping[str, Decimal],
    extra_keys: Sequence[tuple[str | None, ...]] = (),
) -> list[GroupRow]:
    """Group and add up, one row per combination of keys; blank keys keep a row of their own, last.

    probabilities: by stage name; of open opportunities only. extra_keys: groups that are shown with
    zeros where no row falls into them. Grows linearly with the rows. Whole numbers of any size add up
    exactly, which the sums of a table of 64-bit numbers do not.
    """
    groups: dict[tuple[str | None, ...], _Sums] = {}
    for entry in counted:
        keys = tuple(key_of(name, entry.row, tables) for name in by)
        sums = groups.get(keys)
        if sums is None:
            sums = groups[keys] = _Sums()
        sums.add(entry)
    for keys in extra_keys:
        groups.setdefault(keys, _Sums())
    rows = [_group_row(keys, sums, probabilities) for keys, sums in groups.items()]
    return sorted(rows, key=lambda r: [(k is None, k or "") for k in r.keys])


def _group_row(keys: tuple[str | None, ...], sums: _Sums, probabilities: Mapping[str, Decimal]) -> GroupRow:
    won, lost, days = sums.counts[WON], sums.counts[LOST], sums.days
    weighted = sum((amount * probabilities.get(stage, Decimal(0)) for stage, amount in sums.by_stage.items()), Decimal(0))
    mean = Decimal(sum(days)) / len(days) if days else None
    return GroupRow(
        keys=keys,
        rows=sum(sums.counts.values()),
        open=sums.counts[OPEN],
        won=won,
        lost=lost,
        open_amount=Decimal(sums.cents[OPEN]).scaleb(-2),
        won_amount=Decimal(sums.cents[WON]).scaleb(-2),
        lost_amount=Decimal(sums.cents[LOST]).scaleb(-2),
        weighted_amount=cents(weighted / 100),
        win_rate=(Decimal(won) / (won + lost)).quantize(SIX_PLACES, rounding=ROUND_HALF_UP) if won + lost else None,
        won_cycle_days_mean=mean.quantize(FOUR_PLACES, rounding=ROUND_HALF_UP) if mean is not None else None,
        won_cycle_days_median=Decimal(str(median(days))) if days else None,
    )


def _cycle_days(counted: Counted) -> int | None:
    """Give the days from creation to the day it was won, where both are known."""
    start, end = counted.row.get("created_on"), counted.row.get("close_date")
    return (end - start).days if isinstance(start, date) and isinstance(end, date) else None


def outcome_of(stage: Value) -> str:
    """Give the outcome that follows from a stage."""
    text = str(stage or "").strip()
    return text if text in (WON, LOST) else OPEN


def in_currency(row: Row, currency: str, tables: Tables) -> Decimal | None:
    """Give a row's amount in the wanted currency by the newest rate up to its day; None without a rate.

    A blank amount counts as 0. The day is that of closing, else of creation, else today.
    """
    amount = row.get("amount")
    value = amount if isinstance(amount, Decimal) else Decimal(0)
    ccy = str(row.get("ccy") or currency).upper()
    if ccy == currency or value == 0:
        return value
    day = row.get("close_date") or row.get("created_on") or tables.today
    best: tuple[date, Decimal] | None = None
    for rate in tables.where("fx_rates", "ccy", ccy):
        dated, factor = rate.get("as_of"), rate.get("rate")
        fits = str(rate.get("to_ccy") or "").upper() == currency and isinstance(dated, date) and isinstance(factor, Decimal)
        if fits and isinstance(day, date) and dated <= day and (best is None or dated > best[0]):  # type: ignore[operator]
            best = (dated, factor)  # type: ignore[assignment]
    return cents(value * best[1]) if best is not None else None
