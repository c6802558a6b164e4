"""`agent`, the helper that makes buttons work, and `doctor`, which says what is missing."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from sheetsales_sync.cli.output import json_option, show, table, talk, workspace_of


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


def program() -> list[str]:
    """Give the words that start this very installation."""
    return [sys.executable, "-m", "sheetsales_sync.cli"]


@agent.command()
@json_option
@click.pass_context
def install(ctx: click.Context, as_json: bool) -> None:
    """Start the helper for this workspace whenever you log in.

    Example: sheetsales agent install
    """
    from sheetsales_sync.agent import startup

    file = startup.start_file(sys.platform, Path.home(), program(), workspace_of(ctx).root)
    written = startup.install(file)
    if as_json:
        show({"startup": {"path": str(file.path), "written": written}})
    else:
        talk(f"The helper starts when you log in: {file.path}. `sheetsales agent uninstall` takes that back.")


@agent.command()
@json_option
@click.pass_context
def uninstall(ctx: click.Context, as_json: bool) -> None:
    """Take back what `agent install` did.

    Example: sheetsales agent uninstall
    """
    from sheetsales_sync.agent import startup

    file = startup.start_file(sys.platform, Path.home(), program(), workspace_of(ctx).root)
    removed = startup.uninstall(file)
    if as_json:
        show({"startup": {"path": str(file.path), "removed": removed}})
    else:
        talk("The helper does not start by itself any more." if removed else "It was not set up to start by itself.")


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> int:
    """Say what is missing on this machine and in this workspace. Exit 1 when something is.

    Example: sheetsales doctor
    """
    from sheetsales_sync.doctor import examine

    findings = list(examine(ctx.obj["root"], program(), Path.home()))
    if as_json:
        show({"findings": [asdict(one) for one in findings]})
    else:
        table(("what", "state", "", "what to do"), [(one.what, one.state, one.says, one.hint) for one in findings])
    return 1 if any(one.state == "missing" for one in findings) else 0


COMMANDS = {"agent": agent, "doctor": doctor}
