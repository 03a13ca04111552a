"""Devices that agents saw on their networks: with an agent, without one, or unable to have one."""

from datetime import timedelta
from typing import Any, Final

from watchkeeper.simulator.places import Places
from watchkeeper.simulator.times import ago, read, stamp
from watchkeeper.simulator.world import DAY, HOUR, Plan, Row, identifier

# Managed state, system, days since it was first seen.
_SICK: Final[tuple[tuple[str, str | None, float | None], ...]] = (
    ("managed", "windows", 300.4),
    ("managed", None, 20.4),
    ("unmanaged", "windows", 2.4),
    ("unmanaged", "macos", 5.4),
    ("unmanaged", "windows", 30.4),
    ("unmanaged", "linux", 8.4),
    ("unmanaged", "printer", 90.4),
    ("unsupported", "windows", 400.4),
    ("unsupported", None, None),
    ("unknown", "linux", 1.4),
    ("unknown", "windows", 60.4),
)
_HEALTHY: Final = (_SICK[0], _SICK[2], _SICK[3], _SICK[6], _SICK[8])


def build(plan: Plan, places: Places) -> list[Row]:
    """All that was found, about one for every hundred agents and each kind once at least."""
    kinds = _HEALTHY if plan.healthy else _SICK
    count = max(len(kinds), plan.agents // 100) if places.sites else 0
    return [device(plan, places, number, *kinds[number % len(kinds)]) for number in range(count)]


def device(
    plan: Plan, places: Places, number: int, state: str, system: str | None, days: float | None
) -> Row:
    """One device."""
    random = plan.chance(f"rogue:{number}")
    site = places.sites[number % len(places.sites)]
    # Minutes apart, and never so that its days are over within the next hours.
    first = None if days is None else plan.now - timedelta(days=days, minutes=number % 60)
    seen = ago(plan.now, random.uniform(0.2, 6) * HOUR)
    row: dict[str, Any] = {
        "_n": number,
        "id": identifier("rogue", number),
        "hostnames": None if number % 6 == 5 else [f"device-{number}.northwind.example"],
        "localIp": f"10.{number >> 8 & 255}.{number & 255}.77",
        "externalIp": f"203.0.113.{number % 254 + 1}",
        "macAddress": (0x06AA00 << 24 | number).to_bytes(6, "big").hex(":"),
        "manufacturer": None if number % 4 == 3 else "Acme Networks",
        "deviceType": "Printer" if system == "printer" else "Workstation",
        "osType": system,
        "osName": None,
        "osVersion": None,
        "domain": None if number % 2 else "NORTHWIND",
        "firstSeen": None if first is None else stamp(first),
        "lastSeen": seen,
        "managedState": state,
        "agentId": None,
        "siteId": site["id"],
        "siteName": site["name"],
        "accountId": site["accountId"],
        "accountName": site["accountName"],
    }
    return row


def live(rows: list[Row], plan: Plan, places: Places, day: int) -> list[Row]:
    """A day later: one more was found, and now and then one got its agent or was unplugged."""
    following = list(rows)
    if places.sites:
        number = 100_000 + day
        following.append(device(plan, places, number, "unmanaged", "windows", 60 / DAY))
    waiting = [i for i, row in enumerate(following) if row["managedState"] == "unmanaged"]
    if plan.healthy:  # before they become old
        for index in waiting:
            seen = read(following[index]["firstSeen"])
            if seen is not None and plan.now - seen > timedelta(days=5.6):
                following[index] = following[index] | {"managedState": "managed"}
    elif day % 2 and waiting:
        following[waiting[0]] = following[waiting[0]] | {"managedState": "managed"}
    if day % 3 == 0 and not plan.healthy and len(following) > 3:
        del following[day % (len(following) - 1)]
    return following
