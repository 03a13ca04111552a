"""Whether a collection is whole."""

from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.model.collection import Verdict, completeness

_count = st.none() | st.integers(0, 50)


@given(
    ended=st.booleans(),
    distinct=st.integers(0, 50),
    repeated=st.integers(0, 5),
    before=_count,
    after=_count,
)
def test_complete_means_ended_and_no_fewer_than_the_smaller_count(
    *, ended: bool, distinct: int, repeated: int, before: int | None, after: int | None
) -> None:
    found = completeness(
        ended=ended,
        rows=distinct + repeated,
        distinct=distinct,
        count_before=before,
        count_after=after,
    )
    counts = [count for count in (before, after) if count is not None]
    whole = ended and (not counts or distinct >= min(counts))
    assert (found.verdict is Verdict.COMPLETE) == whole
    assert whole or found.reason
    assert bool(repeated) == any("twice" in note for note in found.notes)
