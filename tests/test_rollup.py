"""Grouping and adding up, as pure arithmetic: parts add up to the whole, to the cent, whatever the rows."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.playbook import build_playbook
from sheetsales.process import Row, Tables
from sheetsales.rollup import Counted, GroupRow, in_currency, key_of, outcome_of, roll_up

PLAYBOOK = build_playbook({})
NOW = datetime(2026, 5, 6, 9, 0)
CHANCES = {"Discover": Decimal("0.10"), "Qualify": Decimal("0.25"), "Proposal": Decimal("0.75")}
CENT = Decimal("0.01")


def view(**tables: Sequence[Row]) -> Tables:
    return PLAYBOOK.view(
        {name: [{"id": f"{name}{n}", **row} for n, row in enumerate(rows)] for name, rows in tables.items()}, NOW
    )


TEAM = view(
    people=[
        {"email": "ana@x.com", "name": "Ana", "manager": "cem@x.com", "team": "North"},
        {"email": "ben@x.com", "name": "Ben", "manager": None, "team": None},
    ],
    accounts=[{"name": "Acme", "industry": "Steel", "external_id": "A-1"}],
    products=[{"name": "Pump", "sku": "P-1", "list_price": Decimal("9.00")}],
    fx_rates=[
        {"ccy": "USD", "to_ccy": "EUR", "rate": Decimal("0.90"), "as_of": date(2026, 1, 1)},
        {"ccy": "usd", "to_ccy": "EUR", "rate": Decimal("0.80"), "as_of": date(2026, 3, 1)},
        {"ccy": "USD", "to_ccy": "CHF", "rate": Decimal("2.00"), "as_of": date(2026, 1, 1)},
    ],
)


def deal(amount: str | int = "0", stage: str = "Discover", **values: object) -> Counted:
    row: Row = {"id": "x", "stage": stage, **values}  # type: ignore[dict-item]
    return Counted(row, outcome_of(stage), Decimal(amount))


def only(rows: Sequence[GroupRow]) -> GroupRow:
    (row,) = rows
    return row


def test_every_figure_of_a_group() -> None:
    rows = [
        deal("100.10", "Discover"),
        deal("200.20", "Proposal"),
        deal("50.00", "Won", created_on=date(2026, 1, 1), close_date=date(2026, 1, 11)),
        deal("70.07", "Won", created_on=date(2026, 1, 1), close_date=date(2026, 1, 22)),
        deal("1.00", "Won", close_date=date(2026, 2, 1)),
        deal("30.03", "Lost", created_on=date(2026, 1, 1), close_date=date(2026, 9, 1)),
    ]
    found = only(roll_up(rows, (), TEAM, CHANCES))
    assert (found.rows, found.open, found.won, found.lost) == (6, 2, 3, 1)
    assert (found.open_amount, found.won_amount, found.lost_amount) == (Decimal("300.30"), Decimal("121.07"), Decimal("30.03"))
    assert found.weighted_amount == Decimal("160.16")  # 10.01 + 150.15
    assert found.win_rate == Decimal("0.750000")
    assert (found.won_cycle_days_mean, found.won_cycle_days_median) == (Decimal("15.5000"), Decimal("15.5"))


@pytest.mark.parametrize(
    ("won", "lost", "rate"),
    [
        (0, 0, None),
        (1, 0, Decimal("1.000000")),
        (0, 2, Decimal("0.000000")),
        (1, 2, Decimal("0.333333")),
        (2, 1, Decimal("0.666667")),
    ],
    ids=["nothing closed", "all won", "all lost", "a third", "two thirds"],
)
def test_the_win_rate_has_six_places_and_is_none_when_nothing_closed(won: int, lost: int, rate: Decimal | None) -> None:
    assert only(roll_up([deal("1", "Won")] * won + [deal("1", "Lost")] * lost + [deal("1")], (), TEAM, CHANCES)).win_rate == rate


def test_only_open_amounts_are_weighted_and_an_unknown_stage_weighs_nothing() -> None:
    rows = [deal(100, "Won"), deal(100, "Lost"), deal(100, "Never heard of"), deal(100, "Qualify")]
    assert only(roll_up(rows, (), TEAM, CHANCES)).weighted_amount == Decimal("25.00")


def test_a_blank_key_keeps_a_row_of_its_own_at_the_end() -> None:
    rows = roll_up([deal(1, owner="ben@x.com"), deal(2), deal(3, owner="ana@x.com")], ("owner",), TEAM, CHANCES)
    assert [(r.keys, r.open_amount) for r in rows] == [
        (("ana@x.com",), Decimal("3.00")),
        (("ben@x.com",), Decimal("1.00")),
        ((None,), Decimal("2.00")),
    ]


def test_wanted_keys_without_rows_stand_there_with_nothing() -> None:
    rows = roll_up([deal(1, owner="ben@x.com")], ("owner",), TEAM, CHANCES, [("ana@x.com",), ("ben@x.com",)])
    assert [(r.keys[0], r.rows, r.win_rate, r.won_cycle_days_mean) for r in rows] == [
        ("ana@x.com", 0, None, None),
        ("ben@x.com", 1, None, None),
    ]


@pytest.mark.parametrize(
    ("name", "row", "key"),
    [
        ("close_quarter", {"close_date": date(2017, 9, 30)}, "2017-Q3"),
        ("close_quarter", {"close_date": date(2017, 10, 1)}, "2017-Q4"),
        ("close_month", {"close_date": date(2017, 3, 1)}, "2017-03"),
        ("created_month", {"created_on": date(2016, 12, 31)}, "2016-12"),
        ("created_quarter", {"created_on": date(2017, 1, 1)}, "2017-Q1"),
        ("close_quarter", {}, None),
        ("manager", {"owner": "ANA@x.com"}, "cem@x.com"),
        ("team", {"owner": "ana@x.com"}, "North"),
        ("manager", {"owner": "ben@x.com"}, None),
        ("manager", {"owner": "gone@x.com"}, None),
        ("team", {"owner": "gone@x.com", "team": "South"}, "South"),
        ("account", {"account": "acme"}, "Acme"),
        ("account", {"account": "A-1"}, "Acme"),
        ("account", {"account": "Nobody"}, "Nobody"),
        ("account.industry", {"account": " ACME "}, "Steel"),
        ("account.industry", {"account": "Nobody"}, None),
        ("account.country", {"account": "Acme"}, None),
        ("product.list_price", {"product": "P-1"}, "9.00"),
        ("amount", {"amount": Decimal("5.00")}, "5.00"),
    ],
)  # fmt: skip
def test_what_a_row_is_grouped_under(name: str, row: Row, key: str | None) -> None:
    assert key_of(name, row, TEAM) == key


@pytest.mark.parametrize(
    ("row", "amount"),
    [
        ({"amount": Decimal(100)}, Decimal(100)),
        ({"amount": Decimal(100), "ccy": "eur"}, Decimal(100)),
        ({"amount": None}, Decimal(0)),
        ({"amount": Decimal(100), "ccy": "USD", "close_date": date(2026, 2, 1)}, Decimal("90.00")),
        ({"amount": Decimal(100), "ccy": "USD", "close_date": date(2026, 3, 1)}, Decimal("80.00")),
        ({"amount": Decimal(100), "ccy": "USD", "created_on": date(2026, 1, 1)}, Decimal("90.00")),
        ({"amount": Decimal(100), "ccy": "USD"}, Decimal("80.00")),
        ({"amount": Decimal(100), "ccy": "USD", "close_date": date(2025, 12, 31)}, None),
        ({"amount": Decimal(100), "ccy": "CHF"}, None),
        ({"amount": None, "ccy": "CHF"}, Decimal(0)),
        ({"amount": Decimal("0.05"), "ccy": "USD", "close_date": date(2026, 2, 1)}, Decimal("0.05")),
    ],
    ids=["none named", "ours", "blank amount", "the rate of the time", "a newer rate from its day", "the day of creation", "today",
         "no rate yet", "no rate at all", "nothing to convert", "half a cent up"],
)  # fmt: skip
def test_another_currency_is_taken_at_the_newest_rate_of_its_day_or_not_at_all(row: Row, amount: Decimal | None) -> None:
    assert in_currency({"id": "x", **row}, "EUR", TEAM) == amount


DEALS = st.lists(
    st.builds(
        deal,
        st.decimals(min_value=0, max_value=Decimal("9999999999999.99"), places=2),
        st.sampled_from(["Discover", "Qualify", "Proposal", "Won", "Lost"]),
        owner=st.sampled_from(["ana@x.com", "ben@x.com", None]),
        account=st.sampled_from(["Acme", "Nobody", None]),
        created_on=st.none() | st.dates(date(2016, 1, 1), date(2016, 12, 31)),
        close_date=st.none() | st.dates(date(2017, 1, 1), date(2018, 12, 31)),
    ),
    max_size=40,
)
GROUPINGS = st.sampled_from(
    [("owner",), ("manager", "close_quarter"), ("account.industry",), ("stage",), ("close_month", "team"), ()]
)


@settings(max_examples=120, deadline=None)
@given(DEALS, GROUPINGS)
def test_groups_always_add_up_to_the_total_to_the_cent(deals: list[Counted], by: tuple[str, ...]) -> None:
    rows = roll_up(deals, by, TEAM, CHANCES)
    total = only(roll_up(deals, (), TEAM, CHANCES, [()]))
    for name in ("rows", "open", "won", "lost", "open_amount", "won_amount", "lost_amount"):
        assert sum(getattr(row, name) for row in rows) == getattr(total, name)
    assert total.open_amount + total.won_amount + total.lost_amount == sum((d.amount for d in deals), Decimal(0))
    exact = sum((d.amount * CHANCES[str(d.row["stage"])] for d in deals if d.outcome == "Open"), Decimal(0))
    assert total.weighted_amount == exact.quantize(CENT, rounding=ROUND_HALF_UP)
    assert abs(sum((r.weighted_amount for r in rows), Decimal(0)) - exact) <= CENT * max(1, len(rows))
    assert len({row.keys for row in rows}) == len(rows)


@settings(max_examples=60, deadline=None)
@given(DEALS)
def test_mean_and_median_are_those_of_the_days_from_creation_to_winning(deals: list[Counted]) -> None:
    both = [(d.row.get("created_on"), d.row.get("close_date")) for d in deals if d.outcome == "Won"]
    days = [(end - start).days for start, end in both if isinstance(start, date) and isinstance(end, date)]
    total = only(roll_up(deals, (), TEAM, CHANCES, [()]))
    if not days:
        assert (total.won_cycle_days_mean, total.won_cycle_days_median) == (None, None)
        return
    assert total.won_cycle_days_median == Decimal(str(statistics.median(days)))
    assert abs(total.won_cycle_days_mean * len(days) - sum(days)) <= Decimal("0.00005") * len(days)  # type: ignore[operator]
    assert timedelta(days=min(days)) <= timedelta(days=float(total.won_cycle_days_mean)) <= timedelta(days=max(days) + 1)  # type: ignore[arg-type]


def test_sums_beyond_64_bits_stay_exact() -> None:
    rows = [deal("9999999999999.99", "Won")] * 20_000
    assert only(roll_up(rows, (), TEAM, CHANCES)).won_amount == Decimal("199999999999999800.00")
