"""What is judged over a simulated company is what is true of it, and never better."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import watchkeeper
from tests.controls.pages import PROMISED
from tests.stated import state
from tests.unpaced import RATES
from watchkeeper.assessment.assess import assess
from watchkeeper.collection.engine import collect
from watchkeeper.controls import catalogue
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.verify import verify
from watchkeeper.model.assessment import Result
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import FAULTS, PROFILES, Company, Running, running, statements

PACED = Limits(silence=0.7, total=1.4, pause=0.005, longest_retry_after=0.5)
QUICK = replace(PACED, rates=RATES, recovery=2.4)
Judged = dict[str, dict[str, Any]]


def judge(sim: Running, locker: Locker, limits: Limits = QUICK) -> Judged:
    """Collects and judges; every control's result and items, in the truth's own shape."""
    console = Console(parse_address(sim.url), parse_token(sim.token), limits=limits)
    collect(console, locker, "acme")
    console.close()
    found: Judged = {}
    controls = list(catalogue().values())
    for each in assess(locker, "acme", controls, now=datetime.now(UTC)):
        items = locker.items(each).select(["subject", "outcome"]).to_pylist()
        found[each.control] = {
            "result": each.result.value,
            "items": {row["subject"]: row["outcome"] for row in items},
            "reason": each.reason,
        }
    return found


def differences(found: Judged, truth: Judged) -> dict[str, Any]:
    """Where a judgement and the truth differ, small enough to read."""
    told: dict[str, Any] = {}
    for control, true in truth.items():
        if control not in found:
            continue  # it has no page yet
        judged = found[control]
        if judged["result"] != true["result"]:
            told[control] = (judged["result"], true["result"], judged["reason"])
        elif judged["items"] != true["items"]:
            wrong = {
                subject: (judged["items"].get(subject), true["items"].get(subject))
                for subject in judged["items"].keys() | true["items"].keys()
                if judged["items"].get(subject) != true["items"].get(subject)
            }
            told[control] = dict(sorted(wrong.items())[:5])
    return told


@pytest.fixture
def locker(tmp_path: Path) -> Locker:
    """An empty locker."""
    return Locker.open(tmp_path / "locker", create=True)


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("seed", [7, 11])
def test_every_verdict_is_the_truth_on_every_profile_and_the_day_after(
    profile: str, seed: int, locker: Locker
) -> None:
    now = datetime.now(UTC)
    first = Company(agents=700, threats=80, users=50, seed=seed, now=now, profile=profile)
    with running(first, profile=profile) as sim:
        found = judge(sim, locker)
        assert set(found) == set(catalogue())
        assert differences(found, sim.truth()) == {}
        next_day = Company(
            agents=700, threats=80, users=50, seed=seed, now=now, day=1, profile=profile
        )
        sim.set_company(next_day)
        assert differences(judge(sim, locker), sim.truth(first)) == {}
    assert not verify(locker.store).differences


@pytest.mark.slow
def test_a_healthy_company_passes(locker: Locker) -> None:
    healthy = Company.healthy(now=datetime.now(UTC))
    state(locker, "acme", statements(healthy))
    with running(healthy) as sim:
        judge(sim, locker)
        found = judge(sim, locker)
    assert {control: each["result"] for control, each in found.items()} == dict.fromkeys(
        catalogue(), "PASS"
    )


# By name, and where a fault takes one, with an argument; what never answers waits for real.
_ARGUMENTS = {
    "slow": ["slow:5"],
    "slow-pages": ["slow-pages:5"],
    "denied-401": [f"denied-401:{name}" for name in ("agents", "users", "role", "activities")],
    "denied-403": [
        f"denied-403:{name}"
        for name in ("threats", "timelines", "policies", "groups", "sites", "packages", "roles")
    ],
    "unknown-parameter": ["unknown-parameter:isUninstalled", "unknown-parameter:sortBy"],
    "token-revoked": ["token-revoked:9", "token-revoked:40"],
    "hang": ["hang:users"],
    "429-html": ["429-html", "429-html:always"],
    "503": ["503", "503:always"],
    "truncated-json": ["truncated-json", "truncated-json:always"],
    "truncated-gzip": ["truncated-gzip", "truncated-gzip:always"],
    "json-then-html": ["json-then-html", "json-then-html:always"],
    "dribble": ["dribble:always"],
}
# Here less is known than is true: judged strictly, so items may be worse than the truth.
GUESSED = {"unknown-parameter:isUninstalled", "denied-401:role", "denied-403:roles"}
FAULTY = [argument for name in FAULTS for argument in _ARGUMENTS.get(name, [name])]


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTY)
def test_no_fault_makes_a_verdict_better_than_the_truth(
    fault: str, company: Company, locker: Locker
) -> None:
    with running(company, faults=[fault]) as sim:
        found = judge(sim, locker, PACED if fault == "rate-limits" else QUICK)
        truth = sim.truth()
    assert set(found) == set(catalogue())
    errors = {control for control, each in found.items() if each["result"] == Result.ERROR}
    assert all(found[control]["reason"] for control in errors)
    sound = {control: true for control, true in truth.items() if control not in errors}
    if fault not in GUESSED:
        assert differences(found, sound) == {}
    for control in sound.keys() & found.keys():
        true, judged = sound[control], found[control]["items"]
        passed = {subject for subject, outcome in judged.items() if outcome == "pass"}
        assert passed <= {s for s, outcome in true["items"].items() if outcome == "pass"}
    assert not verify(locker.store).differences


def test_the_truth_is_printed_as_json() -> None:
    printed = watchkeeper("simulate", "--agents", "50", "--truth")
    assert printed.code == 0
    # What judges our own collections has no truth without them.
    assert set(json.loads(printed.out)) >= set(PROMISED) - {"CCM-01", "LOG-01"}
