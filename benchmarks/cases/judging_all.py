"""Every control over the locker that `judging_filled` made: judged, sealed, and indexed.

The database is an embedded PostgreSQL, as in `watchkeeper up`; its start is told apart, its own
memory is not counted.
"""

import json
import sys
import time
from pathlib import Path

from watchkeeper import bootstrap
from watchkeeper.assessment import assess
from watchkeeper.clock import SYSTEM_CLOCK
from watchkeeper.controls import catalogue
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Assessment

CONNECTION = "console"


def main(_url: str, _token_file: str, _folder: str, kept: str) -> None:
    begun = time.perf_counter()
    data = Path(kept) / "data"
    data.mkdir(exist_ok=True)
    key = {"WATCHKEEPER_KEY_FILE": str(data / "keys" / "token.key")}
    settings = bootstrap.load_settings(key, data=data)
    with DataFolder(data).held(), bootstrap.database(settings):
        bootstrap.build(settings).migrate()
        from watchkeeper.ledger.index import index  # Django is configured above
        from watchkeeper.ledger.models import Connection

        values = {"console": "https://acme.sentinelone.net", "token_ciphertext": "none"}
        connection, _ = Connection.objects.get_or_create(name=CONNECTION, defaults=values)
        locker = Locker.open(f"{kept}/locker")
        index(locker, connection)  # what was collected before is no part of this
        ready = time.perf_counter()
        ended: list[float] = [ready]
        judged = assess(
            locker,
            CONNECTION,
            catalogue().values(),
            now=SYSTEM_CLOCK.now(),
            on_progress=lambda _: ended.append(time.perf_counter()),
        )
        sealed = time.perf_counter()
        index(locker, connection)
        indexed = time.perf_counter()
    controls = [
        _control(each, taken - before)
        for each, before, taken in zip(judged, ended, ended[1:], strict=False)
    ]
    facts = {
        "rows": sum(each.counts.total for each in judged),
        "failing": sum(each.counts.failed for each in judged),
        "started": ready - begun,
        "judged": sealed - ready,
        "indexed": indexed - sealed,
        "controls": controls,
    }
    print(json.dumps(facts))


def _control(judged: Assessment, seconds: float) -> dict[str, object]:
    return {
        "id": judged.control,
        "result": judged.result.value,
        "reason": judged.reason,
        "items": judged.counts.total,
        "failing": judged.counts.failed,
        "seconds": seconds,
    }


if __name__ == "__main__":
    main(*sys.argv[1:5])
