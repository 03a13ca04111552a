"""Words, text of consoles, charts, prose, colours: without a database."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.model.assessment import Counts, Result
from watchkeeper.queries.history import Day, Judged
from watchkeeper.web import charts, console_text, device_facts, prose, words

from .html import parse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


@given(st.text())
def test_text_of_a_console_is_escaped_and_hides_nothing(text: str) -> None:
    shown = console_text.isolated(text)

    assert not any(console_text.is_hidden(character) for character in shown)
    assert set(re.findall(r"<(/?\w+)", shown)) <= {"bdi", "/bdi", "span", "/span"}
    plain = unescape(re.sub(r"<span[^>]*>U\+([0-9A-F]+)</span>", _character, shown))
    assert plain.removeprefix('<bdi class="console">').removesuffix("</bdi>") == text


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


@given(st.text())
def test_text_for_an_attribute_hides_nothing(text: str) -> None:
    assert not any(console_text.is_hidden(character) for character in console_text.plain(text))


def test_a_very_long_text_is_cut_and_says_so() -> None:
    assert "3,000 more characters" in console_text.isolated("a" * 5000)


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=50), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=59), "59 days ago"),
        (timedelta(days=60), "2 months ago"),
        (timedelta(days=800), "2 years ago"),
        (-timedelta(days=3), "in 3 days"),
    ],
)
def test_ages_in_words(distance: timedelta, said: str) -> None:
    assert words.age(NOW - distance, NOW) == said


def test_other_words() -> None:
    assert words.label("last_active_at") == "Last active"
    assert words.label("is_up_to_date") == "Up to date"
    assert words.label("os_name") == "OS name"
    assert words.label("group_id") == "Group ID"
    assert words.column("two_fa_enabled") == "Two-factor enabled"
    assert words.column("primary_two_fa_method") == "Primary two-factor method"
    assert words.choice("mgmt", "source") == "the console (mgmt)"
    assert words.choice("mgmt", "site") == "mgmt"
    assert words.choice("not_a_source", "source") == "not_a_source"
    assert words.choice("not_configured", "two_fa_status") == "not configured"
    assert [words.choice(each, "state") for each in ("na", "fully_disabled")] == [
        "enabled",
        "fully disabled",
    ]
    assert [words.size(each) for each in (5, 1_500, 2_340_000)] == ["5 bytes", "1.5 kB", "2.3 MB"]
    assert [words.span(timedelta(hours=each)) for each in (0.5, 1, 6, 24, 168)] == [
        "30 minutes",
        "1 hour",
        "6 hours",
        "24 hours",
        "7 days",
    ]


@given(st.lists(st.integers(0, 10**7), min_size=4, max_size=4))
def test_a_bar_is_full_and_everything_present_is_seen(counted: list[int]) -> None:
    bar = charts.outcome_bar(Counts(*counted))

    assert len(bar.parts) == sum(count > 0 for count in counted)
    assert all(part.width > 0.9 for part in bar.parts)
    if bar.parts:
        assert sum(part.width for part in bar.parts) == pytest.approx(100, abs=0.1)
        assert bar.parts[0].x == 0


@given(st.lists(st.dictionaries(st.sampled_from(Result), st.integers(1, 40)), max_size=30))
def test_a_chart_of_days_stays_in_its_box(results: list[dict[Result, int]]) -> None:
    days = [Day(date(2026, 1, 1) + timedelta(days=n), each) for n, each in enumerate(results)]

    chart = charts.days_chart(days)

    assert len(chart.columns) == len(days)
    for column, day in zip(chart.columns, days, strict=True):
        assert column.gap == (day.total == 0)
        assert 0 <= column.x <= column.x + column.width <= chart.width + 0.1
        assert all(-0.1 <= block.y <= chart.height for block in column.blocks)


@given(st.lists(st.tuples(st.sampled_from(Result), st.integers(0, 10**6)), max_size=60))
def test_a_chart_of_failures_stays_in_its_box(history: list[tuple[Result, int]]) -> None:
    judged = [
        Judged("id", "path", NOW, NOW, "1", result, "", Counts(failed=failed))
        for result, failed in history
    ]

    chart = charts.failing_chart(judged)

    assert len(chart.columns) == len(judged)
    for column in chart.columns:
        assert column.x + column.width <= chart.width + 0.1
        assert all(
            block.y >= 0 and block.y + block.height <= chart.height + 0.1 for block in column.blocks
        )


def test_prose_passes_no_markup_on() -> None:
    rendered = prose.markdown("**a** <script>x</script> [l](javascript:alert(1)) ![i](http://h/i)")

    assert {each.tag for each in parse(f"<div>{rendered}</div>".encode()).elements} <= {
        *("div", "p", "strong", "a"),
    }
    assert "javascript:" not in re.findall(r'href="([^"]*)"', rendered)


@given(st.text(max_size=60))
def test_marking_sql_keeps_its_text(text: str) -> None:
    assert unescape(re.sub(r"</?span[^>]*>", "", prose.sql(text))) == text


def test_tags_and_interfaces_of_odd_json() -> None:
    assert device_facts.tags('{"sentinelone": [{"key": "a", "value": "b"}, 7]}') == ["a: b", "7"]
    assert device_facts.tags("[") == []
    assert device_facts.tags(None) == []
    assert device_facts.interfaces('[{"name": "eth0"}, 3]') == [{"name": "eth0"}]
    assert device_facts.interfaces('{"a": 1}') == []


def colours() -> list[dict[str, str]]:
    """The colours of the light and of the dark scheme."""
    css = files("watchkeeper.web").joinpath("static/web/base.css").read_text("utf-8")
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in css.split("@media")]
    light, dark = found[0], next(each for each in found[1:] if each)
    return [light, light | dark]


def luminance(colour: str) -> float:
    """The relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_has_enough_contrast(scheme: int) -> None:
    palette = colours()[scheme]
    states = ("error", "stale", "fail", "excepted", "pass", "na")
    pairs = [
        (text, ground) for text in ("ink", "soft", "accent", *states) for ground in ("surface",)
    ]
    pairs += [("ink", "ground"), ("soft", "ground"), ("accent", "ground"), ("ink", "sunken")]
    pairs += [("soft", "sunken"), ("on-accent", "accent"), ("on-accent", "accent-strong")]
    pairs += [(state, "ground") for state in states]
    pairs += [("stale", "stale-tint"), ("fail", "fail-tint"), ("excepted", "excepted-tint")]
    for text, ground in pairs:
        low, high = sorted((luminance(palette[text]), luminance(palette[ground])))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
