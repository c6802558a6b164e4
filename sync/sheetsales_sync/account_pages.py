"""What the manager's workbook says about accounts: the white space, accounts × products, with the most to gain first."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sheetsales.process import Tables
from sheetsales.values import words_of
from sheetsales.white_space import Cell, matrix
from sheetsales_workbooks.report import Field, Page

MOST_PRODUCTS: Final = 40  # columns of the matrix; beyond, nobody reads across
MARKS: Final = {"Owned": "owned", "Open": "open", "Excluded": "excluded"}


def account_pages(tables: Tables | None, currency: str) -> list[Page]:
    """Give the matrix and the list of white fields by worth; no pages where no account owns a product yet."""
    cells = matrix(tables) if tables is not None else []
    return [_matrix(cells, currency), _white(cells)] if any(cell.status == "Owned" for cell in cells) else []


def _matrix(cells: list[Cell], currency: str) -> Page:
    products = list(dict.fromkeys((str(cell.product["id"]), words_of(cell.product.get("name"))) for cell in cells))[
        :MOST_PRODUCTS
    ]
    accounts: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        accounts.setdefault(str(cell.account["id"]), {})[str(cell.product["id"])] = cell
    rows: list[tuple[object, ...]] = []
    for line in accounts.values():
        worth = sum((cell.value or Decimal(0) for cell in line.values() if cell.status == "White"), Decimal(0))
        name = words_of(next(iter(line.values())).account.get("name"))
        rows.append((name, worth, *(_mark(line[product]) for product, _ in products)))
    rows.sort(key=lambda row: (-Decimal(str(row[1])), str(row[0])))
    headers = _unlike([name for _, name in products])
    fields = (
        Field("Account", width=28),
        Field("White, worth", "money", 16, total=True),
        *(Field(name, width=16) for name in headers),
    )
    words = (
        f"Owned, open (an opportunity runs), excluded; a figure is what a white field is worth, in {currency}: chance × price × margin.",
        "The chance is that of accounts which own the same, drawn towards all customers; the tab White fields says from how many.",
    )
    return Page("White space", "What could each account still buy?", words, fields, rows)


def _unlike(names: list[str]) -> list[str]:
    """Give every header once: two products of one name are numbered."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _mark(cell: Cell) -> str:
    if cell.status in MARKS:
        return MARKS[cell.status]
    return f"{cell.value:,.2f}" if cell.value is not None else "white"


def _white(cells: list[Cell]) -> Page:
    fields = (
        Field("Account", width=28), Field("Product", width=24), Field("Worth", "money", 16, total=True), Field("Chance", "rate", 10),
        Field("Accounts behind it", "integer", 12), Field("Lift", "number", 9), Field("Owner", width=26),
    )  # fmt: skip
    white = [cell for cell in cells if cell.status == "White" and cell.chance is not None]
    white.sort(key=lambda cell: (-(cell.value or Decimal(0)), str(cell.account["id"]), str(cell.product["id"])))
    rows: list[tuple[object, ...]] = [
        (words_of(cell.account.get("name")), words_of(cell.product.get("name")), cell.value, cell.chance.p, cell.chance.n,
         cell.chance.lift, cell.account.get("owner"))
        for cell in white if cell.chance is not None
    ]  # fmt: skip
    words = ("Every white field, the most to gain first. A chance from few accounts is drawn towards that of all customers.",)
    return Page("White fields", "Where is most to gain?", words, fields, rows)
