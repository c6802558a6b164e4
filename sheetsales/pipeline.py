"""The pipeline in figures: what moved between two weeks, which quotas were reached in a row. Exact; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sheetsales.periods import days_of_code, monday
from sheetsales.process import Row, Tables
from sheetsales.values import Value, day_of, fold, number_of, words_of

ZERO: Final = Decimal(0)


def state_of(row: Row) -> str:
    """Give Won or Lost for a row in a terminal stage (or with such an outcome), else Open."""
    for name in ("outcome", "stage"):
        word = fold(row.get(name) or "")
        if word in ("won", "lost"):
            return word.capitalize()
    return "Open"


def amount_of(row: Row) -> Decimal:
    """Give the amount of a deal, 0 where it has none."""
    return number_of(row.get("amount")) or ZERO


@dataclass(frozen=True, slots=True)
class Bridge:
    """What became of the open amount between two snapshots; the parts always add up to `end`.

    new counts deals that came or were opened again, removed those that vanished from the snapshot.
    shown: the end as it is added up row by row. repeated: ids of rows that show a deal a second time;
    they alone can make a difference.
    """

    start: Decimal
    new: Decimal
    won: Decimal
    lost: Decimal
    changed: Decimal
    slipped_in: Decimal
    slipped_out: Decimal
    removed: Decimal
    shown: Decimal
    repeated: tuple[str, ...]

    @property
    def end(self) -> Decimal:
        """Give the end that follows from the start and the parts."""
        return self.start + self.new - self.won - self.lost + self.changed + self.slipped_in - self.slipped_out - self.removed

    @property
    def difference(self) -> Decimal:
        """Give what the parts leave unexplained; 0 where no deal stands twice in a snapshot."""
        return self.shown - self.end


def _always(_row: Row) -> bool:
    return True


def bridge(before: Iterable[Row], after: Iterable[Row], within: Callable[[Row], bool] = _always) -> Bridge:
    """Explain how the open amount went from one snapshot to the next.

    before, after: rows of `deal_week` of two weeks, one per opportunity; of several the first by id
    counts. within: says whether a row is due in the period looked at; without it
    all are.
    """
    old, twice_before = _by_deal(before)
    rows = list(after)
    now, twice_after = _by_deal(rows)
    parts = dict.fromkeys(("new", "won", "lost", "changed", "slipped_in", "slipped_out", "removed"), ZERO)
    for deal in old.keys() | now.keys():
        for part, amount in _move(old.get(deal), now.get(deal), within):
            parts[part] += amount
    start = sum((amount_of(row) for row in old.values() if _counts(row, within)), ZERO)
    shown = sum((amount_of(row) for row in rows if _counts(row, within)), ZERO)
    return Bridge(start, **parts, shown=shown, repeated=tuple(sorted((*twice_before, *twice_after))))


def _by_deal(rows: Iterable[Row]) -> tuple[dict[str, Row], list[str]]:
    deals: dict[str, Row] = {}
    repeated = []
    for row in sorted(rows, key=lambda one: str(one["id"])):
        deal = fold(row.get("opportunity") or "")
        if deal in deals:
            repeated.append(str(row["id"]))
        deals.setdefault(deal, row)
    return deals, repeated


def _counts(row: Row | None, within: Callable[[Row], bool]) -> bool:
    return row is not None and state_of(row) == "Open" and within(row)


def _move(old: Row | None, now: Row | None, within: Callable[[Row], bool]) -> Iterable[tuple[str, Decimal]]:
    was, is_now = _counts(old, within), _counts(now, within)
    before = amount_of(old) if old is not None else ZERO
    after = amount_of(now) if now is not None else ZERO
    if was and is_now:
        yield "changed", after - before
    elif was:
        state = "removed" if now is None else state_of(now)
        yield {"removed": "removed", "Won": "won", "Lost": "lost", "Open": "slipped_out"}[state], before
    elif is_now:
        yield "slipped_in" if old is not None and state_of(old) == "Open" else "new", after


def streak(booked: Sequence[Decimal], quotas: Sequence[Decimal]) -> int:
    """Give how many periods in a row, up to the last, reached the quota; both oldest first."""
    n = 0
    for actual, quota in zip(reversed(booked), reversed(quotas), strict=True):
        if actual < quota:
            break
        n += 1
    return n


def rate_between(ccy: str, to_ccy: str, rates: Iterable[Mapping[str, object]]) -> bool:
    """Say whether a dated exchange rate between two currencies exists, in this direction."""
    wanted = fold(ccy), fold(to_ccy)
    return any(
        (fold(one.get("ccy") or ""), fold(one.get("to_ccy") or "")) == wanted
        and one.get("rate") is not None
        and one.get("as_of") is not None
        for one in rates
    )


def period_days(code: Value, tables: Tables) -> tuple[date, date] | None:
    """Give first and last day of a period: of the table, else by its code; None where neither knows it."""
    row = tables.find("periods", code)
    if row is not None:
        start, end = day_of(row.get("start")), day_of(row.get("end"))
        if start is not None and end is not None:
            return start, end
    return days_of_code(words_of(code))


def deals_of(who: Value, tables: Tables) -> list[Row]:
    """Give the opportunities of a member (by e-mail) or a team (by name)."""
    rows = [*tables.where("opportunities", "owner", who), *tables.where("opportunities", "team", who)]
    return list({str(row["id"]): row for row in rows}.values())


def won_within(rows: Iterable[Row], start: date, end: date) -> list[Row]:
    """Give the rows that were won, with a close date from start to end."""
    return [
        row
        for row in rows
        if state_of(row) == "Won" and (day := day_of(row.get("close_date"))) is not None and start <= day <= end
    ]


def booked(who: Value, period: Value, tables: Tables) -> Decimal | None:
    """Give the amount a member or team won in a period; None where the period is not known."""
    days = period_days(period, tables)
    return None if days is None else sum((amount_of(row) for row in won_within(deals_of(who, tables), *days)), ZERO)


def cycle_days(rows: Iterable[Row]) -> list[int]:
    """Give the days from creation to close of the won deals."""
    return [
        (closed - created).days
        for row in rows
        if state_of(row) == "Won"
        and (closed := day_of(row.get("close_date"))) is not None
        and (created := day_of(row.get("created_on"))) is not None
        and closed >= created
    ]


def weeks_of(tables: Tables) -> dict[date, list[Row]]:
    """Give the snapshots by Monday, oldest first."""
    weeks: dict[date, list[Row]] = {}
    for row in tables.rows("deal_week"):
        week = day_of(row.get("week"))
        if week is not None:
            weeks.setdefault(monday(week), []).append(row)
    return dict(sorted(weeks.items()))


def last_bridge(tables: Tables) -> Bridge | None:
    """Give the bridge between the last two snapshots, over all close dates; None before there are two."""
    weeks = list(weeks_of(tables).values())
    return bridge(weeks[-2], weeks[-1]) if len(weeks) > 1 else None
