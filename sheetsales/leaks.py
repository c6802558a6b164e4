"""Columns that may have been filled in after the outcome: named for a second look by a person, never dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sheetsales.calibration import auc
from sheetsales.encoding import FIRST, Encoding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]

ALONE: Final = 0.85  # AUC of one column alone from which it is looked at
WHOLE: Final = 0.93  # AUC of a whole model from which it mostly knows the outcome
PURE: Final = 0.95  # a level decides where so many ended alike,
TIMES: Final = 4  # the other outcome is so many times rarer than in all rows,
ROWS: Final = 20  # and so many rows have it;
PART: Final = 0.03  # such levels are looked at from this share of the rows
NOTE: Final = 0.8  # purity from which a level that reads like an outcome is looked at
SHRINKAGE: Final = 10  # rows at the overall rate that are added to the rate of each level
_NOTE = re.compile(
    r"\b(?:won|lost|closed|converted|signed|paid|enroll?ed|invoiced|contract sent|not interested|rejected)\b", re.I
)


def leak_warnings(encodings: Sequence[Encoding], codes: Codes, y: Floats, whole: float | None) -> list[dict[str, str]]:
    """Give `{"column", "why"}` for each suspicious column.

    codes: (columns, n). whole: AUC of the whole model, None if there is none.
    """
    import numpy as np

    if len(y) == 0 or y.min() == y.max():
        return []
    alone: dict[str, float] = {}
    found: dict[str, str] = {}
    rate = float(y.mean())
    for encoding, column in zip(encodings, codes, strict=True):
        rows = np.bincount(column, minlength=encoding.size)
        good = np.bincount(column, y, encoding.size)
        alone[encoding.name] = auc(((good + SHRINKAGE * rate) / (rows + SHRINKAGE))[column], y)[0]
        why = _why(encoding, rows, good / np.maximum(rows, 1), rate, alone[encoding.name])
        if why:
            found[encoding.name] = why
    if whole is not None and whole > WHOLE and alone and not found:
        name = max(alone, key=lambda name: alone[name])
        found[name] = f"the model as a whole is too good to be true (AUC {whole:.3f}), and this is its strongest column"
    return [
        {"column": name, "why": f"{why}. Was it known before the outcome? If not, add --not-known."}
        for name, why in found.items()
    ]


def _why(encoding: Encoding, rows: Codes, share: Floats, rate: float, alone: float) -> str:
    if alone >= ALONE:
        return f"alone it nearly tells the outcome (AUC {alone:.3f})"
    many = rows >= ROWS
    high = many & (share >= PURE) & ((1 - share) * TIMES <= 1 - rate)
    low = many & (share <= 1 - PURE) & (share * TIMES <= rate)
    pure = high | low
    if rows[pure].sum() >= PART * rows.sum():
        worst = max(range(encoding.size), key=lambda code: (bool(pure[code]), int(rows[code])))
        return (
            f"{rows[pure].sum():,} rows have a value that nearly decides, such as '{encoding.label(worst)}' "
            f"({share[worst]:.1%} of {rows[worst]:,} ended well)"
        )
    for code in range(FIRST, encoding.size):
        if not encoding.is_number and many[code] and _NOTE.search(encoding.label(code)):
            decided = max(float(share[code]), 1 - float(share[code]))
            if decided >= NOTE:
                return f"'{encoding.label(code)}' reads like a note of the outcome ({share[code]:.1%} ended well)"
    return ""
