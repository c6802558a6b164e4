"""The guards of the one door for files. The ids of the cases carry their numbers in the table of bad inputs."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hand_made import MAIN, parts_of, sheet, workbook, zipped

from sheetsales.errors import (
    BookMissing,
    FileIncomplete,
    FileOldFormat,
    FileProtected,
    FileRefused,
    FileUnsafe,
    SheetsalesError,
)
from sheetsales_workbooks.hosts.excel_file import read_book, read_markers, read_sheets
from sheetsales_workbooks.reading.guard import LIMITS, open_guarded, package, refusing
from sheetsales_workbooks.reading.parts import directory, inflate
from sheetsales_workbooks.reading.reader_process import ReaderProcess

ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000


def plain(**more: str | bytes) -> dict[str, str | bytes]:
    return {**parts_of({"Sheet1": sheet(ROW)}), **{name.replace("__", "/"): content for name, content in more.items()}}


def with_part(name: str, content: str | bytes) -> bytes:
    return zipped({**plain(), name: content})


@cache
def zip_bomb() -> bytes:
    return with_part("xl/worksheets/sheet9.xml", b"0" * 200_000_000)


def twice() -> bytes:
    out = io.BytesIO(zipped(plain()))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


def lying_directory() -> bytes:
    """A part that unpacks to 30 MB and declares 1 kB, in the directory and in its own header."""
    data = bytearray(with_part("xl/media/a.xml", b" " * 30_000_000))
    true = struct.pack("<L", 30_000_000)
    at = data.find(true)
    while at >= 0:
        data[at : at + 4] = struct.pack("<L", 1000)
        at = data.find(true)
    return bytes(data)


def overlapping() -> bytes:
    """Two entries of the directory that name the same packed bytes."""
    data = zipped({**plain(), "a1": b"x" * 500, "a2": b"x" * 500})
    first, second = (entry for entry in directory(data) if entry.name in ("a1", "a2"))
    at = data.rfind(second.central)
    moved = second.central[:42] + struct.pack("<L", first.offset) + second.central[46:]
    return data[:at] + moved + data[at + len(moved) :]


def encrypted_entry() -> bytes:
    data = bytearray(zipped(plain()))
    at = data.find(b"PK\1\2")
    data[at + 8] |= 1
    return bytes(data)


def ods() -> bytes:
    return zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"})


def cut(share: float) -> bytes:
    data = zipped(plain())
    return data[: int(len(data) * share)]


def damaged() -> bytes:
    data = bytearray(with_part("xl/theme.xml", random.Random(1).randbytes(3000)))
    data[directory(bytes(data))[-1].offset + 200] ^= 0xFF
    return bytes(data)


CASES: list[object] = [
    pytest.param(lambda: OLE + "Workbook".encode("utf-16-le") + b"\0\0", FileOldFormat, ".xls", id="15 old xls called xlsx"),
    pytest.param(lambda: OLE + "Book".encode("utf-16-le") + b"\0\0", FileOldFormat, ".xls", id="15 still older xls"),
    pytest.param(lambda: OLE, FileOldFormat, "old Office format", id="15 some other OLE file"),
    pytest.param(lambda: with_part("xl/workbook.bin", b"1"), FileOldFormat, ".xlsb", id="15 xlsb called xlsx"),
    pytest.param(ods, FileOldFormat, ".ods", id="15 ods called xlsx"),
    pytest.param(lambda: b"name;amount\n", FileOldFormat, "no .xlsx", id="15 csv called xlsx"),
    pytest.param(lambda: zipped({"a.txt": "a"}), FileOldFormat, "no .xlsx", id="15 some zip file"),
    pytest.param(lambda: OLE + "EncryptedPackage".encode("utf-16-le"), FileProtected, "password protected", id="16 encrypted"),
    pytest.param(encrypted_entry, FileProtected, "password protected", id="16 encrypted entry of a zip file"),
    pytest.param(zip_bomb, FileUnsafe, "zip bomb", id="17 200 MB in 200 kB"),
    pytest.param(lying_directory, FileUnsafe, "more than it declares", id="17 directory that lies"),
    pytest.param(lambda: zipped(plain() | {f"xl/a{n}": "" for n in range(2001)}), FileUnsafe, "2,000", id="17 too many entries"),
    pytest.param(overlapping, FileUnsafe, "overlaps", id="17 entries over each other"),
    pytest.param(lambda: workbook(sheet(ROW, before=LAUGHS)), FileUnsafe, "document type", id="18 laughs in a sheet"),
    pytest.param(lambda: with_part("xl/sharedStrings.xml", LAUGHS + "<sst/>"), FileUnsafe, "document type", id="18 in texts"),
    pytest.param(lambda: with_part("xl/styles.xml", LAUGHS + "<a/>"), FileUnsafe, "document type", id="18 laughs in styles"),
    pytest.param(lambda: with_part("xl/a.vml", (LAUGHS + "<a/>").encode("utf-16")), FileUnsafe, "document type", id="18 UTF-16"),
    pytest.param(lambda: workbook(sheet(ROW, before=OUTSIDE)), FileUnsafe, "document type", id="19 outside entity"),
    pytest.param(lambda: with_part("../../evil.txt", "x"), FileUnsafe, "evil", id="20 member that climbs out"),
    pytest.param(lambda: with_part("/etc/evil", "x"), FileUnsafe, "evil", id="20 member from the root"),
    pytest.param(lambda: with_part("xl\\evil.xml", "x"), FileUnsafe, "evil", id="20 backslash"),
    pytest.param(lambda: with_part("C:evil.xml", "x"), FileUnsafe, "evil", id="20 drive letter"),
    pytest.param(twice, FileUnsafe, "twice", id="20 member twice"),
    pytest.param(lambda: with_part("XL/workbook.XML", "x"), FileUnsafe, "twice", id="20 member twice but for case"),
    pytest.param(lambda: b"", FileIncomplete, "empty", id="24 no bytes"),
    pytest.param(lambda: b"\0" * 5000, FileIncomplete, "empty", id="24 room kept but not written"),
    pytest.param(lambda: b"PK", FileIncomplete, "first bytes", id="24 two bytes"),
    pytest.param(lambda: cut(0.5), FileIncomplete, "end is missing", id="24 half-written"),
    pytest.param(lambda: cut(0.99), FileIncomplete, "end is missing", id="24 last bytes missing"),
    pytest.param(damaged, FileIncomplete, "damaged", id="24 damaged part"),
]


@pytest.mark.parametrize(("make", "kind", "words"), CASES)
def test_an_unsafe_or_unreadable_file_is_refused_by_name(
    make: Callable[[], bytes], kind: type[SheetsalesError], words: str
) -> None:
    data = make()
    for read in (read_book, read_markers, package):
        with pytest.raises(kind, match=words) as refusal:
            read(data)
        assert refusal.value.hint
        assert "passwd" not in str(refusal.value)


def test_the_reader_process_refuses_by_the_same_names() -> None:
    with pytest.raises(FileProtected, match="password protected"):
        read_sheets(OLE + "EncryptedPackage".encode("utf-16-le"))


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_a_zip_bomb_is_refused_with_little_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    bomb.write_bytes(zip_bomb())
    code = (
        "import re, sys\n"
        "from sheetsales_workbooks.hosts.excel_file import read_book\n"
        "from sheetsales.errors import FileUnsafe\n"
        "try:\n    read_book(sys.argv[1])\n"
        "except FileUnsafe:\n    print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])\n"
    )
    out = subprocess.run([sys.executable, "-c", code, str(bomb)], capture_output=True, text=True, check=True).stdout
    assert int(out) < 150_000


def test_no_file_is_made_by_a_member_that_climbs_out(tmp_path: Path) -> None:
    book = tmp_path / "inner" / "book.xlsx"
    book.parent.mkdir()
    book.write_bytes(with_part("../evil.txt", "x"))
    with pytest.raises(FileUnsafe):
        read_book(book)
    assert [path.name for path in tmp_path.rglob("*")] == ["inner", "book.xlsx"]


# ── the file itself ──────────────────────────────────────────────────────────────────────────────


def test_a_plain_file_within_the_roots_is_read(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(b"abc")
    assert open_guarded(tmp_path / "book.xlsx", [tmp_path]) == b"abc"
    assert open_guarded(tmp_path / "book.xlsx") == b"abc"


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "passwd.xlsx").symlink_to("/etc/passwd")
    with pytest.raises(FileUnsafe, match="link"):
        open_guarded(tmp_path / "passwd.xlsx", [tmp_path])


def test_a_folder_that_is_a_link_out_of_the_roots_is_refused(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    (elsewhere / "book.xlsx").write_bytes(b"abc")
    (root / "link").symlink_to(elsewhere)
    for path in (root / "link" / "book.xlsx", root / ".." / "elsewhere" / "book.xlsx"):
        with pytest.raises(FileUnsafe, match="outside"):
            open_guarded(path, [root])


def test_a_hard_link_out_of_the_folder_is_refused_and_one_within_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"abc")
    os.link(book, tmp_path / ".book.tmp")
    assert open_guarded(book) == b"abc"
    os.link(book, tmp_path / "a" / "other.xlsx")
    with pytest.raises(FileUnsafe, match="hard link"):
        open_guarded(book)


@pytest.mark.parametrize("name", ["CON.xlsx", "nul.xlsx", "Lpt1.xlsx"])
def test_names_of_devices_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileUnsafe, match="Windows"):
        open_guarded(tmp_path / name)


def test_a_missing_file_or_folder_is_missing_and_a_folder_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "book.xlsx", tmp_path / "gone" / "book.xlsx"):
        with pytest.raises(BookMissing):
            open_guarded(path)
    with pytest.raises(FileUnsafe, match="plain file"):
        open_guarded(tmp_path)


def test_a_pipe_is_no_workbook(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "book.xlsx")
    with pytest.raises(FileUnsafe, match="plain file"):
        open_guarded(tmp_path / "book.xlsx")


# ── parts ────────────────────────────────────────────────────────────────────────────────────────


def test_the_directory_and_the_parts_are_those_that_zipfile_sees() -> None:
    parts = {"a.xml": b"", "b/ü.xml": b"abc", "c.bin": random.Random(1).randbytes(70_000), "d": b"x" * 100_000}
    data = zipped(parts)
    assert {entry.name: inflate(data, entry, 10**6) for entry in directory(data)} == parts
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert [(i.filename, i.CRC, i.file_size) for i in packed.infolist()] == [(e.name, e.crc, e.size) for e in directory(data)]


def test_a_zip64_directory_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed, packed.open(zipfile.ZipInfo("a.xml"), "w", force_zip64=True) as part:
        part.write(b"abc")
    entry = directory(out.getvalue())[0]
    assert inflate(out.getvalue(), entry, 10) == b"abc"


def test_a_part_beyond_the_limit_is_not_made() -> None:
    data = zipped({"a.xml": zlib.compress(b"") * 100})
    with pytest.raises(FileUnsafe, match="allowed"):
        inflate(data, directory(data)[0], 10)


# ── the boundary and the reader process ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("problem", [KeyError("a"), IndexError(), TypeError("b"), struct.error(), OSError(5, "c"), MemoryError()])
def test_every_foreign_exception_becomes_a_refusal(problem: Exception) -> None:
    with pytest.raises(FileRefused, match=r"cannot be used|not safe"), refusing("Book.xlsx"):
        raise problem


def test_the_process_is_kept_from_file_to_file_and_replaced_when_it_dies() -> None:
    reader = ReaderProcess()
    try:
        assert reader.read(workbook(ROW)).sheets[0].rows == {1: {1: 1}}
        first = reader.pid
        assert reader.read(workbook(ROW)).sheets[0].rows == {1: {1: 1}}
        assert first is not None and reader.pid == first
        os.kill(first, 9)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert reader.read(workbook(ROW)).sheets[0].rows == {1: {1: 1}}
        assert reader.pid != first
    finally:
        reader.close()
    assert reader.pid is None


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_is_read() -> None:
    reader = ReaderProcess(wall_seconds=0)
    with pytest.raises(FileUnsafe, match="longer than is allowed"):
        reader.read(workbook("".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 90_000))))
    reader.close()


def test_too_many_rows_are_refused_and_blank_ones_do_not_count() -> None:
    many = LIMITS["rows"] + LIMITS["head_rows"] + 1
    with pytest.raises(FileRefused, match="rows with content"):
        read_sheets(workbook("".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, many + 1))))
    blank = "".join(f'<row r="{n}"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>' for n in range(2, many + 50_000))
    assert read_sheets(workbook(ROW + blank)).sheets[0].rows == {1: {1: 1}}


def test_a_main_part_that_is_no_xml_or_has_no_sheet_is_refused() -> None:
    for content, words in (("<workbook", "well-formed"), (f'<workbook xmlns="{MAIN}"><sheets/></workbook>', "no sheet")):
        with pytest.raises(FileRefused, match=words):
            read_sheets(with_part("xl/workbook.xml", content))
