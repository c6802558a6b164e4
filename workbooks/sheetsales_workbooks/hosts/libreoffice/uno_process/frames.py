"""Frames: four bytes of length, then one plain value."""

from __future__ import annotations

import marshal
import struct
import threading
from typing import Any, BinaryIO

MARSHAL_VERSION = 4  # the same bytes in every Python from 3.4 on
HEAD = struct.Struct(">I")


class Out:
    """The way out; threads take turns."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._turn = threading.Lock()

    def send(self, value: Any) -> None:
        """Send one value; a reader that is gone ends this program at its own end of input."""
        body = marshal.dumps(value, MARSHAL_VERSION)
        with self._turn:
            self._stream.write(HEAD.pack(len(body)))
            self._stream.write(body)
            self._stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Give the next value, or None where the other side has closed."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (length,) = HEAD.unpack(head)
    body = stream.read(length)
    # Only the parent process, which started this one, holds the other end.
    return marshal.loads(body) if len(body) == length else None  # noqa: S302
