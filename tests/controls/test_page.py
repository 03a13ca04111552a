"""A page becomes a control, or is refused with a sentence that names file and fault."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.controls.pages import PAGE, SQL, control, page
from watchkeeper.controls.page import parse
from watchkeeper.errors import DeclarationError
from watchkeeper.frameworks import identifiers
from watchkeeper.model.control import Cadence, Guardrail, Relation, Requirement, Severity
from watchkeeper.resources import everything as resources


def refused(text: str | bytes, file: str = "TST-01.md") -> str:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(DeclarationError) as caught:
        parse(data, file, resources(), identifiers())
    assert caught.value.message.startswith(f"controls/{file}: ")
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_whole_page_is_a_control() -> None:
    found = control()
    assert (found.id, found.version, found.title) == ("TST-01", "1.0.0", "Agents are clean")
    assert (found.severity, found.cadence) == (Severity.HIGH, Cadence.DAILY)
    assert found.reads["roles"] == ("id", "name")
    assert found.optional == {"roles"}
    assert found.earlier == {"agents": ("id", "infected")}
    assert found.lookback == timedelta(days=8)
    assert found.baseline is False
    assert found.defaults == {"days": 14}
    assert found.requirements == (
        Requirement("nist-800-53-r5", "SI-3"),
        Requirement("pci-dss-4-0-1", "5.2.2"),
        Requirement("pci-dss-4-0-1", "6.3.3", Guardrail("days", "<=", 30)),
    )
    assert found.why == "Infected machines infect others."
    assert found.logic == SQL.strip()
    assert found.page == PAGE


def test_a_relation_stands_with_the_source_that_states_it() -> None:
    found = control(
        ("guardrail: days <= 30", "relation: subset, source: A mapping by its publisher")
    )

    assert {each.relation for each in found.requirements[:2]} == {Relation.CONTRIBUTES}
    assert found.requirements[2] == Requirement(
        "pci-dss-4-0-1", "6.3.3", None, Relation.SUBSET, "A mapping by its publisher"
    )


def test_a_sealed_page_is_read_though_a_requirement_is_no_longer_there() -> None:
    text = page(("[SI-3]", '["SI-3(1)"]'))
    assert "has no requirement" in refused(text)

    found = parse(text.encode(), "TST-01.md", resources(), known=None)

    assert found.requirements[0].id == "SI-3(1)"


def test_an_example_keeps_what_the_page_says() -> None:
    (example,) = control().examples
    assert example.name == "A clean agent passes, an infected one fails"
    assert example.tables["agents"][1] == {"id": "2", "computer_name": "LT-BEN", "infected": "true"}
    assert example.expected == {"agent:1": ("pass", "infected is false"), "agent:2": ("fail", "")}


FAULTS = {
    "does not begin with front matter": ("---\nid:", "id:"),
    "the front matter is not YAML": ("title: Agents", "title: [Agents"),
    "has the key 'severity' twice": ("severity: high", "severity: high\nseverity: low"),
    "has an unknown key 'colour'": ("severity: high", "severity: high\ncolour: red"),
    "has no 'title'": ("title: Agents are clean\n", ""),
    "'version' is 1.0, not three numbers": ("version: 1.0.0", "version: 1.0"),
    "'severity' is 'urgent', not one of": ("severity: high", "severity: urgent"),
    "'cadence' is 'yearly', not one of": ("cadence: daily", "cadence: yearly"),
    "name the file TST-02.md": ("id: TST-01", "id: TST-02"),
    "'id' is 'tst', not capitals": ("id: TST-01", "id: tst"),
    "names 'rolls', which is no resource": ("  roles: [id, name]", "  rolls: [id, name]"),
    "agents.infectd, a column agents does not have": ("[id, computer_name,", "[id, infectd,"),
    "'reads' names a column of 'roles' twice": ("roles: [id, name]", "roles: [id, id]"),
    "'optional' names 'sites', which 'reads' does not": ("optional: [roles]", "optional: [sites]"),
    "'optional' names everything": ("optional: [roles]", "optional: [agents, roles]"),
    "'earlier' names 'users', which 'reads' does not": (
        "  agents: [id, infected]\n",
        "  users: [id]\n",
    ),
    "'earlier' names 'threats', which has no states": (
        "  agents: [id, infected]\n",
        "  threats: [id]\n",
    ),
    "'baseline' is true and 'earlier' names no resource": (
        "earlier:\n  agents: [id, infected]\n",
        "baseline: true\n",
    ),
    "'lookback_days' is 0; it must be 1 to": ("lookback_days: 8", "lookback_days: 0"),
    "the default of days is 14, the least is 15": ("min: 1\n", "min: 15\n"),
    "the default of days is 14, the most is 10": ("max: 90", "max: 10"),
    "lacks its bounds": ("    min: 1\n", ""),
    "does not say why": ("    why: Two weeks.\n", ""),
    "has an unknown key 'units'": ("unit: days", "units: days"),
    "the clause 5.2; write it in quotes": ('"5.2.2"', "5.2"),
    "the guardrail 'days about 30'": ("days <= 30", "days about 30"),
    "guards 'weeks', which is no number parameter": ("days <= 30", "weeks <= 30"),
    "names nist-800-53-r5 SI-3 twice": ("[SI-3]", "[SI-3, SI-3]"),
    "the framework 'NIST' is not named like": ("nist-800-53-r5:", "NIST:"),
    "there is no framework 'nist-800-53-r4'; there are nist-800-53-r5, ": (
        "nist-800-53-r5:",
        "nist-800-53-r4:",
    ),
    "nist-800-53-r5 has no requirement 'SI-3(1)'": ("[SI-3]", '["SI-3(1)"]'),
    "pci-dss-4-0-1 has a clause with an unknown key 'guard'": ("guardrail:", "guard:"),
    "pci-dss-4-0-1 has a clause whose id is no text": ('id: "6.3.3"', "id: 6.3"),
    "pci-dss-4-0-1 6.3.3 has the relation 'superset', not one of contributes evidence to, ": (
        "days <= 30",
        "days <= 30, relation: superset",
    ),
    "has the relation 'equal' and names no source for it": (
        "guardrail: days <= 30",
        "relation: equal",
    ),
    "6.3.3 names a source and no relation that it states": (
        "guardrail: days <= 30",
        "source: A book",
    ),
    "6.3.3 has the source 5, which is not a text": (
        "guardrail: days <= 30",
        "relation: equal, source: 5",
    ),
    "it has no section 'Why'": ("## Why\n\nInfected machines infect others.\n", ""),
    "the section 'Remedy' is empty": ("1. Clean them.\n", ""),
    "it has no section 'Logic'": (
        f"## Logic\n\nOne row for every agent.\n\n```sql\n{SQL}```\n",
        "",
    ),
    "it has a section 'Background'": ("## Why", "## Background"),
    "it has the section 'Why' twice": ("## Remedy", "## Why"),
    "exactly one ```sql block": ("```sql", "```python"),
    "the SQL in 'Logic' is empty": (SQL, ""),
    "no example expects the outcome 'pass'": ("| agent:1 | pass |", "| agent:1 | unknown |"),
    "no example expects the outcome 'fail'": ("| agent:2 | fail |", "| agent:2 | unknown |"),
    "expects the outcome 'passed', which is none": ("| pass |", "| passed |"),
    "has no table `expect`": ("`expect`", "`agents_earlier`"),
    "has a table 'users' that the control does not read": ("`agents`", "`users`"),
    "has a column 'domain' that the control does not read": (
        "| id | computer_name | infected |",
        "| id | domain | infected |",
    ),
    "'yes' is not true or false": ("| LT-BEN | true |", "| LT-BEN | yes |"),
    "has a table without its name": ("`agents`", "The agents:"),
    "expects the subject 'agent:1' twice": ("| agent:2 | fail |", "| agent:1 | fail |"),
}


@pytest.mark.parametrize("sentence", FAULTS)
def test_a_fault_is_refused_with_a_sentence(sentence: str) -> None:
    old, new = FAULTS[sentence]
    changed = page((old, new))
    assert sentence in refused(changed)


def test_bytes_that_are_no_text_are_refused() -> None:
    assert "not UTF-8 (byte 4)" in refused(b"---\n\xff")


def test_an_unread_resource_in_an_example_must_be_optional() -> None:
    unread = "`unread`\n\n| resource | reason |\n|---|---|\n| {} | denied |\n\n`expect`"
    control(("`expect`", unread.format("roles")))
    control(("`expect`", unread.format("agents.infected")))
    assert "'agents' unread, which is not optional" in refused(
        page(("`expect`", unread.format("agents")))
    )


def test_a_parameter_in_an_example_must_be_declared_and_within_its_bounds() -> None:
    table = "`parameters`\n\n| name | value |\n|---|---|\n| {} | {} |\n\n`expect`"
    found = control(("`expect`", table.format("days", "30")))
    assert found.examples[0].parameters == {"days": 30}
    assert "the most is 90" in refused(page(("`expect`", table.format("days", "91"))))
    assert "not declared" in refused(page(("`expect`", table.format("weeks", "2"))))
    assert "sets days to 'many'" in refused(page(("`expect`", table.format("days", "many"))))


@settings(max_examples=40)
@given(st.text(max_size=300))
def test_any_text_is_refused_and_never_breaks_the_parser(text: str) -> None:
    refused(f"---\n{text}\n---\n{text}".encode("utf-8", "replace"))


@settings(max_examples=60)
@given(st.integers(0, len(PAGE) - 1), st.integers(1, 40))
def test_a_page_with_a_hole_is_read_or_refused(start: int, length: int) -> None:
    text = PAGE[:start] + PAGE[start + length :]
    with suppress(DeclarationError):
        assert parse(text.encode(), "TST-01.md", resources(), identifiers()).id == "TST-01"
