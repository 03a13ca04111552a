"""Measures Watchkeeper beside a plain download and other programs: `make bench`.

Every part of the measurements keeps what it found, in `figures`, so that one can be measured anew
alone: `make bench ONLY=latency,policies`.
"""

import argparse
import importlib
import sys
import time
import traceback
from pathlib import Path
from typing import Protocol, cast

import msgspec
from benchmarks import chart, environment, report
from benchmarks.bench import Bench
from benchmarks.findings import Found

HERE = Path(__file__).parent
# In the order in which they are measured, and whether the short run leaves them out.
PARTS = {
    "programs": False,
    "latency": False,
    "timelines": False,
    "policies": False,
    "starts": False,
    "growth": False,
    "storage": False,
    "kills": False,
    "judging": False,
    "pages": True,
}
# The short run ends within half an hour, whatever happens: what is left then is not measured.
SHORT, LONG = 28.5 * 60, 6 * 3600


class Part(Protocol):
    """A module in `parts`."""

    TITLE: str

    def measure(self, bench: Bench, found: Found) -> None:
        """Measures all of it into `found`."""


def load(name: str) -> Part:
    """A part by its name."""
    return cast("Part", importlib.import_module(f"benchmarks.parts.{name}"))


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the long cases too: an hour or more")
    parser.add_argument("--only", default="", help=f"parts, comma separated: {', '.join(PARTS)}")
    parser.add_argument(
        "--small", action="store_true", help="try all of it out with little; nothing is kept"
    )
    asked = parser.parse_args()
    asked.parts = [each for each in asked.only.split(",") if each]
    for name in asked.parts:
        if name not in PARTS:
            parser.error(f"{name!r} is no part; there are: {', '.join(PARTS)}")
    asked.parts = asked.parts or [name for name, long in PARTS.items() if asked.full or not long]
    return asked


def measured(name: str, bench: Bench) -> Found:
    """What a part found; after a fault that is what it had found until then."""
    bench.say(f"── {name}")
    found = Found(machine=report.machine())
    if bench.left <= 0:
        found.fault = f"no time was left; `make bench ONLY={name}` measures it"
    else:
        try:
            load(name).measure(bench, found)
        except Exception as fault:  # noqa: BLE001 - one faulty part must not lose the others
            traceback.print_exc()
            found.fault = f"{type(fault).__name__}: {fault}"
    found.measured = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    return found


def main() -> None:
    asked = options()
    kept = environment.ROOM / "tried-out" if asked.small else HERE / "figures"
    others = environment.make()
    deadline = time.monotonic() + (LONG if asked.full else SHORT)
    bench = Bench(Path(sys.executable), others, asked.full, asked.small, deadline)
    kept.mkdir(parents=True, exist_ok=True)
    for name in asked.parts:
        found = measured(name, bench)
        (kept / f"{name}.json").write_bytes(msgspec.json.encode(found) + b"\n")
    parts = {}
    for name in PARTS:
        file = kept / f"{name}.json"
        if file.exists():
            parts[name] = (load(name).TITLE, msgspec.json.decode(file.read_bytes(), type=Found))
    versions = environment.versions(bench.ours, "watchkeeper", "pyarrow", "urllib3")
    versions |= environment.versions(
        others, "cartography", "regscale-cli", "airbyte-cdk", "dlt", "duckdb"
    )
    where = kept if asked.small else HERE
    drawn = chart.draw([found for _, found in parts.values()])
    (where / "cost.svg").write_text(drawn, encoding="utf-8")
    page = where / "results.md"
    page.write_text(report.document(parts, versions, asked.parts), encoding="utf-8")
    for name in asked.parts:
        print(f"\n{report.section(name, *parts[name])}")
    print(f"\n{report.targets(parts)}\n\nWritten to {page.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
