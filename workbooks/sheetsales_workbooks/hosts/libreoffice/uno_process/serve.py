"""The loop: one request after another, and between them what the office told."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
from typing import Any, BinaryIO

import uno

from . import books, cells, look, names, notes, pictures, sheets, watching
from .desk import Desk, NoSuchThing
from .frames import Out, receive
from .program import Program

ROOMS = {
    "books": books,
    "cells": cells,
    "look": look,
    "names": names,
    "notes": notes,
    "pictures": pictures,
    "sheets": sheets,
    "watching": watching,
}
PULSE = 2.0  # seconds without work after which the office is asked whether it is still there
DISPOSED = uno.getClass("com.sun.star.lang.DisposedException")
NO_INTERFACE = uno.getClass("com.sun.star.uno.RuntimeException")
EXCEPTION = uno.getClass("com.sun.star.uno.Exception")
END = object()


def main() -> None:
    """Start or find the office that the first frame names, then answer until the input ends."""
    inward, outward = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand among the frames
    out = Out(outward)
    first = receive(inward)
    if first is None:
        return
    try:
        program = Program(**first)
    except Exception as reason:
        out.send(("failed", str(reason)))
        return
    desk = Desk(program, lambda *event: out.send(("event", *event)))
    try:
        watching.listen(desk)
        out.send(("ready", program.pid))
        threading.Thread(target=_read, args=(inward, desk), daemon=True).start()
        _work(desk, out)
    finally:
        watching.unwatch_all(desk)
        program.stop()


def _read(inward: BinaryIO, desk: Desk) -> None:
    while True:
        request = receive(inward)
        desk.tasks.put(END if request is None else request)
        if request is None:
            return


def _work(desk: Desk, out: Out) -> None:
    while True:
        try:
            task = desk.tasks.get(timeout=PULSE)
        except queue.Empty:
            task = None
        if task is END:
            return
        if isinstance(task, tuple):
            answer = _answer(desk, task)
            out.send(answer)
            if answer[2] == "gone":
                return
        elif task is not None:
            with contextlib.suppress(EXCEPTION, NoSuchThing):  # what it speaks of may be gone by now
                task()
        elif not _lives(desk):
            return


def _answer(desk: Desk, task: tuple[Any, ...]) -> tuple[Any, ...]:
    number, room, name, arguments = task
    try:
        return "answer", number, getattr(ROOMS[room], name)(desk, *arguments)
    except NoSuchThing as missing:
        return "error", number, "missing", str(missing)
    except ValueError as refusal:
        return "error", number, "refused", str(refusal)
    except books.VETO:
        return "error", number, "busy", "it would not close"
    except Exception as reason:
        if not _lives(desk):
            return "error", number, "gone", ""
        if isinstance(reason, DISPOSED):
            return "error", number, "missing", "book"
        words = getattr(reason, "Message", "") or str(reason)
        return "error", number, "failed", "{}: {}".format(type(reason).__name__.rsplit(".", 1)[-1], words.strip().split("\n")[0])


def _lives(desk: Desk) -> bool:
    try:
        desk.desktop.getName()
    except Exception:
        return False
    return True
