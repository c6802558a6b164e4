"""Fit curves: what four judgements of an account say, as a curve in words, or why no curve goes through them."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt

from sheetsales.attention import answers, number, points_of
from sheetsales.curves import TODAY, Curve, can_be_fitted, fit_curve, fit_points, rises
from sheetsales.process import Edit, Patch, Refusal, Request, Row, Tables
from sheetsales.values import words_of

TABLE = "territory_accounts"
DO_NOT_RISE = "Answers must rise: no calls < today (100) < +50 % < no limit."
TOO_LOW = "The curve cannot be fitted: your +50 % answer is too low."
NO_PAIRS = "Further answers must be pairs of calls and sales, such as 25:53; 200:132."
NAMES = ("no calls", "+50 % calls", "no limit")


def fit_curves(tables: Tables, request: Request) -> Patch:
    """Fit the curve of the selected accounts, or of all, and write it beside them in words.

    An account whose answers lie on no curve is refused with the sentence of its check; one that lacks an
    answer follows the default curve, and the column says which answers are missing.
    """
    rows = [row for row in tables.rows(TABLE) if not request.records or str(row["id"]) in request.records]
    edits: list[Edit] = []
    refused: list[Refusal] = []
    fitted = missing = 0
    for row in rows:
        fault = fault_of(row)
        words = fault or curve_in_words(row, tables)
        if fault:
            refused.append(Refusal(TABLE, str(row["id"]), f"{words_of(row.get('account')) or row['id']}: {fault}"))
        elif fit_points(points_of(row) or ()) is None and _missing(row):
            missing += 1
        else:
            fitted += 1
        if row.get("curve") != words:
            edits.append(Edit(TABLE, str(row["id"]), "curve", words))
    said = [f"{fitted} curves fitted."]
    if missing:
        said.append(f"{missing} accounts lack answers and follow the default curve (elasticity {number(tables, 'elasticity')}).")
    if refused:
        said.append(f"{len(refused)} cannot be fitted and follow the default curve.")
    return Patch(tuple(edits), refused=tuple(refused), message=" ".join(said), rows_read=len(rows))


def fault_of(row: Row) -> str:
    """Say why no curve goes through the answers that were given; "" where one does, or answers are missing."""
    points = points_of(row)
    if points is None:
        return NO_PAIRS
    if fit_points(points) is not None:
        return ""
    low, today, more, high = answers(row)
    if low is not None and more is not None and high is not None and low < today < high and more < high:
        return "" if today == TODAY and can_be_fitted(low, today, more, high) else (TOO_LOW if today == TODAY else DO_NOT_RISE)
    return "" if rises(low, today, more, high) else DO_NOT_RISE


def _missing(row: Row) -> list[str]:
    low, _today, more, high = answers(row)
    return [name for name, answer in zip(NAMES, (low, more, high), strict=True) if answer is None]


def curve_in_words(row: Row, tables: Tables) -> str:
    """Describe the curve of an account: sales at half, double and unlimited calls, where today's are 100."""
    points = points_of(row) or ()
    near = fit_points(points)
    if near is not None:
        off = sqrt(near[1] / len(points))
        return f"{_described(near[0])} Nearest to {len(points)} answers, off by {off:.1f} on average."
    missing = _missing(row)
    if missing:
        return (
            f"Default curve, sales grow with calls^{number(tables, 'elasticity')}: there is no answer for {', '.join(missing)}."
        )
    low, today, more, high = answers(row)
    curve = fit_curve(low or Decimal(0), today, more or Decimal(0), high or Decimal(0))
    return "" if curve is None else _described(curve)


def _described(curve: Curve) -> str:
    shape = "slow at first, then steep (an S)" if curve.c > 1 else "steepest at the first call"
    points = ", ".join(f"{name} {curve.at(x):.1f}" for name, x in (("none", 0), ("half", 0.5), ("today", 1), ("double", 2)))
    return f"Sales at {points}, no limit {curve.high:.1f}; {shape}; c {curve.c:.6f}, d {curve.d:.6f}."
