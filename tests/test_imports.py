"""What may be loaded when: heavy libraries wait until they are needed, and some are never ours to load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(p for room in ("sheetsales", "workbooks", "sync") for p in (ROOT / room).rglob("*.py"))
HEAVY = ("pandas", "numpy", "openpyxl", "xlsxwriter", "xlwings", "gspread", "sqlalchemy", "alembic", "rich", "python_calamine",
         "fastapi", "uvicorn", "msgspec", "pydantic")  # fmt: skip
SPREADSHEETS = ("openpyxl", "xlsxwriter", "xlwings", "gspread", "python_calamine")


def loaded_after(code: str, folder: Path | None = None) -> set[str]:
    """Give the names of all modules that a fresh interpreter has loaded after some code."""
    script = f"{code}\nimport sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=folder)
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        pytest.param(
            "from sheetsales.playbook import build_playbook; build_playbook({})", (*HEAVY, "click", "sqlite3"), id="the processes"
        ),
        pytest.param(
            "from sheetsales_sync.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass", HEAVY, id="sheetsales --help"
        ),
        pytest.param("import sheetsales_sync.cli.books", HEAVY, id="the help of sync"),
        pytest.param("import sheetsales_sync.cli.serve", HEAVY, id="the help of serve"),
        pytest.param("import sheetsales_workbooks.hosts; sheetsales_workbooks.hosts.names()", HEAVY, id="listing the hosts"),
        pytest.param(
            "import sheetsales_workbooks.hosts.excel_file",
            ("pandas", "numpy", *SPREADSHEETS, "sqlalchemy"),
            id="reading a workbook",
        ),
        pytest.param("import sheetsales_sync.syncing", ("pandas", "numpy", *SPREADSHEETS), id="a sync"),
        pytest.param("import sheetsales_sync.store", ("sqlalchemy", "alembic"), id="naming the store"),
    ],
)
def test_loads_nothing_it_does_not_need(code: str, absent: tuple[str, ...]) -> None:
    assert loaded_after(code) & set(absent) == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_never_imports_the_paid_part_of_xlwings(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in getattr(node, "names", [])]
            if isinstance(node, ast.Import)
            else []
        )
        for name in names:
            assert not name.startswith(("xlwings.pro", "xlwings.server", "xlwings.reports"))


def test_plan_and_engine_know_neither_clock_nor_chance_nor_disk() -> None:
    forbidden = {"os", "time", "random", "secrets", "sqlalchemy", "sqlite3", "openpyxl", "gspread", "pathlib", "io"}
    for path in [ROOT / "sync/sheetsales_sync/engine.py", *(ROOT / "sync/sheetsales_sync/plan").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert not {a.name.split(".")[0] for a in node.names} & forbidden, path
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in forbidden, path


def test_the_import_rule_holds() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:]
