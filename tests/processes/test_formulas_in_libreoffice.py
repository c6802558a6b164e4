"""What the sheet computes by formula is what the service computes: territory and proposals, in a real LibreOffice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import office
import pytest
from needing import needs
from openpyxl import Workbook

from sheetsales.process import Playbook
from sheetsales.processes import automation, territory
from sheetsales.shared import SHARED
from sheetsales.values import Value

BOOK = Playbook([SHARED, territory.PROCESS, automation.PROCESS])
pytestmark = needs("soffice")
D = Decimal


@pytest.mark.parametrize(
    ("table", "column", "inputs", "rows"),
    [
        (
            "territory_accounts",
            "share_of_wallet",
            ("current_sales", "potential"),
            [(D(400), D(1000)), (D(1), D(3)), (D(1), D(0)), (None, D(5)), (D(5), None), (D(0), D(7))],
        ),
        (
            "proposal_lines",
            "line_total",
            ("qty", "unit_price", "discount"),
            [
                (D(3), D("19.99"), D("0.1")),
                (D(7), D("4.35"), None),
                (D(1), D("0.67"), D("0.5")),
                (D("2.5"), D(10), D("0.125")),
                (None, D(3), D(0)),
                (D(3), None, D(0)),
            ],
        ),
        ("proposals", "name", ("opportunity", "proposal_version"), [("Deal", 2), (None, 1), ("Deal", None)]),
    ],
    ids=["share of wallet", "line total", "proposal name"],
)
def test_a_formula_comes_to_what_python_computes(
    table: str, column: str, inputs: Sequence[str], rows: Sequence[Sequence[Value]], tmp_path: Path
) -> None:
    book = Workbook()
    sheet = book.create_sheet("Rows", 0)
    formula = BOOK.tables[table].by_name[column].formula
    expected = []
    for number, values in enumerate(rows, 1):
        for place, value in enumerate(values, 1):
            sheet.cell(number, place, value)
        sheet.cell(number, 5, "=" + formula.format(**{name: f"{'ABC'[n]}{number}" for n, name in enumerate(inputs)}))
        row = {"id": "X", **dict(zip(inputs, values, strict=True))}
        expected.append(BOOK.compute[table](row, BOOK.view({}, datetime(2026, 1, 1)))[column])
    book.save(tmp_path / "formulas.xlsx")
    values = office.open_and_dump(tmp_path / "formulas.xlsx").sheets["Rows"].values
    found = [values.get(f"E{number}") for number in range(1, len(rows) + 1)]
    for one, other in zip(found, expected, strict=True):
        assert (one or None) == (float(other) if isinstance(other, Decimal) else other) or (one == 0 and other == 0)
