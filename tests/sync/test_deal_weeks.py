"""Deal buttons on real workbooks: snapshots are kept as rows, follow from the history, and no later sync stumbles over them."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_stand import ask, run

sys.path.insert(0, str(Path(__file__).parent))

from sheetsales_workbooks.csv_file import write_csv

ANA, MARA = "ana@team.example", "mara@team.example"
TODAY = date.today()
SOON, LATER = TODAY + timedelta(days=1), TODAY + timedelta(days=400)
FILES: dict[str, list[tuple[object, ...]]] = {
    "people": [("email", "name", "role", "manager_email", "team"), (MARA, "Mara", "sales_manager", None, "North"), (ANA, "Ana", "inside_rep", MARA, "North")],
    "opportunities": [
        ("external_id", "name", "owner", "amount", "stage", "created_on", "close_date"),
        ("O-1", "Pumps", ANA, "100.10", "Proposal", "2024-01-01", SOON.isoformat()),
        ("O-2", "Valves", ANA, "50.00", "Qualify", "2024-01-01", SOON.isoformat()),
        ("O-3", "Seals", ANA, "7.00", "Discover", "2024-01-01", LATER.isoformat()),
        ("O-4", "Old", ANA, "900.00", "Won", "2024-01-01", "2024-02-01"),
    ],
    "quotas": [("who", "period", "amount"), (ANA, f"{SOON.year}-Q{(SOON.month + 2) // 3}", "400")],
}  # fmt: skip


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rep with three open deals, a manager, and a workbook for each; the snapshot of the week is taken."""
    root = tmp_path_factory.mktemp("deals") / "team"
    run(root.parent, "init", str(root))
    for table, rows in FILES.items():
        path = root / f"{table}.csv"
        path.write_bytes(write_csv(rows[0], rows[1:]))
        words = ("members", "import", str(path)) if table == "people" else ("import", table, str(path))
        assert ask(root, *words)["rejected"] == []
    for email in (ANA, MARA):
        ask(root, "book", "new", email)
    return root


def press(root: Path, action: str, who: str = "Ana", *words: str) -> dict[str, Any]:
    return ask(root, "run", action, str(root / "books" / f"{who}.xlsx"), *words)["books"][0]  # type: ignore[no-any-return]


def records(root: Path, table: str) -> list[dict[str, Any]]:
    return ask(root, "export", table, "--format", "json")["records"]  # type: ignore[no-any-return]


def test_a_snapshot_is_kept_as_rows_once_and_is_what_the_history_says_of_that_day(team: Path) -> None:
    assert "3 deals kept" in press(team, "deals.snapshot")["message"]
    kept = records(team, "deal_week")
    assert {(row["opportunity"], row["amount"], row["stage"]) for row in kept} == {
        ("Pumps", "100.10", "Proposal"), ("Valves", "50.00", "Qualify"), ("Seals", "7.00", "Discover"),
    }  # fmt: skip
    assert press(team, "deals.snapshot")["changed"] == []
    assert press(team, "deals.snapshot", "Mara")["changed"] == [], "the manager's snapshot is the same one"
    total = ask(team, "rollup", "--as-of", TODAY.isoformat(), "--by", "owner")["total"]
    assert sum(Decimal(row["amount"]) for row in kept) == Decimal(total["open_amount"])


def test_every_deal_button_writes_its_reasons_into_the_sheet_and_the_next_sync_finds_nothing_missing(team: Path) -> None:
    for action in ("deals.review", "deals.forecast", "deals.inputs", "deals.bridge", "deals.month", "deals.elsewhere"):
        assert press(team, action)["changed"], action
        assert press(team, action)["changed"] == [], f"{action} twice"
    states = {Path(book["path"]).stem: (book["state"], book["message"]) for book in ask(team, "sync")["books"]}
    assert states["Ana"][0] in ("synced", "unchanged"), states
    book = openpyxl.load_workbook(team / "books" / "Ana.xlsx", read_only=True)
    rows = [row for row in book["Deal report"].iter_rows(min_row=6, values_only=True) if row[2]]
    assert {row[2] for row in rows} == {
        "Where do I stand",
        "Forecast",
        "What moved",
        "What do I need",
        "Map my month",
        "Where else to sell",
    }
    assert sum(bool(row[7]) for row in rows) > len(rows) / 2, "most lines say why"


def test_a_forecast_is_handed_in_and_adjusted_by_the_manager_beside_it(team: Path) -> None:
    assert press(team, "deals.submit")["changed"]
    said = press(team, "deals.adjust", "Mara", "--set", f"who={ANA}", "--set", "amount=-5", "--set", "reason=One is soft")
    assert "counts as" in said["message"]
    (given,) = records(team, "forecast_calls")
    assert (given["manager_adjustment"], given["adjustment_reason"], given["owner"]) == ("-5.00", "One is soft", ANA)
    row = next(row for row in ask(team, "rollup")["forecast"]["rows"] if row["member"] == ANA)
    assert Decimal(row["adjusted"]) == Decimal(row["submitted"]) - 5
    code, _, _ = run(team, "run", "deals.adjust", str(team / "books" / "Mara.xlsx"), "--set", f"who={ANA}", "--set", "amount=-9")
    assert code == 2


def test_the_manager_gets_a_card_and_a_log_and_the_rep_sees_neither(team: Path) -> None:
    assert "1 cards" in press(team, "deals.coach", "Mara")["message"]
    tabs = {who: openpyxl.load_workbook(team / "books" / f"{who}.xlsx", read_only=True).sheetnames for who in ("Ana", "Mara")}
    assert {"Coaching cards", "Coaching log"} <= set(tabs["Mara"])
    assert not {"Coaching cards", "Coaching log"} & set(tabs["Ana"])
