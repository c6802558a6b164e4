"""A learned score and files: an export to learn from, an export to score, and what is said about both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sheetsales.calibration import log_loss
from sheetsales.encoding import null_words, number_in
from sheetsales.errors import BadImport, FileRefused, Refused
from sheetsales.learn import MOVED, Request, column_named, learn
from sheetsales.learned_model import DRIFT_INDEX, DRIFT_ROWS, USE, Model, ScoredRows, points_from, read_model, score_rows
from sheetsales.score import SEPARATOR, points_of
from sheetsales.values import Formula, ShownNumber, Value, fold, moment_of
from sheetsales_sync.intake.conventions import decide_dates
from sheetsales_sync.intake.file_table import read_table_file
from sheetsales_workbooks.csv_file import write_csv

MOSTLY: Final = 0.9  # share of the filled cells that makes a column one of numbers, or of dates
SHOWN: Final = 5  # unknown values that a sentence names
LISTED: Final = 50  # unknown values of a column that are listed
NAMED: Final = 12  # rows that a sentence names
SIX_PLACES: Final = Decimal("0.000001")
ROW: Final = "row"  # header of OUT.csv's first column where the model has no id column


@dataclass(frozen=True)
class Texts:
    """A file as columns of text, blanks "". numbers: of its rows. rejected: rows that cannot be trusted."""

    name: str
    columns: dict[str, list[str]]
    numbers: list[int]
    remarks: list[str]
    rejected: list[dict[str, object]]


@dataclass(frozen=True)
class FileScores:
    """data: OUT.csv. document: what was found, for JSON. remarks: the same in sentences."""

    data: bytes
    document: dict[str, Any]
    remarks: list[str]


def read_texts(path: Path) -> Texts:
    """Read a CSV file (or a workbook) as columns of text; equal headers get a number. Raises BadImport, FileRefused."""
    table = read_table_file(path)
    good = [row for row in table.rows if not row.problem]
    rejected: list[dict[str, object]] = [{"row": row.row, "reason": row.problem} for row in table.rows if row.problem]
    columns = {
        name: [_text(row.cells[place]) if place < len(row.cells) else "" for row in good]
        for name, place in _own_headers(table.headers).items()
    }
    remarks = list(table.remarks)
    nameless = sum(not header.strip() for header in table.headers)
    if nameless:
        remarks.append(f"Left out, because they have no header: {nameless} columns.")
    return Texts(table.name, columns, [row.row for row in good], remarks, rejected)


def _own_headers(headers: Sequence[str]) -> dict[str, int]:
    """Give the places of the columns that have a header, by it; a repeated one gets a number."""
    found: dict[str, int] = {}
    for place, header in enumerate(headers):
        name, number = header.strip(), 2
        while name in found:
            name, number = f"{header.strip()} ({number})", number + 1
        if header.strip():
            found[name] = place
    return found


def _text(raw: object) -> str:
    """Give a raw value as text; an error in a cell is a blank."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "Yes" if raw else "No"
    if isinstance(raw, (int, Decimal)):
        return str(raw)
    if isinstance(raw, float):
        return f"{raw:.15g}"
    if isinstance(raw, (date, datetime)):
        return raw.isoformat()
    if isinstance(raw, ShownNumber):
        return raw.shown
    return _text(raw.value) if isinstance(raw, Formula) else ""


def _left_out(rejected: Sequence[Mapping[str, object]]) -> list[str]:
    if not rejected:
        return []
    named = ", ".join(str(row["row"]) for row in rejected[:NAMED]) + (", …" if len(rejected) > NAMED else "")
    return [f"Left out, because their fields do not fit the header: {len(rejected)} rows ({named})."]


# ── learning ─────────────────────────────────────────────────────────────────────────────────────


def learn_file(path: Path, request: Request, tick: Callable[[], object]) -> Model:
    """Learn a model from a file of closed rows; see `learn`. tick: called after each fit."""
    texts = read_texts(path)
    remarks = [*texts.remarks, *_left_out(texts.rejected)]
    order = None
    if request.order_by:
        header = column_named(request.order_by, list(texts.columns))
        order = order_places(header, texts, null_words(request.null_words), remarks)
    model = learn(texts.columns, request, order, tick)
    return Model(**{**vars(model), "remarks": (*remarks, *model.remarks)})


def order_places(header: str, texts: Texts, nulls: frozenset[str], remarks: list[str]) -> list[int]:
    """Give each row its place in time by a column of numbers, dates, or texts; blank ones come first.

    Raises BadImport where the dates of the column can be read in two orders.
    """
    cells = texts.columns[header]
    filled = [(row, text) for row, text in zip(texts.numbers, cells, strict=True) if fold(text) not in nulls]
    keys: dict[str, Any] = {text: number_in(text, ".") for text in {text for _, text in filled}}
    kind = "numbers"
    if sum(keys[text] is not None for _, text in filled) < MOSTLY * len(filled):
        try:
            reading = decide_dates(header, filled, "", remarks)
        except BadImport as error:
            raise BadImport(str(error), "Write the dates of this column as YYYY-MM-DD.") from error
        keys = {text: moment_of(reading.read(text)) for text in keys}
        kind = "dates"
    if sum(keys[text] is not None for _, text in filled) < MOSTLY * len(filled):
        keys = {text: fold(text) for text in keys}
        kind = "texts"
    lost = sum(keys.get(text) is None for text in cells)
    remarks.append(f"{header}: the rows are ordered as {kind}" + (f"; {lost:,} without one come first." if lost else "."))
    places = {key: place for place, key in enumerate(sorted({key for key in keys.values() if key is not None}), 1)}
    return [places.get(keys.get(text), 0) for text in cells]


# ── scoring ──────────────────────────────────────────────────────────────────────────────────────


def load_model(path: Path) -> Model:
    """Read a model file; raises Refused where there is none."""
    try:
        return read_model(path.read_text("utf-8"))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise Refused(f"There is no model file {path}.", "Make one with `sheetsales model learn`.") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is not a model file.", "Make one with `sheetsales model learn`.") from error
    except OSError as error:
        raise FileRefused(f"{path} cannot be read ({error.strerror}).", "Look at its permissions.") from error


def score_file(path: Path, model: Model, *, missing_as_null: bool = False) -> FileScores:
    """Score every row of a file.

    Raises BadImport where a column is missing that the model was learned with, unless missing_as_null.
    """
    texts = read_texts(path)
    columns, missing = _for_model(texts, model)
    if missing and not missing_as_null:
        named = ", ".join(f"'{name}'" for name in missing)
        raise BadImport(
            f"{texts.name} has no column {named}, which the model was learned with.",
            "Add it to the file, or say --missing-as-null to count it as blank in every row.",
        )
    scored = score_rows(model, columns, len(texts.numbers))
    unknown = _unknown(scored)
    drift = _drift(scored, columns)
    document = {
        "verdict": model.verdict,
        "rows": len(texts.numbers) + len(texts.rejected),
        "scored": len(texts.numbers),
        "rejected": texts.rejected,
        "missing": missing,
        "unknown": unknown,
        "drift": drift,
    }
    remarks = [*texts.remarks, *_left_out(texts.rejected)]
    remarks += [f"{name}: not in the file; it counts as blank in every row." for name in missing]
    remarks += [_about_unknown(entry) for entry in unknown]
    if model.verdict != USE:
        remarks.append(f"The model is not one to use: {model.reason} Every row gets the base rate.")
    remarks += _about_drift(drift)
    return FileScores(_out_csv(texts, model, columns, scored), document, remarks)


def _for_model(texts: Texts, model: Model) -> tuple[dict[str, list[str]], list[str]]:
    """Give the columns by the model's names (else by the same name in other case), and the names that are missing."""
    folded = {fold(name): name for name in reversed(texts.columns)}
    wanted = [card.encoding.name for card in model.cards] + ([model.id_column] if model.id_column else [])
    found = {}
    for name in (*wanted, model.outcome):
        there = name if name in texts.columns else folded.get(fold(name))
        if there is not None:
            found[name] = texts.columns[there]
    return found, [name for name in wanted if name not in found]


def _out_csv(texts: Texts, model: Model, columns: Mapping[str, Sequence[str]], scored: ScoredRows) -> bytes:
    ids: Sequence[Value] = columns[model.id_column] if model.id_column in columns else list(texts.numbers)
    rows = [
        (key, Decimal(repr(p)).quantize(SIX_PLACES), points_of(points), SEPARATOR.join(map(str, lines)))
        for key, p, points, lines in zip(
            ids, scored.probability.tolist(), scored.points.tolist(), scored.lines(), strict=True
        )
    ]  # fmt: skip
    return write_csv([model.id_column or ROW, "probability", "points", "reasons"], rows)


def _unknown(scored: ScoredRows) -> list[dict[str, Any]]:
    found = []
    for place, card in enumerate(scored.model.cards):
        values = scored.unseen.get(card.encoding.name)
        if values:
            rows = int((scored.codes[place] == card.encoding.size).sum())
            found.append({"column": card.encoding.name, "values": values[:LISTED], "rows": rows})
    return found


def _about_unknown(entry: Mapping[str, Any]) -> str:
    values = entry["values"]
    more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    named = ", ".join(f"'{value}'" for value in values[:SHOWN])
    return f"{entry['column']}: {named}{more} not seen when learning; {entry['rows']:,} rows count as unknown there."


def _drift(scored: ScoredRows, columns: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Compare the scored rows with those learned from, and what was said with what happened where that is known."""
    import numpy as np

    model = scored.model
    n = len(scored.points)
    changed = [
        {"column": name, "index": round(index, 4)} for name, index in scored.drift.items() if index > DRIFT_INDEX
    ]  # fmt: skip
    nulls, good = frozenset(model.nulls), fold(model.positive)
    ends = [fold(text) for text in columns.get(model.outcome, ())]
    closed = [place for place, end in enumerate(ends) if end not in nulls]
    y = np.array([float(ends[place] == good) for place in closed])
    outcome = None
    if len(y) and y.min() != y.max():
        p = scored.probability[closed]
        outcome = {
            "n": len(y),
            "said": round(float(p.mean()), 6),
            "happened": round(float(y.mean()), 6),
            "log_loss": round(log_loss(p, y), 6),
        }
    said = round(float(scored.probability.mean()), 6) if n else None
    return {"said": said, "base_rate": model.base_rate, "changed": changed, "outcome": outcome}


def _about_drift(drift: Mapping[str, Any]) -> list[str]:
    found = [
        f"{entry['column']}: other values than when learning (index {entry['index']:.2f})." for entry in drift["changed"]
    ]  # fmt: skip
    outcome = drift["outcome"]
    if outcome is not None and outcome["n"] >= DRIFT_ROWS and abs(outcome["said"] - outcome["happened"]) >= MOVED:
        found.append(
            f"Of {outcome['n']:,} rows whose outcome is in the file {outcome['happened']:.1%} ended well; {outcome['said']:.1%} "
            "was said. Learn again."
        )
    elif found:
        found.append("Learn again when the newer rows are closed.")
    return found


def shown_points(model: Model) -> str:
    """Say in a sentence what points mean."""
    even, base = points_of(round(points_from(0.5) * 100)), points_of(model.base)
    return f"{even} points are even odds, 20 more double them; the average row has {base}."
