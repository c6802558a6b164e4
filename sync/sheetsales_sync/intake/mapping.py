"""Mapping files: what the headers, words, dates and numbers of another system's export mean to us."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sheetsales.errors import BadConfiguration
from sheetsales.process import Table
from sheetsales.values import fold

SECTIONS: Final = ("columns", "values", "parse", "custom", "source")
PARSE_KEYS: Final = ("date", "decimal", "null", "encoding", "separator", "sheet", "header_row", "repair", "custom")
WORDS_OF_A_DATE: Final = (("YYYY", "%Y"), ("YY", "%y"), ("MM", "%m"), ("M", "%m"), ("DD", "%d"), ("D", "%d"))


@dataclass(frozen=True)
class ImportMapping:
    """A mapping file, read and checked.

    columns: our column's name by folded header ("" leaves the header out). headers: the headers as written.
    values: ours by folded theirs, by our column's name. date: a strptime format, "" to let the column
    prove it. decimal: the separator, "" likewise. null: folded words that mean blank. custom: unknown
    headers become columns of the team. source: the system that the file comes from, whose re-imports
    know each other whatever the file is called; to be named where two systems feed one table. encoding, separator, sheet, header_row: what would else be found out. repair: split lines
    that are quoted as a whole. given: there is a mapping file at all.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date: str = ""
    decimal: str = ""
    null: frozenset[str] = frozenset()
    custom: bool = False
    source: str = ""
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    header_row: int = 0
    repair: bool = True
    given: bool = False


NO_MAPPING: Final = ImportMapping()


def load_mapping(source: Path | str | Mapping[str, Any] | None, table: Table | None = None) -> ImportMapping:
    """Read a mapping file (TOML) or the same content as a dictionary; None gives no mapping.

    table: where given, the columns named are checked against it.
    Raises BadConfiguration with a sentence that names the file, the section and the key.
    """
    if source is None:
        return NO_MAPPING
    if isinstance(source, Mapping):
        name, content = "the mapping", source
    else:
        name = Path(source).name
        content = _read(Path(source), name)
    for key in content:
        if key not in SECTIONS:
            hint = "It may have [columns], [values.COLUMN] and [parse]."
            raise _bad(name, f"there is no section [{key}]{_near(key, SECTIONS)}.", hint)
    columns, headers, custom = _columns(name, content.get("columns", {}))
    parse = _parse(name, content.get("parse", {}))
    custom = custom or _flag(name, "custom", content.get("custom", False)) or bool(parse.pop("custom", False))
    source_name = content.get("source", "")
    if not isinstance(source_name, str):
        raise _bad(name, "source must be a text.", 'Write for example source = "crm".')
    mapping = ImportMapping(
        columns=MappingProxyType(columns),
        headers=MappingProxyType(headers),
        values=MappingProxyType(_values(name, content.get("values", {}), columns)),
        custom=custom,
        source=source_name,
        given=True,
        **parse,
    )
    if table is not None:
        check_mapping(mapping, table, name)
    return mapping


def check_mapping(mapping: ImportMapping, table: Table, name: str = "the mapping") -> None:
    """Raise BadConfiguration where the mapping names a column that the table does not have."""
    known = [column.name for column in table.columns]
    targets: dict[str, str] = {}
    for header, target in mapping.columns.items():
        written = mapping.headers.get(header, header)
        if not target:
            continue
        if target not in table.by_name and not mapping.custom:
            what = f"[columns] '{written}' = '{target}': {table.name} has no column of that name{_near(target, known)}."
            raise _bad(name, what, f"Columns of {table.name}: {', '.join(known)}. With custom = true a new column is made.")
        if target in targets:
            raise _bad(name, f"[columns] '{written}' and '{targets[target]}' both go to '{target}'.", "Leave one of them out.")
        targets[target] = written
    for target in mapping.values:
        if target not in table.by_name and target not in targets:
            raise _bad(
                name,
                f"[values.{target}]: {table.name} has no column of that name{_near(target, known)}.",
                f"Columns of {table.name}: {', '.join(known)}.",
            )


def _bad(name: str, what: str, hint: str) -> BadConfiguration:
    return BadConfiguration(f"{name}: {what}", hint)


def _near(word: str, known: list[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f" (do you mean '{near[0]}'?)" if near else ""


def _read(path: Path, name: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise _bad(name, f"it is no valid TOML: {error}.", "Mend the line; texts stand in quotes.") from error
    except UnicodeDecodeError as error:
        raise _bad(name, "it is not UTF-8 text.", "Save it as UTF-8.") from error
    except OSError as error:
        raise _bad(name, f"it cannot be read ({error.strerror}).", "Look at the path after --mapping.") from error


def _columns(name: str, section: Any) -> tuple[dict[str, str], dict[str, str], bool]:
    if not isinstance(section, Mapping):
        raise _bad(name, "[columns] must be a section.", 'Write header = "column", one per line.')
    columns: dict[str, str] = {}
    headers: dict[str, str] = {}
    custom = False
    for header, target in section.items():
        if header == "custom" and isinstance(target, bool):
            custom = target
            continue
        if not isinstance(target, str):
            raise _bad(name, f"[columns] '{header}' must be the name of a column in quotes.", f'Write "{header}" = "column".')
        key = fold(header)
        if key in columns:
            raise _bad(name, f"[columns] names the header '{header}' twice.", "Leave one of them out.")
        columns[key] = target.strip()
        headers[key] = str(header)
    return columns, headers, custom


def _values(name: str, section: Any, columns: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    if not isinstance(section, Mapping):
        raise _bad(name, "[values] must hold sections.", "Write [values.stage] and below it theirs = ours.")
    found: dict[str, Mapping[str, str]] = {}
    for key, pairs in section.items():
        if not isinstance(pairs, Mapping):
            raise _bad(name, f"[values] '{key}' must be a section.", f"Write [values.{key}] and below it theirs = ours.")
        words: dict[str, str] = {}
        for theirs, ours in pairs.items():
            if isinstance(ours, (Mapping, list)):
                raise _bad(name, f"[values.{key}] '{theirs}' must be one value.", f'Write "{theirs}" = "ours".')
            words[fold(theirs)] = ("Yes" if ours else "No") if isinstance(ours, bool) else str(ours)
        target = columns.get(fold(key), "")
        found[target if target and key not in columns.values() else str(key)] = MappingProxyType(words)
    return found


def _flag(name: str, key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _bad(name, f"{key} must be true or false.", f"Write {key} = true.")
    return value


def _parse(name: str, section: Any) -> dict[str, Any]:
    if not isinstance(section, Mapping):
        raise _bad(name, "[parse] must be a section.", "It may have date, decimal and null.")
    for key in section:
        if key not in PARSE_KEYS:
            raise _bad(name, f"[parse] has no key '{key}'{_near(key, PARSE_KEYS)}.", f"It may have {', '.join(PARSE_KEYS)}.")
    found: dict[str, Any] = {}
    for key in ("encoding", "separator", "sheet", "decimal", "date"):
        if key in section:
            if not isinstance(section[key], str):
                raise _bad(name, f"[parse] {key} must be a text in quotes.", f'Write {key} = "…".')
            found[key] = section[key]
    for key in ("repair", "custom"):
        if key in section:
            found[key] = _flag(name, f"[parse] {key}", section[key])
    if "header_row" in section:
        row = section["header_row"]
        if isinstance(row, bool) or not isinstance(row, int) or row < 1:
            raise _bad(name, "[parse] header_row must be a row number from 1.", "Write header_row = 2.")
        found["header_row"] = row
    if found.get("decimal", "") not in ("", ".", ","):
        raise _bad(name, f"[parse] decimal is '{found['decimal']}'.", 'Write decimal = "." or decimal = ",".')
    if len(found.get("separator", "")) > 1:
        raise _bad(name, f"[parse] separator is '{found['separator']}'.", 'Write one character, such as separator = ";".')
    if found.get("date"):
        found["date"] = _date_format(name, found["date"])
    words = section.get("null", [])
    words = [words] if isinstance(words, str) else words
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise _bad(name, "[parse] null must be a list of texts.", 'Write null = ["", "n/a"].')
    found["null"] = frozenset(fold(word) for word in words)
    return found


def _date_format(name: str, text: str) -> str:
    """Give a strptime format for `%d.%m.%Y` or for the same in words, `DD.MM.YYYY`."""
    wanted = text
    if "%" not in text:
        for words, directive in WORDS_OF_A_DATE:
            wanted = re.sub(rf"(?<![%A-Za-z]){words}(?![A-Za-z])", directive, wanted)
    if not all(any(f"%{part}" in wanted for part in parts) for parts in (("Y", "y"), ("m", "b", "B"), ("d",))):
        raise _bad(name, f"[parse] date is '{text}'.", 'It needs year, month and day, such as "%Y-%m-%d" or "DD.MM.YYYY".')
    return wanted
