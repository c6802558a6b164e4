"""The contract of the command line: names, keys, shapes and exit codes, on a real team's files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest
from team_stand import ANA, BEN, MARA, NAMES, OTTO, Said, Team, put_csv, run, team

from sheetsales_sync.cli import COMMANDS, cli
from sheetsales_workbooks.csv_file import read_csv

__all__ = ["team"]

RESULT = {"path", "state", "accepted", "written", "conflicts", "rejected", "message"}
TYPES = {
    "text", "integer", "number", "money", "percent", "date", "datetime", "choice", "yes_no_unknown", "email", "phone", "url",
    "reference", "id",
}  # fmt: skip


def with_zone(text: str) -> datetime:
    """Read a moment; it must name its zone."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return moment


def foreign_workbook(path: Path) -> Path:
    """Make a workbook that is none of ours."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["company", "contact_name", "email"])
    sheet.append(["Gorse Tools", "Lea Munn", "lea@gorse.example"])
    book.save(path)
    return path


# ── every command, its document ──────────────────────────────────────────────────────────────────


def test_init_makes_a_folder_with_a_configuration_books_and_a_store(tmp_path: Path) -> None:
    said = run("init", tmp_path / "new", "--currency", "CHF", "--json")
    assert said.code == 0 and said.out["currency"] == "CHF" and Path(said.out["workspace"]) == tmp_path / "new"
    assert sorted(p.name for p in (tmp_path / "new").iterdir() if ".db-" not in p.name) == [
        "books",
        "sheetsales.db",
        "sheetsales.toml",
    ]


def test_members_list_and_fit_name_everybody_by_address(team: Team) -> None:
    members = team.ok("members", "list")["members"]
    assert [m["email"] for m in members] == [ANA, BEN, MARA, OTTO]
    assert members[0] | {"active": None} == {
        "email": ANA, "name": "Ana", "role": "inside_rep", "manager": MARA, "team": "North", "active": None,
    }  # fmt: skip
    fit = team.ok("fit")
    assert set(fit) == {"roles", "members"}
    assert {r["role"] for r in fit["roles"]} >= {
        "inside_rep", "field_rep", "key_account_manager", "sdr", "sales_manager", "operations",
    }  # fmt: skip
    assert all(set(r) == {"role", "process", "verdict", "reason"} for r in fit["roles"])
    assert all(set(m) == {"email", "role", "process", "verdict", "reason"} for m in fit["members"])
    assert {r["verdict"] for r in fit["roles"] + fit["members"]} <= {"fits", "optional", "does not fit", "misaligned"}


def test_schema_says_every_table_and_column(team: Team) -> None:
    tables = team.ok("schema")["tables"]
    assert len({t["name"] for t in tables}) == len(tables)
    for entry in tables:
        assert set(entry) == {"name", "process", "sheet", "header_row", "id_header", "action_header", "columns"}
        assert all(set(c) == {"name", "header", "type", "required", "choices", "computed"} for c in entry["columns"])
        assert {c["type"] for c in entry["columns"]} <= TYPES
        headers = [c["header"] for c in entry["columns"]]
        assert len(set(headers)) == len(headers), entry["name"]
    stage = next(c for t in tables if t["name"] == "opportunities" for c in t["columns"] if c["name"] == "stage")
    assert stage["choices"] == ["Discover", "Qualify", "Solution", "Proposal", "Negotiate", "Won", "Lost"]


def test_schema_is_true_of_the_workbooks(team: Team) -> None:
    books = {email: openpyxl.load_workbook(team.book(email)) for email in (ANA, BEN)}
    seen = 0
    for entry in team.ok("schema")["tables"]:
        for book in books.values():
            if entry["sheet"] in book.sheetnames:
                seen += 1
                heads = {cell.value for cell in book[entry["sheet"]][entry["header_row"]]}
                assert {entry["id_header"], *(c["header"] for c in entry["columns"])} - {None} <= heads | {"ID"}, entry["name"]
                assert entry["action_header"] is None or entry["action_header"] in heads
    assert seen > 20


def test_book_new_list_and_the_tables_of_a_role(team: Team) -> None:
    made = team.ok("book", "new", ANA, "-o", "books/second.xlsx")["book"]
    assert set(made) == {"path", "owner", "tables"} and made["owner"] == ANA
    assert (team.root / made["path"]).samefile(team.root / "books" / "second.xlsx")
    assert "territory_accounts" not in made["tables"] and {"leads", "opportunities"} <= set(made["tables"])
    books = team.ok("book", "list")["books"]
    assert sorted(b["owner"] for b in books) == [ANA, ANA, BEN, MARA, OTTO]
    assert "territory_accounts" in next(b["tables"] for b in books if b["owner"] == BEN)
    assert {r.cells["external_id"] for r in team.tab(ANA, "opportunities").rows if r.cells["external_id"]} == {"O-1", "O-2"}


def test_import_says_what_became_of_every_row(team: Team) -> None:
    rows: list[tuple[object, ...]] = [
        ("external_id", "name", "owner", "account", "amount", "stage", "shoe size"),
        ("O-9", "Pumps for Dune", ANA, "Dune Bakery", "100.00", "Qualify", 44),
        ("O-9", "Pumps for Dune", ANA, "Dune Bakery", "100.00", "Qualify", 44),
        ("O-10", "Bad stage", ANA, "Alder Mills", "5", "Dreaming", 40),
        ("O-11", "Nobody's", "eve@nowhere.example", "Alder Mills", "5", "Qualify", 40),
        ("O-1", "Pumps for Alder", ANA, "Alder Mills", "12500.00", "Proposal", 41),
    ]
    put_csv(team.root / "opportunities.csv", rows)
    dry = team.ok("import", "opportunities", "opportunities.csv", "--dry-run")
    assert team.records("opportunities").keys() == {"O-1", "O-2", "O-3"}
    said = team.ok("import", "opportunities", "opportunities.csv", "--rejects", "rejects.csv")
    assert {**dry, "op": said["op"], "dry_run": False} == said
    assert (said["created"], said["updated"], said["unchanged"]) == (1, 1, 0)
    assert said["duplicates"] == [{"row": 3, "same_as_row": 2, "kind": said["duplicates"][0]["kind"]}]
    assert said["unmapped"] == ["shoe size"]
    assert said["unresolved"] == [{"row": 2, "column": "account", "value": "Dune Bakery"}]
    assert [(r["row"], r["column"], r["value"]) for r in said["rejected"]] == [
        (4, "stage", "Dreaming"),
        (5, "owner", "eve@nowhere.example"),
    ]
    assert all(r["reason"] for r in said["rejected"])
    assert len(read_csv((team.root / "rejects.csv").read_bytes()).rows) >= 2
    again = team.ok("import", "opportunities", "opportunities.csv")
    assert (again["created"], again["updated"], again["op"]) == (0, 0, None)


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_export_has_id_owner_and_version_and_exact_types(team: Team, form: str) -> None:
    path = team.root / f"out.{form}"
    assert team.ok("export", "opportunities", "--format", form, "-o", path.name)["path"] == str(path)
    if form == "json":
        document = json.loads(path.read_text("utf-8"))
        assert document["table"] == "opportunities"
        rows = document["records"]
        assert {type(r["amount"]) for r in rows} == {str} and {type(r["version"]) for r in rows} == {int}
        assert {date.fromisoformat(r["close_date"]).year for r in rows} == {2026, 2027}
        assert with_zone(rows[0]["updated_at"])
    elif form == "csv":
        file = read_csv(path.read_bytes())
        rows = [dict(zip(file.headers, row.cells, strict=True)) for row in file.rows]
    else:
        sheet = openpyxl.load_workbook(path).active
        assert sheet is not None
        heads, *cells = sheet.iter_rows(values_only=True)
        rows = [dict(zip(heads, row, strict=True)) for row in cells if any(c is not None for c in row)]
    assert {r["owner"] for r in rows} == {ANA, BEN} and all(r["id"] and r["version"] for r in rows)
    assert {Decimal(str(r["amount"])) for r in rows} == {Decimal("12000"), Decimal("640.50"), Decimal("7500")}
    shown = {r.id for r in team.tab(ANA, "opportunities").rows if r.cells["external_id"]}
    assert shown < {r["id"] for r in rows}


def test_export_goes_to_standard_output(team: Team) -> None:
    assert team.run("export", "leads").out.startswith('"id"')
    assert set(team.records("leads")) == {"L-1", "L-2", "L-3"}
    assert team.run("export", "leads", "--format", "xlsx", "--json").code == 2


def test_status_book_list_sync_and_actions_have_their_keys(team: Team) -> None:
    status = team.ok("status")
    assert len(status["books"]) == 4 and isinstance(status["seq"], int)
    assert all(with_zone(b["synced_at"]) and type(b["conflicts"]) is int and type(b["rejected"]) is int for b in status["books"])
    synced = team.ok("sync")["books"]
    assert all(set(b) == RESULT and b["state"] == "unchanged" for b in synced)
    assert all(type(b[k]) is int for b in synced for k in ("accepted", "written", "conflicts", "rejected"))
    actions = {a["name"]: a for a in team.ok("actions")["actions"]}
    assert {
        "leads.score", "leads.qualify", "calls.carry_forward", "territory.rank", "territory.plan_calls", "automation.write_email", "automation.proposal", "deals.review", "automation.rank_tasks", "check",
        "undo_last",
    } <= set(actions)  # fmt: skip
    assert "hours" in {p["name"] for p in actions["territory.plan_calls"]["parameters"]}
    for action in actions.values():
        assert {"name", "process", "label", "tables", "parameters"} <= set(action)
        assert all(set(p) == {"name", "type", "default", "unit"} for p in action["parameters"])
    assert {"name": "half_life_days", "type": "number", "default": None, "unit": "days"} in actions["leads.score"]["parameters"]


def test_history_and_conflicts_are_flat_rows_with_exact_values(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000)
    team.type(MARA, "opportunities", "O-1", amount=11000)
    team.type(ANA, "leads", "L-1", phone="0001")
    synced = team.sync()
    assert synced["Mara.xlsx"]["conflicts"] == 1
    record = team.records("opportunities")["O-1"]["id"]
    (conflict,) = team.ok("conflicts")["conflicts"]
    assert set(conflict) == {"id", "book", "table", "record", "column", "base", "mine", "theirs", "theirs_by", "state"}
    assert (conflict["record"], conflict["column"], conflict["state"]) == (record, "amount", "open")
    assert (conflict["base"], conflict["mine"], conflict["theirs"]) == ("12000.00", "11000.00", "13000.00")
    assert conflict["theirs_by"] == ANA and Path(conflict["book"]).name == "Mara.xlsx"
    rows = team.history("--record", record)
    assert {r["record"] for r in rows} == {record}
    (row,) = (r for r in rows if r["column"] == "amount" and r["old"] is not None)
    assert {"seq", "op", "at", "actor", "book", "table", "record", "column", "old", "new"} <= set(row)
    assert (row["actor"], row["old"], row["new"]) == (ANA, "12000.00", "13000.00")
    assert with_zone(row["at"]) and type(row["seq"]) is int and Path(row["book"]).name == "Ana.xlsx"
    account = team.records("accounts")["A-1"]["id"]
    assert next(r["new"] for r in team.history("--record", account) if r["column"] == "employees") == 120
    assert team.run("sync", "--json").code == 0 and team.run("sync", "--strict", "--json").code == 1


def test_rejected_lists_the_cell_as_typed_with_a_reason(team: Team) -> None:
    record = team.type(BEN, "opportunities", "O-3", amount="about 12 thousand")
    assert team.sync()["Ben.xlsx"]["rejected"] == 1
    (row,) = team.ok("rejected")["rejected"]
    assert {"book", "table", "record", "column", "cell", "value", "reason"} <= set(row)
    assert (row["table"], row["record"], row["column"], row["value"]) == ("opportunities", record, "amount", "about 12 thousand")
    assert re.fullmatch(r"[A-Z]+\d+", row["cell"]) and row["reason"]
    assert team.run("sync", "--strict").code == 1
    (finding,) = (f for f in team.run("check", team.book(BEN), "--json").out["findings"] if f["column"] == "amount")
    assert finding["severity"] == "error" and finding["cell"] == row["cell"]


def test_check_says_where_and_changes_nothing(team: Team) -> None:
    team.type(ANA, "leads", "L-2", email="no address")
    before = team.bytes()
    said = team.run("check", team.book(ANA), "--json")
    assert said.code == 1
    for finding in said.out["findings"]:
        assert set(finding) == {"book", "sheet", "cell", "record", "column", "code", "severity", "message", "hint"}
        assert finding["severity"] in ("error", "warning", "note")
    assert any(f["column"] == "email" and f["severity"] == "error" for f in said.out["findings"])
    assert team.bytes() == before


def test_run_changes_what_the_button_changes_and_twice_gives_the_same_bytes(team: Team) -> None:
    before = team.bytes()
    dry = team.ok("run", "territory.rank", team.book(BEN), "--dry-run")
    assert team.bytes() == before
    done = team.ok("run", "territory.rank", team.book(BEN))
    assert done["books"][0]["changed"] == dry["books"][0]["changed"]
    (book,) = done["books"]
    assert {"path", "changed", "message"} <= set(book) and "Ranked 3" in book["message"]
    assert all(set(c) == {"table", "record", "column", "old", "new"} for c in book["changed"])
    ranks = {c["record"]: c["new"] for c in book["changed"] if c["column"] == "rank"}
    assert sorted(ranks.values()) == [1, 1, 2] and {type(r) for r in ranks.values()} == {int}
    after = team.book(BEN).read_bytes()
    again = team.ok("run", "territory.rank", "books/Ben.xlsx")
    assert again["books"][0]["changed"] == [] and team.book(BEN).read_bytes() == after


def test_run_takes_parameters_by_name_and_refuses_others(team: Team) -> None:
    first = team.ok("run", "leads.score", team.book(ANA), "--set", "half_life_days=10")["books"][0]
    assert first["changed"] and first["state"] == "synced"
    for words, told in (
        (("leads.score", "--set", "shoes=4"), "half_life_days"),
        (("leads.score", "--set", "half_life_days=many"), "many"),
        (("leads.score", "--set", "half_life_days"), "NAME=VALUE"),
        (("territory.rnak",), "territory.rank"),
        (("check", "--set", "a=b"), ""),
    ):
        said = team.run("run", words[0], team.book(ANA), *words[1:], "--json")
        assert said.code == 2 and told in said.out["error"]["hint"] + said.out["error"]["message"]


def test_sync_dry_run_says_what_the_sync_then_does_and_changes_nothing(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", amount=14000, next_step="Call Ida")
    team.type(BEN, "opportunities", "O-3", amount="a lot")
    before = team.bytes()
    dry = team.ok("sync", team.book(ANA), team.book(BEN), "--dry-run")["books"]
    assert team.bytes() == before
    done = team.ok("sync", team.book(ANA), team.book(BEN))["books"]
    assert [(b["state"], b["accepted"], b["rejected"], b["written"]) for b in dry] == [
        (b["state"], b["accepted"], b["rejected"], b["written"]) for b in done
    ]
    fresh = team.bytes()
    assert {b["state"] for b in team.ok("sync", team.book(ANA), team.book(BEN))["books"]} == {"unchanged"}
    assert team.bytes() == fresh


def test_rollup_from_the_store_and_from_the_books_agree(team: Team) -> None:
    said = team.ok("rollup", "--by", "manager,close_quarter", "--by", "owner", "-o", "rollup.xlsx")
    assert {"as_of", "currency", "groups", "reconciliation", "rejected"} <= set(said) and said["currency"] == "EUR"
    assert (team.root / "rollup.xlsx").exists()
    assert [g["by"] for g in said["groups"]] == [["manager", "close_quarter"], ["owner"]]
    by_owner = {r["owner"]: r for r in said["groups"][1]["rows"]}
    assert (by_owner[ANA]["open_amount"], by_owner[ANA]["rows"], by_owner[ANA]["win_rate"]) == ("12640.50", 2, None)
    assert said["groups"][0]["rows"][0]["close_quarter"] == "2026-Q4" and said["groups"][0]["rows"][0]["manager"] == MARA
    tied = said["reconciliation"]
    assert (tied["rows_read"], tied["rows_counted"], tied["rows_rejected"]) == (3, 3, 0) and Decimal(tied["difference"]) == 0
    read = team.ok("rollup", "--from", team.book(ANA), team.book(BEN), "--by", "owner")
    assert {r["owner"]: r["open_amount"] for r in read["groups"][0]["rows"]} == {o: r["open_amount"] for o, r in by_owner.items()}


def test_backup_is_a_store_and_verify_proves_it(team: Team) -> None:
    assert team.ok("verify") == {"ok": True, "differences": []}
    made = team.ok("backup", "copy.db")
    assert Path(made["backup"]) == team.root / "copy.db" and made["bytes"] == (team.root / "copy.db").stat().st_size
    before = team.said_by_the_store()
    shutil.copy(team.root / "copy.db", team.root / "sheetsales.db")
    for more in ("-wal", "-shm"):
        (team.root / f"sheetsales.db{more}").unlink(missing_ok=True)
    assert team.ok("verify")["ok"] and team.said_by_the_store() == before


@pytest.mark.slow
def test_the_demo_runs_the_whole_round_trip(tmp_path: Path) -> None:
    said = run("demo", tmp_path / "demo", "--json")
    assert said.code == 0 and said.err == ""
    assert {"workspace", "books", "rollup"} == set(said.out) and Path(said.out["rollup"]).exists()
    assert {b["state"] for b in said.out["books"]} <= {"synced", "unchanged"}
    assert Team(tmp_path / "demo").ok("verify")["ok"]


# ── help, errors, exit codes ─────────────────────────────────────────────────────────────────────


def every_command(group: click.Group = cli, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Give the words of every command, those of groups too."""
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        found += every_command(command, (*words, name)) if isinstance(command, click.Group) else [(*words, name)]
    return found


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_has_help_with_an_example_and_json(words: tuple[str, ...]) -> None:
    said = run(*words, "--help")
    assert said.code == 0 and f"Example: sheetsales {' '.join(words)}" in " ".join(said.out.split())
    assert "--json" in said.out


def test_the_list_of_commands_is_that_of_the_contract() -> None:
    out = run("--help").out
    assert all(re.search(rf"^  {name} ", out, re.M) for name in COMMANDS)
    assert run("--version").out.startswith("sheetsales ")


WRONG: Mapping[str, tuple[tuple[object, ...], int, str, str]] = {
    "unknown command": (("snyc",), 2, "snyc", "sync"),
    "unknown option": (("status", "--loud"), 2, "loud", "--help"),
    "missing argument": (("export",), 2, "TABLE", "--help"),
    "unknown table of export": (("export", "oportunities"), 2, "oportunities", "opportunities"),
    "unknown table of import": (("import", "leeds", "x.csv"), 2, "leeds", "leads"),
    "unknown member": (("book", "new", "anna@team.example"), 3, "anna@", ANA),
    "unknown owner of an import": (("import", "leads", "leads.csv", "--owner", "ben@team.exampel"), 3, "exampel", BEN),
    "unknown op": (("undo", "0000"), 2, "0000", "history"),
    "unknown record": (("restore", "OP-1", "--to", "1"), 2, "OP-1", "export"),
    "unknown column to group by": (("rollup", "--by", "colour"), 2, "colour", ""),
    "no day": (("rollup", "--as-of", "soon"), 2, "soon", ""),
    "no seq": (("restore", "OP-1", "--to", "then"), 2, "then", ""),
    "no book": (("check", "books/Eve.xlsx"), 3, "Eve.xlsx", ""),
    "no book to sync": (("sync", "books/Eve.xlsx"), 3, "Eve.xlsx", ""),
    "no file to import": (("import", "leads", "none.csv"), 3, "none.csv", ""),
    "book that is there": (("book", "new", ANA), 2, "Ana.xlsx", "-o"),
    "merge or new": (("book", "adopt", "books/Ana.xlsx"), 2, "--merge", ""),
    "adopt itself": (("book", "adopt", "books/Ana.xlsx", "--merge"), 2, "itself", "sync"),
    "output into nowhere": (("export", "leads", "-o", "no/where.csv"), 2, "folder", "place"),
    "rollup into nowhere": (("rollup", "-o", "no/where.xlsx"), 2, "folder", "place"),
    "backup into nowhere": (("backup", "no/where.db"), 2, "folder", "place"),
    "currency": (("init", "other", "--currency", "euro"), 2, "euro", "EUR"),
    "zone": (("init", "other", "--zone", "Mars/Base"), 2, "Mars/Base", "Europe/Zurich"),
    "workspace that is there": (("init", "."), 2, "exists", ""),
}


@pytest.mark.parametrize(("words", "code", "told", "hint"), WRONG.values(), ids=WRONG)
def test_an_error_is_one_sentence_with_a_way_out(
    team: Team, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...], code: int, told: str, hint: str
) -> None:
    monkeypatch.chdir(team.root)
    put_csv(team.root / "leads.csv", [("company", "contact_name"), ("Hazel", "Max")])
    said = team.run(*words, "--json")
    if "books" in said.out:
        (book,) = said.out["books"]
        assert said.code == code and told in book["message"] and book["state"] == "missing"
        return
    assert said.code == code, said
    assert set(said.out) == {"error"} and set(said.out["error"]) == {"code", "message", "hint"}
    assert told in said.out["error"]["message"] and hint in said.out["error"]["hint"] and said.out["error"]["hint"]
    plain = team.run(*words)
    assert plain.code == code and plain.out == "" and said.out["error"]["message"] in plain.err
    assert not (team.root / "other").exists()


def test_a_missing_or_wrong_workspace_is_refused(team: Team, tmp_path: Path) -> None:
    said = run("status", "--json", at=tmp_path / "nowhere")
    assert said.code == 3 and said.out["error"]["code"] == "no_workspace"
    configuration = (team.root / "sheetsales.toml").read_text("utf-8")
    for wrong in (
        'currency = "euro"',
        'zone = "Mars/Base"',
        "colour = 1",
        "currency = ",
        "currency = 3",
        '[tables.cats.columns.a]\nheader = "A"',
        "[policy.accounts]\nstale_day = 60",
        "[policy.opportunities]\nprior_win = 30",
    ):
        key = wrong.split(" ")[0]
        kept = "\n".join(line for line in configuration.splitlines() if not line.startswith(key + " "))
        (team.root / "sheetsales.toml").write_text(f"{wrong}\n{kept}" if wrong[0] != "[" else f"{kept}\n{wrong}\n", "utf-8")
        said = team.run("schema", "--json")
        assert said.code == 3 and said.out["error"]["code"] == "bad_configuration", wrong


def test_a_store_that_is_no_database_is_told_with_its_way_out(team: Team) -> None:
    for more in ("-wal", "-shm"):
        (team.root / f"sheetsales.db{more}").unlink(missing_ok=True)
    (team.root / "sheetsales.db").write_bytes(b"no database at all " * 500)
    said = team.run("status", "--json")
    assert said.code == 3 and "damaged" in said.out["error"]["message"] and "backup" in said.out["error"]["hint"]


def test_a_failed_init_leaves_no_workspace_behind(tmp_path: Path) -> None:
    said = run("init", tmp_path / "new", "--store", "oracle://x", "--json")
    assert said.code == 3 and not (tmp_path / "new" / "sheetsales.toml").exists()
    assert run("init", tmp_path / "new", "--json").code == 0


def test_a_foreign_workbook_is_refused_in_the_words_of_the_contract(team: Team) -> None:
    path = foreign_workbook(team.root / "theirs.xlsx")
    before = path.read_bytes()
    said = team.run("check", path, "--json")
    assert said.code == 3
    assert "not a sheetsales workbook; `book adopt`, `import` or `rollup --from` can read it" in said.out["error"]["message"]
    for words in (("sync", path), ("run", "check", path), ("run", "leads.score", path), ("book", "adopt", path, "--as-new")):
        assert team.run(*words, "--json").code == 3, words
    assert team.ok("import", "leads", path, "--owner", ANA)["created"] == 1
    assert path.read_bytes() == before


def test_one_refused_book_stops_no_other_and_is_named(team: Team) -> None:
    path = foreign_workbook(team.root / "theirs.xlsx")
    team.type(ANA, "leads", "L-1", phone="0002")
    said = team.run("sync", path, team.book(ANA), "--json")
    states = {Path(b["path"]).name: b for b in said.out["books"]}
    assert said.code == 0 and states["Ana.xlsx"]["accepted"] == 1
    assert states["theirs.xlsx"]["state"] == "refused" and "sheetsales workbook" in states["theirs.xlsx"]["message"]
    assert team.run("sync", path, team.book(ANA), "--strict").code == 0
    checked = team.run("check", path, team.book(BEN), "--json")
    assert checked.code in (0, 1) and [b["state"] for b in checked.out["books"]] == ["refused"]
    ran = team.run("run", "check", path, team.book(BEN), "--json")
    assert ran.code == 0 and {b["state"] for b in ran.out["books"]} >= {"refused"}


def test_a_fault_of_ours_is_exit_5_with_a_report_and_no_traceback(team: Team) -> None:
    import sqlite3

    connection = sqlite3.connect(team.root / "sheetsales.db")
    connection.execute("ALTER TABLE history RENAME TO elsewhere")
    connection.commit()
    connection.close()
    said = team.run("history", "--json")
    assert said.code == 5 and said.out["error"]["code"] == "internal"
    (report,) = (team.root / ".sheetsales").glob("report-*.md")
    assert str(report) in said.out["error"]["hint"] and "Traceback" in report.read_text("utf-8")


def test_paths_are_absolute_or_of_the_workspace(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert team.run("check", "books/Ana.xlsx", "--json").code in (0, 1)
    assert team.ok("export", "leads", "-o", "leads.csv")["path"] == str(team.root / "leads.csv")
    monkeypatch.chdir(team.root)
    said: Said = run("sync", "books/Ana.xlsx", "--json")
    assert said.code == 0 and (team.root / said.out["books"][0]["path"]).samefile(team.book(ANA))


def test_a_process_of_its_own_prints_one_document_and_the_exit_code(team: Team) -> None:
    command = [sys.executable, "-c", "from sheetsales_sync.cli import main; main()"]
    done = subprocess.run([*command, "-w", team.root, "members", "list", "--json"], capture_output=True, check=False)
    assert done.returncode == 0 and done.stderr == b"" and len(json.loads(done.stdout)["members"]) == len(NAMES)
    wrong = subprocess.run([*command, "-w", team.root, "export", "--json", "cats"], capture_output=True, check=False)
    assert wrong.returncode == 2 and "cats" in json.loads(wrong.stdout)["error"]["message"] and wrong.stderr == b""
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    team.type(ANA, "leads", "L-1", contact_name="Zoë Łuk")
    team.sync()
    told: list[Any] = []
    for words in (("export", "leads", "--json"), ("history", "--json")):
        done = subprocess.run([*command, "-w", team.root, *words], capture_output=True, check=False, env=ascii_only)
        assert done.returncode == 0, done.stderr
        told.append(json.loads(done.stdout))
    assert "Zoë Łuk" in {r["contact_name"] for r in told[0]["records"]}
