"""Pictures on a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xlwings import base_classes

from sheetsales_workbooks.hosts.libreoffice.looks import hundredths, points
from sheetsales_workbooks.hosts.libreoffice.parents import SheetAbove
from sheetsales_workbooks.hosts.libreoffice.unsupported import complete


@complete
class Pictures(base_classes.Pictures, base_classes.Collection):
    """The pictures of one sheet."""

    def __init__(self, sheet: SheetAbove) -> None:
        self._sheet = sheet

    parent = property(lambda self: self._sheet)
    api = property(lambda self: self._sheet)

    def _names(self) -> list[str]:
        return list(self._sheet.ask("pictures", "listed"))

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Picture]:
        return (Picture(self._sheet, name) for name in self._names())

    def __contains__(self, key: object) -> bool:
        return key in self._names()

    def __call__(self, key: int | str) -> Picture:
        """Give a picture by its name or its place (from 1)."""
        names = self._names()
        if isinstance(key, int):
            return Picture(self._sheet, names[key - 1])
        if key in names:
            return Picture(self._sheet, key)
        raise KeyError(key)

    def add(
        self,
        filename: str,
        link_to_file: object = None,
        save_with_document: object = None,
        left: float | None = None,
        top: float | None = None,
        width: float | None = None,
        height: float | None = None,
        anchor: Any = None,
    ) -> Picture:
        """Put a picture from a file on the sheet; sizes in points, -1 for its own."""
        del link_to_file, save_with_document
        if anchor is not None:
            left, top = anchor.left, anchor.top
        box = [-1 if value is None or value < 0 else hundredths(value) for value in (left, top, width, height)]
        return Picture(self._sheet, self._sheet.ask("pictures", "add", str(Path(filename).resolve()), box))


@complete
class Picture(base_classes.Picture):
    """One picture."""

    def __init__(self, sheet: SheetAbove, name: str) -> None:
        self._sheet = sheet
        self._name = name

    lock_aspect_ratio: bool = False

    @property
    def api(self) -> Picture:
        """Give this picture; there is no native object of it in this process."""
        return self

    @property
    def parent(self) -> SheetAbove:
        """Give its sheet."""
        return self._sheet

    @property
    def name(self) -> str:
        """Give or set its name."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._sheet.ask("pictures", "rename", self._name, value)
        self._name = value

    def index(self) -> int:
        """Give its place among the pictures, counted from 1."""
        return 1 + list(self._sheet.ask("pictures", "listed")).index(self._name)

    def _box(self) -> list[int]:
        return list(self._sheet.ask("pictures", "box", self._name))

    def _set(self, place: int, value: float) -> None:
        box = self._box()
        before, box[place] = box[place], hundredths(value)
        if self.lock_aspect_ratio and place > 1 and before:
            other = 5 - place
            box[other] = round(box[other] * box[place] / before)
        self._sheet.ask("pictures", "set_box", self._name, box)

    @property
    def left(self) -> float:
        """Give or set its left edge in points."""
        return points(self._box()[0])

    @left.setter
    def left(self, value: float) -> None:
        self._set(0, value)

    @property
    def top(self) -> float:
        """Give or set its upper edge in points."""
        return points(self._box()[1])

    @top.setter
    def top(self, value: float) -> None:
        self._set(1, value)

    @property
    def width(self) -> float:
        """Give or set its width in points."""
        return points(self._box()[2])

    @width.setter
    def width(self, value: float) -> None:
        self._set(2, value)

    @property
    def height(self) -> float:
        """Give or set its height in points."""
        return points(self._box()[3])

    @height.setter
    def height(self, value: float) -> None:
        self._set(3, value)

    def delete(self) -> None:
        """Take it away."""
        self._sheet.ask("pictures", "remove", self._name)
