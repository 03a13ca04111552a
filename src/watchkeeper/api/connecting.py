"""What a program sends to connect or change a console, read as the pages' form reads it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from watchkeeper.api.problems import Declined, unusable
from watchkeeper.collection.engine import AGENT
from watchkeeper.errors import ConsoleError, UsageError
from watchkeeper.jobs.trying import Candidate, ensure_accepted
from watchkeeper.ledger.connections import Options, proxy_of
from watchkeeper.ledger.consoles import console_address
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.intervals import checked
from watchkeeper.ledger.models import Connection
from watchkeeper.model.filter import parse_filter
from watchkeeper.model.options import parse_tags
from watchkeeper.resources import catalogue
from watchkeeper.sentinelone.address import Address, parse_proxy
from watchkeeper.sentinelone.certificates import parse_certificates
from watchkeeper.sentinelone.token import Token, parse_token

Text = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
Secret = Annotated[str, StringConstraints(max_length=5000, pattern=r"^[^\x00]*$")]
"""An API token of a service user with the role Viewer."""

_LONGEST_INTERVAL = 10_000_000


class Settings(Schema):
    """What can be set about a connection beside its address and token."""

    model_config = ConfigDict(extra="forbid")

    tags: list[Text] = Field(default_factory=list, max_length=100)
    accounts: list[Text] = Field(
        default_factory=list, max_length=500, description="Ids; empty: all the token sees."
    )
    sites: list[Text] = Field(
        default_factory=list, max_length=500, description="Ids, instead of accounts."
    )
    intervals: dict[str, Annotated[int, Field(ge=0, le=_LONGEST_INTERVAL)]] = Field(
        default_factory=dict, max_length=100, description="Seconds by resource."
    )
    proxy: Text = Field("", description="http://host:port, with user:password@ where needed.")
    certificates: Annotated[str, StringConstraints(max_length=200_000, pattern=r"^[^\x00]*$")] = (
        Field("", description="PEM of an authority to believe beside the system's.")
    )


class NewConnection(Settings):
    """A console to connect."""

    token: Secret = Field(description="Kept encrypted, never told again.")
    console: Text = Field(description="https://yourcompany.sentinelone.net")
    name: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")] = Field(
        "", description="What to call it; the console's host by default."
    )


class ChangedConnection(Settings):
    """What is to be other than it is; what is left out stays."""

    token: Secret | None = None
    paused: bool | None = None


def candidate(wanted: NewConnection, parts: Installation) -> Candidate:
    """What is to be tried; raises Declined with a fault for each value that cannot be used."""
    return Candidate(
        _read("console", lambda: _address(wanted.console, parts)),
        _read("token", lambda: parse_token(wanted.token)),
        _read("proxy", lambda: _proxy(wanted.proxy)),
        _read("certificates", lambda: parse_certificates(wanted.certificates)),
    )


def options(wanted: Settings) -> Options:
    """What is to be set; raises Declined with a fault for what cannot be used."""
    intervals = {name: timedelta(seconds=each) for name, each in wanted.intervals.items()}
    _read("intervals", lambda: checked(intervals))
    return Options(
        _read("tags", lambda: parse_tags("\n".join(wanted.tags))),
        _read("sites", lambda: parse_filter(",".join(wanted.accounts), ",".join(wanted.sites))),
        intervals,
        _read("certificates", lambda: parse_certificates(wanted.certificates)),
        _read("proxy", lambda: _proxy(wanted.proxy)),
    )


def changed(held: Connection, wanted: ChangedConnection, parts: Installation) -> Options:
    """The options it has, with those that were sent instead; raises Declined, and KeyLost."""
    sent = wanted.model_dump(exclude_unset=True)
    kept: Mapping[str, Any] = {
        "tags": held.tags,
        "accounts": held.accounts,
        "sites": held.sites,
        "intervals": held.intervals,
        # Where no key opens it any more it has to be sent.
        "proxy": sent["proxy"] if "proxy" in sent else proxy_of(held, parts.vault),
        "certificates": held.certificates,
    }
    given = {name: value for name, value in sent.items() if name in kept}
    return options(Settings(**{**kept, **given}))


def new_token(
    held: Connection, wanted: ChangedConnection, own: Options, parts: Installation
) -> Token | None:
    """The token that was sent, tried; None where none was. Raises Declined."""
    if wanted.token is None:
        return None
    text = wanted.token
    token: Token = _read("token", lambda: parse_token(text))
    address = _read("console", lambda: _address(held.console, parts))
    ensure(Candidate(address, token, own.proxy, own.certificates), parts)
    return token


def ensure(tried: Candidate, parts: Installation) -> None:
    """Raises Declined unless the console answers and accepts the token."""
    with _console():
        ensure_accepted(tried, parts)


def resources(names: Sequence[str]) -> list[str]:
    """Names of resources, as they are declared; raises Declined for one that is none."""
    unknown = [each for each in names if each not in catalogue()]
    if unknown:
        raise unusable(
            {f"body resources {each}": "There is no such resource." for each in unknown},
            hint=f"There are: {', '.join(catalogue())}.",
        )
    return list(names)


def ensure_agent(agent: str, resources: Sequence[str]) -> None:
    """Raises Declined unless that can be an agent's id, and is all that is asked for."""
    faults = {}
    if not AGENT.fullmatch(agent):
        faults["body agent"] = "This is no id of an agent's."
    if resources:
        faults["body resources"] = "An agent is read alone: leave the resources out."
    if faults:
        raise unusable(faults)


@contextmanager
def _console() -> Iterator[None]:
    try:
        yield
    except ConsoleError as error:
        place = "body token" if error.status else "body console"
        raise Declined(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The console was tried, and nothing was saved.",
            hint=error.hint,
            faults={place: error.message},
        ) from error


def _address(text: str, parts: Installation) -> Address:
    return console_address(text, parts.allowed_consoles)


def _proxy(text: str) -> str:
    return parse_proxy(text) if text.strip() else ""


def _read(name: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except UsageError as error:
        raise unusable({f"body {name}": error.message}, hint=error.hint) from error
