"""What keeps a statement from being asked for, all of it at once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from watchkeeper.errors import UsageError


class Unfit(UsageError):
    """A statement cannot be asked for as it was given."""

    def __init__(self, faults: Mapping[str, UsageError]) -> None:
        """`faults` by the name of the value they are of: `subject`, `reason`, `expires_at`."""
        several = " ".join(map(str, faults.values()))
        only = next(iter(faults.values()))
        single = len(faults) == 1
        super().__init__(only.message if single else several, hint=only.hint if single else "")
        self.faults = dict(faults)


class Faults:
    """Those found so far."""

    def __init__(self) -> None:
        """None yet."""
        self.found: dict[str, UsageError] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Keeps what is raised of a value, the first of each."""
        try:
            yield
        except UsageError as error:
            self.found.setdefault(name, error)

    def tell(self) -> None:
        """Raises Unfit if there are any."""
        if self.found:
            raise Unfit(self.found)
