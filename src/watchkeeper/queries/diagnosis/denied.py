"""Resources that the token lives for and may not read."""

from collections.abc import Iterator

from watchkeeper.controls import catalogue as controls
from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight, named


def diagnose(facts: Facts) -> Iterator[Diagnosis]:
    """One diagnosis for each resource that was denied, with the permission and what rests on it."""
    if facts.connection.state in {"token dead", "token lost"}:
        return
    for each in facts.fresh.values():
        found = each.newest
        if found is None or found.verdict.value != "denied":
            continue
        resource = each.resource
        resting = sorted(
            identity for identity, control in controls().items() if resource.name in control.reads
        )
        facts_told = [f"The token is accepted; {resource.title.lower()} are not permitted to it."]
        if resting:
            facts_told.append(f"Controls that cannot be judged without: {named(resting)}.")
        yield Diagnosis(
            Weight.WRONG if resource.optional or not resting else Weight.BLIND,
            f"{resource.title}: not permitted",
            tuple(facts_told),
            f"In the console give the service user's role the permission {resource.permission}, "
            "or give it the role Viewer at Account scope."
            if resource.permission
            else "Give the service user the role Viewer at Account scope.",
            found.ended,
            found.id,
        )
