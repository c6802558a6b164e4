"""How long reading takes beside openpyxl, python-calamine and the limit: `python tests/bench/bench_read.py`.

The limit is to inflate the sheet and to run it through expat with no handlers.
"""

from __future__ import annotations

import io
import json
import random
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.parsers import expat

import openpyxl
from python_calamine import CalamineWorkbook

from sheetsales.columns import Choice, Column, Date, Money, Number, Text
from sheetsales.ids import make_id
from sheetsales.process import Playbook, Process, Row, Table
from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import Markers
from sheetsales_workbooks.hosts.excel_file import read_book, read_markers
from sheetsales_workbooks.layout import book_spec
from sheetsales_workbooks.reading.parts import directory, inflate

ROWS, COLUMNS, REPEATS = 500, 20, 15
SHEET = "xl/worksheets/sheet2.xml"


def book(rows: int = ROWS) -> bytes:
    """Build a book of one table: twenty columns of texts, amounts, days, choices and numbers."""
    chance = random.Random(1)
    makers: tuple[Callable[[str], Column], ...] = (Text, Money, Date, lambda name: Choice(name, ("Open", "Won", "Lost")), Number)
    # Seven columns (owner, team, note, ...) come with every record table; id and Action stand before them.
    own = tuple(makers[n % 5](f"column_{n}") for n in range(COLUMNS - 7))
    table = Table("deals", "Deals", "DL", own, label="column_0")
    process = Process("deals", "deals", "Deals", 1, "", "", "", "rep", "", "", "", (), (table,))
    records: list[Row] = [_record(table, chance) for _ in range(rows)]
    spec = book_spec(
        Playbook([process]), Markers("WB-1", "BK-1", 1, "rep 1"), owner_email="ana@example.com", owner_name="Ana", currency="EUR",
        now=datetime(2026, 11, 6, 15, 0), tables=["deals"], rows={"deals": records},
    )  # fmt: skip
    return build(spec)


def _record(table: Table, chance: random.Random) -> Row:
    record: dict[str, object] = {"id": make_id("DL", chance.randrange), "owner": "ana@example.com", "team": "North", "version": 3}
    for column in table.own_columns:
        number = chance.randrange(10**6)
        record[column.name] = {
            "text": f"Firm {number}", "money": Decimal(number) / 100, "date": date(2024, 1, 1) + timedelta(number % 900),
            "choice": ("Open", "Won", "Lost")[number % 3], "number": Decimal(number % 500),
        }[column.type]  # fmt: skip
    return record  # type: ignore[return-value]


def limit(data: bytes) -> None:
    """Inflate the large sheet and parse it into nothing."""
    entry = next(entry for entry in directory(data) if entry.name == SHEET)
    expat.ParserCreate().Parse(inflate(data, entry, 10**9), True)


def calamine(data: bytes) -> None:
    """Read the large sheet alone, as calamine gives it."""
    CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(1).to_python(skip_empty_area=False)


def run() -> dict[str, float]:
    """Give the best times in milliseconds, taken in turn, and the ratios to ours."""
    data = book()
    ways: dict[str, Callable[[bytes], object]] = {
        "ours": read_book,
        "markers": read_markers,
        "openpyxl": lambda data: openpyxl.load_workbook(io.BytesIO(data)),
        "calamine": calamine,
        "limit": limit,
    }
    best = dict.fromkeys(ways, float("inf"))
    for turn in range(REPEATS):
        for name, way in ways.items():
            if name == "openpyxl" and turn % 3:
                continue
            start = time.perf_counter()
            way(data)
            best[name] = min(best[name], (time.perf_counter() - start) * 1000)
    figures = {f"{name}_ms": round(value, 2) for name, value in best.items()}
    return figures | {
        "openpyxl_to_ours": round(best["openpyxl"] / best["ours"], 1),
        "calamine_to_ours": round(best["calamine"] / best["ours"], 2),
        "ours_to_limit": round(best["ours"] / best["limit"], 2),
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_bytes(book())
    print(json.dumps(run(), indent=2))
