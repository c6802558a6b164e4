"""Exact proposal totals: the worked numbers, and that parts always add up."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sheetsales.pricing import add_up, line_total

D = Decimal


def test_the_worked_proposal_comes_to_101_30() -> None:
    lines = [line_total(D(3), D("19.99"), D("0.10")), line_total(D(7), D("4.35"))]
    assert lines == [D("53.97"), D("30.45")]
    sums = add_up((one, D("0.20")) for one in lines)
    assert (sums.net, sums.tax, sums.total) == (D("84.42"), D("16.88"), D("101.30"))


def test_each_line_is_rounded_half_up_before_it_is_added() -> None:
    line = line_total(D(1), D("0.67"), D("0.5"))
    assert line == D("0.34")
    assert add_up([(line, D(0))] * 3).net == D("1.02")


def test_tax_is_rounded_once_per_rate() -> None:
    sums = add_up([(D("0.03"), D("0.2")), (D("0.03"), D("0.2")), (D("0.03"), D("0.1"))])
    assert sums.taxes == {D("0.1"): D("0.00"), D("0.2"): D("0.01")}


def test_the_largest_numbers_a_cell_can_hold_stay_exact() -> None:
    assert line_total(D("999999999999999"), D("9999999999999.99"), D("0.999999999999999")) == D("9999999999999.98")


MONEY = st.decimals(min_value=0, max_value=10**9, places=2)
LINES = st.lists(st.tuples(MONEY, st.sampled_from([D(0), D("0.077"), D("0.2")])), max_size=20)


@given(LINES)
def test_the_lines_add_up_to_the_total_to_the_cent(lines: list[tuple[Decimal, Decimal]]) -> None:
    sums = add_up(lines)
    assert sums.net == sum((one for one, _ in lines), D(0))
    assert sums.total == sums.net + sum(sums.taxes.values())
    assert sums.total == sums.total.quantize(D("0.01"))
