"""Torture of the real command line: `python -m tests.sync.torture --minutes 30 --seed 1 [--store postgres]`.

Real workbooks are edited, saved, sorted, copied and carried about while real `sheetsales` processes work on
them, two at once, and are killed by SIGKILL at random. Whenever everything rests, an oracle that knows every
typed value looks for each of them; ends with 1 where anything is lost.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

for place in (Path(__file__).parent, Path(__file__).parents[1]):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

from team_stand import make  # noqa: E402
from torturing.world import World  # noqa: E402

STEPS_TO_A_REST = 70


def torture(
    folder: Path,
    seed: int,
    *,
    minutes: float = 0,
    rests: int = 0,
    steps: int = STEPS_TO_A_REST,
    store: str = "",
    chatty: bool = False,
) -> World:
    """Torture a new team in a folder, for so long or so many rests; give the world as it is left."""
    team = make(folder / "team", store)
    say = print if chatty else _silent
    world = World(team, folder, seed, say)
    start = time.monotonic()
    while (world.counts["rests"] < rests) if rests else (time.monotonic() - start < minutes * 60):
        for _ in range(steps):
            world.step()
        world.rest()
        if chatty:
            print(f"{time.monotonic() - start:6.0f} s  {summary(world)}", flush=True)
    world.log.close()
    return world


def _silent(_words: str) -> None:
    """Say nothing."""


def summary(world: World) -> str:
    """Give the figures in one line."""
    counts, typed = world.counts, world.ledger.counts
    return (
        f"{typed['typed']} values typed, {typed['saved']} saved; {counts['started']} processes, {counts['killed']} killed; "
        f"{counts['rests']} rests, {len(world.violations)} violations"
    )


def main() -> int:
    """Run what the options say."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    options.add_argument("--keep", action="store_true", help="keep the folder also where nothing went wrong")
    given = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix=f"torture-{given.seed}-"))
    store = ""
    if given.store == "postgres":
        from store_stand import new_database

        store = new_database()
    print(f"seed {given.seed}, {given.minutes:g} minutes, {given.store}, in {folder}", flush=True)
    world = torture(folder, given.seed, minutes=given.minutes, store=store, chatty=True)
    print(summary(world))
    print(", ".join(f"{name} {count}" for name, count in sorted(world.counts.items())))
    for words in world.violations:
        print(words[:1000])
    if not world.violations and not given.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if world.violations else 0


if __name__ == "__main__":
    sys.exit(main())
