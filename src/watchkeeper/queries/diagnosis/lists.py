"""Lists that are watched and could not be loaded: they grow old until controls say unknown."""

from collections.abc import Iterator

from watchkeeper.ledger.list_sources import due_at
from watchkeeper.ledger.models import ListSource
from watchkeeper.lists.sources import catalogue
from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight, named
from watchkeeper.queries.lists import readers
from watchkeeper.resources import everything


def diagnose(facts: Facts) -> Iterator[Diagnosis]:
    """One diagnosis for each list whose source failed when it was looked at last."""
    failing = ListSource.objects.filter(connection=facts.connection.id).exclude(failures=0)
    for held in failing:
        source = catalogue().get(held.source)
        kind = everything()[held.kind].title.lower()
        told = [f"{source.title if source else held.source}: {held.error}"]
        times = "once" if held.failures == 1 else f"{held.failures:,} times in a row"
        again = due_at(held)
        coming = f"; it is tried again on {again:%Y-%m-%d %H:%M} UTC" if again else ""
        told.append(f"It failed {times}{coming}.")
        if held.found_at is not None:
            told.append(f"It was last found whole on {held.found_at:%Y-%m-%d %H:%M} UTC.")
        resting = [each.id for each in readers(held.kind)]
        if resting:
            told.append(f"Controls that read it: {named(resting)}. They judge by the last load.")
        yield Diagnosis(
            Weight.WRONG,
            f"The list {held.name} of {kind} was not loaded",
            tuple(told),
            "Under Lists open its source: Try it out shows what it gives now, and takes other "
            "columns, other secrets, or your word that it is meant to be that short.",
            held.failing_since,
        )
