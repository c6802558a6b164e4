from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from import_stand import PLAYBOOK, StillClock, new_store

from sheetsales.values import Value
from sheetsales_sync.importing import ImportResult
from sheetsales_sync.members import import_members, list_members

if TYPE_CHECKING:
    from sheetsales_sync.store.transaction import Store


class Team:
    """A workspace of one test and its team file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "team.csv"
        self.clock = StillClock()
        self.store: Store = new_store(folder, self.clock)

    def run(self, text: str, name: str = "team.csv", *, dry_run: bool = False) -> ImportResult:
        path = self.path.with_name(name)
        path.write_text(text, encoding="utf-8")
        return import_members(self.store, PLAYBOOK, path, clock=self.clock, actor="op@x.com", dry_run=dry_run)

    def member(self, email: str) -> dict[str, Value]:
        people = self.store.read(lambda tx: tx.rows("people"))
        return next(person for person in people if person["email"] == email)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.store.close()


FILE = """email,name,role,manager_email,team
Dora@X.com,Dora Fox,Inside Rep,Ely Gun,East
ely@x.com,Ely Gun,sales_manager,,East
"""


def test_a_team_file_makes_members_led_by_people_further_down_in_it(team: Team) -> None:
    result = team.run(FILE)
    assert (result.created, result.rejected, result.unresolved, result.unmapped) == (2, [], [], [])
    dora = team.member("dora@x.com")
    assert (dora["name"], dora["role"], dora["manager"], dora["team"], dora["active"]) == (
        "Dora Fox", "inside_rep", "ely@x.com", "East", "Yes",
    )  # fmt: skip


def test_the_same_team_file_again_changes_nothing(team: Team) -> None:
    team.run(FILE)
    again = team.run(FILE)
    assert (again.created, again.updated, again.unchanged, again.op) == (0, 0, 2, "")


def test_the_team_file_leads_whatever_its_name_and_absence_removes_nobody(team: Team) -> None:
    team.run(FILE)
    result = team.run("email,role,manager_email\ndora@x.com,sdr,\n", "team of june.csv")
    assert (result.created, result.updated, result.conflicts) == (0, 1, 0)
    dora = team.member("dora@x.com")
    assert (dora["role"], dora["manager"], dora["team"]) == ("sdr", None, "East")
    assert team.member("ely@x.com")["role"] == "sales_manager"


def test_profile_columns_come_along(team: Team) -> None:
    text = "email,role,geographic,assigned_accounts,assign_territory\ndora@x.com,field_rep,Yes,24,Off\n"
    assert team.run(text).rejected == []
    dora = team.member("dora@x.com")
    assert (dora["geographic"], dora["assigned_accounts"], dora["assign_territory"]) == ("Yes", 24, "Off")


@pytest.mark.parametrize(("row", "column", "code"), [
    pytest.param(",Nobody,sdr,,", "email", "REQUIRED", id="no address"),
    pytest.param("not an address,Nobody,sdr,,", "email", "TYPE", id="no address that works"),
    pytest.param("dora@x.com,Dora,sdr,nobody knows,", "manager", "TYPE", id="a manager who is no member"),
])  # fmt: skip
def test_a_member_who_cannot_be_read_is_turned_down(team: Team, row: str, column: str, code: str) -> None:
    result = team.run(f"email,name,role,manager_email,team\n{row}\n")
    assert [(r.row, r.column, r.code) for r in result.rejected] == [(2, column, code)]
    assert result.created == 0


def test_unknown_roles_and_managers_are_kept_and_listed(team: Team) -> None:
    result = team.run("email,role,manager_email\ndora@x.com,wizard,boss@y.com\n")
    assert result.unresolved == [(2, "manager", "boss@y.com"), (2, "role", "wizard")]
    assert team.member("dora@x.com")["manager"] == "boss@y.com"


def test_people_who_lead_each_other_in_a_circle_are_named(team: Team) -> None:
    result = team.run("email,manager_email\ndora@x.com,ely@x.com\nely@x.com,dora@x.com\n")
    assert "These members lead each other in a circle: dora@x.com → ely@x.com → dora@x.com." in result.remarks


def test_a_dry_run_of_the_team_file_writes_nothing(team: Team) -> None:
    before = list_members(team.store)
    assert team.run(FILE, dry_run=True).created == 2
    assert list_members(team.store) == before


def test_members_are_listed_by_address(team: Team) -> None:
    document = list_members(team.store)
    assert [person["email"] for person in document["members"]] == ["ana@x.com", "ben@x.com", "cem@x.com"]
    assert document["members"][0] == {
        "email": "ana@x.com", "name": "Ana Lee", "role": "inside_rep", "manager": "cem@x.com", "team": "North", "active": None,
    }  # fmt: skip
