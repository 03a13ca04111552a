"""The client's pure decisions: paging, retry, pace, redaction, what an answer means."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sentinelone.turns import asked
from watchkeeper.errors import (
    CursorExpired,
    Denied,
    ListRefused,
    NotJson,
    NotServed,
    UnknownParameter,
)
from watchkeeper.sentinelone import answers
from watchkeeper.sentinelone.limits import PUBLISHED_RATES, Limits, Pacer
from watchkeeper.sentinelone.paging import RepeatedCursor, following
from watchkeeper.sentinelone.redact import REMOVED, redact
from watchkeeper.sentinelone.retry import Failure, GiveUp, Wait, next_step


@pytest.mark.parametrize("mark", [None, "", "null"])
def test_every_end_mark_ends(mark: str | None) -> None:
    assert following(mark, set()) is None


def test_a_cursor_is_decoded_once_and_a_repeated_one_is_refused() -> None:
    followed: set[str] = set()
    assert following("abc%3D%3D", followed) == "abc=="
    with pytest.raises(RepeatedCursor):
        following("abc==", followed)


@given(
    failure=st.sampled_from(Failure),
    attempt=st.integers(1, 30),
    jitter=st.floats(0, 1, exclude_max=True),
    asked=st.none() | st.floats(0, 1000),
)
def test_asking_again_ends_and_is_never_earlier_than_asked(
    failure: Failure, attempt: int, jitter: float, asked: float | None
) -> None:
    limits = Limits()
    step = next_step(failure, attempt=attempt, limits=limits, jitter=jitter, retry_after=asked)
    if attempt >= max(limits.tries, limits.throttled_tries):
        assert isinstance(step, GiveUp)
    if isinstance(step, Wait):
        assert step.seconds >= (asked or 0)
        assert step.seconds <= max(limits.longest_pause, asked or 0)
    if asked is not None and asked > limits.longest_retry_after:
        assert isinstance(step, GiveUp)


@given(st.integers(1, 200), st.sampled_from(["/agents", "/threats/1/timeline", "/groups", "/user"]))
def test_the_published_rate_is_never_exceeded(requests: int, path: str) -> None:
    now = 0.0
    pacer = Pacer(PUBLISHED_RATES, lambda: now)
    rate, burst = next((r, b) for prefix, r, b in PUBLISHED_RATES if path.startswith(prefix))
    for _ in range(requests):
        for seconds in asked(pacer, path):
            now += seconds
    assert requests <= burst + rate * now + 1e-6


_text = st.text(alphabet='ab":\\{}[], é😀\u202e\n', max_size=12)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_records = st.lists(
    st.dictionaries(
        st.sampled_from(
            ["id", "licenseKey", "licenseKeyId", "registrationToken", 'a"licenseKey": "b']
        ),
        _values,
        max_size=4,
    ),
    max_size=5,
)


def _without(value: object, keys: set[str]) -> object:
    if isinstance(value, dict):
        return {
            key: json.loads(REMOVED)
            if key in keys and below not in (None, "", [], {})
            else _without(below, keys)
            for key, below in value.items()
        }
    if isinstance(value, list):
        return [_without(each, keys) for each in value]
    return value


@given(_records, st.booleans())
def test_redaction_overwrites_the_secrets_and_nothing_else(
    records: list[object],
    spaced: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    text = json.dumps(
        {"data": records}, ensure_ascii=spaced, separators=(", ", " : ") if spaced else (",", ":")
    )
    secrets = ("licenseKey", "registrationToken")
    redacted, removed = redact(text.encode(), secrets)
    assert json.loads(redacted) == _without(json.loads(text), set(secrets))
    if not removed:
        assert redacted == text.encode()


@given(
    st.lists(
        st.tuples(st.integers(0, 3_000), st.sampled_from("aK"), st.sampled_from(["", "s", None])),
        max_size=12,
    ),
    st.sampled_from(["licenseKey", "passphrase", "Key"]),
)
def test_no_secret_is_missed_in_a_long_page(
    records: list[tuple[int, str, str | None]], key: str
) -> None:
    rows = [{"note": letter * length, key: value} for length, letter, value in records]
    redacted, removed = redact(json.dumps(rows).encode(), (key,))
    assert json.loads(redacted) == _without(rows, {key})
    assert removed.get(key, 0) == sum(value == "s" for _, _, value in records)


def test_a_page_without_secrets_stays_byte_for_byte() -> None:
    page = b'{"data": [{"id": "1", "licenseKey": "", "x": "a \\"licenseKey\\": \\"b\\""}]}\n'
    assert redact(page, ("licenseKey",)) == (page, {})


def _fault(code: int, detail: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "title": "T", "detail": detail}]}).encode()


@pytest.mark.parametrize(
    ("status", "params", "body", "kind"),
    [
        (302, {}, b"", NotJson),
        (403, {}, _fault(4030010, "Action is not allowed to site users"), Denied),
        (404, {}, b"404 page not found", NotServed),
        (501, {}, _fault(5010010, ""), NotServed),
        (400, {"cursor": "x"}, _fault(4000010, "Invalid cursor value received"), CursorExpired),
        (
            400,
            {"sortBy": "id"},
            _fault(4000010, "dict_values(['sortBy']): Unknown field"),
            UnknownParameter,
        ),
        (
            400,
            {"isDecommissioned": "true,false"},
            _fault(4000010, "isDecommissioned: Not a valid boolean."),
            ListRefused,
        ),
    ],
)
def test_a_refusal_is_named(
    status: int, params: dict[str, str], body: bytes, kind: type[Exception]
) -> None:
    assert type(answers.refusal("/x", params, status, body)) is kind


@given(st.binary(max_size=200), st.integers(300, 499))
def test_no_body_breaks_the_reading_of_a_refusal(body: bytes, status: int) -> None:
    assert answers.refusal("/x", {"limit": "1"}, status, body).message
