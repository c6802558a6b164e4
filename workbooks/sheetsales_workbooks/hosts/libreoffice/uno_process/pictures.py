"""Pictures on a sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import uno

from .books import properties
from .desk import Desk, NoSuchThing

GRAPHIC = "com.sun.star.drawing.GraphicObjectShape"


def _all(desk: Desk, handle: int) -> list[Any]:
    page = desk.sheet(handle).DrawPage
    shapes = [page.getByIndex(number) for number in range(page.Count)]
    return [shape for shape in shapes if shape.ShapeType == GRAPHIC]


def _one(desk: Desk, handle: int, name: str) -> Any:
    for shape in _all(desk, handle):
        if shape.Name == name:
            return shape
    raise NoSuchThing("picture")


def listed(desk: Desk, handle: int) -> list[str]:
    """Give the names of the pictures of a sheet."""
    return [str(shape.Name) for shape in _all(desk, handle)]


def add(desk: Desk, handle: int, path: str, box: list[int]) -> str:
    """Put a picture from a file on a sheet; box: left, top, width, height in hundredths of a millimetre, -1: its own size."""
    _, document = desk.owner(handle)
    provider = desk.program.create("com.sun.star.graphic.GraphicProvider")
    graphic = provider.queryGraphic(properties(URL=Path(path).as_uri()))
    if graphic is None:
        raise ValueError("it is not a picture that LibreOffice can read")
    shape = document.createInstance(GRAPHIC)
    shape.Graphic = graphic
    desk.sheet(handle).DrawPage.add(shape)
    names = listed(desk, handle)
    number = len(names)
    while f"Picture {number}" in names:
        number += 1
    shape.Name = f"Picture {number}"
    own = graphic.Size100thMM if graphic.Size100thMM.Width else graphic.SizePixel
    left, top, width, height = box
    if width < 0 and height >= 0 and own.Height:
        width = own.Width * height // own.Height
    if height < 0 and width >= 0 and own.Width:
        height = own.Height * width // own.Width
    set_box(
        desk,
        handle,
        shape.Name,
        [max(left, 0), max(top, 0), own.Width if width < 0 else width, own.Height if height < 0 else height],
    )
    return str(shape.Name)


def box(desk: Desk, handle: int, name: str) -> tuple[int, int, int, int]:
    """Give left, top, width and height of a picture in hundredths of a millimetre."""
    shape = _one(desk, handle, name)
    return shape.Position.X, shape.Position.Y, shape.Size.Width, shape.Size.Height


def set_box(desk: Desk, handle: int, name: str, box: list[int]) -> None:
    """Move and size a picture."""
    shape = _one(desk, handle, name)
    corner = uno.createUnoStruct("com.sun.star.awt.Point")
    size = uno.createUnoStruct("com.sun.star.awt.Size")
    corner.X, corner.Y, size.Width, size.Height = box
    shape.setSize(size)
    shape.setPosition(corner)


def rename(desk: Desk, handle: int, name: str, to: str) -> None:
    """Give a picture another name."""
    _one(desk, handle, name).Name = to


def remove(desk: Desk, handle: int, name: str) -> None:
    """Take a picture away."""
    desk.sheet(handle).DrawPage.remove(_one(desk, handle, name))
