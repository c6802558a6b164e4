"""Copies of a workbook, a workspace that moves, and writing the past back: by the command line, on real files."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from team_stand import ANA, BEN, MARA, Team, put_csv, team

__all__ = ["team"]


def amount(team: Team, deal: str = "O-1") -> Any:
    """Give the amount that the store holds."""
    return team.records("opportunities")[deal]["amount"]


def newest_op(team: Team, column: str) -> str:
    """Give the operation that changed a column last."""
    return str([r for r in team.history() if r["column"] == column][-1]["op"])


# ── a folder that moves ──────────────────────────────────────────────────────────────────────────


def test_a_workspace_that_was_moved_goes_on_where_it_stood(team: Team, tmp_path: Path) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000)
    team.sync()
    team.type(ANA, "opportunities", "O-1", amount=14000)
    moved = Team(tmp_path / "elsewhere" / "our team")
    moved.root.parent.mkdir()
    team.root.rename(moved.root)
    assert {b["state"] for b in moved.ok("status")["books"]} == {"unchanged", "synced"}
    synced = moved.sync()
    assert synced["Ana.xlsx"]["accepted"] == 1 and Path(synced["Ana.xlsx"]["path"]) == moved.book(ANA)
    assert amount(moved) == "14000.00"
    assert {Path(r["book"]) for r in moved.history() if r["column"] == "amount" and r["old"]} == {moved.book(ANA)}


def test_a_workspace_reached_by_a_link_has_the_same_books(team: Team, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(team.root)
    team.type(ANA, "opportunities", "O-1", amount=13000)
    by_link = Team(tmp_path / "link")
    assert by_link.sync(by_link.book(ANA))["Ana.xlsx"]["accepted"] == 1
    assert team.sync()["Ana.xlsx"]["state"] == "unchanged"


def test_a_book_that_was_renamed_is_followed(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000)
    team.book(ANA).rename(team.root / "books" / "Ana Brandt.xlsx")
    assert "Ana Brandt.xlsx" in {b["owner"]: b["message"] for b in team.ok("status")["books"]}[ANA]
    assert team.ok("sync", "--dry-run")["books"][0]["accepted"] == 1
    synced = team.sync()
    assert set(synced) == {"Ana Brandt.xlsx", "Ben.xlsx", "Mara.xlsx", "Otto.xlsx"} and synced["Ana Brandt.xlsx"]["accepted"] == 1
    assert amount(team) == "13000.00"


def test_a_book_that_was_moved_to_another_folder_is_found_again_when_named(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000)
    team.book(ANA).rename(team.root / "Ana.xlsx")
    assert team.sync()["Ana.xlsx"]["state"] == "missing"
    assert {b["owner"]: b["state"] for b in team.ok("status")["books"]}[ANA] == "missing"
    assert team.sync("Ana.xlsx")["Ana.xlsx"]["accepted"] == 1
    assert amount(team) == "13000.00"


def test_two_files_of_a_book_that_is_gone_are_copies_and_nobody_guesses(team: Team) -> None:
    for name in ("Ana (1).xlsx", "Ana (2).xlsx"):
        shutil.copy(team.book(ANA), team.root / "books" / name)
    team.book(ANA).unlink()
    states = {name: b["state"] for name, b in team.sync().items()}
    assert (states["Ana.xlsx"], states["Ana (1).xlsx"], states["Ana (2).xlsx"]) == ("missing", "copy", "copy")


# ── copies ───────────────────────────────────────────────────────────────────────────────────────


def copy_of(team: Team, who: str, name: str) -> Path:
    """Copy a member's workbook beside it."""
    return Path(shutil.copy(team.book(who), team.root / "books" / name))


def type_into(team: Team, path: Path, who: str, **values: object) -> None:
    """Type into a copy: it takes the place of the book while the cells change."""
    original = team.book(who).read_bytes()
    team.book(who).write_bytes(path.read_bytes())
    team.type(who, "opportunities", "O-1", **values)
    path.write_bytes(team.book(who).read_bytes())
    team.book(who).write_bytes(original)


def test_a_copy_is_not_taken_for_the_book_while_that_is_away(team: Team) -> None:
    book, copy, away = team.book(ANA), team.root / "books" / "Ana-PC.xlsx", team.root / "Ana away.xlsx"
    shutil.copy(book, copy)
    assert team.sync()["Ana-PC.xlsx"]["state"] == "copy"
    shutil.move(book, away)
    said = team.sync()
    assert said["Ana-PC.xlsx"]["state"] == "copy" and said["Ana.xlsx"]["state"] == "missing"
    assert "--instead" in next(b["message"] for b in team.ok("status")["books"] if b["state"] == "missing")
    assert team.run("sync", copy, "--json").out["books"][0]["state"] == "copy"
    shutil.move(away, book)
    team.type(ANA, "opportunities", "O-1", amount=13000)
    assert team.sync()["Ana.xlsx"]["state"] == "synced" and team.records("opportunities")["O-1"]["amount"] == "13000.00"


def test_a_copy_takes_the_place_of_a_book_that_is_gone_when_told_so(team: Team) -> None:
    book, copy = team.book(ANA), team.root / "books" / "Ana-PC.xlsx"
    shutil.copy(book, copy)
    team.sync()
    assert team.run("book", "adopt", copy, "--instead", "--json").code == 2
    book.unlink()
    team.ok("book", "adopt", copy, "--instead")
    assert team.sync()["Ana-PC.xlsx"]["state"] == "unchanged"


def test_a_copy_is_listed_and_not_live(team: Team) -> None:
    copy = copy_of(team, ANA, "Ana (1).xlsx")
    type_into(team, copy, ANA, amount=1)
    before = copy.read_bytes()
    assert {Path(b["path"]).name: b["state"] for b in team.ok("status")["books"]}["Ana (1).xlsx"] == "copy"
    assert team.sync()["Ana (1).xlsx"]["state"] == "copy"
    assert team.sync(copy)["Ana (1).xlsx"]["state"] == "copy"
    assert team.run("run", "check", copy, "--json").code == 3
    assert amount(team) == "12000.00" and copy.read_bytes() == before


def test_a_copy_is_merged_once_and_not_twice(team: Team) -> None:
    copy = copy_of(team, ANA, "Ana (1).xlsx")
    type_into(team, copy, ANA, amount=13000, next_step="Call Ida")
    first = team.ok("book", "adopt", copy, "--merge")["books"][0]
    assert first["accepted"] == 2 and Path(first["path"]) == team.book(ANA)
    assert team.row(ANA, "opportunities", "O-1").cells["next_step"] == "Call Ida"
    team.type(ANA, "opportunities", "O-1", amount=15000)
    team.sync()
    again = team.ok("book", "adopt", copy, "--merge")["books"][0]
    assert (again["accepted"], again["conflicts"]) == (0, 0) and amount(team) == "15000.00"
    assert copy.exists() and not list((team.root / ".sheetsales").rglob("*.xlsx"))


def test_a_copy_made_before_an_edit_does_not_take_it_back(team: Team) -> None:
    copy = copy_of(team, ANA, "Ana (old).xlsx")
    type_into(team, copy, ANA, next_step="From the copy")
    team.type(ANA, "opportunities", "O-1", amount=13000)
    team.sync()
    for how in ("--merge", "--as-new"):
        team.ok("book", "adopt", copy, how)
        deal = team.records("opportunities")["O-1"]
        assert (deal["amount"], deal["next_step"]) == ("13000.00", "From the copy")
    assert team.ok("conflicts")["conflicts"] == []


def test_a_copy_made_a_book_of_its_own_is_live(team: Team) -> None:
    copy = copy_of(team, ANA, "Ana at home.xlsx")
    type_into(team, copy, ANA, amount=13000)
    assert team.ok("book", "adopt", "books/Ana at home.xlsx", "--as-new")["books"][0]["accepted"] == 1
    states = {Path(b["path"]).name: b["state"] for b in team.ok("status")["books"]}
    assert states["Ana at home.xlsx"] == "unchanged" and len(states) == 5
    type_into(team, copy, ANA, amount=14000)
    synced = team.sync()
    assert synced["Ana at home.xlsx"]["accepted"] == 1
    assert team.row(ANA, "opportunities", "O-1").cells["amount"] == 14000
    assert {b["state"] for b in team.sync().values()} == {"unchanged"}


def test_a_new_row_typed_in_a_copy_and_another_in_the_book_are_two_records(team: Team) -> None:
    copy = copy_of(team, ANA, "Ana (1).xlsx")
    original = team.book(ANA).read_bytes()
    team.type(ANA, "leads", "", company="Typed in the copy", contact_name="Cy Pole", email="cy@pole.example")
    shutil.copy(team.book(ANA), copy)
    team.book(ANA).write_bytes(original)
    team.type(ANA, "leads", "", company="Typed in the book", contact_name="Bo Oak", email="bo@oak.example")
    team.sync()
    team.ok("book", "adopt", copy, "--merge")
    companies = {r["company"] for r in team.records("leads").values()}
    told = [c["mine"] for c in team.ok("conflicts")["conflicts"]] + [r["value"] for r in team.ok("rejected")["rejected"]]
    assert "Typed in the book" in companies
    assert "Typed in the copy" in companies or "Typed in the copy" in told


# ── undo, restore ────────────────────────────────────────────────────────────────────────────────


def test_a_sync_is_taken_back_and_the_undo_too(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000, next_step="Call")
    team.sync()
    op = newest_op(team, "amount")
    dry = team.ok("undo", op, "--dry-run")
    assert amount(team) == "13000.00"
    undone = team.ok("undo", op)
    assert dry["changed"] == undone["changed"] >= 2 and undone["left"] == [] and amount(team) == "12000.00"
    team.sync()
    assert team.row(ANA, "opportunities", "O-1").cells["amount"] == 12000
    again = team.ok("undo", undone["op"])
    assert amount(team) == "13000.00" and again["changed"] == undone["changed"]
    team.sync()
    assert team.row(ANA, "opportunities", "O-1").cells["next_step"] == "Call"
    assert team.ok("verify")["ok"]


def test_an_undo_leaves_what_somebody_changed_since(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000, next_step="Call")
    team.sync()
    op = newest_op(team, "next_step")
    team.type(MARA, "opportunities", "O-1", amount=20000)
    team.sync()
    undone = team.ok("undo", op)
    assert "amount" in {r["column"] for r in undone["left"]} and all(
        set(r) == {"table", "record", "column", "seq"} for r in undone["left"]
    )
    deal = team.records("opportunities")["O-1"]
    assert (deal["amount"], deal["next_step"]) == ("20000.00", None)


def test_an_import_is_taken_back_whole(team: Team) -> None:
    put_csv(
        team.root / "more.csv",
        [("external_id", "company", "contact_name", "email", "owner"), ("L-8", "Gorse", "Lea", "l@gorse.example", ANA)],
    )
    op = team.ok("import", "leads", "more.csv")["op"]
    team.sync()
    assert "L-8" in team.records("leads")
    team.ok("undo", op)
    assert "L-8" not in team.records("leads")
    team.sync()
    assert "L-8" not in {r.cells["external_id"] for r in team.tab(ANA, "leads").rows}


def test_the_last_button_is_taken_back_in_its_book(team: Team) -> None:
    before = {r.id: dict(r.cells) for r in team.tab(BEN, "territory_accounts").rows}
    team.ok("run", "territory.rank", team.book(BEN))
    assert team.row(BEN, "territory_accounts", "T-1").cells["rank"] == 1
    team.ok("run", "check", team.book(BEN))
    dry = team.ok("run", "undo_last", team.book(BEN), "--dry-run")["books"][0]
    done = team.ok("run", "undo_last", team.book(BEN))["books"][0]
    assert done["changed"] == dry["changed"] != [] and "Taken back" in done["message"]
    service = ("version", "updated_at")
    after = {r.id: dict(r.cells) for r in team.tab(BEN, "territory_accounts").rows}
    assert {i: {k: v for k, v in row.items() if k not in service} for i, row in after.items()} == {
        i: {k: v for k, v in row.items() if k not in service} for i, row in before.items()
    }
    again = team.ok("run", "undo_last", team.book(BEN))["books"][0]
    assert again["changed"] == [] and "nothing to take back" in again["message"]


def test_a_record_is_brought_back_to_how_it_was(team: Team) -> None:
    record = team.records("opportunities")["O-1"]["id"]
    seq = team.seq()
    team.type(ANA, "opportunities", "O-1", amount=13000)
    team.sync()
    team.type(ANA, "opportunities", "O-1", amount=14000, next_step="Call")
    team.sync()
    assert team.ok("restore", record, "--to", seq, "--dry-run")["changed"] > 0 and amount(team) == "14000.00"
    restored = team.ok("restore", record, "--to", seq)
    deal = team.records("opportunities")["O-1"]
    assert (deal["amount"], deal["next_step"]) == ("12000.00", None)
    assert {r["op"] for r in team.history("--record", record) if r["seq"] > seq and r["new"] == "12000.00"} == {restored["op"]}
    team.ok("undo", restored["op"])
    assert amount(team) == "14000.00"


def test_a_delete_is_taken_back(team: Team) -> None:
    tab = team.tab(ANA, "opportunities")
    row = team.row(ANA, "opportunities", "O-2")
    assert tab.action_column is not None
    team.put(ANA, tab.sheet, row.row, tab.action_column, "Delete")
    team.sync()
    assert "O-2" not in team.records("opportunities")
    (gone,) = (h for h in team.history("--record", row.id) if h["kind"] == "delete")
    team.ok("undo", gone["op"])
    assert team.records("opportunities")["O-2"]["amount"] == "640.50"
    team.sync()
    assert team.row(ANA, "opportunities", "O-2").id == row.id


@pytest.mark.parametrize("words", [("undo", "none"), ("restore", "OP-none", "--to", "3")], ids=["undo", "restore"])
def test_the_past_of_nothing_known_is_wrong_use(team: Team, words: tuple[str, ...]) -> None:
    before = team.bytes()
    assert team.run(*words, "--json").code == 2
    assert team.bytes() == before


def test_a_new_workbook_in_the_place_of_one_that_is_gone_replaces_it(team: Team) -> None:
    team.book(ANA).unlink()
    team.ok("book", "new", ANA)
    assert [b["state"] for b in team.ok("book", "list")["books"] if b["owner"] == ANA] == ["live"]
    assert team.sync()["Ana.xlsx"]["state"] == "unchanged"
    assert [b["owner"] for b in team.ok("status")["books"]].count(ANA) == 1


def test_next_months_export_under_another_name_updates_what_nobody_touched(team: Team) -> None:
    headers = ("external_id", "name", "owner", "amount", "stage")
    put_csv(team.root / "march.csv", [headers, ("O-90", "Monthly", BEN, "100.00", "Qualify")])
    put_csv(team.root / "april.csv", [headers, ("O-90", "Monthly", BEN, "250.00", "Proposal")])
    assert team.ok("import", "opportunities", "march.csv")["created"] == 1
    told = team.ok("import", "opportunities", "april.csv")
    assert (told["updated"], told["conflicts"]) == (1, 0)


@pytest.mark.parametrize(("statement", "told"), [
    pytest.param("UPDATE history SET new = '99999.00' WHERE column_id = 'amount' AND new = '12000.00'", "History row", id="the past"),
    pytest.param("UPDATE opportunities SET amount = '99999.00' WHERE external_id = 'O-1'", "amount is 99999.00", id="the present"),
])  # fmt: skip
def test_what_was_changed_behind_the_store_is_found_and_its_place_told(team: Team, statement: str, told: str) -> None:
    assert team.run("verify", "--json").code == 0
    with contextlib.closing(sqlite3.connect(team.root / "sheetsales.db")) as connection, connection:
        assert connection.execute(statement).rowcount == 1
    said = team.run("verify", "--json")
    assert said.code == 1 and not said.out["ok"]
    assert any(told in sentence for sentence in said.out["differences"]), said.out
    assert told in team.run("verify").err
