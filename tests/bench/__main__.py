"""Every figure the README names, ours beside the alternative and the limit, as ratios in one run."""

from __future__ import annotations

import importlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "workbooks"))

PARTS = (
    ("Reading one book of 500 rows x 20 columns", "bench_read"),
    ("Patching 10 cells of a 500-row book", "bench_patch"),
    ("Scoring a million leads with reasons", "bench_score"),
    ("Allocating calls over 10,000 accounts", "bench_allocate"),
    ("Forecasting the sum of 500 deals that hang together", "bench_forecast"),
    ("Learning a score from 45,000 leads of 16 columns", "bench_learn"),
    ("Writing 100,000 records of which 1 % changed", "bench_store"),
    ("Merging 100,000 rows three ways, 1 % edited on both sides", "bench_merge"),
    ("Syncing 200 books, and one of 500 rows", "bench_sync"),
    ("Scoring 500 rows over HTTP beside a plain FastAPI route", "bench_service"),
    ("Writing and reading 5,000 x 20 cells in a running LibreOffice", "bench_live"),
    ("From the Action cell to the answer with a warm helper", "bench_agent"),
)


def start_up() -> Mapping[str, float]:
    """Time `sheetsales --help` beside a bare Python, whole processes, medians of 15."""

    def process(*words: str) -> float:
        times = []
        for _ in range(15):
            start = time.perf_counter()
            subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    bare, ours = process("-c", "pass"), process("-c", "from sheetsales_sync.cli import main; main(['--help'])")
    return {"bare Python ms": bare * 1000, "sheetsales --help ms": ours * 1000, "above bare Python ms": (ours - bare) * 1000}


def show(title: str, figures: Mapping[str, object]) -> None:
    """Print one part of the table."""
    print(f"\n{title}")
    for name, value in figures.items():
        if isinstance(value, Mapping):
            show(f"  {name}", value)
            continue
        shown = f"{value:,.4g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
        print(f"  {name:<58} {shown:>12}")


def main() -> None:
    """Run all parts, or those named on the command line."""
    wanted = sys.argv[1:]
    print(f"Python {platform.python_version()} on {platform.machine()}; medians; read ratios, not seconds.")
    if not wanted or "start_up" in wanted:
        show("Start-up", start_up())
    for title, module in PARTS:
        if not wanted or module in wanted:
            show(title, importlib.import_module(module).run())
    if "growth" in wanted:
        show("Growth", importlib.import_module("bench_sync").growth())


if __name__ == "__main__":
    main()
