"""The scoring engine: exact sums, caps as lines, decay, and one rule table for a row and for whole columns."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.errors import WrongUse
from sheetsales.score import (
    Line,
    Rule,
    RuleTable,
    calibration_error,
    decay,
    encode,
    hundredths_of,
    points_of,
    score_columns,
    score_row,
    shrunk,
    still_open,
)

D = Decimal


def span(name: str, group: str, weight: int, top: int, *, again: bool = False) -> Rule:
    return Rule(name, group, tuple((str(s), hundredths_of(D(weight) * s / top)) for s in range(top, -1, -1)), again=again)


BANT = RuleTable(tuple(span(name, "BANT", 25, 2) for name in ("Budget", "Authority", "Need", "Timing")))
MEDDPICC = RuleTable(tuple(span(name, "MEDDPICC", weight, 3, again=True) for name, weight in (
    ("M", 15), ("E", 15), ("DC", 10), ("DP", 10), ("P", 10), ("I", 15), ("C", 15), ("K", 10))))
SAID = {"M": "2", "E": "1", "DC": "2", "DP": "1", "P": "0", "I": "3", "C": "2", "K": "1"}


def test_bant_of_two_one_two_one_is_75() -> None:
    assert score_row(BANT, {"Budget": "2", "Authority": "1", "Need": "2", "Timing": "1"}).score == 75_00


def test_meddpicc_comes_to_53_33_and_its_lines_add_up() -> None:
    scored = score_row(MEDDPICC, SAID)
    assert points_of(scored.score) == D("53.33")
    assert sum(line.points for line in scored.lines) == scored.score


def test_the_largest_gaps_are_paper_process_then_economic_buyer_then_competition() -> None:
    open_now = [(rule.name, points_of(gap)) for rule, gap in still_open(MEDDPICC, SAID)]
    assert open_now[:2] == [("P", D(10)), ("E", D(10))]
    assert ("K", D("6.67")) in open_now
    assert open_now.index(("K", D("6.67"))) > 1
    assert "I" not in [name for name, _ in open_now]


def test_without_grades_only_what_is_unknown_stays_to_be_asked() -> None:
    assert [rule.name for rule, _ in still_open(BANT, {"Budget": "0", "Authority": None, "Need": "1", "Timing": "2"})] == ["Authority"]


def test_engagement_decays_to_45() -> None:
    left = sum((D(points) * decay(age, D(30)) for points, age in ((40, 0), (5, 30), (10, 60))), D(0))
    assert left == D("45.0")


def test_a_cap_and_a_limit_are_lines_of_their_own() -> None:
    table = RuleTable((Rule("fit", "Fit", (("Yes", 90_00), ("No", -90_00))), Rule("clicks", "Engagement")), {"Engagement": 30_00})
    high = score_row(table, {"fit": "Yes"}, {"clicks": 45_00})
    assert high.lines[-2:] == (Line("Engagement cap", "", -15_00), Line("Limit of the scale", "", -20_00))
    low = score_row(table, {"fit": "No"})
    assert (low.score, low.lines[-1]) == (0, Line("Limit of the scale", "", 90_00))


def test_a_line_reads_as_name_answer_and_signed_points() -> None:
    assert str(Line("budget", "No", -15_00)) == "budget: No (-15)"
    assert str(Line("Opened an e-mail", "", 2_50)) == "Opened an e-mail (+2.5)"


def test_what_is_no_level_is_unknown_and_counts_nothing() -> None:
    scored = score_row(BANT, {"Budget": "many", "Authority": None})
    assert (scored.score, scored.lines) == (0, ())


def test_the_heaviest_reasons_come_first_and_ties_in_table_order() -> None:
    scored = score_row(BANT, {"Budget": "1", "Authority": "2", "Need": "1", "Timing": "2"})
    assert scored.heaviest(3) == ["Authority: 2 (+25)", "Timing: 2 (+25)", "Budget: 1 (+12.5)"]


# ── a row and whole columns ──────────────────────────────────────────────────────────────────────

LEVELS = st.lists(st.integers(-3_000, 3_000), min_size=0, max_size=4)


@st.composite
def rule_tables(draw: st.DrawFn) -> RuleTable:
    rules = tuple(
        Rule(f"rule {n}", draw(st.sampled_from(["Fit", "Engagement", "Penalty"])),
             tuple((f"level {k}", points) for k, points in enumerate(levels)))
        for n, levels in enumerate(draw(st.lists(LEVELS, min_size=1, max_size=12))))
    caps = draw(st.dictionaries(st.sampled_from(["Fit", "Engagement"]), st.integers(0, 5_000)))
    return RuleTable(rules, caps)


@settings(max_examples=60, deadline=None)
@given(rule_tables(), st.integers(0, 2**32 - 1))
def test_the_row_function_and_the_column_function_are_equal(table: RuleTable, seed: int) -> None:
    chance = np.random.default_rng(seed)
    n = 200
    answers = {r.name: chance.integers(0, len(r.levels) + 1, n).astype(np.uint8) for r in table.rules if r.levels}
    amounts = {r.name: chance.integers(0, 4_000, n).astype(np.int32) for r in table.rules if not r.levels}
    columns = score_columns(table, answers, amounts)
    index, texts = columns.reasons()
    for i in range(n):
        given_answers = {r.name: r.levels[int(answers[r.name][i]) - 1][0] if answers[r.name][i] else None
                         for r in table.rules if r.levels}
        scored = score_row(table, given_answers, {name: int(column[i]) for name, column in amounts.items()})
        assert scored.score == int(columns.score[i])
        assert scored.text == texts[int(index[i])] == columns.row(i).text
        assert sum(line.points for line in scored.lines) == scored.score


def test_a_group_too_large_for_one_look_up_table_is_divided_and_comes_to_the_same() -> None:
    levels = tuple((str(k), 100 * k) for k in range(1, 8))
    table = RuleTable(tuple(Rule(f"r{n}", "Fit", levels) for n in range(9)), {"Fit": 30_00})
    chance = np.random.default_rng(7)
    answers = {rule.name: chance.integers(0, 8, 500).astype(np.uint8) for rule in table.rules}
    columns = score_columns(table, answers)
    assert all(columns.row(i).score == int(columns.score[i]) for i in range(500))


def test_reasons_add_up_to_the_score_for_a_thousand_random_leads() -> None:
    chance = np.random.default_rng(1)
    answers = {rule.name: chance.integers(0, 4, 1_000).astype(np.uint8) for rule in BANT.rules}
    columns = score_columns(BANT, answers)
    for i in range(1_000):
        row = columns.row(i)
        assert sum(line.points for line in row.lines) == row.score == int(columns.score[i])


def test_texts_become_codes_and_what_is_unknown_becomes_zero() -> None:
    assert encode(BANT.rules[0], ["2", None, "0", "?"]).tolist() == [1, 0, 3, 0]


def test_no_rows_give_no_scores() -> None:
    columns = score_columns(BANT, {rule.name: np.zeros(0, np.uint8) for rule in BANT.rules})
    assert len(columns.score) == 0
    assert columns.reasons()[1] == []


def test_a_missing_column_or_an_impossible_code_is_named() -> None:
    answers = {rule.name: np.zeros(2, np.uint8) for rule in BANT.rules}
    with pytest.raises(WrongUse, match="'Timing'"):
        score_columns(BANT, {name: column for name, column in answers.items() if name != "Timing"})
    with pytest.raises(WrongUse, match="'Need'"):
        score_columns(BANT, {**answers, "Need": np.array([0, 4], np.uint8)})


# ── rates ────────────────────────────────────────────────────────────────────────────────────────


def test_three_of_four_shrink_to_0_5714() -> None:
    assert shrunk(3, 4, D("0.5"), D(10)).quantize(D("0.0001")) == D("0.5714")


def test_the_calibration_error_of_four_in_two_bands_is_0_225() -> None:
    bands = {"low": [(D("0.3"), False), (D("0.1"), True)], "high": [(D("0.9"), True), (D("0.8"), True)]}
    assert calibration_error(bands) == D("0.225")
    assert calibration_error({}) is None
