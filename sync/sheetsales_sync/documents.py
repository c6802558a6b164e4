"""Writing the documents of a button as files: .xlsx and .docx, and .pdf where LibreOffice is there.

A file that stands there already with other content is never overwritten: the new one gets a number.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sheetsales.document import Document
from sheetsales_workbooks.build import write_document

NAME_BYTES: Final = 150  # of a file name; every file system takes 255, a version and an ending come on top
PDF_SECONDS: Final = 180  # after which LibreOffice is given up
OFFICE: Final = ("soffice", "libreoffice")
RESERVED: Final = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_UNSEEN: Final = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")  # also what turns the reading order


@dataclass(frozen=True)
class Written:
    """What was written: the files, new or standing there already, relative to the workspace, and a sentence."""

    files: tuple[str, ...]
    message: str


def write_documents(documents: Sequence[Document], root: Path, currency: str) -> Written:
    """Write each document into the folder of its kind below `root`; amounts without a currency are in `currency`.

    What cannot be written is said in the message: the figures are in the store already.
    """
    files: list[Path] = []
    sheets: list[Path] = []
    try:
        for document in documents:
            folder = root / document.kind
            folder.mkdir(exist_ok=True)
            stem = _write(
                write_document(replace(document, currency=document.currency or currency)), folder, safe_name(document.name)
            )
            files += [folder / f"{stem}{ending}" for ending in (".xlsx", ".docx")]
            if not (folder / f"{stem}.pdf").exists():
                sheets.append(folder / f"{stem}.xlsx")
        problem = _write_pdfs(sheets)
    except OSError as error:
        problem = f"Not all files could be written: {error.strerror or error}. The figures are in the store; press again."
    stems = dict.fromkeys(path.with_suffix("") for path in files)
    found = [
        path for stem in stems for ending in (".xlsx", ".docx", ".pdf") if (path := stem.with_name(stem.name + ending)).exists()
    ]
    names = tuple(str(path.relative_to(root)) for path in found)
    told = f"Files: {', '.join(names[:6])}{' …' if len(names) > 6 else ''}." if names else ""
    return Written(names, " ".join(part for part in (told, problem) if part))


def safe_name(name: str) -> str:
    """Give a file name, without ending, that every system takes and that stays inside its folder."""
    text = " ".join(_UNSAFE.sub(" ", _UNSEEN.sub("", name)).split()).strip(". ")
    text = text.encode()[:NAME_BYTES].decode(errors="ignore").strip(". ")
    return f"{text}_" if text.split(".")[0].strip().casefold() in RESERVED else text or "Document"


def _write(contents: Mapping[str, bytes], folder: Path, name: str) -> str:
    """Write the files under the first name where nothing else stands; gives that name without ending."""
    stem, number = name, 1
    while not _is_free(contents, folder, stem):
        number += 1
        stem = f"{name} ({number})"
    for ending, data in contents.items():
        path = folder / f"{stem}{ending}"
        if not path.exists():
            waiting = path.with_name(f".{path.name}.part")
            waiting.write_bytes(data)
            os.replace(waiting, path)
    return stem


def _is_free(contents: Mapping[str, bytes], folder: Path, stem: str) -> bool:
    """Say whether nothing else stands under this name: each file is ours to the letter, or not there."""
    standing = {ending: folder / f"{stem}{ending}" for ending in contents if (folder / f"{stem}{ending}").exists()}
    if not standing:
        return not (folder / f"{stem}.pdf").exists()
    return all(path.is_file() and path.read_bytes() == contents[ending] for ending, path in standing.items())


# ── PDF ──────────────────────────────────────────────────────────────────────────────────────────


def _write_pdfs(sheets: Sequence[Path]) -> str:
    """Print the sheets to PDF beside them, all at once; gives a sentence where that cannot be done."""
    if not sheets:
        return ""
    program = next((found for name in OFFICE if (found := shutil.which(name))), None)
    if program is None:
        return "No .pdf: LibreOffice is not installed here."
    with TemporaryDirectory(prefix="sheetsales-pdf-") as place:
        profile, out = Path(place) / "profile", Path(place) / "out"
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--convert-to", "pdf",
                   "--outdir", str(out), *(str(sheet.resolve()) for sheet in sheets)]  # fmt: skip
        _run(command)
        missing = 0
        for sheet in sheets:
            made, path = out / f"{sheet.stem}.pdf", sheet.with_suffix(".pdf")
            if made.exists() and not path.exists():
                waiting = path.with_name(f".{path.name}.part")
                shutil.copyfile(made, waiting)
                os.replace(waiting, path)
            missing += not path.exists()
    return f"{missing} .pdf could not be made by LibreOffice; open the .xlsx and print it." if missing else ""


def _run(command: Sequence[str]) -> None:
    """Run a program to its end, or end it with all that it started when it takes too long."""
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, start_new_session=True, stdin=nowhere, stdout=nowhere, stderr=nowhere) as process:
        try:
            process.wait(PDF_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as stopped:
            with contextlib.suppress(ProcessLookupError, AttributeError):  # no groups of processes on Windows
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            if isinstance(stopped, KeyboardInterrupt):
                raise
