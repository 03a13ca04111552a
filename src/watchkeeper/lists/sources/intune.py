"""Microsoft Intune: managed devices as assets."""

from collections.abc import Mapping

from watchkeeper.clock import Clock
from watchkeeper.lists.sources import Given, Source, _graph
from watchkeeper.lists.sources._records import sheet

_TITLE = "Microsoft Intune"
# Properties of managedDevice (Graph v1.0). Its documentation says that lists leave
# ethernetMacAddress null; where it comes it counts.
_FIELDS = (
    "id",
    "deviceName",
    "serialNumber",
    "wiFiMacAddress",
    "ethernetMacAddress",
    "operatingSystem",
    "managedDeviceOwnerType",
    "userPrincipalName",
    "lastSyncDateTime",
)


def _read(options: Mapping[str, str], resource: str, clock: Clock) -> Given:
    del resource  # there is one
    path = f"/v1.0/deviceManagement/managedDevices?$select={','.join(_FIELDS)}"
    found, documents = _graph.records(_TITLE, options, path, clock)
    return Given(sheet(_TITLE, _FIELDS, found), documents)


SOURCE = Source(
    name="intune",
    title=_TITLE,
    options=_graph.OPTIONS,
    resources=("assets",),
    read=_read,
    live=True,
)
