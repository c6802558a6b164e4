"""A small team with real files: made once a session by the real command line, and copied for each test."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from leaving import at_end

from sheetsales_sync.cli import main
from sheetsales_workbooks.csv_file import write_csv
from sheetsales_workbooks.host import BookPatch, BookRead, CellWrite, RowRead, TableRead
from sheetsales_workbooks.hosts.excel_file import read_book
from sheetsales_workbooks.patch import patch_book

ANA, BEN, MARA, OTTO = (f"{name}@team.example" for name in ("ana", "ben", "mara", "otto"))
NAMES = {ANA: "Ana", BEN: "Ben", MARA: "Mara", OTTO: "Otto"}
FILES: Mapping[str, list[tuple[object, ...]]] = {
    "people": [
        ("email", "name", "role", "manager_email", "team"),
        (MARA, "Mara", "sales_manager", None, "North"),
        (ANA, "Ana", "inside_rep", MARA, "North"),
        (BEN, "Ben", "field_rep", MARA, "North"),
        (OTTO, "Otto", "operations", MARA, "North"),
    ],
    "accounts": [
        ("external_id", "name", "industry", "region", "revenue", "employees", "postcode"),
        ("A-1", "Alder Mills", "Food", "North", "1200000.50", 120, "00123"),
        ("A-2", "Birch & Co", "Wood", "South", "350000", 35, "8001"),
        ("A-3", "Cedar AG", "Paper", "North", "90000", 9, "8002"),
    ],
    "products": [("sku", "name", "list_price", "margin"), ("P-1", "Pump", "1500.00", "40%"), ("P-2", "Valve", "80.00", "55%")],
    "leads": [
        ("external_id", "company", "contact_name", "email", "phone", "owner"),
        ("L-1", "Dune Bakery", "Ida Roth", "ida@dune.example", "044 123 45 67", ANA),
        ("L-2", "Elm Optics", "Jon Vale", "jon@elm.example", "+44 20 7946 0958", ANA),
        ("L-3", "Fir Logistics", "Kim Bay", "kim@fir.example", None, BEN),
    ],
    "opportunities": [
        ("external_id", "name", "owner", "account", "product", "amount", "stage", "created_on", "close_date"),
        ("O-1", "Pumps for Alder", ANA, "Alder Mills", "Pump", "12000.00", "Proposal", "2026-01-05", "2026-12-15"),
        ("O-2", "Valves for Birch", ANA, "Birch & Co", "Valve", "640.50", "Qualify", "2026-02-10", "2027-01-20"),
        ("O-3", "Pumps for Cedar", BEN, "Cedar AG", "Pump", "7500", "Discover", "2026-03-01", "2027-02-01"),
    ],
    "territory_accounts": [
        ("external_id", "account", "owner", "type", "fit", "potential"),
        ("T-1", "Alder Mills", BEN, "Prospect", 3, "50000"),
        ("T-2", "Birch & Co", BEN, "Prospect", 2, "20000"),
        ("T-3", "Cedar AG", BEN, "Customer", 1, "9000"),
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What a command answered: its exit code, its JSON document or text, what it told the person."""

    code: int
    out: Any
    err: str


def run(*words: object, at: Path | None = None) -> Said:
    """Run the command line in this process; with `--json`, exactly one document may stand on standard output."""
    words_ = [*(["-w", str(at)] if at is not None else []), *map(str, words)]
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    err = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(words_)
    out.flush()
    data = out.buffer.getvalue()  # type: ignore[attr-defined]
    assert "Traceback" not in err.getvalue()
    code = ended.value.code
    assert isinstance(code, int)
    if "--json" not in words_:
        return Said(code, data.decode(errors="replace"), err.getvalue())
    lines = data.decode().splitlines()
    assert len(lines) == 1, data
    return Said(code, json.loads(lines[0]), err.getvalue())


@dataclass(frozen=True)
class Team:
    """A workspace of one test."""

    root: Path

    def run(self, *words: object) -> Said:
        """Run a command of this workspace."""
        return run(*words, at=self.root)

    def ok(self, *words: object) -> Any:
        """Run a command with `--json` that must succeed; give its document."""
        said = self.run(*words, "--json")
        assert said.code == 0, said
        return said.out

    def book(self, email: str) -> Path:
        """Give the workbook of a member."""
        return self.root / "books" / f"{NAMES[email]}.xlsx"

    def sync(self, *books: object) -> dict[str, dict[str, Any]]:
        """Sync; give each book's result by its file name."""
        return {Path(b["path"]).name: b for b in self.ok("sync", *books)["books"]}

    def read(self, email: str) -> BookRead:
        """Read a member's workbook."""
        return read_book(self.book(email))

    def tab(self, email: str, table: str) -> TableRead:
        """Give one tab of a member's workbook."""
        return self.read(email).tables[table]

    def row(self, email: str, table: str, external_id: str) -> RowRead:
        """Give the row of a record in a member's workbook."""
        return next(r for r in self.tab(email, table).rows if r.cells.get("external_id") == external_id)

    def type(self, who: str, table: str, external_id: str, /, **values: object) -> str:
        """Type values into the row of a record, or into the first waiting row (""); give the id of the row."""
        row = self.row(who, table, external_id) if external_id else self.waiting(who, table)
        assert isinstance(row.id, str)
        tab = self.tab(who, table)
        self.patch(who, tab.sheet, [CellWrite(row.row, tab.columns[c], v, text=isinstance(v, str)) for c, v in values.items()])
        return row.id

    def waiting(self, email: str, table: str) -> RowRead:
        """Give the first waiting row of a tab."""
        return next(
            r for r in self.tab(email, table).rows if all(v in (None, "") or not isinstance(v, str) for v in r.cells.values())
        )

    def put(self, email: str, sheet: str, row: int, column: int, value: object) -> None:
        """Put a value into any cell of a workbook, text as text."""
        self.patch(email, sheet, [CellWrite(row, column, value, text=isinstance(value, str))])

    def patch(self, email: str, sheet: str, cells: list[CellWrite]) -> None:
        """Write cells of a workbook that nobody has open."""
        patch = BookPatch()
        patch.sheet(sheet).cells.extend(cells)
        self.book(email).write_bytes(patch_book(self.book(email).read_bytes(), patch))

    def records(self, table: str) -> dict[str, dict[str, Any]]:
        """Give the current records of a table by external id, else by id."""
        return {r["external_id"] or r["id"]: r for r in self.ok("export", table)["records"]}

    def history(self, *words: object) -> list[dict[str, Any]]:
        """Give the history."""
        rows: list[dict[str, Any]] = self.ok("history", *words)["history"]
        return rows

    def seq(self) -> int:
        """Give the number of the newest history row."""
        return int(self.ok("status")["seq"])

    def bytes(self, *, store: bool = True) -> dict[str, str]:
        """Give a fingerprint of every file of the workspace: the books byte for byte, the store by what it says."""
        found = {
            str(p.relative_to(self.root)): _hash(p) for p in sorted(self.root.rglob("*")) if p.is_file() and ".db" not in p.name
        }
        return found | ({"store": self.said_by_the_store()} if store else {})

    def said_by_the_store(self) -> str:
        """Give a fingerprint of what the store holds, leases and the time of the last look left aside."""
        import sqlite3

        digest = hashlib.sha256()
        with contextlib.closing(sqlite3.connect(self.root / "sheetsales.db")) as connection:
            for line in connection.iterdump():
                if not line.startswith(('INSERT INTO "lease"', 'INSERT INTO "book"', "INSERT INTO lease", "INSERT INTO book")):
                    digest.update(line.encode())
        return digest.hexdigest()


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def put_csv(path: Path, rows: list[tuple[object, ...]]) -> Path:
    """Write rows, the first one being the headers, as a CSV file."""
    path.write_bytes(write_csv([str(h) for h in rows[0]], [["" if v is None else str(v) for v in row] for row in rows[1:]]))
    return path


def make(root: Path, store: str = "") -> Team:
    """Make the team in a folder by commands, with a workbook for everybody. store: the address of its store, if another."""
    said = run("init", root, "--currency", "EUR", "--zone", "Europe/Zurich", *(["--store", store] if store else []))
    assert said.code == 0, said
    team = Team(root)
    for table, rows in FILES.items():
        path = put_csv(root / f"{table}.csv", rows)
        words = ("members", "import", path) if table == "people" else ("import", table, path)
        said = team.ok(*words)
        assert said["rejected"] == [] and said["unmapped"] == [], said
        path.unlink()
    for email in NAMES:
        team.ok("book", "new", email)
    return team


@cache
def made() -> Path:
    """Make the team once a session."""
    root = Path(mkdtemp(prefix="team-")) / "team"
    at_end(shutil.rmtree, root.parent, True)
    return make(root).root


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """Give a team of this test's own: the folder is copied, as a team would move it."""
    return Team(Path(shutil.copytree(made(), tmp_path / "team")))
