"""What a tenant may change, and what a requirement asks of it."""

import pytest

from tests.controls.pages import control
from watchkeeper.controls import catalogue
from watchkeeper.controls.parameters import effective
from watchkeeper.errors import UsageError
from watchkeeper.model.control import Guardrail, Requirement, Scalar
from watchkeeper.model.guardrail import not_strict_enough


def test_what_is_not_set_keeps_its_default() -> None:
    assert effective(control(), None) == {"days": 14}
    assert effective(control(), {"days": 30}) == {"days": 30}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"weeks": 2},
            "TST-01 has no parameter 'weeks'; it has: days, tolerance, ",
        ),
        ({"days": 0}, "days is 0, the least is 1"),
        ({"days": 91}, "days is 91, the most is 90"),
        ({"days": "14"}, "it must be a whole number like 14"),
        ({"days": True}, "it must be a whole number like 14"),
        ({"days": 1.5}, "it must be a whole number like 14"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Scalar], sentence: str) -> None:
    with pytest.raises(UsageError, match=r"TST-01") as caught:
        effective(control(), given)
    assert sentence in caught.value.message


def test_a_looser_parameter_breaks_a_guardrail_and_a_stricter_one_does_not() -> None:
    guarded = Requirement("pci-dss-4-0-1", "6.3.3", Guardrail("days", "<=", 30))
    assert not_strict_enough(guarded, {"days": 30}) == ""
    assert not_strict_enough(guarded, {"days": 31}) == (
        "configuration not strict enough: days is 31, pci-dss-4-0-1 6.3.3 asks for <= 30"
    )
    assert not_strict_enough(Requirement("soc-2", "CC6.8"), {}) == ""


def test_the_guardrails_of_the_catalogue_say_which_defaults_are_too_loose_for_whom() -> None:
    loose = {
        (each.id, requirement.framework, requirement.id)
        for each in catalogue().values()
        for requirement in each.requirements
        if not_strict_enough(requirement, each.defaults)
    }
    assert loose == {
        ("VER-01", "cyber-essentials-3-1", "Security update management"),
        ("VER-01", "essential-eight-2023", "Patch applications"),
        ("ACC-02", "cis-controls-8-1", "5.3"),
        ("LOG-02", "pci-dss-4-0-1", "10.4.1"),
    }
