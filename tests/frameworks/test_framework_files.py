"""A framework's file is read, or refused with a sentence that names file and fault."""

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.controls import catalogue as controls
from watchkeeper.errors import DeclarationError
from watchkeeper.frameworks import catalogue, identifiers
from watchkeeper.frameworks.file import read
from watchkeeper.model.control import Relation
from watchkeeper.model.framework import Clause, Framework

FILE = """order = 1
title = "House rules"
publisher = "The house"
version = "2"
url = "https://house.example/rules"
licence = "Anyone may copy them: titles may be shown."
titles = true
source = "The board in the hall."
complete = true
coverage = "Every rule on the board."

groups.D = "Doors"

requirement = [
    { id = "D-1", title = "Shut them", group = "D" },
    { id = "D-2", group = "D" },
    { id = "W-1" },
]
"""
SIZES = {
    "nist-csf-2-0": 106,
    "iso-27001-2022": 93,
    "soc-2": 61,
    "cis-controls-8-1": 153,
    "nis2-directive": 10,
    "cyber-essentials-3-1": 5,
    "essential-eight-2023": 8,
}
WITHOUT_TITLES = {
    "iso-27001-2022",
    "soc-2",
    "cis-controls-8-1",
    "pci-dss-4-0-1",
    "scf-2025-2",
    "cyber-essentials-3-1",
}
each_framework = pytest.mark.parametrize("framework", catalogue().values(), ids=lambda it: it.slug)


def changed(*changes: tuple[str, str]) -> bytes:
    text = FILE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def refused(data: bytes, file: str = "house-2.toml") -> str:
    with pytest.raises(DeclarationError) as caught:
        read(data, file)
    assert caught.value.message.startswith(f"frameworks/{file}: ")
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_whole_file_is_a_framework() -> None:
    found = read(FILE.encode(), "house-2.toml")

    assert (found.slug, found.title, found.version) == ("house-2", "House rules", "2")
    assert found.groups == {"D": "Doors"}
    assert found.requirements == (
        Clause("D-1", "Shut them", "D"),
        Clause("D-2", "", "D"),
        Clause("W-1"),
    )


FAULTS = {
    "it is not TOML": ("order = 1", "order ="),
    "it has an unknown key 'colour'": ("order = 1", 'order = 1\ncolour = "red"'),
    "it has no 'title'": ('title = "House rules"\n', ""),
    "'publisher' is '', not a text": ('"The house"', '""'),
    "'licence' is '  ', not a text": ('"Anyone may copy them: titles may be shown."', '"  "'),
    "'version' is 2, not a text": ('version = "2"', "version = 2"),
    "'url' is 'http://house.example/rules', not an https:// address": ("https", "http"),
    "'order' is True, not a whole number": ("order = 1", "order = true"),
    "'complete' is 'yes', not true or false": ("complete = true", 'complete = "yes"'),
    "'titles' is 1, not true or false": ("titles = true", "titles = 1"),
    "'titles' is false and its groups have titles": ("titles = true", "titles = false"),
    "no requirement stands in the group 'E'": ("groups.D", 'groups.E = "Exits"\ngroups.D'),
    "'D' is 1, not a text": ('"Doors"', "1"),
    "'groups' is not": ('groups.D = "Doors"', "groups = 1"),
    "it has the requirement 'D-1' twice": ("D-2", "D-1"),
    "it has a requirement without an id": ('{ id = "W-1" }', '{ title = "W-1" }'),
    "the requirement 'W-1' has an unknown key 'name'": ('"W-1"', '"W-1", name = "Windows"'),
    "the requirement 'W-1' has the title ''": ('"W-1"', '"W-1", title = ""'),
    "the requirement 'W-1 ' has the id 'W-1 '": ('"W-1"', '"W-1 "'),
    "the requirement 3 has the id 3": ('"W-1"', "3"),
}


@pytest.mark.parametrize("sentence", FAULTS)
def test_a_fault_is_refused_with_a_sentence(sentence: str) -> None:
    assert sentence in refused(changed(FAULTS[sentence]))


def test_a_list_of_requirements_is_needed() -> None:
    head = FILE[: FILE.index("groups.D")]
    for value in ("[]", "3", '"D-1"'):
        assert "with one at least" in refused(f"{head}requirement = {value}".encode())


def test_titles_of_requirements_need_a_licence_too() -> None:
    without = changed(("titles = true", "titles = false"), ('groups.D = "Doors"\n', ""))

    assert "'titles' is false and the requirement 'D-1' has one" in refused(without)


def test_bytes_that_are_no_text_and_names_that_are_no_slug_are_refused() -> None:
    assert "not UTF-8 (byte 0)" in refused(b"\xff")
    assert "not lower case words" in refused(FILE.encode(), "House.toml")


@settings(max_examples=40)
@given(st.integers(0, len(FILE) - 1), st.integers(1, 40))
def test_a_file_with_a_hole_is_read_or_refused(start: int, length: int) -> None:
    with suppress(DeclarationError):
        read((FILE[:start] + FILE[start + length :]).encode(), "house-2.toml")


def test_they_come_in_the_order_of_their_files() -> None:
    orders = [each.order for each in catalogue().values()]

    assert orders == sorted(set(orders))
    assert len(orders) == 14
    assert next(iter(catalogue())) == "nist-800-53-r5"
    assert list(identifiers()) == list(catalogue())


@each_framework
def test_no_titles_where_the_licence_permits_none(framework: Framework) -> None:
    assert framework.titles is (framework.slug not in WITHOUT_TITLES)
    if not framework.titles:
        assert framework.groups == {}
        assert {each.title for each in framework.requirements} == {""}
        # The names of the five themes are the identifiers of Cyber Essentials.
        if framework.slug != "cyber-essentials-3-1":
            words = [each.id for each in framework.requirements if re.search(r"[a-z ]", each.id)]
            assert words == []


@pytest.mark.parametrize("slug", SIZES)
def test_a_complete_list_has_the_size_its_publisher_gives(slug: str) -> None:
    framework = catalogue()[slug]

    assert framework.complete
    assert len(framework.requirements) == SIZES[slug]


def test_withdrawn_controls_are_not_there() -> None:
    known = identifiers()["nist-800-53-r5"]

    assert {"SI-3", "AC-2(13)", "SR-12"} <= known
    assert not {"SI-3(1)", "SI-3(2)", "AC-13", "SA-12"} & known


@pytest.mark.parametrize("slug", ["nist-800-53-r5", "nist-csf-2-0", "hipaa", "nis2-directive"])
def test_where_requirements_have_titles_all_of_them_do(slug: str) -> None:
    assert [each.id for each in catalogue()[slug].requirements if not each.title] == []


@each_framework
def test_a_group_that_has_a_title_has_it_for_every_group(framework: Framework) -> None:
    used = {each.group for each in framework.requirements}

    assert set(framework.groups) in (set(), used)


def test_every_framework_gets_evidence_from_a_control() -> None:
    named = {each.framework for control in controls().values() for each in control.requirements}

    assert named == set(catalogue())


def test_every_reference_of_a_control_exists_and_claims_no_more_than_evidence() -> None:
    known = identifiers()
    for control in controls().values():
        for each in control.requirements:
            assert each.id in known[each.framework], (control.id, each)
            assert each.relation is Relation.CONTRIBUTES or each.source
