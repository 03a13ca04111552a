"""Agent packages: for each platform a train of versions of every age and maturity."""

from dataclasses import dataclass
from hashlib import sha1
from typing import Final

from watchkeeper.simulator.times import ago
from watchkeeper.simulator.world import DAY, HOUR, Plan, Row, identifier

# Days since release, maturity, version behind the platform's generation. The version that counts
# is neither the newest by date (a late fix of an old line), nor the highest by name (9 sorts after
# 10 as text), nor the highest of all (early access).
_TRAIN: Final = (
    (400, "ga", "1.4.223"),
    (300, "ga", "1.6.347"),
    (210, "ga", "2.5.277"),
    (130, "ga", "3.2.20"),
    (70, "ga", "3.9.80"),
    (45, "ea", "4.0.5"),
    (41, "ga", "3.10.12"),
    (33, "ga", "2.11.17"),
    (26, "other", "3.10.13"),
    (14, "ga", "3.12.8"),
    (9, "ea", "4.1.3"),
    (3, "beta", "4.2.1"),
)
CURRENT: Final = "3.10.12"

_PLATFORMS: Final = {
    "windows": ("24", (".msi", ".exe"), "32/64 bit", "SentinelInstaller"),
    "windows_legacy": ("4", (".exe",), "32 bit", "SentinelLegacy"),
    "macos": ("24", (".pkg",), "64 bit", "Sentinel-Release"),
    "linux": ("25", (".rpm", ".deb"), "64 bit", "SentinelAgent"),
    "linux_k8s": ("25", (".gz",), "64 bit", "s1-agent-helm"),
}


@dataclass(frozen=True, slots=True)
class Train:
    """What agents of one platform can run: at least the current version, or an older one."""

    current: tuple[str, ...]
    outdated: tuple[str, ...]


def _train(generation: str) -> Train:
    fine = tuple(f"{generation}.{v}" for v in (CURRENT, "3.10.13", "3.12.8", "4.0.5", "4.1.3"))
    old = tuple(f"{generation}.{v}" for v in ("1.6.347", "2.5.277", "3.2.20", "3.9.80", "2.11.17"))
    return Train(fine, old)


TRAINS: Final = {name: _train(platform[0]) for name, platform in _PLATFORMS.items()}


def _package(plan: Plan, number: int, platform: str, release: int, extension: str) -> Row:
    generation, _, architecture, name = _PLATFORMS[platform]
    days, status, rest = _TRAIN[release]
    version = f"{generation}.{rest}"
    file = f"{name}_{version.replace('.', '_')}{extension}"
    created = ago(plan.now, days * DAY + 5 * HOUR + number)
    return {
        "id": identifier("package", number),
        "status": status,
        "scopeLevel": "global",
        "version": version,
        "osArch": architecture,
        "rangerVersion": None,
        "minorVersion": "GA" if status == "ga" else status.upper(),
        "supportedOsVersions": None,
        "createdAt": created,
        "updatedAt": created,
        "osType": platform,
        "platformType": platform,
        "fileName": file,
        "fileSize": 90_000_000 + number * 4099,
        "fileExtension": extension,
        "majorVersion": ".".join(version.split(".")[:2]),
        "sha1": sha1(file.encode(), usedforsecurity=False).hexdigest(),
        "link": f"https://console.example/web/api/v2.1/update/agent/download/{number}",
        "sites": [],
        "accounts": [],
        "packageType": "AgentAndRanger" if platform == "windows" else "Agent",
    }


def build(plan: Plan) -> list[Row]:
    """Every package of every platform, and one that no agent runs."""
    rows: list[Row] = []
    for platform, (_, extensions, _, _) in _PLATFORMS.items():
        for release in range(len(_TRAIN)):
            for extension in extensions:
                rows.append(_package(plan, len(rows), platform, release, extension))
    extra = _package(plan, len(rows), "linux", 3, ".zip")
    rows.append(extra | {"osType": "sdk", "platformType": "sdk", "status": "other"})
    return rows
