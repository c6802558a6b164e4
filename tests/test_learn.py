"""The learned score: worked numbers, encoding, honest verdicts, leaks, reasons that add up, bytes that repeat."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.calibration import Band, auc, bands, brier, calibration_error, log_loss, platt, precision_at_top
from sheetsales.encoding import BLANK, RARE, Encoding, encode, look_at, null_words, number_in
from sheetsales.errors import Refused, UnknownName, WrongUse
from sheetsales.learn import Request, additive, learn, read_outcome
from sheetsales.learned_model import (
    NO_BETTER,
    TOO_FEW,
    USE,
    VERDICTS,
    Model,
    points_from,
    probability_from,
    read_model,
    score_rows,
    stability_index,
    write_model,
)
from sheetsales.logistic import fit, linear

NULLS = null_words()
SAID, HAPPENED = np.array([0.9, 0.8, 0.3, 0.1]), np.array([1.0, 1.0, 0.0, 1.0])
REPORT = {
    "verdict", "n", "positives", "auc", "log_loss", "base_log_loss", "brier", "ece", "p_at_10", "validation", "leak_warnings",
    "calibration", "features",
}  # fmt: skip


def leads(n: int = 600, seed: int = 1, signal: float = 2.0) -> dict[str, list[str]]:
    """Invent leads: the industry and the hours tell something of the outcome, the colour nothing."""
    chance = random.Random(seed)
    rows: dict[str, list[str]] = {name: [] for name in ("lead", "industry", "hours", "colour", "opened", "won")}
    for number in range(n):
        industry = chance.choice(["Tools", "Foods", "Select", "Banks"])
        hours = chance.randrange(0, 60)
        z = signal * ((industry == "Tools") - (industry == "Banks") + hours / 30 - 1)
        rows["lead"].append(f"L-{number:04}")
        rows["industry"].append(industry)
        rows["hours"].append(str(hours) if chance.random() > 0.1 else "")
        rows["colour"].append(chance.choice(["red", "blue", "green"]))
        rows["opened"].append(f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}")
        rows["won"].append("Yes" if chance.random() < 1 / (1 + math.exp(-z)) else "No")
    return rows


def learned(rows: dict[str, list[str]], **asked: object) -> Model:
    return learn(rows, Request(**{"outcome": "won", "id_column": "lead", **asked}))  # type: ignore[arg-type]


# ── worked numbers ───────────────────────────────────────────────────────────────────────────────


def test_contributions_against_the_average_lead_add_up_to_the_logit() -> None:
    weights, means, x = np.array([0.9, 1.6, 0.5, -1.1]), np.array([0.3, 0.1, 0.4, 0.25]), np.array([1.0, 1, 0, 0])
    base, parts = additive(-2.0, weights, means, x)
    assert base == pytest.approx(-1.645)
    assert parts == pytest.approx([0.63, 1.44, -0.2, 0.275])
    assert base + parts.sum() == pytest.approx(0.5)
    assert probability_from(points_from(1 / (1 + math.exp(-0.5)))) == pytest.approx(0.6225, abs=5e-5)
    assert 1 / (1 + math.exp(1.645)) == pytest.approx(0.1618, abs=5e-5)


@pytest.mark.parametrize(("p", "points"), [(0.2, 10.0), (0.5, 50.0), (0.8, 90.0), (2 / 3, 70.0), (1 / 3, 30.0)])
def test_each_doubling_of_the_odds_is_worth_twenty_points(p: float, points: float) -> None:
    assert points_from(p) == pytest.approx(points)
    assert probability_from(points) == pytest.approx(p)


def test_one_unit_of_the_logit_is_worth_28_8539_points() -> None:
    assert points_from(1 / (1 + math.exp(-1))) - 50 == pytest.approx(28.8539, abs=5e-5)


def test_measures_of_the_worked_example() -> None:
    assert brier(SAID, HAPPENED) == pytest.approx(0.2375)
    assert log_loss(SAID, HAPPENED) == pytest.approx(0.7469, abs=5e-5)
    assert auc(SAID, HAPPENED)[0] == pytest.approx(2 / 3)
    two = bands(SAID, HAPPENED, 2)
    assert [(b.low, b.high, b.n) for b in two] == [(0.1, 0.3, 2), (0.8, 0.9, 2)]
    assert calibration_error(two) == pytest.approx(0.225)


def test_chances_of_nought_and_one_have_a_finite_log_loss() -> None:
    assert log_loss(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == pytest.approx(-math.log(1e-6), rel=1e-4)


def test_ties_count_half_and_share_their_hits() -> None:
    p, y = np.full(40, 0.3), np.array([1.0, 0.0, 0.0, 0.0] * 10)
    assert auc(p, y) == (0.5, 0.5, 0.5)
    assert precision_at_top(p, y) == pytest.approx(0.25)
    assert bands(p, y) == [Band(pytest.approx(0.3), pytest.approx(0.3), 40, pytest.approx(0.3), 0.25)]


def test_figures_do_not_depend_on_the_order_of_rows() -> None:
    chance = np.random.default_rng(3)
    p = np.round(chance.random(300), 1)
    y = (chance.random(300) < p).astype(float)
    other = chance.permutation(300)
    for measure in (lambda a, b: auc(a, b)[0], precision_at_top, lambda a, b: calibration_error(bands(a, b)), brier, log_loss):
        assert measure(p, y) == pytest.approx(measure(p[other], y[other]))


def test_the_interval_of_the_auc_holds_the_truth_about_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        y = (np.arange(300) % 3 == 0).astype(float)
        _, low, high = auc(chance.normal(size=300), y)
        held += low <= 0.5 <= high
    assert 180 <= held <= 199


def test_platt_brings_boasting_back_to_what_happened() -> None:
    chance = np.random.default_rng(7)
    z = chance.normal(size=4000)
    y = (chance.random(4000) < 1 / (1 + np.exp(-z))).astype(float)
    a, b = platt(3 * z + 1, y)
    assert a == pytest.approx(1 / 3, abs=0.03) and b == pytest.approx(-1 / 3, abs=0.08)


def test_the_fit_is_where_the_penalised_likelihood_is_highest() -> None:
    chance = np.random.default_rng(11)
    codes = chance.integers(0, 3, (2, 400))
    y = (chance.random(400) < 0.2 + 0.3 * (codes[0] == 2)).astype(float)
    weights = fit(codes, [3, 3], y)
    error = y - 1 / (1 + np.exp(-linear(codes, [3, 3], weights)))
    assert abs(error.sum()) < 1e-6
    for column, first in ((0, 1), (1, 4)):
        slope = np.bincount(codes[column], error, 3) - weights[first : first + 3]
        assert np.abs(slope).max() < 1e-6


def test_the_stability_index_is_nought_without_change_and_great_after_one() -> None:
    assert stability_index([50, 50], [5, 5, 0]) == pytest.approx(0, abs=0.01)
    assert stability_index([90, 10], [10, 90]) > 0.25


# ── columns ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        pytest.param([""] * 30 + ["Select"] * 30, "blank", id="nothing but null words"),
        pytest.param(["No"] * 60, "the same", id="constant"),
        pytest.param(["2017-03-01", "2016-10-20"] * 30, "a date", id="ISO dates"),
        pytest.param(["20-10-16", "01-03-17", ""] * 20, "a date", id="short dates"),
        pytest.param(["10/20/2016 14:35", "3/1/2017 09:00"] * 30, "a date", id="dates with a time"),
        pytest.param(["Q4 2016", "Q1 2017"] * 30, "a date", id="quarters"),
        pytest.param(["March", "april", "May"] * 20, "a date", id="months"),
        pytest.param(["12 Mar 2017", "1 June 2016"] * 30, "a date", id="dates with a month's name"),
        pytest.param(["Monday", "Tuesday"] * 30, "a date", id="days of the week"),
        pytest.param([f"note {n}" for n in range(60)], "text of its own", id="free text"),
        pytest.param([str(n) for n in range(579, 639)], "an identifier", id="numbers that rise"),
    ],
)
def test_columns_that_say_nothing_are_left_out_with_the_reason(texts: list[str], why: str) -> None:
    look = look_at("x", texts, NULLS)
    assert isinstance(look, str) and why in look


def test_a_month_by_its_header_is_left_out_though_it_is_a_number() -> None:
    texts = [str(n % 12 + 1) for n in range(120)]
    assert isinstance(look_at("engage_month", texts, NULLS), str)
    assert isinstance(look_at("employees", texts, NULLS), Encoding)


@pytest.mark.parametrize("texts", [["Marketing", "Sales"] * 30, ["11-50", "51-200"] * 30, ["1234.56", "99.90"] * 30])
def test_what_only_looks_like_time_is_kept(texts: list[str]) -> None:
    assert isinstance(look_at("x", texts, NULLS), Encoding)


def test_levels_ignore_case_and_rare_ones_are_merged() -> None:
    texts = ["Google"] * 300 + ["google "] * 100 + ["Direct"] * 90 + ["Fax"] * 2 + ["Select"] * 8
    look = look_at("source", texts, NULLS)
    assert isinstance(look, Encoding)
    assert look.levels == ("Direct", "Google") and look.rare == ("fax",)
    codes, unseen = encode(look, ["GOOGLE", "fax", "na", "Radio", " direct"], NULLS)
    assert codes.tolist() == [3, RARE, BLANK, look.size, 2] and unseen == ["Radio"]


def test_unknown_is_a_level_and_a_null_word_can_be_added() -> None:
    texts = ["unknown", "known"] * 30
    assert isinstance(look_at("x", texts, NULLS), Encoding)
    assert isinstance(look_at("x", ["unknown"] * 30, null_words(["Unknown"])), str)


def test_numbers_are_binned_so_that_an_outlier_changes_nothing() -> None:
    texts = [str(n % 50) for n in range(500)]
    plain, wild = look_at("visits", [*texts, "49"], NULLS), look_at("visits", [*texts, "251000"], NULLS)
    assert isinstance(plain, Encoding) and isinstance(wild, Encoding)
    assert plain.edges == wild.edges and len(plain.levels) == 10
    assert plain.levels[0] == "up to 5" and plain.levels[-1] == "over 45"
    assert plain.code_of("5", NULLS) == 2 and plain.code_of("5.5", NULLS) == 3 and plain.code_of("n/a", NULLS) == BLANK


def test_a_number_that_is_nearly_always_the_same_keeps_both_sides() -> None:
    look = look_at("x", ["0"] * 5 + ["1"] * 495, NULLS)
    assert isinstance(look, Encoding) and look.edges == (0.0,)


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [("1,234.50", ".", 1234.5), ("1.234,50", ",", 1234.5), ("$499.99", ".", 499.99), ("5%", ".", 5.0), ("three", ".", None),
     ("-7", ".", -7.0), ("1e400", ".", None), ("", ".", None)],
)  # fmt: skip
def test_numbers_are_read_by_the_decimal_separator_of_their_column(text: str, decimal: str, number: float | None) -> None:
    assert number_in(text, decimal) == number


def test_a_column_with_decimal_commas_is_one_of_numbers() -> None:
    look = look_at("x", ["1,5", "2,25", "1.000,75", "7"] * 20, NULLS)
    assert isinstance(look, Encoding) and look.decimal == "," and look.edges == (1.5, 2.25, 7.0)


def test_codes_with_leading_noughts_are_levels() -> None:
    look = look_at("zip", ["07407", "60601"] * 30, NULLS)
    assert isinstance(look, Encoding) and look.levels == ("07407", "60601")


# ── the outcome ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("yes", ["1", "Yes", "TRUE", "Won", "Converted"])
def test_a_plain_outcome_needs_no_positive(yes: str) -> None:
    found, positive, _ = read_outcome([yes, "x", "", "Select"], "", NULLS)
    assert (found, positive) == ([True, False, None, None], yes)


def test_an_outcome_that_is_not_plain_asks_which_is_good() -> None:
    with pytest.raises(WrongUse, match="'Signed', 'Void'"):
        read_outcome(["Signed", "Void"], "", NULLS)
    with pytest.raises(WrongUse, match="no value 'Wonn'"):
        read_outcome(["Won", "Lost"], "Wonn", NULLS)
    found, _, remarks = read_outcome(["Won", "Lost", "Engaging"], "won", NULLS)
    assert found == [True, False, False] and "Engaging, Lost count as not Won" in remarks[0]


def test_open_stages_are_left_out_as_null_words() -> None:
    found, _, remarks = read_outcome(["Won", "Lost", "Engaging"], "won", null_words(["Engaging"]))
    assert found == [True, False, None] and remarks == []


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownName, match="'Wonn'") as raised:
        learned(leads(20), outcome="Wonn")
    assert "industry" in raised.value.hint


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────────


def test_a_signal_is_found_and_the_report_has_its_shape() -> None:
    model = learned(leads())
    assert model.verdict == USE and set(model.report) == REPORT
    assert model.report["validation"] == "folds" and model.report["n"] == 600
    assert sum(band["n"] for band in model.report["calibration"]) == 600
    assert model.auc_interval is not None and model.auc_interval[0] < model.report["auc"] < model.auc_interval[1]
    assert not any(feature["name"].startswith(("lead", "opened", "won")) for feature in model.report["features"])
    why = dict(model.left_out)
    assert why["lead"] == "it is the id" and "date" in why["opened"]


def test_later_rows_check_where_there_is_an_order() -> None:
    rows = leads()
    model = learn(rows, Request("won", order_by="lead"), list(range(600)))
    assert model.report["validation"] == "time" and sum(band["n"] for band in model.report["calibration"]) == 120
    assert [period["n"] for period in model.periods] == [24] * 5
    assert model.periods[0]["from"] == "L-0480" and model.periods[-1]["to"] == "L-0599"


def test_where_there_is_no_signal_none_is_claimed() -> None:
    rows = leads(1500, seed=2, signal=0.0)
    model = learned(rows)
    assert model.verdict == NO_BETTER and model.report["log_loss"] >= model.report["base_log_loss"] * 0.99
    assert model.report["features"] == []
    scored = score_rows(model, rows, 1500)
    assert len(set(scored.points.tolist())) == 1
    assert "no better than base rate" in str(scored.lines()[0][0])


def test_noise_is_rarely_taken_for_a_signal() -> None:
    assert sum(learned(leads(300, seed=seed, signal=0.0)).verdict == USE for seed in range(20)) <= 2


@pytest.mark.parametrize(
    ("n", "good"),
    [(0, 0), (1, 1), (14, 5), (99, 50), (150, 19), (150, 131), (150, 0), (150, 150)],
    ids=str,
)
def test_too_few_rows_are_too_few_and_never_an_error(n: int, good: int) -> None:
    rows = {"x": [str(i % 7) for i in range(n)], "won": ["1"] * good + ["0"] * (n - good)}
    model = learn(rows, Request("won"))
    assert model.verdict == TOO_FEW and "too few" in model.reason and model.report["n"] == n
    assert score_rows(model, {"x": ["3"]}, 1).probability[0] == pytest.approx((good + 5) / (n + 10), abs=1e-3)


def test_the_reason_for_too_few_says_how_many() -> None:
    rows = {"x": ["a", "b"] * 7, "won": ["Yes", "No"] * 7}
    assert learn(rows, Request("won")).reason.startswith("14 closed rows, 7 of them good: too few")


def test_a_rate_that_moves_is_remarked() -> None:
    rows = leads(1000, signal=0.5)
    for place in range(800, 1000):
        rows["won"][place] = "Yes" if place % 10 else "No"
    assert any("The rate moves" in remark for remark in learn(rows, Request("won", order_by="lead"), list(range(1000))).remarks)


# ── leaks ────────────────────────────────────────────────────────────────────────────────────────


def warned(rows: dict[str, list[str]]) -> list[str]:
    return [warning["column"] for warning in learned(rows).report["leak_warnings"]]


def test_a_column_that_separates_the_outcomes_is_warned_about_and_not_dropped() -> None:
    rows = leads()
    rows["close value"] = ["0" if won == "No" else str(100 + n) for n, won in enumerate(rows["won"])]
    model = learned(rows)
    assert [warning["column"] for warning in model.report["leak_warnings"]] == ["close value"]
    assert any(feature["name"].startswith("close value") for feature in model.report["features"])
    assert learned(rows, not_known=("close value",)).report["leak_warnings"] == []


def test_a_column_filled_only_after_winning_is_warned_about() -> None:
    rows = leads()
    rows["contract"] = ["signed copy" if won == "Yes" else "" for won in rows["won"]]
    assert warned(rows) == ["contract"]


def test_a_few_levels_that_decide_are_warned_about() -> None:
    rows = leads()
    rows["quality"] = ["Worst" if won == "No" and n % 5 == 0 else "Might be" for n, won in enumerate(rows["won"])]
    assert warned(rows) == ["quality"]


def test_a_level_that_reads_like_an_outcome_is_warned_about() -> None:
    rows = leads(2000)
    lost = [n for n, won in enumerate(rows["won"]) if won == "No"][:25]
    rows["tag"] = ["Lost to a rival" if n in lost else "none yet" for n in range(2000)]
    assert warned(rows) == ["tag"]


def test_honest_columns_are_not_warned_about() -> None:
    assert warned(leads()) == []


# ── scoring ──────────────────────────────────────────────────────────────────────────────────────


def test_base_and_reasons_add_up_to_the_points_of_every_row() -> None:
    rows = leads()
    scored = score_rows(learned(rows), rows, 600)
    for points, p, lines in zip(scored.points.tolist(), scored.probability.tolist(), scored.lines(), strict=True):
        assert sum(line.points for line in lines) == points
        assert points_from(p) == pytest.approx(points / 100)


def test_the_average_row_has_the_base() -> None:
    rows = leads()
    scored = score_rows(learned(rows), rows, 600)
    assert scored.points.mean() == pytest.approx(scored.model.base, abs=5)


def test_a_category_that_was_not_there_counts_nothing_and_is_named_once() -> None:
    model = learned(leads())
    scored = score_rows(model, {"industry": ["Space", "Space", "Tools"], "hours": [""] * 3, "colour": ["red"] * 3}, 3)
    assert scored.unseen == {"industry": ["Space"]}
    plain = score_rows(model, {"industry": ["Tools"], "hours": [""], "colour": ["red"]}, 1)
    tools = next(c for c in model.cards if c.encoding.name == "industry")
    assert scored.points[0] == plain.points[0] - tools.points[tools.encoding.code_of("Tools", NULLS)]


def test_a_column_that_is_missing_counts_as_blank() -> None:
    model = learned(leads())
    rows = {"industry": ["Tools"], "colour": ["red"]}
    assert score_rows(model, rows, 1).points[0] == score_rows(model, {**rows, "hours": ["select"]}, 1).points[0]


def test_what_no_row_had_counts_nothing() -> None:
    card = next(card for card in learned(leads()).cards if card.encoding.name == "colour")
    assert card.rows[BLANK] == 0 and card.points[BLANK] == 0


def test_changed_columns_show_in_the_drift() -> None:
    rows = leads()
    model = learned(rows)
    assert max(score_rows(model, rows, 600).drift.values()) < 0.01
    assert score_rows(model, {**rows, "industry": ["Banks"] * 600}, 600).drift["industry"] > 0.25
    assert score_rows(model, {name: texts[:50] for name, texts in rows.items()}, 50).drift == {}


# ── the file ─────────────────────────────────────────────────────────────────────────────────────


def test_the_same_rows_give_the_same_bytes_and_reading_gives_the_model_back() -> None:
    rows = leads()
    text = write_model(learned(rows))
    assert text == write_model(learned(rows))
    assert write_model(read_model(text)) == text
    assert score_rows(read_model(text), rows, 600).points.tolist() == score_rows(learned(rows), rows, 600).points.tolist()


def test_the_order_of_the_rows_does_not_change_what_points_they_get() -> None:
    rows = leads(400)
    back = {name: texts[::-1] for name, texts in rows.items()}
    ours, theirs = learned(rows), learned(back)
    for one, other in zip(ours.cards, theirs.cards, strict=True):
        assert one.encoding == other.encoding and one.rows == other.rows


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"format": "sheetsales model 1"}', "[" * 100_000, "null", "1e999"])
def test_what_is_no_model_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Refused, match="model"):
        read_model(text)


@pytest.mark.parametrize("key", ["base", "columns", "report", "nulls", "left_out", "auc_interval"])
@pytest.mark.parametrize("value", [None, "x", 7, [1], {"a": 1}, [{"name": "x"}], math.nan])
def test_a_damaged_model_is_refused_or_read_never_a_crash(key: str, value: object) -> None:
    document = json.loads(write_model(learned(leads(150))))
    document[key] = value
    with suppress(Refused):
        score_rows(read_model(json.dumps(document)), {"industry": ["Tools"]}, 1).lines()


# ── whatever comes ───────────────────────────────────────────────────────────────────────────────

CELLS = st.one_of(
    st.sampled_from(["", "Select", "Won", "1", "0", "2017-03-01", "1,5", "-7", "1e308", "NaN", "inf", "07407", "'", "\u00a0"]),
    st.text(max_size=8),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[str]]:
    n = draw(st.integers(0, 130))
    few = draw(st.lists(CELLS, min_size=1, max_size=6))
    wide: dict[str, Sequence[str]] = {
        name: draw(st.lists(st.sampled_from(few) if draw(st.booleans()) else CELLS, min_size=n, max_size=n))
        for name in draw(st.lists(st.text(max_size=5), max_size=4, unique=True))
        if name != "won"
    }
    outcome = draw(st.lists(st.sampled_from(["1", "0", ""]), min_size=n, max_size=n))
    return {**{name: list(texts) for name, texts in wide.items()}, "won": outcome}


@settings(max_examples=40, deadline=None)
@given(tables(), st.booleans())
def test_any_table_gives_a_verdict_and_scores_that_add_up(rows: dict[str, list[str]], in_time: bool) -> None:
    n = len(rows["won"])
    model = learn(rows, Request("won", order_by="won" if in_time else ""), list(range(n)))
    assert model.verdict in VERDICTS and set(model.report) == REPORT
    again = read_model(write_model(model))
    assert write_model(again) == write_model(model)
    closed = {name: [text for text, end in zip(texts, rows["won"], strict=True) if end] for name, texts in rows.items()}
    assert score_rows(again, closed, len(closed["won"])).unseen == {}
    scored = score_rows(again, rows, n)
    assert all(sum(line.points for line in lines) == points for lines, points in zip(scored.lines(), scored.points, strict=True))
    assert all(0 < p < 1 for p in scored.probability)
    json.dumps(model.report, allow_nan=False)
