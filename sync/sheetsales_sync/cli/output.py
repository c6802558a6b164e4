"""Printing: one JSON document on standard output, or a few lines for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sheetsales.errors import DiskFull, WrongUse

if TYPE_CHECKING:
    from sheetsales_sync.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Add `--json` to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(function)


def show(document: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, default=_plain, indent=None))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value).__name__)


def write_file(path: Path, data: bytes) -> None:
    """Write a file that a command was asked for; raises WrongUse or DiskFull."""
    try:
        path.write_bytes(data)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise WrongUse(f"The folder {path.parent} is not there.", "Make it, or name another place.") from error
    except IsADirectoryError as error:
        raise WrongUse(f"{path} is a folder.", "Name a file.") from error
    except OSError as error:
        raise DiskFull(f"{path} cannot be written: {error.strerror}.") from error


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people, on standard output."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(show_edge=False, pad_edge=False, header_style="bold", box=None)
    for header in headers:
        shown.add_column(header, overflow="fold")
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell).replace("[", "\\[") for cell in row))
    Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 160).print(shown)


def talk(text: str) -> None:
    """Say a sentence to the person, on standard error."""
    click.echo(text, err=True)


class Progress:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, what: str, total: int, *, quiet: bool) -> None:
        self._bar: Any = None
        if not quiet and sys.stderr.isatty() and total > 1:
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(what, total=total)

    def step(self, _result: object = None) -> None:
        """Go on by one."""
        if self._bar is not None:
            self._bar.advance(self._task)

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


def workspace_of(ctx: click.Context) -> Workspace:
    """Open the workspace of this command; it is closed when the command ends."""
    from sheetsales_sync.workspace import Workspace

    workspace = Workspace.open(ctx.obj["root"])
    ctx.call_on_close(workspace.close)
    return workspace
