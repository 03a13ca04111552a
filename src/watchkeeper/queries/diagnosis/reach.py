"""The console: not reached, in maintenance, or failing."""

from collections.abc import Iterator

from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight

_SERVER_ERROR = 500


def diagnose(facts: Facts) -> Iterator[Diagnosis]:
    """A console that answers with an error to everything is told from one that is not there."""
    connection = facts.connection
    if connection.state not in {"unreachable", "failed"}:
        return
    last = max(
        (each.newest for each in facts.fresh.values() if each.newest is not None),
        key=lambda each: each.ended,
        default=None,
    )
    status = None
    if last is not None:
        status = facts.manifest(last).get("error", {}).get("status")
    said = (connection.state_reason,) if connection.state_reason else ()
    answered = status if isinstance(status, int) else _answered(connection.state_reason)
    if answered is not None and answered >= _SERVER_ERROR:
        yield Diagnosis(
            Weight.STOPPED,
            "The console is in maintenance or failing",
            (f"It is reached, and answers {answered} to everything.", *said),
            "Look at the vendor's status page and for announced maintenance. Watchkeeper tries "
            "again every hour and makes up for what was missed.",
            connection.state_since,
            last.id if last else "",
        )
        return
    yield Diagnosis(
        Weight.STOPPED,
        "The console cannot be reached"
        if connection.state == "unreachable"
        else "Collecting fails",
        said,
        "Check the address, the network, the proxy and the certificate authority with Test "
        "Connection. Watchkeeper tries again every hour and makes up for what was missed.",
        connection.state_since,
        last.id if last else "",
    )


def _answered(reason: str) -> int | None:
    """The status in the words of a console that answers everything with it."""
    for word in reason.split():
        if word.isdigit() and len(word) == 3 and int(word) >= _SERVER_ERROR:  # noqa: PLR2004 - a status
            return int(word)
    return None
