"""Which part of a workbook belongs to which: relations, content types, sheets by tab name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import unquote

from sheetsales.errors import FileRefused
from sheetsales_workbooks.patching.xml_bytes import (
    OFFICE_RELATIONS,
    attributes,
    children,
    escaped,
    main_prefix,
    plain,
    prefix_for,
    root,
    root_head,
)
from sheetsales_workbooks.patching.zip_file import ZipPatch

CONTENT_TYPES: Final = "[Content_Types].xml"
_Test = Callable[[dict[bytes, bytes]], bool]
_EMPTY_RELATIONS: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)


class Relation(NamedTuple):
    """One relation of a part. kind: last word of its type. target: a part name, "" if outside the file."""

    id: str
    kind: str
    target: str


def relations_part(part: str) -> str:
    """Give the name of the part that holds the relations of a part ("" for the file itself)."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", name + ".rels")


def relations(package: ZipPatch, part: str) -> list[Relation]:
    """Give the relations of a part; none where it has no such list."""
    name = relations_part(part)
    if name not in package:
        return []
    xml = package.read(name)
    top = root(xml, name)
    found = []
    for element in children(xml, top.inner, top.inner_end, name):
        marks = attributes(element.raw_attributes, name)
        external = marks.get(b"TargetMode") == b"External"
        target = "" if external else _resolved(part, plain(marks.get(b"Target", b"")))
        kind = plain(marks.get(b"Type", b"")).rpartition("/")[2]
        found.append(Relation(plain(marks.get(b"Id", b"")), kind, target))
    return found


def _resolved(part: str, target: str) -> str:
    target = unquote(target.partition("#")[0])
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def add_relation(package: ZipPatch, part: str, kind: str, target: str) -> str:
    """Relate a part to another part of the file and give the id of the relation."""
    name = relations_part(part)
    xml = package.read(name) if name in package else _EMPTY_RELATIONS
    taken = {relation.id for relation in relations(package, part)}
    number = len(taken) + 1
    while f"rId{number}" in taken:
        number += 1
    where = posixpath.relpath(target, posixpath.dirname(part) or ".")
    line = b'Relationship Id="rId%d" Type="%s/%s" Target="%s"/>' % (
        number,
        OFFICE_RELATIONS.encode(),
        kind.encode(),
        escaped(where),
    )
    package.write(name, _with_child(xml, line, name))
    return f"rId{number}"


def _with_child(xml: bytes, line: bytes, part: str) -> bytes:
    """Add an element as the last child of the root, in the root's own prefix."""
    top = root(xml, part)
    line = b"<" + top.name[: top.name.rfind(b":") + 1] + line
    if top.inner == top.end:
        head = xml[top.start : top.end].removesuffix(b"/>").rstrip() + b">"
        return xml[: top.start] + head + line + b"</" + top.name + b">" + xml[top.end :]
    return xml[: top.inner_end] + line + xml[top.inner_end :]


def add_content_type(package: ZipPatch, part: str, content_type: str) -> None:
    """Declare what a new part holds: by its extension for drawings, else by its name."""
    xml = package.read(CONTENT_TYPES)
    if part.endswith(".vml"):
        top = root(xml, CONTENT_TYPES)
        kinds = (attributes(e.raw_attributes, CONTENT_TYPES) for e in children(xml, top.inner, top.inner_end, CONTENT_TYPES))
        if any(marks.get(b"Extension", b"").lower() == b"vml" for marks in kinds):
            return
        # defaults come before the overrides in every file seen, so it goes to the front
        line = b"<" + top.name[: top.name.rfind(b":") + 1] + b'Default Extension="vml" ContentType="%s"/>' % content_type.encode()
        package.write(CONTENT_TYPES, xml[: top.inner] + line + xml[top.inner :])
        return
    line = b'Override PartName="/%s" ContentType="%s"/>' % (escaped(part), content_type.encode())
    package.write(CONTENT_TYPES, _with_child(xml, line, CONTENT_TYPES))


def drop_part(package: ZipPatch, owner: str, part: str) -> None:
    """Take a part out, with its content type and the relation its owner has to it."""
    name = relations_part(owner)
    package.write(
        name,
        _without(
            package.read(name),
            name,
            lambda marks: (
                b"Target" in marks
                and marks.get(b"TargetMode") != b"External"
                and _resolved(owner, plain(marks[b"Target"])).casefold() == part.casefold()
            ),
        ),
    )
    package.write(
        CONTENT_TYPES,
        _without(
            package.read(CONTENT_TYPES),
            CONTENT_TYPES,
            lambda marks: plain(marks.get(b"PartName", b"")).lstrip("/").casefold() == part.casefold(),
        ),
    )
    package.drop(part)


def _without(xml: bytes, part: str, unwanted: _Test) -> bytes:
    top = root(xml, part)
    for element in reversed(list(children(xml, top.inner, top.inner_end, part))):
        if unwanted(attributes(element.raw_attributes, part)):
            xml = xml[: element.start] + xml[element.end :]
    return xml


@dataclass(slots=True)
class Workbook:
    """The workbook part: its name, its main prefix, the sheet parts by tab name, the date system."""

    part: str
    prefix: bytes
    sheets: dict[str, str]
    date_1904: bool
    related: list[Relation]

    def sheet(self, name: str) -> str | None:
        """Give the part of a tab; tab names are compared as a spreadsheet does, without case."""
        if name in self.sheets:
            return self.sheets[name]
        return {tab.casefold(): part for tab, part in self.sheets.items()}.get(name.casefold())

    def one(self, kind: str) -> str | None:
        """Give the part that the workbook relates to by this kind, None if there is none."""
        return next((relation.target for relation in self.related if relation.kind == kind and relation.target), None)


def workbook(package: ZipPatch) -> Workbook:
    """Find the workbook part and its sheets. Raises FileRefused where there is none."""
    part = next((r.target for r in relations(package, "") if r.kind == "officeDocument"), None)
    if part is None or part not in package:
        raise FileRefused("The file cannot be used: it is not an Excel workbook.")
    xml = package.read(part)
    name, raw, inner = root_head(xml, part)
    prefix = main_prefix(name, raw, b"workbook", part)
    id_name = prefix_for(raw, OFFICE_RELATIONS, part)
    related = relations(package, part)
    by_id = {relation.id: relation.target for relation in related}
    start = xml.find(b"<" + prefix + b"sheets", inner)
    stop = xml.find(b"</" + prefix + b"sheets>", start)
    if start < 0 or stop < 0:
        raise FileRefused("The file cannot be used: it holds no sheets.")
    start = xml.find(b">", start) + 1
    sheets: dict[str, str] = {}
    for element in children(xml, start, stop, part):
        marks = attributes(element.raw_attributes, part)
        local = next((value for key, value in marks.items() if key == (id_name or b"") + b"id" or key.endswith(b":id")), b"")
        sheets[plain(marks.get(b"name", b""))] = by_id.get(plain(local), "")
    properties = re.search(rb"<%sworkbookPr\b([^>]*?)/?>" % prefix, xml)
    since = attributes(properties[1], part).get(b"date1904", b"0") if properties else b"0"
    return Workbook(part, prefix, sheets, since in (b"1", b"true", b"on"), related)
