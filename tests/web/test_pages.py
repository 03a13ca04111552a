"""Every page: whole, safe, readable by a machine that reads aloud."""

from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.http import HttpRequest
from django.test import Client

from tests.queries.sealing import NAMES
from watchkeeper.access.headers import POLICY
from watchkeeper.access.roles import Role
from watchkeeper.bootstrap import App
from watchkeeper.ledger.models import AssessmentEntry, CollectionEntry, Connection, Run
from watchkeeper.locker.locker import Locker
from watchkeeper.web.console_text import is_hidden
from watchkeeper.web.registers import KINDS
from watchkeeper.web.views.faults import bad_request, broken

from .conftest import COMPANY, HOSTILE, ODD, World, odd_id
from .html import Document, Element, parse

pytestmark = pytest.mark.postgres
_WHITE = frozenset("\n\r\t")


def pages(world: World) -> list[str]:
    """An address of every kind of page, for both connections."""
    found = ["/nowhere/", "/sign-in/"]
    for connection in (world.company, world.hostile):
        query = f"?connection={connection.name}"
        found += [f"/{query}", f"/devices/{query}", f"/threats/{query}", f"/collections/{query}"]
        found += [f"/{query}&result=FAIL", f"/devices/{query}&q=no-such&os=windows"]
        judged = AssessmentEntry.objects.filter(connection=connection, newest=True)
        found += [f"/controls/{each.control}/{query}&size=200" for each in judged]
        found += [
            f"/collections/{path.rsplit('id=', 1)[1]}/"
            for path in CollectionEntry.objects.filter(connection=connection)
            .order_by("resource")
            .distinct("resource")
            .values_list("path", flat=True)
        ]
        found += [f"/{kind}/{query}" for kind in KINDS]
        found += [f"/policies/tree/{query}", "/access-keys/"]
    found += [
        f"/devices/{odd_id('h', number)}/?connection={HOSTILE}" for number in range(len(NAMES))
    ]
    found += [
        f"/threats/{odd_id('t', number)}/?connection={HOSTILE}" for number in range(len(NAMES))
    ]
    found += [f"/threats/{identity}/?connection={COMPANY}" for identity in threats(world)]
    found += [f"/policies/{scope}/?connection={COMPANY}" for scope in scopes(world)]
    for kind in ODD:
        found += [
            f"/{kind}/{odd_id('o', number)}/?connection={HOSTILE}" for number in range(len(NAMES))
        ]
    return found


def scopes(world: World) -> list[str]:
    """The ids of one policy of each level of the company."""
    newest = next(world.locker.newest_first(COMPANY, "policies"))
    rows = world.locker.table(newest, ["id", "scope"]).to_pylist()
    return list({row["scope"]: row["id"] for row in rows}.values())


def threats(world: World, most: int = 5) -> list[str]:
    """The ids of some threats of the company, those with the longest timelines."""
    newest = next(world.locker.newest_first(COMPANY, "timelines"))
    found = Counter(world.locker.table(newest, ["threat_id"]).column("threat_id").to_pylist())
    return [identity for identity, _ in found.most_common(most)]


_found: dict[str, Document] = {}


@pytest.fixture
def shown(world: World, browse: Callable[[Role | None], Client]) -> dict[str, Document]:
    """Every page, as an admin sees it; asked for once."""
    if _found:
        return _found
    client = browse(Role.ADMIN)
    found = _found
    for address in pages(world):
        answer = client.get(address, follow=address == "/sign-in/")
        missing = address == "/nowhere/"
        wanted = HTTPStatus.NOT_FOUND if missing else HTTPStatus.OK
        assert answer.status_code == wanted, (address, answer.content[-2000:])
        assert answer.headers["Content-Security-Policy"] == POLICY
        found[address] = parse(answer.content)
    assert "'unsafe" not in POLICY
    return found


def test_every_page_is_whole_safe_and_named(shown: dict[str, Document]) -> None:
    for address, document in shown.items():
        inline = [
            (element.tag, name)
            for element in document.elements
            for name in element.attributes
            if name == "style" or name.startswith("on") or name == "hx-on"
        ]
        assert inline == [], address
        assert document.all("style") == [], address
        assert [
            each.text for each in document.all("script") if not each.attributes.get("src")
        ] == []
        for element in document.elements:
            for name in ("src", "href", "action"):
                value = element.attributes.get(name, "/")
                assert value == "" or value[0] in "/?#", (address, value)
        ids = [each.attributes["id"] for each in document.elements if "id" in each.attributes]
        assert len(ids) == len(set(ids)), address
        assert len(document.all("h1")) == len(document.all("main")) == 1, address
        assert document.all("html")[0].attributes["lang"] == "en"
        _check_labels(address, document.elements, set(ids))


def _check_labels(address: str, elements: list[Element], ids: set[str]) -> None:
    labelled = {each.attributes.get("for") for each in elements if each.tag == "label"}
    for each in elements:
        if each.tag == "select" or (
            each.tag == "input" and each.attributes.get("type") not in {"hidden", "submit"}
        ):
            assert each.attributes.get("id") in labelled, (address, each)
        if each.tag == "th":
            assert each.attributes.get("scope") in {"col", "row"}, (address, each)
        if named := each.attributes.get("aria-labelledby"):
            assert named in ids, (address, named)
        if each.tag == "svg" and each.attributes.get("aria-hidden") != "true":
            assert each.attributes.get("aria-label"), (address, each)
    tables = sum(each.tag == "table" and "prose" not in each.parents for each in elements)
    assert sum(each.tag == "caption" for each in elements) >= tables, address


def test_what_a_console_says_is_never_markup_and_never_hidden(shown: dict[str, Document]) -> None:
    for address, document in shown.items():
        assert document.all("img") == [], address
        assert not [each for each in document.all("script") if "alert" in each.text], address
        # What a form sends back is the value as it came; nobody sees it.
        read = [each.text for each in document.all("body")]
        for each in document.elements:
            read += [value for name, value in each.attributes.items() if name != "value"]
        assert {each for text in read for each in text if is_hidden(each)} <= _WHITE, address


def test_a_hostile_name_is_isolated_and_shown_as_it_is(shown: dict[str, Document]) -> None:
    listed = shown[f"/devices/?connection={HOSTILE}"]
    names = {each.text for each in listed.all("bdi")}

    assert NAMES[0] in names
    assert NAMES[1] in names
    assert "U+202Egnp.exe" in names
    assert "bellU+0007 tabU+0009 newlineU+000A escapeU+001B[31m" in names
    assert "x" * 200 in names


def test_the_overview_without_a_connection_says_what_to_do(
    ledger: App,  # noqa: ARG001
    browse: Callable[[Role | None], Client],
) -> None:
    client = browse(Role.VIEWER)

    for address in ("/", "/devices/", "/threats/", "/collections/", "/controls/HLT-01/"):
        answer = client.get(address)
        assert answer.status_code == HTTPStatus.OK
        assert b"No console is connected yet" in answer.content
        assert b"watchkeeper connect" in answer.content


def test_a_connection_that_was_never_read_says_so(
    ledger: App,
    browse: Callable[[Role | None], Client],
) -> None:
    Locker.open(ledger.settings.locker, create=True)  # as `watchkeeper up` makes one
    Connection.objects.create(name="new", console="https://n.sentinelone.net", token_ciphertext="x")
    client = browse(Role.VIEWER)

    assert b"Nothing has been judged yet" in client.get("/").content
    assert b"No complete collection of devices yet" in client.get("/devices/").content
    assert b"Nothing has been collected yet" in client.get("/collections/").content
    assert b"No threats collected" in client.get("/threats/").content


def test_a_threat_is_shown_with_its_timeline_and_what_controls_say(
    world: World, shown: dict[str, Document]
) -> None:
    identity = threats(world)[0]
    timelines = next(world.locker.newest_first(COMPANY, "timelines"))
    events = world.locker.table(timelines, ["threat_id", "primary_description"]).to_pylist()

    document = shown[f"/threats/{identity}/?connection={COMPANY}"]

    text = document.all("main")[0].text
    for event in events:
        if event["threat_id"] == identity:
            assert " ".join(event["primary_description"].split()) in text
    assert "DET-" in text
    assert "Status" in text


def test_links_keep_the_connection(shown: dict[str, Document]) -> None:
    document = shown[f"/?connection={COMPANY}"]
    links = [each.attributes.get("href", "") for each in document.all("a")]
    own = [each for each in links if each.startswith(("/devices/", "/controls/", "/threats/"))]

    assert own
    assert [each for each in own if f"connection={COMPANY}" not in each] == []


def test_a_list_is_searched_filtered_and_paged_by_its_address(
    world: World, browse: Callable[[Role | None], Client]
) -> None:
    client = browse(Role.VIEWER)
    address = f"/controls/HLT-01/?connection={world.company.name}"
    judged = AssessmentEntry.objects.get(connection=world.company, control="HLT-01", newest=True)

    failing = parse(client.get(f"{address}&outcome=fail&size=200").content)
    second = parse(client.get(f"{address}&page=2").content)
    nothing = client.get(f"{address}&q=no-such-device").content

    states = [each for each in failing.all("td") if "col-state" in each.attributes.get("class", "")]
    assert len([each for each in states if each.text.strip() == "Fail"]) >= judged.failed > 0
    assert f"26–50 of {judged.total}" in second.all("body")[0].text
    assert b"No item matches" in nothing
    for odd in ("page=-1", "page=x", "page=99999999999999", "size=7", "sort=%27", "q=%00", "page="):
        assert client.get(f"{address}&{odd}").status_code == HTTPStatus.OK, odd


def test_a_past_day_is_shown_and_one_to_come_is_refused(
    world: World, browse: Callable[[Role | None], Client]
) -> None:
    client = browse(Role.VIEWER)
    address = f"/findings/as-of/?connection={world.company.name}"
    today = world.locker.clock.now().date()

    shown = client.get(f"{address}&day={today}")
    assert shown.status_code == HTTPStatus.OK
    assert f"As of {today:%-d %b %Y}".encode() in shown.content
    for day, said in (("2999-01-01", b"still to come"), ("soon", b"This is no day")):
        refused = client.get(f"{address}&day={day}")
        assert refused.status_code == HTTPStatus.NOT_FOUND
        assert said in refused.content


def test_evidence_that_is_gone_is_told_in_words(
    ledger: App,  # noqa: ARG001
    world: World,
    browse: Callable[[Role | None], Client],
) -> None:
    lost = "collections/connection=pages-northwind/resource=agents/date=2026-01-01/id=lost"
    newest = CollectionEntry.objects.filter(connection=world.company, resource="agents").last()
    assert newest is not None
    CollectionEntry.objects.filter(pk=newest.pk).update(path=lost)

    answer = browse(Role.VIEWER).get(f"/devices/?connection={world.company.name}")

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert b"This cannot be shown" in answer.content
    assert b"watchkeeper verify" in answer.content


def test_a_run_shows_how_far_it_is(world: World, browse: Callable[[Role | None], Client]) -> None:
    client = browse(Role.VIEWER)
    run = Run.objects.create(connection=world.company, trigger=NAMES[0], state="waiting")
    waits = client.get(f"/?connection={world.company.name}").content
    run.state = "running"
    run.progress = {
        "agents": {"title": "Agents", "pages": 1, "rows": 7, "expected": 9, "verdict": None},
        "sites": {"title": "Sites", "pages": 1, "rows": 2, "expected": 2, "verdict": "complete"},
    }
    run.save()
    runs = parse(client.get(f"/?connection={world.company.name}").content)

    assert b"A collection waits for a worker" in waits
    assert NAMES[0].encode() not in waits
    shown = runs.all("progress")
    assert [(each.attributes["value"], each.attributes["max"]) for each in shown] == [("7", "9")]


def test_a_fault_of_ours_has_a_page_that_needs_no_database(ledger: App) -> None:  # noqa: ARG001
    answer = broken(HttpRequest())
    refused = bad_request(HttpRequest(), ValueError("x"))

    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert len(parse(answer.content).all("h1")) == 1
    assert refused.status_code == HTTPStatus.BAD_REQUEST
