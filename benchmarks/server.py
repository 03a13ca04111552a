"""A simulated console as a process of its own, told on stdin how to change.

Its arguments are the sizes of the company as JSON and the file for its token. It prints its address
and then, for every line it is told, `done`. It ends when nobody can tell it anything any more.
"""

import copy
import json
import sys
from functools import partial
from pathlib import Path

from watchkeeper.simulator import Company, Running, running
from watchkeeper.simulator.times import stamp
from watchkeeper.simulator.world import Row, identifier

_BEYOND = 50_000_000  # no event has such a number


def main(sizes: str, token_file: str) -> None:
    build = partial(Company, **json.loads(sizes))
    company = build()
    later = partial(build, now=company.now)  # what does not change keeps its times
    with running(company) as served:
        Path(token_file).write_text(served.token, encoding="utf-8")
        print(served.url, flush=True)
        for line in sys.stdin:
            word, number = line.split()
            if word == "latency":
                served.latency = float(number) / 1000
            elif word == "day":
                served.set_company(later(day=int(number)))
            elif word == "touch":
                served.set_company(touched(served, float(number)))
            print("done", flush=True)


def touched(served: Running, percent: float) -> Company:
    """The company once something happened to that percentage of its threats."""
    company, moment = copy.copy(served.company), stamp(served.moment())
    every = round(100 / percent)

    def happened(number: int, threat: Row) -> Row:
        event = threat["_events"][-1] | {"id": identifier("event", _BEYOND + number)}
        event |= {"createdAt": moment, "updatedAt": moment}
        return threat | {"updatedAt": moment, "_events": [*threat["_events"], event]}

    company.threats = [
        threat if number % every else happened(number, threat)
        for number, threat in enumerate(company.threats)
    ]
    return company


if __name__ == "__main__":
    main(*sys.argv[1:3])
