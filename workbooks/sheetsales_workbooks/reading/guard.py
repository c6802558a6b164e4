"""The door for files: every workbook passes these guards before any parser sees it.

`open_guarded` reads the bytes of a file without being led elsewhere; `package` looks at the zip
directory and at the head of the parts. `refusing` is the one boundary at which foreign exceptions
become one of ours.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.parsers.expat import ExpatError

from sheetsales.errors import (
    BookMissing,
    DiskFull,
    FileIncomplete,
    FileOldFormat,
    FileProtected,
    FileRefused,
    FileUnsafe,
    SheetsalesError,
)
from sheetsales_workbooks.reading.parts import Entry, directory, inflate

MEGABYTE: Final = 1_000_000
LIMITS: Final = {
    "file": 100 * MEGABYTE,  # bytes of the file itself
    "entries": 2_000,  # members of the zip
    "inflated": 200 * MEGABYTE,  # bytes of all parts together
    "ratio": 100,  # unpacked ÷ packed of one part ...
    "ratio_from": 1 * MEGABYTE,  # ... that unpacks to more than this
    "rows": 100_000,  # stored rows with content below the head of a table
    "head_rows": 50,  # rows above a table in which its header may stand
    "cells": 4_000_000,  # stored cells with content of one sheet
    "here": 50 * MEGABYTE,  # a book of ours that unpacks to no more is read in this process
    "memory": 2_000 * MEGABYTE,  # address space of the reader process
    "cpu_seconds": 60,  # computing time of the reader process for one file
    "wall_seconds": 90,  # waiting time for the reader process, one file
}
_WORKBOOK_PARTS: Final = ("xml", "rels", "vml")
_OLE: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK\3\4"
_RESERVED: Final = frozenset({"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))})


# ── the file ─────────────────────────────────────────────────────────────────────────────────────


def open_guarded(path: str | os.PathLike[str], roots: Sequence[str | os.PathLike[str]] = ()) -> bytes:
    """Read a whole file; never through a symbolic link, never outside of `roots` (none: anywhere).

    Raises BookMissing, FileUnsafe (link, not a plain file, outside), FileRefused (too large or not
    to be read).
    """
    name = Path(path)
    if name.stem.casefold() in _RESERVED:
        raise FileUnsafe(f"{name.name} is a name that Windows keeps for devices; the file is not opened.")
    try:
        folder = name.parent.resolve(strict=True)
        allowed = [Path(root).resolve(strict=True) for root in roots]
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise BookMissing(f"{name} is not there; nothing was deleted.") from problem
    if allowed and not any(folder == root or root in folder.parents for root in allowed):
        raise FileUnsafe(f"{name} lies outside of the workspace; it is not opened.")
    real = folder / name.name
    try:
        return _read_plain(real)
    except FileNotFoundError as problem:
        raise BookMissing(f"{name} is not there; nothing was deleted.") from problem
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.EMLINK):
            raise FileUnsafe(f"{name} is a link to another file; it is not followed.") from problem
        if problem.errno in (errno.EISDIR, errno.ENXIO):
            raise FileUnsafe(f"{name} is not a plain file; it is not opened.") from problem
        if problem.errno in (errno.EACCES, errno.EPERM):
            raise FileRefused(f"{name} may not be read by this user.", "Mend the permissions of the file.") from problem
        raise DiskFull(f"{name} cannot be read: {problem.strerror}.", "Look at the disk or the network drive.") from problem


def _read_plain(real: Path) -> bytes:
    if real.is_symlink():
        raise FileUnsafe(f"{real.name} is a link to another file; it is not followed.")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(real, "rb", opener=lambda name, _flags: os.open(name, flags)) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise FileUnsafe(f"{real.name} is not a plain file; it is not opened.")
        if about.st_nlink > 1 and _links_here(real, about) < about.st_nlink:
            raise FileUnsafe(
                f"{real.name} is also known under a name in another folder (a hard link); it is not opened.",
                "Copy the file under a new name and use the copy.",
            )
        if about.st_size > LIMITS["file"]:
            raise FileRefused(
                f"{real.name} is {about.st_size:,} bytes large; {LIMITS['file']:,} are allowed.",
                "Split the workbook, or take pictures out of it.",
            )
        return file.read(LIMITS["file"] + 1)


def _links_here(real: Path, about: os.stat_result) -> int:
    """Count the names of a file in its own folder: an exchange of files may leave two for a moment."""
    with os.scandir(real.parent) as folder:
        return sum(1 for other in folder if other.inode() == about.st_ino)


# ── the container ────────────────────────────────────────────────────────────────────────────────


class Package:
    """The parts of a workbook that passed the guards."""

    def __init__(self, data: bytes, entries: Sequence[Entry]) -> None:
        self._data = data
        self.entries = {entry.name: entry for entry in entries}
        self._folded = {name.casefold(): name for name in self.entries}
        self.inflated = sum(entry.size for entry in entries)
        self._kept: dict[str, bytes] = {}

    def find(self, name: str) -> str | None:
        """Give the name of a part as it is stored (names of parts do not differ by case alone)."""
        name = name.lstrip("/")
        return name if name in self.entries else self._folded.get(name.casefold())

    def read(self, name: str) -> bytes:
        """Give the content of a part; raises FileIncomplete where there is none."""
        stored = self.find(name)
        if stored is None:
            raise FileIncomplete(f"The file is incomplete: its part {name} is missing.")
        content = self._kept.get(stored)
        return content if content is not None else inflate(self._data, self.entries[stored], LIMITS["inflated"])

    def check_heads(self) -> None:
        """Refuse a DOCTYPE in any XML part: there entities and outside files would be declared."""
        for name in self.entries:
            if name.rpartition(".")[2].casefold() not in _WORKBOOK_PARTS:
                continue
            content = self.read(name)
            if any(word in content for word in _DOCTYPE):
                raise FileUnsafe(f"The file is not safe to open: its part {name} declares a document type.")
            if self.inflated <= LIMITS["here"]:
                self._kept[name] = content


_DOCTYPE: Final = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def package(data: bytes) -> Package:
    """Check a workbook's bytes against every guard and give its parts.

    Raises FileIncomplete, FileProtected, FileOldFormat, FileUnsafe or FileRefused with the reason.
    """
    check_first_bytes(data)
    entries = directory(data)
    check_directory(entries, len(data))
    parts = Package(data, entries)
    _check_kind(parts)
    parts.check_heads()
    return parts


def check_first_bytes(data: bytes) -> None:
    """Tell by the first bytes what a file is, and refuse what is no zip container."""
    if not data.strip(b"\0"):
        raise FileIncomplete("The file is empty; it is tried again at the next sync.")
    if data[:4] == _OLE:
        _refuse_ole(data)
    if data[:4] != _ZIP:
        if _ZIP.startswith(data[:4]):
            raise FileIncomplete("The file is incomplete: only its first bytes are there.")
        raise FileOldFormat("The file is no .xlsx workbook, whatever its name says.")


def _refuse_ole(data: bytes) -> None:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise FileProtected("The file is password protected.")
    if any(name.encode("utf-16-le") + b"\0\0" in data for name in ("Workbook", "Book")):
        raise FileOldFormat("The file is an old .xls workbook (Excel 97 to 2003), not an .xlsx.")
    raise FileOldFormat("The file is in an old Office format, or a damaged one, and no .xlsx workbook.")


def check_directory(entries: Sequence[Entry], length: int) -> None:
    """Check number, names, sizes and places of the members of a zip file of that many bytes."""
    if len(entries) > LIMITS["entries"]:
        raise FileUnsafe(f"The file is not safe to open: it has {len(entries):,} parts; {LIMITS['entries']:,} are allowed.")
    seen: set[str] = set()
    for entry in entries:
        _check_name(entry.name)
        if entry.name.casefold() in seen:
            raise FileUnsafe(f"The file is not safe to open: it holds the part {entry.name} twice.")
        seen.add(entry.name.casefold())
        if entry.flags & 1:
            raise FileProtected(f"The file is password protected: its part {entry.name} is encrypted.")
        if entry.size > LIMITS["ratio_from"] and entry.size > LIMITS["ratio"] * entry.compressed:
            raise FileUnsafe(
                f"The file is not safe to open: its part {entry.name} unpacks to {entry.size:,} bytes "
                f"from {entry.compressed:,} (a zip bomb)."
            )
    total = sum(entry.size for entry in entries)
    if total > LIMITS["inflated"]:
        raise FileUnsafe(f"The file is not safe to open: it unpacks to {total:,} bytes; {LIMITS['inflated']:,} are allowed.")
    places = sorted((entry.offset, entry.compressed, entry.name) for entry in entries)
    for (offset, packed, name), (following, _, _) in zip(places, [*places[1:], (length, 0, "")], strict=True):
        if offset + packed > following:
            raise FileUnsafe(f"The file is not safe to open: its part {name} overlaps another.")


def _check_name(name: str) -> None:
    if not name or "\\" in name or name.startswith("/") or ":" in name or "\0" in name or ".." in name.split("/"):
        raise FileUnsafe(f"The file is not safe to open: it holds a part called '{name[:100]}'.")


def _check_kind(parts: Package) -> None:
    if parts.find("xl/workbook.bin") is not None:
        raise FileOldFormat("The file is a binary .xlsb workbook, whatever its name says.")
    if parts.find("mimetype") is not None:
        kind = parts.read("mimetype")[:100].decode("ascii", "replace")
        if "opendocument" in kind:
            raise FileOldFormat("The file is an OpenDocument file (.ods), whatever its name says.")
    if parts.find("[Content_Types].xml") is None:
        raise FileOldFormat("The file is a zip file, but no .xlsx workbook.")


# ── the boundary ─────────────────────────────────────────────────────────────────────────────────


@contextmanager
def refusing(what: str = "The file") -> Iterator[None]:
    """Turn whatever a parser raises into one named refusal; our own errors pass unchanged."""
    try:
        yield
    except SheetsalesError:
        raise
    except MemoryError as problem:
        raise FileUnsafe(f"{what} is not safe to open: it needs more memory than is allowed.") from problem
    except ExpatError as problem:
        raise FileRefused(f"{what} cannot be used: one of its parts is not well-formed XML ({problem}).") from problem
    except Exception as problem:
        raise FileRefused(
            f"{what} cannot be used: it is damaged or built in a way that is not understood ({type(problem).__name__})."
        ) from problem
