"""What people paste as address and token."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.errors import UsageError
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.token import parse_token

SECRET = "abcdefghij" * 8


@pytest.mark.parametrize(
    ("text", "url", "notes"),
    [
        ("https://acme.sentinelone.net", "https://acme.sentinelone.net", 0),
        (" https://acme.sentinelone.net/ \n", "https://acme.sentinelone.net", 0),
        ('"https://acme.sentinelone.net"', "https://acme.sentinelone.net", 1),
        ("acme.sentinelone.net", "https://acme.sentinelone.net", 1),
        ("acme.sentinelone.net/dashboard?x=1", "https://acme.sentinelone.net", 2),
        ("https://ACME.SentinelOne.net:443", "https://acme.sentinelone.net", 0),
        ("https://agency.s1gov.net", "https://agency.s1gov.net", 0),
        ("127.0.0.1:8080", "http://127.0.0.1:8080", 1),
        ("http://[::1]:9000", "http://[::1]:9000", 0),
    ],
)
def test_an_address_is_read_from_what_people_paste(text: str, url: str, notes: int) -> None:
    address = parse_address(text)
    assert address.url == url
    assert len(address.notes) == notes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "http://acme.sentinelone.net",
        "https://user:secret@acme.sentinelone.net",
        "https://evil.example/acme.sentinelone.net",
        "https://acme.sentinelone.net.evil.example",
        "https://evilsentinelone.net",
        "ftp://acme.sentinelone.net",
        "https://acme.sentinelone.net:99999",
        "https://acme sentinelone.net",
    ],
)
def test_an_address_that_would_leak_the_token_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)


def test_a_host_of_its_own_must_be_allowed_by_name() -> None:
    with pytest.raises(UsageError, match="--allow-host console"):
        parse_address("https://console.example")
    assert parse_address("https://console.example", ["Console.Example"]).host == "console.example"


def _jwt(**claims: object) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'ES256', 'kid': 'tokenSigning'})}.{part(claims)}.{'x' * 40}"


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"{SECRET}\n",
        f'"{SECRET}"',
        f"ApiToken {SECRET}",
        f"\ufeff{SECRET}\r\n",
        f"Authorization: ApiToken {SECRET}",
    ],
)
def test_a_token_is_read_from_what_people_paste(text: str) -> None:
    assert parse_token(text).secret == SECRET


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        f"Token {SECRET}",
        f"Bearer {SECRET}",
        f"sessionid={SECRET}",
        f"{SECRET} {SECRET}",
        f"{SECRET}\n{SECRET}",
        "ä" * 40,
        _jwt(sub="a@example.com", iat=1_700_000_000, exp=1_700_000_000 + 3600),
    ],
)
def test_what_is_no_api_token_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_token(text)
    assert SECRET not in str(caught.value)


def test_the_expiry_of_a_jwt_is_read_as_a_hint() -> None:
    token = parse_token(_jwt(sub="a@example.com", iat=1_700_000_000, exp=1_760_000_000))
    assert token.expires is not None
    assert token.expires.isoformat() == "2025-10-09T08:53:20+00:00"


@given(st.text(alphabet="abcdefABCDEF0123456789", min_size=20, max_size=120))
def test_a_token_never_prints_itself(secret: str) -> None:
    token = parse_token(secret)
    printed = f"{token} {token!r} {[token]} {token.fingerprint} {token.scrub('x' + secret)}"
    assert secret not in printed
