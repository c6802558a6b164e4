"""Who may see and change what, on real files: generated teams, every cell of every workbook looked at."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from team_stand import Team, put_csv, run

from sheetsales_sync.access import scope_of
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks.host import CellWrite
from sheetsales_workbooks.hosts.excel_file import read_book

ROLES = ("inside_rep", "field_rep", "sales_manager", "operations")


def below(leads: dict[str, str | None], who: str) -> set[str]:
    """Give everybody under somebody, found anew and not by the product: a chain is walked up from each."""
    found = set()
    for one, leader in leads.items():
        above, seen = leader, set()
        while above is not None and above not in seen:
            if above == who:
                found.add(one)
            seen.add(above)
            above = leads[above]
    return found - {who}


def generated(root: Path, seed: int) -> tuple[Team, dict[str, str | None], dict[str, str]]:
    """Make a team: five people in a chance tree, two deals each with a word of their own, and a workbook for everybody."""
    chance = random.Random(seed)
    people = [f"p{n}@team.example" for n in range(5)]
    roles = {one: chance.choice(ROLES) for one in people}
    leads: dict[str, str | None] = {one: chance.choice([*people[:n], None]) if n else None for n, one in enumerate(people)}
    assert run("init", root).code == 0
    team = Team(root)
    rows = [("email", "name", "role", "manager_email"), *((one, f"P{n}", roles[one], leads[one]) for n, one in enumerate(people))]
    team.ok("members", "import", put_csv(root / "people.csv", rows))  # type: ignore[arg-type]
    deals = [(f"{one[:2]}-{n}", f"Deal {one[:2]} {n}", one, f"secret of {one[:2]}") for one in people for n in range(2)]
    team.ok("import", "opportunities", put_csv(root / "deals.csv", [("external_id", "name", "owner", "next_step"), *deals]))
    for one in people:
        team.ok("book", "new", one)
    return team, leads, roles


def books(team: Team) -> dict[str, Path]:
    """Give the workbook of each member."""
    return {b["owner"]: Path(b["path"]) for b in team.ok("book", "list")["books"]}


@pytest.mark.parametrize("seed", [2])
def test_no_cell_outside_the_scope_is_ever_written_or_accepted(tmp_path: Path, seed: int) -> None:
    team, leads, _ = generated(tmp_path / "team", seed)
    chance = random.Random(seed)
    mine = {who: {who} | below(leads, who) for who in leads}
    before = team.records("opportunities")

    # what is shown: exactly the deals of the scope, and no word of another anywhere in the file
    for who, path in books(team).items():
        tab = read_book(path).tables.get("opportunities")
        shown = {r.cells["owner"] for r in tab.rows if r.cells.get("owner")} if tab is not None else set()
        assert shown <= mine[who] and (tab is None or shown == mine[who])
        _holds_no_word_of_others(path, mine[who])

    # what is accepted: everybody types into all own rows, and pastes rows of others with their ids
    pasted: list[tuple[str, str]] = []
    for who, path in books(team).items():
        tab = read_book(path).tables.get("opportunities")
        if tab is None:
            continue
        foreign = [r for r in before.values() if r["owner"] not in mine[who]]
        free = [r.row for r in tab.rows if not r.cells.get("name")]
        cells = [
            CellWrite(r.row, tab.columns["win_theme"], f"{who[:2]} was here", text=True) for r in tab.rows if r.cells.get("name")
        ]
        for record, row in zip(chance.sample(foreign, min(2, len(foreign))), free, strict=False):
            pasted.append((who, record["id"]))
            for column in ("name", "owner", "next_step", "win_theme"):
                cells.append(
                    CellWrite(
                        row,
                        tab.columns[column],
                        record[column] if column in ("name", "owner") else f"stolen by {who[:2]}",
                        text=True,
                    )
                )
            cells.append(CellWrite(row, tab.id_column, record["id"], text=True))
        _write(path, tab.sheet, cells)
    team.sync()
    after = team.records("opportunities")
    assert after.keys() == before.keys()
    for key, record in after.items():
        assert record["owner"] == before[key]["owner"] and record["next_step"] == before[key]["next_step"]
        typist = f"{record['win_theme'][:2]}@team.example"
        assert record["owner"] in mine[typist] and record["win_theme"].endswith("was here")
    turned_down = {(r["record"], Path(r["book"])) for r in team.ok("rejected")["rejected"] if "not yours" in r["reason"]}
    assert turned_down == {(record, books(team)[who]) for who, record in pasted}
    for who, path in books(team).items():
        _holds_no_word_of_others(path, mine[who], but=f"stolen by {who[:2]}")
    seen = team.bytes()
    team.sync()
    assert team.bytes() == seen


def _holds_no_word_of_others(path: Path, mine: set[str], but: str = "") -> None:
    from spoiling import parts

    words = [f"secret of p{n}" for n in range(5) if f"p{n}@team.example" not in mine]
    words += [f"stolen by p{n}" for n in range(5) if f"stolen by p{n}" != but]
    content = b"".join(parts(path).values())
    assert not [word for word in words if word.encode() in content]


def _write(path: Path, sheet: str, cells: list[CellWrite]) -> None:
    from sheetsales_workbooks.host import BookPatch
    from sheetsales_workbooks.patch import patch_book

    patch = BookPatch()
    patch.sheet(sheet).cells.extend(cells)
    path.write_bytes(patch_book(path.read_bytes(), patch))


@pytest.mark.parametrize("seed", [2])
def test_the_scope_follows_the_team_file_and_only_operations_keep_the_libraries(tmp_path: Path, seed: int) -> None:
    team, leads, roles = generated(tmp_path / "team", seed)
    workspace = Workspace.open(team.root)
    try:
        people, role_rows = workspace.store.read(lambda tx: (tx.rows("people"), tx.rows("roles")))
        for who in leads:
            scope = scope_of(workspace.playbook, people, role_rows, who.upper())
            assert scope.owners == frozenset({who} | below(leads, who))
            assert scope.edits_library == (roles[who] == "operations")
            assert scope.covers(None) and not scope.covers("stranger@team.example")
        assert scope_of(workspace.playbook, people, role_rows, "stranger@team.example").owners == {"stranger@team.example"}
    finally:
        workspace.close()
