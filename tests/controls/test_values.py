"""What a cell of an example means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from watchkeeper.controls.values import EXAMPLE_NOW, cell
from watchkeeper.model.resource import ColumnType


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("", ColumnType.TEXT, None),
        ("", ColumnType.TEXTS, None),
        ('""', ColumnType.TEXT, ""),
        ("laptop", ColumnType.TEXT, "laptop"),
        ("true", ColumnType.BOOLEAN, True),
        ("-3", ColumnType.INTEGER, -3),
        ("[]", ColumnType.TEXTS, []),
        ("[a, b c]", ColumnType.TEXTS, ["a", "b c"]),
        ('{"a": 1}', ColumnType.JSON, '{"a": 1}'),
        ("now", ColumnType.TIMESTAMP, EXAMPLE_NOW),
        ("now - 19d", ColumnType.TIMESTAMP, EXAMPLE_NOW - timedelta(days=19)),
        ("now + 5min", ColumnType.TIMESTAMP, EXAMPLE_NOW + timedelta(minutes=5)),
        (
            "2026-01-02T03:04:05+01:00",
            ColumnType.TIMESTAMP,
            datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC),
        ),
    ],
)
def test_a_cell_is_read_by_the_type_of_its_column(text: str, kind: ColumnType, value: Any) -> None:
    assert cell(text, kind, EXAMPLE_NOW) == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("yes", ColumnType.BOOLEAN),
        ("1.5", ColumnType.INTEGER),
        ("a, b", ColumnType.TEXTS),
        ("now - 3 weeks", ColumnType.TIMESTAMP),
        ("2026-01-02T03:04:05", ColumnType.TIMESTAMP),
    ],
)
def test_a_cell_that_does_not_fit_is_refused(text: str, kind: ColumnType) -> None:
    with pytest.raises(ValueError, match=r"."):
        cell(text, kind, EXAMPLE_NOW)
