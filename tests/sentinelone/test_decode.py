"""JSON to typed columns."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.model.resource import Column, ColumnType, Resource
from watchkeeper.resources import catalogue
from watchkeeper.sentinelone import tolerant
from watchkeeper.sentinelone.decode import ResourceDecoder
from watchkeeper.sentinelone.tolerant import convert

RESOURCE = Resource(
    name="things",
    title="Things",
    path="/things",
    permission="",
    columns=(
        Column("id", "id"),
        Column("flag", "flag", ColumnType.BOOLEAN),
        Column("size", "info.size", ColumnType.INTEGER),
        Column("words", "words", ColumnType.TEXTS),
        Column("data", "data", ColumnType.JSON),
        Column("inner", "data.inner"),
        Column("at", "at", ColumnType.TIMESTAMP),
    ),
)
KEYS = st.sampled_from(["id", "flag", "info", "size", "words", "data", "inner", "at"])


def _page(*records: Any, **more: Any) -> bytes:
    return json.dumps({"data": list(records), **more}).encode()


def test_nested_missing_and_null_fields_are_null() -> None:
    rows = ResourceDecoder(RESOURCE)(
        _page(
            {"id": "1", "flag": True, "info": {"size": 3}, "words": ["a"], "data": {"inner": "x"}},
            {"id": "2", "info": None, "data": None},
            {"id": "3"},
            pagination={"totalItems": 3, "nextCursor": "abc"},
        )
    )
    assert rows.values("size") == [3, None, None]
    assert rows.values("inner") == ["x", None, None]
    assert rows.values("data") == ['{"inner": "x"}', None, None]
    assert (rows.total, rows.next_cursor) == (3, "abc")


def test_values_of_another_type_are_converted_or_counted() -> None:
    rows = ResourceDecoder(RESOURCE)(
        _page({"id": 7, "flag": "True", "info": {"size": "12"}, "words": "no list"})
    )
    assert rows.values("id") == ["7"]
    assert rows.values("flag") == [True]
    assert rows.values("size") == [12]
    assert rows.values("words") == [None]
    assert rows.unreadable == {"words": 1}


def test_integers_beyond_a_double_keep_every_digit() -> None:
    rows = ResourceDecoder(catalogue()["activities"])(
        b'{"data":[{"id":"1","activityType":27,"data":{"accountId":1234567890123456789}}]}'
    )
    assert "1234567890123456789" in rows.values("data")[0]


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b'{"data": 3}', b'{"data": ["x"]}', b'{"data": []} <html>', b"\xff"]
)
def test_what_is_not_the_promised_json_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        ResourceDecoder(RESOURCE)(text)


def test_fields_that_no_record_has_are_named() -> None:
    rows = ResourceDecoder(RESOURCE)(_page({"id": "1", "flag": None}), look_for_absent=True)
    assert rows.absent == ("info.size", "words", "data", "data.inner", "at")


_text = st.text(alphabet='ab":\\{}[], é😀\u202e\n', max_size=12)
_times = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
_json = st.recursive(
    st.none()
    | st.booleans()
    | _times
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | _text, inner, max_size=3),
    max_leaves=5,
)


@given(_json, st.sampled_from(ColumnType))
def test_a_conversion_gives_the_declared_type_or_says_it_could_not(
    value: Any, kind: ColumnType
) -> None:
    converted, readable = convert(value, kind)
    expected: dict[ColumnType, Any] = {
        ColumnType.TEXT: str,
        ColumnType.TIMESTAMP: datetime,
        ColumnType.JSON: str,
        ColumnType.INTEGER: int,
        ColumnType.BOOLEAN: bool,
        ColumnType.TEXTS: list,
    }
    assert converted is None or isinstance(converted, expected[kind])
    assert readable or converted is None


@given(st.lists(st.dictionaries(KEYS, _json)))
def test_no_record_is_lost_whatever_it_holds(records: list[dict[str, Any]]) -> None:
    rows = ResourceDecoder(RESOURCE)(_page(*records))
    assert rows.count == len(records)
    assert rows.batch.num_columns == len(RESOURCE.columns)


TIMED = Resource(
    name="timed",
    title="Timed",
    path="/timed",
    permission="",
    columns=(Column("id", "id"), Column("at", "at", ColumnType.TIMESTAMP)),
)


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-30T10:12:09.458490Z",
        "2025-03-01T10:12:08Z",
        "2025-03-01T10:12:08.12Z",
        "2025-03-01T10:12:08.123456789Z",
        "2025-03-01T10:12:08+00:00",
        "2025-03-01T12:12:08.5+02:00",
        "2025-03-01T10:12:08",
        "yesterday",
        "",
        None,
    ],
)
def test_times_are_read_in_every_form_the_console_uses(text: str | None) -> None:
    rows = ResourceDecoder(TIMED)(_page({"id": "1", "at": text}))
    (value,) = rows.values("at")
    readable = text not in {"yesterday", "", None}
    assert (value is not None) == readable
    assert rows.unreadable == ({} if readable or text is None else {"at": 1})
    if value is not None:
        assert value.astimezone(UTC).hour == 10


@given(st.lists(st.dictionaries(KEYS, _json)))
def test_both_ways_of_reading_agree(records: list[dict[str, Any]]) -> None:
    text = _page(*records)
    rows = ResourceDecoder(RESOURCE)(text)
    columns = list(RESOURCE.columns)
    slow = tolerant.read(text, columns, "", single=False)
    assert rows.unreadable in ({}, slow.unreadable)
    for column in columns:
        found, expected = rows.values(column.name), slow.batch.column(column.name).to_pylist()
        if column.type is ColumnType.JSON:
            found = [json.loads(each) if each else each for each in found]
            expected = [json.loads(each) if each else each for each in expected]
        assert found == expected


@pytest.mark.parametrize("key", ["id", "flag", "info.size", "words", "data", "at"])
@pytest.mark.parametrize(
    "literal",
    [
        *("1", "1.0", "1.5", "1e3", "1e30", "-0", "9223372036854775808", "1700000000"),
        *('"5"', '"5.7"', '" 5"', '"true"', '"1700000000"', '"0x10"', '"1e3"'),
        *('"2024-01-01"', '"2024-01-01T00:00:60Z"', '"2024-01-01T00:00:00 UTC"', '"20240101"'),
        *('"2024-01-01t00:00:00z"', '"2024-01-01T10:00Z"', '"0001-01-01T00:00:00+14:00"'),
        *(
            "true",
            "[]",
            "[null]",
            '["a",1]',
            "[[]]",
            "{}",
            '{"inner":1}',
            '"\\u0000"',
            '"\\ud83d\\ude00"',
        ),
    ],
)
def test_what_is_of_another_type_is_never_taken_for_the_declared_one(
    key: str, literal: str
) -> None:
    *parents, last = key.split(".")
    record = f'{{"{last}":{literal}}}'
    for parent in parents:
        record = f'{{"{parent}":{record}}}'
    text = f'{{"data":[{record},{{}}]}}'.encode()
    rows = ResourceDecoder(RESOURCE)(text)
    slow = tolerant.read(text, RESOURCE.columns, "", single=False)
    assert rows.unreadable == slow.unreadable
    assert rows.batch.drop_columns("data").equals(slow.batch.drop_columns("data"))


@pytest.mark.parametrize(
    "odd", ["[1,]", "01", "1.", "+1", ".5", "NaN", "tru", '"\x01"', '"\n"', "{,}"]
)
@pytest.mark.parametrize("key", ["id", "info", "data", "unknown"])
def test_what_is_nearly_json_is_refused_also_where_nothing_reads_it(odd: str, key: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        ResourceDecoder(RESOURCE)(f'{{"data":[{{"{key}":{odd}}}]}}'.encode())


def test_a_record_that_says_a_thing_twice_says_the_last() -> None:
    rows = ResourceDecoder(RESOURCE)(b'{"data":[{"id":"1","flag":true,"id":"2","flag":false}]}')
    assert (rows.values("id"), rows.values("flag")) == (["2"], [False])


@pytest.mark.parametrize(
    "text",
    [
        b'{"data":[{"id":"1","unknown":"\xff"}]}',
        b'{"data":[{"id":"1","data":"\xff"}]}',
        b'{"data":[],"unknown":{"\xff":1}}',
    ],
)
def test_a_body_that_is_not_utf8_anywhere_is_refused(text: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        ResourceDecoder(RESOURCE)(text)


def test_deep_nesting_in_what_is_not_read_ends_without_harm() -> None:
    deep = b'{"data":[{"id":"1","unknown":' + b"[" * 200_000 + b"]" * 200_000 + b"}]}"
    with pytest.raises((msgspec.DecodeError, RecursionError)):
        ResourceDecoder(RESOURCE)(deep)


_PIECES = st.sampled_from(
    ["a", "\\ud83d", "\\uDE00", "\\ud83d\\ude00", "\\\\ud83d", "\\ufffd", "\\n", "ä", "\\\\"]
)


@given(st.lists(_PIECES, max_size=8))
def test_half_a_character_costs_itself_and_nothing_else(pieces: list[str]) -> None:
    escaped = "".join(pieces)
    rows = ResourceDecoder(RESOURCE)(f'{{"data":[{{"id":"{escaped}"}},{{"id":"2"}}]}}'.encode())
    # Python's own reader lets halves pass.
    expected = "".join(
        "\ufffd" if 0xD800 <= ord(each) < 0xE000 else each for each in json.loads(f'"{escaped}"')
    )
    assert rows.values("id") == [expected, "2"]
    assert rows.halves == sum(0xD800 <= ord(each) < 0xE000 for each in json.loads(f'"{escaped}"'))
