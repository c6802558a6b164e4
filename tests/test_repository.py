"""What must never stand in the repository, and what must stand there as it was built."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        if path.suffix in (".py", ".toml", ".txt", ".md", ".yml", ".json", ".cfg", "") or path.name in ("Makefile", "run"):
            found.append((path, path.read_text("utf-8")))
    return found


def test_the_top_level_is_as_agreed() -> None:
    allowed = {
        "pyproject.toml", "sheetsales", "workbooks", "sync", "tests", "README.md", "CHANGELOG.md", "LICENSE", "Makefile",
        "constraints.txt", ".gitignore", ".ci",
    }  # fmt: skip
    assert {p.relative_to(ROOT).parts[0] for p in tracked()} <= allowed


def test_pins_hold_names_and_versions_only() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line]
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!-]+( ; .+)?", line) for line in lines)


def test_no_lock_file_with_addresses_is_kept() -> None:
    assert not [p for p in tracked() if p.name in ("uv.lock", "poetry.lock", "Pipfile.lock")]


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"index-url\s*[=:]|--extra-index", id="a registry"),
        pytest.param(r"https?://[^\s\"')]*/simple(/|\"|\s|$)", id="a package index"),
        pytest.param(r"(?<![\w.])/(work|farm)/", id="a path of one machine"),
    ],
)
def test_no_text_names(pattern: str) -> None:
    own = Path(__file__).name
    hits = [str(path) for path, text in texts() if path.name != own and "no-emit" not in text and re.search(pattern, text)]
    assert hits == []


def test_nothing_is_left_unfinished() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")
    own = Path(__file__).name
    assert [str(p) for p, text in texts() if p.suffix == ".py" and p.name != own and words.search(text)] == []


def test_every_public_thing_in_the_product_says_what_it_is_for() -> None:
    silent = []
    for path in tracked():
        if path.suffix != ".py" or path.relative_to(ROOT).parts[0] == "tests":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        if ast.get_docstring(tree) is None:
            silent.append(str(path))
        for node in ast.walk(tree):
            if (
                isinstance(node, (ast.FunctionDef, ast.ClassDef))
                and not node.name.startswith("_")
                and ast.get_docstring(node) is None
                and not any(isinstance(d, ast.Attribute) and d.attr == "setter" for d in node.decorator_list)
            ):
                inner = any(
                    isinstance(parent, ast.FunctionDef) and node in ast.walk(parent) and parent is not node
                    for parent in ast.walk(tree)
                )
                if not inner:
                    silent.append(f"{path}:{node.name}")
    assert silent == []


def test_functions_stay_within_a_screen() -> None:
    longest = []
    for path in tracked():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] != "tests":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 75:
                    longest.append(f"{path}:{node.name}")
    assert longest == []
