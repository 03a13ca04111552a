"""`watchkeeper attestations`: what people vouch for because no console can tell it."""

from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.cli import _statements as shared
from watchkeeper.cli._console import AsJson, Connection
from watchkeeper.cli._installation import DataFolderOption

if TYPE_CHECKING:
    from watchkeeper.statements.reading import Statement


def command(
    action: shared.Act = shared.Action.LIST,
    identity: shared.Identity = "",
    kind: Annotated[
        str,
        typer.Option(metavar="KIND", help="idp_mfa, policy_baseline, …; a wrong one lists all."),
    ] = "",
    subject: Annotated[
        str, typer.Option(metavar="SUBJECT", help="What it is about: site:123, user:7.")
    ] = "",
    statement: Annotated[
        str, typer.Option(metavar="TEXT", help="What you vouch for; at least 20 characters.")
    ] = "",
    value: Annotated[
        list[str] | None,
        typer.Option("--value", metavar="NAME=TEXT", help="A value of the kind; repeatable."),
    ] = None,
    starts: shared.Starts = "",
    ends: shared.Ends = "",
    ticket: shared.Ticket = "",
    remark: shared.Remark = "",
    locker: shared.PlainLocker = None,
    connection: Connection = None,
    by: shared.By = "",
    data: DataFolderOption = None,
    as_json: AsJson = False,
) -> None:
    """List attestations, show one with its history, ask for one, approve, reject or revoke it.

    Each lasts as long as its kind says at the most. Whoever asks for it cannot approve it.

    JSON: a list of {"id", "standing", "about", "requested_by", "requested_at", "decided_by",
    "decided_at", "remark", "ticket", "valid_from", "expires_at", "versions"}.
    """
    from watchkeeper.errors import UsageError
    from watchkeeper.statements import asking

    given = dict(each.partition("=")[::2] for each in value or ())
    if not all(name and text for name, text in given.items()):
        raise UsageError("A value is NAME=TEXT, such as sha256=…")
    with shared.desk(locker, connection, by, data) as here:

        def ask() -> "Statement":
            terms = shared.terms(here, ticket, starts, ends)
            return asking.attestation(
                here.locker, here.connection, kind, statement, terms, subject=subject, data=given
            )

        shared.act(here, "attestations", action, identity, remark, ask, as_json=as_json)
