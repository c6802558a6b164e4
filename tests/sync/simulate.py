"""Run the simulation from the command line: `python -m tests.sync.simulate --schedules 100000`.

Prints the seed, the rate, what was met on the way, and every violation; ends with 1 if there is one. A failing
seed is cut down with `--seed S --shrink --save FILE`, and the script in the file is played with `--replay FILE`;
once the fault is mended, the file goes to `simulation/regressions`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import SystemRandom

sys.path.insert(0, str(Path(__file__).parent))  # where the tests find it too

from simulation.mutants import MUTANTS
from simulation.running import Outcome, first_catch, mutant_named, run
from simulation.shrink import script, shrunk, steps_of
from simulation.world import play, schedule

SHOWN = 10  # violations printed


def main() -> int:
    """Run what the options say."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--schedules", type=int, default=1_000)
    options.add_argument("--steps", type=int, default=100)
    options.add_argument("--seed", type=int, default=None, help="the first seed; drawn where it is not named")
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--counts", action="store_true", help="print how often each branch was taken")
    options.add_argument("--shrink", action="store_true", help="cut the schedule of --seed down to what it needs")
    options.add_argument("--save", type=Path, metavar="FILE", help="with --shrink: write the short script into this file")
    options.add_argument("--replay", type=Path, metavar="FILE", help="play the script of a file")
    options.add_argument("--mutants", nargs="*", metavar="NAME", help="seed faults instead and say when each is caught")
    given = options.parse_args()
    if given.mutants is not None:
        return _mutants(given.mutants)
    if given.replay is not None:
        return _replay(given.replay)
    seed = SystemRandom().randrange(2**31) if given.seed is None else given.seed
    return _shrink(seed, given.steps, given.save) if given.shrink else _run(seed, given)


def _run(seed: int, given: argparse.Namespace) -> int:
    print(f"seeds {seed} to {seed + given.schedules - 1}, {given.steps} steps each")
    outcome = run(seed, given.schedules, steps=given.steps, processes=given.processes)
    print(f"{outcome.schedules} schedules in {outcome.seconds:.0f} s, {outcome.schedules / outcome.seconds:.0f} a second")
    for name in ("duplicated rows", "own column cut off"):
        print(f"{name}: {outcome.taken[name] / outcome.schedules:.4f} a schedule")
    if given.counts:
        for branch, count in sorted(outcome.taken.items()):
            print(f"  {count:9d}  {branch}")
    return _tell(outcome)


def _tell(outcome: Outcome) -> int:
    if outcome.never:
        print(f"never taken: {', '.join(outcome.never)}")
    print(f"of the known kind: {len(outcome.known)}, violations: {len(outcome.broken)}")
    for seed, words in [*outcome.broken, *outcome.known][:SHOWN]:
        print(f"  seed {seed}: {words}")
    return 1 if outcome.broken or outcome.never else 0


def _replay(file: Path) -> int:
    broken, _ = play(steps_of(file.read_text(encoding="utf-8")))
    print(broken or "breaks nothing")
    return 1 if broken is not None else 0


def _shrink(seed: int, steps: int, file: Path | None) -> int:
    whole = schedule(seed, steps)
    broken, _ = play(whole)
    if broken is None:
        print(f"seed {seed} breaks nothing")
        return 0
    short = script(shrunk(whole, broken.kind, known=broken.known), str(broken))
    print(short, end="")
    if file is not None:
        file.write_text(short, encoding="utf-8")
    return 1


def _mutants(names: list[str]) -> int:
    missed = 0
    for mutant in [mutant_named(name) for name in names] or MUTANTS:
        caught = first_catch(mutant)
        missed += caught is None
        words = "NOT CAUGHT" if caught is None else f"seed {caught[0]}: {caught[1]}"
        print(f"{mutant.name:12s} {mutant.fault:48s} {words}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
