"""Roll-ups by the command line: every figure, scopes, past days, workbooks without a store, and where each row comes from."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import office
import openpyxl
import pytest
from command_stand import ask, run
from needing import needs

sys.path.insert(0, str(Path(__file__).parent))

from import_stand import StillClock, edit, new_store

from sheetsales.playbook import build_playbook
from sheetsales.rollup import Counted
from sheetsales_sync.importing import import_file
from sheetsales_sync.rollup_workbook import write_roll_up
from sheetsales_sync.rollups import Source, from_store, late, make_roll_up
from sheetsales_workbooks.csv_file import write_csv

PLAYBOOK = build_playbook({})
ANA, BEN, CEM, DAN, EVA = (f"{name}@team.example" for name in ("ana", "ben", "cem", "dan", "eva"))
TEAM = [
    ("email", "name", "role", "manager_email", "team"),
    (CEM, "Cem Ray", "sales_manager", None, "North"),
    (EVA, "Eva Sol", "sales_manager", None, "South"),
    (ANA, "Ana Lee", "inside_rep", CEM, "North"),
    (BEN, "Ben Poe", "inside_rep", CEM, "North"),
    (DAN, "Dan Fox", "inside_rep", EVA, "South"),
]
ACCOUNTS = [("external_id", "name", "industry"), ("A-1", "Acme", "Steel"), ("A-2", "Birch", None)]
PRODUCTS = [("sku", "name", "list_price"), ("P-1", "Pump", "90")]
RATES = [("ccy", "to_ccy", "rate", "as_of"), ("USD", "EUR", "0.9", "2024-01-01"), ("USD", "EUR", "0.8", "2024-03-01")]
DEALS = [
    ("external_id", "name", "owner", "account", "product", "amount", "ccy", "stage", "created_on", "close_date"),
    ("O-1", "One", ANA, "Acme", "Pump", "100.10", None, "Won", "2024-01-01", "2024-02-10"),
    ("O-2", "Two", ANA, "Birch", None, "30.03", None, "Lost", "2024-01-01", "2024-02-20"),
    ("O-3", "Three", ANA, None, "Pump", "200.20", None, "Proposal", "2024-02-01", "2024-06-30"),
    ("O-4", "Four", BEN, "Acme", "Spare", "1000", "USD", "Won", "2024-01-05", "2024-02-29"),
    ("O-5", "Five", BEN, "Acme", "Pump", "1000", "USD", "Qualify", "2024-01-05", "2024-03-01"),
    ("O-6", "Six", BEN, "Acme", "Pump", "77", "GBP", "Discover", "2024-01-05", None),
]
QUOTAS = [("who", "period", "amount", "ccy"), (ANA, "2024-Q1", "1000", None), (BEN, "2024-Q1", "2000", "USD")]
GROUPS = ("--by", "owner", "--by", "manager,team", "--by", "close_quarter", "--by", "created_month", "--by", "account.industry",
          "--by", "product.list_price", "--by", "stage", "--by", "account", "--by", "outcome")  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company: three reps, one of them without a deal; a rate for dollars and none for pounds."""
    root = tmp_path_factory.mktemp("rollups") / "team"
    run(root.parent, "init", str(root))
    (root / "team.csv").write_bytes(write_csv(TEAM[0], TEAM[1:]))
    ask(root, "members", "import", str(root / "team.csv"))
    for table, rows in (
        ("accounts", ACCOUNTS),
        ("products", PRODUCTS),
        ("fx_rates", RATES),
        ("opportunities", DEALS),
        ("quotas", QUOTAS),
    ):
        (root / f"{table}.csv").write_bytes(write_csv(rows[0], rows[1:]))
        assert ask(root, "import", table, str(root / f"{table}.csv"))["rejected"] == []
    for email in (ANA, BEN, CEM):
        ask(root, "book", "new", email)
    return root


@pytest.fixture
def team(made: Path, tmp_path: Path) -> Path:
    """A copy of the company; its workbooks are only read."""
    return Path(shutil.copytree(made, tmp_path / "team"))


def rows_of(found: Mapping[str, Any], *by: str) -> dict[Any, dict[str, Any]]:
    rows = next(g["rows"] for g in found["groups"] if g["by"] == list(by))
    return {tuple(r[name] for name in by) if len(by) > 1 else r[by[0]]: r for r in rows}


def books(root: Path, *names: str) -> list[str]:
    return [str(root / "books" / f"{name}.xlsx") for name in names]


# ── the figures ──────────────────────────────────────────────────────────────────────────────────


def test_every_figure_of_a_rep(made: Path) -> None:
    assert rows_of(ask(made, "rollup", *GROUPS), "owner")[ANA] == {
        "owner": ANA, "rows": 3, "open": 1, "won": 1, "lost": 1, "open_amount": "200.20", "won_amount": "100.10", "lost_amount": "30.03",
        "weighted_amount": "150.15", "win_rate": 0.5, "won_cycle_days_mean": 40.0, "won_cycle_days_median": 40.0,
    }  # fmt: skip


def test_dollars_count_at_the_rate_of_their_day_and_pounds_without_a_rate_are_listed(made: Path) -> None:
    found = ask(made, "rollup", *GROUPS)
    ben = rows_of(found, "owner")[BEN]
    assert (ben["rows"], ben["won_amount"], ben["open_amount"], ben["weighted_amount"]) == (2, "900.00", "800.00", "200.00")
    assert found["reconciliation"] == {"rows_read": 6, "rows_counted": 5, "rows_rejected": 1, "difference": "0.00"}
    (rejected,) = found["rejected"]
    assert "no dated rate exists for GBP → EUR" in rejected["reason"]
    assert rejected["cell"].endswith("7"), "the row of the file that named it"


def test_groups_of_every_kind_keep_blanks_and_add_up(made: Path) -> None:
    found = ask(made, "rollup", *GROUPS)
    assert set(rows_of(found, "owner")) == {ANA, BEN, DAN}
    assert rows_of(found, "owner")[DAN]["win_rate"] is None
    assert {k: r["rows"] for k, r in rows_of(found, "manager", "team").items()} == {(CEM, "North"): 5}
    assert {k: r["rows"] for k, r in rows_of(found, "close_quarter").items()} == {"2024-Q1": 4, "2024-Q2": 1}
    assert {k: r["rows"] for k, r in rows_of(found, "created_month").items()} == {"2024-01": 4, "2024-02": 1}
    assert {k: r["rows"] for k, r in rows_of(found, "account.industry").items()} == {"Steel": 3, None: 2}
    assert {k: r["rows"] for k, r in rows_of(found, "account").items()} == {"Acme": 3, "Birch": 1, None: 1}
    assert {k: r["rows"] for k, r in rows_of(found, "product.list_price").items()} == {"90.00": 3, None: 2}
    assert {k: r["rows"] for k, r in rows_of(found, "outcome").items()} == {"Lost": 1, "Open": 2, "Won": 2}
    for group in found["groups"]:
        for figure in ("won_amount", "lost_amount", "open_amount"):
            assert sum(Decimal(r[figure]) for r in group["rows"]) == Decimal(found["total"][figure])


def test_without_a_wish_the_usual_groups_are_shown(made: Path) -> None:
    assert [g["by"] for g in ask(made, "rollup")["groups"]] == [
        ["manager", "close_quarter"],
        ["close_quarter"],
        ["owner"],
        ["stage"],
    ]


def test_an_unknown_column_is_refused_with_the_known_ones(made: Path) -> None:
    code, out, _ = run(made, "rollup", "--by", "owner,acount.industry", "--json")
    error = json.loads(out)["error"]
    assert code == 2
    assert "'acount.industry'" in error["message"]
    assert all(name in error["hint"] for name in ("owner", "manager", "close_quarter", "account.industry", "product.list_price"))


@pytest.mark.parametrize(
    ("member", "rows"),
    [(ANA, {ANA: 3}), (CEM, {ANA: 3, BEN: 2}), (EVA, {DAN: 0}), (DAN, {DAN: 0})],
    ids=["rep", "manager", "other", "idle"],
)
def test_a_member_sees_the_own_scope(made: Path, member: str, rows: dict[str, int]) -> None:
    found = ask(made, "rollup", "--as", member, "--by", "owner")
    assert {k: r["rows"] for k, r in rows_of(found, "owner").items()} == rows
    from_books = ask(made, "rollup", "--as", member, "--by", "owner", "--from", *books(made, "Ana Lee", "Ben Poe", "Cem Ray"))
    assert {k: r["rows"] for k, r in rows_of(from_books, "owner").items()} == rows


def test_the_scope_of_a_stranger_is_refused(made: Path) -> None:
    code, out, _ = run(made, "rollup", "--as", "zoe@team.example", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (3, "unknown_member")


# ── past days ────────────────────────────────────────────────────────────────────────────────────


def test_a_past_day_before_the_import_goes_by_the_dates(made: Path) -> None:
    found = ask(made, "rollup", "--as-of", "2024-02-15", "--by", "owner")
    assert found["as_of"] == "2024-02-15"
    figures = {k: (r["open"], r["won"], r["lost"]) for k, r in rows_of(found, "owner").items()}
    assert figures == {ANA: (2, 1, 0), BEN: (2, 0, 0), DAN: (0, 0, 0)}
    assert ask(made, "rollup", "--as-of", "2023-12-31", "--by", "owner")["reconciliation"]["rows_read"] == 0


def test_a_past_day_after_the_import_goes_by_the_history(tmp_path: Path) -> None:
    clock = StillClock()
    store = new_store(tmp_path, clock, PLAYBOOK)
    path = tmp_path / "deals.csv"
    path.write_text("external_id,name,owner,amount,stage,created_on\nX,Deal,ana@x.com,100,Qualify,2024-05-01\n")
    import_file(store, PLAYBOOK, "opportunities", path, clock=clock, actor="op@x.com")
    (record,) = store.read(lambda tx: [r.id for r in tx.records("opportunities")])
    clock.pass_days(3)
    edit(store, clock, "opportunities", record, stage="Won", amount=Decimal("250.00"), close_date=date(2024, 5, 9))
    clock.pass_days(3)
    edit(store, clock, "opportunities", record, amount=Decimal("300.00"))

    def amount(day: str) -> tuple[int, int, Decimal]:
        source = store.read(lambda tx: from_store(tx, PLAYBOOK, currency="EUR", now=clock.local(), as_of=date.fromisoformat(day)))
        total = make_roll_up(PLAYBOOK, source, [("owner",)], as_of=date.fromisoformat(day), currency="EUR").total
        return total.open, total.won, total.open_amount + total.won_amount

    assert [amount(day) for day in ("2024-05-06", "2024-05-08", "2024-05-09", "2024-05-11", "2024-05-12")] == [
        (1, 0, Decimal("100.00")),
        (1, 0, Decimal("100.00")),
        (0, 1, Decimal("250.00")),
        (0, 1, Decimal("250.00")),
        (0, 1, Decimal("300.00")),
    ]
    store.close()


# ── looking ahead ────────────────────────────────────────────────────────────────────────────────


def test_the_forecast_of_a_past_day_knows_booked_open_and_quota_of_each_member_and_the_team(made: Path) -> None:
    found = ask(made, "rollup", "--as-of", "2024-02-15")["forecast"]
    rows = {row["member"]: row for row in found["rows"]}
    assert (found["period"], found["from"], found["to"]) == ("2024-Q1", "2024-01-01", "2024-03-31")
    assert (rows[ANA]["closed"], rows[ANA]["open_amount"], rows[ANA]["quota"]) == ("100.10", "30.03", "1000.00")
    assert rows[BEN]["quota"] == "1800.00", "2,000 dollars at the rate known on that day"
    assert rows[None]["quota"] == "2800.00"
    for name in ("closed", "open_amount", "weighted", "commit", "best_case"):
        assert sum(Decimal(rows[email][name]) for email in (ANA, BEN, DAN)) == Decimal(rows[None][name])
    assert rows[DAN]["chance"] is None
    assert 0 <= rows[ANA]["chance"] <= 1


def test_what_moved_in_the_week_before_a_day_ties_out_to_0_00(made: Path) -> None:
    found = ask(made, "rollup", "--as-of", "2024-02-15")["bridge"]
    assert found == {
        "since": "2024-02-08", "start": "1830.13", "new": "0.00", "pulled_in": "0.00", "pushed_out": "0.00", "changed": "0.00",
        "lost": "0.00", "won": "100.10", "removed": "0.00", "end": "1730.03", "difference": "0.00",
    }  # fmt: skip
    assert ask(made, "rollup", "--as-of", "2024-02-23")["bridge"]["lost"] == "30.03"


def test_the_outlook_says_what_is_needed_whom_to_coach_and_who_uses_what(made: Path) -> None:
    found = ask(made, "rollup")
    assert {row["member"] for row in found["coverage"]} == {None, ANA, BEN, DAN}
    assert {card["member"]: card["why"] for card in found["coaching"]}[ANA] == "n = 0: too few to compare."
    used = {(row["member"], row["process"]): row for row in found["adoption"]}
    assert (used[ANA, "opportunities"]["due"], used[ANA, "opportunities"]["touched"]) == (3, 3)
    assert used[ANA, "leads"]["due"] == 0
    assert ask(made, "rollup", "--as-of", "2024-02-15")["adoption"] == [], "of a past day the use is not known"


def test_a_manager_looks_ahead_over_the_own_team_alone(made: Path) -> None:
    found = ask(made, "rollup", "--as", EVA)
    assert [row["member"] for row in found["forecast"]["rows"]] == [None, DAN]
    assert {row["member"] for row in found["adoption"]} == {EVA, DAN}


def test_straight_from_workbooks_there_is_a_forecast_and_no_past(made: Path) -> None:
    found = ask(made, "rollup", "--from", *books(made, "Ana Lee", "Ben Poe"))
    assert found["bridge"] is None
    assert {row["member"] for row in found["forecast"]["rows"]} >= {None, ANA, BEN}


# ── straight from workbooks ──────────────────────────────────────────────────────────────────────


def test_workbooks_give_what_the_store_gives(made: Path) -> None:
    ours = ask(made, "rollup", *GROUPS, "--from", *books(made, "Ana Lee", "Ben Poe", "Cem Ray"))
    store = ask(made, "rollup", *GROUPS)
    assert ours["groups"] == store["groups"]
    assert ours["reconciliation"] == store["reconciliation"]
    assert [r["cell"][1:] for r in ours["rejected"]] == ["8"]


def test_without_a_workspace_workbooks_still_tell_team_accounts_and_figures(made: Path, tmp_path: Path) -> None:
    found = ask(
        tmp_path,
        "rollup",
        "--by",
        "team",
        "--by",
        "account.industry",
        "--by",
        "owner",
        "--from",
        *books(made, "Ana Lee", "Ben Poe"),
    )
    assert {k: r["rows"] for k, r in rows_of(found, "team").items()} == {"North": 3}
    assert {k: r["rows"] for k, r in rows_of(found, "account.industry").items()} == {"Steel": 1, None: 2}
    assert found["reconciliation"]["rows_rejected"] == 3, "there is no table of rates outside a workspace"


def foreign(path: Path, rows: Sequence[Sequence[object]], above: int = 2) -> str:
    """Write a workbook that is none of ours: a title, then a table in an order of its own."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "Pipeline of the north"
    for number, row in enumerate(rows, above + 1):
        for column, value in enumerate(row, 2):
            sheet.cell(number, column, value)
    book.save(path)
    return str(path)


def test_a_foreign_workbook_with_its_own_column_order_is_read_and_its_bad_cells_are_named(made: Path, tmp_path: Path) -> None:
    path = foreign(tmp_path / "north.xlsx", [
        ("Stage", "Created on", "Remark", "Amount", "Owner", "Name", "Close date", "External ID"),
        ("won", datetime(2024, 1, 1), "x", 50.5, ANA, "A", datetime(2024, 1, 11), "F-1"),
        ("Qualify", None, "x", "many", ANA, "B", None, "F-2"),
        ("Dreaming", None, "x", 5, ANA, "C", None, "F-3"),
        (None, None, None, None, None, None, None, None),
        ("Qualify", None, "x", 4, BEN, "D", None, "F-1"),
        ("Qualify", "2024-02-30", "x", 4, BEN, "E", None, "F-5"),
        ("Discover", None, "x", None, BEN, "F", None, None),
    ])  # fmt: skip
    found = ask(made, "rollup", "--by", "owner", "--from", path)
    assert {k: (r["rows"], r["won_amount"]) for k, r in rows_of(found, "owner").items() if r["rows"]} == {
        ANA: (1, "50.50"),
        BEN: (1, "0.00"),
    }
    assert [(r["sheet"], r["cell"], r["book"]) for r in found["rejected"]] == [
        ("Sheet", c, path) for c in ("E5", "B6", "I8", "C9")
    ]
    assert "counted once" in found["rejected"][2]["reason"]
    assert found["reconciliation"] == {"rows_read": 6, "rows_counted": 2, "rows_rejected": 4, "difference": "0.00"}


def test_a_bad_amount_in_a_book_of_ours_is_named_and_the_rest_counts(team: Path) -> None:
    path = team / "books" / "Ana Lee.xlsx"
    book = openpyxl.load_workbook(path)
    headers = [c.value for c in book["Opportunities"][5]]
    cell = book["Opportunities"].cell(6, headers.index("Amount") + 1)
    cell.value = "a lot"
    book.save(path)
    found = ask(team, "rollup", "--by", "owner", "--from", str(path))
    assert [(r["sheet"], r["cell"]) for r in found["rejected"]] == [("Opportunities", cell.coordinate)]
    assert found["reconciliation"] == {"rows_read": 3, "rows_counted": 2, "rows_rejected": 1, "difference": "0.00"}


def test_a_row_pasted_with_its_id_is_told_and_a_file_named_twice_counts_once(team: Path) -> None:
    path = team / "books" / "Ana Lee.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["Opportunities"]
    for column in range(1, 12):
        sheet.cell(12, column).value = sheet.cell(6, column).value
    book.save(path)
    found = ask(team, "rollup", "--from", str(path), str(path))
    assert found["reconciliation"] == {"rows_read": 4, "rows_counted": 3, "rows_rejected": 1, "difference": "0.00"}
    assert "Opportunities!6" in found["rejected"][0]["reason"]


def test_a_file_that_cannot_be_read_is_listed_and_the_others_go_on(made: Path, tmp_path: Path) -> None:
    broken, other = tmp_path / "broken.xlsx", tmp_path / "notes.xlsx"
    broken.write_bytes(b"this is no workbook")
    foreign(other, [("Just", "words")])
    missing = tmp_path / "gone.xlsx"
    found = ask(made, "rollup", "--by", "owner", "--from", str(broken), *books(made, "Ana Lee"), str(other), str(missing))
    assert rows_of(found, "owner")[ANA]["rows"] == 3
    assert {Path(r["book"]).name for r in found["rejected"]} == {"broken.xlsx", "notes.xlsx", "gone.xlsx"}
    assert all(r["reason"] and not r["cell"] for r in found["rejected"])


def test_where_no_file_can_be_used_the_command_is_refused(made: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"this is no workbook")
    code, out, _ = run(made, "rollup", "--from", str(broken), "--json")
    assert code == 3
    assert json.loads(out)["error"]["message"]


@pytest.mark.parametrize(
    "words",
    [("--as-of", "yesterday"), ("--from", "x.xlsx", "--as-of", "2024-01-01"), ("x.xlsx",)],
    ids=["no day", "past of a file", "stray word"],
)
def test_wrong_usage_is_told_as_such(made: Path, words: tuple[str, ...]) -> None:
    assert run(made, "rollup", *words)[0] == 2


# ── does it tie out ──────────────────────────────────────────────────────────────────────────────


def counted(amount: str, **values: Any) -> Counted:
    return Counted(
        {"id": "OP-1", "owner": ANA, **values}, "Won", Decimal(amount), "a.xlsx", "Opportunities", "F9", "2024-01-01T00:00:00"
    )


@pytest.mark.parametrize(("total", "difference"), [("100.00", "0.00"), ("100.01", "0.01"), ("99.98", "-0.02")])
def test_a_cent_that_no_group_holds_is_the_difference(total: str, difference: str) -> None:
    source = Source(
        [counted("60.00"), counted("40.00")], read=2, total=Decimal(total), tables=PLAYBOOK.view({}, datetime(2024, 1, 1))
    )
    result = make_roll_up(PLAYBOOK, source, [("owner",)], as_of=date(2024, 1, 1), currency="EUR")
    assert result.document()["reconciliation"]["difference"] == difference


def test_a_row_that_is_counted_in_part_is_listed_with_its_part() -> None:
    source = Source(
        [counted("60.004"), counted("40.00")], read=2, total=Decimal("100.004"), tables=PLAYBOOK.view({}, datetime(2024, 1, 1))
    )
    document = make_roll_up(PLAYBOOK, source, [("owner",)], as_of=date(2024, 1, 1), currency="EUR").document()
    assert document["reconciliation"]["difference"] == "0.004"
    assert [(r["book"], r["cell"]) for r in document["rejected"]] == [("a.xlsx", "F9")]
    assert "0.004" in document["rejected"][0]["reason"]


def test_what_was_turned_down_at_a_sync_is_listed_and_the_store_counts(team: Path) -> None:
    shutil.rmtree(team / "books")
    ask(team, "book", "new", ANA, "-o", str(team / "mine.xlsx"))
    book = openpyxl.load_workbook(team / "mine.xlsx")
    sheet = book["Opportunities"]
    headers = {str(c.value): n for n, c in enumerate(sheet[5], 1)}
    sheet.cell(6, headers["Amount"]).value = "a lot"
    waiting = next(r for r in range(6, 60) if sheet.cell(r, headers["Name"]).value is None)
    sheet.cell(waiting, headers["Name"]).value = "New one"
    sheet.cell(waiting, headers["Stage"]).value = "Dreaming"
    book.save(team / "mine.xlsx")
    ask(team, "sync", str(team / "mine.xlsx"))
    found = ask(team, "rollup", "--as", ANA, "--by", "owner")
    assert {r["cell"] for r in found["rejected"]} == {
        sheet.cell(6, headers["Amount"]).coordinate,
        sheet.cell(waiting, headers["Stage"]).coordinate,
    }
    assert found["reconciliation"] == {"rows_read": 4, "rows_counted": 3, "rows_rejected": 1, "difference": "0.00"}


# ── the manager's workbook ───────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def workbook(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "rollup.xlsx"
    ask(made, "rollup", "-o", str(path), "--by", "close_quarter", "--by", "owner", "--by", "stage", "--by", "manager,team")
    return path


def table(path: Path, tab: str) -> list[dict[str, Any]]:
    """Give the rows of a report's table by their headers, its total line too."""
    book = openpyxl.load_workbook(path, data_only=True)
    sheet = book[tab]
    head = next(r for r in range(1, 9) if sheet.cell(r, 2).value is not None and sheet.cell(r, 1).fill.fgColor.rgb != "00000000")
    headers = [c.value for c in sheet[head]]
    rows = [dict(zip(headers, (c.value for c in row), strict=True)) for row in sheet.iter_rows(head + 1)]
    book.close()
    return rows


def test_every_counted_row_says_its_workbook_tab_cell_and_time(workbook: Path) -> None:
    rows = {row["Opportunity"]: row for row in table(workbook, "Rows")}
    assert set(rows) == {"One", "Two", "Three", "Four", "Five", "Total"}
    one = rows["One"]
    assert (one["Owner"], one["Amount"], one["Workbook"], one["Tab"]) == ("Ana Lee", 100.1, "(import)", "opportunities.csv")
    assert one["Cell"].endswith("2")
    assert datetime.fromisoformat(one["Last touched (UTC)"]).replace(tzinfo=UTC) <= datetime.now(UTC)


def test_the_tables_show_the_figures_people_by_name_and_a_total(workbook: Path) -> None:
    rows = {row["Owner"]: row for row in table(workbook, "By owner")}
    assert list(rows) == ["Ben Poe", "Ana Lee", "Dan Fox", "Total"]
    assert (rows["Ana Lee"]["Weighted"], rows["Ana Lee"]["Win rate"], rows["Dan Fox"]["Win rate"]) == (150.15, 0.5, None)
    assert (rows["Total"]["Rows"], rows["Total"]["Won amount"], rows["Total"]["Win rate"]) == (5, 1000.1, 0.666667)


def test_members_without_a_workbook_are_named(workbook: Path) -> None:
    assert {row["E-mail"]: row["State"] for row in table(workbook, "Members")} == {
        ANA: "live",
        BEN: "live",
        CEM: "live",
        DAN: "missing",
    }


def test_a_member_who_has_been_silent_is_named_with_the_day() -> None:
    source = Source(freshness=[(ANA, "a.xlsx", "live", "2024-05-01T08:00:00"), (BEN, "b.xlsx", "live", "2024-05-09T08:00:00")])
    assert late(source, datetime(2024, 5, 10), 7) == [(ANA, "a.xlsx", "2024-05-01T08:00:00")]


def test_what_is_not_in_the_figures_is_listed_with_its_reason(workbook: Path) -> None:
    (row,) = table(workbook, "Rejected")
    assert (row["In the figures"], row["Tab"]) == ("not counted", "opportunities.csv")
    assert "GBP" in row["Reason"]


def test_a_team_without_a_single_deal_gets_a_workbook_too(tmp_path: Path) -> None:
    source = Source(tables=PLAYBOOK.view({}, datetime(2024, 1, 1)))
    result = make_roll_up(PLAYBOOK, source, [], as_of=date(2024, 1, 1), currency="EUR")
    data = write_roll_up(result, datetime(2024, 1, 1))
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames[0] == "Overview"
    assert data == write_roll_up(result, datetime(2024, 1, 1)), "the same figures give the same bytes"


def test_the_manager_gets_a_page_for_each_question_ahead(workbook: Path) -> None:
    names = openpyxl.load_workbook(workbook, read_only=True).sheetnames
    assert [n for n in names if n in ("Forecast", "Coverage", "What moved", "Coaching", "Adoption", "Adoption by process")] == [
        "Forecast", "Coverage", "What moved", "Coaching", "Adoption", "Adoption by process",
    ]  # fmt: skip


def test_the_charts_are_native_and_draw_the_cells(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) >= 3
    assert all(re.search(r"<c:f>'?(By |Forecast|Coverage|What moved|Coaching|Adoption)", chart) for chart in charts)


@pytest.mark.slow
@needs("soffice")
def test_libreoffice_finds_no_error_and_keeps_the_charts(workbook: Path, tmp_path: Path) -> None:
    dump = office.open_and_dump(workbook)
    assert dump.errors == []
    assert sum(len(sheet.formulas) for sheet in dump.sheets.values()) >= 20
    saved = office.convert(workbook, tmp_path / "again.xlsx")
    with zipfile.ZipFile(workbook) as before, zipfile.ZipFile(saved) as after:
        count = [sum(name.startswith("xl/charts/chart") for name in parts.namelist()) for parts in (before, after)]
    assert count[0] == count[1]
