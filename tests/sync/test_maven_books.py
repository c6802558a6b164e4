"""A whole sales force in its workbooks: 41 books are made, hundreds of cells typed, and every figure follows."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import office
import openpyxl
import pytest
from command_stand import ask, run
from maven_stand import DATA, found_company, import_deals, team
from needing import needs

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

pytestmark = [pytest.mark.skipif(not DATA.exists(), reason="the CRM export is not here"), pytest.mark.slow, needs("soffice")]

SHEET = "Opportunities"
HEADER_ROW = 5
TYPISTS = 12  # agents whose books are edited with a library
IN_OFFICE = 3  # agents whose books are edited in LibreOffice
EDITS_EACH = 16
LATER = date(2018, 2, 15)
ALL = ("--by", "owner", "--by", "stage", "--by", "manager,close_quarter", "--by", "account.industry", "--by", "product")


@dataclass
class Told:
    """What was typed: the deals as they should stand afterwards, and what a person should be told."""

    root: Path
    deals: dict[str, dict[str, Any]]
    typed: int = 0
    new: list[dict[str, Any]] = field(default_factory=list)
    rejected: tuple[str, str] = ("", "")
    clash: tuple[str, str, str] = ("", "", "")
    first: Any = None
    before: Any = None


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Make every member's book, type into many of them, and sync once."""
    root = tmp_path_factory.mktemp("maven") / "books"
    found_company(root, repaired=True)
    import_deals(root)
    for person in team():
        ask(root, "book", "new", person["email"])
    told = Told(root, {d["id"]: d for d in ask(root, "export", "opportunities")["records"]})
    told.before = ask(root, "rollup", *ALL)
    chance = random.Random(20)
    agents = sorted({d["owner"] for d in told.deals.values()})
    chance.shuffle(agents)
    for number, owner in enumerate(agents[:TYPISTS]):
        _type_with_library(told, owner, chance, shuffled=number % 3 == 0)
    for owner in agents[TYPISTS : TYPISTS + IN_OFFICE]:
        _type_in_office(told, owner, chance)
    _mistype(told, agents[0])
    _disagree(told, agents[1])
    told.first = ask(root, "sync")
    return told


def book_of(told: Told, owner: str) -> Path:
    """Give the path of a member's book."""
    name = next(p["name"] for p in team() if p["email"] == owner)
    return told.root / "books" / f"{name}.xlsx"


def columns_of(sheet: Worksheet) -> dict[str, int]:
    """Give the number of each column by its header."""
    return {str(cell.value): number for number, cell in enumerate(sheet[HEADER_ROW], 1) if cell.value}


def _wishes(told: Told, owner: str, chance: random.Random) -> dict[str, dict[str, Any]]:
    """Draw what a rep types: open deals are won, lost, given an amount or a next step."""
    mine = sorted(i for i, d in told.deals.items() if d["owner"] == owner and d["outcome"] == "Open" and d["created_on"])
    wishes: dict[str, dict[str, Any]] = {}
    for number, record in enumerate(chance.sample(mine, min(EDITS_EACH, len(mine)))):
        amount = Decimal(chance.randrange(100, 3_000_000)).scaleb(-2)
        wish: dict[str, Any] = {"Amount": amount}
        if number % 4 == 0:
            wish |= {"Stage": "Won", "Close date": LATER}
        elif number % 4 == 1:
            wish |= {"Stage": "Lost", "Close date": LATER, "Lost reason": "Price"}
        elif number % 4 == 2:
            wish |= {"Next step": "=call back, or write"}
        wishes[record] = wish
    return wishes


def _note(told: Told, record: str, wish: dict[str, Any]) -> None:
    """Write down what a deal should be after the sync."""
    deal = told.deals[record]
    names = {
        "Amount": "amount",
        "Stage": "stage",
        "Close date": "close_date",
        "Next step": "next_step",
        "Lost reason": "lost_reason",
    }
    for header, value in wish.items():
        text = f"{value:.2f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else value
        deal[names[header]] = text
        told.typed += 1
    deal["outcome"] = deal["stage"] if deal["stage"] in ("Won", "Lost") else "Open"


def _type_with_library(told: Told, owner: str, chance: random.Random, *, shuffled: bool) -> None:
    path = book_of(told, owner)
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    columns = columns_of(sheet)
    rows = {str(sheet.cell(r, 1).value): r for r in range(HEADER_ROW + 1, sheet.max_row + 1)}
    for record, wish in _wishes(told, owner, chance).items():
        for header, value in wish.items():
            cell = sheet.cell(rows[record], columns[header])
            cell.value = float(value) if isinstance(value, Decimal) else value
            if isinstance(value, str):
                cell.data_type = "s"
        _note(told, record, wish)
    deal = {"Name": f"Fresh deal of {owner}", "Product": "GTX Pro", "Amount": 1234.56, "Stage": "Discover"}
    waiting = next(r for r in range(HEADER_ROW + 1, sheet.max_row + 1) if sheet.cell(r, columns["Name"]).value is None)
    for header, value in deal.items():
        sheet.cell(waiting, columns[header]).value = value
    told.new.append({"id": sheet.cell(waiting, 1).value, "owner": owner, "amount": "1234.56"})
    told.typed += len(deal)
    if shuffled:
        _shuffle(sheet, columns, chance)
    book.save(path)
    book.close()


def _shuffle(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    """Put the rows in another order, their ids with them, as a sort in the program does; formulas stay where they are."""
    last = max(columns.values())
    places = [r for r in range(HEADER_ROW + 1, sheet.max_row + 1) if sheet.cell(r, columns["Name"]).value is not None]
    held = [[sheet.cell(r, c).value for c in range(1, last + 1)] for r in places]
    chance.shuffle(held)
    for row, values in zip(places, held, strict=True):
        for column, value in enumerate(values, 1):
            cell = sheet.cell(row, column)
            if isinstance(cell.value, str) and cell.value.startswith("=") and cell.data_type == "f":
                continue
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"


def _places(path: Path) -> tuple[dict[str, int], dict[str, str]]:
    book = openpyxl.load_workbook(path, read_only=True)
    rows = list(book[SHEET].iter_rows(min_row=HEADER_ROW, values_only=True))
    book.close()
    letters = {str(v): openpyxl.utils.get_column_letter(n) for n, v in enumerate(rows[0], 1) if v}
    return {str(r[0]): n for n, r in enumerate(rows[1:], HEADER_ROW + 1)}, letters


def _type_in_office(told: Told, owner: str, chance: random.Random) -> None:
    path = book_of(told, owner)
    rows, letters = _places(path)
    edits: dict[tuple[str, str], object] = {}
    for record, wish in _wishes(told, owner, chance).items():
        for header, value in wish.items():
            typed = float(value) if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else value
            edits[SHEET, f"{letters[header]}{rows[record]}"] = typed
        _note(told, record, wish)
    office.edit(path, edits)


def _mistype(told: Told, owner: str) -> None:
    """Type words where an amount belongs."""
    record = min(i for i, d in told.deals.items() if d["owner"] == owner and d["outcome"] == "Won")
    path = book_of(told, owner)
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    row = next(r for r in range(HEADER_ROW + 1, sheet.max_row + 1) if sheet.cell(r, 1).value == record)
    cell = sheet.cell(row, columns_of(sheet)["Amount"])
    cell.value = "about twelve"
    told.rejected = (record, str(cell.coordinate))
    book.save(path)
    book.close()


def _disagree(told: Told, owner: str) -> None:
    """Have an agent and the manager type different amounts for the same deal."""
    manager = next(p["manager_email"] for p in team() if p["email"] == owner)
    record = max(i for i, d in told.deals.items() if d["owner"] == owner and d["outcome"] == "Won")
    for who, amount in ((owner, 7001), (manager, 8002)):
        book = openpyxl.load_workbook(book_of(told, who))
        sheet = book[SHEET]
        row = next(r for r in range(HEADER_ROW + 1, sheet.max_row + 1) if sheet.cell(r, 1).value == record)
        sheet.cell(row, columns_of(sheet)["Amount"]).value = amount
        book.save(book_of(told, who))
        book.close()
    first, second = sorted((owner, manager), key=lambda e: str(book_of(told, e)))
    kept = "7001.00" if first == owner else "8002.00"
    told.deals[record]["amount"] = kept
    told.clash = (record, kept, second)


def expected(told: Told) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Give rows and amount by owner and outcome, from what was typed alone."""
    counts: Counter[tuple[str, str]] = Counter()
    amounts: dict[tuple[str, str], Decimal] = {}
    for deal in [*told.deals.values(), *({**n, "outcome": "Open"} for n in told.new)]:
        key = (deal["owner"], deal["outcome"])
        counts[key] += 1
        amounts[key] = amounts.get(key, Decimal(0)) + Decimal(deal["amount"] or 0)
    return {key: (counts[key], amounts[key]) for key in counts}


def test_hundreds_of_typed_cells_are_taken_in_and_two_are_told_about(told: Told) -> None:
    states = Counter(b["state"] for b in told.first["books"])
    assert set(states) <= {"synced", "unchanged"}, told.first
    assert sum(states.values()) == len(team())
    assert told.typed > 300
    assert sum(b["rejected"] for b in told.first["books"]) == 1
    assert sum(b["conflicts"] for b in told.first["books"]) == 1


def test_every_deal_stands_as_it_was_typed(told: Told) -> None:
    now = {d["id"]: d for d in ask(told.root, "export", "opportunities")["records"]}
    columns = (
        "owner",
        "account",
        "product",
        "amount",
        "stage",
        "outcome",
        "close_date",
        "created_on",
        "next_step",
        "lost_reason",
    )
    assert {i: {c: now[i][c] for c in columns} for i in told.deals} == {
        i: {c: d[c] for c in columns} for i, d in told.deals.items()
    }
    assert {i for i in now if i not in told.deals} == {n["id"] for n in told.new}
    for fresh in told.new:
        mine = now[fresh["id"]]
        assert (mine["owner"], mine["amount"], mine["stage"]) == (fresh["owner"], fresh["amount"], "Discover")
        assert mine["created_on"] is not None


def test_the_roll_up_follows_what_was_typed_to_the_cent(told: Told) -> None:
    found = ask(told.root, "rollup", *ALL)
    rows = {row["owner"]: row for row in next(g["rows"] for g in found["groups"] if g["by"] == ["owner"])}
    wanted = expected(told)
    for owner in {o for o, _ in wanted}:
        for outcome, count, amount in (
            ("Open", "open", "open_amount"),
            ("Won", "won", "won_amount"),
            ("Lost", "lost", "lost_amount"),
        ):
            assert (rows[owner][count], Decimal(rows[owner][amount])) == wanted.get((owner, outcome), (0, Decimal(0))), (
                owner,
                outcome,
            )
    assert found["reconciliation"] == {
        "rows_read": 8800 + len(told.new),
        "rows_counted": 8800 + len(told.new),
        "rows_rejected": 0,
        "difference": "0.00",
    }
    assert [(Path(r["book"]).name, r["cell"]) for r in found["rejected"]] == [
        (book_of(told, told.deals[told.rejected[0]]["owner"]).name, told.rejected[1])
    ]
    weighted = sum(Decimal(d["amount"] or 0) / 4 for d in told.deals.values() if d["stage"] == "Qualify")
    stages = {row["stage"]: row for row in next(g["rows"] for g in found["groups"] if g["by"] == ["stage"])}
    assert Decimal(stages["Qualify"]["weighted_amount"]) == weighted.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def test_what_two_people_typed_is_one_conflict_and_neither_is_lost(told: Told) -> None:
    record, kept, second = told.clash
    (conflict,) = [c for c in ask(told.root, "conflicts")["conflicts"] if c["state"] == "open"]
    assert (conflict["record"], conflict["column"]) == (record, "amount")
    assert {Decimal(conflict["mine"]), Decimal(conflict["theirs"])} == {Decimal(7001), Decimal(8002)}
    assert Decimal(conflict["theirs"]) == Decimal(kept)
    assert Path(conflict["book"]).name == book_of(told, second).name or conflict["book"] == second


def test_another_sync_changes_no_byte(told: Told) -> None:
    def digests() -> dict[str, str]:
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted((told.root / "books").iterdir())}

    before = digests()
    again = ask(told.root, "sync")
    assert {b["state"] for b in again["books"]} == {"unchanged"}
    assert digests() == before


def test_the_history_proves_it(told: Told) -> None:
    assert run(told.root, "verify")[0] == 0


def test_the_books_alone_give_the_same_figures_as_the_store(told: Told) -> None:
    agents = [p["email"] for p in team() if p["role"] == "inside_rep"]
    managers = [p["email"] for p in team() if p["role"] == "sales_manager"]
    books = [str(book_of(told, e)) for e in (*agents, *managers)]
    mine = ask(told.root, "rollup", *ALL, "--from", *books)
    store = ask(told.root, "rollup", *ALL)
    record, address_ = told.rejected
    assert [(r["cell"], r["sheet"]) for r in mine["rejected"]] == [(address_, SHEET)]
    assert mine["reconciliation"] == {**store["reconciliation"], "rows_counted": 8799 + len(told.new), "rows_rejected": 1}
    gap = Decimal(told.deals[record]["amount"])
    clash, kept, second = told.clash
    other = Decimal(0) if second in managers else Decimal(8002 + 7001) - 2 * Decimal(kept)
    assert Decimal(store["total"]["won_amount"]) - gap + other == Decimal(mine["total"]["won_amount"])
    touched = {told.deals[record]["owner"], told.deals[clash]["owner"]}
    for theirs, ours in zip(store["groups"], mine["groups"], strict=True):
        if theirs["by"] == ["owner"]:
            assert [r for r in theirs["rows"] if r["owner"] not in touched] == [
                r for r in ours["rows"] if r["owner"] not in touched
            ]


def test_a_past_day_is_still_what_it_was_then(told: Told) -> None:
    then = ask(told.root, "rollup", "--as-of", "2017-12-31")
    won = [d for d in told.deals.values() if d["stage"] == "Won" and d["close_date"] <= "2017-12-31"]
    assert (then["total"]["open"], then["total"]["won"]) == (1589, 4238)
    assert Decimal(then["total"]["won_amount"]) == sum(Decimal(d["amount"]) for d in won)
