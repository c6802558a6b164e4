"""How long a choice in the Action cell takes with a warm helper, and what waiting costs: `python tests/bench/bench_agent.py`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import xlwings

from sheetsales_sync.agent.calc import CalcFinder
from sheetsales_sync.agent.diary import Diary
from sheetsales_sync.agent.helper import Helper
from sheetsales_sync.workspace import Workspace
from sheetsales_workbooks.hosts.libreoffice import engine

ROWS, REPEATS, IDLE = 500, 3, 10.0
ANA = "ana@bench.example"


def _sheetsales(root: Path, *words: str) -> None:
    command = [sys.executable, "-m", "sheetsales_sync.cli", "-w", str(root), *words]
    subprocess.run(command, check=True, capture_output=True)


def _team(root: Path) -> tuple[Workspace, Path]:
    _sheetsales(root, "init", str(root))
    (root / "team.csv").write_text(f"email,name,role,manager_email,team\n{ANA},Ana,inside_rep,,North\n", "utf-8")
    lines = [f"L-{number},Company {number},Person {number},{ANA}\n" for number in range(ROWS)]
    (root / "leads.csv").write_text("external_id,company,contact_name,owner\n" + "".join(lines), "utf-8")
    _sheetsales(root, "members", "import", "team.csv")
    _sheetsales(root, "import", "leads", "leads.csv")
    _sheetsales(root, "book", "new", ANA)
    return Workspace.open(root), root / "books" / "Ana.xlsx"


def run() -> dict[str, float]:
    """Choose *Score leads* again and again in a hidden LibreOffice, then wait and do nothing."""
    engine.activate()
    app = xlwings.App(visible=False, add_book=False)
    with TemporaryDirectory() as folder:
        workspace, path = _team(Path(folder))
        helper = Helper(workspace, [], Diary(workspace.private, datetime.now, lambda _text: None))
        helper.finders.append(CalcFinder(engine.office(app).pipe, helper.admit))
        times: list[float] = []
        try:
            book = app.books.open(str(path))
            helper.begin()
            while not helper.done.programs or not helper._open_books():
                helper.turn(0.1)
            cell = book.sheets["Leads"]["C4"]
            for number in range(REPEATS):
                start = time.perf_counter()
                cell.value = "Score leads" if number % 2 == 0 else "Undo last"
                while len(helper.done.ran) <= number:
                    helper.turn(0.5)
                times.append(time.perf_counter() - start)
            worked, start = time.process_time(), time.perf_counter()
            helper.run(IDLE)
            idle = (time.process_time() - worked) / (time.perf_counter() - start)
        finally:
            helper.let_go()
            app.quit()
            workspace.close()
    return {
        f"Action cell to answer, {ROWS} rows, first s": times[0],
        "again s": statistics.median(times[2::2]),
        "waiting, % of a core": 100 * idle,
    }


if __name__ == "__main__":
    for name, value in run().items():
        sys.stdout.write(f"{name:<45} {value:10.3f}\n")
