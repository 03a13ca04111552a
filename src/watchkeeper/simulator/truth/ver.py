"""VER: agents run a current version, and one that the vendor still supports."""

from datetime import datetime

from watchkeeper.simulator.times import read
from watchkeeper.simulator.truth.view import (
    DAY,
    FAIL,
    NA,
    PASS,
    UNKNOWN,
    Items,
    View,
    each_agent,
    moment,
    new,
    platform,
    version,
)
from watchkeeper.simulator.world import Row


def _baselines(view: View) -> dict[str, tuple[int, ...]]:
    best: dict[str, tuple[int, ...]] = {}
    for package in view.company.packages:
        created, numbers = read(package["createdAt"]), version(package["version"])
        if package["status"] != "ga" or created is None or numbers is None:
            continue
        if view.now - created > 30 * DAY:
            best[package["osType"]] = max(numbers, best.get(package["osType"], numbers))
    return best


def current(view: View) -> Items:
    """VER-01: at least the newest version that was released a month ago."""
    baselines = _baselines(view)

    def judge(_: View, agent: Row) -> str:
        if new(view, agent):
            return NA
        baseline = baselines.get(platform(agent) or "")
        numbers = version(agent["agentVersion"])
        if baseline is None or numbers is None:
            return UNKNOWN
        return PASS if numbers >= baseline else FAIL

    return each_agent(view, judge)


def supported(view: View) -> Items | None:
    """VER-02: no version out of support; None when the table was never loaded."""
    table = view.stated("support_ends")
    if table is None:
        return None
    ages = [view.age(row["listed_at"]) for row in table]
    fresh = all(age is not None and age <= 90 * DAY for age in ages)
    ends: dict[tuple[str, tuple[int, ...]], datetime] = {}
    for row in table:
        numbers = version(row["version"])
        if numbers is not None:
            key = (row["os_type"] or "", numbers[:2])
            end = moment(row["ends_at"]) or datetime.max.replace(tzinfo=view.now.tzinfo)
            ends[key] = min(end, ends.get(key, end))

    def judge(_: View, agent: Row) -> str:
        numbers = version(agent["agentVersion"])
        if not fresh or numbers is None:
            return UNKNOWN
        keys = ((platform(agent) or "", numbers[:2]), ("", numbers[:2]))
        found = [ends[key] for key in keys if key in ends]
        if not found:
            return UNKNOWN
        return PASS if min(found) > view.now else FAIL

    return each_agent(view, judge)
