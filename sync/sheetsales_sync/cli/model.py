"""`model`: a score learned from any export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sheetsales_sync.cli.output import Progress, json_option, show, table, talk, write_file

if TYPE_CHECKING:
    from sheetsales.learned_model import Model

FITS, FITS_IN_TIME = 6, 12  # fits of a model checked in folds, or on later rows
FEATURES = 20  # shown to people


@click.group()
def model() -> None:
    """A lead score learned from any export, with its verdict, its reasons and its warnings."""


def _places(ctx: click.Context, read: str, written: str) -> tuple[Path, Path]:
    """Give the path of the file to read and of the file to write; they must not be the same."""
    from sheetsales_sync.workspace import Workspace

    workspace = Workspace(ctx.obj["root"].resolve(), {})
    source, target = workspace.path_of(read), workspace.output(written)
    if source.resolve() == target.resolve():
        raise click.UsageError(f"{written} is the file that is read; name another one to write.")
    return source, target


@model.command("learn")
@click.argument("file", metavar="FILE.csv")
@click.option("--outcome", required=True, metavar="COL", help="The column that says how it ended; open rows are blank there.")
@click.option("--id", "id_column", default="", metavar="COL", help="The column that names a row.")
@click.option("--positive", default="", metavar="V", help="The good value of the outcome, if it is not plain.")
@click.option(
    "--not-known", multiple=True, metavar="COL", help="Filled in after the outcome, so not to be used; may be repeated."
)
@click.option(
    "--order-by", default="", metavar="COL", help="A date or number that orders the rows in time; the latest fifth checks."
)
@click.option("--null", "null_words", multiple=True, metavar="WORD", help="A word that means blank; may be repeated.")
@click.option("-m", "--model", "target", required=True, metavar="MODEL.json", help="Where to write the model.")
@json_option
@click.pass_context
def learn_command(
    ctx: click.Context, file: str, outcome: str, id_column: str, positive: str, not_known: Sequence[str], order_by: str,
    null_words: Sequence[str], target: str, as_json: bool,
) -> None:  # fmt: skip
    """Learn a score from the closed rows of an export. The model is written with its verdict, whatever that is.

    Example: sheetsales model learn leads.csv --outcome Converted --not-known Tags --order-by "Lead Number" -m model.json
    """
    from sheetsales.learn import Request
    from sheetsales.learned_model import write_model
    from sheetsales_sync.modelling import learn_file

    source, path = _places(ctx, file, target)
    progress = Progress("learning", FITS_IN_TIME if order_by else FITS, quiet=as_json)
    try:
        request = Request(outcome, positive, id_column, tuple(not_known), order_by, tuple(null_words))
        found = learn_file(source, request, progress.step)
    finally:
        progress.end()
    write_file(path, write_model(found).encode())
    if as_json:
        left_out = [{"column": column, "why": why} for column, why in found.left_out]
        show({"model": target, **found.report, "reason": found.reason, "left_out": left_out, "remarks": list(found.remarks)})
        return
    _print(found)
    talk(f"Wrote {path}.")


@model.command("score")
@click.argument("file", metavar="FILE.csv")
@click.option("-m", "--model", "source", required=True, metavar="MODEL.json", help="A model that `model learn` wrote.")
@click.option("-o", "--output", required=True, metavar="OUT.csv", help="Where to write id, probability, points and reasons.")
@click.option("--missing-as-null", is_flag=True, help="Count a column that the file lacks as blank.")
@json_option
@click.pass_context
def score_command(ctx: click.Context, file: str, source: str, output: str, missing_as_null: bool, as_json: bool) -> None:
    """Score every row of a file: probability, points, and reasons that add up to the points.

    Example: sheetsales model score new.csv -m model.json -o scored.csv
    """
    from sheetsales_sync.modelling import load_model, score_file, shown_points

    path, target = _places(ctx, file, output)
    learned, _ = _places(ctx, source, output)
    found = load_model(learned)
    scores = score_file(path, found, missing_as_null=missing_as_null)
    write_file(target, scores.data)
    if as_json:
        show({"output": output, **scores.document, "remarks": scores.remarks})
        return
    for remark in scores.remarks:
        talk(remark)
    talk(f"{scores.document['scored']:,} rows scored. {shown_points(found)}")
    talk(f"Wrote {target}.")


@model.command("report")
@click.option("-m", "--model", "source", required=True, metavar="MODEL.json", help="A model that `model learn` wrote.")
@click.option("-o", "--output", default="", metavar="FILE.xlsx", help="Also write it as a workbook with charts.")
@json_option
@click.pass_context
def report_command(ctx: click.Context, source: str, output: str, as_json: bool) -> None:
    """What a model is worth: verdict, figures, warnings, calibration, how it moves in time, points.

    Example: sheetsales model report -m model.json -o model.xlsx
    """
    from sheetsales_sync.model_workbook import write_model_workbook
    from sheetsales_sync.modelling import load_model
    from sheetsales_sync.workspace import Workspace

    if output and not output.casefold().endswith(".xlsx"):
        raise click.UsageError(f"{output}: the report is a workbook; give it a name that ends in .xlsx.")
    path = Workspace(ctx.obj["root"].resolve(), {}).path_of(source)
    found = load_model(path)
    if output:
        _, target = _places(ctx, source, output)
        write_file(target, write_model_workbook(found, path.name))
        talk(f"Wrote {target}.")
    if as_json:
        show(found.report)
    else:
        _print(found)


def _print(found: Model) -> None:
    from sheetsales.learned_model import drift_in_words

    report = found.report
    for remark in found.remarks:
        talk(remark)
    table(("verdict", found.verdict), [("why", found.reason), ("rows", f"{report['n']:,}, {report['positives']:,} of them good")])
    if report["auc"] is not None:
        on = "the latest rows" if report["validation"] == "time" else "five folds"
        low, high = found.auc_interval or (0.0, 1.0)
        figures = [
            ("AUC", f"{report['auc']:.3f} ({low:.3f} to {high:.3f})"),
            ("log-loss", f"{report['log_loss']:.4f}, base rate {report['base_log_loss']:.4f}"),
            ("Brier", f"{report['brier']:.4f}"),
            ("calibration error", f"{report['ece']:.3f}"),
            ("good among the top tenth", f"{report['p_at_10']:.1%}"),
        ]
        table((f"checked on {on}", ""), figures)
        bands = [
            (f"{b['from']:.1%} to {b['to']:.1%}", f"{b['said']:.1%}", f"{b['happened']:.1%}", b["n"])
            for b in report["calibration"]
        ]
        table(("chance", "said", "happened", "n"), bands)
    if found.periods:
        periods = [(p["from"], p["to"], f"{p['said']:.1%}", f"{p['happened']:.1%}", p["n"]) for p in found.periods]
        table(("from", "to", "said", "happened", "n"), periods)
    if found.drift:
        moving = [(column, f"{index:.2f}", drift_in_words(index)) for column, index in found.drift[:FEATURES]]
        table(("later rows against earlier ones", "index", ""), moving)
    for warning in report["leak_warnings"]:
        talk(f"Look again at {warning['column']}: {warning['why']}")
    if report["features"]:
        table(("heaviest", "points"), [(f["name"], f"{f['points']:+.2f}") for f in report["features"][:FEATURES]])
    if found.left_out:
        table(("left out", "because"), found.left_out)


COMMANDS = {"model": model}
