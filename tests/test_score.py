"""Scores by points: the worked examples, caps and limits as lines, and whole columns by the rules of one row."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.errors import WrongUse
from sheetsales.heaviest import heaviest_reasons
from sheetsales.libraries.qualification import SETS, STANDARD
from sheetsales.processes.leads import DEFAULTS
from sheetsales.qualification import Limits, rule_table
from sheetsales.score import (
    LUT_ENTRIES,
    MASK_BITS,
    Line,
    Rule,
    RuleTable,
    calibration_error,
    decay,
    encode,
    hundredths_of,
    level_of,
    points_of,
    score_columns,
    score_row,
    shrunk,
    still_open,
)

YES_NO = (("Yes", 2_000), ("No", -2_000))
STANDARD_LIMITS = Limits(STANDARD, Decimal(30), Decimal(70), Decimal(30), Decimal(6))


def table_of(name: str) -> RuleTable:
    rows = [{"id": f"LC-{n}", **row} for n, row in enumerate(DEFAULTS["lead_criteria"])]
    return rule_table(rows, Limits(name, Decimal(30), Decimal(70), Decimal(30), Decimal(6)))


# ── one row ──────────────────────────────────────────────────────────────────────────────────────


def test_bant_2_1_2_1_is_75() -> None:
    scored = score_row(table_of("BANT"), {"Budget": "2", "Authority": "1", "Need": "2", "Timing": "1"})
    assert points_of(scored.score) == Decimal(75)
    assert scored.text == "Budget: 2 (+25); Authority: 1 (+12.5); Need: 2 (+25); Timing: 1 (+12.5)"


MEDDPICC = {"Metrics": "2", "Economic buyer": "1", "Decision criteria": "2", "Decision process": "1", "Paper process": "0",
            "Identified pain": "3", "Champion": "2", "Competition": "1"}  # fmt: skip


def test_meddpicc_2_1_2_1_0_3_2_1_is_53_33() -> None:
    scored = score_row(table_of("MEDDPICC"), MEDDPICC)
    assert points_of(scored.score) == Decimal("53.33")
    assert sum(line.points for line in scored.lines) == scored.score


def test_meddpicc_asks_by_gap_then_by_the_lower_level_then_in_the_order_of_the_set() -> None:
    open_now = [(rule.name, points_of(gap)) for rule, gap in still_open(table_of("MEDDPICC"), MEDDPICC)]
    assert open_now == [
        ("Paper process", Decimal(10)), ("Economic buyer", Decimal(10)),
        ("Decision process", Decimal("6.67")), ("Competition", Decimal("6.67")),
        ("Metrics", Decimal(5)), ("Champion", Decimal(5)), ("Decision criteria", Decimal("3.33")),
    ]  # fmt: skip


def test_without_grades_only_what_is_unknown_stays_to_be_asked() -> None:
    open_now = still_open(table_of("BANT"), {"Budget": "0", "Authority": None, "Need": "1", "Timing": "2"})
    assert [rule.name for rule, _ in open_now] == ["Authority"]


def test_a_line_reads_as_name_answer_and_signed_points() -> None:
    assert str(Line("budget", "No", -1_500)) == "budget: No (-15)"
    assert str(Line("Opened an e-mail", "", 250)) == "Opened an e-mail (+2.5)"


def test_unknown_counts_nothing_and_is_asked_by_weight() -> None:
    scored = score_row(table_of(STANDARD), {})
    assert (scored.score, scored.lines) == (0, ())
    names = [rule.name for rule, _ in still_open(table_of(STANDARD), {"ICP fit": "Unknown", "need": "0"})]
    assert names == ["ICP fit", "decision-maker", "budget", "timing"]


def test_40_today_5_at_30_and_10_at_60_days_are_45() -> None:
    half_life = Decimal(30)
    parts = [points * decay(days, half_life) for points, days in ((Decimal(40), 0), (Decimal(5), 30), (Decimal(10), 60))]
    assert [hundredths_of(part) for part in parts] == [4_000, 250, 250]
    assert sum(parts) == Decimal("45.0")


CAPPED = RuleTable((Rule("fit", "Fit", YES_NO), Rule("clicks", "Engagement")), {"Engagement": 3_000})


@pytest.mark.parametrize(
    ("answer", "clicks", "score", "lines"),
    [
        pytest.param("Yes", 4_500, 5_000, ["fit: Yes (+20)", "clicks (+45)", "Engagement cap (-15)"], id="above the cap"),
        pytest.param("Yes", 3_000, 5_000, ["fit: Yes (+20)", "clicks (+30)"], id="at the cap"),
        pytest.param("No", 0, 0, ["fit: No (-20)", "Limit of the scale (+20)"], id="below the scale"),
        pytest.param(None, 0, 0, [], id="nothing known"),
        pytest.param("No", 9_999, 1_000, ["fit: No (-20)", "clicks (+99.99)", "Engagement cap (-69.99)"], id="cap, no limit"),
        pytest.param("perhaps", 1, 1, ["clicks (+0.01)"], id="no such answer"),
    ],
)
def test_caps_and_limits_are_lines_of_their_own(answer: str | None, clicks: int, score: int, lines: list[str]) -> None:
    scored = score_row(CAPPED, {"fit": answer}, {"clicks": clicks})
    assert (scored.score, [str(line) for line in scored.lines]) == (score, lines)
    assert sum(line.points for line in scored.lines) == score


def test_above_100_the_scale_ends() -> None:
    table = RuleTable((Rule("a", "A", (("Yes", 7_000),)), Rule("b", "B", (("Yes", 5_000),))))
    scored = score_row(table, {"a": "Yes", "b": "Yes"})
    assert (scored.score, scored.lines[-1]) == (10_000, Line("Limit of the scale", "", -2_000))


def test_the_parts_of_the_groups_stand_apart_after_their_caps() -> None:
    assert score_row(CAPPED, {"fit": "Yes"}, {"clicks": 4_500}).groups == {"Fit": 2_000, "Engagement": 3_000}


def test_the_heaviest_reasons_are_signed_and_ties_keep_the_order_of_the_table() -> None:
    rules = (*(Rule(name, "G", YES_NO) for name in "abcd"), Rule("e", "G", (("Yes", -3_000),)))
    scored = score_row(RuleTable(rules), {"a": "Yes", "b": "No", "c": "Yes", "d": "Yes", "e": "Yes"})
    assert scored.heaviest() == ["e: Yes (-30)", "a: Yes (+20)", "b: No (-20)"]
    assert scored.heaviest(1) == ["e: Yes (-30)"]


# ── rule tables made from the criteria ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", SETS)
def test_the_best_answers_of_every_set_reach_at_most_100(name: str) -> None:
    table = table_of(name)
    best = {rule.name: rule.levels[0][0] for rule in table.rules if rule.levels and rule.group != "Penalty"}
    scored = score_row(table, best)
    assert points_of(scored.score) == Decimal(70 if name == STANDARD else 100)


def test_the_version_changes_with_every_number_that_can_change_a_score() -> None:
    rows = [{"id": f"LC-{n}", **row} for n, row in enumerate(DEFAULTS["lead_criteria"])]
    versions = {rule_table(rows, STANDARD_LIMITS).version}
    assert rule_table(list(rows), STANDARD_LIMITS).version in versions
    versions.add(rule_table(rows, Limits(STANDARD, Decimal(31), Decimal(70), Decimal(30), Decimal(6))).version)
    versions.add(rule_table(rows, Limits(STANDARD, Decimal(30), Decimal(71), Decimal(30), Decimal(6))).version)
    versions.add(rule_table(rows, Limits(STANDARD, Decimal(30), Decimal(70), Decimal(31), Decimal(6))).version)
    versions.add(rule_table(rows, Limits(STANDARD, Decimal(30), Decimal(70), Decimal(30), Decimal(7))).version)
    versions.add(rule_table([{**row, "scale": "Yes 21"} for row in rows], STANDARD_LIMITS).version)
    versions.add(rule_table([{**row, "knock_out": "No"} for row in rows], STANDARD_LIMITS).version)
    assert len(versions) == 7


def test_the_version_changes_with_the_weight_of_an_event() -> None:
    rows = [{"id": f"LC-{n}", **row} for n, row in enumerate(DEFAULTS["lead_criteria"])]
    other = [{**row, "weight": Decimal(21)} if row["weight"] == 20 and row["scale"] == "each" else row for row in rows]
    assert rule_table(rows, STANDARD_LIMITS).version != rule_table(other, STANDARD_LIMITS).version


# ── whole columns ────────────────────────────────────────────────────────────────────────────────

points = st.integers(-6_000, 6_000)


@st.composite
def tables(draw: st.DrawFn) -> RuleTable:
    groups = st.sampled_from(["Fit", "Engagement", "Penalty"])
    rules = []
    for number in range(draw(st.integers(1, 9))):
        levels = draw(st.lists(points, max_size=4))
        rules.append(Rule(f"r{number}", draw(groups), tuple((str(n), value) for n, value in enumerate(levels))))
    caps = draw(st.dictionaries(groups, st.integers(0, 5_000)))
    low, high = sorted(draw(st.tuples(st.integers(-9_000, 0), st.integers(0, 12_000))))
    return RuleTable(tuple(rules), caps, low, high)


Columns = tuple[dict[str, list[str | None]], dict[str, list[int]]]


@st.composite
def tables_with_rows(draw: st.DrawFn) -> tuple[RuleTable, Columns, int]:
    table = draw(tables())
    n = draw(st.integers(0, 12))
    answers: dict[str, list[str | None]] = {}
    amounts: dict[str, list[int]] = {}
    for rule in table.rules:
        if rule.levels:
            known = st.sampled_from([None, "", "no such level", *rule.points])
            answers[rule.name] = draw(st.lists(known, min_size=n, max_size=n))
        else:
            amounts[rule.name] = draw(st.lists(st.integers(-9_999, 99_999), min_size=n, max_size=n))
    return table, (answers, amounts), n


def check_columns_against_rows(table: RuleTable, columns: Columns, n: int) -> None:
    answers, amounts = columns
    codes = {rule.name: encode(rule, answers[rule.name]) for rule in table.rules if rule.levels}
    whole = score_columns(table, codes, {name: np.array(column, np.int64) for name, column in amounts.items()})
    texts, heaviest = whole.texts(), heaviest_reasons(whole)
    assert len(whole.score) == len(texts) == len(heaviest) == n
    for i in range(n):
        one = score_row(table, {k: column[i] for k, column in answers.items()}, {k: column[i] for k, column in amounts.items()})
        assert int(whole.score[i]) == one.score == sum(line.points for line in one.lines)
        assert whole.row(i) == one
        assert texts[i] == one.text
        assert [text for text in heaviest[i] if text] == one.heaviest()


@settings(max_examples=200, deadline=None)
@given(tables_with_rows())
def test_whole_columns_are_scored_as_each_row_alone_blanks_included(made: tuple[RuleTable, Columns, int]) -> None:
    check_columns_against_rows(*made)


@pytest.mark.parametrize("caps", [pytest.param({}, id="no cap"), pytest.param({"Big": 1_000}, id="with a cap")])
def test_a_group_with_more_outcomes_than_one_look_up_table_is_scored_alike(caps: Mapping[str, int]) -> None:
    rules = tuple(
        Rule(f"r{n}", "Big" if n < 12 else f"G{n % 3}", tuple((str(k), 100 * k - 90 * n) for k in range(3))) for n in range(24)
    )
    assert LUT_ENTRIES < 4**12
    table = RuleTable(rules, caps)
    chance = np.random.default_rng(7)
    answers: dict[str, list[str | None]] = {
        rule.name: [level_of(rule, int(code)) for code in chance.integers(0, 4, 40)] for rule in rules
    }
    check_columns_against_rows(table, (answers, {}), 40)


def test_columns_longer_than_a_chunk_are_scored_to_the_end() -> None:
    rule = Rule("fit", "Fit", YES_NO)
    codes = np.arange(200_001, dtype=np.uint32) % 3
    whole = score_columns(RuleTable((rule,), low=-10_000), {"fit": codes.astype(np.uint8)})
    assert np.array_equal(whole.score, np.array([0, 2_000, -2_000])[codes])
    assert set(whole.texts()) == {"", "fit: Yes (+20)", "fit: No (-20)"}


def test_no_rows_give_no_scores() -> None:
    whole = score_columns(CAPPED, {"fit": np.zeros(0, np.uint8)}, {"clicks": np.zeros(0, np.int32)})
    assert (len(whole.score), len(whole.texts())) == (0, 0)


def test_amounts_far_apart_are_written_as_those_close_together() -> None:
    clicks = np.array([0, 1, -2_000_000_000, 2_000_000_000 - 1], np.int64)
    whole = score_columns(RuleTable((Rule("clicks", "Engagement"),)), {}, {"clicks": clicks})
    assert whole.texts().tolist() == [whole.row(i).text for i in range(4)]
    assert whole.score.tolist() == [0, 1, 0, 10_000]


def test_more_columns_of_reasons_than_are_told_apart_are_joined_alike() -> None:
    rules = tuple(Rule(f"event {n}", "Engagement") for n in range(MASK_BITS + 4))
    late = {
        rule.name: [0, 0, 5, 5] if n == MASK_BITS + 1 else [7, 0, 0, 7] if n == 3 else [0] * 4 for n, rule in enumerate(rules)
    }
    check_columns_against_rows(RuleTable(rules), ({}, late), 4)


def test_what_is_typed_outside_the_levels_is_unknown() -> None:
    rule = Rule("fit", "Fit", YES_NO)
    assert encode(rule, ["Yes", "No", None, "yes", ""]).tolist() == [1, 2, 0, 0, 0]
    assert [level_of(rule, code) for code in (0, 1, 2)] == [None, "Yes", "No"]


@pytest.mark.parametrize(
    ("answers", "amounts", "words"),
    [
        pytest.param({}, {"clicks": [1]}, "no column for the criterion 'fit'", id="answers missing"),
        pytest.param({"fit": [1]}, {}, "no column for the criterion 'clicks'", id="amounts missing"),
        pytest.param({"fit": [3]}, {"clicks": [1]}, "'fit' holds a code above 2", id="a code of no level"),
    ],
)
def test_columns_that_do_not_fit_the_rules_are_refused(
    answers: dict[str, list[int]], amounts: dict[str, list[int]], words: str
) -> None:
    codes = {name: np.array(column, np.uint8) for name, column in answers.items()}
    with pytest.raises(WrongUse, match=words):
        score_columns(CAPPED, codes, {name: np.array(column, np.int64) for name, column in amounts.items()})


def test_a_table_without_criteria_scores_no_columns() -> None:
    assert score_row(RuleTable(()), {}).score == 0
    with pytest.raises(WrongUse, match="no criteria"):
        score_columns(RuleTable(()), {})


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "hundredths"),
    [
        pytest.param("2.5", 250, id="exact"),
        pytest.param("0.005", 1, id="half up"),
        pytest.param("-0.005", -1, id="half away from 0"),
    ],
)
def test_points_are_whole_hundredths(value: str, hundredths: int) -> None:
    assert hundredths_of(Decimal(value)) == hundredths


def test_a_rate_is_drawn_towards_what_was_expected() -> None:
    assert shrunk(0, 0, Decimal("0.4"), Decimal(10)) == Decimal("0.4")
    assert shrunk(10, 10, Decimal("0.4"), Decimal(10)) == Decimal("0.7")
    assert shrunk(3, 4, Decimal("0.5"), Decimal(10)) == Decimal("0.571429")


def test_one_win_and_no_loss_is_not_said_as_92_per_cent() -> None:
    assert shrunk(1, 1, Decimal("0.2"), Decimal(10)) == Decimal("0.272727")


def test_the_calibration_error_is_the_mean_distance_weighted_by_band() -> None:
    bands = {"A": [(Decimal("0.4"), True), (Decimal("0.4"), False)], "B": [(Decimal("0.2"), False), (Decimal("0.2"), False)]}
    assert calibration_error(bands) == Decimal("0.15")
    bands = {"low": [(Decimal("0.3"), False), (Decimal("0.1"), True)], "high": [(Decimal("0.9"), True), (Decimal("0.8"), True)]}
    assert calibration_error(bands) == Decimal("0.225")
    assert calibration_error({}) is None
