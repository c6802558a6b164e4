"""How often one caller may ask: a bucket that fills evenly and is emptied by requests."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Final

KEPT: Final = 10_000  # callers remembered; the fullest buckets go first, which say nothing
SECONDS: Final = 60.0


class Rate:
    """So many requests a minute for each caller, a full minute's worth at once. clock: seconds that only go forward."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._left: dict[Hashable, tuple[float, float]] = {}

    def wait(self, caller: Hashable, cost: int = 1) -> int:
        """Count a request; give 0 where it may pass, else the whole seconds until the next one may. cost 0 only looks."""
        now = self._clock()
        left, at = self._left.get(caller, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - at) * self.per_minute / SECONDS)
        if left < 1:
            return max(1, math.ceil((1 - left) * SECONDS / self.per_minute))
        if cost:
            if len(self._left) >= KEPT and caller not in self._left:
                self._forget(now)
            self._left[caller] = (left - cost, now)
        return 0

    def _forget(self, now: float) -> None:
        """Forget the half of the callers that have most left."""

        def left(caller: Hashable) -> float:
            had, at = self._left[caller]
            return had + (now - at) * self.per_minute / SECONDS

        for caller in sorted(self._left, key=left, reverse=True)[: KEPT // 2]:
            del self._left[caller]
