"""The way to a console: a company's own certificate authority, and its proxy."""

import base64
import ssl
import subprocess
from pathlib import Path

import pytest

from tests import tls
from tests.server.commands import run
from tests.tls import served
from watchkeeper.errors import NotReachable, UsageError
from watchkeeper.sentinelone.address import parse_address, parse_proxy
from watchkeeper.sentinelone.certificates import names, parse_certificates
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.token import parse_token

TOKEN = parse_token("t" * 80)
LIMITS = Limits(connect=2, silence=2, total=4, tries=1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ssl.SSLContext]:
    """A certificate authority that no system knows, as PEM, and a server it vouches for."""
    return tls.authority(tmp_path_factory.mktemp("tls"))


def ask(url: str, *, proxy: str | None = None, certificates: str = "") -> None:
    console = Console(
        parse_address(url), TOKEN, limits=LIMITS, proxy=proxy, certificates=certificates
    )
    try:
        console.ask("/system/info", {}, len)
    finally:
        console.close()


def test_an_own_authority_is_believed_where_it_was_given(
    authority: tuple[str, ssl.SSLContext],
) -> None:
    pem, context = authority
    with served(context) as (port, seen):
        with pytest.raises(NotReachable, match="TLS with 127"):
            ask(f"https://127.0.0.1:{port}")
        assert seen == []

        ask(f"https://127.0.0.1:{port}", certificates=parse_certificates(f"# ours\n{pem}\n"))
        assert len(seen) == 1


@pytest.mark.slow
def test_the_command_believes_the_authority_in_a_file(
    authority: tuple[str, ssl.SSLContext], tmp_path: Path
) -> None:
    pem, context = authority
    own = tmp_path / "own.pem"
    own.write_text(pem, "ascii")
    token = tmp_path / "token"
    token.write_text("t" * 80, "ascii")

    def check(*more: object) -> "subprocess.CompletedProcess[str]":
        words = ("check", "--console", f"https://127.0.0.1:{port}", "--token-file", token, *more)
        return run(*words, "--tries", 1)

    with served(context) as (port, seen):
        refused = check()
        assert (refused.returncode, seen) == (4, [])
        assert "TLS" in refused.stdout
        assert "answers, console 1" in check("--ca-file", own).stdout
        wrong = check("--ca-file", tmp_path / "none.pem")
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert "Give a PEM file" in wrong.stderr


def test_certificates_are_kept_as_pem_and_nothing_else(
    authority: tuple[str, ssl.SSLContext],
) -> None:
    pem, _ = authority

    assert parse_certificates(f"words\n{pem}more words") == pem
    assert parse_certificates("  \n") == ""
    assert names(pem) == ("CN=Proxy of Acme",)
    for text in ("words", pem[:200], "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"):
        with pytest.raises(UsageError):
            parse_certificates(text)


def test_a_proxy_gets_its_own_login_and_the_console_never_does() -> None:
    with served() as (port, seen):
        ask("http://127.0.0.1:9", proxy=parse_proxy(f"http://ma%40ria:se%3Acret@127.0.0.1:{port}"))

    (target, headers), *_ = seen
    login = base64.b64encode(b"ma@ria:se:cret").decode()
    assert target == "http://127.0.0.1:9/web/api/v2.1/system/info"
    assert headers["proxy-authorization"] == f"Basic {login}"
    assert "se:cret" not in target


@pytest.mark.parametrize(
    "text",
    ["", "socks5://127.0.0.1:1", "http://", "http://me:secret@a b", "ftp://x", "http://x:99999"],
)
def test_what_is_no_proxy_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_proxy(text)

    assert "secret" not in str(refused.value)
