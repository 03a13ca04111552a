"""DET: detections are triaged, closed, finished and justified, and detection itself is tested."""

from datetime import datetime, timedelta
from typing import Final

from watchkeeper.simulator.threat import identified
from watchkeeper.simulator.times import read
from watchkeeper.simulator.truth.view import (
    DAY,
    FAIL,
    HOUR,
    NA,
    PASS,
    SKEW,
    SYSTEMS,
    UNKNOWN,
    Items,
    View,
    active,
    status_changes,
    told,
)
from watchkeeper.simulator.world import Row

_HUMAN: Final = {2028, 2029, 2030}
_WINDOW: Final = 30 * DAY


def _first_act(threat: Row) -> datetime | None:
    acts = [
        at
        for event in threat["_events"]
        if event["activityType"] in _HUMAN and event["userId"]
        if (at := read(event["createdAt"])) is not None
    ]
    return min(acts, default=None)


def _triaged(view: View, threat: Row) -> str:
    created, status = read(threat["createdAt"]), threat["incidentStatus"]
    if created is not None and created > view.now + SKEW:
        created = None
    if threat["confidenceLevel"] is None or created is None or status is None:
        return UNKNOWN
    act = _first_act(threat)
    machine = threat["automaticallyResolved"] is True or threat["mitigatedPreemptively"] is True
    if machine and status == "resolved" and act is None:
        return PASS
    deadline = created + (4 if threat["confidenceLevel"] == "malicious" else 24) * HOUR
    if act is not None:
        over = deadline < view.now - _WINDOW
        return NA if over else PASS if act <= deadline else FAIL
    return _untouched(view, threat, deadline)


def _untouched(view: View, threat: Row, deadline: datetime) -> str:
    """Nobody is known to have acted: it waits, or something moved it."""
    waiting = threat["analystVerdict"] in (None, "undefined")
    if threat["incidentStatus"] == "unresolved" and waiting:
        return NA if deadline > view.now else FAIL
    updated = read(threat["updatedAt"])
    if updated is not None and updated <= deadline:
        return PASS
    return NA if deadline < view.now - _WINDOW else UNKNOWN


def _alert(view: View, alert: Row) -> str:
    start = read(alert["reportedAt"]) or read(alert["createdAt"])
    if alert["incidentStatus"] is None or start is None:
        return UNKNOWN
    deadline = start + (4 if alert["severity"] in {"Critical", "High"} else 24) * HOUR
    waiting = alert["analystVerdict"] in (None, "Undefined")
    if alert["incidentStatus"] == "Unresolved" and waiting:
        return NA if deadline > view.now else FAIL
    return NA if deadline < view.now - _WINDOW else PASS


def triaged(view: View) -> Items:
    """DET-01: somebody looked at each threat and alert in time."""
    for threat in view.threats():
        yield f"threat:{threat['id']}", _triaged(view, threat)
    for alert in view.alerts():
        yield f"alert:{alert['id']}", _alert(view, alert)


def _closed_in_time(view: View, threat: Row) -> str:
    confidence, status = threat["confidenceLevel"], threat["incidentStatus"]
    created = read(threat["createdAt"])
    if confidence is None or status is None or created is None:
        return UNKNOWN
    hours = 168
    if confidence == "malicious":
        if threat["mitigationStatus"] is None:
            return UNKNOWN
        hours = 24 if threat["mitigationStatus"] == "not_mitigated" else 72
    start, resolved = created, None
    for at, data in status_changes(threat):
        if data["newIncidentStatus"] == "resolved":
            resolved = at
        elif data["oldIncidentStatus"] == "resolved":
            start = at
    deadline = start + timedelta(hours=hours)
    if start > view.now + SKEW:
        return UNKNOWN
    return _in_time(view, threat, deadline, resolved)


def _in_time(view: View, threat: Row, deadline: datetime, resolved: datetime | None) -> str:
    """Closed before the deadline, or not due yet."""
    if threat["incidentStatus"] != "resolved":
        return NA if deadline > view.now else FAIL
    if deadline < view.now - _WINDOW:
        return NA
    if resolved is not None:
        return PASS if resolved <= deadline else FAIL
    updated = read(threat["updatedAt"])
    return PASS if updated is not None and updated <= deadline else UNKNOWN


def closed_in_time(view: View) -> Items:
    """DET-02: incidents are closed in time."""
    return ((f"threat:{t['id']}", _closed_in_time(view, t)) for t in view.threats())


def _dead(view: View, threat: Row) -> str:
    if threat["confidenceLevel"] is None:
        return UNKNOWN
    if threat["confidenceLevel"] != "malicious":
        return NA
    created = read(threat["createdAt"])
    if threat["mitigationStatus"] is None or threat["incidentStatus"] is None or created is None:
        return UNKNOWN
    loose = threat["mitigationStatus"] == "not_mitigated" and threat["incidentStatus"] != "resolved"
    if loose and created > view.now + SKEW:
        return UNKNOWN
    return FAIL if loose and view.now - created > DAY else PASS


def dead(view: View) -> Items:
    """DET-03: no malware lives."""
    return ((f"threat:{t['id']}", _dead(view, t)) for t in view.threats())


def _finished(view: View, threat: Row) -> str:
    marks = [threat[name] for name in ("failedActions", "pendingActions", "rebootRequired")]
    if True not in marks:
        return UNKNOWN if None in marks else PASS
    age = view.age(identified(threat) or threat["createdAt"])
    if age is None:
        return UNKNOWN
    return NA if age <= 72 * HOUR else FAIL


def finished(view: View) -> Items:
    """DET-04: what was begun against a threat is done."""
    return ((f"threat:{t['id']}", _finished(view, t)) for t in view.threats())


def _justified(view: View, threat: Row) -> str:
    if threat["incidentStatus"] != "resolved":
        return UNKNOWN if threat["incidentStatus"] is None else NA
    resolved = None
    for at, data in status_changes(threat):
        resolved = at if data["newIncidentStatus"] == "resolved" else resolved
    resolved = resolved or read(threat["updatedAt"])
    if resolved is None:
        return UNKNOWN
    if view.now - resolved > _WINDOW or threat["automaticallyResolved"] is True:
        return NA
    verdict = threat["analystVerdict"]
    if verdict is None:
        return UNKNOWN
    if verdict == "true_positive":
        told = threat["_ticket"] or any(note["text"] for note in threat["_notes"])
        return PASS if told else FAIL
    return FAIL if verdict == "undefined" else PASS


def justified(view: View) -> Items:
    """DET-05: closures are justified."""
    return ((f"threat:{t['id']}", _justified(view, t)) for t in view.threats())


def tested(view: View) -> Items:
    """DET-06: on each system that is in use a test made a threat."""
    present = {agent["osType"] for agent in view.agents() if active(agent)}
    threats = {threat["id"]: threat for threat in view.threats()}
    for system in SYSTEMS:
        if system not in present:
            continue
        outcome = FAIL
        for test in view.attestations("detection_test", system):
            threat = threats.get(told(test).get("threat_id"))
            age = view.age(threat["createdAt"]) if threat else None
            if threat and threat["osType"] == system and age is not None and age <= 90 * DAY:
                outcome = PASS
        yield f"os:{system}", outcome
