"""The real command line, run in this process: exit code, output and messages of a command."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from sheetsales_sync.cli import main


class Words(io.StringIO):
    """Text that also takes bytes, as standard output does."""

    @property
    def buffer(self) -> _Bytes:
        return _Bytes(self)


class _Bytes(io.RawIOBase):
    def __init__(self, words: Words) -> None:
        self._words = words

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._words.write(bytes(data).decode())
        return len(data)


def run(root: Path, *words: str) -> tuple[int, str, str]:
    """Run a command of the real command line in a workspace; gives exit code, output and messages."""
    out, talk = Words(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(talk):
        try:
            main(["-w", str(root), *words])
            code: object = 0
        except SystemExit as error:
            code = error.code
    return int(str(code or 0)), out.getvalue(), talk.getvalue()


def ask(root: Path, *words: str, code: int = 0) -> Any:
    """Run a command with `--json` and give its document."""
    got, out, talk = run(root, *words, "--json")
    assert got == code, f"{words}: exit {got}\n{out[:2000]}\n{talk[:2000]}"
    return json.loads(out)
