"""Many leads at once are scored exactly as one by one, for any answers and any points."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.errors import WrongUse
from sheetsales.playbook import build_playbook
from sheetsales.qualification import Limits, rule_table
from sheetsales.score import Rule, RuleTable, hundredths_of, points_of, score_row
from sheetsales.score_batch import Batch

PLAYBOOK = build_playbook({})
CRITERIA = [row for process in PLAYBOOK.processes for row in process.defaults.get("lead_criteria", ())]
SETS = sorted({str(row["set"]) for row in CRITERIA})
TABLES = {name: rule_table(CRITERIA, Limits(name, Decimal(30), Decimal(70), Decimal(30), Decimal(3))) for name in SETS}
STANDARD = TABLES["Standard"]


def tier(points: Decimal) -> str:
    return "A" if points >= 50 else "B"


@st.composite
def rows_of(draw: st.DrawFn, table: RuleTable) -> list[dict[str, Any]]:
    one = st.fixed_dictionaries(
        {
            rule.name: st.sampled_from([None, *rule.points])
            if rule.levels
            else st.none() | st.decimals(-50, 50, places=2).map(float)
            for rule in table.rules
        }
    )
    return draw(st.lists(one, max_size=6))


@pytest.mark.parametrize("name", SETS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_as_one_by_one(name: str, data: st.DataObject) -> None:
    table = TABLES[name]
    rows = data.draw(rows_of(table))
    columns = data.draw(st.permutations([rule.name for rule in table.rules]))
    said = Batch(table, columns, tier).score([[row[column] for column in columns] for row in rows])
    expected = []
    for row in rows:
        amounts = {r.name: hundredths_of(Decimal(str(row[r.name]))) for r in table.rules if not r.levels and row[r.name]}
        one = score_row(table, {r.name: row[r.name] for r in table.rules if r.levels}, amounts)
        expected.append((float(points_of(one.score)), tier(points_of(one.score)), one.text))
    assert said == expected


VALUES: dict[str, tuple[str, object, float | None]] = {
    "as written": ("budget", "Yes", 15),
    "another case": ("BUDGET", "yes ", 15),
    "unknown": ("budget", "Unknown", 0),
    "blank": ("budget", "", 0),
    "number": ("need", 2, 12),
    "float": ("need", 1.0, 6),
    "text of a number": ("Need", "1", 6),
    "yes to a span": ("need", "Yes", 12),
    "column of the leads": ("decision_maker", "No", 0),
    "penalty": ("Repeated attempts, no answer", "No", 0),
    "another word": ("budget", "Perhaps", None),
    "too high": ("need", 3, None),
    "between": ("need", 1.5, None),
    "points as text": ("Opened an e-mail", "many", None),
    "endless points": ("Opened an e-mail", 1e300, None),
}


@pytest.mark.parametrize(("column", "value", "score"), VALUES.values(), ids=VALUES)
def test_what_a_value_means(column: str, value: object, score: float | None) -> None:
    batch = Batch(STANDARD, [column], tier)
    said = batch.score([[value]])
    assert (None if said is None else said[0][0]) == score
    wrong = batch.every_wrong_cell([[value]])
    assert bool(wrong) == (score is None) and all((one.row, one.column) == (1, column) for one in wrong)


def test_a_free_mail_address_counts_wherever_it_is_written() -> None:
    batch = Batch(STANDARD, ["id", "email", "budget"], tier)
    assert batch.score([["L", "a@GMAIL.com", "Yes"], ["M", "a@dune.example", "Yes"], ["N", None, "Yes"]]) == [
        ("L", 10.0, "B", "budget: Yes (+15); Free-mail address: Yes (-5)"),
        ("M", 15.0, "B", "budget: Yes (+15)"),
        ("N", 15.0, "B", "budget: Yes (+15)"),
    ]
    assert batch.score([["L", 7, "Yes"]]) is None
    assert [(w.row, w.column) for w in batch.every_wrong_cell([["L", 7, "Yes"], [[], None, None], {}])] == [
        (1, "email"),
        (2, "id"),
        (3, ""),
    ]


def test_events_stand_in_one_group() -> None:
    with pytest.raises(WrongUse):
        Batch(RuleTable((Rule("a", "One"), Rule("b", "Two"))), ["a"], tier)
