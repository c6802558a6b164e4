from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import count

import pytest

from sheetsales.columns import Date, Money, Reference, Text
from sheetsales.process import Playbook, Process, Row, Table, Tables
from sheetsales.shared import SHARED
from sheetsales.values import Value
from sheetsales_sync.intake.file_table import FileTable
from sheetsales_sync.intake.mapping import ImportMapping, load_mapping
from sheetsales_sync.intake.plan import ImportInput, ImportPlan, plan_import
from sheetsales_sync.intake.source_rows import read_source
from sheetsales_sync.state import Conflict, Record
from sheetsales_workbooks.csv_file import read_csv

DEALS = Table("deals", "Deals", "DL", (
    Text("name", required=True),
    Reference("account", target="accounts"),
    Money("amount", minimum=0),
    Text("stage", required=True, default="Discover", choices_from="stages"),
    Date("created_on", default="today"),
    Text("size", computed="row"),
), key=(("account", "name", "created_on"),))  # fmt: skip


def _size(row: Row, _tables: Tables) -> Mapping[str, Value]:
    amount = row.get("amount")
    return {"size": "large" if isinstance(amount, Decimal) and amount > 1000 else "small"}


def _name(row: Row) -> Mapping[str, Value]:
    return {"name": f"{row['account']} deal" if row.get("name") is None and row.get("account") is not None else None}


TRADE = Process("trade", "Trade", "Trade", 1, "x", "x", "x", "x", "x", "x", "x", ("A",), (DEALS,),
                compute={"deals": _size}, fill={"deals": _name})  # fmt: skip
PLAYBOOK = Playbook([SHARED, TRADE])
NOW = datetime(2024, 5, 6, 10, 0)
PEOPLE: list[Row] = [
    {"id": "PE-1", "email": "ana@x.com", "name": "Ana Lee", "team": "North", "external_id": "u1"},
    {"id": "PE-2", "email": "ben@x.com", "name": "Ben Poe", "team": None},
    {"id": "PE-3", "email": "ben2@x.com", "name": "Ben Poe", "team": None},
]
STAGES: list[Row] = [{"id": "ST-1", "name": "Discover"}, {"id": "ST-2", "name": "Won"}]


@dataclass
class Desk:
    """A small store in memory: imports are planned on it and laid into it."""

    records: dict[str, Record] = field(default_factory=dict)
    said: dict[str, dict[str, Value]] = field(default_factory=dict)
    accounts: list[Row] = field(default_factory=lambda: [{"id": "AC-1", "name": "Acme", "external_id": "a1"}])
    conflicts: list[Conflict] = field(default_factory=list)
    owner: str = "ana@x.com"
    mapping: ImportMapping = field(default_factory=ImportMapping)
    numbers: count[int] = field(default_factory=lambda: count(1))
    table: str = "deals"

    def plan(self, text: str, **more: object) -> ImportPlan:
        definition = PLAYBOOK.tables[self.table]
        living = [{**r.values, "id": r.id} for r in self.records.values() if r.deleted_op is None]
        view: dict[str, Sequence[Row]] = {"people": PEOPLE, "stages": STAGES, "accounts": self.accounts, self.table: living}
        found = read_csv(text.encode())
        source = read_source(FileTable("f.csv", found.headers, found.rows, 1, found.remarks), self.mapping, definition,
                             PLAYBOOK.view(view, NOW))  # fmt: skip
        given = ImportInput(
            playbook=PLAYBOOK, table=definition, source=source, records=list(self.records.values()), view=view, said=self.said,
            book="import:deals:f.csv", file="f.csv", actor="op@x.com", now=NOW, owner=self.owner, open_conflicts=self.conflicts,
            new_id=lambda prefix: f"{prefix}-{next(self.numbers):04}", new_key=lambda: f"K{next(self.numbers):04}",
        )  # fmt: skip
        return plan_import(replace(given, **more))  # type: ignore[arg-type]

    def run(self, text: str, **more: object) -> ImportPlan:
        plan = self.plan(text, **more)
        for change in plan.changes:
            if change.table != self.table:
                continue
            old = self.records.get(change.record)
            values = {**(old.values if old else {}), change.column: change.new}
            self.records[change.record] = Record(self.table, change.record, values, 1)
        for record in {change.record for change in plan.changes if change.kind == "set"}:
            self.records[record] = replace(self.records[record], version=2)
        self.said.update({record: dict(values) for record, values in plan.absorbed.items()})
        self.conflicts = [*self.conflicts, *plan.conflicts]
        return plan

    def edit(self, record: str, **values: Value) -> None:
        old = self.records[record]
        self.records[record] = replace(old, values={**old.values, **values}, version=old.version + 1)

    def only(self) -> Record:
        (record,) = self.records.values()
        return record


def counts(plan: ImportPlan) -> tuple[int, int, int]:
    return plan.created, plan.updated, plan.unchanged


FILE = "external_id,name,account,amount,stage,created_on\nx1,One,Acme,1200,won,2024-01-02\nx2,Two,Nobody,,,\n"


def test_new_records_get_types_defaults_owner_team_and_computed_columns() -> None:
    desk = Desk()
    plan = desk.run(FILE)
    assert counts(plan) == (2, 0, 0)
    one, two = desk.records.values()
    assert one.values == {
        "name": "One", "account": "Acme", "amount": Decimal("1200.00"), "stage": "Won", "created_on": date(2024, 1, 2),
        "size": "large", "owner": "ana@x.com", "team": "North", "external_id": "x1",
    }  # fmt: skip
    assert (two.values["stage"], two.values.get("created_on"), two.values["size"]) == ("Discover", None, "small")
    assert plan.unresolved == [(3, "account", "Nobody")]
    assert {change.place for change in plan.changes if change.column == "amount"} == {"f.csv!D2"}


def test_the_same_file_again_changes_nothing_at_all() -> None:
    desk = Desk()
    desk.run(FILE)
    again = desk.plan(FILE, now=datetime(2024, 6, 7))
    assert counts(again) == (0, 0, 2)
    assert not again


def test_a_change_in_the_file_travels_and_an_edit_of_a_rep_stays() -> None:
    desk = Desk()
    desk.run(FILE)
    record = next(iter(desk.records))
    desk.edit(record, stage="Discover")
    plan = desk.run(FILE.replace("1200", "1300"))
    assert counts(plan) == (0, 1, 1)
    assert [(c.column, c.old, c.new) for c in plan.changes] == [("amount", Decimal("1200.00"), Decimal("1300.00"))]
    assert desk.records[record].values["stage"] == "Discover"
    assert not desk.plan(FILE.replace("1200", "1300"))


def test_a_clash_is_a_conflict_once_and_the_store_keeps_its_value() -> None:
    desk = Desk()
    desk.run(FILE)
    record = next(iter(desk.records))
    desk.edit(record, amount=Decimal("99.00"))
    plan = desk.run(FILE.replace("1200", "1300"))
    assert [(c.column, c.base, c.mine, c.theirs) for c in plan.conflicts] == [
        ("amount", Decimal("1200.00"), Decimal("1300.00"), Decimal("99.00"))
    ]
    assert desk.records[record].values["amount"] == Decimal("99.00")
    assert not desk.plan(FILE.replace("1200", "1300"))
    later = desk.plan(FILE.replace("1200", "1400"))
    assert [(c.mine, c.state) for c in later.conflicts] == [(Decimal("1300.00"), "replaced"), (Decimal("1400.00"), "open")]


def test_a_conflict_closes_when_the_file_says_what_the_store_holds() -> None:
    desk = Desk()
    desk.run(FILE)
    desk.edit(next(iter(desk.records)), amount=Decimal("99.00"))
    desk.run(FILE.replace("1200", "1300"))
    plan = desk.plan(FILE.replace("1200", "99"))
    assert [(c.column, c.state) for c in plan.conflicts] == [("amount", "agreed")]


def test_a_cell_that_is_cleared_in_the_file_is_cleared_but_a_default_stays() -> None:
    desk = Desk()
    desk.run(FILE)
    plan = desk.plan(FILE.replace("x1,One,Acme,1200,won,2024-01-02", "x1,One,Acme,,,"))
    assert [(c.column, c.new) for c in plan.changes] == [("amount", None), ("created_on", None), ("size", "small")]


def test_the_day_of_entry_is_for_files_without_the_column_never_for_a_blank_in_it() -> None:
    desk = Desk()
    desk.run("external_id,name\nx1,One\n")
    assert desk.only().values["created_on"] == NOW.date()
    with_column = Desk()
    with_column.run("external_id,name,created_on\nx1,One,\n")
    assert "created_on" not in with_column.only().values
    assert not with_column.plan("external_id,name,created_on\nx1,One,\n")


def test_a_required_cell_without_default_cannot_be_cleared() -> None:
    desk = Desk()
    desk.run("external_id,name,account\nx1,One,\n")
    plan = desk.plan("external_id,name,account\nx1,,\n")
    assert [(r.row, r.column, r.code) for r in plan.rejected] == [] and not plan.changes
    assert desk.only().values["name"] == "One"


def test_a_default_of_ours_does_not_stand_in_the_way_of_the_file() -> None:
    desk = Desk()
    desk.run("external_id,name,stage\nx1,One,\n")
    plan = desk.run("external_id,name,stage\nx1,One,Won\n")
    assert counts(plan) == (0, 1, 0)
    assert desk.only().values["stage"] == "Won"


def test_a_deleted_record_stays_deleted_and_news_of_it_are_a_conflict() -> None:
    desk = Desk()
    desk.run("external_id,name,amount\nx1,One,5\n")
    record = desk.only()
    desk.records[record.id] = replace(record, deleted_op="op")
    assert not desk.plan("external_id,name,amount\nx1,One,5\n")
    plan = desk.plan("external_id,name,amount\nx1,One,6\n")
    assert [(c.column, c.reason) for c in plan.conflicts] == [("amount", "The record was deleted.")]
    assert not plan.changes


def test_another_source_fills_blanks_of_an_untouched_record_and_never_overwrites() -> None:
    desk = Desk()
    desk.run("external_id,name\nx1,One\n")
    desk.said = {}
    plan = desk.plan("external_id,name,amount,account\nx1,Other,7,\n")
    assert [(c.column, c.new) for c in plan.changes] == [("amount", Decimal("7.00"))]
    assert [c.column for c in plan.conflicts] == ["name"]
    desk.edit(desk.only().id, stage="Won")
    assert [c.column for c in desk.plan("external_id,amount,name\nx1,7,One\n").conflicts] == ["amount"]


def test_without_an_external_id_the_natural_key_names_the_record() -> None:
    desk = Desk()
    text = "name,account,created_on,amount\nOne,Acme,2024-01-02,5\n"
    desk.run(text)
    assert counts(desk.plan(text.replace("One,Acme", " one , ACME ").replace(",5", ",6")))[0] == 0
    assert counts(desk.plan(text.replace("One", "Two"))) == (1, 0, 0)


def test_a_record_that_a_rep_renamed_is_still_known_by_what_the_file_said() -> None:
    desk = Desk()
    text = "name,account,created_on,amount\nOne,Acme,2024-01-02,5\n"
    desk.run(text)
    desk.edit(desk.only().id, name="A better name")
    plan = desk.run(text.replace(",5", ",6"))
    assert counts(plan) == (0, 1, 0)
    assert desk.only().values["name"] == "A better name"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("name,account\nOne,Acme\nTwo,Acme\n", id="part of the key"),
        pytest.param("name,account,amount\nOne,Acme,1\nOne,Acme,2\n", id="twice the same part of the key"),
        pytest.param("account,amount\nAcme,1\nAcme,2\n", id="names made here"),
        pytest.param("name,amount\nOne,1\nTwo,2\n", id="no account at all"),
    ],
)
def test_rows_without_a_whole_key_are_known_again_on_another_day(text: str) -> None:
    desk = Desk()
    assert counts(desk.run(text)) == (2, 0, 0)
    again = desk.plan(text, now=datetime(2025, 1, 1))
    assert counts(again) == (0, 0, 2)
    assert not again


def test_rows_repeated_to_the_letter_count_once() -> None:
    plan = Desk().run("external_id,name\nx1,One\nx1,One\nx1,One\n")
    assert counts(plan) == (1, 0, 0)
    assert [(d.row, d.same_as_row, d.kind) for d in plan.duplicates] == [(3, 2, "repeated"), (4, 2, "repeated")]


def test_of_one_external_id_the_last_row_that_can_be_read_wins() -> None:
    desk = Desk()
    plan = desk.run("external_id,name,amount\nx1,One,1\nx1,Uno,2\nx1,Ein,three\n")
    assert [(d.row, d.same_as_row, d.kind) for d in plan.duplicates] == [(3, 2, "same external_id")]
    assert desk.only().values["name"] == "Uno"
    assert [r.row for r in plan.rejected] == [4]


def test_two_new_rows_under_one_natural_key_are_both_kept_and_listed() -> None:
    desk = Desk()
    text = "name,account,created_on,amount\nOne,Acme,2024-01-02,5\nOne,Acme,2024-01-02,6\n"
    plan = desk.run(text)
    assert counts(plan) == (2, 0, 0)
    assert [(d.row, d.same_as_row, d.kind) for d in plan.duplicates] == [(3, 2, "possible duplicate")]
    assert not desk.plan(text)


def test_a_row_that_could_be_either_of_two_records_is_left_out_and_listed() -> None:
    desk = Desk()
    desk.run("name,account,created_on,amount\nOne,Acme,2024-01-02,5\nOne,Acme,2024-01-02,6\n")
    desk.said = {}
    plan = desk.plan("name,account,created_on,amount\nOne,Acme,2024-01-02,7\n")
    assert counts(plan) == (0, 0, 0) and not plan
    assert [(d.row, d.same_as_row, d.kind) for d in plan.duplicates] == [(2, None, "possible duplicate")]


def test_external_ids_that_differ_in_case_alone_are_two_records_in_one_file() -> None:
    desk = Desk()
    plan = desk.run("external_id,name\n001aB,One\n001Ab,Two\n")
    assert counts(plan) == (2, 0, 0)


def test_a_new_external_id_links_to_the_record_that_has_none() -> None:
    desk = Desk(table="accounts", owner="", accounts=[])
    desk.run("name\nAcme\n")
    plan = desk.run("external_id,name\na9,acme\n")
    assert counts(plan) == (0, 1, 0)
    assert desk.only().values["external_id"] == "a9"
    other = desk.plan("external_id,name\nb7,Acme\n")
    assert other.created == 1
    assert [(d.row, d.kind) for d in other.duplicates] == [(2, "possible duplicate")]


def test_our_own_id_in_the_file_comes_first() -> None:
    desk = Desk()
    desk.records["DL-2222222222-VN"] = Record("deals", "DL-2222222222-VN", {"name": "Old", "stage": "Won"}, 1)
    from sheetsales.ids import check_characters

    record = f"DL-2222222222-{check_characters('DL', '2222222222')}"
    desk.records = {record: Record("deals", record, {"name": "Old", "stage": "Won", "owner": "ana@x.com"}, 1)}
    plan = desk.plan(f"id,name,amount\n{record},Old,3\nDL-9999999999-99,New,4\n")
    assert counts(plan) == (1, 1, 0)


@pytest.mark.parametrize(("written", "owner"), [
    ("ANA@x.com", "ana@x.com"), ("ana lee", "ana@x.com"), ("u1", "ana@x.com"), ("ben@x.com", "ben@x.com"), ("", "ana@x.com"),
])  # fmt: skip
def test_an_owner_is_named_by_address_name_or_external_id(written: str, owner: str) -> None:
    desk = Desk()
    desk.run(f"name,owner\nOne,{written}\n")
    assert desk.only().values["owner"] == owner


@pytest.mark.parametrize(("text", "column", "code"), [
    pytest.param("name,owner\nOne,nobody@x.com\n", "owner", "OWNER", id="an owner who is no member"),
    pytest.param("name,owner\nOne,Ben Poe\n", "owner", "OWNER", id="an owner whose name two members have"),
    pytest.param("name,amount\nOne,lots\n", "amount", "TYPE", id="no amount"),
    pytest.param("name,amount\nOne,-1\n", "amount", "RANGE", id="out of range"),
    pytest.param("name,stage\nOne,Dreaming\n", "stage", "CHOICE", id="no stage of ours"),
    pytest.param("name,amount\n,5\n", "name", "REQUIRED", id="a required blank"),
    pytest.param("name,created_on\nOne,someday\n", "created_on", "TYPE", id="no date"),
    pytest.param("name,created_on\nOne,2024-02-31\n", "created_on", "NO-SUCH-DATE", id="a date that does not exist"),
    pytest.param("name,amount\nOne,5,extra\n", "", "FIELDS", id="too many fields"),
])  # fmt: skip
def test_a_row_with_a_bad_cell_is_turned_down_whole(text: str, column: str, code: str) -> None:
    plan = Desk().run(text + "Good,,\n")
    assert [(r.row, r.column, r.code) for r in plan.rejected if r.row == 2] == [(2, column, code)]
    assert all(r.reason for r in plan.rejected)
    assert not [c for c in plan.changes if c.new == "One"]


def test_without_an_owner_a_row_is_turned_down() -> None:
    plan = Desk(owner="").run("name\nOne\n")
    assert [(r.column, r.code) for r in plan.rejected] == [("owner", "REQUIRED")]


def test_missing_accounts_are_made_once_when_asked_for() -> None:
    desk = Desk()
    plan = desk.plan("name,account\nOne,Newco\nTwo, newco\nThree,Acme\nFour,a1\n", create_missing=True)
    assert [(c.table, c.column, c.new) for c in plan.changes if c.table == "accounts"] == [("accounts", "name", "Newco")]
    assert (plan.accounts_created, plan.created, plan.unresolved) == (1, 4, [])
    assert plan.view is not None and plan.view.find("accounts", "NEWCO") is not None


def test_rows_of_one_file_can_refer_to_each_other() -> None:
    plan = Desk(table="accounts", owner="", accounts=[]).plan("name,parent\nChild,Mother\nMother,\nOther,Stranger\n")
    assert plan.unresolved == [(4, "parent", "Stranger")]


def test_words_are_translated_and_null_words_are_blank() -> None:
    mapping = load_mapping({"columns": {"phase": "stage"}, "values": {"stage": {"Closed  won": "Won", "": "Discover"}},
                            "parse": {"null": ["Select"]}}, DEALS)  # fmt: skip
    desk = Desk(mapping=mapping)
    desk.run("external_id,name,phase,account\nx1,One,closed WON,Select\nx2,Two,,select \n")
    assert [(r.values["stage"], r.values.get("account")) for r in desk.records.values()] == [("Won", None), ("Discover", None)]


def test_a_private_key_is_turned_down_and_its_text_appears_nowhere() -> None:
    key = '{""type"": ""service_account"", ""private_key"": ""-----BEGIN PRIVATE KEY-----\nMIIsecret""}'
    plan = Desk().run(f'external_id,name,created_on\nx1,"{key}",\nx2,Two,"{key}"\n')
    assert [(r.column, r.code, r.value) for r in plan.rejected] == [("name", "SECRET", ""), ("created_on", "SECRET", "")]
    assert "MII" not in repr(plan)


def test_the_team_file_always_wins() -> None:
    desk = Desk(table="accounts", owner="", accounts=[])
    desk.run("name,region\nAcme,North\n", overwrite=True)
    desk.edit(desk.only().id, region="West")
    plan = desk.run("name,region\nAcme,South\n", overwrite=True)
    assert counts(plan) == (0, 1, 0) and not plan.conflicts
    assert desk.only().values["region"] == "South"
