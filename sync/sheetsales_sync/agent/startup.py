"""Starting the helper with the computer: one small file where each system looks for it, and its removal.

Windows looks into the Startup folder, macOS into LaunchAgents, Linux desktops into autostart. What is
written is plain text that a person may read and delete. Only the Linux file was run by us.
"""

from __future__ import annotations

import hashlib
import plistlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sheetsales.errors import DiskFull, NotSupported

MARK: Final = "sheetsales agent"  # by which a file of ours is known again
FOLDERS: Final = {
    "win32": "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup",
    "darwin": "Library/LaunchAgents",
    "linux": ".config/autostart",
}


@dataclass(frozen=True)
class StartFile:
    """The file that starts the helper: its place and its content."""

    path: Path
    data: bytes


def start_file(platform: str, home: Path, program: Sequence[str], workspace: Path) -> StartFile:
    """Give the file for a system, without writing it.

    platform: as sys.platform says it. program: the words that start sheetsales. Raises NotSupported for another system.
    """
    if platform not in FOLDERS:
        raise NotSupported(f"On {platform} the helper cannot be started with the computer.", "Start `sheetsales agent` by hand.")
    words = [*program, "-w", str(workspace), "agent"]
    folder = home / FOLDERS[platform]
    tag = hashlib.sha256(str(workspace).encode()).hexdigest()[:8]  # one file for each workspace
    if platform == "win32":
        line = " ".join(f'""{word}""' for word in words)
        text = f'\' {MARK} for {workspace}\r\nCreateObject("WScript.Shell").Run "{line}", 0, False\r\n'
        return StartFile(folder / f"sheetsales-{tag}.vbs", text.encode("utf-16"))
    if platform == "darwin":
        label = f"sheetsales.agent.{tag}"
        content = {
            "Label": label, "ProgramArguments": words, "RunAtLoad": True, "ProcessType": "Background",
            "KeepAlive": {"SuccessfulExit": False},
        }  # fmt: skip
        return StartFile(folder / f"{label}.plist", plistlib.dumps(content))
    lines = [
        "[Desktop Entry]", "Type=Application", f"Name={MARK}", f"Comment=Buttons and sync for {_plain(str(workspace))}",
        f"Exec={' '.join(map(_exec_word, words))}", "Terminal=false", "X-GNOME-Autostart-enabled=true",
    ]  # fmt: skip
    return StartFile(folder / f"sheetsales-{tag}.desktop", ("\n".join(lines) + "\n").encode())


def _plain(text: str) -> str:
    """Give a text on one line, as the value of a desktop entry."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _exec_word(word: str) -> str:
    """Quote a word as the desktop entry specification says: for the command, then for the file."""
    quoted = "".join(f"\\{c}" if c in '"`$\\' else c for c in word).replace("%", "%%")
    return _plain(f'"{quoted}"')


def install(file: StartFile) -> bool:
    """Write the file; False where it stands there already. Raises DiskFull."""
    try:
        if file.path.exists() and file.path.read_bytes() == file.data:
            return False
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_bytes(file.data)
    except OSError as error:
        raise DiskFull(f"{file.path} cannot be written: {error.strerror}.") from error
    return True


def uninstall(file: StartFile) -> bool:
    """Remove the file; False where there is none. Raises DiskFull."""
    try:
        file.path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DiskFull(f"{file.path} cannot be removed: {error.strerror}.") from error
    return True
