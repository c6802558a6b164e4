"""The workbook around the sheets: which tabs there are, names, shared texts, styles, properties."""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from xml.parsers import expat

from sheetsales.errors import FileRefused, FileUnsafe
from sheetsales_workbooks.reading.cell_formats import Format, read_format
from sheetsales_workbooks.reading.guard import Package, refusing
from sheetsales_workbooks.reading.sheet_cells import Meaning, SheetCells, UnusualFormError, resolve, unescape
from sheetsales_workbooks.reading.sheet_xml import parse_sheet

_ENCODING = re.compile(rb'<\?xml[^>]*?encoding=["\']([A-Za-z0-9._\-]+)["\']')
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_BYTE_ORDER_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ENCODINGS: Final = frozenset({"utf-8", "us-ascii", "ascii", "utf-16", "iso-8859-1", "windows-1252"})
_STANDARD: Final = ("http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/")
_BLANKS: Final = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the workbook. state: "visible", "hidden" or "veryHidden"; kind: "worksheet" or other."""

    name: str
    part: str
    state: str
    kind: str


@dataclass(slots=True)
class WorkbookParts:
    """What the workbook part says. names: defined names and what they refer to.

    recalculate: True where the workbook asks for a full calculation when it is next opened, so
    that stored results of formulas may be old.
    """

    tabs: list[Tab] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    date_1904: bool = False
    recalculate: bool = False
    targets: dict[str, str] = field(default_factory=dict)


def decoded(content: bytes) -> str:
    """Give an XML part as text without its declaration; raises FileRefused for odd encodings."""
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError as problem:
        raise FileRefused("The file cannot be used: a part holds characters that cannot be read.") from problem
    text = _DECLARATION.sub("", text, count=1)
    if "<!DOCTYPE" in text:
        raise FileUnsafe("The file is not safe to open: one of its parts declares a document type.")
    return text


def _encoding(content: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return encoding
    if content[:2] in (b"<\0", b"\0<"):
        return "utf-16-le" if content[:1] == b"<" else "utf-16-be"
    declared = _ENCODING.match(content)
    encoding = declared[1].decode("ascii").casefold() if declared else "utf-8"
    if encoding not in _ENCODINGS:
        raise FileRefused(f"The file cannot be used: a part is written in the encoding {encoding[:30]}.")
    return encoding


def walk(text: str, wanted: Iterable[str]) -> list[tuple[str, dict[str, str], str]]:
    """Give the wanted elements of a small XML part in document order: local name, attributes, text.

    Attribute names are local; the text is that of the element and of all within it. Extensions
    of Microsoft's use the same local names for other things: they are passed over.
    """
    names = frozenset(wanted)
    found: list[tuple[str, dict[str, str], list[str]]] = []
    open_: list[list[str]] = []

    def local_name(name: str) -> str:
        space, _, local = name.rpartition(" ")
        return local if local in names and (not space or space.startswith(_STANDARD)) else ""

    def start(name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
        if local:
            texts: list[str] = []
            found.append((local, {key.rpartition(" ")[2]: value for key, value in attributes.items()}, texts))
            open_.append(texts)

    def end(name: str) -> None:
        if local_name(name):
            open_.pop()

    def data(words: str) -> None:
        for texts in open_:
            texts.append(words)

    _parse(text, start, end, data)
    return [(local, attributes, "".join(texts)) for local, attributes, texts in found]


def _parse(
    text: str, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], data: Callable[[str], None]
) -> None:
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    parser.Parse(text.encode(), True)


# ── the workbook part ────────────────────────────────────────────────────────────────────────────


def read_workbook(parts: Package) -> WorkbookParts:
    """Read the workbook part and its relations; raises FileRefused where there is no sheet."""
    name = _workbook_part(parts)
    book = WorkbookParts()
    relations = _relations(parts, name)
    for tag, about, text in walk(decoded(parts.read(name)), ("sheet", "definedName", "workbookPr", "calcPr")):
        if tag == "sheet":
            kind, target = relations.get(about.get("id", ""), ("", ""))
            book.tabs.append(Tab(about.get("name", ""), target, about.get("state", "visible"), kind))
        elif tag == "definedName":
            book.names.setdefault(about.get("name", "").casefold(), text)
        elif tag == "workbookPr":
            book.date_1904 = about.get("date1904") in ("1", "true")
        else:
            book.recalculate = about.get("fullCalcOnLoad") in ("1", "true")
    for kind, target in relations.values():
        book.targets.setdefault(kind, target)
    if not any(tab.kind == "worksheet" for tab in book.tabs):
        raise FileRefused("The file cannot be used: no sheet was found in it.")
    return book


def _workbook_part(parts: Package) -> str:
    if parts.find("_rels/.rels") is not None:
        for kind, target in _relations(parts, "").values():
            if kind == "officeDocument" and parts.find(target) is not None:
                return target
    return "xl/workbook.xml"


def _relations(parts: Package, name: str) -> dict[str, tuple[str, str]]:
    """Give the relations of a part by id: the last word of the type, and the name of the part it means."""
    folder, _, leaf = name.rpartition("/")
    where = posixpath.join(folder, "_rels", f"{leaf}.rels")
    found: dict[str, tuple[str, str]] = {}
    if parts.find(where) is None:
        return found
    for _, about, _ in walk(decoded(parts.read(where)), ("Relationship",)):
        if about.get("TargetMode") == "External":
            continue
        target = about.get("Target", "")
        full = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[about.get("Id", "")] = (about.get("Type", "").rpartition("/")[2], full)
    return found


def read_properties(parts: Package) -> dict[str, str]:
    """Give the custom document properties as text, by name."""
    if parts.find("docProps/custom.xml") is None:
        return {}
    found = walk(decoded(parts.read("docProps/custom.xml")), ("property",))
    return {about.get("name", ""): text.strip() for _, about, text in found}


# ── what cells refer to ──────────────────────────────────────────────────────────────────────────


def read_meaning(parts: Package, book: WorkbookParts) -> Meaning:
    """Read the shared texts and the styles of a workbook."""
    strings = book.targets.get("sharedStrings", "xl/sharedStrings.xml")
    shared = read_shared(decoded(parts.read(strings))) if parts.find(strings) is not None else []
    styles = book.targets.get("styles", "xl/styles.xml")
    formats = dict(read_styles(parts.read(styles))) if parts.find(styles) is not None else {}
    return Meaning(shared, formats, book.date_1904)


_SHARED = re.compile(r'<si>(?:<t(?: xml:space="(preserve)")?>([^<]*)</t></si>|(.*?)</si>)', re.S)


def read_shared(text: str, *, exact: bool = False) -> list[str]:
    """Give the shared texts in order; rich text joined, phonetic readings left out."""
    if not exact and not ("\r" in text or "<!" in text or ":si" in text or "<si/" in text or "<si " in text):
        found = _SHARED.findall(text)
        if len(found) == text.count("<si>") == text.count("</si>"):
            plain = "&" not in text and "_x" not in text
            with suppress(UnusualFormError):
                return [
                    _Shared().parse(f"<sst><si>{rich}</si></sst>")[0] if rich else _shared_text(words, preserved, plain=plain)
                    for preserved, words, rich in found
                ]
    return _Shared().parse(text)


def _shared_text(words: str, preserved: str, *, plain: bool) -> str:
    if plain:
        return words if preserved else words.strip(_BLANKS)
    words = resolve(words)
    return unescape(words if preserved else words.strip(_BLANKS))


class _Shared:
    """The exact parser of shared texts."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._parts: list[str] = []
        self._words: list[str] = []
        self._phonetic = 0
        self._preserved = False

    def parse(self, text: str) -> list[str]:
        """Read the whole part."""
        _parse(text, self._start, self._end, self._words.append)
        return self._texts

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "si":
            self._parts = []
        elif local == "rPh":
            self._phonetic += 1
        elif local == "t":
            self._words.clear()
            self._preserved = any(key.endswith("namespace space") and value == "preserve" for key, value in attributes.items())

    def _end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if local == "si":
            self._texts.append(unescape("".join(self._parts)))
        elif local == "rPh":
            self._phonetic -= 1
        elif local == "t" and not self._phonetic:
            words = "".join(self._words)
            self._parts.append(words if self._preserved else words.strip(_BLANKS))


@lru_cache(maxsize=16)
def read_styles(content: bytes) -> tuple[tuple[int, Format], ...]:
    """Give the cell styles whose numbers are more than numbers: index and meaning."""
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = False
    for tag, about, _ in walk(decoded(content), ("numFmt", "cellXfs", "cellStyleXfs", "cellStyles", "dxfs", "xf")):
        if tag == "numFmt":
            if about.get("numFmtId", "").isdigit():
                codes.setdefault(int(about["numFmtId"]), about.get("formatCode", ""))
        elif tag == "xf":
            if inside:
                styles.append(int(about.get("numFmtId", "0") or 0))
        else:
            inside = tag == "cellXfs"
    meanings = ((index, read_format(number, codes.get(number))) for index, number in enumerate(styles))
    return tuple((index, form) for index, form in meanings if form is not None)


def read_sheet(parts: Package, tab: Tab, meaning: Meaning) -> SheetCells:
    """Read the cells of one tab; a refusal names the tab."""
    with refusing(f"The sheet '{tab.name}'"):
        return parse_sheet(decoded(parts.read(tab.part)), meaning)
