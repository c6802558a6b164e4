"""The proof of the buttons: a real LibreOffice on a screen, a real mouse, and the helper as its own process."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import xlwings as xw
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


def score(team: Team, book: xw.Book, tab: str = "Leads") -> object:
    row, column = team.row(ANA, "leads", "L-1").row, team.tab(ANA, "leads").columns["score"]
    return book.sheets[tab].range((row, column)).value


def answer(book: xw.Book, tab: str = "Leads") -> str:
    return str(book.sheets[tab]["D4"].value)


def seen(helper: AgentProcess) -> None:
    until("the helper sees the workbook", lambda: "Ana.xlsx is open in LibreOffice" in helper.said())


def test_a_click_on_the_drawn_button_scores_the_leads_on_the_screen(team: Team, rep: Person, helper: AgentProcess) -> None:
    book = rep.opens(team.book(ANA))
    leads = book.sheets["Leads"]
    leads.activate()
    seen(helper)
    assert score(team, book) is None
    rep.screen.picture("click-before")
    rep.presses(book, "Leads", "Score leads", times=2)
    until("the answer stands in the status cell", lambda: "leads scored" in answer(book))
    mail = leads.range((6, team.tab(ANA, "leads").columns["email"]))
    mail.value = "ida(at)dune"
    rep.presses(book, "Leads", "Check")
    until("the wrong address has a note", lambda: mail.note is not None)
    assert "e-mail" in mail.note.text.lower()
    assert mail.color is not None
    rep.screen.settles()
    rep.screen.picture("check-after")
    leads.range((6, team.tab(ANA, "leads").columns["score"])).select()
    rep.screen.settles()
    rep.screen.picture("click-after")
    said = json.loads(helper.ends())["agent"]
    assert [one["action"] for one in said["ran"]] == ["leads.score", "check"], "a double click runs once"
    assert score(team, book) == team.records("leads")["L-1"]["score"]


def test_a_choice_from_the_drop_down_does_the_same_while_somebody_types_beside_it(
    team: Team, rep: Person, helper: AgentProcess
) -> None:
    book = rep.opens(team.book(ANA))
    leads = book.sheets["Leads"]
    leads.name = "My leads"
    leads.activate()
    seen(helper)
    titles = team.tab(ANA, "leads").columns["title"]
    leads["C4"].select()
    rep.screen.click(800, 600)  # the window has the keyboard
    leads["C4"].select()
    rep.screen.types("Score leads")
    for number in range(12):
        leads.range((6, titles)).value = f"Title {number}"
    until("the answer stands in the status cell", lambda: "leads scored" in answer(book, "My leads"))
    assert leads["C4"].value is None
    assert leads.range((6, titles)).value == "Title 11", "what was typed meanwhile stands"
    leads["C4"].value = "Score leads"
    until("what was typed is in the store", lambda: team.records("leads")["L-1"]["title"] == "Title 11")
    assert team.ok("conflicts")["conflicts"] == []


def test_trouble_is_told_in_words_and_the_helper_goes_on(team: Team, rep: Person, helper: AgentProcess) -> None:
    book = rep.opens(team.book(ANA))
    seen(helper)
    leads = book.sheets["Leads"]
    leads.activate()
    rep.shows_a_dialog()
    leads["C4"].value = "Score leads"
    until("the button works behind the dialog, or says why not", lambda: "scored" in answer(book) or "dialog" in answer(book))
    rep.leaves_the_dialog()
    rep.closes_everything()
    until("the helper notices that it was closed", lambda: "Ana.xlsx was closed" in helper.said())
    rep.opens(team.book(ANA))
    until("the helper sees it again", lambda: helper.said().count("Ana.xlsx is open in LibreOffice") == 2)
    rep.crashes()
    until("the helper notices that the program ended", lambda: "LibreOffice has ended" in helper.said())
    assert json.loads(helper.ends())["agent"]["programs"] == ["LibreOffice"]
    assert team.ok("verify")["ok"]
