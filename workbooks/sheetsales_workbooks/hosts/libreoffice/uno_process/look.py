"""How cells look: colours, number formats, fonts, sizes, alignment, lines, merged cells."""

from __future__ import annotations

from typing import Any

import uno

from .cells import format_key
from .desk import Area, Desk, area_of

NO_LINE = 32767  # com.sun.star.table.BorderLineStyle.NONE
BOLD, NORMAL = 150.0, 100.0
PROPERTIES = {
    "fill": "CellBackColor",
    "font color": "CharColor",
    "font name": "CharFontName",
    "font size": "CharHeight",
    "wrap": "IsTextWrapped",
}
ALIGNMENTS = {
    "general": "STANDARD",
    "left": "LEFT",
    "center": "CENTER",
    "right": "RIGHT",
    "fill": "REPEAT",
    "justify": "BLOCK",
}
HEIGHTS = {"top": 1, "center": 2, "bottom": 3, "justify": 4}  # com.sun.star.table.CellVertJustify2
SIDES = {"edge_top": "TopLine", "edge_bottom": "BottomLine", "edge_left": "LeftLine", "edge_right": "RightLine"}
SIDES.update({"inside_vertical": "VerticalLine", "inside_horizontal": "HorizontalLine"})
TRUTH_CODE, GENERAL = "BOOLEAN", "General"


def get(desk: Desk, handle: int, area: Area, name: str) -> Any:
    """Give a property of a range, None where its cells differ."""
    held = desk.range(handle, area)
    if _mixed(held, PROPERTIES[name]):
        return None
    return held.getPropertyValue(PROPERTIES[name])


def put(desk: Desk, handle: int, area: Area, name: str, value: Any) -> None:
    """Set a property of a range."""
    desk.range(handle, area).setPropertyValue(PROPERTIES[name], value)


def _mixed(held: Any, name: str) -> bool:
    return bool(held.getPropertyState(name).value == "AMBIGUOUS_VALUE")


def bold(desk: Desk, handle: int, area: Area) -> bool | None:
    """Say whether the text is bold."""
    held = desk.range(handle, area)
    return None if _mixed(held, "CharWeight") else held.CharWeight > NORMAL


def set_bold(desk: Desk, handle: int, area: Area, value: bool) -> None:
    """Make the text bold or plain."""
    desk.range(handle, area).CharWeight = BOLD if value else NORMAL


def italic(desk: Desk, handle: int, area: Area) -> bool | None:
    """Say whether the text is slanted."""
    held = desk.range(handle, area)
    return None if _mixed(held, "CharPosture") else held.CharPosture.value != "NONE"


def set_italic(desk: Desk, handle: int, area: Area, value: bool) -> None:
    """Slant the text, or set it upright."""
    desk.range(handle, area).CharPosture = uno.Enum("com.sun.star.awt.FontSlant", "ITALIC" if value else "NONE")


def number_format(desk: Desk, handle: int, area: Area) -> str | None:
    """Give the number format in English words, None where the cells differ."""
    held = desk.range(handle, area)
    if _mixed(held, "NumberFormat"):
        return None
    formats = desk.owner(handle)[1].NumberFormats
    english = uno.createUnoStruct("com.sun.star.lang.Locale")
    english.Language, english.Country = "en", "US"
    code = str(formats.getByKey(formats.getFormatForLocale(held.NumberFormat, english)).FormatString)
    return GENERAL if code == TRUTH_CODE else code


def set_number_format(desk: Desk, handle: int, area: Area, code: str) -> None:
    """Set the number format by its English words."""
    desk.range(handle, area).NumberFormat = format_key(desk.owner(handle)[1], code)


def alignment(desk: Desk, handle: int, area: Area) -> tuple[str | None, str | None]:
    """Give how the text stands across and up and down; None where the cells differ."""
    held = desk.range(handle, area)
    across = {word: name for name, word in ALIGNMENTS.items()}
    upright = {number: name for name, number in HEIGHTS.items()}
    return (
        None if _mixed(held, "HoriJustify") else across.get(held.HoriJustify.value, "general"),
        None if _mixed(held, "VertJustify") else upright.get(held.VertJustify, "bottom"),
    )


def set_alignment(desk: Desk, handle: int, area: Area, across: str, upright: str) -> None:
    """Set how the text stands; an empty word leaves it."""
    held = desk.range(handle, area)
    if across:
        if across not in ALIGNMENTS:
            raise ValueError(f"LibreOffice has no alignment '{across}'")
        held.HoriJustify = uno.Enum("com.sun.star.table.CellHoriJustify", ALIGNMENTS[across])
    if upright:
        if upright not in HEIGHTS:
            raise ValueError(f"LibreOffice has no alignment '{upright}'")
        held.VertJustify = HEIGHTS[upright]


def line(desk: Desk, handle: int, area: Area, side: str) -> tuple[int, int, int] | None:
    """Give colour, width (hundredths of a millimetre) and style of a line; None where the cells differ."""
    border = desk.range(handle, area).TableBorder2
    if not getattr(border, f"Is{SIDES[side]}Valid"):
        return None
    found = getattr(border, SIDES[side])
    width = 0 if found.LineStyle == NO_LINE else found.LineWidth or found.OuterLineWidth
    return found.Color, width, found.LineStyle


def set_line(desk: Desk, handle: int, area: Area, side: str, color: int, width: int, style: int) -> None:
    """Draw a line; width 0 takes it away."""
    held = desk.range(handle, area)
    border = held.TableBorder2
    made = uno.createUnoStruct("com.sun.star.table.BorderLine2")
    made.Color, made.LineWidth, made.OuterLineWidth = color, width, width
    made.LineStyle = style if width else NO_LINE
    for name in SIDES.values():
        setattr(border, f"Is{name}Valid", name == SIDES[side])
    setattr(border, SIDES[side], made)
    held.TableBorder2 = border


def size(desk: Desk, handle: int, area: Area) -> tuple[int, int, int, int]:
    """Give left, top, width and height of a range in hundredths of a millimetre."""
    held = desk.range(handle, area)
    return held.Position.X, held.Position.Y, held.Size.Width, held.Size.Height


def widths(desk: Desk, handle: int, area: Area) -> list[int]:
    """Give the different widths of the columns of a range."""
    columns = desk.range(handle, area).Columns
    return sorted({columns.getByIndex(n).Width for n in range(columns.Count)})


def heights(desk: Desk, handle: int, area: Area) -> list[int]:
    """Give the different heights of the rows of a range."""
    rows = desk.range(handle, area).Rows
    return sorted({rows.getByIndex(n).Height for n in range(rows.Count)})


def set_width(desk: Desk, handle: int, area: Area, value: int) -> None:
    """Set the width of all columns of a range."""
    desk.range(handle, area).Columns.Width = value


def set_height(desk: Desk, handle: int, area: Area, value: int) -> None:
    """Set the height of all rows of a range."""
    desk.range(handle, area).Rows.Height = value


def fit(desk: Desk, handle: int, area: Area, columns: bool, rows: bool) -> None:
    """Make columns as wide, and rows as high, as what stands in them."""
    held = desk.range(handle, area)
    if columns:
        held.Columns.OptimalWidth = True
    if rows:
        held.Rows.OptimalHeight = True


def hidden(desk: Desk, handle: int, area: Area, rows: bool) -> bool | None:
    """Say whether rows (or columns) of a range are hidden; None where some are."""
    held = desk.range(handle, area)
    lines = held.Rows if rows else held.Columns
    found = {not lines.getByIndex(n).IsVisible for n in range(lines.Count)}
    return found.pop() if len(found) == 1 else None


def set_hidden(desk: Desk, handle: int, area: Area, rows: bool, value: bool) -> None:
    """Hide or show rows (or columns)."""
    held = desk.range(handle, area)
    (held.Rows if rows else held.Columns).IsVisible = not value


def group(desk: Desk, handle: int, area: Area, rows: bool, joined: bool) -> None:
    """Fold rows (or columns) together, or take the fold away."""
    address = desk.range(handle, area).RangeAddress
    way = uno.Enum("com.sun.star.table.TableOrientation", "ROWS" if rows else "COLUMNS")
    sheet = desk.sheet(handle)
    sheet.group(address, way) if joined else sheet.ungroup(address, way)


def merge(desk: Desk, handle: int, area: Area, joined: bool) -> None:
    """Merge the cells of a range into one, or part them."""
    held = desk.range(handle, area)
    held.merge(False)
    if joined:
        held.merge(True)


def merged(desk: Desk, handle: int, area: Area) -> tuple[bool | None, tuple[int, int, int, int]]:
    """Say whether cells are merged (None: some are), and the merged area around the first cell."""
    held = desk.range(handle, area)
    cursor = desk.sheet(handle).createCursorByRange(held.getCellByPosition(0, 0))
    cursor.collapseToMergedArea()
    around = area_of(cursor.RangeAddress)
    if around[:2] != around[2:] and area[2] <= around[2] and area[3] <= around[3]:
        return True, around
    return (None if _mixed(held, "IsMerged") or held.IsMerged else False), around


def indent(desk: Desk, handle: int, area: Area, by: int) -> None:
    """Move the text to the right (or back) by steps."""
    held = desk.range(handle, area)
    held.ParaIndent = max(0, held.ParaIndent + by)
