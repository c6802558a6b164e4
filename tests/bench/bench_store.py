"""How the store takes a repeated import beside SQLAlchemy's plain upsert: `python tests/bench/bench_store.py`."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, create_engine
from sqlalchemy.dialects.sqlite import insert

from sheetsales.columns import Date, Integer, Money, Text
from sheetsales.process import Playbook, Process, Table
from sheetsales.values import Value
from sheetsales_sync.state import Book, Change, ImageRow, Op
from sheetsales_sync.store import open_store
from sheetsales_sync.store.schema import Typed

if TYPE_CHECKING:
    from sheetsales_sync.store.transaction import Store

ROWS, CHANGED, BOOKS, BOOK_ROWS, IMPORTED = 100_000, 1_000, 200, 500, 10_000
LEADS = Table("leads", "Leads", "LD", (
    Text("company"), Text("contact"), Text("city"), Text("source"), Text("status"), Money("amount"), Money("budget"),
    Integer("employees"), Date("created_on"), Text("region"),
))  # fmt: skip
NAMES = tuple(column.name for column in LEADS.own_columns)
Wanted = dict[str, dict[str, Value]]


def playbook() -> Playbook:
    """Give a playbook of one table with ten columns."""
    return Playbook([Process("leads", "Leads", "Leads", 1, "", "", "", "", "", "", "", (), (LEADS,))])


def rows(count: int) -> Wanted:
    """Give records as an import would: ten values each."""
    chance = random.Random(1)
    return {
        f"LD-{number:010}": {
            "company": f"Company {number}", "contact": "Some Body", "city": "Ghent", "source": "Fair", "status": "New",
            "amount": Decimal(chance.randrange(10**7)) / 100, "budget": Decimal(chance.randrange(10**7)) / 100,
            "employees": chance.randrange(5_000), "created_on": date(2026, 1 + number % 12, 1), "region": "North",
        }
        for number in range(count)
    }  # fmt: skip


def edited(wanted: Wanted, turn: int) -> Wanted:
    """Give the same records with one in a hundred changed."""
    changed = dict(wanted)
    for number, record in enumerate(wanted):
        if number % (ROWS // CHANGED) == 0:
            changed[record] = {**wanted[record], "status": f"Turn {turn}"}
    return changed


def bring(store: Store, wanted: Mapping[str, Mapping[str, Value]], name: str) -> None:
    """Import records into the store: what differs, with its history."""
    op = Op(name, "import", "ana@example.com", datetime(2026, 1, 1, tzinfo=UTC))
    store.transact(lambda tx: (tx.begin_op(op), tx.apply(op, tx.changes_to("leads", wanted))))


def plain_upsert(folder: Path, wanted: Wanted) -> Callable[[], None]:
    """Give the same work as SQLAlchemy's documentation does it: one upsert of everything, without history."""
    engine = create_engine(f"sqlite:///{folder / 'plain.db'}")
    metadata = MetaData()
    table = Typed(LEADS, metadata).table
    metadata.create_all(engine)
    statement = insert(table)
    statement = statement.on_conflict_do_update(
        index_elements=["tenant_id", "id"], set_={n: statement.excluded[n] for n in NAMES}
    )

    def work() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.execute(statement, [{"tenant_id": "main", "id": record, **values} for record, values in wanted.items()])

    work()
    return work


def seconds(work: Callable[[], object]) -> float:
    """Give how long one run takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def run() -> dict[str, float]:
    """Measure what an import asks of the store, beside SQLAlchemy's upsert of everything.

    repeated_import: all 100,000 rows are compared cell by cell here. changes_known: the plan has compared
    them already with what the source said last time, as a sync and an import do.
    """
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder / 'store.db'}", playbook(), create=True)
        wanted = rows(ROWS)
        bring(store, wanted, "first")
        plain = plain_upsert(folder, wanted)
        ours, theirs = [], []
        for turn in range(3):
            again = edited(wanted, turn)
            theirs.append(seconds(plain))
            ours.append(seconds(lambda again=again, turn=turn: bring(store, again, f"again {turn}")))  # type: ignore[misc]
        found["repeated_import_s"], found["plain_upsert_s"] = statistics.median(ours), statistics.median(theirs)
        found["times_faster"] = found["plain_upsert_s"] / found["repeated_import_s"]
        known = store.read(lambda tx: tx.changes_to("leads", edited(wanted, 9)))
        given = Op("given", "import", "ana@example.com", datetime(2026, 1, 2, tzinfo=UTC))
        found["changes_known_s"] = seconds(lambda: store.transact(lambda tx: (tx.begin_op(given), tx.apply(given, known))))
        found["times_faster_changes_known"] = found["plain_upsert_s"] / found["changes_known_s"]
        few = {f"N{record}": values for record, values in list(wanted.items())[:IMPORTED]}
        op = Op("new", "import", "ana@example.com", datetime(2026, 1, 2, tzinfo=UTC))
        changes = [Change("leads", r, n, None, v, "create") for r, values in few.items() for n, v in values.items()]
        taken = seconds(lambda: store.transact(lambda tx: (tx.begin_op(op), tx.apply(op, changes))))
        found["new_cells_per_s"] = len(changes) / taken
        found.update(_books(store, wanted))
        store.close()
    return found


def _books(store: Store, wanted: Wanted) -> dict[str, float]:
    """Measure what a sync asks for: an image of 500 rows, and which of 200 books have news."""
    one = Book("B1", "W", "ana@example.com", "/a.xlsx", 0, tables=("leads",))
    image = [ImageRow("leads", record, values) for record, values in list(wanted.items())[:BOOK_ROWS]]
    seq = store.read(lambda tx: tx.latest_seq())
    books = [replace(one, id=f"B{n}", owner=f"rep{n}@example.com", seen_seq=seq - n) for n in range(BOOKS)]
    saved = seconds(lambda: store.transact(lambda tx: tx.save_image("B1", 1, image)))
    again = seconds(lambda: store.transact(lambda tx: tx.save_image("B1", 2, image)))
    loaded = seconds(lambda: store.read(lambda tx: tx.image("B1", 2)))
    news = min(seconds(lambda: store.read(lambda tx: tx.books_with_news(books))) for _ in range(5))
    return {
        "image_save_ms": saved * 1000,
        "image_unchanged_ms": again * 1000,
        "image_load_ms": loaded * 1000,
        "news_ms": news * 1000,
    }


if __name__ == "__main__":
    for label, figure in run().items():
        print(f"{label:28}{figure:12.3f}")
