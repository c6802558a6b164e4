"""The workbooks that lie ready in `workbooks/templates`, one for each role: built here, never edited by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from sheetsales.playbook import build_playbook
from sheetsales.process import Playbook, Row
from sheetsales.roles import profile, tables_for
from sheetsales.shared import DEFAULT_ROLES
from sheetsales_workbooks.build import build
from sheetsales_workbooks.host import Markers
from sheetsales_workbooks.layout import SPARE_ROWS, TEMPLATE_VERSION, book_spec

FOLDER: Final = Path(__file__).resolve().parents[1] / "templates"
BUILT: Final = datetime(2026, 1, 1)  # noqa: DTZ001 (a fixed moment, so that the bytes repeat)
CURRENCY: Final = "EUR"


def template(playbook: Playbook, role: Row) -> bytes:
    """Give the workbook of a role (a row of `roles`) with nobody's name on it.

    Its waiting rows have no ids: two people may use copies of one file, and the first sync gives ids.
    """
    who = profile(role)
    tables = tables_for(playbook, who)
    ready: dict[str, list[Row]] = {}
    for process in playbook.processes:
        for table, rows in process.defaults.items():
            ready.setdefault(table, []).extend(rows)
    spec = book_spec(
        playbook,
        Markers(f"template-{role['name']}", "", 0, TEMPLATE_VERSION),
        owner_email="",
        owner_name="",
        currency=CURRENCY,
        now=BUILT,
        tables=tables,
        rows={name: ready[name] for name in tables if name in ready and playbook.table(name).kind == "library"},
        spare_ids=dict.fromkeys(tables, [""] * SPARE_ROWS),
        lists=ready,
        writes_library=who.edits_library,
    )
    return build(spec)


def templates() -> dict[str, bytes]:
    """Give every template by file name, as the shipped processes and default roles make it."""
    playbook = build_playbook({})
    return {f"{role['name']}.xlsx": template(playbook, role) for role in DEFAULT_ROLES}


def build_all(folder: Path = FOLDER) -> list[Path]:
    """Write every template into a folder and give the paths; what is right already is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in templates().items():
        path = folder / name
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
        written.append(path)
    return written


if __name__ == "__main__":
    build_all()
