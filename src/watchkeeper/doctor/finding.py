"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is."""

    RIGHT = "right"
    NOTE = "note"  # worth knowing, nothing to mend
    WRONG = "wrong"
    UNCHECKED = "unchecked"  # the check could not be made


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: about what, how it is, in words, and how to mend it where it is wrong."""

    topic: str
    state: State
    text: str
    mend: str = ""


def right(topic: str, text: str) -> Finding:
    """As it should be."""
    return Finding(topic, State.RIGHT, text)


def note(topic: str, text: str) -> Finding:
    """Worth knowing."""
    return Finding(topic, State.NOTE, text)


def wrong(topic: str, text: str, mend: str) -> Finding:
    """To be mended."""
    return Finding(topic, State.WRONG, text, mend)


def unchecked(topic: str, text: str, mend: str = "") -> Finding:
    """The check could not be made."""
    return Finding(topic, State.UNCHECKED, text, mend)
