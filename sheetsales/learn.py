"""Learning a score from closed rows of any export: fit, honest validation, leaks, and a verdict.

A logistic regression over levels and bins, with a penalty on every weight, fitted by Newton's method;
chances are corrected by Platt's method where that helps. Figures come from rows that were not learned
from: the latest fifth where there is an order in time, else five folds. Columns of time are left out:
an export holds old rows only if they took long to close, so a season learned from it is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetsales.calibration import auc, bands, brier, calibration_error, chances, log_loss, platt, precision_at_top
from sheetsales.encoding import Encoding, encode, look_at, null_words
from sheetsales.errors import UnknownName, WrongUse
from sheetsales.leaks import leak_warnings
from sheetsales.learned_model import DRIFT_INDEX, FACTOR, MIDDLE, NO_BETTER, TOO_FEW, USE, Card, Model, column_drift, points_from
from sheetsales.logistic import fit, linear
from sheetsales.values import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]

CLOSED_LEAST, CLASS_LEAST = 100, 20  # rows, and rows of each outcome, below which nothing is learned
FOLDS: Final = 5
LEARNED_PART: Final = 0.8  # of the rows in time; the later ones check
PERIODS: Final = 5  # into which the later rows are divided to show how the rate moves
PLATT_GAIN: Final = 5e-4  # of log-loss, from which the correction is used
SHRINKAGE: Final = 10  # rows at the overall rate that are added to every rate
MAX_COLUMNS: Final = 150  # the least filled of more are left out
DIGITS: Final = 6  # of figures in the report
MOVED: Final = 0.05  # change of the rate between learned and later rows that is remarked
YES_WORDS: Final = frozenset(("1", "1.0", "yes", "y", "true", "t", "won", "closed won", "converted", "success"))
SHOWN: Final = 8  # levels that a sentence names


@dataclass(frozen=True)
class Request:
    """What to learn. Names of columns as in the file; null_words come on top of the defaults."""

    outcome: str
    positive: str = ""
    id_column: str = ""
    not_known: tuple[str, ...] = ()
    order_by: str = ""
    null_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """Logits for rows that were not learned from. base: the rate learned. rows: their places, in order of time.

    correction: Platt's a and b where all rows were checked in folds.
    """

    kind: str
    z: Floats
    y: Floats
    base: float
    rows: Codes
    correction: tuple[float, float] | None = None


def _nothing() -> None:
    """Report no progress."""


def column_named(name: str, headers: Sequence[str]) -> str:
    """Give the header that is meant; raises UnknownName with the headers there are."""
    if name in headers:
        return name
    near = [header for header in headers if fold(header) == fold(name)]
    if len(near) == 1:
        return near[0]
    raise UnknownName(f"There is no column '{name}'.", f"Columns: {', '.join(header for header in headers if header)}.")


def read_outcome(
    texts: Sequence[str], positive: str, nulls: frozenset[str], column: str = "outcome"
) -> tuple[list[bool | None], str, list[str]]:
    """Give for each row whether it ended well (None where it has not ended), the positive level, and remarks.

    Without `positive` there must be two levels of which one is Yes, 1, True, Won or Converted. Raises WrongUse.
    """
    shown = {fold(text): text.strip() for text in reversed(texts) if fold(text) not in nulls}
    levels = sorted(shown)
    wanted = fold(positive) if positive else ""
    said = ", ".join(f"'{shown[level]}'" for level in levels[:SHOWN]) + (", …" if len(levels) > SHOWN else "")
    if not wanted:
        yes = [level for level in levels if level in YES_WORDS]
        if (len(levels) == 2 and len(yes) == 1) or len(levels) < 2:
            wanted = yes[0] if yes else "1"
        else:
            raise WrongUse(f"The column {column} holds {said}; which one is the good outcome?", "Add --positive VALUE.")
    elif wanted not in levels and len(levels) > 1:
        raise WrongUse(f"The column {column} has no value '{positive}'; it holds {said}.", "Look at --positive.")
    others = [shown[level] for level in levels if level != wanted]
    remarks = []
    if len(others) > 1:
        named = ", ".join(others[:SHOWN]) + (", …" if len(others) > SHOWN else "")
        remarks.append(f"{column}: {named} count as not {shown.get(wanted, positive)}; leave open rows out with --null VALUE.")
    keys = {text: fold(text) for text in set(texts)}
    result = [None if keys[text] in nulls else keys[text] == wanted for text in texts]
    return result, shown.get(wanted, positive or wanted), remarks


def additive(intercept: float, weights: Floats, means: Floats, x: Floats) -> tuple[float, Floats]:
    """Give the logit of the average row, and what each x adds to it: weight · (x - mean); they sum to the logit of x."""
    return intercept + float(weights @ means), weights * (x - means)


def learn(
    columns: Mapping[str, Sequence[str]],
    request: Request,
    order: Sequence[int] | None = None,
    tick: Callable[[], object] = _nothing,
) -> Model:
    """Learn a model from the closed rows of a table of texts.

    columns: by header, all of one length. order: for each row its place in time, needed with
    `order_by`. tick: called after each fit. Raises UnknownName for a column that is not there and WrongUse
    for an outcome that cannot be told; what the data do not show is a verdict, never an error.
    """
    import numpy as np

    headers = list(columns)
    outcome = column_named(request.outcome, headers)
    id_column = column_named(request.id_column, headers) if request.id_column else ""
    order_by = column_named(request.order_by, headers) if request.order_by else ""
    apart = {
        outcome: "it is the outcome",
        **{column_named(name, headers): "not known when scoring" for name in request.not_known},
        **({id_column: "it is the id"} if id_column else {}),
        **({order_by: "it orders the rows in time"} if order_by else {}),
    }
    nulls = null_words(request.null_words)
    ended, positive, remarks = read_outcome(columns[outcome], request.positive, nulls, outcome)
    closed = [place for place, end in enumerate(ended) if end is not None]
    y = np.array([float(bool(ended[place])) for place in closed])
    encodings, left_out = _choose({name: [texts[i] for i in closed] for name, texts in columns.items()}, apart, nulls)
    coded = [encode(e, [columns[e.name][i] for i in closed], nulls)[0] for e in encodings]
    codes = np.array(coded, np.intp).reshape(len(encodings), len(closed))
    sizes = [encoding.size for encoding in encodings]
    time = None if order is None or not order_by else np.argsort(np.array([order[i] for i in closed]), kind="stable")
    checked = _check(codes, sizes, y, time, tick)
    figures, interval = _figures(checked)
    verdict, reason = _verdict(y, figures, interval)
    if order_by and checked is not None and checked.kind == "folds":
        remarks.append("The later rows hold too few of one outcome to check on; the rows were checked in folds.")
    if verdict == USE:
        correction = checked.correction if checked is not None else None
        base, cards = _learned_cards(encodings, codes, y, correction or _correction(codes, sizes, y, tick))
        tick()
    else:
        base, cards = _flat_cards(encodings, codes, y)
    labels = [columns[order_by][i] for i in closed] if order_by else []
    drift = _drift(encodings, codes, time, checked)
    remarks += _moved(checked)
    remarks += [f"{name}: the later rows hold other values than the earlier ones (index {index:.2f})." for name, index in drift
                if index > DRIFT_INDEX]  # fmt: skip
    report = {
        "verdict": verdict,
        "n": len(y),
        "positives": int(y.sum()),
        **figures,
        "leak_warnings": leak_warnings(encodings, codes, y, figures["auc"]),
        "calibration": _calibration_document(checked),
        "features": _features(cards),
    }
    return Model(
        outcome, positive, id_column, order_by, tuple(sorted(nulls)),
        base, round(_base_rate(y), DIGITS), cards, report, reason, interval, tuple(left_out), _periods(checked, labels), tuple(remarks), drift,
    )  # fmt: skip


def _choose(
    columns: Mapping[str, Sequence[str]], apart: Mapping[str, str], nulls: frozenset[str]
) -> tuple[list[Encoding], list[tuple[str, str]]]:
    """Decide for each column how it is read, or why it is left out, without a look at the outcome."""
    found: list[Encoding] = []
    left_out = []
    for name, texts in columns.items():
        look = apart.get(name) or ("it has no header" if not name.strip() else look_at(name, texts, nulls))
        if isinstance(look, str):
            left_out.append((name, look))
        else:
            found.append(look)
    if len(found) > MAX_COLUMNS:
        filled = {e.name: sum(fold(text) not in nulls for text in columns[e.name]) for e in found}
        kept = set(sorted(filled, key=lambda name: -filled[name])[:MAX_COLUMNS])
        left_out += [
            (e.name, f"more than {MAX_COLUMNS} columns, and this one is among the least filled")
            for e in found
            if e.name not in kept
        ]
        found = [e for e in found if e.name in kept]
    return found, left_out


# ── validation ───────────────────────────────────────────────────────────────────────────────────


def _folds(y: Floats) -> Codes:
    """Give each row a fold, each outcome dealt out in turn."""
    import numpy as np

    fold_of = np.zeros(len(y), np.intp)
    for outcome in (0.0, 1.0):
        rows = np.flatnonzero(y == outcome)
        fold_of[rows] = np.arange(len(rows)) % FOLDS
    return fold_of


def _out_of_fold(codes: Codes, sizes: Sequence[int], y: Floats, tick: Callable[[], object]) -> Floats:
    """Give each row the logit of a model that was fitted without its fold."""
    import numpy as np

    fold_of = _folds(y)
    z = np.zeros(len(y))
    for number in range(FOLDS):
        inside = fold_of == number
        z[inside] = linear(codes[:, inside], sizes, fit(codes[:, ~inside], sizes, y[~inside]))
        tick()
    return z


def _corrected(z: Floats, y: Floats) -> tuple[Floats, tuple[float, float]]:
    """Correct logits by Platt's method where that helps on the folds it was not fitted to; also give a and b."""
    import numpy as np

    fold_of = _folds(y)
    other = np.zeros(len(y))
    for number in range(FOLDS):
        inside = fold_of == number
        a, b = platt(z[~inside], y[~inside])
        other[inside] = a * z[inside] + b
    a, b = platt(z, y)
    if a > 0 and log_loss(chances(other), y) < log_loss(chances(z), y) - PLATT_GAIN:
        return other, (a, b)
    return z, (1.0, 0.0)


def _check(codes: Codes, sizes: Sequence[int], y: Floats, time: Codes | None, tick: Callable[[], object]) -> Checked | None:
    """Predict rows that are not learned from; None where an outcome is too rare to divide."""
    import numpy as np

    if min(y.sum(), len(y) - y.sum()) < FOLDS:
        return None
    if time is not None:
        early, late = np.split(time, [int(len(y) * LEARNED_PART)])
        if all(min(y[part].sum(), len(part) - y[part].sum()) >= FOLDS for part in (early, late)):
            _, (a, b) = _corrected(_out_of_fold(codes[:, early], sizes, y[early], tick), y[early])
            weights = fit(codes[:, early], sizes, y[early])
            tick()
            z = a * linear(codes[:, late], sizes, weights) + b
            return Checked("time", z, y[late], float(y[early].mean()), late)
    z, correction = _corrected(_out_of_fold(codes, sizes, y, tick), y)
    return Checked("folds", z, y, float(y.mean()), np.arange(len(y)), correction)


def _figures(checked: Checked | None) -> tuple[dict[str, Any], tuple[float, float] | None]:
    """Give the figures of the report, and the 95 % interval of the AUC."""
    import numpy as np

    names = ("auc", "log_loss", "base_log_loss", "brier", "base_brier", "ece", "p_at_10")
    if checked is None:
        return {**{name: None for name in names if name != "base_brier"}, "validation": "folds"}, None
    p = chances(checked.z)
    base = np.full(len(p), checked.base)
    area, low, high = auc(p, checked.y)
    found = {
        "auc": round(area, DIGITS),
        "log_loss": round(log_loss(p, checked.y), DIGITS),
        "base_log_loss": round(log_loss(base, checked.y), DIGITS),
        "brier": round(brier(p, checked.y), DIGITS),
        "base_brier": round(brier(base, checked.y), DIGITS),
        "ece": round(calibration_error(bands(p, checked.y)), DIGITS),
        "p_at_10": round(precision_at_top(p, checked.y), DIGITS),
        "validation": checked.kind,
    }
    return found, (round(low, DIGITS), round(high, DIGITS))


def _verdict(y: Floats, figures: dict[str, Any], interval: tuple[float, float] | None) -> tuple[str, str]:
    """Judge by the gate; takes `base_brier`, which is no part of the report, out of the figures."""
    base_brier = figures.pop("base_brier", None)
    n, yes = len(y), int(y.sum())
    if n < CLOSED_LEAST or min(yes, n - yes) < CLASS_LEAST or interval is None:
        return TOO_FEW, (
            f"{n:,} closed rows, {yes:,} of them good: too few ({CLOSED_LEAST} with at least {CLASS_LEAST} of each outcome "
            "are needed); rules are used."
        )
    if figures["log_loss"] >= figures["base_log_loss"] or figures["brier"] >= base_brier or interval[0] <= 0.5:
        return NO_BETTER, (
            f"The columns do not tell good from bad: log-loss {figures['log_loss']:.4f} against {figures['base_log_loss']:.4f} "
            f"of the base rate, AUC {figures['auc']:.3f} ({interval[0]:.3f} to {interval[1]:.3f}; .5 is chance)."
        )
    return USE, (
        f"Better than the base rate on rows it had not seen: log-loss {figures['log_loss']:.4f} against "
        f"{figures['base_log_loss']:.4f}, AUC {figures['auc']:.3f} ({interval[0]:.3f} to {interval[1]:.3f})."
    )


def _calibration_document(checked: Checked | None) -> list[dict[str, Any]]:
    if checked is None:
        return []
    return [
        {"from": round(b.low, DIGITS), "to": round(b.high, DIGITS), "n": b.n, "said": round(b.said, DIGITS),
         "happened": round(b.happened, DIGITS)}
        for b in bands(chances(checked.z), checked.y)
    ]  # fmt: skip


def _periods(checked: Checked | None, labels: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Give said and happened of the later rows, part by part in time."""
    import numpy as np

    if checked is None or checked.kind != "time":
        return ()
    p = chances(checked.z)
    return tuple(
        {"from": labels[checked.rows[part[0]]], "to": labels[checked.rows[part[-1]]], "n": len(part),
         "said": round(float(p[part].mean()), DIGITS), "happened": round(float(checked.y[part].mean()), DIGITS)}
        for part in np.array_split(np.arange(len(p)), PERIODS) if len(part)
    )  # fmt: skip


def _drift(
    encodings: Sequence[Encoding], codes: Codes, time: Codes | None, checked: Checked | None
) -> tuple[tuple[str, float], ...]:
    """Say how far the columns of the later rows, which checked, differ from those learned from."""
    if time is None or checked is None or checked.kind != "time":
        return ()
    return column_drift(encodings, codes, time[: len(time) - len(checked.rows)], checked.rows)


def _moved(checked: Checked | None) -> list[str]:
    if checked is None or checked.kind != "time":
        return []
    later = float(checked.y.mean())
    if abs(later - checked.base) < MOVED:
        return []
    return [
        f"The rate moves: {checked.base:.1%} of the earlier rows ended well, {later:.1%} of the later ones. Learn again often."
    ]


# ── the points card ──────────────────────────────────────────────────────────────────────────────


def _base_rate(y: Floats) -> float:
    """Give the share of good rows, drawn a little towards one half so that none and all are chances too."""
    return float((y.sum() + SHRINKAGE / 2) / (len(y) + SHRINKAGE))


def _flat_cards(encodings: Sequence[Encoding], codes: Codes, y: Floats) -> tuple[int, tuple[Card, ...]]:
    """Give the base rate as the base and no points to any column: what was not shown is not claimed."""
    import numpy as np

    counts = [np.bincount(column, minlength=e.size).tolist() for e, column in zip(encodings, codes, strict=True)]
    flat = tuple(Card(e, (0,) * e.size, tuple(n)) for e, n in zip(encodings, counts, strict=True))
    return round(points_from(_base_rate(y)) * 100), flat


def _correction(codes: Codes, sizes: Sequence[int], y: Floats, tick: Callable[[], object]) -> tuple[float, float]:
    return _corrected(_out_of_fold(codes, sizes, y, tick), y)[1]


def _learned_cards(
    encodings: Sequence[Encoding], codes: Codes, y: Floats, correction: tuple[float, float]
) -> tuple[int, tuple[Card, ...]]:
    """Give the base and the points of every column, fitted to all rows and corrected; of what no row had, 0."""
    import numpy as np

    a, b = correction
    weights = fit(codes, [encoding.size for encoding in encodings], y)
    logit = a * float(weights[0]) + b
    cards = []
    first = 1
    for encoding, column in zip(encodings, codes, strict=True):
        n = np.bincount(column, minlength=encoding.size)
        own = a * weights[first : first + encoding.size]
        logit, parts = additive(logit, own, n / len(y), np.eye(encoding.size))
        points = np.where(n > 0, np.rint(parts.sum(axis=1) * FACTOR * 100), 0).astype(np.int64)
        cards.append(Card(encoding, tuple(points.tolist()), tuple(n.tolist())))
        first += encoding.size
    return round((MIDDLE + FACTOR * logit) * 100), tuple(cards)


def _features(cards: Sequence[Card]) -> list[dict[str, Any]]:
    """Give every level that rows had, the heaviest first."""
    found = [
        (f"{card.encoding.name}: {card.encoding.label(code)}", points)
        for card in cards
        for code, (points, n) in enumerate(zip(card.points, card.rows, strict=True))
        if points and n
    ]
    return [{"name": name, "points": points / 100} for name, points in sorted(found, key=lambda f: (-abs(f[1]), f[0]))]
