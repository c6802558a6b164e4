"""How fast a score is learned and used: `python tests/bench/bench_learn.py`.

45,000 leads of 16 columns. The alternatives work on the usual wide table of zeros and ones: scikit-learn,
fitted as often as we do, where it is installed, and the products of that table with itself alone, one for
each step of a fit. The limit is one sum over all codes for each step, which every method has to read.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sheetsales.learn import FOLDS, Request, learn
from sheetsales.learned_model import score_rows, write_model
from sheetsales.logistic import fit

ROWS, LEVELS, NUMBERS = 45_000, 10, 6
STEPS = 6  # of Newton's method, as our fits take them
TURNS = 3


def bench_leads(n: int, seed: int) -> tuple[dict[str, list[str]], NDArray[np.intp]]:
    """Give n leads as texts by column, ten of levels and six of numbers, and the levels as codes."""
    chance = np.random.default_rng(seed)
    codes = chance.integers(0, 8, (LEVELS, n))
    numbers = chance.gamma(2.0, 100.0, (NUMBERS, n)).round(0)
    z = -1 + (codes[0] - 3.5) * 0.3 + (codes[1] == 2) * 1.5 + numbers[0] / 200 - numbers[1] / 300
    won = chance.random(n) < 1 / (1 + np.exp(-z))
    names = np.array([f"level {k}" for k in range(8)])
    columns = {f"choice {k}": names[codes[k]].tolist() for k in range(LEVELS)}
    columns |= {f"number {k}": [f"{value:.0f}" for value in numbers[k].tolist()] for k in range(NUMBERS)}
    return {**columns, "won": np.where(won, "1", "0").tolist()}, codes


def best(work: Callable[[], object], turns: int = TURNS) -> float:
    """Give the shortest of some runs, in seconds."""
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def by_scikit_learn(wide: NDArray[np.float64], y: NDArray[np.float64]) -> float | str:
    """Time as many fits of scikit-learn, or say that it is not installed."""
    if importlib.util.find_spec("sklearn") is None:
        return "not installed"
    linear_model = importlib.import_module("sklearn.linear_model")
    return best(lambda: linear_model.LogisticRegression(C=1.0, max_iter=1000).fit(wide, y), 1) * (FOLDS + 1)


def run(n: int = ROWS) -> dict[str, object]:
    """Measure learning with its validation, one fit, and scoring with reasons."""
    columns, choices = bench_leads(n, 1)
    y = np.array([float(text == "1") for text in columns["won"]])
    bins = [
        np.searchsorted(np.quantile(v, np.arange(1, 10) / 10), v)
        for v in np.array([columns[f"number {k}"] for k in range(NUMBERS)], float)
    ]
    codes = np.array([*choices, *bins], np.intp)
    sizes = [8] * LEVELS + [10] * NUMBERS
    wide = np.hstack([np.ones((n, 1)), *(np.eye(size)[column] for size, column in zip(sizes, codes, strict=True))])
    model = learn(columns, Request("won"))
    learning = best(lambda: learn(columns, Request("won")))
    one = best(lambda: fit(codes, sizes, y))
    scoring = best(lambda: score_rows(model, columns, n).lines())
    products = best(lambda: (wide * y[:, None]).T @ wide) * STEPS
    limit = best(codes.sum) * STEPS
    theirs = by_scikit_learn(wide, y)
    return {
        "rows": n,
        "columns": LEVELS + NUMBERS,
        "AUC": model.report["auc"],
        "learn_with_five_folds_s": round(learning, 3),
        "scikit_learn_as_many_fits_s": theirs if isinstance(theirs, str) else round(theirs, 3),
        "one_fit_s": round(one, 3),
        f"products_of_the_wide_table_s ({STEPS})": round(products, 3),
        "ratio_to_them": round(products / one, 2),
        f"limit_s ({STEPS} sums over the codes)": round(limit, 4),
        "times_the_limit": round(one / limit, 1),
        "score_with_reasons_s": round(scoring, 3),
        "rows_scored_per_s": round(n / scoring),
        "model_bytes": len(write_model(model)),
    }


if __name__ == "__main__":
    json.dump(run(), sys.stdout, indent=1)
