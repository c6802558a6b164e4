"""The zip container of a workbook: its directory read by ourselves, its parts inflated and counted.

Nothing the directory says is believed: a part that holds more or less than it declares, or whose
check sum differs, is refused. Which names and sizes are allowed is the matter of `guard`.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple, cast

from sheetsales.errors import FileIncomplete, FileProtected, FileRefused, FileUnsafe

try:
    from isal import isal_zlib as _zlib  # two to three times faster; a wheel that is not everywhere
except ImportError:
    _zlib = zlib  # type: ignore[misc]

STORED: Final = 0
DEFLATED: Final = 8
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_DAMAGE: Final = (zlib.error, cast("type[Exception]", _zlib.error))  # isal's is no zlib.error
_COMMENT_LIMIT: Final = 65_535
_UTF_8: Final = 0x800
_ENCRYPTED: Final = 0x1


class Entry(NamedTuple):
    """One member as the central directory describes it.

    crc: CRC-32 of the content. compressed, size: bytes packed and unpacked. offset: of the local
    header. central: the whole record of the central directory, byte for byte.
    """

    name: str
    method: int
    flags: int
    crc: int
    compressed: int
    size: int
    offset: int
    central: bytes


def directory(data: bytes) -> list[Entry]:
    """Give the members of a zip file in the order of its central directory.

    Raises FileIncomplete where the directory is missing, cut or does not fit the file.
    """
    where, count, size, offset = _end_record(data)
    if offset + size > where:
        raise FileIncomplete("The file is incomplete: its table of contents lies outside of it.")
    entries: list[Entry] = []
    at, stop = offset, offset + size
    for _ in range(count):
        if at + _CENTRAL.size > stop:
            raise FileIncomplete("The file is incomplete: its table of contents is cut.")
        entry, at = _central_record(data, at)
        if at > stop:
            raise FileIncomplete("The file is incomplete: its table of contents is cut.")
        entries.append(entry)
    return entries


def _end_record(data: bytes) -> tuple[int, int, int, int]:
    """Find the end record: where the directory must end, number of members, size and offset of it."""
    at = data.rfind(b"PK\5\6", max(0, len(data) - _COMMENT_LIMIT - _END.size))
    if at < 0 or at + _END.size > len(data):
        raise FileIncomplete("The file is incomplete: its end is missing.")
    _, disk, first, _, count, size, offset, _ = _END.unpack_from(data, at)
    if disk or first:
        raise FileRefused("The file is one part of a split archive, not a workbook.")
    before = at - _LOCATOR_64.size
    if before >= 0 and data[before : before + 4] == b"PK\6\7":
        end_64 = _LOCATOR_64.unpack_from(data, before)[2]
        if end_64 + _END_64.size > before or data[end_64 : end_64 + 4] != b"PK\6\6":
            raise FileIncomplete("The file is incomplete: its long table of contents is missing.")
        _, _, _, _, _, _, _, count, size, offset = _END_64.unpack_from(data, end_64)
        return end_64, count, size, offset
    return at, count, size, offset


def _central_record(data: bytes, at: int) -> tuple[Entry, int]:
    fields = _CENTRAL.unpack_from(data, at)
    signature, _, _, flags, method, _, _, crc, compressed, size, name_size, extra_size, comment_size, _, _, _, offset = fields
    if signature != b"PK\1\2":
        raise FileIncomplete("The file is incomplete: its table of contents is damaged.")
    name_at = at + _CENTRAL.size
    extra_at = name_at + name_size
    end = extra_at + extra_size + comment_size
    if 0xFFFFFFFF in (compressed, size, offset):
        compressed, size, offset = _long_numbers(data[extra_at : extra_at + extra_size], size, compressed, offset)
    raw = data[name_at:extra_at]
    name = raw.decode("utf-8", "replace") if flags & _UTF_8 else raw.decode("cp437")
    return Entry(name, method, flags, crc, compressed, size, offset, data[at:end]), end


def _long_numbers(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """Read the zip64 extra field: compressed size, size and offset, where 32 bits do not hold them."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            numbers = list(struct.unpack_from(f"<{length // 8}Q", extra[: at + 4 + length], at + 4)) if length >= 8 else []
            wanted = (size, compressed, offset).count(0xFFFFFFFF)
            if len(numbers) < wanted:
                break
            size, compressed, offset = (numbers.pop(0) if value == 0xFFFFFFFF else value for value in (size, compressed, offset))
            return compressed, size, offset
        at += 4 + length
    raise FileIncomplete("The file is incomplete: a length in its table of contents is missing.")


def packed(data: bytes, entry: Entry) -> memoryview:
    """Give the packed bytes of a member; its local header must name the same member."""
    head_end = entry.offset + _LOCAL.size
    if head_end > len(data) or data[entry.offset : entry.offset + 4] != b"PK\3\4":
        raise FileIncomplete(f"The file is incomplete: the part {entry.name} is not where it should be.")
    fields = _LOCAL.unpack_from(data, entry.offset)
    name_size, extra_size = fields[9], fields[10]
    own_name = entry.central[_CENTRAL.size : _CENTRAL.size + name_size]
    if data[head_end : head_end + name_size] != own_name or name_size != int.from_bytes(entry.central[28:30], "little"):
        raise FileUnsafe(f"The file is not safe to open: the part {entry.name} goes by two names.")
    start = head_end + name_size + extra_size
    if start + entry.compressed > len(data):
        raise FileIncomplete(f"The file is incomplete: the part {entry.name} is cut.")
    return memoryview(data)[start : start + entry.compressed]


def inflate(data: bytes, entry: Entry, limit: int) -> bytes:
    """Give the content of a member, at most `limit` bytes, its length and check sum proved.

    Raises FileUnsafe beyond the limit or the declared size (never more than one byte beyond is
    made), FileIncomplete where it is cut or damaged, FileProtected where it is encrypted.
    """
    if entry.flags & _ENCRYPTED:
        raise FileProtected(f"The file is password protected: its part {entry.name} is encrypted.")
    if entry.size > limit:
        raise FileUnsafe(
            f"The file is not safe to open: the part {entry.name} unpacks to {entry.size:,} bytes; {limit:,} are allowed."
        )
    raw = packed(data, entry)
    if entry.method == STORED:
        content = bytes(raw)
    elif entry.method == DEFLATED:
        content = _unpacked(raw, entry)
    else:
        raise FileRefused(f"The file cannot be used: its part {entry.name} is packed by a method that workbooks do not use.")
    if len(content) != entry.size or _zlib.crc32(content) != entry.crc:
        raise FileIncomplete(f"The file is incomplete: the part {entry.name} is damaged.")
    return content


def _unpacked(raw: memoryview, entry: Entry) -> bytes:
    unpacker = _zlib.decompressobj(-15)
    try:
        content = unpacker.decompress(raw, entry.size + 1)
    except _DAMAGE as problem:
        raise FileIncomplete(f"The file is incomplete: the part {entry.name} is damaged.") from problem
    if len(content) > entry.size:
        raise FileUnsafe(f"The file is not safe to open: the part {entry.name} holds more than it declares.")
    return content
