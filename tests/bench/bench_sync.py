"""Syncing many workbooks: none changed, five changed, one changed; against zip directories and openpyxl."""

from __future__ import annotations

import csv
import io
import os
import shutil
import statistics
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

import openpyxl

from sheetsales_sync.books import new_book
from sheetsales_sync.demo import type_cells
from sheetsales_sync.engine import Order
from sheetsales_sync.importing import import_file
from sheetsales_sync.members import import_members
from sheetsales_sync.syncing import sync_books
from sheetsales_sync.workspace import Workspace

SAMPLE = 8  # books that openpyxl reads; the rest is scaled, since it takes minutes
ROWS = 60  # opportunities per book


def timed(work: Callable[[], object], runs: int = 5) -> float:
    """Give the median seconds of some runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def team(folder: Path, books: int, rows: int = ROWS) -> Workspace:
    """Make a workspace with that many reps, each with a workbook of opportunities."""
    workspace = Workspace.create(folder)
    reps = [f"rep{n:03d}@bench.example" for n in range(books)]
    take(workspace, "people", ("email", "name", "role", "team"), [(r, r.split("@")[0], "sdr", "North") for r in reps])
    for table, headers, made in (
        ("opportunities", ("external_id", "name", "owner", "amount", "stage", "close_date"),
         [(f"{r}-{n}", f"Deal {n} of {r}", r, f"{n * 100 + 50}.00", "Qualify", "2030-01-31") for r in reps for n in range(rows)]),
        ("leads", ("external_id", "company", "email", "owner"), [(f"L{r}-{n}", f"Company {n}", f"a{n}@c.example", r) for r in reps for n in range(rows)]),
    ):  # fmt: skip
        take(workspace, table, headers, made)
    for rep in reps:
        new_book(workspace, rep)
    return workspace


def take(workspace: Workspace, table: str, headers: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Import rows through a file, as an export of another system comes in."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(headers)
    writer.writerows(rows)
    path = workspace.root / f"{table}.csv"
    path.write_text(out.getvalue(), "utf-8")
    if table == "people":
        import_members(workspace.store, workspace.playbook, path, clock=workspace.clock, actor="bench")
    else:
        import_file(workspace.store, workspace.playbook, table, path, clock=workspace.clock, actor="bench")


def directories(paths: list[Path]) -> None:
    """Read the zip directory of every book, with the standard library: the yardstick."""
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            archive.infolist()


def openpyxl_seconds(paths: list[Path]) -> float:
    """Read some books with openpyxl and scale to all."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in paths[:SAMPLE]:
            openpyxl.load_workbook(path)
    return (time.perf_counter() - start) / min(SAMPLE, len(paths)) * len(paths)


def one_book(workspace: Workspace, path: Path, record: str) -> dict[str, float]:
    """Sync one changed book in a warm process, beside inflating and parsing all its XML and one fsync."""
    taken = []
    for turn in range(7):
        type_cells(path, "leads", record, {"title": f"Manager {turn}"})
        taken.append(timed(lambda: sync_books(workspace, [path], Order()), 1))
    ours, limit = statistics.median(taken), timed(lambda: parse_and_fsync(path))
    return {"one changed book s": ours, "inflate, parse, one fsync s": limit, "one changed book ÷ that": ours / limit}


def parse_and_fsync(path: Path) -> None:
    """Inflate a book and run every part through expat with no handlers, then bring one page to the disk: the limit."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".xml"):
                expat.ParserCreate().Parse(archive.read(name), True)
    with tempfile.TemporaryFile(dir=path.parent) as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())


def grown(books: int, rows: int) -> dict[str, float]:
    """Sync a team of so many books with so many rows in each of two tabs: none changed, and one."""
    folder = Path(tempfile.mkdtemp(prefix="bench-growth-"))
    try:
        workspace = team(folder / "team", books, rows)
        sync_books(workspace, [], Order())
        unchanged = timed(lambda: sync_books(workspace, [], Order()), 3)
        path = min((folder / "team" / "books").glob("*.xlsx"))
        found = {"none changed s": unchanged, **one_book(workspace, path, a_lead(workspace, path))}
        workspace.close()
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def a_lead(workspace: Workspace, path: Path) -> str:
    """Give the id of a lead that a book shows."""
    leads = workspace.store.read(lambda tx: tx.records("leads"))
    return next(r.id for r in leads if str(r.values["owner"]).startswith(path.stem))


def growth() -> dict[str, dict[str, float]]:
    """Sync teams of growing size: `python -m tests.bench growth`; the largest take minutes to make."""
    sizes = ((10, 250), (100, 30), (1_000, 10), (1, 2_500), (1, 25_000))
    return {f"{books:,} books of {2 * rows:,} rows": grown(books, rows) for books, rows in sizes}


def run(books: int = 200) -> dict[str, float]:
    """Give seconds and ratios; openpyxl is scaled from a sample of books."""
    folder = Path(tempfile.mkdtemp(prefix="bench-sync-"))
    try:
        workspace = team(folder / "team", books)
        paths = sorted((folder / "team" / "books").glob("*.xlsx"))
        sync_books(workspace, [], Order())
        directory = timed(lambda: directories(paths))
        unchanged = timed(lambda: sync_books(workspace, [], Order()))
        record = {r.values["owner"]: r.id for r in workspace.store.read(lambda tx: tx.records("leads"))}
        changed = []
        for turn in range(3):
            for path in paths[:5]:
                type_cells(path, "leads", record[f"{path.stem}@bench.example"], {"title": f"Buyer {turn}"})
            changed.append(timed(lambda: sync_books(workspace, [], Order()), 1))
        five = statistics.median(changed)
        everything = openpyxl_seconds(paths)
        workspace.close()
        one = grown(4, 250)
        return {
            **one, "books": books, "zip directories s": directory, "none changed s": unchanged, "none changed ÷ directories": unchanged / directory,
            "5 changed s": five, "openpyxl reads all s (scaled)": everything, "openpyxl ÷ 5 changed": everything / five,
        }  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for name, figure in run().items():
        print(f"{name:32} {figure:.4g}")
