"""`watchkeeper scope`: rules about whom controls do not ask; listed, never dropped."""

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
    name: Annotated[str, typer.Option(metavar="NAME", help="As lists name the rule.")] = "",
    site: shared.Sites = None,
    group: shared.Groups = None,
    tag: shared.Tags = None,
    machine_type: shared.Types = None,
    control: Annotated[
        list[str] | None,
        typer.Option("--control", metavar="ID", help="Of these alone; repeatable."),
    ] = None,
    replaces: Annotated[
        str, typer.Option(metavar="ID", help="The rule that this is the next version of.")
    ] = "",
    reason: shared.Reason = "",
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
    """List scope rules, show one with its history, ask for one, approve, reject or revoke it.

    Whom a rule names is not applicable, with the rule as the reason. With --replaces it is the
    next version of a rule, which holds until this one is approved.

    JSON: a list of {"id", "standing", "about", "requested_by", "requested_at", "decided_by",
    "decided_at", "remark", "ticket", "valid_from", "expires_at", "versions"}.
    """
    from watchkeeper.model.statement import Selector
    from watchkeeper.statements import asking

    with shared.desk(locker, connection, by, data) as here:

        def ask() -> "Statement":
            selector = Selector(
                tuple(site or ()), tuple(group or ()), tuple(tag or ()), tuple(machine_type or ())
            )
            return asking.scope_rule(
                here.locker,
                here.connection,
                name,
                selector,
                reason,
                shared.terms(here, ticket, starts, ends),
                controls=[shared.control_of(each, here).id for each in control or ()],
                replaces=replaces,
            )

        shared.act(here, "scope_rules", action, identity, remark, ask, as_json=as_json)
