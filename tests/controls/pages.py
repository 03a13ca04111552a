"""A small whole page, and what to replace in it."""

from watchkeeper.controls.page import parse
from watchkeeper.frameworks import identifiers
from watchkeeper.model.control import Control
from watchkeeper.resources import everything as resources

SQL = """SELECT
    'agent:' || id AS subject,
    coalesce(computer_name, id) AS name,
    CASE WHEN infected IS NULL THEN 'unknown' WHEN infected THEN 'fail' ELSE 'pass' END AS outcome,
    'infected is ' || coalesce(infected::VARCHAR, 'missing') AS reason,
    infected
FROM agents
"""

PAGE = f"""---
id: TST-01
version: 1.0.0
title: Agents are clean
severity: high
cadence: daily
reads:
  agents: [id, computer_name, infected, last_active_at, user_actions_needed, active_threats]
  roles: [id, name]
optional: [roles]
earlier:
  agents: [id, infected]
lookback_days: 8
parameters:
  days:
    default: 14
    min: 1
    max: 90
    unit: days
    why: Two weeks.
requirements:
  nist-800-53-r5: [SI-3]
  pci-dss-4-0-1:
    - "5.2.2"
    - {{id: "6.3.3", guardrail: days <= 30}}
---

## Why

Infected machines infect others.

## Remedy

1. Clean them.

## Logic

One row for every agent.

```sql
{SQL}```

## Examples

### A clean agent passes, an infected one fails

`agents`

| id | computer_name | infected |
|---|---|---|
| 1 | LT-ANNA | false |
| 2 | LT-BEN | true |

`expect`

| subject | outcome | reason |
|---|---|---|
| agent:1 | pass | infected is false |
| agent:2 | fail | |
"""


_FAMILIES = {
    "ACC": 4, "CCM": 1, "COV": 4, "DET": 6, "EXC": 1,
    "HLT": 4, "LOG": 2, "POL": 6, "TOK": 1, "VER": 2,
}  # fmt: skip
PROMISED = [
    f"{family}-{number:02d}" for family, most in _FAMILIES.items() for number in range(1, most + 1)
]
"""The controls of the reference (section C.2): more may come, a file each; none of these may go."""


def page(*changes: tuple[str, str]) -> str:
    """The page with texts replaced; each must be there."""
    text = PAGE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def control(*changes: tuple[str, str], sql: str | None = None) -> Control:
    """The page as a control, with other SQL if wanted."""
    text = page(*changes)
    if sql is not None:
        text = text.replace(SQL, sql.strip() + "\n")
    return parse(text.encode(), "TST-01.md", resources(), identifiers())
