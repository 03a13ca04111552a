"""What people type for a connection, read: tags, intervals."""

import re
from collections.abc import Iterable
from datetime import timedelta

from watchkeeper.errors import UsageError

_LONGEST_TAG, _MOST_TAGS = 40, 20
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_INTERVAL = re.compile(r"(?P<resource>[a-z_]+)=(?P<count>[0-9]{1,4})(?P<unit>[mhd])")


def parse_tags(text: str) -> list[str]:
    """The tags in a text, separated by commas or new lines; raises UsageError."""
    found = list(
        dict.fromkeys(" ".join(each.split()) for each in text.replace("\n", ",").split(","))
    )
    tags = [each for each in found if each]
    if not all(each.isprintable() for each in tags):
        raise UsageError("A tag holds characters that do not show.", hint="Type it anew.")
    if len(tags) > _MOST_TAGS or any(len(each) > _LONGEST_TAG for each in tags):
        raise UsageError(
            "There are too many tags, or one is too long.",
            hint=f"Give {_MOST_TAGS} at most, of {_LONGEST_TAG} characters at most.",
        )
    return tags


def parse_intervals(texts: Iterable[str]) -> dict[str, timedelta]:
    """Intervals by resource from texts such as `threats=30m`, `agents=12h`, `users=7d`.

    Raises UsageError for what is none; whether one is within bounds is for `checked` to say.
    """
    found = {}
    for text in texts:
        read = _INTERVAL.fullmatch(text.strip())
        if read is None:
            raise UsageError(
                f"{text!r} is no interval.", hint="Give a resource and a time: threats=30m."
            )
        found[read["resource"]] = int(read["count"]) * _UNITS[read["unit"]]
    return found


def parse_interval(text: str) -> timedelta:
    """One interval from a text such as `15m`, `24h`, `7d`; raises UsageError."""
    read = _INTERVAL.fullmatch(f"list={text.strip()}")
    if read is None:
        raise UsageError(f"{text!r} is no interval.", hint="Give a time: 15m, 24h, 7d.")
    return int(read["count"]) * _UNITS[read["unit"]]
