"""Tests that need a running program are skipped aloud where it is missing, and fail on the builder's machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from leaving import leave
from needing import missing, needs

__all__ = ["needs"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look whether what a live test names is here."""
    for mark in item.iter_markers("live"):
        for reason in filter(None, map(missing, mark.args)):
            if os.environ.get("CI"):
                pytest.fail(f"{reason}; on this machine it has to be")
            pytest.skip(f"{reason}: this test did not run")


def pytest_sessionfinish() -> None:
    """End the servers and remove the folders that this session made."""
    leave()
