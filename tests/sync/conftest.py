"""Assertions in the suite that every store runs explain themselves like those in a test file."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("store_conformance")
