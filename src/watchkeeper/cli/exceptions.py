"""`watchkeeper exceptions`: approved, expiring deviations; asking for one, deciding on it."""

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
    control: Annotated[str, typer.Option(metavar="ID", help="From which control.")] = "",
    subject: Annotated[
        str, typer.Option(metavar="SUBJECT", help="As items name it: agent:123.")
    ] = "",
    site: shared.Sites = None,
    group: shared.Groups = None,
    tag: shared.Tags = None,
    machine_type: shared.Types = None,
    reason: shared.Reason = "",
    risk: Annotated[str, typer.Option(metavar="TEXT", help="What could happen.")] = "",
    measure: Annotated[
        str, typer.Option(metavar="TEXT", help="What keeps the risk bearable.")
    ] = "",
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
    """List exceptions, show one with its history, ask for one, approve, reject or revoke it.

    What an exception covers keeps failing; the result says so. It lasts 90 days unless --ends
    says otherwise, 365 at the most. Whoever asks for it cannot approve it.

    JSON: a list of {"id", "standing", "about", "requested_by", "requested_at", "decided_by",
    "decided_at", "remark", "ticket", "valid_from", "expires_at", "versions"}.
    """
    from watchkeeper.model.statement import Selector
    from watchkeeper.statements import asking

    with shared.desk(locker, connection, by, data) as here:

        def ask() -> "Statement":
            wanted = asking.ExceptionAsked(
                control=shared.control_of(control, here),
                reason=reason,
                risk=risk,
                measure=measure,
                subject=subject,
                selector=Selector(
                    tuple(site or ()),
                    tuple(group or ()),
                    tuple(tag or ()),
                    tuple(machine_type or ()),
                ),
            )
            terms = shared.terms(here, ticket, starts, ends)
            return asking.exception(here.locker, here.connection, wanted, terms)

        shared.act(here, "exceptions", action, identity, remark, ask, as_json=as_json)
