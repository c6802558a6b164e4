from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.errors import BadImport
from sheetsales.typed_text import Bad
from sheetsales_sync.intake.conventions import Placed, decide_dates, decide_decimal, exact_type


def placed(*raws: object) -> list[Placed]:
    return list(enumerate(raws, 2))


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        pytest.param(["20-10-16", "01-03-17"], [date(2016, 10, 20), date(2017, 3, 1)], id="DD-MM-YY"),
        pytest.param(["10/20/2016", "3/1/2017"], [date(2016, 10, 20), date(2017, 3, 1)], id="M/D/YYYY"),
        pytest.param(["2016-10-20", "2017-03-01"], [date(2016, 10, 20), date(2017, 3, 1)], id="ISO"),
        pytest.param(["2017/3/1", "2016.10.20"], [date(2017, 3, 1), date(2016, 10, 20)], id="year first with other marks"),
        pytest.param(
            ["25.12.2020", "01.02.2021", "2021-02-03"],
            [date(2020, 12, 25), date(2021, 2, 1), date(2021, 2, 3)],
            id="ISO among them",
        ),
        pytest.param(["98-12-31", "01-02-03"], [date(1998, 12, 31), date(2001, 2, 3)], id="two-digit years first"),
        pytest.param(["05/05/2020", "6.6.20"], [date(2020, 5, 5), date(2020, 6, 6)], id="day and month alike"),
        pytest.param(
            ["3 Mar 2021", "Mar 4, 2021", "5-Mar-21", "March 6 2021"],
            [date(2021, 3, day) for day in (3, 4, 5, 6)],
            id="month in words",
        ),
        pytest.param(
            ["12/31/2020 14:35", "1/2/2021 2:05 PM"],
            [datetime(2020, 12, 31, 14, 35), datetime(2021, 1, 2, 14, 5)],
            id="with times",
        ),
        pytest.param(
            ["2021-01-02T03:04:05Z", "2021-01-02 00:00:00"],
            [datetime(2021, 1, 2, 3, 4, 5), datetime(2021, 1, 2)],
            id="ISO with times",
        ),
    ],
)
def test_the_order_that_all_values_prove_is_taken(texts: list[str], days: list[date]) -> None:
    reading = decide_dates("Close date", placed(*texts), "", [])
    assert [reading.read(text) for text in texts] == days


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        pytest.param(
            ["01/02/2020", "03/04/2020"],
            "'01/02/2020' in row 2 and '03/04/2020' in row 3 can be read as two dates",
            id="no proof",
        ),
        pytest.param(
            ["31/12/2020", "12/31/2020"],
            "'31/12/2020' in row 2 is day-month-year, '12/31/2020' in row 3 is month-day-year",
            id="two proofs",
        ),
    ],
)
def test_a_column_that_proves_none_or_two_orders_is_refused(texts: list[str], words: str) -> None:
    with pytest.raises(BadImport, match=f"Close date: .*{words}"):
        decide_dates("Close date", placed(*texts), "", [])


def test_the_decision_is_shown() -> None:
    remarks: list[str] = []
    decide_dates("Close date", placed("01-03-17", "20-10-16"), "", remarks)
    assert remarks == ["Close date: dates are read as day-month-year, as all values prove ('01-03-17' is 2017-03-01)."]


def test_the_format_of_the_mapping_needs_no_proof_and_takes_no_other() -> None:
    reading = decide_dates("Close date", placed("01/02/2020"), "%m/%d/%Y", [])
    assert reading.read("01/02/2020") == date(2020, 1, 2)
    assert reading.read("2020-01-02") == date(2020, 1, 2)
    assert reading.read("13/02/2020") is None


def test_a_day_that_does_not_exist_is_bad_and_never_another_day() -> None:
    reading = decide_dates("Close date", placed("31.12.2020", "31.02.2021"), "", [])
    found = reading.read("31.02.2021")
    assert isinstance(found, Bad) and found.code == "NO-SUCH-DATE"


def test_the_trace_of_a_foreign_locale_is_refused() -> None:
    with pytest.raises(BadImport, match="swaps day and month"):
        decide_dates("Close date", placed(date(2020, 3, 4), "13/05/2020", datetime(2020, 1, 12)), "", [])
    decide_dates("Close date", placed(date(2020, 3, 24), "13/05/2020"), "", [])


@given(
    st.lists(st.dates(date(1970, 1, 1), date(2068, 12, 31)), min_size=1), st.sampled_from(["%d.%m.%Y", "%m/%d/%Y", "%d-%m-%y"])
)
def test_a_proved_column_reads_every_date_right(days: list[date], form: str) -> None:
    proof = date(2016, 12, 31)
    texts = [day.strftime(form) for day in [*days, proof]]
    reading = decide_dates("Day", placed(*texts), "", [])
    assert [reading.read(text) for text in texts] == [*days, proof]


@pytest.mark.parametrize(
    ("kind", "texts", "separator"),
    [
        pytest.param("money", ["1,234.50", "7"], ".", id="both marks, point last"),
        pytest.param("money", ["12.345,67", "€ 1.234"], ",", id="both marks, comma last"),
        pytest.param("money", ["25,5", "1.234"], ",", id="one value proves it for the column"),
        pytest.param("number", ["0.123"], ".", id="nothing before the mark"),
        pytest.param("number", ["1.234.567"], ",", id="two groups"),
        pytest.param("integer", ["1,234", "56"], ".", id="a whole number has no decimals"),
        pytest.param("number", ["12", "-5"], "", id="no mark at all"),
        pytest.param("percent", ["12,5%"], ",", id="percent"),
    ],
)
def test_the_decimal_separator_that_all_values_prove_is_taken(kind: str, texts: list[str], separator: str) -> None:
    assert decide_decimal("Amount", kind, placed(*texts), "", []) == separator


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        pytest.param(["1,234", "5,678"], "'1,234' in row 2 and '5,678' in row 3 can be read as two numbers", id="no proof"),
        pytest.param(["12,5", "12.5"], "'12.5' in row 3 has a decimal point, '12,5' in row 2 a decimal comma", id="two proofs"),
    ],
)
def test_a_column_that_proves_no_separator_or_two_is_refused(texts: list[str], words: str) -> None:
    with pytest.raises(BadImport, match=words):
        decide_decimal("Amount", "money", placed(*texts), "", [])


@pytest.mark.parametrize(
    ("raws", "kind"),
    [
        pytest.param(["1", "0", "-12"], "integer", id="whole numbers"),
        pytest.param(["1", "2.5"], "number", id="whole and broken numbers"),
        pytest.param(["00123", "7"], "text", id="leading zeros"),
        pytest.param(["1234567890123456"], "text", id="sixteen digits"),
        pytest.param(["2020-01-02", "2021-03-04"], "date", id="days"),
        pytest.param(["2020-01-02", "7"], "text", id="mixed"),
        pytest.param([], "text", id="nothing"),
        pytest.param(["Yes", "No"], "text", id="words"),
        pytest.param([1.0, 2.5], "number", id="cells with numbers"),
        pytest.param([True], "text", id="a tick"),
        pytest.param([date(2020, 1, 2)], "date", id="a true date"),
    ],
)
def test_the_type_of_a_new_column_holds_every_value_exactly(raws: list[object], kind: str) -> None:
    cells = placed(*raws)
    assert exact_type(cells, decide_dates("x", cells, "", []).read) == kind
