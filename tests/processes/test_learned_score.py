"""A learned model drives Score leads: when it is used, what it writes, and why the rules go on where it is not."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from lead_stand import BOOK, LIBRARIES, NOW, REP, changed, desk, lead, press

from sheetsales.errors import BadConfiguration
from sheetsales.lead_order import chance_of
from sheetsales.learn import Request, learn
from sheetsales.learned_model import NO_BETTER, TOO_FEW, Model, write_model
from sheetsales.learned_score import LeadSettings, LearnedScore, lead_settings, put_to_work
from sheetsales.process import Row, Tables
from sheetsales.processes.leads import LEADS
from sheetsales.validate import row_findings
from sheetsales.values import Value

INDUSTRIES, NEEDS = ("Tools", "Foods", "Banks"), ("0", "1", "2")


def history(n: int = 400, signal: float = 2.0, seed: int = 3) -> dict[str, list[str]]:
    """Invent closed leads of an export: the trade and the need tell something of the outcome."""
    chance = random.Random(seed)
    rows: dict[str, list[str]] = {"Industry": [], "need": [], "Converted": []}
    for _ in range(n):
        industry, need = chance.choice(INDUSTRIES), chance.choice(NEEDS)
        z = signal * ((industry == "Tools") - (industry == "Banks") + int(need) - 1)
        rows["Industry"].append(industry)
        rows["need"].append(need)
        rows["Converted"].append("Yes" if chance.random() < 1 / (1 + math.exp(-z)) else "No")
    return rows


def model_of(rows: dict[str, list[str]]) -> Model:
    return learn(rows, Request("Converted"))


MODEL = model_of(history())


def worked(model: Model = MODEL, **settings: object) -> LearnedScore:
    return put_to_work(LeadSettings("model.json", **settings), model, write_model(model), LEADS)  # type: ignore[arg-type]


def desk_with(learned: LearnedScore, *leads: Row) -> Tables:
    tables = desk(leads)
    tables.learned["leads"] = learned
    return tables


def points(line: str) -> Decimal:
    return Decimal(line.rsplit("(", 1)[1].rstrip(")"))


# ── what is written ──────────────────────────────────────────────────────────────────────────────


def test_the_points_are_those_of_the_chance_and_the_largest_contributions_are_the_reasons() -> None:
    one = lead(1, industry="Tools", need=2, **{"fit_points": Decimal(9), "engagement_points": Decimal(3)})
    said = changed(press("leads.score", desk_with(worked(), one)), "LD-1")
    chance, score = said["p_convert"], said["score"]
    assert isinstance(chance, Decimal)
    assert isinstance(score, Decimal)
    assert float(score) == pytest.approx(
        min(100.0, 50 + 20 / math.log(2) * math.log(float(chance) / (1 - float(chance)))), abs=0.01
    )
    assert {str(said["reason_1"]).split(" (")[0], str(said["reason_2"]).split(" (")[0]} == {"Industry: Tools", "Need: over 1"}
    assert abs(points(str(said["reason_1"]))) >= abs(points(str(said["reason_2"])))
    assert (said["fit_points"], said["engagement_points"], said["tier"]) == (None, None, "A")
    assert said["verdict"] == "Not yet qualified: ICP fit, decision-maker, budget"


def test_the_reasons_of_500_leads_add_up_to_their_scores_between_0_and_100() -> None:
    chance = random.Random(7)
    leads = [
        lead(n, industry=chance.choice([*INDUSTRIES, "Space", None]), need=chance.choice([None, 0, 1, 2])) for n in range(500)
    ]
    patch = press("leads.score", desk_with(worked(model_of(history(2000, signal=6.0))), *leads))
    found = {f"LD-{n}": changed(patch, f"LD-{n}") for n in range(500)}
    assert {"0", "100"} <= {str(said["score"]) for said in found.values()}
    for said in found.values():
        assert sum(map(points, str(said["score_reasons"]).split("; "))) == said["score"]
        assert str(said["score_reasons"]).startswith("An average lead (")


def test_the_version_names_the_model_and_changes_with_it() -> None:
    tables = desk_with(worked(), lead(1))
    version = str(changed(press("leads.score", tables), "LD-1")["score_rule_version"])
    assert version.startswith("model model.json ")
    other = worked(model_of(history(seed=4)))
    assert other.version != version
    scored = {**lead(1), "score_rule_version": version}
    checks = BOOK.checks["leads"]
    assert "LEAD-11" not in [f.code for f in row_findings(checks, scored, desk_with(worked(), scored))]
    assert "LEAD-11" in [f.code for f in row_findings(checks, scored, desk_with(other, scored))]
    assert "LEAD-11" in [f.code for f in row_findings(checks, scored, desk([scored]))]


def test_scoring_twice_by_a_model_writes_nothing() -> None:
    tables = desk_with(worked(), lead(1, industry="Tools"), lead(2, need=1))
    rows = [{**row, **changed(press("leads.score", tables), str(row["id"]))} for row in tables.rows("leads")]
    assert press("leads.score", desk_with(worked(), *rows)).edits == ()


def test_back_to_the_rules_the_learned_chance_is_gone() -> None:
    tables = desk_with(worked(), lead(1, industry="Tools", icp_fit="Yes"))
    learned = {**lead(1, industry="Tools", icp_fit="Yes"), **changed(press("leads.score", tables), "LD-1")}
    said = changed(press("leads.score", desk([learned])), "LD-1")
    assert (said["p_convert"], said["score"], said["reason_1"]) == (None, Decimal(20), "ICP fit: Yes (+20)")
    assert str(said["score_rule_version"]).startswith("Standard ")


def test_a_learned_chance_decides_the_order_of_work() -> None:
    tables = desk_with(worked(), lead(1, industry="Tools", need=2))
    scored: Row = {**tables.rows("leads")[0], **changed(press("leads.score", tables), "LD-1")}
    assert chance_of(scored, tables) == scored["p_convert"]


def test_the_message_says_what_the_scores_were_made_by() -> None:
    message = press("leads.score", desk_with(worked(), lead(1))).message
    assert message.startswith("1 leads scored, 1 changed. Scored by the model model.json, learned from 400 closed leads (AUC 0.")
    assert "20 more double them" in message


def test_values_never_seen_and_leads_that_differ_are_said_once() -> None:
    leads = [lead(n, industry="Space", need=2) for n in range(120)]
    message = press("leads.score", desk_with(worked(), *leads)).message
    assert "Not seen when learning, so counted as unknown: Industry 'Space'." in message
    assert "These leads differ from those learned from: Industry (index" in message
    assert "differ" not in press("leads.score", desk_with(worked(), *leads[:99])).message


# ── why the rules go on ──────────────────────────────────────────────────────────────────────────


def too_few() -> Model:
    return model_of({name: texts[:14] for name, texts in history().items()})


def no_signal() -> Model:
    chance = random.Random(1)
    return model_of({"Industry": [chance.choice(INDUSTRIES) for _ in range(300)], "Converted": ["Yes", "No"] * 150})


def named(name: str) -> Model:
    rows = history()
    rows[name] = rows.pop("Industry")
    return model_of(rows)


@pytest.mark.parametrize(
    ("learned", "words"),
    [
        pytest.param(lambda: worked(too_few()), "14 closed rows, ", id="too few"),
        pytest.param(lambda: worked(no_signal()), "The columns do not tell good from bad", id="no better than the base rate"),
        pytest.param(
            lambda: worked(named("Total Visits")), "Leads have no column 'Total Visits', which it was learned with", id="a column"
        ),
        pytest.param(lambda: worked(named("Tier")), "It reads 'tier', filled by scoring or closing", id="our own score"),
        pytest.param(lambda: worked(named("Status")), "It reads 'status', filled by scoring or closing", id="the outcome"),
        pytest.param(
            lambda: LearnedScore("model.json", why_not="There is no such file in the workspace."), "no such file", id="no file"
        ),
    ],
)
def test_a_model_that_cannot_be_used_leaves_the_rules_and_says_why(learned: object, words: str) -> None:
    assert callable(learned)
    tables = desk_with(learned(), lead(1, icp_fit="Yes"))
    patch = press("leads.score", tables)
    assert "Scored by the rules; the model model.json is not used: " in patch.message
    assert words in patch.message
    said = changed(patch, "LD-1")
    assert (said["score"], said["reason_1"]) == (Decimal(20), "ICP fit: Yes (+20)")
    assert str(said["score_rule_version"]).startswith("Standard ")


def test_only_the_verdict_use_lets_a_model_score() -> None:
    for verdict in (TOO_FEW, NO_BETTER):
        model = replace(MODEL, report={**MODEL.report, "verdict": verdict})
        assert worked(model).model is None
    assert worked().model is MODEL


def test_a_missing_column_counts_as_blank_where_the_team_says_so_and_can_be_given_our_name() -> None:
    model = named("Trade")
    blank = worked(model, missing_as_blank=True)
    tables = desk_with(blank, lead(1, industry="Tools"), lead(2, industry="Banks"))
    patch = press("leads.score", tables)
    assert changed(patch, "LD-1")["score"] == changed(patch, "LD-2")["score"]
    fed = worked(model, columns={"Trade": "industry"})
    patch = press("leads.score", desk_with(fed, lead(1, industry="Tools"), lead(2, industry="Banks")))
    assert str(changed(patch, "LD-1")["score_reasons"]).count("Industry: Tools (+") == 1
    assert Decimal(str(changed(patch, "LD-1")["score"])) > Decimal(str(changed(patch, "LD-2")["score"]))


# ── the setting ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("found", "settings"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"leads": {}}, None, id="an empty table"),
        pytest.param({"leads": {"model": " m.json "}}, LeadSettings("m.json"), id="a model"),
        pytest.param({"leads": {"model": "m.json", "missing_as_blank": True, "columns": {"Lead Source": "source"}}},
                     LeadSettings("m.json", True, {"Lead Source": "source"}), id="all settings"),
    ],
)  # fmt: skip
def test_the_setting_names_a_model(found: Mapping[str, object], settings: LeadSettings | None) -> None:
    assert lead_settings(found, LEADS) == settings


@pytest.mark.parametrize(
    ("found", "message", "hint"),
    [
        pytest.param({"leads": 3}, "[leads] must hold settings.", "model.json", id="no table"),
        pytest.param({"leads": {"modell": "m.json"}}, "[leads]: 'modell' is not a setting.", "Did you mean model", id="a slip"),
        pytest.param({"leads": {"model": 4}}, "model must be the name of a file", "model.json", id="a number"),
        pytest.param({"leads": {"model": ""}}, "model must be the name of a file", "model.json", id="no name"),
        pytest.param({"leads": {"missing_as_blank": True}}, "model must be the name of a file", "model.json", id="no model"),
        pytest.param({"leads": {"model": "m.json", "missing_as_blank": "yes"}}, "must be true or false, not 'yes'", "true", id="a word"),
        pytest.param({"leads": {"model": "m.json", "columns": ["source"]}}, "[leads.columns] must hold columns.", "source", id="a list"),
        pytest.param({"leads": {"model": "m.json", "columns": {"Lead Source": "sauce"}}},
                     "leads has no column 'sauce' for 'Lead Source'.", "Did you mean source", id="no such column"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_named_with_what_to_do(found: Mapping[str, object], message: str, hint: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        lead_settings(found, LEADS)
    assert message in str(refused.value)
    assert hint in (refused.value.hint or "")


def test_a_column_of_the_team_feeds_a_model_by_its_header() -> None:
    from sheetsales.playbook import build_playbook

    book = build_playbook({"tables": {"leads": {"columns": {"visits": {"header": "Total Visits", "type": "text"}}}}})
    model = named("Total visits")
    found = put_to_work(LeadSettings("m.json"), model, write_model(model), book.tables["leads"])
    assert found.columns["Total visits"] == "visits"
    tables = book.view({**LIBRARIES, "leads": [{**lead(1), "visits": "Tools"}]}, NOW, REP)
    tables.learned["leads"] = found
    values: dict[str, Value] = changed(press("leads.score", tables), "LD-1")
    assert "Total Visits: Tools (+" in str(values["score_reasons"])
