"""Scores of many leads in one request, by the rules of the workspace; the rows are decoded without an object each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from sheetsales.lead_scoring import tier_of
from sheetsales.qualification import current_rules, limits_of
from sheetsales.score import RuleTable
from sheetsales.score_batch import ID, Batch
from sheetsales_sync.service.answers import BAD_JSON, Wrong, document_of, no_json
from sheetsales_sync.service.room import Room
from sheetsales_sync.service.settings import ROWS

FRESH_SECONDS: Final = 1.0  # for which the rules once read are in force: a change counts within it
BATCHES: Final = 32  # lists of columns that are kept ready
MOST_COLUMNS: Final = 200
LISTED: Final = 1_000  # wrong values said back
RESULT: Final = ("score", "tier", "reasons")

Cell = str | int | float | None


class _Asked(msgspec.Struct):
    columns: list[str]
    rows: list[list[Cell]]


class Scoring:
    """The rules in force, and what is ready to score by them. clock: seconds that only go forward."""

    def __init__(self, room: Room, clock: Callable[[], float]) -> None:
        self._room = room
        self._clock = clock
        self._until = float("-inf")
        self._rules: RuleTable | None = None
        self._signed: tuple[str, object] = ("", ())
        self._tier: Callable[[Any], str] = str
        self._batches: dict[tuple[str, ...], Batch] = {}
        self._decoder = msgspec.json.Decoder(_Asked)

    def fresh(self) -> bool:
        """Say whether the rules need not be read."""
        return self._clock() < self._until

    def read_rules(self) -> None:
        """Read the rules of the workspace; what was ready for others is dropped."""
        workspace = self._room.workspace()
        rows = workspace.store.read(lambda tx: tx.rows("lead_criteria"))
        view = workspace.playbook.view({"lead_criteria": rows}, workspace.clock.local())
        rules = current_rules(view, limits_of(view))
        thresholds = tuple(sorted((key, str(value)) for key, value in view.policy.items() if key.startswith("leads.tier_")))
        if self._rules is None or (rules.version, thresholds) != self._signed:
            self._rules, self._batches = rules, {}
            self._tier = lambda points: tier_of(points, view)
        self._signed = (rules.version, thresholds)
        self._until = self._clock() + FRESH_SECONDS

    def score(self, text: bytes) -> dict[str, Any]:
        """Score the rows of a body {"columns": […], "rows": [[…], …]}; raises Wrong with every wrong value."""
        try:
            asked = self._decoder.decode(text)
        except msgspec.ValidationError:
            return self._explain(document_of(text))
        except BAD_JSON as error:
            raise no_json(error) from error
        _check_size(asked.columns, asked.rows)
        batch = self._batch(asked.columns)
        scored = batch.score(asked.rows)
        if scored is None:
            raise _wrong(batch, asked.rows)
        assert self._rules is not None
        columns = [ID, *RESULT] if len(scored) and len(scored[0]) > len(RESULT) else list(RESULT)
        return {"columns": columns, "rows": scored, "rules": self._rules.version}

    def _batch(self, columns: list[str]) -> Batch:
        key = tuple(columns)
        batch = self._batches.get(key)
        if batch is None:
            assert self._rules is not None
            if len(self._batches) >= BATCHES:
                self._batches.clear()
            batch = self._batches[key] = Batch(self._rules, columns, self._tier)
        return batch

    def _explain(self, body: Any) -> dict[str, Any]:
        """Say everything that is wrong with a body whose values are not all texts and numbers."""
        if not isinstance(body, dict) or not isinstance(body.get("columns"), list) or not isinstance(body.get("rows"), list):
            raise Wrong(422, "bad_body", 'The body is {"columns": [names], "rows": [[values], …]}.')
        columns, rows = body["columns"], body["rows"]
        if not all(isinstance(name, str) for name in columns):
            raise Wrong(422, "bad_body", "columns is a list of names.")
        _check_size(columns, rows)
        raise _wrong(self._batch(columns), rows)


def _check_size(columns: list[Any], rows: list[Any]) -> None:
    if len(rows) > ROWS:
        raise Wrong(
            413, "too_many_rows", f"There are {len(rows):,} rows; at most {ROWS} go into one request.", "Send them in parts."
        )
    if len(columns) > MOST_COLUMNS:
        raise Wrong(422, "bad_body", f"At most {MOST_COLUMNS} columns go into one request.")


def _wrong(batch: Batch, rows: list[Any]) -> Wrong:
    found = batch.every_wrong_cell(rows)
    listed = [one.document() for one in found[:LISTED]]
    said = (
        f"{len(found)} values cannot be scored; nothing was." if len(found) != 1 else "One value cannot be scored; nothing was."
    )
    return Wrong(422, "rows_refused", said, "Mend what `errors` lists and send it again.", errors=listed)
