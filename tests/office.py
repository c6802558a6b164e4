"""A real headless LibreOffice for tests: convert, edit as a person would, and look at what stands in a file.

One LibreOffice serves all tests of a process; it has a profile of its own and ends with the process.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leaving import at_end

WORKER = Path(__file__).with_name("office_worker.py")
UNO_PYTHONS = (os.environ.get("SHEETSALES_UNO_PYTHON", ""), "/usr/bin/python3", "/usr/lib/libreoffice/program/python")
Edits = Mapping[tuple[str, str], object]


@dataclass(frozen=True)
class SheetDump:
    """One sheet: values, formulas (LibreOffice's words) and error codes by address; notes, button captions, validations."""

    values: Mapping[str, Any]
    formulas: Mapping[str, str]
    errors: Mapping[str, int]
    validated: Mapping[str, str]
    notes: Mapping[str, str]
    buttons: list[str]
    visible: bool


@dataclass(frozen=True)
class Dump:
    """A whole file as LibreOffice sees it; tables: whether each has its autofilter."""

    sheets: Mapping[str, SheetDump]
    names: Mapping[str, str]
    tables: Mapping[str, bool]
    properties: Mapping[str, Any]

    @property
    def errors(self) -> list[str]:
        """Every cell that shows an error, as `Sheet!A1: code formula`."""
        return [
            f"{name}!{place}: {code} {sheet.formulas[place]}"
            for name, sheet in self.sheets.items()
            for place, code in sheet.errors.items()
        ]


def uno_python() -> str | None:
    """Give the interpreter that can import `uno`, or None where there is none."""
    for name in UNO_PYTHONS:
        if (
            name
            and Path(name).exists()
            and subprocess.run([name, "-c", "import uno"], check=False, capture_output=True).returncode == 0
        ):
            return name
    return None


def why_not() -> str:
    """Say why LibreOffice cannot be used here, or "" where it can."""
    if shutil.which("soffice") is None:
        return "LibreOffice (soffice) is not installed"
    return "" if uno_python() else "no Python with LibreOffice's `uno` module was found (package python3-uno)"


class _Worker:
    """The process that owns LibreOffice, started when first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, **request: object) -> Any:
        process = self._process
        if process is None or process.poll() is not None:
            python = uno_python()
            assert python is not None, why_not()
            process = self._process = subprocess.Popen(
                [python, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            at_end(self.end)
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, "LibreOffice's helper process ended without an answer"
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply["answer"]

    def end(self) -> None:
        if self._process is not None and self._process.stdin is not None and self._process.stdout is not None:
            self._process.stdin.close()
            self._process.wait(30)
            self._process.stdout.close()
            self._process = None


_worker = _Worker()


def convert(path: Path, to: Path) -> Path:
    """Open a file in LibreOffice and save it as what the ending of `to` says (xlsx, ods, pdf, csv)."""
    _worker.ask(do="save", path=str(path.resolve()), to=str(to.resolve()))
    return to


def edit(path: Path, edits: Edits, to: Path | None = None) -> Path:
    """Type into cells in LibreOffice and save: `{("Leads", "C7"): "Acme"}`; None clears.

    A text that begins with "=" is typed as text; a formula is `{"formula": "SUM(A1:A2)"}`.
    """
    target = to or path
    fresh = target.with_name("~saved-" + target.name)
    _worker.ask(do="save", path=str(path.resolve()), to=str(fresh.resolve()), edits=_listed(edits))
    fresh.replace(target)
    return target


def _listed(edits: Edits) -> list[list[object]]:
    return [[sheet, place, value] for (sheet, place), value in edits.items()]


def open_and_dump(path: Path, edits: Edits | None = None) -> Dump:
    """Open a file in LibreOffice, recalculate (after typing `edits`), and give all that stands in it."""
    found = _worker.ask(do="dump", path=str(path.resolve()), edits=_listed(edits or {}))
    sheets = {name: SheetDump(**sheet) for name, sheet in found["sheets"].items()}
    return Dump(sheets, found["names"], found["tables"], found["properties"])


def pictures(path: Path, folder: Path, *, rows: int = 48, widest: int = 520, resolution: int = 96) -> list[Path]:
    """Draw each visible sheet of a workbook as a PNG in a folder, as far as `rows` and `widest` (millimetres) go.

    Needs poppler's pdftoppm.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pdf = folder / "sheets.pdf"
    with zipfile.ZipFile(path) as parts:
        names = re.findall(r'<sheet name="([^"]+)"', parts.read("xl/workbook.xml").decode())
        heads = [parts.read(f"xl/worksheets/sheet{number}.xml") for number in range(1, len(names) + 1)]
    grid = [name for name, head in zip(names, heads, strict=True) if b'showGridLines="0"' not in head]
    shown = _worker.ask(do="render", path=str(path.resolve()), to=str(pdf.resolve()), grid=grid, rows=rows, widest=100 * widest)
    subprocess.run(["pdftoppm", "-png", "-r", str(resolution), str(pdf), str(folder / "page")], check=True)
    drawn = sorted(folder.glob("page-*.png"))
    named = [folder / f"{number:02d} {name}.png" for number, name in enumerate(shown, 1)]
    return [page.rename(name) for page, name in zip(drawn, named, strict=True)]
