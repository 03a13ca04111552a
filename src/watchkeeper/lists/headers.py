"""Names that columns of lists have in the wild, English and German, and what they mean.

Those of exports and interfaces are the vendors' own: Microsoft Graph (managedDevice, device,
user), Jamf Pro (computers-inventory), Active Directory's attributes and PowerShell's properties.
"""

import re
from typing import Final

_SIGNS = re.compile(r"[\W_]+")

# By resource and column: headers, folded; those named first win where a list has several.
KNOWN: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "assets": {
        "external_id": (
            "assettag", "assetid", "assetnumber", "assetno", "asset", "inventorynumber",
            "inventoryno", "inventarnummer", "inventarnr", "anlagennummer", "externalid",
            "deviceid", "geräteid", "configurationitem", "ciid", "objectguid", "id",
        ),
        "name": (
            "hostname", "host", "computername", "devicename", "machinename", "rechnername",
            "gerätename", "computer", "endpointname", "dnshostname", "fqdn", "name", "displayname",
        ),
        "domain": ("domain", "domäne", "dnsdomain", "addomain", "domainname"),
        "serial_number": (
            "serialnumber", "serialno", "serial", "sn", "seriennummer", "seriennr",
            "servicetag", "hardwareserial",
        ),
        "mac_addresses": (
            "mac", "macaddress", "macaddresses", "macadresse", "macadressen", "wifimac",
            "wifimacaddress", "wlanmac", "ethernetmac", "ethernetmacaddress", "lanmac",
            "altmacaddress", "primarymacaddress", "secondarymacaddress",
        ),
        "os_type": (
            "ostype", "osfamily", "os", "operatingsystem", "betriebssystem", "osname", "platform",
        ),
        "machine_type": (
            "machinetype", "devicetype", "assettype", "gerätetyp", "type", "typ", "category",
            "kategorie", "formfactor", "chassistype",
        ),
        "status": (
            "lifecycle", "lifecyclestatus", "lifecyclestate", "assetstatus", "status", "state",
            "zustand", "enabled", "accountenabled", "aktiviert",
        ),
        "owner": (
            "owner", "assignedto", "assigneduser", "assignee", "besitzer", "eigentümer",
            "zugewiesenan", "benutzer", "primaryuser", "primaryuserupn", "userprincipalname",
            "email", "username", "user", "managedby",
        ),
        "location": ("location", "site", "standort", "office", "building", "gebäude", "ort"),
        "last_seen_at": (
            "lastseen", "lastseenat", "lastcontact", "lastcontacttime", "lastcheckin",
            "lastsync", "lastsyncdatetime", "approximatelastsignindatetime", "lastlogondate",
            "lastlogon", "zuletztgesehen", "letzterkontakt", "letzteanmeldung",
        ),
    },
    "people": {
        "external_id": (
            "employeeid", "employeenumber", "employeeno", "personnelnumber", "personalnummer",
            "personalnr", "mitarbeiternummer", "externalid", "userid", "objectguid", "id",
        ),
        "email": (
            "email", "emailaddress", "mail", "mailadresse", "emailadresse", "workemail",
            "userprincipalname", "upn",
        ),
        "name": (
            "name", "fullname", "displayname", "employeename", "vollständigername", "mitarbeiter",
            "realname", "cn",
        ),
        "active": (
            "active", "aktiv", "enabled", "accountenabled", "isactive", "employmentstatus",
            "status", "aktiviert",
        ),
        "left_at": (
            "leftat", "terminationdate", "leavedate", "leavingdate", "employeeleavedatetime",
            "lastday", "lastworkingday", "enddate", "austrittsdatum", "austritt", "austrittam",
            "exitdate",
        ),
    },
    "support_ends": {
        "external_id": ("externalid", "id"),
        "os_type": (
            "ostype", "osfamily", "os", "operatingsystem", "betriebssystem", "platform", "agent",
        ),
        "version": ("version", "agentversion", "release", "train"),
        "ends_at": (
            "endsat", "endofsupport", "eos", "endoflife", "eol", "endofsupportdate",
            "supportends", "supportende", "enddate",
        ),
        "source": ("source", "quelle", "url", "reference"),
    },
}  # fmt: skip

# What makes a row known again on the next load: the first of these that it has, joined.
KEYS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "assets": (("external_id",), ("serial_number",), ("name",)),
    "people": (("external_id",), ("email",), ("name",)),
    "support_ends": (("external_id",), ("os_type", "version"), ("version",)),
}


def folded(header: str) -> str:
    """A header without case, blanks and signs: `Serial Number` and `serial_number` are one."""
    return _SIGNS.sub("", header).casefold()
