"""Putting a new file in the place of another so that what stood there is never lost.

The new file is written beside the old one, made durable, then the two change places in one step.
What came out is looked at afterwards: a save that fell into the gap is input, not waste.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import errno
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sheetsales.errors import BookMissing, DiskFull

_RENAME_EXCHANGE: Final = 2  # renameat2 on Linux
_RENAME_SWAP: Final = 2  # renamex_np on macOS
_NAME: Final = re.compile(r"\.ss-([A-Za-z0-9]+)-(\d+)(?:-([0-9a-f]{16}))?\.(part|tmp|old|out)")
_SHORT: Final = 16  # digits of the content hash in the name of a waiting file
_DISK: Final = frozenset({errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT, errno.EIO, errno.EFBIG})


def read_file(path: Path) -> bytes:
    """Read a whole file; a file that is not there raises BookMissing."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BookMissing(f"{path.name} is not where it was; nothing was deleted.") from error
    except PermissionError as error:
        raise DiskFull(f"{path.name} cannot be read: {error.strerror}.") from error


def digest(data: bytes) -> str:
    """Give the content hash by which a file's state is known (SHA-256, hex)."""
    return hashlib.sha256(data).hexdigest()


def lock_holder(path: Path) -> str:
    """Say who has the workbook open, or "" if nobody has: Excel's and LibreOffice's lock files."""
    excel = path.with_name(f"~${path.name}")
    if excel.exists():
        with contextlib.suppress(OSError):
            raw = excel.read_bytes()[1:54]
            name = raw.split(b"\x00")[0].decode("utf-8", "replace").strip()
            return name or "someone in Excel"
        return "someone in Excel"
    office = path.with_name(f".~lock.{path.name}#")
    if office.exists():
        with contextlib.suppress(OSError):
            parts = office.read_text("utf-8", "replace").split(",")
            return next((p.strip() for p in parts[:3] if p.strip()), "someone in LibreOffice")
        return "someone in LibreOffice"
    return ""


@dataclass(frozen=True)
class Leftover:
    """A file that an earlier sync left beside a book.

    generation: that of the new file it was made for; content: the beginning of that file's hash, or "".
    kind: part (never finished), tmp (the new file, or what came out when it took its place), old or out
    (what came out, on systems that cannot exchange in one step).
    """

    path: Path
    generation: int
    content: str
    kind: str


def stands_where_written(path: Path, leftover: Leftover) -> bool:
    """Say whether the new file still stands in its place as it was written: nobody has saved over it."""
    if not leftover.content:
        return False
    try:
        return digest(read_file(path)).startswith(leftover.content)
    except (BookMissing, DiskFull):
        return False


def stage(path: Path, book: str, generation: int, data: bytes) -> Path:
    """Write the new file beside the old one, durable and with the same mode; give its path.

    Its name says what it holds, so that a later sync knows it again in the place of the old one.
    Raises DiskFull where it cannot be written; then nothing is left behind.
    """
    ready = path.with_name(f".ss-{book}-{generation}-{digest(data)[:_SHORT]}.tmp")
    part = ready.with_suffix(".part")
    try:
        with part.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(path, part)
        os.replace(part, ready)
        return ready
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        if error.errno in _DISK:
            raise DiskFull(f"{path.name} cannot be written: {error.strerror}.") from error
        raise


def exchange(ready: Path, path: Path) -> None:
    """Let the two files change places in one step; afterwards `ready` holds what stood at `path`."""
    try:
        if not _swap(ready, path):
            _swap_by_link(ready, path)
    except FileNotFoundError as error:
        raise BookMissing(f"{path.name} is not where it was; nothing was deleted.") from error
    except OSError as error:
        if error.errno in _DISK:
            raise DiskFull(f"{path.name} cannot be replaced: {error.strerror}.") from error
        raise
    sync_folder(path.parent)


def _swap(one: Path, other: Path) -> bool:
    """Exchange by the operating system's own call; False where it has none for this place."""
    if sys.platform == "win32":
        backup = one.with_suffix(".out")
        if not ctypes.windll.kernel32.ReplaceFileW(str(other), str(one), str(backup), 0, None, None):
            raise ctypes.WinError()
        os.replace(backup, one)
        return True
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        call, arguments = getattr(library, "renamex_np", None), (os.fsencode(one), os.fsencode(other), _RENAME_SWAP)
    else:
        at_cwd = -100
        call = getattr(library, "renameat2", None)
        arguments = (at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), _RENAME_EXCHANGE)
    if call is None:
        return False
    if call(*arguments) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))


def _swap_by_link(ready: Path, path: Path) -> None:
    """Exchange where no such call exists: keep the old file under a second name, then rename over it.

    A save that lands between the two steps is lost to us; the caller says so once per folder.
    """
    keeper = ready.with_suffix(".old")
    keeper.unlink(missing_ok=True)
    try:
        os.link(path, keeper)
    except OSError:
        shutil.copy2(path, keeper)
    os.replace(ready, path)
    os.replace(keeper, ready)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable; not every system can."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def leftovers(path: Path, book: str) -> list[Leftover]:
    """Give the waiting files of this book beside it, the oldest generation first."""
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for entry in path.parent.iterdir():
            match = _NAME.fullmatch(entry.name)
            if match and match[1] == book:
                found.append(Leftover(entry, int(match[2]), match[3] or "", match[4]))
    return sorted(found, key=lambda one: (one.generation, one.path.name))


def books_with_leftovers(folders: Iterable[Path]) -> set[str]:
    """Give the ids of the books for which something waits in these folders; each is listed once."""
    found: set[str] = set()
    for folder in folders:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found.update(match[1] for name in os.listdir(folder) if name.startswith(".ss-") and (match := _NAME.fullmatch(name)))
    return found


def books_with_incoming(folder: Path) -> set[str]:
    """Give the ids of the books for which displaced files wait."""
    return {p.stem.rpartition("-")[0] for p in folder.glob("*.xlsx")} if folder.is_dir() else set()


def keep(source: Path, folder: Path, name: str) -> Path:
    """Move a displaced file into the durable incoming folder under a free name; give its new path.

    Raises DiskFull where it cannot be moved; then it stays where it is, under the name by which it is found again.
    """
    try:
        return _kept(source, folder, name)
    except OSError as error:
        raise DiskFull(f"{source.name} cannot be moved into {folder.name}: {error.strerror}.") from error


def _kept(source: Path, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    waiting_now = incoming(folder, name)
    number = _number(waiting_now[-1]) + 1 if waiting_now else 0  # the newest comes last, whatever was merged meanwhile
    while (target := folder / f"{name}-{number}.xlsx").exists() or target.with_suffix(".unreadable").exists():
        number += 1
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        waiting = target.with_suffix(".part")
        with source.open("rb") as old, waiting.open("wb") as new:
            shutil.copyfileobj(old, new)
            new.flush()
            os.fsync(new.fileno())
        os.replace(waiting, target)
        source.unlink()
    sync_folder(folder)
    return target


def incoming(folder: Path, book: str) -> list[Path]:
    """Give the displaced files of a book that wait to be merged, oldest first."""
    found = list(folder.glob(f"{book}-*.xlsx")) if folder.is_dir() else []
    return sorted(found, key=_number)


def _number(path: Path) -> int:
    return int(re.sub(r"\D", "", path.stem.rsplit("-", 1)[1]) or 0)
