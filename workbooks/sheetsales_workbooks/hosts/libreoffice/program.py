"""Where LibreOffice and the Python that brings `uno` are on this machine, and how a person's office is opened."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from sheetsales.errors import OfficeMissing

PIPE: Final = "sheetsales"  # where a person's office listens unless told otherwise
OFFICES: Final = (
    "/usr/lib/libreoffice/program/soffice",
    "/opt/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.exe",
)
LOOK: Final = 20.0  # seconds that asking a Python for `uno` may take


@cache
def office_program() -> str:
    """Give the path of `soffice`: the one of SHEETSALES_SOFFICE, on the path, or in a usual place.

    Raises OfficeMissing.
    """
    named = os.environ.get("SHEETSALES_SOFFICE", "")
    for found in (named, shutil.which("soffice") or "", shutil.which("libreoffice") or "", *OFFICES):
        if found and Path(found).exists():
            return found
    raise OfficeMissing("LibreOffice was not found on this machine.")


@cache
def uno_python() -> str:
    """Give the Python that can import `uno`: LibreOffice's own, the system's, or the one on the path.

    Raises OfficeMissing.
    """
    for found in _pythons():
        if found and Path(found).is_file():
            asked = subprocess.run([found, "-c", "import uno"], check=False, capture_output=True, timeout=LOOK)
            if asked.returncode == 0:
                return found
    raise OfficeMissing("No Python with LibreOffice's 'uno' module was found on this machine.")


def _pythons() -> Iterator[str]:
    yield os.environ.get("SHEETSALES_UNO_PYTHON", "")
    folder = Path(office_program()).resolve().parent
    for name in ("python.exe", "python", "python.bin"):
        yield str(folder / name)
    yield str(folder.parent / "Resources" / "python")  # macOS
    yield "/usr/bin/python3"
    yield shutil.which("python3") or ""
    yield sys.executable


def open_for_person(
    path: str | os.PathLike[str] | None = None, *, pipe: str = PIPE, profile: Path | None = None
) -> subprocess.Popen[bytes]:
    """Open Calc for a person, with a file, so that it listens on a pipe; give the process that was started.

    An office that is open already is told to listen as well; then that process ends at once. The
    office is the person's: it does not end with this program. Attach to it a moment later, by
    `engine.activate(pipe=…)`. profile: a folder other than the person's own. Raises OfficeMissing.
    """
    words = [office_program(), "--calc", "--norestore", f"--accept=pipe,name={pipe};urp;"]
    if profile is not None:
        words.append(f"-env:UserInstallation={profile.resolve().as_uri()}")
    if path is not None:
        words.append(str(Path(path).resolve()))
    return subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
