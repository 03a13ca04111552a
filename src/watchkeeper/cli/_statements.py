"""What the commands about statements share: whose locker, who acts, lists and single ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchkeeper.cli._console import known_connection, output, print_json, visible
from watchkeeper.cli._installation import actor

if TYPE_CHECKING:
    from watchkeeper.locker.locker import Locker
    from watchkeeper.model.control import Control, Scalar
    from watchkeeper.statements.asking import Asked
    from watchkeeper.statements.reading import Statement
    from watchkeeper.statements.versions import Decision


class Action(StrEnum):
    """What to do about statements."""

    LIST = "list"
    SHOW = "show"
    REQUEST = "request"
    APPROVE = "approve"
    REJECT = "reject"
    REVOKE = "revoke"


Act = Annotated[Action, typer.Argument(help="list, show, request, approve, reject or revoke.")]
Identity = Annotated[
    str, typer.Argument(metavar="[ID]", help="To show, approve, reject or revoke: which one.")
]
PlainLocker = Annotated[
    str | None,
    typer.Option(
        "--locker", metavar="DIR", help="An evidence folder or bucket without an installation."
    ),
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="With --locker: who acts.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; at least 20 characters.")]
Remark = Annotated[str, typer.Option(metavar="TEXT", help="Why it is approved, rejected, revoked.")]
Ticket = Annotated[str, typer.Option(metavar="TEXT", help="Where it was talked about.")]
Starts = Annotated[
    str, typer.Option(metavar="DAY", help="The first day, 2026-03-31; once approved by default.")
]
Ends = Annotated[
    str, typer.Option(metavar="DAY", help="The last day, 2026-03-31, or days from the start: 30.")
]
Sites = Annotated[list[str] | None, typer.Option("--site", metavar="ID", help="Repeatable.")]
Groups = Annotated[list[str] | None, typer.Option("--group", metavar="ID", help="Repeatable.")]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="key or key=value; repeatable.")
]
Types = Annotated[
    list[str] | None,
    typer.Option("--machine-type", metavar="TYPE", help="laptop, server, …; repeatable."),
]


@dataclass(frozen=True)
class Desk:
    """Where a command acts: a locker, a connection in it, who acts.

    `installed`: in an installation, where acts are audited and controls judged again.
    """

    locker: "Locker"
    connection: str
    person: str
    installed: bool

    @property
    def now(self) -> datetime:
        """The time (UTC)."""
        return self.locker.clock.now()

    def decisions(self, resource: str) -> "dict[str, Decision]":
        """By id: every statement of that sort."""
        from watchkeeper.statements.versions import of_locker

        found = of_locker(self.locker, self.connection)
        return {name: each for name, each in found.items() if each.sort.resource == resource}

    def judged(self, control: str) -> "Control | None":
        """A control that is none of the catalogue's, as its page was sealed; None: never judged."""
        from watchkeeper.controls.page import parse
        from watchkeeper.locker import layout
        from watchkeeper.resources import everything

        sealed = self.locker.assessments(self.connection, control) if control else []
        if not sealed:
            return None
        page = self.locker.store.get(f"{sealed[-1].path}/{layout.PAGE}")
        return parse(page, f"{control}.md", everything(), None, tenant=True)

    def request(self, ask: "Callable[[], Statement]") -> str:
        """Asks for a statement; its id. Raises UsageError."""
        if not self.installed:
            return ask().decided.id
        from watchkeeper.jobs.stating import Actor, request

        return request(self.locker, self.connection, Actor(self.person, actor()), ask).decided.id

    def decide(self, act: str, identity: str, remark: str) -> None:
        """Approves, rejects or revokes. Raises UsageError."""
        if self.installed:
            from watchkeeper.jobs.stating import Actor, decide

            who = Actor(self.person, actor())
            decide(self.locker, self.connection, who, act, identity, remark)
            return
        from watchkeeper.statements import deciding

        acts = {
            "approve": deciding.approve,
            "reject": deciding.reject,
            "revoke": deciding.revoke,
        }
        acts[act](self.locker, self.connection, identity, self.person, remark)

    def set_parameter(
        self, control: "Control", parameter: str, value: "Scalar | None", reason: str
    ) -> None:
        """Sets a parameter of a control, None: its default. Raises UsageError."""
        if self.installed:
            from watchkeeper.jobs.stating import Actor, set_parameter

            who = Actor(self.person, actor())
            set_parameter(self.locker, self.connection, who, control, parameter, value, reason)
            return
        from watchkeeper.statements import settings

        settings.set_parameter(
            self.locker,
            self.connection,
            control,
            parameter,
            value,
            by=self.person,
            reason=reason,
        )


@contextmanager
def desk(locker: str | None, connection: str | None, by: str, data: Path | None) -> Iterator[Desk]:
    """Where a command acts; raises UsageError for what does not go together."""
    from watchkeeper.errors import UsageError
    from watchkeeper.locker.locker import Locker

    if locker is not None:
        if data is not None:
            raise UsageError("--locker and --data exclude each other.", hint="Give one of them.")
        store = Locker.open(locker)
        known_connection(store, connection)
        yield Desk(store, _one(store.connections(), connection), by, installed=False)
        return
    if by:
        raise UsageError(
            "In an installation the account that types the command acts.",
            hint="--by goes with --locker.",
        )
    from watchkeeper import bootstrap

    settings = bootstrap.load_settings(data=data)
    with bootstrap.reached(settings, make=False) as app, bootstrap.answering():
        from watchkeeper.queries.connections import watched

        yield Desk(
            app.installation.locker(), _one(watched(), connection), _account(), installed=True
        )


def _one(known: Sequence[str], wanted: str | None) -> str:
    from watchkeeper.errors import UsageError

    if wanted is not None and wanted in known:
        return wanted
    if wanted is None and len(known) == 1:
        return known[0]
    listed = ", ".join(known) or "none yet"
    if wanted is not None:
        raise UsageError(f"There is no connection {wanted!r}.", hint=f"There are: {listed}.")
    raise UsageError("Say for which connection.", hint=f"Give --connection: {listed}.")


def _account() -> str:
    """The operating system's name of who types, as people are named."""
    return actor().removesuffix(" (command line)")


def terms(here: Desk, ticket: str, starts: str, ends: str) -> "Asked":
    """Who asks, from when to when; raises UsageError."""
    from watchkeeper.statements.asking import Asked
    from watchkeeper.statements.terms import parse_begin, parse_end

    begins = parse_begin(starts)
    return Asked(here.person, ticket, begins, parse_end(ends, begins or here.now))


def control_of(identity: str, here: "Desk | None" = None) -> "Control":
    """The control of that id: of the catalogue, else as it was judged last; raises UsageError."""
    from watchkeeper.controls import catalogue
    from watchkeeper.errors import UsageError

    name = identity.strip().upper()
    found = catalogue().get(name) or (here.judged(name) if here is not None else None)
    if found is None:
        raise UsageError(
            f"There is no control {identity!r}.", hint=f"There are: {', '.join(catalogue())}."
        )
    return found


def act(
    here: Desk,
    resource: str,
    action: Action,
    identity: str,
    remark: str,
    ask: "Callable[[], Statement]",
    *,
    as_json: bool,
) -> None:
    """Does what was typed and prints what there is then; raises UsageError."""
    from watchkeeper.errors import UsageError

    name = identity.strip().upper()
    if (action in {Action.LIST, Action.REQUEST}) == bool(name):
        wanted = "takes no id" if name else "needs the id of one"
        raise UsageError(f"{action.value} {wanted}.", hint="`list` tells the ids.")
    if action is Action.REQUEST:
        name = here.request(ask)
    elif name and name not in here.decisions(resource):
        raise UsageError(f"There is no {name} among them.", hint="`list` tells the ids.")
    elif action not in {Action.LIST, Action.SHOW}:
        here.decide(action.value, name, remark)
    found = here.decisions(resource)
    if as_json:
        told = [found[name]] if name else list(found.values())
        print_json([as_document(each, here.now) for each in told])
    elif name:
        _show(found[name], here.now)
    elif not found:
        print("There is none yet: see `--help` for how to ask for one.")
    else:
        _table(found.values(), here.now)


def as_document(decision: "Decision", now: datetime) -> dict[str, Any]:
    """A statement as `--json` tells it."""
    from watchkeeper.clock import rfc3339
    from watchkeeper.statements.telling import about

    def moment(found: datetime | None) -> str | None:
        return rfc3339(found) if found is not None else None

    decided = decision.decided
    return {
        "id": decided.id,
        "standing": decided.standing(now),
        "about": about(decision.statement),
        "requested_by": decided.requested_by,
        "requested_at": moment(decided.requested_at),
        "decided_by": decided.decided_by,
        "decided_at": moment(decided.decided_at),
        "remark": decided.remark,
        "ticket": decided.ticket,
        "valid_from": moment(decided.valid_from),
        "expires_at": moment(decided.expires_at),
        "versions": [
            {
                "state": each.statement.decided.state.value,
                "by": each.by,
                "sealed_at": moment(each.sealed_at),
                "remark": each.statement.decided.remark,
                "collection": each.path,
            }
            for each in decision.versions
        ],
    }


def _table(found: "Any", now: datetime) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="bold", box=box.SIMPLE_HEAD)
    for heading in ("Id", "Standing", "About", "Asked by", "Decided by", "Ends"):
        table.add_column(heading, overflow="fold")
    for each in found:
        decided = each.decided
        ends = f"{decided.expires_at:%Y-%m-%d}" if decided.expires_at else "–"
        cells = (
            decided.id,
            decided.standing(now),
            _words(each),
            decided.requested_by,
            decided.decided_by or "–",
            ends,
        )
        table.add_row(*(Text(visible(cell)) for cell in cells))
    output().print(table)


def _words(decision: "Decision") -> str:
    from watchkeeper.model.statement import Attestation, ExceptionRecord

    match decision.statement:
        case ExceptionRecord() as each:
            return f"{each.control}: {each.about}"
        case Attestation() as each:
            return f"{each.kind}: {each.subject}" if each.subject else each.kind
        case rule:
            return f"{rule.name}, version {rule.version}: {rule.selector.words}"


def _show(decision: "Decision", now: datetime) -> None:
    document: Mapping[str, Any] = as_document(decision, now)
    for name, value in document.items():
        if name in {"about", "versions"}:
            continue
        if value:
            print(f"{name.replace('_', ' ')}: {visible(str(value))}")
    for name, value in document["about"].items():
        if value:
            print(f"{name.replace('_', ' ')}: {visible(str(value))}")
    for each in document["versions"]:
        remark = f": {each['remark']}" if each["remark"] else ""
        told = f"  {each['sealed_at']}  {each['state']} by {each['by']}{remark}"
        print(visible(told))
