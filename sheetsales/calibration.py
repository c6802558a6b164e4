"""How good chances were: measures of said against happened, and Platt's correction of them.

Everywhere: p, chances in 0..1, and y, 1 for what happened and 0 for what did not, arrays of one shape (n,).
Equal chances are never told apart by their place, so that no figure depends on the order of the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CLIP: Final = 1e-6  # chances are kept this far from 0 and 1 before logarithms
BANDS: Final = 10  # of the calibration table, about as many rows in each
TOP: Final = 10  # "precision at ten": hits among the top tenth
NORMAL_95: Final = 1.959964  # standard deviations on each side of a 95 % interval
PLATT_STEPS, PLATT_NEAR = 50, 1e-9
PLATT_PARTS: Final = tuple(0.5**k for k in range(20))  # of a step, tried until it does not make things worse
PLATT_RIDGE: Final = 1e-3  # keeps the slope finite where the classes are apart


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of about the same chance: from low to high, how many, the mean chance said, the share that happened."""

    low: float
    high: float
    n: int
    said: float
    happened: float


def logits(p: Floats) -> Floats:
    """Give ln(p / (1 - p)), chances clipped."""
    import numpy as np

    kept = np.clip(p, CLIP, 1 - CLIP)
    return np.log(kept) - np.log1p(-kept)


def chances(z: Floats) -> Floats:
    """Give 1 / (1 + e^-z) without overflow."""
    import numpy as np

    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + small), small / (1 + small))


def brier(p: Floats, y: Floats) -> float:
    """Give the mean of (p - y)²."""
    return float(((p - y) ** 2).mean())


def log_loss(p: Floats, y: Floats) -> float:
    """Give the mean of -ln of the chance that was given to what happened, chances clipped."""
    import numpy as np

    kept = np.clip(p, CLIP, 1 - CLIP)
    return float(-(y * np.log(kept) + (1 - y) * np.log1p(-kept)).mean())


def auc(p: Floats, y: Floats) -> tuple[float, float, float]:
    """Give the share of (happened, not) pairs ranked right, ties counting half, with its 95 % interval.

    The interval is DeLong's (1988). Both outcomes have to occur.
    """
    yes, no = p[y == 1], p[y != 1]
    ranks = _middle_ranks(p)
    above = (ranks[y == 1] - _middle_ranks(yes)) / len(no)
    below = 1 - (ranks[y != 1] - _middle_ranks(no)) / len(yes)
    found = float(above.mean())
    spread = sum(float(part.var(ddof=1)) / len(part) for part in (above, below) if len(part) > 1)
    reach = NORMAL_95 * math.sqrt(spread)
    return found, max(0.0, found - reach), min(1.0, found + reach)


def _middle_ranks(values: Floats) -> Floats:
    """Rank from 1, equal values sharing the middle of their ranks."""
    import numpy as np

    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles: Floats = (np.cumsum(counts) - (counts - 1) / 2)[which]
    return middles


def bands(p: Floats, y: Floats, parts: int = BANDS) -> list[Band]:
    """Divide the rows by their chance into about equal parts; equal chances stay together."""
    import numpy as np

    part = np.minimum(((_middle_ranks(p) - 0.5) * parts / len(p)).astype(np.int64), parts - 1)
    found = []
    for number in range(parts):
        inside = part == number
        if inside.any():
            said = p[inside]
            found.append(
                Band(float(said.min()), float(said.max()), int(inside.sum()), float(said.mean()), float(y[inside].mean()))
            )
    return found


def calibration_error(table: list[Band]) -> float:
    """Give the mean distance of said from happened over the bands, weighted by their rows (ECE)."""
    return sum(band.n * abs(band.said - band.happened) for band in table) / sum(band.n for band in table)


def precision_at_top(p: Floats, y: Floats, parts: int = TOP) -> float:
    """Give the share that happened among the top tenth; rows tied at its edge count with the share of their tie."""
    import numpy as np

    wanted = max(1, len(p) // parts)
    edge = float(np.sort(p)[-wanted])
    above, tied = p > edge, p == edge
    hits = float(y[above].sum()) + (wanted - int(above.sum())) * float(y[tied].mean())
    return hits / wanted


def platt(z: Floats, y: Floats) -> tuple[float, float]:
    """Fit a and b of 1 / (1 + e^-(a·z + b)) to what happened (Platt 1999), with his smoothed targets."""
    import numpy as np

    n1 = float(y.sum())
    n0 = len(y) - n1
    target = np.where(y == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    a, b = 1.0, 0.0

    def worth(a: float, b: float) -> float:
        line = a * z + b
        return float((target * line - np.logaddexp(0, line)).sum()) - PLATT_RIDGE * ((a - 1) ** 2 + b**2) / 2

    for _ in range(PLATT_STEPS):
        p = chances(a * z + b)
        w, error = p * (1 - p), target - p
        ga, gb = float((error * z).sum()) - PLATT_RIDGE * (a - 1), float(error.sum()) - PLATT_RIDGE * b
        haa, hab, hbb = float((w * z * z).sum()) + PLATT_RIDGE, float((w * z).sum()), float(w.sum()) + PLATT_RIDGE
        det = haa * hbb - hab * hab
        da, db = (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
        if max(abs(da), abs(db)) < PLATT_NEAR:
            break
        before = worth(a, b)
        step = next((k for k in PLATT_PARTS if worth(a + k * da, b + k * db) >= before), 0.0)
        a, b = a + step * da, b + step * db
    return a, b
