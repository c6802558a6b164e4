"""What shows that a statement holds: tests by file and name, buttons and commands; and what is wrong with such a claim."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sheetsales.playbook import build_playbook
from sheetsales_sync.cli import COMMANDS

HERE = Path(__file__).parent
ACTIONS = frozenset(build_playbook({}).actions)
SENTENCE = 40  # characters; less is no reason


@dataclass(frozen=True)
class Shown:
    """A thing that the product does, in our words.

    says: the thing. by: `file::test` of the folder tests. buttons, commands: what a person uses for it.
    lacks: one sentence about what of it is not there, and why; without any `by` all of it is not there.
    """

    says: str
    by: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    lacks: str = ""


def shown(says: str, *by: str, buttons: str = "", commands: str = "", lacks: str = "") -> Shown:
    """Give an entry; buttons and commands are words with blanks between."""
    return Shown(says, by, tuple(buttons.split()), tuple(commands.split()), lacks)


def absent(says: str, why: str) -> Shown:
    """Give the entry of what is not there."""
    return Shown(says, lacks=why)


@cache
def tests_in(file: str) -> frozenset[str]:
    """Give the names of the tests of a file that can fail: those that pytest collects and nobody has switched off."""
    found: set[str] = set()
    for node in ast.parse((HERE / file).read_text(encoding="utf-8")).body:
        within = node.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test") else [node]
        for one in within:
            if isinstance(one, ast.FunctionDef) and one.name.startswith("test_") and not _is_off(one):
                found.add(one.name)
    return frozenset(found)


def _is_off(function: ast.FunctionDef) -> bool:
    """Say whether a decorator skips the test or expects it to fail."""
    marks = " ".join(ast.unparse(decorator) for decorator in function.decorator_list)
    return "mark.skip(" in marks or marks.endswith("mark.skip") or "mark.xfail" in marks


def faults(entry: Shown) -> list[str]:
    """Say in words what is wrong with an entry: nothing where all that it names is there."""
    wrong: list[str] = []
    for claim in entry.by:
        file, _, name = claim.partition("::")
        if not (HERE / file).is_file():
            wrong.append(f"no file {file}")
        elif name not in tests_in(file):
            wrong.append(f"no test {claim}")
    wrong += [f"no button {name}" for name in entry.buttons if name not in ACTIONS]
    wrong += [f"no command {name}" for name in entry.commands if name not in COMMANDS]
    if entry.lacks and not (entry.lacks.endswith(".") and len(entry.lacks) >= SENTENCE):
        wrong.append("what it lacks is not said in a sentence")
    if not entry.by and not entry.lacks:
        wrong.append("nothing shows it and no sentence says why")
    return wrong
