"""What things are called on the pages: results, outcomes, verdicts, columns."""

from collections.abc import Mapping
from datetime import datetime, timedelta

RESULTS = {
    "ERROR": "Error",
    "STALE": "Stale",
    "FAIL": "Fail",
    "PASS_WITH_EXCEPTIONS": "Pass with exceptions",
    "PASS": "Pass",
    "NOT_APPLICABLE": "Not applicable",
}
MEANINGS = {
    "ERROR": "Could not be judged: data is missing, incomplete or unreadable. Never a pass.",
    "STALE": "Judged once, on data that is now too old to stand for today.",
    "FAIL": "At least one subject does not meet the condition.",
    "PASS_WITH_EXCEPTIONS": "What fails is covered by approved exceptions.",
    "PASS": "Every subject meets the condition.",
    "NOT_APPLICABLE": "There is provably nothing to judge.",
}
OUTCOMES = {
    "fail": "Fail",
    "unknown": "Unknown",
    "pass": "Pass",
    "not_applicable": "Not applicable",
}
VERDICTS = {
    "complete": "Complete",
    "incomplete": "Incomplete",
    "denied": "Denied",
    "unlicensed": "Not offered",
    "failed": "Failed",
}
FRAMEWORKS = {
    "cis-controls-8-1": "CIS Controls v8.1",
    "cyber-essentials-3-1": "Cyber Essentials v3.1",
    "dora": "DORA",
    "dora-rts-2024-1774": "DORA RTS 2024/1774",
    "essential-eight-2023": "Essential Eight (2023)",
    "hipaa": "HIPAA",
    "iso-27001-2022": "ISO/IEC 27001:2022 Annex A",
    "nis2-cir-2024-2690": "NIS2 CIR 2024/2690",
    "nis2-directive": "NIS2 directive",
    "nist-800-53-r5": "NIST SP 800-53 r5",
    "nist-csf-2-0": "NIST CSF 2.0",
    "pci-dss-4-0-1": "PCI DSS 4.0.1",
    "scf-2025-2": "SCF 2025.2",
    "soc-2": "SOC 2",
}
FILTERS = {
    "os": "Operating system",
    "type": "Machine type",
    "site": "Site",
    "mode": "Mode",
    "state": "Operational state",
    "membership": "Membership",
    "version": "Agent version",
    "infected": "Infected",
    "current": "Up to date",
    "active": "Active",
    "serving": "In service, uninstall pending too",
    "group_id": "Group ID",
    "open": "Open",
    "status": "Incident status",
    "confidence": "Confidence",
    "verdict": "Analyst verdict",
    "mitigation": "Mitigation",
    "device": "Device",
    "outcome": "Outcome",
    "resource": "Resource",
    "result": "Result",
    "two_factor": "Two-factor",
    "site_state": "State",
    "site_id": "Site ID",
    "account_id": "Account ID",
    "origin": "Policy",
    "malicious": "Malicious threats",
    "suspicious": "Suspicious threats",
    "activity": "Type",
    "user": "User ID",
    "agent": "Device",
    "threat": "Threat",
}
STANDINGS = {
    "requested": ("STALE", "stale"),
    "in force": ("PASS_WITH_EXCEPTIONS", "pass-with-exceptions"),
    "approved": ("PASS_WITH_EXCEPTIONS", "pass-with-exceptions"),
    "not yet valid": ("STALE", "not-applicable"),
    "expired": ("FAIL", "fail"),
    "rejected": ("NOT_APPLICABLE", "not-applicable"),
    "revoked": ("NOT_APPLICABLE", "not-applicable"),
}
"""How a statement stands: the shape and the colour of the word."""
SOON_DAYS = 14
"""An end that is nearer than that is told."""
STATES = {"na": "enabled"}
"""The console says `na` of an agent that nobody disabled."""
CHOICES: Mapping[str, Mapping[str, str]] = {
    "state": STATES,
    # An agent serves until it is uninstalled: more of them are in service than this one word has.
    "membership": {"in service": "in service, no uninstall pending"},
    "source": {
        "mgmt": "the console (mgmt)",
        "sso_saml": "SAML (sso_saml)",
        "active_directory": "Active Directory",
    },
}
"""By filter: values in words where the console's own say too little."""
UNDERSCORED = frozenset({"state", "status", "verdict", "mitigation", "two_fa_status"})
_ACRONYMS = {
    "id": "ID",
    "uuid": "UUID",
    "os": "OS",
    "ip": "IP",
    "mac": "MAC",
    "url": "URL",
    "sha256": "SHA-256",
    "api": "API",
    "ioc": "IOC",
}
_STEPS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)
_MOMENT = timedelta(seconds=45)


def label(name: str) -> str:
    """A filter's name in words."""
    return FILTERS.get(name) or column(name)


def choice(value: str, name: str) -> str:
    """A value of a filter or a column of that name, in words."""
    shown = CHOICES.get(name, {}).get(value, value)
    return shown.replace("_", " ") if shown == value and name in UNDERSCORED else shown


def column(name: str) -> str:
    """A column's name in words: `last_active_at` → Last active."""
    words = [word for word in name.replace("two_fa", "two-factor").split("_") if word]
    if len(words) > 1 and words[-1] == "at":
        words.pop()
    if len(words) > 1 and words[0] == "is":
        words.pop(0)
    shown = [_ACRONYMS.get(word, word) for word in words]
    first = shown[0] if shown else name
    return " ".join([first if first.isupper() else first.capitalize(), *shown[1:]])


def age(moment: datetime, now: datetime) -> str:
    """How long ago, or how far ahead, in words: `3 hours ago`, `in 12 days`."""
    distance = abs(now - moment)
    if distance < _MOMENT:
        return "just now"
    # `70 days` says more than `2 months`, `36 hours` than `1 day`.
    for step, name in _STEPS:
        if distance >= (step if name in {"minute", "hour"} else 2 * step):
            count = distance // step
            break
    else:
        count, name = 1, "minute"
    amount = f"{count} {name}" if count == 1 else f"{count} {name}s"
    return f"{amount} ago" if moment <= now else f"in {amount}"


def lasting(length: timedelta) -> str:
    """How long something lasts: `0.4 s`, `12 s`, `5 min`, `3 h`, `2 days`."""
    total = length.total_seconds()
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if total < limit:
            return f"{total / unit:.1f} {name}" if total < 10 else f"{total / unit:.0f} {name}"  # noqa: PLR2004
    return f"{total / 86_400:.0f} days"


def size(count: int) -> str:
    """A number of bytes in words: `1.4 MB`."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004 - the decimal step
            return f"{count:,} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError


def span(interval: timedelta) -> str:
    """An interval in words: `24 hours`, `7 days`."""
    hours = interval / timedelta(hours=1)
    if hours < 1:
        return f"{round(hours * 60)} minutes"
    if hours <= 48:  # noqa: PLR2004 - two days read better in hours
        return "1 hour" if hours == 1 else f"{hours:g} hours"
    return f"{hours / 24:g} days"
