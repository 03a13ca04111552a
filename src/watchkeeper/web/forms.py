"""The form a console is connected with, and edited."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django import forms

from watchkeeper.errors import UsageError
from watchkeeper.jobs.trying import Candidate
from watchkeeper.ledger.connections import Options, known_proxy, new_name
from watchkeeper.ledger.consoles import console_address
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.intervals import bounds, intervals
from watchkeeper.ledger.models import Connection
from watchkeeper.model.filter import parse_filter
from watchkeeper.model.options import parse_tags
from watchkeeper.resources import catalogue
from watchkeeper.sentinelone.address import Address, parse_proxy
from watchkeeper.sentinelone.certificates import parse_certificates
from watchkeeper.sentinelone.token import Token, parse_token
from watchkeeper.web.words import span

# What is asked for once in a while; the rest goes along with one of these.
SET_BY_PEOPLE = (
    "agents", "threats", "activities", "policies", "groups", "sites", "accounts", "users",
    "service_users",
)  # fmt: skip
_HOURS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168)
_EVERY = "every_"
_PASSWORD = {"autocomplete": "off", "spellcheck": "false"}


class ConnectionForm(forms.Form):
    """A console's address and token, and what can be set about how it is collected.

    After `is_valid()`, `candidate` is what to try, `options` what to save and
    `identity` the new connection's name. Of a connection
    that exists the address is fixed, and an empty token means the one it has.
    """

    console = forms.CharField(
        label="Console URL",
        max_length=500,
        help_text="As in your browser's address bar: https://yourcompany.sentinelone.net",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    token = forms.CharField(
        label="API token",
        max_length=5000,
        widget=forms.PasswordInput(attrs=_PASSWORD),
        help_text="Of a service user with the role Viewer. Kept encrypted, never shown again.",
    )
    name = forms.CharField(
        label="Name",
        max_length=100,
        required=False,
        help_text="What to call it; the console's host by default. It names the evidence too, "
        "and cannot be changed later.",
    )
    tags = forms.CharField(
        label="Tags", max_length=1000, required=False, help_text="Separated by commas."
    )
    accounts = forms.CharField(
        label="Only these accounts",
        max_length=10_000,
        required=False,
        help_text="Ids, separated by commas. Empty: all that the token sees.",
    )
    sites = forms.CharField(
        label="Only these sites",
        max_length=10_000,
        required=False,
        help_text="Ids, separated by commas, instead of accounts. Who may use the console is "
        "collected whole anyway.",
    )
    proxy = forms.CharField(
        label="Proxy",
        max_length=500,
        required=False,
        help_text="http://host:port, with user:password@ where it wants one. Empty: the "
        "environment's.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    certificates = forms.CharField(
        label="Certificate authority",
        required=False,
        help_text="PEM, where a proxy inspects TLS with a certificate of your own. Believed "
        "beside the system's.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    candidate: Candidate
    options: Options
    identity: str

    def __init__(
        self, *args: Any, parts: Installation, connection: Connection | None = None, **kwargs: Any
    ) -> None:
        """`connection`: the one that is edited, None for a new one."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.parts = parts
        self.connection = connection
        for name in SET_BY_PEOPLE:
            resource = catalogue()[name]
            shortest, longest = bounds(resource)
            choices = [timedelta(hours=each) for each in _HOURS]
            self.fields[_EVERY + name] = forms.ChoiceField(
                label=resource.title,
                required=False,
                choices=[
                    (f"{each.total_seconds():.0f}", span(each))
                    for each in choices
                    if shortest <= each <= longest
                ],
            )
        if connection is not None:
            self._show(connection)

    def _show(self, connection: Connection) -> None:
        """Fills in what the connection has; never its token."""
        for name in ("console", "name"):
            self.fields[name].disabled = True
        self.fields["token"].required = False
        self.fields["token"].help_text = (
            f"Empty: keep the one it has (fingerprint {connection.token_fingerprint}). Another is "
            "tried first; until it works, the old one goes on."
        )
        self.initial = {
            "console": connection.console,
            "name": connection.name,
            "tags": ", ".join(connection.tags),
            "accounts": ", ".join(connection.accounts),
            "sites": ", ".join(connection.sites),
            "certificates": connection.certificates,
            "proxy": known_proxy(connection, self.parts.vault) or "",
        }

    def intervals(self) -> Iterator[forms.BoundField]:
        """The fields for how often resources are collected."""
        for name in SET_BY_PEOPLE:
            yield self[_EVERY + name]

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        """Intervals as they are now, or as resources declare them."""
        if field_name.startswith(_EVERY):
            name = field_name.removeprefix(_EVERY)
            now = intervals(self.connection) if self.connection else None
            every = now[name] if now else catalogue()[name].interval
            return f"{every.total_seconds():.0f}"
        return super().get_initial_for_field(field, field_name)

    def clean(self) -> dict[str, Any]:
        """Reads what was pasted; each fault is told at its field."""
        found = self.cleaned_data
        address = self._read("console", self._address)
        token = self._read("token", self._token)
        proxy = self._read("proxy", lambda text: parse_proxy(text) if text.strip() else "")
        certificates = self._read("certificates", parse_certificates)
        tags = self._read("tags", parse_tags)
        accounts = found.get("accounts", "")
        within = self._read("sites", lambda text: parse_filter(accounts, text))
        if self.errors:
            return found
        chosen = {name: found.get(_EVERY + name) for name in SET_BY_PEOPLE}
        own = {name: timedelta(seconds=int(value)) for name, value in chosen.items() if value}
        self.candidate = Candidate(address, token, proxy, certificates)
        self.options = Options(tags, within, own, certificates, proxy)
        if self.connection is None:
            self._check_name(found.get("name") or address.netloc)
        return found

    def _address(self, text: str) -> Address:
        return console_address(text, self.parts.allowed_consoles)

    def _token(self, text: str) -> Token:
        if text.strip() or self.connection is None:
            return parse_token(text)
        return self.parts.vault.decrypt(self.connection.token_ciphertext)

    def _read(self, name: str, read: Any) -> Any:
        """What a field's text is; its fault is added to the field."""
        if name in self.errors:
            return None
        try:
            return read(self.cleaned_data.get(name, ""))
        except UsageError as error:
            self.add_error(name, str(error))
            return None

    def _check_name(self, text: str) -> None:
        try:
            self.identity = new_name(text)
        except UsageError as error:
            self.add_error("name" if self.cleaned_data.get("name") else "console", str(error))

    def told(self) -> list[str]:
        """What is wrong, each with the name of its field, for where the fields do not stand by."""
        return [
            f"{self.fields[name].label}: {text}"
            for name, texts in self.errors.items()
            for text in texts
        ]

    @property
    def new_token(self) -> Token | None:
        """The token that was typed, None where the one it has is kept."""
        return self.candidate.token if self.cleaned_data.get("token") else None
