"""Answers that an interrupted collection had already got, so that nobody asks for them twice.

A walk that goes on is the same walk run again: what it asks is answered from here, page by page
from the locker, until it comes to the question that was never answered. So every way of walking
can go on, and none needs code for it.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from watchkeeper.sentinelone.address import API_BASE
from watchkeeper.sentinelone.paging import cursor_digest

Question = tuple[str, tuple[tuple[str, str], ...], str]


class Replay:
    """What was answered before, by question; each answer is given once. Threads may share it."""

    def __init__(self, records: Iterable[Mapping[str, Any]] = ()) -> None:
        """`records`: `request` as a manifest tells it, the record of its `page`, if it has one."""
        self._answers: dict[Question, list[Mapping[str, Any]]] = {}
        self._lock = threading.Lock()
        for record in records:
            self._answers.setdefault(_told(record["request"]), []).append(record)

    def take(
        self, path: str, params: Mapping[str, str], bound: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any] | None:
        """The answer to a question, None when it was not answered.

        With `bound`, only an answer that was stored for the same: a threat that has changed
        since has another timeline.
        """
        with self._lock:
            waiting = self._answers.get(asked(path, params), [])
            for position, record in enumerate(waiting):
                if bound is None or record.get("page", {}).get("bound") == dict(bound):
                    return waiting.pop(position)
        return None


def asked(path: str, params: Mapping[str, str]) -> Question:
    """What makes two questions the same: not the size of a page, which a time-out may change."""
    fixed = {name: value for name, value in params.items() if name not in {"limit", "cursor"}}
    return path, tuple(sorted(fixed.items())), cursor_digest(params.get("cursor"))


def _told(request: Mapping[str, Any]) -> Question:
    path, fixed, _ = asked(str(request["path"]).removeprefix(API_BASE), request["params"])
    return path, fixed, str(request.get("cursor_sha256", ""))
