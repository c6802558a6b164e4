"""A workbook that somebody made without us, taken in; and the store that is damaged or older than the workbooks."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
from team_stand import ANA, BEN, MARA, Team, team

__all__ = ["team"]

Sheets = Mapping[str, Sequence[Sequence[object]]]
PIPELINE: Sheets = {
    "Read this first": [("Ana's own list of deals",), ("last tidied in March",)],
    "Deals": [
        ("My pipeline",),
        (),
        ("Name", "Account", "Amount", "Stage", "Owner", "Gut feeling"),
        ("Pumps for Dune", "Alder Mills", 4200, "Qualify", None, "good"),
        ("Valves for Elm", "Birch & Co", "1500.50", "Proposal", None, "so so"),
        ("=1+1", None, None, "Discover", None, None),
    ],
    "Leads": [("Company", "Contact name", "Email", "Owner"), ("Gorse & Co", "Lea Moor", "lea@gorse.example", None)],
    "Budget": [("Month", "Travel", "Gifts"), ("January", 100, 20)],
}


def workbook(path: Path, sheets: Sheets) -> Path:
    """Make a workbook as somebody would, without us."""
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                cell = sheet.cell(number, column, value)
                if isinstance(value, str):
                    cell.data_type = "s"
    book.save(path)
    return path


def test_a_workbook_of_somebodys_own_becomes_records_and_a_workbook_of_ours_beside_it(team: Team) -> None:
    team.book(ANA).unlink()
    path = workbook(team.root / "My pipeline.xlsx", PIPELINE)
    before = path.read_bytes()
    adopted = team.ok("book", "adopt", path, "--owner", ANA)["adopted"]
    assert path.read_bytes() == before
    assert [(t["sheet"], t["table"], t["created"]) for t in adopted["tables"]] == [
        ("Leads", "leads", 1),
        ("Deals", "opportunities", 3),
    ]
    assert adopted["tables"][1]["unmapped"] == ["Gut feeling"]
    assert {one["sheet"] for one in adopted["not_recognised"]} == {"Read this first", "Budget"}
    assert all(one["why"] for one in adopted["not_recognised"])
    deals = {r["name"]: r for r in team.ok("export", "opportunities")["records"]}
    assert (deals["Valves for Elm"]["amount"], deals["Valves for Elm"]["owner"]) == ("1500.50", ANA)
    assert Path(adopted["book"]) == team.root / "My pipeline (sheetsales).xlsx" and adopted["made"]
    assert set(deals) >= {"Pumps for Dune", "=1+1"}
    assert {b["state"] for b in team.sync().values()} <= {"synced", "unchanged", "missing"}
    assert {b["state"] for b in team.sync(adopted["book"]).values()} == {"unchanged"}
    assert team.row(MARA, "opportunities", "O-1").cells["name"] == "Pumps for Alder"
    assert "Pumps for Dune" in {r.cells["name"] for r in team.tab(MARA, "opportunities").rows}


def test_adopting_again_changes_nothing_and_makes_no_second_workbook(team: Team) -> None:
    path = workbook(team.root / "My pipeline.xlsx", PIPELINE)
    first = team.ok("book", "adopt", path, "--owner", "Ana")["adopted"]
    assert not first["made"] and Path(first["book"]) == team.book(ANA)
    team.sync()
    assert "Gorse & Co" in {r.cells["company"] for r in team.tab(ANA, "leads").rows}
    before = team.bytes()
    again = team.ok("book", "adopt", path, "--owner", ANA)["adopted"]
    assert {t["created"] + t["updated"] + t["conflicts"] for t in again["tables"]} == {0}
    team.sync()
    assert team.bytes() == before


def test_a_dry_run_says_the_same_and_writes_nothing(team: Team) -> None:
    path = workbook(team.root / "My pipeline.xlsx", PIPELINE)
    before = team.bytes()
    dry = team.ok("book", "adopt", path, "--owner", ANA, "--dry-run")["adopted"]
    assert team.bytes() == before
    assert [t["created"] for t in dry["tables"]] == [
        t["created"] for t in team.ok("book", "adopt", path, "--owner", ANA)["adopted"]["tables"]
    ]


def test_what_belongs_to_others_is_turned_down(team: Team) -> None:
    foreign = team.records("opportunities")["O-3"]
    rows = [
        ("External ID", "Name", "Amount", "Stage", "Owner"),
        ("O-3", "Taken over", 1, "Won", None),
        (None, "Made for Ben", 5, "Qualify", BEN),
        (None, "My own", 7, "Qualify", ANA),
    ]
    path = workbook(team.root / "x.xlsx", {"Opportunities": rows})
    (table,) = team.ok("book", "adopt", path, "--owner", ANA)["adopted"]["tables"]
    assert table["created"] == 1 and [r["code"] for r in table["rejected"]] == ["NOT-YOURS", "NOT-YOURS"]
    assert team.records("opportunities")["O-3"] == foreign
    assert {r["owner"] for r in team.ok("export", "opportunities")["records"] if r["name"] in ("My own", "Made for Ben")} == {ANA}


@pytest.mark.parametrize(
    ("name", "owner"),
    [pytest.param("x.xlsx", BEN, id="its rows say so"), pytest.param("Ben.xlsx", None, id="its name")],
)
def test_whose_it_is_may_stand_in_the_workbook(team: Team, name: str, owner: str | None) -> None:
    sheets = {"Leads": [("Company", "Contact name", "Owner"), ("Gorse & Co", "Lea Moor", owner)]}
    path = workbook(team.root / name, sheets)
    assert team.ok("book", "adopt", path, "--dry-run")["adopted"]["owner"] == BEN


@pytest.mark.parametrize(
    ("sheets", "words", "said"),
    [
        pytest.param({"Leads": [("Company", "Contact name"), ("Gorse", "Lea")]}, (), "whose it is", id="nobody is named"),
        pytest.param(
            {"Leads": [("Company", "Contact name"), ("Gorse", "Lea")]},
            ("--owner", "zoe@x.example"),
            "no member",
            id="no such member",
        ),
        pytest.param({"Budget": [("Month", "Travel"), ("May", 1)]}, ("--owner", ANA), "Budget", id="no table of ours"),
        pytest.param(
            {"Leads": [("Company", "Contact name"), ("Gorse", "Lea")]}, ("--merge",), "no copy", id="merged like a copy"
        ),
    ],
)
def test_what_cannot_be_taken_in_is_refused_with_the_reason(
    team: Team, sheets: Sheets, words: tuple[str, ...], said: str
) -> None:
    path = workbook(team.root / "x.xlsx", sheets)
    before = team.bytes()
    refused = team.run("book", "adopt", path, *words, "--json")
    assert refused.code == 3 and said in refused.out["error"]["message"], refused
    assert team.bytes() == before


def test_a_workbook_of_another_installation_is_taken_in_like_any_other(team: Team, tmp_path: Path) -> None:
    other = Team(Path(shutil.copytree(team.root, tmp_path / "other")))
    (other.root / "sheetsales.db").unlink()
    (other.root / "sheetsales.toml").unlink()
    from team_stand import run

    assert run("init", other.root, "--json").code == 0
    (other.root / "people.csv").write_text(f"email,name,role\n{ANA},Ana,inside_rep\n", "utf-8")
    other.ok("members", "import", other.root / "people.csv")
    adopted = other.ok("book", "adopt", other.book(ANA), "--owner", ANA)["adopted"]
    assert {t["table"]: t["created"] for t in adopted["tables"]} == {"accounts": 3, "leads": 2, "opportunities": 2}
    assert other.records("opportunities")["O-1"]["amount"] == "12000.00" and Path(adopted["book"]).exists()


# ── the store ────────────────────────────────────────────────────────────────────────────────────

DAMAGE = {
    "another program's file": lambda good: b"name,amount\n" * 900,
    "pages overwritten": lambda good: good[:4096] + random.Random(1).randbytes(len(good) - 4096),
    "cut in half": lambda good: good[: len(good) // 2],
    "emptied": lambda good: b"",
}


@pytest.mark.parametrize("spoil", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_store_is_refused_and_the_newest_backup_is_named(team: Team, spoil: object) -> None:
    backup = Path(team.ok("backup")["backup"])
    store = team.root / "sheetsales.db"
    books = team.bytes(store=False)
    for one in ("-wal", "-shm"):
        store.with_name(store.name + one).unlink(missing_ok=True)
    bad = spoil(store.read_bytes())  # type: ignore[operator]
    store.write_bytes(bad)
    for words in (("sync",), ("status",), ("verify",)):
        said = team.run(*words, "--json")
        assert said.code == 3 and said.out["error"]["code"] == "store_damaged" and backup.name in said.out["error"]["hint"], said
    assert store.read_bytes() == bad and team.bytes(store=False) == books
    shutil.copy(backup, store)
    assert {b["state"] for b in team.sync().values()} <= {"unchanged", "synced"} and team.ok("verify")["ok"]


def test_a_workbook_newer_than_the_restored_store_is_refused_and_its_rows_can_be_taken_in(team: Team) -> None:
    backup = Path(team.ok("backup")["backup"])
    team.type(ANA, "opportunities", "O-1", amount=13000)
    team.type(ANA, "leads", "", company="Typed after the backup", contact_name="Lea")
    team.sync()
    for one in ("-wal", "-shm"):
        (team.root / f"sheetsales.db{one}").unlink(missing_ok=True)
    shutil.copy(backup, team.root / "sheetsales.db")
    assert team.sync()["Ana.xlsx"]["state"] == "refused"
    adopted = team.ok("book", "adopt", team.book(ANA))["adopted"]
    assert adopted["owner"] == ANA and adopted["made"]
    leads = {t["table"]: t for t in adopted["tables"]}["leads"]
    assert leads["created"] == 1 and leads["rejected"] == []
    # It is not known whether 13,000 is newer than what stands in the store, so both are kept for a person.
    assert team.records("opportunities")["O-1"]["amount"] == "12000.00"
    assert ("12000.00", "13000.00") in {(c["theirs"], c["mine"]) for c in team.ok("conflicts")["conflicts"]}
