"""Lists brought in and removed in an installation: sealed, audited, controls judged again."""

from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.jobs import runs
from watchkeeper.jobs.stating import Actor, alone
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Run
from watchkeeper.lists import bringing
from watchkeeper.lists import load as loads
from watchkeeper.lists.bringing import Understood
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.statements.concerned import concerned_by_list

_LOCK = 7_265_015  # any number, as long as every Watchkeeper takes the same


def load(
    locker: Locker,
    connection: str,
    actor: Actor,
    understood: Understood,
    *,
    allow_shrink: bool = False,
) -> tuple[Collection, Run | None]:
    """Seals a list; the controls that read its resource are judged again.

    Returns the collection that holds all lists of the resource, and the run that judges; None
    where no such control was ever judged. Raises UsageError for what cannot be loaded, and for a
    connection that is not watched.
    """
    with alone(connection, _LOCK) as held:
        sealed = bringing.bring_in(
            locker, connection, understood, by=actor.name, allow_shrink=allow_shrink
        )
        record(
            actor.name,
            "list.loaded",
            f"{understood.resource}/{understood.name}",
            connection=connection,
            rows=len(understood.applied.rows),
            left_out=understood.applied.left_out,
            collection=sealed.id,
            **{"from": understood.came_from},
        )
    index(locker, held)
    return sealed, _judge(connection, understood.resource, actor)


def remove(
    locker: Locker, connection: str, actor: Actor, resource: str, name: str
) -> tuple[Collection, Run | None]:
    """Seals the resource without a list; the controls that read it are judged again, as above.

    Raises UsageError where there is no such list or connection, and for a list that is watched: it
    would come again.
    """
    with alone(connection, _LOCK) as held:
        if held.list_sources.filter(kind=resource, name=name).exists():
            raise UsageError(
                f"The list {name!r} is watched: it would come again.",
                hint="Let an admin end its source first.",
            )
        sealed = loads.remove(locker, connection, resource, name, by=actor.name)
        record(
            actor.name,
            "list.removed",
            f"{resource}/{name}",
            connection=connection,
            collection=sealed.id,
        )
    index(locker, held)
    return sealed, _judge(connection, resource, actor)


def _judge(connection: str, resource: str, actor: Actor) -> Run | None:
    controls = concerned_by_list(resource, catalogue())
    return runs.ask_judging(connection, controls, trigger=actor.name)
