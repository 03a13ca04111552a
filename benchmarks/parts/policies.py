"""Thousands of groups of which few have a policy of their own: who inherits need not be asked."""

from benchmarks.bench import COLLECT, Bench, Program
from benchmarks.findings import Found, Line

TITLE = "Policies"
GROUPS, SITES, ACCOUNTS = 3500, 20, 3
OWN = 10.0  # percent
_SCOPES = COLLECT.given("sites", "accounts", "groups")
_POLICIES = COLLECT.given("sites", "accounts", "groups", "policies")


def measure(bench: Bench, found: Found) -> None:
    """The lists of scopes alone, with their policies, and every policy as the console has it."""
    groups = bench.size(GROUPS)
    case = f"{groups:,} groups, {OWN:g} % with a policy of their own"
    scopes = "the same without policies"
    sizes = {"agents": 2000, "sites": SITES, "accounts": ACCOUNTS, "uneven": True}
    with (
        bench.console(**sizes, groups=groups, own_policies=OWN) as console,
        bench.folder() as kept,
    ):
        found.lines.append(bench.line(_SCOPES, scopes, groups, console))
        found.lines.append(bench.line(_POLICIES, case, groups, console, kept))
        each = Program("asked for every group", "policies_asked", (str(kept),))
        found.lines.append(bench.line(each, case, groups, console))
    most = round(groups * OWN / 100) + SITES + ACCOUNTS + 1

    def saved() -> tuple[str, bool]:
        lists, all_of_it = found.line(COLLECT.name, scopes), found.line(COLLECT.name, case)
        calls = _requests(all_of_it) - _requests(lists)
        return f"{calls:,} calls", calls <= most

    def truth() -> tuple[str, bool]:
        last = found.line(each.name, case).last
        wrong = [*last.facts["differing"], *last.facts["beyond"]]
        return f"{last.rows:,} of {groups:,} equal", last.rows == groups and not wrong

    found.judge(
        f"{case}: at most {most:,} calls for policies (those, sites, accounts and the tenant)",
        saved,
    )
    found.judge(f"{case}: every group's policy in effect is the console's own", truth)


def _requests(line: Line) -> int:
    requests: int = line.last.facts["seen"]["requests"]
    return requests
