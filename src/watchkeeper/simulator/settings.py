"""The console's own settings: single sign-on and where its log is forwarded to."""

import secrets
from dataclasses import dataclass

from watchkeeper.simulator.world import Plan, Row


@dataclass(slots=True)
class Settings:
    """What the console answers below `/settings`."""

    sso: Row
    syslog: Row


def build(plan: Plan) -> Settings:
    """Both are on; in a company that is not well the log goes without encryption."""
    certificate = f"-----BEGIN CERTIFICATE-----\n{secrets.token_urlsafe(90)}\n"
    return Settings(
        sso={
            "enabled": True,
            "idpSsoUrl": "https://login.northwind.example/sso",
            "issuerId": "https://login.northwind.example/",
            "autoProvisioning": False,
            "idpCert": certificate,
        },
        syslog={
            "enabled": True,
            "host": "siem.northwind.example:6514",
            "format": "CEF2",
            "ssl": plan.healthy,
            "token": secrets.token_urlsafe(24),
            "clientKey": secrets.token_urlsafe(90),
        },
    )
