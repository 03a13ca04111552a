"""What keeping every day costs: a month of daily collections in which few agents change."""

from pathlib import Path

from benchmarks.bench import FLOOR, Bench, Program
from benchmarks.findings import Found, Table
from benchmarks.measure import Figures

TITLE = "Keeping every day"
AGENTS, MANY = 10_000, 100_000
DAYS = 30
DRIFT = 5.0  # percent a day
HALF = 0.5


def measure(bench: Bench, found: Found) -> None:
    """A month of the same agents in one locker, and the plain way to keep the same."""
    agents = bench.size(MANY if bench.full else AGENTS)
    with bench.console(agents=agents, drift=DRIFT) as console, bench.folder() as kept:
        program = Program("storage", "storage_day", (str(kept),))
        pages = FLOOR.given("packed")
        days: list[Figures] = []
        packed = 0
        for day in range(DAYS):
            console.tell("day", day)
            days.append(bench.once(program, console))
            packed += bench.once(pages, console).facts["bytes"]
            bench.say(f"day {day + 1} of {DAYS}: {days[-1].wall:.2f} s")
        ours = _sizes(kept / "locker")
    rows = sum(day.rows or 0 for day in days)
    plain = {
        "raw": packed,
        "table": sum(day.facts["plain_parquet"] for day in days),
        "other": 0,
    }
    title = f"Bytes per agent and day, {DAYS} days of {agents:,} agents, {DRIFT:g} % change a day"
    headings = ("Kept as", "Raw", "Table", "Manifests and log", "Together")
    table = Table(
        title,
        headings,
        (_row("gzip pages and plain Parquet", plain, rows), _row("a locker", ours, rows)),
    )
    found.tables.append(table)
    share = sum(ours.values()) / sum(plain.values())
    found.judge(
        f"{DAYS} days, {DRIFT:g} % change a day: at most half of gzip pages and plain Parquet",
        lambda: (
            f"{sum(ours.values()) / rows:,.0f} B per agent and day, {share:.2f} of theirs",
            share <= HALF,
        ),
    )


def _sizes(locker: Path) -> dict[str, int]:
    """Bytes of the agents' files, by what they are."""
    sizes = {"raw": 0, "table": 0, "other": 0}
    for file in locker.rglob("*"):
        if not file.is_file() or "resource=system" in str(file):
            continue
        kind = "table" if file.suffix == ".parquet" else "other"
        if file.name.startswith(("page-", "answer-")):
            kind = "raw"
        sizes[kind] += file.stat().st_size
    return sizes


def _row(name: str, sizes: dict[str, int], rows: int) -> tuple[str, ...]:
    figures = (sizes["raw"], sizes["table"], sizes["other"], sum(sizes.values()))
    return (name, *(f"{figure / rows:,.1f}" for figure in figures))
