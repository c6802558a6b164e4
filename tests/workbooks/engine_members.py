"""The table of workbooks/xlwings-engines.md: which members of xlwings the LibreOffice engine has.

`python tests/workbooks/engine_members.py` writes it anew.
"""

from __future__ import annotations

import inspect
from pathlib import Path

from xlwings import base_classes

from sheetsales_workbooks.hosts.libreoffice import books, engine, looks, names, notes, pictures, ranges, sheets, tables

PAGE = Path(__file__).resolve().parents[2] / "workbooks/xlwings-engines.md"
BEGIN, END = "<!-- members: begin -->\n", "<!-- members: end -->\n"
CLASSES = (
    engine.App,
    books.Books,
    books.Book,
    sheets.Sheets,
    sheets.Sheet,
    sheets.PageSetup,
    sheets.FreezePanes,
    ranges.Range,
    looks.Font,
    looks.Borders,
    looks.Border,
    notes.Note,
    names.Names,
    names.Name,
    tables.Tables,
    tables.Table,
    pictures.Pictures,
    pictures.Picture,
)


def members(kind: type) -> tuple[list[str], list[str]]:
    """Give the members of xlwings that a class has, and those that it refuses by name."""
    base = next(held for held in kind.__mro__ if held.__module__ == base_classes.__name__)
    there, refused = [], []
    for name, declared in vars(base).items():
        if name.startswith("_") or inspect.iscoroutinefunction(declared):
            continue
        held = inspect.getattr_static(kind, name)
        function = held.fget if isinstance(held, property) else held
        (refused if getattr(function, "__name__", "") == "refuse" else there).append(name)
    return sorted(there), sorted(refused)


def table() -> str:
    """Give the table as the page holds it."""
    lines = ["| object | works | refused by name |", "|---|---|---|"]
    for kind in CLASSES:
        there, refused = (", ".join(f"`{name}`" for name in part) or "–" for part in members(kind))
        lines.append(f"| {kind.__name__} | {there} | {refused} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """Give the table that stands in the page."""
    return page.split(BEGIN, 1)[1].split(END, 1)[0]


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    head, tail = text.split(BEGIN, 1)[0], text.split(END, 1)[1]
    PAGE.write_text(head + BEGIN + table() + END + tail, encoding="utf-8")
