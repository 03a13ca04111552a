"""A person's way through the pages, in a real browser, against `watchkeeper demo`."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.slow]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
).split()
_STOP_SECONDS = 60


@dataclass(frozen=True)
class Demo:
    """A running demo: where it is and how to get in."""

    address: str
    name: str
    password: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """`watchkeeper demo` with a few hundred agents, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="wk-browser-"))
    command = [sys.executable, "-m", "watchkeeper", "demo", "--data", str(folder / "data")]
    folder.chmod(0o711)  # the database's own account has to get through when root runs this
    process = subprocess.Popen(
        [*command, "--port", "0", "--agents", "300"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if re.match(r"http://127\.0\.0\.1:\d+/", line):
                break
        found = re.search(r"Name: (\S+)\s+Password: (\S+)", said)
        assert found, said
        yield Demo(said.splitlines()[-1].strip(), found[1], found[2])
    finally:
        process.terminate()
        process.communicate(timeout=_STOP_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium that is installed on this machine, or the one Playwright knows."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


def stays_in_place(page: Page) -> None:
    """Nothing reaches beyond the right edge of the page."""
    excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(excess) <= 0, page.url


def sign_in(page: Page, demo: Demo) -> None:
    page.goto(demo.address)
    page.get_by_label("Name").fill(demo.name)
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_overview_to_a_failing_device(
    demo: Demo,
    browser: Browser,
    width: int,
    height: int,
    scripts: bool,  # noqa: FBT001
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=scripts
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    sign_in(page, demo)
    expect(page.get_by_role("heading", name="Needs attention first")).to_be_visible()
    stays_in_place(page)

    controls = page.locator("#controls")
    controls.get_by_role("link", name="Agents report", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Agents report")).to_be_visible()
    expect(page.get_by_text("failures first")).to_be_visible()
    stays_in_place(page)

    page.get_by_label("Outcome").select_option("pass")
    if not scripts:
        page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("items match")).to_be_visible()
    assert "outcome=pass" in page.url
    rows = page.locator("#items-found tbody tr")
    expect(rows).to_have_count(25)
    first = rows.first.inner_text()

    page.get_by_role("navigation", name="Pages of items").get_by_role("link", name="Next").click()
    expect(page.get_by_text(re.compile(r"26–50 of \d+"))).to_be_visible()
    assert "page=2" in page.url
    assert "outcome=pass" in page.url
    assert rows.first.inner_text() != first
    stays_in_place(page)

    rows.first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Protection")).to_be_visible()
    stays_in_place(page)
    for name in ("Devices", "Threats", "Policies", "Sites", "Activity", "Collections"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        stays_in_place(page)
    assert complaints == []
    context.close()


_BROKEN = """() => [...document.querySelectorAll('tbody th bdi')].flatMap(bdi =>
  [...bdi.childNodes].filter(node => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return node.nodeType === 3 && range.getClientRects().length > 1;
  }).map(node => node.textContent))"""
"""The parts of names on either side of an @ that take more than one line."""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_addresses_break_nowhere_but_behind_the_at(
    demo: Demo, browser: Browser, width: int, height: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    sign_in(page, demo)
    for where in ("findings/?q=%40", "controls/ACC-04/"):
        page.goto(demo.address + where)
        expect(page.locator("tbody th a[href^='/users/']").first).to_be_visible()
        assert page.evaluate(_BROKEN) == []
        stays_in_place(page)
    page.goto(f"{demo.address}findings/?control=ACC-04")
    before = "getComputedStyle(document.querySelector('tbody td .sub'), '::before').content"
    assert page.evaluate(before) == ("none" if width > 1000 else '"\N{MIDDLE DOT}"')
    context.close()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_what_is_wrong_with_a_password_stands_below_its_field(
    demo: Demo, browser: Browser, width: int, height: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    sign_in(page, demo)
    page.goto(f"{demo.address}password/")
    for label in ("Old password", "New password", "New password confirmation"):
        page.get_by_label(label, exact=True).fill(label)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".error").first).to_be_visible()
    for error in page.locator(".error").all():
        field = error.locator("xpath=..").locator("input").bounding_box()
        told = error.bounding_box()
        assert field
        assert told
        assert told["y"] >= field["y"] + field["height"]
    stays_in_place(page)
    context.close()


def test_what_was_typed_before_another_sign_in_is_sent_with_one_more_press(
    demo: Demo, browser: Browser
) -> None:
    """Without scripts; only a real browser says where a form was sent from."""
    context = browser.new_context(java_script_enabled=False)
    page, other = context.new_page(), context.new_page()
    sign_in(page, demo)
    page.goto(f"{demo.address}decisions/exceptions/new/?control=HLT-01")
    page.get_by_label("Subject").fill("agent:999")
    for label in ("Reason", "Risk", "Compensating measure"):
        page.get_by_label(label, exact=True).fill(f"{label} enough for somebody in a year.")
    other.goto(demo.address)
    other.get_by_role("button", name="Sign out").click()
    sign_in(other, demo)

    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("heading", name="The sign-in changed")).to_be_visible()
    page.get_by_role("button", name="Send it again").click()

    expect(page.get_by_text("agent:999 is no subject of HLT-01")).to_be_visible()
    kept = page.get_by_label("Reason", exact=True)
    expect(kept).to_have_value("Reason enough for somebody in a year.")
    context.close()


def test_a_list_is_given_corrected_loaded_and_cov_01_judged_by_it(
    demo: Demo, browser: Browser, tmp_path: Path
) -> None:
    """Without scripts, and as narrow as a phone."""
    (tmp_path / "hw.csv").write_text("Serial;Rechner;Raum\nNOT-THERE-1;pc-1;4\n;;5\n")
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, demo)

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Lists").click()
    missing = "No list of ends of support yet: VER-02 cannot be judged"
    expect(page.get_by_text(missing)).to_be_visible()
    page.get_by_role("link", name="Load a list").click()
    page.get_by_label("Name of the list").fill("hardware")
    page.get_by_label("File").set_input_files(tmp_path / "hw.csv")
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("line 3 was left out")).to_be_visible()
    stays_in_place(page)
    page.get_by_label("Rechner").select_option("name")
    page.get_by_role("button", name="Read again with these columns").click()
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_text("hardware was loaded: 1 row. COV-01 is judged again")).to_be_visible()
    stays_in_place(page)

    for _ in range(60):
        page.goto(f"{demo.address}controls/COV-01/?q=pc-1")
        if page.get_by_text("no agent with its serial number").count():
            break
        page.wait_for_timeout(500)
    expect(page.get_by_text("no agent with its serial number").first).to_be_visible()
    context.close()
