"""A company some days later, with what people did to its threats meanwhile."""

from datetime import UTC, datetime, timedelta

from watchkeeper.simulator import Company

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_threats_go_on_day_by_day_and_the_company_before_stays_as_it_was() -> None:
    company = Company(agents=60, threats=40, activities=300, users=5, now=NOW)
    before = {row["id"]: dict(row) for row in company.threats}
    had = len(company.activities)
    later = company.later(timedelta(days=3, hours=6))
    assert later.now == NOW + timedelta(days=3, hours=6)
    assert {row["id"]: dict(row) for row in company.threats} == before
    assert (len(company.activities), company.now) == (had, NOW)
    changed = [row for row in later.threats if row != before.get(row["id"])]
    moments = {datetime.fromisoformat(row["updatedAt"]) for row in changed}
    assert len(changed) > len(later.threats) - len(before) > 0
    assert min(moments) < NOW + timedelta(days=1, minutes=1)
    assert NOW < min(moments) <= max(moments) < later.now
    assert {
        (before[row["id"]]["incidentStatus"], row["incidentStatus"])
        for row in changed
        if row["id"] in before
    } >= {("unresolved", "resolved"), ("resolved", "unresolved")}
    new = later.activities[had:]
    assert company.activities == later.activities[:had]
    assert len({row["id"] for row in later.activities}) == len(later.activities)
    assert {row["threatId"] for row in new} == {row["id"] for row in changed}
