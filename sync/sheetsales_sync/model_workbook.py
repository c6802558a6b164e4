"""What a learned model is worth, as a workbook: figures, said against happened, how it moves in time, what moves the score."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sheetsales.learned_model import Model, drift_in_words
from sheetsales_sync.modelling import shown_points
from sheetsales_workbooks.build import write_report
from sheetsales_workbooks.report import Chart, Field, Overview, Page, Report, Tile

MADE: Final = datetime(2000, 1, 1)  # noqa: DTZ001 (the same model gives the same bytes, so the file carries no time of its own)
HEAVIEST: Final = 12  # bars of what moves the score
CALIBRATION, IN_TIME, COLUMNS, POINTS, REMARKS = "Calibration", "Over time", "Columns", "Points", "Remarks"
SAID: Final = (
    Field("Said", "rate", 12),
    Field("Happened", "rate", 12),
    Field("n", "integer", 10),
    Field("Difference", "rate", 12),
)


def write_model_workbook(model: Model, name: str) -> bytes:
    """Give the .xlsx of a model's report; the same model gives the same bytes. name: of the model's file."""
    pages = [
        page for page in (_calibration(model), _in_time(model), _columns(model), _points(model), _remarks(model)) if page.rows
    ]
    charts = [chart for chart in (_chance_chart(model), _time_chart(model), _points_chart(model)) if chart.count]
    words = [f"Verdict: {model.verdict}. {model.reason}", shown_points(model)]
    if not model.periods:
        words.append("Learned without an order in time: learn with --order-by to see how it moves.")
    overview = Overview(f"Model {name}", tuple(words), _tiles(model), tuple(charts))
    return write_report(Report(f"Model {name}", MADE, tuple(pages), overview))


def _tiles(model: Model) -> tuple[Tile, ...]:
    report = model.report
    checked = {"time": "on the latest rows", "folds": "in five folds"}[str(report["validation"])]
    tiles = [Tile("Closed rows", report["n"], "integer", f"{report['positives']:,} ended well")]
    if report["auc"] is not None:
        low, high = model.auc_interval or (0.0, 1.0)
        tiles += [
            Tile("Ranked right (AUC)", round(report["auc"], 3), "number", f"{low:.3f} to {high:.3f}; .5 is chance"),
            Tile("Calibration error", report["ece"], "rate", "said against happened"),
            Tile("Good in the top tenth", report["p_at_10"], "rate", f"{report['positives'] / report['n']:.1%} of all"),
            Tile("Log-loss", round(report["log_loss"], 4), "number", f"{report['base_log_loss']:.4f} without the model"),
            Tile("Brier", round(report["brier"], 4), "number", f"checked {checked}"),
        ]
    return tuple(tiles)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


def _line(part: Mapping[str, Any]) -> tuple[float, float, int, float]:
    return part["said"], part["happened"], part["n"], round(part["happened"] - part["said"], 6)


def _calibration(model: Model) -> Page:
    rows = [(f"{band['from']:.1%} to {band['to']:.1%}", *_line(band)) for band in model.report["calibration"]]
    words = (
        "Rows that were not learned from, by the chance they were given.",
        "Said and happened lie close where the chances can be trusted.",
    )
    return Page(CALIBRATION, "Said against happened", words, (Field("Chance", width=20), *SAID), rows)


def _in_time(model: Model) -> Page:
    rows = [(f"{part['from']} to {part['to']}", *_line(part)) for part in model.periods]
    words = (
        "The later rows, part by part in time.",
        "Where happened leaves said, the market or the entry of data has moved: learn again.",
    )
    return Page(IN_TIME, "How it moves in time", words, (Field("Rows", width=28), *SAID), rows)


def _columns(model: Model) -> Page:
    rows = [(column, index, drift_in_words(index)) for column, index in model.drift]
    words = ("Population stability index of the later rows against the earlier ones.", "Below .10 steady, above .25 changed.")
    return Page(
        COLUMNS, "Columns that move in time", words, (Field("Column"), Field("Index", "number", 12), Field("", width=14)), rows
    )


def _points(model: Model) -> Page:
    rows = [(feature["name"], feature["points"]) for feature in model.report["features"]]
    return Page(POINTS, "What moves the score", ("Points against the average row, the heaviest first.",),
                (Field("Answer"), Field("Points", "number", 12)), rows)  # fmt: skip


def _remarks(model: Model) -> Page:
    rows = [("Look again", warning["column"], warning["why"]) for warning in model.report["leak_warnings"]]
    rows += [("Left out", column, why) for column, why in model.left_out]
    rows += [("Remark", "", remark) for remark in model.remarks]
    return Page(REMARKS, "What to look at", ("Columns that may know the outcome, columns left out, and remarks.",),
                (Field("Kind", width=14), Field("Column", width=28), Field("Why", "note", 90)), rows)  # fmt: skip


# ── charts ───────────────────────────────────────────────────────────────────────────────────────


def _chance_chart(model: Model) -> Chart:
    count = len(model.report["calibration"])
    return Chart(CALIBRATION, "column", "Said against happened, by the chance given", (0, 0), (1, 2), 0, count, format="rate")


def _time_chart(model: Model) -> Chart:
    return Chart(IN_TIME, "column", "Said against happened, over time", (0, 0), (1, 2), 0, len(model.periods), format="rate")


def _points_chart(model: Model) -> Chart:
    count = min(HEAVIEST, len(model.report["features"]))
    return Chart(POINTS, "bar", "What moves the score most, in points", (0, 0), (1,), 0, count, format="number", signed=True)
