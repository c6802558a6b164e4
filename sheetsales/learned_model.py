"""A learned score as a points card: what each answer of each column adds, and a file that people can read.

Points are 50 + 20 / ln 2 · ln(p / (1 - p)): each doubling of the odds is worth 20. They are kept as whole
hundredths, and the chance follows from their sum, so that base and reasons always add up to the score.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sheetsales.calibration import chances
from sheetsales.encoding import FIRST, Encoding, encode
from sheetsales.errors import Refused
from sheetsales.score import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT: Final = "sheetsales model 1"
MIDDLE: Final = 50  # points of even odds
FACTOR: Final = 20 / math.log(2)  # points for each unit of the logit
REASONS: Final = 6  # columns named in the reasons of a row; the others are added up in one line
BASE_LINE: Final = "Average of what was learned from"
DRIFT_ROWS: Final = 100  # fewer scored rows say nothing about drift
DRIFT_INDEX: Final = 0.25  # population stability index from which a column has changed
DRIFT_NOTICED: Final = 0.10  # and from which it begins to
DRIFT_FLOOR: Final = 1e-4  # least share of a level, so that the index stays finite
USE, NO_BETTER, TOO_FEW = "use", "no better than base rate", "too few"
VERDICTS: Final = (USE, NO_BETTER, TOO_FEW)


@dataclass(frozen=True)
class Card:
    """The points of one column. points: in hundredths, rows: how many had it, both by code."""

    encoding: Encoding
    points: tuple[int, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Model:
    """What was learned from one export.

    base: hundredths of points of the average row. report: the document of `model report`. reason: the
    verdict in a sentence. auc_interval: 95 %, or None. left_out: column and why. periods: the validation
    rows in time, each with from, to, n, said, happened (empty without an order). drift: by column, the
    population stability index of the later rows against the earlier ones, the greatest first.
    """

    outcome: str
    positive: str
    id_column: str
    order_by: str
    nulls: tuple[str, ...]
    base: int
    base_rate: float
    cards: tuple[Card, ...]
    report: Mapping[str, Any]
    reason: str
    auc_interval: tuple[float, float] | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    periods: tuple[Mapping[str, Any], ...] = ()
    remarks: tuple[str, ...] = ()
    drift: tuple[tuple[str, float], ...] = ()

    @property
    def verdict(self) -> str:
        """One of "use", "no better than base rate", "too few"."""
        return str(self.report["verdict"])


def points_from(probability: float) -> float:
    """Give 50 + 20 / ln 2 · logit of a chance; 0 and 1 excluded."""
    return MIDDLE + FACTOR * math.log(probability / (1 - probability))


def probability_from(points: float) -> float:
    """Give the chance that points stand for, the inverse of `points_from`."""
    z = (points - MIDDLE) / FACTOR
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


# ── scoring ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ScoredRows:
    """Many scored rows. points: hundredths, shape (n,). codes: (columns, n), in the order of the cards.

    unseen: by column, the texts that were not there when the model was learned. drift: by column, the
    population stability index against the rows learned from; empty for fewer than 100 rows.
    """

    model: Model
    points: NDArray[np.int64]
    probability: NDArray[np.float64]
    codes: NDArray[np.intp]
    unseen: Mapping[str, list[str]] = field(default_factory=dict)
    drift: Mapping[str, float] = field(default_factory=dict)

    def lines(self) -> list[list[Line]]:
        """Give the reasons of every row, which add up to its points: the base, the heaviest, the rest in one."""
        import numpy as np

        cards, n = self.model.cards, len(self.points)
        said = BASE_LINE if self.model.verdict == USE else f"The base rate for every row ({self.model.verdict})"
        base = Line(said, "", self.model.base)
        if not cards:
            return [[base] for _ in range(n)]
        written = [[_line(card, code) for code in range(card.encoding.size + 1)] for card in cards]
        parts = np.array([_points(card)[codes] for card, codes in zip(cards, self.codes, strict=True)])
        order = np.argsort(-np.abs(parts), axis=0, kind="stable")[:REASONS].T.tolist()
        rest = (parts.sum(axis=0) - np.take_along_axis(parts, np.array(order).T, axis=0).sum(axis=0)).tolist()
        found = []
        for row, codes, others in zip(order, self.codes.T.tolist(), rest, strict=True):
            named = [line for line in (written[column][codes[column]] for column in row) if line.points]
            found.append([base, *named, *([Line("Everything else", "", others)] if others else [])])
        return found


def _line(card: Card, code: int) -> Line:
    points = card.points[code] if code < card.encoding.size else 0
    return Line(card.encoding.name, card.encoding.label(code), points)


def _points(card: Card) -> NDArray[np.int64]:
    """Give the points by code; what was never seen is unknown and counts 0."""
    import numpy as np

    return np.array([*card.points, 0], np.int64)


def score_rows(model: Model, columns: Mapping[str, Sequence[str]], n: int) -> ScoredRows:
    """Score n rows of texts by column. A column that is not there counts as blank in every row."""
    import numpy as np

    nulls = frozenset(model.nulls)
    points = np.full(n, model.base, np.int64)
    codes = np.zeros((len(model.cards), n), np.intp)
    unseen: dict[str, list[str]] = {}
    drift: dict[str, float] = {}
    for place, card in enumerate(model.cards):
        name = card.encoding.name
        if name in columns:
            codes[place], new = encode(card.encoding, columns[name], nulls)
            if new:
                unseen[name] = new
        points += _points(card)[codes[place]]
        if n >= DRIFT_ROWS:
            drift[name] = stability_index(card.rows, np.bincount(codes[place], minlength=card.encoding.size + 1).tolist())
    return ScoredRows(model, points, chances((points / 100 - MIDDLE) / FACTOR), codes, unseen, drift)


def stability_index(before: Sequence[int], now: Sequence[int]) -> float:
    """Give Σ (a - e) ln(a / e) over the shares of all levels: 0 is no change, above .25 a great one."""
    total = 0.0
    for place, count in enumerate(now):
        e = max((before[place] if place < len(before) else 0) / max(sum(before), 1), DRIFT_FLOOR)
        a = max(count / max(sum(now), 1), DRIFT_FLOOR)
        total += (a - e) * math.log(a / e)
    return total


def column_drift(encodings: Sequence[Encoding], codes: NDArray[np.intp], early: Any, late: Any) -> tuple[tuple[str, float], ...]:
    """Give the stability index of each column between two sets of rows, the greatest first; ties by name.

    codes: (columns, n). early, late: places of rows.
    """
    import numpy as np

    found = []
    for encoding, column in zip(encodings, codes, strict=True):
        before, now = (np.bincount(column[rows], minlength=encoding.size).tolist() for rows in (early, late))
        found.append((encoding.name, round(stability_index(before, now), 4)))
    return tuple(sorted(found, key=lambda entry: (-entry[1], entry[0])))


def drift_in_words(index: float) -> str:
    """Say what a stability index means, by the bounds in common use."""
    return "changed" if index > DRIFT_INDEX else "changing" if index > DRIFT_NOTICED else "steady"


# ── the file ─────────────────────────────────────────────────────────────────────────────────────


def write_model(model: Model) -> str:
    """Give a model as JSON, the same model always to the byte."""
    document = {
        "format": FORMAT,
        "verdict": model.verdict,
        "reason": model.reason,
        "outcome": model.outcome,
        "positive": model.positive,
        "id": model.id_column,
        "order_by": model.order_by,
        "nulls": list(model.nulls),
        "base": model.base / 100,
        "base_rate": model.base_rate,
        "columns": [_card_document(card) for card in model.cards],
        "left_out": [{"column": column, "why": why} for column, why in model.left_out],
        "auc_interval": model.auc_interval and list(model.auc_interval),
        "periods": list(model.periods),
        "drift": [{"column": column, "index": index} for column, index in model.drift],
        "remarks": list(model.remarks),
        "report": model.report,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _card_document(card: Card) -> dict[str, Any]:
    encoding = card.encoding
    document: dict[str, Any] = {"name": encoding.name, "kind": "number" if encoding.is_number else "levels"}
    if encoding.is_number:
        document |= {"decimal": encoding.decimal, "edges": list(encoding.edges)}
    document["levels"] = [
        {"value": encoding.label(code), "points": points / 100, "rows": rows}
        for code, (points, rows) in enumerate(zip(card.points, card.rows, strict=True))
    ]
    document["merged"] = list(encoding.rare)
    return document


def read_model(text: str) -> Model:
    """Read back what `write_model` wrote; raises Refused where it is something else."""
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise Refused("It is not a model of this version of sheetsales.", "Make one with `sheetsales model learn`.")
        interval = document["auc_interval"]
        model = Model(
            outcome=str(document["outcome"]),
            positive=str(document["positive"]),
            id_column=str(document["id"]),
            order_by=str(document["order_by"]),
            nulls=tuple(map(str, document["nulls"])),
            base=_hundredths(document["base"]),
            base_rate=float(document["base_rate"]),
            cards=tuple(_read_card(part) for part in document["columns"]),
            report=dict(document["report"]),
            reason=str(document["reason"]),
            auc_interval=(float(interval[0]), float(interval[1])) if interval else None,
            left_out=tuple((str(part["column"]), str(part["why"])) for part in document["left_out"]),
            periods=tuple(dict(part) for part in document["periods"]),
            remarks=tuple(map(str, document["remarks"])),
            drift=tuple((str(part["column"]), float(part["index"])) for part in document.get("drift", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise Refused("The model file is damaged.", "Make it again with `sheetsales model learn`.") from error
    if model.report.get("verdict") not in VERDICTS:
        raise Refused("The model file has no verdict.", "Make it again with `sheetsales model learn`.")
    return model


def _hundredths(points: float) -> int:
    return round(points * 100)


def _read_card(part: Mapping[str, Any]) -> Card:
    levels = part["levels"]
    shown = tuple(str(level["value"]) for level in levels[FIRST:])
    number = part["kind"] == "number"
    edges = tuple(map(float, part["edges"])) if number else ()
    if len(levels) < FIRST or (number and len(edges) != len(shown) - 1):
        raise ValueError("levels")
    encoding = Encoding(str(part["name"]), shown, tuple(map(str, part["merged"])), edges, str(part["decimal"]) if number else "")
    return Card(encoding, tuple(_hundredths(level["points"]) for level in levels), tuple(int(level["rows"]) for level in levels))
