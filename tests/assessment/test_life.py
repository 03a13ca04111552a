"""Every item of every control is as it is true, on days of the lives of five companies.

Policies drift, agents vanish and come back, threats are opened again, users lose their second
factor. `make truth` goes through all thirty days of each.
"""

import pytest

from tests.assessment.living import differences

DAYS = {7: 1, 11: 8, 23: 15, 42: 22, 101: 30}


@pytest.mark.slow
@pytest.mark.parametrize("seed", DAYS)
def test_what_the_controls_find_is_true(seed: int) -> None:
    assert list(differences(seed, DAYS[seed], DAYS[seed])) == []
