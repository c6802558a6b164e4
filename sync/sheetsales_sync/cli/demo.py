"""`demo`: a small ready team."""

from __future__ import annotations

from pathlib import Path

import click

from sheetsales_sync.cli.output import json_option, show, talk


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
@json_option
def demo(folder: Path, as_json: bool) -> None:
    """A small ready team with generated data: the whole round trip, and what to open.

    Example: sheetsales demo
    """
    from sheetsales_sync.demo import ANA, BEN, MANAGER, run_demo
    from sheetsales_sync.shapes import sync_document

    made = run_demo(folder, (lambda _words: None) if as_json else talk)
    made.workspace.close()
    if as_json:
        books = [sync_document(result) for result in made.results]
        show({"workspace": str(made.workspace.root), "books": books, "rollup": str(made.rollup_path)})
        return
    talk("\nOpen these in Excel or LibreOffice:")
    talk(f"   {made.books[ANA]}   a rep's workbook: what to do today, scored leads, findings marked")
    talk(f"   {made.books[BEN]}   a field rep's: ranked territory, one amount that was not accepted")
    talk(f"   {made.books[MANAGER]}   the manager's: one conflict to decide")
    talk(f"   {made.rollup_path}   the roll-up with charts")
    talk(f"Change a cell, save, and run: sheetsales -w {folder} sync")


COMMANDS = {"demo": demo}
