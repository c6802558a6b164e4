"""The report that a developer needs when something went wrong in sheetsales itself: no cell content, no secrets."""

from __future__ import annotations

import platform
import traceback
from datetime import UTC, datetime
from pathlib import Path

from sheetsales import __version__


def write_report(root: Path, asked: str, error: BaseException) -> tuple[Path | None, str]:
    """Write versions, what was asked for and the traceback; give the file, None where it cannot be written, and the text.

    It stands in the private folder of a workspace, else in the cache folder of the user.
    """
    folder = root.absolute() / ".sheetsales" if (root / "sheetsales.toml").exists() else Path.home() / ".cache" / "sheetsales"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = [
        f"# sheetsales {__version__} report {stamp}",
        f"python {platform.python_version()} on {platform.platform()}",
        f"asked: {asked}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    text = "\n".join(lines)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"report-{stamp}.md"
        path.write_text(text, "utf-8")
        return path, text
    except OSError:
        return None, text
