"""An open workbook takes part in the sync like a file: same engine, and the person goes on working meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings
from team_stand import ANA, Team, put_csv, team

from sheetsales.errors import ForeignBook
from sheetsales.playbook import build_playbook
from sheetsales_sync.engine import Order, Result, sync_steps
from sheetsales_sync.livebook import LiveSheet
from sheetsales_sync.open_books import sync_open_book
from sheetsales_sync.pressing import find_action
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks.build import build
from sheetsales_workbooks.hosts import live, memory
from sheetsales_workbooks.hosts.live import LiveBook

sys.path.insert(0, str(Path(__file__).parents[1] / "workbooks"))
from filled import filled_spec

__all__ = ["team"]


@pytest.fixture
def program() -> Iterator[xlwings.App]:
    memory.activate()
    app = xlwings.App(add_book=False)
    yield app
    app.quit()


@pytest.fixture
def workspace(team: Team) -> Workspace:
    return Workspace.open(team.root)


@pytest.fixture
def ana(team: Team, program: xlwings.App) -> LiveBook:
    """Ana has her workbook open."""
    return live.open_host(team.book(ANA))


def sheet_of(book: LiveBook, table: str = "leads") -> xlwings.Sheet:
    return xlwings.Book(book.path).sheets[book.read().tables[table].sheet]


def place(book: LiveBook, external_id: str, column: str, table: str = "leads") -> tuple[int, int]:
    tab = book.read().tables[table]
    row = next(row for row in tab.rows if row.cells.get("external_id") == external_id)
    return row.row, tab.columns[column]


def typed(book: LiveBook, external_id: str, column: str, value: object) -> None:
    sheet_of(book).range(place(book, external_id, column)).value = value


def shown(book: LiveBook, external_id: str, column: str) -> object:
    row, index = place(book, external_id, column)
    return sheet_of(book).range((row, index)).value


def sync(workspace: Workspace, book: LiveBook, order: Order | None = None) -> Result:
    return sync_open_book(workspace, book, order or Order(), "test")


def changed_elsewhere(team: Team, name: str) -> None:
    """Let the source of the leads say another contact for L-2."""
    rows = [("external_id", "company", "contact_name"), ("L-2", "Elm Optics", name)]
    team.ok("import", "leads", put_csv(team.root / "news.csv", rows))
    assert team.records("leads")["L-2"]["contact_name"] == name


def test_what_was_saved_before_does_not_undo_what_is_typed_into_the_open_book(
    team: Team, workspace: Workspace, ana: LiveBook
) -> None:
    typed(ana, "L-1", "contact_name", "Ida Rothschild")
    sync(workspace, ana)
    team.sync(team.book(ANA))  # the file still says what it said
    assert team.records("leads")["L-1"]["contact_name"] == "Ida Rothschild"
    typed(ana, "L-1", "contact_name", "Ida Roth")
    assert sync(workspace, ana).accepted == 1
    assert team.records("leads")["L-1"]["contact_name"] == "Ida Roth"


def test_an_open_book_is_taken_in_shown_what_others_changed_and_goes_on_as_a_file_once_saved(
    team: Team, workspace: Workspace, ana: LiveBook
) -> None:
    typed(ana, "L-1", "contact_name", "Ida Rothschild")
    changed_elsewhere(team, "Jon Vales")
    result = sync(workspace, ana)
    assert (result.state, result.accepted) == ("synced", 1)
    assert team.records("leads")["L-1"]["contact_name"] == "Ida Rothschild"
    assert shown(ana, "L-2", "contact_name") == "Jon Vales"
    assert sync(workspace, ana).state == "unchanged"
    generation = ana.markers().generation
    xlwings.Book(ana.path).save()
    assert team.read(ANA).markers.generation == generation
    team.sync(team.book(ANA))
    assert team.records("leads")["L-1"]["contact_name"] == "Ida Rothschild"
    assert team.ok("conflicts")["conflicts"] == []


def test_a_button_runs_in_an_open_book(team: Team, workspace: Workspace, ana: LiveBook) -> None:
    action = find_action(workspace.playbook, "leads.score")
    result = sync(workspace, ana, Order(action=action))
    assert result.state == "synced"
    assert result.changed
    row, column = place(ana, "L-1", "score")
    assert sheet_of(ana).range((row, column)).value == team.records("leads")["L-1"]["score"]


def test_an_edit_of_the_cell_about_to_be_written_wins_a_generation_and_nothing_is_lost(
    team: Team, workspace: Workspace, ana: LiveBook
) -> None:
    changed_elsewhere(team, "From elsewhere")
    book = workspace.store.read(lambda tx: tx.book(ana.markers().book_id))
    assert book is not None
    sheet = LiveSheet(ana, book.path)
    steps = sync_steps(book.id, sheet, workspace.store, workspace.clock, workspace.gatherer, Order(), "test")
    seen: list[str] = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            result = end.value
            break
        if seen[-1] == "staged" and seen.count("staged") == 1:
            typed(ana, "L-2", "contact_name", "Typed just now")
    assert "kept" in seen
    assert result.state == "synced"
    conflicts = team.ok("conflicts")["conflicts"]
    record = team.records("leads")["L-2"]["contact_name"]
    told = str(conflicts) + str(shown(ana, "L-2", "contact_name")) + str(record)
    assert "Typed just now" in told
    assert "From elsewhere" in told
    assert sync(workspace, ana).state == "unchanged"


def test_an_edit_elsewhere_meanwhile_is_taken_in_by_the_next_sync(team: Team, workspace: Workspace, ana: LiveBook) -> None:
    changed_elsewhere(team, "From elsewhere")
    book = workspace.store.read(lambda tx: tx.book(ana.markers().book_id))
    assert book is not None
    steps = sync_steps(book.id, LiveSheet(ana, book.path), workspace.store, workspace.clock, workspace.gatherer, Order(), "test")
    for step in steps:
        if step == "committed":
            typed(ana, "L-1", "contact_name", "Typed just now")
    assert shown(ana, "L-1", "contact_name") == "Typed just now"
    assert sync(workspace, ana).accepted == 1
    assert team.records("leads")["L-1"]["contact_name"] == "Typed just now"


def test_the_open_book_of_another_team_is_refused(workspace: Workspace, program: xlwings.App, tmp_path: Path) -> None:
    path = tmp_path / "foreign.xlsx"
    path.write_bytes(build(filled_spec(build_playbook({}), ("leads",), count=1)))
    with pytest.raises(ForeignBook):
        sync(workspace, live.open_host(path))
