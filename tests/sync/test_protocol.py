"""The demands of the sync protocol, one by one, on real files by the real command line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import spoiling
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from team_stand import ANA, BEN, MARA, NAMES, Team, put_csv, team

from sheetsales_workbooks.host import CONFLICTS_SHEET, LOG_FIRST_ROW, REMOVED_SHEET

__all__ = ["team"]


def settled(team: Team) -> None:
    """Assert that another sync changes no byte, and that the records follow from the history."""
    before = team.bytes()
    team.sync()
    assert team.bytes() == before
    assert team.ok("verify")["ok"]


def lines(team: Team, who: str, tab: str) -> list[str]:
    """Give the lines of a log tab as text, as another program reads them."""
    sheet = openpyxl.load_workbook(team.book(who))[tab]
    rows = sheet.iter_rows(min_row=LOG_FIRST_ROW, values_only=True)
    return [" | ".join(str(cell) for cell in row if cell is not None) for row in rows if any(c is not None for c in row)]


def decide(team: Team, who: str, decision: str, other: object = None, line: int = 0) -> None:
    """Choose a decision in the drop-down of a line of the Conflicts tab."""
    row = LOG_FIRST_ROW + line
    team.put(who, CONFLICTS_SHEET, row, 12, decision)
    if other is not None:
        team.put(who, CONFLICTS_SHEET, row, 13, other)


def mark(team: Team, who: str, table: str, key: str) -> None:
    """Mark a row for deletion."""
    tab = team.tab(who, table)
    assert tab.action_column is not None
    team.put(who, tab.sheet, team.row(who, table, key).row, tab.action_column, "Delete")


def reassign(team: Team, key: str, owner: str) -> None:
    """Give a deal to somebody else, as the manager."""
    team.type(MARA, "opportunities", key, owner=owner)


def unchanged(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Say whether two states of the records agree in all but the version."""
    service = ("version", "updated_at")
    return {k: {c: v for c, v in r.items() if c not in service} for k, r in before.items()} == {
        k: {c: v for c, v in r.items() if c not in service} for k, r in after.items()
    }


# ── identity ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("identity", [None, "rubbish", "OP-7F3K9QWX2M-ZZ"], ids=["blanked", "typed over", "of no check digits"])
def test_a_row_that_lost_its_id_is_linked_to_its_record_again(team: Team, identity: str | None) -> None:
    row = team.row(ANA, "opportunities", "O-1")
    team.type(ANA, "opportunities", "O-1", next_step="Call Ida")
    team.put(ANA, "Opportunities", row.row, team.tab(ANA, "opportunities").id_column, identity)
    team.sync()
    deals = team.records("opportunities")
    assert set(deals) == {"O-1", "O-2", "O-3"} and deals["O-1"]["next_step"] == "Call Ida" and deals["O-1"]["id"] == row.id
    assert team.row(ANA, "opportunities", "O-1").id == row.id
    settled(team)


def test_a_row_of_ones_own_pasted_from_another_book_is_linked_and_what_differs_is_a_conflict(team: Team) -> None:
    team.type(ANA, "opportunities", "", name="New at Ana's", next_step="Ana's words", stage="Qualify")
    team.sync(team.book(ANA))
    row = next(r for r in team.tab(ANA, "opportunities").rows if r.cells["name"] == "New at Ana's")
    row.cells["next_step"] = "Mara's words"
    spoiling.INPUTS["opportunities"] += ("next_step",)
    try:
        spoiling.put_row(team, MARA, "opportunities", row, identity=row.id)
    finally:
        spoiling.INPUTS["opportunities"] = spoiling.INPUTS["opportunities"][:-1]
    team.sync()
    assert [r["next_step"] for r in team.records("opportunities").values() if r["name"] == "New at Ana's"] == ["Ana's words"]
    assert ("Mara's words", "Ana's words") in {(c["mine"], c["theirs"]) for c in team.ok("conflicts")["conflicts"]}
    assert [r.id for r in team.tab(MARA, "opportunities").rows].count(row.id) == 1
    settled(team)


# ── absence, deletion ────────────────────────────────────────────────────────────────────────────


def test_a_row_or_two_that_are_gone_are_put_back_with_a_word(team: Team) -> None:
    before = team.records("opportunities")
    spoiling.clear_row(team, ANA, "opportunities", "O-2")
    synced = team.sync()["Ana.xlsx"]
    assert synced["state"] == "synced" and "missing and w" in synced["message"] and "Action = Delete" in synced["message"]
    assert "put back" in " ".join(team.read(ANA).notices)
    assert unchanged(before, team.records("opportunities")) and team.row(ANA, "opportunities", "O-2").cells["amount"] == 640.5
    settled(team)


def test_a_delete_of_what_somebody_changed_since_is_a_conflict_and_the_record_lives(team: Team) -> None:
    mark(team, ANA, "opportunities", "O-1")
    team.type(MARA, "opportunities", "O-1", next_step="Mara was here")
    team.sync(team.book(MARA))
    team.sync()
    assert team.records("opportunities")["O-1"]["next_step"] == "Mara was here"
    (line,) = lines(team, ANA, CONFLICTS_SHEET)
    assert "Changed since you saw it" in line and "Mara was here" in line
    assert not team.row(ANA, "opportunities", "O-1").action
    settled(team)
    decide(team, ANA, "Keep mine")
    team.sync()
    assert "O-1" not in team.records("opportunities") and lines(team, ANA, CONFLICTS_SHEET) == []
    assert "O-1" not in {r.cells["external_id"] for r in team.tab(MARA, "opportunities").rows}
    settled(team)


@pytest.mark.parametrize("decision", ["Keep mine", "Take theirs"])
def test_an_edit_of_a_deleted_record_is_a_conflict_and_only_a_decision_brings_it_back(team: Team, decision: str) -> None:
    mark(team, MARA, "opportunities", "O-1")
    team.sync(team.book(MARA))
    team.type(ANA, "opportunities", "O-1", next_step="Ana goes on")
    team.sync()
    assert "O-1" not in team.records("opportunities")
    (line,) = lines(team, ANA, CONFLICTS_SHEET)
    assert "deleted" in line and "Ana goes on" in line
    settled(team)
    decide(team, ANA, decision)
    team.sync()
    back = team.records("opportunities").get("O-1")
    assert (back["next_step"] == "Ana goes on") if decision == "Keep mine" and back else back is None
    assert lines(team, ANA, CONFLICTS_SHEET) == []
    settled(team)


def test_what_was_typed_into_a_computed_cell_of_a_deleted_record_is_kept_too(team: Team) -> None:
    mark(team, MARA, "opportunities", "O-1")
    team.sync(team.book(MARA))
    team.type(ANA, "opportunities", "O-1", stage_since="since the fair")
    team.sync()
    assert "since the fair" in {raw for raw, _ in everything_turned_down(team)}
    settled(team)


# ── conflicts ────────────────────────────────────────────────────────────────────────────────────

DECISIONS = {"Keep mine": "Mara's", "Take theirs": "Ana's", "Other value": "Both of us"}


@pytest.mark.parametrize(("decision", "shared"), DECISIONS.items(), ids=DECISIONS)
def test_a_conflict_is_solved_in_the_sheet_and_both_values_are_kept(team: Team, decision: str, shared: str) -> None:
    team.type(ANA, "opportunities", "O-1", next_step="Ana's")
    team.type(MARA, "opportunities", "O-1", next_step="Mara's")
    team.sync()
    (line,) = lines(team, MARA, CONFLICTS_SHEET)
    assert "Ana's" in line and "Mara's" in line and lines(team, ANA, CONFLICTS_SHEET) == []
    rules = openpyxl.load_workbook(team.book(MARA))[CONFLICTS_SHEET].data_validations.dataValidation
    assert any(f"L{LOG_FIRST_ROW}" in rule.sqref and rule.type == "list" for rule in rules)
    decide(team, MARA, decision, shared if decision == "Other value" else None)
    team.sync()
    for who in (ANA, MARA):
        assert team.row(who, "opportunities", "O-1").cells["next_step"] == shared
    assert lines(team, MARA, CONFLICTS_SHEET) == [] and team.ok("conflicts")["conflicts"] == []
    assert {"Ana's", "Mara's"} <= {c for row in everything(team) for c in row}
    settled(team)


def everything(team: Team) -> list[tuple[str, ...]]:
    """Give all that history and conflicts, open or solved, hold as text."""
    import contextlib
    import sqlite3

    with contextlib.closing(sqlite3.connect(team.root / "sheetsales.db")) as store:
        found = (
            store.execute("SELECT mine, theirs FROM conflict").fetchall()
            + store.execute("SELECT new, old FROM history").fetchall()
        )
    return [tuple(str(value) for value in row) for row in found]


def test_a_decision_about_a_value_that_moved_on_opens_the_conflict_again(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", next_step="Ana's")
    team.type(MARA, "opportunities", "O-1", next_step="Mara's")
    team.sync()
    decide(team, MARA, "Keep mine")
    team.type(ANA, "opportunities", "O-1", next_step="Ana's second")
    team.sync(team.book(ANA))
    team.sync()
    assert team.records("opportunities")["O-1"]["next_step"] == "Ana's second"
    (line,) = lines(team, MARA, CONFLICTS_SHEET)
    assert "Ana's second" in line and "Mara's" in line
    settled(team)


# ── columns ──────────────────────────────────────────────────────────────────────────────────────


def edit(team: Team, who: str, change: Callable[[Any], None]) -> None:
    """Change the Opportunities tab by another program."""
    book = openpyxl.load_workbook(team.book(who))
    change(book["Opportunities"])
    book.save(team.book(who))


def test_a_column_put_in_between_and_one_that_bears_our_header_are_the_reps_own(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", next_step="Call", win_theme="Speed")
    team.sync()
    before = team.records("opportunities")
    head = team.tab(ANA, "opportunities").header_row
    right = max(team.tab(ANA, "opportunities").columns.values()) + 2

    def change(sheet: Any) -> None:
        sheet.cell(head, right, sheet.cell(head, team.tab(ANA, "opportunities").columns["next_step"]).value)
        for row in range(head + 1, head + 3):
            sheet.cell(row, right, f"mine {row}")
            sheet.cell(row, right + 1, f"without a header {row}")

    edit(team, ANA, change)
    team.type(ANA, "opportunities", "O-1", next_step="Call again")
    assert team.sync()["Ana.xlsx"]["accepted"] == 1
    after = team.records("opportunities")
    assert after["O-1"]["next_step"] == "Call again" and after["O-2"]["next_step"] == before["O-2"]["next_step"]
    assert {f"mine {head + 1}", f"without a header {head + 1}"} <= set(team.row(ANA, "opportunities", "O-1").extra.values())
    assert not any(spoiling.mentions(team.book(other), f"mine {head + 1}") for other in NAMES if other != ANA)
    settled(team)


def test_a_column_that_was_deleted_comes_back_with_its_values(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", win_theme="Speed")
    team.sync()
    edit(team, ANA, lambda sheet: sheet.delete_cols(team.tab(ANA, "opportunities").columns["win_theme"]))
    team.sync()
    assert team.records("opportunities")["O-1"]["win_theme"] == "Speed"
    assert team.row(ANA, "opportunities", "O-1").cells["win_theme"] == "Speed"
    settled(team)


# ── the rep's own ────────────────────────────────────────────────────────────────────────────────


def own_things(team: Team) -> tuple[int, int]:
    """Let Ana put a remark, a formula, a note and a colour of her own beside O-1; give the row and the first column."""
    row = team.row(ANA, "opportunities", "O-1").row
    right = max(team.tab(ANA, "opportunities").columns.values()) + 2
    amount = spoiling.letters(team.tab(ANA, "opportunities").columns["amount"])

    def change(sheet: Any) -> None:
        sheet.cell(team.tab(ANA, "opportunities").header_row, right, "My remark")
        sheet.cell(row, right, "Met her at the fair").fill = PatternFill("solid", start_color="FFEE8800")
        sheet.cell(row, right).comment = Comment("ask about the dog", "Ana")
        sheet.cell(row, right + 1, f"={amount}{row}*2")

    edit(team, ANA, change)
    team.sync()
    return row, right


def test_own_columns_formulas_notes_and_colours_stay_while_the_record_changes(team: Team) -> None:
    row, right = own_things(team)
    team.type(MARA, "opportunities", "O-1", amount=15000, next_step="From Mara")
    team.type(ANA, "opportunities", "O-2", amount=-1)
    team.sync()
    sheet = openpyxl.load_workbook(team.book(ANA))["Opportunities"]
    cell = sheet.cell(row, right)
    assert (
        cell.value == "Met her at the fair"
        and cell.fill.start_color.rgb == "FFEE8800"
        and cell.comment.text == "ask about the dog"
    )
    assert re.fullmatch(r"=[A-Z]+\d+\*2", str(sheet.cell(row, right + 1).value))
    settled(team)


@pytest.mark.parametrize("how", ["deleted", "given away"])
def test_what_was_the_reps_own_stands_on_removed_rows_when_the_record_goes(team: Team, how: str) -> None:
    _, right = own_things(team)
    if how == "deleted":
        mark(team, MARA, "opportunities", "O-1")
    else:
        reassign(team, "O-1", BEN)
    team.sync()
    removed = lines(team, ANA, REMOVED_SHEET)
    assert any("My remark" in line and "Met her at the fair" in line and "Pumps for Alder" in line for line in removed), removed
    assert any(re.search(r"=[A-Z]+\d+\*2", line) for line in removed)
    assert any(("was deleted" if how == "deleted" else BEN) in line for line in removed)
    assert "O-1" not in {r.cells["external_id"] for r in team.tab(ANA, "opportunities").rows}
    there = "O-1" in {r.cells["external_id"] for r in team.tab(BEN, "opportunities").rows}
    assert there == (how == "given away") and not spoiling.mentions(team.book(BEN), "Met her at the fair")
    assert (
        openpyxl.load_workbook(team.book(ANA))["Opportunities"].cell(team.tab(ANA, "opportunities").header_row, right).value
        == "My remark"
    )
    settled(team)


def test_an_edit_of_a_record_given_away_meanwhile_is_kept_for_its_author_and_not_taken(team: Team) -> None:
    reassign(team, "O-1", BEN)
    team.sync(team.book(MARA))
    team.type(ANA, "opportunities", "O-1", next_step="Ana did not know")
    team.sync()
    assert team.records("opportunities")["O-1"]["next_step"] is None
    assert not spoiling.mentions(team.book(BEN), "Ana did not know")
    kept = [row for row in everything_turned_down(team) if row[0] == "Ana did not know"]
    assert kept and all("no longer yours" in reason for _, reason in kept)
    settled(team)


def everything_turned_down(team: Team) -> list[tuple[str, str]]:
    """Give all that was ever turned down: what was typed, and why."""
    import contextlib
    import sqlite3

    with contextlib.closing(sqlite3.connect(team.root / "sheetsales.db")) as store:
        return [(str(raw), str(reason)) for raw, reason in store.execute("SELECT raw, reason FROM rejected")]


def test_an_account_that_changes_hands_by_import_moves_the_row_cleanly(team: Team) -> None:
    rows = [("external_id", "name", "owner"), ("O-1", "Pumps for Alder", BEN)]
    team.ok("import", "opportunities", put_csv(team.root / "moves.csv", rows))
    team.sync()
    assert [r.cells["external_id"] for r in team.tab(BEN, "opportunities").rows if r.cells["external_id"]] == ["O-3", "O-1"]
    assert [r.cells["external_id"] for r in team.tab(ANA, "opportunities").rows if r.cells["external_id"]] == ["O-2"]
    settled(team)


# ── copies ───────────────────────────────────────────────────────────────────────────────────────

COPY_NAMES = (
    "Ana (conflicted copy).xlsx",
    "Ana-PC.xlsx",
    "Ana (1).xlsx",
    "Ana.sync-conflict-20261124-101500-ABCDEFG.xlsx",
    "Kopie von Ana.xlsx",
)


@pytest.mark.parametrize("name", COPY_NAMES)
def test_a_copy_of_any_name_is_listed_and_not_live_until_it_is_merged_once(team: Team, name: str) -> None:
    team.type(ANA, "opportunities", "O-2", next_step="Only in the copy")
    copy = Path(shutil.copy(team.book(ANA), team.root / "books" / name))
    team.type(ANA, "opportunities", "O-2", next_step="In the book")
    assert team.sync()[name]["state"] == "copy"
    assert team.records("opportunities")["O-2"]["next_step"] == "In the book"
    first = team.ok("book", "adopt", copy, "--merge")["books"][0]
    again = team.ok("book", "adopt", copy, "--merge")["books"][0]
    assert (first["conflicts"], again["accepted"], again["conflicts"]) == (1, 0, 1)
    assert ("Only in the copy", "In the book") in {(c["mine"], c["theirs"]) for c in team.ok("conflicts")["conflicts"]}
    settled(team)


# ── imports ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("decision", "shared"), [("Keep mine", "From the CRM"), ("Take theirs", "Ana's"), ("Other value", "Both")]
)
def test_a_clash_with_an_import_is_decided_in_the_owners_book(team: Team, decision: str, shared: str) -> None:
    head = ("external_id", "name", "next_step")
    team.ok("import", "opportunities", put_csv(team.root / "crm.csv", [head, ("O-1", "Pumps for Alder", "First")]))
    team.sync()
    team.type(ANA, "opportunities", "O-1", next_step="Ana's")
    team.sync()
    again = team.ok("import", "opportunities", put_csv(team.root / "crm.csv", [head, ("O-1", "Pumps for Alder", "From the CRM")]))
    assert again["conflicts"] == 1
    team.sync()
    (line,) = lines(team, ANA, CONFLICTS_SHEET)
    assert "From the CRM" in line and "Ana's" in line
    assert lines(team, MARA, CONFLICTS_SHEET) == [] and lines(team, BEN, CONFLICTS_SHEET) == []
    settled(team)
    decide(team, ANA, decision, shared if decision == "Other value" else None)
    team.sync()
    assert team.records("opportunities")["O-1"]["next_step"] == shared
    assert lines(team, ANA, CONFLICTS_SHEET) == [] and team.ok("conflicts")["conflicts"] == []
    settled(team)
    assert team.ok("import", "opportunities", team.root / "crm.csv")["conflicts"] == 0
