"""Lead qualification: every check both ways, the verdict and its order, the score and its reasons, the buttons."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.cells import reader
from sheetsales.errors import WrongUse
from sheetsales.lead_order import most_likely, worth_per_hour
from sheetsales.lead_scoring import score_leads, tier_of
from sheetsales.libraries.qualification import (
    ANSWERED,
    ATTEMPT,
    ATTENDED,
    DEMO,
    EVENT_KINDS,
    OPENED,
    OPT_OUT,
    PRICE_PAGE,
    QUESTION_BANK,
    SETS,
    STANDARD,
)
from sheetsales.playbook import build_playbook
from sheetsales.process import Patch, Playbook, Request, Row, Tables
from sheetsales.processes.leads import (
    DEFAULTS,
    LEAD_ANSWERS,
    LEADS,
    PROCESS,
    compute_lead,
    qualify,
    today_lines,
)
from sheetsales.shared import SHARED
from sheetsales.typed_text import Bad
from sheetsales.validate import row_findings, validate
from sheetsales.values import Value

BOOK = Playbook([SHARED, PROCESS])
NOW = datetime(2026, 5, 13, 9, 0)
TODAY = NOW.date()
REP = "rep@example.com"
MANDATORY = ("icp_fit", "decision_maker", "budget")
YES: Mapping[str, Value] = dict.fromkeys(MANDATORY, "Yes")
REASON = re.compile(r" \(([+-]?[0-9.]+)\)(?:; |$)")
LIBRARIES: dict[str, list[Row]] = {
    name: [{"id": f"{name}-{n:03}", **row} for n, row in enumerate(rows)] for name, rows in DEFAULTS.items()
}


def lead(number: int = 1, /, **changes: Value) -> Row:
    return {
        **dict.fromkeys(LEADS.by_name),
        "id": f"LD-{number}",
        "owner": REP,
        "company": f"Anchor {number} Ltd",
        "contact_name": "Ann",
        "email": f"ann@anchor{number}.example",
        "source": "Referral",
        "status": "New",
        "created_at": NOW,
        **changes,
    }


def event(number: int, kind: str, days_ago: int = 0, of: str = "LD-1", **changes: Value) -> Row:
    return {"id": f"LE-{number}", "owner": REP, "lead": of, "kind": kind, "at": NOW - timedelta(days=days_ago), **changes}


def answer(number: int, question: str, value: Value, of: str = "LD-1", **changes: Value) -> Row:
    return {"id": f"LA-{number}", "owner": REP, "lead": of, "question": question, "value": value, "asked_on": TODAY, **changes}


def view(rows: Sequence[Row] = (), me: str = "", /, **more: Sequence[Row]) -> Tables:
    return BOOK.view({**LIBRARIES, "leads": rows, **more}, NOW, me)


def view_under(framework: str, rows: Sequence[Row], /, **more: Sequence[Row]) -> Tables:
    return Playbook([SHARED, PROCESS], policy={"leads.set": framework}).view({**LIBRARIES, "leads": rows, **more}, NOW)


def found(one: Row, tables: Tables | None = None) -> list[tuple[str, str, str]]:
    checks = BOOK.checks["leads"]
    return [(f.code, f.severity, f.message) for f in row_findings(checks, one, view([one]) if tables is None else tables)]


def scored(one: Row, tables: Tables | None = None) -> Row:
    return applied([one], score_leads(view([one]) if tables is None else tables, Request()))[0]


def applied(rows: Sequence[Row], patch: Patch) -> list[Row]:
    changed: dict[str, dict[str, Value]] = {}
    for edit in patch.edits:
        changed.setdefault(edit.record, {})[edit.column] = edit.value
    return [{**row, **changed.get(str(row["id"]), {})} for row in rows]


def reasons_of(row: Row) -> list[str]:
    return [] if row["score_reasons"] is None else str(row["score_reasons"]).split("; ")


def sum_of_reasons(row: Row) -> Decimal:
    return sum((Decimal(points) for points in REASON.findall(str(row["score_reasons"] or ""))), Decimal(0))


# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def test_the_tables_have_every_column_the_process_asks_for() -> None:
    asked = {
        "leads": "company domain contact_name title email phone source industry employees country icp_fit decision_maker"
        " buying_role budget budget_amount need timing expected_value hours_to_close status disqualify_reason revisit_on"
        " override_reason account contact opportunity verdict score tier reason_1 reason_2 reason_3 score_reasons ask_next"
        " completeness score_rule_version scored_at p_convert",
        "icp_definition": "attribute accepted_values must",
        "lead_criteria": "criterion group weight scale knock_out set",
        "question_bank": "set criterion question good_answer",
        "lead_answers": "lead question answer value asked_on",
        "lead_events": "lead kind at points",
    }
    for name, columns in asked.items():
        assert set(columns.split()) <= set(BOOK.tables[name].by_name), name


@pytest.mark.parametrize("name", SETS)
def test_the_three_mandatory_columns_exist_in_every_framework(name: str) -> None:
    playbook = build_playbook({"policy": {"leads.set": name}}, [PROCESS])
    columns = {column.name for column in playbook.tables["leads"].inputs}
    assert set(MANDATORY) <= columns
    said = scored(lead(), playbook.view({**LIBRARIES, "leads": [lead()]}, NOW))
    assert said["verdict"] == "Not yet qualified: ICP fit, decision-maker, budget"
    assert str(said["score_rule_version"]).startswith(name)
    assert str(said["ask_next"]).endswith("?")


def test_every_criterion_with_answers_has_a_question() -> None:
    for row in DEFAULTS["lead_criteria"]:
        if row["scale"] != "each" and row["group"] != "Penalty":
            assert QUESTION_BANK[str(row["set"])][str(row["criterion"])], row


@pytest.mark.parametrize("name", ["lead_criteria", "question_bank", "icp_definition"])
def test_the_default_libraries_have_no_finding(name: str) -> None:
    assert validate(BOOK, BOOK.tables[name], LIBRARIES[name], view()) == []


@pytest.mark.parametrize(
    ("values", "company"),
    [
        pytest.param({"contact_name": "Ann", "external_id": "7"}, "Ann", id="the contact's name"),
        pytest.param({"external_id": "7"}, "7", id="else the external id"),
        pytest.param({}, None, id="else nothing"),
        pytest.param({"company": "Anchor", "contact_name": "Ann"}, None, id="what was typed stays"),
    ],
)
def test_a_blank_company_is_filled_from_what_is_known(values: Row, company: str | None) -> None:
    assert PROCESS.fill["leads"](values).get("company") == company


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        pytest.param("Ann@Anchor.Example", "anchor.example", id="lower case"),
        pytest.param("ann@gmail.com", None, id="free-mail"),
        pytest.param(None, None, id="no e-mail"),
    ],
)
def test_the_domain_comes_from_the_e_mail(email: str | None, domain: str | None) -> None:
    assert compute_lead(lead(email=email), view())["domain"] == domain


@pytest.mark.parametrize(
    ("changes", "proposal"),
    [
        pytest.param({"industry": " steel ", "country": "DE"}, "Yes", id="all met"),
        pytest.param({"industry": "Bakery", "country": "DE"}, "No", id="a must is missed"),
        pytest.param({"industry": "Steel", "country": "FR"}, "Unknown", id="a wish is missed"),
        pytest.param({"industry": None, "country": "DE"}, "Unknown", id="not known"),
    ],
)
def test_the_icp_definition_makes_a_proposal_and_the_rep_decides(changes: Mapping[str, Value], proposal: str) -> None:
    definition: list[Row] = [
        {"id": "IC-1", "attribute": "Industry", "accepted_values": "Steel; Glass", "must": "Yes"},
        {"id": "IC-2", "attribute": "country", "accepted_values": "DE;AT", "must": "No"},
        {"id": "IC-3", "attribute": "employees", "accepted_values": None, "must": "Yes"},
    ]
    one = lead(icp_fit="No", **changes)
    computed = compute_lead(one, view(icp_definition=definition))
    assert computed["icp_proposal"] == proposal
    assert "icp_fit" not in computed


@pytest.mark.parametrize(
    ("table", "column", "typed"),
    [
        pytest.param("leads", "phone", "0041791234567", id="phone with leading zeros"),
        pytest.param("leads", "phone", "+41 79 123 45 67", id="phone with a plus"),
        pytest.param("accounts", "postcode", "01067", id="postcode with a leading zero"),
    ],
)
def test_numbers_that_are_names_stay_as_typed(table: str, column: str, typed: str) -> None:
    assert reader(BOOK.tables[table].by_name[column])(typed) == typed


# ── checks ───────────────────────────────────────────────────────────────────────────────────────

REACHED = ("LEAD-02", "error", "Neither e-mail nor phone: the lead cannot be reached.")
NEEDS_REASON = ("LEAD-04", "error", "Disqualified needs a reason.")
NEEDS_DATE = ("LEAD-05", "error", "Recycled needs a revisit date in the future.")
BUDGETS = ("LEAD-09", "warning", "Budget is No but an amount is given.")
ROLE = "Decision-maker is Yes but buying role is"
GATE_3 = "Cannot qualify yet:"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="a lead as it should be"),
        pytest.param({"company": None}, [("LEAD-01", "error", "Company is empty.")], id="no company"),
        pytest.param({"company": "  "}, [("LEAD-01", "error", "Company is empty.")], id="a company of blanks"),
        pytest.param({"email": None, "phone": None}, [REACHED], id="no way to reach it"),
        pytest.param({"email": None, "phone": "0041"}, [], id="by phone only"),
        pytest.param(
            {"status": "Qualified", "budget": "Yes", "icp_fit": "Unknown"},
            [("LEAD-03", "warning", f"{GATE_3} ICP fit, decision-maker.")],
            id="qualified with two unknown",
        ),
        pytest.param(
            {"status": "Qualified", **YES, "decision_maker": "No"},
            [("LEAD-03", "warning", f"{GATE_3} find the decision-maker.")],
            id="qualified with the wrong person",
        ),
        pytest.param({"status": "Qualified", "override_reason": "The board said so"}, [], id="qualified with a reason"),
        pytest.param(
            {"status": "Converted", "override_reason": "too short"},
            [("LEAD-03", "warning", f"{GATE_3} ICP fit, decision-maker, budget.")],
            id="converted with a reason of nine characters",
        ),
        pytest.param({"status": "Qualified", **YES}, [], id="qualified as it should be"),
        pytest.param({"status": "Working"}, [], id="unknown is no fault while working"),
        pytest.param({"status": "Disqualified"}, [NEEDS_REASON], id="disqualified without reason"),
        pytest.param({"status": "Disqualified", "disqualify_reason": "Other"}, [], id="disqualified with reason"),
        pytest.param({"status": "Recycled"}, [NEEDS_DATE], id="recycled without date"),
        pytest.param({"status": "Recycled", "revisit_on": TODAY}, [NEEDS_DATE], id="recycled until today"),
        pytest.param({"status": "Recycled", "revisit_on": date(2026, 5, 14)}, [], id="recycled until tomorrow"),
        pytest.param(
            {"status": "Qualified", **YES, "icp_fit": "No"},
            [("LEAD-06", "warning", "Verdict is Disqualified (No fit). Give an override reason to go on.")],
            id="qualified against the verdict",
        ),
        pytest.param(
            {"status": "Qualified", **YES, "budget": "No", "override_reason": "Budget comes in July"}, [], id="verdict overruled"
        ),
        pytest.param(
            {"decision_maker": "Yes", "buying_role": "Blocker"}, [("LEAD-08", "warning", f"{ROLE} Blocker.")], id="roles differ"
        ),
        pytest.param({"decision_maker": "Yes", "buying_role": "Decision maker"}, [], id="roles agree"),
        pytest.param({"decision_maker": "Yes", "buying_role": "Unknown"}, [], id="role not known"),
        pytest.param({"decision_maker": "No", "buying_role": "User"}, [], id="not the decision-maker"),
        pytest.param({"budget": "No", "budget_amount": Decimal(1)}, [BUDGETS], id="no budget, but an amount"),
        pytest.param({"budget": "No", "budget_amount": Decimal(0)}, [], id="no budget and nothing"),
        pytest.param({"budget": "Yes", "budget_amount": Decimal(1)}, [], id="budget and an amount"),
        pytest.param(
            {"need": 3, "timing": -1},
            [("LEAD-10", "error", "Need must be 0, 1, 2 or empty."), ("LEAD-10", "error", "Timing must be 0, 1, 2 or empty.")],
            id="need and timing out of range",
        ),
        pytest.param({"need": 0, "timing": 2}, [], id="need and timing in range"),
    ],
)
def test_leads_are_checked(changes: Mapping[str, Value], expected: list[tuple[str, str, str]]) -> None:
    assert found(lead(**changes)) == expected


def test_the_gates_and_the_other_codes_have_the_severity_of_the_process() -> None:
    severities = {check.code: check.severity for check in PROCESS.checks}
    assert sorted(severities) == [f"LEAD-{n:02}" for n in range(1, 13)]
    assert {code for code, severity in severities.items() if severity == "gate"} == {"LEAD-03", "LEAD-06"}
    assert {code for code, severity in severities.items() if severity == "warning"} == {
        "LEAD-07",
        "LEAD-08",
        "LEAD-09",
        "LEAD-11",
    }
    assert severities["LEAD-12"] == "note"


@pytest.mark.parametrize("name", ["need", "timing"])
def test_a_cell_out_of_range_speaks_the_words_of_the_process(name: str) -> None:
    value = reader(LEADS.by_name[name])("3")
    assert isinstance(value, Bad)
    assert (value.code, value.message) == ("LEAD-10", f"{name.capitalize()} must be 0, 1, 2 or empty.")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param({"email": " ANN@anchor1.example"}, True, id="same e-mail"),
        pytest.param({"email": None, "phone": "0041 (79) 123-45.67"}, True, id="same phone in another spelling"),
        pytest.param(
            {"email": "bob@anchor1.example", "company": "Anchor 1 GmbH"}, True, id="same domain, company but for its form"
        ),
        pytest.param({"email": "bob@anchor1.example", "company": "Zebra Logistics"}, False, id="same domain, another company"),
        pytest.param({"email": "ann@other.example", "phone": "0041 79"}, False, id="nothing in common"),
    ],
)
def test_a_possible_duplicate_is_named_on_both_rows_and_never_merged(other: Mapping[str, Value], same: bool) -> None:
    rows = [lead(1, phone="+41791234567"), lead(2, **{"company": "Anchor 1 Ltd", **other})]
    tables = view(rows)
    expected = [
        [("LEAD-07", "warning", f"Possible duplicate of {rows[1 - n]['id']} ({rows[1 - n]['company']}).")] for n in (0, 1)
    ]
    assert [found(row, tables) for row in rows] == (expected if same else [[], []])


def test_free_mail_is_no_company() -> None:
    rows = [lead(1, company="Anchor", email="a@gmail.com"), lead(2, company="Anchor", email="b@gmail.com")]
    assert found(rows[0], view(rows)) == []


@pytest.mark.parametrize(
    ("question", "value", "faulty"),
    [
        pytest.param("Who signs, and who can stop it?", 2, False, id="2 of 2"),
        pytest.param("Who signs, and who can stop it?", 3, True, id="3 of 2"),
        pytest.param("Who can release the money without asking anyone else?", 3, False, id="3 of 3"),
        pytest.param("Champion", 3, False, id="3 of 3, by the name of the criterion"),
        pytest.param("Champion", 4, True, id="4 of 3"),
        pytest.param("A question of their own", None, False, id="no value yet"),
    ],
)
def test_answers_are_in_the_range_of_their_criterion(question: str, value: Value, faulty: bool) -> None:
    one = answer(1, question, value)
    messages = [(f.code, f.message) for f in row_findings(BOOK.checks["lead_answers"], one, view([lead()], lead_answers=[one]))]
    assert messages == ([("LEAD-10", "Value must be 0, 1, 2 or empty.")] if faulty else [])
    assert isinstance(reader(LEAD_ANSWERS.by_name["value"])("4"), Bad)


def test_a_score_by_other_rules_is_to_be_made_again() -> None:
    one = scored(lead())
    assert found(one) == []
    assert found(lead()) == []
    criteria = [{**row, "weight": 21, "scale": "Yes 21; No -20"} if row["criterion"] == "ICP fit" else row
                for row in LIBRARIES["lead_criteria"]]  # fmt: skip
    changed = view([one], lead_criteria=criteria)
    now = scored(one, changed)["score_rule_version"]
    assert now != one["score_rule_version"]
    message = f"Scored with rules v{one['score_rule_version']}; current rules are v{now}. Score again."
    assert found(one, changed) == [("LEAD-11", "warning", message)]


def test_who_opted_out_gets_no_e_mail() -> None:
    note = ("LEAD-12", "note", "Contact opted out: e-mail templates are switched off for this lead.")
    person: Row = {"id": "CT-1", "name": "Ann", "email": "ann@anchor1.example", "opted_out": "Yes"}
    one = lead()
    assert found(one, view([one], contacts=[person])) == [note]
    assert found(one, view([one], contacts=[{**person, "opted_out": "Unknown"}])) == []
    by_name = lead(email="other@anchor.example", contact="Ann")
    assert found(by_name, view([by_name], contacts=[person])) == [note]
    assert found(one, view([one], lead_events=[event(1, OPT_OUT)])) == [note]


# ── the verdict ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        pytest.param({}, "Not yet qualified: ICP fit, decision-maker, budget", id="nothing known"),
        pytest.param(dict.fromkeys(MANDATORY, "Unknown"), "Not yet qualified: ICP fit, decision-maker, budget", id="all Unknown"),
        pytest.param({**YES}, "Qualified", id="all Yes"),
        pytest.param({**YES, "decision_maker": None}, "Not yet qualified: decision-maker", id="decision-maker unknown"),
        pytest.param({**YES, "decision_maker": "No"}, "Not yet qualified: find the decision-maker", id="the wrong person"),
        pytest.param(
            {"decision_maker": "No"}, "Not yet qualified: ICP fit, budget", id="the unknown comes before the wrong person"
        ),
        pytest.param({"budget": "No"}, "Disqualified: No budget", id="no budget, the rest unknown"),
        pytest.param({**YES, "icp_fit": "No", "budget": "No"}, "Disqualified: No fit", id="two knock-outs: the first counts"),
        pytest.param({**YES, "need": 0, "timing": 0}, "Qualified", id="no need is no knock-out"),
        pytest.param(
            {**YES, "budget": "No", "override_reason": "Money comes in July"},
            "Qualified (No budget overruled: Money comes in July)",
            id="overruled, all else known",
        ),
        pytest.param(
            {"budget": "No", "icp_fit": "Yes", "override_reason": "Money comes in July"},
            "Not yet qualified: decision-maker (No budget overruled: Money comes in July)",
            id="overruled, the rest of the order applies",
        ),
        pytest.param(
            {"budget": "No", "override_reason": "July"}, "Disqualified: No budget", id="four characters overrule nothing"
        ),
    ],
)
def test_the_verdict_follows_its_order(changes: Mapping[str, Value], verdict: str) -> None:
    assert scored(lead(**changes))["verdict"] == verdict


def test_who_asked_not_to_be_contacted_is_unreachable() -> None:
    one = lead(**YES)
    assert scored(one, view([one], lead_events=[event(1, OPT_OUT)]))["verdict"] == "Disqualified: Unreachable"
    tomorrow = view([one], lead_events=[event(1, OPT_OUT, -1)])
    assert scored(one, tomorrow)["verdict"] == "Qualified"


answers = st.sampled_from([None, "Yes", "No", "Unknown"])


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(MANDATORY, answers)), st.sampled_from(SETS))
def test_unknown_never_disqualifies(values: dict[str, str | None], name: str) -> None:
    one = lead(**values)
    verdict = str(scored(one, view_under(name, [one]))["verdict"])
    assert verdict.startswith("Disqualified") == ("No" in (values["icp_fit"], values["budget"]))


# ── the score ────────────────────────────────────────────────────────────────────────────────────


def example() -> tuple[Row, Tables]:
    one = lead(icp_fit="Yes", decision_maker="Unknown", budget="Yes", need=2, timing=1)
    events = [event(1, DEMO, 0, points=Decimal(40)), event(2, PRICE_PAGE, 30, points=Decimal(5)), event(3, ANSWERED, 60)]
    return one, view([one], lead_events=events)


def test_the_worked_example_comes_out_as_written() -> None:
    said = scored(*example())
    assert (said["score"], said["tier"], said["completeness"]) == (Decimal(81), "A", Decimal("0.8"))
    assert said["verdict"] == "Not yet qualified: decision-maker"
    assert said["ask_next"] == "Who signs, and who can stop it?"
    assert (said["fit_points"], said["engagement_points"]) == (Decimal(51), Decimal(30))
    assert reasons_of(said) == [
        "ICP fit: Yes (+20)", "budget: Yes (+15)", "need: 2 (+12)", "timing: 1 (+4)",
        f"{DEMO} (+40)", f"{ANSWERED} (+2.5)", f"{PRICE_PAGE} (+2.5)", "Engagement cap (-15)",
    ]  # fmt: skip
    assert [said[f"reason_{n}"] for n in (1, 2, 3)] == [f"{DEMO} (+40)", "ICP fit: Yes (+20)", "budget: Yes (+15)"]
    assert sum_of_reasons(said) == Decimal(81)
    assert said["scored_at"] == NOW


def test_scoring_twice_gives_identical_rows_and_writes_nothing() -> None:
    one, tables = example()
    once = scored(one, tables)
    later = NOW + timedelta(hours=3)
    again = score_leads(BOOK.view({**LIBRARIES, "leads": [once], "lead_events": tables.rows("lead_events")}, later), Request())
    assert again.edits == ()
    assert applied([once], again) == [once]
    assert again.message == "1 leads scored, 0 changed."


def random_lead(chance: random.Random, number: int) -> tuple[Row, list[Row]]:
    words = ("Yes", "No", "Unknown", None)
    mail = chance.choice([f"a{number}@anchor{number}.example", f"a{number}@gmail.com", None])
    one = lead(
        number, email=mail, phone="1", need=chance.choice([None, 0, 1, 2]), timing=chance.choice([None, 0, 1, 2]),
        **{name: chance.choice(words) for name in MANDATORY},
    )  # fmt: skip
    events = [
        event(number * 100 + n, chance.choice(EVENT_KINDS), chance.randrange(-2, 200), f"LD-{number}",
              points=chance.choice([None, Decimal(chance.randrange(0, 900)) / 10]))
        for n in range(chance.randrange(9))
    ]  # fmt: skip
    return one, events


def test_the_reasons_of_1000_random_leads_add_up_to_their_scores() -> None:
    chance = random.Random(20260513)
    made = [random_lead(chance, number) for number in range(1_000)]
    rows = [row for row, _ in made]
    tables = view(rows, lead_events=[entry for _, events in made for entry in events])
    said = applied(rows, score_leads(tables, Request()))
    assert [sum_of_reasons(row) for row in said] == [row["score"] for row in said]
    assert {row["tier"] for row in said} == {"A", "B", "C", "D"}
    for row in said:
        assert isinstance(row["score"], Decimal)
        assert 0 <= row["score"] <= 100
        assert row["tier"] == tier_of(row["score"], tables)


LIMIT_LINES = {"Fit": "Fit cap", "Engagement": "Engagement cap", "": "Limit of the scale"}
COLUMNS = {"icp_fit": "ICP fit", "decision_maker": "decision-maker", "budget": "budget", "need": "need", "timing": "timing"}


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10_000), st.sampled_from([*COLUMNS]), st.sampled_from(["Yes", "No", None]), st.sampled_from([0, 1, 2, None])
)
def test_changing_one_field_changes_only_its_own_reasons_and_limit_lines(
    seed: int, column: str, word: str | None, level: int | None
) -> None:
    one, events = random_lead(random.Random(seed), 1)
    other = {**one, column: level if column in ("need", "timing") else word}
    lines = [set(reasons_of(scored(row, view([row], lead_events=events)))) for row in (one, other)]
    for line in lines[0] ^ lines[1]:
        assert line.startswith((COLUMNS[column], *LIMIT_LINES.values())), line


@pytest.mark.parametrize(
    ("score", "tier"),
    [
        pytest.param("100", "A", id="100"), pytest.param("70", "A", id="70"), pytest.param("69.99", "B", id="just below A"),
        pytest.param("50", "B", id="50"), pytest.param("49.99", "C", id="just below B"), pytest.param("30", "C", id="30"),
        pytest.param("29.99", "D", id="just below C"), pytest.param("0", "D", id="0"),
    ],
)  # fmt: skip
def test_tiers_begin_at_their_bounds(score: str, tier: str) -> None:
    assert tier_of(Decimal(score), view()) == tier


@pytest.mark.parametrize(
    ("events", "changes", "lines"),
    [
        pytest.param([(DEMO, 0)], {}, [f"{DEMO} (+20)"], id="an event takes the weight of its kind"),
        pytest.param([(ATTENDED, 30), (ATTENDED, 0)], {}, [f"{ATTENDED} (+12)"], id="half after 30 days"),
        pytest.param([(OPENED, -1)], {}, [], id="tomorrow counts nothing"),
        pytest.param([(ATTEMPT, n) for n in range(5)], {}, [], id="five attempts"),
        pytest.param([(ATTEMPT, n) for n in range(6)], {"icp_fit": "Yes"},
                     ["ICP fit: Yes (+20)", "Repeated attempts, no answer: Yes (-10)"], id="six attempts"),
        pytest.param([*((ATTEMPT, n) for n in range(6)), (ANSWERED, 0)], {}, [f"{ANSWERED} (+10)"], id="answered after six"),
        pytest.param([], {"email": "ann@Gmail.com", "need": 1}, ["need: 1 (+6)", "Free-mail address: Yes (-5)"], id="free-mail"),
        pytest.param([], {"budget": "No"}, ["budget: No (-15)", "Limit of the scale (+15)"], id="never below nothing"),
        pytest.param([], {"need": 0}, [], id="an answer without points is no reason"),
    ],
)  # fmt: skip
def test_each_kind_of_reason(events: list[tuple[str, int]], changes: Mapping[str, Value], lines: list[str]) -> None:
    one = lead(**changes)
    rows = [event(n, kind, days) for n, (kind, days) in enumerate(events)]
    assert reasons_of(scored(one, view([one], lead_events=rows))) == lines


def test_an_event_takes_its_weight_from_the_set_in_force() -> None:
    own: Row = {"id": "LC-own", "set": "Ours", "group": "Engagement", "criterion": DEMO, "weight": Decimal(3), "scale": "each"}
    one, criteria, events = lead(), [*LIBRARIES["lead_criteria"], own], [event(1, DEMO)]
    tables = view([one], lead_criteria=criteria, lead_events=events)
    assert reasons_of(scored(one, tables)) == [f"{DEMO} (+20)"]
    tables = view_under("Ours", [one], lead_criteria=criteria, lead_events=events)
    assert reasons_of(scored(one, tables)) == [f"{DEMO} (+3)"]


def test_the_half_life_can_be_asked_for_and_must_be_above_0() -> None:
    one, tables = example()
    changed = applied([one], score_leads(tables, Request(parameters={"half_life_days": Decimal(60)})))[0]
    assert f"{ANSWERED} (+5)" in reasons_of(changed)
    with pytest.raises(WrongUse, match="half-life must be above 0"):
        score_leads(tables, Request(parameters={"half_life_days": Decimal(0)}))


def test_only_selected_leads_are_scored() -> None:
    patch = score_leads(view([lead(1), lead(2)]), Request(records=("LD-2", "LD-9")))
    assert {edit.record for edit in patch.edits} == {"LD-2"}
    assert patch.rows_read == 1


def test_ask_next_goes_by_weight_and_skips_what_was_asked() -> None:
    one = lead(icp_fit="Yes")
    assert scored(one)["ask_next"] == "Who signs, and who can stop it?"
    asked = [answer(1, " who signs, and who can stop it?", None)]
    assert scored(one, view([one], lead_answers=asked))["ask_next"] == "How was the last decision like this taken?"
    asked += [answer(2, "How was the last decision like this taken?", None)]
    assert scored(one, view([one], lead_answers=asked))["ask_next"] == "Find out: decision-maker"
    assert scored(lead(**YES, need=0, timing=0))["ask_next"] is None


def test_bant_and_meddpicc_are_answered_in_lead_answers() -> None:
    one = lead(**YES)
    bant = [
        answer(n, name, value) for n, (name, value) in enumerate({"Budget": 2, "Authority": 1, "Need": 2, "Timing": 1}.items())
    ]
    said = scored(one, view_under("BANT", [one], lead_answers=bant))
    assert (said["score"], said["completeness"], said["verdict"]) == (Decimal(75), Decimal(1), "Qualified")
    levels = {"Metrics": 2, "Economic buyer": 1, "Decision criteria": 2, "Decision process": 1, "Paper process": 0,
              "Identified pain": 3, "Champion": 2, "Competition": 1}  # fmt: skip
    medd = [answer(n, name, value) for n, (name, value) in enumerate(levels.items())]
    said = scored(one, view_under("MEDDPICC", [one], lead_answers=medd))
    assert said["score"] == Decimal("53.33")
    assert str(said["ask_next"]).startswith("Which legal, security or purchasing papers are needed")


@pytest.mark.parametrize(
    ("framework", "values", "says"),
    [
        pytest.param("BANT", (2, 1, 2, 1), "BANT: qualified, 4 of 4 at 1 or more", id="four of four"),
        pytest.param("BANT", (2, 1, 0, 1), "BANT: qualified, 3 of 4 at 1 or more", id="three of four"),
        pytest.param("BANT", (2, 2, 0, None), "BANT: not qualified, 2 of 4 at 1 or more", id="two of four"),
        pytest.param("MEDDPICC", (2, 1, 2, 1), None, id="a set without a rule of its own"),
        pytest.param(STANDARD, (2, 1, 2, 1), None, id="the standard set"),
    ],
)
def test_a_set_shows_its_own_rule_beside_and_leaves_the_verdict_alone(
    framework: str, values: Sequence[Value], says: str | None
) -> None:
    one = lead()
    rows = [
        answer(n, name, value)
        for n, (name, value) in enumerate(zip(("Budget", "Authority", "Need", "Timing"), values, strict=True))
    ]
    said = scored(one, view_under(framework, [one], lead_answers=rows))
    assert said["set_says"] == says
    assert said["verdict"] == "Not yet qualified: ICP fit, decision-maker, budget"


def test_the_latest_answer_counts_and_columns_stand_in_where_there_is_none() -> None:
    one = lead(budget="Yes", need=1)
    rows = [answer(1, "Authority", 2, asked_on=date(2026, 1, 1)), answer(2, "Authority", 1, asked_on=date(2026, 2, 1))]
    said = scored(one, view_under("BANT", [one], lead_answers=rows))
    assert reasons_of(said) == ["Budget: 2 (+25)", "Authority: 1 (+12.5)", "Need: 1 (+12.5)"]


# ── qualify ──────────────────────────────────────────────────────────────────────────────────────


def test_qualify_follows_the_verdict_and_says_what_is_missing() -> None:
    rows = [
        lead(1, **YES),
        lead(2, budget="No"),
        lead(3, icp_fit="Yes"),
        lead(4, status="Recycled", **YES),
        lead(5, status="Converted"),
    ]
    patch = qualify(view(rows), Request())
    after = applied(rows, patch)
    assert [row["status"] for row in after] == ["Qualified", "Disqualified", "New", "Recycled", "Converted"]
    assert after[1]["disqualify_reason"] == "No budget"
    assert [(r.record, r.message) for r in patch.refused] == [
        ("LD-3", "Anchor 3 Ltd: Cannot qualify yet: decision-maker, budget.")
    ]
    assert patch.message == "3 leads looked at, 2 changed, 1 refused."
    assert qualify(view(after), Request(records=("LD-1", "LD-2"))).edits == ()


GATE_6 = "Verdict is Disqualified (No budget). Give an override reason to go on."


@pytest.mark.parametrize(
    ("changes", "asked", "outcome"),
    [
        pytest.param({"budget": "No"}, {"to": "Qualified"}, GATE_6, id="the gate of the knock-out"),
        pytest.param({"icp_fit": "Yes"}, {"to": "Qualified"}, "Cannot qualify yet: decision-maker, budget.", id="of the unknown"),
        pytest.param({**YES, "budget": "No"}, {"to": "Qualified", "override_reason": "Money comes in July"},
                     {"status": "Qualified", "override_reason": "Money comes in July"}, id="overruled"),
        pytest.param({"icp_fit": "Yes"}, {"to": "Qualified", "override_reason": "Signed already"},
                     {"status": "Qualified", "override_reason": "Signed already"}, id="unknown overruled"),
        pytest.param({**YES}, {"to": "Disqualified"}, "Disqualified needs a reason.", id="disqualify without reason"),
        pytest.param({**YES}, {"to": "Disqualified", "reason": "Competitor"},
                     {"status": "Disqualified", "disqualify_reason": "Competitor"}, id="disqualify with reason"),
        pytest.param({**YES}, {"to": "Disqualified", "reason": "Because"}, "Disqualified needs a reason.", id="no such reason"),
        pytest.param({}, {"to": "Recycled"}, "Recycled needs a revisit date in the future.", id="recycle without date"),
        pytest.param({}, {"to": "Recycled", "revisit_on": TODAY}, "Recycled needs a revisit date in the future.", id="until today"),
        pytest.param({}, {"to": "Recycled", "revisit_on": date(2026, 9, 1)},
                     {"status": "Recycled", "revisit_on": date(2026, 9, 1)}, id="recycle"),
    ],
)  # fmt: skip
def test_a_status_asked_for_passes_its_gate_or_is_refused(
    changes: Mapping[str, Value], asked: Mapping[str, Value], outcome: str | dict[str, Value]
) -> None:
    patch = qualify(view([lead(**changes)]), Request(("LD-1",), asked))
    if isinstance(outcome, str):
        assert ([r.message for r in patch.refused], patch.edits) == ([f"Anchor 1 Ltd: {outcome}"], ())
    else:
        assert ({edit.column: edit.value for edit in patch.edits}, patch.refused) == (outcome, ())


def test_a_status_that_does_not_exist_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="'Won' is no status to set"):
        qualify(view([lead()]), Request(parameters={"to": "Won"}))


# ── the order of work ────────────────────────────────────────────────────────────────────────────


def test_leads_are_worked_by_worth_per_hour_with_rates_drawn_towards_their_start() -> None:
    rows = [
        lead(1, tier="A", expected_value=Decimal(1000), hours_to_close=Decimal(10)),
        lead(2, tier="C", expected_value=Decimal(9000), hours_to_close=Decimal(10)),
        lead(3, tier="D", expected_value=Decimal(9000), p_convert=Decimal("0.9"), hours_to_close=Decimal(100)),
        lead(4, tier="A"), lead(5, tier="A", status="Disqualified", expected_value=Decimal(10**6)),
    ]  # fmt: skip
    assert [(row["id"], worth) for row, worth in most_likely(view(rows))] == [
        ("LD-2", Decimal("90.00")), ("LD-3", Decimal("81.00")), ("LD-1", Decimal("36.36")), ("LD-4", Decimal("0.00")),
    ]  # fmt: skip


def test_hours_of_nothing_are_ten() -> None:
    one = lead(tier="B", expected_value=Decimal(100), hours_to_close=None)
    assert worth_per_hour(one, view([one])) == Decimal("2.00")


def test_today_says_whom_to_touch_ask_qualify_and_revisit() -> None:
    rows = [
        lead(1), lead(2, status="Working"), lead(3, status="Working", verdict="Qualified"),
        lead(4, status="Working", verdict="Not yet qualified: budget", ask_next="Is money set aside?"),
        lead(5, status="Recycled", revisit_on=TODAY), lead(6, status="Recycled", revisit_on=date(2026, 5, 14)),
        lead(7, owner="peer@example.com"), lead(8, status="Working", verdict="Disqualified: No fit"),
    ]  # fmt: skip
    lines = [(line.record, line.due, line.text, line.why) for line in today_lines(view(rows, REP))]
    assert lines == [
        ("LD-1", TODAY, "First touch: Anchor 1 Ltd", "New; nobody called or wrote yet."),
        ("LD-2", None, "Score: Anchor 2 Ltd", "Not scored yet."),
        ("LD-3", None, "Qualify: Anchor 3 Ltd", "Qualified"),
        ("LD-4", None, "Anchor 4 Ltd: Ask: Is money set aside?", "Not yet qualified: budget"),
        ("LD-5", TODAY, "Revisit Anchor 5 Ltd", "The revisit date has come."),
        ("LD-8", None, "Disqualify or overrule: Anchor 8 Ltd", "Disqualified: No fit"),
    ]


# ── measures ─────────────────────────────────────────────────────────────────────────────────────


def measured(name: str, rows: Sequence[Row], **more: Sequence[Row]) -> Decimal | None:
    measure = next(m for m in PROCESS.measures if m.name == name)
    return measure.compute(view(rows, **more), date(2026, 5, 11), date(2026, 5, 17)).value


def test_there_are_measures_of_all_three_kinds() -> None:
    assert {measure.kind for measure in PROCESS.measures} == {"activity", "quality", "result"}


def test_first_touch_counts_attempts_and_answers_within_a_day() -> None:
    rows = [lead(n) for n in range(4)]
    events = [
        event(0, ATTEMPT, -1, "LD-0"),
        event(1, ANSWERED, 0, "LD-1"),
        event(2, ATTEMPT, -2, "LD-2"),
        event(3, OPENED, 0, "LD-3"),
    ]
    assert measured("first_touch", rows, lead_events=events) == Decimal("0.5")


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        pytest.param("answers_per_lead", [lead(1), lead(2)], "1.5", id="answers per lead"),
        pytest.param("completeness", [lead(1, status="Qualified", completeness=Decimal(1)), lead(2, completeness=Decimal(0)),
                                      lead(3, status="Converted", completeness=Decimal("0.6"))], "0.8", id="completeness"),
        pytest.param("reasons_given", [lead(n, status="Disqualified", disqualify_reason=reason) for n, reason in
                                       enumerate(["No fit", "Other", None, "No need"])], "0.5", id="reasons given"),
        pytest.param("calibration_error", [lead(n, tier="A", status="Converted" if n < 4 else "Disqualified") for n in range(10)],
                     "0", id="four of ten convert as the tier says"),
        pytest.param("calibration_error", [lead(n, tier="A", status="Converted") for n in range(10)], "0.6", id="all convert"),
        pytest.param("conversion", [lead(n, status="Converted" if n < 5 else "Qualified") for n in range(10)], "0.5", id="conversion"),
        pytest.param("conversion", [lead(n, status="Converted") for n in range(10)], "0.75", id="conversion, shrunk"),
    ],
)  # fmt: skip
def test_measures_over_new_leads(name: str, rows: Sequence[Row], expected: str) -> None:
    given_answers = [answer(1, "a", 1, "LD-1"), answer(2, "b", 1, "LD-1"), answer(3, "a", None, "LD-2")]
    assert measured(name, rows, lead_answers=given_answers) == Decimal(expected)


def test_won_of_converted_looks_at_closed_deals_only() -> None:
    deals: list[Row] = [
        {"id": f"OP-{n}", "name": f"Deal {n}", "outcome": outcome} for n, outcome in enumerate(["Won", "Lost", "Open"])
    ]
    rows = [lead(n, status="Converted", opportunity=f"Deal {n}") for n in range(3)]
    assert measured("won", rows, opportunities=deals) == Decimal("0.5")
    assert measured("won", rows[:1], opportunities=deals) == Decimal("0.545455")


@pytest.mark.parametrize("name", [measure.name for measure in PROCESS.measures])
def test_a_measure_of_nothing_has_no_value(name: str) -> None:
    assert measured(name, []) is None
    assert measured(name, [lead(created_at=NOW - timedelta(days=60))]) is None


# ── rules are total ──────────────────────────────────────────────────────────────────────────────

anything = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.sampled_from(["Yes", "Qualified"]),
)


@settings(max_examples=80, deadline=None)
@given(
    st.fixed_dictionaries({column.name: anything for column in LEADS.inputs}),
    st.fixed_dictionaries({"kind": st.sampled_from(EVENT_KINDS), "at": anything, "points": anything}),
    st.fixed_dictionaries({"question": anything, "value": anything, "asked_on": anything}),
    st.sampled_from([STANDARD, "MEDDPICC"]),
)
def test_no_rule_stumbles_over_any_cell(
    values: dict[str, Value], happened: dict[str, Value], said: dict[str, Value], name: str
) -> None:
    one: Row = {**values, "id": "LD-1"}
    events, given_answers = [{**event(1, DEMO), **happened}], [{**answer(1, "Champion", 1), **said}]
    tables = view_under(name, [one, lead(2)], lead_events=events, lead_answers=given_answers)
    row_findings(BOOK.checks["leads"], one, tables)
    row_findings(BOOK.checks["lead_answers"], given_answers[0], tables)
    compute_lead(one, tables)
    today_lines(tables)
    most_likely(tables)
    score_leads(tables, Request())
    qualify(tables, Request())
