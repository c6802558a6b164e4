"""Exact sums of a proposal: line totals, tax per rate, total. Decimal throughout, rounded half up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from sheetsales.process import Row, Tables
from sheetsales.values import cents, number_of, words_of

_EXACT: Final = Context(prec=80, rounding=ROUND_HALF_UP)  # four factors of at most 18 digits each


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a proposal. taxes: by rate, a fraction."""

    net: Decimal
    taxes: Mapping[Decimal, Decimal]

    @property
    def tax(self) -> Decimal:
        """Give all taxes together."""
        return sum(self.taxes.values(), Decimal(0))

    @property
    def total(self) -> Decimal:
        """Give what the customer pays: net and taxes."""
        return self.net + self.tax


def line_total(quantity: Decimal, unit_price: Decimal, discount: Decimal = Decimal(0)) -> Decimal:
    """Give `quantity x unit price x (1 - discount)`, rounded to cents. discount: a fraction."""
    return cents(_EXACT.multiply(_EXACT.multiply(quantity, unit_price), 1 - discount))


def add_up(lines: Iterable[tuple[Decimal, Decimal]]) -> Totals:
    """Add up lines of (line total, tax rate); tax is rounded once per rate, on the net of that rate."""
    by_rate: dict[Decimal, Decimal] = {}
    for total, rate in lines:
        by_rate[rate] = by_rate.get(rate, Decimal(0)) + total
    net = sum(by_rate.values(), Decimal(0))
    return Totals(net, {rate: cents(_EXACT.multiply(of, rate)) for rate, of in sorted(by_rate.items())})


# ── of the rows of `proposals` and `proposal_lines` ──────────────────────────────────────────────


def total_of(line: Row) -> Decimal | None:
    """Give the total of a proposal line; None where quantity or price is missing."""
    quantity, price = number_of(line.get("qty")), number_of(line.get("unit_price"))
    if quantity is None or price is None:
        return None
    return line_total(quantity, price, number_of(line.get("discount")) or Decimal(0))


def lines_of(proposal: Row, tables: Tables) -> list[Row]:
    """Give the lines of a proposal; also those that name it before its own name was computed."""
    lines = [
        *tables.children("proposal_lines", "proposal", "proposals", proposal),
        *tables.where("proposal_lines", "proposal", proposal_name(proposal)),
    ]
    return list({str(line["id"]): line for line in lines}.values())


def totals_of(proposal: Row, tables: Tables) -> Totals | None:
    """Add up the lines of a proposal; None where it has none that can be added."""
    lines = [
        (total, number_of(line.get("tax_rate")) or Decimal(0))
        for line in lines_of(proposal, tables)
        if (total := total_of(line)) is not None
    ]
    return add_up(lines) if lines else None


def proposal_name(row: Row) -> str | None:
    """Give the name by which lines refer to a proposal: its opportunity and version."""
    deal, version = words_of(row.get("opportunity")), number_of(row.get("proposal_version"))
    return f"{deal} v{version}" if deal and version is not None else None


def beyond_limit(line: Row, tables: Tables) -> dict[str, object] | None:
    """The words for a discount beyond the product's limit; None where there is no limit or it is kept."""
    product, discount = tables.find("products", line.get("sku")), number_of(line.get("discount"))
    limit = number_of(product.get("max_discount")) if product is not None else None
    if limit is None or discount is None or discount <= limit:
        return None
    return {"d": _percent(discount), "l": _percent(limit), "sku": line.get("sku")}


def _percent(share_of_one: Decimal) -> str:
    return f"{(share_of_one * 100).normalize():f} %"
