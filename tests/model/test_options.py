"""Tags and intervals, as people type them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.errors import UsageError
from watchkeeper.model.options import parse_intervals, parse_tags


def test_tags_are_kept_once_each_and_without_stray_blanks() -> None:
    assert parse_tags(" prod,  emea\nprod ,, north  sea ") == ["prod", "emea", "north sea"]
    assert parse_tags("") == []


@given(st.text(max_size=300))
def test_tags_are_usable_or_refused(text: str) -> None:
    try:
        tags = parse_tags(text)
    except UsageError:
        return
    assert len(tags) == len(set(tags)) <= 20
    assert all(0 < len(tag) <= 40 and tag == tag.strip() and "," not in tag for tag in tags)


def test_intervals_are_read_with_their_units() -> None:
    found = parse_intervals(["threats=30m", "agents=12h", " users=7d "])

    assert found == {
        "threats": timedelta(minutes=30),
        "agents": timedelta(hours=12),
        "users": timedelta(days=7),
    }


@pytest.mark.parametrize("text", ["", "threats", "threats=", "threats=30", "=3h", "a=1w", "a=-1h"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no interval"):
        parse_intervals([text])
