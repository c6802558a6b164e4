"""The pages of the manager's workbook about territories: balance and the largest accounts, with native charts."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl

from sheetsales.playbook import build_playbook
from sheetsales.process import Row
from sheetsales_sync.rollup_workbook import write_roll_up
from sheetsales_sync.rollups import Source, make_roll_up
from sheetsales_sync.territory_pages import LARGEST, territory_pages

PLAYBOOK = build_playbook({})
NOW = datetime(2026, 5, 13, 9, 0)
COUNTS = {"ana@example.com": 12, "ben@example.com": 8, "cy@example.com": 10}
ACCOUNTS: list[Row] = [
    {"id": f"TA-{owner[0]}{n:02}", "account": f"{owner[0].upper()}{n:02}", "type": "Customer", "owner": owner, "tier": "A",
     "potential": Decimal(1000 + 10 * n), "current_sales": Decimal(100), "fit": 3, "calls_current": 2, "calls_recommended": 3,
     "call_hours": Decimal(100) / 24}
    for owner, count in COUNTS.items() for n in range(count)
]  # fmt: skip
PEOPLE: list[Row] = [{"id": "PE-1", "email": "ana@example.com", "name": "Ana Lee"}]
VIEW = PLAYBOOK.view({"territory_accounts": ACCOUNTS, "people": PEOPLE}, NOW)


def test_without_territory_accounts_there_is_no_page() -> None:
    assert territory_pages(PLAYBOOK.view({}, NOW), "EUR", str) == []
    assert territory_pages(None, "EUR", str) == []


def test_the_largest_territory_stands_first_and_the_largest_accounts_by_potential() -> None:
    balance, largest = territory_pages(VIEW, "EUR", str)
    assert [(row[0], row[6], row[7], row[8]) for row in balance.rows] == [
        ("ana@example.com", Decimal("1.2"), "Too large", Decimal("1.1")),
        ("cy@example.com", 1, "In balance", 1),
        ("ben@example.com", Decimal("0.8"), "Too small", Decimal("0.9")),
    ]
    assert "2 of 3 territories lie more than 15 % from the mean" in balance.words[1]
    assert [row[0] for row in largest.rows[:4]] == ["A11", "A10", "A09", "C09"]
    assert len(largest.rows) == LARGEST


def test_the_roll_up_draws_them_as_native_charts_that_read_the_cells() -> None:
    result = make_roll_up(PLAYBOOK, Source(tables=VIEW), [], as_of=date(2026, 5, 13), currency="EUR")
    data = write_roll_up(result, NOW)
    assert data == write_roll_up(result, NOW), "the same figures give the same bytes"
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert {"Territories", "Largest accounts"} <= set(book.sheetnames)
    assert "Ana Lee" in {cell.value for column in book["Territories"].iter_cols() for cell in column}
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    drawn = [chart for chart in charts if re.search(r"<c:f>'?(Territories|Largest accounts)", chart)]
    assert len(drawn) == 4
