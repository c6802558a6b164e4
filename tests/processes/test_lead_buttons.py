"""The buttons of the lead process: Ask next, Disqualify, Recycle, Take up again, Convert, Rank, Find duplicates, Calibration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lead_stand import BOOK, LIBRARIES, NOW, REP, TODAY, YES, after, changed, desk, event, lead, made, press

from sheetsales.errors import WrongUse
from sheetsales.lead_order import chance_of, worth_per_hour
from sheetsales.libraries.qualification import OPT_OUT, QUESTION_BANK
from sheetsales.process import Row
from sheetsales.processes.calls import compute_call
from sheetsales.values import Value

# ── ask next ─────────────────────────────────────────────────────────────────────────────────────


def test_ask_next_lists_the_open_questions_in_the_order_of_their_weight() -> None:
    one = lead(icp_fit="Yes", budget="Yes", need=2)
    asked: Row = {"id": "LA-1", "lead": "LD-1", "question": "Who signs, and who can stop it?", "asked_on": TODAY}
    patch = press("leads.ask_next", desk([one], lead_answers=[asked]))
    assert changed(patch, "LD-1")["question_script"] == (
        "1. How was the last decision like this taken?\n"
        "2. By which date must it be in use, and what happens if it slips?\n"
        "3. What is the first date that would be too late?"
    )
    assert patch.message == "1 leads looked at, 1 with questions to ask."
    done = after(desk([one], lead_answers=[asked]), patch)
    assert press("leads.ask_next", done).edits == ()


def test_the_script_follows_the_set_in_force_and_no_answer_given_is_lost() -> None:
    answer: Row = {"id": "LA-1", "lead": "LD-1", "question": "Who signs, and who can stop it?", "value": 2, "asked_on": TODAY}
    one = lead(budget="Yes")
    rows = {**LIBRARIES, "leads": [one], "lead_answers": [answer]}
    for name, first in (("BANT", QUESTION_BANK["BANT"]["Need"][0][0]), ("MEDDPICC", QUESTION_BANK["MEDDPICC"]["Metrics"][0][0])):
        tables = BOOK.view(rows, NOW, REP)
        tables.policy["leads.set"] = name
        patch = press("leads.ask_next", tables)
        assert str(changed(patch, "LD-1")["question_script"]).startswith(f"1. {first}")
        assert {edit.table for edit in patch.edits} == {"leads"}
        assert set(changed(patch, "LD-1")) == {"question_script"}


def test_a_lead_with_nothing_left_to_ask_has_no_script() -> None:
    one = lead(**YES, need=2, timing=2, question_script="1. Old?")
    assert changed(press("leads.ask_next", desk([one])), "LD-1") == {"question_script": None}


def test_score_leads_keeps_a_script_up_to_date_and_makes_none() -> None:
    one = lead(1, icp_fit="Yes", question_script="1. Old?")
    patch = press("leads.score", desk([one, lead(2)]))
    assert str(changed(patch, "LD-1")["question_script"]).startswith("1. Who signs")
    assert "question_script" not in changed(patch, "LD-2")


def test_the_questions_become_a_call_plan_once_if_wanted() -> None:
    tables = desk([lead(icp_fit="Yes", budget="Yes", need=2, timing=2)])
    patch = press("leads.ask_next", tables, plan_call="Yes")
    call = made(patch, "calls")[0]
    assert {name: call[name] for name in ("account", "contact", "objective_type", "status", "planned_at")} == {
        "account": "Anchor 1 Ltd", "contact": "Ann 1", "objective_type": "Qualify", "status": "Planned",
        "planned_at": datetime(2026, 5, 14, 9),
    }  # fmt: skip
    assert [(q["order"], q["question"], q["topic"]) for q in made(patch, "call_questions")] == [
        (1, "Who signs, and who can stop it?", "Authority"), (2, "How was the last decision like this taken?", "Authority"),
    ]  # fmt: skip
    later = after(tables, patch)
    assert compute_call(later.rows("calls")[0], later)["plan_score"] == 50
    assert press("leads.ask_next", later, plan_call="Yes").new == ()
    with pytest.raises(WrongUse, match="neither Yes nor No"):
        press("leads.ask_next", tables, plan_call="Perhaps")


def test_a_set_without_criteria_is_wrong_use_and_names_those_that_are_there() -> None:
    tables = desk([lead()])
    tables.policy["leads.set"] = "BAMT"
    with pytest.raises(WrongUse, match="no criteria of the set 'BAMT'") as refused:
        press("leads.score", tables)
    assert "BANT" in (refused.value.hint or "")


# ── disqualify, recycle, take up again ───────────────────────────────────────────────────────────


def test_disqualify_without_a_selection_drops_what_the_verdict_knocks_out_and_no_other() -> None:
    patch = press(
        "leads.disqualify", desk([lead(1, budget="No"), lead(2), lead(3, **YES), lead(4, icp_fit="No", status="Working")])
    )
    assert {edit.record for edit in patch.edits} == {"LD-1", "LD-4"}
    assert changed(patch, "LD-1") == {"status": "Disqualified", "disqualify_reason": "No budget"}
    assert changed(patch, "LD-4") == {"status": "Disqualified", "disqualify_reason": "No fit"}


def test_a_selected_lead_is_disqualified_with_a_reason_or_refused() -> None:
    tables = desk([lead(1, **YES)])
    assert press("leads.disqualify", tables, "LD-1").refused[0].message == "Anchor 1 Ltd: Disqualified needs a reason."
    patch = press("leads.disqualify", tables, "LD-1", reason="competitor")
    assert changed(patch, "LD-1") == {"status": "Disqualified", "disqualify_reason": "Competitor"}


def test_recycle_needs_a_selection_and_a_day_to_come() -> None:
    tables = desk([lead(1)])
    with pytest.raises(WrongUse, match="Select the leads"):
        press("leads.recycle", tables, revisit_on=date(2026, 9, 1))
    assert (
        press("leads.recycle", tables, "LD-1").refused[0].message == "Anchor 1 Ltd: Recycled needs a revisit date in the future."
    )
    assert changed(press("leads.recycle", tables, "LD-1", revisit_on=date(2026, 9, 1)), "LD-1") == {
        "status": "Recycled", "revisit_on": date(2026, 9, 1),
    }  # fmt: skip


def test_recycled_leads_return_on_their_day() -> None:
    rows = [lead(n, status="Recycled", revisit_on=TODAY + timedelta(days=days)) for n, days in ((1, -1), (2, 0), (3, 1))]
    patch = press("leads.take_up", desk([*rows, lead(4, status="Disqualified")]))
    assert [(edit.record, edit.column, edit.value) for edit in patch.edits] == [
        ("LD-1", "status", "Working"), ("LD-2", "status", "Working"),
    ]  # fmt: skip
    assert patch.message == "2 recycled leads taken up again, 1 wait for their day."
    assert [edit.record for edit in press("leads.take_up", desk(rows), "LD-3").edits] == ["LD-3"]


# ── convert ──────────────────────────────────────────────────────────────────────────────────────


def qualified(number: int = 1, /, **changes: Value) -> Row:
    return lead(number, **{**YES, "status": "Qualified", "expected_value": Decimal(48000), **changes})


def test_convert_makes_account_contact_and_opportunity_and_links_all_four() -> None:
    answer: Row = {
        "id": "LA-1", "lead": "LD-1", "question": QUESTION_BANK["Standard"]["need"][0][0], "answer": "The pumps stand still every May.",
    }  # fmt: skip
    tables = desk([qualified(industry="Pumps", country="DE", title="Head of production", phone="0044")], lead_answers=[answer])
    patch = press("leads.convert", tables)
    assert made(patch, "accounts") == [
        {
            "name": "Anchor 1 Ltd",
            "domain": "anchor1.example",
            "industry": "Pumps",
            "country": "DE",
            "type": "Prospect",
            "owner": REP,
        }
    ]
    assert made(patch, "contacts") == [
        {"account": "Anchor 1 Ltd", "name": "Ann 1", "title": "Head of production", "email": "ann@anchor1.example", "phone": "0044",
         "owner": REP},
    ]  # fmt: skip
    assert made(patch, "opportunities") == [
        {"name": "Anchor 1 Ltd", "account": "Anchor 1 Ltd", "stage": "Discover", "amount": Decimal(48000), "budget": "Yes",
         "source": "Referral", "business_problem": "The pumps stand still every May.", "lead": "Anchor 1 Ltd", "created_on": TODAY,
         "owner": REP},
    ]  # fmt: skip
    assert made(patch, "stakeholders") == [
        {"opportunity": "Anchor 1 Ltd", "person": "Ann 1", "role": "Economic buyer", "owner": REP}
    ]
    assert changed(patch, "LD-1") == {
        "account": "Anchor 1 Ltd", "contact": "Ann 1", "opportunity": "Anchor 1 Ltd", "status": "Converted",
    }  # fmt: skip
    assert patch.message == "1 leads converted; new: 1 accounts, 1 contacts, 1 opportunities."


@pytest.mark.parametrize("selection", [pytest.param((), id="all"), pytest.param(("LD-1",), id="selected")])
def test_converting_the_same_lead_twice_makes_one_opportunity(selection: tuple[str, ...]) -> None:
    tables = desk([qualified()])
    later = after(tables, press("leads.convert", tables))
    again = press("leads.convert", later, *selection)
    assert (again.new, again.edits, again.refused) == ((), (), ())
    assert ("1 were converted already." in again.message) == bool(selection)


def test_a_lead_whose_status_was_typed_back_keeps_its_opportunity() -> None:
    tables = desk([qualified()])
    later = after(tables, press("leads.convert", tables))
    rows = [{**later.rows("leads")[0], "status": "Qualified", "opportunity": None}]
    patch = press("leads.convert", later.with_rows("leads", rows))
    assert patch.new == ()
    assert changed(patch, "LD-1") == {"opportunity": "Anchor 1 Ltd", "status": "Converted"}


def test_two_leads_of_one_company_share_the_account_and_have_an_opportunity_each() -> None:
    rows = [qualified(1, company="Anchor"), qualified(2, company="ANCHOR", contact_name="Bea")]
    patch = press("leads.convert", desk(rows))
    assert [account["name"] for account in made(patch, "accounts")] == ["Anchor"]
    assert [contact["account"] for contact in made(patch, "contacts")] == ["Anchor", "Anchor"]
    assert [deal["name"] for deal in made(patch, "opportunities")] == ["Anchor", "ANCHOR 2026-05-13"]
    assert [deal["lead"] for deal in made(patch, "opportunities")] == ["LD-1", "LD-2"]


def test_what_is_there_under_the_same_name_is_linked_and_not_made_again() -> None:
    account: Row = {"id": "AC-1", "name": "anchor 1 ltd"}
    contact: Row = {"id": "CN-1", "account": "AC-1", "name": "Ann", "email": "ANN@anchor1.example"}
    patch = press("leads.convert", desk([qualified()], accounts=[account], contacts=[contact]))
    assert [new.table for new in patch.new] == ["opportunities", "stakeholders"]
    assert changed(patch, "LD-1")["account"] == "anchor 1 ltd"
    assert changed(patch, "LD-1")["contact"] == "Ann"


@pytest.mark.parametrize(
    ("accounts", "contacts", "words"),
    [
        pytest.param([{"id": "AC-1", "name": "Anchor Works", "domain": "anchor1.example"}], [],
                     "it may be the account Anchor Works (AC-1).", id="the same domain"),
        pytest.param([{"id": "AC-1", "name": "Anchor 1 GmbH"}], [], "it may be the account Anchor 1 GmbH", id="another legal form"),
        pytest.param([{"id": "AC-2", "name": "Other"}], [{"id": "CN-1", "name": "Ann", "account": "Other", "email": "ann@anchor1.example"}],
                     "its e-mail is that of Ann at Other.", id="the e-mail of somebody elsewhere"),
    ],
)  # fmt: skip
def test_a_possible_duplicate_is_asked_about_before_anything_is_made(
    accounts: list[Row], contacts: list[Row], words: str
) -> None:
    tables = desk([qualified()], accounts=accounts, contacts=contacts)
    patch = press("leads.convert", tables)
    assert (patch.edits, patch.new) == ((), ())
    assert words in patch.refused[0].message
    assert "duplicate=link" in patch.refused[0].message
    linked = press("leads.convert", tables, duplicate="link")
    assert (made(linked, "contacts" if contacts else "accounts"), linked.refused, len(made(linked, "opportunities"))) == (
        [],
        (),
        1,
    )
    created = press("leads.convert", tables, duplicate="create")
    assert len(made(created, "accounts")) == len(made(created, "contacts")) == 1
    with pytest.raises(WrongUse, match="duplicate: 'perhaps' is no choice"):
        press("leads.convert", tables, duplicate="perhaps")


def test_two_accounts_of_one_name_are_never_guessed_between() -> None:
    accounts: list[Row] = [{"id": f"AC-{n}", "name": "Anchor 1 Ltd"} for n in (1, 2)]
    refused = press("leads.convert", desk([qualified()], accounts=accounts), duplicate="create").refused[0].message
    assert "2 accounts are called Anchor 1 Ltd; name the one meant in the column Account." in refused
    chosen = press("leads.convert", desk([qualified(account="AC-2")], accounts=accounts))
    assert made(chosen, "opportunities")[0]["account"] == "AC-2"


def test_a_person_whose_name_is_taken_elsewhere_is_told_apart() -> None:
    other: Row = {"id": "CN-1", "account": "Birch", "name": "Ann 1", "email": "ann@birch.example"}
    tables = desk([qualified()], contacts=[other])
    patch = press("leads.convert", tables)
    assert made(patch, "contacts")[0]["external_id"] == "LD-1"
    later = after(tables, patch)
    found = later.find("contacts", changed(patch, "LD-1")["contact"])
    assert found is not None
    assert found["account"] == "Anchor 1 Ltd"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"budget": "Unknown"}, "Cannot qualify yet: budget.", id="not known"),
        pytest.param({"budget": "No"}, "Verdict is Disqualified (No budget).", id="knocked out"),
        pytest.param({"status": "Recycled"}, "its status is Recycled.", id="recycled"),
        pytest.param({"status": "Disqualified"}, "its status is Disqualified.", id="disqualified"),
    ],
)
def test_only_a_qualified_lead_is_converted(changes: Mapping[str, Value], words: str) -> None:
    patch = press("leads.convert", desk([qualified(**changes)]), "LD-1")
    assert (patch.edits, patch.new) == ((), ())
    assert words in patch.refused[0].message


def test_an_override_reason_opens_the_gate_of_convert() -> None:
    patch = press("leads.convert", desk([qualified(budget="Unknown", override_reason="The board has promised it")]))
    assert len(made(patch, "opportunities")) == 1


def test_who_asked_not_to_be_contacted_stays_opted_out_as_a_contact() -> None:
    one = qualified(override_reason="They called us again themselves")
    patch = press("leads.convert", desk([one], lead_events=[event(1, OPT_OUT)]))
    assert made(patch, "contacts")[0]["opted_out"] == "Yes"


def test_convert_leaves_other_members_leads_alone_unless_they_are_selected() -> None:
    tables = desk([qualified(1), qualified(2, owner="other@example.com")])
    assert {edit.record for edit in press("leads.convert", tables).edits} == {"LD-1"}
    assert {edit.record for edit in press("leads.convert", tables, "LD-2").edits} == {"LD-2"}


COMPANIES, PEOPLE = ("Anchor", "ANCHOR", "Anchor Ltd", "Birch"), ("Ann", "Bea", None)
MAILS = ("ann@anchor.example", "bea@birch.example", "ann@gmail.com", None)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(COMPANIES), st.sampled_from(PEOPLE), st.sampled_from(MAILS)), min_size=1, max_size=6),
    st.lists(
        st.tuples(st.sampled_from(COMPANIES), st.sampled_from(PEOPLE), st.sampled_from(MAILS)),
        max_size=3,
        unique_by=lambda a: a[0],
    ),
    st.sampled_from([None, "link", "create"]),
)
def test_whatever_is_there_each_converted_lead_has_its_own_opportunity_and_references_that_resolve(
    wanted: list[tuple[str, str | None, str | None]], there: list[tuple[str, str | None, str | None]], wish: str | None
) -> None:
    leads = [qualified(n, company=c, contact_name=p, email=m, phone="1") for n, (c, p, m) in enumerate(wanted)]
    accounts: list[Row] = [{"id": f"AC-{n}", "name": c, "domain": m and m.split("@")[1]} for n, (c, _, m) in enumerate(there)]
    contacts: list[Row] = [
        {"id": f"CN-{n}", "account": f"AC-{n}", "name": p, "email": m} for n, (_, p, m) in enumerate(there) if p
    ]
    tables = desk(leads, accounts=accounts, contacts=contacts)
    patch = press("leads.convert", tables, duplicate=wish)
    later = after(tables, patch)
    converted = [row for row in later.rows("leads") if row["status"] == "Converted"]
    assert len(converted) + len(patch.refused) == len(leads)
    deals = [later.find("opportunities", row["opportunity"]) for row in converted]
    assert len({deal["id"] for deal in deals if deal is not None}) == len(converted) == len(later.rows("opportunities"))
    for row, deal in zip(converted, deals, strict=True):
        account, person = later.find("accounts", row["account"]), later.find("contacts", row["contact"])
        assert deal is not None
        assert account is not None
        assert later.same_key("accounts", deal["account"]) == account["id"]
        assert later.same_key("leads", deal["lead"]) == row["id"]
        assert (person is None) == (row["contact_name"] is None and row["email"] is None)
    again = press("leads.convert", later, *(str(row["id"]) for row in converted), duplicate=wish)
    assert (again.new, again.edits) == ((), ())


# ── the order of work ────────────────────────────────────────────────────────────────────────────


def test_half_a_chance_at_10000_in_4_hours_goes_before_a_fifth_at_50000_in_10() -> None:
    one = lead(1, p_convert=Decimal("0.2"), expected_value=Decimal(50000), hours_to_close=Decimal(10))
    two = lead(2, p_convert=Decimal("0.5"), expected_value=Decimal(10000), hours_to_close=Decimal(4))
    tables = desk([one, two])
    assert [worth_per_hour(row, tables) for row in (one, two)] == [Decimal(1000), Decimal(1250)]
    patch = press("leads.rank", tables)
    assert changed(patch, "LD-2") == {"work_rank": 1, "worth_per_hour": Decimal("1250.00")}
    assert changed(patch, "LD-1") == {"work_rank": 2, "worth_per_hour": Decimal("1000.00")}
    assert (
        patch.message == "2 open leads ranked; first: Anchor 2 Ltd (50%, 1,250.00 an hour); Anchor 1 Ltd (20%, 1,000.00 an hour)."
    )
    assert press("leads.rank", after(tables, patch)).edits == ()


def test_the_chance_of_a_tier_is_its_own_history_drawn_towards_the_start() -> None:
    closed = [lead(n, tier="B", status="Converted" if n < 13 else "Disqualified") for n in range(10, 14)]
    tables = desk([lead(1, tier="B"), *closed])
    assert chance_of(tables.rows("leads")[0], tables) == Decimal("0.357143")  # (3 + 10 · 0.20) / (4 + 10)


def test_a_closed_lead_loses_its_rank_and_each_owner_has_a_first() -> None:
    rows = [
        lead(1, tier="A", expected_value=Decimal(100)), lead(2, tier="A", expected_value=Decimal(50), owner="other@example.com"),
        lead(3, status="Converted", work_rank=1, worth_per_hour=Decimal(9)), lead(4, tier="D"),
    ]  # fmt: skip
    patch = press("leads.rank", desk(rows))
    assert [(r, changed(patch, r)["work_rank"]) for r in ("LD-1", "LD-2", "LD-3", "LD-4")] == [
        ("LD-1", 1), ("LD-2", 1), ("LD-3", None), ("LD-4", 2),
    ]  # fmt: skip
    assert patch.message.endswith("1 have no expected value, so they come last.")


# ── duplicates, calibration ──────────────────────────────────────────────────────────────────────


def test_find_duplicates_names_both_rows_and_merges_nothing() -> None:
    tables = desk([lead(1), lead(2, email="ANN@anchor1.example"), lead(3), lead(4, possible_duplicate="Old (LD-9)")])
    patch = press("leads.find_duplicates", tables)
    assert changed(patch, "LD-1") == {"possible_duplicate": "Anchor 2 Ltd (LD-2)"}
    assert changed(patch, "LD-2") == {"possible_duplicate": "Anchor 1 Ltd (LD-1)"}
    assert changed(patch, "LD-4") == {"possible_duplicate": None}
    assert patch.message == "1 pairs may be the same: Anchor 1 Ltd and Anchor 2 Ltd (LD-2). Nothing was merged."
    assert press("leads.find_duplicates", after(tables, patch)).edits == ()


def test_calibration_says_what_was_said_what_happened_and_n_of_each_tier() -> None:
    rows = [lead(n, tier="A", status="Converted" if n < 3 else "Disqualified") for n in range(10)]
    rows += [lead(20, tier="D", status="Disqualified", p_convert=Decimal("0.01")), lead(21, tier="A")]
    patch = press("leads.calibration", desk(rows))
    assert patch.message == "A: said 40%, happened 30%, n 10; D: said 1%, happened 0%, n 1. Distance 9.2%."
    assert patch.documents[0].rows == (
        ("A", "70 points and more", Decimal("0.400"), Decimal("0.300"), Decimal(10)),
        ("D", "below 30 points", Decimal("0.010"), Decimal("0.000"), Decimal(1)),
    )
    assert [row[1:] for row in patch.documents[0].grids[0].rows] == [("no reason", None, Decimal("1.000"), Decimal(8))]
    assert (patch.edits, patch.new) == ((), ())
    assert "nothing to compare" in press("leads.calibration", desk([lead(1)])).message


def test_a_past_score_comes_out_again_from_the_rules_of_its_version() -> None:
    """The criteria as they were give the version that stands beside the score, and the score itself."""
    one = lead(icp_fit="Yes", budget="Yes", need=2)
    old = desk([one])
    first = changed(press("leads.score", old), "LD-1")
    heavier = [{**row, "weight": Decimal(30), "scale": "Yes 30; No -20"} if row["criterion"] == "ICP fit" and row["set"] == "Standard" else row
               for row in LIBRARIES["lead_criteria"]]  # fmt: skip
    second = changed(press("leads.score", desk([one], lead_criteria=heavier)), "LD-1")
    assert (first["score"], second["score"]) == (Decimal(47), Decimal(57))
    assert first["score_rule_version"] != second["score_rule_version"]
    again = changed(press("leads.score", desk([{**one, **second}])), "LD-1")
    assert {name: again[name] for name in ("score", "score_rule_version")} == {
        "score": first["score"], "score_rule_version": first["score_rule_version"],
    }  # fmt: skip
