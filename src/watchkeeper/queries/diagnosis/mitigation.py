"""Threats that say nothing of their mitigation: old agents, or agents that only detect."""

from collections import Counter
from collections.abc import Iterator

from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight, named


def diagnose(facts: Facts) -> Iterator[Diagnosis]:
    """How many have no mitigation status, by the mode and version of their agents."""
    columns = ["mitigation_status", "mitigation_actions", "detected_mode", "detected_version"]
    threats = facts.rows("threats", columns)
    silent = [
        each
        for each in threats
        if each["mitigation_status"] != "marked_as_benign"
        and (not each["mitigation_status"] or each["mitigation_actions"] in (None, "[]"))
    ]
    if not silent:
        return
    detect = sum(each["detected_mode"] == "detect" for each in silent)
    versions = Counter(each["detected_version"] or "unknown" for each in silent)
    common = [f"{version} ({count:,})" for version, count in versions.most_common()]
    collection = facts.complete("threats")
    told = [f"{len(silent):,} of {len(threats):,} threats name no mitigation action."]
    if detect:
        told.append(f"{detect:,} of them were met by agents in Detect: those mitigate nothing.")
    told.append(f"Agent versions when detected: {named(common)}.")
    yield Diagnosis(
        Weight.WRONG,
        "Mitigation is missing on threats",
        tuple(told),
        "Agents in Detect: see which policy does that (POL-01). Agents of old versions do not "
        "report it: upgrade them (VER-01). Until then triage those threats by hand.",
        None,
        collection.id if collection else "",
    )
