"""A version of a statement on its way into the locker."""

from watchkeeper.locker import stated
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.stated import Document
from watchkeeper.model.statement_rows import row_of
from watchkeeper.resources import everything
from watchkeeper.statements.reading import One, Sort


def seal(locker: Locker, connection: str, sort: Sort, version: One, by: str) -> One:
    """Seals this version of a statement and gives it back."""
    row = row_of(version, locker.clock.now())
    stated.seal(
        locker,
        connection,
        everything()[sort.resource],
        stated.Statement(rows=[row], documents=[Document(stated.document(row))], by=by.strip()),
    )
    return version
