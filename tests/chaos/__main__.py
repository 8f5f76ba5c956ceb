"""All experiments in full, as a table: `make chaos`.

usage: python -m tests.chaos [--seconds N] [--seed N]
"""

import argparse
import math
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.lab import Row
from tests.chaos.suite import experiments


def main() -> int:
    """The table, then what went wrong; exit 1 if anything did."""
    parser = argparse.ArgumentParser(description="Try the promises of the safe apply.")
    parser.add_argument("--seconds", type=float, default=math.inf, help="for each experiment; default: try everything")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = parser.parse_args()
    limit = "everything" if given.seconds == math.inf else f"at most {given.seconds:.0f} s for each experiment"
    print(f"seed {given.seed}; {limit}", flush=True)
    print(f"{'':<32}{'tried':>8}{'converged':>11}{'lost':>6}{'foreign touched':>17}", flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for row in experiments(Path(folder), given.seed, given.seconds):
            rows.append(row)
            print(f"{row.name:<32}{row.tried:>8}{row.converged:>11}{row.lost:>6}{row.foreign:>17}", flush=True)
    for line in _notes(rows):
        print(line)
    return 0 if all(row.is_good for row in rows) else 1


def _notes(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        yield from (f"\n{row.name}: {note}" for note in row.notes)


if __name__ == "__main__":
    sys.exit(main())
