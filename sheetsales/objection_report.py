"""Rank objections: which objections cost most, by how often they were raised and how often they stayed unresolved."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sheetsales.conversation import objection_figures
from sheetsales.document import Document, Entry, Heading, Section
from sheetsales.process import Patch, Request, Row, Tables
from sheetsales.values import Value, fold, ratio, words_of

FOLDER: Final = "reports"
SPOKEN: Final = 3  # objections named in the message
IDEAS: Final = 3  # solution ideas of one objection that are printed
HEADINGS: Final = (
    Heading("Unresolved", "number", 11.0), Heading("Objection"), Heading("Raised", "number", 9.0),
    Heading("Rate", "percent", 9.0), Heading("What to say, and ideas", width=38.0),
)  # fmt: skip


def rank_objections(tables: Tables, request: Request) -> Patch:  # noqa: ARG001 (the whole list is ranked)
    """Rank all objections that were raised, those of the library and those in the customers' words; prints the list.

    By frequency × unresolved rate, which is how often one was raised and stayed unresolved; ties by the words.
    The rows are those the member may see: own ones, and for a manager the team's. Changes no row.
    """
    ranked = ranked_objections(tables)
    if not ranked:
        return Patch(message="No objection was raised yet: tick Raised in the tab Call objections.")
    named = "; ".join(f"{words} {unresolved} of {raised} unresolved" for words, raised, unresolved in ranked[:SPOKEN])
    document = Document(
        name=f"Objections {tables.today.isoformat()}",
        kind=FOLDER,
        title="Objections",
        subtitle="Which ones cost most",
        day=tables.today,
        currency="",
        parties=(),
        facts=(("Objections", len(ranked)), ("Raised", sum(raised for _, raised, _ in ranked))),
        sections=(Section("", "Ranked by how often an objection was raised and stayed unresolved."),),
        headings=HEADINGS,
        rows=tuple(_line(words, raised, unresolved, tables) for words, raised, unresolved in ranked),
        totals=(),
        closing=(),
        signatures=(),
    )
    rows = len(tables.rows("call_objections"))
    return Patch(message=f"{len(ranked)} objections ranked: {named}.", rows_read=rows, documents=(document,))


def ranked_objections(tables: Tables) -> list[tuple[str, int, int]]:
    """Give (objection, raised, unresolved) of all that were raised, the most unresolved first, then the most raised."""
    words: dict[str, str] = {}
    for row in (*tables.rows("objection_library"), *tables.rows("call_objections")):
        text = words_of(row.get("objection"))
        if text:
            words.setdefault(fold(text), text)
    found = [(text, *objection_figures(text, tables)) for text in words.values()]
    return sorted((entry for entry in found if entry[1]), key=lambda entry: (-entry[2], -entry[1], fold(entry[0])))


def _line(words: str, raised: int, unresolved: int, tables: Tables) -> tuple[Entry, ...]:
    share = ratio(unresolved, raised) or Decimal(0)
    return Decimal(unresolved), words, Decimal(raised), share.quantize(Decimal("0.01")), _what_to_say(words, tables)


def _what_to_say(words: str, tables: Tables) -> str:
    """Give the prepared response and what reps thought of since, each once."""
    library = tables.where("objection_library", "objection", words)
    said: list[Value] = [library[0].get("prepared_response")] if library else []
    ideas: list[Row] = sorted(tables.where("call_objections", "objection", words), key=lambda row: str(row["id"]))
    said += [row.get("solution_idea") for row in ideas]
    texts = list(dict.fromkeys(text for value in said if (text := words_of(value))))
    return "\n".join(texts[: IDEAS + 1])
