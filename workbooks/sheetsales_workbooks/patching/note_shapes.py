"""The boxes of notes in a legacy drawing part (VML), which also holds the buttons of a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sheetsales.errors import FileRefused
from sheetsales_workbooks.patching.xml_bytes import attributes, check_encoding, prefix_for, root_head

NOTE_WIDTH: Final = 260  # pixels
CHARACTER_WIDTH: Final = 6.2  # pixels of a character of the note's font, on average
LINE_HEIGHT: Final = 15  # pixels
NOTE_MARGIN: Final = 12  # pixels above and below the text together
TALLEST: Final = 30  # lines; a longer note is scrolled
ROW_HEIGHT: Final = 20  # pixels of an ordinary row
COLUMN_WIDTH: Final = 64  # pixels of an ordinary column
FILL: Final = "#ffffe1"
BLOCK: Final = 1024  # shape ids are handed out in blocks of this size
_ID = re.compile(rb"""\bid\s*=\s*["']_x0000_s(\d+)["']""")
_NUMBERED = re.compile(rb"_x0000_s(\d+)")
_IDMAP = re.compile(rb"""(<\w+:idmap\b[^>]*\bdata\s*=\s*["'])([\d,\s]*)(["'])""")
_ORDER = re.compile(rb"z-index:\s*(\d+)")
_NOTE_TYPE: Final = (
    b'<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_DRAWING: Final = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    b' xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="%d"/>'
    b"</o:shapelayout></xml>"
)
_SCHEMAS: Final = "urn:schemas-microsoft-com:"
_NAMESPACES: Final = (f"{_SCHEMAS}vml", f"{_SCHEMAS}office:office", f"{_SCHEMAS}office:excel")
_USUAL: Final = (b"v:", b"o:", b"x:")
_PREFIXED = re.compile(rb"(?<=[</ ])[vox]:(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Widths:
    """Column widths of a sheet in pixels: an ordinary one, and those that differ (0: hidden)."""

    ordinary: int
    special: Mapping[int, int]

    def of(self, column: int) -> int:
        """Give the width of a column."""
        return self.special.get(column, self.ordinary)


def widths(xml: bytes, sheet: str) -> Widths:
    """Read the column widths of a sheet part; ranges beyond column 256 count as ordinary."""
    head = xml[: max(xml.find(b"sheetData"), 0)]
    special: dict[int, int] = {}
    for match in re.finditer(rb"<(?:\w+:)?col(\s[^>]*?)/?>", head):
        stated = attributes(match[1], sheet)
        hidden = stated.get(b"hidden") in (b"1", b"true")
        pixels = 0 if hidden else int(float(stated.get(b"width", b"8.43")) * 7 + 5)
        for column in range(int(stated.get(b"min", b"1")), min(int(stated.get(b"max", b"1")), 256) + 1):
            special[column] = pixels
    return Widths(COLUMN_WIDTH, special)


def new_drawing(others: Iterable[bytes]) -> bytes:
    """Give an empty drawing whose block of shape ids no other drawing of the book has."""
    return _DRAWING % (_highest_block(others) + 1)


def _highest_block(drawings: Iterable[bytes]) -> int:
    listed = (match[2] for xml in drawings for match in _IDMAP.finditer(xml))
    return max((int(number) for numbers in listed for number in re.findall(rb"\d+", numbers)), default=0)


def patch_shapes(xml: bytes, part: str, changed: Mapping[tuple[int, int], str], sizes: Widths, others: Sequence[bytes]) -> bytes:
    """Give the drawing with a box for each changed note (text ""), none where the note is gone.

    Shapes of other cells and of buttons stay byte for byte. Raises FileRefused for a drawing whose
    form is not understood.
    """
    check_encoding(xml, part)
    spaces = _prefixes(xml, part)
    stop = xml.rfind(b"</xml>")
    boxes = _note_boxes(xml, spaces)
    edits: list[tuple[int, int, bytes]] = []
    fresh: list[tuple[int, int]] = []
    order = max((int(n) for n in _ORDER.findall(xml)), default=0)
    for place in sorted(changed):
        box = boxes.get(place)
        if not changed[place]:
            if box is not None:
                edits.append((*box.span(), b""))
        elif box is None:
            fresh.append(place)
        elif (number := _ID.search(box[0])) is None:  # LibreOffice numbers its boxes otherwise
            edits.append((*box.span(), b""))
            fresh.append(place)
        else:
            shape = _shape(int(number[1]), place, changed[place], sizes, _order_of(box[0], order))
            edits.append((*box.span(), _written(shape, spaces)))
    if fresh:
        xml, numbers = _with_numbers(xml, len(fresh), others)
        shift = xml.rfind(b"</xml>") - stop
        edits = [(start + shift, end + shift, shape) for start, end, shape in edits]
        stop += shift
        boxed = b"" if b'id="_x0000_t202"' in xml or b"id='_x0000_t202'" in xml else _NOTE_TYPE
        numbered = enumerate(zip(numbers, fresh, strict=True), order + 1)
        shapes = (_shape(number, place, changed[place], sizes, level) for level, (number, place) in numbered)
        edits.append((stop, stop, _written(boxed + b"".join(shapes), spaces)))
    for start, end, shape in sorted(edits, reverse=True):
        xml = xml[:start] + shape + xml[end:]
    return xml


def _prefixes(xml: bytes, part: str) -> tuple[bytes, ...]:
    """Give the prefixes under which a drawing writes shapes, office and sheet words, usually v, o and x."""
    name, raw, _ = root_head(xml, part)
    found = tuple(prefix for space in _NAMESPACES if (prefix := prefix_for(raw, space, part)))
    if name != b"xml" or len(found) != len(_USUAL) or not xml.rstrip().endswith(b"</xml>"):
        raise FileRefused(f"The notes cannot be changed safely: the part {part} is written in a way that is not understood.")
    return found


def _written(shapes: bytes, spaces: tuple[bytes, ...]) -> bytes:
    """Write shapes in the prefixes of their drawing."""
    if spaces == _USUAL:
        return shapes
    own = dict(zip(_USUAL, spaces, strict=True))
    return _PREFIXED.sub(lambda match: own[match[0]], shapes)


def _note_boxes(xml: bytes, spaces: tuple[bytes, ...]) -> dict[tuple[int, int], re.Match[bytes]]:
    found: dict[tuple[int, int], re.Match[bytes]] = {}
    drawn = re.escape(spaces[0])
    for match in re.finditer(rb"<%sshape\s(?:[^>]*/>|[^>]*>.*?</%sshape\s*>)" % (drawn, drawn), xml, re.S):
        shape = match[0]
        if b'ObjectType="Note"' not in shape and b"ObjectType='Note'" not in shape:
            continue
        row, column = re.search(rb"<\w+:Row>\s*(\d+)\s*<", shape), re.search(rb"<\w+:Column>\s*(\d+)\s*<", shape)
        if row is not None and column is not None:
            found[int(row[1]) + 1, int(column[1]) + 1] = match
    return found


def _order_of(shape: bytes, default: int) -> int:
    match = _ORDER.search(shape)
    return int(match[1]) if match else default + 1


def _with_numbers(xml: bytes, count: int, others: Sequence[bytes]) -> tuple[bytes, list[int]]:
    """Hand out shape ids in the drawing's own blocks, and give it a further block where they are full."""
    taken = {int(number) for number in _NUMBERED.findall(xml)}
    match = _IDMAP.search(xml)
    blocks = [int(number) for number in re.findall(rb"\d+", match[2])] if match is not None else [1]
    numbers: list[int] = []
    highest = max([*blocks, _highest_block(others)])
    position = 0
    while len(numbers) < count:
        if position == len(blocks):
            highest += 1
            blocks.append(highest)
        start = blocks[position] * BLOCK
        used = [number for number in taken if start <= number < start + BLOCK]
        numbers += range(max(used, default=start) + 1, start + BLOCK)
        position += 1
    if match is not None:
        listed = ",".join(map(str, blocks)).encode()
        if listed != match[2].replace(b" ", b""):
            xml = xml[: match.start(2)] + listed + xml[match.end(2) :]
    return xml, numbers[:count]


def _shape(number: int, place: tuple[int, int], text: str, sizes: Widths, order: int) -> bytes:
    """Draw one hidden note box, beside its cell and as large as its text."""
    row, column = place
    across = max(1, int((NOTE_WIDTH - 10) / CHARACTER_WIDTH))
    lines = min(TALLEST, sum(1 + max(0, len(line) - 1) // across for line in text.split("\n")))
    height = lines * LINE_HEIGHT + NOTE_MARGIN
    left, left_offset = _corner(column + 1, 15, sizes)
    right, right_offset = _corner(left, left_offset + NOTE_WIDTH, sizes)
    top = max(0, row - 2)
    bottom, bottom_offset = divmod(height + 10, ROW_HEIGHT)
    anchor = f"{left - 1}, {left_offset}, {top}, 10, {right - 1}, {right_offset}, {top + bottom}, {bottom_offset}"
    style = (
        f"position:absolute;margin-left:59.25pt;margin-top:1.5pt;width:{NOTE_WIDTH * 0.75:g}pt;height:{height * 0.75:g}pt;"
        f"z-index:{order};visibility:hidden"
    )
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="{style}" fillcolor="{FILL}" o:insetmode="auto">'
        f'<v:fill color2="{FILL}"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    ).encode()


def _corner(column: int, offset: int, sizes: Widths) -> tuple[int, int]:
    """Walk `offset` pixels to the right from the left edge of a column."""
    while column < 16_384 and offset >= sizes.of(column):
        offset -= sizes.of(column)
        column += 1
    return column, offset
