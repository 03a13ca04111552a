"""A person connects a console in a real browser: tests it, saves, watches, edits, reads."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from watchkeeper.simulator import Company, Running, running

from .test_browser import Demo, browser, demo, stays_in_place

__all__ = ["browser", "demo"]

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def console() -> Iterator[Running]:
    """A console whose token sees one site, and which takes its time."""
    company = Company(agents=60, threats=10, activities=40)
    with running(company, faults=["site-scope"], latency=0.05) as served:
        yield served


def signed_in(demo: Demo, browser: Browser, width: int, *, scripts: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=scripts
    )
    page = context.new_page()
    page.goto(demo.address)
    page.get_by_label("Name").fill(demo.name)
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
    return page


def header_is_readable(page: Page, name: str) -> None:
    """The connection's name has room; from 1440 pixels on, the navigation is one line."""
    expect(page.get_by_label("Connection", exact=True)).to_have_value(name)
    select = page.locator(".switcher select").bounding_box()
    nav = page.locator(".main-nav").bounding_box()
    link = page.locator(".main-nav a").first.bounding_box()
    assert select
    assert nav
    assert link
    assert select["width"] >= 150
    assert page.viewport_size
    if page.viewport_size["width"] >= 1440:
        assert nav["height"] < 2 * link["height"]


def badges_stand_beside_titles(page: Page) -> None:
    """No badge of a diagnosis reaches into its title."""
    for each in page.locator(".attention li").all():
        badge = each.locator(".state").bounding_box()
        title = each.locator(".attention-title").bounding_box()
        assert badge
        assert title
        beside = badge["x"] + badge["width"] <= title["x"]
        assert beside or badge["y"] + badge["height"] <= title["y"]


@pytest.mark.parametrize("width", [1440, 390])
def test_from_two_fields_to_a_diagnosis(
    demo: Demo, browser: Browser, console: Running, width: int
) -> None:
    page = signed_in(demo, browser, width)
    name = f"lisbon-{width}"

    page.goto(f"{demo.address}connections/")
    page.get_by_role("link", name="Connect a console").click()
    page.get_by_label("Console URL").fill(console.url)
    page.get_by_label("API token").fill("wrong" * 16)
    page.get_by_role("button", name="Test Connection").click()
    expect(page.locator("#tested")).to_contain_text("does not accept the token")

    page.get_by_label("API token").fill(console.token)
    page.get_by_role("button", name="Test Connection").click()
    expect(page.locator("#tested")).to_contain_text("One site is visible", timeout=20_000)
    expect(page.locator("#tested")).to_contain_text("must give it Account scope")
    stays_in_place(page)

    page.get_by_text("Name, tags, accounts").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Tags").fill("portugal")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator("#progress")).to_contain_text("Agents", timeout=60_000)
    expect(page.locator("#progress")).to_have_count(0, timeout=90_000)

    page.reload()
    expect(page.get_by_text("Only one site is seen")).to_be_visible()
    expect(page.get_by_text("gives the service user Account scope").first).to_be_visible()
    stays_in_place(page)
    header_is_readable(page, name)
    badges_stand_beside_titles(page)
    assert console.token not in page.content()

    page.get_by_role("link", name="Edit Connection").click()
    page.get_by_label("API token").fill("wrong" * 16)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".error")).to_contain_text("does not accept the token")
    page.get_by_label("API token").fill(console.token)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"{name} was changed")).to_be_visible()
    stays_in_place(page)


def test_a_console_is_tested_and_connected_without_scripts(
    demo: Demo, browser: Browser, console: Running
) -> None:
    page = signed_in(demo, browser, 1440, scripts=False)

    page.goto(f"{demo.address}connections/new/")
    page.get_by_label("Console URL").fill(console.url)
    page.get_by_label("API token").fill(console.token)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Test Connection").click()
    expect(opened.value.get_by_text("One site is visible")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("its first collection begins now")).to_be_visible()
