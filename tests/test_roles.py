"""Which process fits which role: the table of the default roles cell by cell, verdicts, books, signs of abandonment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.playbook import build_playbook
from sheetsales.process import Row, Tables
from sheetsales.roles import (
    OWN_KINDS,
    PROCESS_KEYS,
    PROFILE_COLUMNS,
    Profile,
    Use,
    assignment,
    first_screen,
    fit,
    fit_document,
    fits,
    member_profile,
    processes_for,
    profile,
    requirement,
    same_role,
    signal,
    signals,
    tables_for,
    use_of,
)
from sheetsales.shared import DEFAULT_ROLES
from sheetsales.values import Value

BOOK = build_playbook({})
NOW = datetime(2026, 5, 13, 9, 0)
KEYS = ("calls", "leads", "opportunities", "accounts", "territory", "deals", "automation")
ROLES: list[Row] = [{"id": f"RO-{n}", **role} for n, role in enumerate(DEFAULT_ROLES)]
WORDS = {"m": "mandatory", "o": "optional", "r": "review", "-": "not needed"}
TABLE = {  # of processes in the order of KEYS
    "inside_rep": "mmm--mm",
    "field_rep": "mmo-mmm",
    "key_account_manager": "m-mm-mm",
    "sdr": "mm---om",
    "sales_manager": "r-rrrmm",
    "operations": "------m",
}
FIELD_REP = profile(ROLES[1])


def role(name: str) -> Profile:
    return profile(next(row for row in ROLES if row["name"] == name))


def view(**rows: Sequence[Row]) -> Tables:
    return BOOK.view({"roles": ROLES, **rows}, NOW)


# ── the table ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "key", "needed"),
    [(name, key, WORDS[letter]) for name, letters in TABLE.items() for key, letter in zip(KEYS, letters, strict=True)],
)
def test_each_cell_of_the_table_of_roles_and_processes(name: str, key: str, needed: str) -> None:
    assert requirement(role(name), key)[0] == needed


def test_the_table_has_every_default_role_and_the_playbook_every_process() -> None:
    assert [row["name"] for row in ROLES] == list(TABLE)
    assert KEYS == PROCESS_KEYS
    assert [line.process for line in fits(BOOK, role("sdr"))] == list(KEYS)


@pytest.mark.parametrize(
    ("accounts", "field", "geographic", "needed"),
    [
        (23, True, True, "not needed"),
        (24, True, False, "mandatory"),
        (24, False, True, "mandatory"),
        (500, False, False, "not needed"),
    ],
)
def test_a_territory_is_needed_from_24_accounts_in_the_field_or_a_region(
    accounts: int, field: bool, geographic: bool, needed: str
) -> None:
    who = Profile(field_based=field, geographic=geographic, assigned_accounts=accounts)
    assert requirement(who, "territory")[0] == needed


@pytest.mark.parametrize(
    ("work", "quota", "needed"),
    [
        ("Core", True, "mandatory"),
        ("Some", True, "mandatory"),
        ("None", True, "optional"),
        ("Some", False, "optional"),
        ("None", False, "not needed"),
    ],
)
def test_deals_follow_from_quota_and_deal_work(work: str, quota: bool, needed: str) -> None:
    assert requirement(Profile(has_quota=quota, deal_work=work), "deals")[0] == needed


@pytest.mark.parametrize("key", ["calls", "leads", "opportunities"])
@pytest.mark.parametrize(("work", "needed"), [("Core", "mandatory"), ("Some", "optional"), ("None", "not needed")])
def test_calls_leads_and_opportunities_follow_from_the_work(key: str, work: str, needed: str) -> None:
    column = {"calls": "call_work", "leads": "lead_work", "opportunities": "deal_work"}[key]
    assert requirement(profile({"id": "RO-1", column: work}), key)[0] == needed


def test_a_process_that_a_team_added_is_optional() -> None:
    assert requirement(FIELD_REP, "tenders")[0] == "optional"


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────────


def test_a_territory_manager_required_to_plan_accounts_is_misaligned() -> None:
    line = fit(replace(FIELD_REP, assigned={"accounts": "Required"}), "accounts", "Account management")
    assert (line.verdict, line.word) == ("misaligned", "misaligned")
    assert line.reason == (
        "Account management is required of field_rep, who has no use for it (the role has no key customers). "
        "Such a process is soon abandoned."
    )


def test_the_same_with_one_key_customer_is_optional_and_over_asked() -> None:
    line = fit(replace(FIELD_REP, key_customers=1, assigned={"accounts": "Required"}), "accounts", "Account management")
    assert (line.requirement, line.verdict, line.word) == ("optional", "over-asked", "optional")
    assert line.reason == (
        "Make Account management optional for field_rep: 1 key customer, but a territory manager is never obliged "
        "to write account plans."
    )


@pytest.mark.parametrize(
    ("given", "key", "verdict", "word"),
    [
        ("Off", "calls", "missing", "fits"),
        ("Off", "opportunities", "aligned", "optional"),
        ("Off", "accounts", "aligned", "does not fit"),
        ("Offered", "accounts", "aligned", "does not fit"),
        ("Required", "opportunities", "over-asked", "optional"),
        ("Required", "calls", "aligned", "fits"),
        ("", "calls", "aligned", "fits"),
    ],
)
def test_the_verdict_compares_what_is_given_with_what_is_needed(given: str, key: str, verdict: str, word: str) -> None:
    line = fit(replace(FIELD_REP, assigned={key: given} if given else {}), key)
    assert (line.verdict, line.word, line.assigned) == (verdict, word, given)


def test_what_is_missing_is_said_with_the_rule() -> None:
    line = fit(replace(FIELD_REP, assigned={"territory": "Off"}), "territory", "Territory management")
    assert line.reason == "field_rep needs Territory management: 120 assigned accounts, 24 or more."


def test_a_manager_who_must_is_over_asked_where_review_is_enough() -> None:
    line = fit(replace(role("sales_manager"), assigned={"calls": "Required", "leads": "Required"}), "calls")
    assert (line.requirement, line.verdict, line.word) == ("review", "over-asked", "optional")


# ── profiles ─────────────────────────────────────────────────────────────────────────────────────


def test_a_members_own_columns_overrule_the_role() -> None:
    person: Row = {
        "id": "PE-1",
        "email": "a@x.example",
        "role": "Field rep",
        "assigned_accounts": 23,
        "assign_calls": "Off",
        "lead_work": None,
    }
    who = member_profile(person, view())
    assert (who.role, who.assigned_accounts, who.field_based, who.lead_work) == ("Field rep", 23, True, "Core")
    assert (requirement(who, "territory")[0], fit(who, "calls").verdict) == ("not needed", "missing")


def test_the_assignments_of_a_role_hold_for_its_members_until_they_say_otherwise() -> None:
    roles: list[Row] = [{"id": "RO-1", "name": "tele", "assign_leads": "Off", "assign_calls": "Required", "call_work": "Some"}]
    one = member_profile({"id": "PE-1", "role": "tele", "assign_leads": "Offered"}, view(roles=roles))
    assert (dict(one.assigned), one.call_work) == ({"calls": "Required", "leads": "Offered"}, "Some")


@pytest.mark.parametrize(("one", "other", "same"), [("Inside rep", "inside_rep", True), ("SDR", "sdr ", True), (None, "", False)])
def test_role_names_are_the_same_in_words(one: object, other: object, same: bool) -> None:
    assert same_role(one, other) == same


def test_a_member_of_an_unknown_role_has_a_blank_profile() -> None:
    who = member_profile({"id": "PE-1", "role": "pilot"}, view())
    assert who == Profile("pilot")
    assert [key for key in KEYS if requirement(who, key)[0] != "not needed"] == ["automation"]


ANYTHING: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.integers(),
    st.decimals(),
    st.dates(),
    st.sampled_from(["Yes", "No", "Core", "Some", "None", "Required", "Offered", "Off", "operations"]),
)
COLUMNS = ("name", "role", *PROFILE_COLUMNS, *(f"assign_{key}" for key in KEYS))


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, ANYTHING)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, ANYTHING)),
)
def test_whatever_stands_in_a_profile_there_is_a_verdict_for_every_process(own: Mapping[str, Value], of_role: Row) -> None:
    who = profile(of_role, own)
    lines = fits(BOOK, who)
    assert [line.process for line in lines] == list(KEYS)
    assert {line.word for line in lines} <= {"fits", "optional", "does not fit", "misaligned"}
    assert all(line.reason.endswith(".") for line in lines)
    assert set(first_screen(BOOK, who)) <= set(processes_for(BOOK, who))
    assert set(tables_for(BOOK, who)) <= set(BOOK.tables)


# ── the document of `fit --json` ─────────────────────────────────────────────────────────────────


def test_the_fit_document_lists_roles_and_members_with_four_verdicts() -> None:
    people: list[Row] = [
        {"id": "PE-1", "email": "a@x.example", "role": "field_rep", "assign_accounts": "Required"},
        {"id": "PE-2", "email": "b@x.example", "role": "sales_manager"},
    ]
    document = fit_document(BOOK, view(people=people))
    assert list(document) == ["roles", "members"]
    assert [(line["role"], line["process"]) for line in document["roles"]] == [(name, key) for name in TABLE for key in KEYS]
    words = {"m": "fits", "o": "optional", "r": "optional", "-": "does not fit"}
    assert [line["verdict"] for line in document["roles"]] == [words[one] for letters in TABLE.values() for one in letters]
    assert {frozenset(line) for line in document["roles"]} == {frozenset({"role", "process", "verdict", "reason"})}
    assert {frozenset(line) for line in document["members"]} == {frozenset({"email", "role", "process", "verdict", "reason"})}
    of_ana = {line["process"]: line["verdict"] for line in document["members"] if line["email"] == "a@x.example"}
    assert of_ana == {**dict(zip(KEYS, (words[one] for one in TABLE["field_rep"]), strict=True)), "accounts": "misaligned"}
    assert [line["role"] for line in document["members"][7:]] == ["sales_manager"] * 7


def test_the_fit_document_of_nothing_is_empty() -> None:
    assert fit_document(BOOK, view(roles=[])) == {"roles": [], "members": []}


# ── what a member gets ───────────────────────────────────────────────────────────────────────────

ON = {
    "inside_rep": {"calls", "leads", "opportunities", "deals", "automation"},
    "field_rep": {"calls", "leads", "opportunities", "territory", "deals", "automation"},
    "key_account_manager": {"calls", "opportunities", "accounts", "deals", "automation"},
    "sdr": {"calls", "leads", "deals", "automation"},
    "sales_manager": {"calls", "opportunities", "accounts", "territory", "deals", "automation"},
    "operations": {"automation"},
}


@pytest.mark.parametrize("name", list(ON))
def test_a_book_has_the_members_own_tables_of_the_processes_that_are_on(name: str) -> None:
    tables = tables_for(BOOK, role(name))
    own = [table for table in tables if BOOK.tables[table].kind in OWN_KINDS]
    expected = [t.name for key in KEYS if key in ON[name] for t in BOOK.by_key[key].tables if t.kind in OWN_KINDS]
    assert list(tables[: len(own)]) == own == expected
    assert len(set(tables)) == len(tables)


@pytest.mark.parametrize("name", list(ON))
def test_accounts_and_contacts_are_there_where_a_table_refers_to_them(name: str) -> None:
    tables = tables_for(BOOK, role(name))
    referred = {c.target for t in tables if BOOK.tables[t].kind in OWN_KINDS for c in BOOK.tables[t].columns}
    assert {t for t in tables if BOOK.tables[t].kind == "shared"} == referred & {"accounts", "contacts"}
    assert ("accounts" in tables) == (name != "operations")


def test_libraries_people_and_roles_are_in_the_book_of_operations_alone() -> None:
    libraries = {name for name, table in BOOK.tables.items() if table.kind == "library"}
    assert {"people", "roles", "stages", "products", "periods", "fx_rates"} <= libraries
    for name in ON:
        assert libraries & set(tables_for(BOOK, role(name))) == (libraries if name == "operations" else set())


@pytest.mark.parametrize(
    ("table", "roles"),
    [
        ("calls", {"inside_rep", "field_rep", "key_account_manager", "sdr", "sales_manager"}),
        ("leads", {"inside_rep", "field_rep", "sdr"}),
        ("opportunities", {"inside_rep", "field_rep", "key_account_manager", "sales_manager"}),
        ("account_plans", {"key_account_manager", "sales_manager"}),
        ("handovers", {"key_account_manager", "sales_manager"}),
        ("territory_accounts", {"field_rep", "sales_manager"}),
        ("forecast_calls", {"inside_rep", "field_rep", "key_account_manager", "sdr", "sales_manager"}),
        ("time_log", set(ON)),
    ],
)
def test_who_has_which_table(table: str, roles: set[str]) -> None:
    assert {name for name in ON if table in tables_for(BOOK, role(name))} == roles


def test_first_screen_are_the_mandatory_processes_that_are_on() -> None:
    assert first_screen(BOOK, FIELD_REP) == ("calls", "leads", "territory", "deals", "automation")
    assert first_screen(BOOK, replace(FIELD_REP, assigned={"calls": "Off"})) == ("leads", "territory", "deals", "automation")
    assert assignment(FIELD_REP, "opportunities") == "Offered"
    assert processes_for(BOOK, replace(FIELD_REP, assigned={"accounts": "Offered"}))["accounts"] == "Offered"


def test_a_hidden_process_keeps_its_data() -> None:
    hidden = replace(FIELD_REP, assigned={"leads": "Off"})
    assert "leads" not in tables_for(BOOK, hidden)
    leads: list[Row] = [{"id": "LD-1", "owner": "a@x.example", "updated_at": NOW}]
    tables = view(leads=leads)
    assert use_of(BOOK.by_key["leads"], tables, "a@x.example").due == 1
    assert tables.rows("leads") == leads
    assert "leads" in tables_for(BOOK, replace(hidden, assigned={"leads": "Offered"}))


# ── signs of abandonment ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (Use(0, 0, 0, 0), ""),
        (Use(4, 0, 8, 8), "fading"),
        (Use(5, 0, 10, 10), "abandoned"),
        (Use(20, 2, 0, 0), "fading"),
        (Use(21, 2, 0, 0), "abandoned"),
        (Use(20, 9, 0, 0), "fading"),
        (Use(20, 10, 0, 0), ""),
        (Use(20, 20, 40, 19), "fading"),
        (Use(20, 20, 40, 20), ""),
        (Use(20, 20, 40, 3), "abandoned"),
        (Use(4, 4, 40, 3), "fading"),
    ],
)
def test_the_smaller_share_of_touched_rows_and_filled_fields_decides(use: Use, said: str) -> None:
    assert signal(use) == said


def plans(count: int, touched: int) -> list[Row]:
    days = [NOW - timedelta(days=27 if n < touched else 28) for n in range(count)]
    filled = {"account": "Acme", "period": "2026-Q2", "our_goal": "Grow"}
    return [{"id": f"AP-{n}", "owner": "a@x.example", "updated_at": day, **filled} for n, day in enumerate(days)]


def test_no_account_plan_of_20_touched_in_28_days_is_abandoned_beside_the_verdict() -> None:
    person: Row = {"id": "PE-1", "email": "a@x.example", "role": "field_rep", "assign_accounts": "Required"}
    tables = view(people=[person], account_plans=plans(20, 0))
    lines = {line.process: (email, line.verdict, said) for email, line, said in signals(BOOK, tables, [person])}
    assert lines["accounts"] == ("a@x.example", "misaligned", "abandoned")
    assert lines["calls"] == ("a@x.example", "aligned", "")


@pytest.mark.parametrize(("touched", "said"), [(1, "abandoned"), (2, "fading"), (9, "fading"), (10, "")])
def test_the_share_of_plans_touched_within_28_days(touched: int, said: str) -> None:
    assert signal(use_of(BOOK.by_key["accounts"], view(account_plans=plans(20, touched)), "A@x.example")) == said


def test_blank_required_fields_are_counted() -> None:
    bare = [{**plan, "period": None, "our_goal": None} for plan in plans(5, 5)]
    use = use_of(BOOK.by_key["accounts"], view(account_plans=bare), "a@x.example")
    assert use == Use(due=5, touched=5, required=20, filled=10)


def test_a_closed_row_that_nobody_touched_is_not_due() -> None:
    closed: list[Row] = [
        {"id": "LD-1", "owner": "a@x.example", "status": "Disqualified", "updated_at": NOW - timedelta(days=28)},
        {"id": "LD-2", "owner": "a@x.example", "status": "Disqualified", "updated_at": NOW - timedelta(days=1)},
        {"id": "LD-3", "owner": "a@x.example", "status": "New", "updated_at": None},
        {"id": "LD-4", "owner": "b@x.example", "status": "New", "updated_at": NOW},
    ]
    use = use_of(BOOK.by_key["leads"], view(leads=closed), "a@x.example")
    assert (use.due, use.touched) == (2, 1)
    assert Decimal(use.touched) / use.due == Decimal("0.5")
