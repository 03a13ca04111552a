"""Where a framework stands: who contributes to a requirement, and what that adds up to."""

from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.controls import catalogue as controls
from watchkeeper.frameworks import catalogue
from watchkeeper.frameworks.standing import FrameworkStanding, Judged, standing
from watchkeeper.model.assessment import Result
from watchkeeper.model.control import Guardrail, Requirement

PCI = catalogue()["pci-dss-4-0-1"]
GUARDED = Requirement(PCI.slug, "6.3.3", Guardrail("days", "<=", 30))
FREE = Requirement(PCI.slug, "5.3.1")
ELSEWHERE = Requirement("soc-2", "CC7.1")
# Worst first, with what was never judged between a failure and a pass.
WORST_FIRST = [
    Result.ERROR,
    Result.STALE,
    Result.FAIL,
    None,
    Result.PASS_WITH_EXCEPTIONS,
    Result.PASS,
    Result.NOT_APPLICABLE,
]
results = st.sampled_from(WORST_FIRST)
judged_controls = st.lists(
    st.builds(
        Judged,
        control=st.from_regex(r"[A-Z]{3}-0[1-9]", fullmatch=True),
        requirements=st.sets(st.sampled_from([GUARDED, FREE, ELSEWHERE])).map(tuple),
        result=results,
        parameters=st.fixed_dictionaries({"days": st.integers(1, 90)}),
    ),
    max_size=5,
    unique_by=lambda each: each.control,
)


def judged(result: Result | None, days: int = 14, control: str = "VER-01") -> Judged:
    return Judged(control, (GUARDED, FREE, ELSEWHERE), result, {"days": days})


def says(found: FrameworkStanding, clause: str) -> Result | None:
    (row,) = [each for each in found.requirements if each.clause.id == clause]
    return row.result


def test_a_threshold_that_is_too_loose_fails_that_requirement_alone() -> None:
    found = standing(PCI, [judged(Result.PASS, days=45)])

    assert says(found, "6.3.3") is Result.FAIL
    assert says(found, "5.3.1") is Result.PASS
    (row,) = [each for each in found.covered if each.clause.id == "6.3.3"]
    assert row.contributions[0].too_loose == (
        "configuration not strict enough: days is 45, pci-dss-4-0-1 6.3.3 asks for <= 30"
    )
    assert standing(catalogue()["soc-2"], [judged(Result.PASS, days=45)]).covered[0].result is (
        Result.PASS
    )


def test_what_no_control_names_is_not_covered_and_has_no_result() -> None:
    found = standing(PCI, [judged(Result.PASS)])

    assert [each.clause.id for each in found.covered] == ["5.3.1", "6.3.3"]
    assert "9.1.1" in {each.id for each in found.not_covered}
    assert says(found, "9.1.1") is None


def test_a_control_that_was_never_judged_keeps_another_from_passing_for_both() -> None:
    both = [judged(Result.PASS), judged(None, control="VER-02")]

    assert says(standing(PCI, both), "5.3.1") is None
    both.append(judged(Result.STALE, control="VER-03"))
    assert says(standing(PCI, both), "5.3.1") is Result.STALE


def test_a_page_that_names_what_is_no_longer_there_is_told() -> None:
    gone = Requirement(PCI.slug, "5.3.9")
    found = standing(PCI, [Judged("OLD-01", (gone, FREE), Result.PASS, {})])

    assert [each.requirement for each in found.unknown] == [gone]
    assert says(found, "5.3.1") is Result.PASS


@settings(max_examples=40)
@given(judged_controls)
def test_no_requirement_shows_better_than_the_worst_of_what_it_rests_on(all_: list[Judged]) -> None:
    found = standing(PCI, all_)
    for row in found.covered:
        assert row.result is min((each.result for each in row.contributions), key=WORST_FIRST.index)
        for each in row.contributions:
            (own,) = [one.result for one in all_ if one.control == each.control]
            assert WORST_FIRST.index(each.result) <= WORST_FIRST.index(own)
            if each.too_loose:
                assert each.result not in {Result.PASS, Result.PASS_WITH_EXCEPTIONS}
            else:
                assert each.result is own


@settings(max_examples=40)
@given(judged_controls)
def test_every_requirement_is_covered_or_not_covered(all_: list[Judged]) -> None:
    found = standing(PCI, all_)
    covered = {each.clause for each in found.covered}

    assert not covered & set(found.not_covered)
    assert covered | set(found.not_covered) == set(PCI.requirements)
    assert [each.clause for each in found.requirements] == list(PCI.requirements)


def test_every_mapping_of_every_control_arrives() -> None:
    """Nothing of the catalogue is lost on the way to its frameworks."""
    all_ = [Judged(it.id, it.requirements, None, it.defaults) for it in controls().values()]
    arrived = {
        (slug, row.clause.id, each.control)
        for slug, framework in catalogue().items()
        for row in standing(framework, all_).covered
        for each in row.contributions
    }

    assert arrived == {
        (each.framework, each.id, it.id) for it in controls().values() for each in it.requirements
    }
