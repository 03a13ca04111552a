"""Clocks that disagree: ages and due times are wrong by as much."""

from collections.abc import Iterator
from datetime import timedelta

from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight

_MUCH = timedelta(minutes=2)


def diagnose(facts: Facts) -> Iterator[Diagnosis]:
    """The console's clock beside this machine's, as the newest collection saw both."""
    found = [each.newest for each in facts.fresh.values() if each.newest is not None]
    for newest in sorted(found, key=lambda each: each.ended, reverse=True):
        offset = facts.manifest(newest).get("time", {}).get("clock_offset_ms")
        if offset is None:
            continue
        apart = timedelta(milliseconds=offset)
        if abs(apart) >= _MUCH:
            ahead = "ahead of" if apart > timedelta() else "behind"
            yield Diagnosis(
                Weight.WRONG,
                f"The console's clock is {_words(abs(apart))} {ahead} this machine's",
                (
                    f"Its `Date` header differed by {offset / 1000:+.1f} s when it was last asked.",
                    "How long ago an agent reported is judged by this machine's clock.",
                ),
                "Check that this machine's clock is set by NTP (`timedatectl`). The vendor's "
                "consoles are.",
                newest.ended,
                newest.id,
            )
        return


def _words(apart: timedelta) -> str:
    minutes = round(apart / timedelta(minutes=1))
    return f"{minutes:,} minutes" if minutes < 120 else f"{minutes / 60:,.0f} hours"  # noqa: PLR2004 - as people say it
