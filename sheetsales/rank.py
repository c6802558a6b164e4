"""Ranking: accounts in order of what they are worth, and the tiers of attention that follow.

One rule, two forms: `place_rows` goes row by row, `place_table` takes the whole table with numpy; a
test holds them equal. All sums are whole numbers, so that no rounding ever decides a tier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sheetsales.process import Row
from sheetsales.values import CENT, fold, number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64] | NDArray[Any]

K = TypeVar("K")
TIERS: Final = ("A", "B", "C")
BEST_FIT: Final = 5  # fit is a judgement from 1 to 5; 5 counts the whole potential
WHOLE_TABLE_FROM: Final = 20_000  # rows; below it plain Python is done before numpy is loaded


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account stands. rank: 1 is best, among its owner's accounts of its type.

    worth: potential x fit / 5, money a year. tier: by worth; sales_tier: by present sales alone.
    """

    rank: int
    tier: str
    sales_tier: str
    worth: Decimal


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    owner: str
    type: str
    worth: int  # cents times fit, so 500ths of the currency
    sales: int  # cents


def worth_of(row: Row) -> int | None:
    """Give potential x fit in cents; None where one of them is missing or out of range."""
    potential, fit = number_of(row.get("potential")), number_of(row.get("fit"))
    if potential is None or potential < 0 or fit is None or fit not in range(1, BEST_FIT + 1):
        return None
    return _cents(potential) * int(fit)


def place(rows: Iterable[Row], cuts: tuple[Decimal, Decimal]) -> dict[str, Place]:
    """Give the place of every account that can be ranked, by id, in the form that suits their number."""
    given = list(rows)
    return place_table(given, cuts) if len(given) >= WHOLE_TABLE_FROM else place_rows(given, cuts)


def place_rows(rows: Iterable[Row], cuts: tuple[Decimal, Decimal]) -> dict[str, Place]:
    """Rank and tier accounts, row by row.

    rows: of `territory_accounts`; those without type, potential or fit are left out. An owner's
    customers and prospects are ranked apart; the tiers are cut over both together, best first: A below
    cuts[0] of the owner's worth *before* the account, B below cuts[1], else C. Ties by id.
    """
    places: dict[str, Place] = {}
    entries = sorted(_entries(rows), key=lambda e: (e.owner, -e.worth, e.id))
    for _owner, group in groupby(entries, key=lambda e: e.owner):
        mine = list(group)
        tiers = _tiers([(e.id, e.worth) for e in mine], cuts)
        by_sales = _tiers([(e.id, e.sales) for e in sorted(mine, key=lambda e: (-e.sales, e.id))], cuts)
        seen: dict[str, int] = {}
        for entry in mine:
            seen[entry.type] = seen.get(entry.type, 0) + 1
            places[entry.id] = Place(seen[entry.type], tiers[entry.id], by_sales[entry.id], _money(entry.worth))
    return places


def tiers_of(worths: Sequence[int], cuts: tuple[Decimal, Decimal]) -> list[str]:
    """Give the tier of each of these worths, which stand best first (ABC by the sum before each)."""
    return list(_tiers(list(enumerate(worths)), cuts).values())


def _tiers(entries: Sequence[tuple[K, int]], cuts: tuple[Decimal, Decimal]) -> dict[K, str]:
    total, before = sum(worth for _, worth in entries), 0
    (a, a_of), (b, b_of) = (cut.as_integer_ratio() for cut in cuts)
    tiers: dict[K, str] = {}
    for key, worth in entries:
        tiers[key] = "A" if before * a_of < a * total else "B" if before * b_of < b * total else "C"
        before += worth
    return tiers


def _entries(rows: Iterable[Row]) -> Iterable[_Entry]:
    for row in rows:
        worth = worth_of(row)
        if worth is not None and row.get("type") is not None:
            sales = max(number_of(row.get("current_sales")) or Decimal(0), Decimal(0))
            yield _Entry(str(row["id"]), fold(row.get("owner") or ""), fold(row["type"]), worth, _cents(sales))


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2).to_integral_value(ROUND_HALF_UP))


def _money(worth: int) -> Decimal:
    return (Decimal(worth) / (100 * BEST_FIT)).quantize(CENT, ROUND_HALF_UP)


# ── the whole table at once ──────────────────────────────────────────────────────────────────────


def place_table(rows: Iterable[Row], cuts: tuple[Decimal, Decimal]) -> dict[str, Place]:
    """Give what `place_rows` gives, computed with numpy over the whole table (n log n)."""
    import numpy as np

    entries = sorted(_entries(rows), key=lambda e: e.id)
    if not entries:
        return {}
    owners = np.unique([e.owner for e in entries], return_inverse=True)[1]
    types = np.unique([e.type for e in entries], return_inverse=True)[1]
    worth = np.array([e.worth for e in entries], dtype=np.int64)
    sales = np.array([e.sales for e in entries], dtype=np.int64)
    ids = np.arange(len(entries))
    ranks = np.empty(len(entries), dtype=np.int64)
    by_type = np.lexsort((ids, -worth, types, owners))
    ranks[by_type] = _counted(owners[by_type] * (types.max() + 1) + types[by_type])
    tiers, by_sales = _cut(worth, owners, cuts), _cut(sales, owners, cuts)
    return {
        entry.id: Place(int(ranks[i]), TIERS[tiers[i]], TIERS[by_sales[i]], _money(entry.worth))
        for i, entry in enumerate(entries)
    }


def _counted(groups: Numbers) -> Numbers:
    """Count 1, 2, 3... within each run of equal groups."""
    import numpy as np

    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    lengths = np.diff(np.r_[starts, len(groups)])
    return np.arange(1, len(groups) + 1) - np.repeat(starts, lengths)


def _cut(worth: Numbers, owners: Numbers, cuts: tuple[Decimal, Decimal]) -> list[int]:
    """Give 0, 1 or 2 (A, B, C) for each worth within its owner; equal worths stand in the order given."""
    import numpy as np

    order = np.lexsort((np.arange(len(worth)), -worth, owners))
    (a, a_of), (b, b_of) = (cut.as_integer_ratio() for cut in cuts)
    largest = int(worth.max()) * len(worth) * max(a, a_of, b, b_of)
    exact = worth[order].astype(np.int64 if largest < 2**62 else object)  # beyond, Python's own whole numbers
    starts = np.flatnonzero(np.r_[True, owners[order][1:] != owners[order][:-1]])
    lengths = np.diff(np.r_[starts, len(exact)])
    running = np.cumsum(exact) - exact
    before = running - np.repeat(running[starts], lengths)
    total = np.repeat(np.add.reduceat(exact, starts), lengths)
    below_a, below_b = before * a_of < a * total, before * b_of < b * total
    tiers = np.empty(len(worth), dtype=np.int64)
    tiers[order] = np.where(below_a.astype(bool), 0, np.where(below_b.astype(bool), 1, 2))
    return [int(tier) for tier in tiers]


def counts(places: Mapping[str, Place]) -> dict[str, int]:
    """Count the accounts of each tier, A first."""
    return {tier: sum(p.tier == tier for p in places.values()) for tier in TIERS}
