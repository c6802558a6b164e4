"""The helper without a screen: Action cells, saves and trouble, on the spreadsheet in memory and on real files."""

from __future__ import annotations

import plistlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import xlwings
from team_stand import ANA, BEN, Team, put_csv, team

from sheetsales.errors import BookBusy, Busy, NotSupported
from sheetsales_sync.agent import startup
from sheetsales_sync.agent.diary import Diary
from sheetsales_sync.agent.folder import FolderWatch
from sheetsales_sync.agent.helper import Helper
from sheetsales_sync.agent.macros import write_macros
from sheetsales_sync.agent.polled import PolledFinder
from sheetsales_sync.agent.programs import Pressed
from sheetsales_sync.agent.run_main import NOTHING_CHOSEN, run
from sheetsales_sync.agent.single import OnlyOne, is_running
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks.host import ButtonSpec
from sheetsales_workbooks.hosts import excel, memory
from sheetsales_workbooks.macros import macro_name, module_text

__all__ = ["team"]


class Desk:
    """Somebody's open workbooks, and the helper that sees them. Time passes only when the helper waits."""

    def __init__(self, team: Team, app: xlwings.App) -> None:
        self.team = team
        self.app = app
        self.now = 100.0
        self.busy = 0
        self.workspace = Workspace.open(team.root)
        self.said: list[str] = []
        diary = Diary(self.workspace.private, datetime.now, self.said.append)
        self.helper = Helper(self.workspace, [], diary, clock=lambda: self.now)
        self.helper.finders.append(PolledFinder("memory", self._books, self.helper.admit, self._passes))

    def _passes(self, seconds: float) -> None:
        self.now += seconds

    def _books(self) -> list[xlwings.Book]:
        if self.busy:
            self.busy -= 1
            raise BookBusy
        return list(self.app.books)

    def opens(self, who: str) -> xlwings.Book:
        return self.app.books.open(str(self.team.book(who)))

    def turns(self, number: int = 1) -> None:
        for _ in range(number):
            self.helper.turn(1.0)
            self.now += 6.0

    def status(self, book: xlwings.Book, tab: str = "Leads") -> str:
        return str(book.sheets[tab]["D4"].value)


@pytest.fixture
def desk(team: Team) -> Iterator[Desk]:
    memory.activate()
    app = xlwings.App(add_book=False)
    made = Desk(team, app)
    yield made
    made.helper.let_go()
    made.workspace.close()
    app.quit()


def score_of(desk: Desk, book: xlwings.Book, external_id: str = "L-1") -> object:
    tab = desk.team.tab(ANA, "leads")
    return book.sheets["Leads"].range((desk.team.row(ANA, "leads", external_id).row, tab.columns["score"])).value


def test_a_choice_in_the_action_cell_is_carried_out_once_and_answered_beside_it(desk: Desk) -> None:
    book = desk.opens(ANA)
    book.sheets["Leads"]["C4"].value = "Score leads"
    desk.turns(3)
    assert book.sheets["Leads"]["C4"].value is None
    assert "leads scored" in desk.status(book)
    assert score_of(desk, book) == desk.team.records("leads")["L-1"]["score"]
    assert [one["action"] for one in desk.helper.done.ran] == ["leads.score"]


def test_check_and_undo_last_work_in_an_open_workbook(desk: Desk) -> None:
    book = desk.opens(ANA)
    for words, answer in (
        ("Score leads", "scored"),
        ("Undo last", "Taken back"),
        ("Undo last", "nothing to take back"),
        ("Check", "findings"),
    ):
        book.sheets["Leads"]["C4"].value = words
        desk.turns()
        assert answer in desk.status(book)
    assert score_of(desk, book) is None
    assert desk.team.records("leads")["L-1"]["score"] is None


def test_what_is_no_action_is_answered_and_changes_nothing(desk: Desk) -> None:
    book = desk.opens(ANA)
    desk.turns()
    before = desk.team.ok("history")
    book.sheets["Leads"]["C4"].value = "Scoer leads"
    desk.turns()
    assert "no action called Scoer leads" in desk.status(book)
    assert book.sheets["Leads"]["C4"].value is None
    assert desk.team.ok("history") == before


def test_the_second_click_of_a_double_click_does_nothing(desk: Desk) -> None:
    desk.opens(ANA)
    desk.turns()
    (program,) = desk.helper._programs.values()
    (ours,) = program.books()
    press = Pressed(ours, "Leads", "Score leads")
    desk.helper._react(program, [press, press])
    assert len(desk.helper.done.ran) == 1
    desk.now += 2.0
    desk.helper._react(program, [press])
    assert len(desk.helper.done.ran) == 2, "pressed again later it runs again"


def test_a_program_that_answers_nobody_is_asked_again(desk: Desk) -> None:
    book = desk.opens(ANA)
    book.sheets["Leads"]["C4"].value = "Score leads"
    desk.busy = 2
    desk.turns(2)
    assert desk.helper.done.ran == []
    desk.turns()
    assert len(desk.helper.done.ran) == 1


def test_a_book_that_another_sync_holds_is_waited_for_and_then_told(desk: Desk) -> None:
    book = desk.opens(ANA)
    desk.turns()
    held = desk.workspace.store.read(lambda tx: next(b for b in tx.books() if b.owner == ANA))
    desk.workspace.store.transact(lambda tx: tx.take_lease(held.id, "elsewhere:1:x"))
    desk.helper._runner._pause = desk._passes
    book.sheets["Leads"]["C4"].value = "Score leads"
    desk.turns()
    assert "could not finish; nothing was changed" in desk.status(book)
    assert desk.team.records("leads")["L-1"]["score"] is None
    desk.workspace.store.transact(lambda tx: tx.release_lease(held.id, "elsewhere:1:x"))
    book.sheets["Leads"]["C4"].value = "Score leads"
    desk.turns()
    assert "leads scored" in desk.status(book)


def test_a_protected_tab_is_left_whole_and_the_log_says_why(desk: Desk) -> None:
    book = desk.opens(ANA)
    desk.turns()
    generation = book.sheets["_ss"].used_range.value
    sheet = book.sheets["Leads"]
    sheet["C4"].value = "Score leads"
    sheet.impl.ws.protection.sheet = True
    desk.turns()
    assert any("protected" in line for line in desk.said)
    assert score_of(desk, book) is None
    assert book.sheets["_ss"].used_range.value == generation
    sheet.impl.ws.protection.sheet = False
    desk.turns()
    desk.helper._runner.sync(next(iter(desk.helper._open_books().values())))
    assert score_of(desk, book) == desk.team.records("leads")["L-1"]["score"], "what the button did is shown as soon as it can be"


def test_a_moved_file_is_the_same_workbook(desk: Desk, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere.xlsx"
    desk.team.book(ANA).rename(moved)
    book = desk.app.books.open(str(moved))
    desk.turns()
    book.sheets["Leads"]["C4"].value = "Score leads"
    desk.turns()
    assert "leads scored" in desk.status(book)


def test_a_workbook_closed_halfway_leaves_a_line_and_the_helper_goes_on(desk: Desk) -> None:
    book = desk.opens(ANA)
    desk.turns()
    book.close()
    desk.turns()
    assert "Ana.xlsx was closed." in desk.said
    other = desk.opens(BEN)
    other.sheets["Opportunities"]["C4"].value = "Check"
    desk.turns()
    assert "findings" in desk.status(other, "Opportunities")


def test_a_workbook_that_is_not_ours_is_left_alone(desk: Desk) -> None:
    book = desk.app.books.add()
    book.sheets[0]["C4"].value = "Score leads"
    desk.turns(2)
    assert book.sheets[0]["C4"].value == "Score leads"
    assert desk.helper._open_books() == {}


def test_a_saved_file_is_synced_and_others_see_it_in_open_and_closed_workbooks(desk: Desk) -> None:
    open_book = desk.opens(BEN)
    desk.helper.begin()
    desk.turns(2)
    desk.team.type(ANA, "leads", "L-1", contact_name="Ida R.")
    desk.turns(3)
    assert desk.team.records("leads")["L-1"]["contact_name"] == "Ida R."
    desk.team.ok(
        "import",
        "leads",
        put_csv(desk.team.root / "n.csv", [("external_id", "company", "contact_name"), ("L-2", "Elm Optics", "New")]),
    )
    desk.team.ok(
        "import",
        "opportunities",
        put_csv(desk.team.root / "o.csv", [("external_id", "name", "stage"), ("O-3", "Pumps, many", "Discover")]),
    )
    desk.turns(2)
    assert desk.team.row(ANA, "leads", "L-2").cells["contact_name"] == "New", "a closed workbook is written"
    row = desk.team.row(BEN, "opportunities", "O-3").row
    tab = desk.team.tab(BEN, "opportunities")
    assert open_book.sheets[tab.sheet].range((row, tab.columns["name"])).value == "Pumps, many", "an open one too"


def test_a_workbook_open_in_a_program_that_cannot_be_reached_waits_and_is_written_once_it_is_closed(desk: Desk) -> None:
    desk.helper.begin()
    lock = desk.team.book(ANA).with_name(".~lock.Ana.xlsx#")
    lock.write_text(",Ana,her-machine,24.11.2026 13:00,file:///home/ana;", "utf-8")
    desk.team.ok(
        "import",
        "leads",
        put_csv(desk.team.root / "n.csv", [("external_id", "company", "contact_name"), ("L-2", "Elm Optics", "New")]),
    )
    desk.turns(3)
    assert sum("waiting: open in" in line for line in desk.said) == 1, "said once"
    assert desk.team.row(ANA, "leads", "L-2").cells["contact_name"] == "Jon Vale"
    lock.unlink()
    desk.turns()
    assert desk.team.row(ANA, "leads", "L-2").cells["contact_name"] == "New"


def test_new_settings_are_taken_up_and_wrong_ones_are_told(desk: Desk) -> None:
    path = desk.team.root / "sheetsales.toml"
    good = path.read_text("utf-8")
    path.write_text(good + "\n[policy.accounts]\nstale_day = 6\n", "utf-8")
    desk.turns()
    assert any("stale_days" in line for line in desk.said)
    path.write_text(good + "\n[policy.accounts]\nstale_days = 61\n", "utf-8")
    desk.turns()
    assert desk.helper.workspace.playbook.policy["accounts.stale_days"] == 61


def test_only_one_helper_runs_for_a_workspace(team: Team) -> None:
    folder = team.root / ".sheetsales"
    assert not is_running(folder)
    first = OnlyOne(folder)
    code = (
        f"import sys; from pathlib import Path; from sheetsales_sync.agent.single import OnlyOne; OnlyOne(Path({str(folder)!r}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 1
    with pytest.raises(Busy):
        OnlyOne(folder)
    first.let_go()
    assert not is_running(folder)


def test_the_command_looks_once_and_says_what_it_did(team: Team) -> None:
    team.type(ANA, "leads", "L-1", contact_name="Ida R.")
    document = team.ok("agent", "--once", "--pipe", "nobody-is-here")["agent"]
    assert [Path(one["path"]).name for one in document["synced"]] == ["Ana.xlsx"]
    assert document["ran"] == []
    assert (team.root / ".sheetsales" / "agent.log").read_text("utf-8")


def test_a_file_counts_as_changed_when_it_stands_still(tmp_path: Path) -> None:
    watch = FolderWatch()
    (tmp_path / "a.xlsx").write_bytes(b"1")
    watch.begin([tmp_path])
    assert watch.changed([tmp_path]) == []
    (tmp_path / "a.xlsx").write_bytes(b"12")
    (tmp_path / "~$a.xlsx").write_bytes(b"lock")
    (tmp_path / "b.txt").write_bytes(b"no workbook")
    assert watch.changed([tmp_path]) == [], "it may still be being written"
    assert watch.changed([tmp_path]) == [tmp_path / "a.xlsx"]
    assert watch.changed([tmp_path]) == []
    (tmp_path / "a.xlsx").unlink()
    assert watch.changed([tmp_path, tmp_path / "not-mounted"]) == []


# ── starting with the computer ───────────────────────────────────────────────────────────────────

HOME = Path("/home/ana")
TEAM = Path('/data/our "team" 100%')


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("linux", ".config/autostart/sheetsales-"),
        ("darwin", "Library/LaunchAgents/sheetsales.agent."),
        ("win32", "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/sheetsales-"),
    ],
)
def test_each_system_gets_a_file_that_names_the_program_and_the_workspace(platform: str, place: str, tmp_path: Path) -> None:
    file = startup.start_file(platform, tmp_path, ["/opt/py thon", "-m", "sheetsales_sync.cli"], TEAM)
    assert str(file.path.relative_to(tmp_path)).startswith(place)
    assert startup.install(file)
    assert not startup.install(file), "twice is once"
    assert startup.uninstall(file)
    assert not startup.uninstall(file)
    assert not file.path.exists()
    other = startup.start_file(platform, tmp_path, ["python"], Path("/data/another"))
    assert other.path != file.path


def test_the_content_of_each_file_is_what_its_system_reads() -> None:
    words = ["/opt/py thon", "-m", "sheetsales_sync.cli"]
    mac = plistlib.loads(startup.start_file("darwin", HOME, words, TEAM).data)
    assert mac["ProgramArguments"] == [*words, "-w", str(TEAM), "agent"]
    linux = startup.start_file("linux", HOME, words, TEAM).data.decode()
    assert 'Exec="/opt/py thon" "-m" "sheetsales_sync.cli" "-w" "/data/our \\\\"team\\\\" 100%%" "agent"\n' in linux
    windows = startup.start_file("win32", HOME, words, Path("C:/team")).data.decode("utf-16")
    assert '.Run """/opt/py thon"" ""-m"" ""sheetsales_sync.cli"" ""-w"" ""C:/team"" ""agent""", 0, False' in windows
    with pytest.raises(NotSupported):
        startup.start_file("plan9", HOME, words, TEAM)


def test_the_commands_set_it_up_and_take_it_back(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = Path(team.ok("agent", "install")["startup"]["path"])
    assert file.is_relative_to(tmp_path) and file.exists()
    assert {"what": "start with the computer", "state": "fine", "says": str(file), "hint": ""} in team.ok("doctor")["findings"]
    assert team.ok("agent", "uninstall")["startup"] == {"path": str(file), "removed": True}
    assert not file.exists()


def test_doctor_says_in_words_what_is_missing(team: Team, tmp_path: Path) -> None:
    found = {one["what"]: one for one in team.ok("doctor")["findings"]}
    assert found["store"]["state"] == "fine"
    assert found["helper"]["says"].startswith("not running")
    team.book(ANA).rename(tmp_path / "gone.xlsx")
    said = team.run("doctor", "--json")
    assert said.code == 1
    assert next(one for one in said.out["findings"] if one["what"] == "Ana.xlsx")["state"] == "missing"


def test_excel_is_not_looked_for_where_there_is_none() -> None:
    assert not excel.runs_here("linux")


# ── macros, and "Run main" ───────────────────────────────────────────────────────────────────────


def test_each_button_has_one_macro_of_its_own(team: Team, tmp_path: Path) -> None:
    path, names = write_macros(Workspace.open(team.root), team.book(ANA), tmp_path / "Ana.bas")
    text = path.read_bytes().decode("cp1252")
    assert text.startswith('Attribute VB_Name = "SheetsalesButtons"\r\n')
    assert "LeadsScoreLeads" in names
    subs = [line.split()[2] for line in text.splitlines() if line.startswith("Public Sub ")]
    assert len(subs) == len(names) == len({name.casefold() for name in subs})
    assert text.count("End Sub") == len(subs) + 1


def test_words_of_a_button_cannot_break_the_module() -> None:
    text = module_text([("leads", ButtonSpec('Say "hé"\nnow', "leads.say", 'Line one _\nEnd Sub "two"'))] * 2)
    assert '    Choose "leads", "Say ""hé"" now"\r\n' in text
    assert [line for line in text.split("\r\n") if line.startswith("Public Sub")] == [
        "Public Sub LeadsSayHeNow()",
        "Public Sub LeadsSayHeNow2()",
    ]
    assert '\' Line one End Sub "two"\r\n' in text
    assert macro_name("leads", "Score leads") == "LeadsScoreLeads"


def test_run_main_runs_what_is_chosen_on_the_tab_that_is_shown(desk: Desk) -> None:
    program, _ = write_macros(desk.workspace, desk.team.book(ANA), desk.team.book(ANA).with_suffix(".py"))
    scope: dict[str, object] = {"__name__": "Ana"}
    exec(program.read_text("utf-8"), scope)
    book = desk.opens(ANA)
    book.set_mock_caller()
    book.sheets["Leads"].activate()
    main = scope["main"]
    assert callable(main)
    main()
    assert desk.status(book) == NOTHING_CHOSEN
    book.sheets["Leads"]["C4"].value = "Score leads"
    book.sheets["Opportunities"]["C4"].value = "Check"
    main()
    assert "leads scored" in desk.status(book)
    assert book.sheets["Opportunities"]["C4"].value == "Check", "one press, one action"
    result = run(str(desk.team.root), book)
    assert result is not None and "findings" in result.message
