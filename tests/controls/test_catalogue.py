"""The controls that come with the product, as pages."""

import hashlib
import re

import pytest

from tests.controls.pages import PROMISED
from watchkeeper.controls import built_in, catalogue, prelude, prelude_sha256
from watchkeeper.model.assessment import Outcome
from watchkeeper.model.control import Control

CONTROLS = list(catalogue().values())
each_control = pytest.mark.parametrize("control", CONTROLS, ids=[c.id for c in CONTROLS])


def test_the_thirty_one_are_there_in_the_order_of_their_ids() -> None:
    assert len(PROMISED) == 31
    # More may come, a file each; none of these may go.
    assert [each for each in catalogue() if each in PROMISED] == PROMISED
    assert list(built_in()) == sorted(built_in())


@each_control
def test_a_page_says_why_and_what_to_do(control: Control) -> None:
    assert len(control.why) > 100
    assert control.remedy.startswith("1. ")
    assert control.title
    assert not control.title.endswith(".")


@each_control
def test_a_page_shows_every_outcome(control: Control) -> None:
    shown = {outcome for each in control.examples for outcome, _ in each.expected.values()}
    assert shown >= {Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN}


@each_control
def test_a_control_contributes_to_requirements_by_identifier(control: Control) -> None:
    frameworks = {each.framework for each in control.requirements}
    # The CIS Controls have none about watching the watcher (reference C.3).
    cis = set() if control.id == "CCM-01" else {"cis-controls-8-1"}
    assert {"nist-800-53-r5", "iso-27001-2022", "soc-2"} | cis <= frameworks
    withdrawn = {"SI-3(1)", "SI-3(2)"}
    assert not withdrawn & {each.id for each in control.requirements}


@each_control
def test_every_parameter_is_used_and_says_why(control: Control) -> None:
    for parameter in control.parameters:
        assert f"${parameter.name}" in control.logic
        assert parameter.why.endswith(".")
        assert bool(parameter.unit) is not isinstance(parameter.default, str)


@each_control
def test_every_declared_column_is_read(control: Control) -> None:
    words = set(re.findall(r"[a-z_0-9]+", control.logic))
    for columns in (*control.reads.values(), *(control.earlier or {}).values()):
        assert set(columns) <= words


@each_control
def test_the_digest_is_that_of_the_page(control: Control) -> None:
    assert hashlib.sha256(control.page.encode()).hexdigest() == control.sha256


def test_the_prelude_has_a_digest_of_its_own() -> None:
    assert prelude_sha256() == hashlib.sha256(prelude().encode()).hexdigest()
