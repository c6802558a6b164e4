"""A book of any playbook with plausible rows in every table, for pictures and for opening in LibreOffice.

`python tests/workbooks/filled.py ROLE BOOK.xlsx` writes one for a default role.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sheetsales.columns import Column
from sheetsales.ids import make_id
from sheetsales.playbook import build_playbook
from sheetsales.process import Playbook, Row, Table
from sheetsales.roles import profile, tables_for
from sheetsales.shared import DEFAULT_ROLES
from sheetsales.values import Value
from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import BookSpec, Markers
from sheetsales_workbooks.layout import book_spec

NOW = datetime(2026, 11, 6, 15)
OWNER = "maria.santos@example.com"
COMPANIES = ("Acme Hydraulics GmbH", "Borealis Foods", "Cantina Verde", "Delta Pumps & Valves", "Ødegård Marine AS", "Fleischer & Söhne",
             "Gilded Lily Hotels", "Halcyon Logistics", "Iberia Packaging", "Jungfrau Optics AG")  # fmt: skip
PEOPLE = ("Hans Müller", "John Smith", "Léa Dubois", "Ayşe Yılmaz", "Tom O'Brien")
TEXTS = ("Sent the offer, waiting for the purchasing department", "Needs a reference of the same size", "Asked for a demo",
         "Budget round in January", "Wants a pilot with two machines", "Call back after the fair")  # fmt: skip
BLANK = 0.25  # share of the cells left blank that need not be filled


def value(draw: random.Random, column: Column) -> Value:
    """Draw a plausible value of a column."""
    if column.name == "owner":
        return OWNER
    if not column.required and not column.computed and draw.random() < BLANK:
        return None
    if column.choices:
        return draw.choice(column.choices)
    if column.type == "integer":
        low = int(column.minimum or 0)
        return draw.randint(low, int(column.maximum) if column.maximum is not None else low + 90)
    if column.type in ("number", "money", "percent"):
        return {"number": Decimal(draw.randint(0, 400)) / 4, "money": Decimal(draw.randint(100_000, 90_000_000)) / 100,
                "percent": Decimal(draw.randint(0, 100)) / 100}[column.type]  # fmt: skip
    if column.type in ("date", "datetime"):
        moment = NOW + timedelta(days=draw.randint(-25, 60), minutes=-30 * draw.randint(0, 12))
        return moment if column.type == "datetime" else moment.date()
    return _text(draw, column)


def _text(draw: random.Random, column: Column) -> str:
    if column.type == "email":
        return f"info@{draw.choice(('acme', 'borealis', 'cantina'))}.com"
    if column.type == "phone":
        return f"+41 44 {draw.randint(100, 999)} {draw.randint(10, 99)} {draw.randint(10, 99)}"
    if column.type == "url":
        return "https://www.example.com/page"
    if column.choices_from == "stages":
        return draw.choice(("Discover", "Qualify", "Solution", "Proposal", "Negotiate", "Won", "Lost"))
    if column.target == "contacts" or "contact" in column.name or column.name == "person":
        return draw.choice(PEOPLE)
    if column.target or column.name in ("company", "name", "account"):
        return draw.choice(COMPANIES)
    return draw.choice(TEXTS)[: column.limit]


def rows_of(draw: random.Random, table: Table, count: int) -> list[Row]:
    """Draw rows of a table."""
    return [
        {c.name: make_id(table.prefix, draw.randrange) if c.name == "id" else value(draw, c) for c in table.columns}
        for _ in range(count)
    ]


def filled_spec(playbook: Playbook, tables: Sequence[str], *, count: int = 22, seed: int = 3) -> BookSpec:
    """Lay out a book with these tables, plausible rows, waiting rows and the lines of today that follow from them."""
    draw = random.Random(seed)
    defaults: dict[str, list[Row]] = {}
    for process in playbook.processes:
        for name, default in process.defaults.items():
            defaults[name] = [{"id": make_id(playbook.table(name).prefix, draw.randrange), **row} for row in default]
    rows = {name: defaults.get(name) or rows_of(draw, playbook.table(name), count) for name in tables}
    people: list[Row] = [{"id": make_id("PE", draw.randrange), "email": OWNER, "name": "Maria Santos"}]
    view = playbook.view({**defaults, "people": people, **rows}, NOW, OWNER)
    todos = [todo for process in playbook.processes if process.today for todo in process.today(view)]
    return book_spec(
        playbook, Markers("WB-1", "BK-1", 1, "1", "Europe/Zurich"), owner_email=OWNER, owner_name="Maria Santos", currency="EUR", now=NOW,
        tables=tables, rows=rows, spare_ids={n: [make_id(playbook.table(n).prefix, draw.randrange) for _ in range(100)] for n in tables},
        todos=todos, lists={**defaults, "people": people, **rows},
    )  # fmt: skip


def role_tables(playbook: Playbook, role: str) -> tuple[str, ...]:
    """Give the tables of a default role."""
    return tables_for(playbook, profile(next(row for row in DEFAULT_ROLES if row["name"] == role)))


if __name__ == "__main__":
    book = build_playbook({})
    Path(sys.argv[2]).write_bytes(build(filled_spec(book, role_tables(book, sys.argv[1]))))
