"""The race between losses of rights and verifies, for longer than the tests run it.

    python -m benchmarks.race
    python -m benchmarks.race --database-url postgres://me@127.0.0.1:5432/any

races two servers of two workers on SQLite, or on a new database beside the given one, through
a proxy that delays and cuts, with workers that are stopped and continued: until there are
``--verdicts`` verdicts and ``--losses`` losses, and then the same with the wait after a loss
taken out. Ends with 1 unless the first found no verify that started after the answer to a loss
and succeeded, and the second some. ``tests/races/arena.py`` says what goes on.
"""

import argparse
import contextlib
import random
import sys
import tempfile
from pathlib import Path

from tests.races.arena import WITH_WAIT, WITHOUT_WAIT, Arena
from tests.servers import Installation, database_beside, free_port

LEG_SECONDS = 60.0


def main() -> int:
    """Race, print what came of it, and return the exit code."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--verdicts", type=int, default=100_000)
    options.add_argument("--losses", type=int, default=300)
    options.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options.add_argument("--database-url", help="any database of a PostgreSQL; default: SQLite")
    given = options.parse_args()
    print(f"seed {given.seed}", flush=True)
    with contextlib.ExitStack() as clearing:
        folder = Path(clearing.enter_context(tempfile.TemporaryDirectory(prefix="wardkey-")))
        beside = given.database_url
        url = clearing.enter_context(database_beside(beside)) if beside else None
        arena = Arena(Installation(folder, url, free_port()), given.seed)
        arena.prepare()
        kept = race(arena, WITH_WAIT, given.verdicts, given.losses)
        broken = race(arena, WITHOUT_WAIT, given.verdicts, given.losses)
    return 0 if kept == 0 and broken > 0 else 1


def race(arena: Arena, program: tuple[str, ...], verdicts: int, losses: int) -> int:
    """Race in legs until there is enough; return how many found what was lost still good."""
    print("with the wait" if program == WITH_WAIT else "without the wait", flush=True)
    many = lost = late = wrong = 0
    while many < verdicts or lost < losses:
        outcome = arena.run(LEG_SECONDS, program)
        print(f"  {outcome}", flush=True)
        many, lost = many + outcome.verdicts, lost + outcome.losses.total()
        late += len(outcome.late)
        wrong += len(outcome.early) + len(outcome.strange)
    print(f"  {many} verdicts, {lost} losses, {late} violations, {wrong} wrong", flush=True)
    return late if not wrong else -1


if __name__ == "__main__":
    sys.exit(main())
