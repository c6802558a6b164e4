"""XML as bytes, cut where it must change and nowhere else; what is not recognised is refused.

Offsets are byte offsets. A part is taken only in UTF-8 and without DOCTYPE; names are compared as
they are written, prefix included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from sheetsales.errors import FileRefused, FileUnsafe

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT: Final = "http://purl.oclc.org/ooxml/"
OFFICE_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ATTRIBUTE = re.compile(rb"""\s+([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
_TAG = re.compile(
    rb"""<(?:(/)?([A-Za-z_][\w.-]*(?::[\w.-]+)?)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/)?>|(!--.*?--|\?.*?\?|!\[CDATA\[.*?\]\])>)""",
    re.S,
)
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
_ENTITY = re.compile(r"&(#x[0-9A-Fa-f]+|#\d+|lt|gt|amp|quot|apos);")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Element(NamedTuple):
    """One element: its name as written, its raw attributes, and where it stands.

    start: of `<`. inner: behind the opening tag. inner_end: before the closing tag. end: behind it.
    """

    name: bytes
    raw_attributes: bytes
    start: int
    inner: int
    inner_end: int
    end: int


def check_encoding(xml: bytes, part: str) -> None:
    """Raise FileRefused unless the part is UTF-8, FileUnsafe where it has a DOCTYPE."""
    if xml[:2] in (b"\xff\xfe", b"\xfe\xff") or xml[:1] == b"\0" or xml[1:2] == b"\0":
        raise _not_understood(part)
    match = _ENCODING.match(xml.removeprefix(b"\xef\xbb\xbf")[:200])
    if match is not None and match[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise _not_understood(part)
    if b"!" in xml and b"<!DOCTYPE" in xml:
        raise FileUnsafe(f"The file is not safe to open: its part {part} declares a document type.")


def _not_understood(part: str) -> FileRefused:
    return FileRefused(f"The file cannot be changed safely: its part {part} is written in a way that is not understood.")


def attributes(raw: bytes, part: str) -> dict[bytes, bytes]:
    """Give raw attribute values by name; raises FileRefused where the text is anything else."""
    found: dict[bytes, bytes] = {}
    at = 0
    for match in _ATTRIBUTE.finditer(raw):
        if match.start() != at:
            raise _not_understood(part)
        found[match[1]] = match[2] if match[2] is not None else match[3]
        at = match.end()
    if raw[at:].strip():
        raise _not_understood(part)
    return found


def root(xml: bytes, part: str) -> Element:
    """Give the root element."""
    check_encoding(xml, part)
    for element in children(xml, 0, len(xml), part):
        return element
    raise _not_understood(part)


def root_head(xml: bytes, part: str) -> tuple[bytes, bytes, int]:
    """Give the root's name, raw attributes and where its content starts, without reading on."""
    at = 0
    while True:
        at = xml.find(b"<", at)
        match = _TAG.match(xml, at) if at >= 0 else None
        if match is None:
            raise _not_understood(part)
        if match[5] is None:
            return match[2], match[3], match.end()
        at = match.end()


def children(xml: bytes, start: int, stop: int, part: str) -> Iterator[Element]:
    """Give the elements that stand directly between two offsets, in order."""
    at, depth = start, 0
    open_names: list[bytes] = []
    head: re.Match[bytes] | None = None
    while True:
        at = xml.find(b"<", at, stop)
        if at < 0:
            break
        match = _TAG.match(xml, at, stop)
        if match is None:
            raise _not_understood(part)
        at = match.end()
        if match[5] is not None:
            continue
        if match[1]:
            if not open_names or open_names.pop() != match[2]:
                raise _not_understood(part)
            depth -= 1
            if depth == 0 and head is not None:
                yield Element(head[2], head[3], head.start(), head.end(), match.start(), match.end())
        elif match[4]:
            if depth == 0:
                yield Element(match[2], match[3], match.start(), match.end(), match.end(), match.end())
        else:
            if depth == 0:
                head = match
            open_names.append(match[2])
            depth += 1
    if depth:
        raise _not_understood(part)


def prefix_for(raw_attributes: bytes, namespace: str, part: str) -> bytes | None:
    """Give the prefix, colon included, that a root's attributes bind to a namespace; None if none."""
    for name, value in attributes(raw_attributes, part).items():
        if value == namespace.encode():
            if name == b"xmlns":
                return b""
            if name.startswith(b"xmlns:"):
                return name[6:] + b":"
    return None


def main_prefix(name: bytes, raw_attributes: bytes, local: bytes, part: str) -> bytes:
    """Give the prefix of a root of the spreadsheet namespace; it must be of that local name."""
    prefix = name[: -len(local)]
    bound = attributes(raw_attributes, part).get(b"xmlns" + (b":" + prefix[:-1] if prefix else b""))
    if bound is not None and bound.startswith(STRICT.encode()):
        raise FileRefused(
            "The file cannot be changed: it is saved as Strict Open XML.",
            "Open it in your spreadsheet program and save it as Excel workbook (.xlsx), not as Strict.",
        )
    if name != prefix + local or bound != MAIN.encode():
        raise _not_understood(part)
    return prefix


def with_attribute(tag: bytes, name: bytes, value: bytes | None) -> bytes:
    """Give an opening tag with one attribute set anew, or taken away (None)."""
    pattern = re.compile(rb"""\s+%s\s*=\s*(?:"[^"]*"|'[^']*')""" % re.escape(name))
    new = b"" if value is None else b' %s="%s"' % (name, value)
    changed, count = pattern.subn(lambda _: new, tag, count=1)
    if count or value is None:
        return changed
    at = len(tag) - (2 if tag.endswith(b"/>") else 1)
    return tag[:at].rstrip() + new + tag[at:]


def plain(raw: bytes) -> str:
    """Give the text that raw character data or a raw attribute value stands for."""
    text = raw.decode("utf-8", "replace")
    return _ENTITY.sub(_resolved, text) if "&" in text else text


def _resolved(match: re.Match[str]) -> str:
    word = match[1]
    if word.startswith("#x"):
        return chr(int(word[2:], 16))
    return chr(int(word[1:])) if word.startswith("#") else _NAMED[word]


def escaped(text: str) -> bytes:
    """Give text as XML character data or attribute value."""
    if "&" in text or "<" in text or ">" in text or '"' in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return text.encode()


def cell_string(text: str) -> bytes:
    """Give text as a spreadsheet string: what looks like an `_xHHHH_` escape and CR are escaped."""
    if "_x" in text:
        text = _LOOKS_ESCAPED.sub("_x005F_", text)
    if "\r" in text:
        text = text.replace("\r", "_x000D_")
    return escaped(text)
