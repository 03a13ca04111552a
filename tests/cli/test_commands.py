"""The commands as a person meets them."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.conftest import command, environment, give, watchkeeper
from watchkeeper.controls import catalogue as controls
from watchkeeper.locker.locker import Locker
from watchkeeper.resources import catalogue as resources
from watchkeeper.simulator import Company, running

# Each test starts processes of its own.
pytestmark = pytest.mark.slow

QUICK = ["--pause", "0.01", "--silence-timeout", "1", "--total-timeout", "2"]


def test_run_results_items_collections_and_verify_tell_one_story(
    company: Company, tmp_path: Path, token_file: Path
) -> None:
    locker = tmp_path / "locker"
    with running(company) as sim:
        ran = watchkeeper("run", *give(sim, token_file), "--locker", locker, "--json")
        assert sim.token not in ran.out + ran.err
    assert ran.code == 3  # no list of assets was ever loaded
    document = ran.document
    assert document["connection"]["console"] == sim.url
    assert document["connection"]["visible_sites"] == 12
    assert {each["resource"] for each in document["collections"]} == set(resources())
    assert {each["control"] for each in document["results"]} == set(controls())
    results = watchkeeper("results", "--locker", locker, "--json")
    assert results.code == 3
    assert {(r["control"], r["result"]) for r in results.document} == {
        (r["control"], r["result"]) for r in document["results"]
    }
    failing = watchkeeper("items", "hlt-01", "--locker", locker, "--outcome", "fail", "--json")
    counted = next(r for r in document["results"] if r["control"] == "HLT-01")["counts"]["fail"]
    assert len(failing.document) == counted > 0
    assert {row["outcome"] for row in failing.document} == {"fail"}
    assert all(row["subject"].startswith("agent:") and row["reason"] for row in failing.document)
    listed = watchkeeper("collections", "--locker", locker, "--resource", "agents", "--json")
    assert [each["verdict"] for each in listed.document] == ["complete"]
    assert watchkeeper("verify", locker).code == 0
    for words in (["results"], ["items", "HLT-01"], ["collections"]):
        shown = watchkeeper(*words, "--locker", locker)
        assert shown.code in {0, 3}
        assert not any(mark in shown.out for mark in ("\x1b", "\u202e", "\x07", "\x00"))
    assert "HLT-01" in watchkeeper("results", "--locker", locker).out


def test_the_token_comes_from_the_environment_too(company: Company, tmp_path: Path) -> None:
    with running(company) as sim:
        ran = watchkeeper(
            "run",
            "--console",
            sim.url,
            "--locker",
            tmp_path / "l",
            "--only",
            "POL-03",
            "--json",
            WATCHKEEPER_TOKEN=sim.token,
        )
    assert ran.code == 0
    assert [each["result"] for each in ran.document["results"]] == ["PASS"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "--console"),
        (["run", "--console", "https://evil.example", "--locker", "x"], "--allow-host"),
        (["run", "--console", "http://a.sentinelone.net", "--locker", "x"], "clear"),
        (["items", "HLT-01"], "--locker"),
        (["results", "--locker", "nowhere"], "no folder"),
        (["results", "--locker", ""], "place of the evidence is empty"),
        (["verify", "nowhere"], "no folder"),
        (["check", "--console", "127.0.0.1:9", "--token-file", "nowhere"], "cannot be read"),
        (["check", "--console", "127.0.0.1:9", "--silence-timeout", "nan"], "out of range"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence_and_exits_2(words: list[str], said: str) -> None:
    ran = watchkeeper(*words)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_names_that_do_not_exist_are_told(
    company: Company, tmp_path: Path, token_file: Path
) -> None:
    locker = tmp_path / "locker"
    with running(company) as sim:
        options = [*give(sim, token_file), "--locker", locker]
        assert watchkeeper("run", *options, "--only", "agent").code == 2
        assert watchkeeper("run", *options, "--only", "users").code in {1, 3}
        missing = watchkeeper("run", *options, "--agent", "42")
    assert missing.code == 3
    assert "no agent 42" in missing.err
    assert watchkeeper("items", "ABC-01", "--locker", locker).code == 2
    assert watchkeeper("items", "ACC-01", "--locker", locker, "--outcome", "bad").code == 2
    assert watchkeeper("collections", "--locker", locker, "--resource", "x").code == 2


@pytest.mark.parametrize("fault", ["token-expired", "login-page:always", "503:always"])
def test_nothing_read_exits_4_and_every_control_says_why(
    fault: str, company: Company, tmp_path: Path, token_file: Path
) -> None:
    with running(company, faults=[fault]) as sim:
        ran = watchkeeper(
            "run", *give(sim, token_file), "--locker", tmp_path / "l", "--json", *QUICK
        )
    assert ran.code == 4
    assert {each["result"] for each in ran.document["results"]} == {"ERROR"}
    assert len(ran.document["results"]) == len(controls())
    assert all(each["reason"] for each in ran.document["results"])
    assert "Traceback" not in ran.err


def test_a_wrong_host_exits_4(tmp_path: Path, token_file: Path) -> None:
    token_file.write_text("x" * 80)
    ran = watchkeeper(
        "run",
        "--console",
        "http://127.0.0.1:9",
        "--token-file",
        token_file,
        "--locker",
        tmp_path / "l",
        *QUICK,
    )
    assert ran.code == 4
    sealed = f"{len(controls())} results were sealed and say so: `watchkeeper results`."
    assert ran.out.splitlines() == ["http://127.0.0.1:9", f"Nothing was read; {sealed}"]
    assert "refuses the connection" in ran.err
    assert watchkeeper("results", "--locker", tmp_path / "l").code == 3


def test_what_could_not_be_checked_outranks_what_failed(
    company: Company, tmp_path: Path, token_file: Path
) -> None:
    with running(company, faults=["denied-403:users"]) as sim:
        ran = watchkeeper("run", *give(sim, token_file), "--locker", tmp_path / "l", "--json")
    assert ran.code == 3
    by_id = {each["control"]: each for each in ran.document["results"]}
    assert by_id["ACC-01"]["result"] == "ERROR"
    assert "Users.view" in by_id["ACC-01"]["reason"]
    assert by_id["HLT-01"]["result"] == "FAIL"


def test_the_table_shows_hostile_names_harmless(
    company: Company, tmp_path: Path, token_file: Path
) -> None:
    locker = tmp_path / "locker"
    with running(company) as sim:
        watchkeeper("run", *give(sim, token_file), "--locker", locker, "--only", "HLT-01")
    shown = watchkeeper("items", "HLT-01", "--locker", locker, "--limit", "0").out
    assert not set(shown) & {chr(code) for code in [*range(9), *range(11, 32), 0x202E, 0x9B]}


def test_check_says_what_a_token_may_do(company: Company, token_file: Path) -> None:
    with running(company) as sim:
        good = watchkeeper("check", *give(sim, token_file), "--json")
        told = watchkeeper("check", *give(sim, token_file))
        assert sim.token not in good.out + good.err + told.out + told.err
    assert good.code == told.code == 0
    topics = {finding["topic"]: finding for finding in good.document["findings"]}
    assert {"reach", "tls", "token", "identity", "expiry", "visible_sites"} <= set(topics)
    assert set(resources()) - {"system", "own_user"} <= set(topics)
    assert topics["agents"]["records"] == 600
    assert "Viewer" in topics["identity"]["text"]
    assert "expires on" in told.out


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("token-expired", 4, "does not accept the token"),
        ("denied-401:users", 3, "Users.view"),
        ("site-scope", 0, "One site is visible"),
        ("login-page:always", 4, "page for people"),
    ],
)
def test_check_diagnoses(
    fault: str, code: int, said: str, company: Company, token_file: Path
) -> None:
    with running(company, faults=[fault]) as sim:
        ran = watchkeeper("check", *give(sim, token_file))
    assert ran.code == code
    assert said in ran.out


def test_a_pasted_session_token_is_recognised(company: Company, token_file: Path) -> None:
    with running(company) as sim:
        options = give(sim, token_file)
        token_file.write_text(f"Token {sim.token}")
        ran = watchkeeper("check", *options)
        assert sim.token not in ran.out + ran.err
    assert ran.code == 2
    assert "web session" in ran.err


@pytest.mark.parametrize("moment", [0.6, 1.2, 2.0])
def test_a_run_killed_midway_leaves_a_locker_that_verifies_and_the_next_run_completes(
    moment: float, tmp_path: Path, token_file: Path, company: Company
) -> None:
    locker = tmp_path / "locker"
    with running(company, faults=["slow:60"]) as sim:
        options = [*give(sim, token_file), "--locker", str(locker)]
        process = subprocess.Popen(
            command("run", *options),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while not (locker / "collections").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        interrupted = watchkeeper("verify", locker, "--json")
        assert interrupted.code == 0
        sim.set_faults()
        again = watchkeeper("run", *options, "--json")
    assert again.code == 3
    assert {each["verdict"] for each in again.document["collections"]} == {"complete"}
    assert again.document["went_on"]
    assert watchkeeper("verify", locker).code == 0
    agents = Locker.open(locker).collections(resource="agents")
    assert agents[-1].completeness.distinct == 600


def test_a_run_stopped_by_hand_says_what_stays_and_the_next_goes_on(
    tmp_path: Path, token_file: Path, company: Company
) -> None:
    locker = tmp_path / "locker"
    with running(company, faults=["slow:800"]) as sim:
        options = [*give(sim, token_file), "--locker", str(locker), "--only", "agents,own_user"]
        # A job in the background ignores it, and so would every process that it starts.
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            process = subprocess.Popen(
                command("run", *options), env=environment(), stderr=subprocess.PIPE, text=True
            )
        finally:
            signal.signal(signal.SIGINT, ours)
        deadline = time.monotonic() + 30
        pages = "resource=agents/**/page-*"  # of the version alone nobody goes on with anything
        while not any(locker.rglob(pages)) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "what was sealed stays; the next `run` within six hours, with the same" in told
        assert "Traceback" not in told
        sim.set_faults()
        again = watchkeeper("run", *options)
    assert "Went on where an earlier run was cut off: " in again.out
    assert "complete, 1 record\n" in again.err
    assert "complete, 600 records\n" in again.err


def test_every_stored_page_can_be_printed(
    company: Company, tmp_path: Path, token_file: Path
) -> None:
    locker = tmp_path / "locker"
    with running(company) as sim:
        for _ in range(2):
            watchkeeper(
                "run", *give(sim, token_file), "--locker", locker, "--only", "agents,groups"
            )
    pages = sorted((locker / "collections").rglob("page-*"))
    assert {path.suffix for path in pages} == {".gz", ".zst"}
    for page in pages:
        printed = watchkeeper("page", page, "--locker", locker)
        assert printed.code == 0
        assert "data" in printed.document
    path = pages[0].relative_to(locker)
    assert (
        watchkeeper("page", path, "--locker", locker).out
        == watchkeeper("page", pages[0], "--locker", locker).out
    )
    for wrong in ("nowhere", pages[0].with_name("page-09999.json.gz"), "../../etc/passwd"):
        refused = watchkeeper("page", wrong, "--locker", locker)
        assert refused.code == 2
        assert "is no page" in refused.err
    pages[0].write_bytes(b"changed")
    assert watchkeeper("page", pages[0], "--locker", locker).code == 5


def test_rates_can_be_lowered_only(tmp_path: Path, token_file: Path, company: Company) -> None:
    with running(company) as sim:
        options = ["run", *give(sim, token_file), "--locker", tmp_path / "l", "--only", "users"]
        wrong = {
            "/agents=50": "25 a second",
            "agents": "no rate",
            "/agents=-1": "rate",
            "/agnets=5": "nothing is asked for at /agnets",
        }
        for rate, said in wrong.items():
            refused = watchkeeper(*options, "--rate", rate)
            assert refused.code == 2
            assert said in refused.err
        # 3: no list of people was ever loaded, and a control that reads users reads it too.
        assert watchkeeper(*options, "--rate", "/users=5", "--walks", "1").code == 3


def test_a_changed_byte_is_named_by_verify(
    company: Company, tmp_path: Path, token_file: Path
) -> None:
    locker = tmp_path / "locker"
    with running(company) as sim:
        watchkeeper("run", *give(sim, token_file), "--locker", locker, "--only", "users")
    (page,) = (locker / "collections").rglob("resource=users/**/page-00001.json.gz")
    page.write_bytes(page.read_bytes()[:-1] + b"x")
    ran = watchkeeper("verify", locker)
    assert ran.code == 5
    assert page.name in ran.out


def test_the_token_is_not_in_the_process_list(
    company: Company, tmp_path: Path, token_file: Path
) -> None:
    with running(company, faults=["slow:40"]) as sim:
        process = subprocess.Popen(
            command("run", *give(sim, token_file), "--locker", str(tmp_path / "l")),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not sim.requests:
                assert process.poll() is None
            listed = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            known = Path(f"/proc/{process.pid}/environ").read_bytes()
        finally:
            process.kill()
            process.wait()
    assert sim.token.encode() not in listed + known


def test_help_is_there_for_every_command() -> None:
    listed = watchkeeper("--help")
    assert listed.code == 0
    for name in ("check", "run", "results", "items", "collections", "verify", "simulate"):
        assert name in listed.out
        shown = watchkeeper(name, "--help")
        assert shown.code == 0
        assert "Usage:" in shown.out
    assert watchkeeper("--version").out.startswith("watchkeeper ")


def test_a_forged_result_is_refused_and_a_kept_head_is_compared(
    company: Company, tmp_path: Path, token_file: Path
) -> None:
    locker = tmp_path / "locker"
    with running(company) as sim:
        watchkeeper("run", *give(sim, token_file), "--locker", locker, "--only", "ACC-01")
    assert locker.stat().st_mode & 0o777 == 0o700
    log = watchkeeper("verify", locker, "--json").document["log"]
    head = f"{log['entries']}:{log['head_sha256']}"
    assert watchkeeper("verify", locker, "--head", head).code == 0
    assert watchkeeper("verify", locker, "--head", f"1:{log['head_sha256']}").code == 5
    assert watchkeeper("verify", locker, "--head", "nonsense").code == 2
    assert watchkeeper("results", "--locker", locker, "--connection", "nope").code == 2
    (manifest,) = (locker / "assessments").rglob("manifest.json")
    manifest.write_text(manifest.read_text().replace('"FAIL"', '"PASS"'))
    for words in (["results"], ["items", "ACC-01"]):
        forged = watchkeeper(*words, "--locker", locker)
        assert forged.code == 5
        assert "not what was sealed" in forged.err
    marker = locker / "watchkeeper.json"
    marker.write_text('{"format": "watchkeeper/locker/9"}')
    assert watchkeeper("results", "--locker", locker).code == 2
    assert watchkeeper("verify", locker).code == 2
