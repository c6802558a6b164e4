"""A logistic regression over coded columns, with a penalty on every weight, by Newton's method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sheetsales.calibration import chances

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]

PENALTY: Final = 1.0  # half of it times the square of each weight
BASE_PENALTY: Final = 1e-9  # of the intercept: none, but for rounding
NEWTON_STEPS, HALVINGS, NEAR_ENOUGH = 40, 12, 1e-7


def fit(codes: Codes, sizes: Sequence[int], y: Floats, start: Floats | None = None) -> Floats:
    """Fit the penalised logistic regression; weights: the intercept, then those of each column's codes.

    codes: (columns, n), each below its size. The matrix of second derivatives is counted from pairs of
    columns, so the wide table of zeros and ones is never made.
    """
    import numpy as np

    penalty = np.full(1 + sum(sizes), PENALTY)
    penalty[0] = BASE_PENALTY
    weights = np.zeros(len(penalty)) if start is None else start.copy()
    z = linear(codes, sizes, weights)
    worth = _worth(z, y, weights, penalty)
    for _ in range(NEWTON_STEPS):
        p = chances(z)
        slope = _slope(codes, sizes, y - p) - penalty * weights
        step = _solved(_curvature(codes, sizes, p * (1 - p)) + np.diag(penalty), slope)
        for _ in range(HALVINGS):
            z = linear(codes, sizes, weights + step)
            better = _worth(z, y, weights + step, penalty)
            if better >= worth:
                break
            step = step / 2
        else:
            break
        weights = weights + step
        worth = better
        if float(np.abs(step).max()) < NEAR_ENOUGH:
            break
    return weights


def linear(codes: Codes, sizes: Sequence[int], weights: Floats) -> Floats:
    """Give the logit of each row."""
    import numpy as np

    z = np.full(codes.shape[1], weights[0])
    first = 1
    for column, size in zip(codes, sizes, strict=True):
        z += weights[first : first + size][column]
        first += size
    return z


def _worth(z: Floats, y: Floats, weights: Floats, penalty: Floats) -> float:
    import numpy as np

    return float((y * z - np.logaddexp(0, z)).sum() - (penalty * weights**2).sum() / 2)


def _slope(codes: Codes, sizes: Sequence[int], error: Floats) -> Floats:
    import numpy as np

    parts = [np.bincount(column, error, size) for column, size in zip(codes, sizes, strict=True)]
    return np.concatenate([[error.sum()], *parts])


def _curvature(codes: Codes, sizes: Sequence[int], w: Floats) -> Floats:
    import numpy as np

    ends = np.cumsum([1, *sizes])
    upper = np.zeros((int(ends[-1]), int(ends[-1])))
    for k, size in enumerate(sizes):
        own = slice(int(ends[k]), int(ends[k + 1]))
        single = np.bincount(codes[k], w, size)
        upper[0, own] = single
        upper[own, own] = np.diag(single)
        for j in range(k):
            pair = np.bincount(codes[j] * size + codes[k], w, sizes[j] * size)
            upper[int(ends[j]) : int(ends[j + 1]), own] = pair.reshape(sizes[j], size)
    upper[0, 0] = w.sum()
    return upper + np.triu(upper, 1).T


def _solved(matrix: Floats, right: Floats) -> Floats:
    """Solve for a positive definite matrix by Cholesky's method, column by column.

    It is ours because the library's starts threads for matrices this small, and on a busy machine they
    wait for one another a hundred times longer than the work takes; and so the bytes do not depend on it.
    """
    import numpy as np

    lower = matrix.copy()
    for j in range(len(right)):
        lower[j:, j] -= np.einsum("ik,k->i", lower[j:, :j], lower[j, :j])
        lower[j:, j] /= np.sqrt(lower[j, j])
    x = right.copy()
    for i in range(len(x)):
        x[i] = (x[i] - lower[i, :i] @ x[:i]) / lower[i, i]
    for i in range(len(x) - 1, -1, -1):
        x[i] = (x[i] - lower[i + 1 :, i] @ x[i + 1 :]) / lower[i, i]
    return x
