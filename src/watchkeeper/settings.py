"""What an operator can set, read from the environment once, by `bootstrap`.

`SETTINGS` lists every variable with its meaning; `load` reads them into one frozen value.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from watchkeeper.errors import UsageError

SETTINGS: Mapping[str, str] = {
    "WATCHKEEPER_DATA": "The folder of this installation: keys, embedded database, evidence.",
    "WATCHKEEPER_LOCKER": "The evidence: a folder, or a bucket's URL. Default: DATA/locker.",
    "WATCHKEEPER_CONTROLS": (
        "The folder of the controls you wrote, a Markdown page each. Default: DATA/controls, where "
        "there is one."
    ),
    "WATCHKEEPER_DATABASE_URL": (
        "A PostgreSQL of your own, postgresql://user:password@host/database. "
        "Default: an embedded one in DATA."
    ),
    "WATCHKEEPER_HOST": "The address the web server listens on. Default: 127.0.0.1.",
    "WATCHKEEPER_PORT": "The port the web server listens on. Default: 8765.",
    "WATCHKEEPER_PUBLIC_URL": (
        "The address people use, when a proxy stands in front: https://watch.example.org. "
        "With https, cookies are sent over https only."
    ),
    "WATCHKEEPER_ALLOWED_CONSOLES": (
        "Hosts a token may be sent to besides *.sentinelone.net and *.s1gov.net, "
        "separated by commas."
    ),
    "WATCHKEEPER_KEY_FILE": (
        "A file with the keys that encrypt API tokens, the newest first, one a line. Default: a "
        "file of this installation's own below ~/.config/watchkeeper (root: /etc/watchkeeper), "
        "made when the first token is stored."
    ),
    "WATCHKEEPER_KEYRING": (
        "`system`: the keys lie in the keyring of the account Watchkeeper runs as (Secret "
        "Service, Keychain, Credential Locker), instead of a file."
    ),
    "WATCHKEEPER_KEY": "The keys themselves instead, the newest first, separated by commas.",
}
_PREFIX = "WATCHKEEPER_"
_TOKEN = "WATCHKEEPER_TOKEN"  # noqa: S105 - a name: commands take a token there, no installation
_SYSTEM = "system"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LARGEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one installation; what is secret is not printed."""

    data: Path
    locker: str
    controls: Path | None = None
    database_url: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 8765
    public_url: str = ""
    allowed_consoles: tuple[str, ...] = ()
    keys: tuple[str, ...] = field(default=(), repr=False)
    key_file: str = ""
    system_keyring: bool = False
    configuration: Path = field(default=Path("/etc/watchkeeper"), compare=False)

    @property
    def controls_folder(self) -> Path:
        """Where the tenant's controls lie; only where `controls` names it must it be there."""
        return self.controls or self.data / "controls"

    @property
    def address(self) -> str:
        """What a browser on this machine opens, with a slash at its end."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", "localhost"} else self.host  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    @property
    def secure(self) -> bool:
        """Whether people come over https."""
        return self.public_url.startswith("https://")

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """The host names requests may be addressed to."""
        hosts = ["127.0.0.1", "localhost", "[::1]"]
        if self.host not in _LOOPBACK | {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
            hosts.append(f"[{self.host}]" if ":" in self.host else self.host)
        if self.public_url:
            hosts.append(urlsplit(self.public_url).hostname or "")
        return tuple(hosts)

    def environment(self) -> dict[str, str]:
        """The settings as the environment of a child process, keys and passwords left as given."""
        found = {
            "WATCHKEEPER_DATA": str(self.data),
            "WATCHKEEPER_LOCKER": self.locker,
            "WATCHKEEPER_HOST": self.host,
            "WATCHKEEPER_PORT": str(self.port),
        }
        if self.controls:
            found["WATCHKEEPER_CONTROLS"] = str(self.controls)
        if self.key_file:
            found["WATCHKEEPER_KEY_FILE"] = self.key_file
        if self.system_keyring:
            found["WATCHKEEPER_KEYRING"] = _SYSTEM
        return found


def unknown(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The names that look like settings and are none, each with the one that may be meant."""
    words = {name.removeprefix(_PREFIX): name for name in SETTINGS}
    found = {}
    for name in sorted(environ):
        if name.startswith(_PREFIX) and name not in {*SETTINGS, _TOKEN}:
            meant = get_close_matches(name.removeprefix(_PREFIX), words, n=1)
            found[name] = words[meant[0]] if meant else ""
    return found


def load(
    environ: Mapping[str, str] = os.environ,
    *,
    data: Path | None = None,
    host: str | None = None,
    port: int | None = None,
) -> Settings:
    """The settings of the environment, with what flags say instead; raises UsageError."""
    for name in sorted(environ):
        meant = [] if name in SETTINGS else get_close_matches(name, SETTINGS, n=1, cutoff=0.93)
        if meant:
            raise UsageError(f"There is no setting {name}.", hint=f"Did you mean {meant[0]}?")
    folder = (data or _data(environ)).expanduser().absolute()
    public = environ.get("WATCHKEEPER_PUBLIC_URL", "").strip().rstrip("/")
    if public and (
        urlsplit(public).scheme not in {"http", "https"} or not urlsplit(public).hostname
    ):
        raise UsageError(
            f"WATCHKEEPER_PUBLIC_URL is {public!r}, which is no address of a web site.",
            hint="Give https://watch.example.org.",
        )
    return Settings(
        data=folder,
        locker=environ.get("WATCHKEEPER_LOCKER", "").strip() or str(folder / "locker"),
        controls=_controls(environ),
        database_url=environ.get("WATCHKEEPER_DATABASE_URL", "").strip(),
        host=host or environ.get("WATCHKEEPER_HOST", "").strip() or "127.0.0.1",
        port=_port(
            port if port is not None else environ.get("WATCHKEEPER_PORT", "").strip() or 8765
        ),
        public_url=public,
        allowed_consoles=_several(environ, "WATCHKEEPER_ALLOWED_CONSOLES"),
        keys=_several(environ, "WATCHKEEPER_KEY"),
        key_file=_key_file(environ),
        system_keyring=_system_keyring(environ),
        configuration=_configuration(environ),
    )


def _data(environ: Mapping[str, str]) -> Path:
    given = environ.get("WATCHKEEPER_DATA", "").strip()
    if given:
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/watchkeeper")  # not below a home folder: see ledger/postgres.py
    base = environ.get("XDG_DATA_HOME", "").strip()
    return (Path(base) if base else Path.home() / ".local" / "share") / "watchkeeper"


def _controls(environ: Mapping[str, str]) -> Path | None:
    given = environ.get("WATCHKEEPER_CONTROLS", "").strip()
    return Path(given).expanduser().absolute() if given else None


def _key_file(environ: Mapping[str, str]) -> str:
    given = environ.get("WATCHKEEPER_KEY_FILE", "").strip()
    return str(Path(given).expanduser().absolute()) if given else ""


def _system_keyring(environ: Mapping[str, str]) -> bool:
    given = environ.get("WATCHKEEPER_KEYRING", "").strip()
    if given not in {"", _SYSTEM}:
        raise UsageError(
            f"WATCHKEEPER_KEYRING is {given!r}, which is no keyring there is.",
            hint=f"Give {_SYSTEM}, or leave it out for a file.",
        )
    if given and environ.get("WATCHKEEPER_KEY_FILE", "").strip():
        raise UsageError(
            "Both WATCHKEEPER_KEYRING and WATCHKEEPER_KEY_FILE are set.",
            hint="Set the one the keys are to lie in.",
        )
    return bool(given)


def _configuration(environ: Mapping[str, str]) -> Path:
    """Where this user's configuration lies, which is not where the data lies."""
    base = environ.get("XDG_CONFIG_HOME", "").strip()
    if not base and os.geteuid() == 0:
        return Path("/etc/watchkeeper")
    return Path(base or os.path.expanduser("~/.config")) / "watchkeeper"  # noqa: PTH111 - never raises


def _port(given: str | int) -> int:
    try:
        port = int(given)
    except ValueError:
        port = 0
    if not 1 <= port <= _LARGEST_PORT:
        raise UsageError(
            f"The port {given!r} is none.", hint="Give a number from 1 to 65535 (WATCHKEEPER_PORT)."
        )
    return port


def _several(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())
