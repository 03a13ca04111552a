"""The activity types a console declares, by the age of its API, with the names that are known."""

from functools import cache
from typing import Final

_SINCE_2024 = """
2 5-8 15-99 101-114 116-148 150-151 200-201 203-204 221 1001-1002 1023-1024 1100-1105
1501-1504 2001-2018 2021-2043 2100-2101 2110-2111 3001-3023 3100-3103 3200-3204 3400
3500-3503 3505-3507 3520-3527 3530-3534 3600-3608 3610-3618 3620-3642 3650-3656 3660-3670
3701-3702 3710-3712 3714-3715 3720-3721 3730 3750-3757 3767-3775 4001-4013 4020-4022
4100-4113 5000-5013 5020-5029 5040-5045 5120-5129 5220-5222 5225-5244 5250-5259 6000-6002
6010-6013 6030-6032 6050-6055 6999 7100-7101 7200-7203 7210-7212 7500-7505 7600-7604
7700-7702 7800-7802 7830-7831 7853-7858 7860-7863 7870-7872 7900-7903 8001-8002 9001-9002
10000
"""

_SINCE_2026 = """
115 149 152-163 300-306 701-703 1025 3031-3034 3050-3053 3758 3776-3788 3801-3806 5030
5046 7204-7209 7213-7215 7256 7300-7302 7506-7507 7803 7832-7841 7859 7880-7882 9100-9104
9106-9113 9200-9214 11001-11003 12001-12009 13000 13010-13011 13020-13031 13041-13047
14000-14002 15000-15004 16000-16007 17000-17001 18000-18002 19000 20000-20009 21000-21005
22000-22006 22051-22054 22071-22073
"""

NAMES: Final = {
    17: "New Agent",
    18: "New Threat Mitigated",
    19: "New Threat Not Mitigated",
    20: "New Threat Preemptive Block",
    23: "User Added",
    24: "User Modified",
    25: "User Deleted",
    27: "User Logged In",
    33: "User Logged Out",
    37: "User Modified",
    41: "Learning Mode Settings Modified",
    42: "Global 2FA Modified",
    43: "Agent Updated",
    44: "Auto Decommission On",
    45: "Auto Decommission Off",
    46: "Auto Decommission Period Modified",
    47: "Auto Decommissioned Agent",
    51: "Agent Uninstalled",
    52: "Uninstall Approved",
    53: "Uninstall Rejected",
    54: "Agent Decommissioned",
    55: "Agent Recommissioned",
    56: "Auto Mitigation Action Modified",
    57: "Quarantine Network Settings Modified",
    61: "Agent Disconnected From Network",
    62: "Agent Reconnected To Network",
    67: "User 2FA Modified",
    68: "Engine Modified In Policy",
    69: "Mitigation Policy Modified",
    71: "Scan Initiated",
    73: "Scan New Agents Modified",
    76: "Anti Tampering Modified",
    77: "Agent UI Settings Modified",
    78: "Snapshots Settings Modified",
    79: "Agent Logging Modified",
    87: "Remote Shell Settings Modified",
    90: "Agent Full Scan Started",
    95: "Agent Moved To A Different Group",
    102: "User Deleted",
    107: "Role Created",
    108: "Role Edited",
    109: "Role Deleted",
    110: "API Token Generation Allowed",
    111: "API Token Generation Denied",
    112: "API Token Generated",
    113: "API Token Revoked",
    116: "Policy Settings Modified",
    117: "Agent Disabled By User",
    118: "Agent Enabled By User",
    120: "Agent Enabled, Expired",
    128: "Agent Limited By Database Corruption",
    129: "Allowed Domains Changed",
    133: "Existing User Login Failure",
    134: "Unknown User Login",
    139: "User Failed To Start An Unrestricted Session",
    140: "Service User Created",
    141: "Service User Modified",
    142: "Service User Deleted",
    145: "User Enrolled In 2FA",
    146: "User 2FA Reset",
    147: "User Configured 2FA",
    221: "Threat Auto Resolved",
    2001: "Threat Mitigation Report Kill Success",
    2004: "Threat Mitigation Report Quarantine Success",
    2028: "Threat Incident Status Changed",
    2029: "Threat Ticket Number Changed",
    2030: "Threat Analyst Verdict Changed",
    2036: "Threat Confidence Level Changed By Agent",
    3001: "Hash Added To Blocklist",
    3002: "Hash Added To Blocklist",
    3008: "New Path Exclusion",
    3012: "Path Exclusion Modified",
    3016: "Path Exclusion Deleted",
    3100: "Package Uploaded",
    3629: "Login With Saved 2FA Recovery Code",
    3710: "Password Reset By User",
    3750: "Auto Upgrade Policy Added",
    3752: "Auto Upgrade Policy Edited",
    4003: "New Suspicious Threat Not Mitigated",
    4008: "Threat Mitigation Status Changed",
    4009: "Process Was Added To Threat",
    5006: "Group Deleted",
    5008: "Group Created",
    5009: "Agent Moved Dynamically",
    5011: "Group Policy Reverted",
    5020: "Site Created",
    5021: "Site Modified",
    5024: "Site Policy Reverted",
    5027: "Site Token Regenerated",
    5040: "Account Created",
    5041: "Account Modified",
    5044: "Account Policy Reverted",
}


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for word in text.split():
        first, _, last = word.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


@cache
def known_types(profile: str) -> tuple[int, ...]:
    """Every activity type a console of this profile declares, ascending."""
    numbers = _numbers(_SINCE_2024)
    if profile != "2024":
        numbers += _numbers(_SINCE_2026)
    return tuple(sorted(numbers))


def descriptions(profile: str) -> list[dict[str, object]]:
    """The answer of `/activities/types`."""
    return [
        {
            "id": number,
            "action": NAMES.get(number, f"Activity {number}"),
            "descriptionTemplate": "{{ username }}: " + NAMES.get(number, f"activity {number}"),
        }
        for number in known_types(profile)
    ]
