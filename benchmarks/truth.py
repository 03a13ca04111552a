"""Five companies, thirty days each: every item of every control against what is true.

Prints each difference and exits with 1 when there is one. `make truth` runs it; `SEEDS=7,11` and
`DAYS=1-5` take a part.
"""

import argparse
import sys
import time

from tests.assessment.living import differences

SEEDS = (7, 11, 23, 42, 101)


def main() -> int:
    """How many differences there were, as an exit code."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    given.add_argument("--days", default="1-30")
    asked = given.parse_args()
    first, _, last = asked.days.partition("-")
    wrong = 0
    for seed in map(int, asked.seeds.split(",")):
        begun, found = time.monotonic(), 0
        for difference in differences(seed, int(first), int(last or first)):
            print(difference, flush=True)
            found += 1
        wrong += found
        taken = time.monotonic() - begun
        print(f"seed {seed}, days {asked.days}: {found} differences, {taken:.0f} s", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
