"""How fast whole columns of leads are scored beside `DataFrame.apply` and the limit: `python tests/bench/bench_score.py`.

The same twelve criteria and rules on both sides: the score and the three heaviest reasons, as they stand in
the sheet, and then the score and all reasons as one text. `apply` is timed on `APPLIED` rows and scaled up.
The limit is one sum over the columns, which every method has to read.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sheetsales.heaviest import heaviest_reasons
from sheetsales.score import Rule, RuleTable, level_of, score_columns, score_row

APPLIED = 20_000
COMPARED = 1_000
TURNS = 5


def rules() -> RuleTable:
    """Give the shape of the default rules: five of fit, five of engagement, two penalties."""
    yes_no = (("Yes", 20_00), ("No", -20_00))
    fit = tuple(Rule(name, "Fit", yes_no) for name in ("ICP fit", "decision-maker", "budget"))
    graded = tuple(Rule(name, "Fit", (("2", 12_00), ("1", 6_00), ("0", 0))) for name in ("need", "timing"))
    engagement = tuple(Rule(f"event {n}", "Engagement") for n in range(5))
    penalty = tuple(Rule(name, "Penalty", (("Yes", -5_00),)) for name in ("free-mail", "attempts"))
    return RuleTable((*fit, *graded, *engagement, *penalty), {"Fit": 70_00, "Engagement": 30_00})


def graded() -> RuleTable:
    """Give twelve criteria that are ticked or not, in two groups with caps: the shape most scoring sheets have."""
    return RuleTable(
        tuple(Rule(f"criterion {n}", "Fit" if n < 6 else "Engagement", (("Yes", 15_00),)) for n in range(12)),
        {"Fit": 70_00, "Engagement": 30_00},
    )


def bench_rows(table: RuleTable, n: int, seed: int) -> tuple[dict[str, NDArray[np.uint8]], dict[str, NDArray[np.int32]]]:
    """Give n rows: codes of answers (0 is Unknown, as often as any answer), and decayed points, mostly none."""
    chance = np.random.default_rng(seed)
    answers = {r.name: chance.integers(0, len(r.levels) + 1, n).astype(np.uint8) for r in table.rules if r.levels}
    amounts = {
        r.name: (chance.integers(0, 20_00, n) * (chance.random(n) < 0.3)).astype(np.int32) for r in table.rules if not r.levels
    }
    return answers, amounts


def by_apply(table: RuleTable, frame: pd.DataFrame, heaviest: bool = False) -> pd.Series[Any]:
    """Score row by row as a spreadsheet user would with pandas: score and reasons of each row, all or the three heaviest."""
    groups = [(group, [(r.name, r.points) for r in held], table.caps.get(group)) for group, held in table.groups]

    def one(row: Mapping[str, Any]) -> tuple[int, str]:
        reasons: list[tuple[int, str]] = []
        score = 0
        for group, held, cap in groups:
            part = 0
            for name, points in held:
                worth = points.get(row[name], 0) if points else row[name]
                if worth:
                    text = f"{name}: {row[name]} ({worth / 100:+g})" if points else f"{name} ({worth / 100:+g})"
                    reasons.append((worth, text))
                    part += worth
            if cap is not None and part > cap:
                reasons.append((cap - part, f"{group} cap ({(cap - part) / 100:+g})"))
                part = cap
            score += part
        kept = min(max(score, 0), 100_00)
        if kept != score:
            reasons.append((kept - score, f"Limit of the scale ({(kept - score) / 100:+g})"))
        if heaviest:
            reasons = sorted(reasons, key=lambda reason: -abs(reason[0]))[:3]
        return kept, "; ".join(text for _, text in reasons)

    return frame.apply(one, axis=1)


def best(work: Callable[[], object], turns: int = TURNS) -> float:
    """Give the shortest of some runs, in seconds."""
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def compare(table: RuleTable, n: int) -> dict[str, object]:
    """Measure one rule table over n rows: seconds, and ratios to `apply` and to the limit.

    Both sides of `ratio` end with the score and the three heaviest reasons of every row, both sides of
    `ratio_of_all_reasons` with all of them in one text. `ratio_of_scores` leaves our reasons as the codes
    they are made from, which is all a ranking needs.
    """
    answers, amounts = bench_rows(table, n, 1)
    scores = best(lambda: score_columns(table, answers, amounts))
    three = best(lambda: heaviest_reasons(score_columns(table, answers, amounts)))
    ours = best(lambda: score_columns(table, answers, amounts).texts(), 2)
    few = min(n, APPLIED)
    frame = pd.DataFrame(
        {
            **{r.name: [level_of(r, int(code)) for code in answers[r.name][:few]] for r in table.rules if r.levels},
            **{name: column[:few] for name, column in amounts.items()},
        }
    )
    said = by_apply(table, frame.head(COMPARED))
    columns = score_columns(table, answers, amounts)
    texts = columns.texts()[: len(said)].tolist()
    if [score for score, _ in said] != columns.score[: len(said)].tolist() or [text for _, text in said] != texts:
        raise SystemExit("The two methods disagree.")
    shown = ["; ".join(filter(None, row)) for row in heaviest_reasons(columns)[: len(said)].tolist()]
    if [text for _, text in by_apply(table, frame.head(COMPARED), heaviest=True)] != shown:
        raise SystemExit("The two methods disagree about the heaviest reasons.")
    apply = best(lambda: by_apply(table, frame), 2) * n / few
    apply_three = best(lambda: by_apply(table, frame, heaviest=True), 2) * n / few
    limit = best(lambda: [c.sum() for c in answers.values()] + [c.sum() for c in amounts.values()])
    return {
        "rows": n,
        "ours_s": round(three, 4),
        f"apply_s (scaled from {few:,} rows)": round(apply_three, 2),
        "ratio": round(apply_three / three),
        "all_reasons_s": round(ours, 4),
        "ratio_of_all_reasons": round(apply / ours),
        "scores_alone_s": round(scores, 4),
        "ratio_of_scores": round(apply / scores),
        "limit_s (one sum over the columns)": round(limit, 4),
        "scores_times_the_limit": round(scores / limit, 1),
    }


def row_function(table: RuleTable) -> float:
    """Give the seconds that `score_row` takes for one row."""
    answers, amounts = bench_rows(table, APPLIED, 2)
    pairs = [
        ({r.name: level_of(r, int(answers[r.name][i])) for r in table.rules if r.levels},
         {name: int(column[i]) for name, column in amounts.items()})
        for i in range(APPLIED)
    ]  # fmt: skip
    return best(lambda: [score_row(table, *pair) for pair in pairs], 3) / APPLIED


def run(n: int = 1_000_000) -> dict[str, object]:
    """Measure n rows under twelve criteria ticked or not, and under the default rules with decaying events.

    Under the latter almost every row has a text of all reasons of its own, and writing a million is most of that time.
    """
    return {
        "twelve criteria, ticked or not": compare(graded(), n),
        "the default rules, events decaying": compare(rules(), n),
        "row_function_us": round(row_function(rules()) * 1e6, 2),
    }


if __name__ == "__main__":
    json.dump(run(), sys.stdout, indent=1)
