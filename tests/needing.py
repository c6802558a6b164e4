"""What some tests need on the machine: programs that may be missing on a person's, never on the builder's."""

from __future__ import annotations

import shutil

import office
import pytest

OFFICE = "soffice"


def needs(*programs: str) -> pytest.MarkDecorator:
    """Mark tests as `live`: without these programs they are skipped, or fail where the variable CI is set.

    "soffice" asks for LibreOffice together with a Python that has its `uno` module.
    """
    return pytest.mark.live(*programs)


def missing(program: str) -> str:
    """Say why a program cannot be used, or "" where it can."""
    if program == OFFICE:
        return office.why_not()
    return "" if shutil.which(program) else f"{program} is not installed"
