"""Stages and hand-overs by the real commands: what an import logs, a gate on a real workbook, an account that changes hands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_stand import ask, run

ANA, KAI = "ana@acme.example", "kai@acme.example"
FILES = {
    "team": f"email,name,role,manager_email,team\n{ANA},Ana Brandt,inside_rep,,North\n{KAI},Kai Amann,key_account_manager,,North\n",
    "products": "sku,name,list_price,margin\nA,Alpha,10000,0.4\nB,Beta,5000,0.6\n",
    "opportunities": "external_id,name,owner,account,product,stage,amount,source,business_problem,created_on,close_date,"
    "decision_process,value_to_customer\n"
    f"D1,Fjord Alpha,{ANA},Fjord Foods,Alpha,Solution,12500,Event,Orders are lost between two systems,2026-01-05,2027-01-15,Board,9\n"
    f"D2,Alder Alpha,{ANA},Alder Tools,Alpha,Won,8400.50,Referral,Stock counts are wrong every month,2026-01-11,2026-02-20,Owner,9\n"
    f"D3,Dora Alpha,{KAI},Dora KG,Alpha,Won,3000,Referral,Stock counts are wrong every month,2026-01-11,2026-02-20,Owner,9\n"
    f"D4,Dora Beta,{KAI},Dora KG,Beta,Won,3000,Referral,Stock counts are wrong every month,2026-01-11,2026-02-20,Owner,9\n",
    "stakeholders": f"opportunity,owner,person,role,influence,stance\nFjord Alpha,{ANA},Ada Roth,Champion,4,2\n",
    "competitors": f"opportunity,owner,name,status,our_position\nFjord Alpha,{ANA},Rival,Incumbent,Runs on site\n",
}


@dataclass
class Desk:
    """A workspace with two members, their books and four imported opportunities."""

    root: Path

    def rows(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(self.root, "export", table, "--format", "json")["records"]
        return found

    def id_of(self, key: str) -> str:
        return next(str(row["id"]) for row in self.rows("opportunities") if row["external_id"] == key)

    def press(self, action: str, who: str, *more: str) -> dict[str, Any]:
        book: dict[str, Any] = ask(self.root, "run", action, f"books/{who}.xlsx", *more)["books"][0]
        return book


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    root = tmp_path_factory.mktemp("stages") / "acme"
    assert run(root, "init", str(root), "--currency", "EUR")[0] == 0
    for name, text in FILES.items():
        (root / f"{name}.csv").write_text(text, "utf-8")
    ask(root, "members", "import", "team.csv")
    for table in list(FILES)[1:]:
        ask(root, "import", table, f"{table}.csv", *(["--create-missing"] if table == "opportunities" else []))
    for member in (ANA, KAI):
        ask(root, "book", "new", member)
    yield Desk(root)


def test_an_import_logs_the_first_stage_at_the_day_of_creation_and_of_a_closed_one_its_close(desk: Desk) -> None:
    log = {row["opportunity"]: row for row in desk.rows("stage_events")}
    assert len(log) == 4
    assert [(log[name]["from"], log[name]["to"], log[name]["at"][:10]) for name in ("Fjord Alpha", "Alder Alpha")] == [
        (None, "Solution", "2026-01-05"),
        (None, "Won", "2026-02-20"),
    ]
    assert (log["Fjord Alpha"]["owner"], log["Fjord Alpha"]["team"]) == (ANA, "North")
    again = ask(desk.root, "import", "opportunities", "opportunities.csv")
    assert (again["created"], again["updated"]) == (0, 0)
    assert len(desk.rows("stage_events")) == 4


def test_the_gate_stops_the_button_with_exactly_what_is_missing_and_a_reason_passes_it_into_the_log(desk: Desk) -> None:
    deal = desk.id_of("D1")
    said = desk.press("opportunities.advance", "Ana Brandt", "--row", deal)
    assert said["changed"] == []
    assert said["message"].endswith("Cannot move to Proposal. Missing: economic buyer, two people engaged in 30 days.")
    assert said["message"].count("Cannot move") == 1
    why = "The board has signed for it"
    said = desk.press("opportunities.advance", "Ana Brandt", "--row", deal, "--set", f"reason={why}")
    assert {c["column"]: c["new"] for c in said["changed"] if c["record"] == deal}["stage"] == "Proposal"
    moved = [row for row in desk.rows("stage_events") if row["from"] is not None]
    assert [(row["from"], row["to"], row["by"], row["override_reason"]) for row in moved] == [("Solution", "Proposal", ANA, why)]
    assert ask(desk.root, "import", "stage_events", "team.csv", code=3)["error"]["code"] == "not_allowed"


def test_a_hand_over_begins_with_the_rep_and_ends_as_a_plan_of_the_account_manager(desk: Desk) -> None:
    begun = desk.press("accounts.draft_handover", "Ana Brandt", "--row", desk.id_of("D2"))
    assert "1 hand-overs drafted" in begun["message"]
    (row,) = desk.rows("handovers")
    assert (row["from_rep"], row["to_am"], row["owner"], row["products"]) == (ANA, KAI, ANA, "Alpha")
    (desk.root / "rest.csv").write_text(
        "account,from_rep,to_am,owner,promises,stakeholders,open_risks,next_90_days\n"
        f"Alder Tools,{ANA},{KAI},{ANA},none,Ada Roth,none,Kick-off\n",
        "utf-8",
    )
    ask(desk.root, "import", "handovers", "rest.csv")
    desk.press("accounts.offer_handover", "Ana Brandt")
    ask(desk.root, "sync")
    early = desk.press("accounts.take_over", "Kai Amann", "--row", row["id"])
    assert early["changed"] == [] and "Hand-over not complete: Why they bought, Promises made" in early["message"]
    desk.press("accounts.accept_section", "Kai Amann")
    desk.press("accounts.take_over", "Kai Amann", "--row", row["id"])
    (plan,) = desk.rows("account_plans")
    assert (plan["account"], plan["owner"], plan["our_goal"]) == (
        "Alder Tools",
        KAI,
        "Reach what was agreed: expected value to the customer 9.00",
    )
    assert [(r["account"], r["sku"], r["owner"]) for r in desk.rows("products_owned")] == [("Alder Tools", "Alpha", KAI)]
    assert desk.rows("handovers")[0]["state"] == "Complete"


def test_white_space_stands_in_the_account_managers_book_and_in_the_roll_up(desk: Desk) -> None:
    desk.press("accounts.find_white_space", "Kai Amann")
    fields = {(row["account"], row["sku"]): row for row in desk.rows("white_space")}
    assert {key for key, row in fields.items() if row["status"] == "White"} == {("Alder Tools", "Beta")}
    white = fields["Alder Tools", "Beta"]
    assert (white["n"], white["reason"]) == (1, "1 of 1 other owners of Alpha own Beta; of all customers 50%")
    made = desk.press("accounts.make_opportunity", "Kai Amann", "--row", white["id"])
    assert "1 opportunities made" in made["message"]
    assert [r["to"] for r in desk.rows("stage_events") if r["opportunity"] == "Alder Tools - Beta"] == ["Discover"]
    ask(desk.root, "rollup", "-o", "rollup.xlsx")
    book = openpyxl.load_workbook(desk.root / "rollup.xlsx", read_only=True)
    lines = {row[0]: row[1:] for row in book["White space"].iter_rows(values_only=True) if row[0] in ("Alder Tools", "Dora KG")}
    assert {name: sorted(str(cell) for cell in cells[1:3]) for name, cells in lines.items()} == {
        "Alder Tools": ["open", "owned"],
        "Dora KG": ["owned", "owned"],
    }
    assert run(desk.root, "verify")[0] == 0
