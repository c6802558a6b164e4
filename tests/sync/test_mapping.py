from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sheetsales.columns import Choice, Date, Money
from sheetsales.errors import BadConfiguration
from sheetsales.process import Table
from sheetsales_sync.intake.mapping import load_mapping

DEALS = Table("deals", "Deals", "DL", (Choice("stage", ("New", "Won")), Money("amount"), Date("close_date")))

WHOLE = """
source = "crm"
custom = true
[columns]                 # header in the file = our column
"Deal  Stage" = "stage"
value = "amount"
junk = ""
[values.stage]
engaging = "New"
1 = "Won"
[parse]
date = "DD.MM.YYYY"
decimal = ","
null = ["", "Select"]
"""


def test_a_mapping_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "crm.toml"
    path.write_text(WHOLE, encoding="utf-8")
    mapping = load_mapping(path, DEALS)
    assert dict(mapping.columns) == {"deal stage": "stage", "value": "amount", "junk": ""}
    assert dict(mapping.values["stage"]) == {"engaging": "New", "1": "Won"}
    assert (mapping.date, mapping.decimal, mapping.null) == ("%d.%m.%Y", ",", frozenset({"", "select"}))
    assert (mapping.source, mapping.custom, mapping.given) == ("crm", True, True)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"custom": True}, id="on top"),
        pytest.param({"columns": {"custom": True}}, id="among the columns"),
        pytest.param({"parse": {"custom": True}}, id="among the parse keys"),
    ],
)
def test_custom_is_understood_wherever_it_is_written(content: dict[str, Any]) -> None:
    assert load_mapping(content).custom


def test_values_may_be_given_under_the_header_of_the_file() -> None:
    mapping = load_mapping({"columns": {"deal_stage": "stage"}, "values": {"deal_stage": {"Open": "New"}}}, DEALS)
    assert dict(mapping.values["stage"]) == {"open": "New"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param({"column": {}}, r"\[column\].*'columns'", id="a section that does not exist"),
        pytest.param({"columns": {"x": "amuont"}}, "'x' = 'amuont'.*do you mean 'amount'", id="a column that does not exist"),
        pytest.param({"columns": {"x": "amount", "y": "amount"}}, "both go to 'amount'", id="two headers for one column"),
        pytest.param({"columns": {"x": 3}}, "'x' must be the name", id="a column that is no text"),
        pytest.param({"columns": {"x": "stage", "X ": "amount"}}, "twice", id="one header twice"),
        pytest.param({"columns": 3}, r"\[columns\] must be a section", id="columns that are no section"),
        pytest.param({"values": {"stag": {"a": "b"}}}, r"\[values.stag\].*'stage'", id="values of no column"),
        pytest.param({"values": {"stage": "New"}}, r"\[values\] 'stage' must be a section", id="values that are no section"),
        pytest.param({"values": {"stage": {"a": ["b"]}}}, "'a' must be one value", id="a list as value"),
        pytest.param({"parse": {"dat": "%Y"}}, "no key 'dat'.*'date'", id="a parse key that does not exist"),
        pytest.param({"parse": {"date": "MM/YYYY"}}, "needs|date is 'MM/YYYY'", id="a date without a day"),
        pytest.param({"parse": {"decimal": ";"}}, "decimal is ';'", id="no decimal separator"),
        pytest.param({"parse": {"null": [1]}}, "null must be a list", id="a null that is no text"),
        pytest.param({"parse": {"separator": ";;"}}, "separator is ';;'", id="two separators"),
        pytest.param({"parse": {"header_row": 0}}, "header_row must be a row number", id="header row zero"),
        pytest.param({"custom": "yes"}, "custom must be true or false", id="custom in words"),
        pytest.param({"source": 7}, "source must be a text", id="a source that is no text"),
    ],
)
def test_a_wrong_mapping_names_the_key(content: dict[str, Any], words: str) -> None:
    with pytest.raises(BadConfiguration, match=words):
        load_mapping(content, DEALS)


def test_broken_toml_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[columns]\nstage = stage\n", encoding="utf-8")
    with pytest.raises(BadConfiguration, match=r"broken\.toml.*line 2"):
        load_mapping(path)
    with pytest.raises(BadConfiguration, match="cannot be read"):
        load_mapping(tmp_path / "missing.toml")


def test_with_custom_columns_a_new_name_is_no_mistake() -> None:
    assert (
        load_mapping({"custom": True, "columns": {"x": "fresh"}, "values": {"fresh": {"a": "b"}}}, DEALS).columns["x"] == "fresh"
    )
