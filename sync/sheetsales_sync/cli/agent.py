"""`agent`: the helper that makes buttons work."""

from __future__ import annotations

import signal
import time
from typing import Any

import click

from sheetsales_sync.cli.output import json_option, show, talk, workspace_of


@click.group(invoke_without_command=True)
@click.option("--once", is_flag=True, help="Look at everything once, then end.")
@click.option("--for", "seconds", type=click.FloatRange(min=0), metavar="SECONDS", help="End after so many seconds.")
@click.option("--open", "book", metavar="BOOK", help="Open this workbook in LibreOffice first.")
@click.option("--pipe", default="", metavar="NAME", help="The pipe on which LibreOffice listens (default: sheetsales).")
@json_option
@click.pass_context
def agent(ctx: click.Context, once: bool, seconds: float | None, book: str | None, pipe: str, as_json: bool) -> None:
    """Make buttons and Action cells work in open workbooks, and sync what is saved, until stopped.

    Example: sheetsales agent --open "books/Ana Brandt.xlsx"
    """
    if ctx.invoked_subcommand is not None:
        return
    from sheetsales_sync.agent.starting import start

    workspace = workspace_of(ctx)
    began, worked = time.monotonic(), time.process_time()
    with start(workspace, talk, book=workspace.path_of(book) if book else None, pipe=pipe, all_at_once=once) as helper:
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda *_: helper.stop())
        helper.begin()
        if once:
            helper.turn(0.0)
        else:
            talk("The helper is at work. Stop it with Ctrl+C.")
            helper.run(seconds)
    if as_json:
        passed = time.monotonic() - began
        document: dict[str, Any] = {
            "programs": helper.done.programs, "ran": helper.done.ran, "synced": helper.done.synced, "log": helper.diary.lines,
            "seconds": round(passed, 3), "busy_percent": round(100 * (time.process_time() - worked) / passed, 2),
        }  # fmt: skip
        show({"agent": document})


COMMANDS = {"agent": agent}
