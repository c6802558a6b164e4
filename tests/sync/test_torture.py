"""The torture of the real command line, for a little while: the long run is `python -m tests.sync.torture`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from store_stand import new_database
from torture import summary, torture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
]


def test_nothing_is_lost_while_real_processes_are_killed(tmp_path: Path) -> None:
    world = torture(tmp_path, 3, rests=1, steps=100)
    assert world.violations == []
    assert world.counts["killed"] > 3 and world.ledger.counts["saved"] > 10, summary(world)


def test_nothing_is_lost_over_postgresql_either(tmp_path: Path) -> None:
    world = torture(tmp_path, 4, rests=1, steps=40, store=new_database())
    assert world.violations == []
    assert world.counts["killed"] > 0 and world.ledger.counts["saved"] > 5, summary(world)
