"""A workbook's parts for change: read one, write one, and give the zip back with the rest untouched.

What was not written stays the packed bytes it was, in the same order, with the same dates, flags
and attributes. Pure over bytes: no file is opened here.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from sheetsales.errors import FileIncomplete, FileProtected, FileRefused
from sheetsales_workbooks.reading.parts import DEFLATED, STORED, Entry, directory, inflate, packed

try:
    from isal import isal_zlib
except ImportError:
    isal_zlib = None  # type: ignore[assignment]
_crc32 = zlib.crc32 if isal_zlib is None else isal_zlib.crc32

PART_LIMIT: Final = 200_000_000  # bytes unpacked, as `bad-inputs` bounds a whole file
ISAL_LEVEL: Final = 2
SMALL_PART: Final = 65_536  # up to here zlib may take its time
ZLIB_LEVEL: Final = 6
ZLIB_LEVEL_LARGE: Final = 1
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_LONGEST: Final = 0xFFFFFFFE  # beyond it, or beyond 65,534 members, a plain directory cannot speak
_DESCRIPTOR: Final = 0x8
_ENCRYPTED: Final = 0x41
_UTF_8: Final = 0x800
_ZIP_64: Final = 1
_TEXT_LEVEL: Final = 0x6  # two flag bits that tell how hard deflate tried; ours did not


class ZipPatch:
    """The parts of one workbook by name, to be read and changed.

    Raises FileIncomplete for a damaged zip, FileProtected for an encrypted one.
    """

    def __init__(self, data: bytes) -> None:
        entries = directory(data)
        self._data = data
        self._entries = {entry.name: entry for entry in entries}
        self._folded = {name.casefold(): name for name in self._entries}
        self._read: dict[str, bytes] = {}
        self._changed: dict[str, bytes] = {}
        self._dropped: set[str] = set()
        if len(self._folded) != len(entries):
            raise FileRefused("The file cannot be used: it holds two parts of one name.")
        if any(entry.flags & _ENCRYPTED for entry in self._entries.values()):
            raise FileProtected

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def find(self, name: str) -> str | None:
        """Give the stored name of a part (names differ in case only by accident), None if absent."""
        if name in self._changed or (name in self._entries and name not in self._dropped):
            return name
        stored = self._folded.get(name.casefold())
        return stored if stored is not None and stored not in self._dropped else None

    def names(self) -> list[str]:
        """Give the names of all present parts, in the order of the file, new ones last."""
        kept = [name for name in self._entries if name not in self._dropped]
        return kept + [name for name in self._changed if name not in self._entries]

    def read(self, name: str) -> bytes:
        """Give the content of a part as it stands now. Raises FileIncomplete where it is absent."""
        stored = self.find(name)
        if stored is None:
            raise FileIncomplete(f"The file is incomplete: its part {name} is missing.")
        if stored in self._changed:
            return self._changed[stored]
        if stored not in self._read:
            self._read[stored] = inflate(self._data, self._entries[stored], PART_LIMIT)
        return self._read[stored]

    def write(self, name: str, content: bytes) -> None:
        """Replace a part or add it; content equal to what is stored leaves the part as it is."""
        stored = self.find(name) or name
        if stored in self._entries and stored not in self._dropped and self._original(stored) == content:
            self._changed.pop(stored, None)
            return
        self._dropped.discard(stored)
        self._changed[stored] = content

    def _original(self, stored: str) -> bytes:
        if stored not in self._read:
            self._read[stored] = inflate(self._data, self._entries[stored], PART_LIMIT)
        return self._read[stored]

    def drop(self, name: str) -> None:
        """Take a part out."""
        stored = self.find(name)
        if stored is not None:
            self._changed.pop(stored, None)
            if stored in self._entries:
                self._dropped.add(stored)

    def to_bytes(self) -> bytes:
        """Give the zip file; the very same bytes where nothing changed."""
        if not self._changed and not self._dropped:
            return self._data
        pieces: list[bytes | memoryview] = []
        central: list[bytes] = []
        offset = 0
        for name, entry in self._entries.items():
            if name in self._dropped:
                continue
            if name in self._changed:
                members, record = _replaced(self._data, entry, self._changed[name], offset)
            else:
                members, record = [_raw(self._data, entry)], _moved(entry, offset)
            pieces += members
            central.append(record)
            offset += sum(map(len, members))
        dates = self._date()
        for name, content in self._changed.items():
            if name not in self._entries:
                members, record = _added(name, content, offset, dates)
                pieces += members
                central.append(record)
                offset += sum(map(len, members))
        size = sum(map(len, central))
        if len(central) > 65_534 or offset + size > _LONGEST:
            raise FileRefused("The file cannot be used: it is larger than a workbook can be.")
        comment = self._data[self._data.rfind(b"PK\5\6") + _END.size :]
        end = _END.pack(b"PK\5\6", 0, 0, len(central), len(central), size, offset, len(comment))
        return b"".join([*pieces, *central, end, comment])

    def _date(self) -> bytes:
        """Give the date and time of the first member, for parts that are new: no clock is read."""
        first = next(iter(self._entries.values()), None)
        return first.central[12:16] if first is not None else b"\0\0\x21\0"


def _raw(data: bytes, entry: Entry) -> memoryview:
    """Give a member as it lies in the file: header, packed bytes and, if any, its data descriptor."""
    body = packed(data, entry)
    start = _LOCAL.size + sum(_LOCAL.unpack_from(data, entry.offset)[9:11])
    end = entry.offset + start + len(body)
    if _LOCAL.unpack_from(data, entry.offset)[2] & _DESCRIPTOR:
        end += _descriptor_size(data, end, entry)
    return memoryview(data)[entry.offset : end]


def _descriptor_size(data: bytes, at: int, entry: Entry) -> int:
    for form in ("<4sLLL", "<4sLQQ", "<LLL", "<LQQ"):
        size = struct.calcsize(form)
        if at + size > len(data):
            continue
        numbers = struct.unpack_from(form, data, at)
        if form[1] == "4" and numbers[0] != b"PK\7\b":
            continue
        if numbers[-3:] == (entry.crc, entry.compressed, entry.size):
            return size
    raise FileRefused(f"The file cannot be used: the end of its part {entry.name} is not understood.")


def _fields_after(extra: bytes) -> bytes:
    """Give the extra fields without the one for long numbers, which a plain record does not need."""
    kept, at = b"", 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind != _ZIP_64:
            kept += extra[at : at + 4 + length]
        at += 4 + length
    return kept


def _moved(entry: Entry, offset: int) -> bytes:
    """Give the directory record of an untouched member at its new place."""
    fields = list(_CENTRAL.unpack_from(entry.central))
    if 0xFFFFFFFF not in (fields[8], fields[9], fields[16]):
        return entry.central[:42] + offset.to_bytes(4, "little") + entry.central[46:]
    if max(entry.compressed, entry.size, offset) > _LONGEST:
        raise FileRefused("The file cannot be used: it is larger than a workbook can be.")
    return _record(entry, fields, entry.crc, entry.compressed, entry.size, offset)


def _record(entry: Entry, fields: list[int], crc: int, compressed: int, size: int, offset: int) -> bytes:
    name_end = _CENTRAL.size + fields[10]
    extra = _fields_after(entry.central[name_end : name_end + fields[11]])
    comment = entry.central[name_end + fields[11] :]
    fields[7:10] = [crc, compressed, size]
    fields[11], fields[16] = len(extra), offset
    return _CENTRAL.pack(*fields) + entry.central[_CENTRAL.size : name_end] + extra + comment


def _replaced(data: bytes, entry: Entry, content: bytes, offset: int) -> tuple[list[bytes | memoryview], bytes]:
    """Pack a member's new content; its date, attributes and extra fields stay."""
    packed(data, entry)  # its local header must be sound before we copy from it
    method, body = _pack(content, entry.method)
    crc = _crc32(content)
    local = list(_LOCAL.unpack_from(data, entry.offset))
    name_end = entry.offset + _LOCAL.size + local[9]
    extra = _fields_after(data[name_end : name_end + local[10]])
    name = data[entry.offset + _LOCAL.size : name_end]
    local[2] &= ~(_DESCRIPTOR | _TEXT_LEVEL)
    local[3] = method
    local[6:9] = [crc, len(body), len(content)]
    local[10] = len(extra)
    fields = list(_CENTRAL.unpack_from(entry.central))
    fields[3] &= ~(_DESCRIPTOR | _TEXT_LEVEL)
    fields[4] = method
    return [_LOCAL.pack(*local) + name + extra, body], _record(entry, fields, crc, len(body), len(content), offset)


def _added(name: str, content: bytes, offset: int, date: bytes) -> tuple[list[bytes | memoryview], bytes]:
    method, body = _pack(content, DEFLATED)
    raw = name.encode()
    flags = 0 if name.isascii() else _UTF_8
    time, day = struct.unpack("<HH", date)
    numbers = (method, time, day, _crc32(content), len(body), len(content), len(raw), 0)
    local = _LOCAL.pack(b"PK\3\4", 20, flags, *numbers)
    record = _CENTRAL.pack(b"PK\1\2", 20, 20, flags, *numbers, 0, 0, 0, 0, offset)
    return [local + raw, body], record + raw


def _pack(content: bytes, method: int) -> tuple[int, bytes]:
    if method == STORED:
        return STORED, content
    if isal_zlib is not None:
        packer = isal_zlib.compressobj(ISAL_LEVEL, 8, -15)
        return DEFLATED, packer.compress(content) + packer.flush()
    slow = zlib.compressobj(ZLIB_LEVEL if len(content) <= SMALL_PART else ZLIB_LEVEL_LARGE, zlib.DEFLATED, -15)
    return DEFLATED, slow.compress(content) + slow.flush()
