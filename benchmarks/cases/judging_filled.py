"""A locker with all that the controls read: collected, and the lists a company would bring in.

The console is collected whole, its agents for the second time. One machine in ten of the list of
assets has no agent; two users in ten are nobody in the list of people. A folder that holds a
locker already gets its agents once more and nothing else, which makes those the earlier ones.
"""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from watchkeeper.clock import SYSTEM_CLOCK
from watchkeeper.collection.engine import collect
from watchkeeper.columns import schema
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Completeness, Verdict
from watchkeeper.resources import everything
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.token import parse_token

CONNECTION = "console"
Columns = Mapping[str, pa.Array]


def main(url: str, token_file: str, _folder: str, kept: str) -> None:
    token = parse_token(Path(token_file).read_text(encoding="utf-8"))
    console = Console(parse_address(url), token)
    locker = Locker.open(f"{kept}/locker", create=True)
    first = not locker.collections(CONNECTION)
    report = collect(console, locker, CONNECTION, only=["agents"] if first else None)
    for each in report.collections:
        if not each.complete:
            sys.exit(f"{each.resource} is {each.completeness.verdict}: {each.completeness.reason}")
    rows = {each.resource: each.completeness.distinct for each in report.collections}
    if not first:
        now = SYSTEM_CLOCK.now()
        load(locker, "assets", _assets(locker), now)
        load(locker, "people", _people(locker), now)
        load(locker, "support_ends", _support_ends(locker), now)
    print(json.dumps({"rows": rows["agents"], "resources": rows}))


def load(locker: Locker, name: str, given: Columns, now: datetime) -> None:
    """Seals a list, table by table and not row by row: a million assets are stated in seconds."""
    resource = everything()[name]
    number = len(given["id"])
    wanted = schema(resource.columns)
    arrays = [
        pa.repeat(pa.scalar(now, field.type), number)
        if field.name == "listed_at"
        else given[field.name].cast(field.type)
        if field.name in given
        else pa.nulls(number, field.type)
        for field in wanted
    ]
    writer = locker.begin(CONNECTION, resource)
    for batch in pa.table(arrays, schema=wanted).to_batches(max_chunksize=16_384):
        writer.add(batch)
    whole = Completeness(Verdict.COMPLETE, "", number, number, None, None)
    writer.seal({"source": {"console": ""}, "subject": "", "requests": []}, whole)


def _newest(locker: Locker, resource: str, columns: list[str]) -> pa.Table:
    found = locker.collections(CONNECTION, resource)[-1]
    return locker.table(found, columns).combine_chunks()


def _assets(locker: Locker) -> Columns:
    """A machine for every agent, known by its serial number, or else by its name."""
    agents = _newest(locker, "agents", ["id", "computer_name", "serial_number", "domain"])
    place = pa.array(range(len(agents)), pa.int64())
    digit = pc.subtract(place, pc.multiply(pc.divide(place, 10), 10))
    missing = pc.equal(digit, 3)
    serials, names = (
        pc.if_else(
            missing,
            pc.binary_join_element_wise(agents[name].combine_chunks(), "absent", "-"),
            agents[name].combine_chunks(),
        )
        for name in ("serial_number", "computer_name")
    )
    by_name = pc.equal(digit, 5)
    return {
        "id": pc.binary_join_element_wise("cmdb", agents["id"].combine_chunks(), "/"),
        "name": names,
        "domain": agents["domain"].combine_chunks(),
        "serial_number": pc.if_else(by_name, pa.scalar(None, pa.string()), serials),
        "status": pa.repeat("in use", len(agents)),
    }


def _people(locker: Locker) -> Columns:
    emails = _newest(locker, "users", ["email"])["email"].drop_null().combine_chunks()
    place = pa.array(range(len(emails)), pa.int64())
    known = emails.filter(pc.greater(pc.subtract(place, pc.multiply(pc.divide(place, 5), 5)), 0))
    return {"id": known, "email": known, "active": pa.repeat(pa.scalar(value=True), len(known))}


def _support_ends(locker: Locker) -> Columns:
    """No agent is too old: every train there is has an end of support that is not told."""
    versions = _newest(locker, "agents", ["agent_version"])["agent_version"].drop_null()
    trains = pc.extract_regex(pc.unique(versions), r"^(?P<train>\d+\.\d+)").field("train")
    names = pc.unique(trains).drop_null()
    return {"id": names, "version": names}


if __name__ == "__main__":
    main(*sys.argv[1:5])
