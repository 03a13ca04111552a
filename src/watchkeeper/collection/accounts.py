"""Accounts: a list; where a token of Site scope may not read it, derived from the sites."""

from watchkeeper.collection import cursor, lists
from watchkeeper.collection.reading import Kept, Reading
from watchkeeper.errors import Denied
from watchkeeper.locker.rows import derived
from watchkeeper.model.collection import Collection
from watchkeeper.sentinelone.decode import Rows


def read(reading: Reading) -> Collection:
    """Reads the accounts, or derives id and name from the sites and says so."""
    try:
        return lists.read(reading)
    except Denied as denied:
        sites = reading.newest("sites")
        if sites is None or not sites.complete:
            raise
        reading.note_error(denied)
        return _derived(reading, sites, denied)


def _derived(reading: Reading, sites: Collection, denied: Denied) -> Collection:
    table = reading.job.locker.table(sites, ["account_id", "account_name"])
    named = zip(
        table.column("account_id").to_pylist(),
        table.column("account_name").to_pylist(),
        strict=True,
    )
    accounts = {identity: name for identity, name in named if identity}
    named_ones = {"id": list(accounts), "name": list(accounts.values())}
    reading.add(Kept(Rows(derived(reading.resource, named_ones))))
    reading.derived = True
    reading.route = "/sites"
    reading.facts["derived_from"] = sites.path
    reading.notes.append(f"derived from the sites, as {denied}")
    return reading.seal(cursor.verdict(reading, None, None, "", ended=True))
