from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from import_stand import PLAYBOOK, TRADE, StillClock, edit, new_store

from sheetsales.errors import BadImport, UnknownMember, UnknownName, WrongUse
from sheetsales.process import Playbook
from sheetsales.shared import SHARED
from sheetsales_sync.importing import ImportResult, custom_columns_needed, import_file, load_mapping
from sheetsales_sync.members import import_members
from sheetsales_sync.store import open_store

if TYPE_CHECKING:
    from sheetsales_sync.store.transaction import Store

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared test data are not here")


class Desk:
    """A workspace of one test: its store, its clock, its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StillClock()
        self.store: Store = new_store(folder, self.clock)

    def file(self, text: str, name: str = "export.csv") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, source: str | Path, table: str = "opportunities", **more: Any) -> ImportResult:
        path = source if isinstance(source, Path) else self.file(source)
        return import_file(self.store, PLAYBOOK, table, path, clock=self.clock, actor="op@x.com", **more)

    def rows(self, table: str = "opportunities") -> list[dict[str, Any]]:
        return list(self.store.read(lambda tx: tx.rows(table)))

    def history(self) -> int:
        return self.store.read(lambda tx: len(tx.history()))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


FILE = """opportunity_id,sales_agent,account,deal_stage,engage_date,close_value,region
A1,Ana Lee,Acme,Won,2016-10-20,1054,West
A2,ben@x.com,Beta,Engaging,2016-10-25,,West
"""
MAPPING = {
    "columns": {"opportunity_id": "external_id", "sales_agent": "owner", "deal_stage": "stage", "engage_date": "created_on",
                "close_value": "amount"},
    "values": {"stage": {"Engaging": "Qualify"}},
    "parse": {"date": "%Y-%m-%d", "decimal": ".", "null": ["", "Select"]},
}  # fmt: skip


def test_a_crm_export_becomes_records_by_its_mapping_file(desk: Desk) -> None:
    result = desk.run(FILE, mapping=MAPPING)
    document = result.document()
    assert {key: document[key] for key in ("created", "updated", "unchanged", "duplicates", "rejected", "conflicts")} == {
        "created": 2, "updated": 0, "unchanged": 0, "duplicates": [], "rejected": [], "conflicts": 0,
    }  # fmt: skip
    assert document["unmapped"] == ["region"]
    assert document["unresolved"] == [
        {"row": 2, "column": "account", "value": "Acme"}, {"row": 3, "column": "account", "value": "Beta"},
    ]  # fmt: skip
    json.dumps(document)
    one, two = desk.rows()
    assert (one["name"], one["owner"], one["team"], one["amount"], one["outcome"]) == (
        "Acme",
        "ana@x.com",
        "North",
        Decimal("1054.00"),
        "Won",
    )
    assert (two["stage"], two["outcome"], two["created_on"]) == ("Qualify", "Open", date(2016, 10, 25))


def test_importing_again_writes_no_operation_and_no_history(desk: Desk) -> None:
    desk.run(FILE, mapping=MAPPING)
    before = desk.history()
    desk.clock.pass_days(3)
    again = desk.run(FILE, mapping=MAPPING)
    assert (again.created, again.updated, again.unchanged, again.op) == (0, 0, 2, "")
    assert desk.history() == before


def test_a_later_edit_of_a_rep_is_never_run_over(desk: Desk) -> None:
    desk.run(FILE, mapping=MAPPING)
    one = desk.rows()[0]
    edit(desk.store, desk.clock, "opportunities", one["id"], amount=Decimal("2000.00"), stage="Lost")
    result = desk.run(FILE.replace("1054", "1100"), mapping=MAPPING)
    assert (result.updated, result.unchanged, result.conflicts) == (0, 2, 1)
    assert desk.rows()[0]["amount"] == Decimal("2000.00")
    (conflict,) = desk.store.read(lambda tx: tx.conflicts())
    assert (conflict.column, conflict.mine, conflict.theirs, conflict.theirs_by) == (
        "amount", Decimal("1100.00"), Decimal("2000.00"), "ana@x.com",
    )  # fmt: skip
    assert desk.run(FILE.replace("1054", "1100"), mapping=MAPPING).op == ""


def test_a_dry_run_says_the_same_and_writes_nothing(desk: Desk) -> None:
    before = desk.history()
    result = desk.run(FILE, mapping=MAPPING, dry_run=True)
    assert (result.created, result.dry_run, result.op) == (2, True, "")
    assert (desk.rows(), desk.history()) == ([], before)


def test_missing_accounts_are_made_and_the_references_point_at_them(desk: Desk) -> None:
    result = desk.run(FILE, mapping=MAPPING, create_missing=True)
    assert (result.accounts_created, result.unresolved) == (2, [])
    assert sorted(row["name"] for row in desk.rows("accounts")) == ["Acme", "Beta"]
    assert desk.run(FILE, mapping=MAPPING, create_missing=True).op == ""


def test_what_refers_to_a_renamed_record_follows_and_the_file_is_still_understood(desk: Desk) -> None:
    desk.run("external_id,name\na1,Acme\n", "accounts")
    desk.run(FILE, mapping=MAPPING)
    desk.run("external_id,name\na1,Acme Holding\n", "accounts")
    assert desk.rows()[0]["account"] == "Acme Holding"
    again = desk.run(FILE, mapping=MAPPING)
    assert (again.updated, again.conflicts, again.op) == (0, 0, "")


def test_rejected_rows_are_written_mended_and_imported_again(desk: Desk) -> None:
    rejects = desk.folder / "rejects.csv"
    text = FILE + "A3,Nobody,Acme,Won,2016-10-20,=1+1,West\n"
    result = desk.run(text, mapping=MAPPING, rejects=rejects)
    assert [(r.row, r.column) for r in result.rejected] == [(4, "owner"), (4, "amount")]
    rows = list(csv.reader(rejects.read_text(encoding="utf-8").splitlines()))
    assert rows[0][-2:] == ["_reason", "_guarded"] and rows[1][0] == "A3"
    mended = rejects.read_text(encoding="utf-8").replace("Nobody", "Cem Ray").replace("'=1+1", "77").replace('"6"', '""')
    again = desk.run(desk.file(mended, "mended.csv"), mapping=MAPPING)
    assert (again.created, again.rejected, again.unmapped) == (1, [], ["region"])
    assert desk.run(text.replace("Nobody", "Cem Ray").replace("=1+1", "77"), mapping=MAPPING).unchanged == 3


def test_the_rejects_never_replace_the_file_itself(desk: Desk) -> None:
    path = desk.file(FILE)
    with pytest.raises(WrongUse):
        desk.run(path, mapping=MAPPING, rejects=path)


def test_a_source_named_in_the_mapping_is_the_same_under_another_file_name(desk: Desk) -> None:
    mapping = {**MAPPING, "source": "crm"}
    desk.run(desk.file(FILE, "january.csv"), mapping=mapping)
    result = desk.run(desk.file(FILE.replace("1054", "1100"), "february.csv"), mapping=mapping)
    assert (result.updated, result.conflicts) == (1, 0)


def test_without_a_mapping_headers_are_matched_by_name_or_header(desk: Desk) -> None:
    result = desk.run(" External ID ;NAME;Close  date;Stage;OWNER;odd\nx1;One;31.12.2020;won;ana@x.com;?\n")
    assert (result.created, result.unmapped) == (1, ["odd"])
    assert desk.rows()[0]["close_date"] == date(2020, 12, 31)
    assert "day-month-year" in result.remarks[0]


def test_a_chance_name_in_a_mapped_file_is_left_out_where_its_values_do_not_fit(desk: Desk) -> None:
    text = "id_there,Country,who\n1,India,ana@x.com\n2,Poland,ana@x.com\n3,,ana@x.com\n"
    mapping = {"columns": {"id_there": "external_id", "who": "owner"}}
    result = desk.run(text, "leads", mapping=mapping)
    assert (result.created, result.unmapped) == (3, ["Country"])
    assert "2 of 2 values do not fit" in result.remarks[0]
    named = desk.run(text, "leads", mapping={"columns": {**mapping["columns"], "Country": "country"}})
    assert Counter(r.column for r in named.rejected) == {"country": 2}


@pytest.mark.parametrize(("text", "words"), [
    pytest.param("a,b\n1,2\n", "no header is a column of opportunities.*a, b", id="no header of ours"),
    pytest.param("name,close_date\nOne,01/02/2020\n", "Close date: .*'01/02/2020' in row 2", id="dates that prove nothing"),
    pytest.param("name,amount\nOne,\"1,234\"\n", "Amount: .*'1,234' in row 2", id="numbers that prove nothing"),
    pytest.param("", "empty", id="an empty file"),
])  # fmt: skip
def test_what_cannot_be_read_without_a_guess_is_refused_whole(desk: Desk, text: str, words: str) -> None:
    with pytest.raises(BadImport, match=words):
        desk.run(text)
    assert desk.rows() == []


def test_unknown_names_are_refused_with_a_hint(desk: Desk) -> None:
    with pytest.raises(UnknownName, match="oportunities") as unknown:
        desk.run(FILE, "oportunities")
    assert "Did you mean 'opportunities'?" in unknown.value.hint
    with pytest.raises(UnknownMember, match="eve"):
        desk.run(FILE, owner="eve@x.com")
    with pytest.raises(BadImport, match="There is no file"):
        desk.run(desk.folder / "missing.csv")
    with pytest.raises(BadImport, match="is a folder"):
        desk.run(desk.folder)


def test_unknown_headers_become_columns_of_the_team(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    text = (
        "Prospect ID,Lead Number,Visits,Score,Country,City,Since\n"
        "a,7,3,1.5,India,Select,2020-01-31\nb,8,,2,Nepal,Pune,2020-02-01\n"
    )
    mapping = load_mapping({"custom": True, "columns": {"Prospect ID": "external_id"}, "parse": {"null": ["Select"]}})
    path = desk.file(text)
    columns = custom_columns_needed(desk.store, PLAYBOOK, "leads", path, mapping, desk.clock)
    assert [(c.name, c.header, c.type) for c in columns] == [
        ("lead_number", "Lead Number", "integer"), ("visits", "Visits", "integer"), ("score", "Score", "number"),
        ("country_2", "Country (imported)", "text"), ("city", "City", "text"), ("since", "Since", "date"),
    ]  # fmt: skip
    desk.store.close()
    wider = Playbook([SHARED, TRADE], custom={"leads": columns})
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", wider, clock=desk.clock.now)
    result = import_file(store, wider, "leads", path, clock=desk.clock, actor="op@x.com", mapping=mapping, owner="ana@x.com")
    assert (result.created, result.unmapped, result.rejected) == (2, [], [])
    rows = store.read(lambda tx: tx.rows("leads"))
    assert [(r["visits"], r["score"], r["country_2"], r["city"], r["since"]) for r in rows] == [
        (3, Decimal("1.5"), "India", None, date(2020, 1, 31)), (None, Decimal(2), "Nepal", "Pune", date(2020, 2, 1)),
    ]  # fmt: skip
    assert custom_columns_needed(store, wider, "leads", path, mapping, desk.clock) == []
    store.close()


# ── the real exports ─────────────────────────────────────────────────────────────────────────────

MAVEN = {
    "source": "maven",
    "columns": {"opportunity_id": "external_id", "sales_agent": "owner", "deal_stage": "stage", "engage_date": "created_on",
                "close_value": "amount"},
    "values": {"stage": {"Prospecting": "Discover", "Engaging": "Qualify"}},
}  # fmt: skip


@pytest.fixture
def maven(desk: Desk) -> Desk:
    with (DATA / "crm_maven/original/sales_teams.csv").open(encoding="utf-8", newline="") as file:
        agents = [row["sales_agent"] for row in csv.DictReader(file)]
    lines = ["email,name,role,manager_email,team"]
    lines += [f"{name.lower().replace(' ', '.')}@maven.com,{name},inside_rep,cem@x.com,T" for name in agents]
    result = import_members(desk.store, PLAYBOOK, desk.file("\n".join(lines), "team.csv"), clock=desk.clock, actor="op@x.com")
    assert result.created == 35
    for table, name, columns in (
        (
            "accounts",
            "accounts.csv",
            {"account": "name", "sector": "industry", "office_location": "country", "subsidiary_of": "parent"},
        ),
        ("products", "products.csv", {"product": "name", "sales_price": "list_price"}),
    ):
        result = desk.run(DATA / "crm_maven/original" / name, table, mapping={"columns": columns})
        assert (result.rejected, result.unresolved) == ([], [])
    return desk


@pytest.mark.slow
@needs_data
def test_the_maven_pipeline_comes_in_whole_and_again_changes_nothing(maven: Desk) -> None:
    result = maven.run(DATA / "crm_maven/original/sales_pipeline.csv", mapping=MAVEN)
    assert (result.created, result.rejected, result.duplicates, result.unmapped) == (8_800, [], [], [])
    assert Counter(value for _, column, value in result.unresolved if column == "product") == {"GTXPro": 1_480}
    rows = maven.rows()
    assert Counter(row["stage"] for row in rows) == {"Won": 4_238, "Lost": 2_473, "Qualify": 1_589, "Discover": 500}
    assert sum(row["amount"] for row in rows if row["stage"] == "Won") == 10_005_534
    assert len({row["owner"] for row in rows}) == 30
    maven.clock.pass_days(1)
    for name in ("variant_ddmmyy_sales_pipeline.csv", "variant_mdy_sales_pipeline.csv"):
        again = maven.run(DATA / "crm_maven" / name, mapping=MAVEN)
        assert (again.created, again.updated, again.unchanged, again.op) == (0, 0, 8_800, "")


@pytest.mark.slow
@needs_data
def test_the_maven_workbook_with_true_dates_says_the_same(maven: Desk) -> None:
    maven.run(DATA / "crm_maven/original/sales_pipeline.csv", mapping=MAVEN)
    again = maven.run(DATA / "crm_maven/variant_true_dates_sales_pipeline.xlsx", mapping=MAVEN)
    assert (again.created, again.updated, again.unchanged, again.op) == (0, 0, 8_800, "")


@pytest.mark.slow
@needs_data
def test_the_maven_pipeline_without_its_ids_is_known_again(maven: Desk) -> None:
    mapping = {**MAVEN, "columns": {**MAVEN["columns"], "opportunity_id": ""}}  # type: ignore[dict-item]
    first = maven.run(DATA / "crm_maven/original/sales_pipeline.csv", mapping=mapping)
    repeated = sum(d.kind == "repeated" for d in first.duplicates)
    assert first.created + repeated == 8_800
    maven.clock.pass_days(1)
    again = maven.run(DATA / "crm_maven/original/sales_pipeline.csv", mapping=mapping)
    assert (again.created, again.updated, again.op) == (0, 0, "")


@needs_data
def test_the_head_offices_keep_their_postcodes_and_know_their_null_words(desk: Desk) -> None:
    mapping = {
        "columns": {"name": "name", "zip": "postcode", "state": "region", "revenues": "revenue", "employees": "employees",
                    "comments": "note", "website": "domain", "country": "country"},
        "parse": {"null": ["NOT AVAILABLE"]},
    }  # fmt: skip
    path = DATA / "accounts/fortune_500_headquarters.csv"
    result = desk.run(path, "accounts", mapping=mapping)
    rows = desk.rows("accounts")
    assert (result.created, result.rejected, len(rows)) == (500, [], 500)
    assert sum(row["revenue"] for row in rows) == 12_055_874
    assert sum(row["note"] is None for row in rows) == 492
    assert "07407" in {row["postcode"] for row in rows}
    assert "Computed" not in " ".join(result.remarks)
    assert desk.run(path, "accounts", mapping=mapping).op == ""


@pytest.mark.slow
@needs_data
def test_clean_and_damaged_leads_are_the_same_records(tmp_path: Path) -> None:
    mapping = load_mapping(
        {"source": "x", "custom": True, "columns": {"Prospect ID": "external_id"}, "parse": {"null": ["Select"]}}
    )
    desk = Desk(tmp_path)
    clean, damaged = (DATA / "leads_xeducation" / name for name in ("xedu_train.csv", "xedu_train_damaged.csv"))
    columns = custom_columns_needed(desk.store, PLAYBOOK, "leads", clean, mapping, desk.clock)
    assert len(columns) == 36
    assert columns == sorted(custom_columns_needed(desk.store, PLAYBOOK, "leads", damaged, mapping, desk.clock),
                             key=lambda c: [k.name for k in columns].index(c.name))  # fmt: skip
    desk.store.close()
    wider = Playbook([SHARED, TRADE], custom={"leads": columns})
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", wider, clock=desk.clock.now)

    def run(path: Path) -> ImportResult:
        return import_file(store, wider, "leads", path, clock=desk.clock, actor="op@x.com", mapping=mapping, owner="ana@x.com")

    first = run(damaged)
    assert (first.created, first.rejected, first.unmapped) == (7_392, [], [])
    assert first.remarks[0].startswith("273 lines")
    again = run(clean)
    assert (again.created, again.updated, again.unchanged, again.op) == (0, 0, 7_392, "")
    rows = store.read(lambda tx: tx.rows("leads"))
    assert sum(row["converted"] == 1 for row in rows) == 2_877
    assert sum(row["city"] is None for row in rows) == 1_760 + 1_120
    assert sum(row["specialization"] == "Banking, Investment And Insurance" for row in rows) == 273
    store.close()
