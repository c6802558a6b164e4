"""A team's playbook: its own columns and numbers, every faulty setting named, and the schema."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sheetsales.columns import TYPES, Text
from sheetsales.errors import BadConfiguration
from sheetsales.playbook import build_playbook, schema_document
from sheetsales.process import Playbook, Policy, Process, Table
from sheetsales.processes import found

PLAIN = build_playbook({})


def built(toml: str) -> Playbook:
    return build_playbook(tomllib.loads(toml))


def refusal(toml: str) -> str:
    with pytest.raises(BadConfiguration) as caught:
        built(toml)
    return f"{caught.value} {caught.value.hint}"


def renewals(**policy: Decimal | int | str) -> Process:
    """An eighth process, as a team would drop it into the folder."""
    table = Table("renewals", "Renewals", "RN", (Text("name", "Name", required=True, help="What ends."),))
    entries = tuple(Policy(name, value) for name, value in policy.items())
    accounts = PLAIN.by_key["accounts"]
    return replace(
        accounts, key="renewals", name="Renewals", title="Renewals", order=8, tables=(table,), checks=(), actions=(),
        measures=(), policy=entries, defaults={}, compute={}, fill={}, tiles=(), today=None,
    )  # fmt: skip


# ── the whole ────────────────────────────────────────────────────────────────────────────────────


def test_a_playbook_begins_with_the_shared_tables_and_goes_on_in_the_order_of_the_processes() -> None:
    assert [process.key for process in PLAIN.processes] == ["shared", *(process.key for process in found())]


def test_an_eighth_process_brings_its_table_and_its_assignment_columns() -> None:
    playbook = build_playbook({}, [*found(), renewals()])
    assert playbook.processes[-1].key == "renewals"
    assert playbook.tables["people"].column("assign_renewals").choices == ("Required", "Offered", "Off")
    assert playbook.tables["roles"].column("assign_renewals").header == "Assign renewals"
    assert "assign_renewals" not in PLAIN.tables["people"].by_name


# ── columns of the team's own ────────────────────────────────────────────────────────────────────


def test_a_custom_column_stands_after_ours_and_is_marked_as_the_teams_own() -> None:
    playbook = built(
        '[tables.accounts.columns.tier]\nheader = "Tier"\ntype = "choice"\nchoices = ["Gold", "Silver"]\nrequired = true'
    )
    column = playbook.tables["accounts"].column("tier")
    assert (column.header, column.type, column.choices, column.required, column.custom) == (
        "Tier", "choice", ("Gold", "Silver"), True, True,
    )  # fmt: skip
    names = [c.name for c in playbook.tables["accounts"].columns]
    assert names.index("tier") == names.index("owner") - 1


def test_a_custom_column_needs_no_more_than_its_name() -> None:
    column = built("[tables.leads.columns.shoe_size]").tables["leads"].column("shoe_size")
    assert (column.header, column.type, column.required) == ("Shoe size", "text", False)


@pytest.mark.parametrize("kind", [t for t in TYPES if t not in ("id", "choice", "reference")])
def test_every_type_but_an_id_may_be_a_custom_column(kind: str) -> None:
    assert built(f'[tables.leads.columns.mine]\ntype = "{kind}"').tables["leads"].column("mine").type == kind


def test_a_custom_reference_points_to_a_table() -> None:
    column = built('[tables.leads.columns.partner]\ntype = "reference"\ntarget = "accounts"').tables["leads"].column("partner")
    assert column.target == "accounts"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param('type = "integer"\ndefault = 3', 3, id="a whole number"),
        pytest.param('type = "money"\ndefault = 2.5', Decimal("2.50"), id="an amount"),
        pytest.param('type = "date"\ndefault = 2026-05-13', date(2026, 5, 13), id="a day"),
        pytest.param('type = "date"\ndefault = "today"', "today", id="the day of entry"),
        pytest.param('type = "choice"\nchoices = ["Gold"]\ndefault = "gold"', "Gold", id="a word of the list"),
    ],
)
def test_a_default_is_read_as_a_cell_would_be(settings: str, expected: object) -> None:
    assert built(f"[tables.leads.columns.mine]\n{settings}").tables["leads"].column("mine").default == expected


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        pytest.param("[tables.lead.columns.x]", ("[tables.lead]", "leads"), id="an unknown table names the nearest"),
        pytest.param("[tables.leads.column.x]", ("[tables.leads]", "'column'"), id="column instead of columns"),
        pytest.param("[tables.leads]\ncolumns = 3", ("[tables.leads.columns]",), id="columns that are a number"),
        pytest.param("tables = 3", ("[tables]",), id="tables that are a number"),
        pytest.param("[tables.leads.columns.Shoe]", ("columns.Shoe", "small letters"), id="a name in capitals"),
        pytest.param("[tables.leads.columns.score]", ("columns.score", "already"), id="a name that is ours"),
        pytest.param("[tables.leads.columns]\nx = 3", ("columns.x", "settings"), id="a column that is a number"),
        pytest.param('[tables.leads.columns.x]\nheadr = "X"', ("'headr'", "header"), id="an unknown setting names the nearest"),
        pytest.param('[tables.leads.columns.x]\ntype = "monney"', ("'monney'", "money"), id="an unknown type names the nearest"),
        pytest.param('[tables.leads.columns.x]\ntype = "id"', ("'id'",), id="an id is never a custom column"),
        pytest.param('[tables.leads.columns.x]\ntype = ["a"]', ("columns.x", "not a type"), id="a type that is a list"),
        pytest.param('[tables.leads.columns.x]\nheader = "score"', ("'score'", "already"), id="a header that is taken"),
        pytest.param('[tables.leads.columns.x]\nheader = "Action"', ("'Action'",), id="the header of the delete column"),
        pytest.param(
            '[tables.leads.columns.x]\nheader = "A"\n[tables.leads.columns.y]\nheader = "a "',
            ("columns.y", "'a'"),
            id="one header twice",
        ),
        pytest.param('[tables.leads.columns.x]\nheader = "a\\nb"', ("header",), id="a header over two lines"),
        pytest.param("[tables.leads.columns.x]\nheader = 3", ("header",), id="a header that is a number"),
        pytest.param('[tables.leads.columns.x]\nrequired = "yes"', ("required", "true or false"), id="required in words"),
        pytest.param('[tables.leads.columns.x]\ntype = "choice"', ("choices",), id="a choice without choices"),
        pytest.param('[tables.leads.columns.x]\ntype = "choice"\nchoices = ["A", "a"]', ("twice",), id="a choice twice"),
        pytest.param('[tables.leads.columns.x]\nchoices = ["A"]', ("choices", "choice"), id="choices of a text"),
        pytest.param('[tables.leads.columns.x]\ntype = "reference"', ("target",), id="a reference to nothing"),
        pytest.param(
            '[tables.leads.columns.x]\ntype = "reference"\ntarget = "acounts"',
            ("target", "accounts"),
            id="a reference to an unknown table",
        ),
        pytest.param("[tables.leads.columns.x]\nminimum = 3", ("minimum", "numbers"), id="a minimum of a text"),
        pytest.param('[tables.leads.columns.x]\ntype = "number"\nminimum = "a"', ("minimum",), id="a minimum in words"),
        pytest.param('[tables.leads.columns.x]\ntype = "number"\nmaximum = inf', ("maximum",), id="an infinite maximum"),
        pytest.param(
            '[tables.leads.columns.x]\ntype = "number"\nminimum = 5\nmaximum = 1',
            ("minimum", "maximum"),
            id="minimum above maximum",
        ),
        pytest.param("[tables.leads.columns.x]\nlimit = 0", ("limit",), id="a limit of nothing"),
        pytest.param('[tables.leads.columns.x]\nlimit = "long"', ("limit",), id="a limit in words"),
        pytest.param(
            '[tables.leads.columns.x]\ntype = "integer"\ndefault = "many"', ("default", "'many'"), id="a default of another type"
        ),
    ],
)
def test_a_faulty_column_is_named_with_the_way_out(toml: str, words: tuple[str, ...]) -> None:
    message = refusal(toml)
    assert all(word in message for word in words), message


# ── policy ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "toml", ['[policy]\n"accounts.stale_days" = 60', "[policy]\naccounts.stale_days = 60", "[policy.accounts]\nstale_days = 60"]
)
def test_a_number_of_the_policy_is_replaced_however_it_is_written(toml: str) -> None:
    playbook = built(toml)
    assert playbook.policy["accounts.stale_days"] == 60
    assert playbook.policy["accounts.renewal_days"] == PLAIN.policy["accounts.renewal_days"]


def test_policy_numbers_stay_exact() -> None:
    playbook = build_playbook({"policy": {"renewals.rate": 0.1}}, [renewals(rate=Decimal("0.2"))])
    assert playbook.policy["renewals.rate"] == Decimal("0.1")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("renewals.dais", 3, ("renewals.dais", "renewals.days"), id="an unknown name brings the nearest"),
        pytest.param("renewals.days", 3.5, ("renewals.days", "whole number"), id="a fraction of days"),
        pytest.param("renewals.days", True, ("renewals.days", "whole number"), id="a yes for a number"),
        pytest.param("renewals.days", "many", ("renewals.days", "'many'"), id="words for a number"),
        pytest.param("renewals.rate", float("nan"), ("renewals.rate", "a number"), id="no number at all"),
        pytest.param("renewals.rate", "0.1", ("renewals.rate", "a number"), id="a number in quotes"),
        pytest.param("renewals.word", 3, ("renewals.word", "text in quotes"), id="a number for a word"),
    ],
)
def test_a_faulty_policy_is_named_with_the_way_out(name: str, value: object, words: tuple[str, ...]) -> None:
    process = renewals(days=30, rate=Decimal("0.5"), word="monthly")
    with pytest.raises(BadConfiguration) as caught:
        build_playbook({"policy": {name: value}}, [process])
    message = f"{caught.value} {caught.value.hint}"
    assert all(word in message for word in words), message


def test_a_policy_that_is_no_table_is_refused() -> None:
    assert "[policy]" in refusal("policy = 3")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("accounts.stale_days", 0, ("accounts.stale_days", "whole number (days) from 1 on", "90 days"), id="too few days"),
        pytest.param("accounts.stale_days", "60 days", ("accounts.stale_days", "'60 days'"), id="the unit written out"),
        pytest.param("opportunities.prior_win", 30, ("prior_win", "0.8 is 80 %", "from 0 to 1"), id="a percentage for a share"),
        pytest.param("opportunities.prior_win", -0.1, ("prior_win", "from 0 to 1"), id="a share below nothing"),
        pytest.param("opportunities.periods_a_year", 5, ("one of 1, 2, 3, 4, 6, 12", "4 periods"), id="no such number of periods"),
        pytest.param("opportunities.stall_factor", 0.5, ("stall_factor", "(times) from 1 on"), id="less than once"),
        pytest.param("automation.complete_days", 8, ("from 1 to 7",), id="a week of eight days"),
        pytest.param("leads.set", "  ", ("leads.set", "text in quotes"), id="a blank word"),
        pytest.param("leads.half_life", 45, ("Did you mean leads.half_life_days",), id="nearly the name"),
        pytest.param("stale_days", 45, ("stale_days", "accounts.stale_days"), id="the process left out"),
    ],
)  # fmt: skip
def test_a_policy_value_out_of_range_names_unit_and_range(name: str, value: object, words: tuple[str, ...]) -> None:
    with pytest.raises(BadConfiguration) as caught:
        build_playbook({"policy": {name: value}})
    message = f"{caught.value} {caught.value.hint}"
    assert all(word in message for word in words), message


def test_an_unknown_process_of_the_policy_brings_the_nearest() -> None:
    assert "there is no process account." in refusal("[policy.account]\nstale_days = 60")
    assert "Did you mean accounts" in refusal("[policy.account]\nstale_days = 60")
    assert "set twice" in refusal('[policy]\n"accounts.stale_days" = 60\n[policy.accounts]\nstale_days = 50')


def test_shares_hours_and_money_need_not_be_whole_although_the_standard_is() -> None:
    playbook = built("[policy]\nterritory.team_margin = 0.35\nautomation.contract_hours = 38.5\nautomation.hourly_rate = 72.50")
    assert playbook.policy["territory.team_margin"] == Decimal("0.35")
    assert playbook.policy["automation.contract_hours"] == Decimal("38.5")
    assert built("[policy.accounts]\nstale_days = 60.0").policy["accounts.stale_days"] == 60


@pytest.mark.parametrize("name", sorted(PLAIN.policies))
def test_every_policy_number_keeps_its_own_rule_and_says_its_unit(name: str) -> None:
    entry = PLAIN.policies[name]
    assert build_playbook({"policy": {name: entry.value}}).policy[name] == entry.value
    assert entry.unit or isinstance(entry.value, str) or name == "territory.elasticity"


def test_the_schema_lists_the_policy_with_the_value_in_force() -> None:
    listed = {entry["name"]: entry for entry in schema_document(built("[policy.accounts]\nstale_days = 60"))["policy"]}
    assert set(listed) == set(PLAIN.policies)
    assert (listed["accounts.stale_days"]["value"], listed["accounts.stale_days"]["standard"]) == ("60", "90")
    assert listed["opportunities.prior_win"]["maximum"] == "1"


# ── the schema ───────────────────────────────────────────────────────────────────────────────────


def test_the_schema_lists_every_table_with_its_tab_and_its_head() -> None:
    document = schema_document(PLAIN)
    assert [table["name"] for table in document["tables"]] == list(PLAIN.tables)
    for table in document["tables"]:
        assert set(table) == {"name", "process", "sheet", "header_row", "id_header", "action_header", "columns"}
        assert (table["header_row"], table["id_header"], table["action_header"]) == (5, "ID", "Action")
    sheets = [table["sheet"] for table in document["tables"]]
    assert len({sheet.casefold() for sheet in sheets}) == len(sheets)


def test_a_column_of_the_schema_says_type_need_choices_and_who_fills_it() -> None:
    tables = {table["name"]: {c["name"]: c for c in table["columns"]} for table in schema_document(PLAIN)["tables"]}
    assert tables["accounts"]["type"] == {
        "name": "type", "header": "Type", "type": "choice", "required": False, "choices": ["Customer", "Prospect", "Former"],
        "computed": False,
    }  # fmt: skip
    assert tables["account_plans"]["health"]["computed"] is True
    assert tables["people"]["email"]["required"] is True
    assert tables["contacts"]["opted_out"]["choices"] == ["Yes", "No", "Unknown"]


def test_stages_of_an_opportunity_are_those_of_the_workspace_else_the_default_ones() -> None:
    def stages(names: dict[str, list[str]] | None) -> list[str]:
        tables = {table["name"]: {c["name"]: c for c in table["columns"]} for table in schema_document(PLAIN, names)["tables"]}
        choices: list[str] = tables["opportunities"]["stage"]["choices"]
        return choices

    assert stages(None) == ["Discover", "Qualify", "Solution", "Proposal", "Negotiate", "Won", "Lost"]
    assert stages({"stages": ["Open", "Won"]}) == ["Open", "Won"]


def test_custom_columns_are_part_of_the_schema() -> None:
    document = schema_document(built("[tables.leads.columns.shoe_size]"))
    leads = next(table for table in document["tables"] if table["name"] == "leads")
    assert "shoe_size" in [column["name"] for column in leads["columns"]]
