"""Running many schedules: in batches, over processes, with what was met on the way."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from simulation.mutants import MUTANTS, Mutant
from simulation.world import play, schedule

STEPS = 100
BATCH = 50  # schedules in one piece of work for a process
MUTANT_SCHEDULES = 300  # within which every seeded fault must be caught
BRANCHES = (  # of which none may stay at zero in a long run
    "history: create", "history: set", "history: delete", "history: undelete",
    "conflict because: Changed by someone else at the same time.", "conflict because: Changed since you saw it, so it was not deleted.",
    "conflict because: It is unclear which row this is.", "conflict because: The record was deleted.",
    "conflict because: The shared value changed again before you decided.",
    "conflict: mine", "conflict: theirs", "conflict: other", "conflict: typed", "conflict: agreed", "conflict: replaced",
    "rejected: CHOICE", "rejected: COMPUTED", "rejected: DEAL-LOW", "rejected: ERROR-VALUE", "rejected: FORMULA",
    "rejected: NOT-CALCULATED", "rejected: NOT-YOURS", "rejected: TYPE", "rejected: UNFINISHED",
    "effect: leased", "effect: recovered", "effect: read", "effect: committed", "effect: staged", "effect: exchanged", "effect: kept",
    "effect: dropped", "effect: released",
    "killed after: start", "killed after: leased", "killed after: recovered", "killed after: read", "killed after: committed",
    "killed after: staged", "killed after: exchanged", "killed after: kept", "killed after: dropped",
    "recovered: part", "recovered: ours", "recovered: put back", "recovered: read before", "recovered: kept",
    "sync: synced", "sync: unchanged", "sync: deferred", "sync: paused", "sync: quiet",
    "sync ended: Busy", "sync ended: BookMissing", "sync ended: CommitUnclear", "disk full", "sync ended: FileIncomplete",
    "clock put back", "clock put forward", "images pruned", "step: prune",
    "fault: retry", "fault: unclear, done", "fault: unclear, undone", "copy merged", "backup restored", "restored", "followed a rename",
    "edit: cell", "edit: row", "edit: sort", "edit: copy", "edit: cut", "edit: mark", "edit: label", "edit: own", "edit: computed",
    "edit: undo", "edit: colleague", "edit: owner", "edit: column", "edit: Keep mine", "edit: Take theirs", "edit: Other value",
)  # fmt: skip


@dataclass
class Outcome:
    """What many schedules came to. broken: seed and words of each violation; known: of the kinds that have a budget."""

    schedules: int = 0
    seconds: float = 0.0
    broken: list[tuple[int, str]] = field(default_factory=list)
    known: list[tuple[int, str]] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        """Add another part."""
        self.schedules += other.schedules
        self.broken += other.broken
        self.known += other.known
        self.taken.update(other.taken)

    @property
    def never(self) -> list[str]:
        """The branches that were never taken."""
        return [branch for branch in BRANCHES if not self.taken[branch]]


def batch(seeds: Iterable[int], steps: int = STEPS) -> Outcome:
    """Play schedules one after the other."""
    outcome = Outcome()
    gc.disable()  # a world is untied after its schedule, and little else is left for the collector
    for seed in seeds:
        broken, world = play(schedule(seed, steps))
        outcome.schedules += 1
        outcome.taken.update(world.taken)
        if broken is not None:
            (outcome.known if broken.known else outcome.broken).append((seed, str(broken)))
        world.untie()
        del world, broken
    gc.enable()
    gc.collect()
    return outcome


def run(first: int, schedules: int, *, steps: int = STEPS, processes: int = 2) -> Outcome:
    """Play schedules with the seeds from `first` on, over several processes."""
    start, whole = time.perf_counter(), Outcome()
    pieces = [range(n, min(n + BATCH, first + schedules)) for n in range(first, first + schedules, BATCH)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for part in pool.map(batch, pieces, [steps] * len(pieces)):
            whole.add(part)
    whole.seconds = time.perf_counter() - start
    return whole


def first_catch(mutant: Mutant, schedules: int = MUTANT_SCHEDULES) -> tuple[int, str] | None:
    """Give the first seed at which the oracle catches a seeded fault as one of what it is, and the words."""
    with mutant.seeded() as make:
        for seed in range(schedules):
            broken, _ = play(schedule(seed, STEPS), make)
            if broken is not None and not broken.known and broken.kind in mutant.caught_as:
                return seed, str(broken)
    return None


def mutant_named(name: str) -> Mutant:
    """Give a mutant by name."""
    return next(mutant for mutant in MUTANTS if mutant.name == name)
