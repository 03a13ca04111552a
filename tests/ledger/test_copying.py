"""Columns as COPY takes them: what PostgreSQL holds afterwards is what they held."""

from typing import Any

import pyarrow as pa
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watchkeeper.ledger import copying

pytestmark = pytest.mark.postgres

_odd = st.text(alphabet=st.sampled_from("\\\t\n\r\x00\b\v.N'\",é😀\u202e")) | st.sampled_from(
    ["\\.", "\n\\.\n", "\\N", "\\x41", "\\101"]
)
_text = st.none() | _odd | st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(_text, _text, st.none() | st.booleans())), st.integers(0, 3))
def test_every_text_arrives_as_it_was(
    ledger: Any,  # noqa: ARG001 - its database
    rows: list[tuple[str | None, str | None, bool | None]],
    skipped: int,
) -> None:
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    batch = pa.record_batch(
        [
            pa.array(each, kind)
            for each, kind in zip(columns, ("string", "string", "bool"), strict=True)
        ],
        ["a", "b", "c"],
    ).slice(skipped)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS copied (n text, a text, b text, c boolean)")
        cursor.execute("TRUNCATE copied")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write(copying.lines(["7", *batch.columns]))
        cursor.execute("SELECT n, a, b, c FROM copied ORDER BY ctid")
        found = cursor.fetchall()

    def kept(text: str | None) -> str:
        return (text or "").replace("\x00", "\N{REPLACEMENT CHARACTER}")

    assert found == [("7", kept(a), kept(b), c) for a, b, c in rows[skipped:]]
