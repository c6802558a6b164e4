"""What a desktop program hands over and takes, brought to the values that every reader of ours gives."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
import xlwings
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.values import CellError, Formula
from sheetsales_workbooks.host import CellWrite
from sheetsales_workbooks.hosts import memory
from sheetsales_workbooks.hosts.live.grid import plain, read_tab, serial
from sheetsales_workbooks.hosts.live.writing import blocks, shows, was_taken_otherwise


@pytest.mark.parametrize(
    ("handed_over", "raw"),
    [
        pytest.param(7.0, 7, id="a whole number comes as a float"),
        pytest.param(7.25, 7.25, id="a number"),
        pytest.param(1e18, 1e18, id="a number too large to be whole exactly"),
        pytest.param(Decimal("12.3000"), 12.3, id="money comes as a decimal from Excel"),
        pytest.param(True, True, id="a truth value"),
        pytest.param(datetime(2026, 3, 1), date(2026, 3, 1), id="a day comes as its midnight"),
        pytest.param(datetime(2026, 3, 1, 9, 30), datetime(2026, 3, 1, 9, 30), id="a moment"),
        pytest.param(datetime(2026, 3, 1, tzinfo=timezone(timedelta(0))), date(2026, 3, 1), id="Excel's days carry a zone"),
        pytest.param(datetime(1899, 12, 30, 18, 30), time(18, 30), id="a time of day comes on day zero"),
        pytest.param(datetime(1899, 12, 31), date(1900, 1, 1), id="before March 1900 programs count a day off"),
        pytest.param(datetime(1900, 3, 1), date(1900, 3, 1), id="from March 1900 on they agree"),
        pytest.param("007", "007", id="text"),
    ],
)
def test_values_of_a_desktop_program_are_read_in_their_own_types(handed_over: object, raw: object) -> None:
    found = plain(handed_over)
    assert (found, type(found)) == (raw, type(raw))


def test_serial_numbers_are_those_of_excel() -> None:
    assert serial(datetime(2020, 1, 1)) == 43831
    assert serial(datetime(2020, 1, 1, 12)) == 43831.5


@given(st.sets(st.tuples(st.integers(1, 12), st.integers(1, 8)), max_size=60))
def test_blocks_cover_every_place_once_and_nothing_else(places: set[tuple[int, int]]) -> None:
    covered = [
        ((row, column), value)
        for ((top, left), (bottom, right)), rows in blocks({place: place for place in places})
        for row, line in zip(range(top, bottom + 1), rows, strict=True)
        for column, value in zip(range(left, right + 1), line, strict=True)
    ]
    assert sorted(place for place, _ in covered) == sorted(places)
    assert all(place == value for place, value in covered)


def test_a_full_table_is_one_block() -> None:
    assert len(list(blocks({(row, column): 1 for row in range(6, 506) for column in range(3, 20)}))) == 1


@pytest.mark.parametrize(
    ("value", "found", "taken"),
    [
        pytest.param("007", 7, True, id="a text became a number"),
        pytest.param("2026-01-02", date(2026, 1, 2), True, id="a text became a day"),
        pytest.param("TRUE", True, True, id="a text became a truth value"),
        pytest.param("#N/A", CellError("#N/A"), True, id="a text became an error"),
        pytest.param("'x", "x", True, id="an apostrophe was eaten"),
        pytest.param("=1+1", Formula("1+1", 2), True, id="a text became a formula"),
        pytest.param("Acme", "Borealis", False, id="somebody typed another text"),
        pytest.param("Acme", None, False, id="somebody cleared the cell"),
        pytest.param("Acme", 7, False, id="somebody typed a number over a word"),
        pytest.param("Acme", True, False, id="somebody typed a truth value over a word"),
        pytest.param("#N/A", CellError("#REF!"), False, id="another error"),
        pytest.param(7, "7", True, id="a number became a text"),
        pytest.param(7, 8, False, id="somebody typed another number"),
        pytest.param(date(2026, 1, 2), 46024, True, id="a day shows as its number"),
        pytest.param(None, "x", False, id="somebody typed into a cleared cell"),
    ],
)
def test_what_a_program_made_of_a_write_is_told_from_an_edit(value: object, found: object, taken: bool) -> None:
    write = CellWrite(6, 3, value, text=isinstance(value, str))
    assert not shows(write, found)
    assert was_taken_otherwise(write, found) is taken


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param(Decimal("0.1") + Decimal("0.2"), 0.30000000000000004, id="fifteen digits"),
        pytest.param(datetime(2026, 1, 2, 3, 4, 5), datetime(2026, 1, 2, 3, 4, 5, 400), id="moments to the second"),
        pytest.param(date(2026, 1, 2), date(2026, 1, 2), id="days"),
        pytest.param("", None, id="blanks"),
        pytest.param(0, 0.0, id="zero"),
    ],
)
def test_what_was_written_is_recognised(value: object, found: object) -> None:
    assert shows(CellWrite(6, 3, value), found)


def test_a_format_far_below_the_contents_makes_no_large_tab() -> None:
    memory.activate()
    app = xlwings.App()
    try:
        sheet = app.books[0].sheets[0]
        sheet["B2"].value = "x"
        sheet.range((1_048_576, 3)).color = (1, 2, 3)
        assert read_tab(sheet, recalculates=False).rows == {2: {2: "x"}}
    finally:
        app.quit()
