"""What moved: how the open amount went from one picture of the deals to the next, in parts that tie out to 0.00.

A picture is what a weekly snapshot keeps: per deal its stage, amount, close date. Exact; pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sheetsales.periods import monday
from sheetsales.pipeline import ZERO, amount_of, called, state_of
from sheetsales.process import Row, Tables
from sheetsales.values import Value, day_of, fold

PARTS: Final[Mapping[str, tuple[str, int]]] = {  # what a person calls each part, and its sign
    "new": ("New", 1),
    "pulled_in": ("Pulled in", 1),
    "pushed_out": ("Pushed out", -1),
    "changed": ("Amount changes", 1),
    "lost": ("Lost", -1),
    "won": ("Won", -1),
    "removed": ("Removed", -1),
}


@dataclass(frozen=True, slots=True)
class Move:
    """What one deal did to the open amount: part is a key of `PARTS`, row the deal as it stood last."""

    part: str
    amount: Decimal
    row: Row


@dataclass(frozen=True, slots=True)
class Bridge:
    """What became of the open amount between two pictures; the parts always add up to `end`.

    new counts deals that came or were opened again, removed those that vanished from the picture. A deal won
    counts with what it was won for, the difference with the changes. shown: the end as it is added up row
    by row. repeated: ids of rows that show a deal a second time; they alone can make a difference.
    """

    start: Decimal
    new: Decimal
    won: Decimal
    lost: Decimal
    changed: Decimal
    pulled_in: Decimal
    pushed_out: Decimal
    removed: Decimal
    shown: Decimal
    repeated: tuple[str, ...]
    moves: tuple[Move, ...] = ()

    @property
    def end(self) -> Decimal:
        """Give the end that follows from the start and the parts."""
        return self.start + sum((sign * getattr(self, part) for part, (_, sign) in PARTS.items()), ZERO)

    @property
    def difference(self) -> Decimal:
        """Give what the parts leave unexplained; 0 where no deal stands twice in a picture."""
        return self.shown - self.end

    def of(self, part: str) -> list[Move]:
        """Give the moves of one part, the largest first."""
        return sorted((m for m in self.moves if m.part == part), key=lambda m: (-abs(m.amount), str(m.row["id"])))


def _always(_row: Row) -> bool:
    return True


def _by_name(row: Row) -> str:
    return fold(row.get("opportunity") or "")


def bridge(
    before: Iterable[Row],
    after: Iterable[Row],
    within: Callable[[Row], bool] = _always,
    deal_of: Callable[[Row], str] = _by_name,
) -> Bridge:
    """Explain how the open amount went from one picture to the next.

    before, after: rows of `deal_week`, one per opportunity; of several the first by id counts. within: says
    whether a row is due in the period looked at; without it all are. deal_of: says which deal a row shows.
    """
    old, twice_before = _by_deal(before, deal_of)
    rows = list(after)
    now, twice_after = _by_deal(rows, deal_of)
    moves = [move for deal in sorted(old.keys() | now.keys()) for move in _moves(old.get(deal), now.get(deal), within)]
    parts = {part: sum((move.amount for move in moves if move.part == part), ZERO) for part in PARTS}
    start = sum((amount_of(row) for row in old.values() if _counts(row, within)), ZERO)
    shown = sum((amount_of(row) for row in rows if _counts(row, within)), ZERO)
    return Bridge(start, **parts, shown=shown, repeated=tuple(sorted((*twice_before, *twice_after))), moves=tuple(moves))


def _by_deal(rows: Iterable[Row], deal_of: Callable[[Row], str]) -> tuple[dict[str, Row], list[str]]:
    deals: dict[str, Row] = {}
    repeated = []
    for row in sorted(rows, key=lambda one: str(one["id"])):
        deal = deal_of(row)
        if deal in deals:
            repeated.append(str(row["id"]))
        deals.setdefault(deal, row)
    return deals, repeated


def _counts(row: Row | None, within: Callable[[Row], bool]) -> bool:
    return row is not None and state_of(row) == "Open" and within(row)


def _moves(old: Row | None, now: Row | None, within: Callable[[Row], bool]) -> Iterable[Move]:
    """Give what one deal did. One that came and was closed between the pictures counts as both."""
    was, is_now = _counts(old, within), _counts(now, within)
    if old is None and now is None:
        return
    row = now if now is not None else old
    assert row is not None
    before, after = (amount_of(one) if one is not None else ZERO for one in (old, now))
    state = state_of(now) if now is not None else "removed"
    if was and state in ("Open", "Won") and (is_now or state == "Won"):
        if after != before:
            yield Move("changed", after - before, row)
        if state == "Won":
            yield Move("won", after, row)
    elif was:
        yield Move({"removed": "removed", "Lost": "lost", "Open": "pushed_out"}[state], before, row)
    elif is_now:
        yield Move("pulled_in" if old is not None and state_of(old) == "Open" else "new", after, row)
    elif state in ("Won", "Lost") and (old is None or state_of(old) == "Open"):
        yield Move("new" if old is None else "pulled_in", after, row)
        yield Move(state.lower(), after, row)


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────


def picture_row(deal: Row, week: date, tables: Tables) -> dict[str, Value]:
    """Give what a snapshot keeps of a deal: the columns of `deal_week`."""
    return {
        "week": week,
        "opportunity": called(deal, tables),
        "stage": deal.get("stage"),
        "amount": deal.get("amount"),
        "ccy": deal.get("ccy"),
        "category": deal.get("forecast_category"),
        "close_date": day_of(deal.get("close_date")),
        "p": deal.get("p_win"),
        "owner": deal.get("owner"),
        "deal_id": str(deal["id"]),
    }


def in_picture(deals: Iterable[Row], since: date | None, open_before: Callable[[Row], bool]) -> list[Row]:
    """Give the deals of a picture, by id: the open ones, those that the one before showed as open, and those that came and closed.

    since: the day of the picture before, None for the first: a deal that is older and was not open in it was
    closed already. open_before: says whether it showed a deal as open.
    """

    def belongs(deal: Row) -> bool:
        if state_of(deal) == "Open" or open_before(deal):
            return True
        made = day_of(deal.get("created_on"))
        return since is not None and made is not None and made >= since

    return sorted((deal for deal in deals if belongs(deal)), key=lambda deal: str(deal["id"]))


def weeks_of(tables: Tables) -> dict[date, list[Row]]:
    """Give the snapshots by Monday, oldest first."""
    weeks: dict[date, list[Row]] = {}
    for row in tables.rows("deal_week"):
        week = day_of(row.get("week"))
        if week is not None:
            weeks.setdefault(monday(week), []).append(row)
    return dict(sorted(weeks.items()))


def deal_key(tables: Tables) -> Callable[[Row], str]:
    """Give the function that says which opportunity a snapshot row shows: by the id it keeps, also after a renaming."""

    def key(row: Row) -> str:
        kept = row.get("deal_id")
        return str(kept) if kept is not None else tables.same_key("opportunities", row.get("opportunity"))

    return key


def last_bridge(tables: Tables) -> Bridge | None:
    """Give the bridge between the last two snapshots, over all close dates; None before there are two."""
    weeks = list(weeks_of(tables).values())
    return bridge(weeks[-2], weeks[-1], deal_of=deal_key(tables)) if len(weeks) > 1 else None


def named_moves(moves: Sequence[Move], shown: int) -> str:
    """Name the deals behind a part with their amounts, the first `shown` of them; "" where there is none."""
    names = [f"{m.row.get('opportunity') or m.row.get('name') or m.row['id']!s} {m.amount:,.2f}" for m in moves[:shown]]
    return "; ".join(names) + (f"; and {len(moves) - shown} more" if len(moves) > shown else "")
