"""How long a running LibreOffice takes beside its own block calls: `python tests/bench/bench_live.py`.

The limit is `setDataArray` and `getDataArray` of the same office, called from the Python that brings
`uno`; ours goes through xlwings and our engine in another process, with dates and types told apart.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import xlwings as xw

from sheetsales_workbooks.hosts.libreoffice import engine
from sheetsales_workbooks.hosts.libreoffice.program import uno_python

ROWS, COLUMNS, REPEATS = 5_000, 20, 9
RAW = """
import statistics, sys, time, uno
pipe, rows, columns, repeats = sys.argv[1], *map(int, sys.argv[2:])
here = uno.getComponentContext()
resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
there = resolver.resolve("uno:pipe,name=" + pipe + ";urp;StarOffice.ComponentContext")
desktop = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
found = desktop.Components.createEnumeration()
cells = found.nextElement().Sheets.getByIndex(1).getCellRangeByPosition(0, 0, columns - 1, rows - 1)
block = tuple(tuple(float(r * c) if c % 2 else "t%d" % (r + c) for c in range(columns)) for r in range(rows))
writes, reads = [], []
for _ in range(repeats):
    start = time.perf_counter(); cells.setDataArray(block); writes.append(time.perf_counter() - start)
    start = time.perf_counter(); cells.getDataArray(); reads.append(time.perf_counter() - start)
print(statistics.median(writes), statistics.median(reads))
"""


def timed(work: Callable[[], object]) -> float:
    """Give the median seconds of a piece of work."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def run() -> dict[str, float]:
    """Write and read a block both ways in one office."""
    engine.activate()
    start = time.perf_counter()
    app = xw.App(visible=False, add_book=False)
    began = time.perf_counter() - start
    try:
        book = app.books.add()
        ours = book.sheets[0]
        book.sheets.add(after=ours)
        rows = [[float(r * c) if c % 2 else f"t{r + c}" for c in range(COLUMNS)] for r in range(ROWS)]
        block = ours["A1"].resize(ROWS, COLUMNS)

        def write() -> None:
            block.value = rows

        def read() -> None:
            assert block.options(ndim=2).value == rows

        def cell() -> None:
            assert ours["B2"].impl.raw_value

        write_ours, read_ours, one = timed(write), timed(read), timed(cell)
        asked = [uno_python(), "-c", RAW, engine.office(app).pipe, str(ROWS), str(COLUMNS), str(REPEATS)]
        raw = subprocess.run(asked, check=True, capture_output=True, text=True)
        write_raw, read_raw = map(float, raw.stdout.split())
    finally:
        app.quit()
    return {
        "starting LibreOffice s": began,
        "write 5,000 x 20: raw UNO ms": write_raw * 1000,
        "write 5,000 x 20: ours ms": write_ours * 1000,
        "write: ours / raw": write_ours / write_raw,
        "read 5,000 x 20: raw UNO ms": read_raw * 1000,
        "read 5,000 x 20: ours ms": read_ours * 1000,
        "read: ours / raw": read_ours / read_raw,
        "reading one cell ms": one * 1000,
    }


if __name__ == "__main__":
    for name, value in run().items():
        sys.stdout.write(f"{name:<40} {value:10.3f}\n")
