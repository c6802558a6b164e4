"""The proof of the buttons: a real LibreOffice on a screen, a real mouse, and the helper as its own process."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from agent_stand import AgentProcess, Person, person, until
from needing import needs
from team_stand import ANA, Team, team

pytestmark = [needs("soffice", "Xvfb", "xdotool"), pytest.mark.slow]
__all__ = ["team"]


@pytest.fixture
def rep() -> Person:
    return person()


@pytest.fixture
def helper(team: Team, rep: Person) -> Iterator[AgentProcess]:
    process = AgentProcess(team.root, "--pipe", rep.pipe, "--json")
    yield process
    process.ends()


def test_a_click_on_the_drawn_button_scores_the_leads_on_the_screen(team: Team, rep: Person, helper: AgentProcess) -> None:
    book = rep.opens(team.book(ANA))
    book.sheets["Leads"].activate()
    until("the helper sees the workbook", lambda: "Ana.xlsx is open in LibreOffice" in helper.said())
    tab = team.tab(ANA, "leads")
    row = team.row(ANA, "leads", "L-1").row
    score = book.sheets["Leads"].range((row, tab.columns["score"]))
    assert score.value is None
    rep.screen.picture("click-before")
    rep.presses(book, "Leads", "Score leads")
    until("the leads are scored", lambda: score.value is not None)
    until("the answer stands in the status cell", lambda: "cored" in str(book.sheets["Leads"]["D4"].value))
    rep.screen.picture("click-after")
    said = json.loads(helper.ends())["agent"]
    assert [one["action"] for one in said["ran"]] == ["leads.score"]
    assert score.value == team.records("leads")["L-1"]["score"]
