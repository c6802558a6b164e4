"""Our notes on cells: the comment part of a sheet and the drawing part behind it.

A note of ours has the author `sheetsales` and ends with our signature, as LibreOffice loses authors
when it saves. The user's own notes, buttons and threads stay as they are, and a note of ours below
whose signature the user wrote on is theirs. Where the user has a note on the cell, ours is left out
and reported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from sheetsales.errors import FileRefused
from sheetsales_workbooks.host import NOTE_SIGNATURE
from sheetsales_workbooks.patching.cells import behind_cells
from sheetsales_workbooks.patching.note_shapes import Widths, new_drawing, patch_shapes, widths
from sheetsales_workbooks.patching.relations import add_content_type, add_relation, relations
from sheetsales_workbooks.patching.xml_bytes import (
    MAIN,
    OFFICE_RELATIONS,
    attributes,
    cell_string,
    check_encoding,
    children,
    main_prefix,
    plain,
    prefix_for,
    root_head,
)
from sheetsales_workbooks.patching.zip_file import ZipPatch
from sheetsales_workbooks.reading.sheet_xml import cell_place, column_letters

AUTHOR: Final = "sheetsales"
NOTE_LIMIT: Final = 4_000  # characters; longer notes are cut, they say things twice
COMMENTS_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
DRAWING_TYPE: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
AFTER_LEGACY_DRAWING: Final = frozenset(
    {  # the children of a worksheet that stand behind it
        b"legacyDrawingHF",
        b"drawingHF",
        b"picture",
        b"oleObjects",
        b"controls",
        b"webPublishItems",
        b"tableParts",
        b"extLst",
    }
)
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NO_COMMENTS: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<comments xmlns="%s"><authors></authors><commentList></commentList></comments>' % MAIN.encode()
)

Notes = Mapping[tuple[int, int], str]  # by row and column; "" takes ours away


class SkippedNote(NamedTuple):
    """A note that was not written because the user has a note of the same cell."""

    sheet: str
    row: int
    column: int
    text: str


class _Comment(NamedTuple):
    start: int
    end: int
    author: int
    text: str


def patch_notes(package: ZipPatch, part: str, sheet: str, notes: Notes) -> list[SkippedNote]:
    """Add, replace and take away notes of ours on one sheet; give those that could not be placed.

    The sheet part itself is written only where it gets its first note.
    """
    related = relations(package, part)
    comments = next((r.target for r in related if r.kind == "comments" and r.target in package), None)
    wanted = {place: signed_note(text) for place, text in notes.items()}
    if comments is None and not any(wanted.values()):
        return []
    old = package.read(comments) if comments is not None else _NO_COMMENTS
    new, changed, skipped = _patch_comments(old, comments or sheet, wanted)
    if changed:
        sizes = widths(package.read(part), sheet)
        if comments is None:
            comments = _free_name(package, "xl/comments", ".xml")
            add_content_type(package, comments, COMMENTS_TYPE)
            add_relation(package, part, "comments", comments)
        package.write(comments, new)
        _patch_drawing(package, part, sheet, changed, sizes)
    return [SkippedNote(sheet, *place, notes[place]) for place in skipped]


def signed_note(text: str) -> str:
    """Give a note as it is stored: storable, of bounded length and signed; "" stays "" (no note)."""
    text = _UNSTORABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip()
    if len(text) > NOTE_LIMIT:
        text = text[: NOTE_LIMIT - 1] + "…"
    return f"{text}\n{NOTE_SIGNATURE}" if text else ""


def _is_ours(author: str, text: str) -> bool:
    if text.rstrip().endswith(NOTE_SIGNATURE):
        return author.strip() in (AUTHOR, "")
    return author == AUTHOR and NOTE_SIGNATURE not in text


def _free_name(package: ZipPatch, stem: str, ending: str) -> str:
    number = 1
    while f"{stem}{number}{ending}" in package:
        number += 1
    return f"{stem}{number}{ending}"


# ── the comment part ─────────────────────────────────────────────────────────────────────────────


def _patch_comments(xml: bytes, part: str, wanted: Notes) -> tuple[bytes, dict[tuple[int, int], str], list[tuple[int, int]]]:
    """Give the part with our notes as wanted, those that changed, and those that were left out."""
    check_encoding(xml, part)
    if b"!" in xml and re.search(rb"<!(?:--|\[CDATA)", xml):
        raise FileRefused(f"The notes cannot be changed safely: the part {part} is written in a way that is not understood.")
    name, raw, _ = root_head(xml, part)
    prefix = main_prefix(name, raw, b"comments", part)
    authors = _authors(xml, prefix, part)
    stored = _stored(xml, prefix, part)
    number = authors.index(AUTHOR) if AUTHOR in authors else len(authors)
    edits: list[tuple[int, int, bytes]] = []
    added: list[bytes] = []
    changed: dict[tuple[int, int], str] = {}
    skipped: list[tuple[int, int]] = []
    for place in sorted(wanted):
        text, there = wanted[place], stored.get(place)
        if there is not None and not _is_ours(authors[there.author], there.text):
            if text:
                skipped.append(place)
            continue
        if (there.text if there is not None else "") == text:
            continue
        changed[place] = text
        element = _comment(place, text, number, prefix) if text else b""
        if there is not None:
            edits.append((there.start, there.end, element))
        else:
            added.append(element)
    if changed:
        xml = _edited(xml, prefix, part, edits, b"".join(added))
        if AUTHOR not in authors and any(changed.values()):
            xml = _with_author(xml, prefix)
    return xml, changed, skipped


def _authors(xml: bytes, prefix: bytes, part: str) -> list[str]:
    p = re.escape(prefix)
    block = re.search(rb"<%sauthors\s*(?:/>|>(.*?)</%sauthors\s*>)" % (p, p), xml, re.S)
    if block is None:
        raise FileRefused(f"The notes cannot be changed safely: the part {part} names no authors.")
    found = re.findall(rb"<%sauthor(?:\s[^>]*?)?(?:/>|>([^<]*)</%sauthor\s*>)" % (p, p), block[1] or b"")
    return [plain(author) for author in found]


def _stored(xml: bytes, prefix: bytes, part: str) -> dict[tuple[int, int], _Comment]:
    p = re.escape(prefix)
    pattern = re.compile(rb"<%scomment(\s[^>]*?)(?:/>|>(.*?)</%scomment\s*>)" % (p, p), re.S)
    texts = re.compile(rb"<%st(?:\s[^>]*)?>([^<]*)</%st\s*>" % (p, p))
    found: dict[tuple[int, int], _Comment] = {}
    for match in pattern.finditer(xml):
        stated = attributes(match[1], part)
        author = stated.get(b"authorId", b"")
        if not author.isdigit():
            raise FileRefused(f"The notes cannot be changed safely: a note in the part {part} has no author.")
        text = "".join(plain(words) for words in texts.findall(match[2] or b""))
        place = cell_place(stated.get(b"ref", b"").decode())
        found[place] = _Comment(match.start(), match.end(), int(author), text)
    return found


def _comment(place: tuple[int, int], text: str, author: int, prefix: bytes) -> bytes:
    p = prefix
    reference = f"{column_letters(place[1])}{place[0]}".encode()
    look = b'<%srPr><%ssz val="9"/><%scolor indexed="81"/><%srFont val="Tahoma"/><%sfamily val="2"/></%srPr>' % ((p,) * 6)
    words = b'<%sr>%s<%st xml:space="preserve">%s</%st></%sr>' % (p, look, p, cell_string(text), p, p)
    return b'<%scomment ref="%s" authorId="%d"><%stext>%s</%stext></%scomment>' % (p, reference, author, p, words, p, p)


def _edited(xml: bytes, prefix: bytes, part: str, edits: list[tuple[int, int, bytes]], added: bytes) -> bytes:
    closing = b"</" + prefix + b"commentList"
    if added and closing not in xml:
        empty = re.search(rb"<%scommentList\s*/>" % re.escape(prefix), xml)
        if empty is None:
            raise FileRefused(f"The notes cannot be changed safely: the part {part} has no list of notes.")
        return xml[: empty.start()] + b"<%scommentList>%s%s>" % (prefix, added, closing) + xml[empty.end() :]
    if added:
        at = xml.rfind(closing)
        edits = [*edits, (at, at, added)]
    for start, end, element in sorted(edits, reverse=True):
        xml = xml[:start] + element + xml[end:]
    return xml


def _with_author(xml: bytes, prefix: bytes) -> bytes:
    line = b"<%sauthor>%s</%sauthor>" % (prefix, AUTHOR.encode(), prefix)
    at = xml.find(b"</" + prefix + b"authors")
    if at >= 0:
        return xml[:at] + line + xml[at:]
    return re.sub(rb"<%sauthors\s*/>" % re.escape(prefix), b"<%sauthors>%s</%sauthors>" % (prefix, line, prefix), xml, count=1)


# ── the drawing part ─────────────────────────────────────────────────────────────────────────────


def _patch_drawing(package: ZipPatch, part: str, sheet: str, changed: Mapping[tuple[int, int], str], sizes: Widths) -> None:
    """Give each changed note its box; the drawing part is found by the sheet's own element or made."""
    xml = package.read(part)
    name, raw, _ = root_head(xml, part)
    prefix = main_prefix(name, raw, b"worksheet", part)
    match = re.search(rb"<%slegacyDrawing(\s[^>]*?)/?>" % re.escape(prefix), xml)
    drawings = [other for other in package.names() if other.lower().endswith(".vml")]
    if match is not None:
        id_ = next((plain(v) for k, v in attributes(match[1], sheet).items() if k.rpartition(b":")[2] == b"id"), "")
        drawing = next((r.target for r in relations(package, part) if r.id == id_), "")
        if drawing not in package:
            raise FileRefused(f"The sheet '{sheet}' cannot be changed safely: the part with its notes is missing.", sheet=sheet)
        others = [package.read(other) for other in drawings if other != package.find(drawing)]
        package.write(drawing, patch_shapes(package.read(drawing), drawing, changed, sizes, others))
        return
    if not any(changed.values()):
        return
    drawing = _free_name(package, "xl/drawings/vmlDrawing", ".vml")
    blank = new_drawing(package.read(other) for other in drawings)
    add_content_type(package, drawing, DRAWING_TYPE)
    id_ = add_relation(package, part, "vmlDrawing", drawing)
    package.write(drawing, patch_shapes(blank, drawing, changed, sizes, []))
    package.write(part, _with_legacy_drawing(xml, name, raw, prefix, sheet, id_))


def _with_legacy_drawing(xml: bytes, name: bytes, raw: bytes, prefix: bytes, sheet: str, id_: str) -> bytes:
    known = prefix_for(raw, OFFICE_RELATIONS, sheet)
    space = b"" if known else b'xmlns:r="%s" ' % OFFICE_RELATIONS.encode()
    stated = space + b'%sid="%s"' % (known or b"r:", id_.encode())
    element = b"<%slegacyDrawing %s/>" % (prefix, stated)
    start = behind_cells(xml, prefix, sheet)
    stop = xml.rfind(b"</" + name)
    for child in children(xml, start, stop, sheet):
        local = child.name.rpartition(b":")[2]
        inside = xml[child.inner : child.inner_end] if local == b"AlternateContent" else b""
        if local in AFTER_LEGACY_DRAWING or re.search(rb"<(?:\w+:)?(?:controls|oleObjects)\b", inside):
            return xml[: child.start] + element + xml[child.start :]
    return xml[:stop] + element + xml[stop:]
