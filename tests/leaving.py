"""What tests started or made for a whole session is ended and removed with it, in every worker of it."""

from __future__ import annotations

import atexit
from collections.abc import Callable

_waiting: list[tuple[Callable[..., object], tuple[object, ...]]] = []


def at_end(what: Callable[..., object], *arguments: object) -> None:
    """Call something when the session ends, the newest first."""
    _waiting.append((what, arguments))


def leave() -> None:
    """End everything that waits; called by pytest's session end, and at exit where there is no session.

    The workers of a parallel run leave without running what `atexit` holds.
    """
    while _waiting:
        what, arguments = _waiting.pop()
        what(*arguments)


atexit.register(leave)
