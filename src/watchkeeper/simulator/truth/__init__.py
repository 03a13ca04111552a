"""What the controls must find, worked out in plain Python from the company itself.

One module for each family of controls. What people stated is read from the statements that the
caller hands over, what Watchkeeper itself did from a list of its collections.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from watchkeeper.simulator.company import Company
from watchkeeper.simulator.truth import acc, ccm, cov, det, exc, hlt, log, pol, tok, ver
from watchkeeper.simulator.truth.log import Collected
from watchkeeper.simulator.truth.view import FAIL, PASS, UNKNOWN, Items, Statements, View

__all__ = ["Collected", "Statements", "truth"]


def _result(counts: Counter[str]) -> str:
    if counts[UNKNOWN]:
        return "ERROR"
    if counts[FAIL]:
        return "FAIL"
    return "PASS" if counts[PASS] else "NOT_APPLICABLE"


def truth(
    company: Company,
    earlier: Company | None = None,
    *,
    visible_site: str | None = None,
    profile: str | None = None,
    statements: Statements | None = None,
    unread: frozenset[str] = frozenset(),
    collected: Sequence[Collected] | None = None,
    clock_offset_ms: float | None = None,
) -> dict[str, dict[str, Any]]:
    """Result, items and counts of every control.

    `statements`: what people stated, None where nothing ever was: the controls that need one of
    their lists then err. `unread`: resources the console does not show to the token, by their name
    there. `collected`: our own attempts; without it LOG-01 and CCM-01, which judge them, are left
    out. `clock_offset_ms`: how far our clock was from the console's, None where nobody knows.
    """
    view = View(company, earlier, visible_site, profile or company.profile, statements, unread)
    found: dict[str, Items | None] = {
        "COV-01": cov.covered(view),
        "COV-02": cov.handled(view),
        "COV-03": cov.left(view),
        "COV-04": cov.valid(view),
        "HLT-01": hlt.reports(view),
        "HLT-02": hlt.enabled(view),
        "HLT-03": hlt.equipped(view),
        "HLT-04": hlt.scanned(view),
        "VER-01": ver.current(view),
        "VER-02": ver.supported(view),
        "POL-01": pol.malicious(view),
        "POL-02": pol.suspicious(view),
        "POL-03": pol.tamper(view),
        "POL-04": pol.engines(view),
        "POL-05": pol.telemetry(view),
        "POL-06": pol.authorised(view),
        "EXC-01": exc.reviewed(view),
        "DET-01": det.triaged(view),
        "DET-02": det.closed_in_time(view),
        "DET-03": det.dead(view),
        "DET-04": det.finished(view),
        "DET-05": det.justified(view),
        "DET-06": det.tested(view),
        "ACC-01": acc.second_factor(view),
        "ACC-02": acc.awake(view),
        "ACC-03": acc.approved(view),
        "ACC-04": acc.belonging(view),
        "TOK-01": tok.short_lived(view),
        "LOG-02": log.reviewed(view),
    }
    if collected is not None:
        found["LOG-01"] = log.kept(view, collected)
        found["CCM-01"] = ccm.works(view, collected, clock_offset_ms)
    return {control: _told(items) for control, items in found.items()}


def _told(found: Items | None) -> dict[str, Any]:
    """A control's result with its items; where there is nothing to judge by, an error."""
    if found is None:
        return {"result": "ERROR", "items": {}, "counts": {}}
    items = dict(found)
    counts = Counter(items.values())
    return {"result": _result(counts), "items": items, "counts": dict(counts)}
