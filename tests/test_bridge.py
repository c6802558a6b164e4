"""What moved: the worked bridge, and that its parts tie out to 0.00 for any set of changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.bridge import bridge
from sheetsales.process import Row


def deal(number: int, amount: int | None, stage: str = "Qualify", close: date = date(2026, 3, 1), record: str = "") -> Row:
    return {
        "id": record or f"DW-{number}",
        "opportunity": f"Deal {number}",
        "stage": stage,
        "close_date": close,
        "amount": None if amount is None else Decimal(amount),
    }


def in_the_quarter(row: Row) -> bool:
    close = row["close_date"]
    return isinstance(close, date) and close <= date(2026, 3, 31)


def test_the_worked_bridge_ends_at_460() -> None:
    later = date(2026, 4, 1)
    before = [deal(1, 80), deal(2, 60), deal(3, 50), deal(4, 310)]
    after = [deal(1, 80, "Won"), deal(2, 60, "Lost"), deal(3, 50, close=later), deal(4, 340), deal(5, 120)]
    found = bridge(before, after, in_the_quarter)
    parts = [found.start, found.new, found.won, found.lost, found.changed, found.pushed_out]
    assert parts == [500, 120, 80, 60, 30, 50]
    assert found.end == 460
    assert found.difference == 0


def test_deals_that_come_in_or_vanish_are_parts_of_their_own() -> None:
    later = date(2026, 4, 1)
    found = bridge([deal(1, 10, close=later), deal(2, 20), deal(3, 30, "Lost")], [deal(1, 15), deal(3, 30)], in_the_quarter)
    assert [found.pulled_in, found.removed, found.new, found.end] == [15, 20, 30, 45]


STAGES = st.sampled_from(["Discover", "Qualify", "Won", "Lost"])
DEALS = st.lists(
    st.builds(
        deal,
        st.integers(0, 6),
        st.one_of(st.none(), st.integers(0, 10**6)),
        STAGES,
        st.dates(date(2026, 1, 1), date(2026, 6, 30)),
    ),
    unique_by=lambda row: row["opportunity"],
)


@given(DEALS, DEALS)
def test_the_bridge_difference_is_0_00_for_any_set_of_changes(before: list[Row], after: list[Row]) -> None:
    found = bridge(before, after, in_the_quarter)
    assert found.difference == 0
    assert found.start == sum(
        (one["amount"] or 0 for one in before if one["stage"] not in ("Won", "Lost") and in_the_quarter(one)), 0
    )  # type: ignore[misc, operator]
    moves = sum(move.amount * {"new": 1, "pulled_in": 1, "changed": 1}.get(move.part, -1) for move in found.moves)
    assert found.start + moves == found.shown


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        pytest.param([deal(1, 100)], [deal(1, 120, "Won")], {"changed": 20, "won": 120}, id="won for more: the win is what was booked"),
        pytest.param([deal(1, 100)], [deal(1, 0, "Lost")], {"lost": 100}, id="lost for what it stood at"),
        pytest.param([], [deal(1, 70, "Won")], {"new": 70, "won": 70}, id="came and was won between the pictures"),
        pytest.param([deal(1, 70, "Lost")], [deal(1, 70)], {"new": 70}, id="opened again"),
        pytest.param([deal(1, 70, "Won")], [deal(1, 70, "Won")], {}, id="won before"),
        pytest.param([deal(1, 70, close=date(2026, 5, 1))], [deal(1, 70, "Won", date(2026, 3, 1))], {"pulled_in": 70, "won": 70}, id="won before it was due"),
        pytest.param([deal(1, 70)], [deal(1, 90, close=date(2026, 5, 1))], {"pushed_out": 70}, id="pushed out at another amount"),
    ],
)  # fmt: skip
def test_each_move_is_the_part_a_person_would_call_it(before: list[Row], after: list[Row], parts: dict[str, int]) -> None:
    found = bridge(before, after, in_the_quarter)
    named = ("new", "pulled_in", "pushed_out", "changed", "lost", "won", "removed")
    assert {part: value for part in named if (value := getattr(found, part))} == parts
    assert found.difference == 0


def test_a_deal_that_stands_twice_makes_the_difference() -> None:
    found = bridge([deal(1, 10)], [deal(1, 10), deal(1, 10, record="DW-9")])
    assert found.difference == 10
    assert found.repeated == ("DW-9",)
