"""Ranking and tiers: the worked numbers, the order of ties, and the two forms of the one rule."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.process import Row
from sheetsales.rank import Place, place, place_rows, place_table, tiers_of

CUTS = (Decimal("0.80"), Decimal("0.95"))
ABC = [500, 250, 120, 60, 30, 20, 10, 5, 3, 2]


def account(
    record: str,
    potential: object,
    fit: object = 5,
    *,
    kind: object = "Customer",
    owner: object = "rep@example.com",
    sales: object = Decimal(0),
) -> Row:
    return {"id": record, "owner": owner, "type": kind, "potential": potential, "fit": fit, "current_sales": sales}  # type: ignore[dict-item]


def test_ten_accounts_that_add_up_to_a_thousand_are_three_a_two_b_five_c() -> None:
    assert "".join(tiers_of(ABC, CUTS)) == "AAABBCCCCC"


@pytest.mark.parametrize("form", [place_rows, place_table, place])
def test_the_rows_of_the_worked_example_get_the_same_tiers_in_every_form(form: object) -> None:
    rows = [account(f"TA-{n:02}", Decimal(potential)) for n, potential in enumerate(ABC)]
    places = form(reversed(rows), CUTS)  # type: ignore[operator]
    assert "".join(places[f"TA-{n:02}"].tier for n in range(10)) == "AAABBCCCCC"
    assert [places[f"TA-{n:02}"].rank for n in range(10)] == list(range(1, 11))


def test_customers_and_prospects_are_ranked_apart_and_tiered_together() -> None:
    places = place_rows(
        [
            account("TA-1", Decimal(900)),
            account("TA-2", Decimal(60), kind="Prospect"),
            account("TA-3", Decimal(40), kind="Prospect"),
        ],
        CUTS,
    )
    assert {record: (p.rank, p.tier) for record, p in places.items()} == {"TA-1": (1, "A"), "TA-2": (1, "B"), "TA-3": (2, "C")}


def test_owners_are_ranked_apart() -> None:
    places = place_rows([account("TA-1", Decimal(1)), account("TA-2", Decimal(9), owner="other@example.com")], CUTS)
    assert [places[record].rank for record in ("TA-1", "TA-2")] == [1, 1]


def test_fit_scales_the_potential() -> None:
    places = place_rows([account("TA-1", Decimal(1000), 1), account("TA-2", Decimal(250), 5)], CUTS)
    assert (places["TA-1"].rank, places["TA-2"].rank) == (2, 1)
    assert places["TA-1"].worth == Decimal("200.00")


def test_ties_are_broken_by_id() -> None:
    places = place_rows([account("TA-B", Decimal(10)), account("TA-A", Decimal(10))], CUTS)
    assert (places["TA-A"].rank, places["TA-B"].rank) == (1, 2)


def test_the_tier_by_sales_stands_beside_and_overlooks_prospects() -> None:
    places = place_rows(
        [
            account("TA-1", Decimal(100), sales=Decimal(80)),
            account("TA-2", Decimal(900), kind="Prospect"),
        ],
        CUTS,
    )
    assert (places["TA-1"].sales_tier, places["TA-2"].sales_tier) == ("A", "C")
    assert places["TA-2"].tier == "A"


def test_accounts_without_any_worth_are_c() -> None:
    assert place_rows([account("TA-1", Decimal(0))], CUTS)["TA-1"].tier == "C"


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(account("TA-1", None), id="no potential"),
        pytest.param(account("TA-1", Decimal(-1)), id="potential below zero"),
        pytest.param(account("TA-1", Decimal(1), None), id="no fit"),
        pytest.param(account("TA-1", Decimal(1), 6), id="fit out of range"),
        pytest.param(account("TA-1", Decimal(1), Decimal("4.5")), id="fit between two"),
        pytest.param(account("TA-1", "much"), id="potential is a text"),
        pytest.param(account("TA-1", Decimal(1), kind=None), id="no type"),
    ],
)
def test_what_cannot_be_ranked_is_left_out(row: Row) -> None:
    assert place_rows([row], CUTS) == place_table([row], CUTS) == {}


MONEY = st.decimals(min_value=0, max_value=Decimal("999999999999999"), places=2, allow_nan=False)
ROWS = st.lists(
    st.builds(
        account,
        st.uuids().map(lambda one: f"TA-{one.hex[:8]}"),
        st.one_of(st.none(), MONEY, st.sampled_from([Decimal(0), Decimal(100)])),
        st.one_of(st.integers(1, 5), st.none()),
        kind=st.sampled_from(["Customer", "Prospect"]),
        owner=st.sampled_from(["a@example.com", "B@example.com", "b@example.com", None]),
        sales=st.one_of(st.none(), MONEY),
    ),
    max_size=30,
    unique_by=lambda row: row["id"],
)


@given(ROWS)
def test_the_whole_table_form_gives_what_the_row_form_gives(rows: list[Row]) -> None:
    assert place_table(rows, CUTS) == place_rows(rows, CUTS)


def test_both_forms_agree_where_sums_pass_what_a_machine_word_holds() -> None:
    rows = [account(f"TA-{n:03}", Decimal("999999999999999.99") - n, sales=Decimal("999999999999999.99")) for n in range(300)]
    assert place_table(rows, CUTS) == place_rows(rows, CUTS)


@given(ROWS, st.data())
def test_raising_a_potential_never_lowers_the_rank(rows: list[Row], data: st.DataObject) -> None:
    before = place_rows(rows, CUTS)
    if not before:
        return
    chosen = data.draw(st.sampled_from(sorted(before)))
    more = data.draw(MONEY)
    raised: list[Row] = [
        {**row, "potential": min(Decimal(str(row["potential"])) + more, Decimal("999999999999999"))}
        if row["id"] == chosen
        else row
        for row in rows
    ]
    assert place_rows(raised, CUTS)[chosen].rank <= before[chosen].rank


@given(ROWS, st.randoms())
def test_the_order_of_the_rows_changes_nothing(rows: list[Row], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert place_rows(shuffled, CUTS) == place_rows(rows, CUTS)


def test_a_place_says_rank_tier_and_worth() -> None:
    assert place_rows([account("TA-1", Decimal("120000"), 4)], CUTS)["TA-1"] == Place(1, "A", "C", Decimal("96000.00"))
