"""How long a patch takes beside openpyxl's load and save, and beside packing alone: `python tests/bench/bench_patch.py`."""

from __future__ import annotations

import io
import random
import statistics
import time
import warnings
from collections.abc import Callable
from decimal import Decimal

import openpyxl
import xlsxwriter

from sheetsales_workbooks.host import BookPatch, CellWrite
from sheetsales_workbooks.patch import patch_book
from sheetsales_workbooks.patching import zip_file as packer
from sheetsales_workbooks.reading.parts import directory, inflate

ROWS, COLUMNS = 500, 20
SHEET = "xl/worksheets/sheet1.xml"


def book(rows: int = ROWS, columns: int = COLUMNS) -> bytes:
    """Build a book of words, amounts and days, with the markers of a managed one."""
    chance = random.Random(1)
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, markers = made.add_worksheet("Leads"), made.add_worksheet("_ss")
    day = made.add_format({"num_format": "yyyy-mm-dd"})
    for row in range(rows):
        for column in range(columns):
            if column % 3 == 0:
                sheet.write(row, column, f"Firm {chance.randrange(10**6)}")
            elif column % 3 == 1:
                sheet.write(row, column, chance.randrange(10**6) / 100)
            else:
                sheet.write(row, column, 45000 + chance.randrange(900), day)
    markers.write_row(0, 0, ["generation", 1])
    made.set_custom_property("ss_generation", 1)
    made.close()
    return out.getvalue()


def few(generation: int | None = None) -> BookPatch:
    """Give a patch of ten cells all over the sheet."""
    patch = BookPatch(generation=generation)
    patch.sheet("Leads").cells += [CellWrite(20 + 45 * n, 2 + n, Decimal("12.5") if n % 2 else f"new {n}") for n in range(10)]
    return patch


def all_rows() -> BookPatch:
    """Give a patch of two cells in every row."""
    patch = BookPatch()
    for row in range(1, ROWS + 1):
        patch.sheet("Leads").cells += [CellWrite(row, 3, row), CellWrite(row, 7, f"tier {row % 5}")]
    return patch


def by_openpyxl(data: bytes, patch: BookPatch) -> bytes:
    """Do the same by loading and saving the whole book."""
    loaded = openpyxl.load_workbook(io.BytesIO(data))
    for write in patch.sheets["Leads"].cells:
        loaded["Leads"].cell(write.row, write.column).value = write.value
    out = io.BytesIO()
    loaded.save(out)
    return out.getvalue()


def unpack_and_pack(data: bytes) -> bytes:
    """Do what no way around has: unpack the sheet part and pack it again."""
    entry = next(entry for entry in directory(data) if entry.name == SHEET)
    return packer._pack(inflate(data, entry, 1 << 30), entry.method)[1]


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Give the median of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def run() -> dict[str, dict[str, float]]:
    """Measure the cases; times in ms, and how many times longer openpyxl and we ourselves take than the other."""
    data = book()
    found: dict[str, dict[str, float]] = {}
    cases = {"10 cells": few(), "10 cells and the generation": few(2), "2 cells in every row": all_rows()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, patch in cases.items():
            ours = milliseconds(lambda patch=patch: patch_book(data, patch), 41)
            theirs = milliseconds(lambda patch=patch: by_openpyxl(data, patch), 5)
            limit = milliseconds(lambda: unpack_and_pack(data), 41)
            found[name] = {
                "ours": ours,
                "openpyxl": theirs,
                "limit": limit,
                "openpyxl / ours": theirs / ours,
                "ours / limit": ours / limit,
            }
    return found


if __name__ == "__main__":
    for case, figures in run().items():
        print(f"{case:30}" + "  ".join(f"{name} {value:.2f}" for name, value in figures.items()))
