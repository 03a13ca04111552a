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

    page.goto(demo.address)
    page.get_by_label("Name").fill(demo.name)
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
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


def test_a_list_is_given_corrected_loaded_and_cov_01_judged_by_it(
    demo: Demo, browser: Browser, tmp_path: Path
) -> None:
    """Without scripts, and as narrow as a phone."""
    (tmp_path / "hw.csv").write_text("Serial;Rechner;Raum\nNOT-THERE-1;pc-1;4\n;;5\n")
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.address)
    page.get_by_label("Name").fill(demo.name)
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()

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
