"""A console's address, read from what people paste."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from watchkeeper.errors import HostNotAllowed, UsageError

VENDOR_DOMAINS = ("sentinelone.net", "s1gov.net")
API_BASE = "/web/api/v2.1"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a console is: `url` is scheme, host and port; `notes` say what was mended."""

    scheme: str
    host: str
    port: int
    notes: tuple[str, ...] = ()

    @property
    def netloc(self) -> str:
        """Host, with the port where it is not the scheme's own."""
        standard = {"https": 443, "http": 80}[self.scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == standard else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Scheme, host and port, without a path."""
        return f"{self.scheme}://{self.netloc}"


def parse_address(text: str, allowed_hosts: Sequence[str] = ()) -> Address:
    """The address in a pasted text; raises UsageError when there is none or it is not allowed.

    Only https is spoken (plain http to this machine alone), and only to the vendor's domains,
    this machine, or `allowed_hosts`: the token must not be sent anywhere else.
    """
    notes: list[str] = []
    cleaned = text.strip().strip("\"'<>").strip()
    if cleaned != text.strip():
        notes.append("quotes around the address were removed")
    if not cleaned:
        raise UsageError(
            "The console's address is empty.", hint="Give https://yourcompany.sentinelone.net."
        )
    if "://" not in cleaned:
        first = cleaned.split("/", 1)[0].rsplit(":", 1)[0]
        cleaned = f"{'http' if _is_loopback(first) else 'https'}://{cleaned}"
        notes.append("the scheme was missing and was added")
    try:
        parts = urlsplit(cleaned)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{text.strip()!r} is not an address: {error}.") from error
    host = (parts.hostname or "").rstrip(".")
    if parts.username or parts.password:
        raise UsageError(
            "The console's address holds a user name or password.",
            hint="Give the address alone; the token goes in a file.",
        )
    _check_host(parts.scheme, host, cleaned, allowed_hosts)
    if parts.path.strip("/") or parts.query or parts.fragment:
        notes.append("everything after the host was left out")
    default = 443 if parts.scheme == "https" else 80
    return Address(parts.scheme, host, default if port is None else port, tuple(notes))


def environment_proxy(address: Address) -> str | None:
    """The proxy that the environment names for this console (HTTPS_PROXY, NO_PROXY), or None."""
    if address.scheme != "https" or proxy_bypass(address.host):
        return None
    proxy = getproxies().get("https")
    if not proxy:
        return None
    try:
        return parse_proxy(proxy)
    except UsageError as error:
        raise UsageError(
            "The proxy that the environment names is not an HTTP proxy.",
            hint="Set HTTPS_PROXY to http://host:port, or NO_PROXY for this console.",
        ) from error


def parse_proxy(text: str) -> str:
    """The URL of an HTTP proxy in a pasted text; raises UsageError, which tells no password."""
    proxy = text.strip()
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in proxy):
        raise UsageError("That is no HTTP proxy.", hint="Give http://host:port.")
    return proxy


def _check_host(scheme: str, host: str, text: str, allowed_hosts: Sequence[str]) -> None:
    if not host or any(character.isspace() for character in host):
        raise UsageError(
            f"{text!r} has no host name.", hint="Give https://yourcompany.sentinelone.net."
        )
    loopback = _is_loopback(host)
    if scheme == "http" and not loopback:
        raise UsageError(
            f"{host} was given with http: the token would travel in clear.",
            hint=f"Give https://{host}.",
        )
    if scheme not in {"http", "https"}:
        raise UsageError(f"{scheme}:// is not spoken by a console.", hint="Give https://…")
    vendor = any(host == domain or host.endswith(f".{domain}") for domain in VENDOR_DOMAINS)
    if not (vendor or loopback or host in {allowed.lower() for allowed in allowed_hosts}):
        raise HostNotAllowed(
            f"{host} is not a SentinelOne host (*.sentinelone.net, *.s1gov.net).",
            hint=f"If it is your console, allow it by name: --allow-host {host}.",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
