"""The command `sheetsales`: parsing and printing only; each group of commands is loaded when used."""

from __future__ import annotations

import difflib
import importlib
import json
import os
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

import click

from sheetsales import __version__
from sheetsales.errors import Busy, SheetsalesError, UnknownName, WrongUse
from sheetsales_sync.reports import write_report

DONE, TO_LOOK_AT, WRONG_USE, REFUSED, BUSY, OUR_FAULT = 0, 1, 2, 3, 4, 5

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("setup", "Make a workspace: sheetsales.toml, books/, a store."),
    "demo": ("demo", "A small ready team with generated data; says what to open."),
    "members": ("members", "The team: import a team file, list who is in it."),
    "fit": ("members", "Which process fits which role and member, and why."),
    "schema": ("setup", "The tables and columns of this workspace."),
    "book": ("books", "Workbooks: make one, list them, adopt a copy or somebody's own."),
    "import": ("data", "Records from any CSV or Excel export."),
    "export": ("data", "The current records of a table."),
    "check": ("books", "Every finding in these workbooks."),
    "actions": ("actions", "What the buttons can do."),
    "run": ("actions", "Press a button on these workbooks."),
    "sync": ("books", "Merge workbooks and store, both ways."),
    "agent": ("agent", "Make the buttons of open workbooks work; sync what is saved."),
    "serve": ("serve", "The HTTP service, its tokens, and a loop that syncs what was saved."),
    "doctor": ("agent", "What is missing on this machine or in this workspace."),
    "status": ("looking", "What is waiting, and why."),
    "conflicts": ("looking", "What two people changed at the same time."),
    "rejected": ("looking", "What was turned down, and why."),
    "history": ("looking", "Who changed what, when."),
    "undo": ("past", "Take back a whole sync, run or import."),
    "restore": ("past", "Bring a record back to how it was."),
    "rollup": ("rollup", "The manager's figures, tied out to the cent."),
    "model": ("model", "A score learned from any export: learn, score, report."),
    "backup": ("past", "Copy the store safely."),
    "verify": ("past", "Prove that the records follow from the history."),
}


class Commands(click.Group):
    """The commands by name; a module is imported when one of its commands is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Give the names in the order of a working week."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        if cmd_name not in COMMANDS:
            near = difflib.get_close_matches(cmd_name, COMMANDS, n=1)
            meant = f"Did you mean `{near[0]}`?" if near else "Run `sheetsales --help` for the commands."
            raise UnknownName(f"There is no command {cmd_name}.", meant)
        module = importlib.import_module(f"sheetsales_sync.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-w",
    "--workspace",
    "workspace",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Folder with sheetsales.toml (default: here).",
)
@click.option("--verbose", is_flag=True, help="Show the details of an error.")
@click.version_option(__version__, message="sheetsales %(version)s")
@click.pass_context
def cli(ctx: click.Context, workspace: Path, verbose: bool) -> None:
    """The sales process, run in the spreadsheets people already use.

    Example: sheetsales init team && cd team && sheetsales members import team.csv
    """
    ctx.obj = {"root": workspace, "verbose": verbose}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error ends here, as one sentence and an exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in words
    try:
        code = cli.main(args=words, prog_name="sheetsales", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else DONE)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(WRONG_USE)
    except click.ClickException as error:
        _say(as_json, "wrong_use", error.format_message(), "Run it with --help for an example.")
        sys.exit(WRONG_USE)
    except SheetsalesError as error:
        _say(as_json, error.code, str(error), error.hint)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except Exception as error:
        report, text = write_report(_workspace_in(words), " ".join(w for w in words if not w.startswith("postgresql")), error)
        if report is None:
            click.echo(text, err=True)
        _say(
            as_json,
            "internal",
            f"Something went wrong in sheetsales: {type(error).__name__}.",
            f"Please send the report {report or '(printed above)'}.",
        )
        sys.exit(OUR_FAULT)


def exit_code(error: SheetsalesError) -> int:
    """Give the exit code of an error; this table is the only place that knows."""
    if isinstance(error, WrongUse):
        return WRONG_USE
    return BUSY if isinstance(error, Busy) else REFUSED


def _say(as_json: bool, code: str, message: str, hint: str) -> None:
    if as_json:
        click.echo(json.dumps({"error": {"code": code, "message": message, "hint": hint}}, ensure_ascii=False))
    else:
        click.secho(message, fg="red", err=True)
        click.echo(hint, err=True)


def _workspace_in(words: list[str]) -> Path:
    for before, word in pairwise(words):
        if before in ("-w", "--workspace"):
            return Path(word)
    return Path()
