"""One device read afresh, as a small collection of its own."""

from watchkeeper.collection import cursor
from watchkeeper.collection.reading import Reading
from watchkeeper.errors import Contradiction, NotServed, UnknownParameter
from watchkeeper.model.collection import Collection


def read(reading: Reading, agent: str) -> Collection:
    """Asks for one agent by id, in whichever way this console serves it."""
    params = {
        name: value for name, value in reading.resource.parameters if name not in cursor.SORTING
    }
    try:
        walks, _ = cursor.settle(reading, params | {"ids": agent}, fixed=frozenset({"ids"}))
        answers = [reading.ask(reading.route, walk | {"limit": "10"}) for walk in walks]
    except UnknownParameter:
        reading.route = f"{reading.resource.path}/{agent}"
        reading.notes.append("the console does not filter agents by id; it serves each by its path")
        try:
            answers = [reading.ask(reading.route, {})]
        except NotServed:
            return _sealed(reading, agent)
    for answer in answers:
        if set(answer.value.values("id")) - {agent}:
            raise Contradiction(
                f"{reading.route} answers with other devices than the one asked for."
            )
        reading.take(answer)
    return _sealed(reading, agent)


def _sealed(reading: Reading, agent: str) -> Collection:
    if reading.distinct == 0:
        reading.notes.append(f"the console knows no agent {agent}, or the token does not see it")
    return reading.seal(cursor.verdict(reading, None, None, "", ended=True))
