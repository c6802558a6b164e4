"""White space: which product an account could still buy, judged by what accounts like it own. Pure.

The chance that an account buys B is the share of the owners of A that own B too, over the product A of its own that
says most, drawn towards the share of all customers that own B; lift compares the two. The worth is chance × price ×
margin. Nothing that is owned or excluded is ever proposed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sheetsales.exit_criteria import outcome_of
from sheetsales.process import Edit, NewRow, Patch, Refusal, Request, Row, Tables, policy_number
from sheetsales.score import shrunk
from sheetsales.values import Value, cents, fold, number_of, ratio, words_of

STATES: Final = ("Owned", "Open", "White", "Excluded")
TABLE: Final = "white_space"
FIGURES: Final = ("status", "p", "n", "lift", "price", "margin", "value", "reason")
BEST: Final = 3  # named in the message; all of them stand in the table


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a purchase is. p: drawn towards `base`, the share of all customers; n: accounts behind it.

    because: id of the product owned that says most, "" where the account owns nothing of ours yet.
    """

    p: Decimal
    n: int
    both: int
    base: Decimal
    because: str = ""

    @property
    def lift(self) -> Decimal | None:
        """How many times as often as among all customers; None where nobody owns it."""
        return lift(Decimal(self.both) / self.n if self.n else self.base, self.base)


def lift(given: Decimal, base: Decimal) -> Decimal | None:
    """Give P(B|A) ÷ P(B); None where nobody owns B."""
    return ratio(given, base)


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the matrix: an account and a product, how it stands, and for white ones what it may bring."""

    account: Row
    product: Row
    status: str
    chance: Chance | None = None
    price: Decimal | None = None
    margin: Decimal | None = None

    @property
    def value(self) -> Decimal | None:
        """Chance × price × margin, in cents; None where price or margin is not known."""
        if self.chance is None or self.price is None or self.margin is None:
            return None
        return cents(self.chance.p * self.price * self.margin)


def owned_by_account(tables: Tables) -> dict[str, set[str]]:
    """Give the ids of the products that each account owns: of the table, and those of its won opportunities."""
    owned: dict[str, set[str]] = {}
    pairs = [(row.get("account"), row.get("sku")) for row in tables.rows("products_owned")]
    pairs += [(row.get("account"), row.get("product")) for row in tables.rows("opportunities") if outcome_of(row) == "Won"]
    for account, sku in pairs:
        product = tables.find("products", sku)
        if product is not None and account is not None:
            owned.setdefault(tables.same_key("accounts", account), set()).add(str(product["id"]))
    return owned


def chance_of(product: str, account: str, owned: Mapping[str, set[str]], k: Decimal) -> Chance:
    """Give the chance that an account buys a product. owned: product ids by account id; k: strength of the drawing."""
    customers = [products for products in owned.values() if products]
    base = ratio(sum(product in products for products in customers), len(customers)) or Decimal(0)
    best = Chance(base, len(customers), sum(product in products for products in customers), base)
    found = []
    for mine in sorted(owned.get(account, ())):
        like = [products for key, products in owned.items() if key != account and mine in products]
        both = sum(product in products for products in like)
        if like:
            found.append(Chance(shrunk(both, len(like), base, k), len(like), both, base, mine))
    return max(found, key=lambda chance: (chance.p, chance.n, chance.because)) if found else best


def matrix(tables: Tables, accounts: Sequence[Row] | None = None) -> list[Cell]:
    """Give the matrix accounts × products on sale, by account and product name: Owned, Open, White or Excluded.

    Open: there is an opportunity that is neither won nor lost. accounts: None for all customers and the accounts with a plan.
    """
    owned, k = owned_by_account(tables), policy_number(tables, "accounts.shrink_k")
    excluded = _pairs(tables, "excluded_products", "sku")
    at_work = _pairs(tables, "opportunities", "product", only_open=True)
    products = sorted(
        (row for row in tables.rows("products") if row.get("active") != "No"),
        key=lambda row: (fold(row.get("name") or ""), row["id"]),
    )
    cells = []
    for account in sorted(
        _accounts(tables, owned) if accounts is None else accounts, key=lambda r: (fold(r.get("name") or ""), r["id"])
    ):
        key = str(account["id"])
        for product in products:
            place = (key, str(product["id"]))
            if place[1] in owned.get(key, ()):
                cells.append(Cell(account, product, "Owned"))
            elif place in excluded:
                cells.append(Cell(account, product, "Excluded"))
            else:
                price, margin = number_of(product.get("list_price")), number_of(product.get("margin"))
                state = "Open" if place in at_work else "White"
                cells.append(Cell(account, product, state, chance_of(place[1], key, owned, k), price, margin))
    return cells


def _accounts(tables: Tables, owned: Mapping[str, set[str]]) -> list[Row]:
    planned = {tables.same_key("accounts", row.get("account")) for row in tables.rows("account_plans")}
    return [row for row in tables.rows("accounts") if str(row["id"]) in planned or owned.get(str(row["id"]))]


def _pairs(tables: Tables, table: str, column: str, *, only_open: bool = False) -> set[tuple[str, str]]:
    pairs = set()
    for row in tables.rows(table):
        product = tables.find("products", row.get(column))
        if product is not None and not (only_open and outcome_of(row) != "Open"):
            pairs.add((tables.same_key("accounts", row.get("account")), str(product["id"])))
    return pairs


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────


def find_white_space(tables: Tables, request: Request) -> Patch:
    """Write the table White space anew for the accounts of the selected plans, or for all customers the member sees.

    A row whose account or product is gone is blanked; nothing typed stands in this table, so nothing is lost.
    """
    plans = [row for row in tables.rows("account_plans") if str(row["id"]) in request.records]
    chosen = None
    if request.records:
        names = dict.fromkeys(tables.same_key("accounts", plan.get("account")) for plan in plans)
        chosen = [row for key in names if (row := tables.get("accounts", key)) is not None]
    cells = {(str(cell.account["id"]), str(cell.product["id"])): cell for cell in matrix(tables, chosen)}
    edits: list[Edit] = []
    seen: set[tuple[str, str]] = set()
    for row in tables.rows(TABLE):
        if fold(row.get("owner") or "") != fold(tables.me):
            continue
        place = (tables.same_key("accounts", row.get("account")), tables.same_key("products", row.get("sku")))
        if chosen is not None and place not in cells:
            continue
        cell = cells.get(place) if place not in seen else None
        seen.add(place)
        after = _figures(cell, tables) if cell is not None else dict.fromkeys(FIGURES)
        edits += [Edit(TABLE, str(row["id"]), name, value) for name, value in after.items() if row.get(name) != value]
    new = [NewRow(TABLE, {**_names(cell, tables), "owner": tables.me or None, **_figures(cell, tables)})
           for place, cell in cells.items() if place not in seen]  # fmt: skip
    return Patch(tuple(edits), tuple(new), message=_told(list(cells.values())), rows_read=len(cells))


def _names(cell: Cell, tables: Tables) -> dict[str, Value]:
    """Give the texts by which the row names account and product: the product's name where no other has it."""
    name, sku = cell.product.get("name"), cell.product.get("sku")
    alone = sku is None or len(tables.where("products", "name", name)) == 1
    return {"account": cell.account.get("name"), "sku": name if alone else sku}


def _figures(cell: Cell, tables: Tables) -> dict[str, Value]:
    if cell.status in ("Owned", "Excluded") or cell.chance is None:
        return {**dict.fromkeys(FIGURES), "status": cell.status}
    chance = cell.chance
    return {"status": cell.status, "p": chance.p, "n": chance.n, "lift": chance.lift, "price": cell.price, "margin": cell.margin,
            "value": cell.value, "reason": _reason(cell, chance, tables)}  # fmt: skip


def _reason(cell: Cell, chance: Chance, tables: Tables) -> str:
    name = words_of(cell.product.get("name"))
    if chance.because:
        mine = words_of((tables.get("products", chance.because) or {}).get("name"))
        words = f"{chance.both} of {chance.n} other owners of {mine} own {name}; of all customers {chance.base:.0%}"
    else:
        words = f"{chance.both} of {chance.n} customers own {name}; nothing says more about this account yet"
    unknown = [what for what, known in (("price", cell.price), ("margin", cell.margin)) if known is None]
    return f"{words}; no {' and no '.join(unknown)} in Products, so no worth" if unknown else words


def _told(cells: Sequence[Cell]) -> str:
    white = [cell for cell in cells if cell.status == "White"]
    counts = ", ".join(f"{sum(cell.status == state for cell in cells)} {state.lower()}" for state in STATES)
    best = sorted((c for c in white if c.value), key=lambda c: (-(c.value or 0), str(c.account["id"]), str(c.product["id"])))[
        :BEST
    ]
    words = "; ".join(f"{words_of(c.account.get('name'))} × {words_of(c.product.get('name'))} {c.value:,.2f}" for c in best)
    return f"{len(cells)} fields: {counts}." + (f" Most to gain: {words}." if words else "")


def make_opportunity(tables: Tables, request: Request) -> Patch:
    """Make an opportunity of each selected white field: account, product and list price filled, source Existing customer."""
    new: list[NewRow] = []
    edits: list[Edit] = []
    refused: list[Refusal] = []
    rows = sorted((row for row in tables.rows(TABLE) if str(row["id"]) in request.records), key=lambda row: str(row["id"]))
    owned, at_work, excluded = (
        owned_by_account(tables),
        _pairs(tables, "opportunities", "product", only_open=True),
        _pairs(tables, "excluded_products", "sku"),
    )
    for row in rows:
        product, account = tables.find("products", row.get("sku")), tables.find("accounts", row.get("account"))
        why = "The account or the product is not known any more."
        if product is not None and account is not None:
            place = (str(account["id"]), str(product["id"]))
            why = (
                "It is owned already."
                if place[1] in owned.get(place[0], ())
                else "There is an open opportunity for it."
                if place in at_work
                else "It is excluded."
                if place in excluded
                else ""
            )
        if why or product is None or account is None:
            refused.append(Refusal(TABLE, str(row["id"]), f"{words_of(row.get('account'))} × {words_of(row.get('sku'))}: {why}"))
            continue
        at_work.add(place)
        name = f"{words_of(account.get('name'))} - {words_of(product.get('name'))}"
        new.append(NewRow("opportunities", {"name": name, "account": account.get("name"), "product": row.get("sku"),
                          "amount": product.get("list_price"), "source": "Existing customer", "owner": tables.me or None}))  # fmt: skip
        edits.append(Edit(TABLE, str(row["id"]), "status", "Open"))
    message = (
        f"{len(new)} opportunities made, {len(refused)} refused."
        if request.records
        else "Choose the rows of White space first. Nothing was made."
    )
    return Patch(tuple(edits), tuple(new), tuple(refused), message, len(rows))
