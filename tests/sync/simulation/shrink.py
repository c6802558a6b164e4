"""Cutting a failing schedule down to the steps it needs, as a script that can be played again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulation.world import Step, World, play


def shrunk(steps: Sequence[Step], kind: str, make: Callable[[], World] = World, *, known: bool = False) -> list[Step]:
    """Give the fewest steps found that still break the same promise; each is left out in turn, large pieces first."""

    def fails(part: Sequence[Step]) -> bool:
        broken, _ = play(part, make)
        return broken is not None and broken.kind == kind and broken.known == known

    left = list(steps)
    size = max(len(left) // 2, 1)
    while True:
        start, smaller = 0, False
        while start < len(left):
            part = left[:start] + left[start + size :]
            if fails(part):
                left, smaller = part, True
            else:
                start += size
        if size == 1 and not smaller:
            return left
        size = max(size // 2, 1)


def script(steps: Sequence[Step], remark: str = "") -> str:
    """Give a schedule as text, a step a line: who, what, seed. What a file of it holds, `steps_of` reads."""
    return (f"# {remark}\n" if remark else "") + "".join(f"{s.who} {s.what} {s.seed}\n" for s in steps)


def steps_of(text: str) -> list[Step]:
    """Read a schedule back from what `script` wrote; lines that begin with # are remarks."""
    found = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            who, _, rest = line.partition(" ")
            what, _, seed = rest.rpartition(" ")
            found.append(Step(int(who), what, int(seed)))
    return found
