"""How long the plan takes to merge a whole tab three ways beside daff: `python tests/bench/bench_merge.py`.

100,000 rows of ten columns, one in a hundred edited on each side, some on both, and some deleted. Ours reads
every cell by its column's type and finds out which row is which before it merges; daff compares cells as they
are, by the id. The limit is one comparison of each row with what it was.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import daff
from bench_store import LEADS, NAMES, playbook, rows

from sheetsales.ids import make_id
from sheetsales.values import Value
from sheetsales_sync.plan.merge import merge_table
from sheetsales_sync.plan.rows import TableReaders, read_rows
from sheetsales_sync.plan.work import PlanInput, Work
from sheetsales_sync.state import Book, ImageRow, Record, Scope
from sheetsales_sync.syncing import _seldom_collecting
from sheetsales_workbooks.host import BookRead, Markers, RowRead, TableRead

ROWS = 100_000
Rows = dict[str, dict[str, Value]]


def three(n: int) -> tuple[Rows, Rows, Rows]:
    """Give the rows as last written, as they stand in the sheet, and as they stand in the store."""
    draw = random.Random(1).randrange
    base = {make_id("LD", draw): values for values in rows(n).values()}
    mine, theirs = dict(base), dict(base)
    for number, record in enumerate(base):
        if number % 100 in (0, 1):
            mine[record] = {**base[record], "status": f"Mine {number}"}
        if number % 100 in (1, 2) and number % 1000 < 500:
            theirs[record] = {**base[record], "status": f"Theirs {number}", "amount": Decimal(number)}
        if number % 1000 == 7:
            del theirs[record]
    return base, mine, theirs


def planner(base: Rows, mine: Rows, theirs: Rows) -> Callable[[], Work]:
    """Give the merge as a sync does it."""
    book = playbook()
    lines = [RowRead(n, record, None, dict(values), {}) for n, (record, values) in enumerate(mine.items(), 6)]
    tab = TableRead("leads", "Leads", 5, {name: n for n, name in enumerate(NAMES, 2)}, 1, 0, lines)
    dead = {record: "op" for record in base if record not in theirs}
    given = PlanInput(
        playbook=book, book=Book("B", "W", "ana@example.com", "", 1, tables=("leads",)),
        read=BookRead(Markers("W", "B", 1, "1", "UTC"), {"leads": tab}, [], ""),
        image={r: ImageRow("leads", r, values) for r, values in base.items()}, latest={}, absorbed={}, aliases=(), issued=frozenset(),
        elsewhere=frozenset(), records={r: Record("leads", r, theirs.get(r, base[r]), 1, dead.get(r)) for r in base},
        scope=Scope("ana@example.com", "operations", None), view={}, conflicts=(), rejections=(), actor="ana@example.com",
        now=datetime(2026, 1, 1), at=datetime(2026, 1, 1), new_id=lambda prefix: prefix, new_key=lambda: "K",
    )  # fmt: skip

    def work() -> Work:
        with _seldom_collecting():
            made = Work(given)
            merge_table(made, tab)
        return made

    return work


def by_daff(base: Rows, mine: Rows, theirs: Rows) -> Callable[[], Any]:
    """Give the same merge by daff, over lists of cells."""

    def lines(found: Rows) -> list[list[Any]]:
        return [["id", *NAMES], *([record, *values.values()] for record, values in found.items())]

    def work() -> Any:
        flags = daff.CompareFlags()
        flags.ids = ["id"]
        local = lines(mine)
        merger = daff.Merger(*map(daff.PythonTableView, (lines(base), local, lines(theirs))), flags)
        return merger.apply()

    return work


def best(work: Callable[[], Any], turns: int) -> tuple[float, Any]:
    """Give the shortest of some runs in seconds, and what it gave."""
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - start)
    return min(times), found


def run(n: int = ROWS) -> dict[str, object]:
    """Measure both; the conflicts of cells edited on both sides must be the same."""
    base, mine, theirs = three(n)
    ours, work = best(planner(base, mine, theirs), 3)
    daff_s, conflicts = best(by_daff(base, mine, theirs), 1)
    both = sum(
        1 for r in base if r in theirs and mine[r]["status"] != theirs[r]["status"] and base[r] not in (mine[r], theirs[r])
    )
    found = sum(1 for c in work.plan.conflicts if c.reason.startswith("Changed"))
    if found != both:
        raise SystemExit(f"{found} conflicts were found, {both} are there.")
    reading, _ = best(lambda: read_rows(TableReaders(LEADS), work.given.read.tables["leads"]), 3)
    limit, _ = best(lambda: sum(1 for r, values in mine.items() if values != base[r]), 3)
    return {
        "rows": n, "merged by the plan s": ours, "daff s": daff_s, "daff ÷ ours": daff_s / ours, "of it reading every cell by its type s": reading,
        "daff ÷ ours without reading": daff_s / (ours - reading), "limit: comparing rows s": limit,
        "ours ÷ limit": ours / limit, "conflicts": found, "conflicts by daff": conflicts,
    }  # fmt: skip


if __name__ == "__main__":
    json.dump(run(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS), sys.stdout, indent=1, ensure_ascii=False, default=str)
