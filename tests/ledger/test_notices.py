"""What people are told: once each, and again when it comes back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.bootstrap import App
from watchkeeper.ledger.connections import note_state
from watchkeeper.ledger.models import Connection, ConnectionState
from watchkeeper.ledger.notices import WARN_DAYS, open_notices, warn_of_tokens, warning_days

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=400)))
def test_each_threshold_is_warned_of_from_its_day_to_the_next(left: timedelta) -> None:
    found = warning_days(NOW + left, NOW)

    come = [days for days in WARN_DAYS if left <= timedelta(days=days)]
    assert found == (min(come) if come else None)


def connection(expires: datetime | None) -> Connection:
    return Connection.objects.create(
        name="acme",
        console="https://acme.sentinelone.net",
        token_fingerprint="3f2a",
        token_expires_at=expires,
    )


@pytest.mark.postgres
def test_a_token_that_runs_out_is_told_five_times_and_once_when_it_is_dead(
    ledger: App,  # noqa: ARG001
) -> None:
    held = connection(NOW + timedelta(days=40))

    for hours in range(0, 42 * 24, 6):
        warn_of_tokens(NOW + timedelta(hours=hours))

    texts = [each.text for each in held.notices.order_by("at")]
    assert [text.split(" in ")[-1].split(",")[0] for text in texts[:5]] == [
        "30 days",
        "14 days",
        "7 days",
        "3 days",
        "1 day",
    ]
    assert "expired on" in texts[5]
    assert len(texts) == 6


@pytest.mark.postgres
def test_a_machine_that_slept_tells_only_what_holds_now(ledger: App) -> None:  # noqa: ARG001
    held = connection(NOW + timedelta(days=40))

    warn_of_tokens(NOW + timedelta(days=34))

    assert [each.text for each in open_notices(held.pk)] == [
        "The API token of acme expires in 6 days, on 2027-01-02."
    ]


@pytest.mark.postgres
def test_a_state_is_told_once_and_again_when_it_comes_back(ledger: App) -> None:  # noqa: ARG001
    held = connection(None)
    dead, well = ConnectionState.TOKEN_DEAD, ConnectionState.OK

    for hour, state in enumerate((well, dead, dead, well, dead, dead)):
        note_state(held, state, "because", NOW + timedelta(hours=hour))

    held.refresh_from_db()
    assert held.state_since == NOW + timedelta(hours=4)
    assert [each.at.hour for each in held.notices.order_by("at")] == [9, 12]
    assert len(open_notices(held.pk)) == 1
