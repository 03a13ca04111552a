"""Every error of the product, in one tree.

    WatchkeeperError
    ├── UsageError                what was typed or configured cannot be used        exit 2
    │   ├── DeclarationError      a control, resource or framework file is faulty
    │   └── KeyLost               no key opens a stored token: it has to be entered again
    ├── ConsoleError              the console did not give what was asked
    │   ├── NotReachable          no connection, wrong host, TLS refused             exit 4
    │   ├── TokenDead             the token is expired, revoked or not a token       exit 4
    │   ├── Denied                the token lives, but may not read this
    │   │   └── NotLicensed       … because the scope's licence does not include it
    │   ├── NotServed             this console does not serve the path (404, 501)
    │   ├── Refused               the console refuses the request (400)
    │   │   ├── UnknownParameter  … because it does not know a parameter
    │   │   ├── ListRefused       … because it takes one value where a list was sent
    │   │   └── CursorExpired     … because the cursor no longer holds
    │   ├── Throttled             429 until the tries ran out
    │   ├── Unavailable           5xx until the tries ran out
    │   ├── TooSlow               no whole answer within the time limits
    │   ├── NotJson               something else than the promised JSON
    │   ├── Contradiction         its answers do not agree with each other
    │   └── GoneSilent            it answered before and does so no longer           exit 4
    ├── SourceFailed              where a list is kept did not give it whole           exit 4
    ├── ControlFaulty             a control cannot be judged because of itself
    │                             (in `assessment`: the others go on)
    └── LockerError               the evidence store
        ├── NotALocker            the folder holds something else, or nothing        exit 2
        ├── AlreadyThere          what may be written once exists already
        └── Tampered              what is there is not what was sealed               exit 5

A message says what happened, to which thing, and what to do next.
"""


class WatchkeeperError(Exception):
    """Something went wrong that Watchkeeper can name."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        """`message` says what happened and to what; `hint` says what to do next."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(WatchkeeperError):
    """What was typed or configured cannot be used."""

    exit_code = 2


class HostNotAllowed(UsageError):
    """A console elsewhere than the vendor's, which nobody named: it gets no token."""


class DeclarationError(UsageError):
    """A control, resource or framework file is faulty."""


class KeyLost(UsageError):
    """No key opens what is stored encrypted; it has to be entered again."""


class ConsoleError(WatchkeeperError):
    """The console did not give what was asked."""

    def __init__(
        self, message: str, *, hint: str = "", status: int | None = None, excerpt: str = ""
    ) -> None:
        """`status` of the answer, if there was one; `excerpt`: its body, cut, without the token."""
        super().__init__(message, hint=hint)
        self.status = status
        self.excerpt = excerpt


class NotReachable(ConsoleError):
    """No connection to the console: wrong host, TLS refused, network down."""

    exit_code = 4


class TokenDead(ConsoleError):
    """The token is expired, revoked or not a token of this console."""

    exit_code = 4


class Denied(ConsoleError):
    """The token lives, but may not read this."""


class NotLicensed(Denied):
    """The licence of the token's scope does not include this."""


class NotServed(ConsoleError):
    """This console does not serve the path."""


class Refused(ConsoleError):
    """The console refuses the request as invalid."""


class UnknownParameter(Refused):
    """The console does not know a parameter of the request."""

    def __init__(self, message: str, *, parameter: str, status: int, excerpt: str) -> None:
        """`parameter`: the query parameter that is refused."""
        super().__init__(message, status=status, excerpt=excerpt)
        self.parameter = parameter


class ListRefused(Refused):
    """The console takes one value where a list was sent."""

    def __init__(self, message: str, *, parameter: str, status: int, excerpt: str) -> None:
        """`parameter`: the query parameter whose list is refused."""
        super().__init__(message, status=status, excerpt=excerpt)
        self.parameter = parameter


class CursorExpired(Refused):
    """The cursor no longer holds; the walk has to start again."""


class Throttled(ConsoleError):
    """The console kept answering 429 until the tries ran out."""


class Unavailable(ConsoleError):
    """The console kept answering 5xx until the tries ran out."""


class TooSlow(ConsoleError):
    """No whole answer came within the time limits."""


class NotJson(ConsoleError):
    """The answer is something else than the JSON it should be."""


class Contradiction(ConsoleError):
    """Answers that cannot all be true: more counted than given, a list without an end."""


class GoneSilent(ConsoleError):
    """The console answered before and does so no longer: the run ends."""

    exit_code = 4


class SourceFailed(WatchkeeperError):
    """Where a list is kept (a directory service, an address) did not give it whole."""

    exit_code = 4


class LockerError(WatchkeeperError):
    """The evidence store cannot do what was asked."""


class NotALocker(LockerError):
    """The place holds something else than a locker, or nothing."""

    exit_code = 2


class AlreadyThere(LockerError):
    """What may be written once exists already."""


class Tampered(LockerError):
    """What is there is not what was sealed."""

    exit_code = 5
